//! The files of tickets: on the disk under their own ids, never under the name that somebody gave them. A file that does
//! not arrive whole leaves nothing behind.

use crate::context::{Context, Hooks};
use crate::sniff;
use crate::store::files as rows;
use crate::work;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use zunke_kernel::id::{FileId, MessageId, TicketId};
use zunke_kernel::{Error, Instant, Kind, Result, Zone};
use zunke_store::Tx;
use zunke_store::jobs::{self, Handler, Running};

/// Bytes of one file.
pub const FILE_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// Files of one ticket.
pub const FILES_MAX: i64 = 100;

/// Where files are kept. The binary puts it in: `app.with(TicketFiles::new(…))`.
#[derive(Clone, Debug)]
pub struct TicketFiles {
    root: PathBuf,
}

impl TicketFiles {
    /// `root` is made where it is missing. With several nodes it is shared between them.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where a file is.
    #[must_use]
    pub fn path(&self, id: FileId) -> PathBuf {
        let name = id.to_string();
        // The last letters are random, so that folders fill evenly.
        let folder = name.get(name.len().saturating_sub(2)..).unwrap_or("00").to_owned();
        self.root.join(folder).join(name)
    }

    /// Begins a file that comes in pieces.
    pub fn begin(&self, now: Instant) -> Result<Part> {
        let id = FileId::new(now);
        let path = self.path(id).with_extension("part");
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::internal)?;
        }
        let file = File::create(&path).map_err(Error::internal)?;
        Ok(Part { id, path, file, bytes: 0, head: Vec::new(), hash: Sha256::new() })
    }

    /// Keeps a file that is in memory already, an attachment of a mail.
    pub fn keep(&self, now: Instant, name: &str, bytes: &[u8]) -> Result<Kept> {
        let mut part = self.begin(now)?;
        part.push(bytes)?;
        part.finish(name)
    }

    /// Reads a file.
    pub fn read(&self, id: FileId) -> Result<Vec<u8>> {
        fs::read(self.path(id)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::not_found().caused_by(error),
            _ => Error::internal(error),
        })
    }

    /// Removes the beginnings of files whose writer was killed: those that nobody has written to since `before`. Answers
    /// how many.
    pub fn sweep(&self, before: Instant) -> Result<usize> {
        let mut swept = 0;
        for folder in entries(&self.root)? {
            for path in entries(&folder).unwrap_or_default() {
                let left =
                    path.extension().is_some_and(|end| end == "part") && written(&path).is_some_and(|at| at < before);
                if left {
                    remove(&path);
                    swept += 1;
                }
            }
        }
        Ok(swept)
    }

    /// Forgets a file that came to belong to nothing.
    pub fn remove(&self, id: FileId) {
        remove(&self.path(id));
    }
}

/// What is in a folder; nothing where there is none.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(found) => found.map(|entry| entry.map(|entry| entry.path()).map_err(Error::internal)).collect(),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(Error::internal(error)),
    }
}

/// When a file was written to last.
fn written(path: &Path) -> Option<Instant> {
    let at = fs::metadata(path).ok()?.modified().ok()?;
    let since = at.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Instant(i64::try_from(since.as_millis()).ok()?))
}

/// Each night, sweeps what uploads that were cut off by a crash left on the disk.
#[derive(Clone, Debug)]
pub struct SweepFiles {
    pub files: TicketFiles,
}

impl SweepFiles {
    pub const KIND: &'static str = "service.sweep_files";
    /// Longer than any upload takes.
    const AGE_MS: i64 = 86_400_000;

    /// Lets it come round.
    pub fn schedule(tx: &mut Tx, now: Instant, zone: &Zone) -> Result<()> {
        jobs::schedule(tx, now, zone, "service.sweep_files", "50 3 * * *", Self::KIND, &serde_json::json!({}))
    }
}

impl Handler for SweepFiles {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let swept = self.files.sweep(job.now().plus_ms(-Self::AGE_MS))?;
        Ok(serde_json::json!({ "swept": swept }))
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "a file could not be removed");
    }
}

/// 413: a file that is too large.
#[must_use]
pub fn too_large() -> Error {
    let megabytes = FILE_BYTES_MAX / (1024 * 1024);
    Error::new(
        Kind::TooLarge,
        "file_too_large",
        format!("文件过大，最多 {megabytes} MB。"),
        format!("The file is too large: at most {megabytes} MB."),
    )
    .at("body")
}

/// A file on its way in; dropped before its end, it leaves nothing.
#[derive(Debug)]
pub struct Part {
    id: FileId,
    path: PathBuf,
    file: File,
    bytes: u64,
    head: Vec<u8>,
    hash: Sha256,
}

impl Part {
    /// The next piece; 413 as soon as it is too much.
    pub fn push(&mut self, piece: &[u8]) -> Result<()> {
        self.bytes += piece.len() as u64;
        if self.bytes > FILE_BYTES_MAX {
            return Err(too_large());
        }
        let wanted = sniff::HEAD.saturating_sub(self.head.len()).min(piece.len());
        self.head.extend_from_slice(&piece[..wanted]);
        self.hash.update(piece);
        self.file.write_all(piece).map_err(Error::internal)
    }

    /// The end: checks what it is and puts it in its place.
    pub fn finish(self, name: &str) -> Result<Kept> {
        let name = sniff::clean_name(name)?;
        let media_type = sniff::media_type(&name, &self.head)?;
        self.file.sync_all().map_err(Error::internal)?;
        fs::rename(&self.path, self.path.with_extension("")).map_err(Error::internal)?;
        let sha256 = self.hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Kept { id: self.id, name, media_type, bytes: self.bytes, sha256 })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Once it is in its place there is no part any more.
        remove(&self.path);
    }
}

/// A file that is on the disk, whole.
#[derive(Clone, Debug)]
pub struct Kept {
    pub id: FileId,
    pub name: String,
    pub media_type: &'static str,
    pub bytes: u64,
    /// In hex.
    pub sha256: String,
}

/// Makes a kept file one of a ticket, or of one of its messages.
pub fn attach(
    tx: &mut Tx,
    cx: &Context,
    hooks: &Hooks,
    (ticket, message): (TicketId, Option<MessageId>),
    kept: &Kept,
) -> Result<()> {
    work::touch(tx, cx, hooks, ticket, "file", |tx, ticket| {
        if rows::count(tx, ticket)? >= FILES_MAX {
            return Err(Error::conflict(
                "files_too_many",
                format!("一个工单最多 {FILES_MAX} 个文件。"),
                format!("A ticket has at most {FILES_MAX} files."),
            ));
        }
        rows::insert(tx, ticket, message, kept, cx.actor, cx.now)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_crash_left_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = TicketFiles::new(folder.path().join("tickets"));
        assert_eq!(files.sweep(Instant(i64::MAX)).expect("no folder yet"), 0);
        let kept = files.keep(Instant(1), "a.txt", b"hello").expect("kept");
        let mut left = files.begin(Instant(2)).expect("begun");
        left.push(b"half").expect("written");
        let path = left.path.clone();
        std::mem::forget(left);
        assert_eq!(files.sweep(Instant(1)).expect("swept"), 0, "somebody may still be writing");
        assert!(path.exists());
        assert_eq!(files.sweep(Instant(i64::MAX)).expect("swept"), 1);
        assert!(!path.exists());
        assert_eq!(files.read(kept.id).expect("there"), b"hello");
    }
}
