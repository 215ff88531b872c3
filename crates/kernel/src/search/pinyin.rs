//! The sound of a name: its readings for search, and the one reading that it is sorted by.

use super::fold::{fold, is_han};
use ::pinyin::{ToPinyin, ToPinyinMulti};

/// Surnames that are read otherwise than the character usually is.
const SURNAMES: [(char, &str); 24] = [
    ('单', "shan"),
    ('曾', "zeng"),
    ('解', "xie"),
    ('仇', "qiu"),
    ('区', "ou"),
    ('查', "zha"),
    ('任', "ren"),
    ('盖', "ge"),
    ('朴', "piao"),
    ('翟', "zhai"),
    ('折', "she"),
    ('黑', "he"),
    ('盛', "sheng"),
    ('员', "yun"),
    ('华', "hua"),
    ('纪', "ji"),
    ('燕', "yan"),
    ('尉', "wei"),
    ('缪', "miao"),
    ('乐', "yue"),
    ('召', "shao"),
    ('那', "na"),
    ('便', "pian"),
    ('秘', "bi"),
];

/// Every plain reading of a character, the usual one first; `lü` as it is typed, `lv`.
pub fn readings(letter: char) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    if let Some(multi) = letter.to_pinyin_multi() {
        for reading in multi {
            let plain = fold(reading.plain());
            if !plain.is_empty() && !all.contains(&plain) {
                all.push(plain);
            }
        }
    }
    if let Some((_, surname)) = SURNAMES.iter().find(|(han, _)| *han == letter)
        && !all.iter().any(|reading| reading == surname)
    {
        all.push((*surname).to_owned());
    }
    all
}

/// The key by which names sort as in a Chinese address book: the reading of each character, Latin words among them.
/// Cut to 80 letters; the id decides between equals.
#[must_use]
pub fn sort_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len() * 2);
    for (at, letter) in fold(name).trim().chars().enumerate() {
        if is_han(letter) {
            let surname = SURNAMES.iter().find(|(han, _)| at == 0 && *han == letter).map(|(_, reading)| *reading);
            match surname.map(str::to_owned).or_else(|| letter.to_pinyin().map(|reading| fold(reading.plain()))) {
                Some(reading) => {
                    key.push_str(&reading);
                    key.push(' ');
                }
                None => key.push(letter),
            }
        } else {
            key.push(letter);
        }
    }
    key.trim().chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_sound_and_surnames_by_their_own_reading() {
        assert_eq!(sort_key("王小明"), "wang xiao ming");
        assert_eq!(sort_key("单雄信"), "shan xiong xin");
        assert_eq!(sort_key("曾国藩"), "zeng guo fan");
        assert_eq!(sort_key("ACME 贸易"), "acme mao yi");
        assert!(readings('乐').contains(&"le".to_owned()) && readings('乐').contains(&"yue".to_owned()));
        assert_eq!(readings('吕'), ["lv"]);
        assert!(readings('x').is_empty());
    }
}
