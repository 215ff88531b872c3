//! Who has a ticket open on his screen.

use zunke_kernel::id::{StaffId, TicketId};
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

/// A heartbeat counts for so long.
pub const ALIVE_MS: i64 = 45_000;

/// Somebody else who has it open.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub staff: StaffId,
    pub name: String,
    pub writing: bool,
    pub since: Instant,
}

/// Says that somebody has it open, or has closed it.
pub fn beat(tx: &mut Tx, now: Instant, ticket: TicketId, staff: StaffId, writing: Option<bool>) -> Result<()> {
    match writing {
        None => tx.execute(
            "DELETE FROM ticket_presence WHERE ticket_id = $1 AND staff_id = $2",
            &[ticket.into(), staff.into()],
        )?,
        Some(writing) => tx.execute(
            "INSERT INTO ticket_presence (ticket_id, staff_id, writing, seen_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (ticket_id, staff_id) DO UPDATE SET writing = excluded.writing, seen_at = excluded.seen_at",
            &[ticket.into(), staff.into(), writing.into(), now.into()],
        )?,
    };
    Ok(())
}

/// Who else has it open.
pub fn others(tx: &mut Tx, now: Instant, ticket: TicketId, me: StaffId) -> Result<Vec<Viewer>> {
    tx.query(
        "SELECT p.staff_id, s.name, p.writing, p.seen_at FROM ticket_presence p JOIN staff s ON s.staff_id = p.staff_id
         WHERE p.ticket_id = $1 AND p.staff_id <> $2 AND p.seen_at > $3 ORDER BY s.name, p.staff_id",
        &[ticket.into(), me.into(), now.plus_ms(-ALIVE_MS).into()],
        |row| {
            Ok(Viewer { staff: row.id(0, StaffId)?, name: row.text(1)?, writing: row.bool(2)?, since: row.instant(3)? })
        },
    )
}

/// Forgets heartbeats that ended.
pub fn sweep(tx: &mut Tx, now: Instant) -> Result<u64> {
    tx.execute("DELETE FROM ticket_presence WHERE seen_at <= $1", &[now.plus_ms(-ALIVE_MS).into()])
}
