//! Who is known by what. An identity is claimed by inserting it into its look-up table; the row count says who won,
//! also between two imports at one moment.

use super::{execute_in, for_each_in};
use crate::identity::{Identity, IdentityKind};
use std::collections::HashMap;
use zunke_kernel::Result;
use zunke_kernel::id::CustomerId;
use zunke_store::{Tx, Value};

const KINDS: [IdentityKind; 3] = [IdentityKind::Phone, IdentityKind::Email, IdentityKind::External];

/// Whom these identities belong to. Set queries only: one per kind and source.
pub(crate) fn resolve<'a>(
    tx: &mut Tx,
    identities: impl IntoIterator<Item = &'a Identity>,
) -> Result<HashMap<Identity, CustomerId>> {
    let mut groups: HashMap<(IdentityKind, &str), Vec<&str>> = HashMap::new();
    for identity in identities {
        groups.entry((identity.kind(), identity.source())).or_default().push(identity.value());
    }
    let mut found = HashMap::new();
    for ((kind, source), mut values) in groups {
        values.sort_unstable();
        values.dedup();
        let values: Vec<Value> = values.into_iter().map(Value::from).collect();
        let (sql, before): (&str, Vec<Value>) = match kind {
            IdentityKind::Phone => ("SELECT phone, customer_id FROM customer_phones WHERE phone IN ({list})", vec![]),
            IdentityKind::Email => ("SELECT email, customer_id FROM customer_emails WHERE email IN ({list})", vec![]),
            IdentityKind::External => (
                "SELECT value, customer_id FROM external_ids WHERE source = $1 AND value IN ({list})",
                vec![source.into()],
            ),
        };
        for_each_in(tx, sql, &before, &values, &mut |row| {
            let identity = Identity::stored(kind, source.to_owned(), row.text(0)?);
            found.insert(identity, row.id(1, CustomerId)?);
            Ok(())
        })?;
    }
    Ok(found)
}

/// Claims identities for customers; answers those that belong to somebody else. What was claimed for a customer
/// that is then not made must be released.
///
/// What an erased person was known by belongs to him still: it is lost to everybody.
pub(crate) fn claim(tx: &mut Tx, claims: &[(Identity, CustomerId)]) -> Result<HashMap<Identity, CustomerId>> {
    let erased = crate::privacy::owners(tx, claims.iter().map(|(identity, _)| identity))?;
    if erased.is_empty() {
        return claim_free(tx, claims);
    }
    let free: Vec<_> = claims.iter().filter(|(identity, _)| !erased.contains_key(identity)).cloned().collect();
    let mut lost = claim_free(tx, &free)?;
    lost.extend(erased);
    Ok(lost)
}

fn claim_free(tx: &mut Tx, claims: &[(Identity, CustomerId)]) -> Result<HashMap<Identity, CustomerId>> {
    let mut won = 0;
    for kind in KINDS {
        // In one order for everybody, so that two batches wait for each other and never in a circle.
        let mut mine: Vec<&(Identity, CustomerId)> = claims.iter().filter(|(one, _)| one.kind() == kind).collect();
        mine.sort_by(|(one, _), (other, _)| one.cmp(other));
        let rows: Vec<Vec<Value>> = mine
            .iter()
            .map(|(identity, customer)| {
                let mut row: Vec<Value> = vec![identity.value().into(), (*customer).into()];
                if kind == IdentityKind::External {
                    row.push(identity.source().into());
                }
                row
            })
            .collect();
        let sql = match kind {
            IdentityKind::Phone => {
                "INSERT INTO customer_phones (phone, customer_id) VALUES ($1, $2) ON CONFLICT (phone) DO NOTHING"
            }
            IdentityKind::Email => {
                "INSERT INTO customer_emails (email, customer_id) VALUES ($1, $2) ON CONFLICT (email) DO NOTHING"
            }
            IdentityKind::External => {
                "INSERT INTO external_ids (value, customer_id, source) VALUES ($1, $2, $3)
                 ON CONFLICT (source, value) DO NOTHING"
            }
        };
        won += tx.execute_many(sql, &rows)?;
    }
    if won == claims.len() as u64 {
        return Ok(HashMap::new());
    }
    let owners = resolve(tx, claims.iter().map(|(identity, _)| identity))?;
    Ok(claims
        .iter()
        .filter_map(|(identity, customer)| {
            owners.get(identity).filter(|owner| *owner != customer).map(|owner| (identity.clone(), *owner))
        })
        .collect())
}

/// Gives identities back that were claimed for this customer.
pub(crate) fn release(tx: &mut Tx, identities: &[Identity], customer: CustomerId) -> Result<()> {
    for identity in identities {
        let (sql, mut params): (&str, Vec<Value>) = match identity.kind() {
            IdentityKind::Phone => ("DELETE FROM customer_phones WHERE phone = $1 AND customer_id = $2", vec![]),
            IdentityKind::Email => ("DELETE FROM customer_emails WHERE email = $1 AND customer_id = $2", vec![]),
            IdentityKind::External => (
                "DELETE FROM external_ids WHERE source = $1 AND value = $2 AND customer_id = $3",
                vec![identity.source().into()],
            ),
        };
        params.extend([identity.value().into(), customer.into()]);
        tx.execute(sql, &params)?;
    }
    Ok(())
}

/// Writes down what a customer is known by, after it was claimed.
pub(crate) fn insert(tx: &mut Tx, rows: &[(CustomerId, &Identity, i64)]) -> Result<()> {
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|(customer, identity, place)| {
            vec![
                (*customer).into(),
                identity.kind().word().into(),
                identity.source().into(),
                identity.value().into(),
                (*place).into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO customer_identities (customer_id, kind, source, value, place) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (customer_id, kind, source, value) DO NOTHING",
        &rows,
    )?;
    Ok(())
}

/// Forgets what a customer is known by, before its new identities are written down.
pub(crate) fn clear(tx: &mut Tx, customer: CustomerId) -> Result<()> {
    tx.execute("DELETE FROM customer_identities WHERE customer_id = $1", &[customer.into()])?;
    Ok(())
}

/// The identities of customers, in their order.
pub(crate) fn of(tx: &mut Tx, customers: &[CustomerId]) -> Result<HashMap<CustomerId, Vec<Identity>>> {
    let ids: Vec<Value> = customers.iter().map(|id| (*id).into()).collect();
    let mut found: HashMap<CustomerId, Vec<(i64, Identity)>> = HashMap::new();
    for_each_in(
        tx,
        "SELECT customer_id, kind, source, value, place FROM customer_identities WHERE customer_id IN ({list})",
        &[],
        &ids,
        &mut |row| {
            let identity = Identity::stored(IdentityKind::read(row.str(1)?)?, row.text(2)?, row.text(3)?);
            found.entry(row.id(0, CustomerId)?).or_default().push((row.int(4)?, identity));
            Ok(())
        },
    )?;
    let sorted = |mut all: Vec<(i64, Identity)>| {
        all.sort();
        all.into_iter().map(|(_, identity)| identity).collect()
    };
    Ok(found.into_iter().map(|(customer, all)| (customer, sorted(all))).collect())
}

/// Takes all look-up rows of customers away, before the customers go.
pub(crate) fn drop_many(tx: &mut Tx, customers: &[CustomerId]) -> Result<()> {
    for (customer, identities) in of(tx, customers)? {
        release(tx, &identities, customer)?;
    }
    let ids: Vec<Value> = customers.iter().map(|id| (*id).into()).collect();
    execute_in(tx, "DELETE FROM customer_identities WHERE customer_id IN ({list})", &[], &ids)?;
    Ok(())
}
