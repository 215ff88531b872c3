//! Real invoices to load: the committed extract of Online Retail, whole, by day, or multiplied.

use flate2::read::GzDecoder;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};

const FILE: &str = "../customers/tests/data/online-retail-extract.csv.gz";
const INVOICE: usize = 0;
const AT: usize = 4;
const CUSTOMER: usize = 6;

/// Where the extract is.
pub fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE)
}

/// The header, and the rows.
fn rows() -> (csv::StringRecord, Vec<csv::StringRecord>) {
    let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(file()).expect("the extract")));
    let head = reader.headers().expect("a header").clone();
    (head, reader.records().map(|row| row.expect("a row")).collect())
}

/// Writes one file for each day, as `2010-12-01.csv`; answers their paths in the order of days.
pub fn write_days(folder: &Path) -> Vec<PathBuf> {
    let (head, rows) = rows();
    let mut days: BTreeMap<String, csv::Writer<File>> = BTreeMap::new();
    // An invoice is of one day.
    for row in &rows {
        let day = row[AT].split(' ').next().expect("a day").to_owned();
        let writer = days.entry(day).or_insert_with_key(|day| {
            let mut writer = csv::Writer::from_path(folder.join(format!("{day}.csv"))).expect("a file");
            writer.write_record(&head).expect("written");
            writer
        });
        writer.write_record(row).expect("written");
    }
    days.into_iter()
        .map(|(day, mut writer)| {
            writer.flush().expect("written");
            folder.join(format!("{day}.csv"))
        })
        .collect()
}

/// Writes a third of the extract's invoices for `times` as many customers, with two lines of each at most: quickly
/// read, long to record. Between chapters the invoices differ, and the customers are the same.
pub fn write_many(path: &Path, chapter: u64, times: u64) {
    let (head, rows) = rows();
    let mut writer = csv::Writer::from_path(path).expect("a file");
    writer.write_record(&head).expect("written");
    for copy in 1..=times {
        let mut seen: HashMap<&str, u32> = HashMap::new();
        for row in &rows {
            let number: u64 = row[INVOICE].bytes().map(u64::from).sum();
            let seen = seen.entry(&row[INVOICE]).or_default();
            *seen += 1;
            if *seen > 2 || !(number + chapter).is_multiple_of(3) {
                continue;
            }
            let cells = row.iter().enumerate().map(|(at, cell)| match at {
                // Behind, so that a cancellation keeps its C.
                INVOICE => format!("{cell}{chapter:02}{copy:02}"),
                CUSTOMER if !cell.is_empty() => format!("{copy}{cell}"),
                _ => cell.to_owned(),
            });
            writer.write_record(cells).expect("written");
        }
    }
    writer.flush().expect("written");
}
