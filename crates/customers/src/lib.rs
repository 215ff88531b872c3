//! The room of customers: who they are, how they are known, what happened to them.
//!
//! Words: a *customer* is a person or a company; an *identity* is a phone number, an e-mail address or an id in
//! another system, and belongs to one customer at most; an *activity* is something that happened (order, refund,
//! interaction), known by its source and the source's id; the *headline* is what lists show of a customer beside his
//! own data (level, score, facts), written by the tiering room; a *segment* is a condition with a name.
//!
//! Promises: nobody reads customers but through [`CustomerQuery`], which starts from a scope; what is delivered
//! twice counts once, late and out of order alike; a refused row leaves nothing behind; observers act in the same
//! transaction; numbers and addresses are masked until they are revealed, and a reveal is recorded.

pub mod activity;
pub mod api;
pub mod category;
pub mod consent;
pub mod custom;
pub mod export;
pub mod fields;
pub mod headline;
pub mod identity;
pub mod import;
pub mod input;
pub mod make;
pub mod merge;
pub mod preference;
pub mod privacy;
pub mod profile;
pub mod query;
pub mod record;
pub mod segment;
pub mod sensitive;
mod store;
pub mod tag;
pub mod view;

pub use activity::{Activity, Change, CustomerRef, Direction, Kind, Line, NewActivity, Outcome};
pub use api::{Customers, routes};
pub use headline::Headline;
pub use identity::{Identity, IdentityKind};
pub use profile::{CustomerKind, Gender, NewCustomer, Status};
pub use query::{CustomerQuery, Filter, ListParams, Sort, SortKey};
pub use record::{Observer, Observers, OwnerChange, OwnerWhy, RecordContext, record, withdraw};
pub use store::categories::{Category, CategoryChange, CategoryMove};
pub use store::customers::Stored;
pub use store::segments::Segment;
pub use store::tags::{GivenTag, RuleState, Tag, TagChange, TagKind, TagRule};
pub use store::views::View;
pub use store::{CategoryId, MoveId, SegmentId, TagId, ViewId};
pub use tag::TagRules;
pub use view::Customer;
