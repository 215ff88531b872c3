//! `zunke migrate`, `backup`, `restore` and `doctor`.

use crate::output::Output;
use crate::{clock, config, open};
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use zunke_access::settings;
use zunke_kernel::{Error, Kind, Result};
use zunke_store::{Db, Engine, audit, jobs};

pub fn migrate(database: &str, output: Output) -> Result<()> {
    let applied = open::plain(database)?.migrate()?;
    output.done(&json!({ "applied": applied }), || {
        if applied.is_empty() {
            output.say("数据库已是最新。", "The database is up to date.").to_owned()
        } else {
            format!("{}: {}", output.say("已应用", "Applied"), applied.join(", "))
        }
    })
}

pub fn backup(db: &Db, file: &Path, output: Output) -> Result<()> {
    if file.exists() {
        return Err(Error::conflict(
            "file_exists",
            format!("{} 已存在，备份不会覆盖它，请换一个文件名。", file.display()),
            format!("{} is there already and is not overwritten; choose another name.", file.display()),
        ));
    }
    db.backup(file)?;
    let bytes = std::fs::metadata(file).map_err(Error::internal)?.len();
    output.done(&json!({ "file": file, "bytes": bytes }), || {
        format!("{}: {} ({bytes} bytes)", output.say("已备份", "Backed up"), file.display())
    })
}

/// Puts a backup in the place of the database. The backup is looked at first; what was there is kept beside it.
pub fn restore(database: &str, file: &Path, replace: bool, output: Output) -> Result<()> {
    let Some(target) = database.strip_prefix("sqlite:").map(PathBuf::from) else {
        return Err(Error::invalid(
            "restore_by_server",
            "PostgreSQL 数据库请使用 pg_restore 恢复。",
            "A PostgreSQL database is restored with pg_restore.",
        ));
    };
    if !file.is_file() {
        return Err(Error::new(Kind::NotFound, "file_not_found", "找不到备份文件。", "The backup file is not there."));
    }
    if target.exists() && !replace {
        return Err(Error::conflict(
            "database_exists",
            format!("{} 已存在。确认服务已停止后，加 --replace 替换；原文件会保留。", target.display()),
            format!("{} is there. Stop the service, then add --replace; the old file is kept.", target.display()),
        ));
    }
    open::plain(database).map(drop)?;
    let draft = beside(&target, "restoring");
    std::fs::copy(file, &draft).map_err(Error::internal)?;
    // A file that is no database of ours is refused before anything is touched.
    let checked = Db::open(&format!("sqlite:{}", draft.display())).and_then(|db| db.migrate().map(drop));
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(with_ending(&draft, ending));
    }
    if let Err(error) = checked {
        let _ = std::fs::remove_file(&draft);
        return Err(Error::invalid(
            "backup_unreadable",
            format!("{} 不是可用的备份。", file.display()),
            format!("{} is not a usable backup.", file.display()),
        )
        .caused_by(error));
    }
    let kept = beside(&target, &format!("before-restore-{}", clock::now().0));
    for ending in ["", "-wal", "-shm"] {
        let from = with_ending(&target, ending);
        if from.exists() {
            std::fs::rename(&from, with_ending(&kept, ending)).map_err(Error::internal)?;
        }
    }
    std::fs::rename(&draft, &target).map_err(Error::internal)?;
    output.done(&json!({ "database": target, "kept": kept }), || {
        let kept = format!("{}: {}", output.say("原文件保留在", "The old one is kept as"), kept.display());
        format!("{}\n{kept}", output.say("已恢复。", "Restored."))
    })
}

fn beside(path: &Path, word: &str) -> PathBuf {
    with_ending(path, &format!(".{word}"))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    detail: String,
}

/// Looks at what an operator would: fails where something is wrong.
pub fn doctor(database: &str, output: Output) -> Result<()> {
    let mut findings = Vec::new();
    let found = look(database, &mut findings);
    if let Err(error) = found {
        findings.push(Finding { check: "database", ok: false, detail: error.to_string() });
    }
    let ok = findings.iter().all(|finding| finding.ok);
    output.done(&json!({ "ok": ok, "findings": findings }), || {
        let line = |finding: &Finding| {
            format!("{} {:<14} {}", if finding.ok { "✓" } else { "✗" }, finding.check, finding.detail)
        };
        findings.iter().map(line).collect::<Vec<_>>().join("\n")
    })?;
    if ok {
        return Ok(());
    }
    Err(Error::conflict("doctor_found_faults", "发现问题，见上。", "Something is wrong; see above."))
}

fn look(database: &str, findings: &mut Vec<Finding>) -> Result<()> {
    let mut note = |check, ok, detail: String| findings.push(Finding { check, ok, detail });
    if let Some(path) = database.strip_prefix("sqlite:") {
        let there = Path::new(path).is_file();
        note("file", there, path.to_owned());
        if !there {
            return Ok(());
        }
        if let Some(folder) = config::folder(database) {
            let writable = std::fs::metadata(folder).is_ok_and(|folder| !folder.permissions().readonly());
            note("folder", writable, folder.display().to_string());
        }
    }
    let db = Db::open(database)?;
    db.ping()?;
    note("database", true, format!("{:?}", db.engine()).to_lowercase());
    let applied = db.migrate()?;
    note("migrations", true, if applied.is_empty() { "up to date".into() } else { applied.join(", ") });
    if db.engine() == Engine::Sqlite {
        let said = db.read(|tx| tx.query_one("PRAGMA quick_check", &[], |row| row.text(0)))?.unwrap_or_default();
        note("integrity", said == "ok", said);
    }
    let organisation = db.read(settings::load)?;
    note("organisation", true, format!("{} {}", organisation.time_zone, organisation.currency.code()));
    let chain = db.read(audit::verify)?;
    note("audit", chain.broken_at.is_none(), format!("{} entries", chain.entries));
    let dead = db.read(jobs::counts)?.into_iter().find(|(state, _)| *state == jobs::State::Dead);
    let dead = dead.map_or(0, |(_, count)| count);
    note("jobs", dead == 0, format!("{dead} dead"));
    Ok(())
}
