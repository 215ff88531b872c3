//! Who is there: what people say of themselves and how long it holds, shifts, absences.

use crate::ticket::words;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Day, Instant, Zone};

/// What somebody says of himself holds for so long without a sign of life; browsers give one every half minute.
pub const EXPIRES_MS: i64 = 120_000;

/// Whether somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PresenceState)]
pub enum State {
    /// There, and is given tickets.
    Online,
    /// There, takes tickets, is given none.
    Busy,
    Away,
    /// No sign of life.
    Offline,
}

words!(State { Online = "online", Busy = "busy", Away = "away", Offline = "offline" });

/// What holds now of what was said at `seen_at`.
#[must_use]
pub fn now(said: State, seen_at: Instant, now: Instant) -> State {
    if now.0.saturating_sub(seen_at.0) <= EXPIRES_MS { said } else { State::Offline }
}

/// A weekly window of work, in the organisation's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// 1 Monday to 7 Sunday: the day it begins.
    pub weekday: i64,
    /// Minutes of that day; `until` beyond 1440 goes over midnight.
    pub from: i64,
    pub until: i64,
}

/// Weekday (1 Monday to 7 Sunday) and minute of the day of an instant.
#[must_use]
pub fn clock_of(zone: &Zone, at: Instant) -> (i64, i64) {
    let day = zone.day_of(at);
    let minute = at.0.saturating_sub(zone.start_of(day).0) / 60_000;
    (weekday(day), minute.clamp(0, 1_499))
}

/// 1 Monday to 7 Sunday.
#[must_use]
pub fn weekday(day: Day) -> i64 {
    i64::from(day.date().weekday().to_monday_one_offset())
}

/// Whether this is within one of the windows. Who has none is always on shift.
#[must_use]
pub fn on_shift(windows: &[Window], (weekday, minute): (i64, i64)) -> bool {
    windows.is_empty()
        || windows.iter().any(|window| {
            let since = (weekday - window.weekday).rem_euclid(7) * 1_440 + minute;
            (window.from..window.until).contains(&since)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_expires_without_a_sign_of_life() {
        assert_eq!(now(State::Busy, Instant(0), Instant(EXPIRES_MS)), State::Busy);
        assert_eq!(now(State::Online, Instant(0), Instant(EXPIRES_MS + 1)), State::Offline);
    }

    #[test]
    fn a_shift_over_midnight_goes_on_into_the_next_day() {
        let night = [Window { weekday: 7, from: 22 * 60, until: 30 * 60 }];
        assert!(!on_shift(&night, (7, 21 * 60 + 59)));
        assert!(on_shift(&night, (7, 22 * 60)));
        assert!(on_shift(&night, (1, 5 * 60 + 59)), "Sunday's night ends on Monday");
        assert!(!on_shift(&night, (1, 6 * 60)));
        assert!(on_shift(&[], (3, 0)), "without shifts always");
    }

    #[test]
    fn the_clock_is_that_of_the_organisations_zone() {
        // 2026-11-22 23:30 UTC is Monday 07:30 in Shanghai.
        let at = Instant(1_795_390_200_000);
        assert_eq!(clock_of(&Zone::default(), at), (1, 450));
        assert_eq!(clock_of(&Zone::parse("UTC").expect("zone"), at), (7, 1_410));
    }
}
