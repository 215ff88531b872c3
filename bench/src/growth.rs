//! Whether time and memory per customer stay the same as a base grows: the same reading and weighing on a small base and
//! on larger ones, side by side in one process.

use crate::base::RULES;
use crate::figure::tell;
use crate::orders::AS_OF_DAY;
use anyhow::{Context, Result, anyhow, ensure};
use std::time::Instant as Stopwatch;
use zunke_kernel::Day;
use zunke_store::Db;
use zunke_tiering::rules::Rules;
use zunke_tiering::store::{load, programmes};

/// Of one customer: microseconds of reading, microseconds of weighing, bytes.
struct Each {
    customers: usize,
    read: f64,
    weigh: f64,
    bytes: f64,
}

/// The smallest base first; all of them filled.
pub fn run(databases: &[Db]) -> Result<()> {
    let measured: Vec<Each> = databases.iter().map(each).collect::<Result<_>>()?;
    let (small, larger) = measured.split_first().context("two bases at least")?;
    ensure!(!larger.is_empty(), "two bases at least");
    for each in larger {
        let name = format!("from {} to {} customers", small.customers, each.customers);
        let row = |what: &str, unit: &str, ours: f64, theirs: f64| {
            let peer = ("the smaller base", theirs);
            tell(&format!("SQLite: {what} each, {name}"), unit, ours, peer, ours / theirs, ("<=", 1.2));
        };
        row("reading everyone", "µs", each.read, small.read);
        row("weighing everyone", "µs", each.weigh, small.weigh);
        row("memory of the image", "bytes", each.bytes, small.bytes);
    }
    Ok(())
}

fn each(db: &Db) -> Result<Each> {
    db.migrate()?;
    let programme = db.read(programmes::primary)?.context("no programme; fill first")?.id;
    let rules = Rules::read(RULES)?;
    let (mut reads, mut weighs, mut bytes, mut customers) = (Vec::new(), Vec::new(), 0, 0);
    for _ in 0..5 {
        let began = Stopwatch::now();
        let image = load::image(db, Some(programme))?;
        reads.push(began.elapsed().as_secs_f64());
        let began = Stopwatch::now();
        image.weigh(&rules, Day(AS_OF_DAY), &|| false).map_err(|_| anyhow!("cancelled"))?;
        weighs.push(began.elapsed().as_secs_f64());
        (bytes, customers) = (image.size(), image.len());
    }
    let count = customers.max(1) as f64;
    let middle = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2] * 1_000_000.0 / count
    };
    Ok(Each { customers, read: middle(reads), weigh: middle(weighs), bytes: bytes as f64 / count })
}
