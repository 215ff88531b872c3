//! Folding: full width to half width, capitals to small, accents off, traditional Han to simplified.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Pairs of a traditional character and its simplified form, made from the transliterator `Traditional-Simplified`
/// of ICU 72 (© Unicode, Inc., Unicode-3.0 licence): every single character that it maps to one other character.
const TRADITIONAL: &str = include_str!("traditional.txt");

/// The form in which two spellings of the same word are equal. Full-width signs and spaces become ASCII.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        match half_width(letter) {
            letter if letter.is_ascii() => folded.push(letter.to_ascii_lowercase()),
            letter if is_han(letter) => folded.push(simplified(letter)),
            letter => match plain_latin(letter) {
                Some(plain) => folded.push_str(plain),
                None => folded.extend(letter.to_lowercase()),
            },
        }
    }
    folded
}

fn half_width(letter: char) -> char {
    match letter {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        letter => letter,
    }
}

/// Han characters of all planes, and the iteration mark's like.
#[must_use]
pub const fn is_han(letter: char) -> bool {
    matches!(letter,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '\u{3007}')
}

fn simplified(letter: char) -> char {
    static TABLE: OnceLock<HashMap<char, char>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        TRADITIONAL
            .split_whitespace()
            .filter_map(|pair| {
                let mut letters = pair.chars();
                Some((letters.next()?, letters.next()?))
            })
            .collect()
    });
    table.get(&letter).copied().unwrap_or(letter)
}

/// Letters of Latin names with accents, and the tone marks of written pinyin.
fn plain_latin(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à'..='å' | 'À'..='Å' | 'ā' | 'Ā' | 'ă' | 'Ă' | 'ą' | 'Ą' | 'ǎ' | 'Ǎ' => "a",
        'æ' | 'Æ' => "ae",
        'ç' | 'Ç' | 'ć' | 'Ć' | 'č' | 'Č' => "c",
        'ď' | 'Ď' | 'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'è'..='ë' | 'È'..='Ë' | 'ē' | 'Ē' | 'ė' | 'Ė' | 'ę' | 'Ę' | 'ě' | 'Ě' => "e",
        'ğ' | 'Ğ' => "g",
        'ì'..='ï' | 'Ì'..='Ï' | 'ī' | 'Ī' | 'ǐ' | 'Ǐ' | 'ı' | 'İ' => "i",
        'ł' | 'Ł' => "l",
        'ñ' | 'Ñ' | 'ń' | 'Ń' | 'ň' | 'Ň' => "n",
        'ò'..='ö' | 'ø' | 'Ò'..='Ö' | 'Ø' | 'ō' | 'Ō' | 'ő' | 'Ő' | 'ǒ' | 'Ǒ' => "o",
        'œ' | 'Œ' => "oe",
        'ř' | 'Ř' => "r",
        'ś' | 'Ś' | 'š' | 'Š' | 'ş' | 'Ş' => "s",
        'ß' | 'ẞ' => "ss",
        'ť' | 'Ť' | 'ţ' | 'Ţ' => "t",
        'ù'..='û' | 'Ù'..='Û' | 'ū' | 'Ū' | 'ů' | 'Ů' | 'ű' | 'Ű' | 'ǔ' | 'Ǔ' => "u",
        // As pinyin is typed: lü on a keyboard is lv.
        'ü' | 'Ü' | 'ǖ' | 'ǘ' | 'ǚ' | 'ǜ' => "v",
        'ý' | 'Ý' | 'ÿ' => "y",
        'ź' | 'Ź' | 'ż' | 'Ż' | 'ž' | 'Ž' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_fold_alike() {
        for (text, folded) in [
            ("ＡＢＣ１２３", "abc123"),
            ("陳小明", "陈小明"),
            ("劉德華", "刘德华"),
            ("Müller Ñandú", "mvller nandu"),
            ("lǚ", "lv"),
            ("王　明％＿", "王 明%_"),
            ("𠮷田", "𠮷田"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
            assert_eq!(fold(&fold(text)), folded, "folding twice changes nothing: {text}");
        }
    }
}
