//! The cheapest way to a level by buying: so many orders, together so much. Found by trying, and so true: what is
//! answered has been evaluated with exactly these orders and reached the level, and a little less has not.
//!
//! The orders are placed one a day from the as-of day on, in equal parts; cuts of RFM stay as they are.

use crate::bucket::Entry;
use crate::evaluate::{Evaluator, Scratch};
use crate::face;
use crate::indicator::Profile;
use crate::rfm::CubeCuts;
use crate::rules::Rules;
use serde::Serialize;
use zunke_kernel::money::SCALE;
use zunke_kernel::{Currency, Money, Text};

/// A number of orders and what they come to together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Way {
    pub text: Text,
    pub orders: u32,
    /// Together; absent where the number of orders is all that matters.
    pub amount: Option<Money>,
}

/// Numbers of orders that are tried.
const TRIED: [u32; 12] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24];
/// No one is sent to buy for more: 100 million units.
const MOST: i64 = 100_000_000;

/// What a trial needs.
#[derive(Clone, Copy)]
pub struct Trial<'a> {
    pub rules: &'a Rules,
    pub evaluator: &'a Evaluator,
    /// The customer's days, oldest first.
    pub days: &'a [Entry<'a>],
    pub profile: Profile,
    pub cuts: &'a CubeCuts,
    pub currency: Currency,
}

/// The way to at least `rank`, with the least money and then the fewest orders.
#[must_use]
pub fn cheapest(trial: &Trial<'_>, rank: u8) -> Option<Way> {
    cheapest_to(trial, &|_, _, reached| reached >= rank)
}

/// The way to keep `rank`.
#[must_use]
pub fn cheapest_keep(trial: &Trial<'_>, rank: u8) -> Option<Way> {
    cheapest_to(trial, &|evaluator, scratch, _| evaluator.seen(&scratch.facts).keeps(rank))
}

/// What a trial must reach, by what was assessed last and the rank that it comes to.
type Goal<'a> = &'a dyn Fn(&Evaluator, &Scratch, u8) -> bool;

fn cheapest_to(trial: &Trial<'_>, goal: Goal<'_>) -> Option<Way> {
    let mut best: Option<(i64, u32)> = None;
    for orders in TRIED {
        let evaluator;
        let ready = if orders == 1 {
            trial.evaluator
        } else {
            let last = trial.evaluator.as_of().plus(i32::try_from(orders - 1).unwrap_or(0));
            evaluator = Evaluator::new(trial.rules, last, trial.cuts);
            &evaluator
        };
        let most = best.map_or(MOST, |(amount, _)| amount - 1);
        if most < i64::from(orders) {
            break;
        }
        if let Some(amount) = least(trial, ready, goal, orders, most) {
            best = Some((amount, orders));
        }
    }
    let (amount, orders) = best?;
    // A unit an order is no amount to speak of: the number of orders is what counts.
    let symbolic = amount <= i64::from(orders);
    let shown = face::amount(Money::units(amount), trial.currency);
    let plural = if orders == 1 { "" } else { "s" };
    let text = if symbolic {
        Text::new(format!("再下 {orders} 单即可"), format!("{orders} more order{plural}"))
    } else if orders == 1 {
        Text::new(format!("再消费 {shown} 即可"), format!("one order of {shown}"))
    } else {
        Text::new(format!("再下 {orders} 单、合计 {shown} 即可"), format!("{orders} more orders, {shown} together"))
    };
    Some(Way { text, orders, amount: (!symbolic).then(|| Money::units(amount)) })
}

/// The least whole amount with which so many orders reach the rank.
fn least(trial: &Trial<'_>, evaluator: &Evaluator, goal: Goal<'_>, orders: u32, most: i64) -> Option<i64> {
    let mut scratch = Scratch::default();
    let mut reaches = |amount: i64| {
        let days = with_orders(trial, orders, amount);
        evaluator.gather(days.into_iter(), &mut scratch);
        let rank = evaluator.assess(&mut scratch, trial.profile, trial.cuts).rank;
        goal(evaluator, &scratch, rank)
    };
    let mut low = i64::from(orders);
    if reaches(low) {
        return Some(low);
    }
    // Doubling finds an amount that does, halving the least one. More can also hurt (one day too large a share), so
    // the first that reaches is looked for from below.
    let mut high = low;
    loop {
        high = high.saturating_mul(2).min(most);
        if reaches(high) {
            break;
        }
        if high >= most {
            return None;
        }
        low = high;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if reaches(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

/// The customer's days and the orders that he might place.
fn with_orders<'a>(trial: &Trial<'a>, orders: u32, amount: i64) -> Vec<Entry<'a>> {
    let today = trial.evaluator.as_of().0;
    let mut days: Vec<Entry<'a>> = trial.days.iter().filter(|entry| entry.day <= today).copied().collect();
    let total = amount * SCALE;
    let share = total / i64::from(orders);
    for at in 0..orders {
        let gross = if at == 0 { total - share * i64::from(orders - 1) } else { share };
        let day = today + i32::try_from(at).unwrap_or(0);
        match days.last_mut() {
            Some(last) if last.day == day => {
                last.orders += 1;
                last.gross += gross;
                last.quantity += 1;
            }
            _ => days.push(Entry { day, orders: 1, gross, quantity: 1, ..Entry::default() }),
        }
    }
    days
}
