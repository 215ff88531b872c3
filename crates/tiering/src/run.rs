//! Evaluating everyone: days and standings are read into an image, judged in parallel, and only what changed is
//! written, in small transactions. Run twice, or killed half-way and run again, it comes to the same.

use crate::decision::{Cause, Change};
use crate::evaluate::Scratch;
use crate::image::{Image, Partition};
use crate::keep::{CHANGED, Moment, Ready, keep, write};
use crate::life::pass;
use crate::store::standings::{self, Row};
use crate::store::{buckets, load, programmes};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use zunke_access::settings;
use zunke_kernel::id::{CustomerId, ProgrammeId};
use zunke_kernel::{Day, Instant, Result};
use zunke_store::{Db, Tx};

/// Rows written in one transaction.
const BATCH: usize = 1_000;

/// What an evaluation of everyone has done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = EvaluationSummary)]
pub struct Summary {
    pub as_of: Day,
    /// Programmes with published rules.
    pub programmes: u64,
    pub customers: u64,
    /// Standings that were written: level, score, grades or potential changed.
    pub written: u64,
    /// Levels that changed, first entries included.
    pub changed: u64,
    pub up: u64,
    pub down: u64,
    /// Customers per rank of the primary programme, 0 to 10.
    pub levels: Vec<u64>,
    pub took_ms: u64,
}

/// Told after each transaction, inside of it, so that a job can leave its checkpoint there: customers done, of all.
pub type Progress<'a> = &'a (dyn Fn(&mut Tx, u64, u64) -> Result<()> + Sync);

/// Evaluates everyone in every active programme as of a day (the organisation's today where none is given).
pub fn evaluate(db: &Db, clock: &(dyn Fn() -> Instant + Sync), as_of: Option<Day>) -> Result<Summary> {
    evaluate_with(db, clock, as_of, Cause::Evaluation, &|_, _, _| Ok(()))
}

/// Like [`evaluate`], for a cause, telling its progress.
pub fn evaluate_with(
    db: &Db,
    clock: &(dyn Fn() -> Instant + Sync),
    as_of: Option<Day>,
    cause: Cause,
    progress: Progress<'_>,
) -> Result<Summary> {
    let began = clock();
    let (organisation, active) = db.read(|tx| Ok((settings::load(tx)?, programmes::active(tx)?)))?;
    let as_of = as_of.unwrap_or_else(|| settings::today(&organisation, began));
    let mut summary = Summary { as_of, levels: vec![0; 11], ..Summary::default() };
    for mut active in active {
        summary.programmes += 1;
        let image = load::image_for(db, active.programme, &active.rules, as_of)?;
        let cuts = image.cuts(&active.rules, as_of);
        db.write(|tx| programmes::save_cuts(tx, active.version, as_of, &cuts))?;
        active.cuts = Arc::new(cuts);
        let now = clock();
        let ready = pass::ready(db, now, &active, as_of, organisation.currency)?;
        let moment = Moment { now: clock(), as_of, currency: organisation.currency, cause };
        everyone(db, &image, &ready, &moment, &mut summary, progress)?;
        let now = clock();
        db.write(|tx| programmes::evaluated(tx, now, ready.programme, ready.version, as_of))?;
    }
    summary.took_ms = u64::try_from(clock().0 - began.0).unwrap_or(0);
    Ok(summary)
}

fn everyone(
    db: &Db,
    image: &Image,
    ready: &Ready,
    moment: &Moment,
    summary: &mut Summary,
    progress: Progress<'_>,
) -> Result<()> {
    let all = image.len() as u64;
    let mut done = 0;
    let mut waiting: Vec<Row> = Vec::new();
    let mut flush = |rows: &[Row], done: u64| -> Result<()> {
        let skipped = db.write(|tx| {
            let skipped = write_unless_changed(tx, ready, moment, rows)?;
            progress(tx, done, all)?;
            Ok(skipped)
        })?;
        count(summary, rows);
        summary.written -= skipped.min(summary.written);
        Ok(())
    };
    let mut levels = [0; 11];
    // A few runs at a time, so that the rows of a first evaluation don't all wait in memory.
    for wave in image.partitions.chunks(rayon::current_num_threads().max(1) * 2) {
        let judged: Result<Vec<(Vec<Row>, [u64; 11])>> =
            wave.par_iter().map(|partition| judge(db, partition, ready, moment.cause)).collect();
        let judged = judged?;
        done += wave.iter().map(Partition::len).sum::<usize>() as u64;
        for (rows, counts) in judged {
            levels.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            waiting.extend(rows);
        }
        // A commit is a sync to disk: few rows wait for more.
        let whole = waiting.len() / BATCH * BATCH;
        for rows in waiting[..whole].chunks(BATCH) {
            flush(rows, done)?;
        }
        waiting.drain(..whole);
    }
    if !waiting.is_empty() {
        flush(&waiting, done)?;
    }
    if ready.is_primary {
        summary.levels.iter_mut().zip(levels).for_each(|(sum, count)| *sum += count);
    }
    summary.customers = summary.customers.max(all);
    Ok(())
}

fn judge(db: &Db, partition: &Partition, ready: &Ready, cause: Cause) -> Result<(Vec<Row>, [u64; 11])> {
    let lives = db.read(|tx| pass::lives(tx, ready, partition))?;
    let mut rows = Vec::new();
    let mut levels = [0; 11];
    let mut scratch = Scratch::default();
    for at in 0..partition.len() {
        ready.evaluator.gather(partition.days(at), &mut scratch);
        let assessment =
            ready.evaluator.assess(&mut scratch, partition.profile(at, &ready.evaluator.plan), &ready.cuts);
        let (id, recorded) = (partition.id(at), partition.recorded(at));
        let lived = lives.get(&id);
        if ready.lives(lived) {
            let held = pass::judge(ready, partition, at, lived, cause, &assessment, &mut scratch);
            levels[usize::from(held.as_ref().map_or(recorded.rank, |row| row.standing.rank).min(10))] += 1;
            rows.extend(held);
            continue;
        }
        levels[usize::from(assessment.rank.min(10))] += 1;
        rows.extend(ready.compare(id, assessment, recorded, cause, &scratch));
    }
    Ok((rows, levels))
}

fn count(summary: &mut Summary, rows: &[Row]) {
    summary.written += rows.len() as u64;
    for told in rows.iter().flat_map(Row::told).filter(|told| told.decision.change.moves()) {
        summary.changed += 1;
        match told.decision.change {
            Change::Entered | Change::Raised | Change::Returned => summary.up += 1,
            Change::Lowered | Change::Left => summary.down += 1,
            _ => {}
        }
    }
}

/// Writes rows whose customers are as they were when the image was read; the others are evaluated here and now.
/// Answers how many of those there were.
fn write_unless_changed(tx: &mut Tx, ready: &Ready, moment: &Moment, rows: &[Row]) -> Result<u64> {
    let ids: Vec<CustomerId> = rows.iter().map(|row| row.customer).collect();
    standings::lock(tx, &ids)?;
    // As a rule nobody has changed, and the writing itself finds that out: no standing is read twice.
    match tx.attempt(|tx| write(tx, moment, ready, rows)) {
        Err(error) if error.code == CHANGED => {}
        done => return done.map(|()| 0),
    }
    let current = standings::read(tx, &ids)?;
    let revision =
        |id: CustomerId, programme: ProgrammeId| current.get(&(id, programme)).map_or(0, |recorded| recorded.revision);
    let (same, changed): (Vec<Row>, Vec<Row>) =
        rows.iter().cloned().partition(|row| revision(row.customer, ready.programme) == row.revision);
    write(tx, moment, ready, &same)?;
    let ids: Vec<CustomerId> = changed.iter().map(|row| row.customer).collect();
    let years = buckets::read(tx, &ids)?;
    keep(tx, moment, &ids, &years)?;
    Ok(changed.len() as u64)
}
