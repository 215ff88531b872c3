//! The room of service: what customers say, and that each is answered as promised.
//!
//! Words: a *ticket* is something a customer said and somebody answers; its *events* are what happened to it, in order
//! and for ever; a *policy* says which *targets* (first response, next response, update, resolution) are promised to
//! which level, kind and priority; a *clock* is one target counting on one ticket, computed from the events and a
//! *working calendar*; the *queue* is the open tickets in the order in which they should be taken.
//!
//! Promises: the same message twice is one ticket; a ticket is never given to two people; every due time can say why;
//! VIPs come first and no ordinary customer's promise is broken for it.

pub mod api;
pub mod store;

pub use api::routes;
