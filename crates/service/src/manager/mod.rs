//! Dedicated managers 专属客户经理: who has whom, how many are too many, and who is the right one.
//!
//! The manager of a customer is his owner. A *VIP* is a customer of a level from the setting's rank on; he takes a
//! place of his manager (or what his level weighs), and a manager has so many places (50). Whoever assigns counts
//! the manager's turn up first, and then counts the load by asking who his customers are: nothing is kept beside the
//! customers that could differ from them.

pub mod assign;
pub mod deputy;
pub mod keeper;
pub mod load;
pub mod place;
pub mod profile;
pub mod work;

pub use crate::store::managers::{Managed, of};
pub use keeper::Keeper;

zunke_kernel::id_type!(/** Somebody who stands in for a manager, from day to day. */ DeputyId, "dpt");
