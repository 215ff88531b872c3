//! A ticket is changed by hand: its state, its kind, who has it.

use crate::context::{Context, Hooks};
use crate::event::What;
use crate::state::{self, Act, Next, Rules, Stand};
use crate::store::{people, search};
use crate::ticket::{Kind, Priority, State, Ticket};
use crate::{tasks, text, work};
use zunke_access::directory;
use zunke_http::Change as Field;
use zunke_kernel::id::{GroupId, StaffId, TicketId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

/// What to change; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub state: Option<State>,
    pub kind: Option<Kind>,
    pub priority: Option<Priority>,
    pub subject: Option<String>,
    pub product: Field<String>,
    pub assignee: Field<StaffId>,
    pub group: Field<GroupId>,
    /// Into the urgent lane or out of it; with a reason.
    pub urgent: Option<bool>,
    pub reason: Option<String>,
}

/// Changes a ticket by hand.
pub fn change(tx: &mut Tx, cx: &Context, id: TicketId, change: &Change, hooks: &Hooks) -> Result<()> {
    work::touch(tx, cx, hooks, id, "changed", |tx, ticket| apply(tx, cx, ticket, change))
}

/// The change itself, on a locked ticket; what follows from it is left to the caller.
pub fn apply(tx: &mut Tx, cx: &Context, ticket: &mut Ticket, change: &Change) -> Result<()> {
    let now = cx.now;
    let reason = text::optional(change.reason.as_deref(), "reason", text::REASON_CHARS_MAX)?;
    if let Some(to) = change.kind.filter(|to| *to != ticket.kind) {
        let from = std::mem::replace(&mut ticket.kind, to);
        work::note(tx, cx, ticket, now, What::KindChanged { from, to })?;
    }
    if let Some(to) = change.priority.filter(|to| *to != ticket.priority) {
        let from = std::mem::replace(&mut ticket.priority, to);
        work::note(tx, cx, ticket, now, What::PriorityChanged { from, to })?;
    }
    if let Some(subject) = &change.subject {
        let to = text::required(subject, "subject", text::SUBJECT_CHARS_MAX)?;
        if to != ticket.subject {
            let from = std::mem::replace(&mut ticket.subject, to.clone());
            work::note(tx, cx, ticket, now, What::SubjectChanged { from, to })?;
            let name = people::standing(tx, ticket.customer)?.map(|standing| standing.name);
            search::put(tx, ticket, name.as_deref())?;
        }
    }
    match &change.product {
        Field::Keep => {}
        Field::Clear => ticket.product = None,
        Field::Set(product) => ticket.product = text::optional(Some(product), "product", text::SHORT_CHARS_MAX)?,
    }
    assign(tx, cx, ticket, change, reason.clone())?;
    if let Some(on) = change.urgent.filter(|on| *on != ticket.urgent) {
        let text = ("加急需要说明原因。", "The urgent lane needs a reason.");
        let reason = reason.clone().ok_or_else(|| Error::invalid("reason_required", text.0, text.1).at("reason"))?;
        if on {
            crate::queue::use_urgent_lane(tx, cx)?;
        }
        ticket.urgent = on;
        work::note(tx, cx, ticket, now, What::Urgent { on, reason })?;
    }
    if let Some(to) = change.state {
        if to == State::Cancelled && ticket.kind == Kind::Complaint && reason.is_none() {
            let text = ("取消投诉需要说明原因。", "Cancelling a complaint needs a reason.");
            return Err(Error::invalid("reason_required", text.0, text.1).at("reason"));
        }
        if let Next::To(to) = state::next(stand(ticket), Act::Set(to), now, rules(cx))? {
            require_ready(tx, cx, ticket, to)?;
            settle(tx, cx, ticket, to, now, reason)?;
        }
    }
    Ok(())
}

fn assign(tx: &mut Tx, cx: &Context, ticket: &mut Ticket, change: &Change, why: Option<String>) -> Result<()> {
    let (staff, group) = (change.assignee.over(ticket.assignee), change.group.over(ticket.group));
    if (staff, group) == (ticket.assignee, ticket.group) {
        return Ok(());
    }
    if let Some(staff) = staff.filter(|staff| Some(*staff) != ticket.assignee) {
        directory::require_staff(tx, staff, "staff_id")?;
    }
    if let Some(group) = group.filter(|group| Some(*group) != ticket.group) {
        people::require_group(tx, group)?;
    }
    (ticket.assignee, ticket.group) = (staff, group);
    work::note(tx, cx, ticket, cx.now, What::Assigned { group, staff, why })?;
    if staff.is_some() && staff == cx.actor {
        taken(tx, cx, ticket)?;
    }
    Ok(())
}

/// What stands against a state that somebody sets: required steps that are open, where it is solved.
pub(crate) fn require_ready(tx: &mut Tx, cx: &Context, ticket: &Ticket, to: State) -> Result<()> {
    let solves = matches!(to, State::Solved | State::Closed) && !ticket.state.is_done();
    if solves && cx.actor.is_some() { tasks::require_steps(tx, ticket) } else { Ok(()) }
}

/// Somebody takes a locked ticket in hand: a new one is open from here on.
pub fn taken(tx: &mut Tx, cx: &Context, ticket: &mut Ticket) -> Result<()> {
    if let Next::To(to) = state::next(stand(ticket), Act::Taken, cx.now, rules(cx))? {
        settle(tx, cx, ticket, to, cx.now, None)?;
    }
    Ok(())
}

/// Puts a locked ticket into the state that the state function gave, with all that hangs on it.
pub(crate) fn settle(
    tx: &mut Tx,
    cx: &Context,
    ticket: &mut Ticket,
    to: State,
    at: Instant,
    reason: Option<String>,
) -> Result<()> {
    let from = std::mem::replace(&mut ticket.state, to);
    match to {
        State::Solved => ticket.solved_at = Some(at),
        State::Closed => {
            ticket.solved_at.get_or_insert(at);
            ticket.closed_at = Some(at);
        }
        State::Cancelled => ticket.closed_at = Some(at),
        State::New | State::Open | State::Waiting | State::Held if from.is_done() => {
            ticket.solved_at = None;
            ticket.closed_at = None;
            ticket.reopened += 1;
        }
        State::New | State::Open | State::Waiting | State::Held => {}
    }
    work::note(tx, cx, ticket, at, What::StateChanged { from, to, reason })
}

/// What the state function looks at.
#[must_use]
pub fn stand(ticket: &Ticket) -> Stand {
    Stand { state: ticket.state, done_at: ticket.solved_at.or(ticket.closed_at), merged: ticket.merged_into.is_some() }
}

/// The rules that the organisation set.
#[must_use]
pub fn rules(cx: &Context) -> Rules {
    Rules { reopen_days: cx.settings.reopen_days, thanks_reopens: cx.settings.thanks_reopens }
}
