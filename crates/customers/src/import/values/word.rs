//! Words and ids.

use super::Fault;

/// The longest id of another system that is kept.
const ID_CHARS_MAX: usize = 120;

/// Full-width letters, digits and signs as their plain forms, odd spaces as a space, odd dashes as a minus.
#[must_use]
pub fn narrow(text: &str) -> String {
    text.chars()
        .map(|sign| match sign {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(sign as u32 - 0xfee0).unwrap_or(sign),
            '\u{3000}' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\t' => ' ',
            '￥' => '¥',
            '\u{2212}' | '\u{2013}' | '\u{2014}' => '-',
            other => other,
        })
        .filter(|sign| !matches!(sign, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{202a}'..='\u{202e}'))
        .collect()
}

/// A name for comparing: plain forms, lower case, no spaces, brackets or marks.
#[must_use]
pub fn fold(text: &str) -> String {
    narrow(text).to_lowercase().chars().filter(|sign| sign.is_alphanumeric()).collect()
}

/// A text for keeping: trimmed, no characters that nobody sees, at most `limit` characters.
#[must_use]
pub fn plain(text: &str, limit: usize) -> String {
    let visible = text
        .chars()
        .filter(|sign| !sign.is_control() || matches!(sign, '\n' | '\t'))
        .filter(|sign| *sign != '\u{feff}');
    visible.collect::<String>().trim().chars().take(limit).collect()
}

/// An id stays the text that it is, 18 figures and leading zeros included. Taken off are only what exports wrap
/// around it (`="001"`, `'001`, a backtick, a tab) and, where asked for, the `.0` that a spreadsheet library added.
/// Empty is `None`. `number` says that the cell was a number in a workbook, which keeps 15 figures only.
pub fn id(text: &str, drop_zero: bool, number: bool) -> Result<Option<String>, Fault> {
    let mut text = text.trim();
    if let Some(inner) = text.strip_prefix("=\"").and_then(|inner| inner.strip_suffix('"')) {
        text = inner.trim();
    }
    text = text.trim_start_matches(['\'', '`']).trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with("#N/A") || text.starts_with("#REF") || text.starts_with("#VALUE") || text.starts_with("#NAME") {
        return Err(Fault::CellError);
    }
    let mut id = if text.is_ascii() { text.to_owned() } else { narrow(text).trim().to_owned() };
    if drop_zero
        && let Some(whole) = id.strip_suffix(".0")
        && !whole.is_empty()
        && whole.bytes().all(|byte| byte.is_ascii_digit())
    {
        id.truncate(whole.len());
    }
    let digits = id.bytes().filter(u8::is_ascii_digit).count();
    if (number && digits > 15) || rounded(&id) {
        return Err(Fault::IdRounded);
    }
    if id.chars().count() > ID_CHARS_MAX || id.chars().any(char::is_control) {
        return Err(Fault::IdTooLong);
    }
    Ok(Some(id))
}

/// `1.10101E+17`
fn rounded(id: &str) -> bool {
    let Some((figures, exponent)) = id.split_once(['E', 'e']) else { return false };
    let Some(exponent) = exponent.strip_prefix('+') else { return false };
    figures.contains('.')
        && figures.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && exponent.bytes().all(|byte| byte.is_ascii_digit())
        && !exponent.is_empty()
}

pub fn boolean(text: &str) -> Result<bool, Fault> {
    match fold(text).as_str() {
        "是" | "对" | "有" | "真" | "y" | "yes" | "true" | "t" | "1" | "√" | "已" | "on" => Ok(true),
        "否" | "不" | "无" | "没有" | "假" | "n" | "no" | "false" | "f" | "0" | "×" | "未" | "off" => Ok(false),
        _ => match text.trim() {
            "√" | "✓" | "✔" => Ok(true),
            "×" | "✗" | "✘" => Ok(false),
            _ => Err(Fault::NotYesNo),
        },
    }
}

/// `male`, `female` or `None` for unknown, in the words of both languages.
pub fn gender(text: &str) -> Result<Option<&'static str>, Fault> {
    match fold(text).as_str() {
        "男" | "男性" | "先生" | "男士" | "m" | "male" | "mr" | "man" | "1" => Ok(Some("male")),
        "女" | "女性" | "女士" | "小姐" | "f" | "female" | "ms" | "mrs" | "miss" | "woman" | "2" => {
            Ok(Some("female"))
        }
        "" | "未知" | "不详" | "保密" | "其他" | "unknown" | "other" | "u" | "x" | "0" | "9" => Ok(None),
        _ => Err(Fault::NotAGender),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_text() {
        for (text, wanted) in [
            ("007", "007"),
            ("110101199003078515", "110101199003078515"),
            ("='x'", "='x'"),
            ("=\"0012\"", "0012"),
            ("'0012", "0012"),
            ("`1000000123\t", "1000000123"),
            ("Ａ１２", "A12"),
            ("17850.0", "17850.0"),
            ("会员 1", "会员 1"),
        ] {
            assert_eq!(id(text, false, false), Ok(Some(wanted.to_owned())), "{text}");
        }
        assert_eq!(id("17850.0", true, false), Ok(Some("17850".to_owned())));
        assert_eq!(id("A1.0", true, false), Ok(Some("A1.0".to_owned())));
        assert_eq!(id("  ", true, false), Ok(None));
    }

    #[test]
    fn an_id_that_a_spreadsheet_rounded_is_refused() {
        assert_eq!(id("1.10101E+17", false, false), Err(Fault::IdRounded));
        assert_eq!(id("110101199003078500", false, true), Err(Fault::IdRounded));
        assert_eq!(id("12E5", false, false), Ok(Some("12E5".to_owned())));
        assert_eq!(id("#N/A", false, false), Err(Fault::CellError));
        assert_eq!(id(&"9".repeat(300), false, false), Err(Fault::IdTooLong));
    }

    #[test]
    fn yes_no_and_gender_are_read_in_both_languages() {
        assert_eq!((boolean("是"), boolean("No"), boolean("√")), (Ok(true), Ok(false), Ok(true)));
        assert_eq!(boolean("也许"), Err(Fault::NotYesNo));
        assert_eq!((gender("男"), gender("Ｆ"), gender("未知")), (Ok(Some("male")), Ok(Some("female")), Ok(None)));
        assert_eq!(gender("雄"), Err(Fault::NotAGender));
    }
}
