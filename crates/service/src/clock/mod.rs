//! The clocks of a ticket: what is promised, by when, and how much of it is used up.

pub mod apply;
