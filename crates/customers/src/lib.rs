//! The room of customers: who they are, how they are known, what happened to them.

pub mod activity;
pub mod headline;
pub mod identity;
pub mod profile;
pub mod record;

pub use activity::{Activity, Change, CustomerRef, Kind, Line, NewActivity, Outcome};
pub use identity::{Identity, IdentityKind};
pub use record::{Observer, RecordContext};
