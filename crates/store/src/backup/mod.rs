//! Backups: one sealed file with the whole database and the files that belong to it, written while everybody works, and
//! put back only where nothing is.
//!
//! Words: the *lock* is what a backup is sealed with, a passphrase or a key of the ring; the *face* is what can be read
//! of it without either.
//!
//! Promises: a backup holds one moment of the database (SQLite: a snapshot of the file; PostgreSQL: every table in one
//! REPEATABLE READ transaction); it opens whole or not at all; restoring touches nothing before the whole file has been
//! read and held against its own counts.

mod dump;
mod load;
mod pack;
mod seal;

use crate::vault::Vault;
use crate::{Db, Engine};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use zunke_kernel::{Error, Instant, Kind, Result};

pub use dump::write;
pub use load::{Restored, check, restore};
pub use pack::Totals;

/// The ending that backups carry.
pub const ENDING: &str = "zbackup";
/// Characters of a passphrase at least.
pub const PASSPHRASE_CHARS_MIN: usize = 12;
const MAGIC: &[u8; 8] = b"ZUNKEBK1";
const FACE_BYTES_MAX: usize = 1024 * 1024;
/// What a foreign file may ask of us before it is known to be ours.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;

/// What a backup is sealed with.
#[derive(Clone)]
pub enum Lock {
    /// The keys of the house are inside it too: who has the file and the passphrase has everything.
    Passphrase(String),
    /// The active key of the ring: the ring must be kept elsewhere, it is not inside.
    Ring,
}

impl std::fmt::Debug for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Ring) { "the key ring" } else { "a passphrase" })
    }
}

/// What belongs to a backup beside the database.
#[derive(Clone, Debug)]
pub struct Place {
    pub data: PathBuf,
    /// Folders of the data folder, by name.
    pub folders: Vec<&'static str>,
    /// Files of the data folder that hold keys: inside a backup under a passphrase only.
    pub keys: Vec<&'static str>,
}

/// What is said of a backup without opening it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Face {
    pub engine: String,
    /// The version of the program that wrote it.
    pub program: String,
    pub created_at: Instant,
    /// Name and checksum of each step of the schema.
    pub migrations: Vec<(String, String)>,
    lock: StoredLock,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum StoredLock {
    Passphrase { salt: String, memory_kib: u32, passes: u32, lanes: u32 },
    Ring { key: u32, salt: String },
}

impl Face {
    /// Whether a passphrase opens it; else a key of the ring does.
    #[must_use]
    pub fn wants_passphrase(&self) -> bool {
        matches!(self.lock, StoredLock::Passphrase { .. })
    }

    fn engine(&self) -> Option<Engine> {
        [Engine::Sqlite, Engine::Postgres].into_iter().find(|engine| word(*engine) == self.engine)
    }
}

fn word(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    }
}

/// What was written.
#[derive(Clone, Debug, Serialize)]
pub struct Written {
    pub bytes: u64,
    /// Of the file, in hex.
    pub sha256: String,
    #[serde(flatten)]
    pub totals: Totals,
}

/// Whether a file begins as a backup of ours does.
#[must_use]
pub fn is_backup(path: &Path) -> bool {
    let mut magic = [0; 8];
    File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && &magic == MAGIC
}

/// Reads the face.
pub fn face(path: &Path) -> Result<Face> {
    let mut file = File::open(path).map_err(|error| not_there(path, &error))?;
    Ok(read_face(&mut file).map_err(|error| unreadable(&error))?.0)
}

/// The face and its bytes, which every piece is bound to.
fn read_face(source: &mut impl Read) -> io::Result<(Face, Vec<u8>)> {
    let (mut magic, mut length) = ([0; 8], [0; 4]);
    source.read_exact(&mut magic)?;
    source.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if &magic != MAGIC || length > FACE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no backup of ours"));
    }
    let mut text = vec![0; length];
    source.read_exact(&mut text)?;
    Ok((serde_json::from_slice(&text)?, text))
}

/// A new lock and its key.
fn locked(lock: &Lock, vault: &Vault) -> Result<(StoredLock, [u8; 32])> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(Error::internal)?;
    let salt: String = salt.iter().map(|byte| format!("{byte:02x}")).collect();
    let stored = match lock {
        Lock::Passphrase(passphrase) => {
            if passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
                return Err(Error::invalid(
                    "passphrase_short",
                    format!("备份口令至少 {PASSPHRASE_CHARS_MIN} 个字符。"),
                    format!("A backup's passphrase has at least {PASSPHRASE_CHARS_MIN} characters."),
                )
                .at("passphrase"));
            }
            let params = argon2::Params::default();
            StoredLock::Passphrase {
                salt,
                memory_kib: params.m_cost().max(65_536),
                passes: params.t_cost().max(3),
                lanes: params.p_cost(),
            }
        }
        Lock::Ring => StoredLock::Ring { key: vault.key_for("backup")?.0, salt },
    };
    let key = key(&stored, Some(lock), vault)?;
    Ok((stored, key))
}

/// The key of a lock.
fn key(stored: &StoredLock, lock: Option<&Lock>, vault: &Vault) -> Result<[u8; 32]> {
    match stored {
        StoredLock::Passphrase { salt, memory_kib, passes, lanes } => {
            let Some(Lock::Passphrase(passphrase)) = lock else {
                return Err(Error::invalid(
                    "passphrase_required",
                    "该备份由口令加密，请用 --passphrase-file 提供口令。",
                    "This backup is sealed with a passphrase: give it with --passphrase-file.",
                )
                .at("passphrase"));
            };
            if *memory_kib > MEMORY_KIB_MAX || *passes > 16 || *lanes > 16 {
                return Err(unreadable(&"its lock asks for too much"));
            }
            let params =
                argon2::Params::new(*memory_kib, *passes, *lanes, Some(32)).map_err(|error| unreadable(&error))?;
            let argon = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
            let mut key = [0; 32];
            argon
                .hash_password_into(passphrase.as_bytes(), salt.as_bytes(), &mut key)
                .map_err(|error| unreadable(&error))?;
            Ok(key)
        }
        StoredLock::Ring { key, salt } => {
            let whole = vault
                .key_of(*key, "backup")
                .map_err(|error| if error.code == "secret_key_changed" { ring_missing(*key) } else { error })?;
            let tag = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &whole), salt.as_bytes());
            let mut key = [0; 32];
            key.copy_from_slice(tag.as_ref());
            Ok(key)
        }
    }
}

fn ring_missing(key: u32) -> Error {
    Error::conflict(
        "backup_key_missing",
        format!("该备份由密钥环中的密钥 {key} 加密，请先把当时的 keys.json 放回数据目录。"),
        format!("This backup is sealed with key {key} of a ring: first put that keys.json into the data folder."),
    )
}

fn unreadable(cause: &dyn std::fmt::Display) -> Error {
    Error::invalid(
        "backup_unreadable",
        "备份文件无法打开：口令或密钥不对，或文件已损坏。",
        "The backup does not open: another passphrase or key, or the file is damaged.",
    )
    .caused_by(cause.to_string())
}

fn not_there(path: &Path, cause: &io::Error) -> Error {
    Error::new(
        Kind::NotFound,
        "file_not_found",
        format!("找不到备份文件 {}。", path.display()),
        format!("The backup file {} is not there.", path.display()),
    )
    .caused_by(cause.to_string())
}

/// Whether anybody or anything is in a database: staff, or customers. One that was only just made is empty.
pub fn is_empty(db: &Db) -> Result<bool> {
    db.read(|tx| {
        let engine = tx.engine();
        let there = match engine {
            Engine::Sqlite => {
                "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name IN ('staff', 'customers')"
            }
            // PostgreSQL only: its catalogue.
            Engine::Postgres => {
                "SELECT COUNT(*) FROM information_schema.tables
                 WHERE table_schema = current_schema() AND table_name IN ('staff', 'customers')"
            }
        };
        if tx.query_one(there, &[], |row| row.int(0))? != Some(2) {
            return Ok(true);
        }
        for table in ["staff", "customers"] {
            if tx.query_one(&format!("SELECT 1 FROM {table} LIMIT 1"), &[], |row| row.int(0))?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    })
}
