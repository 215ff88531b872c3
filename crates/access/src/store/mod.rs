//! All SQL of the room, one file per table.

pub mod departments;
pub mod people;
pub mod sessions;
pub mod tokens;
