//! The orders that every measurement runs on: one seeded purchase process, so that both sides of a
//! comparison see the same rows.
//!
//! A customer is alive from a first day until he drops out; while alive he buys at his own rate. Rates are
//! skewed (the best fifth bring about 70 % of the revenue), amounts are log-normal around his own mean.

/// SplitMix64: enough for made-up orders, the same on every machine.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `0.0..1.0`.
    #[expect(clippy::cast_precision_loss, reason = "53 bits of a random number")]
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// Standard normal (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let u = self.unit().max(1e-12);
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Days that the orders span, ending the day before `AS_OF_DAY`.
pub const SPAN_DAYS: i32 = 730;
/// 2026-07-01, counted from 1970-01-01.
pub const AS_OF_DAY: i32 = 20_635;

/// One order: customer number, day since 1970, amount in cents.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub customer: u32,
    pub day: i32,
    pub cents: i64,
}

/// All orders of one customer, by day. The mean number over many customers is `mean`.
#[expect(clippy::cast_possible_truncation, reason = "counts, days and cents are small by construction")]
pub fn orders_of(customer: u32, mean: f64, out: &mut Vec<Order>) {
    let mut random = Random::new(0x5eed_0000_0000 ^ (u64::from(customer) << 20));
    // Exponential rate, so that the number of orders is geometric: many with few, few with many.
    let count = (-random.unit().max(1e-12).ln() * (mean - 0.5)).round().max(1.0).min(mean * 12.0) as usize;
    let first = random.below(SPAN_DAYS as u64) as i32 / 2;
    let last = first + 1 + random.below((SPAN_DAYS - first) as u64) as i32;
    let own = (4.5 + 0.9 * random.normal()).exp();
    let from = out.len();
    for _ in 0..count {
        let day = AS_OF_DAY - SPAN_DAYS + first + random.below((last - first) as u64) as i32;
        let cents = (own * (0.4 * random.normal()).exp() * 100.0).round().clamp(100.0, 5_000_000.0) as i64;
        out.push(Order { customer, day, cents });
    }
    out[from..].sort_by_key(|order| order.day);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_customer_always_gets_the_same_orders_about_ten_each() {
        let (mut once, mut again) = (Vec::new(), Vec::new());
        for customer in 0..2_000 {
            orders_of(customer, 10.0, &mut once);
            orders_of(customer, 10.0, &mut again);
        }
        assert_eq!(format!("{once:?}"), format!("{again:?}"));
        let per_customer = once.len() / 2_000;
        assert!((9..=11).contains(&per_customer), "{per_customer}");
        assert!(once.iter().all(|order| order.day < AS_OF_DAY && order.cents > 0));
    }
}
