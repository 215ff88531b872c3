//! Takes a whole import back: the activities that it recorded go, what it replaced comes back, and the customers that it
//! made and nobody else uses go too. Data of customers that a file of customers changed stays as it is.

use super::files::Files;
use super::progress::Progress;
use super::run::UNDO;
use super::store::{self, State};
use crate::activity::{Activity, CustomerRef, NewActivity};
use crate::record::{Observer, RecordContext, record, withdraw};
use serde::Deserialize;
use std::sync::Arc;
use zunke_kernel::id::{CustomerId, ImportId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Tx, jobs};

/// Activities of one transaction.
const CHUNK: i64 = 500;

#[derive(Deserialize)]
struct Payload {
    import: ImportId,
}

/// The job that undoes an import. It can be stopped and goes on: what is undone leaves nothing to undo.
pub struct UndoJob {
    pub files: Files,
    pub observers: Vec<Arc<dyn Observer>>,
}

impl jobs::Handler for UndoJob {
    fn kind(&self) -> &'static str {
        UNDO
    }

    fn run(&self, job: &jobs::Running<'_>) -> Result<serde_json::Value> {
        let import = job.read::<Payload>()?.import;
        let checkpoint = |tx: &mut Tx, progress: &Progress| {
            job.checkpoint(
                tx,
                &serde_json::json!({ "withdrawn": progress.withdrawn, "removed": progress.customers_removed }),
            )
        };
        let progress = undo(job.db, import, &self.observers, &|| job.now(), &checkpoint)?;
        serde_json::to_value(&progress).map_err(Error::internal)
    }
}

/// Undoes an import in the state `undoing`, to its end.
pub fn undo(
    db: &zunke_store::Db,
    id: ImportId,
    observers: &[Arc<dyn Observer>],
    clock: &dyn Fn() -> Instant,
    checkpoint: super::engine::Checkpoint<'_>,
) -> Result<Progress> {
    let import = db.read(|tx| store::find(tx, id))?;
    let mut progress = import.progress;
    let mut turn = import.turn;
    let mut after = uuid::Uuid::nil();
    loop {
        let now = clock();
        let (next, changed) = db.write(|tx| {
            let context = context(tx, now, import.created_by)?;
            let mut next = progress.clone();
            let (last, keys) = recorded(tx, id, after)?;
            let keys: Vec<(&str, &str)> =
                keys.iter().map(|(source, value)| (source.as_str(), value.as_str())).collect();
            next.withdrawn += withdraw(tx, &context, &keys, observers)? as u64;
            store::checkpoint(tx, id, State::Undoing, turn, &next)?;
            checkpoint(tx, &next)?;
            Ok((next, last))
        })?;
        turn += 1;
        progress = next;
        match changed {
            Some(last) => after = last,
            None => break,
        }
    }
    loop {
        let now = clock();
        let (next, more) = db.write(|tx| {
            let context = context(tx, now, import.created_by)?;
            let mut next = progress.clone();
            let rows = replaced(tx, id)?;
            let again: Vec<NewActivity> = rows.iter().cloned().map(brought_back).collect();
            next.restored += record(tx, &context, &again, observers)?.len() as u64;
            for row in &rows {
                tx.execute(
                    "DELETE FROM import_replaced WHERE import_id = $1 AND source = $2 AND source_id = $3",
                    &[id.into(), row.source.as_str().into(), row.source_id.as_str().into()],
                )?;
            }
            store::checkpoint(tx, id, State::Undoing, turn, &next)?;
            checkpoint(tx, &next)?;
            Ok((next, !rows.is_empty()))
        })?;
        turn += 1;
        progress = next;
        if !more {
            break;
        }
    }
    let mut after = uuid::Uuid::nil();
    loop {
        let now = clock();
        let (next, last) = db.write(|tx| {
            let mut next = progress.clone();
            let idle = made_and_idle(tx, id, after)?;
            next.customers_removed += crate::make::remove_many(tx, now, &idle)?;
            store::checkpoint(tx, id, State::Undoing, turn, &next)?;
            checkpoint(tx, &next)?;
            Ok((next, idle.last().copied()))
        })?;
        turn += 1;
        progress = next;
        match last {
            Some(last) => after = last.0,
            None => break,
        }
    }
    let now = clock();
    db.write(|tx| {
        store::turn_to(tx, id, &[State::Undoing], State::Undone, now)?;
        let detail = serde_json::json!({
            "withdrawn": progress.withdrawn, "restored": progress.restored, "customers_removed": progress.customers_removed,
        });
        zunke_store::audit::write(tx, now, import.created_by, "import.undone", &id.to_string(), &detail)
    })?;
    Ok(progress)
}

fn context(tx: &mut Tx, now: Instant, actor: Option<zunke_kernel::id::StaffId>) -> Result<RecordContext> {
    let mut context = RecordContext::load(tx, now)?;
    context.actor = actor;
    Ok(context)
}

/// Where to go on, and the keys of what is next.
type Step = (Option<uuid::Uuid>, Vec<(String, String)>);

/// The next activities that still bear this import: up to [`CHUNK`], and the customer at which to go on.
fn recorded(tx: &mut Tx, id: ImportId, after: uuid::Uuid) -> Result<Step> {
    let mut last = None;
    let keys = tx.query(
        "SELECT customer_id, source, source_id FROM activities WHERE import_id = $1 AND customer_id >= $2
         ORDER BY customer_id LIMIT $3",
        &[id.into(), after.into(), CHUNK.into()],
        |row| {
            last = Some(row.uuid(0)?);
            Ok((row.text(1)?, row.text(2)?))
        },
    )?;
    Ok((last, keys))
}

fn replaced(tx: &mut Tx, id: ImportId) -> Result<Vec<Activity>> {
    tx.query(
        "SELECT before FROM import_replaced WHERE import_id = $1 ORDER BY source, source_id LIMIT $2",
        &[id.into(), CHUNK.into()],
        |row| row.json(0),
    )
}

fn brought_back(activity: Activity) -> NewActivity {
    NewActivity {
        customer: CustomerRef::Id(activity.customer_id),
        kind: activity.kind,
        source: activity.source,
        source_id: activity.source_id,
        revision: activity.revision,
        occurred_at: activity.occurred_at,
        amount: activity.amount,
        currency: None,
        quantity: activity.quantity,
        channel: activity.channel,
        direction: activity.direction,
        subject: activity.subject,
        body: activity.body,
        staff_id: activity.staff_id,
        of_source_id: activity.of_source_id,
        lines: activity.lines,
    }
}

/// Customers that this import made, with nothing left that anybody recorded of them: no activity, no tag, no owner.
fn made_and_idle(tx: &mut Tx, id: ImportId, after: uuid::Uuid) -> Result<Vec<CustomerId>> {
    tx.query(
        "SELECT c.customer_id FROM customers c
         WHERE c.import_id = $1 AND c.customer_id > $2 AND c.owner_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM activities a WHERE a.customer_id = c.customer_id)
           AND NOT EXISTS (SELECT 1 FROM customer_tags t WHERE t.customer_id = c.customer_id)
         ORDER BY c.customer_id LIMIT $3",
        &[id.into(), after.into(), CHUNK.into()],
        |row| row.id(0, CustomerId),
    )
}
