//! Files made to take the server down: each is refused with a clear word, in bounded memory; and what only looks
//! like one is read.

use std::io::{Cursor, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zunke_customers::import::reader::{self, ReadOptions};
use zunke_kernel::{Error, Result};

/// The whole test process, all of its tests at once: a bomb that goes off takes more.
const MEMORY_MAX_MB: u64 = 400;

fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn inspect(bytes: &[u8], name: &str) -> Result<reader::Inspection> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    let found = reader::inspect(&path, name, &ReadOptions::default());
    assert!(peak_mb() < MEMORY_MAX_MB, "{} MB", peak_mb());
    found
}

fn refused(bytes: &[u8], name: &str) -> Error {
    let error = inspect(bytes, name).expect_err(name);
    assert!(error.text.zh.contains('。') && error.text.en.contains(' '), "{error:?}");
    error
}

type Zip = zip::ZipWriter<Cursor<Vec<u8>>>;

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

fn part(zip: &mut Zip, name: &str, text: &str) {
    zip.start_file(name, SimpleFileOptions::default()).expect("started");
    zip.write_all(text.as_bytes()).expect("written");
}

/// A part of many equal pieces, never held as a whole.
fn long_part(zip: &mut Zip, name: &str, head: &str, piece: &str, bytes: usize, tail: &str) {
    let method = SimpleFileOptions::default().compression_level(Some(6));
    zip.start_file(name, method).expect("started");
    zip.write_all(head.as_bytes()).expect("written");
    let block = piece.repeat((1 << 20) / piece.len() + 1);
    for _ in 0..bytes.div_ceil(block.len()) {
        zip.write_all(block.as_bytes()).expect("written");
    }
    zip.write_all(tail.as_bytes()).expect("written");
}

/// Everything of a workbook but its sheet and its shared strings.
fn book() -> Zip {
    let mut zip = Zip::new(Cursor::new(Vec::new()));
    part(
        &mut zip,
        "_rels/.rels",
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" \
         Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
         Target=\"xl/workbook.xml\"/></Relationships>",
    );
    part(
        &mut zip,
        "xl/workbook.xml",
        &format!(
            "<workbook xmlns=\"{MAIN}\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">\
             <sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
        ),
    );
    part(
        &mut zip,
        "xl/_rels/workbook.xml.rels",
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" \
         Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" \
         Target=\"worksheets/sheet1.xml\"/></Relationships>",
    );
    zip
}

fn sheet(zip: &mut Zip, rows: &str) {
    part(
        zip,
        "xl/worksheets/sheet1.xml",
        &format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>"),
    );
}

const ROWS: &str = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>会员号</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>金额</t></is></c></row>\
                    <row r=\"2\"><c r=\"A2\"><v>17850</v></c><c r=\"B2\"><v>2.55</v></c></row>";

fn done(zip: Zip) -> Vec<u8> {
    zip.finish().expect("finished").into_inner()
}

#[test]
fn an_honest_small_workbook_of_these_parts_is_read() {
    let mut zip = book();
    sheet(&mut zip, ROWS);
    let found = inspect(&done(zip), "honest.xlsx").expect("reads");
    assert_eq!((found.rows, found.shape.columns.len()), (1, 2));
}

#[test]
fn shared_strings_that_unpack_to_hundreds_of_megabytes_are_refused() {
    for (piece, megabytes, what) in [("x", 300, "one long text"), ("<si><t>x</t></si>", 140, "many texts")] {
        let mut zip = book();
        sheet(&mut zip, ROWS);
        let head = format!("<sst xmlns=\"{MAIN}\"><si><t>a</t></si>{}", if piece == "x" { "<si><t>" } else { "" });
        long_part(&mut zip, "xl/sharedStrings.xml", &head, piece, megabytes << 20, "</sst>");
        let bytes = done(zip);
        assert!(bytes.len() < 1 << 20, "{what}: {} bytes", bytes.len());
        assert_eq!(refused(&bytes, "strings.xlsx").code, "file_unpacked_too_large", "{what}");
    }
}

#[test]
fn a_number_of_strings_that_no_file_has_is_not_believed() {
    // The parser makes room for all of them before it reads the first.
    for count in ["99999999999", "18446744073709551615", "9000000"] {
        let mut zip = book();
        sheet(&mut zip, ROWS);
        part(&mut zip, "xl/sharedStrings.xml", &format!("<sst xmlns=\"{MAIN}\" uniqueCount=\"{count}\"></sst>"));
        assert_eq!(refused(&done(zip), "count.xlsx").code, "file_unpacked_too_large", "{count}");
    }
}

#[test]
fn a_sheet_that_unpacks_beyond_reason_is_refused() {
    let mut zip = book();
    long_part(
        &mut zip,
        "xl/worksheets/sheet1.xml",
        &format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{ROWS}<row r=\"3\">"),
        &format!("<c/>{}", " ".repeat(4000)),
        40 << 20,
        "</row></sheetData></worksheet>",
    );
    assert_eq!(refused(&done(zip), "sheet.xlsx").code, "file_unpacked_too_large");
}

#[test]
fn one_cell_and_one_row_stay_within_bounds() {
    // A cell of many short runs, stored unpacked so that no ratio gives it away.
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let one = |rows: &str| {
        let mut zip = book();
        zip.start_file("xl/worksheets/sheet1.xml", stored).expect("started");
        let text = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>");
        zip.write_all(text.as_bytes()).expect("written");
        done(zip)
    };
    let runs = "<r><t>xxxxxxxxxxxxxxxx</t></r>".repeat(200_000);
    let cell = format!("{ROWS}<row r=\"3\"><c r=\"A3\" t=\"inlineStr\"><is>{runs}</is></c></row>");
    assert_eq!(refused(&one(&cell), "cell.xlsx").code, "file_unpacked_too_large");
    // The same cell stated over and over.
    let row = format!("{ROWS}<row r=\"3\">{}</row>", "<c r=\"A3\"><v>1</v></c>".repeat(200_000));
    assert_eq!(refused(&one(&row), "row.xlsx").code, "file_too_many_columns");
    // One long text in every cell of a row is a problem of that row.
    let mut zip = book();
    let cells: String = (0..400).map(|_| "<c t=\"s\"><v>0</v></c>").collect();
    sheet(&mut zip, &format!("{ROWS}<row r=\"3\">{cells}</row><row r=\"4\"><c r=\"A4\"><v>5</v></c></row>"));
    let long = "长".repeat(300_000);
    part(&mut zip, "xl/sharedStrings.xml", &format!("<sst xmlns=\"{MAIN}\"><si><t>{long}</t></si></sst>"));
    assert_eq!(inspect(&done(zip), "repeated.xlsx").expect("reads").rows, 3);
}

#[test]
fn ten_thousand_entries_are_enough() {
    let mut zip = book();
    sheet(&mut zip, ROWS);
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for number in 0..10_100 {
        zip.start_file(format!("xl/media/{number}.png"), stored).expect("started");
    }
    assert_eq!(refused(&done(zip), "entries.xlsx").code, "file_unpacked_too_large");
}

#[test]
fn sizes_that_the_file_states_are_not_believed() {
    let mut zip = book();
    sheet(&mut zip, ROWS);
    long_part(&mut zip, "xl/sharedStrings.xml", "<sst>", "<si><t>x</t></si>", 20 << 20, "</sst>");
    let mut bytes = done(zip);
    // The directory and the local header both say that it is 1,000 bytes.
    let name = b"xl/sharedStrings.xml";
    let places: Vec<usize> = (0..bytes.len() - name.len()).filter(|at| bytes[*at..].starts_with(name)).collect();
    assert_eq!(places.len(), 2);
    for at in places {
        let sizes = if bytes[at - 30..].starts_with(b"PK\x03\x04") { at - 30 + 22 } else { at - 46 + 24 };
        bytes[sizes..sizes + 4].copy_from_slice(&1000u32.to_le_bytes());
    }
    let error = refused(&bytes, "liar.xlsx");
    assert!(["file_unpacked_too_large", "file_unreadable"].contains(&error.code), "{error:?}");
}

#[test]
fn entities_and_document_types_are_refused() {
    let mut zip = book();
    let laughs: String =
        (1..10).map(|level| format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10))).collect();
    let text = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE worksheet [<!ENTITY l0 \"lol\">{laughs}<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\
         <worksheet xmlns=\"{MAIN}\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>&l9;&x;</t></is></c></row></sheetData></worksheet>"
    );
    part(&mut zip, "xl/worksheets/sheet1.xml", &text);
    assert_eq!(refused(&done(zip), "entities.xlsx").code, "workbook_unsafe");
}

#[test]
fn a_cell_in_the_last_corner_takes_no_memory() {
    let mut zip = book();
    sheet(&mut zip, &format!("{ROWS}<row r=\"1048576\"><c r=\"B1048576\"><v>3</v></c></row>"));
    assert_eq!(inspect(&done(zip), "far-row.xlsx").expect("reads").rows, 2);
    let mut zip = book();
    sheet(&mut zip, &format!("{ROWS}<row r=\"1048576\"><c r=\"XFD1048576\"><v>3</v></c></row>"));
    assert_eq!(refused(&done(zip), "far-column.xlsx").code, "file_too_many_columns");
    for far in ["ZZZZZZ99999999999", "A0", "1", "A18446744073709551617"] {
        let mut zip = book();
        sheet(&mut zip, &format!("{ROWS}<row r=\"3\"><c r=\"{far}\"><v>3</v></c></row>"));
        let _ = inspect(&done(zip), "odd.xlsx");
    }
}

#[test]
fn merged_areas_without_number_are_refused() {
    let mut zip = book();
    let areas = "<mergeCell ref=\"A1:ALL30\"/>".repeat(250_000);
    part(
        &mut zip,
        "xl/worksheets/sheet1.xml",
        &format!(
            "<worksheet xmlns=\"{MAIN}\"><sheetData>{ROWS}</sheetData><mergeCells>{areas}</mergeCells></worksheet>"
        ),
    );
    assert_eq!(refused(&done(zip), "merged.xlsx").code, "file_unpacked_too_large");
}

#[test]
fn an_entry_with_a_password_is_named_as_such() {
    let mut zip = book();
    sheet(&mut zip, ROWS);
    let mut bytes = done(zip);
    // The flag of encryption, in the directory and in the local header.
    for at in 0..bytes.len() - 10 {
        let flags = match &bytes[at..at + 4] {
            b"PK\x03\x04" => at + 6,
            b"PK\x01\x02" => at + 8,
            _ => continue,
        };
        bytes[flags] |= 1;
    }
    assert_eq!(refused(&bytes, "locked.xlsx").code, "file_password");
}

/// An XLS of one stream: a header, one sector of its table, a directory, the records.
fn xls(records: &[u8], circle: bool) -> Vec<u8> {
    let mut stream = records.to_vec();
    stream.resize(stream.len().max(4096).div_ceil(512) * 512, 0);
    let sectors = stream.len() / 512;
    let tables = (sectors + 130).div_ceil(127);
    let mut bytes = vec![0u8; 512];
    bytes[..8].copy_from_slice(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
    let mut put = |at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    put(24, 0x0003_003e);
    put(28, 0x0009_fffe);
    put(32, 6);
    put(44, u32::try_from(tables).expect("fits"));
    put(48, u32::try_from(tables).expect("fits"));
    put(56, 4096);
    put(60, 0xffff_fffe);
    put(68, 0xffff_fffe);
    for at in 0..109 {
        put(76 + 4 * at, if at < tables { u32::try_from(at).expect("fits") } else { 0xffff_ffff });
    }
    let mut links: Vec<u32> = vec![0xffff_fffd; tables];
    links.push(if circle { u32::try_from(tables).expect("fits") } else { 0xffff_fffe });
    links.extend((0..sectors - 1).map(|at| u32::try_from(tables + 2 + at).expect("fits")));
    links.push(0xffff_fffe);
    links.resize(tables * 128, 0xffff_ffff);
    bytes.extend(links.iter().flat_map(|link| link.to_le_bytes()));
    let mut directory = vec![0u8; 512];
    for (at, name, kind, start, length) in [
        (0, "Root Entry", 5, 0xffff_fffe, 0),
        (128, "Workbook", 2, u32::try_from(tables + 1).expect("fits"), stream.len()),
    ] {
        for (place, unit) in name.encode_utf16().enumerate() {
            directory[at + 2 * place..at + 2 * place + 2].copy_from_slice(&unit.to_le_bytes());
        }
        directory[at + 64] = u8::try_from(2 * name.len() + 2).expect("fits");
        directory[at + 66] = kind;
        directory[at + 116..at + 120].copy_from_slice(&start.to_le_bytes());
        directory[at + 120..at + 124].copy_from_slice(&u32::try_from(length).expect("fits").to_le_bytes());
    }
    bytes.extend(directory);
    bytes.extend(stream);
    bytes
}

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("fits");
    [&kind.to_le_bytes(), &length.to_le_bytes(), data].concat()
}

/// A workbook of one sheet with the shared texts and the records given.
fn xls_sheet(texts: &[&str], cells: &[Vec<u8>], circle: bool) -> Vec<u8> {
    let mut sst = vec![0u8; 8];
    for text in texts {
        sst.extend(u16::try_from(text.len()).expect("fits").to_le_bytes());
        sst.push(0);
        sst.extend(text.as_bytes());
    }
    let bof = |kind: u16| record(0x0809, &[&0x0600u16.to_le_bytes()[..], &kind.to_le_bytes(), &[0; 12]].concat());
    let mut globals = [bof(5), record(0x42, &1200u16.to_le_bytes()), record(0xfc, &sst)].concat();
    let start = u32::try_from(globals.len() + 4 + 9 + 4).expect("fits");
    globals.extend(record(0x85, &[&start.to_le_bytes()[..], &[0, 0, 1, 0, b'S']].concat()));
    globals.extend(record(0x0a, &[]));
    xls(&[globals, bof(0x10), cells.concat(), record(0x0a, &[])].concat(), circle)
}

fn number(row: u16, column: u16, value: f64) -> Vec<u8> {
    record(0x0203, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &[0, 0], &value.to_le_bytes()].concat())
}

fn shared(row: u16, column: u16, text: u32) -> Vec<u8> {
    record(0x00fd, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &[0, 0], &text.to_le_bytes()].concat())
}

#[test]
fn an_old_workbook_is_read_and_its_bombs_are_refused() {
    let header = [shared(0, 0, 0), shared(0, 1, 1)];
    let row = [number(1, 0, 17850.0), number(1, 1, 2.55)];
    let table: Vec<_> = header.iter().chain(&row).cloned().collect();
    let found = inspect(&xls_sheet(&["id", "amount"], &table, false), "old.xls").expect("reads");
    assert_eq!((found.rows, found.shape.columns.as_slice()), (1, &["id".to_owned(), "amount".to_owned()][..]));

    let far = [&table[..], &[number(65_535, 255, 1.0)]].concat();
    assert_eq!(refused(&xls_sheet(&["id", "amount"], &far, false), "far.xls").code, "file_unpacked_too_large");
    let farther = [&table[..], &[number(65_535, 65_535, 1.0)]].concat();
    assert_eq!(refused(&xls_sheet(&["id", "amount"], &farther, false), "farther.xls").code, "file_unpacked_too_large");
    let announced =
        record(0x0200, &[0u32.to_le_bytes(), u32::MAX.to_le_bytes(), [0, 0, 255, 255], [0; 4]].concat()[..14]);
    let stated = [&[announced], &table[..]].concat();
    assert_eq!(refused(&xls_sheet(&["id", "amount"], &stated, false), "stated.xls").code, "file_unpacked_too_large");
    let long = "x".repeat(8000);
    let repeated: Vec<_> = (0..50_000).map(|row| shared(row, 0, 0)).collect();
    assert_eq!(refused(&xls_sheet(&[&long], &repeated, false), "texts.xls").code, "file_unpacked_too_large");
    assert_eq!(refused(&xls_sheet(&["id", "amount"], &table, true), "circle.xls").code, "file_unreadable");
    let mut large = xls_sheet(&["id", "amount"], &table, false);
    large.resize((64 << 20) + 512, 0);
    assert_eq!(refused(&large, "large.xls").code, "file_xls_too_large");
}

/// As much as Excel can hold, and honest: it is read, in bounded memory. A minute in a debug build, so it runs
/// where it is asked for: `cargo test -p zunke-customers --release --test import_bombs -- --ignored`.
#[test]
#[ignore = "a minute of work"]
fn a_full_sheet_of_real_orders_is_read() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("full.xlsx");
    write_full(&path);
    let before = peak_mb();
    let found = reader::inspect(&path, "full.xlsx", &ReadOptions::default()).expect("reads");
    assert_eq!(found.rows, 1_048_575);
    println!("{} MB packed, from {before} to {} MB", std::fs::metadata(&path).expect("file").len() >> 20, peak_mb());
    assert!(peak_mb() < 700, "{} MB", peak_mb());
}

/// As many and as long shared strings as are taken: what they need of memory is printed.
#[test]
#[ignore = "a minute of work"]
fn the_most_strings_that_are_read_stay_within_bounds() {
    let before = peak_mb();
    let mut zip = book();
    sheet(&mut zip, ROWS);
    zip.start_file("xl/sharedStrings.xml", SimpleFileOptions::default().compression_level(Some(1))).expect("started");
    zip.write_all(format!("<sst xmlns=\"{MAIN}\">").as_bytes()).expect("written");
    for number in 0..4_400_000u32 {
        // Not the same over and over, or the ratio would give it away.
        let text = number.wrapping_mul(2_654_435_761);
        zip.write_all(format!("<si><t>{text:010}</t></si>").as_bytes()).expect("written");
    }
    zip.write_all(b"</sst>").expect("written");
    let bytes = done(zip);
    let (folder, made) = (tempfile::tempdir().expect("folder"), peak_mb());
    let path = folder.path().join("strings.xlsx");
    std::fs::write(&path, bytes).expect("written");
    reader::inspect(&path, "strings.xlsx", &ReadOptions::default()).expect("reads");
    println!("strings at their limit: {before} MB, made {made} MB, read {} MB", peak_mb());
    assert!(peak_mb() < 900, "{} MB", peak_mb());
}

fn write_full(path: &Path) {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet_with_low_memory().expect("sheet");
    for column in 0..10u16 {
        sheet.write_string(0, column, format!("列{column}")).expect("written");
    }
    for row in 1..1_048_576u32 {
        for column in 0..10u16 {
            if column < 3 {
                sheet.write_string(row, column, format!("O{row:010}-{column}")).expect("written");
            } else {
                sheet
                    .write_number(row, column, f64::from(row.wrapping_mul(2_654_435_761) % 100_000) / 100.0)
                    .expect("written");
            }
        }
    }
    book.save(path).expect("saved");
}
