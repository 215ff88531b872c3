//! Finds the row of column names: files have titles, dates of export and blank lines above it, and headers of two
//! rows with merged cells.

use super::COLUMN_LIMIT;
use crate::import::{suggest, values};
use zunke_kernel::{Error, Result, Text};

pub struct Header {
    /// Its row, from 1; 0 where the file has none.
    pub row: u64,
    pub columns: Vec<String>,
    pub warnings: Vec<Text>,
}

/// The row that the user named; 0 says that there is none.
pub fn at(tops: &[Vec<String>], row: u64, widest: usize) -> Result<Header> {
    if row == 0 {
        return Ok(without(widest, Vec::new()));
    }
    let index = usize::try_from(row - 1).unwrap_or(usize::MAX);
    match tops.get(index) {
        Some(names) if names.iter().any(|name| !name.trim().is_empty()) => Ok(named(tops, index)),
        _ => Err(Error::invalid(
            "header_row_invalid",
            format!("第 {row} 行没有列名，请重新选择表头所在的行。"),
            format!("Row {row} has no column names; choose the header row again."),
        )
        .at("header_row")),
    }
}

/// The first row that names most columns in words; where no row does, the columns are numbered.
pub fn find(tops: &[Vec<String>], widest: usize) -> Header {
    let width = typical_width(tops).unwrap_or(widest);
    let mut best: Option<(usize, i64)> = None;
    for (index, row) in tops.iter().enumerate().take(30) {
        if let Some(score) = score(row, width) {
            // Of two header rows the lower one names the columns.
            if best.is_none_or(|(at, other)| score > other || (score == other && score >= 20 && index == at + 1)) {
                best = Some((index, score));
            }
        }
    }
    match best {
        Some((index, _)) => named(tops, index),
        None => without(
            widest,
            vec![Text::new(
                "没有找到表头，已按“列 1、列 2…”命名。若有表头，请指定它在第几行。",
                "No header was found; the columns are named 列 1, 列 2, … If there is one, say in which row.",
            )],
        ),
    }
}

/// How many cells the data rows have: the most frequent width.
fn typical_width(tops: &[Vec<String>]) -> Option<usize> {
    let widths: Vec<usize> = tops.iter().map(|row| filled_to(row)).filter(|width| *width > 0).collect();
    widths.iter().copied().max_by_key(|width| (widths.iter().filter(|other| *other == width).count(), *width))
}

fn filled_to(row: &[String]) -> usize {
    row.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |at| at + 1)
}

fn score(row: &[String], width: usize) -> Option<i64> {
    let names: Vec<&str> = row.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
    let known = names.iter().filter(|name| suggest::known(name)).count();
    let distinct = names.iter().collect::<std::collections::HashSet<_>>().len();
    if names.is_empty() || names.len() * 2 < width || (distinct * 2 <= names.len() && names.len() > 1) {
        return None;
    }
    // Names are words; one number among them makes it data, unless the words are well known.
    let values = names.iter().filter(|name| is_value(name)).count();
    if values > 0 && known * 2 < names.len() || names.iter().any(|name| name.chars().count() > 80) {
        return None;
    }
    if known == 0 && width > 1 && names.len() * 10 < width * 7 {
        return None;
    }
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX / 100);
    Some(count(known) * 20 + count(distinct) - count(values) * 5)
}

fn is_value(text: &str) -> bool {
    values::number(text).is_ok() || values::looks_like_a_moment(text)
}

fn named(tops: &[Vec<String>], index: usize) -> Header {
    let mut columns: Vec<String> = tops[index].iter().take(COLUMN_LIMIT).map(|name| clean(name)).collect();
    columns.truncate(filled_to(&columns));
    let mut warnings = Vec::new();
    // A header of two rows: the merged names above tell apart what is equal below.
    if let Some(above) = index.checked_sub(1).and_then(|at| tops.get(at)) {
        let doubled: Vec<bool> =
            columns.iter().map(|name| columns.iter().filter(|other| *other == name).count() > 1).collect();
        for (at, name) in columns.iter_mut().enumerate() {
            let parent = above.get(at).map(|parent| clean(parent)).unwrap_or_default();
            if doubled[at] && !parent.is_empty() && parent != *name {
                *name = if name.is_empty() { parent } else { format!("{parent} {name}") };
            }
        }
    }
    for at in 0..columns.len() {
        if columns[at].is_empty() {
            columns[at] = format!("列 {}", at + 1);
        }
        let name = columns[at].clone();
        let mut copy = 2;
        while columns[..at].contains(&columns[at]) {
            if copy == 2 {
                warnings.push(Text::new(
                    format!("有多列都叫“{name}”，后面的已标上序号。"),
                    format!("Several columns are named “{name}”; the later ones are numbered."),
                ));
            }
            columns[at] = format!("{name} ({copy})");
            copy += 1;
        }
    }
    Header { row: index as u64 + 1, columns, warnings }
}

fn without(widest: usize, warnings: Vec<Text>) -> Header {
    let columns = (1..=widest.min(COLUMN_LIMIT)).map(|at| format!("列 {at}")).collect();
    Header { row: 0, columns, warnings }
}

/// A name on one line, without marks that only decorate it.
fn clean(name: &str) -> String {
    let name: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
    name.trim_matches(|sign: char| matches!(sign, '*' | '\u{feff}' | '\u{200b}' | '"' | '\'')).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    #[test]
    fn titles_and_blank_rows_above_the_header_are_passed_over() {
        let tops = rows(&[
            &["2026年订单明细"],
            &[],
            &["导出时间", "2026-11-22"],
            &["*订单号", "会员号", "金额(元)", "下单时间"],
            &["A1", "1001", "12.5", "2026-01-02"],
            &["A2", "1002", "8", "2026-01-03"],
        ]);
        let header = find(&tops, 4);
        assert_eq!((header.row, header.columns[0].as_str()), (4, "订单号"));
    }

    #[test]
    fn a_file_without_a_header_gets_numbered_columns_and_a_warning() {
        let tops = rows(&[&["A1", "1001", "12.5"], &["A2", "1002", "8"]]);
        let header = find(&tops, 3);
        assert_eq!((header.row, header.columns.len(), header.warnings.len()), (0, 3, 1));
        assert_eq!(header.columns[2], "列 3");
    }

    #[test]
    fn equal_names_are_told_apart_by_the_merged_row_above_or_by_a_number() {
        let tops = rows(&[&["客户", "订单", "订单"], &["编号", "编号", "金额"], &["1", "2", "3"]]);
        let header = find(&tops, 3);
        assert_eq!(header.columns, ["客户 编号", "订单 编号", "金额"]);
        let tops = rows(&[&["备注", "备注", "", "金额"], &["a", "b", "c", "3"]]);
        let header = find(&tops, 4);
        assert_eq!(header.columns, ["备注", "备注 (2)", "列 3", "金额"]);
        assert_eq!(header.warnings.len(), 1);
    }

    #[test]
    fn a_header_row_that_is_not_there_is_a_clear_error() {
        let Err(error) = at(&rows(&[&["a"]]), 7, 1) else { panic!("must refuse") };
        assert_eq!(error.code, "header_row_invalid");
    }
}
