//! The gamma function's logarithm and its first two derivatives, for positive arguments.
//!
//! Stirling's series from ten upwards, and the recurrence below it. Errors are a few units of the last place of
//! values of order one; the tests hold them against values from tables.

const FROM: f64 = 10.0;

/// `ln Γ(x)` for `x > 0`.
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
    let (mut at, mut product) = (x, 1.0_f64);
    while at < FROM {
        product *= at;
        at += 1.0;
    }
    let w = 1.0 / (at * at);
    let series = w.mul_add(
        w.mul_add(
            w.mul_add(
                w.mul_add(w.mul_add(w.mul_add(1.0 / 156.0, -691.0 / 360_360.0), 1.0 / 1_188.0), -1.0 / 1_680.0),
                1.0 / 1_260.0,
            ),
            -1.0 / 360.0,
        ),
        1.0 / 12.0,
    ) / at;
    (at - 0.5).mul_add(at.ln(), HALF_LN_TAU - at) + series - product.ln()
}

/// `ψ(x)`, the first derivative of `ln Γ`, for `x > 0`.
#[must_use]
pub fn digamma(x: f64) -> f64 {
    let (mut at, mut below) = (x, 0.0);
    while at < FROM {
        below += 1.0 / at;
        at += 1.0;
    }
    let w = 1.0 / (at * at);
    let series = w * w.mul_add(
        w.mul_add(
            w.mul_add(
                w.mul_add(w.mul_add(w.mul_add(-1.0 / 12.0, 691.0 / 32_760.0), -1.0 / 132.0), 1.0 / 240.0),
                -1.0 / 252.0,
            ),
            1.0 / 120.0,
        ),
        -1.0 / 12.0,
    );
    at.ln() - 0.5 / at + series - below
}

/// `ψ′(x)`, the second derivative of `ln Γ`, for `x > 0`.
#[must_use]
pub fn trigamma(x: f64) -> f64 {
    let (mut at, mut below) = (x, 0.0);
    while at < FROM {
        below += 1.0 / (at * at);
        at += 1.0;
    }
    let w = 1.0 / (at * at);
    let series = w.mul_add(
        w.mul_add(
            w.mul_add(
                w.mul_add(w.mul_add(w.mul_add(7.0 / 6.0, -691.0 / 2_730.0), 5.0 / 66.0), -1.0 / 30.0),
                1.0 / 42.0,
            ),
            -1.0 / 30.0,
        ),
        1.0 / 6.0,
    );
    1.0 / at + 0.5 * w + series * w / at + below
}

/// `ln B(a, b)`.
#[must_use]
pub fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// `ln(1 + e^s)` and its derivative, without overflow.
#[must_use]
#[inline]
pub fn softplus(s: f64) -> (f64, f64) {
    let e = (-s.abs()).exp();
    let value = s.max(0.0) + e.ln_1p();
    let slope = if s >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
    (value, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() <= 2e-14 * wanted.abs().max(1.0), "{found} instead of {wanted}");
    }

    #[test]
    fn values_agree_with_the_tables() {
        const EULER: f64 = 0.577_215_664_901_532_9;
        let pi = std::f64::consts::PI;
        near(ln_gamma(1.0), 0.0);
        near(ln_gamma(2.0), 0.0);
        near(ln_gamma(0.5), 0.5 * pi.ln());
        near(ln_gamma(11.0), 3_628_800.0_f64.ln());
        near(ln_gamma(171.0), 706.573_062_245_787_4);
        near(ln_gamma(1e-8), 18.420_680_738_180_21);
        near(ln_gamma(1e6), 12_815_504.569_147_612);
        near(digamma(1.0), -EULER);
        near(digamma(0.5), -EULER - 2.0 * std::f64::consts::LN_2);
        near(digamma(10.0), 2.251_752_589_066_721);
        near(digamma(0.01), -100.560_885_457_868_9);
        near(trigamma(1.0), pi * pi / 6.0);
        near(trigamma(0.5), pi * pi / 2.0);
        near(trigamma(10.0), 0.105_166_335_681_685_74);
        near(ln_beta(2.0, 3.0), (1.0_f64 / 12.0).ln());
    }

    #[test]
    fn each_is_the_slope_of_the_one_before_and_they_hold_their_recurrences() {
        for x in [0.013, 0.3, 0.98, 1.7, 4.4, 9.99, 10.01, 77.0, 4_321.5] {
            let step = ln_gamma(x + 1.0) - ln_gamma(x);
            assert!((step - f64::ln(x)).abs() < 1e-15 * (10.0 + ln_gamma(x).abs()), "{x}");
            assert!((digamma(x + 1.0) - digamma(x) - 1.0 / x).abs() < 1e-13 * (1.0 / x).max(1.0));
            assert!((trigamma(x) - trigamma(x + 1.0) - 1.0 / (x * x)).abs() < 1e-12 * (1.0 / (x * x)).max(1.0));
            let h = x * 1e-5;
            let slope = (ln_gamma(x + h) - ln_gamma(x - h)) / (2.0 * h);
            assert!((slope - digamma(x)).abs() < 1e-6 * digamma(x).abs().max(1.0), "{x}");
            let slope = (digamma(x + h) - digamma(x - h)) / (2.0 * h);
            assert!((slope - trigamma(x)).abs() < 1e-6 * trigamma(x).max(1.0), "{x}");
        }
    }

    #[test]
    fn softplus_does_not_overflow() {
        assert_eq!(softplus(1e308), (1e308, 1.0));
        assert_eq!(softplus(-1e308), (0.0, 0.0));
        let (value, slope) = softplus(0.0);
        near(value, std::f64::consts::LN_2);
        near(slope, 0.5);
    }
}
