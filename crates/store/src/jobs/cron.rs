//! When a schedule comes round: the five fields of cron, read in a time zone.

use jiff::civil::{Date, DateTime, Time};
use zunke_kernel::{Error, Instant, Result, Zone};

/// `minute hour day-of-month month day-of-week`; `*`, lists, ranges and steps; Sunday is 0 or 7. Where both
/// day fields are narrowed, either may match, as everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

/// A 29 February can be eight years away.
const DAYS_AHEAD: i32 = 366 * 9;

impl Cron {
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = || {
            Error::invalid(
                "cron_invalid",
                format!("“{text}”不是有效的时间表达式，请写成如“30 3 * * *”的五段。"),
                format!("“{text}” is not a schedule; write five fields such as “30 3 * * *”."),
            )
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else { return Err(refuse()) };
        let mut weekdays = field(weekday, 0, 7).ok_or_else(refuse)?;
        if weekdays & (1 << 7) != 0 {
            weekdays |= 1;
        }
        Ok(Self {
            minutes: field(minute, 0, 59).ok_or_else(refuse)?,
            hours: field(hour, 0, 23).ok_or_else(refuse)?,
            days: field(day, 1, 31).ok_or_else(refuse)?,
            months: field(month, 1, 12).ok_or_else(refuse)?,
            weekdays,
            any_day: day.starts_with('*'),
            any_weekday: weekday.starts_with('*'),
        })
    }

    /// The first instant after `after`; `None` where there is none (31 February). A time that the clocks
    /// skip comes with the hour after it, a time that comes twice comes once.
    #[must_use]
    pub fn next(&self, after: Instant, zone: &Zone) -> Option<Instant> {
        let first = zone.day_of(after);
        (0..DAYS_AHEAD)
            .map(|ahead| first.plus(ahead).date())
            .filter(|date| self.on(*date))
            .flat_map(|date| self.times().map(move |time| DateTime::from_parts(date, time)))
            .find_map(|local| zone.instant_of(local).filter(|instant| *instant > after))
    }

    fn on(&self, date: Date) -> bool {
        let has = |set: u64, value: i8| u32::try_from(value).is_ok_and(|bit| set & (1 << bit) != 0);
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        let either = if self.any_day || self.any_weekday { day && weekday } else { day || weekday };
        has(self.months, date.month()) && either
    }

    fn times(&self) -> impl Iterator<Item = Time> + '_ {
        let set = |set: u64, end: i8| (0..end).filter(move |bit| set & (1 << bit) != 0);
        set(self.hours, 24)
            .flat_map(move |hour| set(self.minutes, 60).filter_map(move |minute| Time::new(hour, minute, 0, 0).ok()))
    }
}

/// One field as a set of bits.
fn field(text: &str, least: u32, most: u32) -> Option<u64> {
    let mut set = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
            // `5/10` counts from five to the end.
            None => {
                let from: u32 = range.parse().ok()?;
                (from, if part.contains('/') { most } else { from })
            }
        };
        if from < least || to > most || from > to {
            return None;
        }
        for value in (from..=to).step_by(usize::try_from(step).ok()?) {
            set |= 1 << value;
        }
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(cron: &str, after: &str, zone: &str) -> Option<String> {
        let after = Instant(after.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        Cron::parse(cron).unwrap().next(after, &Zone::parse(zone).unwrap()).map(|instant| instant.to_string())
    }

    #[test]
    fn a_schedule_comes_round_in_its_own_zone() {
        let shanghai = |cron, after| next(cron, after, "Asia/Shanghai");
        for (cron, after, wanted) in [
            ("30 3 * * *", "2026-11-22T10:00:00Z", "2026-11-22T19:30:00.000Z"),
            ("30 3 * * *", "2026-11-22T19:30:00Z", "2026-11-23T19:30:00.000Z"),
            ("*/15 * * * *", "2026-11-22T10:14:59Z", "2026-11-22T10:15:00.000Z"),
            ("0 9 1 * *", "2026-12-01T01:00:00Z", "2027-01-01T01:00:00.000Z"),
            ("0 0 29 2 *", "2026-11-22T00:00:00Z", "2028-02-28T16:00:00.000Z"),
            ("0 9 * * 1-5", "2026-11-20T02:00:00Z", "2026-11-23T01:00:00.000Z"),
            ("0 9 * * 7", "2026-11-20T02:00:00Z", "2026-11-22T01:00:00.000Z"),
            ("0 9 13 * 5", "2026-11-20T02:00:00Z", "2026-11-27T01:00:00.000Z"),
        ] {
            assert_eq!(shanghai(cron, after).as_deref(), Some(wanted), "{cron} after {after}");
        }
        assert_eq!(shanghai("0 0 31 2 *", "2026-11-22T00:00:00Z"), None);
    }

    #[test]
    fn an_hour_that_is_skipped_or_comes_twice_gives_one_run() {
        let london = |after| next("30 1 * * *", after, "Europe/London");
        assert_eq!(london("2026-03-29T00:00:00Z").as_deref(), Some("2026-03-29T01:30:00.000Z"));
        assert_eq!(london("2026-10-25T00:00:00Z").as_deref(), Some("2026-10-25T00:30:00.000Z"));
        assert_eq!(london("2026-10-25T00:30:00Z").as_deref(), Some("2026-10-26T01:30:00.000Z"));
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "5-1 * * * *", "*/0 * * * *", "a * * * *"]
        {
            assert_eq!(Cron::parse(text).unwrap_err().code, "cron_invalid", "{text}");
        }
    }
}
