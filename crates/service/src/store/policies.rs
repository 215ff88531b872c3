//! Service policies in their order.

use crate::policy::{Content, Policy};
use zunke_kernel::id::{CalendarId, PolicyId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx};

const SELECT: &str = "SELECT policy_id, place, name, active, calendar_id, content, version, updated_at
    FROM service_policies WHERE NOT archived";

fn read(row: &Row) -> Result<Policy> {
    Ok(Policy {
        id: row.id(0, PolicyId)?,
        place: row.int(1)?,
        name: row.text(2)?,
        active: row.bool(3)?,
        calendar_id: row.id(4, CalendarId)?,
        content: row.json(5)?,
        version: row.int(6)?,
        updated_at: row.instant(7)?,
    })
}

/// All of them, in order.
pub fn all(tx: &mut Tx) -> Result<Vec<Policy>> {
    tx.query(&format!("{SELECT} ORDER BY place, policy_id"), &[], read)
}

pub fn find(tx: &mut Tx, id: PolicyId) -> Result<Option<Policy>> {
    tx.query_one(&format!("{SELECT} AND policy_id = $1"), &[id.into()], read)
}

fn json(content: &Content) -> Result<String> {
    serde_json::to_string(content).map_err(Error::internal)
}

pub fn insert(
    tx: &mut Tx,
    now: Instant,
    place: i64,
    name: &str,
    active: bool,
    calendar: CalendarId,
    content: &Content,
) -> Result<Policy> {
    let id = PolicyId::new(now);
    tx.execute(
        "INSERT INTO service_policies (policy_id, place, name, active, calendar_id, content, version, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7)",
        &[id.into(), place.into(), name.into(), active.into(), calendar.into(), json(content)?.into(), now.into()],
    )?;
    find(tx, id)?.ok_or_else(Error::not_found)
}

/// Writes the next version over the one that was read.
pub fn update(tx: &mut Tx, now: Instant, policy: &Policy) -> Result<Policy> {
    let changed = tx.execute(
        "UPDATE service_policies SET name = $3, active = $4, calendar_id = $5, content = $6, version = version + 1,
           updated_at = $7 WHERE policy_id = $1 AND version = $2 AND NOT archived",
        &[
            policy.id.into(),
            policy.version.into(),
            policy.name.as_str().into(),
            policy.active.into(),
            policy.calendar_id.into(),
            json(&policy.content)?.into(),
            now.into(),
        ],
    )?;
    if changed == 0 {
        return Err(Error::stale());
    }
    find(tx, policy.id)?.ok_or_else(Error::not_found)
}

/// Takes a policy out of use; tickets that were opened under it keep its promise.
pub fn archive(tx: &mut Tx, id: PolicyId) -> Result<()> {
    tx.execute("UPDATE service_policies SET archived = $2 WHERE policy_id = $1", &[id.into(), true.into()])?;
    Ok(())
}

/// Puts them into this order.
pub fn order(tx: &mut Tx, ids: &[PolicyId]) -> Result<()> {
    for (place, id) in (1_i64..).zip(ids) {
        tx.execute("UPDATE service_policies SET place = $2 WHERE policy_id = $1", &[(*id).into(), place.into()])?;
    }
    Ok(())
}
