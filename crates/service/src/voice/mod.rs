//! What customers keep saying (客户之声): the topics and the feeling of each thing that a customer said, in Chinese and
//! English, how often by level, product and day, and what is like what.
//!
//! A *voice* is one message of a customer, read: its feeling as a number from −100 to 100 with the words that made it,
//! its topics by the rules of the business, and the terms that it is found again by. It is written once for each message,
//! by a subscriber to what happens to tickets; day counters are kept with it, so that no page counts voices.

pub mod check;
pub mod lexicon;
pub mod model;
pub mod read;
pub mod segment;
pub mod sentiment;
pub mod terms;
pub mod topic;
pub mod work;
use crate::ticket::words;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a customer feels about what he speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VoiceSentiment)]
pub enum Sentiment {
    Positive,
    Neutral,
    Negative,
}

words!(Sentiment { Positive = "positive", Neutral = "neutral", Negative = "negative" });

impl Sentiment {
    /// The feeling of a score from −100 to 100.
    #[must_use]
    pub const fn of(score: i64) -> Self {
        if score >= POSITIVE_FROM {
            Self::Positive
        } else if score <= NEGATIVE_TO {
            Self::Negative
        } else {
            Self::Neutral
        }
    }
}

/// Scores from here on are praise.
pub const POSITIVE_FROM: i64 = 25;
/// Scores down from here are complaint. Nearer to nothing than praise: to overlook an unhappy customer is the worse
/// mistake.
pub const NEGATIVE_TO: i64 = -20;
