//! Coverage: of the visits that a level is promised in a month or quarter, how many a customer has had.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::Day;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VisitPer)]
pub enum Per {
    Month,
    Quarter,
}

impl Per {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }

    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        [Self::Month, Self::Quarter].into_iter().find(|per| per.word() == word)
    }

    fn months(self) -> i32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
        }
    }
}

/// First and last day of the month or quarter of a day, and the first of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub first: Day,
    pub last: Day,
    pub before: Day,
}

#[must_use]
pub fn window(per: Per, day: Day) -> Window {
    let date = day.date();
    let months = per.months();
    let at = i32::from(date.year()) * 12 + i32::from(date.month()) - 1;
    let first = at - at.rem_euclid(months);
    Window { first: month(first), last: month(first + months).plus(-1), before: month(first - months) }
}

/// The first day of a month, counted from the year 0.
fn month(number: i32) -> Day {
    let (year, month) = (number.div_euclid(12), number.rem_euclid(12) + 1);
    let year = i16::try_from(year).unwrap_or(9_999);
    Day::from_ymd(year, i8::try_from(month).unwrap_or(1), 1).unwrap_or(Day(0))
}

/// Where a customer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VisitStanding)]
pub enum Standing {
    /// Has had what is promised.
    Covered,
    /// Will have had it, as planned.
    Planned,
    /// Not yet.
    Due,
    /// Has had too few in the month or quarter before as well, at this level all the time.
    Overdue,
}

/// What has happened with one customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    pub promised: i64,
    /// Made in this window and in the one before.
    pub done: i64,
    pub done_before: i64,
    /// Planned for the rest of this window.
    pub planned: i64,
    /// Since when he has his level.
    pub level_since: Option<Day>,
}

#[must_use]
pub fn standing(window: Window, facts: Facts) -> Standing {
    if facts.done >= facts.promised {
        return Standing::Covered;
    }
    if facts.done + facts.planned >= facts.promised {
        return Standing::Planned;
    }
    let whole = facts.level_since.is_some_and(|since| since <= window.before);
    if whole && facts.done_before < facts.promised && facts.done == 0 { Standing::Overdue } else { Standing::Due }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).expect(text)
    }

    #[test]
    fn months_and_quarters_have_their_days() {
        let window = |per, on: &str| {
            let window = super::window(per, day(on));
            (window.first.to_string(), window.last.to_string(), window.before.to_string())
        };
        let said = |first: &str, last: &str, before: &str| (first.to_owned(), last.to_owned(), before.to_owned());
        assert_eq!(window(Per::Month, "2026-01-31"), said("2026-01-01", "2026-01-31", "2025-12-01"));
        assert_eq!(window(Per::Month, "2024-02-29"), said("2024-02-01", "2024-02-29", "2024-01-01"));
        assert_eq!(window(Per::Quarter, "2026-11-22"), said("2026-10-01", "2026-12-31", "2026-07-01"));
        assert_eq!(window(Per::Quarter, "2026-01-01"), said("2026-01-01", "2026-03-31", "2025-10-01"));
    }

    #[test]
    fn overdue_is_who_has_been_left_out_for_a_whole_window_and_longer() {
        let window = window(Per::Month, day("2026-11-22"));
        let facts = Facts { promised: 2, done: 0, done_before: 1, planned: 0, level_since: Some(day("2026-10-01")) };
        assert_eq!(standing(window, facts), Standing::Overdue);
        assert_eq!(standing(window, Facts { done_before: 2, ..facts }), Standing::Due);
        assert_eq!(standing(window, Facts { done: 1, ..facts }), Standing::Due);
        assert_eq!(standing(window, Facts { level_since: Some(day("2026-10-02")), ..facts }), Standing::Due);
        assert_eq!(standing(window, Facts { level_since: None, ..facts }), Standing::Due);
        assert_eq!(standing(window, Facts { done: 1, planned: 1, ..facts }), Standing::Planned);
        assert_eq!(standing(window, Facts { done: 2, ..facts }), Standing::Covered);
    }
}
