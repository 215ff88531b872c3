//! The log of each ticket.

use crate::event::{Event, What};
use crate::ticket::Ticket;
use zunke_kernel::id::{CustomerId, StaffId, TicketId};
use zunke_kernel::{Instant, Result};
use zunke_store::{Row, Tx};

/// Writes the next event of a locked ticket.
pub fn append(tx: &mut Tx, ticket: &mut Ticket, at: Instant, staff: Option<StaffId>, what: What) -> Result<()> {
    let (kind, detail) = what.write()?;
    let event = Event { seq: ticket.events, at, staff, what };
    tx.execute(
        "INSERT INTO ticket_events (customer_id, ticket_id, seq, at, kind, staff_id, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            ticket.customer.into(),
            ticket.id.into(),
            event.seq.into(),
            at.into(),
            kind.into(),
            staff.into(),
            detail.into(),
        ],
    )?;
    ticket.events += 1;
    ticket.fresh.push(event);
    Ok(())
}

/// Writes an event whose number was taken already: customer, ticket, number.
pub fn write(
    tx: &mut Tx,
    key: (CustomerId, TicketId, i64),
    at: Instant,
    staff: Option<StaffId>,
    what: &What,
) -> Result<()> {
    let (kind, detail) = what.write()?;
    tx.execute(
        "INSERT INTO ticket_events (customer_id, ticket_id, seq, at, kind, staff_id, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[key.0.into(), key.1.into(), key.2.into(), at.into(), kind.into(), staff.into(), detail.into()],
    )?;
    Ok(())
}

fn read(row: &Row) -> Result<Event> {
    Ok(Event {
        seq: row.int(0)?,
        at: row.instant(1)?,
        staff: row.opt_id(2, StaffId)?,
        what: What::read(row.str(3)?, row.str(4)?)?,
    })
}

/// The whole log of a ticket, in order.
pub fn of(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<Event>> {
    tx.query(
        "SELECT seq, at, staff_id, kind, detail FROM ticket_events WHERE customer_id = $1 AND ticket_id = $2
         ORDER BY seq",
        &[ticket.customer.into(), ticket.id.into()],
        read,
    )
}
