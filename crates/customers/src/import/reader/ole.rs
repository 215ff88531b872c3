//! What an old workbook (XLS) would ask of its parser, found out before it opens it. An XLS isn't packed, but its
//! parser keeps every sheet as a full rectangle from its first to its last cell, copies a shared text into each
//! cell that shows it, and follows chains of sectors to their end; so two far cells, a long text shown a million
//! times or a chain that runs in a circle would each take all memory.
//!
//! The walk mirrors the parser: the same stream, the same offsets of sheets, the same records. It holds the file
//! (at most [`FILE_MAX`]) and the lengths of the shared texts.

use super::packed::too_large;
use super::unreadable;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use zunke_kernel::{Error, Kind, Result};

/// An XLS has at most 65,536 rows a sheet; 64 MB is six full sheets of 20 columns.
pub const FILE_MAX: u64 = 64 * 1024 * 1024;
/// The memory that the parser may need beyond the file itself.
const MEMORY_MAX: u64 = 256 * 1024 * 1024;
const SHEETS_MAX: usize = 1000;
/// Records walked in all sheets together: a full XLS of 64 MB has five million.
const RECORDS_MAX: u64 = 20_000_000;
/// A cell while its sheet is read, in the rectangle, and the same for its formula.
const CELL: u64 = 40;
const PLACE: u64 = 32;
const FORMULA_PLACE: u64 = 24;
const END_OF_CHAIN: u32 = 0xffff_fffe;

/// The whole file, which may not be larger than [`FILE_MAX`].
pub fn bytes(file: &mut File) -> Result<Vec<u8>> {
    let length = file.seek(SeekFrom::End(0)).map_err(|error| unreadable(&error))?;
    let most = FILE_MAX >> 20;
    if length > FILE_MAX {
        return Err(Error::new(
            Kind::TooLarge,
            "file_xls_too_large",
            format!("xls 文件最大支持 {most} MB，请用 Excel 另存为 xlsx 或 CSV 再上传。"),
            format!("xls files of up to {most} MB are read; save it as xlsx or CSV in Excel and upload that."),
        ));
    }
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
    file.take(FILE_MAX).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    Ok(bytes)
}

/// Refuses an XLS that its parser should not be given.
pub fn check(bytes: &[u8]) -> Result<()> {
    let stream = stream(bytes).ok_or_else(|| unreadable(&std::io::Error::other("no whole OLE file")))?;
    weigh(&stream)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

fn usize_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

/// The sectors of a file, or of the small stream within it.
struct Sectors<'a> {
    data: &'a [u8],
    size: usize,
    next: Vec<u32>,
}

impl Sectors<'_> {
    fn get(&self, id: u32) -> Option<&[u8]> {
        let start = usize::try_from(id).ok()?.checked_mul(self.size)?;
        self.data.get(start..self.data.len().min(start + self.size))
    }

    /// None where the chain leaves the file or runs in a circle.
    fn chain(&self, start: u32, length: usize) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut id = start;
        for _ in 0..=self.data.len() / self.size {
            if id == END_OF_CHAIN || bytes.len() >= length {
                bytes.truncate(length);
                return Some(bytes);
            }
            bytes.extend_from_slice(self.get(id)?);
            if bytes.len() < length {
                id = *self.next.get(usize::try_from(id).ok()?)?;
            }
        }
        (id == END_OF_CHAIN || bytes.len() >= length).then_some(bytes)
    }
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

/// The stream of the workbook, by way of the tables of an OLE file.
fn stream(bytes: &[u8]) -> Option<Vec<u8>> {
    let size = match u16_at(bytes, 30)? {
        9 => 512,
        12 => 4096,
        _ => return None,
    };
    let mut file = Sectors { data: bytes.get(size..)?, size, next: Vec::new() };
    let most = file.data.len() / size + 1;
    let mut tables: Vec<u32> = numbers(bytes.get(76..512)?).collect();
    let mut more = u32_at(bytes, 68)?;
    let mut hops = 0;
    while more < 0xffff_fffa {
        hops += 1;
        tables.extend(numbers(file.get(more)?));
        more = tables.pop()?;
        if hops > most {
            return None;
        }
    }
    let tables: Vec<u32> = tables.into_iter().filter(|id| *id < 0xffff_fffc).collect();
    if tables.len() > most {
        return None;
    }
    let mut next = Vec::new();
    for id in tables {
        next.extend(numbers(file.get(id)?));
    }
    file.next = next;
    let directory = file.chain(u32_at(bytes, 48)?, usize::MAX)?;
    let root = directory.get(..128)?;
    let small = if u32_at(bytes, 64)? > 0 {
        let length = file.data.len().min(usize_at(root, 120)?);
        let data = file.chain(u32_at(root, 116)?, length)?;
        let links = usize_at(bytes, 64)?.checked_mul(size)?;
        let next = numbers(&file.chain(u32_at(bytes, 60)?, links.min(file.data.len()))?).collect();
        Some((data, next))
    } else {
        None
    };
    let entry = ["workbook", "book"].into_iter().find_map(|wanted| {
        directory.chunks_exact(128).find(|entry| {
            let units = numbers_of_name(entry);
            String::from_utf16_lossy(&units).eq_ignore_ascii_case(wanted)
        })
    })?;
    let (start, length) = (u32_at(entry, 116)?, usize_at(entry, 120)?);
    if length > bytes.len() {
        return None;
    }
    if length < 4096 {
        let (data, next) = small?;
        return Sectors { data: &data, size: 64, next }.chain(start, length);
    }
    file.chain(start, length)
}

fn numbers_of_name(entry: &[u8]) -> Vec<u16> {
    let units = entry[..64].chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]]));
    units.take_while(|unit| *unit != 0).collect()
}

/// One record with those that continue it.
struct Record<'a> {
    kind: u16,
    data: &'a [u8],
    more: Vec<&'a [u8]>,
}

fn record<'a>(rest: &mut &'a [u8]) -> Option<Record<'a>> {
    let take = |rest: &mut &'a [u8]| {
        let length = usize::from(u16_at(rest, 2)?);
        let data = rest.get(4..4 + length)?;
        *rest = &rest[4 + length..];
        Some(data)
    };
    let kind = u16_at(rest, 0)?;
    let data = take(rest)?;
    let mut more = Vec::new();
    while rest.len() > 4 && u16_at(rest, 0)? == 0x3c {
        more.push(take(rest)?);
    }
    Some(Record { kind, data, more })
}

/// From the first to the last row and column with something in them.
#[derive(Default)]
struct Extent(Option<[u16; 4]>);

impl Extent {
    fn add(&mut self, row: u16, column: u16) {
        let [top, bottom, left, right] = self.0.unwrap_or([row, row, column, column]);
        self.0 = Some([top.min(row), bottom.max(row), left.min(column), right.max(column)]);
    }

    fn places(&self) -> u64 {
        let span = |first: u16, last: u16| u64::from(last) - u64::from(first) + 1;
        self.0.map_or(0, |[top, bottom, left, right]| span(top, bottom) * span(left, right))
    }
}

/// Sums up what the parser would keep. What can't be read ends the walk: there the parser ends as well.
fn weigh(stream: &[u8]) -> Result<()> {
    let mut sheets = Vec::new();
    let mut texts: Vec<u32> = Vec::new();
    let mut longest_name = 255;
    let mut rest = stream;
    while let Some(record) = record(&mut rest) {
        match record.kind {
            0x85 => sheets.extend(u32_at(record.data, 0)),
            0xfc => texts = lengths(&record),
            0x18 => longest_name = longest_name.max(record.data.len() as u64),
            0x0a => break,
            _ => {}
        }
    }
    if sheets.len() > SHEETS_MAX {
        return Err(too_large("sheets"));
    }
    let mut weight = texts.len() as u64 * CELL;
    let mut walked = 0;
    for offset in sheets {
        let Some(mut rest) = usize::try_from(offset).ok().and_then(|offset| stream.get(offset..)) else { continue };
        let (mut cells, mut formulas) = (Extent::default(), Extent::default());
        let (mut opened, mut depth) = (false, 0u32);
        while let Some(record) = record(&mut rest) {
            walked += 1;
            if walked > RECORDS_MAX {
                return Err(too_large("records"));
            }
            match (record.kind, depth) {
                (0x0809, _) if opened => depth += 1,
                (0x0809, _) => opened = true,
                (0x0a, 0) => break,
                (0x0a, _) => depth -= 1,
                (0x0200, 0) => announced(record.data)?,
                (kind, 0) => weight += cell(&record, kind, &texts, longest_name, &mut cells, &mut formulas),
                _ => {}
            }
            if weight > MEMORY_MAX {
                return Err(too_large("cells"));
            }
        }
        weight += cells.places() * PLACE + formulas.places() * FORMULA_PLACE;
        if weight > MEMORY_MAX {
            return Err(too_large("far cells"));
        }
    }
    Ok(())
}

/// The parser makes room for the rectangle that a sheet states, before it has read a cell.
fn announced(data: &[u8]) -> Result<()> {
    let wide = data.len() >= 14;
    let number = |at: usize| -> u64 {
        if wide { u32_at(data, at * 2).unwrap_or(0).into() } else { u16_at(data, at).unwrap_or(0).into() }
    };
    if number(2) > 65_536 || number(0) > number(2).max(1) {
        return Err(too_large("announced rows"));
    }
    let columns = u16_at(data, if wide { 10 } else { 6 }).unwrap_or(0);
    if columns > 256 {
        return Err(too_large("announced columns"));
    }
    Ok(())
}

/// What a record adds to memory.
fn cell(record: &Record<'_>, kind: u16, texts: &[u32], name: u64, cells: &mut Extent, formulas: &mut Extent) -> u64 {
    let data = record.data;
    let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) else { return 0 };
    match kind {
        0x0203 | 0x0205 | 0x027e => {
            cells.add(row, column);
            CELL
        }
        0x0204 | 0x00d6 | 0x0207 => {
            if kind != 0x0207 {
                cells.add(row, column);
            }
            CELL + 3 * data.len() as u64
        }
        0x00fd => {
            cells.add(row, column);
            let text = usize_at(data, 6).and_then(|index| texts.get(index)).copied().unwrap_or(0);
            CELL + u64::from(text)
        }
        0x00bd => {
            let last = u16_at(data, data.len().saturating_sub(2)).unwrap_or(column);
            cells.add(row, column);
            cells.add(row, last);
            CELL * (data.len() as u64 / 6 + 1)
        }
        0x0006 => {
            cells.add(row, column);
            formulas.add(row, column);
            // A name in a formula is written out in full at each place where it is used.
            let formula = data.get(20..).unwrap_or(&[]);
            let named = formula.iter().filter(|byte| matches!(**byte & 0x1f, 0x03 | 0x19..=0x1d)).count() as u64;
            let used = if formula.len() > 512 { named * name } else { named * name.min(64) };
            2 * CELL + 12 * formula.len() as u64 + used
        }
        0x00e5 => 2 * data.len() as u64,
        _ => 0,
    }
}

/// Lengths of the shared texts, in bytes as they are kept (three for a wide character).
fn lengths(record: &Record<'_>) -> Vec<u32> {
    let mut found = Vec::new();
    let mut parts = record.more.iter();
    let Some(mut data) = record.data.get(8..) else { return found };
    loop {
        if data.is_empty() {
            let Some(next) = parts.next() else { return found };
            data = next;
            continue;
        }
        let (Some(characters), Some(flags)) = (u16_at(data, 0), data.get(2).copied()) else { return found };
        let mut at = 3;
        let mut trailing = 0usize;
        if flags & 8 != 0 {
            trailing += usize::from(u16_at(data, at).unwrap_or(0)) * 4;
            at += 2;
        }
        if flags & 4 != 0 {
            trailing += usize_at(data, at).unwrap_or(0);
            at += 4;
        }
        found.push(u32::from(characters) * 3);
        let Some(rest) = data.get(at..) else { return found };
        data = rest;
        let mut left = usize::from(characters);
        let mut wide = flags & 1 != 0;
        loop {
            let size = if wide { 2 } else { 1 };
            let here = left.min(data.len() / size);
            left -= here;
            data = &data[here * size..];
            if left == 0 {
                break;
            }
            let Some((first, next)) = parts.next().and_then(|next| next.split_first()) else { return found };
            wide = first & 1 != 0;
            data = next;
        }
        while trailing > data.len() {
            trailing -= data.len();
            let Some(next) = parts.next() else { return found };
            data = next;
        }
        data = &data[trailing..];
    }
}
