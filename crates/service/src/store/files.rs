//! Which files tickets have.

use crate::files::Kept;
use crate::ticket::Ticket;
use serde::Serialize;
use utoipa::ToSchema;
use zunke_kernel::id::{FileId, MessageId, StaffId};
use zunke_kernel::{Instant, Result};
use zunke_store::{Row, Tx};

/// A file of a ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TicketFile)]
pub struct Attached {
    pub id: FileId,
    /// The message that it came with.
    pub message_id: Option<MessageId>,
    pub name: String,
    pub media_type: String,
    pub bytes: i64,
    pub sha256: String,
    pub staff_id: Option<StaffId>,
    pub added_at: Instant,
}

const COLUMNS: &str = "file_id, message_id, name, media_type, bytes, sha256, staff_id, added_at";

fn read(row: &Row) -> Result<Attached> {
    Ok(Attached {
        id: row.id(0, FileId)?,
        message_id: row.opt_id(1, MessageId)?,
        name: row.text(2)?,
        media_type: row.text(3)?,
        bytes: row.int(4)?,
        sha256: row.text(5)?,
        staff_id: row.opt_id(6, StaffId)?,
        added_at: row.instant(7)?,
    })
}

/// Writes a file of a locked ticket.
pub fn insert(
    tx: &mut Tx,
    ticket: &Ticket,
    message: Option<MessageId>,
    kept: &Kept,
    staff: Option<StaffId>,
    now: Instant,
) -> Result<()> {
    tx.execute(
        "INSERT INTO ticket_files (customer_id, ticket_id, file_id, message_id, name, media_type, bytes, sha256, staff_id,
           added_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            ticket.customer.into(),
            ticket.id.into(),
            kept.id.into(),
            message.into(),
            kept.name.as_str().into(),
            kept.media_type.into(),
            i64::try_from(kept.bytes).unwrap_or(i64::MAX).into(),
            kept.sha256.as_str().into(),
            staff.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// The files of a ticket, as they came.
pub fn of(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<Attached>> {
    tx.query(
        &format!(
            "SELECT {COLUMNS} FROM ticket_files WHERE customer_id = $1 AND ticket_id = $2 ORDER BY added_at, file_id"
        ),
        &[ticket.customer.into(), ticket.id.into()],
        read,
    )
}

/// One file of a ticket.
pub fn find(tx: &mut Tx, ticket: &Ticket, id: FileId) -> Result<Option<Attached>> {
    tx.query_one(
        &format!("SELECT {COLUMNS} FROM ticket_files WHERE customer_id = $1 AND ticket_id = $2 AND file_id = $3"),
        &[ticket.customer.into(), ticket.id.into(), id.into()],
        read,
    )
}

/// Files of a ticket so far.
pub fn count(tx: &mut Tx, ticket: &Ticket) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM ticket_files WHERE customer_id = $1 AND ticket_id = $2";
    Ok(tx.query_one(sql, &[ticket.customer.into(), ticket.id.into()], |row| row.int(0))?.unwrap_or(0))
}

/// Puts a file that was sent before to the message that it belongs to; answers whether there was one that is nobody's.
pub fn bind(tx: &mut Tx, ticket: &Ticket, id: FileId, message: MessageId) -> Result<bool> {
    let bound = tx.execute(
        "UPDATE ticket_files SET message_id = $4
         WHERE customer_id = $1 AND ticket_id = $2 AND file_id = $3 AND message_id IS NULL",
        &[ticket.customer.into(), ticket.id.into(), id.into(), message.into()],
    )?;
    Ok(bound == 1)
}
