//! All SQL of the room.

pub mod buckets;
pub mod lives;
pub mod load;
pub mod ltv;
pub mod memberships;
pub mod names;
pub mod programmes;
pub mod queue;
pub mod read;
pub mod runs;
pub mod staircase;
pub mod standings;
pub mod versions;

use zunke_kernel::Result;
use zunke_kernel::id::CustomerId;
use zunke_store::{Row, Tx, Value};

/// Most ids that one statement names.
const MOST: usize = 512;

/// Runs `sql` with `{ids}` replaced by a list of the given customers, as often as their number needs. `first` are
/// the parameters before the ids. Lists are filled up to a few lengths, so that the statement cache knows them.
fn for_ids(
    tx: &mut Tx,
    sql: &str,
    first: &[Value],
    ids: &[CustomerId],
    mut each: impl FnMut(&Row) -> Result<()>,
) -> Result<()> {
    for chunk in ids.chunks(MOST) {
        let (list, params) = id_list(first, chunk);
        tx.for_each(&sql.replace("{ids}", &list), &params, &mut each)?;
    }
    Ok(())
}

fn execute_for_ids(tx: &mut Tx, sql: &str, ids: &[CustomerId]) -> Result<()> {
    for chunk in ids.chunks(MOST) {
        let (list, params) = id_list(&[], chunk);
        tx.execute(&sql.replace("{ids}", &list), &params)?;
    }
    Ok(())
}

/// Takes away all that is kept here of customers who are gone for good.
pub fn forget(tx: &mut Tx, ids: &[CustomerId]) -> Result<()> {
    let tables =
        ["measure_buckets", "standings", "decisions", "ltv_values", "level_layers", "level_notices", "level_queue"];
    for table in tables {
        execute_for_ids(tx, &format!("DELETE FROM {table} WHERE customer_id IN ({{ids}})"), ids)?;
    }
    Ok(())
}

fn id_list(first: &[Value], ids: &[CustomerId]) -> (String, Vec<Value>) {
    let size = [1, 8, 64].into_iter().find(|size| *size >= ids.len()).unwrap_or(MOST);
    let mut params: Vec<Value> = first.to_vec();
    let last = ids.last().copied();
    params.extend(ids.iter().copied().chain(last.into_iter().cycle()).take(size).map(Value::from));
    let list: Vec<String> = (first.len() + 1..=first.len() + size).map(|at| format!("${at}")).collect();
    (list.join(", "), params)
}
