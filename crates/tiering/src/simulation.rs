//! What other rules would do to everyone, beside what is on record: who moves from which level to which, with how much
//! revenue, and who the weightiest movers are. Pure: nothing is written, and the same image gives the same answer.
//!
//! Ask [`crate::cache::Kept::simulate`]; it keeps what consecutive questions share.

use std::cmp::Ordering;
use zunke_kernel::Money;
use zunke_kernel::id::CustomerId;

/// Ranks 1 to 10, and 0 for those without a level.
pub const RANKS: usize = 11;

/// Customers and their net spend over the whole life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub customers: u64,
    pub revenue: Money,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.customers += other.customers;
        self.revenue.0 += other.revenue.0;
    }
}

/// What is asked for beside the sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// At most so many movers, by revenue; 0: none.
    pub movers: usize,
    /// Only movers from this rank.
    pub from: Option<u8>,
    /// Only movers to this rank.
    pub to: Option<u8>,
}

/// A customer whose rank would change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mover {
    pub customer: CustomerId,
    /// On record.
    pub from: u8,
    /// By the rules that are tried.
    pub to: u8,
    /// Net spend over the whole life.
    pub revenue: Money,
    /// By the rules that are tried, 0 to 100.
    pub score: f64,
}

/// What an evaluation of everyone comes to, without writing anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Simulation {
    /// `moves[from][to]`, by rank: from what is on record to what the rules give. The diagonal are those who stay.
    pub moves: [[Tally; RANKS]; RANKS],
    /// The weightiest first (ties by id), as many as were asked for.
    pub movers: Vec<Mover>,
}

impl Simulation {
    /// By the rank that the rules give.
    #[must_use]
    pub fn levels(&self) -> [Tally; RANKS] {
        let mut sums = [Tally::default(); RANKS];
        for row in &self.moves {
            sums.iter_mut().zip(row).for_each(|(sum, cell)| sum.add(*cell));
        }
        sums
    }

    /// By the rank that is on record.
    #[must_use]
    pub fn before(&self) -> [Tally; RANKS] {
        self.moves.map(|row| {
            let mut sum = Tally::default();
            row.iter().for_each(|cell| sum.add(*cell));
            sum
        })
    }

    /// Those who rise, and those who fall.
    #[must_use]
    pub fn moved(&self) -> (Tally, Tally) {
        let (mut up, mut down) = (Tally::default(), Tally::default());
        for (from, row) in self.moves.iter().enumerate() {
            for (to, cell) in row.iter().enumerate() {
                match to.cmp(&from) {
                    Ordering::Greater => up.add(*cell),
                    Ordering::Less => down.add(*cell),
                    Ordering::Equal => {}
                }
            }
        }
        (up, down)
    }

    /// Counts one customer.
    #[inline]
    pub(crate) fn count(&mut self, from: u8, to: u8, net_spend: i64) {
        let cell = &mut self.moves[usize::from(from.min(10))][usize::from(to.min(10))];
        cell.customers += 1;
        cell.revenue.0 += net_spend;
    }

    /// The sum of two parts of a base. Movers are put together as they come: [`Best`] bounds them.
    pub(crate) fn join(mut self, other: Self) -> Self {
        for (row, others) in self.moves.iter_mut().zip(&other.moves) {
            row.iter_mut().zip(others).for_each(|(cell, other)| cell.add(*other));
        }
        self.movers.extend(other.movers);
        self
    }

    /// Sorts the movers of all parts and keeps the first.
    pub(crate) fn best(mut self, movers: usize) -> Self {
        self.movers.sort_unstable_by(weightier);
        self.movers.truncate(movers);
        self
    }
}

impl Wanted {
    /// Whether a customer is one of the movers that are asked for.
    #[inline]
    pub(crate) fn takes(&self, from: u8, to: u8) -> bool {
        self.movers > 0
            && from != to
            && self.from.is_none_or(|wanted| wanted == from)
            && self.to.is_none_or(|wanted| wanted == to)
    }
}

/// Keeps the weightiest movers of a part in bounded memory.
#[derive(Debug)]
pub(crate) struct Best {
    most: usize,
    kept: Vec<Mover>,
    /// Less than this can't be among them any more.
    least: i64,
}

impl Best {
    pub fn new(most: usize) -> Self {
        Self { most, kept: Vec::new(), least: i64::MIN }
    }

    #[inline]
    pub fn offer(&mut self, mover: Mover) {
        if self.most == 0 || mover.revenue.0 < self.least {
            return;
        }
        self.kept.push(mover);
        if self.kept.len() >= self.most.saturating_mul(2).max(64) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.kept.sort_unstable_by(weightier);
        self.kept.truncate(self.most);
        if self.kept.len() == self.most {
            self.least = self.kept.last().map_or(i64::MIN, |mover| mover.revenue.0);
        }
    }

    pub fn done(mut self) -> Vec<Mover> {
        self.cut();
        self.kept
    }
}

fn weightier(one: &Mover, other: &Mover) -> Ordering {
    other.revenue.cmp(&one.revenue).then(one.customer.cmp(&other.customer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zunke_kernel::Instant;

    fn mover(number: i64, revenue: i64) -> Mover {
        Mover { customer: CustomerId::new(Instant(number)), from: 1, to: 2, revenue: Money(revenue), score: 50.0 }
    }

    #[test]
    fn levels_before_and_moves_are_sums_of_one_matrix() {
        let mut simulation = Simulation::default();
        for (from, to, net) in [(1, 1, 10), (1, 2, 20), (2, 1, 30), (0, 3, 40)] {
            simulation.count(from, to, net);
        }
        let (up, down) = simulation.moved();
        assert_eq!((up.customers, up.revenue, down.customers), (2, Money(60), 1));
        assert_eq!(simulation.levels()[1], Tally { customers: 2, revenue: Money(40) });
        assert_eq!(simulation.before()[1], Tally { customers: 2, revenue: Money(30) });
        let twice = simulation.clone().join(simulation.clone());
        assert_eq!(twice.levels()[3].customers, 2);
    }

    #[test]
    fn of_many_movers_the_weightiest_are_kept_in_order_whatever_order_they_come_in() {
        let mut best = Best::new(3);
        for number in 0..1_000 {
            best.offer(mover(number, number * 7_919 % 1_000));
        }
        let kept: Vec<i64> = best.done().iter().map(|mover| mover.revenue.0).collect();
        assert_eq!(kept, [999, 998, 997]);
        let mut none = Best::new(0);
        none.offer(mover(1, 1));
        assert!(none.done().is_empty());
    }

    #[test]
    fn movers_of_one_kind_can_be_asked_for_alone() {
        let wanted = Wanted { movers: 10, from: Some(1), to: None };
        assert!(wanted.takes(1, 2) && !wanted.takes(1, 1) && !wanted.takes(2, 1));
        assert!(!Wanted::default().takes(1, 2));
    }
}
