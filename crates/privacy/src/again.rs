//! After a backup was restored: whoever was erased since it was made is in it as he was, and is erased again. Who that is
//! stands in the register of the database that the backup takes the place of.

use crate::erase;
use crate::request::Request;
use crate::store;
use serde_json::json;
use zunke_customers::privacy::erased::{self, Fingerprints};
use zunke_customers::privacy::standing::{self, State};
use zunke_customers::privacy::{self, Holders};
use zunke_customers::{Observers, RecordContext};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Instant, Kind, Result};
use zunke_store::{Db, Tx, audit};

/// Who was erased, with the certificate where there is one, and what keeps him from coming back.
#[derive(Debug, Default)]
pub struct Register {
    people: Vec<(CustomerId, Option<Request>)>,
    fingerprints: Fingerprints,
}

impl Register {
    /// Of a database that is about to be replaced.
    pub fn read(tx: &mut Tx) -> Result<Self> {
        let mut requests = store::with_certificate(tx)?;
        let people = standing::erased(tx)?.into_iter().map(|id| (id, requests.remove(&id))).collect();
        Ok(Self { people, fingerprints: erased::carry(tx)? })
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }
}

/// Erases everybody of the register who is there, each in a transaction of his own; answers how many that were. Tickets
/// that are open in the backup don't stand in the way: they were at an end when he was erased. Done twice it changes
/// nothing.
pub fn again(db: &Db, now: Instant, holders: &Holders, observers: &Observers, register: &Register) -> Result<u64> {
    db.write(|tx| erased::take_over(tx, now, &register.fingerprints))?;
    let mut done = 0;
    for (customer, request) in &register.people {
        done += u64::from(db.write(|tx| one(tx, now, holders, observers, *customer, request.as_ref()))?);
    }
    Ok(done)
}

fn one(
    tx: &mut Tx,
    now: Instant,
    holders: &Holders,
    observers: &Observers,
    customer: CustomerId,
    request: Option<&Request>,
) -> Result<bool> {
    match privacy::lock(tx, customer) {
        // He came after the backup: there is nothing of him but that he does not come back.
        Err(error) if error.kind == Kind::NotFound => {
            standing::set(tx, now, customer, State::Erased, None, None)?;
            return Ok(false);
        }
        locked => locked?,
    }
    if standing::of(tx, customer)?.is_some_and(|standing| standing.state == State::Erased) {
        return Ok(false);
    }
    let context = RecordContext { observers: observers.clone(), ..RecordContext::load(tx, now)? };
    erase::at_once(tx, holders, &context, customer, request.map_or(0, |request| request.number))?;
    if let Some(request) = request {
        // The certificate that he has holds on.
        store::put_back(tx, request)?;
    }
    let detail = json!({ "number": request.map(|request| request.number),
        "certificate": request.and_then(|one| one.certificate.as_ref()).map(|one| one.fingerprint.clone()) });
    audit::write(tx, now, None, "privacy.erase_again", &customer.to_string(), &detail)?;
    Ok(true)
}
