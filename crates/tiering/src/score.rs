//! The composite score: indicators through bands to points, points through weights to dimensions, dimensions
//! through weights to one number from 0 to 100.
//!
//! *Missing data.* An indicator with no value for this customer (no order yet, so no days since the last) earns the
//! indicator's `missing` points, 0 unless the rules say otherwise: he has not earned them. An indicator without any
//! source (an attribute that nobody keeps) is another matter: it says nothing about anyone, so its weight goes to
//! the others in proportion, first inside its dimension, then between dimensions. A zero weight takes no part.

use serde::{Deserialize, Serialize};
use zunke_kernel::Text;

/// How an indicator's value becomes 0 to 100 points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bands {
    /// The points of the highest step whose `from` the value reaches; 0 below the first.
    Step(Vec<Step>),
    /// A straight line between the points; level before the first and after the last.
    Linear(Vec<Point>),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub from: f64,
    pub points: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    pub at: f64,
    pub points: f64,
}

/// Where a value has come to lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Band {
    /// Counted from 1; 0 below the first step.
    pub number: usize,
    pub of: usize,
    /// The value at which the next more points begin (steps) or the line ends (linear).
    pub next: Option<f64>,
}

impl Bands {
    #[inline]
    #[must_use]
    pub fn points(&self, value: f64) -> f64 {
        match self {
            Self::Step(steps) => {
                // Steps rise (validated), so counting finds the same step as searching, without a branch to mistake.
                let reached = steps.iter().filter(|step| value >= step.from).count();
                reached.checked_sub(1).map_or(0.0, |at| steps[at].points)
            }
            Self::Linear(points) => {
                let above = points.iter().filter(|point| point.at <= value).count();
                match (above.checked_sub(1).map(|at| points[at]), points.get(above)) {
                    (None, None) => 0.0,
                    (None, Some(first)) => first.points,
                    (Some(last), None) => last.points,
                    (Some(low), Some(high)) => {
                        low.points + (high.points - low.points) * (value - low.at) / (high.at - low.at)
                    }
                }
            }
        }
    }

    #[must_use]
    pub fn band(&self, value: f64) -> Band {
        match self {
            Self::Step(steps) => {
                let number = steps.iter().take_while(|step| value >= step.from).count();
                let now = self.points(value);
                let next = steps[number..].iter().find(|step| step.points > now).map(|step| step.from);
                Band { number, of: steps.len(), next }
            }
            Self::Linear(points) => {
                let number = points.partition_point(|point| point.at <= value);
                let now = self.points(value);
                let next = points[number..].iter().find(|point| point.points > now).map(|point| point.at);
                Band { number, of: points.len(), next }
            }
        }
    }

    /// Ends of the points that the bands can give.
    #[must_use]
    pub fn reach(&self) -> (f64, f64) {
        let points: Vec<f64> = match self {
            Self::Step(steps) => steps.iter().map(|step| step.points).chain([0.0]).collect(),
            Self::Linear(points) => points.iter().map(|point| point.points).collect(),
        };
        points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(*p), high.max(*p)))
    }
}

/// One indicator's part in a dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The indicator's id.
    pub indicator: String,
    /// Weight inside the dimension; any number from 0, in proportion to its neighbours.
    pub weight: f64,
    pub bands: Bands,
    /// Points where the customer has no value.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missing: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

/// A dimension of the score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    pub id: String,
    pub name: Text,
    /// Per cent of the whole; all dimensions add up to 100.
    pub weight: f64,
    pub indicators: Vec<Part>,
}

/// A score: its dimensions. The same form serves the composite score and the loyalty score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Score {
    pub dimensions: Vec<Dimension>,
}

/// A score ready for millions of customers: flat parts with their final weights.
#[derive(Clone, Debug)]
pub struct Compiled {
    parts: Vec<CompiledPart>,
    /// Per dimension: first part and final weight (a share of 1; 0 where it has no source).
    pub dimensions: Vec<CompiledDimension>,
}

#[derive(Clone, Debug)]
pub struct CompiledPart {
    pub indicator: usize,
    /// Share of 1 inside the dimension, after weights without a source went to the others.
    pub weight: f64,
    bands: Bands,
    missing: f64,
}

#[derive(Clone, Debug)]
pub struct CompiledDimension {
    pub parts: std::ops::Range<usize>,
    /// Share of 1 of the whole score.
    pub weight: f64,
}

impl Compiled {
    /// `find` gives an indicator's place and whether it has a source; parts it doesn't know take no part.
    #[must_use]
    pub fn new(score: &Score, find: impl Fn(&str) -> Option<(usize, bool)>) -> Self {
        let mut parts = Vec::new();
        let mut dimensions = Vec::new();
        for dimension in &score.dimensions {
            let begin = parts.len();
            for part in &dimension.indicators {
                let found = find(&part.indicator);
                let sourced = found.is_some_and(|(_, sourced)| sourced);
                parts.push(CompiledPart {
                    indicator: found.map_or(usize::MAX, |(at, _)| at),
                    weight: if sourced { part.weight.max(0.0) } else { 0.0 },
                    bands: part.bands.clone(),
                    missing: part.missing,
                });
            }
            let range = begin..parts.len();
            let total: f64 = parts[range.clone()].iter().map(|part| part.weight).sum();
            for part in &mut parts[range.clone()] {
                part.weight = if total > 0.0 { part.weight / total } else { 0.0 };
            }
            let weight = if total > 0.0 { dimension.weight.max(0.0) } else { 0.0 };
            dimensions.push(CompiledDimension { parts: range, weight });
        }
        let total: f64 = dimensions.iter().map(|dimension| dimension.weight).sum();
        for dimension in &mut dimensions {
            dimension.weight = if total > 0.0 { dimension.weight / total } else { 0.0 };
        }
        Self { parts, dimensions }
    }

    #[inline]
    #[must_use]
    pub fn part_points(&self, part: usize, values: &[f64]) -> f64 {
        let part = &self.parts[part];
        match values.get(part.indicator) {
            Some(value) if !value.is_nan() => part.bands.points(*value),
            _ => part.missing,
        }
    }

    #[must_use]
    pub fn part(&self, part: usize) -> &CompiledPart {
        &self.parts[part]
    }

    #[inline]
    #[must_use]
    pub fn dimension_points(&self, dimension: usize, values: &[f64]) -> f64 {
        self.dimensions[dimension]
            .parts
            .clone()
            .filter(|part| self.parts[*part].weight > 0.0)
            .map(|part| self.parts[part].weight * self.part_points(part, values))
            .sum()
    }

    /// The score, 0 to 100 with two decimals, so that what is stored, shown and compared is the same number.
    #[inline]
    #[must_use]
    pub fn score(&self, values: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (at, dimension) in self.dimensions.iter().enumerate() {
            if dimension.weight > 0.0 {
                sum += dimension.weight * self.dimension_points(at, values);
            }
        }
        rounded(sum)
    }
}

impl CompiledPart {
    /// The bands, and the points of who has no value.
    pub(crate) fn scale(&self) -> (&Bands, f64) {
        (&self.bands, self.missing)
    }
}

/// A weighted sum as a score: 0 to 100 with two decimals. The tiny addend takes back what thirds lose, so that 80 is
/// reached by what is 80 on paper.
#[inline]
pub(crate) fn rounded(sum: f64) -> f64 {
    // Beside 2^52 there is no room for a fraction: adding it rounds, as fast as an addition.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    ((sum.clamp(0.0, 100.0) * 100.0 + 1e-6 + WHOLE) - WHOLE) / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(list: &[(f64, f64)]) -> Bands {
        Bands::Step(list.iter().map(|(from, points)| Step { from: *from, points: *points }).collect())
    }

    fn part(indicator: &str, weight: f64, bands: Bands) -> Part {
        Part { indicator: indicator.into(), weight, bands, missing: 0.0 }
    }

    fn dimension(id: &str, weight: f64, indicators: Vec<Part>) -> Dimension {
        Dimension { id: id.into(), name: Text::default(), weight, indicators }
    }

    /// Values a, b, c at 0, 1, 2; "kept_nowhere" has no source.
    fn compile(dimensions: Vec<Dimension>) -> Compiled {
        Compiled::new(&Score { dimensions }, |id| match id {
            "a" => Some((0, true)),
            "b" => Some((1, true)),
            "kept_nowhere" => Some((2, false)),
            _ => None,
        })
    }

    #[test]
    fn a_value_exactly_on_a_step_has_its_points() {
        let bands = steps(&[(0.0, 0.0), (10_000.0, 40.0), (100_000.0, 100.0)]);
        assert_eq!(bands.points(100_000.0), 100.0);
        assert_eq!(bands.points(99_999.99), 40.0);
        assert_eq!(bands.points(-5.0), 0.0);
        assert_eq!(bands.band(500.0), Band { number: 1, of: 3, next: Some(10_000.0) });
        assert_eq!(bands.band(1e9).next, None);
    }

    #[test]
    fn a_line_is_level_outside_its_ends_and_may_fall() {
        let bands = Bands::Linear(vec![Point { at: 0.0, points: 100.0 }, Point { at: 200.0, points: 0.0 }]);
        assert_eq!([-1.0, 0.0, 50.0, 200.0, 900.0].map(|value| bands.points(value)), [100.0, 100.0, 75.0, 0.0, 0.0]);
    }

    #[test]
    fn weights_in_proportion_make_the_score() {
        let full = steps(&[(0.0, 100.0)]);
        let none = steps(&[(0.0, 0.0)]);
        let score = compile(vec![
            dimension("x", 60.0, vec![part("a", 3.0, full.clone()), part("b", 1.0, none)]),
            dimension("y", 40.0, vec![part("b", 1.0, full)]),
        ]);
        assert_eq!(score.score(&[1.0, 1.0, f64::NAN]), 85.0);
    }

    #[test]
    fn zero_weights_take_no_part_and_nothing_but_zero_weights_is_zero() {
        let full = steps(&[(0.0, 100.0)]);
        let all_zero = compile(vec![dimension("x", 0.0, vec![part("a", 1.0, full.clone())])]);
        assert_eq!(all_zero.score(&[1.0]), 0.0);
        let inner = compile(vec![
            dimension("x", 50.0, vec![part("a", 0.0, full.clone())]),
            dimension("y", 50.0, vec![part("b", 1.0, full)]),
        ]);
        assert_eq!(inner.score(&[1.0, 1.0]), 100.0, "a dimension of zero weights gives its own to the other");
        assert_eq!(compile(Vec::new()).score(&[]), 0.0);
    }

    #[test]
    fn what_has_no_source_gives_its_weight_away_and_what_has_no_value_earns_nothing() {
        let full = steps(&[(0.0, 100.0)]);
        let score = compile(vec![
            dimension("spending", 80.0, vec![part("a", 1.0, full.clone())]),
            dimension("influence", 20.0, vec![part("kept_nowhere", 1.0, full)]),
        ]);
        assert_eq!(score.dimensions[0].weight, 1.0);
        assert_eq!(score.score(&[1.0, f64::NAN, f64::NAN]), 100.0);
        assert_eq!(score.score(&[f64::NAN, f64::NAN, f64::NAN]), 0.0);
    }
}
