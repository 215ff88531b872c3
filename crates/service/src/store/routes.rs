//! Why a ticket is whose it is, and which tickets are to be looked at again.

use crate::routing::record::Record;
use zunke_kernel::id::{StaffId, TicketId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

use crate::ticket::Ticket;

/// Keeps the last decision about a ticket.
pub fn keep(tx: &mut Tx, ticket: TicketId, at: Instant, record: &Record, retry_at: Option<Instant>) -> Result<()> {
    let detail = serde_json::to_string(record).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO ticket_routes (ticket_id, decided_at, detail, retry_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (ticket_id) DO UPDATE SET decided_at = excluded.decided_at, detail = excluded.detail,
           retry_at = excluded.retry_at",
        &[ticket.into(), at.into(), detail.into(), retry_at.into()],
    )?;
    Ok(())
}

/// The last decision about a ticket.
pub fn find(tx: &mut Tx, ticket: TicketId) -> Result<Option<(Instant, Record)>> {
    let sql = "SELECT decided_at, detail FROM ticket_routes WHERE ticket_id = $1";
    tx.query_one(sql, &[ticket.into()], |row| Ok((row.instant(0)?, row.json(1)?)))
}

/// Tickets that nobody could take when they were looked at, whose time has come again.
pub fn to_retry(tx: &mut Tx, now: Instant, limit: u32) -> Result<Vec<TicketId>> {
    // Those that somebody has taken meanwhile are none of routing's business any more.
    tx.execute(
        "UPDATE ticket_routes SET retry_at = NULL WHERE retry_at <= $1 AND NOT EXISTS (
           SELECT 1 FROM ticket_queue q WHERE q.ticket_id = ticket_routes.ticket_id AND q.assignee_id IS NULL AND q.active)",
        &[now.into()],
    )?;
    let sql = format!(
        "SELECT ticket_id FROM ticket_routes WHERE retry_at IS NOT NULL AND retry_at <= $1
         ORDER BY retry_at, ticket_id LIMIT {limit}"
    );
    tx.query(&sql, &[now.into()], |row| row.id(0, TicketId))
}

/// Looks at a ticket again later.
pub fn retry_at(tx: &mut Tx, ticket: TicketId, at: Instant) -> Result<()> {
    tx.execute("UPDATE ticket_routes SET retry_at = $1 WHERE ticket_id = $2", &[at.into(), ticket.into()])?;
    Ok(())
}

/// Who has handed a ticket back.
pub fn handed_back(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<StaffId>> {
    let sql = "SELECT DISTINCT staff_id FROM ticket_events
               WHERE customer_id = $1 AND ticket_id = $2 AND kind = 'released' AND staff_id IS NOT NULL";
    tx.query(sql, &[ticket.customer.into(), ticket.id.into()], |row| row.id(0, StaffId))
}
