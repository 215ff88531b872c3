//! The queue: the open tickets in the order in which they should be taken.

use crate::ticket::Ticket;
use zunke_kernel::{Instant, Result};
use zunke_store::{Tx, Value};

/// The instant that a ticket's place in the queue rests on: the earlier, the sooner.
#[must_use]
pub fn turn_at(ticket: &Ticket) -> Instant {
    ticket.opened_at
}

/// Writes the ticket's row of the queue; a ticket that is done has none.
pub fn place(tx: &mut Tx, ticket: &Ticket) -> Result<()> {
    if ticket.state.is_done() {
        tx.execute("DELETE FROM ticket_queue WHERE ticket_id = $1", &[ticket.id.into()])?;
        return Ok(());
    }
    let row: [Value; 13] = [
        ticket.id.into(),
        ticket.customer.into(),
        ticket.kind.word().into(),
        ticket.level_rank.into(),
        ticket.priority.word().into(),
        ticket.urgent.into(),
        ticket.group.into(),
        ticket.assignee.into(),
        ticket.state.is_active().into(),
        ticket.language.clone().into(),
        ticket.opened_at.into(),
        ticket.next_due_at.into(),
        turn_at(ticket).into(),
    ];
    tx.execute(
        "INSERT INTO ticket_queue (ticket_id, customer_id, kind, level_rank, priority, urgent, group_id, assignee_id,
           active, language, opened_at, due_at, turn_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (ticket_id) DO UPDATE SET customer_id = excluded.customer_id, kind = excluded.kind,
           level_rank = excluded.level_rank, priority = excluded.priority, urgent = excluded.urgent,
           group_id = excluded.group_id, assignee_id = excluded.assignee_id, active = excluded.active,
           language = excluded.language, opened_at = excluded.opened_at, due_at = excluded.due_at,
           turn_at = excluded.turn_at",
        &row,
    )?;
    Ok(())
}
