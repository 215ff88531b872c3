//! Who did what, and when: entries that can't be changed or taken out unnoticed. Each carries the hash of
//! itself and of the entry before it; the head of the chain is kept beside it.

use crate::{Row, Tx, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use uuid::Uuid;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Result};

const COLUMNS: &str = "seq, at, actor, action, subject, detail, hash, address, key_id";

/// One entry of the record.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditEntry)]
pub struct Entry {
    /// Its place in the chain, from 1 and without gaps.
    pub seq: i64,
    pub at: Instant,
    /// Absent where the system itself acted.
    pub actor: Option<StaffId>,
    /// What was done: `customer.export`.
    pub action: String,
    /// What it was done to: `cus_…`.
    pub subject: String,
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
    /// Whence it was asked: an IP address. Absent for what no request asked for.
    pub address: Option<String>,
    /// The key (API token) that was used; absent for a login.
    pub key_id: Option<String>,
    #[serde(skip)]
    pub hash: Vec<u8>,
}

/// Whence something was asked for, small enough to be copied about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin {
    address: [u8; ADDRESS_BYTES],
    length: usize,
    key: Option<Uuid>,
}

/// IPv6 by its network (`2001:db8:1:2::/64`) is the longest.
const ADDRESS_BYTES: usize = 32;

impl Origin {
    /// `key`: the API token, where one was used.
    #[must_use]
    pub fn new(address: &str, key: Option<Uuid>) -> Self {
        let mut origin = Self { key, ..Self::default() };
        let bytes = address.as_bytes();
        // What is longer is no address; cut short it would be another one.
        if address.is_ascii() && bytes.len() <= ADDRESS_BYTES {
            origin.address[..bytes.len()].copy_from_slice(bytes);
            origin.length = bytes.len();
        }
        origin
    }

    fn address(&self) -> Option<&str> {
        std::str::from_utf8(&self.address[..self.length]).ok().filter(|text| !text.is_empty())
    }
}

/// Whence the present request comes, and by which key, as soon as that is known.
struct Asked {
    origin: Origin,
    key: OnceLock<Uuid>,
}

tokio::task_local! {
    static ASKED: Arc<Asked>;
}

thread_local! {
    /// The same, on the thread that writes for the request.
    static CURRENT: Cell<Origin> = const { Cell::new(Origin { address: [0; ADDRESS_BYTES], length: 0, key: None }) };
}

/// Answers a request: what it enters into the record says whence it came, without being told at every place.
pub async fn asking<T>(origin: Origin, answer: impl Future<Output = T>) -> T {
    ASKED.scope(Arc::new(Asked { origin, key: OnceLock::new() }), answer).await
}

/// The present request was made with this key.
pub fn asked_with(key: Uuid) {
    let _ = ASKED.try_with(|asked| asked.key.set(key));
}

/// Whence the present request comes; nothing outside of one.
pub(crate) fn asked() -> Origin {
    let read = |asked: &Arc<Asked>| Origin { key: asked.key.get().copied().or(asked.origin.key), ..asked.origin };
    ASKED.try_with(read).unwrap_or_default()
}

/// Runs what a request asked for on another thread.
pub(crate) fn from<T>(origin: Origin, work: impl FnOnce() -> T) -> T {
    /// Puts back what was there, also after a panic.
    struct Before(Origin);
    impl Drop for Before {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _before = Before(CURRENT.replace(origin));
    work()
}

/// Which entries a list shows; what is absent does not narrow it.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub actor: Option<StaffId>,
    pub subject: Option<String>,
    /// An action, or a group of them with the dot at the end: `customer.`.
    pub action: Option<String>,
    pub from: Option<Instant>,
    /// Up to, and without.
    pub until: Option<Instant>,
    /// Entries before this one: the `seq` of the last one seen.
    pub before: Option<i64>,
}

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    pub entries: i64,
    /// The first place where the chain does not hold.
    pub broken_at: Option<i64>,
}

/// Adds an entry, in the transaction of what it tells of, with whence the present request comes. Takes the head of the chain until the commit, so
/// it belongs at the end of a unit of work.
pub fn write(
    tx: &mut Tx,
    now: Instant,
    actor: Option<StaffId>,
    action: &str,
    subject: &str,
    detail: &serde_json::Value,
) -> Result<()> {
    write_from(tx, now, actor, CURRENT.get(), action, subject, detail)
}

/// Like [`write`], with whence it was asked for.
pub fn write_from(
    tx: &mut Tx,
    now: Instant,
    actor: Option<StaffId>,
    origin: Origin,
    action: &str,
    subject: &str,
    detail: &serde_json::Value,
) -> Result<()> {
    let head =
        tx.query_one("UPDATE audit_head SET seq = seq + 1 WHERE chain = 'main' RETURNING seq, hash", &[], |row| {
            Ok((row.int(0)?, row.bytes(1)?))
        })?;
    let Some((seq, before)) = head else { return Err(Error::internal("the audit chain has no head")) };
    let detail = detail.to_string();
    let (address, key) = (origin.address(), origin.key);
    let hash = Sealed { seq, at: now, actor, action, subject, detail: &detail, address, key }.hash(&before);
    tx.execute(
        "INSERT INTO audit (seq, at, actor, action, subject, detail, hash, address, key_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            seq.into(),
            now.into(),
            actor.into(),
            action.into(),
            subject.into(),
            detail.as_str().into(),
            hash.clone().into(),
            address.map(str::to_owned).into(),
            key.into(),
        ],
    )?;
    tx.execute("UPDATE audit_head SET hash = $1 WHERE chain = 'main'", &[hash.into()])?;
    tx.audited();
    Ok(())
}

/// The newest entries first, at most `limit`.
pub fn list(tx: &mut Tx, filter: &Filter, limit: u32) -> Result<Vec<Entry>> {
    let mut sql = format!("SELECT {COLUMNS} FROM audit WHERE 1 = 1");
    let mut params: Vec<Value> = Vec::new();
    let mut also = |condition: &str, value: Value| {
        params.push(value);
        sql.push_str(" AND ");
        sql.push_str(&condition.replace('?', &format!("${}", params.len())));
    };
    if let Some(actor) = filter.actor {
        also("actor = ?", actor.into());
    }
    if let Some(subject) = &filter.subject {
        also("subject = ?", subject.into());
    }
    match &filter.action {
        Some(group) if group.ends_with('.') => {
            also("action >= ?", group.into());
            // '/' follows '.', so this ends the group.
            also("action < ?", Value::Text(format!("{}/", group.trim_end_matches('.'))));
        }
        Some(action) => also("action = ?", action.into()),
        None => {}
    }
    if let Some(from) = filter.from {
        also("at >= ?", from.into());
    }
    if let Some(until) = filter.until {
        also("at < ?", until.into());
    }
    if let Some(before) = filter.before {
        also("seq < ?", before.into());
    }
    params.push(limit.into());
    sql.push_str(&format!(" ORDER BY seq DESC LIMIT ${}", params.len()));
    tx.query(&sql, &params, read)
}

/// Walks the whole chain, in bounded memory.
pub fn verify(tx: &mut Tx) -> Result<Verified> {
    let mut before = vec![0u8; 32];
    let mut entries = 0;
    let mut broken_at = None;
    tx.for_each(&format!("SELECT {COLUMNS} FROM audit ORDER BY seq"), &[], |row| {
        if broken_at.is_some() {
            return Ok(());
        }
        entries += 1;
        let seq = row.int(0)?;
        let (address, key) = (row.opt_text(7)?, row.opt_uuid(8)?);
        let sealed = Sealed {
            seq,
            at: row.instant(1)?,
            actor: row.opt_id(2, StaffId)?,
            action: row.str(3)?,
            subject: row.str(4)?,
            detail: row.str(5)?,
            address: address.as_deref(),
            key,
        };
        let hash = sealed.hash(&before);
        if seq != entries || row.slice(6)? != hash {
            broken_at = Some(entries);
        }
        before = hash;
        Ok(())
    })?;
    let head = tx.query_one("SELECT seq, hash FROM audit_head WHERE chain = 'main'", &[], |row| {
        Ok((row.int(0)?, row.bytes(1)?))
    })?;
    if broken_at.is_none() && head != Some((entries, before)) {
        // Entries at the end are missing, or the head is.
        broken_at = Some(entries + 1);
    }
    Ok(Verified { entries, broken_at })
}

fn read(row: &Row) -> Result<Entry> {
    Ok(Entry {
        seq: row.int(0)?,
        at: row.instant(1)?,
        actor: row.opt_id(2, StaffId)?,
        action: row.text(3)?,
        subject: row.text(4)?,
        detail: row.json(5)?,
        hash: row.bytes(6)?,
        address: row.opt_text(7)?,
        key_id: row.opt_uuid(8)?.map(|id| format!("tok_{}", id.simple())),
    })
}

/// What of an entry is sealed.
struct Sealed<'a> {
    seq: i64,
    at: Instant,
    actor: Option<StaffId>,
    action: &'a str,
    subject: &'a str,
    detail: &'a str,
    address: Option<&'a str>,
    key: Option<Uuid>,
}

impl Sealed<'_> {
    /// The hash over the entry before and this one. Every part is preceded by its length, so that no two entries read the
    /// same. Address and key are parts only where there is one: entries from before they were kept stay as they are.
    fn hash(&self, before: &[u8]) -> Vec<u8> {
        let actor = self.actor.map_or_else(Vec::new, |id| id.0.as_bytes().to_vec());
        let mut digest = Sha256::new();
        let mut add = |part: &[u8]| {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        };
        add(before);
        add(&self.seq.to_be_bytes());
        add(&self.at.0.to_be_bytes());
        add(&actor);
        add(self.action.as_bytes());
        add(self.subject.as_bytes());
        add(self.detail.as_bytes());
        if self.address.is_some() || self.key.is_some() {
            add(self.address.unwrap_or_default().as_bytes());
            add(self.key.as_ref().map_or(&[][..], |key| key.as_bytes()));
        }
        digest.finalize().to_vec()
    }
}

/// One entry as an export tells it, with all that its hash is over: the texts as they are stored, the ids and hashes in
/// hexadecimal, the moment in milliseconds since 1970.
#[derive(Serialize)]
struct Line<'a> {
    seq: i64,
    at_ms: i64,
    at: Instant,
    actor: String,
    action: &'a str,
    subject: &'a str,
    detail: &'a str,
    address: Option<String>,
    key: Option<String>,
    hash: String,
}

/// The whole chain, an entry a line, each as JSON: what `scripts/verify-audit.py` checks without this program.
pub fn export(tx: &mut Tx, mut each: impl FnMut(&str) -> Result<()>) -> Result<()> {
    tx.for_each(&format!("SELECT {COLUMNS} FROM audit ORDER BY seq"), &[], |row| {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let line = Line {
            seq: row.int(0)?,
            at_ms: row.int(1)?,
            at: row.instant(1)?,
            actor: row.opt_id(2, StaffId)?.map(|id| hex(id.0.as_bytes())).unwrap_or_default(),
            action: row.str(3)?,
            subject: row.str(4)?,
            detail: row.str(5)?,
            address: row.opt_text(7)?,
            key: row.opt_uuid(8)?.map(|id| hex(id.as_bytes())),
            hash: hex(row.slice(6)?),
        };
        each(&serde_json::to_string(&line).map_err(Error::internal)?)
    })
}

/// Whether an entry has this hash, in hexadecimal; the hash of an empty chain is always there.
pub fn holds(tx: &mut Tx, hash: &str) -> Result<bool> {
    let bytes: Option<Vec<u8>> = hash
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    let Some(bytes) = bytes.filter(|bytes| bytes.len() == 32) else {
        return Err(Error::invalid(
            "hash_invalid",
            "哈希值应为 64 位十六进制字符。",
            "A hash is 64 hexadecimal characters.",
        )
        .at("head"));
    };
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(true);
    }
    Ok(tx.query_one("SELECT seq FROM audit WHERE hash = $1 LIMIT 1", &[bytes.into()], |row| row.int(0))?.is_some())
}

/// The newest entry and its hash: who writes it down elsewhere sees later whether the end of the chain was cut off.
pub fn head(tx: &mut Tx) -> Result<(i64, String)> {
    let found = tx.query_one("SELECT seq, hash FROM audit_head WHERE chain = 'main'", &[], |row| {
        Ok((row.int(0)?, row.slice(1)?.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
    })?;
    found.ok_or_else(|| Error::internal("the audit chain has no head"))
}
