//! The ring of keys: a file in the data folder that only its owner reads, or the environment.

use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::path::Path;
use zunke_kernel::{Error, Instant, Kind, Result};

/// The file in the data folder, made at its first use.
pub(super) const FILE: &str = "keys.json";
/// Where the ring may be given instead: `index:HEX,1:HEX,2:HEX`, each of 64 hexadecimal digits, the last one active.
pub const VARIABLE: &str = "ZUNKE_KEYS";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    File,
    Variable,
}

pub(super) struct Key {
    pub id: u32,
    pub made_at: i64,
    pub bytes: [u8; 32],
}

pub(super) struct Ring {
    pub source: Source,
    pub index: [u8; 32],
    active: u32,
    pub keys: Vec<Key>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    active: u32,
    index: String,
    keys: Vec<StoredKey>,
}

#[derive(Serialize, Deserialize)]
struct StoredKey {
    id: u32,
    #[serde(default)]
    made_at: i64,
    key: String,
}

impl Ring {
    /// From the environment, else from the file; made where there is neither.
    pub fn load(file: &Path) -> Result<Self> {
        if let Ok(text) = std::env::var(VARIABLE)
            && !text.trim().is_empty()
        {
            return Self::given(&text).ok_or_else(|| unreadable(VARIABLE));
        }
        match fs::read_to_string(file) {
            Ok(text) => Self::read(&text).ok_or_else(|| unreadable(&file.display().to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::make(file),
            Err(error) => Err(unreadable(&file.display().to_string()).caused_by(error)),
        }
    }

    pub fn given(text: &str) -> Option<Self> {
        let (mut index, mut keys) = (None, Vec::new());
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, hex) = part.split_once(':')?;
            let bytes = bytes_of(hex)?;
            match name {
                "index" => index = Some(bytes),
                number => keys.push(Key { id: number.parse().ok()?, made_at: 0, bytes }),
            }
        }
        let active = keys.last()?.id;
        Self { source: Source::Variable, index: index?, active, keys }.checked()
    }

    pub fn read(text: &str) -> Option<Self> {
        let stored: Stored = serde_json::from_str(text).ok()?;
        let keys =
            stored.keys.iter().map(|key| Some(Key { id: key.id, made_at: key.made_at, bytes: bytes_of(&key.key)? }));
        let keys = keys.collect::<Option<Vec<_>>>()?;
        Self { source: Source::File, index: bytes_of(&stored.index)?, active: stored.active, keys }.checked()
    }

    fn checked(self) -> Option<Self> {
        let twice =
            self.keys.iter().enumerate().any(|(at, key)| self.keys[..at].iter().any(|other| other.id == key.id));
        (!twice && self.of(self.active).is_some()).then_some(self)
    }

    pub fn active(&self) -> Result<&Key> {
        self.of(self.active).ok_or_else(|| Error::internal("the ring has no active key"))
    }

    pub fn of(&self, id: u32) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// The same ring with one more key, which is the active one.
    pub fn with_new(&self, now: Instant) -> Result<Self> {
        let id = self.keys.iter().map(|key| key.id).max().unwrap_or(0) + 1;
        let mut keys: Vec<Key> =
            self.keys.iter().map(|key| Key { id: key.id, made_at: key.made_at, bytes: key.bytes }).collect();
        keys.push(Key { id, made_at: now.0, bytes: random()? });
        Ok(Self { source: self.source, index: self.index, active: id, keys })
    }

    fn make(file: &Path) -> Result<Self> {
        let ring = Self {
            source: Source::File,
            index: random()?,
            active: 1,
            keys: vec![Key { id: 1, made_at: 0, bytes: random()? }],
        };
        let part = ring.write_beside(file)?;
        // Linked into place: of two processes that start at one moment, one ring wins, whole.
        let linked = fs::hard_link(&part, file);
        let _ = fs::remove_file(&part);
        match linked {
            Ok(()) => Ok(ring),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                let text = fs::read_to_string(file).map_err(Error::internal)?;
                Self::read(&text).ok_or_else(|| unreadable(&file.display().to_string()))
            }
            Err(error) => Err(Error::internal(error)),
        }
    }

    /// Puts it in the place of the file, whole or not at all.
    pub fn save(&self, file: &Path) -> Result<()> {
        let part = self.write_beside(file)?;
        fs::rename(&part, file).map_err(Error::internal)
    }

    fn write_beside(&self, file: &Path) -> Result<std::path::PathBuf> {
        let keys = self.keys.iter().map(|key| StoredKey { id: key.id, made_at: key.made_at, key: hex(&key.bytes) });
        let stored = Stored { active: self.active, index: hex(&self.index), keys: keys.collect() };
        let text = serde_json::to_string_pretty(&stored).map_err(Error::internal)?;
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(Error::internal)?;
        }
        let part = file.with_extension(format!("{}.part", uuid::Uuid::now_v7().simple()));
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut open = options.open(&part).map_err(Error::internal)?;
        open.write_all(text.as_bytes()).and_then(|()| open.sync_all()).map_err(Error::internal)?;
        Ok(part)
    }
}

fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn unreadable(place: &str) -> Error {
    Error::new(
        Kind::Internal,
        "keys_unreadable",
        format!("密钥环 {place} 无法读取，请从备份中找回，不要删除。"),
        format!("The key ring in {place} can't be read: bring it back from a backup, don't delete it."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_given_by_the_environment_whole_or_refused() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        let ring = Ring::given(&format!("index:{a}, 1:{a},2:{b}")).unwrap();
        assert_eq!(ring.active().unwrap().id, 2);
        for bad in [
            String::new(),
            format!("1:{a}"),
            format!("index:{a}"),
            format!("index:{a},1:{a},1:{b}"),
            format!("index:{a},1:abc"),
            format!("index:{a},x:{b}"),
        ] {
            assert!(Ring::given(&bad).is_none(), "{bad}");
        }
    }
}
