//! What lists show, filter and sort by beside a customer's own data. It stands in the customer's row and is written
//! by the tiering room only, through [`write_many`].

use crate::store::for_each_in;
use std::collections::HashMap;
use zunke_kernel::id::{CustomerId, LevelId};
use zunke_kernel::{Day, Money, Result};
use zunke_store::{Engine, Row, Tx, Value};

/// Stored where there is no score yet, so that a list sorted by it has a place for everybody.
pub const NO_SCORE: f64 = -1.0;
/// Stored where there is no order yet.
pub const NO_DAY: i64 = -1_000_000;

/// The headline of one customer, for the primary programme; facts are over the whole life.
#[derive(Clone, Debug, PartialEq)]
pub struct Headline {
    pub customer: CustomerId,
    /// 0: no level yet.
    pub level_rank: i64,
    pub level_id: Option<LevelId>,
    pub level_since: Option<Day>,
    /// 0–100.
    pub score: Option<f64>,
    /// `543`: recency, frequency, monetary; 0: none.
    pub rfm: i64,
    pub value_class: Option<String>,
    pub orders: i64,
    pub net_spend: Money,
    pub first_order_day: Option<Day>,
    pub last_order_day: Option<Day>,
    /// 0–1: how near and how much rising; `None`: not near. Read with the rest, and written apart, by
    /// [`write_potentials`].
    pub potential: Option<f64>,
    pub as_of: Option<Day>,
}

impl Headline {
    /// The headline of a customer that nothing is known of.
    #[must_use]
    pub fn empty(customer: CustomerId) -> Self {
        Self {
            customer,
            level_rank: 0,
            level_id: None,
            level_since: None,
            score: None,
            rfm: 0,
            value_class: None,
            orders: 0,
            net_spend: Money::ZERO,
            first_order_day: None,
            last_order_day: None,
            potential: None,
            as_of: None,
        }
    }

    /// What stands in the customer's row.
    fn stored(&self) -> Self {
        Self { potential: None, ..self.clone() }
    }
}

/// Columns in the order that [`read`] takes them.
pub(crate) const COLUMNS: &str = "level_rank, level_id, level_since, score, rfm, value_class, orders, net_spend, \
     first_order_day, last_order_day, headline_as_of";

/// The potential of customer `c`; NULL where it is 0.
pub(crate) const POTENTIAL: &str =
    "(SELECT p.potential FROM customer_potentials p WHERE p.customer_id = c.customer_id)";

pub(crate) fn read(row: &Row, customer: CustomerId, at: usize) -> Result<Headline> {
    Ok(Headline {
        customer,
        level_rank: row.int(at)?,
        level_id: row.opt_uuid(at + 1)?.map(LevelId),
        level_since: row.opt_day(at + 2)?,
        score: Some(row.real(at + 3)?).filter(|score| *score >= 0.0),
        rfm: row.int(at + 4)?,
        value_class: row.opt_text(at + 5)?,
        orders: row.int(at + 6)?,
        net_spend: row.money(at + 7)?,
        first_order_day: known_day(row, at + 8)?,
        last_order_day: known_day(row, at + 9)?,
        potential: None,
        as_of: row.opt_day(at + 10)?,
    })
}

fn known_day(row: &Row, at: usize) -> Result<Option<Day>> {
    let day = row.int(at)?;
    Ok(if day == NO_DAY { None } else { Some(row.day(at)?) })
}

/// The potentials of these customers; who is absent has none.
pub fn potentials(tx: &mut Tx, ids: &[CustomerId]) -> Result<HashMap<CustomerId, f64>> {
    let ids: Vec<Value> = ids.iter().map(|id| (*id).into()).collect();
    let mut found = HashMap::new();
    let sql = "SELECT customer_id, potential FROM customer_potentials WHERE customer_id IN ({list})";
    for_each_in(tx, sql, &[], &ids, &mut |row| {
        found.insert(row.id(0, CustomerId)?, row.real(1)?);
        Ok(())
    })?;
    Ok(found)
}

/// The potentials of customers from one id to another, both included, in order.
pub fn each_potential(
    tx: &mut Tx,
    first: CustomerId,
    last: CustomerId,
    mut each: impl FnMut(CustomerId, f64),
) -> Result<()> {
    let sql = "SELECT customer_id, potential FROM customer_potentials
               WHERE customer_id >= $1 AND customer_id <= $2 ORDER BY customer_id";
    tx.for_each(sql, &[first.into(), last.into()], |row| {
        each(row.id(0, CustomerId)?, row.real(1)?);
        Ok(())
    })
}

/// Writes potentials, 0 to 1, of customers whose potential has changed.
pub fn write_potentials(tx: &mut Tx, rows: &[(CustomerId, f64)]) -> Result<()> {
    let (near, far): (Vec<_>, Vec<_>) = rows.iter().copied().partition(|(_, potential)| *potential > 0.0);
    let near: Vec<Vec<Value>> = near.into_iter().map(|(id, potential)| vec![id.into(), potential.into()]).collect();
    let far: Vec<Vec<Value>> = far.into_iter().map(|(id, _)| vec![id.into()]).collect();
    tx.execute_many("DELETE FROM customer_potentials WHERE customer_id = $1", &far)?;
    tx.execute_many(
        "INSERT INTO customer_potentials (customer_id, potential) VALUES ($1, $2)
         ON CONFLICT (customer_id) DO UPDATE SET potential = excluded.potential",
        &near,
    )?;
    Ok(())
}

/// Writes the headlines of customers that are there already, without their potentials. What a person edits, and its
/// version, stay as they are.
pub fn write_many(tx: &mut Tx, rows: &[Headline]) -> Result<()> {
    match tx.engine() {
        Engine::Sqlite => write_sparing(tx, rows),
        // It sees by itself which indexes stay as they are.
        Engine::Postgres => {
            let sql = "UPDATE customers SET level_id = $1, level_since = $2, rfm = $3, value_class = $4,
                         headline_as_of = $5, orders = $6, first_order_day = $7, net_spend = $8, last_order_day = $9,
                         level_rank = $10, score = $11
                       WHERE customer_id = $12";
            let rows: Vec<Vec<Value>> = rows
                .iter()
                .map(|row| {
                    let mut params = unindexed(row);
                    params.extend(indexed(row).into_iter().flatten());
                    params.push(row.customer.into());
                    params
                })
                .collect();
            tx.execute_many(sql, &rows).map(|_| ())
        }
    }
}

/// SQLite writes every index whose columns a statement names, changed or not, and these indexes are most of the cost: so
/// what stands there is read first, and a row is written by the statement that names only what differs.
fn write_sparing(tx: &mut Tx, rows: &[Headline]) -> Result<()> {
    let ids: Vec<Value> = rows.iter().map(|row| row.customer.into()).collect();
    let mut standing: HashMap<CustomerId, (i64, Headline)> = HashMap::with_capacity(rows.len());
    // SQLite only: the row's own number spares the way over the index of ids.
    let sql = format!("SELECT row_id, customer_id, {COLUMNS} FROM customers WHERE customer_id IN ({{list}})");
    for_each_in(tx, &sql, &[], &ids, &mut |row| {
        let customer = row.id(1, CustomerId)?;
        standing.insert(customer, (row.int(0)?, read(row, customer, 2)?));
        Ok(())
    })?;
    let mut differing: [Vec<Vec<Value>>; 8] = Default::default();
    for row in rows {
        let Some((number, before)) = standing.get(&row.customer) else { continue };
        if before.stored() == row.stored() {
            continue;
        }
        let mut params = unindexed(row);
        let mut mask = 0;
        for (part, (now, before)) in indexed(row).into_iter().zip(indexed(before)).enumerate() {
            if now != before {
                mask |= 1 << part;
                params.extend(now);
            }
        }
        params.push((*number).into());
        differing[mask].push(params);
    }
    for (mask, mut rows) in differing.into_iter().enumerate() {
        if rows.is_empty() {
            continue;
        }
        let mut sets = String::new();
        let mut place = 7;
        for (part, columns) in INDEXED.iter().enumerate() {
            for column in columns.iter().filter(|_| mask & 1 << part != 0) {
                place += 1;
                sets.push_str(&format!(", {column} = ${place}"));
            }
        }
        // In the order of the table.
        rows.sort_by_key(|row| row.last().and_then(|value| if let Value::Int(at) = value { Some(*at) } else { None }));
        // SQLite only: see above.
        let sql = format!(
            "UPDATE customers SET level_id = $1, level_since = $2, rfm = $3, value_class = $4, headline_as_of = $5,
               orders = $6, first_order_day = $7{sets} WHERE row_id = ${}",
            place + 1
        );
        tx.execute_many(&sql, &rows)?;
    }
    Ok(())
}

/// Writes what was bought and when, and leaves levels and scores as they are: of those who are not judged for now.
pub fn write_facts(tx: &mut Tx, rows: &[Headline]) -> Result<()> {
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| {
            let (first, last) = (day(row.first_order_day), day(row.last_order_day));
            vec![row.orders.into(), row.net_spend.into(), first, last, row.customer.into()]
        })
        .collect();
    tx.execute_many(
        "UPDATE customers SET orders = $1, net_spend = $2, first_order_day = $3, last_order_day = $4
         WHERE customer_id = $5",
        &rows,
    )?;
    Ok(())
}

/// The columns that lists walk, by their index.
const INDEXED: [&[&str]; 3] = [&["net_spend"], &["last_order_day"], &["level_rank", "score"]];

/// The values of [`INDEXED`].
fn indexed(row: &Headline) -> [Vec<Value>; 3] {
    [
        vec![row.net_spend.into()],
        vec![day(row.last_order_day)],
        vec![row.level_rank.into(), row.score.unwrap_or(NO_SCORE).into()],
    ]
}

fn unindexed(row: &Headline) -> Vec<Value> {
    vec![
        row.level_id.into(),
        row.level_since.into(),
        row.rfm.into(),
        row.value_class.clone().into(),
        row.as_of.into(),
        row.orders.into(),
        day(row.first_order_day),
    ]
}

fn day(day: Option<Day>) -> Value {
    Value::Int(day.map_or(NO_DAY, |day| i64::from(day.0)))
}
