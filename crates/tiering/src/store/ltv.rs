//! Lifetime values: everyone's purchases as a fit needs them, fits, and each customer's figures.

use crate::bucket;
use crate::ltv::base::{Base, Buyer, DayFact};
use crate::ltv::fit::{Figure, Report};
use serde::Serialize;
use std::collections::HashSet;
use zunke_access::Scope;
use zunke_customers::privacy::standing;
use zunke_customers::query;
use zunke_kernel::id::{CustomerId, LevelId, StaffId};
use zunke_kernel::{Day, Error, Instant, Result, page};
use zunke_store::{Row, Tx, Value};

/// The earliest day on which anyone bought; read from the days themselves, since headlines need a published programme.
pub fn first_day(tx: &mut Tx) -> Result<Option<Day>> {
    let mut first: Option<i32> = None;
    let mut year_known = (i64::MIN, Day(0));
    tx.for_each("SELECT year, days FROM measure_buckets", &[], |row| {
        let year = row.int(0)?;
        if year != year_known.0 {
            year_known = (year, bucket::first_of(i16::try_from(year).unwrap_or(i16::MAX)));
        }
        if first.is_none_or(|first| year_known.1.0 < first)
            && let Some(entry) = bucket::Days::new(row.slice(1)?, year_known.1).find(|entry| entry.orders != 0)
        {
            first = Some(first.map_or(entry.day, |first| first.min(entry.day)));
        }
        Ok(())
    })?;
    Ok(first.map(Day))
}

/// Everyone who is not archived, as known at the end of a day; read in one pass over the packed years.
pub fn base(tx: &mut Tx, as_of: Day, check: Option<(i32, i32)>) -> Result<Base<CustomerId>> {
    let mut archived: HashSet<CustomerId> = HashSet::new();
    tx.for_each("SELECT customer_id FROM customers WHERE status <> 'active'", &[], |row| {
        archived.insert(row.id(0, CustomerId)?);
        Ok(())
    })?;
    let mut base = Base::new(as_of.0, check);
    let mut current: Option<CustomerId> = None;
    let mut days: Vec<DayFact> = Vec::new();
    let mut year_known = (i64::MIN, Day(0));
    tx.for_each("SELECT customer_id, year, days FROM measure_buckets ORDER BY customer_id, year", &[], |row| {
        let id = row.id(0, CustomerId)?;
        if current != Some(id) {
            if let Some(before) = current.filter(|before| !archived.contains(before)) {
                base.push(before, &days);
            }
            days.clear();
            current = Some(id);
        }
        let year = row.int(1)?;
        if year != year_known.0 {
            year_known = (year, bucket::first_of(i16::try_from(year).unwrap_or(i16::MAX)));
        }
        for entry in bucket::Days::new(row.slice(2)?, year_known.1) {
            if entry.orders != 0 || entry.refunds != 0 {
                days.push(DayFact {
                    day: entry.day,
                    orders: entry.orders,
                    net: entry.gross.saturating_sub(entry.refund_amount),
                    refunded: entry.refunds != 0,
                });
            }
        }
        Ok(())
    })?;
    if let Some(last) = current.filter(|last| !archived.contains(last)) {
        base.push(last, &days);
    }
    Ok(base)
}

/// A fit on record.
#[derive(Clone, Debug)]
pub struct Fit {
    pub id: uuid::Uuid,
    pub made_at: Instant,
    pub report: Report,
}

/// Puts a fit on record before its figures are written; the same again replaces it.
pub fn begin(tx: &mut Tx, now: Instant, id: uuid::Uuid, by: Option<StaffId>, report: &Report) -> Result<()> {
    let json = serde_json::to_value(report).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO ltv_fits (fit_id, as_of, made_by, made_at, ready_at, report) VALUES ($1, $2, $3, $4, NULL, $5)
         ON CONFLICT (fit_id) DO UPDATE SET as_of = excluded.as_of, made_at = excluded.made_at, report = excluded.report",
        &[Value::Uuid(id), report.as_of.into(), by.into(), now.into(), (&json).into()],
    )?;
    Ok(())
}

pub fn write(tx: &mut Tx, fit: uuid::Uuid, rows: &[(CustomerId, Buyer, Figure)]) -> Result<()> {
    // Nothing is forecast of those whose data are to be kept only.
    let ids: Vec<CustomerId> = rows.iter().map(|(id, ..)| *id).collect();
    let kept_only = standing::among(tx, &ids, &[standing::State::Restricted])?;
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .filter(|(id, ..)| !kept_only.contains(id))
        .map(|(id, buyer, figure)| {
            vec![
                (*id).into(),
                Value::Uuid(fit),
                i64::from(buyer.x).into(),
                i64::from(buyer.recency).into(),
                i64::from(buyer.age).into(),
                buyer.mean().into(),
                figure.p_alive.into(),
                figure.expected_purchases.into(),
                figure.discounted_purchases.into(),
                figure.expected_value.into(),
                figure.ltv.into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO ltv_values (customer_id, fit_id, frequency, recency_days, age_days, mean_value, p_alive, purchases,
           discounted, order_value, ltv)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (customer_id) DO UPDATE SET fit_id = excluded.fit_id, frequency = excluded.frequency,
           recency_days = excluded.recency_days, age_days = excluded.age_days, mean_value = excluded.mean_value,
           p_alive = excluded.p_alive, purchases = excluded.purchases, discounted = excluded.discounted,
           order_value = excluded.order_value, ltv = excluded.ltv",
        &rows,
    )?;
    Ok(())
}

/// All figures are written: the fit counts from now on, and figures of customers who have gone are taken away.
pub fn finish(tx: &mut Tx, now: Instant, fit: uuid::Uuid) -> Result<()> {
    tx.execute("DELETE FROM ltv_values WHERE fit_id <> $1", &[Value::Uuid(fit)])?;
    // Later than every other one, also where the clock was set back.
    let last = tx.query_one("SELECT MAX(ready_at) FROM ltv_fits", &[], |row| row.opt_int(0))?.flatten();
    let ready = last.map_or(now.0, |last| now.0.max(last + 1));
    tx.execute("UPDATE ltv_fits SET ready_at = $2 WHERE fit_id = $1", &[Value::Uuid(fit), ready.into()])?;
    Ok(())
}

/// The fit that counts.
pub fn latest(tx: &mut Tx) -> Result<Option<Fit>> {
    let sql = "SELECT fit_id, made_at, report FROM ltv_fits WHERE ready_at IS NOT NULL
               ORDER BY ready_at DESC, fit_id DESC LIMIT 1";
    tx.query_one(sql, &[], |row| Ok(Fit { id: row.uuid(0)?, made_at: row.instant(1)?, report: row.json(2)? }))
}

/// Sums over the customers that the scope sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = LtvSeen)]
pub struct Seen {
    pub customers: i64,
    /// Sum of the chances to be there.
    pub alive: f64,
    pub expected_purchases: f64,
    pub ltv: f64,
}

pub fn seen(tx: &mut Tx, scope: &Scope) -> Result<Seen> {
    let (seen, params) = query::seen(tx.engine(), scope);
    let sql = format!(
        "SELECT COUNT(*), SUM(v.p_alive), SUM(v.purchases), SUM(v.ltv)
         FROM ltv_values v JOIN customers c ON c.customer_id = v.customer_id WHERE c.status = 'active'{seen}"
    );
    let sums = tx.query_one(&sql, &params, |row| {
        Ok(Seen {
            customers: row.int(0)?,
            alive: row.opt_real(1)?.unwrap_or(0.0),
            expected_purchases: row.opt_real(2)?.unwrap_or(0.0),
            ltv: row.opt_real(3)?.unwrap_or(0.0),
        })
    })?;
    Ok(sums.unwrap_or_default())
}

/// One customer's figures with what they rest on.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = CustomerLtvFigures)]
pub struct Stored {
    /// Repeat purchases: days with an order after the first one.
    pub frequency: i64,
    /// Days from the first purchase to the last.
    pub recency_days: i64,
    /// Days from the first purchase to the day of the fit.
    pub age_days: i64,
    /// Mean of the repeat purchases after refunds.
    pub mean_value: f64,
    #[serde(flatten)]
    pub figure: Figure,
}

const COLUMNS: &str = "v.frequency, v.recency_days, v.age_days, v.mean_value, v.p_alive, v.purchases, v.discounted,
    v.order_value, v.ltv";

fn stored(row: &Row) -> Result<Stored> {
    Ok(Stored {
        frequency: row.int(0)?,
        recency_days: row.int(1)?,
        age_days: row.int(2)?,
        mean_value: row.real(3)?,
        figure: Figure {
            p_alive: row.real(4)?,
            expected_purchases: row.real(5)?,
            discounted_purchases: row.real(6)?,
            expected_value: row.real(7)?,
            ltv: row.real(8)?,
        },
    })
}

/// The figures of a customer and the fit that they are of. The caller has checked that the customer may be seen.
pub fn of_customer(tx: &mut Tx, id: CustomerId) -> Result<Option<(Stored, Fit)>> {
    let sql = format!(
        "SELECT {COLUMNS}, f.fit_id, f.made_at, f.report FROM ltv_values v JOIN ltv_fits f ON f.fit_id = v.fit_id
         WHERE v.customer_id = $1"
    );
    tx.query_one(&sql, &[id.into()], |row| {
        Ok((stored(row)?, Fit { id: row.uuid(9)?, made_at: row.instant(10)?, report: row.json(11)? }))
    })
}

/// A customer in the list by value.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = LtvRow)]
pub struct Listed {
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub level_id: Option<LevelId>,
    pub level_rank: i64,
    #[serde(flatten)]
    pub figures: Stored,
}

/// The customers that the scope sees, the most valuable first.
pub fn best(tx: &mut Tx, scope: &Scope, limit: u32, after: Option<&str>) -> Result<page::Page<Listed>> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    let mut beyond = String::new();
    if let Some(mark) = after {
        let (ltv, id) = read_mark(mark)?;
        params.push(ltv.into());
        params.push(Value::Uuid(id));
        beyond = format!(" AND (v.ltv, v.customer_id) < (${}, ${})", params.len() - 1, params.len());
    }
    params.push(i64::from(limit + 1).into());
    let sql = format!(
        "SELECT {COLUMNS}, c.customer_id, c.name, c.level_id, c.level_rank
         FROM ltv_values v JOIN customers c ON c.customer_id = v.customer_id
         WHERE c.status = 'active'{beyond}{seen} ORDER BY v.ltv DESC, v.customer_id DESC LIMIT ${}",
        params.len()
    );
    let mut items = tx.query(&sql, &params, |row| {
        Ok(Listed {
            customer_id: row.id(9, CustomerId)?,
            customer_name: row.text(10)?,
            level_id: row.opt_id(11, LevelId)?,
            level_rank: row.int(12)?,
            figures: stored(row)?,
        })
    })?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    // The bits of the value: written in decimals it might come back as its neighbour.
    let next = items.last().filter(|_| more).map(|last| {
        let bits = last.figures.figure.ltv.to_bits();
        page::mark(&serde_json::json!([bits, last.customer_id.0.simple().to_string()]))
    });
    Ok(page::Page { items, next })
}

fn read_mark(mark: &str) -> Result<(f64, uuid::Uuid)> {
    let refuse = || {
        Error::invalid(
            "after_invalid",
            "翻页标记无效，请从第一页重新开始。",
            "This page mark is not valid; start again from the first page.",
        )
        .at("after")
    };
    let (bits, id): (u64, String) = serde_json::from_value(page::read_mark(mark)?).map_err(|_| refuse())?;
    let ltv = f64::from_bits(bits);
    let id = uuid::Uuid::try_parse(&id).map_err(|_| refuse())?;
    if ltv.is_finite() { Ok((ltv, id)) } else { Err(refuse()) }
}
