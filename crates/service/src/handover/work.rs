//! What of a hand-over is more than one part goes on as a job.

use super::{HandOverId, step};
use crate::{Context, Hooks};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use zunke_customers::Observer;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;
use zunke_store::jobs::{self, Handler, NewJob, Running};

#[derive(Serialize, Deserialize)]
struct Payload {
    hand_over: HandOverId,
    by: Option<StaffId>,
}

/// Moves part after part, each in a transaction of its own with its checkpoint.
pub struct Parts {
    pub observers: Vec<Arc<dyn Observer>>,
}

impl Parts {
    pub const KIND: &'static str = "service.hand_over";

    /// In the transaction that has moved the first part.
    pub fn enqueue(tx: &mut Tx, now: Instant, id: HandOverId, by: Option<StaffId>) -> Result<()> {
        let payload = serde_json::to_value(Payload { hand_over: id, by }).map_err(Error::internal)?;
        let job = NewJob {
            dedup_key: Some(format!("{}:{id}", Self::KIND)),
            created_by: by,
            ..NewJob::new(Self::KIND, payload, now)
        };
        jobs::enqueue(tx, now, job)?;
        Ok(())
    }
}

impl Handler for Parts {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run(&self, job: &Running) -> Result<serde_json::Value> {
        let payload: Payload = job.read()?;
        let hooks = Hooks { observers: self.observers.clone() };
        loop {
            let now = job.now();
            let one = job.db.write(|tx| {
                let cx = Context::load(tx, now, payload.by)?;
                let one = step::step(tx, &cx, &hooks, payload.hand_over)?;
                job.checkpoint(tx, &serde_json::json!({ "counts": one.counts }))?;
                Ok(one)
            })?;
            if one.state != "running" {
                return serde_json::to_value(&one.counts).map_err(Error::internal);
            }
        }
    }
}
