//! Keeps a ticket's clocks in step with what happens to it.

use super::promise::{Promise, StepAt};
use super::run::{self, Calendars, Clock, calendar_of};
use crate::context::Context;
use crate::event::{Event, What};
use crate::policy::{self, Facts};
use crate::store::alarms::{Alarm, Told};
use crate::store::{alarms, calendars, clocks, events, managers, policies};
use crate::ticket::{NEVER, Ticket};
use crate::work;
use serde_json::json;
use zunke_kernel::calendar::open_outside;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

/// Computes the clocks again after `events` happened, and writes the next promise into the ticket. Where kind, priority or
/// level changed, the policy is looked for again. Without a policy nothing is promised.
pub fn refresh(tx: &mut Tx, cx: &Context, ticket: &mut Ticket, events: &[Event]) -> Result<()> {
    let chooses = events.iter().any(|event| {
        matches!(
            event.what,
            What::Opened { .. } | What::KindChanged { .. } | What::PriorityChanged { .. } | What::LevelChanged { .. }
        )
    });
    let moves = events.iter().any(|event| {
        matches!(
            event.what,
            What::StateChanged { .. }
                | What::Said { .. }
                | What::MergedFrom { .. }
                | What::MergedInto { .. }
                | What::ManualDue { .. }
                | What::CalendarChanged { .. }
        )
    });
    if chooses {
        choose(tx, cx, ticket)?;
    }
    if chooses || moves { compute(tx, cx, ticket) } else { Ok(()) }
}

/// Looks for the policy, and writes it into the log where it is another than before.
fn choose(tx: &mut Tx, cx: &Context, ticket: &mut Ticket) -> Result<()> {
    let vip = managers::rates(tx)?.is_vip(ticket.level_rank);
    let facts = Facts { kind: ticket.kind, priority: ticket.priority, level_rank: ticket.level_rank, vip };
    let all = policies::all(tx)?;
    let found = policy::first(&all, facts);
    let before = ticket.policy.as_ref().map(|kept| (kept["id"].clone(), kept["version"].clone()));
    let after = found.map(|policy| (json!(policy.id), json!(policy.version)));
    if before == after {
        return Ok(());
    }
    let mode = match (&before, found) {
        (None, _) => "new",
        (Some(_), Some(policy)) => policy.content.mode.word(),
        // Nothing is promised to such a ticket: what was promised already is kept.
        (Some(_), None) => "keep",
    };
    let detail = match found {
        Some(policy) => {
            let calendar = calendars::require(tx, policy.calendar_id)?;
            serde_json::to_value(policy.promise(calendar.version)).map_err(Error::internal)?
        }
        None => serde_json::Value::Null,
    };
    ticket.policy = found.map(|policy| json!({ "id": policy.id, "version": policy.version, "promise": detail }));
    let applied = What::PolicyApplied {
        policy: found.map(|policy| policy.id),
        version: found.map_or(0, |policy| policy.version),
        mode: mode.to_owned(),
        detail,
    };
    work::note(tx, cx, ticket, cx.now, applied)
}

/// The log of a ticket: what is in hand where that is all of it.
fn log(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<Event>> {
    match ticket.fresh.first() {
        Some(first) if first.seq == 0 => Ok(ticket.fresh.clone()),
        _ => events::of(tx, ticket),
    }
}

/// The calendars that a log names.
pub fn load(tx: &mut Tx, log: &[Event]) -> Result<Calendars> {
    let mut found = Calendars::new();
    for (id, version) in run::named(log) {
        found.insert((id, version), calendars::compiled(tx, id, version)?);
    }
    Ok(found)
}

fn compute(tx: &mut Tx, cx: &Context, ticket: &mut Ticket) -> Result<()> {
    let log = log(tx, ticket)?;
    let calendars = load(tx, &log)?;
    let clocks = run::clocks(&log, &calendars, cx.now)?;
    let open = |clock: &&Clock| clock.status.is_open();
    let next = clocks.iter().filter(open).filter_map(|clock| Some((clock.due?, clock.metric))).min();
    ticket.next_metric = next.map(|(_, metric)| metric.word().to_owned());
    ticket.next_due_at = next.map_or(NEVER, |(due, _)| due);
    let manual: Vec<_> =
        clocks.iter().filter(open).filter_map(|clock| Some((clock.metric.word(), clock.manual.clone()?))).collect();
    ticket.manual_due = if manual.is_empty() {
        None
    } else {
        Some(manual.into_iter().map(|(metric, manual)| (metric.to_owned(), json!(manual))).collect())
    };
    clocks::save(tx, cx.now, ticket, &clocks, &calendars)?;
    let steps: Promise = match ticket.policy.as_ref().map(|kept| kept["promise"].clone()) {
        Some(promise) => serde_json::from_value(promise).map_err(Error::internal)?,
        None => return alarms::keep(tx, ticket.id, &[]),
    };
    let mut wanted = Vec::new();
    for clock in clocks.iter().filter(open) {
        wanted.extend(alarms_of(cx.now, ticket, clock, &steps, &calendars)?);
    }
    alarms::keep(tx, ticket.id, &wanted)
}

/// The alarms of one clock that runs. Of steps whose time is over already only the last is wanted: who comes late to a
/// promise is told where it stands, not its whole past.
fn alarms_of(
    now: Instant,
    ticket: &Ticket,
    clock: &Clock,
    promise: &Promise,
    calendars: &Calendars,
) -> Result<Vec<Alarm>> {
    let Some(due) = clock.due else { return Ok(Vec::new()) };
    let (calendar, start) = match &clock.aim {
        Some(aim) => (calendar_of(aim, calendars)?, aim.start),
        None => (run::always(), clock.started),
    };
    let whole = open_outside(&calendar, start, due, &clock.pauses);
    let mut alarms = Vec::new();
    for step in promise.steps.iter().filter(|step| step.metric.is_none_or(|metric| metric == clock.metric)) {
        let fire = match step.at {
            StepAt::Percent(percent) => calendar.add_ms_outside(start, whole / 100 * percent, &clock.pauses),
            StepAt::Minutes(0) => Ok(Some(due)),
            StepAt::Minutes(minutes) if minutes < 0 => calendar.back_ms(due, -minutes * 60_000).map(Some),
            StepAt::Minutes(minutes) => calendar.add_ms(due, minutes * 60_000).map(Some),
        };
        // A step that no calendar time is left for is never taken.
        let Some(fire) = fire.ok().flatten() else { continue };
        let told = Told { roles: step.to.clone(), staff: step.staff.clone() };
        let metric = clock.metric.word().to_owned();
        match alarms.iter_mut().find(|one: &&mut Alarm| one.step == step.key()) {
            Some(same) => {
                same.told.roles.extend(told.roles);
                same.told.staff.extend(told.staff);
            }
            None => alarms.push(Alarm { ticket: ticket.id, metric, due, step: step.key(), fire, told }),
        }
    }
    let last = alarms.iter().map(|alarm| alarm.fire).filter(|fire| *fire <= now).max();
    alarms.retain(|alarm| alarm.fire > now || Some(alarm.fire) == last);
    Ok(alarms)
}
