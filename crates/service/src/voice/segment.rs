//! Cuts text into words: Chinese by a dictionary (jieba), other scripts where they part themselves.

use super::lexicon::lexicon;
use jieba_rs::Jieba;
use std::sync::LazyLock;
use zunke_kernel::search::is_han;

/// Characters of a text that are read; a novel says no more than its beginning.
const CHARS_MAX: usize = 4_000;

static CUTTER: LazyLock<Jieba> = LazyLock::new(|| {
    let mut jieba = Jieba::new();
    for word in lexicon().words().filter(|word| word.chars().count() > 1) {
        jieba.add_word(word, Some(100_000), None);
    }
    jieba
});

/// The text as it is read: small letters, half-width, one kind of apostrophe, the beginning of it.
#[must_use]
pub fn plain(text: &str) -> String {
    let half = |c: char| match c {
        '\u{3000}' => ' ',
        '’' | '‘' | '＇' => '\'',
        '，' | '。' | '！' | '？' | '；' | '：' => c,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    };
    text.chars().take(CHARS_MAX).map(half).flat_map(char::to_lowercase).collect()
}

/// The words and signs of a [`plain`] text, in order; blanks are left out. Names that stand in no dictionary are guessed.
#[must_use]
pub fn cut(plain: &str) -> Vec<String> {
    cut_with(plain, true)
}

/// Like [`cut`], by the dictionary alone: a guess must not swallow a word of feeling.
#[must_use]
pub fn cut_known(plain: &str) -> Vec<String> {
    cut_with(plain, false)
}

fn cut_with(plain: &str, guess: bool) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut latin = String::new();
    let mut han = String::new();
    let flush = |words: &mut Vec<String>, han: &mut String| {
        if !han.is_empty() {
            words.extend(CUTTER.cut(han, guess).into_iter().map(|token| token.word.to_owned()));
            han.clear();
        }
    };
    for c in plain.chars() {
        // Han and digits go to the dictionary together: 12315 is a word there.
        if is_han(c) {
            if !latin.is_empty() {
                words.push(std::mem::take(&mut latin));
            }
            han.push(c);
        } else {
            flush(&mut words, &mut han);
            if c.is_alphanumeric() || (c == '\'' && !latin.is_empty()) || (c == '-' && !latin.is_empty()) {
                latin.push(c);
            } else {
                if !latin.is_empty() {
                    words.push(std::mem::take(&mut latin));
                }
                if !c.is_whitespace() && c != '\u{fe0f}' {
                    words.push(c.to_string());
                }
            }
        }
    }
    flush(&mut words, &mut han);
    if !latin.is_empty() {
        words.push(latin);
    }
    words
}

/// The language that most of it is written in: `zh`, `en` or `other`.
#[must_use]
pub fn language(plain: &str) -> &'static str {
    let han = plain.chars().filter(|c| is_han(*c)).count();
    let latin = plain.chars().filter(char::is_ascii_alphabetic).count();
    // A Han character says about as much as four letters.
    if han * 4 >= latin && han > 0 {
        "zh"
    } else if latin > 0 {
        "en"
    } else {
        "other"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_cut_by_words_and_english_by_blanks() {
        assert_eq!(cut(&plain("快递太慢了，三天没到！")), ["快递", "太慢", "了", "，", "三天", "没到", "！"]);
        assert_eq!(cut(&plain("It DIDN’T work，退款")), ["it", "didn't", "work", "，", "退款"]);
        assert_eq!(cut(&plain("ＡＰＰ 打不开 😡")), ["app", "打不开", "😡"]);
        assert!(cut("").is_empty() && cut(" \n\t").is_empty());
    }

    #[test]
    fn the_language_is_that_of_most_of_it() {
        assert_eq!(language("app打不开"), "zh");
        assert_eq!(language("please refund 谢谢 my order today"), "en");
        assert_eq!(language("😡😡 123"), "other");
    }
}
