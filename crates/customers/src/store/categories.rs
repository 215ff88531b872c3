//! Categories that customers are moved between by hand: one customer stands in one of them, or in none.

use super::{CategoryId, MoveId, execute_in, for_each_in, name_key};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;
use zunke_access::Scope;
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Instant, Result};
use zunke_store::{Row, Tx, Value};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomerCategory)]
pub struct Category {
    pub id: CategoryId,
    pub name: String,
    /// `#rrggbb`.
    pub colour: String,
    /// Its place in the order of the list, from 0.
    pub place: i64,
    pub version: i64,
}

/// One move of customers.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CategoryMove {
    pub id: MoveId,
    /// Where they went; absent: to none, or back where each came from.
    pub category_id: Option<CategoryId>,
    /// How many were moved.
    pub customers: i64,
    pub staff_id: Option<StaffId>,
    pub moved_at: Instant,
    pub undone_at: Option<Instant>,
}

/// One change of a customer's category.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CategoryChange {
    pub at: Instant,
    /// The names on that day; absent: none.
    pub before: Option<String>,
    pub after: Option<String>,
    pub staff_id: Option<StaffId>,
    pub move_id: MoveId,
}

/// A customer who is moved from one category to another.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub customer: CustomerId,
    pub before: Option<CategoryId>,
    pub after: Option<CategoryId>,
}

const COLUMNS: &str = "category_id, name, colour, place, version";

fn read(row: &Row) -> Result<Category> {
    Ok(Category {
        id: row.id(0, CategoryId)?,
        name: row.text(1)?,
        colour: row.text(2)?,
        place: row.int(3)?,
        version: row.int(4)?,
    })
}

pub(crate) fn all(tx: &mut Tx) -> Result<Vec<Category>> {
    tx.query(&format!("SELECT {COLUMNS} FROM customer_categories ORDER BY place, name_key"), &[], read)
}

/// Locks one category for a change.
pub(crate) fn lock(tx: &mut Tx, id: CategoryId) -> Result<Option<Category>> {
    tx.execute("UPDATE customer_categories SET version = version WHERE category_id = $1", &[id.0.into()])?;
    tx.query_one(&format!("SELECT {COLUMNS} FROM customer_categories WHERE category_id = $1"), &[id.0.into()], read)
}

/// Whose the name is.
pub(crate) fn named(tx: &mut Tx, name: &str) -> Result<Option<CategoryId>> {
    let sql = "SELECT category_id FROM customer_categories WHERE name_key = $1";
    tx.query_one(sql, &[name_key(name).into()], |row| row.id(0, CategoryId))
}

/// `false` where the name is taken.
pub(crate) fn insert(tx: &mut Tx, now: Instant, category: &Category) -> Result<bool> {
    let made = tx.execute(
        "INSERT INTO customer_categories (category_id, name, name_key, colour, place, version, created_at)
         VALUES ($1, $2, $3, $4, $5, 1, $6) ON CONFLICT (name_key) DO NOTHING",
        &[
            category.id.0.into(),
            category.name.as_str().into(),
            name_key(&category.name).into(),
            category.colour.as_str().into(),
            category.place.into(),
            now.into(),
        ],
    )?;
    Ok(made == 1)
}

pub(crate) fn update(tx: &mut Tx, category: &Category) -> Result<()> {
    tx.execute(
        "UPDATE customer_categories SET name = $1, name_key = $2, colour = $3, version = version + 1
         WHERE category_id = $4",
        &[
            category.name.as_str().into(),
            name_key(&category.name).into(),
            category.colour.as_str().into(),
            category.id.0.into(),
        ],
    )?;
    Ok(())
}

/// Puts categories into this order.
pub(crate) fn place(tx: &mut Tx, ids: &[CategoryId]) -> Result<()> {
    let rows: Vec<Vec<Value>> = ids.iter().zip(0_i64..).map(|(id, place)| vec![place.into(), id.0.into()]).collect();
    tx.execute_many("UPDATE customer_categories SET place = $1 WHERE category_id = $2", &rows)?;
    Ok(())
}

/// Those who stand in it: all of them, whoever asks.
pub(crate) fn members(tx: &mut Tx, id: CategoryId) -> Result<Vec<CustomerId>> {
    tx.query("SELECT customer_id FROM customers WHERE category_id = $1", &[id.0.into()], |row| row.id(0, CustomerId))
}

pub(crate) fn delete(tx: &mut Tx, id: CategoryId) -> Result<()> {
    tx.execute("DELETE FROM customer_categories WHERE category_id = $1", &[id.0.into()])?;
    Ok(())
}

/// Active customers that the scope sees, by category; under `None` those without one.
pub(crate) fn counts(tx: &mut Tx, scope: &Scope) -> Result<HashMap<Option<CategoryId>, i64>> {
    let (seen, params) = crate::query::seen(tx.engine(), scope);
    let sql = format!(
        "SELECT c.category_id, COUNT(*) FROM customers c WHERE c.status = 'active'{seen} GROUP BY c.category_id"
    );
    Ok(tx.query(&sql, &params, |row| Ok((row.opt_id(0, CategoryId)?, row.int(1)?)))?.into_iter().collect())
}

/// Where customers stand now.
pub(crate) fn of(tx: &mut Tx, ids: &[CustomerId]) -> Result<HashMap<CustomerId, Option<CategoryId>>> {
    let values: Vec<Value> = ids.iter().map(|id| (*id).into()).collect();
    let mut found = HashMap::new();
    let sql = "SELECT customer_id, category_id FROM customers WHERE customer_id IN ({list})";
    for_each_in(tx, sql, &[], &values, &mut |row| {
        found.insert(row.id(0, CustomerId)?, row.opt_id(1, CategoryId)?);
        Ok(())
    })?;
    Ok(found)
}

/// Moves customers, who are locked, and keeps what was. The version that forms are guarded by stays: a category is in no
/// form.
pub(crate) fn shift(tx: &mut Tx, now: Instant, by: Option<StaffId>, id: MoveId, steps: &[Step]) -> Result<()> {
    let names: HashMap<CategoryId, String> = all(tx)?.into_iter().map(|one| (one.id, one.name)).collect();
    let name = |id: Option<CategoryId>| id.and_then(|id| names.get(&id).cloned());
    let history: Vec<Vec<Value>> = steps
        .iter()
        .map(|step| {
            vec![
                step.customer.into(),
                now.into(),
                id.0.into(),
                step.before.map(|id| id.0).into(),
                step.after.map(|id| id.0).into(),
                name(step.before).into(),
                name(step.after).into(),
                by.into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO customer_category_history (customer_id, changed_at, move_id, before_id, after_id, before_name,
           after_name, staff_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (customer_id, changed_at, move_id) DO UPDATE SET after_id = excluded.after_id,
           after_name = excluded.after_name",
        &history,
    )?;
    let mut to: HashMap<Option<CategoryId>, Vec<Value>> = HashMap::new();
    for step in steps {
        to.entry(step.after).or_default().push(step.customer.into());
    }
    for (category, ids) in to {
        let sql = "UPDATE customers SET category_id = $1 WHERE customer_id IN ({list})";
        execute_in(tx, sql, &[category.map(|id| id.0).into()], &ids)?;
    }
    Ok(())
}

pub(crate) fn keep_move(tx: &mut Tx, one: &CategoryMove) -> Result<()> {
    tx.execute(
        "INSERT INTO category_moves (move_id, category_id, customers, staff_id, moved_at) VALUES ($1, $2, $3, $4, $5)",
        &[
            one.id.0.into(),
            one.category_id.map(|id| id.0).into(),
            one.customers.into(),
            one.staff_id.into(),
            one.moved_at.into(),
        ],
    )?;
    Ok(())
}

const MOVE: &str = "move_id, category_id, customers, staff_id, moved_at, undone_at";

fn read_move(row: &Row) -> Result<CategoryMove> {
    Ok(CategoryMove {
        id: row.id(0, MoveId)?,
        category_id: row.opt_id(1, CategoryId)?,
        customers: row.int(2)?,
        staff_id: row.opt_id(3, StaffId)?,
        moved_at: row.instant(4)?,
        undone_at: row.opt_instant(5)?,
    })
}

/// The newest moves first; of one member of staff where he is named.
pub(crate) fn moves(tx: &mut Tx, by: Option<StaffId>, limit: u32) -> Result<Vec<CategoryMove>> {
    let (narrow, mut params) = by.map_or(("", Vec::new()), |by| ("WHERE staff_id = $1 ", vec![by.into()]));
    params.push(limit.into());
    let place = params.len();
    let sql = format!("SELECT {MOVE} FROM category_moves {narrow}ORDER BY moved_at DESC, move_id DESC LIMIT ${place}");
    tx.query(&sql, &params, read_move)
}

/// Locks one move for its undoing.
pub(crate) fn lock_move(tx: &mut Tx, id: MoveId) -> Result<Option<CategoryMove>> {
    tx.execute("UPDATE category_moves SET customers = customers WHERE move_id = $1", &[id.0.into()])?;
    tx.query_one(&format!("SELECT {MOVE} FROM category_moves WHERE move_id = $1"), &[id.0.into()], read_move)
}

pub(crate) fn undone(tx: &mut Tx, now: Instant, id: MoveId) -> Result<()> {
    tx.execute("UPDATE category_moves SET undone_at = $1 WHERE move_id = $2", &[now.into(), id.0.into()])?;
    Ok(())
}

/// The steps of a move, and for each whether nobody has moved that customer since.
pub(crate) fn steps(tx: &mut Tx, id: MoveId) -> Result<Vec<(Step, bool)>> {
    tx.query(
        "SELECT h.customer_id, h.before_id, h.after_id,
           CAST(CASE WHEN EXISTS (SELECT 1 FROM customer_category_history l WHERE l.customer_id = h.customer_id
             AND (l.changed_at > h.changed_at OR (l.changed_at = h.changed_at AND l.move_id > h.move_id)))
             THEN 1 ELSE 0 END AS BIGINT)
         FROM customer_category_history h WHERE h.move_id = $1",
        &[id.0.into()],
        |row| {
            let step = Step {
                customer: row.id(0, CustomerId)?,
                before: row.opt_id(1, CategoryId)?,
                after: row.opt_id(2, CategoryId)?,
            };
            Ok((step, row.int(3)? == 0))
        },
    )
}

/// Up to `limit` of those whom a move moved, from `after` on.
pub(crate) fn moved_by(tx: &mut Tx, id: MoveId, after: CustomerId, limit: u32) -> Result<Vec<CustomerId>> {
    tx.query(
        "SELECT DISTINCT customer_id FROM customer_category_history WHERE move_id = $1 AND customer_id > $2
         ORDER BY customer_id LIMIT $3",
        &[id.0.into(), after.into(), limit.into()],
        |row| row.id(0, CustomerId),
    )
}

/// What a move that was made in several steps came to for these customers, and whether nobody has moved them since.
pub(crate) fn net(tx: &mut Tx, id: MoveId, customers: &[CustomerId]) -> Result<Vec<(Step, bool)>> {
    let values: Vec<Value> = customers.iter().map(|id| (*id).into()).collect();
    let mut found: BTreeMap<CustomerId, (Step, bool)> = BTreeMap::new();
    let sql = "SELECT customer_id, move_id, before_id, after_id FROM customer_category_history
               WHERE customer_id IN ({list}) ORDER BY customer_id, changed_at, move_id";
    for_each_in(tx, sql, &[], &values, &mut |row| {
        let customer = row.id(0, CustomerId)?;
        if row.id(1, MoveId)? == id {
            let step = Step { customer, before: row.opt_id(2, CategoryId)?, after: row.opt_id(3, CategoryId)? };
            let first = found.get(&customer).map_or(step.before, |(first, _)| first.before);
            found.insert(customer, (Step { before: first, ..step }, true));
        } else if let Some((_, newest)) = found.get_mut(&customer) {
            *newest = false;
        }
        Ok(())
    })?;
    Ok(found.into_values().collect())
}

/// The newest changes of one customer's category first.
pub(crate) fn history(tx: &mut Tx, customer: CustomerId, limit: u32) -> Result<Vec<CategoryChange>> {
    tx.query(
        "SELECT changed_at, before_name, after_name, staff_id, move_id FROM customer_category_history
         WHERE customer_id = $1 ORDER BY changed_at DESC, move_id DESC LIMIT $2",
        &[customer.into(), limit.into()],
        |row| {
            Ok(CategoryChange {
                at: row.instant(0)?,
                before: row.opt_text(1)?,
                after: row.opt_text(2)?,
                staff_id: row.opt_id(3, StaffId)?,
                move_id: row.id(4, MoveId)?,
            })
        },
    )
}
