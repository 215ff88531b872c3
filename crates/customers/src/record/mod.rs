//! Recording activities: the one way in, for the API, imports and the demo company.

mod batch;
mod fold;

use crate::activity::Change;
use std::sync::Arc;
use zunke_access::{Scope, settings};
use zunke_kernel::id::{CustomerId, ImportId, StaffId};
use zunke_kernel::{Currency, Day, Instant, Result, Zone};
use zunke_store::Tx;

pub use batch::{BATCH_MAX, record, withdraw};
pub(crate) use batch::{too_many, unknown_customer};

/// What a batch is recorded under.
#[derive(Clone, Debug)]
pub struct RecordContext {
    pub now: Instant,
    pub zone: Zone,
    /// The organisation's today, which may be pinned.
    pub today: Day,
    /// The organisation's currency.
    pub currency: Currency,
    /// Who records; `None` for jobs.
    pub actor: Option<StaffId>,
    /// Customers outside of it are as unknown as those that aren't there.
    pub scope: Scope,
    pub import_id: Option<ImportId>,
    /// The rooms above, told of what is edited here.
    pub observers: Observers,
}

impl RecordContext {
    /// For jobs and the command line: the organisation's settings, everybody in scope.
    pub fn load(tx: &mut Tx, now: Instant) -> Result<Self> {
        let organisation = settings::load(tx)?;
        Ok(Self {
            now,
            zone: organisation.zone(),
            today: settings::today(&organisation, now),
            currency: organisation.currency,
            actor: None,
            scope: Scope::all(),
            import_id: None,
            observers: Observers::default(),
        })
    }
}

/// A room above that acts in the same transaction as a recorded activity. Called once per batch with all changes,
/// while each touched customer is locked; an error undoes the whole batch.
pub trait Observer: Send + Sync {
    fn recorded(&self, tx: &mut Tx, context: &RecordContext, changes: &[Change]) -> Result<()>;

    /// These activities have another customer now, because two became one or were parted: nothing happened that a
    /// customer would know of.
    fn moved(&self, tx: &mut Tx, context: &RecordContext, changes: &[Change]) -> Result<()> {
        self.recorded(tx, context, changes)
    }

    /// These customers are new.
    fn created(&self, tx: &mut Tx, context: &RecordContext, customers: &[CustomerId]) -> Result<()> {
        let _ = (tx, context, customers);
        Ok(())
    }

    /// These customers are gone for good: what is kept of them goes too, in the same transaction.
    fn removed(&self, tx: &mut Tx, now: Instant, customers: &[CustomerId]) -> Result<()> {
        let _ = (tx, now, customers);
        Ok(())
    }

    /// Fields, tags or anything else that people keep of these customers, who are locked, has changed. Answers whether
    /// levels, scores or facts may have changed by it.
    fn edited(&self, tx: &mut Tx, now: Instant, today: Day, customers: &[CustomerId]) -> Result<bool> {
        let _ = (tx, now, today, customers);
        Ok(false)
    }

    /// These customers, who are locked, have another owner now, or are new and have one. An error undoes the change.
    fn owned(&self, tx: &mut Tx, context: &RecordContext, changes: &[OwnerChange]) -> Result<()> {
        let _ = (tx, context, changes);
        Ok(())
    }
}

/// A customer who has another owner than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerChange {
    pub customer: CustomerId,
    pub rank: i64,
    pub from: Option<StaffId>,
    pub to: Option<StaffId>,
    pub why: OwnerWhy,
}

/// How somebody came by his owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerWhy {
    ByHand,
    Import,
    /// Chosen by the house.
    Automatic,
    /// Handed over with everything, by the hand-over of this id.
    HandOver(uuid::Uuid),
}

/// Rooms above, in the order in which they are told.
#[derive(Clone, Default)]
pub struct Observers(pub Vec<Arc<dyn Observer>>);

impl std::fmt::Debug for Observers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} observers", self.0.len())
    }
}

impl Observers {
    /// Tells all of them who is new.
    pub(crate) fn created(&self, tx: &mut Tx, context: &RecordContext, customers: &[CustomerId]) -> Result<()> {
        for observer in self.0.iter().filter(|_| !customers.is_empty()) {
            observer.created(tx, context, customers)?;
        }
        Ok(())
    }

    /// Tells all of them who has another owner.
    pub(crate) fn owned(&self, tx: &mut Tx, context: &RecordContext, changes: &[OwnerChange]) -> Result<()> {
        for observer in self.0.iter().filter(|_| !changes.is_empty()) {
            observer.owned(tx, context, changes)?;
        }
        Ok(())
    }

    /// Tells all of them; answers whether levels, scores or facts may have changed.
    pub(crate) fn edited(&self, tx: &mut Tx, now: Instant, today: Day, customers: &[CustomerId]) -> Result<bool> {
        let mut changed = false;
        for observer in self.0.iter().filter(|_| !customers.is_empty()) {
            changed |= observer.edited(tx, now, today, customers)?;
        }
        Ok(changed)
    }
}
