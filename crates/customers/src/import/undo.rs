//! Takes a whole import back: the activities that it recorded go, what it replaced comes back, and the customers that it
//! made and nobody else uses go too. Own fields that a file of customers changed get their former values back, and whom
//! it moved goes back to his former category, unless somebody changed that since; other data of customers that it changed
//! stays as it is.

use super::files::Files;
use super::progress::Progress;
use super::run::{UNDO, tell};
use super::starter;
use super::store::{self, State};
use crate::activity::{Activity, CustomerRef, NewActivity, Outcome};
use crate::query;
use crate::record::{Observer, Observers, record, withdraw};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use zunke_access::Scope;
use zunke_kernel::id::{CustomerId, ImportId, StaffId};
use zunke_kernel::{Error, Instant, Kind, Result};
use zunke_store::{Tx, jobs};

/// Activities of one transaction.
const CHUNK: i64 = 500;
/// Customers of one transaction whose own fields are brought back.
const FIELDS_CHUNK: u32 = 500;

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
        match undo(job.db, import, job.created_by, &self.observers, &|| job.now(), &checkpoint) {
            Ok(progress) => {
                serde_json::to_value(Progress { refusals: BTreeMap::new(), ..progress }).map_err(Error::internal)
            }
            Err(error) if error.code == "import_stopped" => Ok(serde_json::json!({ "stopped": true })),
            Err(error) => {
                tell(job, import, &error)?;
                Err(error)
            }
        }
    }
}

/// Undoes an import in the state `undoing`, to its end, within the scope of the one who asked for it (`None`: the whole
/// house). What lies outside of it stays and is told as an error in the end: somebody who sees everything can go on.
pub fn undo(
    db: &zunke_store::Db,
    id: ImportId,
    by: Option<StaffId>,
    observers: &[Arc<dyn Observer>],
    clock: &dyn Fn() -> Instant,
    checkpoint: super::engine::Checkpoint<'_>,
) -> Result<Progress> {
    let import = db.read(|tx| store::find(tx, id))?;
    let mut progress = Progress { undoing: true, out_of_reach: 0, ..import.progress };
    let mut turn = import.turn;
    let mut after = uuid::Uuid::nil();
    loop {
        let now = clock();
        let (next, changed) = db.write(|tx| {
            let context = starter::context(tx, now, by)?;
            let mut next = progress.clone();
            let (last, keys) = recorded(tx, &context.scope, id, after)?;
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
    let mut after = (String::new(), String::new());
    loop {
        let now = clock();
        let (next, last) = db.write(|tx| {
            let context = starter::context(tx, now, by)?;
            let mut next = progress.clone();
            let rows = replaced(tx, id, &after)?;
            let again: Vec<NewActivity> = rows.iter().cloned().map(brought_back).collect();
            let outcomes = record(tx, &context, &again, observers)?;
            for (row, outcome) in rows.iter().zip(&outcomes) {
                if matches!(outcome, Outcome::Refused(_)) {
                    next.out_of_reach += 1;
                    continue;
                }
                next.restored += 1;
                tx.execute(
                    "DELETE FROM import_replaced WHERE import_id = $1 AND source = $2 AND source_id = $3",
                    &[id.into(), row.source.as_str().into(), row.source_id.as_str().into()],
                )?;
            }
            store::checkpoint(tx, id, State::Undoing, turn, &next)?;
            checkpoint(tx, &next)?;
            Ok((next, rows.last().map(|row| (row.source.clone(), row.source_id.clone()))))
        })?;
        turn += 1;
        progress = next;
        match last {
            Some(last) => after = last,
            None => break,
        }
    }
    let mut after = CustomerId(uuid::Uuid::nil());
    loop {
        let now = clock();
        let last = db.write(|tx| {
            let context = starter::context(tx, now, by)?;
            let (last, changed) = crate::custom::undo(tx, now, &context.scope, id, after, FIELDS_CHUNK)?;
            Observers(observers.to_vec()).edited(tx, now, context.today, &changed)?;
            store::checkpoint(tx, id, State::Undoing, turn, &progress)?;
            checkpoint(tx, &progress)?;
            Ok(last)
        })?;
        turn += 1;
        match last {
            Some(last) => after = last,
            None => break,
        }
    }
    let mut after = CustomerId(uuid::Uuid::nil());
    loop {
        let now = clock();
        let last = db.write(|tx| {
            let mut context = starter::context(tx, now, by)?;
            context.observers = Observers(observers.to_vec());
            let last = crate::category::take_back(tx, &context, id, after, FIELDS_CHUNK)?;
            store::checkpoint(tx, id, State::Undoing, turn, &progress)?;
            checkpoint(tx, &progress)?;
            Ok(last)
        })?;
        turn += 1;
        match last {
            Some(last) => after = last,
            None => break,
        }
    }
    let mut after = uuid::Uuid::nil();
    loop {
        let now = clock();
        let (next, last) = db.write(|tx| {
            let mut next = progress.clone();
            let context = starter::context(tx, now, by)?;
            let idle = made_and_idle(tx, &context.scope, id, after)?;
            next.customers_removed += crate::make::remove_many(tx, now, &idle, observers)?;
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
    progress.out_of_reach += db.read(|tx| left(tx, id))?;
    if progress.out_of_reach > 0 {
        return Err(out_of_reach(progress.out_of_reach));
    }
    let now = clock();
    db.write(|tx| {
        store::turn_to(tx, id, &[State::Undoing], State::Undone, now)?;
        let detail = serde_json::json!({
            "withdrawn": progress.withdrawn, "restored": progress.restored, "customers_removed": progress.customers_removed,
        });
        zunke_store::audit::write(tx, now, by, "import.undone", &id.to_string(), &detail)
    })?;
    Ok(progress)
}

/// Activities that still bear this import.
fn left(tx: &mut Tx, id: ImportId) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM activities WHERE import_id = $1";
    let left = tx.query_one(sql, &[id.into()], |row| row.int(0))?.unwrap_or(0);
    Ok(u64::try_from(left).unwrap_or(0))
}

fn out_of_reach(left: u64) -> Error {
    Error::new(
        Kind::Forbidden,
        "undo_out_of_reach",
        format!("有 {left} 条记录的客户不在您的权限范围内，未能撤销；其余已撤销。请由可查看全部客户的同事继续。"),
        format!(
            "{left} records belong to customers outside of what you may see and stay; the rest is undone. Somebody who sees all customers can go on."
        ),
    )
}

/// Where to go on, and the keys of what is next.
type Step = (Option<uuid::Uuid>, Vec<(String, String)>);

/// The next activities within the scope that still bear this import: up to [`CHUNK`], and the customer at which to go
/// on.
fn recorded(tx: &mut Tx, scope: &Scope, id: ImportId, after: uuid::Uuid) -> Result<Step> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    let at = params.len();
    params.extend([id.into(), after.into(), CHUNK.into()]);
    let sql = format!(
        "SELECT a.customer_id, a.source, a.source_id FROM activities a
         JOIN customers c ON c.customer_id = a.customer_id
         WHERE a.import_id = ${} AND a.customer_id >= ${}{seen} ORDER BY a.customer_id LIMIT ${}",
        at + 1,
        at + 2,
        at + 3
    );
    let mut last = None;
    let keys = tx.query(&sql, &params, |row| {
        last = Some(row.uuid(0)?);
        Ok((row.text(1)?, row.text(2)?))
    })?;
    Ok((last, keys))
}

fn replaced(tx: &mut Tx, id: ImportId, (source, source_id): &(String, String)) -> Result<Vec<Activity>> {
    tx.query(
        "SELECT before FROM import_replaced WHERE import_id = $1 AND (source, source_id) > ($2, $3)
         ORDER BY source, source_id LIMIT $4",
        &[id.into(), source.as_str().into(), source_id.as_str().into(), CHUNK.into()],
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

/// Customers within the scope that this import made, with nothing left that anybody recorded of them: no activity, no
/// tag, no owner but the one who made the import within his own customers.
fn made_and_idle(tx: &mut Tx, scope: &Scope, id: ImportId, after: uuid::Uuid) -> Result<Vec<CustomerId>> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    let at = params.len();
    params.extend([id.into(), after.into(), CHUNK.into()]);
    let sql = format!(
        "SELECT c.customer_id FROM customers c
         WHERE c.import_id = ${0} AND c.customer_id > ${1}
           AND (c.owner_id IS NULL OR c.owner_id = (SELECT i.created_by FROM imports i WHERE i.import_id = ${0}))
           AND NOT EXISTS (SELECT 1 FROM activities a WHERE a.customer_id = c.customer_id)
           AND NOT EXISTS (SELECT 1 FROM customer_tags t WHERE t.customer_id = c.customer_id){seen}
         ORDER BY c.customer_id LIMIT ${2}",
        at + 1,
        at + 2,
        at + 3
    );
    tx.query(&sql, &params, |row| row.id(0, CustomerId))
}
