//! Whom a person should look at: who is just before a threshold or just over it, and whom RFM and the composite score
//! see differently.

use super::settings::Borderline;
use super::step::Seen;
use crate::ladder::{Comparison, CompiledLevel, Level, Rule, Test};
use crate::rfm::Grades;
use crate::rules::Rules;

/// So many points between the score and what the RFM grades come to are a disagreement.
const APART: f64 = 50.0;

/// Why somebody should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// So near that a little more or less decides between the level held and this rank.
    Borderline(u8),
    Disagreement,
}

impl Watch {
    /// As it is stored.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Borderline(rank) => format!("borderline {rank}"),
            Self::Disagreement => "disagreement".into(),
        }
    }

    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            Some(("borderline", rank)) => rank.parse().ok().map(Self::Borderline),
            _ => (text == "disagreement").then_some(Self::Disagreement),
        }
    }

    /// The kind of the item in the queue.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Borderline(_) => "borderline",
            Self::Disagreement => "disagreement",
        }
    }
}

/// The ladder with every threshold a little easier and a little harder.
#[derive(Clone, Debug)]
pub struct Border {
    easier: Vec<CompiledLevel>,
    harder: Vec<CompiledLevel>,
    disagreement: bool,
}

fn moved(rule: &Rule, delta: f64) -> Rule {
    Rule {
        need: rule.need,
        tests: rule.tests.iter().map(|test| shifted(test, delta)).collect(),
        groups: rule.groups.iter().map(|group| moved(group, delta)).collect(),
    }
}

/// A positive delta makes the test easier.
fn shifted(test: &Test, delta: f64) -> Test {
    let by = test.value.abs() * delta;
    let value = match test.is {
        Comparison::AtLeast | Comparison::MoreThan => test.value - by,
        Comparison::AtMost | Comparison::LessThan => test.value + by,
    };
    Test { value, ..test.clone() }
}

impl Border {
    #[must_use]
    pub fn of(rules: &Rules) -> Option<Self> {
        let Borderline { delta, disagreement } = rules.life.as_ref()?.review.borderline?;
        let ladder = |delta: f64| {
            let mut all: Vec<CompiledLevel> = rules
                .levels
                .iter()
                .map(|level| {
                    let guards = level.guards.iter().map(|test| shifted(test, delta)).collect();
                    let level = Level { entry: moved(&level.entry, delta), guards, ..level.clone() };
                    CompiledLevel::new(&level, &|fact: &str| rules.fact(fact))
                })
                .collect();
            all.sort_by_key(|level| level.rank);
            all
        };
        Some(Self { easier: ladder(delta), harder: ladder(-delta), disagreement })
    }

    /// Whether somebody should look at a customer who holds a rank.
    #[must_use]
    pub fn watch(&self, facts: &[f64], seen: Seen, held: u8, grades: Grades, score: f64) -> Option<Watch> {
        let near =
            self.easier.iter().rev().find(|level| level.rank > held && !seen.admits(level.rank) && level.admits(facts));
        if let Some(near) = near {
            return Some(Watch::Borderline(near.rank));
        }
        let below = self.harder.iter().rev().find(|level| level.rank < held).map(|level| level.rank);
        let only_just = self
            .harder
            .iter()
            .any(|level| level.rank == held && seen.admits(held) && !seen.admits_above(held) && !level.admits(facts));
        if let (true, Some(below)) = (only_just, below) {
            return Some(Watch::Borderline(below));
        }
        let graded = grades.code() > 0;
        let rfm = (f64::from(grades.r) + f64::from(grades.f) + f64::from(grades.m) - 3.0) / 12.0 * 100.0;
        (self.disagreement && graded && (rfm - score).abs() >= APART).then_some(Watch::Disagreement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::Life;
    use crate::templates;
    use zunke_kernel::Instant;

    #[test]
    fn a_watch_is_stored_and_read_as_the_same() {
        for watch in [Watch::Borderline(3), Watch::Disagreement] {
            assert_eq!(Watch::read(&watch.word()), Some(watch));
        }
        assert_eq!(Watch::read("borderline x"), None);
    }

    #[test]
    fn just_before_a_threshold_and_just_over_it_is_borderline_and_further_away_is_not() {
        let mut rules = templates::build("retail", Instant(0), None).expect("rules");
        rules.life = Some(Life::recommended());
        rules.levels.retain(|level| level.rank <= 2);
        rules.levels[1].entry.tests.retain(|test| test.value >= 10_000.0);
        rules.levels[1].guards.clear();
        let border = Border::of(&rules).expect("a border");
        let fact = rules.fact(&rules.levels[1].entry.tests[0].fact).expect("known");
        let watch = |spend: f64, held: u8| {
            let mut facts = vec![f64::NAN; rules.indicators.len() + 5];
            facts[fact] = spend;
            let admits = if spend >= 10_000.0 { 0b110 } else { 0b010 };
            border.watch(&facts, Seen { admits, keeps: admits }, held, Grades::NONE, 0.0)
        };
        assert_eq!(watch(9_499.0, 1), None);
        assert_eq!(watch(9_500.0, 1), Some(Watch::Borderline(2)));
        assert_eq!(watch(10_400.0, 2), Some(Watch::Borderline(1)));
        assert_eq!(watch(10_500.0, 2), None);
    }
}
