//! `zunke doctor`: looks at what an operator would look at, and says what is wrong. Fails where something is; a warning
//! alone is no failure.

use crate::output::Output;
use crate::{clock, config, rooms};
use serde::Serialize;
use serde_json::json;
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use zunke_access::settings;
use zunke_kernel::{Error, Result};
use zunke_store::vault::Vault;
use zunke_store::{Db, Engine, Tx, audit, jobs};

/// Less room than this is a fault, and less than ten times this a warning.
const ROOM_MIN: u64 = 200 * 1024 * 1024;
/// Clocks that differ by more are a fault.
const APART_MAX_MS: i64 = 5_000;
const HOUR_MS: i64 = 3_600_000;
/// Files of tickets are walked up to so many.
const FILES_LOOKED_AT: usize = 200_000;
/// Tables whose rows belong to a customer who is there.
const OWNED: [&str; 13] = [
    "activities",
    "activity_keys",
    "customer_phones",
    "customer_emails",
    "external_ids",
    "customer_identities",
    "customer_fields",
    "customer_sensitive",
    "customer_tags",
    "standings",
    "decisions",
    "measure_buckets",
    "tickets",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Good,
    Warning,
    Fault,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    verdict: Verdict,
    detail: String,
}

struct Findings(Vec<Finding>);

impl Findings {
    fn note(&mut self, check: &'static str, verdict: Verdict, detail: impl Into<String>) {
        self.0.push(Finding { check, ok: verdict != Verdict::Fault, verdict, detail: detail.into() });
    }

    fn must(&mut self, check: &'static str, good: bool, detail: impl Into<String>) {
        self.note(check, if good { Verdict::Good } else { Verdict::Fault }, detail);
    }

    fn should(&mut self, check: &'static str, good: bool, detail: impl Into<String>) {
        self.note(check, if good { Verdict::Good } else { Verdict::Warning }, detail);
    }
}

pub fn run(database: &str, data: &Path, output: Output) -> Result<()> {
    let mut findings = Findings(Vec::new());
    if let Err(error) = look(database, data, &mut findings) {
        findings.must("database", false, error.to_string());
    }
    let findings = findings.0;
    let ok = findings.iter().all(|finding| finding.ok);
    output.done(&json!({ "ok": ok, "findings": findings }), || {
        let line = |finding: &Finding| {
            let sign = match finding.verdict {
                Verdict::Good => "✓",
                Verdict::Warning => "!",
                Verdict::Fault => "✗",
            };
            format!("{sign} {:<14} {}", finding.check, finding.detail)
        };
        findings.iter().map(line).collect::<Vec<_>>().join("\n")
    })?;
    if ok {
        return Ok(());
    }
    Err(Error::conflict("doctor_found_faults", "发现问题，见上。", "Something is wrong; see above."))
}

fn look(database: &str, data: &Path, findings: &mut Findings) -> Result<()> {
    if let Some(path) = database.strip_prefix("sqlite:") {
        let there = Path::new(path).is_file();
        findings.must("file", there, path);
        if !there {
            return Ok(());
        }
        if let Some(folder) = config::folder(database) {
            disk("disk", folder, findings);
        }
    }
    if data.is_dir() && config::folder(database) != Some(data) {
        disk("data", data, findings);
    }
    let db = Db::open(database)?;
    db.ping()?;
    findings.must("database", true, format!("{:?}", db.engine()).to_lowercase());
    let applied = db.migrate()?;
    findings.must("migrations", true, if applied.is_empty() { "up to date".into() } else { applied.join(", ") });
    if db.engine() == Engine::Sqlite {
        let said = db.read(|tx| tx.query_one("PRAGMA quick_check", &[], |row| row.text(0)))?.unwrap_or_default();
        findings.must("integrity", said == "ok", said);
    }
    let organisation = db.read(settings::load)?;
    let said = format!("{} {}", organisation.time_zone, organisation.currency.code());
    findings.must("organisation", organisation.check().is_ok(), said);
    let administrators = db.read(|tx| {
        tx.query_one("SELECT COUNT(*) FROM staff WHERE role = 'administrator' AND active = $1", &[true.into()], |row| {
            row.int(0)
        })
    })?;
    // Before the first start there is nobody.
    findings.should("administrators", administrators != Some(0), format!("{} active", administrators.unwrap_or(0)));
    clocks(&db, findings)?;
    let chain = db.read(audit::verify)?;
    let said = chain.broken_at.map_or_else(String::new, |at| format!(", broken at {at}"));
    findings.must("audit", chain.broken_at.is_none(), format!("{} entries{said}", chain.entries));
    db.read(|tx| ledger(tx, findings))?;
    db.read(|tx| orphans(tx, findings))?;
    let counts = db.read(jobs::counts)?;
    let dead = counts.iter().find(|(state, _)| *state == jobs::State::Dead).map_or(0, |(_, count)| *count);
    findings.must("jobs", dead == 0, format!("{dead} dead"));
    let late = clock::now().0 - HOUR_MS;
    let late: Vec<String> = db
        .read(jobs::schedules)?
        .into_iter()
        .filter(|schedule| schedule.next_at.0 < late)
        .map(|schedule| schedule.name)
        .collect();
    findings.should(
        "schedules",
        late.is_empty(),
        if late.is_empty() { "on time".into() } else { format!("overdue: {}", late.join(", ")) },
    );
    keys(data, findings);
    files(&db, data, findings)
}

fn disk(check: &'static str, folder: &Path, findings: &mut Findings) {
    // What the bits say is not what happens: on a full or read-only disk only trying tells.
    let trial = folder.join(format!("doctor-{}.part", std::process::id()));
    let written = fs::write(&trial, b"x");
    let _ = fs::remove_file(&trial);
    if let Err(error) = written {
        findings.must(check, false, format!("{}: {error}", folder.display()));
        return;
    }
    match free(folder) {
        Some(free) => {
            let said = format!("{}: {} MB free", folder.display(), free / (1024 * 1024));
            let verdict = match free {
                free if free < ROOM_MIN => Verdict::Fault,
                free if free < 10 * ROOM_MIN => Verdict::Warning,
                _ => Verdict::Good,
            };
            findings.note(check, verdict, said);
        }
        None => findings.must(check, true, folder.display().to_string()),
    }
}

#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    rustix::fs::statvfs(folder).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

/// Ours against the server's, and against what was written last: a clock that was set back makes times lie.
fn clocks(db: &Db, findings: &mut Findings) -> Result<()> {
    let now = clock::now().0;
    if db.engine() == Engine::Postgres {
        // PostgreSQL only: its own clock is what is looked at.
        let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
        let server = db.read(|tx| tx.query_one(sql, &[], |row| row.int(0)))?.unwrap_or(now);
        let apart = (server - clock::now().0).abs();
        findings.must("clock", apart <= APART_MAX_MS, format!("{apart} ms apart from the database server"));
    }
    let last = db.read(|tx| tx.query_one("SELECT MAX(at) FROM audit", &[], |row| row.opt_int(0)))?.flatten();
    let ahead = last.map_or(0, |last| (last - now).max(0));
    findings.must(
        "clock",
        ahead <= APART_MAX_MS,
        if ahead == 0 { "not behind the record".into() } else { format!("{ahead} ms behind the record") },
    );
    Ok(())
}

/// What is written in one transaction is there together.
fn ledger(tx: &mut Tx, findings: &mut Findings) -> Result<()> {
    let mut count = |sql: &str| tx.query_one(sql, &[], |row| row.opt_int(0)).map(|found| found.flatten().unwrap_or(0));
    let activities = count("SELECT COUNT(*) FROM activities")?;
    let keyed = count("SELECT COUNT(*) FROM activity_keys")?;
    let orders = count("SELECT COUNT(*) FROM activities WHERE kind = 'order'")?;
    let counted = count("SELECT CAST(SUM(orders) AS BIGINT) FROM customers")?;
    findings.must("activities", activities == keyed, format!("{activities} with {keyed} keys"));
    findings.must("orders", orders == counted, format!("{orders}, and {counted} in the customers' sums"));
    let apart = tx.query_one(
        "SELECT COUNT(*) FROM standings s JOIN customers c ON c.customer_id = s.customer_id
         JOIN programmes p ON p.programme_id = s.programme_id
         WHERE p.is_primary = $1 AND s.level_rank <> c.level_rank",
        &[true.into()],
        |row| row.int(0),
    )?;
    let apart = apart.unwrap_or(0);
    findings.must(
        "levels",
        apart == 0,
        format!("{apart} customers with another level in lists than in their standing"),
    );
    Ok(())
}

fn orphans(tx: &mut Tx, findings: &mut Findings) -> Result<()> {
    let mut found = Vec::new();
    for table in OWNED {
        let sql = format!(
            "SELECT COUNT(*) FROM {table} t WHERE t.customer_id <> $1
               AND NOT EXISTS (SELECT 1 FROM customers c WHERE c.customer_id = t.customer_id)"
        );
        // A ticket whose sender is not known yet is nobody's.
        let nobody = zunke_service::ticket::NOBODY;
        let count = tx.query_one(&sql, &[nobody.into()], |row| row.int(0))?.unwrap_or(0);
        if count > 0 {
            found.push(format!("{count} in {table}"));
        }
    }
    findings.must("orphans", found.is_empty(), if found.is_empty() { "none".into() } else { found.join(", ") });
    Ok(())
}

fn keys(data: &Path, findings: &mut Findings) {
    match Vault::in_folder(data).keys() {
        Ok(keys) => findings.must("keys", true, format!("{} in the ring", keys.len())),
        Err(error) => findings.must("keys", false, error.text.en),
    }
    #[cfg(unix)]
    for name in rooms::place(data).keys {
        use std::os::unix::fs::PermissionsExt;
        if let Ok(file) = fs::metadata(data.join(name))
            && file.permissions().mode() & 0o077 != 0
        {
            findings.should("keys", false, format!("{name} can be read by others: chmod 600"));
        }
    }
}

/// Files that rows speak of, and files that no row speaks of.
fn files(db: &Db, data: &Path, findings: &mut Findings) -> Result<()> {
    let kept = zunke_service::files::TicketFiles::new(data.join("tickets"));
    let (mut known, mut missing) = (HashSet::new(), 0u64);
    db.read(|tx| {
        tx.for_each("SELECT file_id FROM ticket_files", &[], |row| {
            let id = row.id(0, zunke_kernel::id::FileId)?;
            if known.len() < FILES_LOOKED_AT {
                if !kept.path(id).is_file() {
                    missing += 1;
                }
                known.insert(id.to_string());
            }
            Ok(())
        })
    })?;
    findings.must("files", missing == 0, format!("{} of tickets, {missing} missing", known.len()));
    if known.len() < FILES_LOOKED_AT {
        let (mut astray, mut half) = (0u64, 0u64);
        for folder in fs::read_dir(data.join("tickets")).into_iter().flatten().flatten() {
            for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                let name = file.file_name().to_string_lossy().into_owned();
                if name.ends_with(".part") {
                    half += 1;
                } else if !known.contains(&name) {
                    astray += 1;
                }
            }
        }
        if astray + half > 0 {
            findings.should("files", false, format!("{astray} that no ticket has, {half} half written"));
        }
    }
    Ok(())
}
