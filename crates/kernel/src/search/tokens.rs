//! From a customer to tokens, and from what a person types to the tokens that must be there.

use super::fold::{fold, is_han};
use super::pinyin::readings;
use std::collections::BTreeSet;

/// A name longer than this many characters is indexed by its first ones.
const NAME_MAX: usize = 60;
/// Readings of one stretch of characters that are followed at once: names rarely have more than two or three.
const READINGS_MAX: usize = 12;
/// Letters of one pinyin token: about eight syllables, more than anybody types.
const PINYIN_MAX: usize = 40;
/// Words of one question that are looked at.
const WORDS_MAX: usize = 8;

/// The tokens of one customer, gathered.
#[derive(Clone, Debug, Default)]
pub struct Document {
    tokens: BTreeSet<String>,
}

impl Document {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A name: of a person, a company, a contact.
    pub fn name(&mut self, name: &str) -> &mut Self {
        let folded: String = fold(name).chars().take(NAME_MAX).collect();
        for run in runs(&folded) {
            match run {
                Run::Han(letters) => self.han(&letters),
                Run::Word(word) => self.word(&word),
            }
        }
        self
    }

    /// A phone number in E.164: found by four or more of its last digits, or seven or more of its first.
    pub fn phone(&mut self, e164: &str) -> &mut Self {
        let digits: String = e164.strip_prefix("+86").unwrap_or(e164).chars().filter(char::is_ascii_digit).collect();
        if digits.len() >= 4 {
            self.tokens.insert(format!("r{}", digits.chars().rev().collect::<String>()));
            self.tokens.insert(format!("p{digits}"));
        }
        self
    }

    /// An e-mail address: found by the words of its local part, or whole.
    pub fn email(&mut self, email: &str) -> &mut Self {
        let folded = fold(email);
        let local = folded.split('@').next().unwrap_or("");
        for run in runs(local) {
            if let Run::Word(word) = run {
                self.word(&word);
            }
        }
        self
    }

    /// An id in another system: found whole or by its beginning.
    pub fn external(&mut self, value: &str) -> &mut Self {
        for run in runs(&fold(value)) {
            match run {
                Run::Word(word) => self.word(&word),
                Run::Han(letters) => self.han(&letters),
            }
        }
        self
    }

    /// The tokens with spaces between, as they are stored.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.tokens.iter().map(|token| token.len() + 1).sum());
        for token in &self.tokens {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(token);
        }
        text
    }

    fn word(&mut self, word: &str) {
        let word: String = word.chars().take(PINYIN_MAX).collect();
        self.short(&word);
        self.tokens.insert(word);
    }

    /// One and two letters are asked for exactly (a prefix of one letter would be a tenth of everybody).
    fn short(&mut self, word: &str) {
        for length in 1..=2 {
            if let Some((end, _)) = word.char_indices().nth(length) {
                self.tokens.insert(word[..end].to_owned());
            }
        }
    }

    fn han(&mut self, letters: &[char]) {
        for (at, letter) in letters.iter().enumerate() {
            self.tokens.insert(letter.to_string());
            if let Some(next) = letters.get(at + 1) {
                self.tokens.insert([*letter, *next].iter().collect());
            }
        }
        let sounds: Vec<Vec<String>> = letters.iter().map(|letter| readings(*letter)).collect();
        for start in 0..letters.len() {
            let whole = start == 0;
            for (full, initials) in spoken(&sounds[start..]) {
                if whole {
                    self.short(&full);
                    self.short(&initials);
                }
                self.tokens.insert(full);
                self.tokens.insert(initials);
            }
        }
    }
}

/// The full pinyin and the initials of a stretch, in each combination of readings up to the limit.
fn spoken(sounds: &[Vec<String>]) -> Vec<(String, String)> {
    let mut all = vec![(String::new(), String::new())];
    for choices in sounds {
        if choices.is_empty() || all[0].0.len() >= PINYIN_MAX {
            break;
        }
        let fits = (READINGS_MAX / all.len()).max(1);
        let mut longer = Vec::with_capacity(all.len() * choices.len().min(fits));
        for reading in choices.iter().take(fits) {
            for (full, initials) in &all {
                longer.push((format!("{full}{reading}"), format!("{initials}{}", &reading[..1])));
            }
        }
        all = longer;
    }
    all.retain(|(full, _)| !full.is_empty());
    for (full, _) in &mut all {
        full.truncate(PINYIN_MAX);
    }
    all
}

/// One token that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Letters and digits only.
    pub token: String,
    /// Any token that begins so will do.
    pub prefix: bool,
}

/// One of these must be there.
pub type Need = Vec<Term>;

/// What a person typed, as needs that must all be met. Empty where nothing is asked (only signs or spaces).
#[must_use]
pub fn needs(text: &str) -> Vec<Need> {
    let folded = fold(text);
    let exact = |token: String| Term { token, prefix: false };
    let mut needs: Vec<Need> = Vec::new();
    if let Some(need) = phone_need(&folded) {
        return vec![need];
    }
    // Of an e-mail address the local part decides; the domain says nothing about a person.
    let asked = match folded.trim().split_once('@') {
        Some((local, _)) if !local.is_empty() => local.to_owned(),
        _ => folded,
    };
    for run in runs(&asked).into_iter().take(WORDS_MAX) {
        match run {
            Run::Han(letters) if letters.len() == 1 => needs.push(vec![exact(letters[0].to_string())]),
            Run::Han(letters) => {
                for pair in letters.windows(2).take(NAME_MAX) {
                    needs.push(vec![exact(pair.iter().collect())]);
                }
            }
            Run::Word(word) => {
                let token: String = word.chars().take(PINYIN_MAX).collect();
                let prefix = token.chars().count() > 2;
                let mut need = vec![Term { token: token.clone(), prefix }];
                if token.len() >= 4 && token.bytes().all(|byte| byte.is_ascii_digit()) {
                    need.extend(phone_terms(&token));
                }
                needs.push(need);
            }
        }
    }
    needs
}

/// A text that is nothing but a phone number, however it is written.
fn phone_need(folded: &str) -> Option<Need> {
    let text = folded.trim();
    let is_phone = text.chars().all(|letter| letter.is_ascii_digit() || " -+()".contains(letter));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if !is_phone || digits.len() < 7 || (text.contains(' ') && digits.len() < 8) {
        return None;
    }
    let national = match crate::phone::normalize(text) {
        Ok(Some(e164)) => e164.trim_start_matches("+86").trim_start_matches('+').to_owned(),
        _ => digits.clone(),
    };
    let mut need = phone_terms(&national);
    if !text.starts_with('+') {
        // It may as well be somebody's number in another system.
        need.push(Term { token: digits, prefix: true });
    }
    Some(need)
}

fn phone_terms(digits: &str) -> Vec<Term> {
    let mut terms = vec![Term { token: format!("r{}", digits.chars().rev().collect::<String>()), prefix: true }];
    if digits.len() >= 7 {
        terms.push(Term { token: format!("p{digits}"), prefix: true });
    }
    terms
}

enum Run {
    Han(Vec<char>),
    Word(String),
}

/// Stretches of Han, and words of other letters and digits; all other signs only separate.
fn runs(folded: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut joined = false;
    for letter in folded.chars() {
        if is_han(letter) {
            match runs.last_mut() {
                Some(Run::Han(letters)) if joined => letters.push(letter),
                _ => runs.push(Run::Han(vec![letter])),
            }
        } else if letter.is_alphanumeric() {
            match runs.last_mut() {
                Some(Run::Word(word)) if joined => word.push(letter),
                _ => runs.push(Run::Word(letter.to_string())),
            }
        } else {
            joined = false;
            continue;
        }
        joined = true;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The in-memory meaning of a search; both databases must agree with it.
    fn finds(document: &Document, text: &str) -> bool {
        let needs = needs(text);
        !needs.is_empty()
            && needs.iter().all(|need| {
                need.iter().any(|term| {
                    document
                        .tokens
                        .iter()
                        .any(|token| if term.prefix { token.starts_with(&term.token) } else { *token == term.token })
                })
            })
    }

    fn ming() -> Document {
        let mut document = Document::new();
        document.name("王小明").phone("+8613812345678").email("xm.wang@example.com").external("ERP-00421");
        document
    }

    #[test]
    fn a_customer_is_found_by_every_way_people_try() {
        for text in [
            "王",
            "小",
            "明",
            "王小",
            "小明",
            "王小明",
            "王 明",
            "wangxiaoming",
            "wang",
            "wangx",
            "xiaoming",
            "xiaom",
            "ming",
            "wxm",
            "wx",
            "w",
            "xm",
            "WANG",
            "ｗａｎｇ",
            "wang xiao",
            "5678",
            "12345678",
            "13812345678",
            "138 1234 5678",
            "+86 13812345678",
            "1381234",
            "xm.wang",
            "xm.wang@example.com",
            "XM",
            "erp-00421",
            "00421",
        ] {
            assert!(finds(&ming(), text), "{text}");
        }
    }

    #[test]
    fn what_he_is_not_finds_him_not() {
        for text in
            ["李", "王明", "小王", "zhang", "wangm", "999", "5679", "%", "_", "%%", "", " ", "*", "\"", "王%", "ang"]
        {
            let found = finds(&ming(), text);
            assert_eq!(found, text == "王%", "{text}: a sign only separates");
        }
    }

    #[test]
    fn every_reading_and_both_scripts_find_the_same_person() {
        let mut document = Document::new();
        document.name("單樂");
        for text in ["单乐", "單樂", "单樂", "shanyue", "shanle", "danle", "sy", "dl", "sl", "yue"] {
            assert!(finds(&document, text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_the_tokens_need_no_quoting(text in "\\PC{0,40}") {
            for term in needs(&text).into_iter().flatten() {
                prop_assert!(!term.token.is_empty() && term.token.chars().all(char::is_alphanumeric), "{:?}", term);
            }
            let mut document = Document::new();
            document.name(&text).phone(&text).email(&text).external(&text);
            for token in document.text().split(' ').filter(|token| !token.is_empty()) {
                prop_assert!(token.chars().all(char::is_alphanumeric), "{token}");
            }
        }

        #[test]
        fn a_name_is_found_by_itself(name in "[王李张刘a-z小明 华单乐]{1,12}") {
            let mut document = Document::new();
            document.name(&name);
            prop_assert!(needs(&name).is_empty() || finds(&document, &name), "{}", name);
        }
    }
}
