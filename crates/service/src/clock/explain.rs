//! Why something is due when it is due: policy, calendar, pauses, and the working minutes day by day.

use super::promise::Target;
use super::run::{Manual, Metric, Status, calendar_of, clocks};
use crate::store::{calendars, events};
use crate::ticket::Ticket;
use serde::Serialize;
use utoipa::ToSchema;
use zunke_kernel::calendar::{open_by_day, open_outside};
use zunke_kernel::id::{CalendarId, PolicyId};
use zunke_kernel::{Day, Instant, Result};
use zunke_store::Tx;

/// One clock, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ClockExplained)]
pub struct Explained {
    pub metric: Metric,
    pub status: Status,
    pub started_at: Instant,
    pub ended_at: Option<Instant>,
    /// `null`: it stands still, and nothing is due for now.
    pub due_at: Option<Instant>,
    pub policy: Option<Named<PolicyId>>,
    pub calendar: Option<ClockCalendar>,
    pub target: Option<Target>,
    /// From when the target counts; another than the beginning where it was restarted.
    pub counted_from: Option<Instant>,
    pub manual: Option<Manual>,
    pub pauses: Vec<Pause>,
    /// Working minutes used up to the end, or now.
    pub used_minutes: i64,
    /// Working minutes from the beginning to the due time, without the pauses.
    pub promised_minutes: Option<i64>,
    /// Where the promised minutes lie.
    pub days: Vec<DayMinutes>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ClockPolicyNamed)]
pub struct Named<Id> {
    pub id: Id,
    pub name: String,
    pub version: i64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClockCalendar {
    pub id: CalendarId,
    pub version: i64,
    /// As it is called now.
    pub name: String,
    pub zone: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ClockPause)]
pub struct Pause {
    pub from: Instant,
    pub to: Option<Instant>,
    /// Working minutes that it gives back, up to its end or now.
    pub minutes: i64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ClockDay)]
pub struct DayMinutes {
    pub day: Day,
    pub minutes: i64,
    /// The windows of that day: `09:00-12:00`.
    pub hours: Vec<String>,
}

/// Every clock of a ticket with its reason, in the order in which they began.
pub fn explain(tx: &mut Tx, ticket: &Ticket, now: Instant) -> Result<Vec<Explained>> {
    let log = events::of(tx, ticket)?;
    let known = super::apply::load(tx, &log)?;
    let mut explained = Vec::new();
    for clock in clocks(&log, &known, now)? {
        let calendar = match &clock.aim {
            Some(aim) => calendar_of(aim, &known)?,
            None => super::run::always(),
        };
        let start = clock.aim.as_ref().map_or(clock.started, |aim| aim.start);
        let until = clock.due.unwrap_or(now);
        let shares = open_by_day(&calendar, start, until, &clock.pauses);
        let named = match &clock.aim {
            Some(aim) if aim.target.unit != super::promise::Unit::Minutes => {
                let name = calendars::find(tx, aim.calendar.0)?.map(|one| one.spec.name).unwrap_or_default();
                let zone = calendar.zone().name().to_owned();
                Some(ClockCalendar { id: aim.calendar.0, version: aim.calendar.1, name, zone })
            }
            _ => None,
        };
        explained.push(Explained {
            metric: clock.metric,
            status: clock.status,
            started_at: clock.started,
            ended_at: clock.ended,
            due_at: clock.due,
            policy: clock.aim.as_ref().map(|aim| Named {
                id: aim.policy,
                name: aim.policy_name.clone(),
                version: aim.policy_version,
            }),
            calendar: named,
            target: clock.aim.as_ref().map(|aim| aim.target.clone()),
            counted_from: clock.aim.as_ref().map(|aim| aim.start),
            manual: clock.manual.clone(),
            pauses: clock
                .pauses
                .iter()
                .map(|pause| Pause {
                    from: pause.from,
                    to: pause.to,
                    minutes: calendar.minutes_between(pause.from.max(start), pause.to.unwrap_or(now)),
                })
                .collect(),
            used_minutes: clock.used_ms(&calendar, now) / 60_000,
            promised_minutes: clock.due.map(|due| open_outside(&calendar, start, due, &clock.pauses) / 60_000),
            days: shares
                .into_iter()
                .map(|share| DayMinutes {
                    day: share.day,
                    minutes: share.ms / 60_000,
                    hours: windows(calendar.hours(share.day)),
                })
                .collect(),
        });
    }
    explained.sort_by_key(|clock| (clock.started_at, clock.metric));
    Ok(explained)
}

/// Windows of a day as people write them.
#[must_use]
pub fn windows(hours: &[(u16, u16)]) -> Vec<String> {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    hours.iter().map(|(from, to)| format!("{}-{}", clock(*from), clock(*to))).collect()
}
