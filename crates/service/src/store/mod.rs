//! All SQL of the tickets.

pub mod counts;
pub mod events;
pub mod links;
pub mod list;
pub(crate) mod lists;
pub mod managers;
pub mod messages;
pub mod news;
pub mod people;
pub mod search;
pub mod tickets;
