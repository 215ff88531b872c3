//! The clocks of a ticket: what is promised, by when, and how much of it is used up. All of it is computed from the ticket's
//! log; what is stored beside it is for lists, reports and the alarms.

pub mod apply;
pub mod explain;
pub mod promise;
pub mod recalculate;
pub mod run;
#[cfg(test)]
mod tests;

pub use promise::{Mode, Promise, Role, Step, StepAt, Target, Unit};
pub use run::{Calendars, Clock, Metric, Status, clocks};
