//! Tags, who has them, and who gave or took them when.

use super::{TagId, for_each_in, name_key};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Instant, Result};
use zunke_store::{Row, Tx, Value};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
    /// `#rrggbb`.
    pub colour: String,
    pub version: i64,
}

/// One change of a customer's tags.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TagChange {
    pub tag_id: TagId,
    /// The tag's name on that day.
    pub name: String,
    pub added: bool,
    pub at: Instant,
    /// Absent where the system did it.
    pub staff_id: Option<StaffId>,
}

fn read(row: &Row) -> Result<Tag> {
    Ok(Tag { id: row.id(0, TagId)?, name: row.text(1)?, colour: row.text(2)?, version: row.int(3)? })
}

pub(crate) fn all(tx: &mut Tx) -> Result<Vec<Tag>> {
    tx.query("SELECT tag_id, name, colour, version FROM tags ORDER BY name_key", &[], read)
}

pub(crate) fn find(tx: &mut Tx, id: TagId) -> Result<Option<Tag>> {
    tx.query_one("SELECT tag_id, name, colour, version FROM tags WHERE tag_id = $1", &[id.0.into()], read)
}

/// `false` where the name is taken.
pub(crate) fn insert(tx: &mut Tx, now: Instant, tag: &Tag) -> Result<bool> {
    let made = tx.execute(
        "INSERT INTO tags (tag_id, name, name_key, colour, version, created_at) VALUES ($1, $2, $3, $4, 1, $5)
         ON CONFLICT (name_key) DO NOTHING",
        &[
            tag.id.0.into(),
            tag.name.as_str().into(),
            name_key(&tag.name).into(),
            tag.colour.as_str().into(),
            now.into(),
        ],
    )?;
    Ok(made == 1)
}

/// Whose the name is.
pub(crate) fn named(tx: &mut Tx, name: &str) -> Result<Option<TagId>> {
    tx.query_one("SELECT tag_id FROM tags WHERE name_key = $1", &[name_key(name).into()], |row| row.id(0, TagId))
}

pub(crate) fn update(tx: &mut Tx, tag: &Tag) -> Result<()> {
    tx.execute(
        "UPDATE tags SET name = $1, name_key = $2, colour = $3, version = version + 1 WHERE tag_id = $4",
        &[tag.name.as_str().into(), name_key(&tag.name).into(), tag.colour.as_str().into(), tag.id.0.into()],
    )?;
    Ok(())
}

/// Takes the tag from everybody and away; the history keeps its name.
pub(crate) fn delete(tx: &mut Tx, now: Instant, by: StaffId, tag: &Tag) -> Result<()> {
    tx.execute(
        "INSERT INTO customer_tag_history (customer_id, changed_at, tag_id, added, name, staff_id)
         SELECT customer_id, $1, tag_id, $2, $3, $4 FROM customer_tags WHERE tag_id = $5
         ON CONFLICT (customer_id, changed_at, tag_id, added) DO NOTHING",
        &[now.into(), false.into(), tag.name.as_str().into(), by.into(), tag.id.0.into()],
    )?;
    tx.execute("DELETE FROM customer_tags WHERE tag_id = $1", &[tag.id.0.into()])?;
    tx.execute("DELETE FROM tags WHERE tag_id = $1", &[tag.id.0.into()])?;
    Ok(())
}

/// How many customers have each tag.
pub(crate) fn counts(tx: &mut Tx) -> Result<HashMap<TagId, i64>> {
    let rows = tx.query("SELECT tag_id, COUNT(*) FROM customer_tags GROUP BY tag_id", &[], |row| {
        Ok((row.id(0, TagId)?, row.int(1)?))
    })?;
    Ok(rows.into_iter().collect())
}

/// The tags of customers, by name.
pub(crate) fn of(tx: &mut Tx, customers: &[CustomerId]) -> Result<HashMap<CustomerId, Vec<Tag>>> {
    let ids: Vec<Value> = customers.iter().map(|id| (*id).into()).collect();
    let mut found: HashMap<CustomerId, Vec<Tag>> = HashMap::new();
    for_each_in(
        tx,
        "SELECT t.tag_id, t.name, t.colour, t.version, c.customer_id FROM customer_tags c
         JOIN tags t ON t.tag_id = c.tag_id WHERE c.customer_id IN ({list}) ORDER BY t.name_key",
        &[],
        &ids,
        &mut |row| {
            found.entry(row.id(4, CustomerId)?).or_default().push(read(row)?);
            Ok(())
        },
    )?;
    Ok(found)
}

/// Gives one tag to customers; answers how many did not have it yet. The history tells of those only.
pub(crate) fn give(
    tx: &mut Tx,
    now: Instant,
    by: Option<StaffId>,
    tag: &Tag,
    customers: &[CustomerId],
) -> Result<usize> {
    let have = having(tx, tag.id, customers)?;
    let fresh: Vec<CustomerId> = customers.iter().copied().filter(|id| !have.contains_key(id)).collect();
    let rows: Vec<Vec<Value>> =
        fresh.iter().map(|id| vec![(*id).into(), tag.id.0.into(), now.into(), by.into()]).collect();
    tx.execute_many(
        "INSERT INTO customer_tags (customer_id, tag_id, tagged_at, tagged_by) VALUES ($1, $2, $3, $4)
         ON CONFLICT (customer_id, tag_id) DO NOTHING",
        &rows,
    )?;
    note(tx, now, by, tag, &fresh, true)?;
    Ok(fresh.len())
}

/// Takes one tag from customers; answers how many had it.
pub(crate) fn take(
    tx: &mut Tx,
    now: Instant,
    by: Option<StaffId>,
    tag: &Tag,
    customers: &[CustomerId],
) -> Result<usize> {
    let have: Vec<CustomerId> = having(tx, tag.id, customers)?.into_keys().collect();
    let rows: Vec<Vec<Value>> = have.iter().map(|id| vec![(*id).into(), tag.id.0.into()]).collect();
    tx.execute_many("DELETE FROM customer_tags WHERE customer_id = $1 AND tag_id = $2", &rows)?;
    note(tx, now, by, tag, &have, false)?;
    Ok(have.len())
}

fn having(tx: &mut Tx, tag: TagId, customers: &[CustomerId]) -> Result<HashMap<CustomerId, ()>> {
    let ids: Vec<Value> = customers.iter().map(|id| (*id).into()).collect();
    let mut found = HashMap::new();
    for_each_in(
        tx,
        "SELECT customer_id FROM customer_tags WHERE tag_id = $1 AND customer_id IN ({list})",
        &[tag.0.into()],
        &ids,
        &mut |row| {
            found.insert(row.id(0, CustomerId)?, ());
            Ok(())
        },
    )?;
    Ok(found)
}

fn note(
    tx: &mut Tx,
    now: Instant,
    by: Option<StaffId>,
    tag: &Tag,
    customers: &[CustomerId],
    added: bool,
) -> Result<()> {
    let rows: Vec<Vec<Value>> = customers
        .iter()
        .map(|id| vec![(*id).into(), now.into(), tag.id.0.into(), added.into(), tag.name.as_str().into(), by.into()])
        .collect();
    tx.execute_many(
        "INSERT INTO customer_tag_history (customer_id, changed_at, tag_id, added, name, staff_id)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (customer_id, changed_at, tag_id, added) DO NOTHING",
        &rows,
    )?;
    Ok(())
}

/// The newest changes of a customer's tags first.
pub(crate) fn history(tx: &mut Tx, customer: CustomerId, limit: u32) -> Result<Vec<TagChange>> {
    tx.query(
        "SELECT tag_id, name, added, changed_at, staff_id FROM customer_tag_history WHERE customer_id = $1
         ORDER BY changed_at DESC, tag_id DESC, added LIMIT $2",
        &[customer.into(), limit.into()],
        |row| {
            Ok(TagChange {
                tag_id: row.id(0, TagId)?,
                name: row.text(1)?,
                added: row.bool(2)?,
                at: row.instant(3)?,
                staff_id: row.opt_id(4, StaffId)?,
            })
        },
    )
}
