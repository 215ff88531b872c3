//! Versions of a programme's rules: published at once or from a day on, taken back before that day, and brought back
//! as a new version. A version's rules never change.

use super::programmes::{find, json};
use crate::rules::Rules;
use serde::Serialize;
use zunke_kernel::id::{JobId, ProgrammeId, StaffId, VersionId};
use zunke_kernel::{Day, Error, Instant, Result};
use zunke_store::{Row, Tx, Value};

/// A version, without its rules.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = TierVersion)]
pub struct Version {
    pub id: VersionId,
    pub number: i64,
    /// `scheduled`, `published`, `retired` or `cancelled`.
    pub state: String,
    pub note: String,
    /// When it was published, or its publication from a day on was asked for.
    pub published_at: Instant,
    pub published_by: Option<StaffId>,
    /// The day from which it holds; absent where it held at once.
    pub effective_from: Option<Day>,
    /// When it began to hold; absent while it waits.
    pub live_at: Option<Instant>,
    /// The number of the version whose rules these are again.
    pub restored_from: Option<i64>,
}

const COLUMNS: &str = "version_id, number, state, note, published_at, published_by, effective_from, live_at, \
     restored_from";

fn version(row: &Row) -> Result<Version> {
    let state = row.text(2)?;
    let (published_at, live_at) = (row.instant(4)?, row.opt_instant(7)?);
    let waits = state == "scheduled" || state == "cancelled";
    Ok(Version {
        id: row.id(0, VersionId)?,
        number: row.int(1)?,
        note: row.text(3)?,
        published_at,
        published_by: row.opt_id(5, StaffId)?,
        effective_from: row.opt_day(6)?,
        // Versions from before this was noted held at once.
        live_at: live_at.or((!waits).then_some(published_at)),
        restored_from: row.opt_int(8)?,
        state,
    })
}

/// What is to be published, and how.
#[derive(Clone, Copy, Debug)]
pub struct Publication<'a> {
    pub rules: &'a Rules,
    pub note: &'a str,
    pub by: Option<StaffId>,
    /// From the start of this day on; at once where none is given.
    pub from: Option<Day>,
    /// These are the rules of that version again; the draft stays as it is.
    pub restored_from: Option<i64>,
}

/// Publishes rules as the next version, at once or from a day on. What held before is retired when it begins to hold.
pub fn publish(tx: &mut Tx, now: Instant, id: ProgrammeId, publication: &Publication<'_>) -> Result<Version> {
    let Publication { rules, note, by, from, restored_from } = *publication;
    // The first statement takes the row, so that two who publish at once get two numbers.
    tx.execute("UPDATE programmes SET draft_version = draft_version + 1 WHERE programme_id = $1", &[id.into()])?;
    if let Some(waiting) = scheduled(tx, id)? {
        let (number, day) = (waiting.number, waiting.effective_from.unwrap_or_default());
        return Err(Error::conflict(
            "publication_scheduled",
            format!("第 {number} 版将于 {day} 生效，请先取消它再发布。"),
            format!("Version {number} takes effect on {day}: cancel it before you publish another."),
        ));
    }
    let last = "SELECT MAX(number) FROM programme_versions WHERE programme_id = $1";
    let number = tx.query_one(last, &[id.into()], |row| row.opt_int(0))?.flatten().unwrap_or(0) + 1;
    let new = VersionId::new(now);
    tx.execute(
        "INSERT INTO programme_versions (version_id, programme_id, number, state, rules, note, published_at,
           published_by, effective_from, restored_from)
         VALUES ($1, $2, $3, 'scheduled', $4, $5, $6, $7, $8, $9)",
        &[
            new.into(),
            id.into(),
            number.into(),
            json(rules)?,
            note.into(),
            now.into(),
            by.into(),
            from.into(),
            restored_from.into(),
        ],
    )?;
    if restored_from.is_none() {
        tx.execute("UPDATE programmes SET draft = NULL WHERE programme_id = $1", &[id.into()])?;
    }
    if from.is_none() {
        go_live(tx, now, new)?;
    }
    of_number(tx, id, number)
}

/// Makes a scheduled version hold. `None` where it doesn't wait any more: cancelled, or made to hold already.
pub fn go_live(tx: &mut Tx, now: Instant, version: VersionId) -> Result<Option<ProgrammeId>> {
    let done = tx.execute(
        "UPDATE programme_versions SET state = 'published', live_at = $1
         WHERE version_id = $2 AND state = 'scheduled'",
        &[now.into(), version.into()],
    )?;
    if done == 0 {
        return Ok(None);
    }
    let sql = "SELECT programme_id FROM programme_versions WHERE version_id = $1";
    let id = tx.query_one(sql, &[version.into()], |row| row.id(0, ProgrammeId))?.ok_or_else(Error::not_found)?;
    let before = find(tx, id)?.published;
    tx.execute(
        "UPDATE programme_versions SET state = 'retired'
         WHERE programme_id = $1 AND state = 'published' AND version_id <> $2",
        &[id.into(), version.into()],
    )?;
    tx.execute("UPDATE programmes SET published_id = $1 WHERE programme_id = $2", &[version.into(), id.into()])?;
    if let Some(before) = before {
        // Until everyone is evaluated, one customer is graded by the limits known so far.
        tx.execute(
            "INSERT INTO rfm_cuts (version_id, as_of, cuts) SELECT $1, as_of, cuts FROM rfm_cuts WHERE version_id = $2",
            &[version.into(), before.into()],
        )?;
    }
    Ok(Some(id))
}

/// The job that will make a version hold.
pub fn note_job(tx: &mut Tx, version: VersionId, job: JobId) -> Result<()> {
    let sql = "UPDATE programme_versions SET job_id = $1 WHERE version_id = $2";
    tx.execute(sql, &[job.into(), version.into()])?;
    Ok(())
}

/// Takes a scheduled version back before it holds. Its rules are the draft again, unless there is another one. Answers
/// the job that was to make it hold.
pub fn cancel(tx: &mut Tx, id: ProgrammeId, number: i64) -> Result<Option<JobId>> {
    let key: [Value; 2] = [id.into(), number.into()];
    let done = tx.execute(
        "UPDATE programme_versions SET state = 'cancelled'
         WHERE programme_id = $1 AND number = $2 AND state = 'scheduled'",
        &key,
    )?;
    if done == 0 {
        of_number(tx, id, number)?;
        return Err(Error::conflict(
            "version_not_scheduled",
            format!("第 {number} 版没有在等待生效，无法取消。"),
            format!("Version {number} isn't waiting to take effect, so it can't be cancelled."),
        ));
    }
    tx.execute(
        "UPDATE programmes SET draft_version = draft_version + 1,
           draft = COALESCE(draft, (SELECT rules FROM programme_versions v
             WHERE v.programme_id = $1 AND v.number = $2 AND v.restored_from IS NULL))
         WHERE programme_id = $1",
        &key,
    )?;
    let sql = "SELECT job_id FROM programme_versions WHERE programme_id = $1 AND number = $2";
    Ok(tx.query_one(sql, &key, |row| row.opt_id(0, JobId))?.flatten())
}

/// Newest first.
pub fn list(tx: &mut Tx, id: ProgrammeId) -> Result<Vec<Version>> {
    let sql = format!("SELECT {COLUMNS} FROM programme_versions WHERE programme_id = $1 ORDER BY number DESC");
    tx.query(&sql, &[id.into()], version)
}

/// The version that waits for its day, where there is one.
pub fn scheduled(tx: &mut Tx, id: ProgrammeId) -> Result<Option<Version>> {
    let sql = format!("SELECT {COLUMNS} FROM programme_versions WHERE programme_id = $1 AND state = 'scheduled'");
    tx.query_one(&sql, &[id.into()], version)
}

/// Versions of all programmes whose day has come and that don't hold yet.
pub fn due(tx: &mut Tx, today: Day) -> Result<Vec<VersionId>> {
    let sql = "SELECT version_id FROM programme_versions
               WHERE state = 'scheduled' AND effective_from <= $1 ORDER BY version_id";
    tx.query(sql, &[today.into()], |row| row.id(0, VersionId))
}

pub fn of_number(tx: &mut Tx, id: ProgrammeId, number: i64) -> Result<Version> {
    let sql = format!("SELECT {COLUMNS} FROM programme_versions WHERE programme_id = $1 AND number = $2");
    tx.query_one(&sql, &[id.into(), number.into()], version)?.ok_or_else(Error::not_found)
}

pub fn of_id(tx: &mut Tx, id: VersionId) -> Result<Version> {
    let sql = format!("SELECT {COLUMNS} FROM programme_versions WHERE version_id = $1");
    tx.query_one(&sql, &[id.into()], version)?.ok_or_else(Error::not_found)
}
