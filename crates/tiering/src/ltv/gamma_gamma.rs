//! Gamma-Gamma: what an order is worth (Fader and Hardie 2013, after Colombo and Jiang 1999).
//!
//! Orders of one customer vary around his own mean; the means vary over customers. With p the shape of orders, and ν ~
//! Gamma(q, v) over customers, the mean m of x orders has, z = x·m,
//! ```text
//! ln L = lnΓ(px+q) − lnΓ(px) − lnΓ(q) + q·ln v + (px−1)·ln m + px·ln x − (px+q)·ln(z+v)
//! ```

use super::newton::{Curve, Optimum, maximise};
use super::special::{digamma, ln_gamma, trigamma};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GammaGamma {
    pub p: f64,
    pub q: f64,
    pub v: f64,
}

impl GammaGamma {
    /// The mean order over all customers; none where the model has none (q ≤ 1).
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.q > 1.0).then(|| self.p * self.v / (self.q - 1.0))
    }

    /// What an order of this customer is expected to be worth after x repeat orders of `mean` each: his own mean, drawn
    /// towards everyone's the more, the fewer orders there are.
    #[must_use]
    pub fn expected(&self, x: u32, mean: f64) -> Option<f64> {
        let x = f64::from(x);
        let (q, px) = (self.q - 1.0, self.p * x);
        (q > 0.0).then(|| (self.p * self.v + px * mean.max(0.0)) / (px + q))
    }
}

/// Customers with their repeat orders and the mean of them (above 0), by number of orders.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// x, and where its sums z = x·m begin.
    starts: Vec<(u32, usize)>,
    sums: Vec<f64>,
    /// Per x the sum of ln m.
    logs: Vec<f64>,
    mean: f64,
}

impl Values {
    /// From (x, mean); x of 0 and means that are not above 0 are left out.
    #[must_use]
    pub fn new(mut customers: Vec<(u32, f64)>) -> Self {
        customers.retain(|(x, mean)| *x > 0 && mean.is_finite() && *mean > 0.0);
        customers.par_sort_unstable_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
        let mut values = Self::default();
        for (at, (x, mean)) in customers.iter().enumerate() {
            if values.starts.last().is_none_or(|(known, _)| known != x) {
                values.starts.push((*x, at));
                values.logs.push(0.0);
            }
            values.sums.push(f64::from(*x) * mean);
            if let Some(log) = values.logs.last_mut() {
                *log += mean.ln();
            }
            values.mean += mean;
        }
        values.mean /= (values.sums.len() as f64).max(1.0);
        values
    }

    #[must_use]
    pub fn customers(&self) -> usize {
        self.sums.len()
    }
}

const CHUNK: usize = 8_192;

/// The log-likelihood with exact first and second derivatives for p, q, v.
#[must_use]
pub fn log_likelihood(values: &Values, at: GammaGamma) -> Curve<3> {
    let GammaGamma { p, q, v } = at;
    let mut curve = Curve::default();
    for (place, (x, start)) in values.starts.iter().enumerate() {
        let end = values.starts.get(place + 1).map_or(values.sums.len(), |(_, next)| *next);
        let sums = &values.sums[*start..end];
        let n = sums.len() as f64;
        let parts: Vec<[f64; 3]> = sums
            .par_chunks(CHUNK)
            .map(|chunk| {
                let mut part = [0.0; 3];
                for z in chunk {
                    let inverse = 1.0 / (z + v);
                    part[0] += (z + v).ln();
                    part[1] += inverse;
                    part[2] += inverse * inverse;
                }
                part
            })
            .collect();
        let [log, one, two] = parts.iter().fold([0.0; 3], |sum, part| std::array::from_fn(|i| sum[i] + part[i]));
        let x = f64::from(*x);
        let (px, all, log_m) = (p * x, p * x + q, values.logs[place]);
        let (d_all, t_all) = (digamma(all), trigamma(all));
        curve.value += n * (ln_gamma(all) - ln_gamma(px) - ln_gamma(q) + q * v.ln() + px * x.ln()) + (px - 1.0) * log_m
            - all * log;
        curve.slope[0] += x * (n * (d_all - digamma(px) + x.ln()) + log_m - log);
        curve.slope[1] += n * (d_all - digamma(q) + v.ln()) - log;
        curve.slope[2] += n * q / v - all * one;
        curve.bend[0][0] += n * x * x * (t_all - trigamma(px));
        curve.bend[0][1] += n * x * t_all;
        curve.bend[0][2] -= x * one;
        curve.bend[1][1] += n * (t_all - trigamma(q));
        curve.bend[1][2] += n / v - one;
        curve.bend[2][2] += all * two - n * q / (v * v);
    }
    for i in 0..3 {
        for j in 0..i {
            curve.bend[i][j] = curve.bend[j][i];
        }
    }
    curve
}

/// The parameters under which the values are likeliest.
#[must_use]
pub fn fit(values: &Values) -> (GammaGamma, Optimum<3>) {
    let start = [4.0, 4.0, (values.mean * 0.75).max(1e-3)];
    let optimum = maximise(start, |[p, q, v]| log_likelihood(values, GammaGamma { p, q, v }));
    let [p, q, v] = optimum.at;
    (GammaGamma { p, q, v }, optimum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Values {
        Values::new((0..500_u32).map(|k| (1 + k % 6, 5.0 + f64::from((k * 53) % 97))).collect())
    }

    #[test]
    fn slopes_and_bends_are_those_of_the_value() {
        let values = some();
        let at = [5.1, 3.2, 14.0];
        let of = |[p, q, v]: [f64; 3]| log_likelihood(&values, GammaGamma { p, q, v });
        let here = of(at);
        for i in 0..3 {
            let h = at[i] * 1e-5;
            let moved = |by: f64| {
                let mut there = at;
                there[i] += by;
                of(there)
            };
            let (up, down) = (moved(h), moved(-h));
            let slope = (up.value - down.value) / (2.0 * h);
            assert!((slope - here.slope[i]).abs() < 1e-4 * here.slope[i].abs().max(1.0), "slope {i}");
            for j in 0..3 {
                let bend = (up.slope[j] - down.slope[j]) / (2.0 * h);
                assert!((bend - here.bend[i][j]).abs() < 1e-4 * here.bend[i][j].abs().max(1.0), "bend {i} {j}");
            }
        }
    }

    #[test]
    fn a_customer_of_many_orders_is_worth_his_own_mean_and_a_new_one_everyones() {
        let model = GammaGamma { p: 6.25, q: 3.74, v: 15.44 };
        let mean = model.mean().expect("q above 1");
        assert!((mean - 6.25 * 15.44 / 2.74).abs() < 1e-12);
        assert_eq!(model.expected(0, 0.0), Some(mean));
        let many = model.expected(10_000, 99.0).expect("a value");
        assert!((many - 99.0).abs() < 0.01, "{many}");
        assert_eq!(GammaGamma { q: 0.9, ..model }.expected(3, 10.0), None, "no mean, no promise");
    }

    #[test]
    fn refunded_free_and_absent_values_are_left_out_and_the_fit_still_answers() {
        assert_eq!(Values::new(vec![(0, 5.0), (3, 0.0), (3, -2.0), (2, f64::NAN)]).customers(), 0);
        for values in [Values::default(), Values::new(vec![(1, 10.0); 5]), Values::new(vec![(4_000, 1e9), (1, 1e-4)])] {
            let (model, _) = fit(&values);
            assert!([model.p, model.q, model.v].iter().all(|value| value.is_finite() && *value > 0.0));
        }
    }
}
