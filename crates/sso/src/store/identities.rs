//! Who is who: subjects of providers, tied to members of staff.

use serde::Serialize;
use utoipa::ToSchema;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

/// As many are shown; a search finds the others.
pub const SHOWN_MAX: i64 = 500;

/// A tie, with the name of the person.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SignInIdentity)]
pub struct Identity {
    /// The provider's own word for the person: `sub`, or the user id of WeCom.
    pub subject: String,
    pub staff_id: StaffId,
    pub staff_name: String,
    pub staff_login: String,
    /// `null`: at his first sign-in.
    pub linked_by: Option<StaffId>,
    pub linked_at: Instant,
    /// The last sign-in.
    pub seen_at: Option<Instant>,
}

pub fn list(tx: &mut Tx, issuer: &str) -> Result<Vec<Identity>> {
    let sql = "SELECT i.subject, i.staff_id, s.name, s.login, i.linked_by, i.linked_at, i.seen_at
         FROM sign_in_identities i JOIN staff s ON s.staff_id = i.staff_id
         WHERE i.issuer = $1 ORDER BY s.name, i.subject LIMIT $2";
    tx.query(sql, &[issuer.into(), SHOWN_MAX.into()], |row| {
        Ok(Identity {
            subject: row.text(0)?,
            staff_id: row.id(1, StaffId)?,
            staff_name: row.text(2)?,
            staff_login: row.text(3)?,
            linked_by: row.opt_id(4, StaffId)?,
            linked_at: row.instant(5)?,
            seen_at: row.opt_instant(6)?,
        })
    })
}

/// How many each issuer has.
pub fn counts(tx: &mut Tx) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT issuer, COUNT(*) FROM sign_in_identities GROUP BY issuer";
    tx.query(sql, &[], |row| Ok((row.text(0)?, row.int(1)?)))
}

pub fn find(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<StaffId>> {
    let sql = "SELECT staff_id FROM sign_in_identities WHERE issuer = $1 AND subject = $2";
    tx.query_one(sql, &[issuer.into(), subject.into()], |row| row.id(0, StaffId))
}

/// Ties a subject to a person; `false` where it is tied to somebody already.
pub fn link(
    tx: &mut Tx,
    now: Instant,
    (issuer, subject): (&str, &str),
    staff: StaffId,
    by: Option<StaffId>,
) -> Result<bool> {
    let made = tx.execute(
        "INSERT INTO sign_in_identities (issuer, subject, staff_id, linked_by, linked_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (issuer, subject) DO NOTHING",
        &[issuer.into(), subject.into(), staff.into(), by.into(), now.into()],
    )?;
    Ok(made == 1)
}

pub fn seen(tx: &mut Tx, now: Instant, issuer: &str, subject: &str) -> Result<()> {
    tx.execute(
        "UPDATE sign_in_identities SET seen_at = $3 WHERE issuer = $1 AND subject = $2",
        &[issuer.into(), subject.into(), now.into()],
    )?;
    Ok(())
}

/// Unties a subject; whose it was.
pub fn unlink(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<StaffId>> {
    let staff = find(tx, issuer, subject)?;
    tx.execute("DELETE FROM sign_in_identities WHERE issuer = $1 AND subject = $2", &[issuer.into(), subject.into()])?;
    Ok(staff)
}

/// Unties everybody of an issuer.
pub fn unlink_all(tx: &mut Tx, issuer: &str) -> Result<u64> {
    tx.execute("DELETE FROM sign_in_identities WHERE issuer = $1", &[issuer.into()])
}
