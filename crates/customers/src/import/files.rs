//! Where uploaded files live: one folder per import under the data directory, with the file as it came, a byte per row
//! saying why it was skipped, and what is put aside while the import runs.

use super::problem::Reason;
use super::spill::Spill;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use zunke_kernel::id::ImportId;
use zunke_kernel::{Error, Result};

/// The folder of all imports. With several nodes it is shared between them.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
}

impl Files {
    /// `root` is made where it is missing.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    #[must_use]
    pub fn folder(&self, import: ImportId) -> PathBuf {
        self.root.join(import.to_string())
    }

    #[must_use]
    pub fn source(&self, import: ImportId) -> PathBuf {
        self.folder(import).join("source")
    }

    #[must_use]
    pub fn spill(&self, import: ImportId, rows: u64) -> Spill {
        Spill::new(&self.folder(import).join("spill"), rows)
    }

    pub fn prepare(&self, import: ImportId) -> Result<PathBuf> {
        fs::create_dir_all(self.folder(import)).map_err(Error::internal)?;
        Ok(self.source(import))
    }

    /// Takes a copy of a file, so that the import can go on and its errors can be asked for whatever becomes of it.
    pub fn keep(&self, import: ImportId, from: &Path) -> Result<()> {
        let to = self.prepare(import)?;
        let part = to.with_extension("part");
        fs::copy(from, &part)
            .and_then(|_| File::open(&part)?.sync_all())
            .and_then(|()| fs::rename(&part, &to))
            .map_err(Error::internal)
    }

    pub fn reasons(&self, import: ImportId) -> Result<Reasons> {
        Reasons::open(&self.folder(import).join("reasons"))
    }

    /// Forgets an import that never came to be.
    pub fn remove(&self, import: ImportId) {
        if let Err(error) = fs::remove_dir_all(self.folder(import)) {
            tracing::warn!(%import, %error, "the files of an import could not be removed");
        }
    }
}

/// SHA-256 of a file, in hex, and its length.
pub fn fingerprint(path: &Path) -> Result<(String, u64)> {
    let unreadable = |error: std::io::Error| {
        Error::invalid(
            "file_unreadable",
            format!("无法读取文件 {}。", path.display()),
            format!("The file {} can't be read.", path.display()),
        )
        .caused_by(error)
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        size += read as u64;
        hash.update(&buffer[..read]);
    }
    Ok((hex(&hash.finalize()), size))
}

#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file name that is only a name: no folders, no signs that a system gives a meaning to, at most 120 characters.
#[must_use]
pub fn safe_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean = |sign: &char| {
        !sign.is_control() && !matches!(sign, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\u{202a}'..='\u{202e}')
    };
    let name: String = name.chars().filter(clean).collect();
    let name = name.trim().trim_start_matches('.');
    let skip = name.chars().count().saturating_sub(120);
    let name: String = name.chars().skip(skip).collect();
    if name.is_empty() { "file".to_owned() } else { name }
}

/// A byte per row of the file, 0 where it was taken.
pub struct Reasons {
    file: File,
    bytes: Vec<u8>,
    /// Rows changed since the last save.
    dirty: Vec<u64>,
}

impl Reasons {
    fn open(path: &Path) -> Result<Self> {
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(Error::internal)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(Error::internal)?;
        Ok(Self { file, bytes, dirty: Vec::new() })
    }

    #[must_use]
    pub fn of(&self, row: u64) -> Option<Reason> {
        usize::try_from(row).ok().and_then(|row| self.bytes.get(row)).and_then(|byte| Reason::of_byte(*byte))
    }

    pub fn put(&mut self, row: u64, reason: Reason) {
        let Ok(at) = usize::try_from(row) else { return };
        if self.bytes.len() <= at {
            self.bytes.resize(at + 1, 0);
        }
        if self.bytes[at] != reason as u8 {
            self.bytes[at] = reason as u8;
            self.dirty.push(row);
        }
    }

    /// Begins from nothing.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.dirty = vec![0];
    }

    /// Brings what changed to the disk, before the checkpoint that counts it.
    pub fn save(&mut self) -> Result<()> {
        if self.dirty.is_empty() {
            return Ok(());
        }
        let write = |file: &mut File, bytes: &[u8], dirty: &[u64]| -> std::io::Result<()> {
            let first = dirty.iter().min().copied().unwrap_or(0);
            file.set_len(bytes.len() as u64)?;
            file.seek(SeekFrom::Start(first))?;
            file.write_all(bytes.get(usize::try_from(first).unwrap_or(0)..).unwrap_or_default())?;
            file.sync_data()
        };
        write(&mut self.file, &self.bytes, &self.dirty).map_err(Error::internal)?;
        self.dirty.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zunke_kernel::Instant;

    #[test]
    fn names_of_files_are_only_names() {
        for (name, safe) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\王\\订单.csv", "订单.csv"),
            ("a\nb\0.csv", "ab.csv"),
            (".htaccess", "htaccess"),
            ("///", "file"),
        ] {
            assert_eq!(safe_name(name), safe);
        }
        assert_eq!(safe_name(&format!("{}.csv", "长".repeat(300))).chars().count(), 120);
    }

    #[test]
    fn reasons_outlive_their_process() {
        let folder = tempfile::tempdir().expect("folder");
        let files = Files::new(folder.path());
        let import = ImportId::new(Instant(1));
        files.prepare(import).expect("folder");
        let mut reasons = files.reasons(import).expect("open");
        reasons.put(5, Reason::NoCustomer);
        reasons.put(2, Reason::Refused);
        reasons.save().expect("saved");
        reasons.put(9, Reason::OtherRow);
        let back = files.reasons(import).expect("open");
        assert_eq!((back.of(5), back.of(2), back.of(1)), (Some(Reason::NoCustomer), Some(Reason::Refused), None));
        assert_eq!(back.of(9), None, "not saved yet");
    }
}
