//! Packed years of customers.

use super::for_ids;
use crate::bucket;
use std::collections::HashMap;
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Result};
use zunke_store::{Tx, Value};

/// A customer's years, rising: year and packed days.
pub type Years = Vec<(i16, Vec<u8>)>;

/// The years of these customers; one without any is not in it.
pub fn read(tx: &mut Tx, ids: &[CustomerId]) -> Result<HashMap<CustomerId, Years>> {
    let mut all: HashMap<CustomerId, Years> = HashMap::with_capacity(ids.len());
    let sql = "SELECT customer_id, year, days FROM measure_buckets WHERE customer_id IN ({ids})";
    for_ids(tx, sql, &[], ids, |row| {
        let year = i16::try_from(row.int(1)?).unwrap_or(i16::MAX);
        all.entry(row.id(0, CustomerId)?).or_default().push((year, row.bytes(2)?));
        Ok(())
    })?;
    for years in all.values_mut() {
        years.sort_unstable_by_key(|(year, _)| *year);
        // A list that is filled up names its last customer more than once; a row still comes once.
        years.dedup_by_key(|(year, _)| *year);
    }
    Ok(all)
}

/// Writes years; an empty one is taken away.
pub fn write(tx: &mut Tx, rows: Vec<(CustomerId, i16, Vec<u8>)>) -> Result<()> {
    let (gone, kept): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, _, days)| days.is_empty());
    let kept: Vec<Vec<Value>> = kept
        .into_iter()
        .map(|(customer, year, days)| vec![customer.into(), i64::from(year).into(), Value::Bytes(days)])
        .collect();
    tx.execute_many(
        "INSERT INTO measure_buckets (customer_id, year, days) VALUES ($1, $2, $3)
         ON CONFLICT (customer_id, year) DO UPDATE SET days = excluded.days",
        &kept,
    )?;
    let gone: Vec<Vec<Value>> =
        gone.into_iter().map(|(customer, year, _)| vec![customer.into(), i64::from(year).into()]).collect();
    tx.execute_many("DELETE FROM measure_buckets WHERE customer_id = $1 AND year = $2", &gone)?;
    Ok(())
}

/// Years as [`crate::image::Sections`] reads them.
#[must_use]
pub fn sections(years: &Years) -> Vec<u8> {
    let mut out = Vec::with_capacity(years.iter().map(|(_, days)| days.len() + 8).sum());
    for (year, days) in years {
        put_section(&mut out, bucket::first_of(*year), days);
    }
    out
}

pub(crate) fn put_section(out: &mut Vec<u8>, first: Day, days: &[u8]) {
    out.extend_from_slice(&first.0.to_le_bytes());
    out.extend_from_slice(&u32::try_from(days.len()).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(days);
}
