//! Which delivery of a key stands: pure, so that "late, repeated and out of order give the same state" is one rule.

use crate::activity::Outcome;
use zunke_kernel::id::ActivityId;

/// What decides between two deliveries of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    pub revision: i64,
    pub hash: i64,
}

/// What a delivery does to what stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    First,
    Same,
    Newer,
    Older,
}

/// The higher revision stands; of equal ones the later received, unless it says the same.
#[must_use]
pub fn step(stands: Option<Seal>, arrives: Seal) -> Step {
    match stands {
        None => Step::First,
        Some(stands) if stands == arrives => Step::Same,
        Some(stands) if arrives.revision < stands.revision => Step::Older,
        Some(_) => Step::Newer,
    }
}

/// What a caller is told of a step.
#[must_use]
pub fn outcome(step: Step, id: ActivityId) -> Outcome {
    match step {
        Step::First => Outcome::Recorded(id),
        Step::Same => Outcome::Duplicate(id),
        Step::Newer => Outcome::Replaced(id),
        Step::Older => Outcome::Stale(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// With revisions that tell the versions apart, the order of arrival and repetition change nothing.
        #[test]
        fn any_order_of_revisions_leaves_the_highest(mut arrivals in proptest::collection::vec(0i64..6, 1..12)) {
            let stand = |arrivals: &[i64]| {
                let mut stands = None;
                for revision in arrivals {
                    let arrives = Seal { revision: *revision, hash: *revision * 7 };
                    if matches!(step(stands, arrives), Step::First | Step::Newer) {
                        stands = Some(arrives);
                    }
                }
                stands
            };
            let one = stand(&arrivals);
            arrivals.reverse();
            let doubled: Vec<i64> = arrivals.iter().chain(&arrivals).copied().collect();
            prop_assert_eq!(one, stand(&doubled));
        }
    }

    #[test]
    fn an_equal_revision_with_other_content_is_replaced_by_the_later() {
        let (one, other) = (Seal { revision: 0, hash: 1 }, Seal { revision: 0, hash: 2 });
        assert_eq!(step(Some(one), other), Step::Newer);
        assert_eq!(step(Some(one), one), Step::Same);
        assert_eq!(step(Some(Seal { revision: 1, hash: 1 }), one), Step::Older);
    }
}
