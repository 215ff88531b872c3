//! Calendars against the clock tables of the field, and against a reference that looks at every minute.

use super::*;
use crate::{Day, Instant, Zone};
use proptest::prelude::*;

fn at(text: &str) -> Instant {
    Instant(text.parse::<jiff::Timestamp>().expect(text).as_millisecond())
}

fn built(spec: &CalendarSpec) -> Calendar {
    Calendar::build(spec).expect("a calendar")
}

/// Monday to Friday with these windows.
fn weekdays(zone: &str, hours: &[&str]) -> CalendarSpec {
    let hours: Vec<Hours> = hours.iter().map(|text| Hours::parse(text).expect(text)).collect();
    let week = Weekday::ALL[..5].iter().map(|day| (*day, hours.clone())).collect();
    CalendarSpec { name: "test".into(), zone: zone.into(), week, ..CalendarSpec::default() }
}

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

#[test]
fn an_hour_before_the_national_day_week_ends_after_it() {
    let cn = built(&cn());
    // 17:50 on the last workday: ten minutes of it, fifty of the first working day after.
    for (from, due) in [
        ("2024-09-30T17:50:00+08:00", "2024-10-08T09:50:00+08:00"),
        ("2025-09-30T17:50:00+08:00", "2025-10-09T09:50:00+08:00"),
        ("2026-09-30T17:50:00+08:00", "2026-10-08T09:50:00+08:00"),
        // The Saturday after is a make-up day.
        ("2026-10-09T17:50:00+08:00", "2026-10-10T09:50:00+08:00"),
        ("2026-10-10T17:50:00+08:00", "2026-10-12T09:50:00+08:00"),
        // Lunch.
        ("2026-11-23T11:30:00+08:00", "2026-11-23T13:30:00+08:00"),
        // Over exactly at closing time is over today.
        ("2026-11-23T17:00:00+08:00", "2026-11-23T18:00:00+08:00"),
    ] {
        assert_eq!(cn.add_minutes(at(from), 60).expect("due"), at(due), "{from}");
    }
    assert_eq!(cn.add_days(at("2026-09-30T17:50:00+08:00"), 2).expect("due"), at("2026-10-09T17:50:00+08:00"));
    assert_eq!(cn.add_days(at("2026-10-09T16:00:00+08:00"), 1).expect("due"), at("2026-10-10T16:00:00+08:00"));
    assert_eq!(cn.add_days(at("2026-10-03T10:00:00+08:00"), 1).expect("due"), at("2026-10-08T10:00:00+08:00"));
}

#[test]
fn the_official_days_of_three_years_are_complete() {
    let calendar = built(&cn());
    // Working days of each year as the arrangements leave them.
    for (year, working) in [(2024, 251), (2025, 248), (2026, 248)] {
        let days = (0..366)
            .map(|ahead| Day::from_ymd(year, 1, 1).expect("day").plus(ahead))
            .filter(|day| day.year() == year && !calendar.hours(*day).is_empty())
            .count();
        assert_eq!(days, working, "{year}");
        // Every make-up day is on a weekend.
        for one in official(year).iter().filter(|one| !one.is_closed()) {
            assert!(Weekday::of(one.from) >= Weekday::Sat, "{}", one.from);
        }
    }
    assert!(official(2023).is_empty());
}

#[test]
fn a_pause_gives_back_working_minutes_only() {
    let cn = built(&cn());
    let from = at("2026-11-20T15:00:00+08:00");
    let pause = Span::new(at("2026-11-20T16:00:00+08:00"), at("2026-11-23T10:00:00+08:00"));
    // Two hours: one before the pause on Friday, one after it on Monday.
    let due = cn.add_ms_outside(from, 120 * 60_000, &[pause]).expect("due");
    assert_eq!(due, Some(at("2026-11-23T11:00:00+08:00")));
    assert_eq!(cn.open_ms(pause.from, pause.end()), 3 * 3_600_000);
    assert_eq!(open_outside(&cn, from, at("2026-11-23T11:00:00+08:00"), &[pause, pause]), 120 * 60_000);
    // On hold from Saturday 10:00 to Monday 11:00 is two hours of Monday.
    let hold = Span::new(at("2026-11-21T10:00:00+08:00"), at("2026-11-23T11:00:00+08:00"));
    assert_eq!(cn.open_ms(hold.from, hold.end()), 2 * 3_600_000);
    let still = Span { from: pause.from, to: None };
    assert_eq!(cn.add_ms_outside(from, 120 * 60_000, &[still]).expect("computed"), None);
    // Done before the pause begins: it changes nothing.
    assert_eq!(cn.add_ms_outside(from, 60 * 60_000, &[still]).expect("due"), Some(pause.from));
    let days = cn.add_days_outside(from, 1, &[pause]).expect("due");
    assert_eq!(days, Some(at("2026-11-23T18:00:00+08:00")), "Monday 15:00 and three working hours");
    let shares = open_by_day(&cn, from, at("2026-11-23T11:00:00+08:00"), &[pause]);
    assert_eq!(shares.iter().map(|share| share.ms / 60_000).collect::<Vec<_>>(), [60, 60]);
}

#[test]
fn a_day_of_24_hours_loses_no_minute_at_midnight() {
    let all = built(&CalendarSpec::always("24x7", "Europe/London"));
    let mut daily = weekdays("Europe/London", &["00:00-24:00"]);
    for weekend in [Weekday::Sat, Weekday::Sun] {
        daily.week.insert(weekend, vec![Hours::parse("00:00-24:00").expect("hours")]);
    }
    let daily = built(&daily);
    // Over the long day of the end of summer time and the short one of its beginning.
    for from in ["2026-10-24T12:34:56.789Z", "2026-03-28T23:59:59Z", "2026-12-31T23:59:00Z"] {
        for minutes in [0, 1, 60, 1_440, 100_000] {
            let due = at(from).plus_ms(minutes * 60_000);
            assert_eq!(all.add_minutes(at(from), minutes).expect("due"), due);
            assert_eq!(daily.add_minutes(at(from), minutes).expect("due"), due);
        }
    }
    assert_eq!(daily.minutes_between(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")), 365 * 1_440);
}

#[test]
fn night_shifts_are_split_at_midnight() {
    let mut spec = weekdays("Asia/Shanghai", &["22:00-06:00"]);
    spec.exceptions.push(DayException { from: day("2026-11-25"), ..closed() });
    let nights = built(&spec);
    // Friday's night ends on Saturday; Monday begins at 22:00, for there is no Sunday night.
    assert_eq!(
        nights.add_minutes(at("2026-11-27T22:00:00+08:00"), 9 * 60).expect("due"),
        at("2026-11-30T23:00:00+08:00")
    );
    assert_eq!(nights.hours(day("2026-11-24")), [(0, 360), (1320, 1440)]);
    // Wednesday is closed from midnight to midnight: Tuesday's night ends at 24:00, and Thursday's begins at 22:00.
    assert_eq!(nights.hours(day("2026-11-25")), []);
    assert_eq!(nights.hours(day("2026-11-26")), [(1320, 1440)]);
    let both = built(&weekdays("Asia/Shanghai", &["08:00-12:00", "13:00-17:00", "20:00-02:00"]));
    assert_eq!(both.hours(day("2026-11-24")), [(0, 120), (480, 720), (780, 1020), (1200, 1440)]);
}

#[test]
fn part_days_replace_the_hours_of_the_week() {
    let mut spec = weekdays("Asia/Shanghai", &["09:00-18:00"]);
    let hours = vec![Hours::parse("10:00-12:00").expect("hours")];
    spec.exceptions.push(DayException { from: day("2026-11-24"), hours, ..closed() });
    let calendar = built(&spec);
    let (from, to) = (at("2026-11-24T00:00:00+08:00"), at("2026-11-25T00:00:00+08:00"));
    assert_eq!(calendar.minutes_between(from, to), 120);
}

#[test]
fn the_missing_hour_is_not_worked_and_the_repeated_one_twice() {
    // London 2026: 01:00 becomes 02:00 on 29 March, 02:00 becomes 01:00 on 25 October; both Sundays.
    let mut spec = weekdays("Europe/London", &[]);
    spec.week.insert(Weekday::Sun, vec![Hours::parse("00:30-03:00").expect("hours")]);
    let london = built(&spec);
    let open = |day: &str| {
        let start = london.zone().start_of(Day::parse(day).expect("day"));
        london.minutes_between(start, start.plus_ms(25 * 3_600_000))
    };
    assert_eq!((open("2026-03-22"), open("2026-03-29"), open("2026-10-25")), (150, 90, 210));
    // New York 2026: 8 March and 1 November. A window that ends within the repeated hour opens a second time.
    let mut spec = weekdays("America/New_York", &[]);
    spec.week.insert(
        Weekday::Sun,
        vec![Hours::parse("00:30-01:30").expect("hours"), Hours::parse("02:10-02:50").expect("hours")],
    );
    let york = built(&spec);
    assert_eq!(york.add_minutes(at("2026-11-01T00:00:00-04:00"), 90).expect("due"), at("2026-11-01T01:30:00-05:00"));
    assert_eq!(
        york.minutes_between(at("2026-03-08T00:00:00-05:00"), at("2026-03-08T12:00:00-04:00")),
        60,
        "no 02:10 on that day"
    );
    // The same clock time where the clock skips it: the time after the gap.
    let days = built(&{
        let mut spec = weekdays("America/New_York", &["00:00-24:00"]);
        spec.week.insert(Weekday::Sun, vec![Hours::parse("00:00-24:00").expect("hours")]);
        spec
    });
    assert_eq!(days.add_days(at("2026-03-06T02:30:00-05:00"), 1).expect("due"), at("2026-03-08T03:30:00-04:00"));
}

#[test]
fn what_is_never_open_says_so() {
    let never = CalendarSpec { name: "x".into(), zone: "Asia/Shanghai".into(), ..CalendarSpec::default() };
    assert_eq!(Calendar::build(&never).expect_err("never").code, "calendar_never_open");
    // Open on one day only, and that is over.
    let mut once = never.clone();
    once.exceptions.push(DayException {
        from: day("2026-11-24"),
        hours: vec![Hours { from: 540, to: 600 }],
        ..closed()
    });
    let once = built(&once);
    assert_eq!(once.add_minutes(at("2026-11-25T00:00:00Z"), 1).expect_err("over").code, "due_too_far");
    assert_eq!(once.add_days(at("2026-11-25T00:00:00Z"), 1).expect_err("over").code, "due_too_far");
    let cn = built(&cn());
    assert_eq!(cn.add_minutes(at("2026-11-25T00:00:00Z"), i64::MAX).expect_err("far").code, "due_too_far");
    assert_eq!(cn.add_minutes(at("2026-11-25T00:00:00Z"), -1).expect_err("back").code, "length_negative");
    assert_eq!(cn.add_minutes(at("1969-11-25T00:00:00Z"), 1).expect_err("early").code, "time_out_of_range");
}

#[test]
fn bad_documents_are_refused_with_the_field() {
    let with = |change: &dyn Fn(&mut CalendarSpec)| {
        let mut spec = weekdays("Asia/Shanghai", &["09:00-18:00"]);
        change(&mut spec);
        let fault = Calendar::build(&spec).expect_err("refused");
        (fault.code, fault.field.unwrap_or_default())
    };
    let hours = |text: &str| Hours::parse(text).expect("hours");
    assert_eq!(with(&|spec| spec.zone = "Mars/Base".into()), ("time_zone_unknown", "zone".into()));
    assert_eq!(with(&|spec| spec.name = " ".into()), ("name_invalid", "name".into()));
    assert_eq!(with(&|spec| spec.always = true), ("calendar_always", "always".into()));
    let two = vec![hours("09:00-12:00"), hours("11:59-13:00")];
    assert_eq!(with(&|spec| drop(spec.week.insert(Weekday::Tue, two.clone()))), ("hours_overlap", "week.tue".into()));
    let backwards = DayException { from: day("2026-10-07"), to: Some(day("2026-10-01")), ..closed() };
    assert_eq!(with(&|spec| spec.exceptions = vec![backwards.clone()]), ("exception_days", "exceptions[0].to".into()));
    let week = DayException { from: day("2026-10-01"), to: Some(day("2026-10-07")), ..closed() };
    let again = DayException { from: day("2026-10-07"), ..closed() };
    assert_eq!(
        with(&|spec| spec.exceptions = vec![week.clone(), again.clone()]),
        ("exception_twice", "exceptions[1].from".into())
    );
    let both = DayException { like: Some(Weekday::Mon), hours: vec![hours("09:00-10:00")], ..closed() };
    assert_eq!(with(&|spec| spec.exceptions = vec![both.clone()]), ("exception_both", "exceptions[0].like".into()));
    for text in
        ["9-18", "09:00", "24:00-06:00", "09:00-24:01", "09:60-10:00", "09:00-09:00", "-1:00-09:00", "09:00-1a:00", ""]
    {
        assert_eq!(Hours::parse(text).expect_err(text).code, "hours_invalid", "{text}");
    }
    for text in ["", "[]", "{\"name\": \"x\"}", "{\"name\":\"x\",\"zone\":\"UTC\",\"weak\":{}}"] {
        assert_eq!(CalendarSpec::read(text).expect_err(text).code, "calendar_unreadable", "{text}");
    }
}

fn closed() -> DayException {
    DayException { from: day("2026-11-24"), to: None, name: String::new(), hours: Vec::new(), like: None }
}

#[test]
fn documents_read_back_as_they_were_written() {
    let text = serde_json::to_string(&cn()).expect("written");
    assert_eq!(CalendarSpec::read(&text).expect("read"), cn());
    assert_eq!(cn().exceptions.len(), 39);
    assert!(named("24x7").is_some_and(|spec| spec.always) && named("mars").is_none());
}

/// Whether a minute is open, from the document alone.
fn minute_is_open(spec: &CalendarSpec, zone: &Zone, at: Instant) -> bool {
    let local = zone.local(at);
    let day = Day::from_date(local.date());
    let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
    let exception = |day: Day| spec.exceptions.iter().find(|one| one.from <= day && day <= one.last());
    let begun = |day: Day| match exception(day) {
        Some(one) => one.like.map_or(one.hours.clone(), |like| spec.hours_of(like).to_vec()),
        None => spec.hours_of(Weekday::of(day)).to_vec(),
    };
    let within = |hours: &Hours, minute: i32| {
        let (from, mut to) = (i32::from(hours.from), i32::from(hours.to));
        if to <= from {
            to += 1440;
        }
        from <= minute && minute < to
    };
    begun(day).iter().any(|hours| within(hours, minute))
        || (exception(day).is_none() && begun(day.plus(-1)).iter().any(|hours| within(hours, minute + 1440)))
}

fn any_hours() -> impl Strategy<Value = Vec<Hours>> {
    // Cuts of a day in ascending order: pairs of them are windows; the last may go on into the night.
    (proptest::collection::btree_set(0u16..1440, 0..6), any::<bool>()).prop_map(|(cuts, night)| {
        let cuts: Vec<u16> = cuts.into_iter().collect();
        let mut hours: Vec<Hours> = cuts.chunks_exact(2).map(|pair| Hours { from: pair[0], to: pair[1] }).collect();
        if let (true, Some(last)) = (night, hours.last_mut()) {
            last.to = last.from / 2;
        }
        hours
    })
}

prop_compose! {
    fn any_spec()(
        zone in proptest::sample::select(vec![
            "Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "UTC",
        ]),
        week in proptest::collection::vec(any_hours(), 7),
        exceptions in proptest::collection::vec((0i32..40, 0i32..3, any_hours(), 0usize..9), 0..6),
        first in 20_510i32..20_760,
    ) -> (CalendarSpec, Day) {
        let mut taken = std::collections::HashSet::new();
        let exceptions = exceptions
            .into_iter()
            .filter(|(from, span, ..)| (*from..=from + span).all(|day| taken.insert(day)))
            .map(|(from, span, hours, like)| {
                let like = Weekday::ALL.get(like).copied();
                DayException {
                    from: Day(first + from),
                    to: Some(Day(first + from + span)),
                    name: String::new(),
                    hours: if like.is_some() { Vec::new() } else { hours },
                    like,
                }
            })
            .collect();
        let week = Weekday::ALL.into_iter().zip(week).collect();
        (CalendarSpec { name: "any".into(), zone: zone.into(), week, exceptions, ..CalendarSpec::default() }, Day(first))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_look_at_every_minute_gives_the_same(
        (spec, first) in any_spec(),
        start in 0i64..20 * 1440,
        length in 0i64..8_000,
        pauses in proptest::collection::vec((0i64..30 * 1440, 0i64..3 * 1440), 0..4),
    ) {
        let Ok(calendar) = Calendar::build(&spec) else { return Ok(()) };
        let zone = calendar.zone().clone();
        let base = zone.start_of(first);
        let minutes = 45 * 1440;
        let open: Vec<bool> = (0..minutes).map(|m| minute_is_open(&spec, &zone, base.plus_ms(m * 60_000))).collect();
        let point = |minute: i64| base.plus_ms(minute * 60_000);
        let from = point(start);
        for (minute, open) in open.iter().enumerate().step_by(7) {
            prop_assert_eq!(calendar.is_open(point(minute as i64)), *open, "{}", zone.local(point(minute as i64)));
        }
        let paused: Vec<Span> = pauses.iter().map(|(from, span)| Span::new(point(*from), point(from + span))).collect();
        let stands = |minute: i64| pauses.iter().any(|(from, span)| (*from..from + span).contains(&minute));
        for spans in [&[][..], &paused[..]] {
            let mut left = length;
            let mut minute = start;
            while left > 0 && minute < minutes {
                if open[minute as usize] && (spans.is_empty() || !stands(minute)) {
                    left -= 1;
                }
                minute += 1;
            }
            if left == 0 && length > 0 {
                let due = calendar.add_ms_outside(from, length * 60_000, spans).expect("due").expect("no open pause");
                prop_assert_eq!(due, point(minute));
                prop_assert_eq!(open_outside(&calendar, from, due, spans), length * 60_000);
                let days = open_by_day(&calendar, from, due, spans);
                prop_assert_eq!(days.iter().map(|share| share.ms).sum::<i64>(), length * 60_000);
                prop_assert!(days.windows(2).all(|pair| pair[0].day < pair[1].day) || spec.zone != "Asia/Shanghai");
            }
        }
        let between = open[start as usize..].iter().filter(|open| **open).count() as i64;
        prop_assert_eq!(calendar.minutes_between(from, point(minutes)), between);
        if between > 0 {
            let back = calendar.back_ms(point(minutes), between * 60_000).expect("back");
            prop_assert_eq!(calendar.open_ms(back, point(minutes)), between * 60_000);
        }
    }
}
