//! All SQL of the tickets.

pub mod counts;
pub mod duties;
pub mod events;
pub mod files;
pub mod groups;
pub mod handovers;
pub mod links;
pub mod list;
pub(crate) mod lists;
pub mod managers;
pub mod messages;
pub mod moving;
pub mod news;
pub mod onscreen;
pub mod people;
pub mod queue;
pub mod routes;
pub mod search;
pub mod staffing;
pub mod tasks;
pub mod templates;
pub mod tickets;
pub mod views;
pub mod visits;
pub mod voices;
