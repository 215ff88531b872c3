//! What comes round every minute: tickets that waited too long in their group go on, those in hand of somebody who is absent
//! find another, those that nobody could take are looked at again, and broken promises stand in nobody's way.

use super::decide::{Asked, Group, Routed, Stage, decide};
use super::reason::Reason;
use super::settings::Settings;
use super::{asked, give, settle, who};
use crate::context::{Context, Hooks};
use crate::event::What;
use crate::queue::order::{self, Facts};
use crate::store::{events, groups, queue, routes, tickets};
use crate::ticket::{Priority, Ticket};
use crate::work::touch;
use zunke_access::settings::today;
use zunke_customers::Observers;
use zunke_kernel::id::{GroupId, TicketId};
use zunke_kernel::{Error, Instant, Kind, Result, Zone};
use zunke_store::jobs::{self, Handler, NewJob, Running};
use zunke_store::{Db, Tx};

/// The kind of the job of every minute.
pub const KIND: &str = "service.routing";
/// The kind of the job that writes all places anew after the order of the queue was changed.
pub const REORDER: &str = "service.reorder";

/// So many tickets of each sort in one round; the next round comes in a minute.
const ROUND: u32 = 500;
/// While nobody comes, a ticket is looked at again after so long.
const RETRY_MS: i64 = 60_000;
const PAGE: u32 = 1_000;

/// Every minute.
pub fn schedule(tx: &mut Tx, now: Instant, zone: &Zone) -> Result<()> {
    jobs::schedule(tx, now, zone, "service.routing", "* * * * *", KIND, &serde_json::json!({}))
}

/// Asks for all places to be written anew.
pub fn reorder_soon(tx: &mut Tx, now: Instant) -> Result<()> {
    let mut job = NewJob::new(REORDER, serde_json::json!({}), now);
    // One that runs already may have passed some by: it does not count, and there is no key.
    job.priority = 1;
    jobs::enqueue(tx, now, job).map(|_| ())
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Round {
    pub overflowed: u32,
    pub handed_back: u32,
    pub found: u32,
}

/// One round. Each ticket is a unit of work of its own: a killed round goes on with the next one, and a ticket that somebody
/// took meanwhile is left alone.
pub fn round(db: &Db, now: Instant, hooks: &Hooks) -> Result<Round> {
    let mut done = Round::default();
    db.write(|tx| queue::unguard_broken(tx, now))?;
    let day = db.read(|tx| Ok(today(&zunke_access::settings::load(tx)?, now)))?;
    for (id, _) in db.read(|tx| queue::held_by_absent(tx, day, ROUND))? {
        done.handed_back += u32::from(db.write(|tx| hand_back(tx, now, hooks, id))?);
    }
    for (id, from, to, minutes) in db.read(|tx| queue::overflowing(tx, now, ROUND))? {
        done.overflowed += u32::from(db.write(|tx| overflow(tx, now, hooks, id, (from, to), minutes))?);
    }
    for id in db.write(|tx| routes::to_retry(tx, now, ROUND))? {
        done.found += u32::from(db.write(|tx| look_again(tx, now, hooks, id))?);
    }
    Ok(done)
}

/// The ticket was taken, solved or moved on meanwhile.
fn passed() -> Error {
    Error::conflict("ticket_moved_on", "工单已有变化。", "The ticket has moved on.")
}

/// True where the work was done, false where the ticket had moved on.
fn unless_passed(done: Result<()>) -> Result<bool> {
    match done {
        Ok(()) => Ok(true),
        Err(error) if error.code == "ticket_moved_on" || error.kind == Kind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn hand_back(tx: &mut Tx, now: Instant, hooks: &Hooks, id: TicketId) -> Result<bool> {
    let cx = Context::load(tx, now, None)?;
    let locale = cx.organisation.locale;
    unless_passed(touch(tx, &cx, hooks, id, "released", |tx, ticket| {
        if ticket.assignee.is_none() || !ticket.state.is_active() {
            return Err(passed());
        }
        ticket.assignee = None;
        let why = zunke_kernel::Text::new("处理人不在，转给他人", "who had it is not there; it goes to somebody else");
        events::append(tx, ticket, now, None, What::Released { why: Some(why.get(locale).to_owned()) })
    }))
}

fn overflow(
    tx: &mut Tx,
    now: Instant,
    hooks: &Hooks,
    id: TicketId,
    (from, to): (GroupId, GroupId),
    minutes: i64,
) -> Result<bool> {
    let cx = Context::load(tx, now, None)?;
    let all = groups::all(tx, true)?;
    let name =
        |id: GroupId| all.iter().find(|group| group.id == id).map(|group| group.name.clone()).unwrap_or_default();
    let Some(target) = all.iter().find(|group| group.id == to && !group.archived) else { return Ok(false) };
    unless_passed(touch(tx, &cx, hooks, id, "routed", |tx, ticket| {
        if ticket.assignee.is_some() || ticket.group != Some(from) || !ticket.state.is_active() {
            return Err(passed());
        }
        let (settings, _) = Settings::load(tx)?;
        // Whatever level it is for by itself, here it is asked to help.
        let group = Group { levels: None, ..target.as_group() };
        let asked = Asked { manager: None, deputies: Vec::new(), ..asked(tx, &cx, &settings, ticket)? };
        let mut people = who(tx, &cx, &settings, &asked, std::slice::from_ref(&group))?;
        people.retain(|person| group.members.contains(&person.id));
        let decided = settle(tx, &asked, std::slice::from_ref(&group), &mut people)?;
        let stage = if decided.staff.is_some() { Stage::Group } else { decided.stage };
        let reason = Reason::Overflow { from: name(from), to: name(to), minutes };
        let routed = Routed { stage, group: Some(to), reason, ..decided };
        give(tx, &cx, ticket, &asked, &routed)
    }))
}

fn look_again(tx: &mut Tx, now: Instant, hooks: &Hooks, id: TicketId) -> Result<bool> {
    let cx = Context::load(tx, now, None)?;
    let Some(ticket) = tickets::find(tx, id)? else { return Ok(false) };
    let (settings, _) = Settings::load(tx)?;
    let groups: Vec<Group> = groups::all(tx, false)?.iter().map(groups::Stored::as_group).collect();
    let asked = asked(tx, &cx, &settings, &ticket)?;
    let mut people = who(tx, &cx, &settings, &asked, &groups)?;
    let routed = decide(&asked, &groups, &people);
    let same = |ticket: &Ticket| routed.staff.is_none() && routed.group.or(ticket.group) == ticket.group;
    if same(&ticket) {
        // Nothing to write into the ticket; only the reasons may be others.
        let retry = (routed.stage == Stage::Waiting).then(|| now.plus_ms(RETRY_MS));
        routes::keep(tx, id, now, &super::record::Record::of(&asked, &routed), retry)?;
        return Ok(false);
    }
    unless_passed(touch(tx, &cx, hooks, id, "routed", |tx, ticket| {
        if ticket.assignee.is_some() || !ticket.state.is_active() {
            return Err(passed());
        }
        let routed = settle(tx, &asked, &groups, &mut people)?;
        give(tx, &cx, ticket, &asked, &routed)
    }))
}

/// Writes all places anew, page by page.
pub fn reorder(db: &Db, progress: impl Fn(&mut Tx, u64) -> Result<()>) -> Result<u64> {
    let (mut last, mut done) = (None, 0_u64);
    loop {
        let page = db.write(|tx| {
            let (settings, _) = Settings::load(tx)?;
            let page = queue::after(tx, last, PAGE)?;
            let places: Vec<_> = page
                .iter()
                .map(|row| {
                    let facts = Facts {
                        level_rank: row.level_rank,
                        priority: Priority::read(&row.priority).unwrap_or(Priority::Normal),
                        urgent: row.urgent,
                        opened_at: row.opened_at,
                        since: row.since,
                        due_at: row.due_at,
                    };
                    (row.ticket, order::place(&settings.order, &facts))
                })
                .collect();
            queue::move_to(tx, &places)?;
            progress(tx, done + page.len() as u64)?;
            Ok(page.iter().map(|row| row.ticket).collect::<Vec<_>>())
        })?;
        done += page.len() as u64;
        match page.last() {
            Some(ticket) => last = Some(*ticket),
            None => return Ok(done),
        }
    }
}

/// Does the round of every minute.
pub struct Routes {
    pub observers: Observers,
}

impl Handler for Routes {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let hooks = Hooks { observers: self.observers.0.clone() };
        let done = round(job.db, job.now(), &hooks)?;
        serde_json::to_value(done).map_err(Error::internal)
    }
}

/// Writes all places anew.
pub struct Reorder;

impl Handler for Reorder {
    fn kind(&self) -> &'static str {
        REORDER
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let done = reorder(job.db, |tx, done| job.checkpoint(tx, &serde_json::json!({ "done": done })))?;
        Ok(serde_json::json!({ "tickets": done }))
    }
}
