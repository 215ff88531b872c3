//! The feeling of a text, by the lexicon. The method, whole:
//!
//! 1. The text is cut into words, and at stops and commas into clauses.
//! 2. A word of the lexicon counts with its weight (−3 to 3). A word of degree within the three words before it (or one
//!    like 极了 after it) multiplies it: 非常 1.6, 很 1.3, 有点 0.7.
//! 3. A negation within the three words before it turns it round and makes it weaker (× −0.8; a turned complaint, as in
//!    不差, is weaker still, × −0.6); two negations turn it twice. 不太 and its like are negations, not degrees.
//! 4. After a word of wishing (希望, 能否, please) what is good counts a tenth: it is asked for and not there. In a
//!    question it counts a third.
//!    麻烦 at the beginning of a clause is a word of wishing.
//! 5. After a word of turning (但是, however) the clause and those behind it count × 1.5, those before × 0.6.
//! 6. An exclamation mark makes its clause × 1.25, a second one no more. Emoji are words.
//! 7. The sum s becomes a number from −100 to 100: 100 · s / √(s² + 4). From 25 it is praise, to −20 complaint.

use super::Sentiment;
use super::lexicon::{Lexicon, lexicon};
use super::segment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far back a word looks for what changes it.
const REACH: usize = 3;
const NEGATED_GOOD: f64 = -0.8;
const NEGATED_BAD: f64 = -0.6;
const WISHED: f64 = 0.1;
const ASKED: f64 = 0.33;
const BEFORE_TURN: f64 = 0.6;
const AFTER_TURN: f64 = 1.5;
const CRIED: f64 = 1.25;
/// How soon a sum is taken for sure.
const DAMP: f64 = 4.0;
/// Words that are named as the reason.
const NAMED: usize = 8;

/// A word and what it added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = VoiceWord)]
pub struct Word {
    pub word: String,
    /// Above nothing: praise.
    pub weight: f64,
}

/// The feeling of a text, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Feeling {
    /// −100 to 100.
    pub score: i64,
    /// What weighed most, the heaviest first.
    pub words: Vec<Word>,
}

impl Feeling {
    #[must_use]
    pub fn sentiment(&self) -> Sentiment {
        Sentiment::of(self.score)
    }
}

/// Reads the feeling of a text.
#[must_use]
pub fn feel(text: &str) -> Feeling {
    of_words(&segment::cut_known(&segment::plain(text)))
}

/// The feeling of a text that is cut already.
#[must_use]
pub fn of_words(words: &[String]) -> Feeling {
    let lexicon = lexicon();
    let mut found: Vec<(usize, Word)> = Vec::new();
    let mut turned_at = None;
    for (at, clause) in clauses(words).into_iter().enumerate() {
        if turned_at.is_none() && clause.words.iter().take(2).any(|word| lexicon.turns.contains(*word)) {
            turned_at = Some(at);
        }
        clause.read(lexicon, &mut |word| found.push((at, word)));
    }
    for (at, word) in &mut found {
        word.weight *= match turned_at {
            Some(turn) if *at < turn => BEFORE_TURN,
            Some(turn) if turn > 0 => AFTER_TURN,
            _ => 1.0,
        };
    }
    let sum: f64 = found.iter().map(|(_, word)| word.weight).sum();
    #[expect(clippy::cast_possible_truncation, reason = "between -100 and 100")]
    let score = (100.0 * sum / (sum * sum + DAMP).sqrt()).round() as i64;
    let mut words: Vec<Word> = found.into_iter().map(|(_, word)| word).filter(|word| word.weight != 0.0).collect();
    words.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    words.truncate(NAMED);
    for word in &mut words {
        word.weight = (word.weight * 100.0).round() / 100.0;
    }
    Feeling { score, words }
}

struct Clause<'a> {
    words: Vec<&'a str>,
    cried: bool,
    asked: bool,
    /// Something was wished for earlier in the sentence.
    wished: bool,
}

/// Cuts a text at its stops and commas. A wish holds to the end of its sentence.
fn clauses(words: &[String]) -> Vec<Clause<'_>> {
    let lexicon = lexicon();
    let mut all = Vec::new();
    let mut wished = false;
    let mut from = 0;
    for at in 0..=words.len() {
        let sign = words.get(at).map_or("", String::as_str);
        if at < words.len() && !SIGNS.contains(&sign) {
            continue;
        }
        let words: Vec<&str> = words[from..at].iter().map(String::as_str).collect();
        from = at + 1;
        if !words.is_empty() {
            let asked = matches!(sign, "？" | "?") || words.last().is_some_and(|word| matches!(*word, "吗" | "呢"));
            let wished_before = wished;
            wished |= words.iter().any(|word| lexicon.wishes.contains(*word));
            all.push(Clause { words, cried: matches!(sign, "！" | "!"), asked, wished: wished_before });
        }
        if matches!(sign, "。" | "." | "！" | "!" | "？" | "?" | "；" | ";") {
            wished = false;
        }
    }
    all
}

/// Where clauses end.
const SIGNS: [&str; 16] = ["，", "。", "！", "？", "；", "：", ",", ".", "!", "?", ";", ":", "、", "…", "~", "～"];

impl Clause<'_> {
    fn read(&self, lexicon: &Lexicon, found: &mut dyn FnMut(Word)) {
        let mut wished_here = None;
        for (at, word) in self.words.iter().enumerate() {
            if lexicon.wishes.contains(*word) && wished_here.is_none() {
                wished_here = Some(at);
            }
            if at == 0 && *word == "麻烦" {
                wished_here = Some(at);
                continue;
            }
            let Some(weight) = lexicon.weights.get(*word) else { continue };
            let mut weight = *weight;
            let mut said = (*word).to_owned();
            let mut negations = 0;
            for before in (at.saturating_sub(REACH)..at).rev() {
                let other = self.words[before];
                if lexicon.negations.contains(other) {
                    negations += 1;
                    said = format!("{other}{}{said}", if word.is_ascii() { " " } else { "" });
                } else if let Some(factor) = lexicon.degrees.get(other) {
                    weight *= factor;
                } else if lexicon.weights.contains_key(other) && before + 1 < at {
                    // What stands before another word of feeling belongs to that one.
                    break;
                }
            }
            if let Some(after) = self.words.get(at + 1).filter(|after| AFTER.contains(*after)) {
                weight *= 1.5;
                said = format!("{said}{after}");
            }
            if negations % 2 == 1 {
                weight *= if weight > 0.0 { NEGATED_GOOD } else { NEGATED_BAD };
            }
            if weight > 0.0 {
                // A wish before it in its own clause, or in an earlier one of the sentence.
                let wished = wished_here.is_some_and(|wish| wish < at) || self.wished;
                if wished {
                    weight *= WISHED;
                } else if self.asked {
                    weight *= ASKED;
                }
            }
            if self.cried {
                weight *= CRIED;
            }
            found(Word { word: said, weight });
        }
    }
}

/// Degrees that stand behind their word.
const AFTER: [&str; 8] = ["极了", "死了", "透了", "透顶", "得很", "得要命", "要命", "爆了"];

#[cfg(test)]
mod tests {
    use super::*;

    fn score(text: &str) -> i64 {
        feel(text).score
    }

    #[test]
    fn praise_is_above_and_complaint_below_nothing() {
        assert!(score("非常满意，客服很耐心") >= 25);
        assert!(score("垃圾，再也不买了") <= -20);
        assert!(score("The staff were very helpful and friendly.") >= 25);
        assert!(score("Terrible service, I want my money back") <= -20);
        assert_eq!(score("我的订单号是 20260118"), 0);
    }

    #[test]
    fn negation_turns_and_degree_strengthens() {
        assert!(score("不满意") < 0 && score("不好用") < 0 && score("并不专业") < 0);
        assert!(score("不差") > 0 && score("没有瑕疵") > 0);
        assert!(score("非常好") > score("好") && score("有点慢") > score("慢"));
        assert!(score("not good") < 0 && score("I do not recommend it") < 0);
        assert!(score("烦死了") < score("烦"));
    }

    #[test]
    fn a_wish_for_something_good_is_no_praise() {
        assert!(score("希望配送更快、包装更漂亮") < 25);
        assert!(score("客服态度好吗？") < 25);
    }

    #[test]
    fn what_follows_but_weighs_more() {
        assert!(score("东西不错，但是客服态度差") < 0);
        assert!(score("物流慢，但是客服很耐心，非常满意") > 0);
    }

    #[test]
    fn marks_and_emoji_speak() {
        assert!(score("太差了！") < score("太差了"));
        assert!(score("👍👍") > 0 && score("😡") < 0);
    }

    #[test]
    fn the_reason_names_the_words() {
        let feeling = feel("不满意，快递太慢");
        let words: Vec<&str> = feeling.words.iter().map(|word| word.word.as_str()).collect();
        assert!(words.contains(&"不满意") && words.contains(&"太慢"), "{words:?}");
    }

    #[test]
    fn any_text_has_a_score_within_the_bounds() {
        for text in ["", "！！！", "\u{0}\u{fffd}", &"垃圾".repeat(5_000), &"好".repeat(9_000), "🏳️‍🌈👨‍👩‍👧"]
        {
            assert!((-100..=100).contains(&score(text)));
        }
    }
}
