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
pub mod change;
pub mod checklist;
pub mod clock;
pub mod closing;
pub mod context;
pub mod escalation;
pub mod event;
pub mod fairness;
pub mod files;
pub mod handover;
pub mod improvement;
pub mod intake;
pub mod join;
pub mod manager;
pub mod merge;
pub mod message;
pub mod open;
pub mod owner;
pub mod policy;
pub mod presence;
pub mod privacy;
pub mod queue;
pub mod reply;
pub mod report;
pub mod return_visit;
pub mod routing;
pub mod simulator;
pub mod sniff;
pub mod state;
pub mod store;
pub mod stream;
pub mod tasks;
pub mod template;
pub mod text;
pub mod ticket;
pub mod visible;
pub mod visit;
pub mod voice;
pub mod work;

pub use api::{pages, routes};
pub use change::{Change, change};
pub use context::{Context, Hooks, Settings};
pub use event::{Event, What};
pub use message::{Message, NewMessage, Side, Visibility};
pub use open::{NewTicket, Outcome, Sender, open};
pub use reply::{Said, reply};
pub use ticket::{NOBODY, Ticket};
