//! The jobs of lives: what falls due each day, and reviews of everyone, each as a run with its report. A run first counts
//! what it would do; where more would fall than the brake lets, it stops there until somebody approves.

use super::pass::{self, Report};
use crate::cache::Tiers;
use crate::decision::Cause;
use crate::keep::{Moment, Ready};
use crate::run::evaluate_with;
use crate::store::programmes::{self, Active};
use crate::store::runs::{self, NewRun, Run};
use crate::store::{lives, load};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use zunke_access::settings::{self, Organisation};
use zunke_customers::tag;
use zunke_kernel::id::{JobId, StaffId};
use zunke_kernel::{Day, Error, Instant, Result, Zone};
use zunke_store::jobs::{self, Handler, NewJob, Running};
use zunke_store::{Db, Tx};

/// The kind of the job that does a run.
pub const RUN: &str = "tiering.run";
const STOPPED: &str = "run_stopped";

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Payload {
    /// None: whatever the day brings, in every programme.
    run: Option<uuid::Uuid>,
}

/// Queues the job of a run.
pub fn enqueue(tx: &mut Tx, now: Instant, run: uuid::Uuid, by: Option<StaffId>) -> Result<JobId> {
    let payload = serde_json::to_value(Payload { run: Some(run) }).map_err(Error::internal)?;
    let mut job = NewJob::new(RUN, payload, now);
    job.dedup_key = Some(format!("{RUN} {run}"));
    job.created_by = by;
    jobs::enqueue(tx, now, job)
}

/// Each day, before everyone is evaluated.
pub fn schedule(tx: &mut Tx, now: Instant, zone: &Zone) -> Result<()> {
    jobs::schedule(tx, now, zone, "tiering.daily", "5 0 * * *", RUN, &serde_json::json!({}))
}

/// Does runs. Killed half-way, it goes on: who is done has nothing due any longer, and what everyone's evaluation has
/// written it doesn't write again.
#[derive(Clone, Default)]
pub struct Runs {
    pub tiers: Tiers,
}

impl Handler for Runs {
    fn kind(&self) -> &'static str {
        RUN
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let payload: Payload = job.read()?;
        let clock = || job.now();
        let step =
            |tx: &mut Tx, done: u64, all: u64| job.checkpoint(tx, &serde_json::json!({"done": done, "total": all}));
        let done = match payload.run {
            Some(run) => vec![go(job.db, &clock, run, &step)?],
            None => daily(job.db, &clock, None, None, &step)?,
        };
        self.tiers.touch();
        serde_json::to_value(done).map_err(Error::internal)
    }
}

/// The runs of a day in every programme whose levels have lives: of what is due, and of everyone where a period ended.
/// Answers the runs; a programme for which nothing is due has none.
pub fn daily(
    db: &Db,
    clock: &(dyn Fn() -> Instant + Sync),
    as_of: Option<Day>,
    by: Option<StaffId>,
    progress: crate::run::Progress<'_>,
) -> Result<Vec<Run>> {
    let now = clock();
    let (organisation, active) = db.read(|tx| Ok((settings::load(tx)?, programmes::active(tx)?)))?;
    let as_of = as_of.unwrap_or_else(|| settings::today(&organisation, now));
    let mut done = Vec::new();
    for active in active {
        let Some(life) = &active.rules.life else { continue };
        let programme = active.programme;
        let begins = life.review.cycle.is_some_and(|cycle| cycle.end(as_of.plus(-1)) == as_of.plus(-1));
        let kind = if begins { "review" } else { "daily" };
        let run = db.write(|tx| {
            // One that waits for somebody, or was killed, comes first; it covers this day too when it goes on.
            if let Some(open) = runs::open(tx, programme)? {
                return Ok((open.state == "running").then_some(open.id));
            }
            if kind == "daily" && lives::due(tx, programme, as_of, None, 1)?.is_empty() {
                lives::open_gate(tx, programme, as_of)?;
                return Ok(None);
            }
            let report = Report::default();
            let new = NewRun { programme, kind, state: "running", as_of, preview: false, report, by };
            runs::create(tx, now, &new).map(Some)
        })?;
        if let Some(run) = run {
            done.push(go(db, clock, run, progress)?);
        }
    }
    Ok(done)
}

/// Takes a run as far as it goes.
pub fn go(
    db: &Db,
    clock: &(dyn Fn() -> Instant + Sync),
    id: uuid::Uuid,
    progress: crate::run::Progress<'_>,
) -> Result<Run> {
    let (run, preview, organisation) =
        db.read(|tx| Ok((runs::find(tx, id)?, runs::is_preview(tx, id)?, settings::load(tx)?)))?;
    if run.state != "running" {
        return Ok(run);
    }
    let done = work(db, clock, &run, preview, &organisation, progress);
    match done {
        Ok(()) => {}
        Err(error) if error.code == STOPPED => {}
        // The job comes again; the run stays where it is.
        Err(error) => return Err(error),
    }
    let run = db.read(|tx| runs::find(tx, id))?;
    if matches!(run.state.as_str(), "done" | "paused" | "cancelled") {
        // Also a run that was stopped half-way has moved some: tags by rule follow.
        let now = clock();
        db.write(|tx| tag::work::everyone_evaluated(tx, now))?;
    }
    Ok(run)
}

fn work(
    db: &Db,
    clock: &(dyn Fn() -> Instant + Sync),
    run: &Run,
    preview: bool,
    organisation: &Organisation,
    progress: crate::run::Progress<'_>,
) -> Result<()> {
    let id = run.id;
    let active = db.read(programmes::active)?.into_iter().find(|active| active.programme == run.programme_id);
    let Some(active) = active.filter(|active| active.rules.life.is_some()) else {
        let now = clock();
        return db.write(|tx| {
            runs::turn(tx, id, &["running"], "cancelled")?;
            runs::finish(tx, now, id)
        });
    };
    let approved = run.decided_by.is_some();
    let mut report = run.report.clone();
    // What was counted once stays the report, also when the run goes on after a pause or a kill.
    if !approved && report.customers == 0 {
        report = survey(db, &active, run, organisation)?;
        let stops = report.brake.stops();
        let state = if preview { "preview" } else { "waiting_approval" };
        db.write(|tx| {
            runs::report(tx, id, &report)?;
            if preview || stops {
                runs::turn(tx, id, &["running"], state)?;
            }
            Ok(())
        })?;
        if preview || stops {
            return Ok(());
        }
    }
    let as_of = run.as_of;
    db.write(|tx| lives::open_gate(tx, run.programme_id, as_of))?;
    let told = |tx: &mut Tx, done: u64, all: u64| {
        let now = runs::find(tx, id)?;
        if now.state != "running" {
            return Err(Error::conflict(STOPPED, "该批次已暂停或取消。", "This run was paused or cancelled."));
        }
        runs::report(tx, id, &Report { done: done.min(report.customers), ..report.clone() })?;
        progress(tx, done, all)
    };
    if run.kind == "review" {
        evaluate_with(db, clock, Some(as_of), Cause::Review, &told)?;
    } else {
        let ready = db.read(|tx| Ready::load(tx, &active, as_of, organisation.currency))?;
        let moment = Moment { now: clock(), as_of, currency: organisation.currency, cause: Cause::Review };
        pass::apply_due(db, &ready, &moment, &told, report.customers)?;
    }
    let now = clock();
    db.write(|tx| {
        runs::report(tx, id, &Report { done: report.customers, ..report.clone() })?;
        if runs::turn(tx, id, &["running"], "done")? {
            runs::finish(tx, now, id)?;
        }
        Ok(())
    })
}

fn survey(db: &Db, active: &Active, run: &Run, organisation: &Organisation) -> Result<Report> {
    let as_of = run.as_of;
    if run.kind != "review" {
        let ready = db.read(|tx| Ready::load(tx, active, as_of, organisation.currency))?;
        return pass::survey_due(db, &ready);
    }
    let image = load::image_for(db, active.programme, &active.rules, as_of)?;
    let cuts = image.cuts(&active.rules, as_of);
    let active = Active { cuts: Arc::new(cuts), ..active.clone() };
    let ready = db.read(|tx| Ready::load(tx, &active, as_of, organisation.currency))?;
    pass::survey_all(db, &ready, &image)
}
