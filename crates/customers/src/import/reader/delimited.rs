//! CSV as it is met: any of four delimiters, quotes, line ends of every system mixed in one file, cells over
//! several lines. Streams with bounded memory whatever the file holds.

use super::encoding::{BROKEN, Decode, open};
use super::{CELL_LIMIT, CellKind, ROW_LIMIT, Row, RowFault, Shape};
use encoding_rs::Encoding;
use std::path::Path;
use zunke_kernel::{Error, Result};

/// Cells that a row may have while it is read; far over what a table may have.
const CELLS_LIMIT: usize = 20_000;
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

pub fn checked(delimiter: char) -> Result<char> {
    if delimiter.is_ascii() && !matches!(delimiter, '"' | '\r' | '\n') && !delimiter.is_ascii_alphanumeric() {
        return Ok(delimiter);
    }
    Err(Error::invalid(
        "delimiter_invalid",
        "分隔符应为一个符号，例如逗号、分号、制表符或竖线。",
        "The delimiter must be one sign such as a comma, semicolon, tab or bar.",
    )
    .at("delimiter"))
}

/// The delimiter under which most rows of the beginning have the same number of cells.
pub fn sniff(path: &Path, shape: &Shape) -> Result<char> {
    let mut best = (',', 0.0);
    for delimiter in DELIMITERS {
        let mut shape = shape.clone();
        shape.delimiter = Some(delimiter);
        let mut widths: Vec<usize> = Vec::new();
        rows(path, &shape, &mut |row| {
            if !row.is_empty() {
                widths.push(row.len());
            }
            Ok(widths.len() < 200)
        })
        .or_else(|error| if error.code == "quote_unclosed" { Ok(()) } else { Err(error) })?;
        let mode = widths
            .iter()
            .filter(|width| **width > 1)
            .copied()
            .max_by_key(|width| (widths.iter().filter(|other| *other == width).count(), *width));
        let Some(mode) = mode else { continue };
        let same = widths.iter().filter(|width| **width == mode).count();
        #[expect(clippy::cast_precision_loss, reason = "a score of at most 200 rows")]
        let score = same as f64 / widths.len() as f64 + mode.min(50) as f64 / 1_000.0;
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    Ok(best.0)
}

/// Streams every row, blank ones included (with a single blank cell), numbered as a spreadsheet would.
pub fn rows(path: &Path, shape: &Shape, each: &mut dyn FnMut(&mut Row) -> Result<bool>) -> Result<()> {
    let label = shape.encoding.as_deref().unwrap_or("utf-8");
    let encoding = Encoding::for_label(label.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    let mut source = Decode::new(open(path, shape.packed)?, encoding);
    let delimiter = shape.delimiter.unwrap_or(',');
    let mut parser = Parser::new(u8::try_from(delimiter).unwrap_or(b','));
    let mut text = String::new();
    while source.next(&mut text)? {
        if !parser.feed(&text, each)? {
            return Ok(());
        }
        text.clear();
    }
    parser.finish(each)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the first byte of a cell.
    Start,
    Plain,
    Quoted,
    /// Just behind a quote inside a quoted cell: doubled, or the end of the cell.
    Closing,
}

/// The state machine. It works on UTF-8 bytes: delimiters, quotes and line ends are ASCII, so a cut there never
/// splits a character.
struct Parser {
    delimiter: u8,
    state: State,
    row: Row,
    /// Length of the row's text where the present cell begins.
    cell_start: usize,
    number: u64,
    /// The last byte was `\r`: a `\n` that follows belongs to it.
    after_return: bool,
    quote_row: u64,
}

impl Parser {
    fn new(delimiter: u8) -> Self {
        let mut row = Row::default();
        row.clear(1);
        Self { delimiter, state: State::Start, row, cell_start: 0, number: 1, after_return: false, quote_row: 0 }
    }

    fn feed(&mut self, text: &str, each: &mut dyn FnMut(&mut Row) -> Result<bool>) -> Result<bool> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            if std::mem::take(&mut self.after_return) && byte == b'\n' {
                at += 1;
                continue;
            }
            match self.state {
                State::Start if byte == b'"' => {
                    self.state = State::Quoted;
                    self.quote_row = self.number;
                    at += 1;
                }
                State::Start | State::Plain => {
                    let rest = &bytes[at..];
                    let stop = rest.iter().position(|byte| *byte == self.delimiter || matches!(*byte, b'\n' | b'\r'));
                    self.take(&text[at..at + stop.unwrap_or(rest.len())]);
                    let Some(stop) = stop else {
                        self.state = State::Plain;
                        return Ok(true);
                    };
                    at += stop + 1;
                    if !self.end(bytes[at - 1], each)? {
                        return Ok(false);
                    }
                }
                State::Quoted => {
                    let rest = &bytes[at..];
                    let stop = rest.iter().position(|byte| *byte == b'"');
                    self.take(&text[at..at + stop.unwrap_or(rest.len())]);
                    let Some(stop) = stop else { return Ok(true) };
                    self.state = State::Closing;
                    at += stop + 1;
                }
                State::Closing if byte == b'"' => {
                    self.take("\"");
                    self.state = State::Quoted;
                    at += 1;
                }
                // Behind the closing quote only an end may follow; people's files have spaces and letters there.
                State::Closing => self.state = State::Plain,
            }
        }
        Ok(true)
    }

    fn take(&mut self, text: &str) {
        if self.row.fault == Some(RowFault::TooLarge) {
            return;
        }
        if self.row.text.len() - self.cell_start + text.len() > CELL_LIMIT
            || self.row.text.len() + text.len() > ROW_LIMIT
        {
            self.row.fault = Some(RowFault::TooLarge);
            self.row.text.truncate(self.cell_start);
            return;
        }
        if text.contains(BROKEN) {
            self.row.fault = Some(RowFault::Broken);
            self.row.text.push_str(&text.replace(BROKEN, "\u{FFFD}"));
        } else {
            self.row.text.push_str(text);
        }
    }

    /// The end of a cell, and of the row where it is a line end.
    fn end(&mut self, byte: u8, each: &mut dyn FnMut(&mut Row) -> Result<bool>) -> Result<bool> {
        if self.row.cells.len() < CELLS_LIMIT {
            self.row.cells.push((self.row.text.len(), CellKind::Text));
        } else {
            self.row.fault = Some(RowFault::TooLarge);
        }
        self.cell_start = self.row.text.len();
        self.state = State::Start;
        if byte == self.delimiter {
            return Ok(true);
        }
        self.after_return = byte == b'\r';
        let more = each(&mut self.row)?;
        self.number += 1;
        self.row.clear(self.number);
        self.cell_start = 0;
        Ok(more)
    }

    fn finish(&mut self, each: &mut dyn FnMut(&mut Row) -> Result<bool>) -> Result<()> {
        if self.state == State::Quoted {
            let row = self.quote_row;
            return Err(Error::invalid(
                "quote_unclosed",
                format!("第 {row} 行有一个引号没有闭合，其后的内容无法分行。请修正该行后重新上传。"),
                format!(
                    "Row {row} opens a quote that is never closed, so the rest can't be split into rows. Correct it and upload again."
                ),
            ));
        }
        if self.state != State::Start || !self.row.cells.is_empty() {
            self.end(b'\n', each)?;
        }
        Ok(())
    }
}
