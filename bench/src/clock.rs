//! Due times by a working calendar: two windows a day, ten years of exceptions, on one core.

use crate::figure::tell;
use anyhow::Result;
use std::hint::black_box;
use std::time::Instant as Stopwatch;
use zunke_kernel::calendar::{Calendar, DayException, cn};
use zunke_kernel::{Day, Instant};

const ROUNDS: i64 = 2_000_000;
const WANTED: f64 = 1_000_000.0;
const YEAR_MINUTES: i64 = 250 * 8 * 60;

/// The calendar `cn` with thirty exceptions a year from 2024 to 2033.
fn calendar() -> Result<Calendar> {
    let mut spec = cn();
    for year in 2027_i16..=2033 {
        for at in 0..30 {
            let from = Day::from_ymd(year, 1, 1).unwrap_or_default().plus(at * 12);
            spec.exceptions.push(DayException { from, to: None, name: String::new(), hours: Vec::new(), like: None });
        }
    }
    Ok(Calendar::build(&spec)?)
}

/// Due times a second, each `minutes` away from another moment of three years.
#[expect(clippy::cast_precision_loss, reason = "a count of rounds")]
fn rate(calendar: &Calendar, minutes: i64) -> Result<f64> {
    let first = 1_704_067_200_000; // 2024-01-01
    let mut at = 0_i64;
    let begun = Stopwatch::now();
    for _ in 0..ROUNDS {
        // A step that is no part of a day, so that every time of day comes.
        at = (at + 7_919_123) % (3 * 365 * 86_400_000);
        black_box(calendar.add_minutes(black_box(Instant(first + at)), black_box(minutes))?);
    }
    Ok(ROUNDS as f64 / begun.elapsed().as_secs_f64())
}

pub fn run() -> Result<()> {
    let calendar = calendar()?;
    let near = rate(&calendar, 60)?;
    let far = rate(&calendar, 6 * YEAR_MINUTES)?;
    tell("due times, an hour away", "1/s", near, ("wanted", WANTED), near / WANTED, (">=", 1.0));
    tell("due times, six working years away", "1/s", far, ("an hour away", near), far / near, (">=", 0.5));
    Ok(())
}
