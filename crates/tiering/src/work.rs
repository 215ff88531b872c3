//! Jobs of the room: the evaluation of everyone, on demand and every night.

use crate::cache::Tiers;
use crate::decision::Cause;
use crate::run::evaluate_with;
use serde::{Deserialize, Serialize};
use zunke_kernel::id::{JobId, StaffId};
use zunke_kernel::{Day, Error, Instant, Result, Zone};
use zunke_store::Tx;
use zunke_store::jobs::{self, Handler, NewJob, Running};

/// The kind of the evaluation job.
pub const EVALUATE: &str = "tiering.evaluate";

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Payload {
    as_of: Option<Day>,
    cause: Option<Cause>,
}

/// Queues an evaluation of everyone. While one for the same day waits or runs, that one's id.
pub fn enqueue(tx: &mut Tx, now: Instant, as_of: Option<Day>, cause: Cause, by: Option<StaffId>) -> Result<JobId> {
    let payload = serde_json::to_value(Payload { as_of, cause: Some(cause) }).map_err(Error::internal)?;
    let mut job = NewJob::new(EVALUATE, payload, now);
    // After a publication the run that is under way still has the old rules: that one doesn't count.
    job.dedup_key = (cause == Cause::Evaluation).then(|| match as_of {
        Some(day) => format!("{EVALUATE} {day}"),
        None => EVALUATE.to_owned(),
    });
    job.created_by = by;
    jobs::enqueue(tx, now, job)
}

/// Every night after the day has rolled on: windows have moved for everyone.
pub fn schedule(tx: &mut Tx, now: Instant, zone: &Zone) -> Result<()> {
    let payload = serde_json::json!({"cause": Cause::Evaluation});
    jobs::schedule(tx, now, zone, "tiering.nightly", "10 0 * * *", EVALUATE, &payload)
}

/// Runs the evaluation. Killed half-way, it runs again from the start and skips what is written already.
#[derive(Clone, Default)]
pub struct Evaluate {
    pub tiers: Tiers,
}

impl Handler for Evaluate {
    fn kind(&self) -> &'static str {
        EVALUATE
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let payload: Payload = job.read()?;
        let clock = || job.now();
        let progress =
            |tx: &mut Tx, done: u64, all: u64| job.checkpoint(tx, &serde_json::json!({"done": done, "total": all}));
        let cause = payload.cause.unwrap_or(Cause::Evaluation);
        let now = job.now();
        job.db.write(|tx| crate::publish::catch_up(tx, now))?;
        let summary = evaluate_with(job.db, &clock, payload.as_of, cause, &progress)?;
        self.tiers.touch();
        let now = job.now();
        job.db.write(|tx| zunke_customers::tag::work::everyone_evaluated(tx, now))?;
        serde_json::to_value(summary).map_err(Error::internal)
    }
}
