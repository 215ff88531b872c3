//! What each command does, apart from serving.

pub mod audit;
pub mod backup;
pub mod clock;
pub mod database;
pub mod demo;
pub mod doctor;
pub mod figures;
pub mod import;
pub mod ltv;
pub mod organisation;
pub mod people;
