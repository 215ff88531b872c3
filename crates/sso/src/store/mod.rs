//! All SQL of the room.

pub mod directory;
pub mod identities;
pub mod providers;
pub mod spent;
