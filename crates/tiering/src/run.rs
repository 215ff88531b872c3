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
use std::sync::{Arc, mpsc};
use zunke_access::settings;
use zunke_customers::headline;
use zunke_kernel::id::{CustomerId, ProgrammeId};
use zunke_kernel::{Day, Instant, Result};
use zunke_store::{Db, Tx};

/// Rows written in one transaction.
const BATCH: usize = 1_000;
/// Potentials, which are narrow, written in one transaction.
const NEAR: usize = 10_000;

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

/// Judges wave after wave, while another thread writes the wave before.
fn everyone(
    db: &Db,
    image: &Image,
    ready: &Ready,
    moment: &Moment,
    summary: &mut Summary,
    progress: Progress<'_>,
) -> Result<()> {
    let all = image.len() as u64;
    let mut levels = [0; 11];
    let pen = Pen { db, ready, moment, progress, all };
    // Without room in between: the rows of a first evaluation must not all wait in memory.
    let (sender, receiver) = mpsc::sync_channel::<Wave>(0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| pen.write(receiver, summary));
        let mut done = 0;
        let mut failed = None;
        for wave in image.partitions.chunks(rayon::current_num_threads().max(1)) {
            let judged: Result<Vec<Judged>> =
                wave.par_iter().map(|partition| judge(db, partition, ready, moment.cause)).collect();
            done += wave.iter().map(Partition::len).sum::<usize>() as u64;
            match judged {
                Ok(judged) => {
                    for counts in judged.iter().map(|judged| judged.levels) {
                        levels.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
                    }
                    // The writer is gone only with an error, which is told below.
                    if sender.send(Wave { judged, done }).is_err() {
                        break;
                    }
                }
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        drop(sender);
        let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        failed.map_or(written, Err)
    })?;
    if ready.is_primary {
        summary.levels.iter_mut().zip(levels).for_each(|(sum, count)| *sum += count);
    }
    summary.customers = summary.customers.max(all);
    Ok(())
}

/// What was judged at one time.
struct Wave {
    judged: Vec<Judged>,
    /// Customers judged so far.
    done: u64,
}

/// Writes what was judged.
struct Pen<'a> {
    db: &'a Db,
    ready: &'a Ready,
    moment: &'a Moment,
    progress: Progress<'a>,
    all: u64,
}

impl Pen<'_> {
    /// Until there is no more. A commit is a sync to disk: few rows wait for more.
    fn write(&self, waves: mpsc::Receiver<Wave>, summary: &mut Summary) -> Result<()> {
        let mut rows: Vec<Row> = Vec::new();
        let mut near: Vec<Near> = Vec::new();
        let mut reached = 0;
        for Wave { judged, done } in waves {
            for judged in judged {
                rows.extend(judged.rows);
                near.extend(judged.near);
            }
            let whole = rows.len() / BATCH * BATCH;
            for rows in rows[..whole].chunks(BATCH) {
                self.rows(rows, done, summary)?;
            }
            rows.drain(..whole);
            if near.len() >= NEAR {
                self.near(&near)?;
                near.clear();
            }
            reached = done;
        }
        if !rows.is_empty() {
            self.rows(&rows, reached, summary)?;
        }
        self.near(&near)
    }

    fn rows(&self, rows: &[Row], done: u64, summary: &mut Summary) -> Result<()> {
        let skipped = self.db.write(|tx| {
            let skipped = write_unless_changed(tx, self.ready, self.moment, rows)?;
            (self.progress)(tx, done, self.all)?;
            Ok(skipped)
        })?;
        count(summary, rows);
        summary.written -= skipped.min(summary.written);
        Ok(())
    }

    /// Potentials of customers who are as they were when the image was read; whoever has changed since has his new one
    /// already.
    fn near(&self, near: &[Near]) -> Result<()> {
        if near.is_empty() {
            return Ok(());
        }
        let ids: Vec<CustomerId> = near.iter().map(|near| near.customer).collect();
        let known: Vec<(CustomerId, i64)> = near.iter().map(|near| (near.customer, near.revision)).collect();
        self.db.write(|tx| {
            standings::lock(tx, &ids)?;
            let same = standings::unchanged(tx, self.ready.programme, &known)?;
            let rows = near.iter().filter(|near| same.contains(&near.customer));
            let rows: Vec<(CustomerId, f64)> = rows.map(|near| (near.customer, near.potential)).collect();
            headline::write_potentials(tx, &rows)
        })
    }
}

/// What the judging of a run of customers gives.
#[derive(Default)]
struct Judged {
    rows: Vec<Row>,
    near: Vec<Near>,
    levels: [u64; 11],
}

/// Somebody of whom nothing but his potential has changed.
#[derive(Clone, Copy)]
struct Near {
    customer: CustomerId,
    potential: f64,
    /// Of the standing that it was reckoned beside.
    revision: i64,
}

fn judge(db: &Db, partition: &Partition, ready: &Ready, cause: Cause) -> Result<Judged> {
    let lives = db.read(|tx| pass::lives(tx, ready, partition))?;
    let mut judged = Judged::default();
    let mut scratch = Scratch::default();
    for at in 0..partition.len() {
        let (id, recorded) = (partition.id(at), partition.recorded(at));
        if ready.frozen.contains(&id) {
            judged.levels[usize::from(recorded.rank.min(10))] += 1;
            continue;
        }
        partition.gather(at, &ready.evaluator.plan, &mut scratch.gathered);
        let assessment =
            ready.evaluator.assess(&mut scratch, partition.profile(at, &ready.evaluator.plan), &ready.cuts);
        let lived = lives.get(&id);
        let (row, rank) = if ready.lives(lived) {
            let row = pass::judge(ready, partition, at, lived, cause, &assessment, &mut scratch);
            let rank = row.as_ref().map_or(recorded.rank, |row| row.standing.rank);
            (row, rank)
        } else {
            (ready.compare(id, assessment, &recorded, cause, &scratch), assessment.rank)
        };
        judged.levels[usize::from(rank.min(10))] += 1;
        if row.is_none()
            && let Some(potential) = ready.moved_potential(&recorded, &assessment)
        {
            judged.near.push(Near { customer: id, potential, revision: recorded.revision });
        }
        judged.rows.extend(row);
    }
    Ok(judged)
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
