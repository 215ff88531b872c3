//! All SQL of the tickets.

pub mod events;
pub mod links;
pub mod messages;
pub mod people;
pub mod tickets;
