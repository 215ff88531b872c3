//! Hand-overs, what they moved, and who signed.

use crate::handover::{Count, HandOver, HandOverId, Item, Signature};
use serde_json::Value as Json;
use uuid::Uuid;
use zunke_kernel::id::{CustomerId, StaffId, TaskId, VisitId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx, Value};

const COLUMNS: &str = "hand_over_id, from_id, from_name, state, plan, counts, note, customer_line, created_by, created_at, \
     done_at, version";

fn read(row: &Row) -> Result<HandOver> {
    Ok(HandOver {
        id: row.id(0, HandOverId)?,
        from_id: row.id(1, StaffId)?,
        from_name: row.text(2)?,
        state: row.text(3)?,
        plan: row.json(4)?,
        counts: row.json(5)?,
        note: row.text(6)?,
        customer_line: row.text(7)?,
        created_by: row.opt_id(8, StaffId)?,
        created_at: row.instant(9)?,
        done_at: row.opt_instant(10)?,
        version: row.int(11)?,
    })
}

fn json<T: serde::Serialize>(value: &T) -> Result<Value> {
    Ok(serde_json::to_string(value).map_err(Error::internal)?.into())
}

pub fn insert(tx: &mut Tx, one: &HandOver) -> Result<()> {
    tx.execute(
        &format!("INSERT INTO hand_overs ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"),
        &[
            one.id.0.into(),
            one.from_id.into(),
            one.from_name.as_str().into(),
            one.state.as_str().into(),
            json(&one.plan)?,
            json(&one.counts)?,
            one.note.as_str().into(),
            one.customer_line.as_str().into(),
            one.created_by.into(),
            one.created_at.into(),
            one.done_at.into(),
            one.version.into(),
        ],
    )?;
    Ok(())
}

/// Writes how far it has come; the version counts up.
pub fn save(tx: &mut Tx, one: &HandOver) -> Result<()> {
    tx.execute(
        "UPDATE hand_overs SET state = $1, plan = $2, counts = $3, note = $4, customer_line = $5, done_at = $6,
           version = version + 1 WHERE hand_over_id = $7",
        &[
            one.state.as_str().into(),
            json(&one.plan)?,
            json(&one.counts)?,
            one.note.as_str().into(),
            one.customer_line.as_str().into(),
            one.done_at.into(),
            one.id.0.into(),
        ],
    )?;
    Ok(())
}

pub fn find(tx: &mut Tx, id: HandOverId) -> Result<Option<HandOver>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM hand_overs WHERE hand_over_id = $1"), &[id.0.into()], read)
}

/// Alone with it until the end of this unit of work.
pub fn lock(tx: &mut Tx, id: HandOverId) -> Result<Option<HandOver>> {
    tx.execute("UPDATE hand_overs SET version = version WHERE hand_over_id = $1", &[id.0.into()])?;
    find(tx, id)
}

/// Whether one from this manager is under way.
pub fn running(tx: &mut Tx, from: StaffId) -> Result<bool> {
    let sql = "SELECT 1 FROM hand_overs WHERE from_id = $1 AND state = 'running' LIMIT 1";
    Ok(tx.query_one(sql, &[from.into()], |row| row.int(0))?.is_some())
}

/// The latest; of one person, those that he has a part in.
pub fn list(tx: &mut Tx, party: Option<StaffId>, limit: i64) -> Result<Vec<HandOver>> {
    let own = "AND EXISTS (SELECT 1 FROM hand_over_signatures s
         WHERE s.hand_over_id = hand_overs.hand_over_id AND s.staff_id = $1)";
    let sql = format!(
        "SELECT {COLUMNS} FROM hand_overs WHERE 1 = 1 {} ORDER BY created_at DESC, hand_over_id DESC LIMIT ${}",
        if party.is_some() { own } else { "" },
        if party.is_some() { 2 } else { 1 }
    );
    let mut params: Vec<Value> = party.map(Value::from).into_iter().collect();
    params.push(limit.into());
    tx.query(&sql, &params, read)
}

/// Adds what has been moved; the same item a second time stays once.
pub fn add_items(tx: &mut Tx, id: HandOverId, items: &[Item]) -> Result<()> {
    let rows: Vec<Vec<Value>> = items
        .iter()
        .map(|item| {
            vec![
                item.customer_id.into(),
                id.0.into(),
                item.item_id.into(),
                item.kind.as_str().into(),
                item.title.as_str().into(),
                Value::json(&item.detail),
                item.to_id.into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO hand_over_items (customer_id, hand_over_id, item_id, kind, title, detail, to_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (customer_id, hand_over_id, item_id) DO NOTHING",
        &rows,
    )?;
    Ok(())
}

/// What was moved, by kind; `to`: only what he got.
pub fn items(tx: &mut Tx, id: HandOverId, to: Option<StaffId>, limit: i64) -> Result<Vec<Item>> {
    tx.query(
        "SELECT customer_id, item_id, kind, title, detail, to_id FROM hand_over_items
         WHERE hand_over_id = $1 AND to_id = COALESCE($2, to_id) ORDER BY kind, title, item_id LIMIT $3",
        &[id.0.into(), to.into(), limit.into()],
        |row| {
            Ok(Item {
                customer_id: row.id(0, CustomerId)?,
                item_id: row.uuid(1)?,
                kind: row.text(2)?,
                title: row.text(3)?,
                detail: row.json(4)?,
                to_id: row.id(5, StaffId)?,
            })
        },
    )
}

/// How much was moved to whom.
pub fn counts(tx: &mut Tx, id: HandOverId) -> Result<Vec<Count>> {
    tx.query(
        "SELECT to_id, kind, COUNT(*) FROM hand_over_items WHERE hand_over_id = $1 GROUP BY to_id, kind ORDER BY to_id, kind",
        &[id.0.into()],
        |row| Ok(Count { to_id: row.id(0, StaffId)?, kind: row.text(1)?, items: row.int(2)? }),
    )
}

/// Who is to sign; who is there already stays as he is.
pub fn add_signatory(tx: &mut Tx, id: HandOverId, staff: StaffId, name: &str, side: &str) -> Result<()> {
    tx.execute(
        "INSERT INTO hand_over_signatures (hand_over_id, staff_id, staff_name, side) VALUES ($1, $2, $3, $4)
         ON CONFLICT (hand_over_id, staff_id) DO NOTHING",
        &[id.0.into(), staff.into(), name.into(), side.into()],
    )?;
    Ok(())
}

/// Signs once: false where it is signed already.
pub fn sign(tx: &mut Tx, now: Instant, id: HandOverId, staff: StaffId, by: StaffId) -> Result<bool> {
    let signed = tx.execute(
        "UPDATE hand_over_signatures SET signed_at = $1, signed_by = $2
         WHERE hand_over_id = $3 AND staff_id = $4 AND signed_at IS NULL",
        &[now.into(), by.into(), id.0.into(), staff.into()],
    )?;
    Ok(signed == 1)
}

pub fn signatures(tx: &mut Tx, id: HandOverId) -> Result<Vec<Signature>> {
    tx.query(
        "SELECT g.staff_id, g.staff_name, g.side, g.signed_at, g.signed_by, b.name, s.active
         FROM hand_over_signatures g JOIN staff s ON s.staff_id = g.staff_id LEFT JOIN staff b ON b.staff_id = g.signed_by
         WHERE g.hand_over_id = $1 ORDER BY g.side, g.staff_name, g.staff_id",
        &[id.0.into()],
        |row| {
            Ok(Signature {
                staff_id: row.id(0, StaffId)?,
                staff_name: row.text(1)?,
                side: row.text(2)?,
                signed_at: row.opt_instant(3)?,
                signed_by: row.opt_id(4, StaffId)?,
                signed_by_name: row.opt_text(5)?,
                active: row.bool(6)?,
            })
        },
    )
}

/// Unsigned protocols of somebody: for his tasks.
pub fn unsigned(tx: &mut Tx, staff: StaffId) -> Result<Vec<(HandOverId, String, Instant)>> {
    tx.query(
        "SELECT h.hand_over_id, h.from_name, h.created_at FROM hand_over_signatures g
         JOIN hand_overs h ON h.hand_over_id = g.hand_over_id
         WHERE g.staff_id = $1 AND g.signed_at IS NULL AND h.state = 'done' ORDER BY h.created_at LIMIT 100",
        &[staff.into()],
        |row| Ok((row.id(0, HandOverId)?, row.text(1)?, row.instant(2)?)),
    )
}

/// A customer who is to be moved.
#[derive(Clone, Debug)]
pub struct Moving {
    pub id: CustomerId,
    pub name: String,
    pub rank: i64,
    pub birthday: Option<zunke_kernel::Day>,
}

/// The next customers of a manager after a mark, in the order of their ids, the archived ones too.
pub fn next_customers(tx: &mut Tx, from: StaffId, after: Option<CustomerId>, limit: i64) -> Result<Vec<Moving>> {
    let after = after.unwrap_or(crate::NOBODY);
    tx.query(
        "SELECT customer_id, name, level_rank, birthday FROM customers
         WHERE owner_id = $1 AND customer_id > $2 ORDER BY customer_id LIMIT $3",
        &[from.into(), after.into(), limit.into()],
        |row| {
            let (id, name) = (row.id(0, CustomerId)?, row.text(1)?);
            Ok(Moving { id, name, rank: row.int(2)?, birthday: row.opt_day(3)? })
        },
    )
}

/// Work of a manager that hangs on tickets and visits, as it stands.
#[derive(Clone, Debug)]
pub struct Work {
    pub customer: CustomerId,
    pub id: Uuid,
    /// ticket, ticket_task, visit or task.
    pub kind: &'static str,
    pub title: String,
    pub detail: Json,
    /// Who manages the customer now; none for nobody's.
    pub owner: Option<StaffId>,
}

/// Where the work of a manager stands: table, its own id, and what says that it is open and his.
const OPEN: [(&str, &str, &str); 4] = [
    ("ticket", "tickets t", "t.assignee_id = {from} AND t.state NOT IN ('solved', 'closed', 'cancelled')"),
    ("ticket_task", "ticket_tasks t", "t.assignee_id = {from} AND t.state = 'open'"),
    ("visit", "visits t", "t.staff_id = {from} AND t.state = 'planned'"),
    ("task", "staff_tasks t", "t.staff_id = {from} AND t.state = 'open'"),
];

/// How much open work somebody has, by kind.
pub fn open_counts(tx: &mut Tx, from: StaffId) -> Result<Vec<(String, i64)>> {
    let mut counts = Vec::new();
    for (kind, table, open) in OPEN {
        let open = open.replace("{from}", "$1");
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE {open}");
        counts.push((kind.to_owned(), tx.query_one(&sql, &[from.into()], |row| row.int(0))?.unwrap_or(0)));
    }
    Ok(counts)
}

/// The open work of somebody whose customer is not (or no more) his own, a part at a time.
pub fn open_work(tx: &mut Tx, from: StaffId, limit: i64) -> Result<Vec<Work>> {
    let mut found = Vec::new();
    for (kind, table, open) in OPEN {
        let (id, title, detail) = match kind {
            "ticket" => ("t.ticket_id", "t.subject", ["t.number", "t.state", "t.next_due_at"]),
            "ticket_task" => ("t.task_id", "t.title", ["0", "t.kind", "COALESCE(t.due_at, 0)"]),
            "visit" => ("t.visit_id", "COALESCE(t.purpose, '')", ["0", "t.kind", "t.day"]),
            _ => ("t.task_id", "t.title", ["0", "t.source", "COALESCE(t.due_day, 0)"]),
        };
        let sql = format!(
            "SELECT COALESCE(t.customer_id, $1), {id}, {title}, {}, c.owner_id
             FROM {table} LEFT JOIN customers c ON c.customer_id = t.customer_id
             WHERE {} AND (c.owner_id IS NULL OR c.owner_id <> $2) ORDER BY {id} LIMIT $3",
            detail.join(", "),
            open.replace("{from}", "$2")
        );
        let params = [crate::NOBODY.into(), from.into(), limit.into()];
        tx.for_each(&sql, &params, |row| {
            let (number, word, due) = (row.int(3)?, row.text(4)?, row.int(5)?);
            let detail = match kind {
                "ticket" => serde_json::json!({"number": number, "state": word, "due_at": due_at(due)}),
                "ticket_task" => serde_json::json!({"kind": word, "due_at": due_at(due)}),
                _ => serde_json::json!({"kind": word, "day": due_day(due)}),
            };
            found.push(Work {
                customer: row.id(0, CustomerId)?,
                id: row.uuid(1)?,
                kind,
                title: row.text(2)?,
                detail,
                owner: row.opt_id(6, StaffId)?,
            });
            Ok(())
        })?;
    }
    Ok(found)
}

/// Beyond this instant nothing is due.
const NEVER: i64 = 9_000_000_000_000_000;

fn due_at(ms: i64) -> Option<Instant> {
    (ms > 0 && ms < NEVER).then_some(Instant(ms))
}

fn due_day(number: i64) -> Option<zunke_kernel::Day> {
    i32::try_from(number).ok().filter(|number| *number > 0).map(zunke_kernel::Day)
}

/// Gives work to others, but for tickets, which have an act of their own.
pub fn give(tx: &mut Tx, work: &Work, from: StaffId, to: StaffId) -> Result<u64> {
    let customer: Value = work.customer.into();
    let (sql, params) = match work.kind {
        "ticket_task" => (
            "UPDATE ticket_tasks SET assignee_id = $1, version = version + 1
             WHERE customer_id = $2 AND task_id = $3 AND assignee_id = $4 AND state = 'open'",
            vec![to.into(), customer, TaskId(work.id).into(), from.into()],
        ),
        "visit" => (
            "UPDATE visits SET staff_id = $1, version = version + 1
             WHERE customer_id = $2 AND visit_id = $3 AND staff_id = $4 AND state = 'planned'",
            vec![to.into(), customer, VisitId(work.id).into(), from.into()],
        ),
        "task" => (
            "UPDATE staff_tasks SET staff_id = $1, version = version + 1
             WHERE task_id = $2 AND staff_id = $3 AND state = 'open'",
            vec![to.into(), TaskId(work.id).into(), from.into()],
        ),
        other => return Err(Error::internal(format!("{other} is not given this way"))),
    };
    tx.execute(sql, &params)
}
