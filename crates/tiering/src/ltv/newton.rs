//! Newton's method with exact second derivatives, for a handful of positive parameters.
//!
//! Works on the logarithms of the parameters, so that they stay positive, and damps the step until the function falls
//! (Levenberg and Marquardt). Close to the optimum every step doubles the digits: a fit takes about ten
//! evaluations however many customers there are.

/// Parameters are kept between these.
const LEAST: f64 = 1e-6;
const MOST: f64 = 1e6;
/// A fit that has gone as far as this says that the data has no optimum inside.
const BORDER: (f64, f64) = (1e-4, 1e4);
const EVALUATIONS: u32 = 120;
/// No parameter moves by more than this factor (as a logarithm) in one step.
const STRIDE: f64 = 2.0;

/// A value with its gradient and its matrix of second derivatives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve<const N: usize> {
    pub value: f64,
    pub slope: [f64; N],
    pub bend: [[f64; N]; N],
}

impl<const N: usize> Default for Curve<N> {
    fn default() -> Self {
        Self { value: 0.0, slope: [0.0; N], bend: [[0.0; N]; N] }
    }
}

impl<const N: usize> Curve<N> {
    /// Adds another; the order in which parts are added decides the last digit.
    pub fn add(&mut self, other: &Self) {
        self.value += other.value;
        for i in 0..N {
            self.slope[i] += other.slope[i];
            for j in 0..N {
                self.bend[i][j] += other.bend[i][j];
            }
        }
    }
}

/// Where the search ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimum<const N: usize> {
    pub at: [f64; N],
    pub value: f64,
    pub evaluations: u32,
    pub converged: bool,
    /// A parameter has run away: the data supports no value for it.
    pub at_border: bool,
}

/// The highest point of `of`, starting at `from`.
pub fn maximise<const N: usize>(from: [f64; N], of: impl Fn([f64; N]) -> Curve<N>) -> Optimum<N> {
    let (low, high) = (LEAST.ln(), MOST.ln());
    let mut at = from.map(|value| value.ln().clamp(low, high));
    let mut here = logarithmic(&of, at);
    let mut evaluations = 1;
    let mut damping = 0.0_f64;
    let mut converged = false;
    while evaluations < EVALUATIONS {
        // Parameters that press against a limit stay there.
        let free: [bool; N] =
            std::array::from_fn(|i| !(at[i] <= low && here.slope[i] < 0.0 || at[i] >= high && here.slope[i] > 0.0));
        let scale = (0..N).map(|i| here.bend[i][i].abs()).fold(1e-12, f64::max);
        let Some(step) = step(&here, free, damping * scale) else {
            damping = (damping * 8.0).max(1e-4);
            if damping > 1e12 {
                break;
            }
            continue;
        };
        let gain: f64 = (0..N).filter(|i| free[*i]).map(|i| step[i] * here.slope[i]).sum();
        let longest = step.iter().fold(0.0_f64, |most, part| most.max(part.abs()));
        let shorten = if longest > STRIDE { STRIDE / longest } else { 1.0 };
        let next: [f64; N] = std::array::from_fn(|i| (at[i] + shorten * step[i]).clamp(low, high));
        let there = logarithmic(&of, next);
        evaluations += 1;
        // What rounding does to a sum of this size is no reason to go on, nor to turn back.
        let noise = 1e-13 * here.value.abs().max(1.0);
        let small = gain < 1e-7_f64.max(noise) && damping < 1e-3;
        if there.value.is_finite() && there.value >= here.value - noise {
            (at, here) = (next, there);
            damping = if damping < 1e-6 { 0.0 } else { damping / 8.0 };
            if small && shorten >= 1.0 {
                converged = true;
                break;
            }
        } else if small {
            converged = true;
            break;
        } else {
            damping = (damping * 8.0).max(1e-4);
        }
    }
    let at = at.map(f64::exp);
    let at_border = at.iter().any(|value| *value < BORDER.0 || *value > BORDER.1);
    Optimum { at, value: here.value, evaluations, converged, at_border }
}

/// The curve over the logarithms of the parameters.
fn logarithmic<const N: usize>(of: &impl Fn([f64; N]) -> Curve<N>, at: [f64; N]) -> Curve<N> {
    let plain = at.map(f64::exp);
    let mut curve = of(plain);
    for i in 0..N {
        curve.slope[i] *= plain[i];
        for j in 0..N {
            curve.bend[i][j] *= plain[i] * plain[j];
        }
    }
    for i in 0..N {
        curve.bend[i][i] += curve.slope[i];
    }
    curve
}

/// Solves `(damping − bend) · step = slope` by Cholesky; none where the matrix isn't positive definite.
fn step<const N: usize>(here: &Curve<N>, free: [bool; N], damping: f64) -> Option<[f64; N]> {
    let mut low = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let both = free[i] && free[j];
            let mut sum = if both { -here.bend[i][j] } else { 0.0 };
            if i == j {
                sum = if free[i] { sum + damping } else { 1.0 };
            }
            let whole = sum;
            for (one, other) in low[i].iter().zip(&low[j]).take(j) {
                sum -= one * other;
            }
            if i == j {
                if !sum.is_finite() || sum <= 1e-13 * whole.abs() || sum <= 0.0 {
                    return None;
                }
                low[i][i] = sum.sqrt();
            } else {
                low[i][j] = sum / low[j][j];
            }
        }
    }
    let mut half = [0.0; N];
    for i in 0..N {
        let mut sum = if free[i] { here.slope[i] } else { 0.0 };
        for k in 0..i {
            sum -= low[i][k] * half[k];
        }
        half[i] = sum / low[i][i];
    }
    let mut step = [0.0; N];
    for i in (0..N).rev() {
        let mut sum = half[i];
        for k in i + 1..N {
            sum -= low[k][i] * step[k];
        }
        step[i] = sum / low[i][i];
    }
    step.iter().all(|part| part.is_finite()).then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hill_is_climbed_to_its_top() {
        // −(x−3)² − 2(y−0.5)² − (x−3)(y−0.5)
        let hill = |[x, y]: [f64; 2]| {
            let (u, v) = (x - 3.0, y - 0.5);
            Curve {
                value: -u * u - 2.0 * v * v - u * v,
                slope: [-2.0 * u - v, -4.0 * v - u],
                bend: [[-2.0, -1.0], [-1.0, -4.0]],
            }
        };
        let top = maximise([0.1, 20.0], hill);
        assert!(top.converged && !top.at_border, "{top:?}");
        assert!((top.at[0] - 3.0).abs() < 1e-3 && (top.at[1] - 0.5).abs() < 1e-3, "{top:?}");
    }

    #[test]
    fn what_rises_without_end_stops_at_the_border_and_says_so() {
        let top =
            maximise([1.0], |[x]| Curve { value: -1.0 / x, slope: [1.0 / (x * x)], bend: [[-2.0 / (x * x * x)]] });
        assert!(top.at_border && top.at[0].is_finite(), "{top:?}");
        let odd = maximise([1.0], |_| Curve { value: f64::NAN, slope: [f64::NAN], bend: [[f64::NAN]] });
        assert!(!odd.converged, "no number, no optimum: {odd:?}");
    }
}
