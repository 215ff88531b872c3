//! Making another programme the primary one: the lists follow, customer by customer, in a job.

use crate::cache::Tiers;
use crate::decision::Cause;
use crate::run::evaluate_with;
use crate::store::memberships::unmark;
use serde::{Deserialize, Serialize};
use zunke_kernel::id::{CustomerId, JobId, ProgrammeId, StaffId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;
use zunke_store::jobs::{self, Handler, NewJob, Running};

/// The kind of the job by which lists follow a new primary programme.
pub const FOLLOW: &str = "tiering.primary";

/// Standings marked in one transaction.
const RUN: i64 = 5_000;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    programme_id: ProgrammeId,
}

/// How far the marking has come; it goes on from there after a crash.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Marked {
    after: Option<CustomerId>,
    all: bool,
}

pub fn enqueue(tx: &mut Tx, now: Instant, programme: ProgrammeId, by: Option<StaffId>) -> Result<JobId> {
    let payload = serde_json::to_value(Payload { programme_id: programme }).map_err(Error::internal)?;
    let mut job = NewJob::new(FOLLOW, payload, now);
    job.created_by = by;
    jobs::enqueue(tx, now, job)
}

/// Runs the job.
#[derive(Clone, Default)]
pub struct Follow {
    pub tiers: Tiers,
}

impl Handler for Follow {
    fn kind(&self) -> &'static str {
        FOLLOW
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let Payload { programme_id } = job.read()?;
        let kept = job.progress.clone().unwrap_or_default();
        let mut marked: Marked = serde_json::from_value(kept).unwrap_or_default();
        while !marked.all {
            marked = job.db.write(|tx| {
                let after = unmark(tx, programme_id, marked.after, RUN)?;
                let marked = Marked { after, all: after.is_none() };
                job.checkpoint(tx, &serde_json::to_value(marked).map_err(Error::internal)?)?;
                Ok(marked)
            })?;
        }
        let clock = || job.now();
        let progress = |tx: &mut Tx, done: u64, total: u64| {
            job.checkpoint(tx, &serde_json::json!({"done": done, "total": total, "all": true}))
        };
        let summary = evaluate_with(job.db, &clock, None, Cause::Evaluation, &progress)?;
        self.tiers.touch();
        let now = job.now();
        job.db.write(|tx| zunke_customers::tag::work::everyone_evaluated(tx, now))?;
        serde_json::to_value(summary).map_err(Error::internal)
    }
}
