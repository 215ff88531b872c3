//! Excel workbooks through calamine. XLSX is streamed cell by cell (never as a dense range: one stray cell in the
//! last corner of a sheet would ask for gigabytes). What a workbook would ask of calamine has been found out
//! before (`packed` and `ole`, called where the file's kind is told); here a row is kept within bounds.

use super::{CELL_LIMIT, COLUMN_LIMIT, CellKind, Format, ROW_LIMIT, Row, RowFault, Shape, Sheet, too_many_columns};
use crate::import::values::serial_text;
use calamine::{Data, DataRef, Dimensions, Reader, SheetVisible, Xls, Xlsx, open_workbook};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use zunke_kernel::{Error, Result};

pub struct Look {
    pub sheets: Vec<Sheet>,
    pub sheet: String,
    pub from_1904: bool,
}

enum Opened {
    Xlsx(Box<Xlsx<BufReader<File>>>),
    Xls(Box<Xls<BufReader<File>>>),
}

/// A damaged workbook must be an error, also where the parser would rather fall over.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(damaged("the parser gave up")))
}

fn damaged(cause: impl std::fmt::Display) -> Error {
    Error::invalid(
        "workbook_damaged",
        "Excel 文件已损坏或格式不完整，请用 Excel 打开并另存一份再上传。",
        "The workbook is damaged or incomplete; open it in Excel, save a copy and upload that.",
    )
    .caused_by(cause)
}

fn open(path: &Path, format: Format) -> Result<Opened> {
    Ok(match format {
        Format::Xls => Opened::Xls(Box::new(open_workbook(path).map_err(|error: calamine::XlsError| damaged(error))?)),
        _ => Opened::Xlsx(Box::new(open_workbook(path).map_err(|error: calamine::XlsxError| damaged(error))?)),
    })
}

/// The sheets, and the one to read: the named one, or the first visible one with something in it.
pub fn look(path: &Path, format: Format, wanted: Option<&str>) -> Result<Look> {
    guarded(|| {
        let mut book = open(path, format)?;
        let (names, from_1904): (Vec<String>, bool) = match &book {
            Opened::Xlsx(book) => (visible(book.sheets_metadata()), book.has_1904_epoch()),
            Opened::Xls(book) => (visible(book.sheets_metadata()), book.has_1904_epoch()),
        };
        if let Some(wanted) = wanted
            && !names.iter().any(|name| name == wanted)
        {
            return Err(Error::invalid(
                "sheet_unknown",
                format!("文件中没有名为“{wanted}”的工作表。"),
                format!("The workbook has no sheet named “{wanted}”."),
            )
            .at("sheet"));
        }
        let mut sheets = Vec::new();
        for name in &names {
            let mut rows = 0;
            each_row(&mut book, name, &[], &mut |row| {
                rows += u64::from(!row.is_empty());
                Ok(true)
            })?;
            sheets.push(Sheet { name: name.clone(), rows: Some(rows) });
        }
        let first = sheets.iter().find(|sheet| sheet.rows > Some(0)).or(sheets.first());
        let sheet =
            wanted.map(str::to_owned).or_else(|| first.map(|sheet| sheet.name.clone())).ok_or_else(super::empty)?;
        Ok(Look { sheets, sheet, from_1904 })
    })
}

fn visible(sheets: &[calamine::Sheet]) -> Vec<String> {
    let plain = sheets.iter().filter(|sheet| sheet.typ == calamine::SheetType::WorkSheet);
    let (shown, hidden): (Vec<_>, Vec<_>) = plain.partition(|sheet| sheet.visible == SheetVisible::Visible);
    shown.into_iter().chain(hidden).map(|sheet| sheet.name.clone()).collect()
}

/// Streams every row of the chosen sheet, blank ones left out.
pub fn rows(path: &Path, shape: &Shape, each: &mut dyn FnMut(&mut Row) -> Result<bool>) -> Result<()> {
    let name = shape.sheet.as_deref().unwrap_or("");
    // An error or panic of `each` must not be taken for a damaged workbook: only the parser is guarded.
    let mut book = guarded(|| open(path, shape.format))?;
    let merged = guarded(|| merged(&mut book, name))?;
    each_row(&mut book, name, &merged, each)
}

/// Merged cells within the first rows: there they are headers. In the data a merged cell stays what it is.
const HEADER_ROWS: u32 = 30;
/// The most merged areas among them: every column of three rows of headers.
const HEADER_AREAS: usize = 3 * COLUMN_LIMIT;

fn merged(book: &mut Opened, name: &str) -> Result<Vec<Dimensions>> {
    let all = match book {
        Opened::Xlsx(book) => book.merge_cells_by_sheet_name(name).map_err(damaged)?,
        Opened::Xls(book) => book.merge_cells_by_sheet_name(name).map_err(damaged)?,
    };
    let header = |area: &Dimensions| area.start.0 < HEADER_ROWS && (area.end.1 as usize) < 2 * COLUMN_LIMIT;
    Ok(all.into_iter().filter(header).take(HEADER_AREAS).collect())
}

fn each_row(
    book: &mut Opened,
    name: &str,
    merged: &[Dimensions],
    each: &mut dyn FnMut(&mut Row) -> Result<bool>,
) -> Result<()> {
    let mut gather =
        Gather { row: Row::default(), merged, values: HashMap::new(), cells: Vec::new(), bytes: 0, at: None };
    match book {
        Opened::Xlsx(book) => {
            let from_1904 = book.has_1904_epoch();
            let mut cells = match book.worksheet_cells_reader(name) {
                Ok(cells) => cells,
                // A sheet that holds a chart only.
                Err(calamine::XlsxError::WorksheetNotFound(_) | calamine::XlsxError::NotAWorksheet(_)) => return Ok(()),
                Err(error) => return Err(damaged(error)),
            };
            loop {
                let next = guarded(|| cells.next_cell().map_err(damaged))?;
                let Some(cell) = next else { break };
                let (text, kind) = ref_text(cell.get_value(), from_1904);
                if !gather.take(cell.get_position(), text, kind, each)? {
                    return Ok(());
                }
            }
        }
        Opened::Xls(book) => {
            let from_1904 = book.has_1904_epoch();
            let range = guarded(|| book.worksheet_range(name).map_err(damaged))?;
            let (top, left) = range.start().unwrap_or_default();
            for (row, column, value) in range.used_cells() {
                let (text, kind) = text_of(value, from_1904);
                let position =
                    (top + u32::try_from(row).unwrap_or(u32::MAX), left + u32::try_from(column).unwrap_or(u32::MAX));
                if !gather.take(position, text, kind, each)? {
                    return Ok(());
                }
            }
        }
    }
    gather.end(each).map(|_| ())
}

/// Gathers cells into rows and spreads merged header cells.
struct Gather<'a> {
    row: Row,
    merged: &'a [Dimensions],
    /// Text of the first cell of each merged area.
    values: HashMap<usize, String>,
    cells: Vec<(u32, String, CellKind)>,
    /// Bytes of the row so far: one long shared text may stand in every cell.
    bytes: usize,
    at: Option<u32>,
}

impl Gather<'_> {
    fn take(
        &mut self,
        (row, column): (u32, u32),
        text: String,
        kind: CellKind,
        each: &mut dyn FnMut(&mut Row) -> Result<bool>,
    ) -> Result<bool> {
        if self.at != Some(row) {
            if !self.end(each)? {
                return Ok(false);
            }
            self.at = Some(row);
        }
        if text.is_empty() {
            return Ok(true);
        }
        if column as usize >= 2 * COLUMN_LIMIT {
            return Err(too_many_columns(u64::from(row) + 1, column as usize + 1));
        }
        // A file may state the same cell over and over.
        if self.cells.len() >= 2 * COLUMN_LIMIT {
            return Err(too_many_columns(u64::from(row) + 1, self.cells.len() + 1));
        }
        self.bytes += text.len();
        self.cells.push((column, if self.bytes > ROW_LIMIT { String::new() } else { text }, kind));
        Ok(true)
    }

    fn end(&mut self, each: &mut dyn FnMut(&mut Row) -> Result<bool>) -> Result<bool> {
        let Some(at) = self.at.take() else { return Ok(true) };
        let mut cells = std::mem::take(&mut self.cells);
        let too_large = std::mem::take(&mut self.bytes) > ROW_LIMIT;
        if at < HEADER_ROWS {
            let mut filled: HashSet<u32> = cells.iter().map(|cell| cell.0).collect();
            for (index, area) in
                self.merged.iter().enumerate().filter(|(_, area)| area.start.0 <= at && at <= area.end.0)
            {
                if at == area.start.0
                    && let Some((_, text, _)) = cells.iter().find(|cell| cell.0 == area.start.1)
                {
                    self.values.insert(index, text.clone());
                }
                let Some(text) = self.values.get(&index) else { continue };
                for column in area.start.1..=area.end.1 {
                    if filled.insert(column) {
                        cells.push((column, text.clone(), CellKind::Text));
                    }
                }
            }
        }
        cells.sort_by_key(|cell| cell.0);
        self.row.clear(u64::from(at) + 1);
        self.row.fault = too_large.then_some(RowFault::TooLarge);
        for (column, text, kind) in &cells {
            while self.row.len() < *column as usize {
                self.row.push("", CellKind::Text);
            }
            if text.len() > CELL_LIMIT {
                self.row.fault = Some(RowFault::TooLarge);
                self.row.push("", *kind);
            } else {
                self.row.push(text, *kind);
            }
        }
        each(&mut self.row)
    }
}

fn ref_text(value: &DataRef<'_>, from_1904: bool) -> (String, CellKind) {
    match value {
        DataRef::SharedString(text) => ((*text).to_owned(), CellKind::Text),
        DataRef::String(text) => (text.clone(), CellKind::Text),
        DataRef::Int(number) => (number.to_string(), CellKind::Number),
        DataRef::Float(number) => (number_text(*number), CellKind::Number),
        DataRef::Bool(truth) => (if *truth { "TRUE" } else { "FALSE" }.to_owned(), CellKind::Bool),
        DataRef::DateTime(moment) => date_text(moment, from_1904),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => (text.clone(), CellKind::Date),
        DataRef::Error(error) => (error.to_string(), CellKind::Error),
        DataRef::Empty => (String::new(), CellKind::Text),
    }
}

fn text_of(value: &Data, from_1904: bool) -> (String, CellKind) {
    match value {
        Data::String(text) => (text.clone(), CellKind::Text),
        Data::Int(number) => (number.to_string(), CellKind::Number),
        Data::Float(number) => (number_text(*number), CellKind::Number),
        Data::Bool(truth) => (if *truth { "TRUE" } else { "FALSE" }.to_owned(), CellKind::Bool),
        Data::DateTime(moment) => date_text(moment, from_1904),
        Data::DateTimeIso(text) | Data::DurationIso(text) => (text.clone(), CellKind::Date),
        Data::Error(error) => (error.to_string(), CellKind::Error),
        Data::Empty => (String::new(), CellKind::Text),
    }
}

/// `17850`, not `17850.0`; never with an exponent, so that a long id can be told from a rounded one.
fn number_text(number: f64) -> String {
    format!("{number}")
}

/// A date format on something that is no day of the calendar (a time only, a duration) is left as its number.
fn date_text(moment: &calamine::ExcelDateTime, from_1904: bool) -> (String, CellKind) {
    match serial_text(moment.as_f64(), from_1904) {
        Some(text) if moment.is_datetime() => (text, CellKind::Date),
        _ => (number_text(moment.as_f64()), CellKind::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_without_point_or_exponent() {
        assert_eq!(number_text(17850.0), "17850");
        assert_eq!(number_text(2.55), "2.55");
        assert_eq!(number_text(123_456_789_012_345_680.0), "123456789012345680");
    }
}
