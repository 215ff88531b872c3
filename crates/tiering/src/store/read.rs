//! What pages ask: sums per level, changes, potentials, the RFM map, a customer's history. Everything about customers
//! holds to the reader's scope.

use crate::store::for_ids;
use serde::Serialize;
use std::collections::HashMap;
use zunke_access::Scope;
use zunke_customers::privacy::standing::FREE;
use zunke_customers::query;
use zunke_kernel::id::{CustomerId, LevelId, ProgrammeId, VersionId};
use zunke_kernel::{Day, Error, Instant, Money, Result, Text, page};
use zunke_store::{Row, Tx, Value};

/// Customers and their net spend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub customers: i64,
    pub revenue: Money,
}

/// Per rank 0 to 10 of the primary programme, of customers who are not archived.
pub fn levels(tx: &mut Tx, scope: &Scope) -> Result<[Sum; 11]> {
    let (seen, params) = query::seen(tx.engine(), scope);
    let mut sums = [Sum::default(); 11];
    let sql = format!(
        "SELECT c.level_rank, COUNT(*), CAST(SUM(c.net_spend) AS BIGINT) FROM customers c
         WHERE c.status = 'active'{seen} GROUP BY c.level_rank"
    );
    tx.for_each(&sql, &params, |row| {
        if let Some(sum) = usize::try_from(row.int(0)?).ok().and_then(|rank| sums.get_mut(rank)) {
            *sum = Sum { customers: row.int(1)?, revenue: row.opt_money(2)?.unwrap_or_default() };
        }
        Ok(())
    })?;
    Ok(sums)
}

/// Per rank 0 to 10 of one programme, of customers who are not archived and on record in it.
pub fn levels_of(tx: &mut Tx, scope: &Scope, programme: ProgrammeId) -> Result<[Sum; 11]> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    params.push(programme.into());
    let mut sums = [Sum::default(); 11];
    let sql = format!(
        "SELECT s.level_rank, COUNT(*), CAST(SUM(c.net_spend) AS BIGINT) FROM customers c
         JOIN standings s ON s.customer_id = c.customer_id AND s.programme_id = ${}
         WHERE c.status = 'active'{seen} GROUP BY s.level_rank",
        params.len()
    );
    tx.for_each(&sql, &params, |row| {
        if let Some(sum) = usize::try_from(row.int(0)?).ok().and_then(|rank| sums.get_mut(rank)) {
            *sum = Sum { customers: row.int(1)?, revenue: row.opt_money(2)?.unwrap_or_default() };
        }
        Ok(())
    })?;
    Ok(sums)
}

/// Net spend over the whole life of everyone who ever ordered or returned anything, the best first.
pub fn buyers(tx: &mut Tx, scope: &Scope) -> Result<Vec<i64>> {
    let (seen, params) = query::seen(tx.engine(), scope);
    let sql = format!(
        "SELECT c.net_spend FROM customers c
         WHERE c.status = 'active' AND (c.orders > 0 OR c.net_spend <> 0){seen}"
    );
    let mut all = tx.query(&sql, &params, |row| row.int(0))?;
    all.sort_unstable_by(|one, other| other.cmp(one));
    Ok(all)
}

/// One cell of the RFM map.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub code: i64,
    pub customers: i64,
    pub revenue: Money,
}

pub fn rfm(tx: &mut Tx, scope: &Scope) -> Result<Vec<Cell>> {
    let (seen, params) = query::seen(tx.engine(), scope);
    let sql = format!(
        "SELECT c.rfm, COUNT(*), CAST(SUM(c.net_spend) AS BIGINT) FROM customers c
         WHERE c.status = 'active'{seen} GROUP BY c.rfm ORDER BY c.rfm"
    );
    tx.query(&sql, &params, |row| {
        Ok(Cell { code: row.int(0)?, customers: row.int(1)?, revenue: row.opt_money(2)?.unwrap_or_default() })
    })
}

/// The same by the grades of one programme.
pub fn rfm_of(tx: &mut Tx, scope: &Scope, programme: ProgrammeId) -> Result<Vec<Cell>> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    params.push(programme.into());
    let sql = format!(
        "SELECT s.rfm, COUNT(*), CAST(SUM(c.net_spend) AS BIGINT) FROM customers c
         JOIN standings s ON s.customer_id = c.customer_id AND s.programme_id = ${}
         WHERE c.status = 'active'{seen} GROUP BY s.rfm ORDER BY s.rfm",
        params.len()
    );
    tx.query(&sql, &params, |row| {
        Ok(Cell { code: row.int(0)?, customers: row.int(1)?, revenue: row.opt_money(2)?.unwrap_or_default() })
    })
}

/// The best potentials of one programme.
pub fn potentials_of(tx: &mut Tx, scope: &Scope, programme: ProgrammeId, limit: usize) -> Result<Vec<Candidate>> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    params.push(programme.into());
    params.push(i64::try_from(limit).unwrap_or(500).into());
    let sql = format!(
        "SELECT c.customer_id, c.name, c.joined_day FROM customers c
         JOIN standings s ON s.customer_id = c.customer_id AND s.programme_id = ${}
         WHERE c.status = 'active' AND s.potential > 0{seen}{FREE}
         ORDER BY s.potential DESC, c.customer_id LIMIT ${}",
        params.len() - 1,
        params.len()
    );
    tx.query(&sql, &params, |row| {
        Ok(Candidate { customer: row.id(0, CustomerId)?, name: row.text(1)?, joined: row.opt_day(2)? })
    })
}

/// A customer who may be a potential VIP.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub customer: CustomerId,
    pub name: String,
    pub joined: Option<Day>,
}

/// How many levels went up and down since an instant.
pub fn moves(tx: &mut Tx, scope: &Scope, programme: ProgrammeId, since: Instant) -> Result<(i64, i64)> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    params.push(since.into());
    let after = params.len();
    params.push(programme.into());
    let sql = format!(
        "SELECT COUNT(CASE WHEN d.to_rank > d.from_rank THEN 1 END), COUNT(CASE WHEN d.to_rank < d.from_rank THEN 1 END)
         FROM decisions d JOIN customers c ON c.customer_id = d.customer_id
         WHERE d.decided_at >= ${after} AND d.programme_id = ${} AND d.change_kind <> 'entered'{seen}",
        after + 1
    );
    Ok(tx.query_one(&sql, &params, |row| Ok((row.int(0)?, row.int(1)?)))?.unwrap_or((0, 0)))
}

/// A change of a level as lists show it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct LevelChange {
    pub id: String,
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub programme_id: ProgrammeId,
    /// `entered`, `raised`, `lowered`, `moved` or `left`.
    pub change: String,
    /// `activity`, `evaluation` or `rules`.
    pub cause: String,
    pub from_rank: i64,
    pub to_rank: i64,
    pub from_level: Option<LevelId>,
    pub to_level: Option<LevelId>,
    pub as_of: Day,
    pub decided_at: Instant,
    pub version_id: VersionId,
    pub score: f64,
    pub reason: Text,
    /// Every fact as it was; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub inputs: Option<serde_json::Value>,
}

const CHANGE: &str = "d.decision_id, d.customer_id, c.name, d.programme_id, d.change_kind, d.cause, d.from_rank, \
     d.to_rank, d.from_level, d.to_level, d.as_of, d.decided_at, d.version_id, d.score, d.reason, d.inputs";

fn change(row: &Row, inputs: bool) -> Result<LevelChange> {
    Ok(LevelChange {
        id: row.uuid(0)?.simple().to_string(),
        customer_id: row.id(1, CustomerId)?,
        customer_name: row.text(2)?,
        programme_id: row.id(3, ProgrammeId)?,
        change: row.text(4)?,
        cause: row.text(5)?,
        from_rank: row.int(6)?,
        to_rank: row.int(7)?,
        from_level: row.opt_id(8, LevelId)?,
        to_level: row.opt_id(9, LevelId)?,
        as_of: row.day(10)?,
        decided_at: row.instant(11)?,
        version_id: row.id(12, VersionId)?,
        score: row.real(13)?,
        reason: row.json(14)?,
        inputs: if inputs { row.opt_json(15)? } else { None },
    })
}

/// The latest changes that the scope sees.
pub fn changes(
    tx: &mut Tx,
    scope: &Scope,
    programme: Option<ProgrammeId>,
    limit: u32,
    after: Option<&str>,
) -> Result<page::Page<LevelChange>> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    let mut beyond = String::new();
    if let Some(programme) = programme {
        params.push(programme.into());
        beyond = format!(" AND d.programme_id = ${}", params.len());
    }
    if let Some(mark) = after {
        let (decided_at, id) = read_mark(mark)?;
        params.push(decided_at.into());
        params.push(id);
        beyond += &format!(" AND (d.decided_at, d.decision_id) < (${}, ${})", params.len() - 1, params.len());
    }
    params.push(i64::from(limit + 1).into());
    let sql = format!(
        "SELECT {CHANGE} FROM decisions d JOIN customers c ON c.customer_id = d.customer_id
         WHERE 1 = 1{beyond}{seen} ORDER BY d.decided_at DESC, d.decision_id DESC LIMIT ${}",
        params.len()
    );
    let mut items = tx.query(&sql, &params, |row| change(row, false))?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| page::mark(&serde_json::json!([last.decided_at.0, last.id])));
    Ok(page::Page { items, next })
}

fn read_mark(mark: &str) -> Result<(i64, Value)> {
    let refuse = || {
        Error::invalid(
            "after_invalid",
            "翻页标记无效，请从第一页重新开始。",
            "This page mark is not valid; start again from the first page.",
        )
        .at("after")
    };
    let values = page::read_mark(mark)?;
    let (at, id): (i64, String) = serde_json::from_value(values).map_err(|_| refuse())?;
    let id = uuid::Uuid::try_parse(&id).map_err(|_| refuse())?;
    Ok((at, Value::Uuid(id)))
}

/// All changes of one customer, the newest first. The caller has checked that the customer may be seen.
pub fn history(tx: &mut Tx, customer: CustomerId) -> Result<Vec<LevelChange>> {
    let sql = format!(
        "SELECT {CHANGE} FROM decisions d JOIN customers c ON c.customer_id = d.customer_id
         WHERE d.customer_id = $1 ORDER BY d.decided_at DESC, d.decision_id DESC LIMIT 500"
    );
    tx.query(&sql, &[customer.into()], |row| change(row, true))
}

/// The last decisions about each of these customers, at most so many of each, the newest first.
pub fn last(tx: &mut Tx, ids: &[CustomerId], most: u32) -> Result<HashMap<CustomerId, Vec<LevelChange>>> {
    let sql = format!(
        "SELECT {CHANGE} FROM (SELECT l.*, ROW_NUMBER() OVER (PARTITION BY l.customer_id
             ORDER BY l.decided_at DESC, l.decision_id DESC) AS place
           FROM decisions l WHERE l.customer_id IN ({{ids}})) d
         JOIN customers c ON c.customer_id = d.customer_id
         WHERE d.place <= $1 ORDER BY d.customer_id, d.place"
    );
    let mut all: HashMap<CustomerId, Vec<LevelChange>> = HashMap::new();
    for_ids(tx, &sql, &[most.into()], ids, |row| {
        let one = change(row, false)?;
        all.entry(one.customer_id).or_default().push(one);
        Ok(())
    })?;
    Ok(all)
}

/// The last decision as of a day or before it, with its inputs, and the first one after it.
pub fn around(
    tx: &mut Tx,
    customer: CustomerId,
    programme: ProgrammeId,
    day: Day,
) -> Result<(Option<LevelChange>, Option<LevelChange>)> {
    let mut one = |side: &str, order: &str| {
        let sql = format!(
            "SELECT {CHANGE} FROM decisions d JOIN customers c ON c.customer_id = d.customer_id
             WHERE d.customer_id = $1 AND d.programme_id = $2 AND d.as_of {side} $3 AND d.change_kind <> 'asked'
             ORDER BY d.as_of {order}, d.decided_at {order}, d.decision_id {order} LIMIT 1"
        );
        tx.query_one(&sql, &[customer.into(), programme.into(), day.into()], |row| change(row, true))
    };
    Ok((one("<=", "DESC")?, one(">", "ASC")?))
}

/// Counts and sums of the whole database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub customers: i64,
    pub orders: i64,
    pub refunds: i64,
    pub interactions: i64,
    pub order_sum: Money,
    pub refund_sum: Money,
    pub only_refunds: i64,
    pub net_not_positive: i64,
}

pub fn totals(tx: &mut Tx) -> Result<Totals> {
    let mut totals = Totals::default();
    let sql = "SELECT COUNT(*), COUNT(CASE WHEN orders = 0 AND net_spend <> 0 THEN 1 END),
                 COUNT(CASE WHEN net_spend <= 0 AND (orders > 0 OR net_spend <> 0) THEN 1 END)
               FROM customers";
    tx.for_each(sql, &[], |row| {
        (totals.customers, totals.only_refunds, totals.net_not_positive) = (row.int(0)?, row.int(1)?, row.int(2)?);
        Ok(())
    })?;
    tx.for_each("SELECT kind, COUNT(*), CAST(SUM(amount) AS BIGINT) FROM activities GROUP BY kind", &[], |row| {
        let (count, sum) = (row.int(1)?, row.opt_money(2)?.unwrap_or_default());
        match row.str(0)? {
            "order" => (totals.orders, totals.order_sum) = (count, sum),
            "refund" => (totals.refunds, totals.refund_sum) = (count, sum),
            _ => totals.interactions += count,
        }
        Ok(())
    })?;
    Ok(totals)
}
