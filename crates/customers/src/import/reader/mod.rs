//! Reads a table from a file as people really have it: CSV in any encoding and with any delimiter, also
//! packed as `.gz`, and Excel workbooks. Pure but for reading the file; knows nothing of customers.
//!
//! Two calls: [`inspect`] looks at the whole file once and answers its [`Shape`] (what has to be known to read
//! it again) with a sample for the mapping page; [`read`] then streams the data rows. Memory is bounded:
//! a row at a time for CSV, the shared strings and one row for XLSX.

mod delimited;
mod encoding;
mod header;
mod kind;
mod markup;
mod ole;
mod packed;
mod workbook;

pub use kind::Format;

use serde::{Deserialize, Serialize};
use std::path::Path;
use zunke_kernel::{Error, Result, Text};

/// The largest upload: 200 MB.
pub const FILE_LIMIT: u64 = 200 * 1024 * 1024;
/// The largest content of a packed file: 8 GB.
pub const UNPACKED_LIMIT: u64 = 8 * 1024 * 1024 * 1024;
/// The largest cell: 1 MB. A larger one makes its row a problem row, not a crash.
pub const CELL_LIMIT: usize = 1024 * 1024;
/// The largest row, all cells together: 4 MB.
pub const ROW_LIMIT: usize = 4 * 1024 * 1024;
/// The most columns.
pub const COLUMN_LIMIT: usize = 500;
/// Rows kept for the mapping page.
const SAMPLE: usize = 60;

/// What a cell was in the file. In CSV everything is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    Text,
    /// A number of a workbook: written without a useless `.0`.
    Number,
    /// A date of a workbook, written as `2010-12-01 08:26:00`.
    Date,
    Bool,
    /// `#N/A` and its like.
    Error,
}

/// Why a row can't be read as a row of this table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// Fewer cells than columns.
    Short,
    /// More cells than columns, and something in them.
    Long,
    /// A cell over [`CELL_LIMIT`] or a row over [`ROW_LIMIT`]; its content is dropped.
    TooLarge,
    /// Bytes that don't belong to the encoding of the file.
    Broken,
}

/// One data row. Reused from row to row: copy what must be kept.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The row's number as a spreadsheet shows it, the first is 1.
    pub number: u64,
    pub fault: Option<RowFault>,
    text: String,
    cells: Vec<(usize, CellKind)>,
}

impl Row {
    /// The text of a cell as in the file; empty where the row has no such cell.
    #[must_use]
    pub fn cell(&self, at: usize) -> &str {
        let Some((end, _)) = self.cells.get(at) else { return "" };
        let start = if at == 0 { 0 } else { self.cells[at - 1].0 };
        &self.text[start..*end]
    }

    #[must_use]
    pub fn kind(&self, at: usize) -> CellKind {
        self.cells.get(at).map_or(CellKind::Text, |cell| cell.1)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Nothing but blanks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.chars().all(char::is_whitespace)
    }

    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.cell(at))
    }

    fn clear(&mut self, number: u64) {
        self.number = number;
        self.fault = None;
        self.text.clear();
        self.cells.clear();
    }

    fn push(&mut self, text: &str, kind: CellKind) {
        self.text.push_str(text);
        self.cells.push((self.text.len(), kind));
    }

    /// A row from its cells, for tests and for the preview of typed rows.
    #[must_use]
    pub fn of(number: u64, cells: &[&str]) -> Self {
        let mut row = Self { number, ..Self::default() };
        for cell in cells {
            row.push(cell, CellKind::Text);
        }
        row
    }

    /// Brings the row to the table's width: blank extra cells go, a ragged row is marked. A sheet has no
    /// ragged rows (blank cells at the end are simply not stored).
    fn fit(&mut self, width: usize, ragged: bool) {
        if self.len() > width {
            let extra = self.text[self.cells.get(width.wrapping_sub(1)).map_or(0, |cell| cell.0)..].trim().is_empty();
            if ragged && !extra {
                self.fault = self.fault.or(Some(RowFault::Long));
                return;
            }
            self.cells.truncate(width);
            self.text.truncate(self.cells.last().map_or(0, |cell| cell.0));
        } else if self.len() < width {
            if ragged {
                self.fault = self.fault.or(Some(RowFault::Short));
            }
            while self.len() < width {
                self.push("", CellKind::Text);
            }
        }
    }
}

/// What the user may declare where the guess is wrong; everything else is found out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// `utf-8`, `gb18030`, `gbk`, `big5`, `utf-16le`, `utf-16be`, `windows-1252`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// One character; `\t` is a tab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// The sheet of a workbook; the first with data where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Row of the column names, the first row is 1; 0 where the file has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u64>,
}

/// What must be known to read a file again the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Shape {
    pub format: Format,
    pub packed: bool,
    /// CSV only.
    pub encoding: Option<String>,
    /// CSV only.
    pub delimiter: Option<char>,
    /// Workbooks only.
    pub sheet: Option<String>,
    /// Row of the column names; 0 where there is none.
    pub header_row: u64,
    /// Column names, made unique, in the order of the file.
    pub columns: Vec<String>,
    /// A workbook that counts days from 1904.
    pub from_1904: bool,
}

impl Shape {
    /// The place of a column, found by its name regardless of case, width and spaces.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        let wanted = super::values::fold(name);
        self.columns
            .iter()
            .position(|column| column == name)
            .or_else(|| self.columns.iter().position(|column| super::values::fold(column) == wanted))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Sheet {
    pub name: String,
    /// Rows with something in them, the header included; absent for sheets that were not opened.
    pub rows: Option<u64>,
}

/// What one look at the whole file found.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Inspection {
    pub shape: Shape,
    pub sheets: Vec<Sheet>,
    /// Data rows that are not blank.
    pub rows: u64,
    /// Rows with bytes outside the encoding.
    pub broken_rows: u64,
    /// The first data rows.
    pub sample: Vec<Vec<String>>,
    pub warnings: Vec<Text>,
}

/// Looks at the whole file: its kind, encoding, delimiter, header, number of rows.
pub fn inspect(path: &Path, file_name: &str, options: &ReadOptions) -> Result<Inspection> {
    let found = kind::sniff(path, file_name)?;
    let mut shape = Shape {
        format: found.format,
        packed: found.packed,
        encoding: None,
        delimiter: None,
        sheet: None,
        header_row: 0,
        columns: Vec::new(),
        from_1904: false,
    };
    let mut sheets = Vec::new();
    let mut warnings = Vec::new();
    match found.format {
        Format::Csv => {
            let encoding = encoding::detect(path, found.packed, options.encoding.as_deref())?;
            shape.encoding = Some(encoding.name().to_lowercase());
            shape.delimiter = Some(match options.delimiter {
                Some(delimiter) => delimited::checked(delimiter)?,
                None => delimited::sniff(path, &shape)?,
            });
        }
        Format::Xlsx | Format::Xls => {
            let book = workbook::look(path, found.format, options.sheet.as_deref())?;
            shape.sheet = Some(book.sheet);
            shape.from_1904 = book.from_1904;
            sheets = book.sheets;
        }
    }
    let mut tops: Vec<Vec<String>> = Vec::new();
    let mut seen = Seen::default();
    // The first rows are needed to find the header, so rows are kept until it is known.
    raw(path, &shape, &mut |row| {
        if tops.len() < SAMPLE {
            while row.number > tops.len() as u64 + 1 && tops.len() < SAMPLE {
                tops.push(Vec::new());
            }
            tops.push(row.cells().map(short).collect());
        }
        seen.widest = seen.widest.max(row.len());
        if row.len() > COLUMN_LIMIT {
            return Err(too_many_columns(row.number, row.len()));
        }
        if !row.is_empty() || row.fault.is_some() {
            seen.filled += 1;
        }
        if row.fault == Some(RowFault::Broken) {
            seen.broken += 1;
            seen.first_broken.get_or_insert(row.number);
        }
        Ok(true)
    })?;
    if seen.filled == 0 {
        return Err(empty());
    }
    if seen.broken * 5 > seen.filled {
        return Err(encoding::broken(seen.first_broken.unwrap_or(1), shape.encoding.as_deref().unwrap_or("")));
    }
    let header = match options.header_row {
        Some(row) => header::at(&tops, row, seen.widest)?,
        None => header::find(&tops, seen.widest),
    };
    shape.header_row = header.row;
    shape.columns = header.columns;
    warnings.extend(header.warnings);
    if seen.broken > 0 {
        let row = seen.first_broken.unwrap_or(1);
        warnings.push(Text::new(
            format!("有 {} 行含有无法识别的字符（第一处在第 {row} 行），这些行将进入错误文件。", seen.broken),
            format!(
                "{} rows have characters that can't be read (first in row {row}); they go to the error file.",
                seen.broken
            ),
        ));
    }
    // What lies above the header is a title, not data.
    let above = tops.iter().take(usize::try_from(shape.header_row).unwrap_or(0));
    let above = above.filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).count() as u64;
    let rows = seen.filled.saturating_sub(above);
    if rows == 0 {
        return Err(Error::invalid(
            "file_no_rows",
            "文件只有表头，没有数据行。",
            "The file has column names but no rows of data.",
        ));
    }
    let mut sample = Vec::new();
    read(path, &shape, &mut |row| {
        sample.push(row.cells().map(short).collect());
        Ok(sample.len() < 50)
    })?;
    Ok(Inspection { shape, sheets, rows, broken_rows: seen.broken, sample, warnings })
}

#[derive(Default)]
struct Seen {
    widest: usize,
    filled: u64,
    broken: u64,
    first_broken: Option<u64>,
}

/// Streams the data rows: not the header, not what stands above it, not blank rows. `each` answers whether
/// to go on.
pub fn read(path: &Path, shape: &Shape, each: &mut dyn FnMut(&Row) -> Result<bool>) -> Result<()> {
    let ragged = shape.format == Format::Csv;
    let width = shape.columns.len();
    raw(path, shape, &mut |row| {
        if row.number <= shape.header_row || (row.fault.is_none() && row.is_empty()) {
            return Ok(true);
        }
        row.fit(width, ragged);
        each(row)
    })
}

/// Every row of the file as it stands.
fn raw(path: &Path, shape: &Shape, each: &mut dyn FnMut(&mut Row) -> Result<bool>) -> Result<()> {
    match shape.format {
        Format::Csv => delimited::rows(path, shape, each),
        Format::Xlsx | Format::Xls => workbook::rows(path, shape, each),
    }
}

/// A cell for showing: at most 200 characters.
fn short(cell: &str) -> String {
    match cell.char_indices().nth(200) {
        Some((at, _)) => format!("{}…", &cell[..at]),
        None => cell.to_owned(),
    }
}

fn empty() -> Error {
    Error::invalid("file_empty", "文件是空的，没有任何内容。", "The file is empty.")
}

fn too_many_columns(row: u64, columns: usize) -> Error {
    Error::invalid(
        "file_too_many_columns",
        format!("第 {row} 行有 {columns} 列，最多支持 {COLUMN_LIMIT} 列。请检查分隔符，或删除用不到的列。"),
        format!(
            "Row {row} has {columns} columns; at most {COLUMN_LIMIT} are read. Check the delimiter, or remove columns you don't need."
        ),
    )
}

fn unreadable(error: &std::io::Error) -> Error {
    Error::invalid(
        "file_unreadable",
        "文件无法读取，可能已损坏或未传完，请重新导出后再上传。",
        "The file can't be read; it may be damaged or incomplete. Export it again and retry.",
    )
    .caused_by(error)
}
