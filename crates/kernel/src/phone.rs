//! Phone numbers and e-mail addresses as people write them, brought to the one form that is stored and compared:
//! E.164 (`+8613812345678`) and lower case. What is empty is nothing, and nothing never matches anything.

use crate::money::shorten;
use crate::search::fold;
use crate::{Error, Result};

/// A phone number in E.164, or `None` where nothing is written. Numbers without a country are Chinese.
///
/// Read: `138 1234 5678`, `138-1234-5678`, full-width digits, `+86`/`0086`/`86` in front, land lines with their
/// area code (`010-6552 9988`), service numbers (`400-810-8888`), foreign numbers with `+` or `00`. A land line
/// without area code and a switchboard's extension are refused: they don't name one line.
pub fn normalize(text: &str) -> Result<Option<String>> {
    let refuse = || {
        Error::invalid(
            "phone_invalid",
            format!("“{}”不是有效的电话号码：手机写 11 位，座机请带区号，境外号码以 + 和国家代码开头。", shorten(text)),
            format!(
                "“{}” is not a phone number: 11 digits for a mobile, an area code for a land line, + and the country \
                 code for numbers abroad.",
                shorten(text)
            ),
        )
    };
    let folded = fold(text);
    let mut digits = String::with_capacity(16);
    let mut plus = false;
    for letter in folded.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            '+' if digits.is_empty() && !plus => plus = true,
            ' '
            | '-'
            | '.'
            | '('
            | ')'
            | '/'
            | '\u{2010}'..='\u{2015}'
            | '\u{2212}'
            | '\u{30fc}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{feff}' => {}
            letter if letter.is_whitespace() => {}
            _ => return Err(refuse()),
        }
    }
    if digits.is_empty() {
        return if plus { Err(refuse()) } else { Ok(None) };
    }
    if !plus && let Some(rest) = digits.strip_prefix("00") {
        digits = rest.to_owned();
        plus = true;
    }
    let national = match (plus, digits.strip_prefix("86")) {
        (true, Some(rest)) => rest,
        (true, None) => return if is_foreign(&digits) { Ok(Some(format!("+{digits}"))) } else { Err(refuse()) },
        (false, Some(rest)) if is_mobile(rest) => rest,
        (false, _) => digits.as_str(),
    };
    chinese(national, plus).map(|number| Some(format!("+86{number}"))).ok_or_else(refuse)
}

/// A Chinese number without its trunk zero, if it is one.
fn chinese(national: &str, with_country: bool) -> Option<&str> {
    let trunk = national.strip_prefix('0');
    if is_mobile(national) || is_service(national) {
        return Some(national);
    }
    match trunk {
        Some(rest) if is_mobile(rest) || is_land_line(rest) => Some(rest),
        None if with_country && is_land_line(national) => Some(national),
        _ => None,
    }
}

fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1])
}

/// Area code without its zero (`10`, `21`, `755`) and seven or eight digits.
fn is_land_line(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    let area = match bytes {
        [b'1', b'0', ..] | [b'2', ..] => 2,
        [b'3'..=b'9', ..] => 3,
        _ => return false,
    };
    bytes.len() > area && (7..=8).contains(&(bytes.len() - area)) && matches!(bytes[area], b'2'..=b'9')
}

fn is_service(digits: &str) -> bool {
    digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800"))
}

/// E.164: a country code that doesn't begin with 0, 15 digits at most.
fn is_foreign(digits: &str) -> bool {
    (7..=15).contains(&digits.len()) && !digits.starts_with('0')
}

/// An e-mail address in lower case and half width, or `None` where nothing is written.
pub fn normalize_email(text: &str) -> Result<Option<String>> {
    let folded = fold(text).trim().to_owned();
    if folded.is_empty() {
        return Ok(None);
    }
    let fits = folded.split_once('@').is_some_and(|(local, domain)| {
        let label = |part: &str| !part.is_empty() && !part.starts_with('-') && !part.ends_with('-');
        !local.is_empty()
            && local.len() <= 64
            && folded.len() <= 254
            && !folded
                .chars()
                .any(|letter| letter.is_whitespace() || letter.is_control() || ",;:<>\"()[]\\".contains(letter))
            && domain.contains('.')
            && !domain.contains('@')
            && domain.split('.').all(label)
    });
    if fits {
        return Ok(Some(folded));
    }
    Err(Error::invalid(
        "email_invalid",
        format!("“{}”不是有效的邮箱地址，请写成 name@example.com。", shorten(text)),
        format!("“{}” is not an e-mail address; write it as name@example.com.", shorten(text)),
    ))
}

/// `138****1234`: enough to recognise, too little to call.
#[must_use]
pub fn mask(e164: &str) -> String {
    let national = e164.strip_prefix("+86").unwrap_or(e164);
    let letters: Vec<char> = national.chars().collect();
    if letters.len() < 8 {
        return "****".to_owned();
    }
    let head: String = letters[..3].iter().collect();
    let tail: String = letters[letters.len() - 4..].iter().collect();
    format!("{head}****{tail}")
}

/// `w***@example.com`.
#[must_use]
pub fn mask_email(email: &str) -> String {
    match email.split_once('@') {
        Some((local, domain)) => format!("{}***@{domain}", local.chars().next().unwrap_or('*')),
        None => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_a_number_is_written_it_is_one_number() {
        for text in [
            "13812345678",
            "138 1234 5678",
            "138-1234-5678",
            "+86 138 1234 5678",
            "0086-13812345678",
            "8613812345678",
            "１３８１２３４５６７８",
            "＋８６　138１2345678",
            "(+86)138.1234.5678",
            "013812345678",
            "+86 013812345678",
            "\u{202a}13812345678\u{202c}",
            "138\u{2013}1234\u{2014}5678",
        ] {
            assert_eq!(normalize(text).expect(text).as_deref(), Some("+8613812345678"), "{text}");
        }
    }

    #[test]
    fn land_lines_service_numbers_and_foreign_numbers_are_read() {
        for (text, number) in [
            ("010-6552 9988", "+861065529988"),
            ("(021) 5888-1234", "+862158881234"),
            ("0755-26771234", "+8675526771234"),
            ("+86 (0)10 65529988", "+861065529988"),
            ("+86 10 65529988", "+861065529988"),
            ("400-810-8888", "+864008108888"),
            ("+1 (415) 555-2671", "+14155552671"),
            ("0044 20 7946 0958", "+442079460958"),
            ("+852 2345 6789", "+85223456789"),
        ] {
            assert_eq!(normalize(text).expect(text).as_deref(), Some(number), "{text}");
        }
    }

    #[test]
    fn an_empty_number_is_none_and_what_is_no_number_is_refused() {
        for text in ["", "  ", "-", "\u{3000}", "( )"] {
            assert_eq!(normalize(text).expect(text), None, "{text:?}");
        }
        for text in [
            "65529988",
            "12345",
            "138123456789",
            "1381234567",
            "12812345678",
            "abc",
            "138x1234567",
            "+",
            "+0123456789",
            "+1234567890123456",
            "010-65529988转801",
            "电话",
            "0",
            "+86 12345",
            "13812345678;13912345678",
        ] {
            assert_eq!(normalize(text).expect_err(text).code, "phone_invalid", "{text}");
        }
    }

    #[test]
    fn an_address_is_folded_and_what_is_none_is_refused() {
        assert_eq!(
            normalize_email(" Wang.Ming@Example.COM ").expect("reads").as_deref(),
            Some("wang.ming@example.com")
        );
        assert_eq!(normalize_email("ｗｍ＠ｅｘａｍｐｌｅ．ｃｏｍ").expect("reads").as_deref(), Some("wm@example.com"));
        assert_eq!(normalize_email(" \u{3000}").expect("empty"), None);
        for text in ["a", "@b.cn", "a@b", "a b@c.cn", "a@b..cn", "a@@b.cn", "a@b.cn,c@d.cn", "a@-b.cn"] {
            assert_eq!(normalize_email(text).expect_err(text).code, "email_invalid", "{text}");
        }
    }

    #[test]
    fn a_masked_number_can_be_recognised_and_not_called() {
        assert_eq!(mask("+8613812345678"), "138****5678");
        assert_eq!(mask("+14155552671"), "+14****2671");
        assert_eq!(mask("+123"), "****");
        assert_eq!(mask_email("wang@example.com"), "w***@example.com");
        assert_eq!(mask_email("明@例.中国"), "明***@例.中国");
    }
}
