//! The room of privacy: what people ask about their own data, and that the law is kept by the software.
//!
//! Words: a *request* is what somebody asks for (a copy, his data for another house, a correction, erasure, restriction),
//! with a *clock* that says by when it must be answered; an *access copy* is everything that all rooms hold of him;
//! *erasure* takes the person out of every room in one transaction and keeps the sums, and its *certificate* says what
//! went, what stayed and why; *retention* forgets what has had its time.
//!
//! Promises: every room answers for its own tables as a holder, and a test finds a table that nobody answers for; an
//! erasure happens wholly or not at all, and once; nobody who was erased comes back with a file or another system.

pub mod again;
pub mod api;
pub mod erase;
pub mod request;
pub mod retention;
mod store;
pub mod work;

pub use api::routes;
