//! The clocks of one ticket, computed from its log: when each ran, stood still and ended, and when it is due.

use super::promise::{Mode, Promise, Target, Unit};
use crate::event::{Event, What};
use crate::message::{Side, Visibility};
use crate::ticket::{State, words};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;
use zunke_kernel::calendar::{Calendar, Span, open_outside};
use zunke_kernel::id::{CalendarId, PolicyId, StaffId};
use zunke_kernel::{Error, Instant, Result};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClockMetric)]
pub enum Metric {
    /// From the opening to the first public words of a member of staff.
    FirstResponse,
    /// From the oldest unanswered words of the customer to the next public words of staff.
    NextResponse,
    /// From public words of staff to the next, while the ticket is open.
    Update,
    /// From the opening to the solution; the time between a solution and a reopening does not count.
    Resolution,
}

words!(Metric {
    FirstResponse = "first_response", NextResponse = "next_response", Update = "update", Resolution = "resolution",
});

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClockStatus)]
pub enum Status {
    Running,
    /// It stands still: the customer, or somebody inside, has to do something first.
    Paused,
    /// It runs, and its due time is over.
    Overdue,
    Met,
    /// Done too late.
    Breached,
    /// Ended by cancelling or merging: in no rate.
    Cancelled,
}

words!(Status {
    Running = "running", Paused = "paused", Overdue = "overdue", Met = "met", Breached = "breached",
    Cancelled = "cancelled",
});

impl Status {
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Overdue)
    }
}

/// The calendars that a log names, by id and version.
pub type Calendars = HashMap<(CalendarId, i64), Arc<Calendar>>;

/// A target that a clock follows, and from where it counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Aim {
    pub start: Instant,
    pub target: Target,
    pub policy: PolicyId,
    pub policy_version: i64,
    pub policy_name: String,
    pub calendar: (CalendarId, i64),
    pub due: Option<Instant>,
}

/// A date set by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ClockManual)]
pub struct Manual {
    pub due_at: Instant,
    pub reason: String,
    pub staff_id: Option<StaffId>,
    pub at: Instant,
}

/// One clock of a ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    pub metric: Metric,
    pub started: Instant,
    pub ended: Option<Instant>,
    pub status: Status,
    /// `None`: it stands still, and nothing is due for now.
    pub due: Option<Instant>,
    /// When it stood still.
    pub pauses: Vec<Span>,
    /// The target that decides, where one does.
    pub aim: Option<Aim>,
    pub manual: Option<Manual>,
}

impl Clock {
    /// Working time used, in milliseconds, up to its end or `now`.
    #[must_use]
    pub fn used_ms(&self, calendar: &Calendar, now: Instant) -> i64 {
        let start = self.aim.as_ref().map_or(self.started, |aim| aim.start);
        open_outside(calendar, start, self.ended.unwrap_or(now), &self.pauses)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Met,
    Cancelled,
}

struct Run {
    metric: Metric,
    started: Instant,
    ended: Option<(Instant, End)>,
    aims: Vec<Aim>,
    manual: Option<Manual>,
}

struct Fold {
    runs: Vec<Run>,
    promise: Option<(PolicyId, i64, Promise)>,
    /// Where the ticket stood, and since when.
    states: Vec<(Instant, State)>,
    unanswered: Option<Instant>,
}

/// The clocks of a ticket as its log has them, those that ended included; clocks that nothing is promised of are left out.
pub fn clocks(log: &[Event], calendars: &Calendars, now: Instant) -> Result<Vec<Clock>> {
    let mut fold = Fold { runs: Vec::new(), promise: None, states: Vec::new(), unanswered: None };
    for event in log {
        fold.take(event);
    }
    let states = fold.states;
    let mut clocks = Vec::new();
    for run in fold.runs {
        if !run.aims.is_empty() || run.manual.is_some() {
            clocks.push(computed(run, &states, calendars, now)?);
        }
    }
    Ok(clocks)
}

/// The calendars that the clocks of a log rest on.
#[must_use]
pub fn named(log: &[Event]) -> Vec<(CalendarId, i64)> {
    let mut named = Vec::new();
    for event in log {
        let one = match &event.what {
            What::PolicyApplied { detail, .. } => {
                read(detail).map(|promise: Promise| (promise.calendar, promise.calendar_version))
            }
            What::CalendarChanged { detail } => {
                read(detail).map(|changed: Changed| (changed.calendar, changed.version))
            }
            _ => None,
        };
        if let Some(one) = one
            && !named.contains(&one)
        {
            named.push(one);
        }
    }
    named
}

/// What [`What::CalendarChanged`] tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Changed {
    pub calendar: CalendarId,
    pub version: i64,
}

fn read<T: serde::de::DeserializeOwned>(detail: &serde_json::Value) -> Option<T> {
    serde_json::from_value(detail.clone()).ok()
}

impl Fold {
    fn state(&self) -> State {
        self.states.last().map_or(State::New, |(_, state)| *state)
    }

    fn open(&mut self, metric: Metric) -> Option<&mut Run> {
        self.runs.iter_mut().rev().find(|run| run.metric == metric && run.ended.is_none())
    }

    fn begin(&mut self, metric: Metric, at: Instant) {
        if self.open(metric).is_none() {
            let aims = self.aim(metric, at).into_iter().collect();
            self.runs.push(Run { metric, started: at, ended: None, aims, manual: None });
        }
    }

    fn aim(&self, metric: Metric, start: Instant) -> Option<Aim> {
        let (policy, version, promise) = self.promise.as_ref()?;
        Some(Aim {
            start,
            target: promise.target(metric)?.clone(),
            policy: *policy,
            policy_version: *version,
            policy_name: promise.name.clone(),
            calendar: (promise.calendar, promise.calendar_version),
            due: None,
        })
    }

    fn end(&mut self, metric: Metric, at: Instant, end: End) {
        if let Some(run) = self.open(metric) {
            run.ended = Some((at.max(run.started), end));
        }
    }

    fn end_all(&mut self, at: Instant, end: End) {
        for metric in Metric::ALL {
            self.end(*metric, at, end);
        }
    }

    fn take(&mut self, event: &Event) {
        let at = event.at;
        match &event.what {
            What::Opened { .. } => {
                self.states.push((at, State::New));
                self.begin(Metric::FirstResponse, at);
                self.begin(Metric::Resolution, at);
            }
            What::MergedFrom { opened_at, .. } => self.older(*opened_at),
            What::MergedInto { .. } => self.end_all(at, End::Cancelled),
            What::Said { side, visibility: Visibility::Public, automatic: false, .. } => self.said(at, *side),
            What::StateChanged { from, to, .. } => self.moved(at, *from, *to),
            What::PolicyApplied { policy, version, mode, detail } => {
                self.promise = policy.and_then(|policy| Some((policy, *version, read(detail)?)));
                self.apply(at, Mode::read(mode).unwrap_or(Mode::Retarget));
            }
            What::CalendarChanged { detail } => {
                if let Some(changed) = read(detail) {
                    self.calendar(&changed);
                }
            }
            What::ManualDue { metric, due_at, reason } => {
                if let Some(run) = Metric::read(metric).and_then(|metric| self.open(metric)) {
                    let manual = |due_at| Manual { due_at, reason: reason.clone(), staff_id: event.staff, at };
                    run.manual = due_at.map(manual);
                }
            }
            _ => {}
        }
    }

    /// What went into another is as old as the older of the two.
    fn older(&mut self, opened_at: Instant) {
        for run in &mut self.runs {
            if matches!(run.metric, Metric::FirstResponse | Metric::Resolution)
                && run.ended.is_none()
                && opened_at < run.started
            {
                for aim in run.aims.iter_mut().filter(|aim| aim.start == run.started) {
                    aim.start = opened_at;
                }
                run.started = opened_at;
            }
        }
    }

    fn said(&mut self, at: Instant, side: Side) {
        match side {
            Side::Staff => {
                self.unanswered = None;
                for metric in [Metric::FirstResponse, Metric::NextResponse, Metric::Update] {
                    self.end(metric, at, End::Met);
                }
                if !self.state().is_done() {
                    self.begin(Metric::Update, at);
                }
            }
            Side::Customer => {
                let since = *self.unanswered.get_or_insert(at);
                if self.open(Metric::FirstResponse).is_none() && !self.state().is_done() {
                    self.begin(Metric::NextResponse, since);
                }
            }
            Side::System => {}
        }
    }

    fn moved(&mut self, at: Instant, from: State, to: State) {
        self.states.push((at, to));
        match to {
            State::Solved | State::Closed if !from.is_done() => {
                // What is solved is answered: by phone, or by the thing itself.
                self.unanswered = None;
                self.end_all(at, End::Met);
            }
            State::Cancelled => self.end_all(at, End::Cancelled),
            State::New | State::Open | State::Waiting | State::Held if from.is_done() => {
                for metric in [Metric::Resolution, Metric::FirstResponse] {
                    let last = self.runs.iter_mut().rev().find(|run| run.metric == metric);
                    // No second first response; but one that was never given is still to come.
                    let back = |end: &(Instant, End)| metric == Metric::Resolution || end.1 == End::Cancelled;
                    if let Some(run) = last.filter(|run| run.ended.as_ref().is_some_and(back)) {
                        run.ended = None;
                    }
                }
                if let Some(since) = self.unanswered
                    && self.open(Metric::FirstResponse).is_none()
                {
                    self.begin(Metric::NextResponse, since);
                }
            }
            _ => {}
        }
    }

    fn apply(&mut self, at: Instant, mode: Mode) {
        for index in 0..self.runs.len() {
            let (metric, started) = (self.runs[index].metric, self.runs[index].started);
            if self.runs[index].ended.is_some() {
                continue;
            }
            let first = self.runs[index].aims.is_empty();
            let from = if mode == Mode::Restart && !first { at.max(started) } else { started };
            let aim = self.aim(metric, from);
            let aims = &mut self.runs[index].aims;
            match mode {
                Mode::Keep if !first => {}
                Mode::Keep | Mode::Tighten => aims.extend(aim),
                Mode::Retarget | Mode::Restart => *aims = aim.into_iter().collect(),
            }
        }
    }

    fn calendar(&mut self, changed: &Changed) {
        let now = (changed.calendar, changed.version);
        if let Some((.., promise)) = &mut self.promise
            && promise.calendar == now.0
        {
            promise.calendar_version = now.1;
        }
        for run in self.runs.iter_mut().filter(|run| run.ended.is_none()) {
            for aim in run.aims.iter_mut().filter(|aim| aim.calendar.0 == now.0) {
                aim.calendar = now;
            }
        }
    }
}

/// The calendar that an aim is counted by.
pub fn calendar_of(aim: &Aim, calendars: &Calendars) -> Result<Arc<Calendar>> {
    if aim.target.unit == Unit::Minutes {
        return Ok(always());
    }
    calendars.get(&aim.calendar).cloned().ok_or_else(|| Error::internal("a clock names an unknown calendar"))
}

/// Every minute counts.
#[must_use]
pub fn always() -> Arc<Calendar> {
    use std::sync::LazyLock;
    use zunke_kernel::calendar::CalendarSpec;
    static ALWAYS: LazyLock<Arc<Calendar>> = LazyLock::new(|| {
        let spec = CalendarSpec::always("24x7", "UTC");
        Arc::new(Calendar::build(&spec).expect("always open"))
    });
    ALWAYS.clone()
}

/// When the clock stood still: in the states of the target's pauses, and between a solution and a reopening.
fn pauses(run: &Run, target: Option<&Target>, states: &[(Instant, State)]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (at, (from, state)) in states.iter().enumerate() {
        let stands = target.is_some_and(|target| target.pauses.contains(state)) || state.is_done();
        if !stands {
            continue;
        }
        let to = states.get(at + 1).map(|(to, _)| *to);
        let to = match (to, run.ended) {
            (Some(to), Some((end, _))) => Some(to.min(end)),
            (None, Some((end, _))) => Some(end),
            (to, None) => to,
        };
        let from = (*from).max(run.started);
        if to.is_none_or(|to| to > from) {
            spans.push(Span { from, to });
        }
    }
    zunke_kernel::calendar::merged(&spans)
}

fn computed(run: Run, states: &[(Instant, State)], calendars: &Calendars, now: Instant) -> Result<Clock> {
    let mut best: Option<Aim> = None;
    for aim in &run.aims {
        let calendar = calendar_of(aim, calendars)?;
        let spans = pauses(&run, Some(&aim.target), states);
        let due = match aim.target.unit {
            Unit::WorkingDays => calendar.add_days_outside(aim.start, aim.target.amount, &spans),
            Unit::WorkingMinutes | Unit::Minutes => {
                calendar.add_ms_outside(aim.start, aim.target.amount.saturating_mul(60_000), &spans)
            }
        };
        // A calendar without working time ahead promises nothing more; the ticket must not be refused for it.
        let due = due.unwrap_or_else(|error| {
            tracing::warn!(calendar = %aim.calendar.0, %error, "nothing is due by this calendar any more");
            None
        });
        let sooner = |than: &Aim| due.is_some_and(|due| than.due.is_none_or(|other| due < other));
        if best.as_ref().is_none_or(sooner) {
            best = Some(Aim { due, ..aim.clone() });
        }
    }
    let spans = pauses(&run, best.as_ref().map(|aim| &aim.target), states);
    let due = match &run.manual {
        Some(manual) => Some(manual.due_at),
        None => best.as_ref().and_then(|aim| aim.due),
    };
    let late = |at: Instant| due.is_some_and(|due| at > due);
    let stands = spans.last().is_some_and(|span| span.to.is_none());
    let status = match run.ended {
        Some((_, End::Cancelled)) => Status::Cancelled,
        Some((at, End::Met)) if late(at) => Status::Breached,
        Some(_) => Status::Met,
        None if late(now) => Status::Overdue,
        None if stands => Status::Paused,
        None => Status::Running,
    };
    Ok(Clock {
        metric: run.metric,
        started: run.started,
        ended: run.ended.map(|(at, _)| at),
        status,
        due,
        pauses: spans,
        aim: best,
        manual: run.manual,
    })
}
