//! What the BG/NBD model expects of a customer: whether he is still there, and how often he will buy.
//!
//! With x purchases in T, R = r + x, C = a + b + x − 1 and z = t/(α+T+t), who is alive buys in the time t
//! ```text
//! Y(t) = C/(a−1) · [1 − (1−z)^(a−1) · ₂F₁(a+b−1−r, a−1; C; z)]
//! ```
//! times on average: the published formula after Euler's transformation, in which nothing overflows and large x make the
//! series shorter. It is summed with (a−1) divided out, so a = 1 is no special case. Where the series is slow or
//! cancels, the same is integrated over the customer's chance to leave.

use super::bgnbd::BgNbd;
use super::special::{ln_beta, ln_gamma, softplus};

/// Nodes and weights of Gauss and Legendre on −1 … 1, the positive half of sixteen.
const GAUSS: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_6),
    (0.458_016_777_657_227_4, 0.169_156_519_395_002_54),
    (0.617_876_244_402_643_7, 0.149_595_988_816_576_73),
    (0.755_404_408_355_003, 0.124_628_971_255_533_87),
    (0.865_631_202_387_831_7, 0.095_158_511_682_492_78),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_89),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_095),
];

/// Steps of the integral.
const STEPS: usize = 1_200;

/// Terms after which the series is given up for the integral.
const TERMS: u32 = 3_000;

/// The chance that a customer still buys: x repeat purchases, the last `recency` after the first, observed for `age`
/// (in the model's unit). Who has only bought once can't have left after a repeat purchase: 1.
#[must_use]
pub fn alive(model: &BgNbd, x: u32, recency: f64, age: f64) -> f64 {
    if x == 0 {
        return 1.0;
    }
    let n = f64::from(x);
    let s = model.a.ln() - (model.b + n - 1.0).ln()
        + (model.r + n) * ((model.alpha + age) / (model.alpha + recency.clamp(0.0, age))).ln();
    softplus(-s).1
}

/// Purchases that a customer who is alive is expected to make in the time `t` from now.
#[must_use]
pub fn expected_if_alive(model: &BgNbd, x: u32, age: f64, t: f64) -> f64 {
    if t <= 0.0 {
        return 0.0;
    }
    series(model, f64::from(x), age, t).unwrap_or_else(|| integral(model, f64::from(x), age, t))
}

/// Purchases that anyone is expected to make after the first one, in the time `t` from it.
#[must_use]
pub fn expected_from_start(model: &BgNbd, t: f64) -> f64 {
    expected_if_alive(model, 0, 0.0, t)
}

/// Purchases over a horizon, and the same with each discounted to now at the continuous `rate` per unit of time:
/// `∫ e^(−rate·s) dY(s)`, integrated by parts.
#[must_use]
pub fn over_horizon(model: &BgNbd, x: u32, age: f64, horizon: f64, rate: f64) -> (f64, f64) {
    let whole = expected_if_alive(model, x, age, horizon);
    if rate == 0.0 || horizon <= 0.0 {
        return (whole, whole);
    }
    let half = horizon / 2.0;
    let mut sum = 0.0;
    for (node, weight) in GAUSS {
        for s in [half * (1.0 - node), half * (1.0 + node)] {
            sum += weight * (-rate * s).exp() * expected_if_alive(model, x, age, s);
        }
    }
    (whole, (-rate * horizon).exp() * whole + rate * half * sum)
}

fn series(model: &BgNbd, x: f64, age: f64, t: f64) -> Option<f64> {
    let BgNbd { r, alpha, a, b } = *model;
    let z = t / (alpha + age + t);
    let e = a - 1.0;
    let (c1, c) = (a + b - 1.0 - r, a + b + x - 1.0);
    // Far from 1 the terms stay small and of one sign; elsewhere digits would cancel.
    if z > 0.97 || c1 < -3.0 || a > 30.0 {
        return None;
    }
    let log = (-z).ln_1p();
    // (1 − (1−z)^e)/e, also at e = 0.
    let gone = if e.abs() < 1e-12 { -log } else { -(e * log).exp_m1() / e };
    let (mut term, mut sum, mut n) = (c1 * z, 0.0, 1.0);
    let mut terms = 0;
    loop {
        sum += term;
        let next = term * ((c1 + n) / (c + n)) * ((a + n - 1.0) / (n + 1.0)) * z;
        terms += 1;
        if next.abs() <= 1e-16 * sum.abs() || next == 0.0 {
            break;
        }
        if terms > TERMS {
            return None;
        }
        term = next;
        n += 1.0;
    }
    let left = (e * log).exp();
    let found = c * gone - left * sum;
    // What is a difference of much larger numbers has lost its digits.
    let kept = found > 1e-6 * (c * gone).abs().max((left * sum).abs());
    (found.is_finite() && kept).then_some(found)
}

/// `∫ (1 − (1 + p·t/(α+T))^(−R))/p · Beta(p; a, b+x) dp`, all of it positive, over ln(p/(1−p)), where the
/// density is one smooth hill and even steps are exact to the last digits.
fn integral(model: &BgNbd, x: f64, age: f64, t: f64) -> f64 {
    let BgNbd { r, alpha, a, b } = *model;
    let (all, w, second) = (r + x, t / (alpha + age), b + x);
    // The density is e^(a·y)/(1+e^y)^(a+b+x): one hill, its top at ln(a/(b+x)), its curvature there
    // a(b+x)/(a+b+x). The tails fall like e^(a·y) and e^(−(b+x)·y).
    let top = (a / second).ln();
    let width = ((a + second) / (a * second)).sqrt();
    let height = a * top - (a + second) * softplus(top).0;
    let density = |y: f64| (a * y - (a + second) * softplus(y).0 - height).exp();
    let (left, right) = (width.max(1.0 / a) * 45.0, width.max(1.0 / second) * 45.0);
    // Steps grow away from the top (y = top + width·sinh(u)): fine on the hill, far-reaching in the tails.
    let (from, to) = (-(left / width).asinh(), (right / width).asinh());
    let stride = (to - from) / STEPS as f64;
    let (mut mass, mut sum) = (0.0, 0.0);
    for k in 0..=STEPS {
        let u = from + stride * k as f64;
        let y = top + width * u.sinh();
        let weight = u.cosh() * density(y);
        if weight == 0.0 {
            continue;
        }
        mass += weight;
        let p = softplus(y).1;
        // Hardly any chance to leave: all of them come.
        let made = if p * w < 1e-12 { all * w } else { -(-all * (p * w).ln_1p()).exp_m1() / p };
        sum += weight * made;
    }
    if mass > 0.0 { sum / mass } else { 0.0 }
}

/// The chance of exactly 0, 1, … `most − 1` repeat purchases, and of more, in the time `t` after the first one.
#[must_use]
pub fn counts(model: &BgNbd, t: f64, most: usize) -> Vec<f64> {
    let BgNbd { r, alpha, a, b } = *model;
    let (stay, go) = ((alpha / (alpha + t)).ln(), if t > 0.0 { (t / (alpha + t)).ln() } else { f64::NEG_INFINITY });
    let mut chances = Vec::with_capacity(most + 1);
    // Of the negative binomial: the chance of j purchases by then, were nobody ever to leave.
    let mut below = 0.0;
    let mut rest = 1.0;
    for j in 0..most {
        let n = j as f64;
        let log = ln_gamma(r + n) - ln_gamma(r) - ln_gamma(n + 1.0) + r * stay;
        let by_then = if j == 0 { log.exp() } else { (log + n * go).exp() };
        let mut chance = (ln_beta(a, b + n) - ln_beta(a, b)).exp() * by_then;
        if j > 0 {
            chance += (ln_beta(a + 1.0, b + n - 1.0) - ln_beta(a, b)).exp() * (1.0_f64 - below).max(0.0);
        }
        below += by_then;
        rest -= chance;
        chances.push(chance);
    }
    chances.push(rest.max(0.0));
    chances
}

#[cfg(test)]
mod tests {
    use super::*;

    const CDNOW: BgNbd = BgNbd { r: 0.242_59, alpha: 4.413_6, a: 0.792_9, b: 2.425_9 };

    /// The published formula as it stands, summed plainly.
    fn published(model: &BgNbd, x: f64, age: f64, t: f64) -> f64 {
        let BgNbd { r, alpha, a, b } = *model;
        let z = t / (alpha + age + t);
        let (mut term, mut sum) = (1.0_f64, 0.0);
        for n in 0..20_000 {
            let n = f64::from(n);
            sum += term;
            term *= (r + x + n) * (b + x + n) / ((a + b + x - 1.0 + n) * (n + 1.0)) * z;
        }
        (a + b + x - 1.0) / (a - 1.0) * (1.0 - ((alpha + age) / (alpha + age + t)).powf(r + x) * sum)
    }

    #[test]
    fn series_integral_and_published_formula_agree() {
        for model in
            [CDNOW, BgNbd { r: 2.0, alpha: 10.0, a: 1.7, b: 5.0 }, BgNbd { r: 0.05, alpha: 0.5, a: 0.2, b: 0.4 }]
        {
            for (x, age, t) in
                [(0.0, 30.0, 39.0), (2.0, 38.857, 39.0), (26.0, 38.0, 52.0), (3.0, 5.0, 60.0), (120.0, 200.0, 26.0)]
            {
                let wanted = published(&model, x, age, t);
                let one = series(&model, x, age, t).expect("the series");
                let other = integral(&model, x, age, t);
                assert!((one - wanted).abs() < 1e-9 * wanted.max(1e-3), "{model:?} {x} {t}: {one} {wanted}");
                assert!((other - wanted).abs() < 1e-7 * wanted.max(1e-3), "{model:?} {x} {t}: {other} {wanted}");
            }
        }
    }

    #[test]
    fn a_of_one_is_no_special_case() {
        let at = |a: f64| expected_if_alive(&BgNbd { a, ..CDNOW }, 4, 30.0, 39.0);
        assert!((at(1.0) - (at(1.0 - 1e-6) + at(1.0 + 1e-6)) / 2.0).abs() < 1e-9);
    }

    #[test]
    fn the_published_example_of_the_first_customer() {
        // Fader, Hardie, Lee: x 2, t_x 30.43, T 38.86: 1.226 purchases are expected in the next 39 weeks.
        let expected = alive(&CDNOW, 2, 30.428_571, 38.857_143) * expected_if_alive(&CDNOW, 2, 38.857_143, 39.0);
        assert!((expected - 1.226).abs() < 5e-4, "{expected}");
    }

    #[test]
    fn extreme_customers_and_models_have_finite_figures() {
        for model in [
            CDNOW,
            BgNbd { r: 1e-6, alpha: 1e-6, a: 1e-6, b: 1e-6 },
            BgNbd { r: 1e6, alpha: 1e6, a: 1e6, b: 1e6 },
            BgNbd { r: 1e6, alpha: 1e6, a: 1e-6, b: 1e6 },
            BgNbd { r: 0.3, alpha: 5.0, a: 1e6, b: 1e-6 },
            BgNbd { r: 0.3, alpha: 5.0, a: 1e-6, b: 2.0 },
        ] {
            for x in [0, 1, 40, 9_000] {
                for (recency, age) in [(0.0, 0.0), (1.0, 500.0), (500.0, 500.0)] {
                    let alive = alive(&model, x, recency, age);
                    assert!((0.0..=1.0).contains(&alive), "{model:?} {x}: {alive}");
                    let mut last = 0.0;
                    for t in [0.0, 1e-9, 1.0, 52.0, 5_200.0] {
                        let (whole, discounted) = over_horizon(&model, x, age, t, 0.002);
                        assert!(whole.is_finite() && whole >= last, "{model:?} {x} {t}: {whole} {last}");
                        assert!(discounted.is_finite() && discounted <= whole * 1.000_001, "{discounted} {whole}");
                        last = whole * 0.999_999;
                    }
                }
            }
            let chances = counts(&model, 39.0, 7);
            assert!(chances.iter().all(|chance| (0.0..=1.000_001).contains(chance)), "{model:?} {chances:?}");
        }
    }

    #[test]
    fn chances_of_counts_add_up_and_their_mean_is_the_expectation() {
        let chances = counts(&CDNOW, 39.0, 400);
        let mean: f64 = chances.iter().take(400).enumerate().map(|(n, chance)| n as f64 * chance).sum();
        let wanted = expected_from_start(&CDNOW, 39.0);
        assert!((mean - wanted).abs() < 1e-3, "{mean} {wanted}");
        assert!((counts(&CDNOW, 0.0, 3)[0] - 1.0).abs() < 1e-12, "no time, no purchase");
    }

    #[test]
    fn discounting_is_the_sum_over_small_steps() {
        let rate = 1.1_f64.ln() / 52.0;
        let steps = 5_200;
        let mut sum = 0.0;
        let mut before = 0.0;
        for k in 1..=steps {
            let s = 52.0 * f64::from(k) / f64::from(steps);
            let now = expected_if_alive(&CDNOW, 3, 30.0, s);
            sum += (now - before) * (-rate * (s - 0.005)).exp();
            before = now;
        }
        let (_, discounted) = over_horizon(&CDNOW, 3, 30.0, 52.0, rate);
        assert!((sum - discounted).abs() < 1e-6 * sum, "{sum} {discounted}");
    }
}
