//! A full evaluation of everyone, beside Polars and beside the database's own SQL.

use crate::base::{RULES, publish};
use crate::figure::tell;
use crate::orders::AS_OF_DAY;
use crate::sql;
use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;
use std::path::Path;
use std::time::Instant as Stopwatch;
use zunke_kernel::Day;
use zunke_store::Db;
use zunke_tiering::rules::Rules;
use zunke_tiering::store::{load, programmes};

const AS_OF: Day = Day(AS_OF_DAY);

/// `peer` is the output of `polars_peer.py` on the CSV of the same orders.
pub fn run(db: &Db, clock: &(dyn Fn() -> zunke_kernel::Instant + Sync), peer: &Path) -> Result<()> {
    db.migrate()?;
    let peer: Value = serde_json::from_str(&std::fs::read_to_string(peer)?)?;
    let polars = peer["seconds"].as_f64().context("the peer's seconds")?;
    let programme = db.read(programmes::primary)?.context("no programme; fill first")?;

    // Everyone as the rules say; what comes out must be what Polars found.
    publish(db, Some(programme.id), RULES)?;
    let first = zunke_tiering::evaluate(db, clock, Some(AS_OF))?;
    for (rank, count) in peer["levels"].as_object().context("the peer's levels")? {
        let ours = first.levels[rank.parse::<usize>()?];
        ensure!(ours == count.as_u64().unwrap_or(0), "rank {rank}: {ours} here, {count} there");
    }
    let (scores, grades) = db
        .read(|tx| {
            tx.query_one("SELECT SUM(score), CAST(SUM(rfm) AS BIGINT) FROM customers", &[], |row| {
                Ok((row.real(0)?, row.int(1)?))
            })
        })?
        .context("sums")?;
    ensure!(Some(grades) == peer["grade_sum"].as_i64(), "grades: {grades} here, {} there", peer["grade_sum"]);
    let difference = (scores - peer["score_sum"].as_f64().unwrap_or(0.0)).abs();
    ensure!(difference < 1.0, "scores differ by {difference}");

    // A threshold moves a little: about 1 % of the levels change.
    let mut rules: Value = serde_json::from_str(RULES)?;
    rules["levels"][1]["entry"]["tests"][0]["value"] = 1_080.into();
    publish(db, Some(programme.id), &rules.to_string())?;
    let (began, cpu) = (Stopwatch::now(), cpu_seconds()?);
    let second = zunke_tiering::evaluate(db, clock, Some(AS_OF))?;
    let whole = began.elapsed().as_secs_f64();
    eprintln!("from the database: {:.2} CPU-seconds", cpu_seconds()? - cpu);
    let memory_mb = peak_memory_mb()?;
    let share = 100.0 * second.changed as f64 / second.customers.max(1) as f64;
    eprintln!("{} of {} levels changed ({share:.2} %)", second.changed, second.customers);

    let began = Stopwatch::now();
    let image = load::image(db, Some(programme.id))?;
    eprintln!("image: {:.2} s, {} MB", began.elapsed().as_secs_f64(), image.size() / 1_000_000);
    let read = Rules::read(&rules.to_string())?;
    let (_, weighed) = image.weigh(&read, AS_OF, &|| false).map_err(|_| anyhow!("cancelled"))?;
    for (level, count) in weighed.levels().iter().zip(&second.levels) {
        ensure!(level.customers == *count, "in memory {}, written {count}", level.customers);
    }
    let cpu = cpu_seconds()?;
    let mut times: Vec<f64> = (0..9)
        .map(|_| {
            let began = Stopwatch::now();
            let done = image.weigh(&read, AS_OF, &|| false);
            std::hint::black_box(done.is_ok());
            began.elapsed().as_secs_f64()
        })
        .collect();
    eprintln!("image in memory: {:.3} CPU-seconds each", (cpu_seconds()? - cpu) / times.len() as f64);
    times.sort_by(f64::total_cmp);
    let memory = times[times.len() / 2];
    drop(image);

    let statements = sql::statements(&rules, AS_OF.0);
    let began = Stopwatch::now();
    let levels = db.write(|tx| {
        tx.execute(&statements[0], &[])?;
        tx.execute(&statements[1], &[])?;
        let levels = tx.query(&statements[2], &[], |row| Ok((row.int(0)?, row.int(1)?)))?;
        tx.execute("DROP TABLE facts", &[])?;
        tx.execute("DROP TABLE limits", &[])?;
        Ok(levels)
    })?;
    let own_sql = began.elapsed().as_secs_f64();
    for (rank, count) in levels {
        let ours = second.levels[usize::try_from(rank)?];
        // SQL doesn't round scores: who comes to 60 by a last digit may be missing.
        let near = ours.abs_diff(count.unsigned_abs()) <= 1 + second.customers / 100_000;
        ensure!(near, "rank {rank}: {ours} here, {count} in SQL");
    }

    let engine = format!("{:?}", db.engine());
    tell(
        &format!("{engine}: evaluate all, from the database"),
        "s",
        whole,
        ("Polars from CSV", polars),
        whole / polars,
        ("<=", 1.0),
    );
    tell(
        &format!("{engine}: evaluate all, from the database"),
        "s",
        whole,
        ("own SQL", own_sql),
        own_sql / whole,
        (">=", 5.0),
    );
    tell(
        &format!("{engine}: evaluate all, image in memory"),
        "s",
        memory,
        ("Polars from CSV", polars),
        memory / polars,
        ("<=", 0.05),
    );
    tell(
        &format!("{engine}: evaluate all, peak memory"),
        "MB",
        memory_mb,
        ("limit", 1_000.0),
        memory_mb / 1_000.0,
        ("<=", 1.0),
    );
    Ok(())
}

/// The highest resident memory of this process so far.
fn peak_memory_mb() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).context("VmHWM")?;
    let kib: f64 = line.split_whitespace().nth(1).context("VmHWM")?.parse()?;
    Ok(kib / 1_000.0)
}

/// What this process has worked so far, all threads together, in ticks of a hundredth.
fn cpu_seconds() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}
