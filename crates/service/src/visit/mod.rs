//! Visits: how many a level is promised, who has had his, who waits for one; and what was said.

pub mod coverage;
pub mod ical;
pub mod note;
pub mod spread;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::Error;

/// How a customer is visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VisitKind)]
pub enum Kind {
    /// In person.
    Visit,
    Call,
    Video,
    /// By messages.
    Message,
}

/// Where a visit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VisitState)]
pub enum State {
    Planned,
    Done,
    Cancelled,
}

/// How the customer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VisitMood)]
pub enum Mood {
    Good,
    Neutral,
    Bad,
}

macro_rules! words {
    ($name:ident: $($variant:ident = $word:literal),+) => {
        impl $name {
            /// The word in the database and the API.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads a stored word.
            pub fn read(word: &str) -> zunke_kernel::Result<Self> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    other => Err(Error::internal(format!("unknown word {other} of a visit"))),
                }
            }
        }
    };
}

words!(Kind: Visit = "visit", Call = "call", Video = "video", Message = "message");
words!(State: Planned = "planned", Done = "done", Cancelled = "cancelled");
words!(Mood: Good = "good", Neutral = "neutral", Bad = "bad");
