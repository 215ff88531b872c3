//! Authenticators and recovery codes.

use crate::secret::Secret;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

/// An authenticator as it is kept.
pub struct Factor {
    pub secret: Vec<u8>,
    pub confirmed_at: Option<Instant>,
    pub last_step: i64,
}

pub fn find(tx: &mut Tx, staff: StaffId) -> Result<Option<Factor>> {
    let sql = "SELECT secret, confirmed_at, last_step FROM second_factors WHERE staff_id = $1";
    tx.query_one(sql, &[staff.into()], |row| {
        Ok(Factor { secret: row.bytes(0)?, confirmed_at: row.opt_instant(1)?, last_step: row.int(2)? })
    })
}

/// Keeps a secret that waits for its first code.
pub fn replace(tx: &mut Tx, now: Instant, staff: StaffId, sealed: &[u8]) -> Result<()> {
    tx.execute("DELETE FROM second_factors WHERE staff_id = $1", &[staff.into()])?;
    tx.execute(
        "INSERT INTO second_factors (staff_id, secret, created_at, last_step) VALUES ($1, $2, $3, 0)",
        &[staff.into(), sealed.into(), now.into()],
    )?;
    Ok(())
}

pub fn confirm(tx: &mut Tx, now: Instant, staff: StaffId, step: i64) -> Result<()> {
    tx.execute(
        "UPDATE second_factors SET confirmed_at = $1, last_step = $2 WHERE staff_id = $3",
        &[now.into(), step.into(), staff.into()],
    )?;
    Ok(())
}

/// `false` where this step or a later one was taken already.
pub fn take_step(tx: &mut Tx, staff: StaffId, step: i64) -> Result<bool> {
    let sql = "UPDATE second_factors SET last_step = $1 WHERE staff_id = $2 AND last_step < $1";
    Ok(tx.execute(sql, &[step.into(), staff.into()])? > 0)
}

pub fn put_codes(tx: &mut Tx, now: Instant, staff: StaffId, codes: &[Secret]) -> Result<()> {
    tx.execute("DELETE FROM recovery_codes WHERE staff_id = $1", &[staff.into()])?;
    let rows: Vec<_> = codes.iter().map(|code| vec![staff.into(), code.hash()[..].into(), now.into()]).collect();
    tx.execute_many("INSERT INTO recovery_codes (staff_id, code_hash, created_at) VALUES ($1, $2, $3)", &rows)?;
    Ok(())
}

/// `false` where there is no such code, or it was used.
pub fn take_code(tx: &mut Tx, now: Instant, staff: StaffId, code: &Secret) -> Result<bool> {
    let sql = "UPDATE recovery_codes SET used_at = $1 WHERE staff_id = $2 AND code_hash = $3 AND used_at IS NULL";
    Ok(tx.execute(sql, &[now.into(), staff.into(), code.hash()[..].into()])? > 0)
}

pub fn codes_left(tx: &mut Tx, staff: StaffId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM recovery_codes WHERE staff_id = $1 AND used_at IS NULL";
    Ok(tx.query_one(sql, &[staff.into()], |row| row.int(0))?.unwrap_or(0))
}

pub fn remove(tx: &mut Tx, staff: StaffId) -> Result<bool> {
    tx.execute("DELETE FROM recovery_codes WHERE staff_id = $1", &[staff.into()])?;
    Ok(tx.execute("DELETE FROM second_factors WHERE staff_id = $1", &[staff.into()])? > 0)
}

/// Whose, and the sealed secret.
pub fn all(tx: &mut Tx) -> Result<Vec<(StaffId, Vec<u8>)>> {
    tx.query("SELECT staff_id, secret FROM second_factors", &[], |row| Ok((row.id(0, StaffId)?, row.bytes(1)?)))
}

/// Replaces a sealed secret, unless it changed meanwhile; answers how many.
pub fn swap(tx: &mut Tx, staff: StaffId, before: &[u8], after: &[u8]) -> Result<u64> {
    tx.execute(
        "UPDATE second_factors SET secret = $1 WHERE staff_id = $2 AND secret = $3",
        &[after.into(), staff.into(), before.into()],
    )
}
