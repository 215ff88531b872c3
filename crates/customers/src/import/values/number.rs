//! Numbers: thousands separators, full-width digits, currency signs, 万, brackets and trailing minus.

use super::{Fault, narrow};
use zunke_kernel::Money;
use zunke_kernel::money::ABSURD;

/// An exact decimal: `mantissa / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    pub mantissa: i128,
    pub scale: u32,
}

/// Digits behind the point that are kept; more are cut, far below what money or goods are counted in.
const SCALE_MAX: u32 = 12;

impl Decimal {
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    #[must_use]
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// In units of `10^-scale`, half away from zero; `None` when it does not fit.
    #[must_use]
    pub fn at_scale(self, scale: u32) -> Option<i128> {
        if self.scale <= scale {
            return self.mantissa.checked_mul(10i128.checked_pow(scale - self.scale)?);
        }
        let divisor = 10i128.checked_pow(self.scale - scale)?;
        let half = if self.mantissa < 0 { -(divisor / 2) } else { divisor / 2 };
        Some((self.mantissa + half) / divisor)
    }

    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        Some(Self { mantissa: self.mantissa.checked_mul(other.mantissa)?, scale: self.scale + other.scale })
    }
}

/// An amount of money. The sign stays as written.
pub fn amount(text: &str) -> Result<Money, Fault> {
    money(number(text)?)
}

/// A decimal as money; over [`ABSURD`] it is a slip of the hand.
pub fn money(decimal: Decimal) -> Result<Money, Fault> {
    let value = decimal.at_scale(4).and_then(|value| i64::try_from(value).ok()).ok_or(Fault::Absurd)?;
    if value.unsigned_abs() > ABSURD.unsigned_abs() { Err(Fault::Absurd) } else { Ok(Money(value)) }
}

/// A number as people write it: `1,234.50`, `￥１２３４`, `(12.5)`, `12.5-`, `1.2万`, `1.234,56`, `1.5E+3`.
pub fn number(text: &str) -> Result<Decimal, Fault> {
    let text = text.trim();
    // The way of nearly every cell: plain ASCII digits with at most one point.
    if let Some(plain) = simple(text) {
        return Ok(plain);
    }
    if text.starts_with('#') {
        return Err(Fault::CellError);
    }
    let text = narrow(text).to_uppercase();
    let mut rest = text.trim();
    let mut negative = false;
    let mut factor = 0u32;
    if let Some(inner) = rest.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        negative = true;
        rest = inner.trim();
    }
    loop {
        let before = rest;
        for sign in [
            "CNY",
            "RMB",
            "USD",
            "GBP",
            "EUR",
            "HKD",
            "TWD",
            "JPY",
            "US$",
            "HK$",
            "NT$",
            "人民币",
            "¥",
            "$",
            "£",
            "€",
            "'",
            "=",
        ] {
            rest = rest.strip_prefix(sign).map_or(rest, str::trim_start);
        }
        for sign in [
            "CNY", "RMB", "USD", "GBP", "EUR", "HKD", "TWD", "JPY", "元整", "元", "圆", "块", "件", "个", "¥", "$",
            "£", "€",
        ] {
            rest = rest.strip_suffix(sign).map_or(rest, str::trim_end);
        }
        for (unit, power) in [("万", 4), ("萬", 4), ("亿", 8), ("千", 3)] {
            if factor == 0
                && let Some(number) = rest.strip_suffix(unit)
            {
                factor = power;
                rest = number.trim_end();
            }
        }
        if !negative && let Some(number) = rest.strip_prefix('-').or_else(|| rest.strip_suffix('-')) {
            negative = true;
            rest = number.trim();
        }
        rest = rest.strip_prefix('+').map_or(rest, str::trim_start);
        if rest == before {
            break;
        }
    }
    let (digits, exponent) = match rest.split_once('E') {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().map_err(|_| Fault::NotANumber)?),
        None => (rest, 0),
    };
    let plain = separators(digits)?;
    let mut decimal = simple(&plain).ok_or(Fault::NotANumber)?;
    let shift = exponent + i32::try_from(factor).unwrap_or(0);
    if !(-12..=15).contains(&shift) {
        return Err(Fault::Absurd);
    }
    let shifted = i64::from(decimal.scale) - i64::from(shift);
    if shifted >= 0 {
        decimal.scale = u32::try_from(shifted).unwrap_or(0);
    } else {
        let power = 10i128.pow(u32::try_from(-shifted).unwrap_or(0));
        decimal = Decimal { mantissa: decimal.mantissa.checked_mul(power).ok_or(Fault::Absurd)?, scale: 0 };
    }
    if negative {
        decimal.mantissa = -decimal.mantissa;
    }
    Ok(decimal)
}

/// `-1234.50` and nothing else.
fn simple(text: &str) -> Option<Decimal> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mut mantissa, mut scale, mut count, mut point) = (0i128, 0u32, 0u32, false);
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                count += 1;
                if point {
                    if scale == SCALE_MAX {
                        continue;
                    }
                    scale += 1;
                }
                if mantissa > 10i128.pow(30) {
                    return None;
                }
                mantissa = mantissa * 10 + i128::from(byte - b'0');
            }
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    (count > 0).then_some(Decimal { mantissa: if negative { -mantissa } else { mantissa }, scale })
}

/// Takes thousands separators out and makes the decimal sign a point, where both are beyond doubt.
fn separators(text: &str) -> Result<String, Fault> {
    if text.is_empty() {
        return Err(Fault::NotANumber);
    }
    // Spaces and apostrophes only ever group.
    let text: String = text.chars().map(|sign| if matches!(sign, '\'' | '’' | '_') { ' ' } else { sign }).collect();
    let text = if text.contains(' ') { ungroup(&text, ' ', true)? } else { text };
    let (commas, points) = (text.matches(',').count(), text.matches('.').count());
    match (commas, points) {
        (0, 0 | 1) => Ok(text),
        (0, _) => ungroup(&text, '.', false),
        (_, 0) => {
            if let Ok(grouped) = ungroup(&text, ',', false) {
                return Ok(grouped);
            }
            // One comma that can't group is a decimal comma: 12,5 or 0,125.
            if commas == 1 { Ok(text.replace(',', ".")) } else { Err(Fault::Ambiguous) }
        }
        _ => {
            let (decimal, group) = if text.rfind(',') > text.rfind('.') { (',', '.') } else { ('.', ',') };
            if text.matches(decimal).count() > 1 {
                return Err(Fault::Ambiguous);
            }
            let (whole, fraction) = text.split_once(decimal).unwrap_or((&text, ""));
            Ok(format!("{}.{fraction}", ungroup(whole, group, false)?))
        }
    }
}

/// `1,234,567` or, as written in China as well, `1,2345,6789`; the first group of a grouped number is no zero.
fn ungroup(text: &str, separator: char, fraction: bool) -> Result<String, Fault> {
    let (whole, rest) = match text.split_once(['.', ',']) {
        Some((whole, _)) if fraction => (whole, &text[whole.len()..]),
        _ => (text, ""),
    };
    if rest.contains(separator) {
        return Err(Fault::Ambiguous);
    }
    let groups: Vec<&str> = whole.split(separator).collect();
    let digits = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_digit()));
    let sized =
        |size: usize| (1..=size).contains(&groups[0].len()) && groups[1..].iter().all(|group| group.len() == size);
    if digits && (groups.len() == 1 || (groups[0] != "0" && (sized(3) || (sized(4) && groups.len() > 2)))) {
        return Ok(groups.concat() + rest);
    }
    Err(Fault::Ambiguous)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, shown) in [
            ("1234.5", "1234.50"),
            ("1,234.50", "1234.50"),
            ("1,234", "1234.00"),
            ("１２３４．５０", "1234.50"),
            ("１，２３４．５", "1234.50"),
            ("￥1,234.5", "1234.50"),
            ("¥ -12.5", "-12.50"),
            ("-¥12.5", "-12.50"),
            ("12.5元", "12.50"),
            ("人民币 88 元整", "88.00"),
            ("1.2万", "12000.00"),
            ("3万元", "30000.00"),
            ("0.5亿", "50000000.00"),
            ("(12.5)", "-12.50"),
            ("（1,000.00）", "-1000.00"),
            ("12.5-", "-12.50"),
            ("−3", "-3.00"),
            ("1.234,56", "1234.56"),
            ("12,5", "12.50"),
            ("0,125", "0.125"),
            ("1 234 567,8", "1234567.80"),
            ("1'234.5", "1234.50"),
            ("1.234.567", "1234567.00"),
            ("1,2345,6789", "123456789.00"),
            ("1.5E+3", "1500.00"),
            ("2.50E-2", "0.025"),
            (".5", "0.50"),
            ("+7", "7.00"),
            ("USD 5", "5.00"),
            ("1.00005", "1.0001"),
            ("0.123456789012345", "0.1235"),
        ] {
            assert_eq!(amount(text).map(|money| money.to_string()).as_deref(), Ok(shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_a_fault_and_never_a_guess() {
        for (text, fault) in [
            ("", Fault::NotANumber),
            ("免费", Fault::NotANumber),
            ("-", Fault::NotANumber),
            ("12abc", Fault::NotANumber),
            ("1,23,4", Fault::Ambiguous),
            ("1.2.3,4", Fault::Ambiguous),
            ("1,2,3.4", Fault::Ambiguous),
            ("#N/A", Fault::CellError),
            ("999999999999999", Fault::Absurd),
            ("1E99", Fault::Absurd),
            ("NaN", Fault::NotANumber),
            ("1--", Fault::NotANumber),
        ] {
            assert_eq!(amount(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn quantity_times_price_is_exact() {
        let product = number("3").expect("3").times(number("0.001").expect("price")).expect("fits");
        assert_eq!(money(product).expect("money").to_string(), "0.003");
        let product = number("-80995").expect("q").times(number("2.08").expect("price")).expect("fits");
        assert_eq!(money(product).expect("money").to_string(), "-168469.60");
    }
}
