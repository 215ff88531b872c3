//! What a packed workbook really holds, found out before its parser opens it: every entry is unpacked once into
//! nothing and its bytes are counted, because the sizes that the file states may be a lie. Bounded memory: the
//! directory (at most [`ENTRIES_MAX`] names) and 64 KB.
//!
//! The limits follow what the parser keeps: of shared strings their text and some 56 bytes each, of sheets nothing
//! (they are streamed). `tests/import_bombs.rs` measures both at their limits.

use super::markup::{Allowed, Markup, Refused};
use super::unreadable;
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use zip::ZipArchive;
use zunke_kernel::{Error, Kind, Result};

/// A workbook has a few dozen parts; with a thousand sheets, a few thousand.
const ENTRIES_MAX: usize = 10_000;
/// All entries together, unpacked: what a reader works through in about ten seconds.
const TOTAL_MAX: u64 = 3 * 1024 * 1024 * 1024;
/// One sheet: the most rows of Excel with 40 filled columns.
const SHEET_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Shared strings are kept in memory: 128 MB is a million rows with four texts of 30 characters of their own.
const STRINGS_MAX: u64 = 128 * 1024 * 1024;
/// And each of them costs 56 bytes beside its text: a million rows with four texts of their own.
const STRINGS_COUNT_MAX: u64 = 4_500_000;
/// Formats, names, relations: kept in memory, and a megabyte or two in large workbooks.
const PART_MAX: u64 = 16 * 1024 * 1024;
/// Pictures and the like, which are never opened.
const OTHER_MAX: u64 = 200 * 1024 * 1024;
/// Sheets pack 6 to 20 times; one row over and over without the names of its cells, 250 times; a bomb 400 to 1,000.
const RATIO_MAX: u64 = 300;
/// Below it the ratio says nothing.
const RATIO_FROM: u64 = 8 * 1024 * 1024;

/// Names of the entries, or why the file isn't opened.
pub fn entries(file: &mut File) -> Result<Vec<String>> {
    let counted = headers(file).map_err(|error| unreadable(&error))?;
    if counted > ENTRIES_MAX {
        return Err(too_large("entries"));
    }
    file.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
    let archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    let names: std::result::Result<_, _> = archive.file_names().map(|name| name.map(Cow::into_owned)).collect();
    names.map_err(damaged)
}

/// Unpacks every entry into nothing and refuses what the parser should not be given.
pub fn check(file: &mut File) -> Result<()> {
    file.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
    let mut archive = ZipArchive::new(BufReader::with_capacity(1 << 16, file)).map_err(damaged)?;
    let mut total = 0;
    let mut buffer = vec![0; 1 << 16];
    for index in 0..archive.len() {
        if archive.by_index_raw(index).map_err(damaged)?.encrypted() {
            return Err(Error::invalid(
                "file_password",
                "这个 Excel 文件设有密码，请去掉密码后再上传。",
                "This workbook is protected by a password; remove it and upload again.",
            ));
        }
        let mut entry = archive.by_index(index).map_err(damaged)?;
        let (limit, allowed) = limits(entry.name().map_err(damaged)?.as_ref());
        let packed = entry.compressed_size();
        let mut markup = allowed.map(Markup::new);
        let mut size = 0u64;
        loop {
            let read = entry.read(&mut buffer).map_err(|error| unreadable(&error))?;
            if read == 0 {
                break;
            }
            size += read as u64;
            total += read as u64;
            if size > limit || total > TOTAL_MAX {
                return Err(too_large("unpacked size"));
            }
            if size > RATIO_FROM && size / RATIO_MAX > packed {
                return Err(too_large("packed beyond reason"));
            }
            if let Some(markup) = &mut markup {
                markup.push(&buffer[..read]).map_err(|refused| match refused {
                    Refused::TooLarge(what) => too_large(what),
                    Refused::Unsafe(what) => Error::invalid(
                        "workbook_unsafe",
                        "这个 Excel 文件含有正常表格不会有的内容，已拒绝读取。请用 Excel 打开并另存一份，或另存为 CSV 再上传。",
                        "This workbook holds what no ordinary workbook does, and is not read. Open it in Excel and save a copy, or save it as CSV.",
                    )
                    .caused_by(what),
                })?;
            }
        }
    }
    Ok(())
}

/// How large an entry may be, and what its XML may ask of the parser; none where the parser never reads it.
fn limits(name: &str) -> (u64, Option<Allowed>) {
    let name = name.replace('\\', "/").to_ascii_lowercase();
    let last = name.rsplit('/').next().unwrap_or("");
    if last == "sharedstrings.xml" {
        (STRINGS_MAX, Some(Allowed { tags: u64::MAX, kept: STRINGS_COUNT_MAX }))
    } else if last == "styles.xml" || last == "workbook.xml" || last.ends_with(".rels") {
        (PART_MAX, Some(Allowed { tags: 2_000_000, kept: 200_000 }))
    } else if name.contains("sheets/") && last.ends_with(".xml") {
        (SHEET_MAX, Some(Allowed { tags: u64::MAX, kept: 200_000 }))
    } else {
        // A sheet may go by any name, so whatever might be one is looked at as one.
        (OTHER_MAX, last.ends_with(".xml").then_some(Allowed { tags: u64::MAX, kept: 200_000 }))
    }
}

/// Headers of the directory, counted by their mark: the directory is read into memory, and its stated number of
/// entries may be a lie too.
fn headers(file: &mut File) -> std::io::Result<usize> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut buffer = vec![0; 1 << 16];
    let (mut count, mut held) = (0, 0);
    loop {
        let read = reader.read(&mut buffer[held..])?;
        if read == 0 {
            return Ok(count);
        }
        let filled = held + read;
        count += buffer[..filled].windows(4).filter(|window| *window == b"PK\x01\x02").count();
        held = filled.min(3);
        buffer.copy_within(filled - held..filled, 0);
    }
}

fn damaged(error: impl std::fmt::Display) -> Error {
    unreadable(&std::io::Error::other(error.to_string()))
}

pub(super) fn too_large(cause: &'static str) -> Error {
    Error::new(
        Kind::TooLarge,
        "file_unpacked_too_large",
        "这个 Excel 文件展开后过大，无法安全读取。请另存为 CSV 再上传，或分成几份。",
        "This workbook is too large once unpacked to be read safely. Save it as CSV, or split it, and upload that.",
    )
    .caused_by(cause)
}
