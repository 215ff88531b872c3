//! Whose data may be kept only, and whose are gone.

use crate::store::for_each_in;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;
use uuid::Uuid;
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Tx, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PrivacyStandingState)]
pub enum State {
    /// Kept, and nothing else: no change by people, no export, no message but what the person himself asks for.
    Restricted,
    /// Anonymised.
    Erased,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Restricted => "restricted",
            Self::Erased => "erased",
        }
    }

    fn read(word: &str) -> Result<Self> {
        match word {
            "restricted" => Ok(Self::Restricted),
            "erased" => Ok(Self::Erased),
            _ => Err(Error::internal(format!("the unknown standing {word}"))),
        }
    }
}

/// How somebody stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PrivacyStanding)]
pub struct Standing {
    pub state: State,
    pub since: Instant,
    /// The request that it rests on.
    #[schema(value_type = Option<String>)]
    pub request_id: Option<Uuid>,
    pub reason: Option<String>,
}

/// How a customer stands; `None`: as everybody.
pub fn of(tx: &mut Tx, customer: CustomerId) -> Result<Option<Standing>> {
    tx.query_one(
        "SELECT state, since, request_id, reason FROM privacy_standings WHERE customer_id = $1",
        &[customer.into()],
        |row| {
            Ok(Standing {
                state: State::read(row.str(0)?)?,
                since: row.instant(1)?,
                request_id: row.opt_uuid(2)?,
                reason: row.opt_text(3)?,
            })
        },
    )
}

/// Sets how somebody stands. Who is erased stays so.
pub fn set(
    tx: &mut Tx,
    now: Instant,
    customer: CustomerId,
    state: State,
    request: Option<Uuid>,
    reason: Option<&str>,
) -> Result<()> {
    tx.execute(
        "INSERT INTO privacy_standings (customer_id, state, since, request_id, reason) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (customer_id) DO UPDATE SET state = excluded.state, since = excluded.since,
           request_id = excluded.request_id, reason = excluded.reason
         WHERE privacy_standings.state <> 'erased'",
        &[customer.into(), state.word().into(), now.into(), request.into(), reason.into()],
    )?;
    Ok(())
}

/// Lifts a restriction; answers whether there was one.
pub fn lift(tx: &mut Tx, customer: CustomerId) -> Result<bool> {
    let sql = "DELETE FROM privacy_standings WHERE customer_id = $1 AND state = 'restricted'";
    Ok(tx.execute(sql, &[customer.into()])? == 1)
}

/// Those of these customers who stand so; where nobody does, one look at an empty table.
pub fn among(tx: &mut Tx, customers: &[CustomerId], states: &[State]) -> Result<HashSet<CustomerId>> {
    let mut found = HashSet::new();
    if tx.query_one("SELECT 1 FROM privacy_standings LIMIT 1", &[], |row| row.int(0))?.is_none() {
        return Ok(found);
    }
    let values: Vec<Value> = customers.iter().map(|id| (*id).into()).collect();
    let sql = "SELECT customer_id, state FROM privacy_standings WHERE customer_id IN ({list})";
    for_each_in(tx, sql, &[], &values, &mut |row| {
        if states.contains(&State::read(row.str(1)?)?) {
            found.insert(row.id(0, CustomerId)?);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Narrows a statement about `customers c` to those whose data may be used.
pub const FREE: &str = " AND NOT EXISTS (SELECT 1 FROM privacy_standings p WHERE p.customer_id = c.customer_id)";

/// Whether somebody's data may be used for more than keeping them and for what he asks for himself.
pub fn is_free(tx: &mut Tx, customer: CustomerId) -> Result<bool> {
    Ok(of(tx, customer)?.is_none())
}

/// Everybody who was erased.
pub fn erased(tx: &mut Tx) -> Result<Vec<CustomerId>> {
    tx.query(
        "SELECT customer_id FROM privacy_standings WHERE state = 'erased' ORDER BY since, customer_id",
        &[],
        |row| row.id(0, CustomerId),
    )
}

/// Everybody whose data are to be kept only.
pub fn restricted(tx: &mut Tx) -> Result<HashSet<CustomerId>> {
    let sql = "SELECT customer_id FROM privacy_standings WHERE state = 'restricted'";
    Ok(tx.query(sql, &[], |row| row.id(0, CustomerId))?.into_iter().collect())
}

/// 409 `customer_erased` where the person is gone: nothing is written to him any more.
pub fn require_there(tx: &mut Tx, customer: CustomerId) -> Result<()> {
    match of(tx, customer)? {
        Some(Standing { state: State::Erased, .. }) => Err(gone()),
        _ => Ok(()),
    }
}

/// The same, and 409 `customer_restricted` where data are to be kept only.
pub fn require_free(tx: &mut Tx, customer: CustomerId) -> Result<()> {
    match of(tx, customer)?.map(|standing| standing.state) {
        None => Ok(()),
        Some(State::Erased) => Err(gone()),
        Some(State::Restricted) => Err(Error::conflict(
            "customer_restricted",
            "该客户已要求限制处理：资料只保存、不使用，暂不能修改。",
            "This customer asked for restriction: the data are kept and not used, and cannot be changed for now.",
        )),
    }
}

/// What is said of somebody who is erased.
#[must_use]
pub fn gone() -> Error {
    Error::conflict(
        "customer_erased",
        "该客户已依法匿名化，不能再修改或新增记录。",
        "This customer has been erased by law; nothing can be changed or added any more.",
    )
}
