//! What waits for a person: rises to be approved, and customers on a border.

use super::standings::{Asked, Row};
use serde::Serialize;
use zunke_access::Scope;
use zunke_customers::query;
use zunke_kernel::id::{CustomerId, JobId, LevelId, ProgrammeId, StaffId};
use zunke_kernel::{Day, Error, Instant, Result, Text, page};
use zunke_store::{Row as Stored, Tx, Value};

/// Follows what a customer's life asks: items come, and go where there is nothing to ask any longer.
pub fn ask(tx: &mut Tx, now: Instant, programme: ProgrammeId, row: &Row, asks: &[Asked]) -> Result<()> {
    for asked in asks {
        let key = [row.customer.into(), programme.into(), asked.kind.into()];
        tx.execute(
            "UPDATE level_queue SET state = 'lapsed', version = version + 1
             WHERE customer_id = $1 AND programme_id = $2 AND kind = $3 AND state = 'open'",
            &key,
        )?;
        let Some((level, on)) = asked.to else { continue };
        let [customer, programme, kind] = key;
        let again = tx.execute(
            "UPDATE level_queue SET state = CASE WHEN state = 'lapsed' THEN 'open' ELSE state END, version = version + 1
             WHERE customer_id = $1 AND programme_id = $2 AND kind = $3 AND asked_on = $4 AND to_level = $5",
            &[customer.clone(), programme.clone(), kind.clone(), on.into(), level.into()],
        )?;
        if again > 0 {
            continue;
        }
        let why = serde_json::to_string(&asked.why.clone().unwrap_or_default()).map_err(Error::internal)?;
        tx.execute(
            "INSERT INTO level_queue (item_id, customer_id, programme_id, kind, state, from_level, to_level, asked_on,
               why, score, rfm, version)
             VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, $8, $9, $10, 1)",
            &[
                JobId::new(now).0.into(),
                customer,
                programme,
                kind,
                row.standing.level.into(),
                level.into(),
                on.into(),
                why.into(),
                row.assessment.score.into(),
                i64::from(row.assessment.grades.code()).into(),
            ],
        )?;
    }
    Ok(())
}

/// An item of the queue.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueItem)]
pub struct Item {
    #[schema(value_type = String)]
    pub id: uuid::Uuid,
    /// `upgrade`, `borderline`, `disagreement`, or `request` (the customer asked for a human being).
    pub kind: String,
    /// `open`, `approved`, `rejected`, `locked` or `lapsed`.
    pub state: String,
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub programme_id: ProgrammeId,
    pub from_level: Option<LevelId>,
    pub to_level: Option<LevelId>,
    pub asked_on: Day,
    pub why: Text,
    pub score: f64,
    /// `543`; 0: none.
    pub rfm: i64,
    pub version: i64,
    pub decided_by: Option<StaffId>,
    pub decided_at: Option<Instant>,
    pub reason: Option<String>,
}

const COLUMNS: &str = "q.item_id, q.kind, q.state, q.customer_id, c.name, q.programme_id, q.from_level, q.to_level, \
    q.asked_on, q.why, q.score, q.rfm, q.version, q.decided_by, q.decided_at, q.reason";

fn item(row: &Stored) -> Result<Item> {
    Ok(Item {
        id: row.uuid(0)?,
        kind: row.text(1)?,
        state: row.text(2)?,
        customer_id: row.id(3, CustomerId)?,
        customer_name: row.text(4)?,
        programme_id: row.id(5, ProgrammeId)?,
        from_level: row.opt_id(6, LevelId)?,
        to_level: row.opt_id(7, LevelId)?,
        asked_on: row.day(8)?,
        why: row.json(9)?,
        score: row.real(10)?,
        rfm: row.int(11)?,
        version: row.int(12)?,
        decided_by: row.opt_id(13, StaffId)?,
        decided_at: row.opt_instant(14)?,
        reason: row.opt_text(15)?,
    })
}

/// Which items a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kind: Option<String>,
    /// Those that are decided, instead of the open ones.
    pub decided: bool,
    pub customer: Option<CustomerId>,
}

/// The items that the scope sees, those that wait longest first; decided ones the latest first.
pub fn list(tx: &mut Tx, scope: &Scope, filter: &Filter, limit: u32, after: Option<&str>) -> Result<page::Page<Item>> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    let mut bind = |value: Value| {
        params.push(value);
        format!("${}", params.len())
    };
    let mut sql =
        format!("SELECT {COLUMNS} FROM level_queue q JOIN customers c ON c.customer_id = q.customer_id WHERE ");
    sql += if filter.decided { "q.state IN ('approved', 'rejected', 'locked')" } else { "q.state = 'open'" };
    if let Some(kind) = &filter.kind {
        sql += &format!(" AND q.kind = {}", bind(kind.into()));
    }
    if let Some(customer) = filter.customer {
        sql += &format!(" AND q.customer_id = {}", bind(customer.into()));
    }
    let (sign, order) = if filter.decided { ("<", " DESC") } else { (">", "") };
    if let Some(mark) = after {
        let refuse = || {
            Error::invalid(
                "after_invalid",
                "翻页标记无效，请从第一页重新开始。",
                "This page mark is not valid; start again from the first page.",
            )
            .at("after")
        };
        let (on, id): (i64, uuid::Uuid) = serde_json::from_value(page::read_mark(mark)?).map_err(|_| refuse())?;
        let (on, id) = (bind(on.into()), bind(Value::Uuid(id)));
        sql += &format!(" AND (q.asked_on, q.item_id) {sign} ({on}, {id})");
    }
    let limited = bind(i64::from(limit + 1).into());
    sql += &format!("{seen} ORDER BY q.asked_on{order}, q.item_id{order} LIMIT {limited}");
    let mut items = tx.query(&sql, &params, item)?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| page::mark(&serde_json::json!([last.asked_on.0, last.id])));
    Ok(page::Page { items, next })
}

/// How many open items of each kind the scope sees.
pub fn counts(tx: &mut Tx, scope: &Scope) -> Result<Vec<(String, i64)>> {
    let (seen, params) = query::seen(tx.engine(), scope);
    let sql = format!(
        "SELECT q.kind, COUNT(*) FROM level_queue q JOIN customers c ON c.customer_id = q.customer_id
         WHERE q.state = 'open'{seen} GROUP BY q.kind ORDER BY q.kind"
    );
    tx.query(&sql, &params, |row| Ok((row.text(0)?, row.int(1)?)))
}

/// One item that the scope sees.
pub fn find(tx: &mut Tx, scope: &Scope, id: uuid::Uuid) -> Result<Item> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    params.push(Value::Uuid(id));
    let sql = format!(
        "SELECT {COLUMNS} FROM level_queue q JOIN customers c ON c.customer_id = q.customer_id
         WHERE q.item_id = ${}{seen}",
        params.len()
    );
    tx.query_one(&sql, &params, item)?.ok_or_else(Error::not_found)
}

/// Closes an open item; answers whether it was open.
pub fn close(tx: &mut Tx, now: Instant, item: &Item, state: &str, by: StaffId, reason: &str) -> Result<bool> {
    let done = tx.execute(
        "UPDATE level_queue SET state = $1, decided_by = $2, decided_at = $3, reason = $4, version = version + 1
         WHERE customer_id = $5 AND item_id = $6 AND state = 'open'",
        &[state.into(), by.into(), now.into(), reason.into(), item.customer_id.into(), Value::Uuid(item.id)],
    )?;
    Ok(done == 1)
}
