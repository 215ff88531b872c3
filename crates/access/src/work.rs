//! Clearing away what has had its time.

use crate::store::sessions;
use serde_json::json;
use zunke_kernel::Result;
use zunke_store::jobs::{Handler, Running};
use zunke_store::{idempotency, jobs};

/// Answers are kept for repeated calls this long; a caller that waits longer starts anew.
pub const ANSWERS_KEPT_SECS: i64 = 48 * 3600;

/// Finished jobs are shown this long.
pub const JOBS_KEPT_SECS: i64 = 30 * 24 * 3600;

/// Forgets old idempotency keys, finished jobs and ended sessions. Schedule it nightly.
pub struct CleanUp;

impl CleanUp {
    pub const KIND: &'static str = "access.clean_up";
}

impl Handler for CleanUp {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run(&self, job: &Running) -> Result<serde_json::Value> {
        let now = job.now();
        job.db.write(|tx| {
            let answers = idempotency::purge(tx, now.plus_secs(-ANSWERS_KEPT_SECS))?;
            let jobs = jobs::purge(tx, now.plus_secs(-JOBS_KEPT_SECS))?;
            let sessions = sessions::purge(tx, now)?;
            Ok(json!({"answers": answers, "jobs": jobs, "sessions": sessions}))
        })
    }
}
