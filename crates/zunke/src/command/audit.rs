//! `zunke audit`: whether the record of who did what is whole, and the record as a file.

use crate::cli::Audit;
use crate::output::Output;
use serde_json::json;
use std::io::{BufWriter, Write};
use zunke_kernel::{Error, Result};
use zunke_store::{Db, audit};

pub fn run(db: &Db, asked: Audit, output: Output) -> Result<()> {
    match asked {
        Audit::Verify(asked) => verify(db, asked.head.as_deref(), output),
        Audit::Export { file } => {
            if file.exists() {
                return Err(Error::conflict(
                    "file_exists",
                    format!("{} 已存在，请换一个文件名。", file.display()),
                    format!("{} is there; choose another name.", file.display()),
                ));
            }
            let mut entries = 0_i64;
            let mut to = BufWriter::new(std::fs::File::create(&file).map_err(Error::internal)?);
            db.read(|tx| {
                audit::export(tx, |line| {
                    entries += 1;
                    writeln!(to, "{line}").map_err(Error::internal)
                })
            })?;
            to.flush().map_err(Error::internal)?;
            output.done(&json!({ "entries": entries }), || {
                output.say("已导出审计记录：", "Entries exported: ").to_owned() + &entries.to_string()
            })
        }
    }
}

fn verify(db: &Db, known: Option<&str>, output: Output) -> Result<()> {
    let (found, (_, head), there) = db.read(|tx| {
        let there = match known {
            Some(hash) => audit::holds(tx, hash)?,
            None => true,
        };
        Ok((audit::verify(tx)?, audit::head(tx)?, there))
    })?;
    if let Some(place) = found.broken_at {
        return Err(Error::conflict(
            "audit_broken",
            format!("审计链在第 {place} 条处中断：该条被改动、删除或添加过。"),
            format!("The audit chain does not hold at entry {place}: it was changed, taken out or put in."),
        ));
    }
    if !there {
        return Err(Error::conflict(
            "audit_cut_off",
            "链中没有您记下的哈希值：末尾的记录被截掉过。",
            "The hash that was written down is not in the chain: entries at its end were cut off.",
        ));
    }
    output.done(&json!({ "entries": found.entries, "ok": true, "head": head }), || match output.say("zh", "en") {
        "zh" => format!("审计链完整，共 {} 条。末条哈希：{head}", found.entries),
        _ => format!("The audit chain is whole, {} entries. Hash of the newest: {head}", found.entries),
    })
}
