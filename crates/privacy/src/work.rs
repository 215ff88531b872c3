//! The jobs of the room: files that go from the disk, and what is forgotten every night.

use crate::retention;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zunke_customers::Observers;
use zunke_customers::export::WatchExports;
use zunke_customers::privacy::Holders;
use zunke_kernel::{Instant, Result, Zone};
use zunke_store::jobs::{self, Handler, NewJob, Running};
use zunke_store::{Tx, audit};

/// Files of one job.
const FILES: usize = 500;

#[derive(Serialize, Deserialize)]
struct Leftovers {
    files: Vec<String>,
}

/// Queues files to be taken from the disk once the transaction stands.
pub fn discard(tx: &mut Tx, now: Instant, files: &[String]) -> Result<()> {
    for some in files.chunks(FILES) {
        let payload =
            serde_json::to_value(Leftovers { files: some.to_vec() }).map_err(zunke_kernel::Error::internal)?;
        jobs::enqueue(tx, now, NewJob::new(Discard::KIND, payload, now))?;
    }
    Ok(())
}

/// Takes files from the disk. One that is gone already is no fault, so it may run again.
pub struct Discard {
    pub holders: Holders,
}

impl Discard {
    pub const KIND: &'static str = "privacy.discard";
}

impl Handler for Discard {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let Leftovers { files } = job.read()?;
        let mut removed = 0;
        for file in &files {
            let mut known = false;
            for holder in &self.holders.0 {
                known = known || holder.discard(file)?;
            }
            if known {
                removed += 1;
            } else {
                tracing::warn!(%file, "nobody knows this file of an erased person");
            }
        }
        Ok(json!({ "files": removed }))
    }
}

/// Forgets what has had its time, every night.
pub struct Retain {
    pub holders: Holders,
    pub observers: Observers,
}

impl Retain {
    pub const KIND: &'static str = "privacy.retention";
}

impl Handler for Retain {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let done = retention::run(job, &self.holders, &self.observers)?;
        let result = serde_json::to_value(&done).map_err(zunke_kernel::Error::internal)?;
        if done.iter().any(|one| one.rows > 0) {
            let detail = json!({ "forgotten": result, "job": job.id });
            let (now, by) = (job.now(), job.created_by);
            job.db.write(|tx| audit::write(tx, now, by, "privacy.retention", "privacy", &detail))?;
        }
        Ok(json!({ "forgotten": result }))
    }
}

/// What comes round by itself.
pub fn schedule(tx: &mut Tx, now: Instant, zone: &Zone) -> Result<()> {
    WatchExports::schedule(tx, now, zone)?;
    jobs::schedule(tx, now, zone, "privacy.retention", "20 2 * * *", Retain::KIND, &json!({}))
}
