//! The ladder: levels with a rank, the rule by which a customer enters each, and the guards that stop a false VIP.
//!
//! A customer's level is the highest one whose entry rule holds and whose guards all hold, as of the day. A test on a
//! fact that has no value (never ordered, so no days since the last order) is not met, whichever way it compares.

use serde::{Deserialize, Serialize};
use zunke_kernel::Text;
use zunke_kernel::id::LevelId;

/// How a fact is compared. `at_least` and `at_most` hold on the threshold itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    AtLeast,
    MoreThan,
    AtMost,
    LessThan,
}

impl Comparison {
    #[inline]
    #[must_use]
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::AtLeast => value >= threshold,
            Self::MoreThan => value > threshold,
            Self::AtMost => value <= threshold,
            Self::LessThan => value < threshold,
        }
    }

    /// Whether more of the fact helps.
    #[must_use]
    pub fn wants_more(self) -> bool {
        matches!(self, Self::AtLeast | Self::MoreThan)
    }

    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::AtLeast => "≥",
            Self::MoreThan => ">",
            Self::AtMost => "≤",
            Self::LessThan => "<",
        }
    }
}

/// One condition: a fact (an indicator's id, `score`, `loyalty`, `rfm_r`, `rfm_f`, `rfm_m`) against a threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Test {
    pub fact: String,
    pub is: Comparison,
    /// In the unit of the fact: currency units, times, days, a share of 1, points.
    pub value: f64,
}

/// How many of a rule's conditions must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    #[default]
    All,
    /// At least this many.
    Any(u8),
}

/// Conditions and groups of conditions. A rule without any always holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    #[serde(default)]
    pub need: Need,
    #[serde(default)]
    pub tests: Vec<Test>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub groups: Vec<Rule>,
}

impl Rule {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty() && self.groups.is_empty()
    }

    #[must_use]
    pub fn all(tests: Vec<Test>) -> Self {
        Self { need: Need::All, tests, groups: Vec::new() }
    }

    /// Every condition, groups included.
    #[must_use]
    pub fn every_test(&self) -> Vec<&Test> {
        self.tests.iter().chain(self.groups.iter().flat_map(Rule::every_test)).collect()
    }
}

/// One level. Its id stays the same through renaming and moving.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    pub id: LevelId,
    /// 1 (lowest) to 10.
    pub rank: u8,
    pub name: Text,
    /// `#rrggbb`.
    pub colour: String,
    /// Who enters; empty: everyone.
    #[serde(default)]
    pub entry: Rule,
    /// Conditions that must all hold beside the entry rule, so that one large purchase makes no VIP.
    #[serde(default)]
    pub guards: Vec<Test>,
    /// What keeps the level once it is reached (保级); none: the entry rule and the guards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Rule>,
    /// Whether somebody must approve before a customer rises to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approval: bool,
    /// What the level's benefits cost for one customer and year, in currency units; for simulations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benefit_cost: Option<f64>,
}

/// A rule with its facts looked up.
#[derive(Clone, Debug)]
pub struct CompiledRule {
    need: usize,
    tests: Vec<CompiledTest>,
    groups: Vec<CompiledRule>,
}

#[derive(Clone, Copy, Debug)]
pub struct CompiledTest {
    fact: usize,
    is: Comparison,
    value: f64,
}

impl CompiledTest {
    /// A fact that `find` doesn't know is never met.
    #[must_use]
    pub fn new(test: &Test, find: &impl Fn(&str) -> Option<usize>) -> Self {
        Self { fact: find(&test.fact).unwrap_or(usize::MAX), is: test.is, value: test.value }
    }

    #[inline]
    #[must_use]
    pub fn holds(&self, facts: &[f64]) -> bool {
        facts.get(self.fact).is_some_and(|value| self.is.holds(*value, self.value))
    }

    /// How far the way to the threshold is gone, 0 to 1.
    #[inline]
    #[must_use]
    pub fn progress(&self, facts: &[f64]) -> f64 {
        if self.holds(facts) {
            return 1.0;
        }
        match facts.get(self.fact) {
            Some(value) if value.is_nan() => 0.0,
            Some(value) if self.is.wants_more() && self.value > 0.0 => (value / self.value).clamp(0.0, 0.999),
            Some(value) if !self.is.wants_more() && *value > 0.0 => (self.value / value).clamp(0.0, 0.999),
            _ => 0.0,
        }
    }
}

impl CompiledRule {
    #[must_use]
    pub fn new(rule: &Rule, find: &impl Fn(&str) -> Option<usize>) -> Self {
        let count = rule.tests.len() + rule.groups.len();
        Self {
            need: match rule.need {
                Need::All => count,
                Need::Any(n) => usize::from(n).min(count),
            },
            tests: rule.tests.iter().map(|test| CompiledTest::new(test, find)).collect(),
            groups: rule.groups.iter().map(|group| Self::new(group, find)).collect(),
        }
    }

    #[inline]
    #[must_use]
    pub fn holds(&self, facts: &[f64]) -> bool {
        let mut met = self.tests.iter().filter(|test| test.holds(facts)).count();
        if met < self.need {
            met += self.groups.iter().filter(|group| group.holds(facts)).count();
        }
        met >= self.need
    }

    /// How far the way is gone: the least advanced of the conditions that are needed, the best ones counted first.
    #[must_use]
    pub fn progress(&self, facts: &[f64]) -> f64 {
        if self.need == 0 {
            return 1.0;
        }
        let mut all = [0.0_f64; 32];
        let mut count = 0;
        let tests = self.tests.iter().map(|test| test.progress(facts));
        for progress in tests.chain(self.groups.iter().map(|group| group.progress(facts))).take(all.len()) {
            all[count] = progress;
            count += 1;
        }
        let all = &mut all[..count];
        all.sort_unstable_by(|one, other| other.total_cmp(one));
        all.get(self.need - 1).copied().unwrap_or(0.0)
    }
}

/// A level with its facts looked up.
#[derive(Clone, Debug)]
pub struct CompiledLevel {
    pub rank: u8,
    pub id: LevelId,
    entry: CompiledRule,
    guards: Vec<CompiledTest>,
    keep: Option<CompiledRule>,
}

impl CompiledLevel {
    #[must_use]
    pub fn new(level: &Level, find: &impl Fn(&str) -> Option<usize>) -> Self {
        Self {
            rank: level.rank,
            id: level.id,
            entry: CompiledRule::new(&level.entry, find),
            guards: level.guards.iter().map(|test| CompiledTest::new(test, find)).collect(),
            keep: level.keep.as_ref().map(|rule| CompiledRule::new(rule, find)),
        }
    }

    /// Whether its keep rule holds; without one, the entry rule and the guards.
    #[must_use]
    pub fn keeps(&self, facts: &[f64]) -> bool {
        self.keep.as_ref().map_or_else(|| self.admits(facts), |keep| keep.holds(facts))
    }

    #[inline]
    #[must_use]
    pub fn admits(&self, facts: &[f64]) -> bool {
        self.entry.holds(facts) && self.guards.iter().all(|guard| guard.holds(facts))
    }

    /// Whether the entry rule holds and only a guard stands in the way.
    #[must_use]
    pub fn guarded(&self, facts: &[f64]) -> bool {
        self.entry.holds(facts) && !self.guards.iter().all(|guard| guard.holds(facts))
    }

    #[must_use]
    pub fn progress(&self, facts: &[f64]) -> f64 {
        self.guards.iter().map(|guard| guard.progress(facts)).fold(self.entry.progress(facts), f64::min)
    }
}

/// The place of the highest level that admits; `levels` rise by rank.
#[inline]
#[must_use]
pub fn highest(levels: &[CompiledLevel], facts: &[f64]) -> Option<usize> {
    levels.iter().rposition(|level| level.admits(facts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zunke_kernel::Instant;

    fn test(fact: &str, is: Comparison, value: f64) -> Test {
        Test { fact: fact.into(), is, value }
    }

    fn find(fact: &str) -> Option<usize> {
        ["spend", "orders", "share"].iter().position(|known| *known == fact)
    }

    fn level(rank: u8, entry: Rule, guards: Vec<Test>) -> CompiledLevel {
        let level = Level {
            id: LevelId::new(Instant(i64::from(rank))),
            rank,
            name: Text::default(),
            colour: "#000000".into(),
            entry,
            guards,
            keep: None,
            approval: false,
            benefit_cost: None,
        };
        CompiledLevel::new(&level, &find)
    }

    #[test]
    fn an_amount_exactly_on_the_threshold_is_in_and_the_lowest_level_at_zero_takes_everyone() {
        let ladder = [
            level(1, Rule::all(vec![test("spend", Comparison::AtLeast, 0.0)]), vec![]),
            level(2, Rule::all(vec![test("spend", Comparison::AtLeast, 100_000.0)]), vec![]),
        ];
        assert_eq!(highest(&ladder, &[0.0, 0.0, f64::NAN]), Some(0));
        assert_eq!(highest(&ladder, &[99_999.999_9, 1.0, 1.0]), Some(0));
        assert_eq!(highest(&ladder, &[100_000.0, 1.0, 1.0]), Some(1));
        assert_eq!(highest(&ladder, &[-5.0, 1.0, 1.0]), None, "a negative net spend is below 0");
    }

    #[test]
    fn one_large_purchase_is_stopped_by_a_guard() {
        let vip = level(
            2,
            Rule::all(vec![test("spend", Comparison::AtLeast, 10_000.0)]),
            vec![test("orders", Comparison::AtLeast, 2.0), test("share", Comparison::AtMost, 0.8)],
        );
        assert!(!vip.admits(&[50_000.0, 1.0, 1.0]));
        assert!(vip.guarded(&[50_000.0, 1.0, 1.0]));
        assert!(vip.admits(&[50_000.0, 3.0, 0.5]));
    }

    #[test]
    fn any_n_counts_groups_as_one_condition_each() {
        let rule = Rule {
            need: Need::Any(2),
            tests: vec![test("spend", Comparison::AtLeast, 10.0), test("orders", Comparison::AtLeast, 10.0)],
            groups: vec![Rule::all(vec![
                test("share", Comparison::LessThan, 0.5),
                test("orders", Comparison::MoreThan, 1.0),
            ])],
        };
        let rule = CompiledRule::new(&rule, &find);
        assert!(rule.holds(&[10.0, 2.0, 0.4]));
        assert!(!rule.holds(&[10.0, 1.0, 0.4]));
        assert!(rule.holds(&[10.0, 10.0, 0.9]));
        assert!((rule.progress(&[10.0, 5.0, 0.9]) - 0.5 / 0.9).abs() < 1e-9);
    }

    #[test]
    fn a_fact_without_a_value_or_unknown_meets_nothing() {
        let most = CompiledTest::new(&test("share", Comparison::AtMost, 1.0), &find);
        assert!(!most.holds(&[0.0, 0.0, f64::NAN]));
        let unknown = CompiledTest::new(&test("gone", Comparison::AtMost, 1.0), &find);
        assert!(!unknown.holds(&[0.0, 0.0, 0.0]));
        assert_eq!(unknown.progress(&[0.0, 0.0, 0.0]), 0.0);
    }
}
