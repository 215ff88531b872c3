//! All SQL of webhooks.

pub mod deliveries;
pub mod events;
pub mod queue;
pub mod webhooks;

use zunke_store::Value;

/// Values in one list of a statement.
const LIST_MAX: usize = 500;

/// `$3, $4, $5`, for a list of values behind those that are there.
fn places(before: usize, count: usize) -> String {
    (before + 1..=before + count).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ")
}

fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<Value> {
    texts.map(Value::from).collect()
}
