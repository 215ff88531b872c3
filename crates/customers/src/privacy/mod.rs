//! What the law on personal data asks of every room: a copy of what it holds of a person, to take the person out of it
//! and keep the sums, to forget what has had its time. Each room answers for its own tables as a [`Holder`]; the binary
//! brings the holders together.

pub mod erased;
mod holder;
mod own;
pub mod settings;
pub mod standing;

pub use erased::{fingerprints_of, readmit};
pub(crate) use erased::{owners, refused};
pub use holder::{Class, Column, Fate, Forgotten, Holder, Holders, Line, Removed, Section, count, execute, rows};
pub use own::{NAMELESS, OwnHolder, follow, lock, merged_into};
