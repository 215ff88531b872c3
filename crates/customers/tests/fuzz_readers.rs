//! The readers of uploads on made-up and on damaged files: read or refused with a word, and never a crash, a loop
//! or a file that is read differently the second time.

#[path = "../../kernel/tests/support/fuzz.rs"]
mod support;

use proptest::prelude::*;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zunke_customers::import::reader::{self, CELL_LIMIT, COLUMN_LIMIT, ReadOptions};
use zunke_kernel::Kind;

/// Reads a file to its end, twice.
fn try_file(path: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("written");
    let found = match reader::inspect(path, name, &ReadOptions::default()) {
        Ok(found) => found,
        Err(error) => {
            assert!(matches!(error.kind, Kind::Invalid | Kind::TooLarge), "{error:?}");
            assert!(!error.text.zh.is_empty() && !error.text.en.is_empty(), "{error:?}");
            return;
        }
    };
    assert!(found.shape.columns.len() <= COLUMN_LIMIT, "{} columns", found.shape.columns.len());
    let mut last = 0;
    let read = || {
        let mut rows = Vec::new();
        reader::read(path, &found.shape, &mut |row| {
            assert!(row.number > found.shape.header_row, "row {}", row.number);
            last = row.number;
            rows.push((row.number, row.fault, row.cells().map(str::to_owned).collect::<Vec<_>>()));
            Ok(true)
        })
        .map(|()| rows)
        .map_err(|error| error.code)
    };
    let mut read = read;
    let (first, again) = (read(), read());
    assert_eq!(first, again);
    for (number, fault, cells) in first.iter().flatten() {
        assert!(fault.is_some() || cells.len() == found.shape.columns.len(), "row {number}: {} cells", cells.len());
        assert!(cells.iter().all(|cell| cell.len() <= CELL_LIMIT));
    }
}

fn any_csv() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b",".to_vec()),
        Just(b";".to_vec()),
        Just(b"\t".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"\"\"".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        Just(b"\xff\xfe".to_vec()),
        Just(b"\x00".to_vec()),
        Just("姓名".as_bytes().to_vec()),
        Just(vec![0xd0, 0xd5, 0xc3, 0xfb]),
        Just(b"=1+1".to_vec()),
        Just(b"12,345.60".to_vec()),
        Just(b"2024-02-30".to_vec()),
        Just(b"\xe5\x85".to_vec()),
        any::<String>().prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..12),
        "[a-z0-9 ]{1,8}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..200).prop_map(|pieces| pieces.concat())
}

#[test]
fn any_bytes_are_a_table_or_a_clear_refusal() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("any.csv");
    support::fuzz("csv", &any_csv(), |bytes| try_file(&path, "any.csv", bytes));
}

#[test]
fn any_packed_bytes_are_a_table_or_a_clear_refusal() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("any.csv.gz");
    let cut = (any_csv(), any::<prop::sample::Index>(), any::<bool>());
    support::fuzz("csv.gz", &cut, |(bytes, at, whole)| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(bytes).expect("packed");
        let packed = packer.finish().expect("packed");
        let end = if *whole { packed.len() } else { at.index(packed.len()) };
        try_file(&path, "any.csv.gz", &packed[..end]);
    });
}

/// What is done to an honest file.
#[derive(Clone, Debug)]
enum Damage {
    Byte(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Twice(prop::sample::Index, u8),
    Number(prop::sample::Index, u32),
}

fn any_damage() -> impl Strategy<Value = Vec<Damage>> {
    let at = any::<prop::sample::Index>;
    let number = prop_oneof![Just(0), Just(u32::MAX), Just(0x7fff_ffff), Just(0xffff), any::<u32>()];
    let one = prop_oneof![
        6 => (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        1 => at().prop_map(Damage::Cut),
        2 => (at(), any::<u8>()).prop_map(|(at, length)| Damage::Twice(at, length)),
        3 => (at(), number).prop_map(|(at, number)| Damage::Number(at, number)),
    ];
    prop::collection::vec(one, 1..12)
}

fn damaged(honest: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = honest.to_vec();
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        match damage {
            Damage::Byte(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Damage::Cut(at) => bytes.truncate(at.index(bytes.len()).max(bytes.len() / 2)),
            Damage::Twice(at, length) => {
                let at = at.index(bytes.len());
                let piece = bytes[at..bytes.len().min(at + usize::from(*length))].to_vec();
                bytes.splice(at..at, piece);
            }
            Damage::Number(at, number) => {
                let at = at.index(bytes.len());
                let end = bytes.len().min(at + 4);
                let new = number.to_le_bytes();
                bytes[at..end].copy_from_slice(&new[..end - at]);
            }
        }
    }
    bytes
}

const HONEST: &[u8] = include_bytes!("data/date-1900.xlsx");

#[test]
fn a_damaged_workbook_is_read_or_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("damaged.xlsx");
    support::fuzz("xlsx (damaged)", &any_damage(), |damages| {
        try_file(&path, "damaged.xlsx", &damaged(HONEST, damages));
    });
}

/// The parts of the honest workbook.
fn parts() -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(HONEST)).expect("a workbook");
    (0..archive.len())
        .map(|at| {
            let mut entry = archive.by_index(at).expect("a part");
            let name = entry.name().expect("a name").into_owned();
            let mut text = Vec::new();
            entry.read_to_end(&mut text).expect("a text");
            (name, text)
        })
        .collect()
}

#[test]
fn a_workbook_whose_xml_is_damaged_is_read_or_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("inside.xlsx");
    let parts = parts();
    let words = [
        "<row r=\"1048576\">",
        "<c r=\"XFD9\" t=\"s\"><v>99999999</v></c>",
        "<c t=\"inlineStr\"><is><t>x</t></is></c>",
        "</sheetData>",
        "<c r=\"A0\"/>",
        "<v>1e999</v>",
        "<![CDATA[",
        "<!--",
        "&#0;",
        "&amp;&lt;",
        "<!DOCTYPE a>",
        "uniqueCount=\"5\"",
        "t=\"d\"",
        "t=\"e\"",
        "<f t=\"shared\" si=\"9\">A1</f>",
        "\u{0}",
    ];
    let spot = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop::sample::select(words.to_vec()),
        any_damage(),
        any::<bool>(),
    );
    let spots = prop::collection::vec(spot, 1..5);
    support::fuzz("xlsx (xml)", &spots, |spots| {
        let mut parts = parts.clone();
        for (part, at, word, damages, insert) in spots {
            let index = part.index(parts.len());
            let text = &mut parts[index].1;
            if *insert {
                let at = at.index(text.len() + 1);
                text.splice(at..at, word.bytes());
            } else {
                *text = damaged(text, damages);
            }
        }
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in parts {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("started");
            zip.write_all(&text).expect("written");
        }
        try_file(&path, "inside.xlsx", &zip.finish().expect("finished").into_inner());
    });
}
