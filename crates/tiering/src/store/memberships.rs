//! Where customers stand in each of several programmes.

use serde::Serialize;
use std::collections::HashMap;
use zunke_access::Scope;
use zunke_customers::query;
use zunke_kernel::id::{CustomerId, LevelId, ProgrammeId, StaffId, VersionId};
use zunke_kernel::{Day, Money, Result};
use zunke_store::{Tx, Value};

/// A customer's place in one programme.
#[derive(Clone, Debug)]
pub struct Membership {
    pub programme: ProgrammeId,
    pub level: Option<LevelId>,
    pub rank: i64,
    pub since: Day,
    pub score: f64,
    pub version: VersionId,
}

/// Of one customer, in every programme that he is on record in. The caller has checked that he may be seen.
pub fn of(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Membership>> {
    let sql = "SELECT programme_id, level_id, level_rank, since, score, version_id FROM standings
               WHERE customer_id = $1";
    tx.query(sql, &[customer.into()], |row| {
        Ok(Membership {
            programme: row.id(0, ProgrammeId)?,
            level: row.opt_id(1, LevelId)?,
            rank: row.int(2)?,
            since: row.day(3)?,
            score: row.real(4)?,
            version: row.id(5, VersionId)?,
        })
    })
}

/// Customers who have one rank in the lists and another one in a programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = PrimaryMove)]
pub struct Crossing {
    /// In the lists as they are.
    pub from_rank: i64,
    /// In the programme.
    pub to_rank: i64,
    pub customers: i64,
    /// Net spend over the whole life.
    pub revenue: Money,
}

/// What the lists would say if this programme were the primary one, against what they say.
pub fn crossings(tx: &mut Tx, scope: &Scope, programme: ProgrammeId) -> Result<Vec<Crossing>> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    params.push(Value::from(programme));
    let sql = format!(
        "SELECT c.level_rank, COALESCE(s.level_rank, 0), COUNT(*), CAST(SUM(c.net_spend) AS BIGINT)
         FROM customers c LEFT JOIN standings s ON s.customer_id = c.customer_id AND s.programme_id = ${}
         WHERE c.status = 'active'{seen}
         GROUP BY c.level_rank, COALESCE(s.level_rank, 0) ORDER BY 1, 2",
        params.len()
    );
    tx.query(&sql, &params, |row| {
        Ok(Crossing {
            from_rank: row.int(0)?,
            to_rank: row.int(1)?,
            customers: row.int(2)?,
            revenue: row.opt_money(3)?.unwrap_or_default(),
        })
    })
}

/// Marks a run of a programme's standings as not written yet, so that the next evaluation writes them and the lists
/// after them. Answers the last customer of the run; `None` at the end.
pub fn unmark(tx: &mut Tx, programme: ProgrammeId, after: Option<CustomerId>, size: i64) -> Result<Option<CustomerId>> {
    let from = after.map_or(uuid::Uuid::nil(), |after| after.0);
    let ids = tx.query(
        "SELECT customer_id FROM standings WHERE programme_id = $1 AND customer_id > $2
         ORDER BY customer_id LIMIT $3",
        &[programme.into(), Value::Uuid(from), size.into()],
        |row| row.id(0, CustomerId),
    )?;
    let Some(last) = ids.last().copied() else { return Ok(None) };
    tx.execute(
        "UPDATE standings SET fingerprint = 0
         WHERE programme_id = $1 AND customer_id > $2 AND customer_id <= $3",
        &[programme.into(), Value::Uuid(from), last.into()],
    )?;
    Ok(Some(last))
}

/// The customers that a scope sees and that are not archived, rising.
pub fn seen_ids(tx: &mut Tx, scope: &Scope) -> Result<Vec<CustomerId>> {
    let (seen, params) = query::seen(tx.engine(), scope);
    let sql = format!("SELECT c.customer_id FROM customers c WHERE c.status = 'active'{seen} ORDER BY c.customer_id");
    tx.query(&sql, &params, |row| row.id(0, CustomerId))
}

/// The customers that a scope sees and that somebody looks after, rising, with who that is.
pub fn owned(tx: &mut Tx, scope: &Scope) -> Result<Vec<(CustomerId, StaffId)>> {
    let (seen, params) = query::seen(tx.engine(), scope);
    let sql = format!(
        "SELECT c.customer_id, c.owner_id FROM customers c
         WHERE c.status = 'active' AND c.owner_id IS NOT NULL{seen} ORDER BY c.customer_id"
    );
    tx.query(&sql, &params, |row| Ok((row.id(0, CustomerId)?, row.id(1, StaffId)?)))
}

/// Names of customers that a scope sees; the others are not in it.
pub fn names(tx: &mut Tx, scope: &Scope, ids: &[CustomerId]) -> Result<HashMap<CustomerId, String>> {
    let mut names = HashMap::new();
    for chunk in ids.chunks(200) {
        let (seen, mut params) = query::seen(tx.engine(), scope);
        let list: Vec<String> = chunk
            .iter()
            .map(|id| {
                params.push((*id).into());
                format!("${}", params.len())
            })
            .collect();
        let sql =
            format!("SELECT c.customer_id, c.name FROM customers c WHERE c.customer_id IN ({}){seen}", list.join(", "));
        tx.for_each(&sql, &params, |row| {
            names.insert(row.id(0, CustomerId)?, row.text(1)?);
            Ok(())
        })?;
    }
    Ok(names)
}

/// Names of colleagues.
pub fn staff_names(tx: &mut Tx) -> Result<HashMap<StaffId, String>> {
    let all = tx.query("SELECT staff_id, name FROM staff", &[], |row| Ok((row.id(0, StaffId)?, row.text(1)?)))?;
    Ok(all.into_iter().collect())
}
