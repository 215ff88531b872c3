//! All SQL of the tickets.

pub mod counts;
pub mod events;
pub mod groups;
pub mod links;
pub mod list;
pub(crate) mod lists;
pub mod managers;
pub mod messages;
pub mod news;
pub mod people;
pub mod queue;
pub mod routes;
pub mod search;
pub mod staffing;
pub mod tickets;
