//! The decision about one customer and programme: a pure function from what is on record and what the customer comes
//! to now, to the new record and, where the level changes, the decision with everything it rested on.
//!
//! This is the decision of rules without settings for lives: a level is held exactly as long as its entry rule holds.
//! With them, [`crate::life::step`] decides; both end in the same [`Standing`] and the same kinds of [`Change`].

use crate::evaluate::Assessment;
use crate::ladder::CompiledLevel;
use crate::rfm::Grades;
use serde::{Deserialize, Serialize};
use zunke_kernel::Day;
use zunke_kernel::id::{LevelId, VersionId};

/// What is on record for a customer in a programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// None where no level admits him.
    pub level: Option<LevelId>,
    pub rank: u8,
    /// The day on which this level began.
    pub since: Day,
}

/// Why the question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Something that he did, or that was corrected.
    Activity,
    /// An evaluation of all: time has passed.
    Evaluation,
    /// New rules were published.
    Rules,
    /// A run over those for whom a day fell due, or a review of everyone.
    Review,
    /// Somebody set, granted, approved or took away a level.
    Person,
}

/// What the decision does to the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The first level of this customer.
    Entered,
    Raised,
    Lowered,
    /// The same rank under another level of new rules.
    Moved,
    /// No level admits him any longer.
    Left,
    /// The cycle ended, and the level was kept.
    Kept,
    /// The keep rule was missed: observation has begun.
    Observed,
    /// The keep rule was met again in observation.
    Recovered,
    /// A lost level was won back.
    Returned,
    /// A rise waits for approval.
    Asked,
    /// The computed level changed beneath a level that a person has set.
    Beneath,
}

impl Cause {
    /// The word in the database and the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Evaluation => "evaluation",
            Self::Rules => "rules",
            Self::Review => "review",
            Self::Person => "person",
        }
    }
}

impl Change {
    /// Whether the level itself is another one than before.
    #[must_use]
    pub fn moves(self) -> bool {
        matches!(self, Self::Entered | Self::Raised | Self::Returned | Self::Lowered | Self::Left | Self::Moved)
    }

    /// The word in the database and the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Entered => "entered",
            Self::Raised => "raised",
            Self::Lowered => "lowered",
            Self::Moved => "moved",
            Self::Left => "left",
            Self::Kept => "kept",
            Self::Observed => "observed",
            Self::Recovered => "recovered",
            Self::Returned => "returned",
            Self::Asked => "asked",
            Self::Beneath => "beneath",
        }
    }
}

/// Everything the decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    pub standing: Option<Standing>,
    pub assessment: &'a Assessment,
    /// Rising by rank.
    pub ladder: &'a [CompiledLevel],
    pub version: VersionId,
    pub as_of: Day,
    pub cause: Cause,
}

/// A change of level, to be stored with its inputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    pub change: Change,
    pub cause: Cause,
    pub from: Option<Standing>,
    pub to: Standing,
    pub version: VersionId,
    pub as_of: Day,
    pub score: f64,
    pub grades: Grades,
    /// An entry at the lowest level is no news: it is on record as the standing and needs no row of its own.
    pub silent: bool,
}

/// The record from now on, and the decision where the level changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    pub standing: Standing,
    pub decision: Option<Decision>,
}

/// Decides. The same situation always has the same outcome.
#[must_use]
pub fn decide(situation: &Situation<'_>) -> Outcome {
    let Situation { standing, assessment, ladder, version, as_of, cause } = *situation;
    let level = ladder.iter().find(|level| level.rank == assessment.rank);
    let level_id = level.map(|level| level.id);
    if let Some(standing) = standing
        && standing.level == level_id
    {
        // The rank may have moved under the same level: no decision about him.
        let standing = Standing { rank: assessment.rank, ..standing };
        return Outcome { standing, decision: None };
    }
    let to = Standing { level: level_id, rank: assessment.rank, since: as_of };
    let before = standing.filter(|standing| standing.level.is_some());
    let change = match (before, level_id) {
        (_, None) => Change::Left,
        (None, Some(_)) => Change::Entered,
        (Some(from), Some(_)) if to.rank > from.rank => Change::Raised,
        (Some(from), Some(_)) if to.rank < from.rank => Change::Lowered,
        (Some(_), Some(_)) => Change::Moved,
    };
    let lowest = ladder.first().is_none_or(|lowest| lowest.rank == to.rank);
    let silent = before.is_none() && (level_id.is_none() || (lowest && change == Change::Entered));
    let decision = Decision {
        change,
        cause,
        from: standing,
        to,
        version,
        as_of,
        score: assessment.score,
        grades: assessment.grades,
        silent,
    };
    Outcome { standing: to, decision: Some(decision) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::{Level, Rule};
    use zunke_kernel::{Instant, Text};

    fn ladder() -> Vec<CompiledLevel> {
        (1..=3)
            .map(|rank| {
                let level = Level {
                    id: LevelId::new(Instant(i64::from(rank))),
                    rank,
                    name: Text::default(),
                    colour: "#000000".into(),
                    entry: Rule::default(),
                    guards: vec![],
                    keep: None,
                    approval: false,
                    benefit_cost: None,
                };
                CompiledLevel::new(&level, &|_: &str| None)
            })
            .collect()
    }

    fn outcome(ladder: &[CompiledLevel], standing: Option<Standing>, rank: u8, as_of: i32) -> Outcome {
        let assessment = Assessment { rank, ..Assessment::default() };
        decide(&Situation {
            standing,
            assessment: &assessment,
            ladder,
            version: VersionId::new(Instant(0)),
            as_of: Day(as_of),
            cause: Cause::Activity,
        })
    }

    #[test]
    fn a_life_of_entering_rising_skipping_and_falling_says_what_happened_each_time() {
        let ladder = ladder();
        let first = outcome(&ladder, None, 1, 10);
        let entered = first.decision.expect("entered");
        assert_eq!((entered.change, entered.silent), (Change::Entered, true));
        let same = outcome(&ladder, Some(first.standing), 1, 20);
        assert_eq!((same.decision, same.standing.since), (None, Day(10)), "nothing changed: the first day stays");
        let up = outcome(&ladder, Some(same.standing), 3, 30);
        let raised = up.decision.expect("raised");
        assert_eq!(
            (raised.change, raised.to.rank, raised.to.since, raised.silent),
            (Change::Raised, 3, Day(30), false)
        );
        let down = outcome(&ladder, Some(up.standing), 2, 40).decision.expect("lowered");
        assert_eq!((down.change, down.from.expect("from").rank), (Change::Lowered, 3));
        let left = outcome(&ladder, Some(up.standing), 0, 50);
        assert_eq!(left.decision.expect("left").change, Change::Left);
        let back = outcome(&ladder, Some(left.standing), 2, 60).decision.expect("back");
        assert_eq!((back.change, back.silent), (Change::Entered, false));
    }

    #[test]
    fn asked_twice_the_answer_is_the_same_and_the_second_changes_nothing() {
        let ladder = ladder();
        let once = outcome(&ladder, None, 2, 10);
        let again = outcome(&ladder, Some(once.standing), 2, 10);
        assert_eq!(again, Outcome { standing: once.standing, decision: None });
    }

    #[test]
    fn a_customer_that_no_level_admits_is_on_record_and_no_news() {
        let outcome = outcome(&ladder(), None, 0, 10);
        assert_eq!(outcome.standing.level, None);
        assert!(outcome.decision.expect("recorded").silent);
    }
}
