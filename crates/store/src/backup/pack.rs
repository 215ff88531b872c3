//! What is in a backup, one part after the other: a head that says what comes, then its bytes in blocks.

use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// Bytes of a block at most, and of a head.
const BLOCK_MAX: usize = 16 * 1024 * 1024;

/// What a part is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub(super) enum Head {
    /// The file of a SQLite database.
    Database,
    /// The rows of a PostgreSQL table, as COPY writes them.
    Table { name: String, columns: Vec<String> },
    /// A file of the data folder.
    File { path: String },
    /// The end, with what must have come.
    End(Totals),
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub tables: u64,
    pub rows: u64,
    pub files: u64,
    /// Of tables or database, and of files, before they are packed.
    pub bytes: u64,
}

pub(super) struct Packer<W: Write> {
    out: W,
    pub totals: Totals,
}

impl<W: Write> Packer<W> {
    pub fn new(out: W) -> Self {
        Self { out, totals: Totals::default() }
    }

    pub fn begin(&mut self, head: &Head) -> io::Result<()> {
        match head {
            Head::Table { .. } => self.totals.tables += 1,
            Head::File { .. } => self.totals.files += 1,
            Head::Database | Head::End(_) => {}
        }
        let text = serde_json::to_vec(head)?;
        self.out.write_all(&length(&text)?)?;
        self.out.write_all(&text)
    }

    pub fn block(&mut self, bytes: &[u8]) -> io::Result<()> {
        for block in bytes.chunks(BLOCK_MAX) {
            self.totals.bytes += block.len() as u64;
            self.out.write_all(&length(block)?)?;
            self.out.write_all(block)?;
        }
        Ok(())
    }

    pub fn end(&mut self) -> io::Result<()> {
        self.out.write_all(&[0; 4])
    }

    /// A part from a reader, to its end.
    pub fn copy(&mut self, head: &Head, source: &mut dyn Read) -> io::Result<()> {
        self.begin(head)?;
        let mut buffer = vec![0; 1024 * 1024];
        loop {
            match source.read(&mut buffer)? {
                0 => break,
                read => self.block(&buffer[..read])?,
            }
        }
        self.end()
    }

    /// The end of all.
    pub fn finish(mut self) -> io::Result<(W, Totals)> {
        let totals = self.totals;
        self.begin(&Head::End(totals))?;
        Ok((self.out, totals))
    }
}

fn length(bytes: &[u8]) -> io::Result<[u8; 4]> {
    u32::try_from(bytes.len()).map(u32::to_be_bytes).map_err(io::Error::other)
}

pub(super) struct Unpacker<R: Read> {
    source: R,
    pub totals: Totals,
}

impl<R: Read> Unpacker<R> {
    pub fn new(source: R) -> Self {
        Self { source, totals: Totals::default() }
    }

    fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 4];
        self.source.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length > BLOCK_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a block that is too long"));
        }
        let mut bytes = vec![0; length];
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// What comes next; the part before must have been read to its end.
    pub fn head(&mut self) -> io::Result<Head> {
        let head: Head = serde_json::from_slice(&self.bytes()?)?;
        match &head {
            Head::Table { .. } => self.totals.tables += 1,
            Head::File { .. } => self.totals.files += 1,
            Head::Database | Head::End(_) => {}
        }
        Ok(head)
    }

    /// The next block of the part; `None` at its end.
    pub fn block(&mut self) -> io::Result<Option<Vec<u8>>> {
        let bytes = self.bytes()?;
        self.totals.bytes += bytes.len() as u64;
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    /// A part into a writer.
    pub fn copy(&mut self, out: &mut dyn Write) -> io::Result<()> {
        while let Some(block) = self.block()? {
            out.write_all(&block)?;
        }
        Ok(())
    }

    pub fn into_inner(self) -> R {
        self.source
    }
}
