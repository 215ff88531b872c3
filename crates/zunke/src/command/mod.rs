//! What each command does, apart from serving.

pub mod database;
pub mod demo;
pub mod organisation;
pub mod people;
