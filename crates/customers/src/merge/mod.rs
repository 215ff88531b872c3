//! Two entries of one customer become one (合并), and can be parted again. What is moved remembers whose it was; rows that
//! only belong to the entry (its level's history, its owners) stay with it and come back with it. The entry that went is
//! archived, and its id leads to the other one.
//!
//! Each room says what becomes of its tables as a [`Joiner`]; the binary brings them together, and a test reads the
//! catalogue of the database: a table about customers that nobody answers for fails it.

mod alike;
mod api;
mod deed;
mod dismiss;
mod find;
mod own;
mod shift;
mod store;

pub use api::routes;
pub use deed::{Field, Since, Wish, merge, unmerge};
pub use find::{By, Likeness, Pair, Wanted, alike, pairs};
pub use own::OwnJoiner;
pub use shift::{Origin, back, over};
pub(crate) use store::families;
pub use store::{Merged, goes_to, into, leads, require_own, went_into};

use crate::record::RecordContext;
use std::sync::Arc;
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

zunke_kernel::id_type!(/** One merge of two customers. */ MergeId, "mrg");

/// What becomes of a table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They go to the other customer and remember whose they were.
    Moved,
    /// They go with what they belong to.
    Follows,
    /// The two are brought together by a rule.
    Joined,
    /// They are reckoned anew.
    Derived,
    /// They stay with the entry that went.
    Left,
}

/// Who is merged into whom, when, and all entries that went into the former before.
#[derive(Clone, Debug)]
pub struct Couple {
    pub source: CustomerId,
    pub target: CustomerId,
    pub merged_at: Instant,
    /// The source and everybody who went into it.
    pub family: Vec<CustomerId>,
}

/// A room's part in merges. All of it happens in the transaction of the merge, while both customers are locked.
pub trait Joiner: Send + Sync {
    /// Every table of the room about customers: what becomes of it, and why.
    fn tables(&self) -> &'static [(&'static str, Fate, &'static str)];

    /// Refuses while something is under way that a merge would tear apart.
    fn may_join(&self, tx: &mut Tx, couple: &Couple) -> Result<()> {
        let _ = (tx, couple);
        Ok(())
    }

    /// The activities have moved, and the rooms were told.
    fn joined(&self, tx: &mut Tx, context: &RecordContext, couple: &Couple) -> Result<()> {
        let _ = (tx, context, couple);
        Ok(())
    }

    /// The activities are about to go back.
    fn parting(&self, tx: &mut Tx, context: &RecordContext, couple: &Couple) -> Result<()> {
        let _ = (tx, context, couple);
        Ok(())
    }

    /// What came to the target since the merge and stays with it.
    fn since(&self, tx: &mut Tx, couple: &Couple) -> Result<Vec<Since>> {
        let _ = (tx, couple);
        Ok(Vec::new())
    }
}

/// The rooms' parts, in their order.
#[derive(Clone, Default)]
pub struct Joiners(pub Vec<Arc<dyn Joiner>>);
