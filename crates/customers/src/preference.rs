//! Purchase preferences (购买偏好), computed from what a customer did: what he buys, where, when and how often. Nobody
//! types them, so they are never out of date; where too little has happened to speak of a habit, nothing is said.

use crate::activity::{Direction, Kind, Line};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;
use zunke_kernel::{Day, Money};

/// How far back is looked. Older habits are history.
pub const WINDOW_DAYS: i32 = 730;
/// With fewer orders nothing is called a habit.
pub const HABIT_ORDERS: i64 = 3;
/// How many are named of each sort.
const NAMED: usize = 5;
/// A customer's different products beyond this are not told apart: bounded memory for whoever buys everything.
const PRODUCTS_MAX: usize = 20_000;

/// One activity, as far as it says something about preferences.
#[derive(Clone, Debug)]
pub struct Deed {
    pub kind: Kind,
    pub day: Day,
    /// 0 to 23, in the organisation's zone.
    pub hour: i8,
    pub amount: Money,
    pub channel: Option<String>,
    pub direction: Option<Direction>,
    pub lines: Vec<Line>,
}

/// What a customer prefers, over the last two years.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Preferences {
    pub since: Day,
    pub as_of: Day,
    pub orders: i64,
    /// Product lines by what was spent on them, returned goods taken off; at most five.
    pub categories: Vec<Preferred>,
    /// Products by how many orders held them; at most five, those bought at least twice.
    pub products: Vec<Preferred>,
    /// Where orders came from, by their number.
    pub channels: Vec<Preferred>,
    /// How the customer comes to us of his own accord, by number of contacts.
    pub contact_channels: Vec<Preferred>,
    /// The part of the day with at least half of the orders. Shops that record no time of day say nothing here.
    pub part_of_day: Option<PartOfDay>,
    /// Whether at least two thirds of the orders fall on weekends, or less than one in ten.
    pub weekend: Option<bool>,
    /// The middle one of the order amounts.
    pub typical_order: Option<Money>,
    /// The middle one of the gaps between days with an order, in days.
    pub typical_gap_days: Option<i32>,
    /// The last day with an order plus the typical gap.
    pub next_expected: Option<Day>,
}

/// One preference and how strong it is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Preferred {
    pub name: String,
    /// Orders that held it, or contacts that came this way.
    pub times: i64,
    /// Of all that is counted here: of the spend for product lines, of the orders or contacts otherwise. 0 to 1.
    pub share: f64,
    /// What was spent on it; none for channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend: Option<Money>,
    pub last_day: Day,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartOfDay {
    /// 5 to 11 o'clock.
    Morning,
    /// 12 to 17 o'clock.
    Afternoon,
    /// 18 to 22 o'clock.
    Evening,
    Night,
}

impl PartOfDay {
    #[must_use]
    pub fn of(hour: i8) -> Self {
        match hour {
            5..=11 => Self::Morning,
            12..=17 => Self::Afternoon,
            18..=22 => Self::Evening,
            _ => Self::Night,
        }
    }
}

#[derive(Default)]
struct Count {
    name: String,
    times: i64,
    spend: i64,
    last: Day,
}

impl Count {
    fn add(&mut self, name: &str, times: i64, spend: i64, day: Day) {
        if self.times == 0 || day >= self.last {
            name.clone_into(&mut self.name);
        }
        self.times += times;
        self.spend = self.spend.saturating_add(spend);
        if times > 0 {
            self.last = self.last.max(day);
        }
    }

    fn preferred(self, share: f64, money: bool) -> Preferred {
        let spend = money.then_some(Money(self.spend));
        Preferred { name: self.name, times: self.times, share, spend, last_day: self.last }
    }
}

/// Gathers deeds, in any order.
pub struct Gathering {
    as_of: Day,
    orders: i64,
    amounts: Vec<i64>,
    days: BTreeSet<Day>,
    parts: BTreeMap<PartOfDay, i64>,
    /// Orders at midnight sharp say only the day.
    timed: i64,
    weekend: i64,
    categories: HashMap<String, Count>,
    products: HashMap<String, Count>,
    channels: HashMap<String, Count>,
    contacts: HashMap<String, Count>,
}

impl Gathering {
    #[must_use]
    pub fn new(as_of: Day) -> Self {
        Self {
            as_of,
            orders: 0,
            amounts: Vec::new(),
            days: BTreeSet::new(),
            parts: BTreeMap::new(),
            timed: 0,
            weekend: 0,
            categories: HashMap::new(),
            products: HashMap::new(),
            channels: HashMap::new(),
            contacts: HashMap::new(),
        }
    }

    /// The first day that is looked at.
    #[must_use]
    pub fn since(&self) -> Day {
        self.as_of.plus(1 - WINDOW_DAYS)
    }

    pub fn add(&mut self, deed: &Deed) {
        if deed.day < self.since() || deed.day > self.as_of {
            return;
        }
        let channel = deed.channel.as_deref().map(str::trim).filter(|channel| !channel.is_empty());
        match deed.kind {
            Kind::Order => {
                self.orders += 1;
                self.amounts.push(deed.amount.0);
                self.days.insert(deed.day);
                self.weekend += i64::from(is_weekend(deed.day));
                if deed.hour > 0 {
                    self.timed += 1;
                    *self.parts.entry(PartOfDay::of(deed.hour)).or_default() += 1;
                }
                if let Some(channel) = channel {
                    count(&mut self.channels, channel, channel, 1, 0, deed.day);
                }
                self.lines(deed, 1);
            }
            Kind::Refund => self.lines(deed, -1),
            Kind::Interaction => {
                if let Some(channel) = channel.filter(|_| deed.direction == Some(Direction::Inbound)) {
                    count(&mut self.contacts, channel, channel, 1, 0, deed.day);
                }
            }
        }
    }

    /// Each category and product counts once per order; its money counts on every line. What goes back was not bought.
    fn lines(&mut self, deed: &Deed, sign: i64) {
        let (mut categories, mut products) = (BTreeSet::new(), BTreeSet::new());
        for line in &deed.lines {
            let spend = line.amount.0.saturating_mul(sign);
            let given =
                |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
            if let Some(category) = given(&line.category) {
                let times = i64::from(sign > 0 && categories.insert(category.to_lowercase()));
                count(&mut self.categories, &category.to_lowercase(), &category, times, spend, deed.day);
            }
            let Some(name) = given(&line.name).or_else(|| given(&line.sku)) else { continue };
            let key = given(&line.sku).unwrap_or_else(|| name.to_lowercase());
            if self.products.len() < PRODUCTS_MAX || self.products.contains_key(&key) {
                let times = i64::from(sign > 0 && products.insert(key.clone()));
                count(&mut self.products, &key, &name, times, spend, deed.day);
            }
        }
    }

    #[must_use]
    pub fn finish(mut self) -> Preferences {
        let gaps: Vec<i32> =
            self.days.iter().zip(self.days.iter().skip(1)).map(|(one, next)| next.since(*one)).collect();
        let habit = self.orders >= HABIT_ORDERS;
        let typical_gap_days = median(gaps).filter(|_| self.days.len() >= 3);
        let last = self.days.last().copied();
        let part = self.parts.iter().max_by_key(|(part, times)| (**times, std::cmp::Reverse(**part)));
        let weekend_share = ratio(self.weekend, self.orders);
        Preferences {
            since: self.since(),
            as_of: self.as_of,
            orders: self.orders,
            categories: by_spend(std::mem::take(&mut self.categories)),
            products: by_times(std::mem::take(&mut self.products), self.orders, 2, true),
            channels: by_times(std::mem::take(&mut self.channels), self.orders, 1, false),
            contact_channels: {
                let all = self.contacts.values().map(|count| count.times).sum();
                by_times(std::mem::take(&mut self.contacts), all, 1, false)
            },
            part_of_day: part
                .filter(|(_, times)| habit && self.timed * 2 > self.orders && **times * 2 >= self.timed)
                .map(|(part, _)| *part),
            weekend: if !habit {
                None
            } else if weekend_share >= 2.0 / 3.0 {
                Some(true)
            } else {
                (weekend_share < 0.1 && self.orders >= 5).then_some(false)
            },
            typical_order: median(self.amounts).filter(|_| habit).map(Money),
            typical_gap_days,
            next_expected: typical_gap_days.and_then(|gap| Some(last?.plus(gap))),
        }
    }
}

fn count(counts: &mut HashMap<String, Count>, key: &str, name: &str, times: i64, spend: i64, day: Day) {
    match counts.get_mut(key) {
        Some(count) => count.add(name, times, spend, day),
        None => counts.entry(key.to_owned()).or_default().add(name, times, spend, day),
    }
}

/// The 1st of January 1970 was a Thursday.
fn is_weekend(day: Day) -> bool {
    matches!((day.0 + 3).rem_euclid(7), 5 | 6)
}

#[expect(clippy::cast_precision_loss, reason = "shares are shown with two digits")]
fn ratio(part: i64, whole: i64) -> f64 {
    if whole > 0 { part as f64 / whole as f64 } else { 0.0 }
}

/// The middle one; of an even number the lower of the two in the middle, so that it is one that has occurred.
fn median<T: Ord + Copy>(mut all: Vec<T>) -> Option<T> {
    all.sort_unstable();
    all.get(all.len().checked_sub(1)? / 2).copied()
}

fn by_spend(counts: HashMap<String, Count>) -> Vec<Preferred> {
    let mut counts: Vec<Count> = counts.into_values().filter(|count| count.spend > 0 && count.times > 0).collect();
    let all = counts.iter().map(|count| count.spend).fold(0, i64::saturating_add);
    counts.sort_unstable_by(|one, other| other.spend.cmp(&one.spend).then_with(|| one.name.cmp(&other.name)));
    counts.truncate(NAMED);
    counts
        .into_iter()
        .map(|count| (ratio(count.spend, all), count))
        .map(|(share, count)| count.preferred(share, true))
        .collect()
}

fn by_times(counts: HashMap<String, Count>, all: i64, least: i64, money: bool) -> Vec<Preferred> {
    let mut counts: Vec<Count> = counts.into_values().filter(|count| count.times >= least).collect();
    if money {
        counts.retain(|count| count.spend > 0);
    }
    counts.sort_unstable_by(|one, other| {
        (other.times, other.spend).cmp(&(one.times, one.spend)).then_with(|| one.name.cmp(&other.name))
    });
    counts.truncate(NAMED);
    counts
        .into_iter()
        .map(|count| (ratio(count.times, all), count))
        .map(|(share, count)| count.preferred(share, money))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Day = Day(20_000);

    fn order(day: i32, amount: i64, lines: &[(&str, &str, i64)]) -> Deed {
        let line = |(category, name, amount): &(&str, &str, i64)| Line {
            category: Some((*category).into()),
            name: Some((*name).into()),
            amount: Money(*amount),
            ..Line::default()
        };
        Deed {
            kind: Kind::Order,
            day: Day(day),
            hour: 20,
            amount: Money(amount),
            channel: Some("store".into()),
            direction: None,
            lines: lines.iter().map(line).collect(),
        }
    }

    fn of(deeds: &[Deed]) -> Preferences {
        let mut gathering = Gathering::new(TODAY);
        deeds.iter().for_each(|deed| gathering.add(deed));
        gathering.finish()
    }

    #[test]
    fn what_is_bought_most_stands_first_and_what_goes_back_was_not_bought() {
        let refund = Deed { kind: Kind::Refund, ..order(19_990, 900, &[("Tea", "Oolong", 900)]) };
        let deeds = [
            order(19_900, 1_000, &[("Tea", "Oolong", 1_000)]),
            order(19_930, 1_000, &[("tea", "Oolong", 600), ("Cups", "Cup", 400)]),
            order(19_970, 900, &[("Cups", "Cup", 900)]),
            refund,
        ];
        let preferences = of(&deeds);
        let named: Vec<_> =
            preferences.categories.iter().map(|one| (one.name.as_str(), one.times, one.spend)).collect();
        assert_eq!(named, [("Cups", 2, Some(Money(1_300))), ("Tea", 2, Some(Money(700)))]);
        assert!((preferences.categories[0].share - 0.65).abs() < 1e-9);
        assert_eq!(preferences.products[0].name, "Cup");
        assert_eq!((preferences.typical_gap_days, preferences.next_expected), (Some(30), Some(Day(20_000))));
        assert_eq!(preferences.typical_order, Some(Money(1_000)));
        assert_eq!(preferences.part_of_day, Some(PartOfDay::Evening));
        let mut turned = deeds.to_vec();
        turned.reverse();
        let turned = of(&turned);
        assert_eq!(turned.categories[0], preferences.categories[0], "the order of arrival says nothing");
    }

    #[test]
    fn two_orders_are_no_habit_and_nothing_is_nothing() {
        let two = of(&[order(19_990, 5, &[]), order(19_999, 5, &[])]);
        assert_eq!((two.orders, two.typical_order, two.typical_gap_days, two.part_of_day), (2, None, None, None));
        assert_eq!(of(&[]), Preferences { since: Day(19_271), as_of: TODAY, ..Preferences::default() });
    }

    #[test]
    fn what_is_older_than_two_years_or_dated_ahead_is_left_out() {
        assert_eq!(
            of(&[order(19_270, 5, &[]), order(19_271, 5, &[]), order(20_000, 5, &[]), order(20_001, 5, &[])]).orders,
            2
        );
    }

    #[test]
    fn orders_that_carry_no_time_of_day_say_nothing_about_it() {
        let midnight = Deed { hour: 0, ..order(19_990, 5, &[]) };
        assert_eq!(of(&vec![midnight; 4]).part_of_day, None);
    }

    #[test]
    fn weekends_are_saturday_and_sunday() {
        // 2026-11-21 is a Saturday.
        let saturday = Day::from_ymd(2026, 11, 21).expect("a day");
        assert_eq!([0, 1, 2].map(|later| is_weekend(saturday.plus(later))), [true, true, false]);
    }
}
