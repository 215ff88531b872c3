//! How the demo's customers buy. Documented for readers in `docs/demo.md`; keep both in step.
//!
//! A customer joins, orders at once (but for a few who only registered), and from then on orders at his own rate
//! (gamma over customers) bent by the season (thinning). After each order he may be lost for good, with his own
//! chance (beta over customers). So there are repeat buyers, drop-outs and one-time buyers, as in a real shop.

use super::random::Random;
use super::season;
use zunke_kernel::Day;

/// The history reaches back this many days.
pub const HISTORY_DAYS: i32 = 1_461;

/// What one customer is like.
#[derive(Clone, Debug)]
pub struct Habit {
    pub joined: Day,
    /// Orders per usual day.
    pub rate: f64,
    /// Chance to be lost after an order.
    pub loss: f64,
    /// What a line of his orders costs, in yuan, about.
    pub budget: f64,
    pub registered_only: bool,
}

/// Draws a habit; `today` itself is not part of the history.
pub fn habit(random: &mut Random, company: bool, today: Day) -> Habit {
    let history = f64::from(HISTORY_DAYS - 1);
    // The company grows: later days see more new customers.
    #[expect(clippy::cast_possible_truncation, reason = "within the history's days")]
    let age = (history * (1.0 - random.unit().powf(0.75))) as i32;
    let joined = today.plus(-1 - age);
    if company {
        Habit {
            joined,
            rate: random.gamma(0.9, 1.0 / 50.0),
            loss: random.beta(0.6, 9.0),
            budget: (5.9 + 0.6 * random.normal()).exp(),
            registered_only: random.chance(0.08),
        }
    } else {
        Habit {
            joined,
            rate: random.gamma(0.55, 1.0 / 85.0),
            loss: random.beta(0.7, 4.0),
            budget: (5.5 + 0.65 * random.normal()).exp(),
            registered_only: random.chance(0.06),
        }
    }
}

/// The days of a customer's orders, rising, all before `today`.
pub fn order_days(random: &mut Random, habit: &Habit, today: Day) -> Vec<Day> {
    let mut days = Vec::new();
    if habit.registered_only {
        return days;
    }
    days.push(habit.joined);
    let mut at = f64::from(habit.joined.0);
    loop {
        if random.chance(habit.loss) {
            return days;
        }
        loop {
            at += random.exponential(1.0 / (habit.rate * season::PEAK));
            if at >= f64::from(today.0) {
                return days;
            }
            #[expect(clippy::cast_possible_truncation, reason = "a day of the history")]
            let day = Day(at as i32);
            if random.chance(season::draw(day) / season::PEAK) {
                days.push(day);
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_one_time_buyers_drop_outs_and_faithful_ones_and_nothing_is_dated_today() {
        let today = Day::parse("2026-11-22").expect("day");
        let mut counts = Vec::new();
        for number in 0..4_000 {
            let mut random = Random::of(1, number);
            let habit = habit(&mut random, false, today);
            let days = order_days(&mut random, &habit, today);
            assert!(days.is_sorted());
            assert!(days.iter().all(|day| *day < today && *day >= habit.joined));
            counts.push(days.len());
        }
        let share = |test: fn(usize) -> bool| {
            f64::from(u32::try_from(counts.iter().filter(|count| test(**count)).count()).expect("few")) / 4_000.0
        };
        assert!((0.03..0.10).contains(&share(|count| count == 0)));
        assert!((0.25..0.60).contains(&share(|count| count == 1)));
        assert!((0.05..0.30).contains(&share(|count| count >= 10)));
    }
}
