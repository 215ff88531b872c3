//! Rules made ready for customers as of one day: from packed days to facts, score, grades and level. Pure and without
//! allocation per customer, so that the same code serves one customer in a transaction and millions in memory.

use crate::bucket::Entry;
use crate::indicator::{Gathered, Indicator, Plan, Profile, Source, Sums};
use crate::ladder::{CompiledLevel, highest};
use crate::life::Seen;
use crate::measure::Measure;
use crate::rfm::{CubeCuts, Grades};
use crate::rules::Rules;
use crate::score;
use zunke_kernel::{Day, Money};

/// Rules compiled as of a day.
#[derive(Clone, Debug)]
pub struct Evaluator {
    pub plan: Plan,
    pub score: score::Compiled,
    pub loyalty: Option<score::Compiled>,
    pub levels: Vec<CompiledLevel>,
    rfm: usize,
    rising: (usize, Option<usize>),
    near: f64,
    indicators: usize,
}

/// Memory that is used again for every customer.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    pub gathered: Gathered,
    /// The facts of the last customer: indicators in order, then score, loyalty, R, F, M.
    pub facts: Vec<f64>,
}

/// What the window of RFM says about a customer, before it is graded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RfmRaw {
    /// Days since the last order in the window; NaN without one.
    pub days: f64,
    pub orders: f64,
    pub spend: f64,
}

impl RfmRaw {
    pub const NONE: Self = Self { days: f64::NAN, orders: 0.0, spend: 0.0 };

    /// From the sums of the window as of a day.
    #[inline]
    pub(crate) fn from_sums(sums: &Sums, as_of: Day) -> Self {
        match sums.last_order() {
            Some(last) => Self::of(i64::from(as_of.since(last)), sums.orders, sums.net()),
            None => Self { spend: Money(sums.net()).as_f64(), ..Self::NONE },
        }
    }

    /// Of who ordered in the window.
    #[inline]
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "days and orders are far below 2^53")]
    pub fn of(days: i64, orders: i64, net: i64) -> Self {
        Self { days: days as f64, orders: orders as f64, spend: Money(net).as_f64() }
    }
}

/// What one customer comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Assessment {
    /// Rank of the level; 0 where no level admits.
    pub rank: u8,
    pub score: f64,
    pub loyalty: f64,
    pub grades: Grades,
    /// 0 to 1: how near the next level and how much on the rise; 0 for who is not near.
    pub potential: f64,
    /// How far the way to the next level is gone.
    pub nearness: f64,
    /// Share of this window's net spend in this and the one before; 0.5 is steady, and stands for no spend at all.
    pub momentum: f64,
    /// Over the whole life, as of the day.
    pub orders: i64,
    pub net_spend: Money,
    pub first_order: Option<Day>,
    pub last_order: Option<Day>,
}

impl Evaluator {
    /// `cuts` tells which measures anyone has at all.
    #[must_use]
    pub fn new(rules: &Rules, as_of: Day, cuts: &CubeCuts) -> Self {
        let mut plan = Plan::new(&rules.indicators, as_of);
        let rfm = plan.window(rules.rfm.window.range(as_of));
        let window = rules.potential.window;
        let rising = (plan.window(window.range(as_of)), window.previous(as_of).map(|range| plan.window(range)));
        let sourced = |id: &str| {
            rules.fact(id).map(|at| (at, rules.indicators.get(at).is_none_or(|indicator| has_source(indicator, cuts))))
        };
        let mut levels: Vec<_> =
            rules.levels.iter().map(|level| CompiledLevel::new(level, &|fact: &str| rules.fact(fact))).collect();
        levels.sort_by_key(|level| level.rank);
        Self {
            plan,
            score: score::Compiled::new(&rules.score, sourced),
            loyalty: (!rules.loyalty.dimensions.is_empty()).then(|| score::Compiled::new(&rules.loyalty, sourced)),
            levels,
            rfm,
            rising,
            near: rules.potential.near,
            indicators: rules.indicators.len(),
        }
    }

    #[must_use]
    pub fn as_of(&self) -> Day {
        self.plan.as_of
    }

    /// Reads a customer's days; all that follows is drawn from what this gathers.
    #[inline]
    pub fn gather<'a>(&self, days: impl Iterator<Item = Entry<'a>>, scratch: &mut Scratch) {
        self.plan.gather(days, &mut scratch.gathered);
    }

    #[inline]
    #[must_use]
    pub fn rfm_raw(&self, gathered: &Gathered) -> RfmRaw {
        RfmRaw::from_sums(gathered.sums(self.rfm), self.plan.as_of)
    }

    /// The rank of who has these indicators; the other facts are added to them.
    #[inline]
    pub fn rank(&self, facts: &mut Vec<f64>, raw: RfmRaw, cuts: &CubeCuts) -> u8 {
        self.complete(facts, raw, cuts);
        highest(&self.levels, facts).map_or(0, |level| self.levels[level].rank)
    }

    /// Adds scores and grades to indicators, and answers them.
    #[inline]
    fn complete(&self, facts: &mut Vec<f64>, raw: RfmRaw, cuts: &CubeCuts) -> (f64, f64, Grades) {
        let grades = cuts.grades(raw.days, raw.orders, raw.spend);
        let score = self.score.score(facts);
        let loyalty = self.loyalty.as_ref().map_or(f64::NAN, |loyalty| loyalty.score(facts));
        let grade = |grade: u8| if grade == 0 { f64::NAN } else { f64::from(grade) };
        facts.extend_from_slice(&[score, loyalty, grade(grades.r), grade(grades.f), grade(grades.m)]);
        (score, loyalty, grades)
    }

    /// Which levels admit and which keep rules hold, by the facts of the customer that was assessed last.
    #[must_use]
    pub fn seen(&self, facts: &[f64]) -> Seen {
        let mut seen = Seen::default();
        for level in &self.levels {
            seen.admits |= u16::from(level.admits(facts)) << level.rank;
            seen.keeps |= u16::from(level.keeps(facts)) << level.rank;
        }
        seen
    }

    /// Facts, score, grades and level of the customer that was gathered last.
    #[inline]
    pub fn assess(&self, scratch: &mut Scratch, profile: Profile, cuts: &CubeCuts) -> Assessment {
        let Scratch { gathered, facts } = scratch;
        self.plan.values(gathered, profile, facts);
        let (score, loyalty, grades) = self.complete(facts, self.rfm_raw(gathered), cuts);
        self.judge(gathered, facts, score, loyalty, grades)
    }

    fn judge(&self, gathered: &Gathered, facts: &[f64], score: f64, loyalty: f64, grades: Grades) -> Assessment {
        debug_assert_eq!(facts.len(), self.indicators + 5, "facts in their order");
        let level = highest(&self.levels, facts);
        let life = gathered.sums(0);
        let momentum = self.momentum(gathered);
        let nearness = match self.levels.get(level.map_or(0, |level| level + 1)) {
            Some(next) if life.orders > 0 => next.progress(facts),
            _ => 0.0,
        };
        Assessment {
            rank: level.map_or(0, |level| self.levels[level].rank),
            score,
            loyalty: if loyalty.is_nan() { 0.0 } else { loyalty },
            grades,
            potential: crate::potential::on_record(nearness, momentum, self.near),
            nearness,
            momentum,
            orders: life.orders,
            net_spend: Money(life.net()),
            first_order: life.first_order(),
            last_order: life.last_order(),
        }
    }

    fn momentum(&self, gathered: &Gathered) -> f64 {
        let net = |window: usize| Money(gathered.sums(window).net().max(0)).as_f64();
        let now = net(self.rising.0);
        let before = self.rising.1.map_or(0.0, net);
        if now + before > 0.0 { now / (now + before) } else { 0.5 }
    }
}

/// Whether an indicator says anything in this base: it has a source, and somebody has it.
#[must_use]
pub fn has_source(indicator: &Indicator, cuts: &CubeCuts) -> bool {
    match &indicator.source {
        Source::Attribute(_) => indicator.has_source(),
        Source::Profile(_) => true,
        Source::Measure(source) => match source.of {
            Measure::Contacts | Measure::InboundContacts => cuts.contacts,
            Measure::ProductLines => cuts.lines,
            _ => true,
        },
    }
}
