//! Who gets a ticket: dedicated manager, deputy, the level's group, anyone who has the skills. Nobody there is a state with
//! a reason, never an error, and never a lost ticket.

pub mod decide;
#[cfg(test)]
mod decide_tests;
pub mod needs;
pub mod reason;
pub mod record;
pub mod settings;
pub mod work;

use crate::context::Context;
use crate::event::What;
use crate::manager;
use crate::store::staffing::{self, Moment};
use crate::store::{events, groups, routes};
use crate::ticket::{State, Ticket};
use decide::{Asked, Group, Person, Routed, Stage, decide};
use record::Record;
use settings::Settings;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

/// A ticket that nobody could take is looked at again after so long.
const RETRY_MS: i64 = 60_000;

/// Gives a ticket that nobody has to a group and a person, with an event that says why. Called after every change of such a
/// ticket; `ticket.fresh` is what just happened to it.
pub fn route(tx: &mut Tx, cx: &Context, ticket: &mut Ticket) -> Result<()> {
    if !asks_for_routing(ticket) {
        return Ok(());
    }
    let (settings, _) = Settings::load(tx)?;
    let asked = asked(tx, cx, &settings, ticket)?;
    let groups: Vec<Group> = groups::all(tx, false)?.iter().map(groups::Stored::as_group).collect();
    let mut people = who(tx, cx, &settings, &asked, &groups)?;
    let routed = settle(tx, &asked, &groups, &mut people)?;
    give(tx, cx, ticket, &asked, &routed)
}

/// Whether what just happened is for routing to follow. Who was given a ticket by hand keeps it, and a group chosen by hand
/// too.
fn asks_for_routing(ticket: &Ticket) -> bool {
    let by_hand = ticket.fresh.iter().any(|event| matches!(event.what, What::Assigned { .. }));
    !by_hand
        && ticket.fresh.iter().any(|event| match &event.what {
            What::Opened { .. } | What::CustomerSet { .. } | What::LevelChanged { .. } | What::Released { .. } => true,
            What::StateChanged { from, to, .. } => from.is_done() && matches!(to, State::New | State::Open),
            _ => false,
        })
}

/// What a ticket asks for now.
fn asked(tx: &mut Tx, cx: &Context, settings: &Settings, ticket: &Ticket) -> Result<Asked> {
    let skills = needs::skills(&settings.needs, &needs::Facts::of(ticket));
    let waited = cx.now.0.saturating_sub(ticket.opened_at.0);
    let managed = if ticket.has_customer() {
        manager::of(tx, ticket.customer, cx.zone.day_of(cx.now))?
    } else {
        manager::Managed::default()
    };
    Ok(Asked {
        level_rank: ticket.level_rank,
        relaxed: needs::relaxed(waited, settings.relax_minutes, skills.len()),
        skills,
        manager: managed.manager,
        deputies: managed.deputies,
        handed_back: routes::handed_back(tx, ticket)?,
    })
}

/// Those who may be given it, and those of whom it has to be said why not.
fn who(tx: &mut Tx, cx: &Context, settings: &Settings, asked: &Asked, groups: &[Group]) -> Result<Vec<Person>> {
    let fits = |group: &&Group| group.levels.as_ref().is_none_or(|levels| levels.contains(&asked.level_rank));
    let mut named: Vec<StaffId> = asked.manager.iter().chain(&asked.deputies).copied().collect();
    named.extend(groups.iter().filter(fits).flat_map(|group| group.members.iter().copied()));
    staffing::people(tx, Moment { now: cx.now, zone: &cx.zone }, settings.capacity, &named, false)
}

/// Decides, and holds who is chosen: where somebody else gave him his last place meanwhile, decides again.
fn settle(tx: &mut Tx, asked: &Asked, groups: &[Group], people: &mut [Person]) -> Result<Routed> {
    loop {
        let routed = decide(asked, groups, people);
        let Some(person) = routed.staff.and_then(|id| people.iter_mut().find(|person| person.id == id)) else {
            return Ok(routed);
        };
        person.load = staffing::hold(tx, person.id)?;
        if person.load < person.capacity {
            return Ok(routed);
        }
    }
}

/// Writes a decision: into the ticket, its log, and where it is kept why.
fn give(tx: &mut Tx, cx: &Context, ticket: &mut Ticket, asked: &Asked, routed: &Routed) -> Result<()> {
    // A group that it stands in already stays, where the decision names none.
    let group = routed.group.or(ticket.group);
    if (group, routed.staff) != (ticket.group, ticket.assignee) {
        (ticket.group, ticket.assignee) = (group, routed.staff);
        let why = Some(routed.reason.text().get(cx.organisation.locale).to_owned());
        events::append(tx, ticket, cx.now, None, What::Assigned { group, staff: routed.staff, why })?;
    }
    let retry = (routed.stage == Stage::Waiting).then(|| cx.now.plus_ms(RETRY_MS));
    routes::keep(tx, ticket.id, cx.now, &Record::of(asked, routed), retry)
}

/// What would be decided about a ticket now, with everybody who works on tickets looked at. Writes nothing.
pub fn dry_run(tx: &mut Tx, cx: &Context, asked: &Asked) -> Result<(Record, Instant)> {
    let (settings, _) = Settings::load(tx)?;
    let groups: Vec<Group> = groups::all(tx, false)?.iter().map(groups::Stored::as_group).collect();
    let named: Vec<StaffId> = asked.manager.iter().chain(&asked.deputies).copied().collect();
    let moment = Moment { now: cx.now, zone: &cx.zone };
    let people = staffing::people(tx, moment, settings.capacity, &named, true)?;
    Ok((Record::of(asked, &decide(asked, &groups, &people)), cx.now))
}
