//! The life of a level: how long it is held, what keeps it, and how it is lost without surprise.

pub mod settings;

pub use settings::{Borderline, Cycle, Downgrade, Life, Review, Rounding, Validity};
