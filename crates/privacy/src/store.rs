//! All SQL of the room.

use crate::request::{Certificate, Channel, Request, RequestId, State};
use std::collections::HashMap;
use zunke_access::Scope;
use zunke_customers::privacy::settings::Asked;
use zunke_customers::query;
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::page::{self, Page};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx, Value};

const COLUMNS: &str = "r.request_id, r.number, r.customer_id, c.name, r.kind, r.state, r.received_at, r.due_at, \
    r.first_due_at, r.extension, r.channel, r.words, r.identity_check, r.answer, r.certificate, r.asked_by, \
    r.decided_by, r.decided_at, r.version";

fn read(row: &Row) -> Result<Request> {
    Ok(Request {
        id: row.id(0, RequestId)?,
        number: row.int(1)?,
        customer_id: row.id(2, CustomerId)?,
        customer_name: row.text(3)?,
        kind: Asked::read(row.str(4)?)?,
        state: State::read(row.str(5)?)?,
        received_at: row.instant(6)?,
        due_at: row.instant(7)?,
        first_due_at: row.instant(8)?,
        extension: row.opt_text(9)?,
        channel: Channel::read(row.str(10)?)?,
        words: row.opt_text(11)?,
        identity_check: row.opt_text(12)?,
        answer: row.opt_text(13)?,
        certificate: row.opt_json(14)?,
        asked_by: row.opt_id(15, StaffId)?,
        decided_by: row.opt_id(16, StaffId)?,
        decided_at: row.opt_instant(17)?,
        version: row.int(18)?,
    })
}

/// The next number of a request. Whoever takes one is alone with it until the end of his transaction.
pub(crate) fn next_number(tx: &mut Tx) -> Result<i64> {
    tx.execute("INSERT INTO privacy_counters (name, last) VALUES ('requests', 0) ON CONFLICT (name) DO NOTHING", &[])?;
    tx.query_one("UPDATE privacy_counters SET last = last + 1 WHERE name = 'requests' RETURNING last", &[], |row| {
        row.int(0)
    })?
    .ok_or_else(|| Error::internal("requests have no counter"))
}

pub(crate) fn insert(tx: &mut Tx, request: &Request) -> Result<()> {
    tx.execute(
        "INSERT INTO privacy_requests (customer_id, request_id, number, kind, state, received_at, due_at, first_due_at,
           channel, words, asked_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)",
        &[
            request.customer_id.into(),
            request.id.0.into(),
            request.number.into(),
            request.kind.word().into(),
            request.state.word().into(),
            request.received_at.into(),
            request.due_at.into(),
            request.first_due_at.into(),
            request.channel.word().into(),
            request.words.clone().into(),
            request.asked_by.into(),
        ],
    )?;
    Ok(())
}

/// Writes what changes of a request, and counts its version up.
pub(crate) fn save(tx: &mut Tx, request: &Request) -> Result<()> {
    let certificate = request.certificate.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)?;
    tx.execute(
        "UPDATE privacy_requests SET state = $1, due_at = $2, extension = $3, identity_check = $4, answer = $5,
           certificate = $6, decided_by = $7, decided_at = $8, version = version + 1
         WHERE customer_id = $9 AND request_id = $10",
        &[
            request.state.word().into(),
            request.due_at.into(),
            request.extension.clone().into(),
            request.identity_check.clone().into(),
            request.answer.clone().into(),
            certificate.into(),
            request.decided_by.into(),
            request.decided_at.into(),
            request.customer_id.into(),
            request.id.0.into(),
        ],
    )?;
    Ok(())
}

/// One request of a customer whom the scope sees.
pub(crate) fn find(tx: &mut Tx, scope: &Scope, id: RequestId) -> Result<Request> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    params.push(id.0.into());
    let sql = format!(
        "SELECT {COLUMNS} FROM privacy_requests r JOIN customers c ON c.customer_id = r.customer_id
         WHERE r.request_id = ${}{seen}",
        params.len()
    );
    tx.query_one(&sql, &params, read)?.ok_or_else(Error::not_found)
}

/// Which requests a list shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub state: Option<State>,
    pub kind: Option<Asked>,
    pub customer: Option<CustomerId>,
    /// Open ones whose time is up at this moment.
    pub overdue_at: Option<Instant>,
}

/// Requests by their due time, the soonest first; those that are decided, the latest first.
pub(crate) fn list(
    tx: &mut Tx,
    scope: &Scope,
    filter: &Filter,
    limit: u32,
    after: Option<&str>,
) -> Result<Page<Request>> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    let mut bind = |value: Value| {
        params.push(value);
        format!("${}", params.len())
    };
    let mut sql = format!(
        "SELECT {COLUMNS} FROM privacy_requests r JOIN customers c ON c.customer_id = r.customer_id WHERE 1 = 1"
    );
    if let Some(state) = filter.state {
        sql += &format!(" AND r.state = {}", bind(state.word().into()));
    }
    if let Some(kind) = filter.kind {
        sql += &format!(" AND r.kind = {}", bind(kind.word().into()));
    }
    if let Some(customer) = filter.customer {
        sql += &format!(" AND r.customer_id = {}", bind(customer.into()));
    }
    if let Some(at) = filter.overdue_at {
        sql += &format!(" AND r.state = 'open' AND r.due_at < {}", bind(at.into()));
    }
    let soonest = filter.state == Some(State::Open) || filter.overdue_at.is_some();
    let (sign, order) = if soonest { (">", "") } else { ("<", " DESC") };
    if let Some(mark) = after {
        let refuse = || {
            Error::invalid(
                "after_invalid",
                "翻页标记无效，请从第一页重新开始。",
                "This page mark is not valid; start again from the first page.",
            )
            .at("after")
        };
        let (due, id): (i64, uuid::Uuid) = serde_json::from_value(page::read_mark(mark)?).map_err(|_| refuse())?;
        let (due, id) = (bind(due.into()), bind(Value::Uuid(id)));
        sql += &format!(" AND (r.due_at, r.request_id) {sign} ({due}, {id})");
    }
    let limited = bind(i64::from(limit + 1).into());
    sql += &format!("{seen} ORDER BY r.due_at{order}, r.request_id{order} LIMIT {limited}");
    let mut items = tx.query(&sql, &params, read)?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| page::mark(&serde_json::json!([last.due_at.0, last.id.0])));
    Ok(Page { items, next })
}

/// How many open requests the scope sees, and how many of them are overdue.
pub(crate) fn counts(tx: &mut Tx, scope: &Scope, now: Instant) -> Result<(i64, i64)> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    params.push(now.into());
    let sql = format!(
        "SELECT COUNT(*), COUNT(CASE WHEN r.due_at < ${} THEN 1 END)
         FROM privacy_requests r JOIN customers c ON c.customer_id = r.customer_id WHERE r.state = 'open'{seen}",
        params.len()
    );
    Ok(tx.query_one(&sql, &params, |row| Ok((row.int(0)?, row.int(1)?)))?.unwrap_or((0, 0)))
}

/// Whether an open request of this kind stands for a customer already.
pub(crate) fn open_of(tx: &mut Tx, customer: CustomerId, kind: Asked) -> Result<Option<i64>> {
    tx.query_one(
        "SELECT number FROM privacy_requests WHERE customer_id = $1 AND kind = $2 AND state = 'open'",
        &[customer.into(), kind.word().into()],
        |row| row.int(0),
    )
}

/// The certificate of a customer who was erased.
pub(crate) fn certificate_of(tx: &mut Tx, customer: CustomerId) -> Result<Option<Certificate>> {
    tx.query_one(
        "SELECT certificate FROM privacy_requests WHERE customer_id = $1 AND certificate IS NOT NULL",
        &[customer.into()],
        |row| row.json(0),
    )
}

/// The requests by which people were erased, by customer.
pub(crate) fn with_certificate(tx: &mut Tx) -> Result<HashMap<CustomerId, Request>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM privacy_requests r JOIN customers c ON c.customer_id = r.customer_id
         WHERE r.certificate IS NOT NULL"
    );
    Ok(tx.query(&sql, &[], read)?.into_iter().map(|request| (request.customer_id, request)).collect())
}

/// Writes a request of another database as it was there; the next one gets a higher number.
pub(crate) fn put_back(tx: &mut Tx, request: &Request) -> Result<()> {
    let sql = "SELECT 1 FROM privacy_requests WHERE request_id = $1";
    if tx.query_one(sql, &[request.id.0.into()], |row| row.int(0))?.is_none() {
        insert(tx, request)?;
    }
    save(tx, request)?;
    tx.execute(
        "INSERT INTO privacy_counters (name, last) VALUES ('requests', $1)
         ON CONFLICT (name) DO UPDATE SET last = excluded.last WHERE privacy_counters.last < excluded.last",
        &[request.number.into()],
    )?;
    Ok(())
}

/// Customers without any activity since an instant, who are neither erased nor restricted nor waited for by an open
/// request: in the order of their ids, after one.
pub(crate) fn inactive(tx: &mut Tx, before: Instant, after: Option<CustomerId>, limit: u32) -> Result<Vec<CustomerId>> {
    tx.query(
        "SELECT c.customer_id FROM customers c
         WHERE c.created_at < $1 AND c.updated_at < $1 AND c.customer_id > $2
           AND NOT EXISTS (SELECT 1 FROM activities a WHERE a.customer_id = c.customer_id AND a.occurred_at >= $1)
           AND NOT EXISTS (SELECT 1 FROM privacy_standings s WHERE s.customer_id = c.customer_id)
           AND NOT EXISTS (SELECT 1 FROM privacy_requests r WHERE r.customer_id = c.customer_id AND r.state = 'open')
         ORDER BY c.customer_id LIMIT $3",
        &[before.into(), after.unwrap_or(CustomerId(uuid::Uuid::nil())).into(), limit.into()],
        |row| row.id(0, CustomerId),
    )
}

/// How many of them there are.
pub(crate) fn count_inactive(tx: &mut Tx, before: Instant) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM customers c
         WHERE c.created_at < $1 AND c.updated_at < $1
           AND NOT EXISTS (SELECT 1 FROM activities a WHERE a.customer_id = c.customer_id AND a.occurred_at >= $1)
           AND NOT EXISTS (SELECT 1 FROM privacy_standings s WHERE s.customer_id = c.customer_id)
           AND NOT EXISTS (SELECT 1 FROM privacy_requests r WHERE r.customer_id = c.customer_id AND r.state = 'open')";
    Ok(tx.query_one(sql, &[before.into()], |row| row.int(0))?.unwrap_or(0))
}
