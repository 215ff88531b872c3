//! Answers kept for repeated calls. The key is claimed in the transaction of the work it guards, so the
//! work and the memory of it are there together or not at all.

use crate::{Tx, Value};
use sha2::{Digest, Sha256};
use zunke_kernel::{Error, Instant, Result};

/// The hash of what was asked: method, path and body.
#[must_use]
pub fn request_hash(method: &str, path: &str, body: &[u8]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in [method.as_bytes(), path.as_bytes(), body] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

/// What a key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Never seen: do the work, then [`keep`] its answer in the same transaction.
    Fresh,
    /// Done before: give this answer again.
    Replay { status: u16, body: String },
}

/// Claims a key of a caller. The same key for another request is refused with `idempotency_key_reused`.
pub fn claim(tx: &mut Tx, now: Instant, caller: &str, key: &str, request_hash: &[u8; 32]) -> Result<Claim> {
    let claimed = tx.execute(
        "INSERT INTO idempotency_keys (caller, idempotency_key, request_hash, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (caller, idempotency_key) DO NOTHING",
        &[caller.into(), key.into(), request_hash.as_slice().into(), now.into()],
    )?;
    if claimed == 1 {
        return Ok(Claim::Fresh);
    }
    let known = tx.query_one(
        "SELECT request_hash, status, body FROM idempotency_keys WHERE caller = $1 AND idempotency_key = $2",
        &[caller.into(), key.into()],
        |row| Ok((row.bytes(0)?, row.opt_int(1)?, row.opt_text(2)?)),
    )?;
    match known {
        Some((hash, _, _)) if hash != request_hash => Err(Error::conflict(
            "idempotency_key_reused",
            "同一个 Idempotency-Key 已用于内容不同的请求，请换一个新的。",
            "This Idempotency-Key was used for another request; please use a new one.",
        )),
        Some((_, Some(status), body)) => Ok(Claim::Replay {
            status: u16::try_from(status).map_err(Error::internal)?,
            body: body.unwrap_or_default(),
        }),
        _ => Err(Error::internal("an idempotency key was committed without its answer")),
    }
}

/// Keeps the answer under a key that was claimed in this transaction.
pub fn keep(tx: &mut Tx, caller: &str, key: &str, status: u16, body: &str) -> Result<()> {
    tx.execute(
        "UPDATE idempotency_keys SET status = $3, body = $4 WHERE caller = $1 AND idempotency_key = $2",
        &[caller.into(), key.into(), status.into(), Value::from(body)],
    )?;
    Ok(())
}

/// Forgets the keys from before an instant; answers how many.
pub fn purge(tx: &mut Tx, before: Instant) -> Result<u64> {
    tx.execute("DELETE FROM idempotency_keys WHERE created_at < $1", &[before.into()])
}
