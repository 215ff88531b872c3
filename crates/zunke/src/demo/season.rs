//! When people buy: the months, the days of the week, 双11, 618 and the Spring Festival.

use zunke_kernel::Day;

/// The first day of the lunar year (春节), as published.
const SPRING_FESTIVALS: [(i16, i8, i8); 24] = [
    (2012, 1, 23),
    (2013, 2, 10),
    (2014, 1, 31),
    (2015, 2, 19),
    (2016, 2, 8),
    (2017, 1, 28),
    (2018, 2, 16),
    (2019, 2, 5),
    (2020, 1, 25),
    (2021, 2, 12),
    (2022, 2, 1),
    (2023, 1, 22),
    (2024, 2, 10),
    (2025, 1, 29),
    (2026, 2, 17),
    (2027, 2, 6),
    (2028, 1, 26),
    (2029, 2, 13),
    (2030, 2, 3),
    (2031, 1, 23),
    (2032, 2, 11),
    (2033, 1, 31),
    (2034, 2, 19),
    (2035, 2, 8),
];

/// No day draws more than this.
pub const PEAK: f64 = 6.0;

/// How strongly a day draws, 1 on a usual day, at most [`PEAK`].
pub fn draw(day: Day) -> f64 {
    let date = day.date();
    let week = match date.weekday() {
        jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday => 1.25,
        _ => 0.9,
    };
    let sale = match (date.month(), date.day()) {
        (11, 11) => 4.5,
        (11, 1..=10) => 1.7,
        (11, 12..=20) => 0.6,
        (6, 18) => 3.0,
        (6, 10..=17) => 1.4,
        (12, 12) => 1.8,
        (10, 1..=7) => 1.3,
        (9, 1..=30) | (5, 1..=5) => 1.1,
        (7, _) => 0.85,
        _ => 1.0,
    };
    (week * sale * festival(day)).min(PEAK)
}

/// Presents are bought in the three weeks before the festival; in its week nothing is sent.
fn festival(day: Day) -> f64 {
    let days_to = SPRING_FESTIVALS
        .iter()
        .filter_map(|(year, month, day)| Day::from_ymd(*year, *month, *day))
        .map(|festival| festival.since(day))
        .min_by_key(|days| days.abs());
    match days_to {
        Some(5..=24) => 1.9,
        Some(-6..=4) => 0.3,
        Some(-20..=-7) => 0.8,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> f64 {
        draw(Day::parse(text).expect("day"))
    }

    #[test]
    fn singles_day_and_the_weeks_before_the_spring_festival_draw_and_its_week_does_not() {
        assert!(at("2025-11-11") > 3.0 * at("2025-10-21"));
        assert!(at("2026-02-04") > 1.5 * at("2026-04-08"));
        assert!(at("2026-02-18") < 0.5 * at("2026-04-08"));
        let from = Day::parse("2012-01-01").expect("day");
        assert!((0..9_000).map(|days| draw(from.plus(days))).all(|draw| draw > 0.0 && draw <= PEAK));
    }
}
