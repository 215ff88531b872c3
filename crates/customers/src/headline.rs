//! What lists show, filter and sort by beside a customer's own data. It stands in the customer's row and is written
//! by the tiering room only, through [`write_many`].

use zunke_kernel::id::{CustomerId, LevelId};
use zunke_kernel::{Day, Money, Result};
use zunke_store::{Row, Tx, Value};

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
    /// 0–1: how near and how much rising.
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
}

/// Columns in the order that [`read`] takes them.
pub(crate) const COLUMNS: &str = "level_rank, level_id, level_since, score, rfm, value_class, orders, net_spend, \
     first_order_day, last_order_day, potential, headline_as_of";

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
        potential: row.opt_real(at + 10)?,
        as_of: row.opt_day(at + 11)?,
    })
}

fn known_day(row: &Row, at: usize) -> Result<Option<Day>> {
    let day = row.int(at)?;
    Ok(if day == NO_DAY { None } else { Some(row.day(at)?) })
}

/// Writes the headlines of customers that are there already. What a person edits, and its version, stay as they are.
///
/// Three statements, since the indexes that lists walk are most of the cost: facts, and level with score, are written
/// only where they differ; the rest is in no index.
pub fn write_many(tx: &mut Tx, rows: &[Headline]) -> Result<()> {
    let each = |params: fn(&Headline) -> Vec<Value>| rows.iter().map(params).collect::<Vec<_>>();
    tx.execute_many(
        "UPDATE customers SET orders = $1, net_spend = $2, first_order_day = $3, last_order_day = $4
         WHERE customer_id = $5
           AND (orders <> $1 OR net_spend <> $2 OR first_order_day <> $3 OR last_order_day <> $4)",
        &each(facts),
    )?;
    tx.execute_many(
        "UPDATE customers SET level_rank = $1, score = $2
         WHERE customer_id = $3 AND (level_rank <> $1 OR score <> $2)",
        &each(|row| vec![row.level_rank.into(), row.score.unwrap_or(NO_SCORE).into(), row.customer.into()]),
    )?;
    tx.execute_many(
        "UPDATE customers SET level_id = $1, level_since = $2, rfm = $3, value_class = $4, potential = $5,
           headline_as_of = $6
         WHERE customer_id = $7",
        &each(|row| {
            vec![
                row.level_id.into(),
                row.level_since.into(),
                row.rfm.into(),
                row.value_class.clone().into(),
                row.potential.into(),
                row.as_of.into(),
                row.customer.into(),
            ]
        }),
    )?;
    Ok(())
}

fn facts(row: &Headline) -> Vec<Value> {
    let day = |day: Option<Day>| Value::Int(day.map_or(NO_DAY, |day| i64::from(day.0)));
    vec![
        row.orders.into(),
        row.net_spend.into(),
        day(row.first_order_day),
        day(row.last_order_day),
        row.customer.into(),
    ]
}
