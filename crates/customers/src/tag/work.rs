//! The job that keeps tags by rule for everyone: when a rule is saved, after everyone's level was decided anew, after an
//! import, and every night for what changes with the day alone. A rule that fails stands aside, the others go on; one
//! that fails twice is shown as stale, and what it gave stays until it is mended.

use super::apply::different;
use super::rule::{self, Rule};
use super::{At, Moved, Part, apply, concerned};
use crate::record::{Observers, RecordContext};
use crate::store::tags::{self, Tag};
use crate::store::{TagId, customers};
use serde::{Deserialize, Serialize};
use zunke_kernel::{Error, Instant, Result, Zone};
use zunke_store::Tx;
use zunke_store::jobs::{self, Handler, NewJob, Running};

/// The kind of the job.
pub const KEEP: &str = "tags.keep";
/// Customers of one transaction.
const BATCH: usize = 500;
const AGAIN_MS: i64 = 60_000;

/// Which rules are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Which {
    All,
    /// Those that speak of levels, scores and facts.
    Headline,
    These(Vec<TagId>),
}

fn enqueue(tx: &mut Tx, now: Instant, at: Instant, which: &Which) -> Result<()> {
    let payload = serde_json::json!({ "which": which });
    jobs::enqueue(tx, now, NewJob::new(KEEP, payload, at)).map(|_| ())
}

/// Asks one rule of everyone, soon: it was made or changed.
pub(crate) fn rule_changed(tx: &mut Tx, now: Instant, tags: Vec<TagId>) -> Result<()> {
    if tags.is_empty() { Ok(()) } else { enqueue(tx, now, now, &Which::These(tags)) }
}

/// Asks all rules of everyone: much has changed at once.
pub fn much_changed(tx: &mut Tx, now: Instant) -> Result<()> {
    enqueue(tx, now, now, &Which::All)
}

/// Asks the rules that speak of levels and facts: everyone was evaluated.
pub fn everyone_evaluated(tx: &mut Tx, now: Instant) -> Result<()> {
    enqueue(tx, now, now, &Which::Headline)
}

/// Every night, when the new day's levels have been decided: what has moved with the day, and whatever was missed.
pub fn schedule(tx: &mut Tx, now: Instant, zone: &Zone) -> Result<()> {
    jobs::schedule(tx, now, zone, "tags.nightly", "50 0 * * *", KEEP, &serde_json::json!({"which": Which::All}))
}

#[derive(Deserialize)]
struct Payload {
    which: Which,
}

/// Runs the job.
#[derive(Clone, Debug, Default)]
pub struct KeepTags {
    /// Told of whose tags have changed.
    pub observers: Observers,
}

#[derive(Debug, Default, Serialize)]
struct Summary {
    rules: usize,
    gained: usize,
    lost: usize,
    failed: usize,
}

impl Handler for KeepTags {
    fn kind(&self) -> &'static str {
        KEEP
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let payload: Payload = job.read()?;
        let (rules, broken) = job.db.read(rule::all)?;
        let mut summary = Summary::default();
        for (tag, error) in broken.iter().filter(|(tag, _)| wanted(&payload.which, tag, None)) {
            summary.failed += 1;
            failed(job, tag, error)?;
        }
        for rule in rules.iter().filter(|rule| wanted(&payload.which, &rule.tag, Some(rule))) {
            summary.rules += 1;
            match keep(job, &self.observers, &rules, rule, &mut summary) {
                Ok(()) => {}
                Err(error) if error.code.starts_with("job_") => return Err(error),
                Err(error) => {
                    summary.failed += 1;
                    failed(job, &rule.tag, &error)?;
                }
            }
        }
        serde_json::to_value(summary).map_err(Error::internal)
    }
}

fn wanted(which: &Which, tag: &Tag, rule: Option<&Rule>) -> bool {
    match which {
        Which::All => true,
        Which::These(ids) => ids.contains(&tag.id),
        Which::Headline => rule.is_none_or(|rule| rule.needs.parts.contains(&Part::Headline)),
    }
}

/// Brings one rule up to date for everyone, in small steps: each looks again at the customers it changes.
fn keep(job: &Running<'_>, observers: &Observers, rules: &[Rule], rule: &Rule, summary: &mut Summary) -> Result<()> {
    let (at, ids) = job.db.read(|tx| {
        let at = At::of(&RecordContext::load(tx, job.now())?);
        let ids = different(tx, &at, rule)?;
        Ok((at, ids))
    })?;
    // Who speaks of this tag is asked with it.
    let mut asked = vec![rule];
    asked.extend(concerned(rules, &[Part::Tag(rule.tag.id.0)]));
    for ids in ids.chunks(BATCH) {
        let now = job.now();
        let moved = job.db.write(|tx| {
            let at = At { now, ..at.clone() };
            let there = customers::lock(tx, ids)?;
            if !tags::is_rule(tx, &rule.tag)? {
                // Changed or taken away meanwhile: whoever did it has queued what is to be done now.
                return Ok(Moved::default());
            }
            let moved = apply(tx, &at, &asked, &there)?;
            if moved.any() && observers.edited(tx, now, at.today, &there)? {
                apply(tx, &at, &concerned(rules, &[Part::Headline]), &there)?;
            }
            job.checkpoint(
                tx,
                &serde_json::json!({"tag": rule.tag.name, "gained": summary.gained, "lost": summary.lost}),
            )?;
            Ok(moved)
        })?;
        summary.gained += moved.gained;
        summary.lost += moved.lost;
    }
    let now = job.now();
    job.db.write(|tx| tags::rule_kept(tx, now, &rule.tag))
}

fn failed(job: &Running<'_>, tag: &Tag, error: &Error) -> Result<()> {
    let now = job.now();
    job.db.write(|tx| {
        let failures = tags::rule_failed(tx, tag, error)?;
        if failures == 1 {
            enqueue(tx, now, now.plus_ms(AGAIN_MS), &Which::These(vec![tag.id]))?;
        }
        Ok(())
    })
}
