//! Puts the rows of a file aside by the hash of their order's id, so that all rows of an order can be brought together
//! with bounded memory: one partition is read back at a time. Made anew from the file whenever it is not whole, so it
//! needs no care after a crash.

use super::draft::{Line, Person};
use super::group::Aside;
use super::values::Decimal;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use zunke_kernel::{Currency, Day, Error, Instant, Result};

/// Rows per partition, about: some 40 MB of memory.
const ROWS: u64 = 200_000;
const WHOLE: &str = "whole";

pub struct Spill {
    folder: PathBuf,
    partitions: usize,
}

pub struct Writer {
    folder: PathBuf,
    files: Vec<BufWriter<File>>,
    buffer: Vec<u8>,
}

impl Spill {
    #[must_use]
    pub fn new(folder: &Path, rows: u64) -> Self {
        let partitions = usize::try_from(rows / ROWS + 1).unwrap_or(256).min(256);
        Self { folder: folder.to_owned(), partitions }
    }

    #[must_use]
    pub fn partitions(&self) -> usize {
        self.partitions
    }

    /// Whether a finished spill of this many partitions is there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        fs::read_to_string(self.folder.join(WHOLE)).is_ok_and(|text| text == self.partitions.to_string())
    }

    /// Begins from nothing.
    pub fn write(&self) -> Result<Writer> {
        self.remove()?;
        fs::create_dir_all(&self.folder).map_err(Error::internal)?;
        let files = (0..self.partitions)
            .map(|partition| File::create(self.file(partition)).map(|file| BufWriter::with_capacity(1 << 16, file)))
            .collect::<std::io::Result<_>>()
            .map_err(Error::internal)?;
        Ok(Writer { folder: self.folder.clone(), files, buffer: Vec::new() })
    }

    /// All rows of one partition.
    pub fn read(&self, partition: usize) -> Result<Vec<Aside>> {
        let mut bytes = Vec::new();
        File::open(self.file(partition)).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(Error::internal)?;
        let mut rest = Cursor { bytes: &bytes };
        let mut rows = Vec::new();
        while !rest.bytes.is_empty() {
            rows.push(rest.aside().ok_or_else(|| Error::internal("a damaged spill file"))?);
        }
        Ok(rows)
    }

    pub fn remove(&self) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::internal(error)),
            _ => Ok(()),
        }
    }

    fn file(&self, partition: usize) -> PathBuf {
        self.folder.join(format!("{partition:03}"))
    }
}

impl Writer {
    pub fn put(&mut self, aside: &Aside) -> Result<()> {
        let id = match aside {
            Aside::Line { line, .. } => &line.id,
            Aside::Faulty { id } => id,
        };
        self.buffer.clear();
        put_aside(&mut self.buffer, aside);
        let partition = usize::try_from(hash(id) % self.files.len() as u64).unwrap_or(0);
        self.files[partition].write_all(&self.buffer).map_err(Error::internal)
    }

    /// Marks the spill as whole.
    pub fn finish(mut self) -> Result<()> {
        for file in &mut self.files {
            file.flush().map_err(Error::internal)?;
        }
        fs::write(self.folder.join(WHOLE), self.files.len().to_string()).map_err(Error::internal)
    }
}

/// FNV-1a: the same on every machine and in every version.
#[must_use]
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn put_aside(to: &mut Vec<u8>, aside: &Aside) {
    match aside {
        Aside::Faulty { id } => {
            to.push(0);
            put_text(to, Some(id));
        }
        Aside::Line { row, person, line } => {
            to.push(1);
            put_number(to, i128::from(*row));
            let texts =
                [&person.key, &person.phone, &person.email, &person.name, &person.region, &person.city, &person.note];
            for text in texts {
                put_text(to, text.as_deref());
            }
            put_text(to, person.gender);
            put_number(to, person.company.map_or(0, |company| 1 + i128::from(company)));
            for day in [person.birthday, person.joined] {
                put_number(to, day.map_or(0, |day| i128::from(day.0) * 2 + 1));
            }
            put_text(to, Some(&line.id));
            put_number(to, i128::from(line.at.0));
            put_number(to, line.amount.mantissa);
            put_number(to, i128::from(line.amount.scale));
            put_number(to, line.quantity.map_or(0, |quantity| i128::from(quantity) * 2 + 1));
            for text in [&line.sku, &line.category, &line.channel, &line.of_order] {
                put_text(to, text.as_deref());
            }
            put_text(to, line.currency.as_ref().map(Currency::code));
        }
    }
}

/// Length + 1, so that 0 is none.
fn put_text(to: &mut Vec<u8>, text: Option<&str>) {
    put_number(to, text.map_or(0, |text| text.len() as i128 + 1));
    to.extend_from_slice(text.unwrap_or("").as_bytes());
}

/// Seven bits a byte, the sign in the lowest.
fn put_number(to: &mut Vec<u8>, number: i128) {
    let mut rest = ((number << 1) ^ (number >> 127)).cast_unsigned();
    while rest >= 0x80 {
        to.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    to.push(rest as u8);
}

struct Cursor<'a> {
    bytes: &'a [u8],
}

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<i128> {
        let (mut value, mut shift) = (0u128, 0u32);
        loop {
            let byte = self.byte()?;
            value |= u128::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some((value >> 1).cast_signed() ^ -((value & 1).cast_signed()));
            }
            shift += 7;
        }
    }

    fn int(&mut self) -> Option<i64> {
        self.number().and_then(|number| i64::try_from(number).ok())
    }

    fn text(&mut self) -> Option<Option<String>> {
        let Some(length) = usize::try_from(self.number()?).ok()?.checked_sub(1) else { return Some(None) };
        let (text, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(Some(String::from_utf8(text.to_vec()).ok()?))
    }

    fn aside(&mut self) -> Option<Aside> {
        if self.byte()? == 0 {
            return Some(Aside::Faulty { id: self.text()?? });
        }
        let row = u64::try_from(self.number()?).ok()?;
        let mut person = Person {
            key: self.text()?,
            phone: self.text()?,
            email: self.text()?,
            name: self.text()?,
            region: self.text()?,
            city: self.text()?,
            note: self.text()?,
            ..Person::default()
        };
        person.gender = match self.text()?.as_deref() {
            Some("male") => Some("male"),
            Some("female") => Some("female"),
            _ => None,
        };
        person.company = match self.int()? {
            0 => None,
            number => Some(number == 2),
        };
        let mut day =
            || self.int().map(|number| (number & 1 == 1).then(|| Day(i32::try_from((number - 1) / 2).unwrap_or(0))));
        person.birthday = day()?;
        person.joined = day()?;
        let line = Line {
            id: self.text()??,
            at: Instant(self.int()?),
            amount: Decimal { mantissa: self.number()?, scale: u32::try_from(self.number()?).ok()? },
            quantity: self.int().map(|number| (number & 1 == 1).then(|| (number - 1) / 2))?,
            sku: self.text()?,
            category: self.text()?,
            channel: self.text()?,
            of_order: self.text()?,
            currency: self.text()?.and_then(|code| Currency::parse(&code).ok()),
        };
        Some(Aside::Line { row, person: Box::new(person), line })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_aside_comes_back_as_it_was() {
        let folder = tempfile::tempdir().expect("folder");
        let spill = Spill::new(&folder.path().join("spill"), 500_000);
        assert!(!spill.is_whole());
        let mut writer = spill.write().expect("writer");
        let rows: Vec<Aside> = (0..50i64)
            .flat_map(|at| {
                let person = Person {
                    key: Some(format!("{at}")),
                    name: Some("王小明 𠮷".into()),
                    gender: Some("female"),
                    company: Some(at % 2 == 0),
                    birthday: Some(Day(-20_000)),
                    joined: Some(Day(-1)),
                    ..Person::default()
                };
                let line = Line {
                    id: format!("发票{at}"),
                    at: Instant(-at),
                    amount: Decimal { mantissa: i128::from(-at) * 1_000_000_007, scale: 7 },
                    quantity: Some(-at),
                    sku: None,
                    category: Some(String::new()),
                    currency: Some(Currency::CNY),
                    channel: None,
                    of_order: Some("x".into()),
                };
                [Aside::Line { row: 2, person: Box::new(person), line }, Aside::Faulty { id: "坏".into() }]
            })
            .collect();
        for row in &rows {
            writer.put(row).expect("put");
        }
        writer.finish().expect("finish");
        assert!(spill.is_whole() && spill.partitions() == 3);
        let back: Vec<Aside> = (0..3).flat_map(|partition| spill.read(partition).expect("read")).collect();
        assert_eq!(back.len(), rows.len());
        assert!(rows.iter().all(|row| back.contains(row)));
        spill.remove().expect("remove");
        assert!(!spill.is_whole());
    }
}
