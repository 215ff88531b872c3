//! Keeps a ticket's clocks in step with what happens to it.

use crate::context::Context;
use crate::event::Event;
use crate::ticket::{NEVER, Ticket};
use zunke_kernel::Result;
use zunke_store::Tx;

/// Computes the clocks again after `events` happened, and writes the next promise into the ticket. Without a policy
/// nothing is promised.
pub fn refresh(_tx: &mut Tx, _cx: &Context, ticket: &mut Ticket, _events: &[Event]) -> Result<()> {
    ticket.next_metric = None;
    ticket.next_due_at = NEVER;
    Ok(())
}
