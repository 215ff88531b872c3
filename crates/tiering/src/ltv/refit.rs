//! The job that fits everyone and writes each customer's figures: twice a year, and on demand.

use super::base::Buyer;
use super::fit::{Asked, Figure, Unit, fit};
use crate::store::ltv as store;
use serde::{Deserialize, Serialize};
use zunke_access::settings;
use zunke_kernel::id::{CustomerId, JobId, StaffId};
use zunke_kernel::{Day, Error, Instant, Result, Zone};
use zunke_store::Tx;
use zunke_store::jobs::{self, Handler, NewJob, Running};

/// The kind of the job.
pub const REFIT: &str = "tiering.ltv";
/// Customers in one transaction.
const BATCH: usize = 2_000;

/// What somebody wishes; what is absent is as it was in the fit before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wish {
    /// In weeks.
    pub horizon: Option<f64>,
    /// Per year.
    pub discount: Option<f64>,
    pub by: Option<StaffId>,
}

/// A year ahead, at 10 % a year.
const HORIZON: f64 = 52.0;
const DISCOUNT: f64 = 0.1;

/// Queues a fit. While one waits or runs, that one's id.
pub fn enqueue(tx: &mut Tx, now: Instant, wish: Wish) -> Result<JobId> {
    let mut job = NewJob::new(REFIT, serde_json::to_value(wish).map_err(Error::internal)?, now);
    job.dedup_key = Some(REFIT.to_owned());
    job.created_by = wish.by;
    jobs::enqueue(tx, now, job)
}

/// In the first night of January and of July.
pub fn schedule(tx: &mut Tx, now: Instant, zone: &Zone) -> Result<()> {
    jobs::schedule(tx, now, zone, "tiering.ltv", "30 2 1 1,7 *", REFIT, &serde_json::json!({}))
}

/// The days that a fit is checked on: the last quarter of the history, four weeks to half a year. A history of less than
/// twelve weeks has none to spare.
#[must_use]
pub fn check(first: Day, as_of: Day) -> Option<(i32, i32)> {
    let span = as_of.since(first);
    (span >= 84).then(|| (as_of.0 - (span / 4).clamp(28, 182), as_of.0))
}

/// Runs the fit. Killed half-way, it runs again from the start; the fit before counts until the last figure is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Refit;

impl Handler for Refit {
    fn kind(&self) -> &'static str {
        REFIT
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let wish: Wish = job.read()?;
        let began = job.now();
        let (asked, base) = job.db.read(|tx| {
            let as_of = settings::today(&settings::load(tx)?, began);
            let before = store::latest(tx)?.map(|fit| fit.report);
            let asked = Asked {
                unit: Unit::Week,
                horizon: wish.horizon.or(before.as_ref().map(|report| report.horizon)).unwrap_or(HORIZON),
                discount: wish.discount.or(before.as_ref().map(|report| report.discount)).unwrap_or(DISCOUNT),
            };
            let check = store::first_day(tx)?.and_then(|first| check(first, as_of));
            Ok((asked, store::base(tx, as_of, check)?))
        })?;
        let (report, figures) = fit(&base, &asked);
        let id = job.id.0;
        let total = figures.len();
        let told = |done: usize| serde_json::json!({"done": done, "total": total});
        job.db.write(|tx| {
            store::begin(tx, began, id, wish.by, &report)?;
            job.checkpoint(tx, &told(0))
        })?;
        let rows: Vec<(CustomerId, Buyer, Figure)> = base
            .ids
            .into_iter()
            .zip(base.buyers)
            .zip(figures)
            .map(|((id, buyer), figure)| (id, buyer, figure))
            .collect();
        let mut done = 0;
        for rows in rows.chunks(BATCH) {
            done += rows.len();
            job.db.write(|tx| {
                store::write(tx, id, rows)?;
                job.checkpoint(tx, &told(done))
            })?;
        }
        let now = job.now();
        job.db.write(|tx| store::finish(tx, now, id))?;
        let codes: Vec<&str> = report.warnings.iter().map(|warning| warning.code.as_str()).collect();
        Ok(serde_json::json!({
            "customers": total, "method": report.method, "warnings": codes, "took_ms": now.0 - began.0,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_quarter_is_kept_for_the_check_where_there_is_enough() {
        let day = Day(20_000);
        assert_eq!(check(day, day.plus(83)), None);
        assert_eq!(check(day, day.plus(84)), Some((20_056, 20_084)));
        assert_eq!(check(day, day.plus(4_000)), Some((20_000 + 4_000 - 182, 24_000)));
        assert_eq!(check(day, day.plus(-5)), None, "bought tomorrow");
    }
}
