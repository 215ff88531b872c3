//! Everyone's indicators as columns, kept between simulations, so that a question is answered from what it changes:
//! another weight adds up the points of the dimensions anew, another limit compares one column, another indicator reads
//! the packed days once for that one alone. The answers are those of [`Image::simulate`], to the last customer.
//!
//! About 30 bytes a customer, and 8 for each indicator and each dimension of the rules that were asked for last.

use crate::evaluate::has_source;
use crate::image::{Cancelled, Image};
use crate::indicator::{Gathered, Indicator, Plan, Source, Window};
use crate::ladder::{Comparison, Level, Need, Rule, Test};
use crate::rfm::CubeCuts;
use crate::rules::{Fixed, Rules};
use crate::score::{self, Bands, Score};
use crate::simulation::{Best, Mover, Simulation, Wanted};
use rayon::prelude::*;
use zunke_kernel::{Day, Money, Text};

/// One value per customer, partition by partition.
type Column<T> = Vec<Vec<T>>;

/// Dimensions with their weights.
type Weighted = Vec<(f64, Vec<Part>)>;

/// Columns that no rule asks for any longer are kept while there are no more than these.
const SPARE: usize = 12;
/// Tests whose results are kept per customer; rules with more are simulated from the packed days.
const TESTS: usize = 56;
/// Combinations of tests and score that are remembered at one time.
const PLACES: usize = 1_024;
/// Customers that are scored at one time, so that what lies between stays in the nearest cache.
const CHUNK: usize = 1_024;

/// The columns of one image as of one day.
#[derive(Debug, Default)]
pub struct Columns {
    as_of: Option<Day>,
    /// Rank on record.
    from: Column<u8>,
    /// Net spend over the whole life.
    life: Column<i64>,
    values: Vec<(Source, Column<f64>)>,
    grades: Option<(Window, CubeCuts, Column<[u8; 3]>)>,
    dimensions: Vec<(Vec<Part>, Column<f64>)>,
    loyalty: Option<(Weighted, Column<f64>)>,
    tests: Vec<StaticTest>,
    /// Which of `tests` hold, one bit each.
    bits: Column<u64>,
}

/// Part of a dimension, by what it says and not by its place.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    /// None: a fact that is no indicator, which has no value here.
    source: Option<Source>,
    weight: f64,
    bands: Bands,
    missing: f64,
}

/// What a test reads, but for the score.
#[derive(Clone, Debug, PartialEq)]
enum Fact {
    Value(Source),
    Loyalty,
    /// R, F, M.
    Grade(usize),
}

#[derive(Clone, Debug, PartialEq)]
struct StaticTest {
    fact: Fact,
    is: Comparison,
    value: f64,
}

/// A rule over the bits of a customer and the class of his score.
#[derive(Debug)]
struct BitRule {
    need: usize,
    tests: Vec<BitTest>,
    groups: Vec<BitRule>,
}

#[derive(Clone, Copy, Debug)]
enum BitTest {
    Static(usize),
    /// The border must be passed, or must not.
    Score {
        border: usize,
        passed: bool,
    },
    Never,
}

/// Everything of the rules that the last pass needs.
struct Ladder {
    /// Rank, entry rule with guards; the highest first.
    levels: Vec<(u8, BitRule)>,
    borders: Vec<Border>,
}

/// A limit of the score: `above` it, or on it as well.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Border {
    value: f64,
    above: bool,
}

impl Columns {
    /// What rules would do to everyone; `None` where they have more tests than are kept.
    pub fn simulate(
        &mut self,
        image: &Image,
        rules: &Rules,
        as_of: Day,
        cuts: &CubeCuts,
        wanted: &Wanted,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Option<Result<Simulation, Cancelled>> {
        let (tests, ladder) = compile(rules);
        if tests.len() > TESTS || ladder.borders.len() > 200 {
            return None;
        }
        Some(self.prepared(image, rules, as_of, cuts, tests, cancelled).map(|weights| {
            let dimensions: Vec<(f64, &Column<f64>)> =
                weights.into_iter().map(|(weight, at)| (weight, &self.dimensions[at].1)).collect();
            self.count(image, &dimensions, &ladder, wanted)
        }))
    }

    /// Sees to all columns that the rules need; answers the dimensions of the score with their weights.
    fn prepared(
        &mut self,
        image: &Image,
        rules: &Rules,
        as_of: Day,
        cuts: &CubeCuts,
        tests: Vec<StaticTest>,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<(f64, usize)>, Cancelled> {
        if self.as_of != Some(as_of) {
            *self = Self { as_of: Some(as_of), ..Self::default() };
        }
        let score = dimensions(rules, &rules.score, cuts);
        let tested = |fact: &Fact| tests.iter().any(|test| test.fact == *fact);
        let loyalty = if tested(&Fact::Loyalty) { dimensions(rules, &rules.loyalty, cuts) } else { Vec::new() };
        let mut sources: Vec<&Source> = Vec::new();
        let parts = score.iter().chain(&loyalty).flat_map(|(_, parts)| parts).filter_map(|part| part.source.as_ref());
        let of_tests = tests.iter().filter_map(|test| match &test.fact {
            Fact::Value(source) => Some(source),
            _ => None,
        });
        for source in parts.chain(of_tests) {
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        let graded = (0..3).any(|axis| tested(&Fact::Grade(axis)));
        let known = self.grades.as_ref();
        let grades_fit = known.is_some_and(|(window, known, _)| *window == rules.rfm.window && known == cuts);
        let missing: Vec<&Source> =
            sources.iter().copied().filter(|source| !self.values.iter().any(|(known, _)| known == *source)).collect();
        if self.life.len() != image.partitions.len() || !missing.is_empty() || (graded && !grades_fit) {
            // Who isn't needed gives way before the new ones come.
            if self.values.len() + missing.len() > SPARE {
                self.values.retain(|(known, _)| sources.contains(&known));
            }
            let grading = (graded && !grades_fit).then_some((rules.rfm.window, cuts));
            self.gather(image, as_of, &missing, grading, cancelled)?;
        }
        if self.dimensions.len() + score.len() > SPARE {
            self.dimensions.retain(|(known, _)| score.iter().any(|(_, parts)| parts == known));
        }
        let mut weights = Vec::with_capacity(score.len());
        for (weight, parts) in score {
            if cancelled() {
                return Err(Cancelled);
            }
            let at = self.dimensions.iter().position(|(known, _)| *known == parts).unwrap_or_else(|| {
                let column = self.points(&parts);
                self.dimensions.push((parts, column));
                self.dimensions.len() - 1
            });
            weights.push((weight, at));
        }
        let mut stale = Vec::new();
        if tested(&Fact::Loyalty) && self.loyalty.as_ref().is_none_or(|(known, _)| *known != loyalty) {
            let columns: Vec<(f64, Column<f64>)> =
                loyalty.iter().map(|(weight, parts)| (*weight, self.points(parts))).collect();
            self.loyalty = Some((loyalty, scores(&columns, &self.life)));
            stale.push(Fact::Loyalty);
        }
        if graded && !grades_fit {
            stale.extend((0..3).map(Fact::Grade));
        }
        if cancelled() {
            return Err(Cancelled);
        }
        self.test(tests, &stale);
        Ok(weights)
    }

    /// Reads the packed days once, for the columns that are not there yet.
    fn gather(
        &mut self,
        image: &Image,
        as_of: Day,
        missing: &[&Source],
        grading: Option<(Window, &CubeCuts)>,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), Cancelled> {
        let indicators: Vec<Indicator> = missing
            .iter()
            .map(|source| Indicator { id: String::new(), name: Text::default(), source: (*source).clone() })
            .collect();
        let mut plan = Plan::new(&indicators, as_of);
        let window = grading.map(|(window, _)| plan.window(window.range(as_of)));
        let read = image.partitions.par_iter().map(|partition| {
            let room = partition.len();
            let mut values: Vec<Vec<f64>> = indicators.iter().map(|_| Vec::with_capacity(room)).collect();
            let (mut from, mut life) = (Vec::with_capacity(room), Vec::with_capacity(room));
            let mut grades = Vec::with_capacity(if window.is_some() { room } else { 0 });
            let (mut gathered, mut row) = (Gathered::default(), Vec::new());
            for at in 0..room {
                if at % 4_096 == 0 && cancelled() {
                    return Err(Cancelled);
                }
                partition.gather(at, &plan, &mut gathered);
                plan.values(&gathered, partition.profile(at, &plan), &mut row);
                values.iter_mut().zip(&row).for_each(|(column, value)| column.push(*value));
                from.push(partition.recorded(at).rank.min(10));
                life.push(gathered.sums(0).net());
                if let (Some(window), Some((_, cuts))) = (window, grading) {
                    let raw = crate::evaluate::RfmRaw::from_sums(gathered.sums(window), as_of);
                    let graded = cuts.grades(raw.days, raw.orders, raw.spend);
                    grades.push([graded.r, graded.f, graded.m]);
                }
            }
            Ok((values, from, life, grades))
        });
        let read: Vec<_> = read.collect::<Result<_, _>>()?;
        let mut columns: Vec<Column<f64>> = indicators.iter().map(|_| Vec::with_capacity(read.len())).collect();
        let mut graded = Vec::with_capacity(read.len());
        (self.from, self.life) = (Vec::with_capacity(read.len()), Vec::with_capacity(read.len()));
        for (values, from, life, grades) in read {
            columns.iter_mut().zip(values).for_each(|(column, part)| column.push(part));
            self.from.push(from);
            self.life.push(life);
            graded.push(grades);
        }
        self.values.extend(missing.iter().map(|source| (*source).clone()).zip(columns));
        if let Some((window, cuts)) = grading {
            self.grades = Some((window, cuts.clone(), graded));
        }
        Ok(())
    }

    fn value(&self, source: &Source) -> Option<&Column<f64>> {
        self.values.iter().find(|(known, _)| known == source).map(|(_, column)| column)
    }

    /// The points of a dimension, in the order in which [`score::Compiled::dimension_points`] adds them.
    fn points(&self, parts: &[Part]) -> Column<f64> {
        let columns: Vec<Option<&Column<f64>>> =
            parts.iter().map(|part| part.source.as_ref().and_then(|source| self.value(source))).collect();
        let of_partition = |(place, life): (usize, &Vec<i64>)| {
            let mut sums = vec![0.0; life.len()];
            for (part, column) in parts.iter().zip(&columns) {
                match column {
                    Some(column) => {
                        for (sum, value) in sums.iter_mut().zip(&column[place]) {
                            let points = if value.is_nan() { part.missing } else { part.bands.points(*value) };
                            *sum += part.weight * points;
                        }
                    }
                    None => sums.iter_mut().for_each(|sum| *sum += part.weight * part.missing),
                }
            }
            sums
        };
        self.life.par_iter().enumerate().map(of_partition).collect()
    }

    /// Brings the bits up to these tests; those that are as they were are not compared again.
    fn test(&mut self, tests: Vec<StaticTest>, stale: &[Fact]) {
        let mut bits = std::mem::take(&mut self.bits);
        if bits.len() != self.life.len() {
            bits = self.life.iter().map(|life| vec![0; life.len()]).collect();
            self.tests.clear();
        }
        let changed: Vec<(usize, &StaticTest)> = tests
            .iter()
            .enumerate()
            .filter(|(at, test)| self.tests.get(*at) != Some(*test) || stale.contains(&test.fact))
            .collect();
        bits.par_iter_mut().enumerate().for_each(|(place, bits)| {
            for (at, test) in &changed {
                match &test.fact {
                    Fact::Value(source) => {
                        set(bits, *at, test, self.value(source).map(|column| column[place].iter().copied()));
                    }
                    Fact::Loyalty => {
                        set(bits, *at, test, self.loyalty.as_ref().map(|(_, column)| column[place].iter().copied()));
                    }
                    Fact::Grade(axis) => {
                        let number = |grades: &[u8; 3]| match grades[*axis] {
                            0 => f64::NAN,
                            grade => f64::from(grade),
                        };
                        set(bits, *at, test, self.grades.as_ref().map(|(.., column)| column[place].iter().map(number)));
                    }
                }
            }
        });
        self.bits = bits;
        self.tests = tests;
        // Bits beyond the tests there are now would look like other customers.
        let mask = (1_u64 << self.tests.len()).wrapping_sub(1);
        if self.tests.len() < TESTS {
            self.bits.par_iter_mut().for_each(|bits| bits.iter_mut().for_each(|bits| *bits &= mask));
        }
    }

    /// Scores and places everyone.
    fn count(&self, image: &Image, dimensions: &[(f64, &Column<f64>)], ladder: &Ladder, wanted: &Wanted) -> Simulation {
        let parts = image.partitions.par_iter().enumerate().map(|(place, partition)| {
            let (from, life, bits) = (&self.from[place], &self.life[place], &self.bits[place]);
            let mut ranks = Ranks::new(ladder);
            let mut cells = [(0_u64, 0_i64); 256];
            let mut best = Best::new(wanted.movers);
            let (mut scores, mut classes) = ([0.0; CHUNK], [0_u8; CHUNK]);
            for begin in (0..from.len()).step_by(CHUNK) {
                let end = (begin + CHUNK).min(from.len());
                let (scores, classes) = (&mut scores[..end - begin], &mut classes[..end - begin]);
                scores.fill(0.0);
                for (weight, column) in dimensions {
                    scores.iter_mut().zip(&column[place][begin..end]).for_each(|(sum, points)| *sum += weight * points);
                }
                scores.iter_mut().for_each(|sum| *sum = score::rounded(*sum));
                classes.fill(0);
                for border in &ladder.borders {
                    let value = border.value;
                    if border.above {
                        classes.iter_mut().zip(&*scores).for_each(|(class, score)| *class += u8::from(*score > value));
                    } else {
                        classes.iter_mut().zip(&*scores).for_each(|(class, score)| *class += u8::from(*score >= value));
                    }
                }
                let rows = from[begin..end].iter().zip(&life[begin..end]).zip(&bits[begin..end]).zip(&*classes);
                for (at, (((from, life), bits), class)) in rows.enumerate() {
                    let rank = ranks.of(*bits | u64::from(*class) << TESTS);
                    let cell = &mut cells[usize::from(*from << 4 | rank)];
                    cell.0 += 1;
                    cell.1 = cell.1.wrapping_add(*life);
                    if rank != *from && wanted.takes(*from, rank) {
                        let (customer, revenue) = (partition.id(begin + at), Money(*life));
                        best.offer(Mover { customer, from: *from, to: rank, revenue, score: scores[at] });
                    }
                }
            }
            let mut simulation = Simulation { movers: best.done(), ..Simulation::default() };
            for (from, row) in simulation.moves.iter_mut().enumerate() {
                for (to, cell) in row.iter_mut().enumerate() {
                    let (customers, revenue) = cells[from << 4 | to];
                    (cell.customers, cell.revenue) = (customers, Money(revenue));
                }
            }
            simulation
        });
        parts.reduce(Simulation::default, Simulation::join).best(wanted.movers)
    }

    /// Bytes held.
    #[must_use]
    pub fn size(&self) -> usize {
        let customers: usize = self.life.iter().map(Vec::len).sum();
        let eights = self.values.len() + self.dimensions.len() + usize::from(self.loyalty.is_some());
        customers * (1 + 8 + 8 + 8 * eights + if self.grades.is_some() { 3 } else { 0 })
    }
}

/// Sets one bit of everyone; without a column nothing holds.
fn set(bits: &mut [u64], at: usize, test: &StaticTest, values: Option<impl Iterator<Item = f64>>) {
    let clear = !(1_u64 << at);
    let Some(values) = values else {
        bits.iter_mut().for_each(|bits| *bits &= clear);
        return;
    };
    let limit = test.value;
    let each = bits.iter_mut().zip(values);
    // The comparison is chosen once, not for every customer.
    match test.is {
        Comparison::AtLeast => each.for_each(|(bits, value)| *bits = *bits & clear | u64::from(value >= limit) << at),
        Comparison::MoreThan => each.for_each(|(bits, value)| *bits = *bits & clear | u64::from(value > limit) << at),
        Comparison::AtMost => each.for_each(|(bits, value)| *bits = *bits & clear | u64::from(value <= limit) << at),
        Comparison::LessThan => each.for_each(|(bits, value)| *bits = *bits & clear | u64::from(value < limit) << at),
    }
}

/// Scores of everyone from weighted dimensions.
fn scores(dimensions: &[(f64, Column<f64>)], like: &Column<i64>) -> Column<f64> {
    let of_partition = |(place, like): (usize, &Vec<i64>)| {
        let mut sums = vec![0.0; like.len()];
        for (weight, column) in dimensions {
            sums.iter_mut().zip(&column[place]).for_each(|(sum, points)| *sum += weight * points);
        }
        sums.iter_mut().for_each(|sum| *sum = score::rounded(*sum));
        sums
    };
    like.par_iter().enumerate().map(of_partition).collect()
}

/// The dimensions of a score that take part, with their weights.
fn dimensions(rules: &Rules, wanted: &Score, cuts: &CubeCuts) -> Weighted {
    let compiled = score::Compiled::new(wanted, |id: &str| {
        rules.fact(id).map(|at| (at, rules.indicators.get(at).is_none_or(|indicator| has_source(indicator, cuts))))
    });
    let part = |at: usize| {
        let part = compiled.part(at);
        let (bands, missing) = part.scale();
        let source = rules.indicators.get(part.indicator).map(|indicator| indicator.source.clone());
        (part.weight > 0.0).then(|| Part { source, weight: part.weight, bands: bands.clone(), missing })
    };
    let taking_part = compiled.dimensions.iter().filter(|dimension| dimension.weight > 0.0);
    taking_part.map(|dimension| (dimension.weight, dimension.parts.clone().filter_map(part).collect())).collect()
}

/// The tests that read columns, and the ladder over them.
fn compile(rules: &Rules) -> (Vec<StaticTest>, Ladder) {
    let mut borders: Vec<Border> = Vec::new();
    for test in rules.levels.iter().flat_map(|level| level.entry.every_test().into_iter().chain(&level.guards)) {
        if is_score(rules, &test.fact) {
            let border = border(test);
            if !borders.contains(&border) {
                borders.push(border);
            }
        }
    }
    borders.sort_by(|one, other| one.value.total_cmp(&other.value).then(one.above.cmp(&other.above)));
    let mut tests = Vec::new();
    let mut levels: Vec<&Level> = rules.levels.iter().collect();
    levels.sort_by_key(|level| std::cmp::Reverse(level.rank));
    let mut compiled = Vec::with_capacity(levels.len());
    for level in levels {
        let mut entry = bit_rule(rules, &level.entry, &borders, &mut tests);
        if !level.guards.is_empty() {
            let mut both = bit_rule(rules, &Rule::all(level.guards.clone()), &borders, &mut tests);
            both.need += 1;
            both.groups.push(entry);
            entry = both;
        }
        compiled.push((level.rank, entry));
    }
    (tests, Ladder { levels: compiled, borders })
}

fn bit_rule(rules: &Rules, rule: &Rule, borders: &[Border], known: &mut Vec<StaticTest>) -> BitRule {
    let count = rule.tests.len() + rule.groups.len();
    BitRule {
        need: match rule.need {
            Need::All => count,
            Need::Any(n) => usize::from(n).min(count),
        },
        tests: rule.tests.iter().map(|test| bit_test(rules, test, borders, known)).collect(),
        groups: rule.groups.iter().map(|group| bit_rule(rules, group, borders, known)).collect(),
    }
}

fn is_score(rules: &Rules, fact: &str) -> bool {
    rules.fact(fact) == Some(rules.indicators.len()) && fact == Fixed::Score.id()
}

fn border(test: &Test) -> Border {
    // "At most" is "not more than", "less than" is "not at least".
    Border { value: test.value, above: matches!(test.is, Comparison::MoreThan | Comparison::AtMost) }
}

fn bit_test(rules: &Rules, test: &Test, borders: &[Border], known: &mut Vec<StaticTest>) -> BitTest {
    if is_score(rules, &test.fact) {
        let border = border(test);
        let place = borders.iter().position(|known| *known == border);
        return place.map_or(BitTest::Never, |border| BitTest::Score { border, passed: test.is.wants_more() });
    }
    let Some(at) = rules.fact(&test.fact) else { return BitTest::Never };
    let fact = match rules.indicators.get(at) {
        Some(indicator) => Fact::Value(indicator.source.clone()),
        None => match at - rules.indicators.len() {
            1 if rules.loyalty.dimensions.is_empty() => return BitTest::Never,
            1 => Fact::Loyalty,
            axis => Fact::Grade(axis - 2),
        },
    };
    let wanted = StaticTest { fact, is: test.is, value: test.value };
    let at = known.iter().position(|known| *known == wanted).unwrap_or_else(|| {
        known.push(wanted);
        known.len() - 1
    });
    BitTest::Static(at)
}

impl BitRule {
    fn holds(&self, key: u64) -> bool {
        let class = usize::try_from(key >> TESTS).unwrap_or(0);
        let test = |test: &&BitTest| match **test {
            BitTest::Static(at) => key >> at & 1 == 1,
            // Borders rise, so the class says which of them are passed.
            BitTest::Score { border, passed } => (class > border) == passed,
            BitTest::Never => false,
        };
        let met = self.tests.iter().filter(test).count() + self.groups.iter().filter(|group| group.holds(key)).count();
        met >= self.need
    }
}

/// The rank of every combination of tests and score class, worked out when it is first met.
struct Ranks<'a> {
    ladder: &'a Ladder,
    known: Box<[(u64, u8); PLACES]>,
}

impl<'a> Ranks<'a> {
    /// No key: a class is far below this.
    const EMPTY: u64 = u64::MAX;

    fn new(ladder: &'a Ladder) -> Self {
        Self { ladder, known: Box::new([(Self::EMPTY, 0); PLACES]) }
    }

    #[inline]
    fn of(&mut self, key: u64) -> u8 {
        // Fibonacci hashing: the top ten bits. Two keys of one place take turns.
        let place = &mut self.known[(key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize];
        if place.0 != key {
            let rank = self.ladder.levels.iter().find(|(_, rule)| rule.holds(key)).map_or(0, |(rank, _)| *rank);
            *place = (key, rank.min(10));
        }
        place.1
    }
}

#[cfg(test)]
#[path = "columns_tests.rs"]
mod tests;
