//! All SQL of the room, one file per table.

pub mod attempts;
pub mod departments;
pub mod people;
pub mod roles;
pub mod second_factors;
pub mod sessions;
pub mod staff;
pub mod tokens;
