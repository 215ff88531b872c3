//! Files as people have them: every one is read, or refused with a clear word.

use std::io::Write;
use std::path::PathBuf;
use zunke_customers::import::reader::{self, CellKind, Format, Inspection, ReadOptions, RowFault, Shape};
use zunke_kernel::{Error, Result};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("folder"))
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    fn inspect(&self, name: &str, bytes: &[u8]) -> Result<Inspection> {
        let path = self.file(name, bytes);
        reader::inspect(&path, name, &ReadOptions::default())
    }

    fn refused(&self, name: &str, bytes: &[u8]) -> Error {
        self.inspect(name, bytes).expect_err(name)
    }

    /// The data rows with their numbers and faults.
    fn rows(&self, name: &str, bytes: &[u8]) -> Vec<(u64, Vec<String>, Option<RowFault>)> {
        let shape = self.inspect(name, bytes).expect(name).shape;
        rows(&self.0.path().join(name), &shape)
    }
}

fn rows(path: &std::path::Path, shape: &Shape) -> Vec<(u64, Vec<String>, Option<RowFault>)> {
    let mut rows = Vec::new();
    reader::read(path, shape, &mut |row| {
        rows.push((row.number, row.cells().map(str::to_owned).collect(), row.fault));
        Ok(true)
    })
    .expect("reads");
    rows
}

const TABLE: &str =
    "会员号,姓名,手机,金额\n0012,王小明,13812345678,\"1,234.50\"\n110101199003078515,𠮷田㛃䶮,13912345678,88\n";

#[test]
fn every_encoding_gives_the_same_table() {
    let folder = Folder::new();
    let utf16 = |big: bool, mark: bool| -> Vec<u8> {
        let units = TABLE.encode_utf16();
        let bytes: Vec<u8> =
            if big { units.flat_map(u16::to_be_bytes).collect() } else { units.flat_map(u16::to_le_bytes).collect() };
        let head: &[u8] = match (mark, big) {
            (false, _) => &[],
            (true, true) => &[0xfe, 0xff],
            (true, false) => &[0xff, 0xfe],
        };
        [head, &bytes].concat()
    };
    let gb18030 = encoding_rs::GB18030.encode(TABLE).0.into_owned();
    for (name, bytes, encoding) in [
        ("utf8.csv", TABLE.as_bytes().to_vec(), "utf-8"),
        ("utf8-bom.csv", [b"\xef\xbb\xbf", TABLE.as_bytes()].concat(), "utf-8"),
        ("utf16le-bom.csv", utf16(false, true), "utf-16le"),
        ("utf16be-bom.csv", utf16(true, true), "utf-16be"),
        ("utf16le.csv", utf16(false, false), "utf-16le"),
        ("utf16be.csv", utf16(true, false), "utf-16be"),
        ("gb18030.csv", gb18030, "gb18030"),
    ] {
        let found = folder.inspect(name, &bytes).expect(name);
        assert_eq!(found.shape.encoding.as_deref(), Some(encoding), "{name}");
        assert_eq!(found.shape.columns, ["会员号", "姓名", "手机", "金额"], "{name}");
        assert_eq!((found.rows, found.shape.header_row), (2, 1), "{name}");
        let read = folder.rows(name, &bytes);
        assert_eq!(read[0].1, ["0012", "王小明", "13812345678", "1,234.50"], "{name}");
        assert_eq!(read[1].1, ["110101199003078515", "𠮷田㛃䶮", "13912345678", "88"], "{name}");
        assert_eq!((read[0].0, read[1].0), (2, 3), "{name}");
    }
}

#[test]
fn short_gbk_files_and_emoji_are_read_as_what_they_are() {
    let folder = Folder::new();
    let gbk = encoding_rs::GBK.encode("姓名;手机\n李雷;13812345678\n").0.into_owned();
    assert_eq!(folder.rows("gbk.csv", &gbk)[0].1, ["李雷", "13812345678"]);
    assert_eq!(folder.rows("emoji.csv", "姓名,备注\n李·雷👩‍👩‍👧,🎉\n".as_bytes())[0].1, ["李·雷👩‍👩‍👧", "🎉"]);
    // The wide character comes only far behind the start.
    let late = format!("id,name\n{}z,李雷\n", "1,a\n".repeat(200_000));
    let late = encoding_rs::GBK.encode(&late).0.into_owned();
    assert_eq!(folder.rows("late.csv", &late).last().expect("rows").1, ["z", "李雷"]);
}

#[test]
fn a_western_file_is_not_taken_for_chinese() {
    let folder = Folder::new();
    let text = "name;city\nJosé Müller;Zürich\nFrançois Lefèvre;Orléans\nBjörn;Malmö\n";
    let bytes = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    assert_eq!(folder.rows("west.csv", &bytes)[0].1, ["José Müller", "Zürich"]);
}

#[test]
fn delimiters_quotes_and_mixed_line_ends_are_found_out() {
    let folder = Folder::new();
    for delimiter in [",", ";", "\t", "|"] {
        let text = ["a,b,c", "1,\"x\"\"y, z\nnext\",3", "4,5\" pipe,6"].join("\r\n").replace(',', delimiter);
        let read = folder.rows("d.csv", text.as_bytes());
        assert_eq!(read[0].1, ["1", &format!("x\"y{delimiter} z\nnext"), "3"], "{delimiter}");
        assert_eq!(read[1].1, ["4", "5\" pipe", "6"], "{delimiter}");
    }
    let read = folder.rows("mixed.csv", b"a,b\r1,2\n3,4\r\n\r\n5,6\n\n\n7,8");
    let cells: Vec<_> = read.iter().map(|(number, cells, _)| (*number, cells.join(","))).collect();
    assert_eq!(cells, [(2, "1,2".into()), (3, "3,4".into()), (5, "5,6".into()), (8, "7,8".into())]);
}

#[test]
fn packed_csv_is_read_through() {
    let folder = Folder::new();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(TABLE.as_bytes()).expect("packed");
    let packed = packer.finish().expect("packed");
    assert_eq!(folder.rows("orders.csv.gz", &packed).len(), 2);
    assert_eq!(folder.refused("cut.csv.gz", &packed[..packed.len() / 2]).code, "file_unreadable");
}

#[test]
fn ragged_broken_and_huge_rows_are_problems_of_their_row() {
    let folder = Folder::new();
    let read = folder.rows("ragged.csv", b"a,b,c\n1,2\n1,2,3,\n1,2,3,4\n1,2,3\n,,\n");
    let faults: Vec<_> = read.iter().map(|(number, _, fault)| (*number, *fault)).collect();
    assert_eq!(faults, [(2, Some(RowFault::Short)), (3, None), (4, Some(RowFault::Long)), (5, None)]);

    let mut bytes = b"a,b,c\n1,2,3\n".to_vec();
    bytes.extend(vec![b'x'; 10 * 1024 * 1024]);
    bytes.extend_from_slice(b",2,3\n7,8,9\n");
    let read = folder.rows("huge.csv", &bytes);
    assert_eq!(read.iter().map(|row| row.2).collect::<Vec<_>>(), [None, Some(RowFault::TooLarge), None]);
    assert_eq!(read[2].1, ["7", "8", "9"]);

    let mut bytes = "编号,姓名\n1,王\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"2,\xe7\x8e\n");
    bytes.extend("3,李\n4,张\n5,赵\n6,钱\n7,孙\n8,周\n".repeat(3).as_bytes());
    let found = folder.inspect("broken.csv", &bytes).expect("one row only");
    assert_eq!((found.broken_rows, found.shape.encoding.as_deref(), found.warnings.len()), (1, Some("utf-8"), 1));
    assert_eq!(folder.rows("broken.csv", &bytes)[1].2, Some(RowFault::Broken));
}

#[test]
fn what_is_no_table_is_refused_with_a_word_of_what_it_is() {
    let folder = Folder::new();
    let mut zip = Vec::new();
    zip.extend_from_slice(b"PK\x05\x06");
    zip.extend_from_slice(&[0; 18]);
    for (name, bytes, code) in [
        ("empty.csv", b"".as_slice(), "file_empty"),
        ("blank.csv", b"\n\n  \n", "file_empty"),
        ("header.csv", b"id,name\n", "file_no_rows"),
        ("orders.pdf", b"%PDF-1.7 ....", "file_type_wrong"),
        ("orders.csv", b"\x89PNG\r\n\x1a\n0000", "file_type_wrong"),
        ("orders.xls", b"<html><table><tr><td>1</td></tr></table>", "file_type_html"),
        ("orders2.xls", b"  <!DOCTYPE html><html></html>", "file_type_html"),
        ("orders.zip", zip.as_slice(), "file_type_wrong"),
        ("cut.xlsx", b"PK\x03\x04 and nothing more", "file_unreadable"),
        ("doc.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 not a workbook", "file_type_wrong"),
        ("program.csv", b"\x7fELF\x02\x01\x01\0\0\0\0", "file_type_wrong"),
        ("zeros.csv", &[0; 500], "file_type_wrong"),
        ("data.json", b"{\"orders\": [1, 2]}", "file_type_wrong"),
        ("quote.csv", b"a,b\n1,2\n3,\"open\n5,6\n", "quote_unclosed"),
    ] {
        let error = folder.refused(name, bytes);
        assert_eq!(error.code, code, "{name}: {error}");
        assert!(!error.text.zh.is_empty() && !error.text.en.is_empty());
    }
    let wide = format!("{}\n{}\n", vec!["n"; 600].join(","), vec!["1"; 600].join(","));
    assert_eq!(folder.refused("wide.csv", wide.as_bytes()).code, "file_too_many_columns");
    let ok: Vec<String> = (0..200).map(|at| format!("c{at}")).collect();
    let found = folder.inspect("200.csv", format!("{}\n{}\n", ok.join(","), vec!["1"; 200].join(",")).as_bytes());
    assert_eq!(found.expect("200 columns are fine").shape.columns.len(), 200);
    // Bytes of no encoding at all.
    let noise: Vec<u8> =
        (0..4000u32).map(|at| if at % 40 == 39 { b'\n' } else { 128 + (at * 7919 % 127) as u8 }).collect();
    let error = reader::inspect(
        &folder.file("noise.csv", &noise),
        "noise.csv",
        &ReadOptions { encoding: Some("utf-8".into()), ..ReadOptions::default() },
    );
    assert_eq!(error.expect_err("noise").code, "encoding_broken");
}

#[test]
fn the_user_may_declare_what_the_guess_got_wrong() {
    let folder = Folder::new();
    let path = folder.file("big5.csv", &encoding_rs::BIG5.encode("姓名;電話\n林志玲;1\n").0);
    let options = |encoding: &str, delimiter, header| ReadOptions {
        encoding: Some(encoding.into()),
        delimiter,
        header_row: header,
        ..ReadOptions::default()
    };
    let found = reader::inspect(&path, "big5.csv", &options("big5", Some(';'), Some(1))).expect("declared");
    assert_eq!(found.sample, [["林志玲", "1"]]);
    let found = reader::inspect(&path, "big5.csv", &options("big5", None, Some(0))).expect("no header");
    assert_eq!((found.shape.columns.as_slice(), found.rows), (["列 1".to_owned(), "列 2".to_owned()].as_slice(), 2));
    assert_eq!(
        reader::inspect(&path, "x", &options("klingon", None, None)).expect_err("encoding").code,
        "encoding_unknown"
    );
    assert_eq!(
        reader::inspect(&path, "x", &options("big5", Some('"'), None)).expect_err("delimiter").code,
        "delimiter_invalid"
    );
    assert_eq!(
        reader::inspect(&path, "x", &options("big5", None, Some(40))).expect_err("header").code,
        "header_row_invalid"
    );
}

fn workbook() -> Vec<u8> {
    use rust_xlsxwriter::{Format, Workbook};
    let mut book = Workbook::new();
    book.add_worksheet().set_name("说明").expect("name");
    let sheet = book.add_worksheet().set_name("订单").expect("name");
    let date = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    sheet.merge_range(0, 0, 0, 5, "2026年11月订单明细", &Format::new()).expect("title");
    sheet.merge_range(2, 0, 3, 0, "会员号", &Format::new()).expect("tall");
    sheet.merge_range(2, 1, 2, 3, "订单信息", &Format::new()).expect("wide");
    sheet.merge_range(2, 4, 3, 4, "生日", &Format::new()).expect("tall");
    sheet.merge_range(2, 5, 3, 5, "身份证", &Format::new()).expect("tall");
    for (column, name) in ["订单号", "下单时间", "实付金额"].iter().enumerate() {
        sheet.write(3, column as u16 + 1, *name).expect("name");
    }
    for (row, id) in [(4u32, 17850.0), (5, 12.0)] {
        sheet.write(row, 0, id).expect("number");
        sheet.write(row, 1, format!("000{row}")).expect("text");
        sheet.write_with_format(row, 2, 40_513.351_388_888_9, &date).expect("date");
        sheet.write(row, 3, 1234.5).expect("amount");
        sheet.write_with_format(row, 4, 31_536.0, &Format::new().set_num_format("yyyy/m/d")).expect("birthday");
        sheet.write(row, 5, "110101198605041234").expect("id number");
    }
    // A cell far away must not cost memory, a blank row must not count.
    sheet.write(900_000, 1, "x").expect("far");
    book.save_to_buffer().expect("buffer")
}

#[test]
fn workbooks_with_titles_merged_headers_and_several_sheets_are_read() {
    let folder = Folder::new();
    let bytes = workbook();
    let found = folder.inspect("orders.xlsx", &bytes).expect("workbook");
    assert_eq!(
        (found.shape.format, found.shape.sheet.as_deref(), found.shape.header_row),
        (Format::Xlsx, Some("订单"), 4)
    );
    assert_eq!(found.shape.columns, ["会员号", "订单号", "下单时间", "实付金额", "生日", "身份证"]);
    assert_eq!(found.rows, 3);
    assert_eq!(found.sheets.len(), 2);
    assert_eq!(found.sample[0], ["17850", "0004", "2010-12-01 08:26:00", "1234.5", "1986-05-04", "110101198605041234"]);
    let mut kinds = Vec::new();
    reader::read(&folder.0.path().join("orders.xlsx"), &found.shape, &mut |row| {
        kinds.push((row.number, row.kind(0), row.kind(2), row.len()));
        Ok(kinds.len() < 2)
    })
    .expect("reads");
    assert_eq!(kinds, [(5, CellKind::Number, CellKind::Date, 6), (6, CellKind::Number, CellKind::Date, 6)]);
    let options = ReadOptions { sheet: Some("没有".into()), ..ReadOptions::default() };
    let error = reader::inspect(&folder.0.path().join("orders.xlsx"), "orders.xlsx", &options).expect_err("sheet");
    assert_eq!(error.code, "sheet_unknown");
}

#[test]
fn both_date_systems_give_the_day_that_excel_shows() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for (name, from_1904) in [("date-1900.xlsx", false), ("date-1904.xlsx", true)] {
        let found = reader::inspect(&here.join(name), name, &ReadOptions::default()).expect(name);
        assert_eq!(found.shape.from_1904, from_1904, "{name}");
        assert_eq!(found.sample, [["1", "2010-12-01", "1986-05-04"]], "{name}");
    }
}

#[test]
fn a_damaged_workbook_is_an_error_and_never_a_crash() {
    let folder = Folder::new();
    let bytes = workbook();
    for cut in [100, bytes.len() / 3, bytes.len() / 2, bytes.len() - 30] {
        let code = folder.refused("cut.xlsx", &bytes[..cut]).code;
        assert!(["file_unreadable", "workbook_damaged"].contains(&code), "{cut}: {code}");
    }
    for at in (40..bytes.len() - 100).step_by(bytes.len() / 60) {
        let mut bad = bytes.clone();
        for byte in &mut bad[at..at + 24] {
            *byte ^= 0x5a;
        }
        // Whatever comes out, it comes out as an answer.
        let _ = folder.inspect("bad.xlsx", &bad);
    }
}
