//! The words every room shares: ids, money, instants and days, the two languages of a sentence, errors,
//! pages, working calendars and the condition language. Pure: no IO, no async, and no clock (time is always a parameter).

pub mod calendar;
pub mod condition;
pub mod error;
pub mod id;
pub mod money;
pub mod page;
pub mod phone;
pub mod search;
pub mod text;
pub mod time;

pub use error::{Error, Kind, Result};
pub use money::{Currency, Money};
pub use text::{Locale, Text};
pub use time::{Day, Instant, Zone};

/// Re-exported for `id_type!`.
pub use utoipa;
