//! The life of a level: how long it is held, what keeps it, and how it is lost without surprise.

pub mod dates;
pub mod settings;
pub mod step;

pub use settings::{Borderline, Cycle, Downgrade, Life, Review, Rounding, Validity};
pub use step::{Base, Book, Event, Fallen, Held, Kind, Pending, Rung, Seen, Step, Today};
