//! A calendar made ready for computing: all its open spans as instants, and how much was open before each. Adding working
//! time is two look-ups in these tables, however far away the due time is.

use super::spec::{CalendarSpec, Hours, Weekday};
use crate::{Day, Error, Instant, Result, Zone};
use std::collections::HashMap;

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// The years that a calendar answers for, the last one included.
pub const YEARS: (i16, i16) = (1970, 2100);

/// A calendar that computes.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: Zone,
    /// Where each open span begins, in UTC milliseconds; spans don't touch.
    starts: Vec<i64>,
    /// Milliseconds open before each span, and in the end before eternity: one more than `starts`.
    before: Vec<i64>,
    /// For each UTC day from the first, how many spans begin before it: where to look.
    index: Vec<u32>,
    /// The days with hours, as days since 1970.
    working: Vec<i32>,
    /// The windows of each day that differs from its weekday; minutes of the day.
    other: HashMap<Day, Windows>,
    week: [Windows; 7],
    first: Instant,
    last: Instant,
}

impl Calendar {
    /// Checks and compiles a document. A calendar that is never open is refused.
    pub fn build(spec: &CalendarSpec) -> Result<Self> {
        let zone = spec.check()?;
        let first_day = Day::from_ymd(YEARS.0, 1, 1).unwrap_or_default();
        let last_day = Day::from_ymd(YEARS.1, 12, 31).unwrap_or_default();
        let (first, last) = (zone.start_of(first_day), zone.start_of(last_day.plus(1)));
        let (week, other) = hours(spec);
        let mut calendar = Self {
            zone,
            starts: Vec::new(),
            before: Vec::new(),
            index: Vec::new(),
            working: Vec::new(),
            other,
            week,
            first,
            last,
        };
        if spec.always {
            calendar.starts.push(first.0);
            calendar.before.extend([0, last.0 - first.0]);
        } else {
            calendar.fill();
        }
        if calendar.before.last().is_none_or(|open| *open == 0) {
            return Err(Error::invalid(
                "calendar_never_open",
                "该日历没有任何工作时间，无法计算到期时间。请至少设置一个时段。",
                "This calendar is never open, so nothing can ever be due by it. Give it at least one window.",
            )
            .at("week"));
        }
        let mut spans = calendar.starts.iter().peekable();
        let (mut at, mut count) = (first.0, 0u32);
        while at <= last.0 {
            while spans.next_if(|start| **start < at).is_some() {
                count += 1;
            }
            calendar.index.push(count);
            at += DAY_MS;
        }
        calendar.working = (first_day.0..=last_day.0).filter(|day| !calendar.hours(Day(*day)).is_empty()).collect();
        Ok(calendar)
    }

    /// All open spans: the zone's stretches of one offset, and in each the windows of its local days.
    fn fill(&mut self) {
        let zone = self.zone.clone();
        let mut open = 0;
        let mut end = i64::MIN;
        for (from, to, offset) in zone.stretches(self.first, self.last) {
            let (local_from, local_to) = (from.0 + offset, to.0 + offset);
            let mut day = local_from.div_euclid(DAY_MS);
            while day * DAY_MS < local_to {
                let midnight = day * DAY_MS;
                let hours = hours_of(&self.week, &self.other, Day(i32::try_from(day).unwrap_or(i32::MAX)));
                for (opens, closes) in hours {
                    let start = (midnight + i64::from(*opens) * MINUTE_MS).max(local_from) - offset;
                    let stop = (midnight + i64::from(*closes) * MINUTE_MS).min(local_to) - offset;
                    if start >= stop {
                        continue;
                    }
                    if start == end {
                        // 24:00 is the midnight of the next day: one span.
                        open += stop - start;
                    } else {
                        self.starts.push(start);
                        self.before.push(open);
                        open += stop - start;
                    }
                    end = stop;
                }
                day += 1;
            }
        }
        self.before.push(open);
    }

    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The windows of a day in minutes from its midnight, in order; none where it is closed.
    #[must_use]
    pub fn hours(&self, day: Day) -> &[(u16, u16)] {
        hours_of(&self.week, &self.other, day)
    }

    #[must_use]
    pub fn is_open(&self, at: Instant) -> bool {
        let span = self.span(at);
        span > 0 && at.0 < self.starts[span - 1] + self.before[span] - self.before[span - 1]
    }

    /// The first open instant at or after `at`.
    #[must_use]
    pub fn opens(&self, at: Instant) -> Option<Instant> {
        if self.is_open(at) { Some(at) } else { self.starts.get(self.span(at)).map(|start| Instant(*start)) }
    }

    /// How many spans begin at or before `at`.
    fn span(&self, at: Instant) -> usize {
        if at < self.first {
            return 0;
        }
        let day = usize::try_from((at.0 - self.first.0) / DAY_MS).unwrap_or(usize::MAX);
        let Some(known) = self.index.get(day) else { return self.starts.len() };
        let mut span = *known as usize;
        while self.starts.get(span).is_some_and(|start| *start <= at.0) {
            span += 1;
        }
        span
    }

    /// Milliseconds open from the beginning of the years up to `at`.
    fn open_until(&self, at: Instant) -> i64 {
        match self.span(at) {
            0 => 0,
            span => (self.before[span - 1] + at.0 - self.starts[span - 1]).min(self.before[span]),
        }
    }

    /// Milliseconds open from `from` to `to`; 0 where `to` is not later.
    #[must_use]
    pub fn open_ms(&self, from: Instant, to: Instant) -> i64 {
        if to <= from { 0 } else { self.open_until(to) - self.open_until(from) }
    }

    /// Whole minutes open from `from` to `to`.
    #[must_use]
    pub fn minutes_between(&self, from: Instant, to: Instant) -> i64 {
        self.open_ms(from, to) / MINUTE_MS
    }

    /// The first instant by which `ms` of open time have gone since `from`; `from` itself for 0.
    pub fn add_ms(&self, from: Instant, ms: i64) -> Result<Instant> {
        self.within(from)?;
        if ms <= 0 {
            return if ms == 0 { Ok(from) } else { Err(negative()) };
        }
        let target = self.open_until(from).checked_add(ms).ok_or_else(Self::too_far)?;
        // The first span in whose end so much has been open.
        let span = self.before[1..].partition_point(|open| *open < target);
        match self.starts.get(span) {
            Some(start) => Ok(Instant(start + target - self.before[span])),
            None => Err(Self::too_far()),
        }
    }

    pub fn add_minutes(&self, from: Instant, minutes: i64) -> Result<Instant> {
        self.add_ms(from, minutes.checked_mul(MINUTE_MS).ok_or_else(Self::too_far)?)
    }

    /// The last instant from which `ms` of open time go by until `to`: for what is told so long before.
    pub fn back_ms(&self, to: Instant, ms: i64) -> Result<Instant> {
        self.within(to)?;
        if ms <= 0 {
            return if ms == 0 { Ok(to) } else { Err(negative()) };
        }
        let target = self.open_until(to) - ms;
        if target < 0 {
            return Err(Self::too_far());
        }
        // The last span that begins with so much, or less, behind it.
        let span = self.before[..self.starts.len()].partition_point(|open| *open <= target);
        Ok(Instant(self.starts[span.max(1) - 1] + target - self.before[span.max(1) - 1]))
    }

    /// The same time of day on the `days`th working day after the day of `from`; `from` itself for 0. A day with any hours
    /// is a working day. A time that the clock skips that day is the one after the gap, one it shows twice is the first.
    pub fn add_days(&self, from: Instant, days: i64) -> Result<Instant> {
        self.within(from)?;
        if days <= 0 {
            return if days == 0 { Ok(from) } else { Err(negative()) };
        }
        let local = self.zone.local(from);
        let today = Day::from_date(local.date());
        let before = self.working.partition_point(|day| *day <= today.0);
        let at = usize::try_from(days - 1).ok().and_then(|ahead| before.checked_add(ahead));
        let day = at.and_then(|at| self.working.get(at)).ok_or_else(Self::too_far)?;
        self.zone.instant_of(Day(*day).date().to_datetime(local.time())).ok_or_else(Self::too_far)
    }

    fn within(&self, at: Instant) -> Result<()> {
        if at < self.first || at >= self.last {
            return Err(Error::invalid(
                "time_out_of_range",
                format!("日历只计算 {} 到 {} 年的时间。", YEARS.0, YEARS.1),
                format!("Calendars answer for the years {} to {}.", YEARS.0, YEARS.1),
            )
            .at("from"));
        }
        Ok(())
    }

    fn too_far() -> Error {
        Error::invalid(
            "due_too_far",
            format!("按此日历在 {} 年前没有足够的工作时间，请检查日历和时长。", YEARS.1),
            format!(
                "This calendar has not so much working time before {}; check the calendar and the length.",
                YEARS.1
            ),
        )
    }
}

fn negative() -> Error {
    Error::invalid("length_negative", "时长不能为负数。", "The length must not be negative.")
}

type Windows = Vec<(u16, u16)>;

fn hours_of<'a>(week: &'a [Windows; 7], other: &'a HashMap<Day, Windows>, day: Day) -> &'a [(u16, u16)] {
    other.get(&day).unwrap_or(&week[Weekday::of(day) as usize])
}

/// The windows of each weekday and of each day that differs: what crosses midnight is split, and what touches is joined.
fn hours(spec: &CalendarSpec) -> ([Windows; 7], HashMap<Day, Windows>) {
    if spec.always {
        return (std::array::from_fn(|_| vec![(0, 1440)]), HashMap::new());
    }
    let of = |weekday: usize| spec.hours_of(Weekday::ALL[weekday % 7]);
    let week = std::array::from_fn(|day| joined(of(day), of(day + 6)));
    let mut said: HashMap<Day, &[Hours]> = HashMap::new();
    for one in &spec.exceptions {
        let hours = one.like.map_or(one.hours.as_slice(), |weekday| spec.hours_of(weekday));
        for day in 0..=one.last().since(one.from) {
            said.insert(one.from.plus(day), hours);
        }
    }
    let mut other: HashMap<Day, Windows> = HashMap::new();
    for (day, hours) in &said {
        // An exception says all of its day: the night before ends at midnight.
        other.insert(*day, joined(hours, &[]));
        let next = day.plus(1);
        if !said.contains_key(&next) {
            other.insert(next, joined(spec.hours_of(Weekday::of(next)), hours));
        }
    }
    (week, other)
}

/// The windows of a day from those that begin on it and those that began the day before.
fn joined(own: &[Hours], before: &[Hours]) -> Windows {
    let mut all: Windows = own.iter().map(|hours| hours.head()).collect();
    all.extend(before.iter().filter_map(|hours| hours.tail()));
    all.sort_unstable();
    let mut joined: Windows = Vec::with_capacity(all.len());
    for (from, to) in all {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}
