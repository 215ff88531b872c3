//! The days of a life: how long a level is held, and from when on it is held anew. Days are the organisation's; the
//! last day of a cycle belongs to it.

use super::settings::{Cycle, Life, Rounding, Validity};
use zunke_kernel::Day;

/// More cycles than this are not counted: 200 years of months.
const TURNS_MOST: usize = 2_400;

/// So many months later (or earlier); a day that the month doesn't have becomes its last one.
#[must_use]
pub fn plus_months(day: Day, months: i32) -> Day {
    let date = day.date();
    let at = i32::from(date.year()) * 12 + i32::from(date.month()) - 1 + months;
    in_month(at, i32::from(date.day()))
}

/// A day of a month that is counted from year 0, or the month's last one.
fn in_month(month: i32, day: i32) -> Day {
    let year = i16::try_from(month.div_euclid(12)).unwrap_or(i16::MAX).clamp(1, 9_998);
    let month = i8::try_from(month.rem_euclid(12) + 1).unwrap_or(12);
    let day = i8::try_from(day.clamp(1, 31)).unwrap_or(28);
    (28..=day).rev().chain([day]).find_map(|day| Day::from_ymd(year, month, day)).unwrap_or_default()
}

fn month_of(day: Day) -> i32 {
    let date = day.date();
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}

impl Cycle {
    #[must_use]
    pub fn months(self) -> i32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::HalfYear => 6,
            Self::Year => 12,
        }
    }

    /// The last day of the period that a day is in.
    #[must_use]
    pub fn end(self, day: Day) -> Day {
        let months = self.months();
        in_month(month_of(day).div_euclid(months) * months + months, 1).plus(-1)
    }
}

impl Rounding {
    /// A last day, moved to the end of its period.
    #[must_use]
    pub fn apply(self, day: Day) -> Day {
        match self {
            Self::None => day,
            Self::Month => Cycle::Month.end(day),
            Self::Quarter => Cycle::Quarter.end(day),
            Self::HalfYear => Cycle::HalfYear.end(day),
        }
    }
}

impl Life {
    /// The last day of the cycle that begins on `from`, the day on which the level was reached. `joined` is the day of
    /// joining; where it isn't known, anniversaries are those of `from`.
    #[must_use]
    pub fn first_end(&self, from: Day, joined: Option<Day>) -> Day {
        let least = plus_months(from, i32::from(self.first_cycle_months));
        let mut end = self.unrounded(from, from, joined);
        for _ in 0..TURNS_MOST {
            if self.first_cycle_months == 0 || end >= least {
                break;
            }
            end = self.unrounded(end, from, joined);
        }
        self.rounding.apply(end)
    }

    /// The last day of the cycle after the one that ended on `old`, for a level that is held since `since`. It counts
    /// from the old day, whenever that is found out.
    #[must_use]
    pub fn next_end(&self, old: Day, since: Day, joined: Option<Day>) -> Day {
        let next = self.rounding.apply(self.unrounded(old, since, joined));
        // Rounding never moves back, so this holds; a broken setting must not stand still for ever.
        if next > old { next } else { plus_months(old, 1) }
    }

    /// Renewed until `day` is within the cycle; a day that is within it already changes nothing.
    #[must_use]
    pub fn end_covering(&self, day: Day, old: Day, since: Day, joined: Option<Day>) -> Day {
        let mut end = old;
        for _ in 0..TURNS_MOST {
            if end >= day {
                break;
            }
            end = self.next_end(end, since, joined);
        }
        end
    }

    fn unrounded(&self, from: Day, since: Day, joined: Option<Day>) -> Day {
        match self.validity {
            Validity::Months(months) => {
                let months = i32::from(months.max(1));
                // Counted from the first day where that leads here, so that the 31st stays the 31st after a February.
                let passed = month_of(from) - month_of(since);
                if passed % months == 0 && plus_months(since, passed) == from {
                    plus_months(since, passed + months)
                } else {
                    plus_months(from, months)
                }
            }
            Validity::CalendarDate { month, day } => yearly(from, i32::from(month), i32::from(day)),
            Validity::JoiningAnniversary => {
                let date = joined.unwrap_or(since).date();
                yearly(from, i32::from(date.month()), i32::from(date.day()))
            }
            Validity::EndOfNext(cycle) => cycle.end(cycle.end(from).plus(1)),
        }
    }
}

/// The first such day of the year after `from`.
fn yearly(from: Day, month: i32, day: i32) -> Day {
    let year = i32::from(from.year());
    let of = |year: i32| in_month(year * 12 + month.clamp(1, 12) - 1, day);
    let this = of(year);
    if this > from { this } else { of(year + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).expect(text)
    }

    fn life(validity: Validity, rounding: Rounding, first_cycle_months: u8) -> Life {
        Life { validity, rounding, first_cycle_months, ..Life::recommended() }
    }

    fn first(life: &Life, from: &str) -> String {
        life.first_end(day(from), Some(day("2020-02-29"))).to_string()
    }

    fn chain(life: &Life, since: &str, turns: usize) -> Vec<String> {
        let mut end = life.first_end(day(since), None);
        let mut all = vec![end.to_string()];
        for _ in 1..turns {
            end = life.next_end(end, day(since), None);
            all.push(end.to_string());
        }
        all
    }

    #[test]
    fn the_31st_of_january_and_a_month_is_the_last_of_february_and_comes_back_to_the_31st() {
        let monthly = life(Validity::Months(1), Rounding::None, 0);
        assert_eq!(chain(&monthly, "2026-01-31", 4), ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]);
        assert_eq!(chain(&monthly, "2028-01-30", 3), ["2028-02-29", "2028-03-30", "2028-04-30"]);
    }

    #[test]
    fn the_29th_of_february_is_the_28th_in_a_common_year_and_the_29th_again_in_the_next_leap_year() {
        let yearly = life(Validity::Months(12), Rounding::None, 0);
        assert_eq!(chain(&yearly, "2024-02-29", 4), ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]);
        let joined = life(Validity::JoiningAnniversary, Rounding::None, 0);
        assert_eq!(first(&joined, "2026-01-10"), "2026-02-28");
        assert_eq!(first(&joined, "2026-02-28"), "2027-02-28", "on the day itself: the next one");
        assert_eq!(first(&joined, "2027-03-01"), "2028-02-29");
    }

    #[test]
    fn a_calendar_date_is_the_next_one_and_a_first_cycle_that_would_be_too_short_goes_on_to_the_one_after() {
        let date = Validity::CalendarDate { month: 3, day: 31 };
        assert_eq!(first(&life(date, Rounding::None, 0), "2026-03-21"), "2026-03-31");
        assert_eq!(first(&life(date, Rounding::None, 3), "2026-03-21"), "2027-03-31", "not lost ten days later");
        assert_eq!(first(&life(date, Rounding::None, 0), "2026-03-31"), "2027-03-31");
        let leap = Validity::CalendarDate { month: 2, day: 29 };
        assert_eq!(first(&life(leap, Rounding::None, 0), "2026-12-01"), "2027-02-28");
        assert_eq!(first(&life(leap, Rounding::None, 0), "2027-12-01"), "2028-02-29");
    }

    #[test]
    fn the_end_of_the_next_period_is_a_whole_period_away_and_is_renewed_by_one() {
        let quarter = life(Validity::EndOfNext(Cycle::Quarter), Rounding::None, 0);
        assert_eq!(chain(&quarter, "2026-05-10", 3), ["2026-09-30", "2026-12-31", "2027-03-31"]);
        let year = life(Validity::EndOfNext(Cycle::Year), Rounding::None, 0);
        assert_eq!(chain(&year, "2026-01-01", 2), ["2027-12-31", "2028-12-31"]);
        assert_eq!(chain(&life(Validity::EndOfNext(Cycle::Month), Rounding::None, 0), "2028-01-31", 1), ["2028-02-29"]);
        assert_eq!(first(&life(Validity::EndOfNext(Cycle::HalfYear), Rounding::None, 0), "2026-06-30"), "2026-12-31");
    }

    #[test]
    fn rounding_moves_to_the_end_of_month_quarter_or_half_year_and_never_back() {
        let rounded = |rounding| first(&life(Validity::Months(12), rounding, 0), "2026-02-10");
        assert_eq!(rounded(Rounding::Month), "2027-02-28");
        assert_eq!(rounded(Rounding::Quarter), "2027-03-31");
        assert_eq!(rounded(Rounding::HalfYear), "2027-06-30");
        let monthly = life(Validity::Months(12), Rounding::Month, 0);
        assert_eq!(chain(&monthly, "2026-02-10", 2), ["2027-02-28", "2028-02-29"]);
    }

    #[test]
    fn renewal_counts_from_the_old_day_however_late_it_is_found_out() {
        let yearly = life(Validity::Months(12), Rounding::None, 0);
        let (since, old) = (day("2024-05-10"), day("2025-05-10"));
        assert_eq!(yearly.next_end(old, since, None), day("2026-05-10"));
        assert_eq!(yearly.end_covering(day("2025-11-22"), old, since, None), day("2026-05-10"));
        assert_eq!(yearly.end_covering(day("2029-05-10"), old, since, None), day("2029-05-10"));
        assert_eq!(yearly.end_covering(day("2025-01-01"), old, since, None), old);
    }

    #[test]
    fn every_setting_leads_on_from_every_day_of_a_leap_year() {
        let validities = [
            Validity::Months(1),
            Validity::Months(7),
            Validity::Months(120),
            Validity::CalendarDate { month: 2, day: 29 },
            Validity::JoiningAnniversary,
            Validity::EndOfNext(Cycle::Month),
            Validity::EndOfNext(Cycle::Year),
        ];
        for validity in validities {
            for rounding in [Rounding::None, Rounding::Month, Rounding::Quarter, Rounding::HalfYear] {
                for first in [0, 1, 14] {
                    let life = life(validity, rounding, first);
                    for at in 0..366 {
                        let from = day("2028-01-01").plus(at);
                        let end = life.first_end(from, None);
                        assert!(end > from && end >= plus_months(from, i32::from(first)), "{validity:?} {from}");
                        let next = life.next_end(end, from, None);
                        assert!(next > end, "{validity:?} {rounding:?} {from}: {end} {next}");
                    }
                }
            }
        }
    }
}
