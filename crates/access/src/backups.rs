//! Backups that come round by themselves, and those that somebody asks for: where they are, how many are kept, when the
//! next one is made.

use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use utoipa::ToSchema;
use zunke_kernel::id::{JobId, StaffId};
use zunke_kernel::{Error, Instant, Result, Zone};
use zunke_store::backup::{self, Lock, Place};
use zunke_store::jobs::{self, Handler, NewJob, Running};
use zunke_store::vault::Vault;
use zunke_store::{Tx, audit};

const NAME: &str = "backups";
const SCHEDULE: &str = "access.backup";
const PREFIX: &str = "zunke-";
/// Backups that are kept at most.
pub const KEEP_MAX: i64 = 365;

/// Where backups are, and what goes into them. The binary puts it in: `app.with(Backups { … })`.
#[derive(Clone, Debug)]
pub struct Backups {
    pub place: Place,
    pub vault: Vault,
    pub folder: PathBuf,
}

/// When a backup is made by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BackupSettings)]
pub struct Settings {
    pub on: bool,
    /// 0 to 23, in the organisation's zone; every day.
    pub hour: i64,
    /// So many of the newest are kept, 1 to 365; older ones are removed after a new one has been read back.
    pub keep: i64,
    /// Counts up with each change; the `ETag`.
    #[serde(default)]
    pub version: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { on: true, hour: 3, keep: 14, version: 0 }
    }
}

impl Settings {
    /// Checks what a person entered; every fault is named.
    pub fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        if !(0..=23).contains(&self.hour) {
            faults.push(Error::invalid("hour_invalid", "时间应为 0 到 23 点。", "The hour is 0 to 23.").at("hour"));
        }
        if !(1..=KEEP_MAX).contains(&self.keep) {
            faults.push(
                Error::invalid(
                    "keep_invalid",
                    format!("保留份数应为 1 到 {KEEP_MAX}。"),
                    format!("Keep 1 to {KEEP_MAX} of them."),
                )
                .at("keep"),
            );
        }
        Error::gather(faults).map_or(Ok(()), Err)
    }
}

/// The stored settings, or those of the beginning.
pub fn load(tx: &mut Tx) -> Result<Settings> {
    let sql = "SELECT content, version FROM settings WHERE name = $1";
    let found = tx.query_one(sql, &[NAME.into()], |row| {
        let mut settings: Settings = row.json(0)?;
        settings.version = row.int(1)?;
        Ok(settings)
    })?;
    Ok(found.unwrap_or_default())
}

/// Keeps others from changing them until the end of this unit of work; answers what stands.
pub(crate) fn lock(tx: &mut Tx, now: Instant) -> Result<Settings> {
    let content = serde_json::to_string(&Settings::default()).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO settings (name, content, version, updated_at) VALUES ($1, $2, 0, $3) ON CONFLICT (name) DO NOTHING",
        &[NAME.into(), content.into(), now.into()],
    )?;
    tx.execute("UPDATE settings SET updated_at = $1 WHERE name = $2", &[now.into(), NAME.into()])?;
    load(tx)
}

pub(crate) fn save(tx: &mut Tx, now: Instant, zone: &Zone, before: &Settings, after: &Settings) -> Result<Settings> {
    after.check()?;
    let saved = Settings { version: before.version + 1, ..*after };
    let content = serde_json::to_string(&saved).map_err(Error::internal)?;
    tx.execute(
        "UPDATE settings SET content = $1, version = $2, updated_at = $3 WHERE name = $4",
        &[content.into(), saved.version.into(), now.into(), NAME.into()],
    )?;
    schedule(tx, now, zone)?;
    Ok(saved)
}

/// Sets the schedule as the settings have it.
pub fn schedule(tx: &mut Tx, now: Instant, zone: &Zone) -> Result<()> {
    let settings = load(tx)?;
    if !settings.on {
        return jobs::unschedule(tx, SCHEDULE).map(drop);
    }
    let cron = format!("10 {} * * *", settings.hour);
    jobs::schedule(tx, now, zone, SCHEDULE, &cron, MakeBackup::KIND, &json!({}))
}

/// Asks for a backup now; one that is on its way already is that one.
pub(crate) fn ask(tx: &mut Tx, now: Instant, by: StaffId) -> Result<JobId> {
    let job = NewJob {
        dedup_key: Some(MakeBackup::KIND.to_owned()),
        created_by: Some(by),
        ..NewJob::new(MakeBackup::KIND, json!({ "by": by }), now)
    };
    jobs::enqueue(tx, now, job)
}

/// A backup that is there.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Backup)]
pub struct Kept {
    /// Its file.
    pub name: String,
    pub created_at: Instant,
    pub bytes: i64,
    /// The version of the program that wrote it.
    pub program: String,
    /// `sqlite` or `postgres`.
    pub engine: String,
}

impl Backups {
    /// What is there, the newest first.
    pub fn list(&self) -> Result<Vec<Kept>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::internal(error)),
        };
        let mut found = Vec::new();
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            if !is_name(&name) {
                continue;
            }
            // One that can't be read is none.
            let (Ok(face), Ok(file)) = (backup::face(&entry.path()), entry.metadata()) else { continue };
            found.push(Kept {
                name,
                created_at: face.created_at,
                bytes: i64::try_from(file.len()).unwrap_or(i64::MAX),
                program: face.program,
                engine: face.engine,
            });
        }
        found.sort_by(|one, other| other.created_at.cmp(&one.created_at).then_with(|| other.name.cmp(&one.name)));
        Ok(found)
    }

    /// The file of this name; 404 for any other.
    pub fn path(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        if is_name(name) && path.is_file() { Ok(path) } else { Err(Error::not_found()) }
    }

    /// Removes what is older than the newest `keep`; answers how many.
    fn prune(&self, keep: i64) -> Result<usize> {
        let old: Vec<Kept> = self.list()?.into_iter().skip(usize::try_from(keep.max(1)).unwrap_or(1)).collect();
        for one in &old {
            fs::remove_file(self.folder.join(&one.name)).map_err(Error::internal)?;
        }
        Ok(old.len())
    }
}

/// Whether a file is called as ours are: letters, digits and hyphens, so that no path is built from a name.
fn is_name(name: &str) -> bool {
    let Some(middle) = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(&format!(".{}", backup::ENDING)))
    else {
        return false;
    };
    !middle.is_empty() && middle.len() <= 40 && middle.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Makes a backup, reads it back, and removes those that are too old.
pub struct MakeBackup {
    pub backups: Backups,
}

impl MakeBackup {
    pub const KIND: &'static str = "access.backup";
}

impl Handler for MakeBackup {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run(&self, job: &Running) -> Result<serde_json::Value> {
        let now = job.now();
        let by: Option<StaffId> = serde_json::from_value(job.payload["by"].clone()).ok();
        let settings = job.db.read(load)?;
        let stamp: String = now.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("{PREFIX}{stamp}.{}", backup::ENDING);
        let path = self.backups.folder.join(&name);
        let written = backup::write(job.db, &self.backups.place, &self.backups.vault, &Lock::Ring, now, &path)?;
        // A backup that does not open is none.
        if let Err(error) = backup::check(&path, &self.backups.vault, None) {
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        let removed = self.backups.prune(settings.keep)?;
        let result = json!({ "name": name, "bytes": written.bytes, "sha256": written.sha256, "removed": removed });
        job.db.write(|tx| audit::write(tx, now, by, "backup.make", &name, &result))?;
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_a_path() {
        assert!(is_name("zunke-20261123T011000000Z.zbackup"));
        for bad in
            ["", "zunke-.zbackup", "zunke-../x.zbackup", "zunke-a/b.zbackup", "zunke-a.zbackup.part", "keys.json"]
        {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn settings_that_make_no_sense_are_named_at_once() {
        let bad = Settings { hour: 24, keep: 0, ..Settings::default() }.check().expect_err("two faults");
        assert_eq!(bad.field.as_deref(), Some("hour"));
        assert_eq!(bad.others.len(), 1);
        assert!(Settings::default().check().is_ok());
    }
}
