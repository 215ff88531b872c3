//! Reads one message: all that is kept of it.

use super::sentiment::{self, Word};
use super::topic::Matcher;
use super::{segment, terms};
use zunke_kernel::id::TopicId;

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub language: &'static str,
    /// −100 to 100, by the lexicon.
    pub score: i64,
    pub words: Vec<Word>,
    pub terms: Vec<String>,
    /// Sorted.
    pub topics: Vec<TopicId>,
}

/// Reads a message by the lexicon and these topics.
#[must_use]
pub fn read(text: &str, topics: &[(TopicId, Matcher)]) -> Reading {
    let plain = segment::plain(text);
    let words = segment::cut(&plain);
    let feeling = sentiment::of_words(&segment::cut_known(&plain));
    Reading {
        language: segment::language(&plain),
        score: feeling.score,
        words: feeling.words,
        terms: terms::terms(&words),
        topics: topics_of(&plain, topics),
    }
}

/// The topics of a text that was made plain.
#[must_use]
pub fn topics_of(plain: &str, topics: &[(TopicId, Matcher)]) -> Vec<TopicId> {
    let mut found: Vec<TopicId> =
        topics.iter().filter(|(_, matcher)| matcher.fits(plain)).map(|(topic, _)| *topic).collect();
    found.sort_unstable();
    found
}
