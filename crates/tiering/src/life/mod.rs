//! The life of a level: how long it is held, what keeps it, and how it is lost without surprise.

pub mod ask;
pub mod border;
pub mod dates;
pub mod judge;
pub mod layers;
pub mod notice;
pub mod pass;
pub mod settings;
pub mod step;
pub mod validate;
pub mod words;
pub mod work;

pub use settings::{Borderline, Cycle, Downgrade, Life, Review, Rounding, Validity};
pub use step::{Base, Book, Event, Fallen, Held, Kind, Pending, Rung, Seen, Step, Today};
