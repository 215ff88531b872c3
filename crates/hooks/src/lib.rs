//! The room of webhooks: what happens here is told to other systems, signed, in order, and again until they have it.
//!
//! Words: a *webhook* is an address with the types of events that it wants; an *event* is something that happened, told by
//! ids and figures and never by names or numbers of persons; a *delivery* is one event on its way to one webhook, an
//! *attempt* one call of it.
//!
//! Promises: an event is kept in the transaction of its cause, so that nothing that happened is left untold and nothing
//! untold happened; of one customer a webhook hears in the order of what happened; a call that fails is made again for 24
//! hours and then waits for a person; a message that arrives twice has the same id; no call goes to an address inside the
//! house, whatever a name resolves to.

pub mod api;
pub mod backoff;
pub mod courier;
pub mod emit;
pub mod event;
pub mod guard;
pub mod listen;
pub mod send;
pub mod settings;
pub mod store;
pub mod webhook;

pub use api::routes;
pub use courier::{Courier, CourierHandle};
pub use listen::{Fires, Tells};
