//! Whether ordinary customers get what they were promised, and whether a change of the service standards made them fare
//! worse.

pub mod watch;

use crate::store::fairness as store;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

/// Promises that fell due, and how many of them were kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FairnessKept)]
pub struct Kept {
    pub kept: i64,
    pub due: i64,
}

impl Kept {
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { kept: self.kept + other.kept, due: self.due + other.due }
    }

    fn rate(self) -> f64 {
        self.kept as f64 / self.due.max(1) as f64
    }
}

/// What a change did to the lowest level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FairnessVerdict)]
pub enum Verdict {
    /// Too few promises on one side to judge.
    Few,
    Fine,
    /// Fewer promises kept than chance explains, and by enough to matter.
    Worse,
}

/// Fewer on one side say nothing.
const ENOUGH: i64 = 20;
/// A drop of less than two in a hundred is no alarm, however sure it is.
const DROP: f64 = 0.02;
/// One in twenty by chance.
const Z: f64 = 1.645;

/// Judges a change by the promises before and after it: a one-sided test of two shares.
#[must_use]
pub fn judge(before: Kept, after: Kept) -> Verdict {
    if before.due < ENOUGH || after.due < ENOUGH {
        return Verdict::Few;
    }
    let drop = before.rate() - after.rate();
    let pooled = before.and(after).rate();
    let spread = (pooled * (1.0 - pooled) * (1.0 / before.due as f64 + 1.0 / after.due as f64)).sqrt();
    if drop >= DROP && spread > 0.0 && drop / spread >= Z { Verdict::Worse } else { Verdict::Fine }
}

/// How far before and after a change promises are looked at.
const WINDOW_MS: i64 = 28 * 86_400_000;

/// Promises before and after an instant, from sums by hour: the hour of the change itself is neither.
#[must_use]
pub fn around(hours: &[(Instant, Kept)], at: Instant) -> (Kept, Kept) {
    const HOUR_MS: i64 = 3_600_000;
    let sum = |from: i64, until: i64| {
        let within = hours.iter().filter(|(hour, _)| hour.0 >= from && hour.0 + HOUR_MS <= until);
        within.fold(Kept::default(), |sum, (_, kept)| sum.and(*kept))
    };
    (sum(at.0 - WINDOW_MS, at.0), sum(at.0, at.0 + WINDOW_MS))
}

/// A change of the service standards, and the lowest level's promises in the four weeks before and after it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FairnessChange)]
pub struct Judged {
    pub name: String,
    pub at: Instant,
    pub before: Kept,
    pub after: Kept,
    pub verdict: Verdict,
}

/// The changes since an instant, the last first, judged by what they did to the level of this rank.
pub fn judged(tx: &mut Tx, since: Instant, now: Instant, lowest: i64) -> Result<Vec<Judged>> {
    const HOUR_MS: i64 = 3_600_000;
    let begin = since.plus_ms(-WINDOW_MS);
    let hours: Vec<(Instant, Kept)> = store::ended(tx, begin, now.plus_ms(1), HOUR_MS)?
        .into_iter()
        .filter(|(_, rank, _)| *rank == lowest)
        .map(|(step, _, kept)| (begin.plus_ms(step * HOUR_MS), kept))
        .collect();
    let of = |(name, at): (String, Instant)| {
        let (before, after) = around(&hours, at);
        Judged { name, at, before, after, verdict: judge(before, after) }
    };
    Ok(store::changes(tx, since)?.into_iter().map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(kept: i64, due: i64) -> Kept {
        Kept { kept, due }
    }

    #[test]
    fn a_fall_that_chance_does_not_explain_is_an_alarm() {
        assert_eq!(judge(kept(980, 1_000), kept(900, 1_000)), Verdict::Worse);
        assert_eq!(judge(kept(98, 100), kept(80, 100)), Verdict::Worse);
        assert_eq!(judge(kept(98, 100), kept(95, 100)), Verdict::Fine, "that happens by chance");
        assert_eq!(judge(kept(99_900, 100_000), kept(99_000, 100_000)), Verdict::Fine, "sure, and too small to matter");
        assert_eq!(judge(kept(900, 1_000), kept(980, 1_000)), Verdict::Fine, "better is no harm");
        assert_eq!(judge(kept(100, 100), kept(100, 100)), Verdict::Fine);
    }

    #[test]
    fn a_handful_on_one_side_is_not_judged() {
        assert_eq!(judge(kept(19, 19), kept(0, 1_000)), Verdict::Few);
        assert_eq!(judge(kept(1_000, 1_000), kept(0, 19)), Verdict::Few);
        assert_eq!(judge(Kept::default(), Kept::default()), Verdict::Few);
    }

    #[test]
    fn before_and_after_are_four_weeks_each_without_the_hour_of_the_change() {
        let hour = |number: i64| Instant(number * 3_600_000);
        let hours: Vec<(Instant, Kept)> = (0..2_000).map(|number| (hour(number), kept(1, 2))).collect();
        let (before, after) = around(&hours, Instant(hour(1_000).0 + 60_000));
        assert_eq!((before, after), (kept(671, 1_342), kept(671, 1_342)));
        assert_eq!(around(&[], Instant(0)), (Kept::default(), Kept::default()));
    }
}
