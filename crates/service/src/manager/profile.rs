//! What a manager is chosen by: the regions, industries and languages that are his.

use super::load::Places;
use serde::{Deserialize, Serialize};
use zunke_kernel::{Error, Result, search};

/// Words of one list, and signs of one word.
const WORDS_MAX: usize = 60;
const WORD_CHARS_MAX: usize = 40;

/// As it is kept. An empty list stands for any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ManagerProfile)]
pub struct Profile {
    pub regions: Vec<String>,
    pub industries: Vec<String>,
    pub languages: Vec<String>,
    /// `null`: as the settings have it.
    pub cap: Option<Places>,
    /// Whether the house gives him customers.
    pub takes: bool,
    pub version: i64,
}

impl Default for Profile {
    fn default() -> Self {
        let none = Vec::new;
        Self { regions: none(), industries: none(), languages: none(), cap: None, takes: true, version: 0 }
    }
}

/// A list as a person wrote it: trimmed, each word once.
pub fn words(list: &[String], field: &str) -> Result<Vec<String>> {
    let mut kept: Vec<String> = Vec::new();
    for word in list.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
        if word.chars().count() > WORD_CHARS_MAX || word.chars().any(char::is_control) {
            let zh = format!("“{word}”过长或含有控制字符，每项最多 {WORD_CHARS_MAX} 个字。");
            let en = format!("“{word}” is too long, or no plain text; at most {WORD_CHARS_MAX} characters.");
            return Err(Error::invalid("word_invalid", zh, en).at(field));
        }
        if !kept.iter().any(|other| same(other, word)) {
            kept.push(word.to_owned());
        }
    }
    if kept.len() > WORDS_MAX {
        let (zh, en) = (format!("最多 {WORDS_MAX} 项。"), format!("At most {WORDS_MAX} entries."));
        return Err(Error::invalid("words_too_many", zh, en).at(field));
    }
    Ok(kept)
}

/// Whether two spellings are of one word: case, width, 省 and 市 at the end make no difference.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    bare(one) == bare(other)
}

fn bare(word: &str) -> String {
    let folded = search::fold(word.trim());
    let short = folded.strip_suffix(['省', '市', '语', '文']).filter(|rest| rest.chars().count() > 1);
    // 英语 and 英文 are one word of two signs.
    let short = short.or_else(|| folded.strip_suffix(['语', '文']).filter(|rest| !rest.is_empty()));
    short.map_or(folded.clone(), str::to_owned)
}

/// Whether a customer's words meet a manager's: `None` where either has none.
#[must_use]
pub fn meet(own: &[String], theirs: &[String]) -> Option<bool> {
    if own.is_empty() || theirs.iter().all(|word| word.trim().is_empty()) {
        return None;
    }
    Some(own.iter().any(|one| theirs.iter().any(|other| same(one, other))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn spellings_of_one_word_are_one_word() {
        assert!(
            same("广东省", "广东") && same("上海市", " 上海") && same("英语", "英文") && same("English", "ｅnglish")
        );
        assert!(!same("广东", "广西") && !same("市", "省"));
        assert_eq!(words(&list(&[" 广东 ", "", "广东省", "广西"]), "regions").expect("good"), list(&["广东", "广西"]));
        assert_eq!(words(&list(&["字"; 3]), "regions").expect("good").len(), 1);
        assert_eq!(words(&list(&[&"长".repeat(41)]), "regions").expect_err("too long").code, "word_invalid");
        let many: Vec<String> = (0..61).map(|number| format!("第{number}区")).collect();
        assert_eq!(words(&many, "regions").expect_err("too many").field.as_deref(), Some("regions"));
    }

    #[test]
    fn who_says_nothing_is_for_everyone() {
        assert_eq!(meet(&[], &list(&["广东"])), None);
        assert_eq!(meet(&list(&["广东"]), &list(&[""])), None);
        assert_eq!(meet(&list(&["广东"]), &list(&["广东省", "深圳"])), Some(true));
        assert_eq!(meet(&list(&["广东"]), &list(&["湖南"])), Some(false));
    }
}
