//! The clocks as they were computed last, for lists and reports.

use crate::clock::run::{Clock, calendar_of};
use crate::clock::{Calendars, Metric};
use crate::ticket::Ticket;
use std::collections::HashMap;
use zunke_kernel::id::{CalendarId, CustomerId, TicketId};
use zunke_kernel::{Instant, Result};
use zunke_store::{Tx, Value};

/// Writes the clocks of a locked ticket over those that stood there.
pub fn save(tx: &mut Tx, now: Instant, ticket: &Ticket, clocks: &[Clock], calendars: &Calendars) -> Result<()> {
    let mut runs: HashMap<Metric, i64> = HashMap::new();
    let mut rows: Vec<Vec<Value>> = Vec::with_capacity(clocks.len());
    for clock in clocks {
        let run = runs.entry(clock.metric).or_insert(0);
        *run += 1;
        let used = match (&clock.aim, clock.ended) {
            (Some(aim), Some(_)) => Some(clock.used_ms(&*calendar_of(aim, calendars)?, now)),
            _ => None,
        };
        rows.push(vec![
            ticket.customer.into(),
            ticket.id.into(),
            clock.metric.word().into(),
            (*run).into(),
            clock.status.word().into(),
            clock.started.into(),
            clock.due.into(),
            clock.ended.into(),
            clock.aim.as_ref().map(|aim| aim.policy).into(),
            clock.aim.as_ref().map(|aim| aim.calendar.0).into(),
            used.into(),
            clock.manual.is_some().into(),
            ticket.kind.word().into(),
            ticket.priority.word().into(),
            ticket.level_rank.into(),
        ]);
    }
    tx.execute(
        "DELETE FROM ticket_clocks WHERE customer_id = $1 AND ticket_id = $2",
        &[ticket.customer.into(), ticket.id.into()],
    )?;
    if rows.is_empty() {
        return Ok(());
    }
    tx.execute_many(
        "INSERT INTO ticket_clocks (customer_id, ticket_id, metric, run, state, started_at, due_at, ended_at, policy_id,
           calendar_id, used_ms, manual, kind, priority, level_rank)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &rows,
    )?;
    Ok(())
}

/// The tickets after `after` with a clock that runs by this calendar, in the order of their ids.
pub fn running_by(tx: &mut Tx, calendar: CalendarId, after: Option<TicketId>, limit: i64) -> Result<Vec<TicketId>> {
    let after = after.unwrap_or(TicketId(uuid::Uuid::nil()));
    tx.query(
        "SELECT DISTINCT ticket_id FROM ticket_clocks WHERE calendar_id = $1 AND ended_at IS NULL AND ticket_id > $2
         ORDER BY ticket_id LIMIT $3",
        &[calendar.into(), after.into(), limit.into()],
        |row| row.id(0, TicketId),
    )
}

/// The open tickets of a customer.
pub fn open_of(tx: &mut Tx, customer: CustomerId) -> Result<Vec<TicketId>> {
    tx.query(
        "SELECT ticket_id FROM tickets WHERE customer_id = $1 AND state IN ('new', 'open', 'waiting', 'held')
         ORDER BY ticket_id",
        &[customer.into()],
        |row| row.id(0, TicketId),
    )
}
