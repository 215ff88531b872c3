//! Exports that are asked for: who, what, why; whether a second person agreed; the file, and until when it is there.

use crate::privacy::settings;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use utoipa::ToSchema;
use zunke_kernel::id::StaffId;
use zunke_kernel::page::{self, Page};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx, Value};

zunke_kernel::id_type!(/** An export that was asked for. */ ExportId, "exp");

const DAY_MS: i64 = 86_400_000;

/// Where exported files are kept. The binary puts it in: `app.with(ExportFiles::new(…))`.
#[derive(Clone, Debug)]
pub struct ExportFiles {
    root: PathBuf,
}

impl ExportFiles {
    /// `root` is made where it is missing. With several nodes it is shared between them.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub(super) fn path(&self, id: ExportId) -> PathBuf {
        self.root.join(id.to_string())
    }

    pub(super) fn folder(&self) -> &Path {
        &self.root
    }

    /// Takes the file of an export from the disk; one that is gone already is no fault.
    pub fn remove(&self, id: ExportId) -> Result<()> {
        for path in [self.path(id), self.part(id)] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::internal(error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Where a file is while it is written.
    pub(super) fn part(&self, id: ExportId) -> PathBuf {
        self.path(id).with_extension("part")
    }

    /// The exports of which something lies on the disk.
    pub(super) fn there(&self) -> Result<Vec<ExportId>> {
        let entries = match std::fs::read_dir(&self.root) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(Error::internal)?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let name = entry.map_err(Error::internal)?.file_name();
            let name = name.to_string_lossy();
            found.extend(name.strip_suffix(".part").unwrap_or(&name).parse::<ExportId>().ok());
        }
        Ok(found)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExportState)]
pub enum State {
    /// Waits for the word of a second person.
    Asked,
    /// Being written.
    Running,
    Ready,
    Refused,
    Failed,
    /// Its time is over, the file is gone.
    Expired,
    /// It held somebody who was erased since; the file is gone.
    Withdrawn,
}

impl State {
    const ALL: [Self; 7] =
        [Self::Asked, Self::Running, Self::Ready, Self::Refused, Self::Failed, Self::Expired, Self::Withdrawn];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Running => "running",
            Self::Ready => "ready",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn read(word: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| Error::internal(format!("an export in the unknown state {word}")))
    }
}

/// An export that was asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Export)]
pub struct Export {
    pub id: ExportId,
    /// 1, 2, 3 …: stands in every row of the file.
    pub number: i64,
    pub staff_id: StaffId,
    pub staff_name: String,
    /// `csv` or `xlsx`.
    pub format: String,
    /// The filters of the list, as its query string.
    pub filters: String,
    pub reason: String,
    pub state: State,
    /// How many customers it had when it was asked for, and has.
    pub asked_rows: i64,
    pub file_rows: Option<i64>,
    pub bytes: Option<i64>,
    pub sha256: Option<String>,
    /// Why it failed.
    #[schema(value_type = Option<Object>)]
    pub problem: Option<zunke_kernel::Text>,
    pub asked_at: Instant,
    pub decided_by: Option<StaffId>,
    pub decided_at: Option<Instant>,
    /// What the second person said.
    pub decision: Option<String>,
    pub ready_at: Option<Instant>,
    pub expires_at: Option<Instant>,
    pub downloads: i64,
    pub version: i64,
}

const COLUMNS: &str = "export_id, number, staff_id, staff_name, format, filters, reason, state, asked_rows, file_rows, \
    bytes, sha256, problem, asked_at, decided_by, decided_at, decision, ready_at, expires_at, downloads, version";

fn read(row: &Row) -> Result<Export> {
    Ok(Export {
        id: row.id(0, ExportId)?,
        number: row.int(1)?,
        staff_id: row.id(2, StaffId)?,
        staff_name: row.text(3)?,
        format: row.text(4)?,
        filters: row.text(5)?,
        reason: row.text(6)?,
        state: State::read(row.str(7)?)?,
        asked_rows: row.int(8)?,
        file_rows: row.opt_int(9)?,
        bytes: row.opt_int(10)?,
        sha256: row.opt_text(11)?,
        problem: row.opt_json(12)?,
        asked_at: row.instant(13)?,
        decided_by: row.opt_id(14, StaffId)?,
        decided_at: row.opt_instant(15)?,
        decision: row.opt_text(16)?,
        ready_at: row.opt_instant(17)?,
        expires_at: row.opt_instant(18)?,
        downloads: row.int(19)?,
        version: row.int(20)?,
    })
}

/// The next number of an export.
pub(super) fn next_number(tx: &mut Tx) -> Result<i64> {
    tx.execute("INSERT INTO privacy_counters (name, last) VALUES ('exports', 0) ON CONFLICT (name) DO NOTHING", &[])?;
    tx.query_one("UPDATE privacy_counters SET last = last + 1 WHERE name = 'exports' RETURNING last", &[], |row| {
        row.int(0)
    })?
    .ok_or_else(|| Error::internal("exports have no counter"))
}

pub(super) fn insert(tx: &mut Tx, export: &Export) -> Result<()> {
    tx.execute(
        "INSERT INTO export_files (export_id, number, staff_id, staff_name, format, filters, reason, state, asked_rows,
           asked_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)",
        &[
            export.id.0.into(),
            export.number.into(),
            export.staff_id.into(),
            export.staff_name.as_str().into(),
            export.format.as_str().into(),
            export.filters.as_str().into(),
            export.reason.as_str().into(),
            export.state.word().into(),
            export.asked_rows.into(),
            export.asked_at.into(),
        ],
    )?;
    Ok(())
}

/// One export; of somebody else only for those who decide about them.
pub(super) fn find(tx: &mut Tx, id: ExportId, own: Option<StaffId>) -> Result<Export> {
    let found =
        tx.query_one(&format!("SELECT {COLUMNS} FROM export_files WHERE export_id = $1"), &[id.0.into()], read)?;
    found.filter(|one| own.is_none_or(|staff| one.staff_id == staff)).ok_or_else(Error::not_found)
}

/// Exports, the newest first.
pub(super) fn list(
    tx: &mut Tx,
    own: Option<StaffId>,
    state: Option<&str>,
    limit: u32,
    after: Option<&str>,
) -> Result<Page<Export>> {
    let mut params: Vec<Value> = Vec::new();
    let mut bind = |value: Value| {
        params.push(value);
        format!("${}", params.len())
    };
    let mut sql = format!("SELECT {COLUMNS} FROM export_files WHERE 1 = 1");
    if let Some(staff) = own {
        sql += &format!(" AND staff_id = {}", bind(staff.into()));
    }
    if let Some(state) = state {
        sql += &format!(" AND state = {}", bind(state.into()));
    }
    if let Some(mark) = after {
        let refuse = || {
            Error::invalid(
                "after_invalid",
                "翻页标记无效，请从第一页重新开始。",
                "This page mark is not valid; start again from the first page.",
            )
            .at("after")
        };
        let (at, id): (i64, uuid::Uuid) = serde_json::from_value(page::read_mark(mark)?).map_err(|_| refuse())?;
        let (at, id) = (bind(at.into()), bind(Value::Uuid(id)));
        sql += &format!(" AND (asked_at, export_id) < ({at}, {id})");
    }
    let limited = bind(i64::from(limit + 1).into());
    sql += &format!(" ORDER BY asked_at DESC, export_id DESC LIMIT {limited}");
    let mut items = tx.query(&sql, &params, read)?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| page::mark(&serde_json::json!([last.asked_at.0, last.id.0])));
    Ok(Page { items, next })
}

/// Decides about one that waits; answers whether it waited.
pub(super) fn decide(
    tx: &mut Tx,
    now: Instant,
    id: ExportId,
    by: StaffId,
    to: State,
    words: Option<&str>,
) -> Result<bool> {
    let done = tx.execute(
        "UPDATE export_files SET state = $1, decided_by = $2, decided_at = $3, decision = $4, version = version + 1
         WHERE export_id = $5 AND state = 'asked'",
        &[to.word().into(), by.into(), now.into(), words.into(), id.0.into()],
    )?;
    Ok(done == 1)
}

/// The file is written: it is there from now on, for as long as the settings say. Answers whether it was still wanted.
pub(super) fn ready(tx: &mut Tx, now: Instant, id: ExportId, (rows, bytes, sha256): (i64, i64, &str)) -> Result<bool> {
    let until = now.plus_ms(settings::load(tx)?.export_days * DAY_MS);
    let done = tx.execute(
        "UPDATE export_files SET state = 'ready', file_rows = $1, bytes = $2, sha256 = $3, ready_at = $4,
           expires_at = $5, version = version + 1
         WHERE export_id = $6 AND state = 'running'",
        &[rows.into(), bytes.into(), sha256.into(), now.into(), until.into(), id.0.into()],
    )?;
    Ok(done == 1)
}

pub(super) fn failed(tx: &mut Tx, id: ExportId, problem: &zunke_kernel::Text) -> Result<()> {
    let problem = serde_json::to_string(problem).map_err(Error::internal)?;
    tx.execute(
        "UPDATE export_files SET state = 'failed', problem = $1, version = version + 1
         WHERE export_id = $2 AND state = 'running'",
        &[problem.into(), id.0.into()],
    )?;
    Ok(())
}

/// Exports that are being written and whose job has come to its end without a file: it was cut off again and again, or
/// taken away.
pub(super) fn abandoned(tx: &mut Tx, kind: &str) -> Result<Vec<ExportId>> {
    let running = "SELECT export_id FROM export_files WHERE state = 'running'";
    let mut left = tx.query(running, &[], |row| row.id(0, ExportId))?;
    if !left.is_empty() {
        let jobs = "SELECT payload FROM jobs WHERE kind = $1 AND state IN ('waiting', 'queued', 'running')";
        let at_work: Vec<serde_json::Value> = tx.query(jobs, &[kind.into()], |row| row.json(0))?;
        left.retain(|id| !at_work.iter().any(|job| job["export_id"] == serde_json::json!(id)));
    }
    Ok(left)
}

/// Those of these whose file may lie on the disk: it is there, or it is being written.
pub(super) fn wanted(tx: &mut Tx) -> Result<Vec<ExportId>> {
    tx.query("SELECT export_id FROM export_files WHERE state IN ('running', 'ready')", &[], |row| row.id(0, ExportId))
}

/// Takes a failed one up again; answers whether it had failed.
pub(super) fn again(tx: &mut Tx, id: ExportId) -> Result<bool> {
    let done = tx.execute(
        "UPDATE export_files SET state = 'running', problem = NULL, version = version + 1
         WHERE export_id = $1 AND state = 'failed'",
        &[id.0.into()],
    )?;
    Ok(done == 1)
}

pub(super) fn downloaded(tx: &mut Tx, id: ExportId) -> Result<()> {
    tx.execute("UPDATE export_files SET downloads = downloads + 1 WHERE export_id = $1", &[id.0.into()])?;
    Ok(())
}

/// Ends every file that is there: somebody who may be in one of them was erased. Answers the names of the files.
pub fn withdraw_all(tx: &mut Tx, now: Instant) -> Result<Vec<String>> {
    end(tx, now, "withdrawn", "state IN ('ready', 'running')")
}

/// Ends the files whose time is over; answers their names.
pub fn expire(tx: &mut Tx, now: Instant) -> Result<Vec<String>> {
    end(tx, now, "expired", "state = 'ready' AND expires_at <= $2")
}

fn end(tx: &mut Tx, now: Instant, state: &str, which: &str) -> Result<Vec<String>> {
    tx.query(
        &format!(
            "UPDATE export_files SET state = $1, expires_at = CASE WHEN expires_at < $2 THEN expires_at ELSE $2 END,
               version = version + 1 WHERE {which} RETURNING export_id"
        ),
        &[state.into(), now.into()],
        |row| Ok(format!("export:{}", row.id(0, ExportId)?)),
    )
}
