//! Which kind of file it is, by its content and not by its name; what is no table is refused with a word of
//! what it is and what to do.

use super::{empty, ole, packed, unreadable};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use zunke_kernel::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Csv,
    Xlsx,
    Xls,
}

#[derive(Debug)]
pub struct Found {
    pub format: Format,
    /// Packed with gzip.
    pub packed: bool,
}

pub fn sniff(path: &Path, file_name: &str) -> Result<Found> {
    let mut file = File::open(path).map_err(|error| unreadable(&error))?;
    let mut head = Vec::new();
    Read::by_ref(&mut file).take(4096).read_to_end(&mut head).map_err(|error| unreadable(&error))?;
    if head.is_empty() {
        return Err(empty());
    }
    if head.starts_with(&[0x1f, 0x8b]) {
        let mut inner = Vec::new();
        let unpacked = flate2::read::MultiGzDecoder::new(File::open(path).map_err(|error| unreadable(&error))?);
        unpacked.take(4096).read_to_end(&mut inner).map_err(|error| unreadable(&error))?;
        if inner.is_empty() {
            return Err(empty());
        }
        refuse_what_is_no_text(&inner)?;
        if inner.starts_with(b"PK\x03\x04") || inner.starts_with(&OLE) {
            return Err(wrong("zip", "压缩包", "an archive"));
        }
        return Ok(Found { format: Format::Csv, packed: true });
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return workbook_of_zip(&mut file).map(|()| Found { format: Format::Xlsx, packed: false });
    }
    if head.starts_with(&OLE) {
        return workbook_of_ole(&mut file).map(|()| Found { format: Format::Xls, packed: false });
    }
    refuse_what_is_no_text(&head)?;
    let lower = file_name.to_lowercase();
    if lower.ends_with(".xlsx") && head.iter().all(|byte| *byte == 0) {
        return Err(unreadable(&std::io::Error::other("only zero bytes")));
    }
    Ok(Found { format: Format::Csv, packed: false })
}

const OLE: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

fn refuse_what_is_no_text(head: &[u8]) -> Result<()> {
    let known: [(&[u8], &str, &str, &str); 12] = [
        (b"%PDF", "pdf", "PDF 文件", "a PDF document"),
        (b"\x89PNG", "image", "图片", "a picture"),
        (b"\xff\xd8\xff", "image", "图片", "a picture"),
        (b"GIF8", "image", "图片", "a picture"),
        (b"RIFF", "media", "音视频或图片", "a media file"),
        (b"Rar!", "archive", "压缩包", "an archive"),
        (b"7z\xbc\xaf", "archive", "压缩包", "an archive"),
        (b"BZh", "archive", "压缩包", "an archive"),
        (b"\x28\xb5\x2f\xfd", "archive", "压缩包", "an archive"),
        (b"\x7fELF", "program", "程序", "a program"),
        (b"MZ\x90", "program", "程序", "a program"),
        (b"SQLite format 3", "database", "数据库文件", "a database"),
    ];
    for (magic, code, zh, en) in known {
        if head.starts_with(magic) {
            return Err(wrong(code, zh, en));
        }
    }
    let text: String =
        head.iter().filter(|byte| byte.is_ascii_graphic()).take(600).map(|byte| char::from(*byte)).collect();
    let text = text.to_ascii_lowercase();
    let tags = ["<html", "<!doctypehtml", "<table", "<head", "<meta", "<style"];
    if tags.iter().any(|tag| text.starts_with(tag))
        || (text.starts_with("<?xml")
            && (text.contains("<html") || text.contains("mso-application") || text.contains("<workbook")))
    {
        return Err(Error::invalid(
            "file_type_html",
            "这个文件名为表格，内容其实是网页。请用 Excel 打开后另存为 xlsx 再上传。",
            "This file is named as a sheet but is really a web page. Open it in Excel, save it as xlsx and upload that.",
        ));
    }
    if text.starts_with('{') && text.contains("\":") || text.starts_with("[{") {
        return Err(wrong("json", "JSON 数据", "JSON data"));
    }
    // Zero bytes belong to UTF-16 only, where every other byte is one or the file begins with a mark.
    let zeros = head.iter().filter(|byte| **byte == 0).count();
    let marked = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    let control = head.iter().filter(|byte| matches!(**byte, 1..=8 | 14..=26 | 28..=31)).count();
    let wide = marked || super::encoding::utf16_by_zeros(head).is_some();
    if !wide && (zeros > 0 || control * 50 > head.len()) {
        return Err(wrong("binary", "二进制文件", "a binary file"));
    }
    Ok(())
}

fn wrong(what: &'static str, zh: &str, en: &str) -> Error {
    Error::invalid(
        "file_type_wrong",
        format!("这是{zh}，不是表格。请上传 CSV 或 Excel（xlsx、xls）文件。"),
        format!("This is {en}, not a table. Upload a CSV or Excel file (xlsx, xls)."),
    )
    .caused_by(what)
}

/// A zip is taken only where it holds a workbook, and one that stays within bounds when it is unpacked.
fn workbook_of_zip(file: &mut File) -> Result<()> {
    let entries = packed::entries(file)?;
    let has = |wanted: &str| entries.iter().any(|name| name == wanted);
    if has("xl/workbook.bin") || has("content.xml") {
        return Err(Error::invalid(
            "file_type_other_workbook",
            "暂不支持 xlsb、ods、numbers 格式，请另存为 xlsx 后再上传。",
            "xlsb, ods and numbers are not read; save it as xlsx and upload that.",
        ));
    }
    // The parser doesn't mind case or slashes.
    if !entries.iter().any(|name| name.replace('\\', "/").eq_ignore_ascii_case("xl/workbook.xml")) {
        return Err(wrong("zip", "压缩包或其他文档", "an archive or another document"));
    }
    packed::check(file)
}

fn workbook_of_ole(file: &mut File) -> Result<()> {
    let bytes = ole::bytes(file)?;
    let holds = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(wide.len()).any(|window| window == wide)
    };
    if holds("EncryptedPackage") {
        return Err(Error::invalid(
            "file_password",
            "这个 Excel 文件设有密码，请去掉密码后再上传。",
            "This workbook is protected by a password; remove it and upload again.",
        ));
    }
    if !holds("Workbook") && !holds("Book") {
        return Err(wrong("ole", "Office 文档", "an Office document"));
    }
    ole::check(&bytes)
}
