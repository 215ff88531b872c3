//! What is forgotten after its time, and how much that would be.

use crate::erase;
use crate::store;
use crate::work;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use utoipa::ToSchema;
use zunke_customers::privacy::settings::{self, Retention};
use zunke_customers::privacy::{Class, Holders};
use zunke_customers::{Observers, RecordContext, export};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;
use zunke_store::jobs::Running;

const DAY_MS: i64 = 86_400_000;
/// Rows of one transaction.
const STEP: u32 = 500;
/// Customers looked at in one step; each is erased in a transaction of his own.
const PEOPLE: u32 = 200;

/// What a rule would forget now.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PrivacyRetentionPreview)]
pub struct Due {
    pub class: Class,
    pub days: Option<i64>,
    /// Everything of the class that is older than this goes.
    pub before: Option<Instant>,
    /// How many; none where the rule is off.
    pub rows: Option<i64>,
    /// The shortest time that the class may have.
    pub least_days: i64,
}

/// What was forgotten of one class.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Done {
    pub class: Class,
    pub rows: i64,
    /// Customers who could not be erased yet.
    #[serde(default)]
    pub passed: i64,
}

fn before(now: Instant, days: i64) -> Instant {
    now.plus_ms(-days * DAY_MS)
}

/// What these rules would forget now.
pub fn preview(tx: &mut Tx, now: Instant, holders: &Holders, rules: &[Retention]) -> Result<Vec<Due>> {
    let mut found = Vec::new();
    for class in Class::ALL {
        let days = rules.iter().find(|rule| rule.class == class).and_then(|rule| rule.days);
        let before = days.map(|days| before(now, days));
        let rows = match before {
            None => None,
            Some(before) => Some(count(tx, holders, class, before)?),
        };
        found.push(Due { class, days, before, rows, least_days: class.least_days() });
    }
    Ok(found)
}

fn count(tx: &mut Tx, holders: &Holders, class: Class, before: Instant) -> Result<i64> {
    if class == Class::InactiveCustomers {
        return store::count_inactive(tx, before);
    }
    let mut rows = 0;
    for holder in &holders.0 {
        rows += holder.old(tx, class, before)?.unwrap_or(0);
    }
    Ok(rows)
}

/// Forgets what the rules say, a step at a time, each with its checkpoint.
pub fn run(job: &Running<'_>, holders: &Holders, observers: &Observers) -> Result<Vec<Done>> {
    let rules = job.db.read(settings::load)?;
    let mut done: Vec<Done> = Vec::new();
    job.db.write(|tx| {
        let now = job.now();
        let files = export::expire(tx, now)?;
        work::discard(tx, now, &files)
    })?;
    for class in Class::ALL {
        let Some(days) = rules.days(class) else { continue };
        let before = before(job.now(), days);
        let one = if class == Class::InactiveCustomers {
            people(job, holders, observers, before)?
        } else {
            things(job, holders, class, before)?
        };
        done.push(one);
    }
    Ok(done)
}

fn things(job: &Running<'_>, holders: &Holders, class: Class, before: Instant) -> Result<Done> {
    let mut rows = 0;
    for holder in &holders.0 {
        loop {
            let now = job.now();
            let step = job.db.write(|tx| {
                let forgotten = holder.forget(tx, class, before, STEP)?;
                work::discard(tx, now, &forgotten.files)?;
                job.checkpoint(tx, &serde_json::json!({ "class": class, "rows": rows + forgotten.rows }))?;
                Ok(forgotten.rows)
            })?;
            rows += step;
            if step == 0 {
                break;
            }
        }
    }
    Ok(Done { class, rows, passed: 0 })
}

fn people(job: &Running<'_>, holders: &Holders, observers: &Observers, before: Instant) -> Result<Done> {
    let (mut rows, mut passed) = (0, 0);
    let mut after: Option<CustomerId> = None;
    loop {
        let found = job.db.read(|tx| store::inactive(tx, before, after, PEOPLE))?;
        let Some(last) = found.last().copied() else { break };
        for id in found {
            let why = RefCell::new(None);
            let now = job.now();
            job.db.write(|tx| {
                let context = RecordContext { observers: observers.clone(), ..RecordContext::load(tx, now)? };
                let tried = tx.attempt(|tx| erase::erase(tx, holders, &context, id, 0));
                job.checkpoint(tx, &serde_json::json!({ "class": Class::InactiveCustomers, "after": id }))?;
                *why.borrow_mut() = match tried {
                    Ok(_) => None,
                    Err(error) if error.kind == zunke_kernel::Kind::Internal => return Err(error),
                    Err(error) => Some(error.code),
                };
                Ok(())
            })?;
            if why.borrow().is_none() { rows += 1 } else { passed += 1 }
        }
        after = Some(last);
    }
    Ok(Done { class: Class::InactiveCustomers, rows, passed })
}
