//! Mailboxes as they are stored.

use crate::intake::mailbox::{Mailbox, MailboxId, Problem, Settings};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Engine, Row, Tx};

const COLUMNS: &str = "mailbox_id, name, address, active, settings, password, uid_validity, last_uid, checked_at, problem, \
    taken, version";

fn read(row: &Row) -> Result<Mailbox> {
    Ok(Mailbox {
        id: row.id(0, MailboxId)?,
        name: row.text(1)?,
        address: row.text(2)?,
        active: row.bool(3)?,
        settings: row.json(4)?,
        has_password: row.opt_bytes(5)?.is_some(),
        sealed: row.opt_bytes(5)?,
        uid_validity: row.opt_int(6)?,
        last_uid: row.opt_int(7)?,
        checked_at: row.opt_instant(8)?,
        problem: row.opt_json(9)?,
        taken: row.int(10)?,
        version: row.int(11)?,
    })
}

/// All of them, by name.
pub fn all(tx: &mut Tx) -> Result<Vec<Mailbox>> {
    tx.query(&format!("SELECT {COLUMNS} FROM service_mailboxes ORDER BY name_key"), &[], read)
}

pub fn find(tx: &mut Tx, id: MailboxId) -> Result<Option<Mailbox>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM service_mailboxes WHERE mailbox_id = $1"), &[id.0.into()], read)
}

/// Alone with it until the end of the transaction.
pub fn lock(tx: &mut Tx, id: MailboxId) -> Result<Option<Mailbox>> {
    let suffix = if tx.engine() == Engine::Postgres { " FOR UPDATE" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM service_mailboxes WHERE mailbox_id = $1{suffix}");
    tx.query_one(&sql, &[id.0.into()], read)
}

fn json(settings: &Settings) -> Result<String> {
    serde_json::to_string(settings).map_err(Error::internal)
}

/// Writes a new one; 409 where its name or address is taken.
pub fn insert(tx: &mut Tx, mailbox: &Mailbox) -> Result<()> {
    require_free(tx, mailbox)?;
    tx.execute(
        "INSERT INTO service_mailboxes (mailbox_id, name, name_key, address, active, settings, password, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1)",
        &[
            mailbox.id.0.into(),
            mailbox.name.as_str().into(),
            mailbox.name.to_lowercase().into(),
            mailbox.address.as_str().into(),
            mailbox.active.into(),
            json(&mailbox.settings)?.into(),
            mailbox.sealed.clone().into(),
        ],
    )?;
    Ok(())
}

/// Writes what a person changed, as the next version.
pub fn save(tx: &mut Tx, mailbox: &Mailbox) -> Result<()> {
    require_free(tx, mailbox)?;
    tx.execute(
        "UPDATE service_mailboxes SET name = $2, name_key = $3, address = $4, active = $5, settings = $6, password = $7,
           uid_validity = $8, last_uid = $9, problem = NULL, version = version + 1 WHERE mailbox_id = $1",
        &[
            mailbox.id.0.into(),
            mailbox.name.as_str().into(),
            mailbox.name.to_lowercase().into(),
            mailbox.address.as_str().into(),
            mailbox.active.into(),
            json(&mailbox.settings)?.into(),
            mailbox.sealed.clone().into(),
            mailbox.uid_validity.into(),
            mailbox.last_uid.into(),
        ],
    )?;
    Ok(())
}

fn require_free(tx: &mut Tx, mailbox: &Mailbox) -> Result<()> {
    let sql = "SELECT address FROM service_mailboxes WHERE (name_key = $1 OR address = $2) AND mailbox_id <> $3";
    let params = [mailbox.name.to_lowercase().into(), mailbox.address.as_str().into(), mailbox.id.0.into()];
    match tx.query_one(sql, &params, |row| row.text(0))? {
        None => Ok(()),
        Some(address) if address == mailbox.address => {
            Err(Error::conflict("address_taken", "该邮箱地址已在使用。", "This address is in use already.")
                .at("address"))
        }
        Some(_) => Err(Error::conflict("name_taken", "该名称已被使用。", "This name is in use already.").at("name")),
    }
}

pub fn delete(tx: &mut Tx, id: MailboxId) -> Result<bool> {
    Ok(tx.execute("DELETE FROM service_mailboxes WHERE mailbox_id = $1", &[id.0.into()])? == 1)
}

/// How far the folder has been read.
pub fn advance(tx: &mut Tx, id: MailboxId, validity: i64, uid: i64, taken: bool) -> Result<()> {
    tx.execute(
        "UPDATE service_mailboxes SET uid_validity = $2, last_uid = $3, taken = taken + $4 WHERE mailbox_id = $1",
        &[id.0.into(), validity.into(), uid.into(), i64::from(taken).into()],
    )?;
    Ok(())
}

/// One more mail came of it by the listener.
pub fn count(tx: &mut Tx, id: MailboxId) -> Result<()> {
    tx.execute("UPDATE service_mailboxes SET taken = taken + 1 WHERE mailbox_id = $1", &[id.0.into()])?;
    Ok(())
}

/// What came of a look.
pub fn looked(tx: &mut Tx, now: Instant, id: MailboxId, problem: Option<&Problem>) -> Result<()> {
    let problem = problem.map(serde_json::to_string).transpose().map_err(Error::internal)?;
    tx.execute(
        "UPDATE service_mailboxes SET checked_at = $2, problem = $3 WHERE mailbox_id = $1",
        &[id.0.into(), now.into(), problem.into()],
    )?;
    Ok(())
}
