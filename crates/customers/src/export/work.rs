//! The job that writes an exported file: everything in bounded memory but a workbook, each row with the export's number.

use super::api::{Asker, Mark, workbook, write_csv};
use super::files::{self, Export, ExportFiles, ExportId, State};
use super::table;
use crate::custom::Sight;
use crate::query::ListParams;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use zunke_access::{Permission, directory, settings};
use zunke_kernel::{Error, Instant, Kind, Result, Text, Zone};
use zunke_store::jobs::{self, Handler, Running};
use zunke_store::{Tx, audit};

/// After so many attempts a file is given up: before the queue gives up its job, so that who asked is told why.
const ATTEMPTS: i64 = 5;

#[derive(Serialize, Deserialize)]
pub(super) struct Payload {
    pub export_id: ExportId,
}

/// Writes exported files.
pub struct WriteExports {
    pub files: ExportFiles,
}

impl WriteExports {
    pub const KIND: &'static str = "customers.export";
}

impl Handler for WriteExports {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let Payload { export_id } = job.read()?;
        let export = job.db.read(|tx| files::find(tx, export_id, None))?;
        if export.state != State::Running {
            return Ok(json!({ "state": export.state }));
        }
        match self.write(job, &export) {
            Ok(rows) => Ok(json!({ "rows": rows })),
            // What is wrong with the question stays wrong; anything else is tried again, some times.
            Err(error) if is_final(&error, job.attempt) => {
                job.db.write(|tx| files::failed(tx, export_id, &error.text))?;
                self.files.remove(export_id)?;
                tracing::warn!(%error, number = export.number, "an export was given up");
                Ok(json!({ "failed": error.code }))
            }
            Err(error) => Err(error),
        }
    }
}

impl WriteExports {
    fn write(&self, job: &Running<'_>, export: &Export) -> Result<i64> {
        let now = job.now();
        let params = read_filters(&export.filters)?;
        let (asker, own, locale) = job.db.read(|tx| {
            // What he may see now, not when he asked.
            let scope = directory::scope_of_starter(tx, export.staff_id, Permission::ExportCustomers, now)?;
            let sight = Sight::of_starter(tx, export.staff_id, now)?;
            let own = table::Own::load(tx, &sight)?;
            Ok((Asker { now, scope, sight, params: params.clone() }, own, settings::load(tx)?.locale))
        })?;
        fs::create_dir_all(self.files.folder()).map_err(Error::internal)?;
        let path = self.files.path(export.id);
        let part = self.files.part(export.id);
        let mark = Mark::of(export);
        let mut to = BufWriter::new(File::create(&part).map_err(Error::internal)?);
        let rows = if export.format == "csv" {
            write_csv(job.db, &asker, &own, locale, &mut to, Some(&mark))?
        } else {
            let (book, rows) = workbook(job.db, &asker, &own, locale, Some(&mark))?;
            to.write_all(&book).map_err(Error::internal)?;
            rows
        };
        to.into_inner().map_err(|error| Error::internal(error.error()))?.sync_all().map_err(Error::internal)?;
        let (sha256, bytes) = fingerprint(&part)?;
        fs::rename(&part, &path).map_err(Error::internal)?;
        let wanted = job.db.write(|tx| {
            let wanted = files::ready(tx, job.now(), export.id, (rows, bytes, &sha256))?;
            if wanted {
                let detail = json!({ "number": export.number, "rows": rows, "bytes": bytes, "sha256": sha256,
                    "reason": export.reason, "approved_by": export.decided_by });
                audit::write(
                    tx,
                    job.now(),
                    Some(export.staff_id),
                    "customers.export_file",
                    &export.id.to_string(),
                    &detail,
                )?;
            }
            Ok(wanted)
        })?;
        if !wanted {
            self.files.remove(export.id)?;
        }
        Ok(rows)
    }
}

/// Whether another attempt is of no use.
fn is_final(error: &Error, attempt: i64) -> bool {
    matches!(error.kind, Kind::Invalid | Kind::Forbidden | Kind::NotFound)
        || (attempt >= ATTEMPTS && !error.code.starts_with("job_"))
}

/// Looks after exports that nobody writes any more, and after files that nobody may have any more: a process that was
/// killed while it wrote leaves both behind.
pub struct WatchExports {
    pub files: ExportFiles,
}

impl WatchExports {
    pub const KIND: &'static str = "customers.exports_watch";

    /// Every ten minutes.
    pub fn schedule(tx: &mut Tx, now: Instant, zone: &Zone) -> Result<()> {
        jobs::schedule(tx, now, zone, "customers.exports", "*/10 * * * *", Self::KIND, &json!({}))
    }
}

impl Handler for WatchExports {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        // Listed first: a file that is made in between is not among them.
        let there = self.files.there()?;
        let now = job.now();
        let (given_up, wanted) = job.db.write(|tx| {
            let left = files::abandoned(tx, WriteExports::KIND)?;
            for id in &left {
                let (zh, en) = (
                    "文件未能写完，已停止重试，请重新生成。",
                    "The file could not be written to its end. Please try again.",
                );
                files::failed(tx, *id, &Text::new(zh, en))?;
            }
            files::expire(tx, now)?;
            Ok((left.len(), files::wanted(tx)?))
        })?;
        let mut removed = 0;
        for id in there.into_iter().filter(|id| !wanted.contains(id)) {
            self.files.remove(id)?;
            removed += 1;
        }
        Ok(json!({ "given_up": given_up, "removed": removed }))
    }
}

fn fingerprint(path: &std::path::Path) -> Result<(String, i64)> {
    let mut file = File::open(path).map_err(Error::internal)?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0i64, vec![0u8; 1 << 16]);
    loop {
        let read = file.read(&mut buffer).map_err(Error::internal)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        bytes += i64::try_from(read).map_err(Error::internal)?;
    }
    Ok((hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(), bytes))
}

/// The filters of a list from its query string.
pub(super) fn read_filters(text: &str) -> Result<ListParams> {
    serde_html_form::from_str(text.trim_start_matches('?')).map_err(|error| {
        Error::invalid("filters_invalid", "筛选条件无效。", "The filters are not valid.").at("filters").caused_by(error)
    })
}
