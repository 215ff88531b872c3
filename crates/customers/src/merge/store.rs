//! Who went where.

use super::MergeId;
use crate::store::for_each_in;
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::HashMap;
use utoipa::ToSchema;
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx, Value};

/// Entries that went one into the other: more than this in a row does not happen.
const CHAIN_MAX: usize = 64;

/// One merge.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CustomerMerge)]
pub struct Merged {
    #[schema(value_type = String)]
    pub id: MergeId,
    /// The entry that went.
    pub source_id: CustomerId,
    pub source_name: String,
    /// Whether it was parted again.
    pub undone: bool,
    pub reason: String,
    pub merged_by: Option<StaffId>,
    pub merged_at: Instant,
    pub undone_at: Option<Instant>,
    #[serde(skip)]
    pub(super) kept: Json,
}

fn read(row: &Row) -> Result<Merged> {
    Ok(Merged {
        id: row.id(0, MergeId)?,
        source_id: row.id(1, CustomerId)?,
        source_name: row.opt_text(2)?.unwrap_or_default(),
        undone: row.str(3)? == "undone",
        reason: row.text(4)?,
        merged_by: row.opt_id(5, StaffId)?,
        merged_at: row.instant(6)?,
        undone_at: row.opt_instant(7)?,
        kept: row.json(8)?,
    })
}

const COLUMNS: &str =
    "m.merge_id, m.source_id, c.name, m.state, m.reason, m.merged_by, m.merged_at, m.undone_at, m.kept
     FROM merges m LEFT JOIN customers c ON c.customer_id = m.source_id";

/// What was merged into a customer, the latest first.
pub fn into(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Merged>> {
    let sql = format!("SELECT {COLUMNS} WHERE m.customer_id = $1 ORDER BY m.merged_at DESC, m.merge_id DESC");
    tx.query(&sql, &[customer.into()], read)
}

pub(super) fn find(tx: &mut Tx, customer: CustomerId, id: MergeId) -> Result<Merged> {
    let sql = format!("SELECT {COLUMNS} WHERE m.customer_id = $1 AND m.merge_id = $2");
    tx.query_one(&sql, &[customer.into(), id.0.into()], read)?.ok_or_else(Error::not_found)
}

/// Where an id leads: to whom it went in the end, or to itself.
pub fn goes_to(tx: &mut Tx, customer: CustomerId) -> Result<CustomerId> {
    let mut at = customer;
    for _ in 0..CHAIN_MAX {
        let sql = "SELECT into_id FROM merged_customers WHERE customer_id = $1";
        match tx.query_one(sql, &[at.into()], |row| row.id(0, CustomerId))? {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(at)
}

/// Where these ids lead, of those that lead somewhere else: one query for each step of the longest chain.
pub fn leads(tx: &mut Tx, customers: &[CustomerId]) -> Result<HashMap<CustomerId, CustomerId>> {
    let mut found: HashMap<CustomerId, CustomerId> = HashMap::new();
    let mut open: Vec<CustomerId> = customers.to_vec();
    for _ in 0..CHAIN_MAX {
        let values: Vec<Value> = open.iter().map(|id| (*id).into()).collect();
        let mut steps = HashMap::new();
        let sql = "SELECT customer_id, into_id FROM merged_customers WHERE customer_id IN ({list})";
        for_each_in(tx, sql, &[], &values, &mut |row| {
            steps.insert(row.id(0, CustomerId)?, row.id(1, CustomerId)?);
            Ok(())
        })?;
        if steps.is_empty() {
            break;
        }
        for id in customers {
            let at = found.get(id).unwrap_or(id);
            if let Some(next) = steps.get(at) {
                found.insert(*id, *next);
            }
        }
        open = steps.into_values().collect();
    }
    Ok(found)
}

/// Of those into whom others went: everybody who did.
pub(crate) fn families(tx: &mut Tx, customers: &[CustomerId]) -> Result<HashMap<CustomerId, Vec<CustomerId>>> {
    let values: Vec<Value> = customers.iter().map(|id| (*id).into()).collect();
    let mut merged: Vec<CustomerId> = Vec::new();
    let sql = "SELECT DISTINCT customer_id FROM merges WHERE state = 'merged' AND customer_id IN ({list})";
    for_each_in(tx, sql, &[], &values, &mut |row| {
        merged.push(row.id(0, CustomerId)?);
        Ok(())
    })?;
    merged.into_iter().map(|id| Ok((id, family(tx, id)?))).collect()
}

/// Refuses to change an entry that went into another one; names the other.
pub fn require_own(tx: &mut Tx, customer: CustomerId) -> Result<()> {
    let to = goes_to(tx, customer)?;
    if to == customer {
        return Ok(());
    }
    Err(Error::conflict(
        "customer_merged",
        format!("该客户已合并到 {to}，请在合并后的客户上操作。"),
        format!("This customer went into {to}; please go on there."),
    ))
}

/// The customer and all entries that went into it and are still there.
pub(super) fn family(tx: &mut Tx, customer: CustomerId) -> Result<Vec<CustomerId>> {
    let mut found = vec![customer];
    let mut at = 0;
    while at < found.len() && found.len() < CHAIN_MAX * CHAIN_MAX {
        let more = went_into(tx, found[at])?;
        found.extend(more);
        at += 1;
    }
    Ok(found)
}

/// Entries that went straight into a customer and are still there.
pub fn went_into(tx: &mut Tx, customer: CustomerId) -> Result<Vec<CustomerId>> {
    let sql = "SELECT source_id FROM merges WHERE customer_id = $1 AND state = 'merged'";
    tx.query(sql, &[customer.into()], |row| row.id(0, CustomerId))
}

pub(super) fn insert(
    tx: &mut Tx,
    (id, source, target): (MergeId, CustomerId, CustomerId),
    (now, by): (Instant, Option<StaffId>),
    reason: &str,
    kept: &Json,
) -> Result<()> {
    tx.execute(
        "INSERT INTO merges (customer_id, merge_id, source_id, state, reason, kept, merged_by, merged_at)
         VALUES ($1, $2, $3, 'merged', $4, $5, $6, $7)",
        &[target.into(), id.0.into(), source.into(), reason.into(), Value::json(kept), by.into(), now.into()],
    )?;
    tx.execute(
        "INSERT INTO merged_customers (customer_id, into_id, merge_id, merged_at) VALUES ($1, $2, $3, $4)",
        &[source.into(), target.into(), id.0.into(), now.into()],
    )?;
    Ok(())
}

pub(super) fn undo(
    tx: &mut Tx,
    (id, source, target): (MergeId, CustomerId, CustomerId),
    (now, by): (Instant, Option<StaffId>),
) -> Result<()> {
    tx.execute(
        "UPDATE merges SET state = 'undone', undone_by = $1, undone_at = $2 WHERE customer_id = $3 AND merge_id = $4",
        &[by.into(), now.into(), target.into(), id.0.into()],
    )?;
    tx.execute("DELETE FROM merged_customers WHERE customer_id = $1", &[source.into()])?;
    Ok(())
}
