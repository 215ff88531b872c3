//! The plain method for bases too thin for a model (often B2B): own pace × retention × own mean order.
//!
//! * **Pace**: purchases per day since the first one, drawn towards everyone's as if he had one purchase more at the
//!   common pace.
//! * **Retention ρ**: of the customers who came before the last period and bought within the last two, the share who
//!   still bought in the last one, with one kept out of two added: (kept + 1)/(n + 2). A period is a year, or half of the
//!   history where that is shorter.
//! * Who last bought d days ago is taken to be there with the chance ρ^(d/period); over a horizon H that makes
//!   pace × ρ^(d/period) × ∫₀ᴴ ρ^(s/period) ds purchases.
//! * **Value**: his mean order, drawn towards everyone's as if he had one order more of the common value.

use super::base::Buyer;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Average {
    /// Repeat purchases per customer and day.
    pub pace: f64,
    /// 0 to 1, per period.
    pub retention: f64,
    /// Days.
    pub period: f64,
    /// Mean net of a purchase.
    pub value: f64,
}

/// Below this no order lies: a base whose refunds outweigh its orders is worth nothing, not less.
const NOTHING: f64 = 0.0;

impl Average {
    #[must_use]
    pub fn of(buyers: &[Buyer]) -> Self {
        let span = buyers.iter().map(|buyer| buyer.age).max().unwrap_or(0);
        let period = (f64::from(span) / 2.0).clamp(1.0, 365.25);
        let (mut x, mut age, mut net, mut purchases) = (0.0, 0.0, 0.0, 0.0);
        let (mut before, mut kept) = (0_u64, 0_u64);
        for buyer in buyers {
            x += f64::from(buyer.x);
            age += f64::from(buyer.age);
            net += buyer.net();
            purchases += f64::from(buyer.x) + 1.0;
            let since = f64::from(buyer.age - buyer.recency.min(buyer.age));
            // Whether he bought in the last period shows in his last purchase.
            if f64::from(buyer.age) >= period {
                if since < period {
                    kept += 1;
                    before += 1;
                } else if since < 2.0 * period {
                    before += 1;
                }
            }
        }
        Self {
            pace: (x + 0.5) / (age + 365.25),
            retention: (kept as f64 + 1.0) / (before as f64 + 2.0),
            period,
            value: if purchases > 0.0 { (net / purchases).max(NOTHING) } else { NOTHING },
        }
    }

    #[must_use]
    pub fn alive(&self, buyer: &Buyer) -> f64 {
        let since = f64::from(buyer.age - buyer.recency.min(buyer.age));
        self.retention.powf(since / self.period)
    }

    /// Purchases over `horizon` days, and the same discounted at the continuous rate per day.
    #[must_use]
    pub fn purchases(&self, buyer: &Buyer, horizon: f64, rate: f64) -> (f64, f64) {
        let pace = (f64::from(buyer.x) + 1.0) / (f64::from(buyer.age) + 1.0 / self.pace);
        let fading = -self.retention.ln() / self.period;
        let over = |speed: f64| if speed * horizon < 1e-9 { horizon } else { -(-speed * horizon).exp_m1() / speed };
        let now = pace * self.alive(buyer);
        (now * over(fading), now * over(fading + rate))
    }

    #[must_use]
    pub fn order_value(&self, buyer: &Buyer) -> f64 {
        let purchases = f64::from(buyer.x) + 1.0;
        ((buyer.net() + self.value) / (purchases + 1.0)).max(NOTHING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buyer(x: u32, recency: u32, age: u32, net: i64) -> Buyer {
        Buyer { x, recency, age, first_net: net * 10_000, repeat_net: 0 }
    }

    #[test]
    fn who_buys_often_and_lately_is_worth_more() {
        let all = [buyer(12, 700, 730, 1_300), buyer(2, 300, 730, 300), buyer(0, 0, 500, 50), buyer(0, 0, 3, 80)];
        let model = Average::of(&all);
        assert!((0.0..1.0).contains(&model.retention) && model.pace > 0.0, "{model:?}");
        let expected: Vec<f64> = all.iter().map(|one| model.purchases(one, 365.0, 0.0).0).collect();
        assert!(expected[0] > expected[1] && expected[1] > expected[2], "{expected:?}");
        assert!(model.alive(&all[3]) > model.alive(&all[2]));
        let (plain, discounted) = model.purchases(&all[0], 365.0, 0.001);
        assert!(discounted < plain && discounted > 0.8 * plain);
    }

    #[test]
    fn nobody_one_customer_and_nothing_but_losses_have_figures() {
        assert!(Average::of(&[]).pace.is_finite());
        for one in [buyer(0, 0, 0, 10), buyer(4_000, 3_000, 3_000, -900)] {
            let model = Average::of(&[one]);
            let (plain, discounted) = model.purchases(&one, 365.0, 0.0003);
            assert!(plain.is_finite() && plain > 0.0 && discounted <= plain);
            assert!(model.order_value(&one) >= 0.0);
        }
    }
}
