//! What the models need of a history: repeat purchases, the last of them, time observed, and what they were worth.
//!
//! A purchase is a *day* with an order: two orders on one day are one purchase, as in the literature. The first one makes
//! the customer; the repeat ones are counted. A day whose orders were all given back on that same day is none.
//! Refunds on other days lower the value of the repeat purchases.

use std::collections::BTreeMap;

/// One customer's day; money in ten-thousandths of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayFact {
    pub day: i32,
    pub orders: i64,
    /// Orders less refunds.
    pub net: i64,
    /// Something was given back.
    pub refunded: bool,
}

impl DayFact {
    fn is_purchase(&self) -> bool {
        self.orders > 0 && !(self.refunded && self.net <= 0)
    }
}

/// A customer who has bought, as he was known at the end of a day. Times in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buyer {
    /// Repeat purchases.
    pub x: u32,
    /// From the first purchase to the last.
    pub recency: u32,
    /// From the first purchase to the day of standing.
    pub age: u32,
    /// Net of the first purchase's day.
    pub first_net: i64,
    /// Net of everything after it.
    pub repeat_net: i64,
}

impl Buyer {
    /// The mean of the repeat purchases after refunds; 0 without any.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.x == 0 { 0.0 } else { self.repeat_net as f64 / 10_000.0 / f64::from(self.x) }
    }

    /// Net of everything.
    #[must_use]
    pub fn net(&self) -> f64 {
        (self.first_net as f64 + self.repeat_net as f64) / 10_000.0
    }
}

/// A history (days rising) as it was known at the end of `until`; none where nothing had been bought.
#[must_use]
pub fn observe(days: &[DayFact], until: i32) -> Option<Buyer> {
    let known = days.iter().take_while(|fact| fact.day <= until);
    let mut buyer: Option<(i32, Buyer)> = None;
    for fact in known {
        match &mut buyer {
            None if fact.is_purchase() => {
                let age = until.abs_diff(fact.day);
                buyer = Some((fact.day, Buyer { x: 0, recency: 0, age, first_net: fact.net, repeat_net: 0 }));
            }
            // A refund of what was bought before these records begin.
            None => {}
            Some((first, buyer)) => {
                buyer.repeat_net = buyer.repeat_net.saturating_add(fact.net);
                if fact.is_purchase() {
                    buyer.x += 1;
                    buyer.recency = fact.day.abs_diff(*first);
                }
            }
        }
    }
    buyer.map(|(_, buyer)| buyer)
}

/// The days after `after` up to `to` on which something was bought.
#[must_use]
pub fn later(days: &[DayFact], after: i32, to: i32) -> u32 {
    let bought = days.iter().filter(|fact| fact.day > after && fact.day <= to && fact.is_purchase()).count();
    u32::try_from(bought).unwrap_or(u32::MAX)
}

/// What a fit is held against: customers as they were known at the end of `split`, and what each did until `to`.
#[derive(Clone, Debug, Default)]
pub struct Check {
    pub split: i32,
    pub to: i32,
    pub buyers: Vec<Buyer>,
    pub later: Vec<u32>,
}

/// Everyone as known at the end of a day.
#[derive(Clone, Debug, Default)]
pub struct Base<Id> {
    pub until: i32,
    pub ids: Vec<Id>,
    pub buyers: Vec<Buyer>,
    /// Customers who have not bought anything.
    pub others: Vec<Id>,
    /// Repeat purchases of these buyers on each day, up to the end of the check.
    pub repeats: BTreeMap<i32, u64>,
    pub check: Option<Check>,
}

impl<Id> Base<Id> {
    /// An empty base. `check` is (split, to): a split before `until` is checked by a fit of its own.
    #[must_use]
    pub fn new(until: i32, check: Option<(i32, i32)>) -> Self {
        Self {
            until,
            ids: Vec::new(),
            buyers: Vec::new(),
            others: Vec::new(),
            repeats: BTreeMap::new(),
            check: check.map(|(split, to)| Check { split, to, ..Check::default() }),
        }
    }

    /// Takes in one customer with his days, rising.
    pub fn push(&mut self, id: Id, days: &[DayFact]) {
        let Some(buyer) = observe(days, self.until) else {
            self.others.push(id);
            return;
        };
        self.ids.push(id);
        self.buyers.push(buyer);
        let end = self.check.as_ref().map_or(self.until, |check| check.to.max(self.until));
        for fact in days.iter().filter(|fact| fact.is_purchase() && fact.day <= end).skip(1) {
            *self.repeats.entry(fact.day).or_default() += 1;
        }
        if let Some(check) = &mut self.check
            && let Some(buyer) = observe(days, check.split)
        {
            check.buyers.push(buyer);
            check.later.push(later(days, check.split, check.to));
        }
    }

    /// Days from the first purchase of anyone to the day of standing.
    #[must_use]
    pub fn span(&self) -> u32 {
        self.buyers.iter().map(|buyer| buyer.age).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(day: i32, units: i64) -> DayFact {
        DayFact { day, orders: 1, net: units * 10_000, refunded: false }
    }

    fn refund(day: i32, units: i64) -> DayFact {
        DayFact { day, orders: 0, net: -units * 10_000, refunded: true }
    }

    #[test]
    fn the_first_purchase_makes_the_customer_and_the_others_count() {
        let days = [order(10, 30), order(17, 20), order(50, 40), order(90, 99)];
        let buyer = observe(&days, 60).expect("a buyer");
        assert_eq!((buyer.x, buyer.recency, buyer.age), (2, 40, 50));
        assert_eq!((buyer.mean(), buyer.net()), (30.0, 90.0));
        assert_eq!(observe(&days, 10).map(|buyer| (buyer.x, buyer.age)), Some((0, 0)));
        assert_eq!(observe(&days, 9), None, "not yet");
        assert_eq!((later(&days, 17, 90), later(&days, 90, 100)), (2, 0));
    }

    #[test]
    fn refunds_lower_the_value_and_an_order_given_back_the_same_day_is_none() {
        let returned = DayFact { day: 20, orders: 1, net: 0, refunded: true };
        let buyer =
            observe(&[refund(5, 9), order(10, 30), returned, order(30, 50), refund(31, 10)], 40).expect("a buyer");
        assert_eq!((buyer.x, buyer.mean()), (1, 40.0));
        assert_eq!(observe(&[refund(5, 9), returned], 40), None, "nothing but refunds");
        let free = DayFact { day: 3, orders: 1, net: 0, refunded: false };
        assert_eq!(observe(&[free], 40).map(|buyer| buyer.x), Some(0), "an order of nothing is an order");
        let wild = [order(1, 1), DayFact { day: 2, orders: 1, net: i64::MAX, refunded: false }, order(3, 9)];
        assert!(observe(&wild, 9).expect("a buyer").mean().is_finite());
    }

    #[test]
    fn those_who_come_after_the_split_are_not_checked() {
        let mut base = Base::new(60, Some((20, 60)));
        base.push("a", &[order(10, 1), order(30, 1), order(40, 1)]);
        base.push("b", &[order(25, 1)]);
        base.push("c", &[refund(1, 1)]);
        assert_eq!((base.ids, base.others), (vec!["a", "b"], vec!["c"]));
        let check = base.check.expect("a check");
        assert_eq!((check.buyers.len(), check.later), (1, vec![2]));
        assert_eq!(base.repeats, BTreeMap::from([(30, 1), (40, 1)]));
    }
}
