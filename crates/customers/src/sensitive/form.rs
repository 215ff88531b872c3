//! What a value of the vault may look like, its compared form, and what is shown of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Day, Error, Result};

/// Characters of a value at most.
pub const CHARS_MAX: usize = 200;

/// How values of a field are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SensitiveForm)]
pub enum Form {
    Text,
    /// A Chinese resident's id number: 17 digits and a check sign.
    IdNumber,
    /// 12 to 19 digits with a check digit.
    BankCard,
}

impl Form {
    pub const ALL: [Self; 3] = [Self::Text, Self::IdNumber, Self::BankCard];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::IdNumber => "id_number",
            Self::BankCard => "bank_card",
        }
    }

    pub fn read(word: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|form| form.word() == word)
            .ok_or_else(|| Error::internal(format!("a value of the unknown form {word}")))
    }

    /// The kept form; a fault never says the value.
    pub fn check(self, text: &str) -> Result<String> {
        let kept = match self {
            Self::Text => text.trim().to_owned(),
            Self::IdNumber | Self::BankCard => text
                .chars()
                .filter(|letter| !letter.is_whitespace() && *letter != '-')
                .map(|letter| match letter {
                    '０'..='９' => char::from_digit(u32::from(letter) - u32::from('０'), 10).unwrap_or(letter),
                    'x' | 'ｘ' | 'Ｘ' => 'X',
                    other => other,
                })
                .collect(),
        };
        let good = match self {
            Self::Text => (1..=CHARS_MAX).contains(&kept.chars().count()) && !kept.chars().any(char::is_control),
            Self::IdNumber => is_id_number(&kept),
            Self::BankCard => is_bank_card(&kept),
        };
        if good {
            return Ok(kept);
        }
        Err(match self {
            Self::Text => Error::invalid(
                "value_invalid",
                format!("内容应为 1 到 {CHARS_MAX} 个字符。"),
                format!("The value has 1 to {CHARS_MAX} characters."),
            ),
            Self::IdNumber => Error::invalid(
                "id_number_invalid",
                "身份证号不正确：应为 18 位，末位校验码须相符。",
                "The id number is not right: 18 signs, the last one checks the others.",
            ),
            Self::BankCard => Error::invalid(
                "bank_card_invalid",
                "银行卡号不正确：应为 12 到 19 位数字，末位校验码须相符。",
                "The card number is not right: 12 to 19 digits, the last one checks the others.",
            ),
        }
        .at("value"))
    }

    /// What two equal values have in common.
    #[must_use]
    pub fn compared(self, kept: &str) -> String {
        match self {
            Self::Text => kept.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase(),
            Self::IdNumber | Self::BankCard => kept.to_owned(),
        }
    }

    /// What everybody may see.
    #[must_use]
    pub fn masked(self, kept: &str) -> String {
        let tail = |count: usize| kept.get(kept.len().saturating_sub(count)..).unwrap_or_default();
        match self {
            Self::Text => "******".to_owned(),
            Self::IdNumber => format!("{}***********{}", kept.get(..3).unwrap_or_default(), tail(4)),
            Self::BankCard => format!("**** **** {}", tail(4)),
        }
    }
}

fn is_id_number(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let bytes = text.as_bytes();
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<i8>().ok()).unwrap_or(0);
    let year = text.get(6..10).and_then(|part| part.parse::<i16>().ok()).unwrap_or(0);
    let born = (1850..=2200).contains(&year) && Day::from_ymd(year, number(10, 12), number(12, 14)).is_some();
    let sum: u32 = bytes.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    born && CHECKS[(sum % 11) as usize] == bytes[17]
}

fn is_bank_card(text: &str) -> bool {
    if !(12..=19).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = text
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0') * (1 + u32::from(at % 2 == 1));
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_brought_into_one_form_or_refused_without_saying_them() {
        assert_eq!(Form::IdNumber.check(" 11010519491231002x ").unwrap(), "11010519491231002X");
        assert_eq!(Form::IdNumber.check("110105 19491231 002Ｘ").unwrap(), "11010519491231002X");
        for bad in ["", "110105194912310021", "11010519491331002X", "1101051949123100", "11010519491231002XX", "身份证"]
        {
            let error = Form::IdNumber.check(bad).unwrap_err();
            assert_eq!(error.code, "id_number_invalid", "{bad}");
            assert!(bad.is_empty() || !error.to_string().contains(bad));
        }
        assert_eq!(
            Form::BankCard.check("6222 0200 0000 0000 008").map_err(|error| error.code),
            Err("bank_card_invalid")
        );
        assert_eq!(Form::BankCard.check("4111-1111 1111 1111").unwrap(), "4111111111111111");
        assert!(Form::BankCard.check("4111111111111112").is_err());
        assert!(Form::Text.check("  ").is_err() && Form::Text.check("a\u{0}b").is_err());
        assert!(Form::Text.check(&"长".repeat(201)).is_err());
    }

    #[test]
    fn little_is_shown() {
        assert_eq!(Form::IdNumber.masked("11010519491231002X"), "110***********002X");
        assert_eq!(Form::BankCard.masked("4111111111111111"), "**** **** 1111");
        assert_eq!(Form::Text.masked("护照 E12345678"), "******");
        assert_eq!(Form::Text.compared(" E1  Ab "), "e1 ab");
    }
}
