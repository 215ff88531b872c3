//! Money as whole ten-thousandths of a currency's unit: exact sums, no floats. Wholesalers price in
//! fractions of a cent, so the two decimals of most currencies are a matter of showing, not of keeping.
//!
//! One currency per organisation is kept in `i64`; ±922 trillion units fit.

use crate::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Ten-thousandths in one unit.
pub const SCALE: i64 = 10_000;
/// The largest amount that one activity may carry: 100 billion units. Above is a slip of the hand.
pub const ABSURD: i64 = 100_000_000_000 * SCALE;

/// An amount in ten-thousandths of a unit. In JSON a decimal string (`"123.45"`); a JSON number is read too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub i64);

impl Money {
    pub const ZERO: Self = Self(0);

    #[must_use]
    pub const fn units(units: i64) -> Self {
        Self(units * SCALE)
    }

    /// Reads a plain decimal (`-1234.5`, no separators); at most four decimals are kept, half away from zero.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = || {
            Error::invalid(
                "amount_invalid",
                format!("“{}”不是有效金额，请填写如 1234.50 的数字。", shorten(text)),
                format!("“{}” is not an amount; write a number such as 1234.50.", shorten(text)),
            )
        };
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !plain(whole) || !plain(fraction) || whole.len() > 15 {
            return Err(refuse());
        }
        let mut value: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| refuse())? };
        let mut scale = SCALE;
        value = value.checked_mul(SCALE).ok_or_else(refuse)?;
        for digit in fraction.bytes().take(4) {
            scale /= 10;
            value += i64::from(digit - b'0') * scale;
        }
        if fraction.as_bytes().get(4).is_some_and(|digit| *digit >= b'5') {
            value += 1;
        }
        Ok(Self(if negative { -value } else { value }))
    }

    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// For pictures and scores only, never for sums.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a picture or a score needs no more than 53 bits")]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / SCALE as f64
    }
}

impl std::ops::Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl std::ops::Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl std::ops::Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.map(|amount| amount.0).sum())
    }
}

/// `1234.5` as `1234.50`: at least two decimals, up to four where they are there.
impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let value = self.0.unsigned_abs();
        let mut fraction = format!("{:04}", value % SCALE.unsigned_abs());
        while fraction.len() > 2 && fraction.ends_with('0') {
            fraction.pop();
        }
        write!(f, "{sign}{}.{fraction}", value / SCALE.unsigned_abs())
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Number(serde_json::Number),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Text(text) => text,
            Written::Number(number) => number.to_string(),
        };
        Self::parse(&text).map_err(|error| serde::de::Error::custom(error.text.en))
    }
}

impl utoipa::PartialSchema for Money {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(r"^[+-]?[0-9]{1,15}(\.[0-9]+)?$"))
            .examples([serde_json::json!("1234.50")])
            .into()
    }
}

impl utoipa::ToSchema for Money {}

/// An ISO 4217 code of three capital letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    pub const CNY: Self = Self(*b"CNY");

    /// Codes that the product knows; the list is that of the currencies in daily use.
    pub const KNOWN: [&'static str; 30] = [
        "CNY", "HKD", "TWD", "MOP", "USD", "EUR", "GBP", "JPY", "KRW", "SGD", "MYR", "THB", "VND", "IDR", "PHP", "INR",
        "AUD", "NZD", "CAD", "CHF", "SEK", "NOK", "DKK", "RUB", "AED", "SAR", "BRL", "MXN", "ZAR", "TRY",
    ];

    pub fn parse(text: &str) -> Result<Self, Error> {
        let code = text.trim().to_ascii_uppercase();
        if Self::KNOWN.contains(&code.as_str())
            && let Ok(bytes) = <[u8; 3]>::try_from(code.as_bytes())
        {
            return Ok(Self(bytes));
        }
        Err(Error::invalid(
            "currency_unknown",
            format!("不认识的币种“{}”，请使用如 CNY、USD 的三位代码。", shorten(text)),
            format!("Unknown currency “{}”; use a three-letter code such as CNY or USD.", shorten(text)),
        ))
    }

    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("CNY")
    }

    #[must_use]
    pub fn symbol(&self) -> &str {
        match self.code() {
            "CNY" => "¥",
            "GBP" => "£",
            "EUR" => "€",
            "USD" => "$",
            code => code,
        }
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| serde::de::Error::custom(error.text.en))
    }
}

impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .enum_values(Some(Self::KNOWN))
            .into()
    }
}

impl utoipa::ToSchema for Currency {}

/// A reader's own text, cut to what an error message can hold.
#[must_use]
pub fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_print_as_people_write_them() {
        for (text, shown) in [
            ("0.1", "0.10"),
            ("8911407.904", "8911407.904"),
            ("-611342.09", "-611342.09"),
            (".5", "0.50"),
            ("+3", "3.00"),
            ("1.00005", "1.0001"),
            ("-0.00005", "-0.0001"),
            ("12.", "12.00"),
        ] {
            assert_eq!(Money::parse(text).expect(text).to_string(), shown);
        }
        let third: Money = std::iter::repeat_n(Money::parse("0.1").expect("0.1"), 3).sum();
        assert_eq!(third.to_string(), "0.30");
    }

    #[test]
    fn what_is_no_amount_is_refused_with_a_code() {
        for text in ["", ".", "-", "1,234", "1e5", "abc", "１２", "9999999999999999", "NaN"] {
            assert_eq!(Money::parse(text).expect_err(text).code, "amount_invalid", "{text}");
        }
        assert_eq!(Currency::parse("XXX").expect_err("unknown").code, "currency_unknown");
    }
}
