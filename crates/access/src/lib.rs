//! The room of who may come in, and what they may see.
//!
//! Words: *staff* are the people who work here; a *role* says what they may do; a *scope* says which customers they
//! may see (own, department and below, all, times levels); a *session* is a login of one browser; a *token* lets a
//! program act for its owner; the *organisation* is the company itself, with its zone, currency and today.
//!
//! Promises: an endpoint without an [`Actor`] is a login endpoint; passwords are kept as Argon2id and everything
//! random only as its hash; guessing gets slower and says when to try again; a write repeated under its key happens
//! once; what somebody may not see doesn't exist for him.

mod actor;
mod api;
pub mod backups;
mod client;
pub mod department;
pub mod directory;
pub mod entry;
pub mod groups;
pub mod level_rights;
mod limit;
pub mod login;
pub mod password;
pub mod rights;
mod role;
pub mod roles;
mod scope;
pub mod second_factor;
mod secret;
pub mod security;
pub mod settings;
pub mod staff;
mod store;
pub mod throttle;
pub mod tokens;
pub mod tree;
pub mod work;
mod write;

pub use actor::{Actor, Asking, Can, SessionId, TokenId};
pub use api::{Setup, SetupChecks, routes};
pub use client::address as client_address;
pub use limit::{RateLimits, limit_headers};
pub use rights::{FieldRight, FieldRights, RoleSet};
pub use role::{Grant, Permission, PermissionSet, Role, may};
pub use scope::{Deed, LevelReach, Reach, ReachKind, Rights, Scope};
pub use secret::Secret;
pub use settings::{Organisation, today};
pub use staff::first_start;
pub use write::{Auditor, Write};
