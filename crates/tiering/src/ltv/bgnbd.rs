//! BG/NBD: how often customers buy, and when they stop (Fader, Hardie, Lee 2005).
//!
//! While alive a customer buys at random with his own rate λ; after every purchase he leaves for good with his own
//! probability p. Over all customers λ ~ Gamma(r, rate α) and p ~ Beta(a, b). Only three numbers of a customer
//! matter: x repeat purchases, the last of them `t_x` after the first purchase, observed for `T`.
//!
//! With R = r + x, and for x > 0 s = ln a − ln(b + x − 1) + R·ln((α + T)/(α + t_x)):
//! ```text
//! ln L = lnΓ(R) − lnΓ(r) + r·ln α + lnΓ(a+b) − lnΓ(a+b+x) + lnΓ(b+x) − lnΓ(b) − R·ln(α+T) + [x>0]·ln(1 + e^s)
//! ```

use super::newton::{Curve, Optimum, maximise};
use super::special::{digamma, ln_gamma, softplus, trigamma};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The four parameters; time is counted in the unit of the data they were fitted on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BgNbd {
    pub r: f64,
    pub alpha: f64,
    pub a: f64,
    pub b: f64,
}

/// Equal customers: repeat purchases, days from the first purchase to the last, days observed, and how many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    pub x: u32,
    pub age: u32,
    pub recency: u32,
    pub customers: u32,
}

/// Customers in groups of equal ones, by x.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    rows: Vec<Seen>,
    /// First row of each x.
    starts: Vec<(u32, usize)>,
    days: usize,
    customers: f64,
    repeats: f64,
    exposure: f64,
}

/// Rows that one thread adds up at a time. A fixed number: the same sum to the last digit on any machine.
const CHUNK: usize = 8_192;

impl Groups {
    /// Groups customers given as (x, recency, age) in days.
    #[must_use]
    pub fn new(mut customers: Vec<(u32, u32, u32)>) -> Self {
        customers.par_sort_unstable_by_key(|(x, recency, age)| (*x, *age, *recency));
        let mut rows: Vec<Seen> = Vec::new();
        let mut starts: Vec<(u32, usize)> = Vec::new();
        let (mut repeats, mut exposure) = (0.0, 0.0);
        for (x, recency, age) in &customers {
            repeats += f64::from(*x);
            exposure += f64::from(*age);
            match rows.last_mut() {
                Some(last) if (last.x, last.age, last.recency) == (*x, *age, *recency) => last.customers += 1,
                _ => {
                    if starts.last().is_none_or(|(known, _)| known != x) {
                        starts.push((*x, rows.len()));
                    }
                    rows.push(Seen { x: *x, age: *age, recency: *recency, customers: 1 });
                }
            }
        }
        let days = rows.iter().map(|row| row.age.max(row.recency)).max().unwrap_or(0) as usize + 1;
        Self { rows, starts, days, customers: customers.len() as f64, repeats, exposure }
    }

    #[must_use]
    pub fn rows(&self) -> &[Seen] {
        &self.rows
    }

    #[must_use]
    pub fn customers(&self) -> f64 {
        self.customers
    }
}

/// What a likelihood needs of one x.
struct OfX {
    x: u32,
    /// ln a − ln(b + x − 1)
    k: f64,
    /// The part of a customer with this x that needs no time.
    fixed: Curve<4>,
}

/// The log-likelihood with exact first and second derivatives for r, α, a, b. `unit` is the days of a unit of time.
#[must_use]
pub fn log_likelihood(groups: &Groups, unit: f64, at: BgNbd) -> Curve<4> {
    let BgNbd { r, alpha, a, b } = at;
    let of_x: Vec<OfX> = groups.starts.iter().map(|(x, _)| fixed(*x, at)).collect();
    // Logarithms of (α + day), once per day instead of twice per customer.
    let logs: Vec<(f64, f64)> = (0..groups.days)
        .map(|day| {
            let sum = alpha + day as f64 / unit;
            (sum.ln(), 1.0 / sum)
        })
        .collect();
    let place = |row: usize| groups.starts.partition_point(|(_, start)| *start <= row) - 1;
    let parts: Vec<Curve<4>> = groups
        .rows
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(chunk, rows)| {
            let mut sum = Curve::default();
            let mut at_x = place(chunk * CHUNK);
            for row in rows {
                if of_x[at_x].x != row.x {
                    at_x += 1;
                }
                add(&mut sum, row, &of_x[at_x], &logs, r, a, b);
            }
            sum
        })
        .collect();
    let mut whole = Curve::default();
    for part in &parts {
        whole.add(part);
    }
    for i in 0..4 {
        for j in 0..i {
            whole.bend[i][j] = whole.bend[j][i];
        }
    }
    whole
}

fn fixed(x: u32, at: BgNbd) -> OfX {
    let BgNbd { r, alpha, a, b } = at;
    let n = f64::from(x);
    let mut curve = Curve { value: r * alpha.ln(), ..Curve::default() };
    curve.slope = [alpha.ln(), r / alpha, 0.0, 0.0];
    curve.bend[0][1] = 1.0 / alpha;
    curve.bend[1][1] = -r / (alpha * alpha);
    if x > 0 {
        curve.value +=
            ln_gamma(r + n) - ln_gamma(r) + ln_gamma(a + b) - ln_gamma(a + b + n) + ln_gamma(b + n) - ln_gamma(b);
        let both = digamma(a + b) - digamma(a + b + n);
        let bent = trigamma(a + b) - trigamma(a + b + n);
        curve.slope[0] += digamma(r + n) - digamma(r);
        curve.slope[2] = both;
        curve.slope[3] = both + digamma(b + n) - digamma(b);
        curve.bend[0][0] = trigamma(r + n) - trigamma(r);
        curve.bend[2][2] = bent;
        curve.bend[2][3] = bent;
        curve.bend[3][3] = bent + trigamma(b + n) - trigamma(b);
    }
    OfX { x, k: a.ln() - (b + n - 1.0).ln(), fixed: curve }
}

/// Adds a row; of the matrix only the upper half.
#[inline]
fn add(sum: &mut Curve<4>, row: &Seen, of: &OfX, logs: &[(f64, f64)], r: f64, a: f64, b: f64) {
    let n = f64::from(row.customers);
    let x = f64::from(row.x);
    let all = r + x;
    let (l_age, i_age) = logs[row.age as usize];
    let fixed = &of.fixed;
    let mut value = fixed.value - all * l_age;
    let mut slope = fixed.slope;
    slope[0] -= l_age;
    slope[1] -= all * i_age;
    let mut bend = fixed.bend;
    bend[0][1] -= i_age;
    bend[1][1] += all * i_age * i_age;
    if row.x > 0 {
        let (l_last, i_last) = logs[row.recency as usize];
        let (more, w) = softplus(of.k + all * (l_age - l_last));
        value += more;
        // s and its derivatives.
        let i_b = 1.0 / (b + x - 1.0);
        let d = [l_age - l_last, all * (i_age - i_last), 1.0 / a, -i_b];
        let v = w * (1.0 - w);
        for i in 0..4 {
            slope[i] += w * d[i];
            for j in i..4 {
                bend[i][j] += v * d[i] * d[j];
            }
        }
        bend[0][1] += w * (i_age - i_last);
        bend[1][1] += w * all * (i_last * i_last - i_age * i_age);
        bend[2][2] -= w * d[2] * d[2];
        bend[3][3] += w * i_b * i_b;
    }
    sum.value += n * value;
    for i in 0..4 {
        sum.slope[i] += n * slope[i];
        for (sum, bend) in sum.bend[i].iter_mut().zip(bend[i]).skip(i) {
            *sum += n * bend;
        }
    }
}

/// The parameters under which the data is likeliest.
#[must_use]
pub fn fit(groups: &Groups, unit: f64) -> (BgNbd, Optimum<4>) {
    // Rates as they are on the whole, with a spread as customer bases have it.
    let rate = (groups.repeats.max(0.5) / (groups.exposure / unit).max(0.5)).clamp(1e-5, 1e5);
    let optimum = maximise([0.5, 0.5 / rate, 0.7, 2.5], |[r, alpha, a, b]| {
        log_likelihood(groups, unit, BgNbd { r, alpha, a, b })
    });
    let [r, alpha, a, b] = optimum.at;
    (BgNbd { r, alpha, a, b }, optimum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Groups {
        let mut all = Vec::new();
        for k in 0..400_u32 {
            let x = [0, 0, 0, 1, 1, 2, 3, 7, 29, 0][(k % 10) as usize];
            let age = 100 + (k * 37) % 180;
            let recency = if x == 0 { 0 } else { age * (1 + (k * 7) % 9) / 10 };
            all.push((x, recency, age));
        }
        Groups::new(all)
    }

    #[test]
    fn slopes_and_bends_are_those_of_the_value() {
        let groups = some();
        let at = [0.31, 5.2, 0.83, 2.1];
        let of = |[r, alpha, a, b]: [f64; 4]| log_likelihood(&groups, 7.0, BgNbd { r, alpha, a, b });
        let here = of(at);
        for i in 0..4 {
            let h = at[i] * 1e-5;
            let moved = |by: f64| {
                let mut there = at;
                there[i] += by;
                of(there)
            };
            let (up, down) = (moved(h), moved(-h));
            let slope = (up.value - down.value) / (2.0 * h);
            assert!((slope - here.slope[i]).abs() < 1e-4 * here.slope[i].abs().max(1.0), "slope {i}");
            for j in 0..4 {
                let bend = (up.slope[j] - down.slope[j]) / (2.0 * h);
                let wanted = here.bend[i][j];
                assert!((bend - wanted).abs() < 1e-4 * wanted.abs().max(1.0), "bend {i} {j}: {bend} {wanted}");
            }
        }
    }

    #[test]
    fn the_likelihood_of_one_customer_is_the_formula() {
        // Written out for r 0.243, α 4.414, a 0.793, b 2.426 and the first customer of CDNOW, in weeks.
        let at = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
        let (x, last, age) = (2.0_f64, 30.0 + 3.0 / 7.0, 38.0 + 6.0 / 7.0);
        let gamma = |x: f64| ln_gamma(x).exp();
        let a1 = gamma(at.r + x) * at.alpha.powf(at.r) / gamma(at.r);
        let a2 = gamma(at.a + at.b) * gamma(at.b + x) / (gamma(at.b) * gamma(at.a + at.b + x));
        let a3 = (at.alpha + age).powf(-(at.r + x));
        let a4 = at.a / (at.b + x - 1.0) * (at.alpha + last).powf(-(at.r + x));
        let found = log_likelihood(&Groups::new(vec![(2, 213, 272)]), 7.0, at).value;
        assert!((found - (a1 * a2 * (a3 + a4)).ln()).abs() < 1e-12, "{found}");
    }

    #[test]
    fn the_same_customers_in_another_order_have_the_same_sum_to_the_last_digit() {
        let list: Vec<(u32, u32, u32)> = (0..30_000_u32).map(|k| (k % 5, k % 91, 100 + k % 200)).collect();
        let mut turned = list.clone();
        turned.reverse();
        let at = BgNbd { r: 0.3, alpha: 4.0, a: 0.8, b: 2.0 };
        let of = |list| log_likelihood(&Groups::new(list), 7.0, at);
        assert_eq!(of(list), of(turned));
    }

    #[test]
    fn thousands_of_orders_no_repeats_and_nobody_give_numbers() {
        let wild = Groups::new(vec![(5_000, 3_600, 3_650), (0, 0, 0), (0, 0, 3_650), (1, 1, 1), (3, 2, 3_650)]);
        for at in [1e-6, 1.0, 1e6] {
            let curve = log_likelihood(&wild, 7.0, BgNbd { r: at, alpha: at, a: at, b: at });
            assert!(curve.value.is_finite() && curve.slope.iter().all(|slope| slope.is_finite()), "{at}");
        }
        for groups in [Groups::default(), Groups::new(vec![(0, 0, 50); 20]), wild] {
            let (model, _) = fit(&groups, 7.0);
            assert!([model.r, model.alpha, model.a, model.b].iter().all(|value| value.is_finite() && *value > 0.0));
        }
    }
}
