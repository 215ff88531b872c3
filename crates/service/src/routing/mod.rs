//! Who gets a ticket.

use crate::context::Context;
use crate::ticket::Ticket;
use zunke_kernel::Result;
use zunke_store::Tx;

/// Gives a ticket that nobody has to a group and a person, with an event that says why. Called after every change of such a
/// ticket; `ticket.fresh` is what just happened to it.
pub fn route(_tx: &mut Tx, _cx: &Context, _ticket: &mut Ticket) -> Result<()> {
    Ok(())
}
