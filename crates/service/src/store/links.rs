//! Which tickets belong together.

use crate::context::Context;
use crate::ticket::Ticket;
use serde::Serialize;
use utoipa::ToSchema;
use zunke_kernel::id::{StaffId, TicketId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

/// Links two tickets, seen from both; the older word stands where they were linked before.
pub fn link(tx: &mut Tx, cx: &Context, (one, other): (TicketId, TicketId), kind: &str) -> Result<()> {
    for (from, to) in [(one, other), (other, one)] {
        let customer = super::tickets::customer_of(tx, from)?.ok_or_else(Error::not_found)?;
        tx.execute(
            "INSERT INTO ticket_links (customer_id, ticket_id, other_id, kind, staff_id, linked_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (customer_id, ticket_id, other_id) DO NOTHING",
            &[customer.into(), from.into(), to.into(), kind.into(), cx.actor.into(), cx.now.into()],
        )?;
    }
    Ok(())
}

/// A ticket that belongs to another.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TicketLink)]
pub struct Link {
    pub other_id: TicketId,
    /// `related`, `follow_up`, `duplicate` or `split`.
    pub kind: String,
    pub staff_id: Option<StaffId>,
    pub linked_at: Instant,
}

/// What a ticket is linked with, the oldest first.
pub fn of(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<Link>> {
    tx.query(
        "SELECT other_id, kind, staff_id, linked_at FROM ticket_links WHERE customer_id = $1 AND ticket_id = $2
         ORDER BY linked_at, other_id",
        &[ticket.customer.into(), ticket.id.into()],
        |row| {
            Ok(Link {
                other_id: row.id(0, TicketId)?,
                kind: row.text(1)?,
                staff_id: row.opt_id(2, StaffId)?,
                linked_at: row.instant(3)?,
            })
        },
    )
}
