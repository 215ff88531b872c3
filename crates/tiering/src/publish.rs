//! Publications from a day on: a job makes the version hold at the start of its day, in the organisation's zone. The
//! version itself says whether it still waits, so that it begins to hold exactly once however often the job runs.

use crate::cache::Tiers;
use crate::decision::Cause;
use crate::inputs;
use crate::store::programmes::rules;
use crate::store::versions::{self, Version};
use crate::validate::Severity;
use crate::work;
use serde::{Deserialize, Serialize};
use zunke_access::settings;
use zunke_kernel::id::{JobId, StaffId, VersionId};
use zunke_kernel::{Day, Error, Instant, Result, Zone};
use zunke_store::jobs::{self, Handler, NewJob, Running};
use zunke_store::{Tx, audit};

/// The kind of the job that makes a version hold.
pub const MAKE_LIVE: &str = "tiering.publish";

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    version_id: VersionId,
}

/// Queues the job that makes a version hold from the start of a day on.
pub fn plan(
    tx: &mut Tx,
    now: Instant,
    version: VersionId,
    day: Day,
    zone: &Zone,
    by: Option<StaffId>,
) -> Result<JobId> {
    let payload = serde_json::to_value(Payload { version_id: version }).map_err(Error::internal)?;
    let mut job = NewJob::new(MAKE_LIVE, payload, zone.start_of(day).max(now));
    job.created_by = by;
    let id = jobs::enqueue(tx, now, job)?;
    versions::note_job(tx, version, id)?;
    Ok(id)
}

/// What became of a version whose day may have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds from now on; everyone is evaluated by it.
    Live(JobId),
    /// Its day is still to come (the organisation's zone has changed): it is asked again then.
    Early,
    /// It doesn't wait any more.
    Nothing,
}

/// Makes a version hold if it waits and its day has come.
///
/// # Errors
/// 409 `rules_broken` where its rules have become unsound meanwhile; it goes on waiting.
pub fn make_live(tx: &mut Tx, now: Instant, id: VersionId) -> Result<Outcome> {
    let version = versions::of_id(tx, id)?;
    if version.state != "scheduled" {
        return Ok(Outcome::Nothing);
    }
    let zone = settings::load(tx)?.zone();
    if let Some(day) = version.effective_from.filter(|day| *day > zone.day_of(now)) {
        plan(tx, now, id, day, &zone, version.published_by)?;
        return Ok(Outcome::Early);
    }
    let rules = rules(tx, id)?;
    if let Some(fault) = inputs::check(tx, &rules)?.into_iter().find(|fault| fault.severity == Severity::Error) {
        return Err(Error::conflict("rules_broken", fault.text.zh, fault.text.en).at(fault.path));
    }
    let Some(programme) = versions::go_live(tx, now, id)? else { return Ok(Outcome::Nothing) };
    work::schedule(tx, now, &zone)?;
    let job = work::enqueue(tx, now, None, Cause::Rules, version.published_by)?;
    let Version { number, effective_from, .. } = version;
    let detail = serde_json::json!({"version": number, "effective_from": effective_from});
    audit::write(tx, now, version.published_by, "programme.live", &programme.to_string(), &detail)?;
    Ok(Outcome::Live(job))
}

/// Makes every version hold whose day has come: what a job that was lost has left behind.
pub fn catch_up(tx: &mut Tx, now: Instant) -> Result<usize> {
    let today = settings::load(tx)?.zone().day_of(now);
    let mut live = 0;
    for version in versions::due(tx, today)? {
        match make_live(tx, now, version) {
            Ok(outcome) => live += usize::from(matches!(outcome, Outcome::Live(_))),
            // It goes on waiting, and is seen to; the others must not wait with it.
            Err(error) if error.code == "rules_broken" => {}
            Err(error) => return Err(error),
        }
    }
    Ok(live)
}

/// Runs the job. Killed before its transaction is done nothing has happened, after it there is nothing left to do.
#[derive(Clone, Default)]
pub struct MakeLive {
    pub tiers: Tiers,
}

impl Handler for MakeLive {
    fn kind(&self) -> &'static str {
        MAKE_LIVE
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let Payload { version_id } = job.read()?;
        let now = job.now();
        let outcome = job.db.write(|tx| {
            job.checkpoint(tx, &serde_json::json!({}))?;
            make_live(tx, now, version_id)
        })?;
        self.tiers.touch();
        serde_json::to_value(outcome).map_err(Error::internal)
    }
}
