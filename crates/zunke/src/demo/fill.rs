//! The job that fills in the demo's customers: batch by batch, each with its checkpoint in one transaction, so that
//! a stop at any moment loses nothing and repeats nothing.

use super::generate::{self, Made, Recipe, TAGS, Team};
use crate::ladder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use zunke_access::settings;
use zunke_customers::record::BATCH_MAX;
use zunke_customers::{CustomerRef, NewActivity, Observer, Outcome, RecordContext, make, record};
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Day, Error, Instant, Result};
use zunke_store::Tx;
use zunke_store::jobs::{self, Filter, Handler, Job, Running};
use zunke_tiering::decision::Cause;
use zunke_tiering::life::Life;
use zunke_tiering::rules::Rules;
use zunke_tiering::run;
use zunke_tiering::store::{lives, programmes};

pub const KIND: &str = "demo.fill";
/// Days before today on which everyone was looked at.
const LOOKED: [i32; 9] = [450, 390, 330, 270, 210, 150, 90, 60, 30];
/// A batch is closed with so many activities or customers.
const ROWS: usize = 1_500;
const CUSTOMERS: usize = 250;

/// What is to be made; the job's payload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    pub customers: u32,
    pub seed: u64,
    /// The first day that is not part of the history.
    pub today: Day,
    pub areas: BTreeMap<String, Corner>,
}

/// A sales area: its department and account managers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Corner {
    pub department: DepartmentId,
    pub managers: Vec<StaffId>,
}

/// How far it has come; the job's progress.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Progress {
    pub done: u32,
    pub total: u32,
    pub activities: u64,
}

/// The demo's job, if this database has one.
pub fn find(tx: &mut Tx) -> Result<Option<Job>> {
    let filter = Filter { kind: Some(KIND.to_owned()), ..Filter::default() };
    Ok(jobs::list(tx, &filter, 1)?.into_iter().next())
}

/// Does the job, through the same doors as an import.
pub struct Fill {
    pub observers: Vec<Arc<dyn Observer>>,
}

impl Handler for Fill {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let plan: Plan = job.read()?;
        let done = job.progress.clone().and_then(|progress| serde_json::from_value(progress).ok());
        let mut progress: Progress = done.unwrap_or(Progress { done: 0, total: plan.customers, activities: 0 });
        let zone = job.db.read(settings::load)?.zone();
        let team = Team {
            areas: plan
                .areas
                .iter()
                .map(|(name, one)| (name.clone(), (one.department, one.managers.clone())))
                .collect(),
        };
        let recipe = Recipe { seed: plan.seed, today: plan.today, zone, team };
        let mut waiting = Vec::new();
        let mut rows = 0;
        for number in progress.done..plan.customers {
            let made = generate::customer(&recipe, number)?;
            rows += made.activities.len();
            waiting.push(made);
            if rows < ROWS && waiting.len() < CUSTOMERS && number + 1 < plan.customers {
                continue;
            }
            progress.done = number + 1;
            progress.activities += rows as u64;
            job.db.write(|tx| {
                self.put(tx, job.now(), &waiting)?;
                job.checkpoint(tx, &serde_json::to_value(progress).map_err(Error::internal)?)
            })?;
            waiting.clear();
            rows = 0;
        }
        self.ladder(job, &plan, progress)
    }
}

impl Fill {
    /// One batch: the customers, then what happened to them.
    fn put(&self, tx: &mut Tx, now: Instant, batch: &[Made]) -> Result<()> {
        let context = RecordContext::load(tx, now)?;
        let mut profiles: Vec<_> = batch.iter().map(|made| made.profile.clone()).collect();
        let ids = make::create_many(tx, &context, &mut profiles)?.into_iter().collect::<Result<Vec<_>>>()?;
        let mut rows = Vec::new();
        for (tag, colour) in TAGS {
            let tagged = batch.iter().zip(&ids).filter(|(made, _)| made.tags.contains(&tag)).map(|(_, id)| *id);
            make::tag_many(tx, now, tag, colour, &tagged.collect::<Vec<_>>())?;
        }
        for (made, id) in batch.iter().zip(ids) {
            rows.extend(
                made.activities
                    .iter()
                    .map(|activity| NewActivity { customer: CustomerRef::Id(id), ..activity.clone() }),
            );
        }
        for rows in rows.chunks(BATCH_MAX) {
            for outcome in record(tx, &context, rows, &self.observers)? {
                if let Outcome::Refused(error) = outcome {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Publishes a ladder drawn from the demo's own buyers, whose levels have a life, and evaluates everyone on some days
    /// of the last fifteen months, so that there are levels kept, under observation, lost and won back.
    fn ladder(&self, job: &Running<'_>, plan: &Plan, progress: Progress) -> Result<serde_json::Value> {
        ladder::ensure_with(job.db, job.now(), Some(plan.today), life)?;
        let zone = job.db.read(settings::load)?.zone();
        // What has passed is no run that anybody must look at.
        job.db.write(|tx| {
            programmes::active(tx)?.iter().try_for_each(|active| lives::open_gate(tx, active.programme, plan.today))
        })?;
        let step =
            |tx: &mut Tx, _: u64, _: u64| job.checkpoint(tx, &serde_json::to_value(progress).map_err(Error::internal)?);
        for days in LOOKED {
            let day = plan.today.plus(-days);
            let then = zone.start_of(day).min(job.now());
            run::evaluate_with(job.db, &|| then, Some(day), Cause::Evaluation, &step)?;
        }
        run::evaluate_with(job.db, job.clock, Some(plan.today), Cause::Evaluation, &step)?;
        // Value classes and other tags by rule follow the levels.
        let now = job.now();
        job.db.write(|tx| zunke_customers::tag::work::much_changed(tx, now))?;
        // Last, when everyone has his level: promises and queue rest on it.
        super::tickets::put(job.db, now, plan.today, plan.seed, &self.observers)?;
        serde_json::to_value(progress).map_err(Error::internal)
    }
}

/// How levels are held at the demo company: kept by four fifths of what they are entered with, the highest one only with
/// somebody's approval.
fn life(rules: &mut Rules) {
    rules.life = Some(Life::recommended());
    let highest = rules.levels.iter().map(|level| level.rank).max();
    for level in &mut rules.levels {
        if level.entry.is_empty() {
            continue;
        }
        let mut keep = level.entry.clone();
        keep.tests.iter_mut().for_each(|test| test.value *= 0.8);
        level.keep = Some(keep);
        level.approval = Some(level.rank) == highest;
    }
}
