//! `zunke migrate`, and bringing back a plain copy of a SQLite file.

use crate::output::Output;
use crate::{clock, open};
use serde_json::json;
use std::path::{Path, PathBuf};
use zunke_kernel::{Error, Kind, Result};
use zunke_store::Db;

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

/// Puts a copy of a SQLite file in the place of the database, as backups once were. It is looked at first; what was
/// there is kept beside it.
pub fn restore(database: &str, file: &Path, replace: bool, output: Output) -> Result<()> {
    let Some(target) = database.strip_prefix("sqlite:").map(PathBuf::from) else {
        return Err(Error::invalid(
            "backup_unreadable",
            "该文件不是由 zunke backup 生成的备份。",
            "This is no backup made by zunke backup.",
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
