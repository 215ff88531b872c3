//! The terms of a text: the words that say what it is about, by which it is found again and counted.

use super::lexicon::lexicon;
use std::collections::HashSet;
use zunke_kernel::search::is_han;

/// Terms of one text. The first ones, in the order of speaking.
pub const TERMS_MAX: usize = 20;
const CHARS_MAX: usize = 24;

/// The different terms of a text that is cut: Chinese words of two characters and more, English words of three and more
/// in their simplest form; no stop words, no numbers, no words of mere feeling or degree.
#[must_use]
pub fn terms(words: &[String]) -> Vec<String> {
    let lexicon = lexicon();
    let mut seen = HashSet::new();
    let mut terms = Vec::new();
    for word in words {
        let count = word.chars().count();
        let han = word.chars().all(is_han);
        if count > CHARS_MAX || (han && count < 2) || (!han && (count < 3 || !word.is_ascii())) {
            continue;
        }
        if !word.chars().any(char::is_alphabetic)
            || lexicon.stops.contains(word)
            || lexicon.degrees.contains_key(word)
            || lexicon.negations.contains(word)
            || lexicon.turns.contains(word)
            || lexicon.wishes.contains(word)
            || lexicon.asks.contains(word)
        {
            continue;
        }
        let term = if han { word.clone() } else { stem(word) };
        if seen.insert(term.clone()) {
            terms.push(term);
            if terms.len() == TERMS_MAX {
                break;
            }
        }
    }
    terms
}

/// An English word without its plural; enough to find `deliveries` by `delivery`.
fn stem(word: &str) -> String {
    let word = word.trim_end_matches("'s");
    match word {
        _ if word.len() > 4 && word.ends_with("ies") => format!("{}y", &word[..word.len() - 3]),
        _ if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") => {
            word[..word.len() - 1].to_owned()
        }
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::segment;

    #[test]
    fn terms_say_what_a_text_is_about() {
        let of = |text: &str| terms(&segment::cut(&segment::plain(text)));
        assert_eq!(of("请问我的发票什么时候能开？发票！"), ["发票"]);
        assert_eq!(of("Two deliveries came damaged, the boxes"), ["two", "delivery", "came", "damaged", "boxe"]);
        assert!(of("123 456 ！！ 😡").is_empty());
        assert!(of(&"配送 包装 退款 ".repeat(500)).len() == 3);
    }
}
