//! `zunke backup`, `restore` and `keys`.

use crate::cli::{Backup, Keys, Restore};
use crate::output::{Output, grouped};
use crate::{clock, command::database, open, rooms};
use serde_json::json;
use std::path::{Path, PathBuf};
use zunke_customers::Observers;
use zunke_kernel::{Error, Result};
use zunke_privacy::again::{Register, again};
use zunke_store::backup::{self as store, Lock};
use zunke_store::vault::Vault;
use zunke_store::{Db, audit};

/// Where the passphrase may be given.
const VARIABLE: &str = "ZUNKE_BACKUP_PASSPHRASE";

/// The passphrase: of the file, else of the environment. The last line break of a file is not part of it.
fn passphrase(file: Option<&Path>) -> Result<Option<Lock>> {
    let text = match file {
        Some(file) => Some(std::fs::read_to_string(file).map_err(|error| {
            Error::invalid(
                "passphrase_unreadable",
                format!("无法读取口令文件 {}。", file.display()),
                format!("The passphrase file {} can't be read.", file.display()),
            )
            .caused_by(error)
        })?),
        None => std::env::var(VARIABLE).ok(),
    };
    let text = text.map(|text| text.trim_end_matches(['\r', '\n']).to_owned()).filter(|text| !text.is_empty());
    if file.is_some() && text.is_none() {
        return Err(Error::invalid("passphrase_empty", "口令文件是空的。", "The passphrase file is empty."));
    }
    Ok(text.map(Lock::Passphrase))
}

pub fn backup(db: &Db, data: &Path, asked: &Backup, output: Output) -> Result<()> {
    let lock = passphrase(asked.passphrase_file.as_deref())?.unwrap_or(Lock::Ring);
    let now = clock::now();
    let vault = Vault::in_folder(data);
    std::fs::create_dir_all(data).map_err(Error::internal)?;
    let written = store::write(db, &rooms::place(data), &vault, &lock, now, &asked.file)?;
    let detail = json!({ "bytes": written.bytes, "sha256": written.sha256, "by": "command" });
    db.write(|tx| audit::write(tx, now, None, "backup.make", "backup", &detail))?;
    let by_ring = matches!(lock, Lock::Ring);
    let value = json!({
        "file": asked.file,
        "bytes": written.bytes,
        "sha256": written.sha256,
        "files": written.totals.files,
        "rows": written.totals.rows,
        "sealed_with": if by_ring { "key_ring" } else { "passphrase" },
    });
    output.done(&value, || {
        let bytes = grouped(i64::try_from(written.bytes).unwrap_or(i64::MAX));
        let mut lines = vec![
            format!("{}: {} ({bytes} bytes)", output.say("已备份", "Backed up"), asked.file.display()),
            format!("SHA-256: {}", written.sha256),
        ];
        if by_ring {
            let said = output.say(
                "由密钥环加密：请把数据目录中的 keys.json 和 secret.key 另存一处，没有它们无法恢复。",
                "Sealed with the key ring: keep keys.json and secret.key of the data folder elsewhere; without them it can't be restored.",
            );
            lines.push(said.to_owned());
        }
        lines.join("\n")
    })
}

pub fn restore(url: &str, data: &Path, asked: &Restore, output: Output) -> Result<()> {
    if asked.file.is_file() && !store::is_backup(&asked.file) {
        let register = register(url, asked, output)?;
        database::restore(url, &asked.file, asked.replace, output)?;
        return erase_again(url, data, &register).map(|_| ());
    }
    let lock = passphrase(asked.passphrase_file.as_deref())?;
    let vault = Vault::in_folder(data);
    if asked.check {
        let (face, totals) = store::check(&asked.file, &vault, lock.as_ref())?;
        let value = json!({ "file": asked.file, "engine": face.engine, "program": face.program,
            "created_at": face.created_at, "rows": totals.rows, "files": totals.files, "bytes": totals.bytes });
        return output.done(&value, || {
            let whole = output.say("备份完整，可以恢复。", "The backup is whole and opens.");
            format!("{whole}\n{} {} · {} files", face.engine, face.created_at, totals.files)
        });
    }
    let now = clock::now();
    if let Some(folder) = crate::config::folder(url) {
        std::fs::create_dir_all(folder).map_err(Error::internal)?;
    }
    let register = register(url, asked, output)?;
    let done = store::restore(url, &rooms::place(data), &vault, lock.as_ref(), (now, asked.replace), &asked.file)?;
    let db = open::plain(url)?;
    let detail = json!({ "created_at": done.created_at, "program": done.program });
    db.write(|tx| audit::write(tx, now, None, "backup.restore", "backup", &detail))?;
    let erased_again = erase_again(url, data, &register)?;
    let target = url.strip_prefix("sqlite:").map(PathBuf::from);
    let kept = target.as_ref().and_then(|target| {
        done.kept.iter().find(|kept| kept.to_string_lossy().starts_with(&*target.to_string_lossy()))
    });
    let value = json!({ "database": target, "kept": kept, "kept_all": done.kept, "created_at": done.created_at,
        "rows": done.totals.rows, "files": done.totals.files, "audit_entries": done.audit_entries,
        "erased_again": erased_again });
    output.done(&value, || {
        let mut lines = vec![format!("{} {}", output.say("已恢复到", "Restored as of"), done.created_at)];
        for kept in &done.kept {
            lines.push(format!("{}: {}", output.say("原文件保留在", "The old one is kept as"), kept.display()));
        }
        if erased_again > 0 {
            let said =
                output.say("备份之后已匿名化、已重新匿名化的客户", "Customers erased since the backup, erased again");
            lines.push(format!("{said}: {erased_again}"));
        }
        lines.join("\n")
    })
}

/// Who was erased in the database that the restored one takes the place of. What can't be read of the one that is replaced
/// is told: it may be broken, and that is why a backup is wanted.
fn register(url: &str, asked: &Restore, output: Output) -> Result<Register> {
    if let Some(old) = &asked.erased_in {
        return open::plain(old)?.read(Register::read);
    }
    let there = url.strip_prefix("sqlite:").is_some_and(|path| Path::new(path).exists());
    if !asked.replace || !there {
        return Ok(Register::default());
    }
    Ok(open::plain(url).and_then(|db| db.read(Register::read)).unwrap_or_else(|error| {
        tracing::warn!(%error, "the register of erasures could not be read");
        output.progress(output.say(
            "无法读取原数据库的匿名化登记：请按留存的匿名化证明，对备份中的相应客户再次办理。",
            "The register of erasures of the old database can't be read: erase those people again by the certificates that you keep.",
        ));
        output.progress_end();
        Register::default()
    }))
}

/// Erases again who was erased since the backup was made; answers how many.
fn erase_again(url: &str, data: &Path, register: &Register) -> Result<u64> {
    if register.is_empty() {
        return Ok(0);
    }
    let db = open::migrated(url)?;
    let observers = Observers(rooms::House::default().observers());
    again(&db, clock::now(), &rooms::holders(data), &observers, register)
}

pub fn keys(url: &str, data: &Path, asked: &Keys, output: Output) -> Result<()> {
    let vault = Vault::in_folder(data);
    match asked {
        Keys::Show => {
            let (keys, given) = (vault.keys()?, vault.is_given()?);
            output.done(&json!({ "given": given, "keys": keys }), || {
                let active = output.say("使用中", "in use");
                let line = |key: &zunke_store::vault::KeyFace| {
                    format!("{:>4} {}", key.id, if key.active { active } else { "" })
                };
                keys.iter().map(line).collect::<Vec<_>>().join("\n")
            })
        }
        Keys::Rotate => {
            let (db, now) = (open::migrated(url)?, clock::now());
            let id = vault.rotate(now)?;
            let sealed = rooms::reseal(&db, data)?;
            let detail = json!({ "key": id, "resealed": sealed });
            db.write(|tx| audit::write(tx, now, None, "keys.rotate", &id.to_string(), &detail))?;
            output.done(&json!({ "key": id, "resealed": sealed }), || {
                format!(
                    "{} {id}. {}: {sealed}",
                    output.say("新密钥", "New key"),
                    output.say("已用它重新加密", "Sealed anew with it")
                )
            })
        }
    }
}
