//! Work that outlives its request: queued in the transaction of its cause, run by a worker under a lease,
//! taken up again after a crash from its last checkpoint, retried with growing pauses, kept as dead where
//! nothing helped.

mod claim;
pub mod cron;
mod schedule;
mod worker;

pub use schedule::{Schedule, schedule, schedules, unschedule};
pub use worker::{Clock, Handler, Running, Worker, WorkerHandle};

use crate::{Row, Tx, Value};
use serde::{Deserialize, Serialize};
use zunke_kernel::id::{JobId, StaffId};
use zunke_kernel::{Error, Instant, Result, Text};

const COLUMNS: &str = "job_id, kind, state, priority, run_at, payload, progress, result, error, attempts, \
                       cancel_wanted, created_by, created_at, started_at, finished_at";

/// Work to be done.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    pub kind: &'a str,
    pub payload: serde_json::Value,
    /// While a job with this key lives (waiting, queued, running), no second one is made.
    pub dedup_key: Option<String>,
    /// Higher runs first; 0 is usual.
    pub priority: i32,
    pub run_at: Instant,
    pub created_by: Option<StaffId>,
}

impl<'a> NewJob<'a> {
    /// A job of usual priority, at once.
    #[must_use]
    pub fn new(kind: &'a str, payload: serde_json::Value, run_at: Instant) -> Self {
        Self { kind, payload, dedup_key: None, priority: 0, run_at, created_by: None }
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = JobState)]
pub enum State {
    /// Its time is still to come, for the first time or after a failure.
    Waiting,
    Queued,
    Running,
    Done,
    /// Failed as often as it may, or for good.
    Dead,
    Cancelled,
}

impl State {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    fn parse(name: &str) -> Result<Self> {
        [Self::Waiting, Self::Queued, Self::Running, Self::Done, Self::Dead, Self::Cancelled]
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| Error::internal(format!("a job is in the unknown state {name}")))
    }

    /// Nothing will happen to it any more.
    #[must_use]
    pub fn finished(self) -> bool {
        matches!(self, Self::Done | Self::Dead | Self::Cancelled)
    }
}

/// What the last attempt failed of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Failure {
    pub code: String,
    pub text: Text,
}

/// A job as it stands.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Job {
    pub id: JobId,
    pub kind: String,
    pub state: State,
    pub priority: i64,
    pub run_at: Instant,
    #[schema(value_type = Object)]
    pub payload: serde_json::Value,
    /// The last checkpoint, in the handler's own words.
    #[schema(value_type = Option<Object>)]
    pub progress: Option<serde_json::Value>,
    #[schema(value_type = Option<Object>)]
    pub result: Option<serde_json::Value>,
    pub error: Option<Failure>,
    pub attempts: i64,
    pub cancel_wanted: bool,
    pub created_by: Option<StaffId>,
    pub created_at: Instant,
    pub started_at: Option<Instant>,
    pub finished_at: Option<Instant>,
}

/// Which jobs a list shows; what is absent does not narrow it.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kind: Option<String>,
    pub state: Option<State>,
    pub created_by: Option<StaffId>,
    /// Jobs made before this one: the id of the last one seen.
    pub before: Option<JobId>,
}

/// Queues a job in the transaction of its cause. Where a job with the same dedup key lives, its id.
pub fn enqueue(tx: &mut Tx, now: Instant, job: NewJob<'_>) -> Result<JobId> {
    let id = JobId::new(now);
    let state = if job.run_at > now { State::Waiting } else { State::Queued };
    let made = tx.execute(
        "INSERT INTO jobs (job_id, kind, state, priority, run_at, live_key, payload, attempts, cancel_wanted, \
         created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10) \
         ON CONFLICT (live_key) WHERE live_key IS NOT NULL DO NOTHING",
        &[
            id.into(),
            job.kind.into(),
            state.name().into(),
            job.priority.into(),
            job.run_at.into(),
            job.dedup_key.clone().into(),
            job.payload.into(),
            false.into(),
            job.created_by.into(),
            now.into(),
        ],
    )?;
    if made == 1 {
        tx.ring_after_commit();
        return Ok(id);
    }
    tx.query_one("SELECT job_id FROM jobs WHERE live_key = $1", &[job.dedup_key.into()], |row| row.id(0, JobId))?
        .ok_or_else(|| crate::error::busy("the job with this dedup key ended at this moment"))
}

pub fn find(tx: &mut Tx, id: JobId) -> Result<Option<Job>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM jobs WHERE job_id = $1"), &[id.into()], read)
}

/// The newest first, at most `limit`.
pub fn list(tx: &mut Tx, filter: &Filter, limit: u32) -> Result<Vec<Job>> {
    let mut sql = format!("SELECT {COLUMNS} FROM jobs WHERE 1 = 1");
    let mut params: Vec<Value> = Vec::new();
    for (column, value) in [
        ("kind =", filter.kind.as_ref().map(Value::from)),
        ("state =", filter.state.map(|state| state.name().into())),
        ("created_by =", filter.created_by.map(Value::from)),
        ("job_id <", filter.before.map(Value::from)),
    ] {
        if let Some(value) = value {
            params.push(value);
            sql.push_str(&format!(" AND {column} ${}", params.len()));
        }
    }
    params.push(limit.into());
    sql.push_str(&format!(" ORDER BY job_id DESC LIMIT ${}", params.len()));
    tx.query(&sql, &params, read)
}

/// How many jobs are in each state, for the health page.
pub fn counts(tx: &mut Tx) -> Result<Vec<(State, i64)>> {
    tx.query("SELECT state, COUNT(*) FROM jobs GROUP BY state ORDER BY state", &[], |row| {
        Ok((State::parse(row.str(0)?)?, row.int(1)?))
    })
}

/// Cancels a job: at once where it does not run, at its next checkpoint where it does. Answers its state.
/// One that has finished stays as it is.
pub fn cancel(tx: &mut Tx, now: Instant, id: JobId) -> Result<State> {
    let state = tx.query_one(
        "UPDATE jobs SET cancel_wanted = $2,
                state = CASE WHEN state = 'running' THEN 'running' ELSE 'cancelled' END,
                live_key = CASE WHEN state = 'running' THEN live_key ELSE NULL END,
                finished_at = CASE WHEN state = 'running' THEN NULL ELSE CAST($3 AS BIGINT) END
         WHERE job_id = $1 AND state IN ('waiting', 'queued', 'running') RETURNING state",
        &[id.into(), true.into(), now.into()],
        |row| State::parse(row.str(0)?),
    )?;
    match state {
        Some(state) => Ok(state),
        None => find(tx, id)?.map(|job| job.state).ok_or_else(Error::not_found),
    }
}

/// Gives a dead or cancelled job another chance, from its last checkpoint. Answers whether there was one.
pub fn retry_dead(tx: &mut Tx, now: Instant, id: JobId) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE jobs SET state = 'queued', attempts = 0, run_at = $2, finished_at = NULL, error = NULL, cancel_wanted = $3
         WHERE job_id = $1 AND state IN ('dead', 'cancelled')",
        &[id.into(), now.into(), false.into()],
    )?;
    tx.ring_after_commit();
    Ok(changed == 1)
}

/// Forgets jobs that finished before an instant, dead ones excepted; answers how many.
pub fn purge(tx: &mut Tx, before: Instant) -> Result<u64> {
    tx.execute("DELETE FROM jobs WHERE finished_at < $1 AND state IN ('done', 'cancelled')", &[before.into()])
}

fn read(row: &Row) -> Result<Job> {
    Ok(Job {
        id: row.id(0, JobId)?,
        kind: row.text(1)?,
        state: State::parse(row.str(2)?)?,
        priority: row.int(3)?,
        run_at: row.instant(4)?,
        payload: row.json(5)?,
        progress: row.opt_json(6)?,
        result: row.opt_json(7)?,
        error: row.opt_json(8)?,
        attempts: row.int(9)?,
        cancel_wanted: row.bool(10)?,
        created_by: row.opt_id(11, StaffId)?,
        created_at: row.instant(12)?,
        started_at: row.opt_instant(13)?,
        finished_at: row.opt_instant(14)?,
    })
}
