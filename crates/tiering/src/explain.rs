//! Why a customer has the level he has: a sentence, the table behind it, and what is missing for the next level.

use crate::evaluate::{Assessment, Evaluator, has_source};
use crate::face;
use crate::ladder::{Comparison, Level, Need, Rule, Test};
use crate::measure::Unit;
use crate::rfm;
use crate::rules::Rules;
use crate::score::{Band, Compiled, Score};
use crate::way::Way;
use serde::{Deserialize, Serialize};
use zunke_kernel::id::LevelId;
use zunke_kernel::{Currency, Day, Text};

/// A level as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LevelFace {
    pub level_id: LevelId,
    pub rank: u8,
    pub name: Text,
    pub colour: String,
}

impl From<&Level> for LevelFace {
    fn from(level: &Level) -> Self {
        Self { level_id: level.id, rank: level.rank, name: level.name.clone(), colour: level.colour.clone() }
    }
}

/// The whole explanation of one customer's level.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Explanation {
    pub level: Option<LevelFace>,
    pub since: Option<Day>,
    pub as_of: Day,
    pub score: f64,
    /// Absent where the rules have no loyalty score.
    pub loyalty: Option<f64>,
    pub sentence: Text,
    pub dimensions: Vec<DimensionRow>,
    pub loyalty_dimensions: Vec<DimensionRow>,
    pub rfm: RfmRow,
    /// The conditions of the level held.
    pub conditions: Vec<ConditionRow>,
    pub next: Option<Next>,
    /// How the level is held; absent where the rules have no settings for it and nothing lies on top.
    #[serde(flatten)]
    pub life: Option<crate::life::ask::Face>,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DimensionRow {
    pub id: String,
    pub name: Text,
    /// Per cent, as the rules say.
    pub weight: f64,
    /// Per cent after the weight of what has no data went to the others; 0: takes no part.
    pub effective_weight: f64,
    pub points: f64,
    /// What it adds to the score.
    pub contribution: f64,
    /// No indicator of it has a source of data.
    pub no_data: bool,
    pub indicators: Vec<IndicatorRow>,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct IndicatorRow {
    pub id: String,
    pub name: Text,
    /// Absent where the customer has none.
    pub value: Option<f64>,
    pub text: Text,
    pub unit: Unit,
    pub points: f64,
    pub weight: f64,
    pub band: Option<Band>,
    /// Where more points begin.
    pub threshold: Option<f64>,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RfmRow {
    pub r: u8,
    pub f: u8,
    pub m: u8,
    pub group: Option<String>,
    pub name: Option<Text>,
    pub window: Text,
    /// Days since the last order in the window.
    pub days: Option<f64>,
    pub orders: f64,
    pub spend: f64,
}

/// A condition and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ConditionRow {
    pub fact: String,
    pub text: Text,
    pub value: Option<f64>,
    pub is: Comparison,
    pub threshold: f64,
    pub unit: Unit,
    pub met: bool,
    /// A guard against false VIPs, not part of the entry rule.
    pub guard: bool,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Next {
    pub level: LevelFace,
    pub missing: Vec<Missing>,
    /// The least that buying can do, checked by evaluating again; absent where buying alone doesn't lead there.
    pub cheapest: Option<Way>,
    /// 0 to 1.
    pub progress: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Missing {
    pub fact: String,
    pub text: Text,
    pub value: Option<f64>,
    pub threshold: f64,
    /// How much more (or less) of it.
    pub gap: f64,
    pub unit: Unit,
}

/// What the explanation is drawn from.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub rules: &'a Rules,
    pub evaluator: &'a Evaluator,
    pub cuts: &'a rfm::CubeCuts,
    pub facts: &'a [f64],
    pub assessment: &'a Assessment,
    pub raw: crate::evaluate::RfmRaw,
    pub since: Option<Day>,
    pub currency: Currency,
}

fn some(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

impl Subject<'_> {
    fn fact(&self, id: &str) -> f64 {
        self.rules.fact(id).and_then(|at| self.facts.get(at)).copied().unwrap_or(f64::NAN)
    }

    fn row(&self, test: &Test, guard: bool) -> ConditionRow {
        let (name, unit) =
            self.rules.fact_face(&test.fact).unwrap_or_else(|| (Text::new(&*test.fact, &*test.fact), Unit::Count));
        let value = self.fact(&test.fact);
        let shown = face::value(value, unit, self.currency);
        let threshold = face::value(test.value, unit, self.currency);
        let symbol = test.is.symbol();
        ConditionRow {
            fact: test.fact.clone(),
            text: Text::new(
                format!("{} {}（{symbol}{}）", name.zh, shown.zh, threshold.zh),
                format!("{} {} ({symbol} {})", name.en, shown.en, threshold.en),
            ),
            value: some(value),
            is: test.is,
            threshold: test.value,
            unit,
            met: test.is.holds(value, test.value),
            guard,
        }
    }

    /// Every condition of a level.
    #[must_use]
    pub fn conditions(&self, level: &Level) -> Vec<ConditionRow> {
        let entry = level.entry.every_test().into_iter().map(|test| self.row(test, false));
        entry.chain(level.guards.iter().map(|test| self.row(test, true))).collect()
    }

    /// The conditions that carried a rule: those that are met.
    fn carried(&self, rule: &Rule) -> Vec<ConditionRow> {
        rule.every_test().into_iter().map(|test| self.row(test, false)).filter(|row| row.met).collect()
    }

    /// What is missing to enter a level.
    #[must_use]
    pub fn missing(&self, level: &Level) -> Vec<Missing> {
        let rule_met = self.rule_met(&level.entry);
        let unmet = self.conditions(level).into_iter().filter(|row| !row.met && (row.guard || !rule_met));
        unmet
            .map(|row| {
                let gap = row.value.map_or(row.threshold, |value| (row.threshold - value).abs());
                let (name, _) = self.rules.fact_face(&row.fact).unwrap_or_default_face(&row.fact);
                let shown = face::value(gap, row.unit, self.currency);
                let now = face::value(row.value.unwrap_or(f64::NAN), row.unit, self.currency);
                let need = face::value(row.threshold, row.unit, self.currency);
                let symbol = row.is.symbol();
                let (zh, en) =
                    if row.is.wants_more() { ("还差", "more needed") } else { ("需减少", "less needed") };
                let text = if row.value.is_none() {
                    Text::new(
                        format!("{}：还没有数据，要求 {symbol}{}", name.zh, need.zh),
                        format!("{}: no data yet, {symbol} {} required", name.en, need.en),
                    )
                } else {
                    Text::new(
                        format!("{}：现为 {}，要求 {symbol}{}，{zh} {}", name.zh, now.zh, need.zh, shown.zh),
                        format!("{}: {} now, {symbol} {} required, {} {en}", name.en, now.en, need.en, shown.en),
                    )
                };
                Missing { text, fact: row.fact, value: row.value, threshold: row.threshold, gap, unit: row.unit }
            })
            .collect()
    }

    /// What is missing to keep a level: by its keep rule, or by its entry rule and guards where it has none.
    #[must_use]
    pub fn missing_to_keep(&self, level: &Level) -> Vec<Missing> {
        self.missing(&by_keep(level))
    }

    /// The conditions that keep a level.
    #[must_use]
    pub fn keep_conditions(&self, level: &Level) -> Vec<ConditionRow> {
        self.conditions(&by_keep(level))
    }

    fn rule_met(&self, rule: &Rule) -> bool {
        let met = rule.tests.iter().filter(|test| test.is.holds(self.fact(&test.fact), test.value)).count()
            + rule.groups.iter().filter(|group| self.rule_met(group)).count();
        met >= match rule.need {
            Need::All => rule.tests.len() + rule.groups.len(),
            Need::Any(n) => usize::from(n),
        }
    }

    /// One sentence: the level and what carried it; where there is none, what stands in the way of the first.
    #[must_use]
    pub fn sentence(&self) -> Text {
        let score = face::number(self.assessment.score);
        let join = |rows: &[ConditionRow]| {
            let zh: Vec<&str> = rows.iter().map(|row| &*row.text.zh).collect();
            let en: Vec<&str> = rows.iter().map(|row| &*row.text.en).collect();
            (zh.join("、"), en.join(", "))
        };
        let held = self.rules.level_of_rank(self.assessment.rank);
        let mut text = match held {
            Some(level) => {
                let (zh, en) = join(&self.carried(&level.entry));
                let name = &level.name;
                if zh.is_empty() {
                    Text::new(
                        format!("{}：起始等级，综合评分 {score} 分", name.zh),
                        format!("{}: the starting level, composite score {score}", name.en),
                    )
                } else {
                    Text::new(
                        format!("{}：{zh}，综合评分 {score} 分", name.zh),
                        format!("{}: {en}; composite score {score}", name.en),
                    )
                }
            }
            None => Text::new(
                format!("暂无等级：未达到任何等级的条件，综合评分 {score} 分"),
                format!("No level yet: no level's conditions are met, composite score {score}"),
            ),
        };
        if let Some(level) = self.guarded() {
            let unmet: Vec<_> = self.conditions(level).into_iter().filter(|row| row.guard && !row.met).collect();
            let (zh, en) = join(&unmet);
            text.zh += &format!("；已达到{}的条件，但{zh}，暂不晋级", level.name.zh);
            text.en += &format!("; {} is met but held back by: {en}", level.name.en);
        }
        text.zh.push('。');
        text.en.push('.');
        text
    }

    /// The highest level above the one held whose entry rule holds and which only a guard keeps closed.
    fn guarded(&self) -> Option<&Level> {
        let above = |rank: u8| rank > self.assessment.rank;
        let held = self.evaluator.levels.iter().rfind(|level| above(level.rank) && level.guarded(self.facts))?;
        self.rules.level_of_rank(held.rank)
    }

    fn dimensions(&self, score: &Score, compiled: &Compiled) -> Vec<DimensionRow> {
        let rows = score.dimensions.iter().zip(&compiled.dimensions).enumerate();
        rows.map(|(at, (dimension, ready))| {
            let points = compiled.dimension_points(at, self.facts);
            let indicators = dimension
                .indicators
                .iter()
                .zip(ready.parts.clone())
                .map(|(part, place)| {
                    let value = self.fact(&part.indicator);
                    let (name, unit) = self.rules.fact_face(&part.indicator).unwrap_or_default_face(&part.indicator);
                    let band = some(value).map(|value| part.bands.band(value));
                    IndicatorRow {
                        id: part.indicator.clone(),
                        name,
                        value: some(value),
                        text: face::value(value, unit, self.currency),
                        unit,
                        points: round(compiled.part_points(place, self.facts)),
                        weight: round(compiled.part(place).weight * 100.0),
                        threshold: band.and_then(|band| band.next),
                        band,
                    }
                })
                .collect();
            DimensionRow {
                id: dimension.id.clone(),
                name: dimension.name.clone(),
                weight: dimension.weight,
                effective_weight: round(ready.weight * 100.0),
                points: round(points),
                contribution: round(points * ready.weight),
                no_data: !dimension.indicators.iter().any(|part| self.sourced(&part.indicator)),
                indicators,
            }
        })
        .collect()
    }

    fn sourced(&self, indicator: &str) -> bool {
        self.rules
            .fact(indicator)
            .is_some_and(|at| self.rules.indicators.get(at).is_none_or(|known| has_source(known, self.cuts)))
    }

    /// The whole explanation. `way` looks for the cheapest way to a rank; it needs the customer's days.
    #[must_use]
    pub fn explain(&self, way: impl FnOnce(u8) -> Option<Way>) -> Explanation {
        let held = self.rules.level_of_rank(self.assessment.rank);
        let grades = self.assessment.grades;
        let group = rfm::group_of(&self.rules.rfm.groups, grades);
        let next = self.rules.levels.iter().filter(|level| level.rank > self.assessment.rank).min_by_key(|l| l.rank);
        let place = |rank: u8| self.evaluator.levels.iter().find(|level| level.rank == rank);
        Explanation {
            level: held.map(LevelFace::from),
            since: self.since,
            as_of: self.evaluator.as_of(),
            score: self.assessment.score,
            loyalty: self.evaluator.loyalty.as_ref().map(|_| self.assessment.loyalty),
            sentence: self.sentence(),
            dimensions: self.dimensions(&self.rules.score, &self.evaluator.score),
            loyalty_dimensions: self
                .evaluator
                .loyalty
                .as_ref()
                .map_or_else(Vec::new, |loyalty| self.dimensions(&self.rules.loyalty, loyalty)),
            rfm: RfmRow {
                r: grades.r,
                f: grades.f,
                m: grades.m,
                group: group.map(|group| group.id.clone()),
                name: group.map(|group| group.name.clone()),
                window: self.rules.rfm.window.text(),
                days: some(self.raw.days),
                orders: self.raw.orders,
                spend: self.raw.spend,
            },
            conditions: held.map_or_else(Vec::new, |level| self.conditions(level)),
            next: next.map(|level| Next {
                level: level.into(),
                missing: self.missing(level),
                cheapest: way(level.rank),
                progress: round(place(level.rank).map_or(0.0, |level| level.progress(self.facts)) * 100.0) / 100.0,
            }),
            life: None,
        }
    }
}

/// A level as its keep rule sees it.
fn by_keep(level: &Level) -> Level {
    match &level.keep {
        Some(keep) => Level { entry: keep.clone(), guards: Vec::new(), ..level.clone() },
        None => level.clone(),
    }
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// A fact that is gone still has a name: its id.
trait OrId {
    fn unwrap_or_default_face(self, id: &str) -> (Text, Unit);
}

impl OrId for Option<(Text, Unit)> {
    fn unwrap_or_default_face(self, id: &str) -> (Text, Unit) {
        self.unwrap_or_else(|| (Text::new(id, id), Unit::Count))
    }
}
