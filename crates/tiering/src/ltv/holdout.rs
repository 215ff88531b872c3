//! The fit held against what it had not seen: purchases after the split, expected and made.

use super::base::{Buyer, Check};
use super::fit::Model;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use zunke_kernel::Day;

/// Customers with so many repeat purchases at the split, and what they bought after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LtvHoldoutBin)]
pub struct Bin {
    /// The last bin stands for this many and more.
    pub purchases: u32,
    pub customers: u64,
    /// Purchases per customer.
    pub actual: f64,
    pub expected: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LtvHoldout)]
pub struct Holdout {
    /// The last day that the model knew.
    pub from: Day,
    pub to: Day,
    pub customers: u64,
    /// Purchases of all of them.
    pub actual: f64,
    pub expected: f64,
    /// (expected − actual) ÷ actual; none where nothing was bought.
    pub error: Option<f64>,
    /// Mean distance per customer.
    pub mean_absolute_error: f64,
    pub bins: Vec<Bin>,
}

/// Bins 0 to 6, and 7 and more.
pub const BINS: usize = 8;
const CHUNK: usize = 8_192;

/// `model` must know nothing after the split.
#[must_use]
pub fn hold(model: &Model, check: &Check) -> Holdout {
    let days = f64::from(check.to.saturating_sub(check.split).max(0));
    let expected = model.purchases(&check.buyers, days);
    let rows: Vec<(&Buyer, u32, f64)> = check
        .buyers
        .iter()
        .zip(&check.later)
        .zip(&expected)
        .map(|((buyer, later), made)| (buyer, *later, *made))
        .collect();
    let parts: Vec<[[f64; 4]; BINS]> = rows
        .par_chunks(CHUNK)
        .map(|chunk| {
            let mut sums = [[0.0; 4]; BINS];
            for (buyer, later, made) in chunk {
                let bin = &mut sums[(buyer.x as usize).min(BINS - 1)];
                bin[0] += 1.0;
                bin[1] += f64::from(*later);
                bin[2] += made;
                bin[3] += (made - f64::from(*later)).abs();
            }
            sums
        })
        .collect();
    let mut sums = [[0.0; 4]; BINS];
    for part in parts {
        for (sum, more) in sums.iter_mut().zip(part) {
            for (value, more) in sum.iter_mut().zip(more) {
                *value += more;
            }
        }
    }
    let whole = |k: usize| sums.iter().map(|bin| bin[k]).sum::<f64>();
    let (customers, actual, made) = (whole(0), whole(1), whole(2));
    let bins = (0..)
        .zip(sums)
        .filter(|(_, bin)| bin[0] > 0.0)
        .map(|(purchases, bin)| Bin {
            purchases,
            customers: bin[0] as u64,
            actual: bin[1] / bin[0],
            expected: bin[2] / bin[0],
        })
        .collect();
    Holdout {
        from: Day(check.split),
        to: Day(check.to),
        customers: customers as u64,
        actual,
        expected: made,
        error: (actual > 0.0).then(|| (made - actual) / actual),
        mean_absolute_error: if customers > 0.0 { whole(3) / customers } else { 0.0 },
        bins,
    }
}
