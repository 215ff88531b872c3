//! What came of a simulation.

use super::Rule;
use serde::Serialize;
use utoipa::ToSchema;

/// What became of the tickets of one level.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = SimulatedTicketLevel)]
pub struct LevelResult {
    pub level_rank: i64,
    pub tickets: i64,
    /// Answered within the promise.
    pub kept: i64,
    /// Answered late, or not yet when their promise was over.
    pub broken: i64,
    /// Not answered at the end, their promise still open.
    pub open: i64,
    /// Minutes until the answer.
    pub median_minutes: f64,
    pub p90_minutes: f64,
    pub longest_minutes: f64,
}

/// What came of one order of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = SimulatedTicketResult)]
pub struct Result {
    pub rule: Rule,
    pub levels: Vec<LevelResult>,
    /// Hundredths of their time that the staff worked.
    pub busy_percent: f64,
    /// The longest queue.
    pub longest_queue: i64,
}

/// One ticket as it ended: its level, minutes until the answer (none: never), the promise.
pub struct Ended {
    pub level_rank: i64,
    pub waited: Option<i64>,
    /// How long it could have waited until the end of the play.
    pub room: i64,
    pub promise: i64,
}

/// The level's numbers. Times in ms.
pub fn of_level(level_rank: i64, ended: &[Ended]) -> LevelResult {
    let mine: Vec<&Ended> = ended.iter().filter(|one| one.level_rank == level_rank).collect();
    let kept = mine.iter().filter(|one| one.waited.is_some_and(|waited| waited <= one.promise)).count();
    let open = mine.iter().filter(|one| one.waited.is_none() && one.room <= one.promise).count();
    let mut waits: Vec<i64> = mine.iter().filter_map(|one| one.waited).collect();
    waits.sort_unstable();
    let at = |share: f64| {
        let place = (share * waits.len() as f64).ceil() as usize;
        waits.get(place.saturating_sub(1)).map_or(0.0, |ms| minutes(*ms))
    };
    LevelResult {
        level_rank,
        tickets: mine.len() as i64,
        kept: kept as i64,
        broken: (mine.len() - kept - open) as i64,
        open: open as i64,
        median_minutes: at(0.5),
        p90_minutes: at(0.9),
        longest_minutes: at(1.0),
    }
}

fn minutes(ms: i64) -> f64 {
    (ms as f64 / 6_000.0).round() / 10.0
}
