//! The database in its forms: SQLite inside the process, PostgreSQL beside it, one API over both.
//!
//! Words: a *unit of work* is a synchronous closure over a [`Tx`]; it is committed as a whole or not at
//! all. SQL is written once, in the subset that both take (`tests/rules` holds it), with parameters `$1…$n`.
//!
//! Promises:
//! * What [`Db::write`] answered with `Ok` survives a crash and a power cut.
//! * A write closure may run again (serialisation failures, a lost connection), so it only speaks to its `Tx`.
//! * After a statement has failed, the unit of work can only fail, on every engine; [`Tx::attempt`] fences
//!   off a part that may.

pub mod audit;
pub mod backup;
mod bell;
mod db;
mod error;
pub mod idempotency;
pub mod jobs;
mod migrate;
pub mod outbox;
mod postgres;
mod row;
mod sqlite;
pub mod testing;
mod tx;
mod value;
pub mod vault;

pub use db::{Db, Engine};
pub use row::Row;
pub use tx::Tx;
pub use uuid::Uuid;
pub use value::Value;
