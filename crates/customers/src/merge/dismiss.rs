//! Pairs that somebody looked at: they are two, and are not shown again until that is taken back.

use super::Pair;
use super::find::{Likeness, unreadable};
use crate::query;
use crate::store::for_each_in;
use serde_json::{from_value, json};
use std::collections::HashSet;
use zunke_access::Scope;
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::page::{mark, read_mark};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Tx, Value};

fn sorted(one: CustomerId, other: CustomerId) -> (CustomerId, CustomerId) {
    if one <= other { (one, other) } else { (other, one) }
}

/// Says of two that they are not the same, or takes it back.
pub(super) fn say(
    tx: &mut Tx,
    (now, by): (Instant, Option<StaffId>),
    (one, other): (CustomerId, CustomerId),
    dismissed: bool,
) -> Result<()> {
    if one == other {
        let (zh, en) = ("请选择两位不同的客户。", "Please choose two different customers.");
        return Err(Error::invalid("merge_itself", zh, en).at("other"));
    }
    let (one, other) = sorted(one, other);
    if dismissed {
        tx.execute(
            "INSERT INTO duplicate_dismissals (customer_id, other_id, dismissed_by, dismissed_at)
             VALUES ($1, $2, $3, $4) ON CONFLICT (customer_id, other_id) DO NOTHING",
            &[one.into(), other.into(), by.into(), now.into()],
        )?;
    } else {
        let sql = "DELETE FROM duplicate_dismissals WHERE customer_id = $1 AND other_id = $2";
        tx.execute(sql, &[one.into(), other.into()])?;
    }
    Ok(())
}

/// Leaves out those of whom it was said.
pub(super) fn leave_out(tx: &mut Tx, pairs: &mut Vec<Pair>) -> Result<()> {
    let mut lower: Vec<CustomerId> = pairs.iter().map(|pair| sorted(pair.one, pair.other).0).collect();
    lower.sort_unstable();
    lower.dedup();
    if lower.is_empty() {
        return Ok(());
    }
    let lower: Vec<Value> = lower.into_iter().map(Value::from).collect();
    let mut two = HashSet::new();
    let sql = "SELECT customer_id, other_id FROM duplicate_dismissals WHERE customer_id IN ({list})";
    for_each_in(tx, sql, &[], &lower, &mut |row| {
        two.insert((row.id(0, CustomerId)?, row.id(1, CustomerId)?));
        Ok(())
    })?;
    pairs.retain(|pair| !two.contains(&sorted(pair.one, pair.other)));
    Ok(())
}

/// Pairs of whom it was said, within the scope.
pub(super) fn dismissed(
    tx: &mut Tx,
    scope: &Scope,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<Pair>, Option<String>)> {
    let start: Option<(CustomerId, CustomerId)> =
        after.map(|text| from_value(read_mark(text)?).map_err(|_| unreadable())).transpose()?;
    let (from, mut params) = match start {
        Some((one, other)) => {
            ("WHERE (d.customer_id > $1 OR (d.customer_id = $1 AND d.other_id > $2))", vec![one.into(), other.into()])
        }
        None => ("", Vec::<Value>::new()),
    };
    params.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
    let sql = format!(
        "SELECT d.customer_id, one.name, d.other_id, other.name FROM duplicate_dismissals d
         JOIN customers one ON one.customer_id = d.customer_id JOIN customers other ON other.customer_id = d.other_id
         {from} ORDER BY d.customer_id, d.other_id LIMIT ${}",
        params.len()
    );
    let mut found: Vec<Pair> = tx.query(&sql, &params, |row| {
        Ok(Pair {
            one: row.id(0, CustomerId)?,
            one_name: row.text(1)?,
            other: row.id(2, CustomerId)?,
            other_name: row.text(3)?,
            score: 0,
            likeness: Likeness::Likely,
            why: Vec::new(),
        })
    })?;
    let next = (found.len() == limit).then(|| found.last().map(|pair| mark(&json!([pair.one, pair.other])))).flatten();
    let ids: Vec<CustomerId> = found.iter().flat_map(|pair| [pair.one, pair.other]).collect();
    let seen: HashSet<CustomerId> = query::within(tx, scope, &ids)?.into_iter().collect();
    found.retain(|pair| seen.contains(&pair.one) && seen.contains(&pair.other));
    Ok((found, next))
}
