//! What two databases with the same history have in common, whatever ids they gave out: a hash over each customer's
//! facts, level and daily measures. Two loads that should come to the same are compared by it.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use zunke_kernel::{Error, Result};
use zunke_store::{Tx, Uuid};

/// 64 hexadecimal digits. Reads all customers and their measures.
pub fn of(tx: &mut Tx) -> Result<String> {
    let mut customers: BTreeMap<Uuid, Sha256> = BTreeMap::new();
    tx.for_each(
        "SELECT customer_id, name, orders, net_spend, level_rank, score, rfm, first_order_day, last_order_day
         FROM customers ORDER BY customer_id",
        &[],
        |row| {
            let mut hash = Sha256::new();
            hash.update(row.text(1)?);
            for at in [2, 3, 4, 6, 7, 8] {
                hash.update(row.int(at)?.to_le_bytes());
            }
            hash.update(row.real(5)?.to_le_bytes());
            customers.insert(row.uuid(0)?, hash);
            Ok(())
        },
    )?;
    let mut add = |id: Uuid, part: &[u8]| -> Result<()> {
        let hash = customers.get_mut(&id).ok_or_else(|| Error::internal(format!("rows without a customer: {id}")))?;
        hash.update(part);
        Ok(())
    };
    tx.for_each("SELECT customer_id, year, days FROM measure_buckets ORDER BY customer_id, year", &[], |row| {
        add(row.uuid(0)?, &row.int(1)?.to_le_bytes())?;
        add(row.uuid(0)?, &row.bytes(2)?)
    })?;
    tx.for_each(
        "SELECT customer_id, source, source_id, kind, day, amount FROM activities ORDER BY customer_id, occurred_at, source_id",
        &[],
        |row| {
            let amount = row.opt_int(5)?.unwrap_or(-1);
            let line = format!("{}|{}|{}|{}|{amount}", row.text(1)?, row.text(2)?, row.text(3)?, row.int(4)?);
            add(row.uuid(0)?, line.as_bytes())
        },
    )?;
    // In the order of their hashes: ids differ from load to load.
    let mut hashes: Vec<[u8; 32]> = customers.into_values().map(|hash| hash.finalize().into()).collect();
    hashes.sort_unstable();
    let mut all = Sha256::new();
    hashes.iter().for_each(|hash| all.update(hash));
    Ok(all.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
