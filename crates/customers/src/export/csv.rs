//! Writes CSV that every spreadsheet opens and none executes.

use std::io::Write;
use zunke_kernel::{Error, Result};

/// A cell that a spreadsheet would take for a formula gets an apostrophe in front, which it hides. What cannot be seen
/// before the sign doesn't hide it: some programs drop it.
#[must_use]
pub fn harmless(cell: &str) -> std::borrow::Cow<'_, str> {
    let seen = cell.trim_start_matches([' ', '\n', '\u{a0}', '\u{3000}', '\u{200b}', '\u{feff}']);
    if seen.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        std::borrow::Cow::Owned(format!("'{cell}"))
    } else {
        std::borrow::Cow::Borrowed(cell)
    }
}

/// A row with every cell neutralised.
pub fn row<'a>(to: &mut (impl Write + ?Sized), cells: impl IntoIterator<Item = &'a str>) -> Result<()> {
    write(to, cells.into_iter().map(harmless))
}

/// A row as it is, for a file that is loaded again; only text that can't be a number or a date is neutralised.
pub fn plain_row<'a>(to: &mut (impl Write + ?Sized), cells: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let keep = |cell: &'a str| {
        let number = cell.len() < 40 && crate::import::values::number(cell).is_ok();
        if number { std::borrow::Cow::Borrowed(cell) } else { harmless(cell) }
    };
    write(to, cells.into_iter().map(keep))
}

fn write<'a>(to: &mut (impl Write + ?Sized), cells: impl Iterator<Item = std::borrow::Cow<'a, str>>) -> Result<()> {
    let mut line = String::new();
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            line.push(',');
        }
        if cell.contains([',', '"', '\n', '\r', ';', '\t']) || cell.trim().len() != cell.len() {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(&cell);
        }
    }
    line.push_str("\r\n");
    to.write_all(line.as_bytes()).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_begin_like_a_formula_are_neutralised() {
        let mut out = Vec::new();
        row(&mut out, ["=1+1", "+86", "-2", "@x", "\tx", "王, 小明", "a\"b", "plain"]).expect("written");
        let text = String::from_utf8(out).expect("text");
        assert_eq!(text, "'=1+1,'+86,'-2,'@x,\"'\tx\",\"王, 小明\",\"a\"\"b\",plain\r\n");
        for hidden in [" =1", "\n=1", "\u{feff}@x", "\u{3000}＝1", "\r=1", "\u{a0}+1"] {
            assert!(harmless(hidden).starts_with('\''), "{hidden:?}");
        }
        assert_eq!(harmless(" a=1"), " a=1");
    }

    #[test]
    fn a_file_to_be_loaded_again_keeps_its_numbers() {
        let mut out = Vec::new();
        plain_row(&mut out, ["-12", "=cmd()", "+7.5"]).expect("written");
        assert_eq!(String::from_utf8(out).expect("text"), "-12,'=cmd(),+7.5\r\n");
    }
}
