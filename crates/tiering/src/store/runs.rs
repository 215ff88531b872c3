//! Runs over everyone, or over those for whom a day fell due.

use crate::life::pass::Report;
use serde::Serialize;
use zunke_kernel::id::{JobId, ProgrammeId, StaffId};
use zunke_kernel::{Day, Error, Instant, Result, page};
use zunke_store::{Row, Tx, Value};

/// A run as it stands.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LevelRun)]
pub struct Run {
    #[schema(value_type = String)]
    pub id: uuid::Uuid,
    pub programme_id: ProgrammeId,
    /// `review` or `daily`.
    pub kind: String,
    /// `running`, `preview`, `waiting_approval`, `paused`, `done`, `cancelled` or `failed`.
    pub state: String,
    pub as_of: Day,
    #[serde(flatten)]
    pub report: Report,
    pub started_by: Option<StaffId>,
    pub decided_by: Option<StaffId>,
    pub reason: Option<String>,
    pub created_at: Instant,
    pub finished_at: Option<Instant>,
    /// From the beginning to the end, or nothing while it runs.
    pub took_ms: Option<i64>,
}

const COLUMNS: &str = "run_id, programme_id, kind, state, as_of, report, started_by, decided_by, reason, \
    created_at, finished_at";

fn run(row: &Row) -> Result<Run> {
    let (created_at, finished_at) = (row.instant(9)?, row.opt_instant(10)?);
    Ok(Run {
        id: row.uuid(0)?,
        programme_id: row.id(1, ProgrammeId)?,
        kind: row.text(2)?,
        state: row.text(3)?,
        as_of: row.day(4)?,
        report: row.json(5)?,
        started_by: row.opt_id(6, StaffId)?,
        decided_by: row.opt_id(7, StaffId)?,
        reason: row.opt_text(8)?,
        created_at,
        finished_at,
        took_ms: finished_at.map(|at| at.0 - created_at.0),
    })
}

/// A run that begins.
#[derive(Clone, Debug)]
pub struct NewRun {
    pub programme: ProgrammeId,
    pub kind: &'static str,
    pub state: &'static str,
    pub as_of: Day,
    pub preview: bool,
    pub report: Report,
    pub by: Option<StaffId>,
}

pub fn create(tx: &mut Tx, now: Instant, new: &NewRun) -> Result<uuid::Uuid> {
    let id = JobId::new(now).0;
    tx.execute(
        "INSERT INTO level_runs (run_id, programme_id, kind, state, as_of, preview, report, started_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            Value::Uuid(id),
            new.programme.into(),
            new.kind.into(),
            new.state.into(),
            new.as_of.into(),
            new.preview.into(),
            serde_json::to_string(&new.report).map_err(Error::internal)?.into(),
            new.by.into(),
            now.into(),
        ],
    )?;
    Ok(id)
}

pub fn find(tx: &mut Tx, id: uuid::Uuid) -> Result<Run> {
    let sql = format!("SELECT {COLUMNS} FROM level_runs WHERE run_id = $1");
    tx.query_one(&sql, &[Value::Uuid(id)], run)?.ok_or_else(Error::not_found)
}

/// Whether a run was only to be looked at.
pub fn is_preview(tx: &mut Tx, id: uuid::Uuid) -> Result<bool> {
    let sql = "SELECT preview FROM level_runs WHERE run_id = $1";
    tx.query_one(sql, &[Value::Uuid(id)], |row| row.bool(0))?.ok_or_else(Error::not_found)
}

/// The latest first.
pub fn list(tx: &mut Tx, limit: u32, after: Option<&str>) -> Result<page::Page<Run>> {
    let mut params: Vec<Value> = vec![i64::from(limit + 1).into()];
    let mut beyond = "";
    if let Some(mark) = after {
        let (at, id): (i64, uuid::Uuid) = serde_json::from_value(page::read_mark(mark)?).map_err(|_| {
            Error::invalid(
                "after_invalid",
                "翻页标记无效，请从第一页重新开始。",
                "This page mark is not valid; start again from the first page.",
            )
            .at("after")
        })?;
        params.extend([at.into(), Value::Uuid(id)]);
        beyond = "WHERE (created_at, run_id) < ($2, $3)";
    }
    let sql = format!("SELECT {COLUMNS} FROM level_runs {beyond} ORDER BY created_at DESC, run_id DESC LIMIT $1");
    let mut items = tx.query(&sql, &params, run)?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| page::mark(&serde_json::json!([last.created_at.0, last.id])));
    Ok(page::Page { items, next })
}

/// A run of a programme that is not finished.
pub fn open(tx: &mut Tx, programme: ProgrammeId) -> Result<Option<Run>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM level_runs
         WHERE programme_id = $1 AND state IN ('running', 'waiting_approval', 'paused')
         ORDER BY created_at DESC, run_id DESC LIMIT 1"
    );
    tx.query_one(&sql, &[programme.into()], run)
}

/// Moves a run from one of some states to another; answers whether it was in one of them.
pub fn turn(tx: &mut Tx, id: uuid::Uuid, from: &[&str], to: &str) -> Result<bool> {
    let list = from.iter().map(|state| format!("'{state}'")).collect::<Vec<_>>().join(", ");
    let sql = format!("UPDATE level_runs SET state = $1 WHERE run_id = $2 AND state IN ({list})");
    Ok(tx.execute(&sql, &[to.into(), Value::Uuid(id)])? == 1)
}

pub fn report(tx: &mut Tx, id: uuid::Uuid, report: &Report) -> Result<()> {
    let report = serde_json::to_string(report).map_err(Error::internal)?;
    tx.execute("UPDATE level_runs SET report = $1 WHERE run_id = $2", &[report.into(), Value::Uuid(id)])?;
    Ok(())
}

pub fn decided(tx: &mut Tx, id: uuid::Uuid, by: StaffId, reason: Option<&str>) -> Result<()> {
    tx.execute(
        "UPDATE level_runs SET decided_by = $1, reason = $2 WHERE run_id = $3",
        &[by.into(), reason.into(), Value::Uuid(id)],
    )?;
    Ok(())
}

pub fn finish(tx: &mut Tx, now: Instant, id: uuid::Uuid) -> Result<()> {
    tx.execute("UPDATE level_runs SET finished_at = $1 WHERE run_id = $2", &[now.into(), Value::Uuid(id)])?;
    Ok(())
}
