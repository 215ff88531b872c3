//! What erased people were known by, as keyed fingerprints. An identity that is claimed again belongs to the erased
//! customer still: a file that is loaded once more, or another system that sends him once more, does not bring him back.
//! Whoever comes back by his own will is let in again by hand.

use crate::identity::Identity;
use crate::store::{execute_in, for_each_in};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Tx, Value};

/// The row of `settings` that holds the key of the fingerprints.
const KEY: &str = "erasure_key";
const PUT_KEY: &str =
    "INSERT INTO settings (name, content, version, updated_at) VALUES ($1, $2, 1, $3) ON CONFLICT (name) DO NOTHING";
const PUT: &str = "INSERT INTO erased_identities (fingerprint, customer_id, erased_at) VALUES ($1, $2, $3)
    ON CONFLICT (fingerprint) DO NOTHING";

fn known_key(tx: &mut Tx) -> Result<Option<String>> {
    tx.query_one("SELECT content FROM settings WHERE name = $1", &[KEY.into()], |row| row.json::<String>(0))
}

/// The key, made when it is first needed. Without it nobody can tell from a fingerprint whose it is; whoever has the
/// whole database can try numbers one by one, as with every list of people who are not to be taken in again.
fn key(tx: &mut Tx, now: Instant) -> Result<String> {
    if let Some(key) = known_key(tx)? {
        return Ok(key);
    }
    let fresh = zunke_access::Secret::random("")?;
    let content = serde_json::to_string(fresh.reveal()).map_err(Error::internal)?;
    tx.execute(PUT_KEY, &[KEY.into(), content.into(), now.into()])?;
    known_key(tx)?.ok_or_else(|| Error::internal("the key of erased identities was not kept"))
}

fn fingerprint(key: &str, identity: &Identity) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(key.as_bytes());
    for part in [identity.kind().word(), identity.source(), identity.value()] {
        hash.update([0]);
        hash.update(part.as_bytes());
    }
    hash.finalize().to_vec()
}

/// Remembers what somebody was known by, before it is forgotten.
pub(crate) fn remember(tx: &mut Tx, now: Instant, customer: CustomerId, identities: &[Identity]) -> Result<()> {
    let key = key(tx, now)?;
    let rows: Vec<Vec<Value>> = identities
        .iter()
        .map(|identity| vec![Value::Bytes(fingerprint(&key, identity)), customer.into(), now.into()])
        .collect();
    tx.execute_many(PUT, &rows)?;
    Ok(())
}

/// Which of these identities belonged to somebody who is erased, and to whom. Where nobody is, one look at an empty table.
pub(crate) fn owners<'a>(
    tx: &mut Tx,
    identities: impl IntoIterator<Item = &'a Identity>,
) -> Result<HashMap<Identity, CustomerId>> {
    if tx.query_one("SELECT 1 FROM erased_identities LIMIT 1", &[], |row| row.int(0))?.is_none() {
        return Ok(HashMap::new());
    }
    let key = key(tx, Instant(0))?;
    let mut asked: HashMap<Vec<u8>, &Identity> = HashMap::new();
    for identity in identities {
        asked.insert(fingerprint(&key, identity), identity);
    }
    let values: Vec<Value> = asked.keys().cloned().map(Value::Bytes).collect();
    let mut found = HashMap::new();
    let sql = "SELECT fingerprint, customer_id FROM erased_identities WHERE fingerprint IN ({list})";
    for_each_in(tx, sql, &[], &values, &mut |row| {
        if let Some(identity) = asked.get(&row.bytes(0)?) {
            found.insert((*identity).clone(), row.id(1, CustomerId)?);
        }
        Ok(())
    })?;
    Ok(found)
}

/// What erased people were known by, with the key without which it says nothing: to be carried into another database.
#[derive(Debug, Default)]
pub struct Fingerprints {
    key: Option<String>,
    rows: Vec<Vec<Value>>,
}

/// All that there are.
pub fn carry(tx: &mut Tx) -> Result<Fingerprints> {
    let key = known_key(tx)?;
    let sql = "SELECT fingerprint, customer_id, erased_at FROM erased_identities";
    let rows = tx.query(sql, &[], |row| {
        Ok(vec![Value::Bytes(row.bytes(0)?), row.id(1, CustomerId)?.into(), row.instant(2)?.into()])
    })?;
    Ok(Fingerprints { key, rows })
}

/// Takes them over, unless they were made with another key than is in use here.
pub fn take_over(tx: &mut Tx, now: Instant, carried: &Fingerprints) -> Result<()> {
    let Some(key) = &carried.key else { return Ok(()) };
    let content = serde_json::to_string(key).map_err(Error::internal)?;
    tx.execute(PUT_KEY, &[KEY.into(), content.into(), now.into()])?;
    if known_key(tx)?.as_ref() == Some(key) {
        tx.execute_many(PUT, &carried.rows)?;
    }
    Ok(())
}

/// What is said to whoever brings an erased person again.
pub(crate) fn refused(shown: &str) -> Error {
    Error::conflict(
        "customer_erased",
        format!(
            "“{shown}”的客户已依法匿名化，不能再次录入。如本人要求重新成为客户，请隐私负责人先在“设置 › 隐私”中放行。"
        ),
        format!(
            "The customer known by “{shown}” has been erased by law and is not taken in again. If the person has come \
             back, the one who looks after privacy lets him in under Settings › Privacy first."
        ),
    )
}

/// How many fingerprints are kept of a customer.
pub fn fingerprints_of(tx: &mut Tx, customer: CustomerId) -> Result<i64> {
    super::count(tx, "SELECT COUNT(*) FROM erased_identities WHERE customer_id = $1", customer)
}

/// Forgets the fingerprints: the person may become a customer again, as a new one. Answers how many there were.
pub fn readmit(tx: &mut Tx, customer: CustomerId) -> Result<u64> {
    execute_in(tx, "DELETE FROM erased_identities WHERE customer_id IN ({list})", &[], &[customer.into()])
}
