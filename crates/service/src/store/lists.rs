//! Statements with lists of customers: cut into parts that every database takes.

use std::fmt::Write;
use zunke_kernel::Result;
use zunke_kernel::id::CustomerId;
use zunke_store::{Row, Tx, Value};

const LIST_MAX: usize = 1_024;

/// Asks with `customer_id IN (…)` for any number of customers. `sql` holds `{list}`; `before` are the parameters that
/// stand before it.
pub(crate) fn for_each_in(
    tx: &mut Tx,
    sql: &str,
    before: &[Value],
    customers: &[CustomerId],
    each: &mut dyn FnMut(&Row) -> Result<()>,
) -> Result<()> {
    for chunk in customers.chunks(LIST_MAX) {
        let (sql, params) = listed(sql, before, chunk);
        tx.for_each(&sql, &params, &mut *each)?;
    }
    Ok(())
}

/// Like [`for_each_in`], for a statement that changes rows; answers how many.
pub(crate) fn execute_in(tx: &mut Tx, sql: &str, before: &[Value], customers: &[CustomerId]) -> Result<u64> {
    let mut changed = 0;
    for chunk in customers.chunks(LIST_MAX) {
        let (sql, params) = listed(sql, before, chunk);
        changed += tx.execute(&sql, &params)?;
    }
    Ok(changed)
}

/// Lists are filled up to a power of two with their last value, so that batches of any size share a few statements.
fn listed(sql: &str, before: &[Value], chunk: &[CustomerId]) -> (String, Vec<Value>) {
    let mut params = before.to_vec();
    params.extend(chunk.iter().map(|id| Value::from(*id)));
    let last = params.last().cloned().unwrap_or_default();
    params.resize(before.len() + chunk.len().next_power_of_two(), last);
    let mut list = String::with_capacity(params.len() * 6);
    for place in before.len() + 1..=params.len() {
        let _ = write!(list, "{}${place}", if list.is_empty() { "" } else { ", " });
    }
    (sql.replace("{list}", &list), params)
}
