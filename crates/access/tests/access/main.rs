//! The room as its callers meet it: over HTTP, on every engine.

mod backups;
mod common;
mod coverage;
mod documented;
mod jobs;
mod keys;
mod level_rights;
mod login;
mod organisation;
mod people;
mod roles;
mod second_step;
mod tree;
mod writes;
