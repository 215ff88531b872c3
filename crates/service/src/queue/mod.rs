//! The queue: the open tickets in the order in which they should be taken.

pub mod claim;
pub mod order;

use crate::context::Context;
use crate::routing::needs;
use crate::routing::settings::Settings;
use crate::store::queue;
use crate::ticket::Ticket;
use order::Facts;
use zunke_access::settings::today;
use zunke_kernel::{Error, Result};
use zunke_store::Tx;

/// Writes the ticket's row of the queue; a ticket that is done has none.
pub fn place(tx: &mut Tx, ticket: &Ticket) -> Result<()> {
    if ticket.state.is_done() {
        return queue::remove(tx, ticket.id);
    }
    let (settings, _) = Settings::load(tx)?;
    let place = order::place(&settings.order, &Facts::of(ticket));
    let skills = needs::skills(&settings.needs, &needs::Facts::of(ticket));
    queue::put(tx, ticket, &place, &skills)
}

/// Counts one use of the urgent lane; 409 where who acts has used his up today.
pub fn use_urgent_lane(tx: &mut Tx, cx: &Context) -> Result<()> {
    let Some(staff) = cx.actor else { return Ok(()) };
    let (settings, _) = Settings::load(tx)?;
    if queue::use_urgent(tx, &settings.order, staff, today(&cx.organisation, cx.now))? {
        return Ok(());
    }
    let most = settings.order.urgent_per_day;
    Err(Error::conflict(
        "urgent_quota_used",
        format!("今天的加急次数已用完（每人每天 {most} 次）。"),
        format!("You have used the urgent lane {most} times today; that is as often as it may be used."),
    )
    .at("on"))
}
