//! The clock tables of the field, with the clock held still.

use super::promise::{Mode, Promise, Target, Unit};
use super::run::{Calendars, Changed, Clock, Metric, Status, clocks};
use crate::event::{Event, What};
use crate::message::{Side, Visibility};
use crate::ticket::{Channel, Kind, Priority, State};
use serde_json::json;
use std::sync::Arc;
use zunke_kernel::Instant;
use zunke_kernel::calendar::{Calendar, CalendarSpec, DayException, Hours, Weekday, cn};
use zunke_kernel::id::{CalendarId, MessageId, PolicyId};

const CALENDAR: CalendarId = CalendarId(uuid::Uuid::from_u128(1));

fn at(text: &str) -> Instant {
    serde_json::from_value(json!(text)).expect(text)
}

fn days(zone: &str) -> CalendarSpec {
    let hours = |text: &str| Hours::parse(text).expect(text);
    let week = Weekday::ALL[..5].iter().map(|day| (*day, vec![hours("09:00-12:00"), hours("13:00-18:00")])).collect();
    CalendarSpec { name: "test".into(), zone: zone.into(), week, ..CalendarSpec::default() }
}

fn calendars(specs: &[CalendarSpec]) -> Calendars {
    (1..).zip(specs).map(|(at, spec)| ((CALENDAR, at), Arc::new(Calendar::build(spec).expect("a calendar")))).collect()
}

/// A log in the making.
struct Log(Vec<Event>);

impl Log {
    fn opened(when: &str) -> Self {
        let mut log = Self(Vec::new());
        let (kind, priority) = (Kind::Question, Priority::Normal);
        log.push(when, What::Opened { kind, priority, level_rank: 0, channel: Channel::Email });
        log
    }

    fn push(&mut self, when: &str, what: What) -> &mut Self {
        let seq = i64::try_from(self.0.len()).expect("short");
        self.0.push(Event { seq, at: at(when), staff: None, what });
        self
    }

    fn said(&mut self, when: &str, side: Side, visibility: Visibility, automatic: bool) -> &mut Self {
        let message = MessageId(uuid::Uuid::nil());
        self.push(when, What::Said { message, side, visibility, automatic })
    }

    fn staff(&mut self, when: &str) -> &mut Self {
        self.said(when, Side::Staff, Visibility::Public, false)
    }

    fn customer(&mut self, when: &str) -> &mut Self {
        self.said(when, Side::Customer, Visibility::Public, false)
    }

    fn state(&mut self, when: &str, from: State, to: State) -> &mut Self {
        self.push(when, What::StateChanged { from, to, reason: None })
    }

    fn policy(&mut self, when: &str, number: u128, mode: &str, targets: &[(Metric, i64, Unit)]) -> &mut Self {
        let targets = targets
            .iter()
            .map(|(metric, amount, unit)| {
                let pauses = if *metric == Metric::Resolution { vec![State::Waiting] } else { Vec::new() };
                Target { metric: *metric, amount: *amount, unit: *unit, pauses }
            })
            .collect();
        let promise = Promise { name: "p".into(), calendar: CALENDAR, calendar_version: 1, targets, steps: Vec::new() };
        let policy = Some(PolicyId(uuid::Uuid::from_u128(number)));
        let detail = json!(promise);
        self.push(when, What::PolicyApplied { policy, version: 1, mode: mode.into(), detail })
    }

    fn clocks(&self, calendars: &Calendars, now: &str) -> Vec<Clock> {
        clocks(&self.0, calendars, at(now)).expect("clocks")
    }
}

fn one(clocks: &[Clock], metric: Metric) -> &Clock {
    clocks.iter().rev().find(|clock| clock.metric == metric).expect("a clock")
}

const HOUR: [(Metric, i64, Unit); 1] = [(Metric::FirstResponse, 60, Unit::WorkingMinutes)];

#[test]
fn an_hour_from_ten_to_six_goes_over_the_holidays() {
    let known = calendars(&[cn()]);
    let mut log = Log::opened("2026-09-30T17:50:00+08:00");
    log.policy("2026-09-30T17:50:00+08:00", 1, "new", &HOUR);
    let clocks = log.clocks(&known, "2026-10-01T00:00:00+08:00");
    assert_eq!(one(&clocks, Metric::FirstResponse).due, Some(at("2026-10-08T09:50:00+08:00")));
    assert_eq!(one(&clocks, Metric::FirstResponse).status, Status::Running);
    let late = log.clocks(&known, "2026-10-08T09:51:00+08:00");
    assert_eq!(one(&late, Metric::FirstResponse).status, Status::Overdue);
}

#[test]
fn the_same_hour_in_london_and_new_york_across_the_change_of_the_clocks() {
    for (zone, opened, due) in [
        ("Europe/London", "2026-10-23T17:30:00+01:00", "2026-10-26T09:30:00Z"),
        ("Europe/London", "2026-03-27T17:30:00Z", "2026-03-30T09:30:00+01:00"),
        ("America/New_York", "2026-10-30T17:30:00-04:00", "2026-11-02T09:30:00-05:00"),
        ("America/New_York", "2026-03-06T17:30:00-05:00", "2026-03-09T09:30:00-04:00"),
        ("Asia/Shanghai", "2026-11-20T17:30:00+08:00", "2026-11-23T09:30:00+08:00"),
    ] {
        let known = calendars(&[days(zone)]);
        let mut log = Log::opened(opened);
        log.policy(opened, 1, "new", &HOUR);
        assert_eq!(one(&log.clocks(&known, opened), Metric::FirstResponse).due, Some(at(due)), "{zone} {opened}");
    }
}

#[test]
fn an_official_day_that_moves_moves_open_due_times_and_leaves_closed_ones() {
    let mut moved = cn();
    moved.exceptions.push(DayException {
        from: zunke_kernel::Day::parse("2026-10-08").expect("day"),
        to: None,
        name: "更正".into(),
        hours: Vec::new(),
        like: None,
    });
    let known = calendars(&[cn(), moved]);
    let both = [HOUR[0], (Metric::Resolution, 480, Unit::WorkingMinutes)];
    let mut log = Log::opened("2026-09-30T17:50:00+08:00");
    log.policy("2026-09-30T17:50:00+08:00", 1, "new", &both).staff("2026-09-30T17:58:00+08:00");
    let before = log.clocks(&known, "2026-10-01T00:00:00+08:00");
    log.push(
        "2026-10-02T00:00:00+08:00",
        What::CalendarChanged { detail: json!(Changed { calendar: CALENDAR, version: 2 }) },
    );
    let after = log.clocks(&known, "2026-10-03T00:00:00+08:00");
    assert_eq!(one(&before, Metric::Resolution).due, Some(at("2026-10-08T17:50:00+08:00")));
    assert_eq!(one(&after, Metric::Resolution).due, Some(at("2026-10-09T17:50:00+08:00")));
    assert_eq!(one(&before, Metric::FirstResponse).due, one(&after, Metric::FirstResponse).due);
}

#[test]
fn a_pause_over_the_weekend_gives_back_working_time_and_ends_with_the_solution() {
    let known = calendars(&[days("Asia/Shanghai")]);
    let target = [(Metric::Resolution, 240, Unit::WorkingMinutes)];
    let mut log = Log::opened("2026-11-20T15:00:00+08:00");
    log.policy("2026-11-20T15:00:00+08:00", 1, "new", &target).state(
        "2026-11-20T16:00:00+08:00",
        State::Open,
        State::Waiting,
    );
    let paused = log.clocks(&known, "2026-11-21T00:00:00+08:00");
    assert_eq!((one(&paused, Metric::Resolution).status, one(&paused, Metric::Resolution).due), (Status::Paused, None));
    let mut straight = Log(log.0.clone());
    straight.state("2026-11-23T10:00:00+08:00", State::Waiting, State::Solved);
    let solved = straight.clocks(&known, "2026-11-24T00:00:00+08:00");
    let clock = one(&solved, Metric::Resolution);
    assert_eq!((clock.status, clock.pauses.len()), (Status::Met, 1));
    assert_eq!(clock.pauses[0].to, Some(at("2026-11-23T10:00:00+08:00")));
    log.state("2026-11-23T10:00:00+08:00", State::Waiting, State::Open);
    let again = log.clocks(&known, "2026-11-23T10:00:00+08:00");
    // An hour was used on Friday; three are left from Monday ten o'clock, lunch between them.
    assert_eq!(one(&again, Metric::Resolution).due, Some(at("2026-11-23T14:00:00+08:00")));
}

#[test]
fn a_rise_while_it_is_open_follows_the_declared_mode() {
    let known = calendars(&[days("Asia/Shanghai")]);
    let opened = "2026-11-23T09:00:00+08:00";
    let change = "2026-11-23T10:30:00+08:00";
    let due = |mode: Mode, before: i64, after: i64| {
        let mut log = Log::opened(opened);
        log.policy(opened, 1, "new", &[(Metric::Resolution, before, Unit::WorkingMinutes)]);
        log.push(change, What::LevelChanged { from: 1, to: 4 });
        log.policy(change, 2, mode.word(), &[(Metric::Resolution, after, Unit::WorkingMinutes)]);
        let clocks = log.clocks(&known, change);
        assert_eq!(clocks.len(), 1, "no old target is left");
        clocks[0].due.expect("due")
    };
    let noon = at("2026-11-23T12:00:00+08:00");
    assert_eq!(due(Mode::Keep, 180, 60), noon);
    assert_eq!(due(Mode::Tighten, 180, 60), at("2026-11-23T10:00:00+08:00"));
    assert_eq!(due(Mode::Tighten, 180, 600), noon, "never later");
    assert_eq!(due(Mode::Retarget, 180, 240), at("2026-11-23T14:00:00+08:00"));
    assert_eq!(due(Mode::Restart, 180, 60), at("2026-11-23T11:30:00+08:00"));
}

#[test]
fn notes_machines_and_the_house_stop_no_clock() {
    let known = calendars(&[days("Asia/Shanghai")]);
    let opened = "2026-11-23T09:00:00+08:00";
    let mut log = Log::opened(opened);
    log.policy(opened, 1, "new", &HOUR)
        .said("2026-11-23T09:10:00+08:00", Side::Staff, Visibility::Internal, false)
        .said("2026-11-23T09:11:00+08:00", Side::Staff, Visibility::Public, true)
        .said("2026-11-23T09:12:00+08:00", Side::System, Visibility::Public, false);
    let now = "2026-11-23T09:20:00+08:00";
    assert_eq!(one(&log.clocks(&known, now), Metric::FirstResponse).status, Status::Running);
    log.staff("2026-11-23T09:15:00+08:00");
    let clocks = log.clocks(&known, now);
    assert_eq!(one(&clocks, Metric::FirstResponse).status, Status::Met);
    assert_eq!(one(&clocks, Metric::FirstResponse).ended, Some(at("2026-11-23T09:15:00+08:00")));
}

#[test]
fn the_next_response_counts_from_the_oldest_unanswered_words_and_updates_from_ours() {
    let known = calendars(&[days("Asia/Shanghai")]);
    let opened = "2026-11-23T09:00:00+08:00";
    let targets = [
        (Metric::FirstResponse, 60, Unit::WorkingMinutes),
        (Metric::NextResponse, 60, Unit::WorkingMinutes),
        (Metric::Update, 1, Unit::WorkingDays),
    ];
    let mut log = Log::opened(opened);
    log.policy(opened, 1, "new", &targets)
        .customer("2026-11-23T09:05:00+08:00")
        .staff("2026-11-23T09:10:00+08:00")
        .customer("2026-11-23T11:30:00+08:00")
        .customer("2026-11-23T11:50:00+08:00");
    let clocks = log.clocks(&known, "2026-11-23T11:55:00+08:00");
    assert_eq!(clocks.iter().filter(|clock| clock.metric == Metric::NextResponse).count(), 1);
    assert_eq!(one(&clocks, Metric::NextResponse).due, Some(at("2026-11-23T13:30:00+08:00")));
    assert_eq!(one(&clocks, Metric::Update).due, Some(at("2026-11-24T09:10:00+08:00")));
    log.staff("2026-11-23T13:31:00+08:00");
    let clocks = log.clocks(&known, "2026-11-23T14:00:00+08:00");
    assert_eq!(one(&clocks, Metric::NextResponse).status, Status::Breached);
    assert_eq!(one(&clocks, Metric::Update).started, at("2026-11-23T13:31:00+08:00"));
}

#[test]
fn reopened_by_a_thank_you_the_resolution_goes_on_and_no_second_first_response_begins() {
    let known = calendars(&[days("Asia/Shanghai")]);
    let opened = "2026-11-23T09:00:00+08:00";
    let targets =
        [HOUR[0], (Metric::NextResponse, 60, Unit::WorkingMinutes), (Metric::Resolution, 240, Unit::WorkingMinutes)];
    let mut log = Log::opened(opened);
    log.policy(opened, 1, "new", &targets)
        .staff("2026-11-23T09:30:00+08:00")
        .state("2026-11-23T10:00:00+08:00", State::Open, State::Solved)
        .customer("2026-11-23T15:00:00+08:00")
        .state("2026-11-23T15:00:00+08:00", State::Solved, State::Open);
    let clocks = log.clocks(&known, "2026-11-23T15:00:00+08:00");
    assert_eq!(clocks.iter().filter(|clock| clock.metric == Metric::FirstResponse).count(), 1);
    // One hour was used before the solution; three are left: to six o'clock.
    assert_eq!(one(&clocks, Metric::Resolution).due, Some(at("2026-11-23T18:00:00+08:00")));
    assert_eq!(one(&clocks, Metric::NextResponse).due, Some(at("2026-11-23T16:00:00+08:00")));
}

#[test]
fn cancelled_and_merged_clocks_are_in_no_rate() {
    let known = calendars(&[days("Asia/Shanghai")]);
    let opened = "2026-11-23T09:00:00+08:00";
    let mut log = Log::opened(opened);
    log.policy(opened, 1, "new", &HOUR).state("2026-11-23T09:30:00+08:00", State::New, State::Cancelled);
    assert_eq!(log.clocks(&known, "2026-11-24T09:30:00+08:00")[0].status, Status::Cancelled);
    let mut older = Log::opened(opened);
    let from = zunke_kernel::id::TicketId(uuid::Uuid::nil());
    older
        .policy(opened, 1, "new", &HOUR)
        .push("2026-11-23T09:20:00+08:00", What::MergedFrom { from, opened_at: at("2026-11-20T17:30:00+08:00") });
    let clocks = older.clocks(&known, "2026-11-23T09:20:00+08:00");
    assert_eq!(clocks[0].due, Some(at("2026-11-23T09:30:00+08:00")), "as old as the older");
}

#[test]
fn a_date_set_by_hand_stands_until_it_is_taken_back() {
    let known = calendars(&[days("Asia/Shanghai")]);
    let opened = "2026-11-23T09:00:00+08:00";
    let mut log = Log::opened(opened);
    let by_hand = at("2026-11-27T12:00:00+08:00");
    let manual = |due_at| What::ManualDue { metric: "resolution".into(), due_at, reason: "等零件".into() };
    log.policy(opened, 1, "new", &[(Metric::Resolution, 60, Unit::WorkingMinutes)])
        .push("2026-11-23T09:30:00+08:00", manual(Some(by_hand)))
        .policy("2026-11-23T09:40:00+08:00", 2, "retarget", &[(Metric::Resolution, 30, Unit::WorkingMinutes)])
        .state("2026-11-23T09:50:00+08:00", State::Open, State::Waiting);
    assert_eq!(log.clocks(&known, "2026-11-24T09:00:00+08:00")[0].due, Some(by_hand));
    log.state("2026-11-23T10:00:00+08:00", State::Waiting, State::Open).push("2026-11-23T10:00:00+08:00", manual(None));
    assert_eq!(log.clocks(&known, "2026-11-23T10:00:00+08:00")[0].due, Some(at("2026-11-23T09:30:00+08:00")));
}
