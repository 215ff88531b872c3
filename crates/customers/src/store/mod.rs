//! All SQL of the room.

pub(crate) mod activities;
pub(crate) mod categories;
pub(crate) mod custom;
pub(crate) mod customers;
pub(crate) mod identities;
pub(crate) mod search;
pub(crate) mod segments;
pub(crate) mod tags;
pub(crate) mod views;

use std::fmt::Write;
use zunke_kernel::Result;
use zunke_store::{Row, Tx, Value};

/// Values of one IN list: within what each engine takes, and few enough to plan quickly.
const LIST_MAX: usize = 1_024;

/// Asks with `value IN (…)` for any number of values. `sql` holds `{list}` where the list stands; `before` are the
/// parameters that stand before it. Lists are filled up to a power of two with their last value, so that batches
/// of any size share a few prepared statements.
pub(crate) fn for_each_in(
    tx: &mut Tx,
    sql: &str,
    before: &[Value],
    values: &[Value],
    each: &mut dyn FnMut(&Row) -> Result<()>,
) -> Result<()> {
    for chunk in values.chunks(LIST_MAX) {
        let (sql, params) = listed(sql, before, chunk);
        tx.for_each(&sql, &params, &mut *each)?;
    }
    Ok(())
}

/// Like [`for_each_in`], for a statement that changes rows; answers how many.
pub(crate) fn execute_in(tx: &mut Tx, sql: &str, before: &[Value], values: &[Value]) -> Result<u64> {
    let mut changed = 0;
    for chunk in values.chunks(LIST_MAX) {
        let (sql, params) = listed(sql, before, chunk);
        changed += tx.execute(&sql, &params)?;
    }
    Ok(changed)
}

fn listed(sql: &str, before: &[Value], chunk: &[Value]) -> (String, Vec<Value>) {
    let wanted = chunk.len().next_power_of_two();
    let mut params = Vec::with_capacity(before.len() + wanted);
    params.extend_from_slice(before);
    params.extend_from_slice(chunk);
    let last = params.last().cloned().unwrap_or_default();
    params.resize(before.len() + wanted, last);
    let mut list = String::with_capacity(wanted * 6);
    for place in before.len() + 1..=params.len() {
        let _ = write!(list, "{}${place}", if list.is_empty() { "" } else { ", " });
    }
    (sql.replace("{list}", &list), params)
}

/// A name under which two spellings are the same.
pub(crate) fn name_key(name: &str) -> String {
    zunke_kernel::search::fold(name).split_whitespace().collect::<Vec<_>>().join(" ")
}

zunke_kernel::id_type!(/** A tag. */ TagId, "tag");
zunke_kernel::id_type!(/** A category that customers are moved between. */ CategoryId, "cat");
zunke_kernel::id_type!(/** One move between categories. */ MoveId, "mov");
zunke_kernel::id_type!(/** A saved segment. */ SegmentId, "seg");
zunke_kernel::id_type!(/** A saved view of a list. */ ViewId, "vie");
