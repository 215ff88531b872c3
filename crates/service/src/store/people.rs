//! What a ticket needs to know of customers and staff.

use crate::ticket::SenderKeys;
use zunke_customers::Identity;
use zunke_kernel::id::{CustomerId, GroupId, LevelId, StaffId};
use zunke_kernel::{Error, Result};
use zunke_store::{Tx, Value};

/// Where a customer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub name: String,
    pub rank: i64,
    pub level: Option<LevelId>,
    pub region: Option<String>,
    pub owner: Option<StaffId>,
}

/// Where a customer stands now.
pub fn standing(tx: &mut Tx, customer: CustomerId) -> Result<Option<Standing>> {
    let sql = "SELECT name, level_rank, level_id, region, owner_id FROM customers WHERE customer_id = $1";
    tx.query_one(sql, &[customer.into()], |row| {
        Ok(Standing {
            name: row.text(0)?,
            rank: row.int(1)?,
            level: row.opt_id(2, LevelId)?,
            region: row.opt_text(3)?,
            owner: row.opt_id(4, StaffId)?,
        })
    })
}

/// The name of a member of staff.
pub fn staff_name(tx: &mut Tx, staff: StaffId) -> Result<Option<String>> {
    tx.query_one("SELECT name FROM staff WHERE staff_id = $1", &[staff.into()], |row| row.text(0))
}

/// The keys in their normal form; a fault names the key.
pub fn checked(keys: &SenderKeys) -> Result<SenderKeys> {
    let phone = keys.phone.as_deref().map(Identity::phone).transpose().map_err(|error| error.at("phone"))?.flatten();
    let email = keys.email.as_deref().map(Identity::email).transpose().map_err(|error| error.at("email"))?.flatten();
    let external = match &keys.external {
        Some((source, value)) => Identity::external(source, value).map_err(|error| error.at("external"))?,
        None => None,
    };
    Ok(SenderKeys {
        phone: phone.map(|phone| phone.value().to_owned()),
        email: email.map(|email| email.value().to_owned()),
        external: external.map(|one| (one.source().to_owned(), one.value().to_owned())),
    })
}

/// The customer whom these keys belong to: the first of external id, phone and e-mail that is anybody's.
pub fn by_keys(tx: &mut Tx, keys: &SenderKeys) -> Result<Option<CustomerId>> {
    let mut asked: Vec<(&str, Vec<Value>)> = Vec::new();
    if let Some((source, value)) = &keys.external {
        let sql = "SELECT customer_id FROM external_ids WHERE source = $1 AND value = $2";
        asked.push((sql, vec![source.into(), value.into()]));
    }
    if let Some(phone) = &keys.phone {
        asked.push(("SELECT customer_id FROM customer_phones WHERE phone = $1", vec![phone.into()]));
    }
    if let Some(email) = &keys.email {
        asked.push(("SELECT customer_id FROM customer_emails WHERE email = $1", vec![email.into()]));
    }
    for (sql, params) in asked {
        if let Some(customer) = tx.query_one(sql, &params, |row| row.id(0, CustomerId))? {
            return Ok(Some(customer));
        }
    }
    Ok(None)
}

/// 422 unless there is such a group that tickets may be given to.
pub fn require_group(tx: &mut Tx, group: GroupId) -> Result<()> {
    let sql = "SELECT archived FROM service_groups WHERE group_id = $1";
    match tx.query_one(sql, &[group.into()], |row| row.bool(0))? {
        Some(false) => Ok(()),
        _ => Err(Error::invalid("group_unknown", "没有该服务组。", "There is no such group.").at("group_id")),
    }
}
