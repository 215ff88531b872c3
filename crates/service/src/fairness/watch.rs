//! The watch over ordinary customers: where a change of the service standards made them fare worse, whoever runs the
//! service gets a task, once for each change.

use super::{Judged, Verdict, judged};
use crate::escalation;
use crate::store::duties::{self, Own};
use crate::store::fairness as store;
use serde_json::json;
use std::collections::BTreeMap;
use zunke_access::settings;
use zunke_kernel::id::TaskId;
use zunke_kernel::{Error, Instant, Result, Text, Zone};
use zunke_store::Tx;
use zunke_store::jobs::{self, Handler, Running};

const DAY_MS: i64 = 86_400_000;
/// How far back changes are judged: as far as the page shows them.
const BACK_MS: i64 = 84 * DAY_MS;
/// The row among the settings that says which changes were told of, each with the instant of the change.
const TOLD: &str = "service.fairness.told";
/// The `source` of such a task.
pub const SOURCE: &str = "fairness";

/// Looks every morning before work begins.
pub struct Watch;

impl Watch {
    pub const KIND: &'static str = "service.fairness";
}

/// Lets the watch come round.
pub fn schedule(tx: &mut Tx, now: Instant, zone: &Zone) -> Result<()> {
    jobs::schedule(tx, now, zone, "service.fairness", "30 7 * * *", Watch::KIND, &json!({}))
}

impl Handler for Watch {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let now = job.now();
        let told = job.db.write(|tx| {
            let told = look(tx, now)?;
            job.checkpoint(tx, &json!({ "told": told }))?;
            Ok(told)
        })?;
        Ok(json!({ "told": told }))
    }
}

/// Judges the changes of late and makes the tasks for those that are worse and were not told of; answers how many.
pub fn look(tx: &mut Tx, now: Instant) -> Result<usize> {
    let since = now.plus_ms(-BACK_MS);
    let ended = store::ended(tx, since, now.plus_ms(1), BACK_MS)?.into_iter().map(|(_, rank, _)| rank);
    let overdue = store::overdue(tx, now)?.into_iter().map(|(rank, _)| rank);
    let Some(lowest) = ended.chain(overdue).min() else { return Ok(0) };
    let worse: Vec<Judged> =
        judged(tx, since, now, lowest)?.into_iter().filter(|one| one.verdict == Verdict::Worse).collect();
    let before: BTreeMap<String, i64> = tx
        .query_one("SELECT content FROM settings WHERE name = $1", &[TOLD.into()], |row| row.json(0))?
        .unwrap_or_default();
    let mut told: BTreeMap<String, i64> =
        before.iter().filter(|(_, at)| **at >= since.0).map(|(k, v)| (k.clone(), *v)).collect();
    let mut fresh = 0;
    for one in &worse {
        if told.insert(format!("{} {}", one.at.0, one.name), one.at.0).is_none() {
            tell(tx, now, one)?;
            fresh += 1;
        }
    }
    if told != before {
        let content = serde_json::to_string(&told).map_err(Error::internal)?;
        tx.execute(
            "INSERT INTO settings (name, content, version, updated_at) VALUES ($1, $2, 1, $3)
             ON CONFLICT (name) DO UPDATE SET content = excluded.content, updated_at = excluded.updated_at",
            &[TOLD.into(), content.into(), now.into()],
        )?;
    }
    Ok(fresh)
}

fn tell(tx: &mut Tx, now: Instant, one: &Judged) -> Result<()> {
    let organisation = settings::load(tx)?;
    let percent = |kept: super::Kept| format!("{:.1}%", kept.rate() * 100.0);
    let name: String = one.name.chars().take(60).collect();
    let title = Text::new(
        format!("修改“{name}”后，普通客户的承诺达成率下降，请查看"),
        format!("Ordinary customers fare worse since “{name}” was changed"),
    );
    let note = Text::new(
        format!("达成率由 {} 降到 {}（修改前后各四周），超出偶然波动。", percent(one.before), percent(one.after)),
        format!(
            "Promises kept fell from {} to {} (four weeks before and after): more than chance explains.",
            percent(one.before),
            percent(one.after)
        ),
    );
    for staff in escalation::supervisors(tx)? {
        let task = Own {
            id: TaskId::new(now),
            staff_id: staff,
            customer_id: None,
            title: title.get(organisation.locale).to_owned(),
            note: Some(note.get(organisation.locale).to_owned()),
            due_day: Some(organisation.zone().day_of(now)),
            state: "open".into(),
            source: SOURCE.into(),
            created_by: None,
            created_at: now,
            done_at: None,
            version: 1,
        };
        duties::insert(tx, &task, None)?;
    }
    Ok(())
}
