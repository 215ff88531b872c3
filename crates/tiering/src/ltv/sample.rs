//! Made-up customers who really behave as the models say, with known parameters: what tests and measurements fit.

use super::base::Buyer;
use super::bgnbd::BgNbd;
use super::gamma_gamma::GammaGamma;

/// SplitMix64, and what can be drawn from it.
pub struct Random(u64);

impl Random {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn exponential(&mut self) -> f64 {
        -(1.0 - self.unit()).ln()
    }

    /// Gamma of this shape and rate 1 (Marsaglia and Tsang).
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let lift = (1.0 - self.unit()).powf(1.0 / shape);
            return self.gamma(shape + 1.0) * lift;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let normal = (2.0 * self.exponential()).sqrt() * (std::f64::consts::TAU * self.unit()).cos();
            let v = (1.0 + c * normal).powi(3);
            if v > 0.0 && (1.0 - self.unit()).ln() < 0.5 * normal * normal + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }
}

/// Customers whose first purchases are spread over the first `coming` days of `days`. Purchases fall on whole days; two
/// on one day are one, as everywhere. The model's time is in weeks.
#[must_use]
pub fn customers(count: u32, days: u32, coming: u32, buying: &BgNbd, worth: &GammaGamma, seed: u64) -> Vec<Buyer> {
    let mut random = Random::new(seed);
    (0..count)
        .map(|_| {
            let age = days - (random.unit() * f64::from(coming)) as u32;
            let pace = random.gamma(buying.r) / buying.alpha / 7.0;
            let (one, other) = (random.gamma(buying.a), random.gamma(buying.b));
            let leave = one / (one + other);
            let (mut x, mut recency, mut time) = (0, 0, 0.0);
            loop {
                time += random.exponential() / pace;
                if time > f64::from(age) {
                    break;
                }
                let day = (time as u32).max(recency + 1);
                if day > age {
                    break;
                }
                (x, recency) = (x + 1, day);
                if random.unit() < leave {
                    break;
                }
            }
            let scale = random.gamma(worth.q) / worth.v;
            let sum: f64 = (0..x).map(|_| random.gamma(worth.p) / scale).sum();
            Buyer { x, recency, age, first_net: 0, repeat_net: (sum * 10_000.0).round() as i64 }
        })
        .collect()
}
