//! Reads the values of cells as people write them: amounts, quantities, moments, days, ids, yes and no. Pure.
//! What can't be read for sure is a [`Fault`], never a guess.

mod moment;
mod number;
mod word;

pub use moment::{Clock, DateOrder, day, instant, looks_like_a_moment, serial_text};
pub use number::{Decimal, amount, number};
pub use word::{boolean, fold, gender, id, narrow, plain};

/// Why a value can't be taken. The code is stable; the text for people is in `fault_text`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    NotANumber,
    /// More than 100 billion.
    Absurd,
    /// `1,23,4`: no way to tell what the separators mean.
    Ambiguous,
    NotADate,
    /// `3/4/2026` with no order declared.
    DateOrder,
    /// A year before 1900 or after 2200.
    YearOutOfRange,
    /// A spreadsheet turned a long number into `1.1E+17`.
    IdRounded,
    IdTooLong,
    NotYesNo,
    NotAGender,
    /// `#N/A` and its like.
    CellError,
}
