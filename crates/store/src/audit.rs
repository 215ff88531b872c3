//! Who did what, and when: entries that can't be changed or taken out unnoticed. Each carries the hash of
//! itself and of the entry before it; the head of the chain is kept beside it.

use crate::{Row, Tx, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Result};

const COLUMNS: &str = "seq, at, actor, action, subject, detail, hash";

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
    #[serde(skip)]
    pub hash: Vec<u8>,
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

/// Adds an entry, in the transaction of what it tells of. Takes the head of the chain until the commit, so
/// it belongs at the end of a unit of work.
pub fn write(
    tx: &mut Tx,
    now: Instant,
    actor: Option<StaffId>,
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
    let hash = seal(&before, seq, now, actor, action, subject, &detail);
    tx.execute(
        "INSERT INTO audit (seq, at, actor, action, subject, detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[seq.into(), now.into(), actor.into(), action.into(), subject.into(), detail.into(), hash.clone().into()],
    )?;
    tx.execute("UPDATE audit_head SET hash = $1 WHERE chain = 'main'", &[hash.into()])?;
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
        let hash = seal(&before, seq, row.instant(1)?, row.opt_id(2, StaffId)?, row.str(3)?, row.str(4)?, row.str(5)?);
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
    })
}

/// The hash over the entry before and this one. Every part is preceded by its length, so that no two
/// entries read the same.
fn seal(
    before: &[u8],
    seq: i64,
    at: Instant,
    actor: Option<StaffId>,
    action: &str,
    subject: &str,
    detail: &str,
) -> Vec<u8> {
    let actor = actor.map_or_else(Vec::new, |id| id.0.as_bytes().to_vec());
    let mut digest = Sha256::new();
    for part in [
        before,
        &seq.to_be_bytes(),
        &at.0.to_be_bytes(),
        &actor,
        action.as_bytes(),
        subject.as_bytes(),
        detail.as_bytes(),
    ] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().to_vec()
}
