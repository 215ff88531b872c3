//! The vault: what must not be read by who copies the database is sealed with keys that are not in it.
//!
//! Words: the *ring* holds the keys, one of them active; *sealing* is AES-256-GCM-SIV under the active key, bound to what
//! the secret is about, so that a sealed value copied to another row does not open there; the *blind index* of a value
//! is a keyed hash by which equal values are found without being read.
//!
//! Promises: a sealed value names its key, so old ones open after a rotation; two seals of one value differ; no key and
//! no plain value is ever in an error.

mod ring;

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use ring::{Key, Ring, Source};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use zunke_kernel::{Error, Result};

pub use ring::VARIABLE;

/// What every sealed value of this form begins with; the last byte is the version.
const MARK: &[u8] = b"ZV\x01";
const NONCE: usize = 12;
/// Mark, number of the key, nonce.
const HEAD: usize = MARK.len() + 4 + NONCE;

/// Seals, opens and indexes with the ring of one data folder. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    file: PathBuf,
    kept: Arc<Mutex<Option<Kept>>>,
}

struct Kept {
    ring: Arc<Ring>,
    /// When the file was written that it was read from; another process may have added a key since.
    written: Option<SystemTime>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "keys in {}", self.file.display())
    }
}

/// What may be said of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyFace {
    pub id: u32,
    /// Milliseconds of UTC; 0 where it was given from outside.
    pub made_at: i64,
    pub active: bool,
}

impl Vault {
    /// With the ring of this data folder; several nodes share the folder, or the variable [`VARIABLE`]. Nothing is read
    /// or made before the first use.
    #[must_use]
    pub fn in_folder(data: &Path) -> Self {
        Self { file: data.join(ring::FILE), kept: Arc::default() }
    }

    fn ring(&self) -> Result<Arc<Ring>> {
        let mut kept = crate::db::lock(&self.kept);
        let written = std::fs::metadata(&self.file).and_then(|file| file.modified()).ok();
        if let Some(kept) = &*kept
            && (kept.ring.source == Source::Variable || kept.written == written)
        {
            return Ok(kept.ring.clone());
        }
        let ring = Arc::new(Ring::load(&self.file)?);
        let written = std::fs::metadata(&self.file).and_then(|file| file.modified()).ok();
        *kept = Some(Kept { ring: ring.clone(), written });
        Ok(ring)
    }

    /// Seals a secret; `about` (whose it is: `mailbox mbx_…`) must be the same when it is opened.
    pub fn seal(&self, about: &str, secret: &[u8]) -> Result<Vec<u8>> {
        let ring = self.ring()?;
        let key = ring.active()?;
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(Error::internal)?;
        let sealed = cipher(&derived(key, "seal"))?
            .encrypt(&Nonce::from(nonce), Payload { msg: secret, aad: about.as_bytes() })
            .map_err(|_| Error::internal("a secret can't be sealed"))?;
        Ok([MARK, &key.id.to_be_bytes(), &nonce, &sealed].concat())
    }

    /// Opens what [`Vault::seal`] made; 409 `secret_key_changed` where its key is not in the ring any more.
    pub fn open(&self, about: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let (id, rest) = parts(sealed).ok_or_else(changed)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or_else(changed)?;
        let ring = self.ring()?;
        let key = ring.of(id).ok_or_else(changed)?;
        cipher(&derived(key, "seal"))?
            .decrypt(&Nonce::from(*nonce), Payload { msg: rest, aad: about.as_bytes() })
            .map_err(|_| changed())
    }

    /// Whether this is a sealed value of ours, and not one of an older form.
    #[must_use]
    pub fn is_sealed(bytes: &[u8]) -> bool {
        parts(bytes).is_some()
    }

    /// Whether the active key sealed it.
    pub fn is_current(&self, sealed: &[u8]) -> Result<bool> {
        let active = self.ring()?.active()?.id;
        Ok(parts(sealed).is_some_and(|(id, _)| id == active))
    }

    /// The blind index of a value in its compared form: equal for equal values of one purpose, and telling nothing else.
    /// Its key stays through rotations.
    pub fn blind(&self, purpose: &str, value: &str) -> Result<[u8; 32]> {
        let ring = self.ring()?;
        Ok(hash(&hash(&ring.index, purpose), value))
    }

    /// A key for one purpose from the active key, with the number that [`Vault::key_of`] finds it by.
    pub fn key_for(&self, purpose: &str) -> Result<(u32, [u8; 32])> {
        let ring = self.ring()?;
        let key = ring.active()?;
        Ok((key.id, derived(key, purpose)))
    }

    /// The key for one purpose from the key of this number.
    pub fn key_of(&self, id: u32, purpose: &str) -> Result<[u8; 32]> {
        self.ring()?.of(id).map(|key| derived(key, purpose)).ok_or_else(changed)
    }

    /// The keys there are, without the keys.
    pub fn keys(&self) -> Result<Vec<KeyFace>> {
        let ring = self.ring()?;
        let active = ring.active()?.id;
        Ok(ring.keys.iter().map(|key| KeyFace { id: key.id, made_at: key.made_at, active: key.id == active }).collect())
    }

    /// Whether the keys come from the variable and not from a file.
    pub fn is_given(&self) -> Result<bool> {
        Ok(self.ring()?.source == Source::Variable)
    }

    /// Adds a key and makes it the active one; what older keys sealed still opens. Not where the keys are given by the
    /// variable: there the operator adds one.
    pub fn rotate(&self, now: zunke_kernel::Instant) -> Result<u32> {
        let ring = self.ring()?;
        if ring.source == Source::Variable {
            return Err(Error::conflict(
                "keys_given",
                format!("密钥由环境变量 {VARIABLE} 提供，请在其中追加新密钥后重启。"),
                format!("The keys come from {VARIABLE}: add a new one there and start again."),
            ));
        }
        let next = ring.with_new(now)?;
        next.save(&self.file)?;
        let id = next.active()?.id;
        *crate::db::lock(&self.kept) = None;
        Ok(id)
    }
}

fn parts(sealed: &[u8]) -> Option<(u32, &[u8])> {
    let rest = sealed.strip_prefix(MARK).filter(|_| sealed.len() >= HEAD)?;
    let (id, rest) = rest.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*id), rest))
}

fn cipher(key: &[u8; 32]) -> Result<Aes256GcmSiv> {
    Aes256GcmSiv::new_from_slice(key).map_err(|_| Error::internal("no key to seal with"))
}

/// A key for one purpose, so that what one purpose makes says nothing about another.
fn derived(key: &Key, purpose: &str) -> [u8; 32] {
    hash(&key.bytes, purpose)
}

fn hash(key: &[u8; 32], text: &str) -> [u8; 32] {
    let tag = ::ring::hmac::sign(&::ring::hmac::Key::new(::ring::hmac::HMAC_SHA256, key), text.as_bytes());
    let mut out = [0; 32];
    out.copy_from_slice(tag.as_ref());
    out
}

fn changed() -> Error {
    Error::conflict(
        "secret_key_changed",
        "服务器的密钥已更换，无法解开已保存的内容。",
        "The key of this server has changed: what was kept under it can't be opened.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use zunke_kernel::Instant;

    fn vault() -> (tempfile::TempDir, Vault) {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::in_folder(folder.path());
        (folder, vault)
    }

    #[test]
    fn what_is_sealed_opens_for_its_own_subject_and_with_its_own_ring_only() {
        let (folder, vault) = vault();
        let sealed = vault.seal("field 1", "110101199003070011".as_bytes()).unwrap();
        assert!(Vault::is_sealed(&sealed));
        assert!(!String::from_utf8_lossy(&sealed).contains("1101"));
        assert_ne!(sealed, vault.seal("field 1", b"110101199003070011").unwrap(), "two seals of one value differ");
        assert_eq!(Vault::in_folder(folder.path()).open("field 1", &sealed).unwrap(), b"110101199003070011");
        assert_eq!(vault.open("field 2", &sealed).unwrap_err().code, "secret_key_changed");
        let mut bent = sealed.clone();
        *bent.last_mut().unwrap() ^= 1;
        assert!(vault.open("field 1", &bent).is_err());
        for at in 0..sealed.len() {
            assert!(vault.open("field 1", &sealed[..at]).is_err(), "cut at {at}");
        }
        let (_other_folder, other) = self::vault();
        assert!(other.open("field 1", &sealed).is_err());
    }

    #[test]
    fn after_a_rotation_old_seals_open_and_new_ones_are_under_the_new_key() {
        let (folder, vault) = vault();
        let beside = Vault::in_folder(folder.path());
        let old = vault.seal("a", b"x").unwrap();
        let blind = vault.blind("phone", "138").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert_eq!(beside.rotate(Instant(5)).unwrap(), 2);
        // The other process's ring is read again by itself.
        assert_eq!(vault.open("a", &old).unwrap(), b"x");
        assert!(!vault.is_current(&old).unwrap());
        let new = vault.seal("a", b"x").unwrap();
        assert!(vault.is_current(&new).unwrap());
        assert_eq!(vault.blind("phone", "138").unwrap(), blind, "what is found stays found");
        assert_ne!(vault.blind("phone", "139").unwrap(), blind);
        assert_ne!(vault.blind("mail", "138").unwrap(), blind);
        let faces = vault.keys().unwrap();
        assert_eq!(faces.iter().map(|face| (face.id, face.active)).collect::<Vec<_>>(), [(1, false), (2, true)]);
    }

    #[test]
    fn a_broken_ring_is_said_and_not_replaced_and_only_its_owner_reads_it() {
        let (folder, vault) = vault();
        vault.seal("a", b"x").unwrap();
        let file = folder.path().join(ring::FILE);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        for bad in ["", "{}", "{\"active\":1,\"index\":\"00\",\"keys\":[]}"] {
            std::fs::write(&file, bad).unwrap();
            let error = Vault::in_folder(folder.path()).seal("a", b"x").unwrap_err();
            assert_eq!(error.code, "keys_unreadable", "{bad}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), bad);
        }
    }

    #[test]
    fn of_two_that_start_at_one_moment_one_ring_wins() {
        let (folder, _) = vault();
        let seals: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let started: Vec<_> =
                (0..8).map(|_| scope.spawn(|| Vault::in_folder(folder.path()).seal("a", b"x").unwrap())).collect();
            started.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let vault = Vault::in_folder(folder.path());
        for sealed in seals {
            assert_eq!(vault.open("a", &sealed).unwrap(), b"x");
        }
    }
}
