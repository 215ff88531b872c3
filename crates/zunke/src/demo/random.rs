//! A small generator of random numbers of our own, so that the same seed makes the same company on every machine
//! and in every later build.

/// SplitMix64: one word of state, good enough for a demonstration, never for a secret.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// An own stream for each (seed, number): customers can be made in any order.
    pub fn of(seed: u64, number: u64) -> Self {
        let mut random = Self(seed ^ number.wrapping_mul(0xd134_2543_de82_ef95));
        random.next();
        random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// Uniform in (0, 1): never 0, so that its logarithm exists.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
    pub fn unit(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// Uniform in `0..count`.
    pub fn below(&mut self, count: usize) -> usize {
        debug_assert!(count > 0);
        usize::try_from((u128::from(self.next()) * (count as u128)) >> 64).unwrap_or(0)
    }

    /// Uniform in `low..=high`.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        let span = usize::try_from(high - low).unwrap_or(0) + 1;
        low + i32::try_from(self.below(span)).unwrap_or(0)
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// One of `all`, as often as its weight says.
    pub fn weighted<'a, T>(&mut self, all: &'a [T], weight: impl Fn(&T) -> f64) -> &'a T {
        let mut left = self.unit() * all.iter().map(&weight).sum::<f64>();
        for one in all {
            left -= weight(one);
            if left <= 0.0 {
                return one;
            }
        }
        &all[all.len() - 1]
    }

    /// Exponential with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.unit().ln()
    }

    /// Standard normal (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Gamma with this shape and mean (Marsaglia and Tsang).
    pub fn gamma(&mut self, shape: f64, mean: f64) -> f64 {
        if shape < 1.0 {
            let lift = self.unit().powf(1.0 / shape);
            return self.gamma(shape + 1.0, 1.0) * (shape + 1.0) * lift * mean / shape;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.unit().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v * mean / shape;
            }
        }
    }

    /// Beta by two gammas.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma(a, a), self.gamma(b, b));
        x / (x + y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(mut draw: impl FnMut() -> f64) -> f64 {
        (0..20_000).map(|_| draw()).sum::<f64>() / 20_000.0
    }

    #[test]
    fn the_same_seed_and_number_draw_the_same_and_others_differ() {
        let draw = |seed, number| (0..4).map(move |_| Random::of(seed, number).next()).collect::<Vec<_>>();
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }

    #[test]
    fn distributions_have_the_mean_that_they_are_asked_for() {
        let mut random = Random::of(7, 7);
        assert!((mean(|| random.gamma(0.6, 3.0)) - 3.0).abs() < 0.15);
        assert!((mean(|| random.gamma(4.0, 2.0)) - 2.0).abs() < 0.05);
        assert!((mean(|| random.beta(1.0, 3.0)) - 0.25).abs() < 0.01);
        assert!((mean(|| random.exponential(5.0)) - 5.0).abs() < 0.2);
        assert!((0..1000).all(|_| random.below(3) < 3 && (5..=9).contains(&random.between(5, 9))));
    }
}
