//! Rules tried on a base, as people read it: which level becomes which, what it costs, and who is in it.
//!
//! A level keeps its id when another is put below it or it moves in the ladder; only its rank changes. So what is on
//! record is carried to the place that its level has in the rules that are tried, and whoever keeps a level has not
//! moved, whatever its number is now.

use crate::evaluate::{Evaluator, Scratch};
use crate::image::Image;
use crate::rfm::CubeCuts;
use crate::rules::Rules;
use crate::simulation::{Mover, RANKS, Simulation, Tally};
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Day, Money};

/// Where each rank on record stands in the rules that are tried, in half ranks: twice the rank where its level is
/// still there (or was merged into one), else between the levels that stay below and above it.
#[must_use]
pub fn places(before: Option<&Rules>, after: &Rules) -> [u8; RANKS] {
    let mut places = [0; RANKS];
    let Some(before) = before else {
        (0..RANKS).zip(0_u8..).for_each(|(at, rank)| places[at] = rank * 2);
        return places;
    };
    let mut below = 0;
    for (place, rank) in places.iter_mut().zip(0_u8..).skip(1) {
        let now = before.level_of_rank(rank).and_then(|level| after.successor(level.id));
        *place = match now {
            Some(now) => {
                below = now.rank * 2;
                below
            }
            // A level that is no more: above those that it was above.
            None => below + 1,
        };
    }
    places
}

/// How a customer on record at rank `from` moves when the rules give rank `to`.
#[must_use]
pub fn direction(places: &[u8; RANKS], from: u8, to: u8) -> Ordering {
    (to.min(10) * 2).cmp(&places[usize::from(from.min(10))])
}

/// Those who rise, and those who fall.
#[must_use]
pub fn moved(simulation: &Simulation, places: &[u8; RANKS]) -> (Tally, Tally) {
    let (mut up, mut down) = (Tally::default(), Tally::default());
    for (from, row) in (0_u8..).zip(&simulation.moves) {
        for (to, cell) in (0_u8..).zip(row) {
            let sum = match direction(places, from, to) {
                Ordering::Greater => &mut up,
                Ordering::Less => &mut down,
                Ordering::Equal => continue,
            };
            sum.customers += cell.customers;
            sum.revenue.0 += cell.revenue.0;
        }
    }
    (up, down)
}

/// What the benefits of a ladder cost in a year, by the customers at each rank; levels without a cost cost nothing.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts need no more than 53 bits")]
pub fn cost(rules: &Rules, ranks: &[Tally; RANKS]) -> f64 {
    rules
        .levels
        .iter()
        .map(|level| level.benefit_cost.unwrap_or(0.0) * ranks[usize::from(level.rank.min(10))].customers as f64)
        .sum()
}

/// Tries rules on some customers of a base (rising by id), by cuts that were drawn from all of it.
pub fn of_some(
    image: &Image,
    rules: &Rules,
    as_of: Day,
    cuts: &CubeCuts,
    ids: &[CustomerId],
    mut each: impl FnMut(Mover),
) -> Simulation {
    let evaluator = Evaluator::new(rules, as_of, cuts);
    let mut simulation = Simulation::default();
    let mut scratch = Scratch::default();
    let mut rest = ids;
    for partition in &image.partitions {
        for at in 0..partition.len() {
            let id = partition.id(at);
            while rest.first().is_some_and(|first| *first < id) {
                rest = &rest[1..];
            }
            if rest.first() != Some(&id) {
                continue;
            }
            evaluator.gather(partition.days(at), &mut scratch);
            let assessment = evaluator.assess(&mut scratch, partition.profile(at, &evaluator.plan), cuts);
            let from = partition.recorded(at).rank;
            let cell = &mut simulation.moves[usize::from(from.min(10))][usize::from(assessment.rank.min(10))];
            cell.customers += 1;
            cell.revenue.0 += assessment.net_spend.0;
            let (to, revenue) = (assessment.rank, assessment.net_spend);
            each(Mover { customer: id, from, to, revenue, score: assessment.score });
        }
    }
    simulation
}

/// Customers of one manager by rank, before and after.
pub type Load = BTreeMap<StaffId, [[u64; RANKS]; 2]>;

/// What rules do to the customers of each manager. `owned` rises by customer.
#[must_use]
pub fn load(image: &Image, rules: &Rules, as_of: Day, cuts: &CubeCuts, owned: &[(CustomerId, StaffId)]) -> Load {
    let evaluator = Evaluator::new(rules, as_of, cuts);
    let parts = image.partitions.par_iter().map(|partition| {
        let mut load = Load::new();
        let mut scratch = Scratch::default();
        let mut rest = match partition.len() {
            0 => return load,
            _ => &owned[owned.partition_point(|(id, _)| *id < partition.id(0))..],
        };
        for at in 0..partition.len() {
            let id = partition.id(at);
            while rest.first().is_some_and(|(first, _)| *first < id) {
                rest = &rest[1..];
            }
            let Some((_, staff)) = rest.first().filter(|(first, _)| *first == id) else { continue };
            evaluator.gather(partition.days(at), &mut scratch);
            let after = evaluator.assess(&mut scratch, partition.profile(at, &evaluator.plan), cuts).rank;
            let own = load.entry(*staff).or_default();
            own[0][usize::from(partition.recorded(at).rank.min(10))] += 1;
            own[1][usize::from(after.min(10))] += 1;
        }
        load
    });
    parts.reduce(Load::new, |mut all, part| {
        for (staff, ranks) in part {
            let own = all.entry(staff).or_default();
            for (sum, add) in own.iter_mut().flatten().zip(ranks.iter().flatten()) {
                *sum += add;
            }
        }
        all
    })
}

/// How those who were named as potential VIPs on a day have done since.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BackTest {
    /// Customers who were named then.
    pub named: u64,
    /// Of them, those who are at a higher level now.
    pub rose: u64,
    /// How many would have risen of as many customers picked at random from the same levels: the exact expectation.
    pub expected: f64,
    /// The standard deviation of that number.
    pub deviation: f64,
    /// Customers at those levels who had ever ordered.
    pub base: u64,
    /// The first day on which anything happened; none in an empty base.
    pub first: Option<Day>,
}

/// What one rank held on the day: those who ever ordered, those of them who rose since, and the same of the named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    all: u64,
    all_rose: u64,
    named: u64,
    named_rose: u64,
}

/// Names the potential VIPs of `then` by today's rules, from the days that are stored, and looks where they are `now`.
/// Both ranks are what the entry rules say on the day, so nothing but time lies between them.
#[must_use]
pub fn back_test(image: &Image, rules: &Rules, then: Day, now: Day, cuts: [&CubeCuts; 2]) -> BackTest {
    let evaluators = [Evaluator::new(rules, then, cuts[0]), Evaluator::new(rules, now, cuts[1])];
    let top = rules.levels.iter().map(|level| level.rank).max().unwrap_or(0);
    let parts = image.partitions.par_iter().map(|partition| {
        let mut held = [Held::default(); RANKS];
        let mut first: Option<Day> = None;
        let mut scratch = Scratch::default();
        for at in 0..partition.len() {
            evaluators[0].gather(partition.days(at), &mut scratch);
            let before = evaluators[0].assess(&mut scratch, partition.profile(at, &evaluators[0].plan), cuts[0]);
            first = first.into_iter().chain(before.first_order).min();
            if before.orders == 0 || before.rank >= top {
                continue;
            }
            evaluators[1].gather(partition.days(at), &mut scratch);
            let after = evaluators[1].assess(&mut scratch, partition.profile(at, &evaluators[1].plan), cuts[1]);
            let rose = u64::from(after.rank > before.rank);
            let own = &mut held[usize::from(before.rank.min(10))];
            own.all += 1;
            own.all_rose += rose;
            if before.potential > 0.0 {
                own.named += 1;
                own.named_rose += rose;
            }
        }
        (held, first)
    });
    let (held, first) = parts.reduce(Default::default, |(mut one, first), (other, second)| {
        for (sum, add) in one.iter_mut().zip(other) {
            sum.all += add.all;
            sum.all_rose += add.all_rose;
            sum.named += add.named;
            sum.named_rose += add.named_rose;
        }
        (one, first.into_iter().chain(second).min())
    });
    summed(&held, first)
}

#[expect(clippy::cast_precision_loss, reason = "counts need no more than 53 bits")]
fn summed(held: &[Held; RANKS], first: Option<Day>) -> BackTest {
    let mut test = BackTest { first, ..BackTest::default() };
    let mut variance = 0.0;
    for held in held.iter().filter(|held| held.named > 0) {
        let (all, rose, named) = (held.all as f64, held.all_rose as f64, held.named as f64);
        test.named += held.named;
        test.rose += held.named_rose;
        test.base += held.all;
        // Picking without putting back: hypergeometric.
        test.expected += named * rose / all;
        if held.all > 1 {
            variance += named * (rose / all) * (1.0 - rose / all) * (all - named) / (all - 1.0);
        }
    }
    test.deviation = variance.sqrt();
    test
}

/// An amount in currency units as money.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "saturating is right for sums beyond reason")]
pub fn money(value: f64) -> Money {
    Money((value * 10_000.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Move;
    use crate::templates;
    use zunke_kernel::Instant;
    use zunke_kernel::id::LevelId;

    #[test]
    fn who_keeps_a_level_has_not_moved_when_another_is_put_below_it() {
        let before = templates::build("retail", Instant(0), None).expect("rules");
        let mut after = before.clone();
        let mut new = after.levels[1].clone();
        new.id = LevelId::new(Instant(5));
        after.levels.insert(1, new);
        after.levels.iter_mut().zip(1..).for_each(|(level, rank)| level.rank = rank);
        let places = places(Some(&before), &after);
        assert_eq!(places[..5], [0, 2, 6, 8, 10]);
        assert_eq!(direction(&places, 2, 3), Ordering::Equal);
        assert_eq!(direction(&places, 1, 2), Ordering::Greater);
        assert_eq!(direction(&places, 2, 2), Ordering::Less);
    }

    #[test]
    fn a_merged_level_is_its_successor_and_a_retired_one_lies_between_its_neighbours() {
        let before = templates::build("retail", Instant(0), None).expect("rules");
        let mut after = before.clone();
        let gone = after.levels.remove(2);
        after.levels[2].rank = 3;
        let between = places(Some(&before), &after);
        assert_eq!(between[..5], [0, 2, 4, 5, 6]);
        assert_eq!(direction(&between, 3, 2), Ordering::Less);
        assert_eq!(direction(&between, 3, 3), Ordering::Greater);
        after.moves.push(Move { from: gone.id, to: after.levels[1].id });
        assert_eq!(places(Some(&before), &after)[3], 4);
    }

    #[test]
    fn moves_in_a_circle_end() {
        let mut rules = templates::build("retail", Instant(0), None).expect("rules");
        let (one, other) = (LevelId::new(Instant(1)), LevelId::new(Instant(2)));
        rules.moves = vec![Move { from: one, to: other }, Move { from: other, to: one }];
        assert!(rules.successor(one).is_none());
    }

    #[test]
    fn the_expectation_of_a_random_pick_is_that_of_its_levels() {
        let mut held = [Held::default(); RANKS];
        held[1] = Held { all: 100, all_rose: 10, named: 20, named_rose: 8 };
        held[2] = Held { all: 50, all_rose: 5, named: 10, named_rose: 1 };
        held[3] = Held { all: 1_000, all_rose: 900, ..Held::default() };
        let test = summed(&held, None);
        assert_eq!((test.named, test.rose, test.base), (30, 9, 150));
        assert!((test.expected - 3.0).abs() < 1e-12);
        // All of a level named: a random pick of as many is the same customers.
        held = [Held::default(); RANKS];
        held[1] = Held { all: 5, all_rose: 2, named: 5, named_rose: 2 };
        let test = summed(&held, None);
        assert_eq!((test.expected, test.deviation), (2.0, 0.0));
        assert_eq!(summed(&[Held::default(); RANKS], None), BackTest::default());
    }
}
