//! Time in which a clock stands still, and where the open time of a stretch lies, day by day.

use super::Calendar;
use crate::{Day, Instant, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// From an instant up to another, which is not in it; without an end it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = CalendarSpan)]
pub struct Span {
    pub from: Instant,
    pub to: Option<Instant>,
}

impl Span {
    #[must_use]
    pub fn new(from: Instant, to: Instant) -> Self {
        Self { from, to: Some(to) }
    }

    /// Where it ends; the end of time where it goes on.
    #[must_use]
    pub fn end(self) -> Instant {
        self.to.unwrap_or(Instant(i64::MAX))
    }
}

/// The open time of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CalendarShare)]
pub struct Share {
    pub day: Day,
    /// Of the day's open time, that between the two instants and outside the pauses, in milliseconds.
    pub ms: i64,
}

/// The pauses in order, each stretch of time once; empty ones are left out.
#[must_use]
pub fn merged(pauses: &[Span]) -> Vec<Span> {
    let mut sorted: Vec<Span> = pauses.iter().copied().filter(|pause| pause.end() > pause.from).collect();
    sorted.sort_unstable_by_key(|pause| (pause.from, pause.end()));
    let mut all: Vec<Span> = Vec::with_capacity(sorted.len());
    for pause in sorted {
        match all.last_mut() {
            Some(last) if pause.from <= last.end() => {
                if pause.end() > last.end() {
                    last.to = pause.to;
                }
            }
            _ => all.push(pause),
        }
    }
    all
}

/// The stretches of `from` … `to` outside the pauses.
fn outside(from: Instant, to: Instant, pauses: &[Span]) -> Vec<(Instant, Instant)> {
    let mut at = from;
    let mut parts = Vec::new();
    for pause in merged(pauses) {
        let until = pause.from.min(to);
        if until > at {
            parts.push((at, until));
        }
        at = at.max(pause.end());
    }
    if to > at {
        parts.push((at, to));
    }
    parts
}

/// Milliseconds open from `from` to `to` outside the pauses.
#[must_use]
pub fn open_outside(calendar: &Calendar, from: Instant, to: Instant, pauses: &[Span]) -> i64 {
    outside(from, to, pauses).into_iter().map(|(from, to)| calendar.open_ms(from, to)).sum()
}

/// Where the open time from `from` to `to` outside the pauses lies; days without any are left out.
#[must_use]
pub fn open_by_day(calendar: &Calendar, from: Instant, to: Instant, pauses: &[Span]) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    let zone = calendar.zone();
    for (from, to) in outside(from, to, pauses) {
        let mut at = calendar.opens(from).unwrap_or(to);
        while at < to {
            let day = zone.day_of(at);
            let until = zone.start_of(day.plus(1)).max(at.plus_ms(1)).min(to);
            let ms = calendar.open_ms(at, until);
            match shares.last_mut() {
                Some(last) if last.day == day => last.ms += ms,
                _ if ms > 0 => shares.push(Share { day, ms }),
                _ => {}
            }
            at = calendar.opens(until).unwrap_or(to);
        }
    }
    shares
}

impl Calendar {
    /// [`Calendar::add_ms`], where the time within the pauses does not count. `None`: the clock stands still in a pause
    /// without an end before so much time has gone.
    pub fn add_ms_outside(&self, from: Instant, ms: i64, pauses: &[Span]) -> Result<Option<Instant>> {
        let mut at = from;
        let mut left = ms;
        for pause in merged(pauses) {
            if pause.end() <= at {
                continue;
            }
            let gone = self.open_ms(at, pause.from);
            if gone >= left && (pause.from > at || left == 0) {
                break;
            }
            left -= gone;
            match pause.to {
                Some(to) => at = to,
                None => return Ok(None),
            }
        }
        self.add_ms(at, left).map(Some)
    }

    /// [`Calendar::add_days`], put off by the open time of the pauses before it is due.
    pub fn add_days_outside(&self, from: Instant, days: i64, pauses: &[Span]) -> Result<Option<Instant>> {
        let mut due = self.add_days(from, days)?;
        for pause in merged(pauses) {
            if pause.from >= due {
                break;
            }
            match pause.to {
                Some(to) => due = self.add_ms(due, self.open_ms(pause.from.max(from), to))?,
                None => return Ok(None),
            }
        }
        Ok(Some(due))
    }
}
