//! Rows go from one customer to another. The customer is part of their keys, so they are copied and deleted.

use zunke_kernel::Result;
use zunke_kernel::id::CustomerId;
use zunke_store::{Engine, Tx, Value};

/// What the moved rows remember.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Whose they were, unless they came from somebody else before.
    Remember,
    /// Nothing any more where they are home again.
    Home,
    /// The table has no such column.
    None,
}

/// Moves rows of `table` to another customer; `filter` (` AND …`, parameters from `$3`) narrows them. With a filter that
/// reads the rows of the target, name the keys instead: they change under it.
pub fn over(
    tx: &mut Tx,
    table: &str,
    (from, to): (CustomerId, CustomerId),
    origin: Origin,
    (filter, more): (&str, &[Value]),
) -> Result<u64> {
    let columns = columns(tx, table)?;
    let uuid = |place: &str| match tx.engine() {
        Engine::Postgres => format!("CAST({place} AS UUID)"),
        Engine::Sqlite => place.to_owned(),
    };
    let taken: Vec<String> = columns
        .iter()
        .map(|column| match (column.as_str(), origin) {
            ("customer_id", _) => uuid("$1"),
            ("origin_customer_id", Origin::Remember) => format!("COALESCE(origin_customer_id, {})", uuid("$2")),
            ("origin_customer_id", Origin::Home) => format!("NULLIF(origin_customer_id, {})", uuid("$1")),
            (other, _) => other.to_owned(),
        })
        .collect();
    let mut params: Vec<Value> = vec![to.into(), from.into()];
    params.extend_from_slice(more);
    let sql = format!(
        "INSERT INTO {table} ({}) SELECT {} FROM {table} WHERE customer_id = {}{filter} ON CONFLICT DO NOTHING",
        columns.join(", "),
        taken.join(", "),
        uuid("$2")
    );
    let moved = tx.execute(&sql, &params)?;
    // The first parameter keeps its place, so that the filter reads the same.
    let sql = format!("DELETE FROM {table} WHERE customer_id = $2 AND customer_id <> $1{filter}");
    tx.execute(&sql, &params)?;
    Ok(moved)
}

/// Gives rows of `table` back that came from one of the family.
pub fn back(tx: &mut Tx, table: &str, couple: &super::Couple) -> Result<u64> {
    let (filter, more) = of_family(couple, 3);
    over(tx, table, (couple.target, couple.source), Origin::Home, (&filter, &more))
}

/// The filter of rows that came from one of the family, with parameters from `$first`.
pub(super) fn of_family(couple: &super::Couple, first: usize) -> (String, Vec<Value>) {
    among("origin_customer_id", couple.family.iter().map(|id| (*id).into()).collect(), first)
}

/// ` AND column IN (…)` with parameters from `$first`.
pub(super) fn among(column: &str, values: Vec<Value>, first: usize) -> (String, Vec<Value>) {
    let places: Vec<String> = (first..first + values.len()).map(|place| format!("${place}")).collect();
    (format!(" AND {column} IN ({})", places.join(", ")), values)
}

fn columns(tx: &mut Tx, table: &str) -> Result<Vec<String>> {
    let (sql, params): (String, Vec<Value>) = match tx.engine() {
        Engine::Sqlite => (format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"), Vec::new()),
        Engine::Postgres => (
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position"
                .to_owned(),
            vec![table.into()],
        ),
    };
    tx.query(&sql, &params, |row| row.text(0))
}
