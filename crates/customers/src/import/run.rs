//! Takes files in and runs them: from the upload to the end, on the command line and as a job.

use super::engine::Engine;
use super::files::{Files, fingerprint, safe_name};
use super::mapping::Mapping;
use super::plan::Plan;
use super::progress::Progress;
use super::reader::{self, Inspection, ReadOptions};
use super::starter;
use super::store::{self, Import, State};
use crate::record::{Observer, RecordContext};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use zunke_kernel::id::{ImportId, StaffId};
use zunke_kernel::{Error, Instant, Kind, Result};
use zunke_store::{Db, Tx, jobs};

/// Kinds of the jobs of this module.
pub const RUN: &str = "customers.import";
pub const UNDO: &str = "customers.import_undo";

#[derive(Serialize, Deserialize)]
struct Payload {
    import: ImportId,
}

/// Looks at a file that stands in its folder; nothing is entered yet.
pub fn look(files: &Files, id: ImportId, file_name: &str, by: Option<StaffId>, now: Instant) -> Result<Import> {
    let path = files.source(id);
    let (file_hash, file_size) = fingerprint(&path)?;
    if file_size > reader::FILE_LIMIT {
        return Err(too_large());
    }
    let file_name = safe_name(file_name);
    let inspection = reader::inspect(&path, &file_name, &ReadOptions::default())?;
    Ok(Import {
        id,
        file_name,
        file_hash,
        file_size,
        state: State::Uploaded,
        progress: Progress { rows_total: inspection.rows, ..Progress::default() },
        inspection,
        mapping: None,
        turn: 0,
        error: None,
        job_id: None,
        created_by: by,
        created_at: now,
        started_at: None,
        finished_at: None,
    })
}

pub fn too_large() -> Error {
    Error::new(
        Kind::TooLarge,
        "file_too_large",
        "文件超过 200 MB，请压缩为 .csv.gz，或分成几份上传。",
        "The file is over 200 MB; pack it as .csv.gz, or upload it in parts.",
    )
}

/// The file's shape as the mapping wants it read.
pub fn shaped(files: &Files, import: &Import, mapping: &Mapping) -> Result<Inspection> {
    if mapping.read == ReadOptions::default() {
        return Ok(import.inspection.clone());
    }
    reader::inspect(&files.source(import.id), &import.file_name, &mapping.read)
}

/// Starts an import in the state `uploaded` or `previewed`: checks the mapping against the file, queues the job.
pub fn start(
    tx: &mut Tx,
    id: ImportId,
    mapping: &Mapping,
    inspection: &Inspection,
    by: Option<StaffId>,
    now: Instant,
) -> Result<()> {
    let context = RecordContext::load(tx, now)?;
    let own = starter::reader(tx, by, now)?;
    Plan::new(mapping, &inspection.shape, &context.zone, now)?.with_fields(&inspection.shape, own)?;
    move_on(tx, id, &[State::Uploaded, State::Previewed], State::Running, now)?;
    store::begin(tx, id, mapping, inspection, now)?;
    queue(tx, RUN, id, by, now)
}

/// Goes on with an import that failed or was cancelled, from its last checkpoint; with an undo that failed, likewise.
/// One that was cancelled before anybody started it waits for its mapping again.
pub fn resume(tx: &mut Tx, id: ImportId, by: Option<StaffId>, now: Instant) -> Result<()> {
    let import = store::find(tx, id)?;
    if import.state == State::Failed && import.progress.undoing {
        return undo(tx, id, by, now);
    }
    if import.mapping.is_none() {
        return move_on(tx, id, &[State::Cancelled], State::Uploaded, now);
    }
    move_on(tx, id, &[State::Failed, State::Cancelled], State::Running, now)?;
    queue(tx, RUN, id, by, now)
}

/// Stops an import; what it has recorded stays until it is undone.
pub fn cancel(tx: &mut Tx, id: ImportId, now: Instant) -> Result<()> {
    move_on(tx, id, &[State::Uploaded, State::Previewed, State::Running], State::Cancelled, now)?;
    if let Some(job) = store::find(tx, id)?.job_id {
        jobs::cancel(tx, now, job)?;
    }
    Ok(())
}

/// Takes back what an import did.
pub fn undo(tx: &mut Tx, id: ImportId, by: Option<StaffId>, now: Instant) -> Result<()> {
    let import = store::find(tx, id)?;
    // An undo whose job was cancelled or given up stands still; it may be asked for again.
    let stands = match import.job_id {
        Some(job) if import.state == State::Undoing => {
            jobs::find(tx, job)?.is_none_or(|job| !matches!(job.state, jobs::State::Queued | jobs::State::Running))
        }
        _ => false,
    };
    let again = if stands { State::Undoing } else { State::Done };
    move_on(tx, id, &[State::Done, State::Failed, State::Cancelled, again], State::Undoing, now)?;
    store::set_progress(tx, id, &Progress { undoing: true, ..import.progress })?;
    queue(tx, UNDO, id, by, now)
}

fn move_on(tx: &mut Tx, id: ImportId, from: &[State], to: State, now: Instant) -> Result<()> {
    let state = store::find(tx, id)?.state;
    if store::turn_to(tx, id, from, to, now)? {
        return Ok(());
    }
    Err(Error::conflict(
        "import_state",
        format!("当前状态为“{}”，不能进行此操作，请刷新后查看。", state_zh(state)),
        format!("The import is {}; this can't be done now.", state.word()),
    ))
}

fn state_zh(state: State) -> &'static str {
    match state {
        State::Uploaded => "已上传",
        State::Previewed => "已预览",
        State::Running => "导入中",
        State::Done => "已完成",
        State::Failed => "失败",
        State::Cancelled => "已取消",
        State::Undoing => "撤销中",
        State::Undone => "已撤销",
    }
}

fn queue(tx: &mut Tx, kind: &str, id: ImportId, by: Option<StaffId>, now: Instant) -> Result<()> {
    let mut job = jobs::NewJob::new(kind, serde_json::json!({ "import": id }), now);
    // No key to share with an earlier run: that one notices at its next checkpoint that it was stopped.
    job.created_by = by;
    let job = jobs::enqueue(tx, now, job)?;
    store::set_job(tx, id, job)
}

/// The job that records a file.
pub struct ImportJob {
    pub files: Files,
    pub observers: Vec<Arc<dyn Observer>>,
}

/// Stores in the import what it failed of, where that will not pass by itself.
pub(super) fn tell(job: &jobs::Running<'_>, import: ImportId, error: &Error) -> Result<()> {
    let passing = matches!(error.kind, Kind::Busy | Kind::Internal) && job.attempt < ATTEMPTS;
    let ours = ["job_cancelled", "job_interrupted", "job_lease_lost"].contains(&error.code);
    if passing || ours {
        return Ok(());
    }
    job.db.write(|tx| store::fail(tx, import, job.now(), error))
}

/// Attempts after which a fault that may pass is taken as lasting.
const ATTEMPTS: i64 = 5;

impl jobs::Handler for ImportJob {
    fn kind(&self) -> &'static str {
        RUN
    }

    fn run(&self, job: &jobs::Running<'_>) -> Result<serde_json::Value> {
        let import = job.read::<Payload>()?.import;
        let checkpoint = |tx: &mut Tx, progress: &Progress| {
            job.checkpoint(
                tx,
                &serde_json::json!({ "rows_settled": progress.rows_settled, "rows_total": progress.rows_total }),
            )
        };
        let engine = Engine {
            db: job.db,
            files: &self.files,
            observers: &self.observers,
            clock: &|| job.now(),
            by: job.created_by,
            checkpoint: &checkpoint,
            told: &|_| {},
        };
        match engine.run(import) {
            // What rows were refused for stays with the import: jobs are shown to more people.
            Ok(import) => {
                serde_json::to_value(Progress { refusals: BTreeMap::new(), ..import.progress }).map_err(Error::internal)
            }
            Err(error) if error.code == "import_stopped" => Ok(serde_json::json!({ "stopped": true })),
            Err(error) => {
                tell(job, import, &error)?;
                Err(error)
            }
        }
    }
}

/// What `zunke import` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub import_id: ImportId,
    pub file: String,
    /// It went on with an import that had stopped before.
    pub resumed: bool,
    #[serde(flatten)]
    pub progress: Progress,
}

/// How a file is run without a server.
pub struct Options<'a> {
    pub files: &'a Files,
    pub by: Option<StaffId>,
}

/// Loads a file from its path to its end, on this thread. Called again after a crash with the same content and mapping
/// it goes on where it stopped.
pub fn run_file(
    db: &Db,
    clock: &dyn Fn() -> Instant,
    path: &Path,
    mapping: &Mapping,
    observers: &[Arc<dyn Observer>],
    options: &Options<'_>,
    told: &dyn Fn(&Progress),
) -> Result<Summary> {
    if let Some(error) = Error::gather(mapping.faults()) {
        return Err(error);
    }
    let (hash, size) = fingerprint(path)?;
    if size == 0 {
        return Err(Error::invalid("file_empty", "文件是空的，没有任何内容。", "The file is empty."));
    }
    let files = options.files;
    let found = db.read(|tx| store::unfinished(tx, &hash, mapping))?;
    let found = found.filter(|import| files.source(import.id).exists());
    let resumed = found.is_some();
    let import = match found {
        Some(import) => {
            let at = clock();
            db.write(|tx| {
                store::turn_to(tx, import.id, &[State::Running, State::Failed, State::Cancelled], State::Running, at)
            })?;
            import
        }
        None => {
            let at = clock();
            let file_name =
                path.file_name().map_or_else(|| "file".to_owned(), |name| name.to_string_lossy().into_owned());
            let inspection = reader::inspect(path, &file_name, &mapping.read)?;
            let (context, own) =
                db.read(|tx| Ok((RecordContext::load(tx, at)?, starter::reader(tx, options.by, at)?)))?;
            Plan::new(mapping, &inspection.shape, &context.zone, at)?.with_fields(&inspection.shape, own)?;
            let import = Import {
                id: ImportId::new(at),
                file_name: safe_name(&file_name),
                file_hash: hash,
                file_size: size,
                state: State::Running,
                progress: Progress { rows_total: inspection.rows, ..Progress::default() },
                inspection,
                mapping: Some(mapping.clone()),
                turn: 0,
                error: None,
                job_id: None,
                created_by: options.by,
                created_at: at,
                started_at: Some(at),
                finished_at: None,
            };
            files.keep(import.id, path)?;
            db.write(|tx| store::insert(tx, &import))?;
            import
        }
    };
    let engine = Engine { db, files, observers, clock, by: options.by, checkpoint: &|_, _| Ok(()), told };
    match engine.run(import.id) {
        Ok(done) => Ok(Summary { import_id: done.id, file: done.file_name, resumed, progress: done.progress }),
        Err(error) => {
            if error.code != "import_stopped" {
                db.write(|tx| store::fail(tx, import.id, clock(), &error))?;
            }
            Err(error)
        }
    }
}
