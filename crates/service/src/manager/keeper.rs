//! Keeps the cap and the history of managers, whoever changes a customer's owner: the customer's page, a bulk action,
//! the house, a hand-over.

use super::load::Places;
use crate::store::managers;
use std::collections::BTreeMap;
use zunke_access::directory;
use zunke_customers::{Change, Observer, OwnerChange, OwnerWhy, RecordContext};
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

/// The observer of owners. A manager who is full is given nobody else who takes a place; who has come to be above the
/// cap because his customers rose stays so, and everybody sees it. Files bring what they bring.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keeper;

impl Observer for Keeper {
    fn recorded(&self, _: &mut Tx, _: &RecordContext, _: &[Change]) -> Result<()> {
        Ok(())
    }

    fn removed(&self, tx: &mut Tx, _: Instant, customers: &[CustomerId]) -> Result<()> {
        managers::forget(tx, customers)
    }

    fn owned(&self, tx: &mut Tx, context: &RecordContext, changes: &[OwnerChange]) -> Result<()> {
        let all = changes.iter().flat_map(|change| [change.from, change.to]).flatten();
        let names = directory::staff_names(tx, all)?;
        managers::remember(tx, changes, &names)?;
        managers::begin_periods(tx, context.now, context.actor, changes, &names)?;
        let rates = managers::rates(tx)?;
        let mut given: BTreeMap<StaffId, Places> = BTreeMap::new();
        for change in changes.iter().filter(|change| change.why != OwnerWhy::Import) {
            let weight = rates.weight(change.rank);
            if let Some(to) = change.to.filter(|_| weight.0 > 0) {
                let places = given.entry(to).or_default();
                *places = places.plus(weight);
            }
        }
        // In the order of ids: two that give to the same managers wait for each other in one order.
        for (staff, places) in given {
            let cap = managers::lock(tx, context.now, staff)?.cap.unwrap_or(rates.cap);
            // Those who have just been given to him are among them.
            let counts = managers::counts_of(tx, staff)?;
            let load = rates.load(&counts).places;
            if load > cap {
                let name = names.get(&staff).map_or("", String::as_str);
                return Err(full(name, Places(load.0 - places.0), places, cap).at("owner_id"));
            }
        }
        Ok(())
    }
}

/// 409: no more places.
#[must_use]
pub fn full(name: &str, before: Places, more: Places, cap: Places) -> Error {
    Error::conflict(
        "manager_full",
        format!("{name}名下已有 {before}/{cap}，再加 {more} 将超过上限。请改派其他客户经理，或调整上限。"),
        format!(
            "{name} has {before} of {cap} places taken; {more} more would be too many. Choose somebody else, or raise the cap."
        ),
    )
}
