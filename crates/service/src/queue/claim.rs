//! Taking a ticket: the next one of the queue, or a certain one. Whoever tries at the same moment, one gets it.

use super::order::guards_first;
use crate::change;
use crate::context::{Context, Hooks};
use crate::event::What;
use crate::routing::needs;
use crate::routing::settings::Settings;
use crate::store::groups;
use crate::store::queue::{self, Head, Lane};
use crate::store::staffing;
use crate::ticket::Ticket;
use crate::{text, visible, work};
use std::collections::HashSet;
use zunke_access::{Actor, LevelReach};
use zunke_kernel::id::{GroupId, StaffId, TicketId};
use zunke_kernel::{Error, Instant, Kind, Result};
use zunke_store::{Tx, Value};

/// So many are looked at together …
const PAGE: u32 = 24;
/// … and so many times, before it is said that there is none for this person.
const PAGES: u32 = 40;

/// Somebody else was faster.
fn taken_already() -> Error {
    Error::conflict("ticket_taken", "该工单已被他人领取。", "Somebody else has taken this ticket.")
}

/// A ticket that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub ticket: TicketId,
    /// Its promise was in its last part; otherwise it was its turn.
    pub guarded: bool,
}

/// Who takes.
struct Taker<'a> {
    actor: &'a Actor,
    groups: Vec<Option<GroupId>>,
    skills: Vec<String>,
    relax_minutes: i64,
}

/// Takes the next ticket for who acts: of his groups and of everybody's queue, one that he may see and has the skills for.
/// `None`: there is none. `coin` is 0 to 99, any.
pub fn next(tx: &mut Tx, cx: &Context, hooks: &Hooks, actor: &Actor, coin: u8) -> Result<Option<Taken>> {
    let (settings, _) = Settings::load(tx)?;
    let mut of: Vec<Option<GroupId>> = groups::of_member(tx, actor.staff)?.into_iter().map(Some).collect();
    of.push(None);
    let skills = staffing::skills_of(tx, actor.staff)?;
    let taker = Taker { actor, groups: of, skills, relax_minutes: settings.relax_minutes };
    let lanes = if guards_first(&settings.order, coin) { [Lane::Guard, Lane::Turn] } else { [Lane::Turn, Lane::Guard] };
    let mut lost = HashSet::new();
    for lane in lanes {
        if let Some(ticket) = first_of(tx, cx, hooks, &taker, lane, usize::from(coin), &mut lost)? {
            return Ok(Some(Taken { ticket, guarded: lane == Lane::Guard }));
        }
    }
    Ok(None)
}

fn first_of(
    tx: &mut Tx,
    cx: &Context,
    hooks: &Hooks,
    taker: &Taker,
    lane: Lane,
    spread: usize,
    lost: &mut HashSet<TicketId>,
) -> Result<Option<TicketId>> {
    let mut after: Option<(Instant, TicketId)> = None;
    for _ in 0..PAGES {
        let heads = queue::heads(tx, (lane, cx.now), &taker.groups, after, PAGE)?;
        let Some(last) = heads.last() else { return Ok(None) };
        after = Some((last.at, last.ticket));
        let full = heads.len() == PAGE as usize;
        let mut fitting = taker.fitting(tx, cx.now, heads)?;
        fitting.retain(|ticket| !lost.contains(ticket));
        while !fitting.is_empty() {
            // The first; and after it was lost to somebody else at this very moment any of the next, so that many hands do
            // not all wait for one another's.
            let at = if lost.is_empty() { 0 } else { spread % fitting.len() };
            let ticket = fitting.remove(at);
            match work::touch(tx, cx, hooks, ticket, "claimed", |tx, ticket| take(tx, cx, ticket, taker.actor.staff)) {
                Ok(()) => return Ok(Some(ticket)),
                Err(error) if error.code == "ticket_taken" || error.kind == Kind::NotFound => {
                    lost.insert(ticket);
                }
                Err(error) => return Err(error),
            }
        }
        if !full {
            return Ok(None);
        }
    }
    Ok(None)
}

impl Taker<'_> {
    /// Those that he has the skills for and may see, in their order.
    fn fitting(&self, tx: &mut Tx, now: Instant, heads: Vec<Head>) -> Result<Vec<TicketId>> {
        let able = |head: &Head| {
            let waited = now.0.saturating_sub(head.opened_at.0);
            let given_up = needs::relaxed(waited, self.relax_minutes, head.skills.len());
            head.skills[..head.skills.len() - given_up].iter().all(|skill| self.skills.contains(skill))
        };
        let level = |head: &Head| match &self.actor.scope.levels {
            LevelReach::All => true,
            LevelReach::Only(ranks) => ranks.contains(&head.level_rank),
        };
        let heads: Vec<Head> = heads.into_iter().filter(|head| able(head) && level(head)).collect();
        let (seen, mut params) = visible::seen(tx.engine(), self.actor, "t");
        if seen.is_empty() || heads.is_empty() {
            return Ok(heads.into_iter().map(|head| head.ticket).collect());
        }
        let places: Vec<String> = heads
            .iter()
            .map(|head| {
                let (customer, ticket): (Value, Value) = (head.customer.into(), head.ticket.into());
                params.extend([customer, ticket]);
                format!("(t.customer_id = ${} AND t.ticket_id = ${})", params.len() - 1, params.len())
            })
            .collect();
        let sql = format!("SELECT t.ticket_id FROM tickets t WHERE ({}){seen}", places.join(" OR "));
        let visible: HashSet<TicketId> = tx.query(&sql, &params, |row| row.id(0, TicketId))?.into_iter().collect();
        Ok(heads.into_iter().map(|head| head.ticket).filter(|ticket| visible.contains(ticket)).collect())
    }
}

/// Takes a certain ticket for who acts.
pub fn one(tx: &mut Tx, cx: &Context, hooks: &Hooks, id: TicketId, staff: StaffId) -> Result<()> {
    work::touch(tx, cx, hooks, id, "claimed", |tx, ticket| {
        if ticket.assignee == Some(staff) {
            return Err(Error::conflict("ticket_yours", "该工单已经在您手上。", "You have this ticket already."));
        }
        if !ticket.state.is_active() {
            let text = ("该工单目前不需要处理。", "There is nothing to do on this ticket now.");
            return Err(Error::conflict("ticket_not_active", text.0, text.1));
        }
        take(tx, cx, ticket, staff)
    })
}

/// The conditional update, and what follows from it. The row of the ticket is locked before the row of the queue, as every
/// change does, so that nobody waits in a circle.
fn take(tx: &mut Tx, cx: &Context, ticket: &mut Ticket, staff: StaffId) -> Result<()> {
    if ticket.assignee.is_some() || !queue::win(tx, ticket.id, staff)? {
        return Err(taken_already());
    }
    ticket.assignee = Some(staff);
    work::note(tx, cx, ticket, cx.now, What::Claimed {})?;
    change::taken(tx, cx, ticket)
}

/// Hands a ticket back, with a reason: routing finds somebody else.
pub fn release(tx: &mut Tx, cx: &Context, hooks: &Hooks, id: TicketId, reason: &str) -> Result<()> {
    let why = text::required(reason, "reason", text::REASON_CHARS_MAX)?;
    work::touch(tx, cx, hooks, id, "released", |tx, ticket| {
        if ticket.assignee.take().is_none() {
            let text = ("该工单没有处理人，无需退回。", "Nobody has this ticket.");
            return Err(Error::conflict("ticket_unassigned", text.0, text.1));
        }
        work::note(tx, cx, ticket, cx.now, What::Released { why: Some(why) })
    })
}
