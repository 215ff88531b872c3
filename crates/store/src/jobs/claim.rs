//! Taking a job, holding it, and what becomes of it: the statements behind the worker.

use super::{COLUMNS, Failure, Job, read};
use crate::{Tx, Value};
use uuid::Uuid;
use zunke_kernel::id::JobId;
use zunke_kernel::{Error, Instant, Kind, Result};

/// A job that is not heard of for so long is given to another worker.
pub(super) const LEASE_MS: i64 = 30_000;
/// After so many attempts a job is dead.
pub(super) const ATTEMPTS: i64 = 8;
/// Candidates looked at in one go, where other nodes take jobs at the same moment.
const CANDIDATES: i64 = 8;

/// The right to one job, until its lease runs out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lease {
    pub job: JobId,
    pub lease: Uuid,
}

/// Takes the first job that is due and that one of the kinds can do.
pub(super) fn claim(tx: &mut Tx, now: Instant, kinds: &[&str]) -> Result<Option<(Lease, Job)>> {
    let lease = JobId::new(now).0;
    for id in candidates(tx, kinds)? {
        let taken = tx.query_one(
            &format!(
                "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_id = $2, lease_until = $3, \
                 started_at = COALESCE(started_at, $4) WHERE job_id = $1 AND state = 'queued' RETURNING {COLUMNS}"
            ),
            &[id.into(), lease.into(), now.plus_ms(LEASE_MS).into(), now.into()],
            read,
        )?;
        if let Some(job) = taken {
            return Ok(Some((Lease { job: id, lease }, job)));
        }
    }
    Ok(None)
}

fn candidates(tx: &mut Tx, kinds: &[&str]) -> Result<Vec<JobId>> {
    // Along the queue's index, whatever the kind: planners that think of the kind sort all that are queued.
    let first = tx.query(
        &format!(
            "SELECT job_id, kind FROM jobs WHERE state = 'queued' ORDER BY priority DESC, run_at, job_id \
             LIMIT {CANDIDATES}"
        ),
        &[],
        |row| Ok((row.id(0, JobId)?, kinds.contains(&row.str(1)?))),
    )?;
    let seen = first.len();
    let ours: Vec<JobId> = first.into_iter().filter_map(|(id, ours)| ours.then_some(id)).collect();
    if !ours.is_empty() || i64::try_from(seen).is_ok_and(|seen| seen < CANDIDATES) || kinds.is_empty() {
        return Ok(ours);
    }
    // What stands in front is for nobody here: look past it.
    let mut params: Vec<Value> = kinds.iter().map(|kind| Value::from(*kind)).collect();
    let places: Vec<String> = (1..=kinds.len()).map(|at| format!("${at}")).collect();
    params.push(CANDIDATES.into());
    tx.query(
        &format!(
            "SELECT job_id FROM jobs WHERE state = 'queued' AND kind IN ({}) \
             ORDER BY priority DESC, run_at, job_id LIMIT ${}",
            places.join(", "),
            params.len()
        ),
        &params,
        |row| row.id(0, JobId),
    )
}

/// Whether [`tidy`] would find something: a read, so that an idle worker writes nothing.
pub(super) fn untidy(tx: &mut Tx, now: Instant) -> Result<bool> {
    let found = tx.query_one(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM jobs WHERE state = 'waiting' AND run_at <= $1)
                     OR EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND lease_until < $1)
                     OR EXISTS (SELECT 1 FROM schedules WHERE next_at <= $1)",
        &[now.into()],
        |row| row.int(0),
    )?;
    Ok(found.is_some())
}

pub(super) fn anything_queued(tx: &mut Tx, kinds: &[&str]) -> Result<bool> {
    Ok(!candidates(tx, kinds)?.is_empty())
}

/// Queues what has come due, and what a vanished worker left behind.
pub(super) fn tidy(tx: &mut Tx, now: Instant) -> Result<()> {
    tx.execute("UPDATE jobs SET state = 'queued' WHERE state = 'waiting' AND run_at <= $1", &[now.into()])?;
    let abandoned = Error::new(
        Kind::Internal,
        "job_abandoned",
        "任务多次中断，已停止重试，请联系管理员。",
        "The job was cut off again and again; it will not be tried any more.",
    );
    tx.execute(
        "UPDATE jobs SET state = 'dead', lease_id = NULL, lease_until = NULL, live_key = NULL, finished_at = $1, error = $2
         WHERE state = 'running' AND lease_until < $1 AND attempts >= $3",
        &[now.into(), failure(&abandoned)?, ATTEMPTS.into()],
    )?;
    tx.execute(
        "UPDATE jobs SET state = 'queued', lease_id = NULL, lease_until = NULL WHERE state = 'running' AND lease_until < $1",
        &[now.into()],
    )?;
    Ok(())
}

/// Keeps the lease while a handler works; answers whether it is still ours.
pub(super) fn extend(tx: &mut Tx, now: Instant, lease: Lease) -> Result<bool> {
    let held = tx.execute(
        "UPDATE jobs SET lease_until = $3 WHERE job_id = $1 AND lease_id = $2 AND lease_until < $3",
        &[lease.job.into(), lease.lease.into(), now.plus_ms(LEASE_MS).into()],
    )?;
    Ok(held == 1)
}

/// Stores the progress with the work of the same transaction. Fails where the job is wanted no more or is
/// another worker's by now, and so undoes that work.
pub(super) fn checkpoint(tx: &mut Tx, now: Instant, lease: Lease, progress: &serde_json::Value) -> Result<()> {
    let cancelled = tx.query_one(
        "UPDATE jobs SET progress = $3, lease_until = $4 WHERE job_id = $1 AND lease_id = $2 RETURNING cancel_wanted",
        &[lease.job.into(), lease.lease.into(), progress.into(), now.plus_ms(LEASE_MS).into()],
        |row| row.bool(0),
    )?;
    match cancelled {
        Some(false) => Ok(()),
        Some(true) => Err(Error::conflict("job_cancelled", "任务已取消。", "The job was cancelled.")),
        None => Err(Error::conflict(
            "job_lease_lost",
            "任务已由其他进程接手。",
            "The job has been taken over by another worker.",
        )),
    }
}

pub(super) fn finish(tx: &mut Tx, now: Instant, lease: Lease, result: &serde_json::Value) -> Result<()> {
    settle(tx, lease, "done", None, result.into(), Value::Null, now)
}

/// What a failed attempt leads to: a later one, the end, or nothing where it was only interrupted.
pub(super) fn fail(tx: &mut Tx, now: Instant, lease: Lease, attempts: i64, error: &Error) -> Result<()> {
    let told = failure(error)?;
    match error.code {
        "job_lease_lost" => Ok(()),
        "job_cancelled" => settle(tx, lease, "cancelled", None, Value::Null, Value::Null, now),
        "job_interrupted" => tx
            .execute(
                "UPDATE jobs SET state = 'queued', attempts = attempts - 1, lease_id = NULL, lease_until = NULL
                 WHERE job_id = $1 AND lease_id = $2",
                &[lease.job.into(), lease.lease.into()],
            )
            .map(|_| ()),
        _ if for_good(error.kind) || attempts >= ATTEMPTS => settle(tx, lease, "dead", None, Value::Null, told, now),
        _ => settle(tx, lease, "waiting", Some(now.plus_ms(pause_ms(lease.job, attempts))), Value::Null, told, now),
    }
}

/// The same input would fail the same way again.
fn for_good(kind: Kind) -> bool {
    matches!(kind, Kind::Invalid | Kind::NotFound | Kind::Forbidden | Kind::Unauthorized | Kind::TooLarge)
}

fn settle(
    tx: &mut Tx,
    lease: Lease,
    state: &str,
    again_at: Option<Instant>,
    result: Value,
    error: Value,
    now: Instant,
) -> Result<()> {
    let (finished, key) = match again_at {
        Some(_) => (Value::Null, "live_key"),
        None => (now.into(), "NULL"),
    };
    let params = [lease.job.into(), lease.lease.into(), state.into(), result, error, finished, again_at.into()];
    tx.execute(
        &format!(
            "UPDATE jobs SET state = $3, result = $4, error = $5, finished_at = $6, run_at = COALESCE($7, run_at), \
             live_key = {key}, lease_id = NULL, lease_until = NULL WHERE job_id = $1 AND lease_id = $2"
        ),
        &params,
    )?;
    Ok(())
}

fn failure(error: &Error) -> Result<Value> {
    let failure = Failure { code: error.code.to_owned(), text: error.text.clone() };
    serde_json::to_string(&failure).map(Value::Text).map_err(Error::internal)
}

/// 5 s, 10 s, 20 s … at most an hour, give or take a fifth: many jobs that failed together don't come back
/// together. The same for the same job and attempt.
fn pause_ms(job: JobId, attempts: i64) -> i64 {
    let doubled = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    let pause = (5_000_i64 << doubled).min(3_600_000);
    let mixed = job
        .0
        .as_bytes()
        .iter()
        .fold(attempts.unsigned_abs(), |mixed, byte| (mixed ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let share = i64::try_from((mixed >> 16) % 401).unwrap_or(200) - 200;
    pause + pause * share / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_differ_from_job_to_job() {
        let job = |at| JobId(Uuid::from_u128(at));
        let mut seen = std::collections::BTreeSet::new();
        for at in 0..50 {
            let first = pause_ms(job(at), 1);
            assert!((4_000..=6_000).contains(&first), "{first}");
            assert!(pause_ms(job(at), 4) > first * 4);
            assert!(pause_ms(job(at), 40) <= 3_600_000 + 720_000);
            seen.insert(first);
        }
        assert!(seen.len() > 30, "only {} different pauses", seen.len());
    }
}
