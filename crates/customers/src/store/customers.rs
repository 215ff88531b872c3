//! The customers' own rows.

use super::{CategoryId, execute_in, for_each_in, identities, search};
use crate::headline::{self, Headline};
use crate::identity::Identity;
use crate::profile::{CustomerKind, Gender, NewCustomer, Status, month_day, tokens};
use crate::record::{OwnerChange, OwnerWhy};
use std::collections::HashMap;
use zunke_kernel::id::{CustomerId, DepartmentId, ImportId, StaffId};
use zunke_kernel::search::sort_key;
use zunke_kernel::{Day, Error, Instant, Result};
use zunke_store::{Engine, Row, Tx, Value};

/// A customer's row as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    pub id: CustomerId,
    pub kind: CustomerKind,
    pub name: String,
    pub name_sort: String,
    pub status: Status,
    pub gender: Option<Gender>,
    pub birthday: Option<Day>,
    pub region: Option<String>,
    pub city: Option<String>,
    /// When the order happened that region and city were taken from; `None`: somebody gave them.
    pub place_from: Option<Instant>,
    pub note: Option<String>,
    pub owner_id: Option<StaffId>,
    pub department_id: Option<DepartmentId>,
    pub source: Option<String>,
    pub joined_day: Option<Day>,
    pub import_id: Option<ImportId>,
    pub category_id: Option<CategoryId>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub headline: Headline,
}

const OWN: &str = "customer_id, kind, name, name_sort, status, gender, birthday, region, city, note, owner_id, \
     department_id, source, joined_day, import_id, version, created_at, updated_at, place_from, category_id";

/// The columns that [`read`] takes, of the customer `c`.
pub(crate) fn columns() -> String {
    OWN.split(", ")
        .chain(headline::COLUMNS.split(", "))
        .map(|column| format!("c.{column}"))
        .chain([headline::POTENTIAL.to_owned()])
        .collect::<Vec<_>>()
        .join(", ")
}

pub(crate) fn read(row: &Row) -> Result<Stored> {
    let id = row.id(0, CustomerId)?;
    let unknown = |what: &str| Error::internal(format!("{id} has an unknown {what}"));
    Ok(Stored {
        id,
        kind: CustomerKind::read(row.str(1)?).ok_or_else(|| unknown("kind"))?,
        name: row.text(2)?,
        name_sort: row.text(3)?,
        status: Status::read(row.str(4)?).ok_or_else(|| unknown("status"))?,
        gender: row.opt_str(5)?.and_then(Gender::read),
        birthday: row.opt_day(6)?,
        region: row.opt_text(7)?,
        city: row.opt_text(8)?,
        note: row.opt_text(9)?,
        owner_id: row.opt_id(10, StaffId)?,
        department_id: row.opt_id(11, DepartmentId)?,
        source: row.opt_text(12)?,
        joined_day: row.opt_day(13)?,
        import_id: row.opt_id(14, ImportId)?,
        version: row.int(15)?,
        created_at: row.instant(16)?,
        updated_at: row.instant(17)?,
        place_from: row.opt_instant(18)?,
        category_id: row.opt_id(19, CategoryId)?,
        headline: Headline { potential: row.opt_real(31)?, ..headline::read(row, id, 20)? },
    })
}

/// Be alone with customers until the end of the transaction: the first statement of every unit of work that reads
/// before it writes. Answers those that are there. SQLite has one writer, who is alone anyhow.
pub(crate) fn lock(tx: &mut Tx, ids: &[CustomerId]) -> Result<Vec<CustomerId>> {
    let mut sorted: Vec<CustomerId> = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let values: Vec<Value> = sorted.iter().map(|id| (*id).into()).collect();
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT customer_id FROM customers WHERE customer_id IN ({list})",
        Engine::Postgres => "UPDATE customers SET turn = turn + 1 WHERE customer_id IN ({list}) RETURNING customer_id",
    };
    let mut there = Vec::with_capacity(sorted.len());
    super::for_each_in(tx, sql, &[], &values, &mut |row| {
        there.push(row.id(0, CustomerId)?);
        Ok(())
    })?;
    Ok(there)
}

/// Makes customers that have been checked; per customer its id, or whose an identity of it is. Within the batch the
/// first one has an identity.
pub(crate) fn insert_many(
    tx: &mut Tx,
    now: Instant,
    customers: &[&NewCustomer],
) -> Result<Vec<Result<CustomerId, (Identity, CustomerId)>>> {
    let ids: Vec<CustomerId> = customers.iter().map(|_| CustomerId::new(now)).collect();
    let mut first: HashMap<&Identity, CustomerId> = HashMap::new();
    let mut claims = Vec::new();
    let mut refused: HashMap<usize, (Identity, CustomerId)> = HashMap::new();
    for (at, customer) in customers.iter().enumerate() {
        let taken = customer.identities.iter().find_map(|identity| first.get(identity).map(|owner| (identity, *owner)));
        if let Some((identity, owner)) = taken {
            refused.insert(at, (identity.clone(), owner));
            continue;
        }
        for identity in &customer.identities {
            first.insert(identity, ids[at]);
            claims.push((identity.clone(), ids[at]));
        }
    }
    let lost = identities::claim(tx, &claims)?;
    if !lost.is_empty() {
        for (at, customer) in
            customers.iter().enumerate().filter(|(at, _)| !refused.contains_key(at)).collect::<Vec<_>>()
        {
            if let Some((identity, owner)) = customer.identities.iter().find_map(|one| lost.get_key_value(one)) {
                identities::release(tx, &customer.identities, ids[at])?;
                refused.insert(at, (identity.clone(), *owner));
            }
        }
    }
    let made = || customers.iter().enumerate().filter(|(at, _)| !refused.contains_key(at));
    let rows: Vec<Vec<Value>> = made().map(|(at, customer)| params(ids[at], customer, now)).collect();
    tx.execute_many(
        "INSERT INTO customers (customer_id, kind, name, name_sort, status, gender, birthday, birthday_md, region, city,
           note, owner_id, department_id, source, joined_day, import_id, place_from, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1, $18, $18)",
        &rows,
    )?;
    let mut known = Vec::with_capacity(claims.len());
    for (at, customer) in made() {
        for (place, identity) in customer.identities.iter().enumerate() {
            known.push((ids[at], identity, i64::try_from(place).unwrap_or(0)));
        }
    }
    identities::insert(tx, &known)?;
    let values: Vec<_> = made()
        .flat_map(|(at, customer)| customer.fields.iter().map(move |(field, value)| (at, *field, value.clone())))
        .map(|(at, field, value)| (ids[at], field, value))
        .collect();
    super::custom::insert_values(tx, &values)?;
    let found: Vec<_> = made().map(|(at, customer)| (ids[at], tokens(&customer.name, &customer.identities))).collect();
    search::put_many(tx, &found, true)?;
    Ok(ids.into_iter().enumerate().map(|(at, id)| refused.remove(&at).map_or(Ok(id), Err)).collect())
}

fn params(id: CustomerId, customer: &NewCustomer, now: Instant) -> Vec<Value> {
    vec![
        id.into(),
        customer.kind.word().into(),
        customer.name.as_str().into(),
        sort_key(&customer.name).into(),
        Status::Active.word().into(),
        customer.gender.map(Gender::word).into(),
        customer.birthday.into(),
        customer.birthday.map(month_day).into(),
        customer.region.clone().into(),
        customer.city.clone().into(),
        customer.note.clone().into(),
        customer.owner_id.into(),
        customer.department_id.into(),
        customer.source.clone().into(),
        customer.joined_day.into(),
        customer.import_id.into(),
        customer.place_from.into(),
        now.into(),
    ]
}

/// Writes what a person may edit, and counts the version up.
pub(crate) fn update(tx: &mut Tx, now: Instant, customer: &Stored) -> Result<()> {
    tx.execute(
        "UPDATE customers SET kind = $1, name = $2, name_sort = $3, status = $4, gender = $5, birthday = $6,
           birthday_md = $7, region = $8, city = $9, note = $10, owner_id = $11, department_id = $12, source = $13,
           joined_day = $14, place_from = $15, updated_at = $16, version = version + 1
         WHERE customer_id = $17",
        &[
            customer.kind.word().into(),
            customer.name.as_str().into(),
            sort_key(&customer.name).into(),
            customer.status.word().into(),
            customer.gender.map(Gender::word).into(),
            customer.birthday.into(),
            customer.birthday.map(month_day).into(),
            customer.region.clone().into(),
            customer.city.clone().into(),
            customer.note.clone().into(),
            customer.owner_id.into(),
            customer.department_id.into(),
            customer.source.clone().into(),
            customer.joined_day.into(),
            customer.place_from.into(),
            now.into(),
            customer.id.into(),
        ],
    )?;
    Ok(())
}

/// Gives customers who are locked to an owner; answers whose it changed.
pub(crate) fn give(
    tx: &mut Tx,
    now: Instant,
    ids: &[CustomerId],
    to: Option<StaffId>,
    why: OwnerWhy,
) -> Result<Vec<OwnerChange>> {
    let values: Vec<Value> = ids.iter().map(|id| (*id).into()).collect();
    let mut changes = Vec::new();
    let sql = "SELECT c.customer_id, c.level_rank, c.owner_id FROM customers c WHERE c.customer_id IN ({list})";
    for_each_in(tx, sql, &[], &values, &mut |row| {
        let from = row.opt_id(2, StaffId)?;
        if from != to {
            changes.push(OwnerChange { customer: row.id(0, CustomerId)?, rank: row.int(1)?, from, to, why });
        }
        Ok(())
    })?;
    let values: Vec<Value> = changes.iter().map(|change| change.customer.into()).collect();
    let sql =
        "UPDATE customers SET owner_id = $1, updated_at = $2, version = version + 1 WHERE customer_id IN ({list})";
    execute_in(tx, sql, &[to.into(), now.into()], &values)?;
    Ok(changes)
}

/// Counts versions up where something beside the row changed that people edit.
pub(crate) fn touch(tx: &mut Tx, now: Instant, ids: &[CustomerId]) -> Result<()> {
    let values: Vec<Value> = ids.iter().map(|id| (*id).into()).collect();
    let sql = "UPDATE customers SET updated_at = $1, version = version + 1 WHERE customer_id IN ({list})";
    execute_in(tx, sql, &[now.into()], &values)?;
    Ok(())
}

/// Takes customers away with all that hangs on them in this room: for the undo of an import. They must have no
/// activities left.
pub(crate) fn remove_many(tx: &mut Tx, ids: &[CustomerId]) -> Result<u64> {
    search::drop_many(tx, ids)?;
    identities::drop_many(tx, ids)?;
    let values: Vec<Value> = ids.iter().map(|id| (*id).into()).collect();
    super::custom::remove(tx, &values)?;
    for table in ["customer_tags", "customer_tag_history", "customer_category_history"] {
        execute_in(tx, &format!("DELETE FROM {table} WHERE customer_id IN ({{list}})"), &[], &values)?;
    }
    execute_in(tx, "DELETE FROM customers WHERE customer_id IN ({list})", &[], &values)
}
