//! How a ticket is changed: alone with it, in one transaction, and everybody who follows it is told in one order.

use crate::context::{Context, Hooks};
use crate::event::What;
use crate::store::{events, tickets};
use crate::ticket::{State, Ticket};
use crate::{clock, queue, routing};
use zunke_customers::{CustomerRef, Direction, Kind as ActivityKind, NewActivity, record};
use zunke_kernel::id::TicketId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Tx, outbox};

/// The topic of what happens to tickets: `{ticket_id, number, what}`.
pub const TOPIC: &str = "service.ticket";

/// Locks the ticket, does `work` on it, and then what follows from every change: routing where nobody has it, the clocks,
/// the row, the queue, the message to other rooms. 404 where there is none.
pub fn touch<T>(
    tx: &mut Tx,
    cx: &Context,
    hooks: &Hooks,
    id: TicketId,
    what: &str,
    work: impl FnOnce(&mut Tx, &mut Ticket) -> Result<T>,
) -> Result<T> {
    let mut ticket = tickets::lock(tx, id)?.ok_or_else(Error::not_found)?;
    let done = work(tx, &mut ticket)?;
    follow(tx, cx, hooks, &mut ticket, what)?;
    Ok(done)
}

/// Writes an event into the log of a locked ticket.
pub fn note(tx: &mut Tx, cx: &Context, ticket: &mut Ticket, at: Instant, what: What) -> Result<()> {
    events::append(tx, ticket, at, cx.actor, what)
}

/// What follows from every change of a locked ticket.
pub(crate) fn follow(tx: &mut Tx, cx: &Context, hooks: &Hooks, ticket: &mut Ticket, what: &str) -> Result<()> {
    if ticket.assignee.is_none() && ticket.state.is_active() {
        routing::route(tx, cx, ticket)?;
    }
    let fresh = ticket.fresh.clone();
    clock::apply::refresh(tx, cx, ticket, &fresh)?;
    let solved = fresh.iter().any(|event| matches!(event.what, What::StateChanged { to: State::Solved, .. }));
    ticket.fresh.clear();
    tickets::save(tx, cx.now, ticket)?;
    queue::place(tx, ticket)?;
    let payload = serde_json::json!({ "ticket_id": ticket.id, "number": ticket.number, "what": what });
    outbox::send(tx, cx.now, TOPIC, &ticket.id.to_string(), &payload)?;
    if solved { interaction(tx, cx, hooks, ticket, Contact::Solved) } else { Ok(()) }
}

/// What of a ticket stands in the customer's time line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contact {
    Opened,
    Solved,
}

/// Records that the customer came to us, or heard from us: measures and levels see it.
pub(crate) fn interaction(tx: &mut Tx, cx: &Context, hooks: &Hooks, ticket: &Ticket, contact: Contact) -> Result<()> {
    if !ticket.has_customer() {
        return Ok(());
    }
    let (id, at, direction, text) = match contact {
        Contact::Opened => (ticket.number.to_string(), ticket.opened_at, Direction::Inbound, None),
        Contact::Solved => {
            let at = ticket.solved_at.unwrap_or(cx.now);
            let id = format!("{}:solved:{}", ticket.number, ticket.reopened);
            (id, at, Direction::Outbound, Some(("工单已解决", "Ticket solved")))
        }
    };
    let mut activity = NewActivity::new(CustomerRef::Id(ticket.customer), ActivityKind::Interaction, "ticket", id, at);
    activity.channel = Some(ticket.channel.word().to_owned());
    activity.direction = Some(direction);
    activity.staff_id = cx.actor;
    let subject = text.map_or_else(
        || format!("{} {}", ticket.label(), ticket.subject),
        |(zh, en)| {
            let word = zunke_kernel::Text::new(zh, en).get(cx.organisation.locale).to_owned();
            format!("{word} {} {}", ticket.label(), ticket.subject)
        },
    );
    activity.subject = Some(subject.chars().take(300).collect());
    for outcome in record(tx, &cx.record(hooks), &[activity], &hooks.observers)? {
        if let zunke_customers::Outcome::Refused(error) = outcome {
            return Err(error);
        }
    }
    Ok(())
}
