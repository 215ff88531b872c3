//! The key of the house: links and tokens that go out are signed with it. Passwords of mailboxes and secrets of hooks are
//! sealed in the vault; those that were sealed with this key, before there was a vault, still open. Neither is in the
//! database: who copies that has no passwords.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use zunke_kernel::{Error, Result};
use zunke_store::vault::Vault;
use zunke_store::{Db, Uuid, Value};

/// Where the key may be given: 64 hexadecimal digits. Else it is in a file of the data directory, made at its first use.
pub const VARIABLE: &str = "ZUNKE_SECRET_KEY";
const FILE: &str = "secret.key";
const NONCE: usize = 12;
const CHANGED: &str = "secret_key_changed";

/// Where a room keeps sealed secrets, one per row.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub table: &'static str,
    /// The column of the row's id.
    pub key: &'static str,
    pub column: &'static str,
    /// What a secret is sealed about.
    pub about: fn(Uuid) -> String,
}

/// Where this room keeps them.
pub const PLACES: [Place; 2] = [
    Place {
        table: "service_mailboxes",
        key: "mailbox_id",
        column: "password",
        about: |id| super::mailbox::MailboxId(id).to_string(),
    },
    Place { table: "service_hooks", key: "hook_id", column: "secret", about: |id| super::hook::HookId(id).to_string() },
];

fn other() -> Error {
    Error::conflict(
        CHANGED,
        "服务器的密钥已更换，请重新填写密码。",
        "The key of this server has changed: please enter the password again.",
    )
}

/// Seals and signs.
#[derive(Clone)]
pub struct Keys {
    file: PathBuf,
    key: Arc<OnceLock<[u8; 32]>>,
    vault: Vault,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "keys in {}", self.file.display())
    }
}

impl Keys {
    /// With the key of this data directory; several nodes share the directory, or the variable.
    #[must_use]
    pub fn in_folder(data: &Path) -> Self {
        Self { file: data.join(FILE), key: Arc::default(), vault: Vault::in_folder(data) }
    }

    fn key(&self) -> Result<[u8; 32]> {
        if let Some(key) = self.key.get() {
            return Ok(*key);
        }
        let key = match std::env::var(VARIABLE) {
            Ok(text) => read(&text).ok_or_else(|| bad(VARIABLE))?,
            Err(_) => from_file(&self.file)?,
        };
        Ok(*self.key.get_or_init(|| key))
    }

    /// A key for one purpose, so that no signature of one holds for another.
    fn of(&self, purpose: &str) -> Result<[u8; 32]> {
        let whole = hmac::Key::new(hmac::HMAC_SHA256, &self.key()?);
        let mut key = [0; 32];
        key.copy_from_slice(hmac::sign(&whole, purpose.as_bytes()).as_ref());
        Ok(key)
    }

    /// Seals a secret in the vault; `about` (whose it is) must be the same when it is opened.
    pub fn seal(&self, about: &str, secret: &str) -> Result<Vec<u8>> {
        self.vault.seal(about, secret.as_bytes())
    }

    /// Opens what [`Keys::seal`] made, also what was sealed before there was a vault. Fails where the key is another one
    /// now.
    pub fn open(&self, about: &str, sealed: &[u8]) -> Result<String> {
        let plain =
            if Vault::is_sealed(sealed) { self.vault.open(about, sealed) } else { self.open_old(about, sealed) };
        String::from_utf8(plain.map_err(|error| if error.code == CHANGED { other() } else { error })?)
            .map_err(|_| other())
    }

    /// As secrets were sealed before there was a vault: nonce, then ChaCha20-Poly1305 under the key of the house.
    fn open_old(&self, about: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(NONCE).ok_or_else(other)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| other())?;
        let mut rest = rest.to_vec();
        let plain =
            self.sealing()?.open_in_place(nonce, Aad::from(about.as_bytes()), &mut rest).map_err(|_| other())?;
        Ok(plain.to_vec())
    }

    /// Seals anew what an older key of the ring, or the key before there was one, holds; answers how many secrets.
    /// What somebody changes meanwhile stays as he left it, and what does not open stays as it is.
    pub fn reseal(&self, db: &Db, place: &Place) -> Result<u64> {
        let Place { table, key, column, about } = *place;
        let sql = format!("SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY {key}");
        let rows = db.read(|tx| tx.query(&sql, &[], |row| Ok((row.uuid(0)?, row.bytes(1)?))))?;
        let mut renewed: Vec<Vec<Value>> = Vec::new();
        for (id, sealed) in rows {
            if self.vault.is_current(&sealed)? {
                continue;
            }
            match self.open(&about(id), &sealed) {
                Ok(plain) => {
                    renewed.push(vec![self.seal(&about(id), &plain)?.into(), id.into(), sealed.into()]);
                }
                Err(error) => tracing::warn!(table, %id, code = error.code, "a secret can't be sealed anew"),
            }
        }
        let sql = format!("UPDATE {table} SET {column} = $1 WHERE {key} = $2 AND {column} = $3");
        db.write(|tx| tx.execute_many(&sql, &renewed))
    }

    fn sealing(&self) -> Result<LessSafeKey> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, &self.of("seal")?);
        Ok(LessSafeKey::new(key.map_err(|_| Error::internal("no key to seal with"))?))
    }

    /// The first `length` bytes of the signature of `text`, as hexadecimal digits.
    pub fn sign(&self, purpose: &str, text: &str, length: usize) -> Result<String> {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.of(purpose)?), text.as_bytes());
        Ok(hex(&tag.as_ref()[..length.min(32)]))
    }

    /// Whether this is the signature of `text`; takes as long for every wrong one.
    pub fn holds(&self, purpose: &str, text: &str, signature: &str, length: usize) -> Result<bool> {
        let right = self.sign(purpose, text, length)?;
        Ok(same(right.as_bytes(), signature.as_bytes()))
    }
}

/// Whether two texts are the same, in a time that tells nothing.
#[must_use]
pub fn same(one: &[u8], two: &[u8]) -> bool {
    one.len() == two.len() && one.iter().zip(two).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; 32];
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(key)
}

fn bad(place: &str) -> Error {
    Error::internal(format!("the key in {place} is not 64 hexadecimal digits"))
}

fn from_file(file: &Path) -> Result<[u8; 32]> {
    if let Ok(text) = fs::read_to_string(file) {
        return read(&text).ok_or_else(|| bad(&file.display().to_string()));
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(Error::internal)?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(Error::internal)?;
    }
    // Written beside and linked into place: of two processes that start at one moment, one key wins, whole.
    let part = file.with_extension(format!("{}.part", uuid::Uuid::now_v7().simple()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options.open(&part).map_err(Error::internal)?;
    open.write_all(hex(&key).as_bytes()).and_then(|()| open.sync_all()).map_err(Error::internal)?;
    let linked = fs::hard_link(&part, file);
    let _ = fs::remove_file(&part);
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let text = fs::read_to_string(file).map_err(Error::internal)?;
            read(&text).ok_or_else(|| bad(&file.display().to_string()))
        }
        Err(error) => Err(Error::internal(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = Keys::in_folder(folder.path());
        let sealed = keys.seal("mailbox 1", "p@ss 密码").expect("sealed");
        assert!(!String::from_utf8_lossy(&sealed).contains("p@ss"));
        let again = Keys::in_folder(folder.path());
        assert_eq!(again.open("mailbox 1", &sealed).expect("opened"), "p@ss 密码");
        assert_eq!(keys.open("mailbox 2", &sealed).expect_err("another's").code, "secret_key_changed");
        assert!(keys.open("mailbox 1", b"short").is_err());
        let other = Keys::in_folder(tempfile::tempdir().expect("a folder").path());
        assert!(other.open("mailbox 1", &sealed).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            keys.sign("x", "y", 8).expect("signed");
            let mode = fs::metadata(folder.path().join(FILE)).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_was_sealed_before_there_was_a_vault_opens_and_is_sealed_anew() {
        for db in zunke_store::testing::databases() {
            let folder = tempfile::tempdir().expect("a folder");
            let keys = Keys::in_folder(folder.path());
            let old = |id: Uuid, secret: &str| {
                let nonce = [5; NONCE];
                let mut sealed = secret.as_bytes().to_vec();
                let about = (PLACES[1].about)(id);
                keys.sealing()
                    .expect("a key")
                    .seal_in_place_append_tag(
                        Nonce::assume_unique_for_key(nonce),
                        Aad::from(about.as_bytes()),
                        &mut sealed,
                    )
                    .expect("sealed");
                [&nonce[..], &sealed].concat()
            };
            let id = Uuid::now_v7();
            let insert = |id: Uuid, name: &str, sealed: Vec<u8>| {
                db.write(|tx| {
                    tx.execute(
                        "INSERT INTO service_hooks (hook_id, public_key, name, name_key, active, secret, mapping, taken,
                           version, created_at) VALUES ($1, $2, $2, $2, $3, $4, '{}', 0, 1, 1)",
                        &[id.into(), name.into(), true.into(), sealed.clone().into()],
                    )
                })
                .expect("inserted");
            };
            let stored = |id: Uuid| {
                let sql = "SELECT secret FROM service_hooks WHERE hook_id = $1";
                db.read(|tx| tx.query_one(sql, &[id.into()], |row| row.bytes(0))).expect("read").expect("there")
            };
            insert(id, "a", old(id, "旧密码"));
            assert_eq!(keys.open(&(PLACES[1].about)(id), &stored(id)).expect("opened"), "旧密码");
            let lost = Uuid::now_v7();
            insert(lost, "b", b"nonsense that opens with nothing".to_vec());
            assert_eq!(keys.reseal(&db, &PLACES[1]).expect("sealed anew"), 1);
            assert!(Vault::is_sealed(&stored(id)));
            assert_eq!(keys.open(&(PLACES[1].about)(id), &stored(id)).expect("opened"), "旧密码");
            assert_eq!(stored(lost), b"nonsense that opens with nothing");
            assert_eq!(keys.reseal(&db, &PLACES[1]).expect("again"), 0);
            keys.vault.rotate(zunke_kernel::Instant(1)).expect("rotated");
            assert_eq!(keys.reseal(&db, &PLACES[1]).expect("after a rotation"), 1);
            assert_eq!(keys.open(&(PLACES[1].about)(id), &stored(id)).expect("opened"), "旧密码");
        }
    }

    #[test]
    fn a_signature_holds_for_its_text_and_purpose() {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = Keys::in_folder(folder.path());
        let signature = keys.sign("csat", "12", 16).expect("signed");
        assert_eq!(signature.len(), 32);
        assert!(keys.holds("csat", "12", &signature, 16).expect("asked"));
        assert!(!keys.holds("csat", "13", &signature, 16).expect("asked"));
        assert!(!keys.holds("form", "12", &signature, 16).expect("asked"));
        assert!(!keys.holds("csat", "12", "", 16).expect("asked"));
    }

    #[test]
    fn a_broken_key_file_is_said_and_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(FILE), "short").expect("written");
        assert!(Keys::in_folder(folder.path()).sign("x", "y", 8).is_err());
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).expect("there"), "short");
    }
}
