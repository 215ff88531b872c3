//! The lexicon of feeling: words with their weight, what turns them round, what makes them stronger. It is a data file of
//! this project's own making, `data/lexicon.txt`, which says how it is written.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Everything that the lexicon says.
#[derive(Debug, Default)]
pub struct Lexicon {
    /// Weight of a word, −3 to 3.
    pub weights: HashMap<String, f64>,
    /// Words that turn the next one round.
    pub negations: HashSet<String>,
    /// How much stronger (or weaker) a word makes the next one.
    pub degrees: HashMap<String, f64>,
    /// Words after which more weight lies.
    pub turns: HashSet<String>,
    /// Words after which something is asked for and not there.
    pub wishes: HashSet<String>,
    /// Words of questions.
    pub asks: HashSet<String>,
    /// Words that say nothing about what is spoken of.
    pub stops: HashSet<String>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| read(include_str!("../../data/lexicon.txt")));

/// The one of this project.
#[must_use]
pub fn lexicon() -> &'static Lexicon {
    &LEXICON
}

/// Reads the file's text. What it does not understand it passes over; a test holds that there is nothing of it.
#[must_use]
pub fn read(text: &str) -> Lexicon {
    let mut lexicon = Lexicon::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut parts = line.split_whitespace();
        let class = parts.next().unwrap_or_default();
        let mut parts = parts.map(|word| word.replace('_', " ")).peekable();
        match class {
            "no" => lexicon.negations.extend(parts),
            "but" => lexicon.turns.extend(parts),
            "wish" => lexicon.wishes.extend(parts),
            "ask" => lexicon.asks.extend(parts),
            "stop" => lexicon.stops.extend(parts),
            "deg" => {
                let Some(factor) = parts.next().and_then(|word| word.parse::<f64>().ok()) else { continue };
                lexicon.degrees.extend(parts.map(|word| (word, factor)));
            }
            _ => {
                let Ok(weight) = class.parse::<f64>() else { continue };
                lexicon.weights.extend(parts.map(|word| (word, weight)));
            }
        }
    }
    lexicon
}

impl Lexicon {
    /// Every word that must be one word when a text is cut.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let sets = [&self.negations, &self.turns, &self.wishes, &self.asks];
        (self.weights.keys()).chain(self.degrees.keys()).chain(sets.into_iter().flatten()).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_file_is_understood_and_no_word_weighs_twice() {
        let text = include_str!("../../data/lexicon.txt");
        let mut seen = HashSet::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut parts = line.split_whitespace();
            let Some(class) = parts.next() else { continue };
            let known = ["no", "but", "wish", "ask", "stop", "deg"].contains(&class);
            let weight = class.parse::<f64>().is_ok_and(|weight| (1.0..=3.0).contains(&weight.abs()));
            assert!(known || weight, "{class}");
            if weight {
                for word in parts {
                    assert!(seen.insert(word), "{word} stands twice");
                }
            }
        }
        assert!(seen.len() > 400, "{}", seen.len());
    }
}
