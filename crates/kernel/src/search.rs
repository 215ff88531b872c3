//! Search words of our own, so that a customer is found alike on every database: by any Han character of the name
//! in either script, by pinyin (full, from any syllable on, or initials, with every reading of a character), by a
//! Latin word, by the last digits of a phone number, by the local part of an e-mail address.
//!
//! A customer has a *document*: a set of tokens. A question is a list of *needs*, all of which must be met, each by
//! one of its alternatives. Tokens hold letters and digits only, so nothing in them needs quoting and `%` or `_`
//! mean themselves: they separate words like any other sign.

mod fold;
mod pinyin;
mod tokens;

pub use fold::{fold, is_han};
pub use pinyin::sort_key;
pub use tokens::{Document, Need, Term, needs};
