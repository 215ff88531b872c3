//! Import: from a file as people have it to customers and what they did.
//!
//! The way of a file: [`reader`] finds out what it is and streams its rows; a [`mapping::Mapping`] says which column
//! is what; [`plan::Plan`] turns a row into a [`draft::Draft`] or a [`problem::Problem`]. All of that is pure. The
//! [`engine`] then records the drafts in chunks, each with its checkpoint in the same transaction, so that a crash
//! loses nothing and repeats nothing.

mod api;
pub mod draft;
pub mod engine;
pub mod errors;
pub mod files;
pub mod group;
pub mod mapping;
pub mod people;
pub mod plan;
pub mod preview;
pub mod problem;
pub mod progress;
pub mod reader;
pub mod run;
pub mod spill;
pub mod starter;
pub mod store;
pub mod suggest;
pub mod undo;
pub mod values;

pub use api::routes;
pub use engine::Engine;
pub use files::Files;
pub use mapping::Mapping;
pub use progress::Progress;
pub use run::{ImportJob, Options, Summary, run_file};
pub use undo::UndoJob;
