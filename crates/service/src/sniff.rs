//! What a file really is: by its first bytes, whatever its name says; and a name that is safe wherever it is written.

use zunke_kernel::{Error, Result};

/// Bytes of the beginning that are looked at.
pub const HEAD: usize = 4_096;
/// Bytes of a name, as file systems count them.
pub const NAME_BYTES_MAX: usize = 255;

/// What the bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Png,
    Jpeg,
    Gif,
    Webp,
    Bmp,
    Tiff,
    Heic,
    Pdf,
    Zip,
    Ole,
    Rar,
    SevenZip,
    Mp3,
    Mp4,
    Amr,
    Riff,
    Ogg,
    Program,
    Text,
    Other,
}

use Family::{
    Amr, Bmp, Gif, Heic, Jpeg, Mp3, Mp4, Ogg, Ole, Other, Pdf, Png, Program, Rar, Riff, SevenZip, Text, Tiff, Webp, Zip,
};

/// What is taken: the ending, what its bytes may be, and what it is sent as.
const TAKEN: [(&str, &[Family], &str); 36] = [
    ("png", &[Png], "image/png"),
    ("jpg", &[Jpeg], "image/jpeg"),
    ("jpeg", &[Jpeg], "image/jpeg"),
    ("gif", &[Gif], "image/gif"),
    ("webp", &[Webp], "image/webp"),
    ("bmp", &[Bmp], "image/bmp"),
    ("tif", &[Tiff], "image/tiff"),
    ("tiff", &[Tiff], "image/tiff"),
    ("heic", &[Heic], "image/heic"),
    ("heif", &[Heic], "image/heif"),
    ("pdf", &[Pdf], "application/pdf"),
    ("docx", &[Zip], "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", &[Zip], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", &[Zip], "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("odt", &[Zip], "application/vnd.oasis.opendocument.text"),
    ("ods", &[Zip], "application/vnd.oasis.opendocument.spreadsheet"),
    ("zip", &[Zip], "application/zip"),
    ("doc", &[Ole], "application/msword"),
    ("xls", &[Ole], "application/vnd.ms-excel"),
    ("ppt", &[Ole], "application/vnd.ms-powerpoint"),
    ("wps", &[Ole, Zip], "application/vnd.ms-works"),
    ("et", &[Ole, Zip], "application/vnd.ms-excel"),
    ("msg", &[Ole], "application/vnd.ms-outlook"),
    ("rar", &[Rar], "application/vnd.rar"),
    ("7z", &[SevenZip], "application/x-7z-compressed"),
    ("mp3", &[Mp3], "audio/mpeg"),
    ("m4a", &[Mp4], "audio/mp4"),
    ("mp4", &[Mp4], "video/mp4"),
    ("mov", &[Mp4], "video/quicktime"),
    ("amr", &[Amr], "audio/amr"),
    ("wav", &[Riff], "audio/wav"),
    ("ogg", &[Ogg], "audio/ogg"),
    ("txt", &[Text], "text/plain"),
    ("csv", &[Text], "text/csv"),
    ("eml", &[Text], "message/rfc822"),
    ("log", &[Text], "text/plain"),
];

/// The media type of a file of this name that begins with these bytes. Refused where its ending is none that is taken, or
/// the bytes are something else than the ending says.
pub fn media_type(name: &str, head: &[u8]) -> Result<&'static str> {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let Some((_, families, media)) = TAKEN.iter().find(|(known, ..)| *known == ending) else {
        return Err(Error::invalid(
            "file_type_refused",
            "不接收这种文件，请上传图片、PDF、Office 文档、录音、视频、文本或压缩包。",
            "Files of this kind are not taken; send pictures, PDF, office documents, sound, video, text or archives.",
        )
        .at("name"));
    };
    if head.is_empty() {
        return Err(Error::invalid("file_empty", "文件是空的。", "The file is empty.").at("body"));
    }
    if families.contains(&family(head)) {
        return Ok(media);
    }
    Err(Error::invalid(
        "file_disguised",
        format!("文件内容不是 .{ending}，请检查后重新上传。"),
        format!("The content of the file is not .{ending}; please check it and send it again."),
    )
    .at("body"))
}

fn family(head: &[u8]) -> Family {
    let starts = |bytes: &[u8]| head.starts_with(bytes);
    let at = |place: usize, bytes: &[u8]| head.get(place..).is_some_and(|rest| rest.starts_with(bytes));
    let heic: [&[u8]; 5] = [b"heic", b"heix", b"mif1", b"msf1", b"heif"];
    if starts(b"\x89PNG\r\n\x1a\n") {
        Png
    } else if starts(b"\xff\xd8\xff") {
        Jpeg
    } else if starts(b"GIF87a") || starts(b"GIF89a") {
        Gif
    } else if starts(b"RIFF") && at(8, b"WEBP") {
        Webp
    } else if starts(b"RIFF") && at(8, b"WAVE") {
        Riff
    } else if starts(b"BM") && at(6, b"\0\0\0\0") {
        Bmp
    } else if starts(b"II*\0") || starts(b"MM\0*") {
        Tiff
    } else if at(4, b"ftyp") && heic.iter().any(|brand| at(8, brand)) {
        Heic
    } else if at(4, b"ftyp") {
        Mp4
    } else if starts(b"%PDF-") {
        Pdf
    } else if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        Zip
    } else if starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        Ole
    } else if starts(b"Rar!\x1a\x07") {
        Rar
    } else if starts(b"7z\xbc\xaf\x27\x1c") {
        SevenZip
    } else if starts(b"ID3") || starts(b"\xff\xfb") || starts(b"\xff\xf3") || starts(b"\xff\xf2") {
        Mp3
    } else if starts(b"#!AMR") {
        Amr
    } else if starts(b"OggS") {
        Ogg
    } else if is_program(head) {
        Program
    } else if head.iter().all(|byte| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)) {
        Text
    } else {
        Other
    }
}

fn is_program(head: &[u8]) -> bool {
    let starts = |bytes: &[u8]| head.starts_with(bytes);
    let windows = starts(b"MZ") && head.get(..64).is_some_and(|first| first.contains(&0));
    let macho =
        [b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"];
    windows || starts(b"\x7fELF") || starts(b"#!") || macho.iter().any(|magic| starts(*magic))
}

/// A name without a path and without signs that file systems or readers trip over; at most 255 bytes, its ending kept.
pub fn clean_name(name: &str) -> Result<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*'))
        // Signs that turn the direction of writing hide what a file is: `报价fdp.exe`.
        .filter(
            |c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'),
        )
        .collect();
    let kept = kept.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    if kept.is_empty() || kept.chars().all(|c| c == '.') {
        return Err(Error::invalid("file_name_invalid", "请提供文件名。", "Give the file a name.").at("name"));
    }
    Ok(shortened(kept))
}

fn shortened(name: &str) -> String {
    if name.len() <= NAME_BYTES_MAX {
        return name.to_owned();
    }
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 10 => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    let mut short = String::new();
    for letter in stem.chars() {
        if short.len() + letter.len_utf8() + ending.len() > NAME_BYTES_MAX {
            break;
        }
        short.push(letter);
    }
    short + &ending
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        assert_eq!(media_type("照片.PNG", b"\x89PNG\r\n\x1a\n....").expect("a picture"), "image/png");
        assert_eq!(media_type("合同.pdf", b"%PDF-1.7\n").expect("a document"), "application/pdf");
        assert_eq!(media_type("说明.txt", "您好，\r\n谢谢".as_bytes()).expect("text"), "text/plain");
        for (name, head, code) in [
            ("photo.png", &b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0@\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"[..], "file_disguised"),
            ("photo.jpg", b"<html><script>alert(1)</script>", "file_disguised"),
            ("notes.txt", b"\x7fELF\x02\x01\x01\0", "file_disguised"),
            ("notes.txt", b"#!/bin/sh\nrm -rf /", "file_disguised"),
            ("contract.pdf", b"PK\x03\x04", "file_disguised"),
            ("tool.exe", b"MZ", "file_type_refused"),
            ("page.html", b"<html>", "file_type_refused"),
            ("drawing.svg", b"<svg>", "file_type_refused"),
            ("no-ending", b"text", "file_type_refused"),
            ("empty.txt", b"", "file_empty"),
        ] {
            assert_eq!(media_type(name, head).expect_err(name).code, code, "{name}");
        }
    }

    #[test]
    fn a_name_has_no_path_no_tricks_and_at_most_255_bytes() {
        let clean = |name: &str| clean_name(name).expect(name);
        assert_eq!(clean("../../etc/passwd"), "passwd");
        assert_eq!(clean("C:\\Users\\王\\合同.pdf"), "合同.pdf");
        assert_eq!(clean("报价\u{202e}fdp.exe"), "报价fdp.exe");
        assert_eq!(clean(".htaccess"), "htaccess");
        assert_eq!(clean("a\0b\n.txt"), "ab.txt");
        let exact = format!("{}.pdf", "合".repeat(83));
        assert_eq!((exact.len(), clean(&exact)), (253, exact.clone()));
        let long = clean(&format!("{}.pdf", "合".repeat(200)));
        assert!(long.len() <= 255 && long.ends_with(".pdf") && long.starts_with('合'), "{long}");
        for bad in ["", "   ", "..", "/", "a/", "...."] {
            assert_eq!(clean_name(bad).expect_err(bad).code, "file_name_invalid");
        }
    }
}
