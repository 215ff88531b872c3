//! All SQL of imports.

use super::mapping::Mapping;
use super::progress::Progress;
use super::reader::Inspection;
use serde::{Deserialize, Serialize};
use zunke_kernel::id::{ImportId, JobId, StaffId};
use zunke_kernel::{Error, Instant, Result, Text};
use zunke_store::{Row, Tx};

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportState)]
pub enum State {
    Uploaded,
    Previewed,
    Running,
    Done,
    Failed,
    Cancelled,
    Undoing,
    Undone,
}

impl State {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Uploaded, "uploaded"),
        (Self::Previewed, "previewed"),
        (Self::Running, "running"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Cancelled, "cancelled"),
        (Self::Undoing, "undoing"),
        (Self::Undone, "undone"),
    ];

    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    fn read(word: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|(_, other)| *other == word).map(|(state, _)| state);
        found.ok_or_else(|| Error::internal(format!("an import in the unknown state {word}")))
    }
}

/// What an import failed of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ImportFailure)]
pub struct Failure {
    pub code: String,
    pub text: Text,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self { code: error.code.to_owned(), text: error.text.clone() }
    }
}

#[derive(Clone, Debug)]
pub struct Import {
    pub id: ImportId,
    pub file_name: String,
    pub file_hash: String,
    pub file_size: u64,
    pub state: State,
    pub inspection: Inspection,
    pub mapping: Option<Mapping>,
    pub progress: Progress,
    pub turn: i64,
    pub error: Option<Failure>,
    pub job_id: Option<JobId>,
    pub created_by: Option<StaffId>,
    pub created_at: Instant,
    pub started_at: Option<Instant>,
    pub finished_at: Option<Instant>,
}

const COLUMNS: &str = "import_id, file_name, file_hash, file_size, state, inspection, mapping, progress, turn, error, \
                       job_id, created_by, created_at, started_at, finished_at";

fn read(row: &Row) -> Result<Import> {
    Ok(Import {
        id: row.id(0, ImportId)?,
        file_name: row.text(1)?,
        file_hash: row.text(2)?,
        file_size: u64::try_from(row.int(3)?).unwrap_or(0),
        state: State::read(row.str(4)?)?,
        inspection: row.json(5)?,
        mapping: row.opt_json(6)?,
        progress: row.json(7)?,
        turn: row.int(8)?,
        error: row.opt_json(9)?,
        job_id: row.opt_id(10, JobId)?,
        created_by: row.opt_id(11, StaffId)?,
        created_at: row.instant(12)?,
        started_at: row.opt_instant(13)?,
        finished_at: row.opt_instant(14)?,
    })
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

pub fn insert(tx: &mut Tx, import: &Import) -> Result<()> {
    tx.execute(
        "INSERT INTO imports (import_id, file_name, file_hash, file_size, state, inspection, mapping, progress, turn,
           created_by, created_at, started_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11)",
        &[
            import.id.into(),
            import.file_name.as_str().into(),
            import.file_hash.as_str().into(),
            i64::try_from(import.file_size).unwrap_or(i64::MAX).into(),
            import.state.word().into(),
            json(&import.inspection)?.into(),
            import.mapping.as_ref().map(json).transpose()?.into(),
            json(&import.progress)?.into(),
            import.created_by.into(),
            import.created_at.into(),
            import.started_at.into(),
        ],
    )?;
    Ok(())
}

pub fn find(tx: &mut Tx, id: ImportId) -> Result<Import> {
    let sql = format!("SELECT {COLUMNS} FROM imports WHERE import_id = $1");
    tx.query_one(&sql, &[id.into()], read)?.ok_or_else(Error::not_found)
}

/// An import that this reader may know of: all of them (`None`), or those that he made himself.
pub fn find_for(tx: &mut Tx, id: ImportId, of: Option<StaffId>) -> Result<Import> {
    let import = find(tx, id)?;
    if of.is_none() || import.created_by == of { Ok(import) } else { Err(Error::not_found()) }
}

/// The newest first, those made before `before`: all of them (`of` is `None`), or those of one member of staff.
pub fn list(tx: &mut Tx, of: Option<StaffId>, before: Option<ImportId>, limit: u32) -> Result<Vec<Import>> {
    let own = if of.is_some() { " AND created_by = $3" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM imports WHERE import_id < $1{own} ORDER BY import_id DESC LIMIT $2");
    let mut params = vec![before.map_or(uuid::Uuid::max(), |id| id.0).into(), i64::from(limit).into()];
    params.extend(of.map(Into::into));
    tx.query(&sql, &params, read)
}

/// An unfinished import of this content with this mapping, to go on with.
pub fn unfinished(tx: &mut Tx, file_hash: &str, mapping: &Mapping) -> Result<Option<Import>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM imports WHERE file_hash = $1 AND state IN ('running', 'failed', 'cancelled')
         ORDER BY import_id DESC"
    );
    let found = tx.query(&sql, &[file_hash.into()], read)?;
    Ok(found.into_iter().find(|import| import.mapping.as_ref() == Some(mapping)))
}

/// Moves an import on; `false` where it was in none of the states it must be in.
pub fn turn_to(tx: &mut Tx, id: ImportId, from: &[State], to: State, now: Instant) -> Result<bool> {
    let from: Vec<String> = from.iter().map(|state| format!("'{}'", state.word())).collect();
    let finished = !matches!(to, State::Uploaded | State::Previewed | State::Running | State::Undoing);
    let sql = format!(
        "UPDATE imports SET state = $1, finished_at = $2, error = NULL, turn = turn + 1
         WHERE import_id = $3 AND state IN ({})",
        from.join(", ")
    );
    Ok(tx.execute(&sql, &[to.word().into(), finished.then_some(now).into(), id.into()])? == 1)
}

pub fn begin(tx: &mut Tx, id: ImportId, mapping: &Mapping, inspection: &Inspection, now: Instant) -> Result<()> {
    tx.execute(
        "UPDATE imports SET mapping = $1, inspection = $2, started_at = $3 WHERE import_id = $4",
        &[json(mapping)?.into(), json(inspection)?.into(), now.into(), id.into()],
    )?;
    Ok(())
}

/// Keeps another reading of a file that was not started yet; `false` where it was.
pub fn reread(tx: &mut Tx, id: ImportId, inspection: &Inspection) -> Result<bool> {
    let sql = "UPDATE imports SET inspection = $1, state = 'uploaded', turn = turn + 1
               WHERE import_id = $2 AND state IN ('uploaded', 'previewed')";
    Ok(tx.execute(sql, &[json(inspection)?.into(), id.into()])? == 1)
}

pub fn set_job(tx: &mut Tx, id: ImportId, job: JobId) -> Result<()> {
    tx.execute("UPDATE imports SET job_id = $1 WHERE import_id = $2", &[job.into(), id.into()])?;
    Ok(())
}

pub fn set_progress(tx: &mut Tx, id: ImportId, progress: &Progress) -> Result<()> {
    tx.execute("UPDATE imports SET progress = $1 WHERE import_id = $2", &[json(progress)?.into(), id.into()])?;
    Ok(())
}

/// Stores how far it has come, in the transaction of the chunk. Fails where the import was stopped meanwhile, or where
/// somebody else goes on with it.
pub fn checkpoint(tx: &mut Tx, id: ImportId, state: State, turn: i64, progress: &Progress) -> Result<()> {
    let changed = tx.execute(
        "UPDATE imports SET progress = $1, turn = turn + 1 WHERE import_id = $2 AND state = $3 AND turn = $4",
        &[json(progress)?.into(), id.into(), state.word().into(), turn.into()],
    )?;
    if changed == 1 {
        return Ok(());
    }
    Err(Error::conflict(
        "import_stopped",
        "导入已被取消，或正由另一处继续。",
        "The import was cancelled, or is being continued elsewhere.",
    ))
}

pub fn fail(tx: &mut Tx, id: ImportId, now: Instant, error: &Error) -> Result<()> {
    tx.execute(
        "UPDATE imports SET state = 'failed', error = $1, finished_at = $2
         WHERE import_id = $3 AND state IN ('running', 'undoing')",
        &[json(&Failure::from(error))?.into(), now.into(), id.into()],
    )?;
    Ok(())
}

/// A remembered mapping.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NamedMapping {
    pub name: String,
    pub mapping: Mapping,
    /// Brought along by the product; can't be deleted.
    pub built_in: bool,
}

pub fn save_mapping(tx: &mut Tx, name: &str, mapping: &Mapping, by: Option<StaffId>, now: Instant) -> Result<()> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(Error::invalid(
            "name_invalid",
            "映射名称应为 1 到 60 个字符。",
            "A mapping's name has 1 to 60 characters.",
        )
        .at("name"));
    }
    if Mapping::built_in(name).is_some() {
        return Err(Error::conflict(
            "mapping_built_in",
            "这是内置映射的名称，请换一个名称保存。",
            "This is the name of a built-in mapping; save it under another one.",
        )
        .at("name"));
    }
    tx.execute(
        "INSERT INTO import_mappings (name, mapping, created_by, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET mapping = excluded.mapping, updated_at = excluded.updated_at",
        &[name.into(), json(mapping)?.into(), by.into(), now.into()],
    )?;
    Ok(())
}

pub fn mappings(tx: &mut Tx) -> Result<Vec<NamedMapping>> {
    let built_in = Mapping::BUILT_IN.iter().filter_map(|name| {
        Some(NamedMapping { name: (*name).to_owned(), mapping: Mapping::built_in(name)?, built_in: true })
    });
    let saved = tx.query("SELECT name, mapping FROM import_mappings ORDER BY name", &[], |row| {
        Ok(NamedMapping { name: row.text(0)?, mapping: row.json(1)?, built_in: false })
    })?;
    Ok(built_in.chain(saved).collect())
}

/// The mapping of this name: built in, or saved.
pub fn mapping(tx: &mut Tx, name: &str) -> Result<Option<Mapping>> {
    if let Some(mapping) = Mapping::built_in(name) {
        return Ok(Some(mapping));
    }
    tx.query_one("SELECT mapping FROM import_mappings WHERE name = $1", &[name.into()], |row| row.json(0))
}

pub fn delete_mapping(tx: &mut Tx, name: &str) -> Result<()> {
    match tx.execute("DELETE FROM import_mappings WHERE name = $1", &[name.into()])? {
        0 => Err(Error::not_found()),
        _ => Ok(()),
    }
}
