//! Values as people read them: ¥12,345.60, 6 times, 35%, 40 days.

use crate::measure::Unit;
use zunke_kernel::{Currency, Money, Text};

/// A value in its unit; “无” / “none” where there is none.
#[must_use]
pub fn value(value: f64, unit: Unit, currency: Currency) -> Text {
    if value.is_nan() {
        return Text::new("无", "none");
    }
    match unit {
        Unit::Money => both(money(value, currency)),
        Unit::Share => both(percent(value)),
        Unit::Points => {
            let shown = number(value);
            Text::new(format!("{shown} 分"), format!("{shown} points"))
        }
        Unit::Grade => both(number(value)),
        Unit::Count => {
            let shown = grouped(&number(value));
            Text::new(format!("{shown} 次"), shown)
        }
        Unit::Days => with(value, "天", "day"),
        Unit::Months => with(value, "个月", "month"),
        Unit::Years => with(value, "年", "year"),
    }
}

fn both(text: String) -> Text {
    Text::new(text.clone(), text)
}

fn with(value: f64, zh: &str, en: &str) -> Text {
    let shown = number(value);
    let plural = if shown == "1" { "" } else { "s" };
    Text::new(format!("{shown} {zh}"), format!("{shown} {en}{plural}"))
}

/// At most two decimals, none that say nothing.
#[must_use]
pub fn number(value: f64) -> String {
    let mut text = format!("{value:.2}");
    while text.contains('.') && text.ends_with(['0', '.']) {
        let dot = text.ends_with('.');
        text.pop();
        if dot {
            break;
        }
    }
    text
}

/// To one decimal; what is not whole yet never reads 100%.
#[must_use]
pub fn percent(value: f64) -> String {
    let tenths = (value * 1_000.0).round();
    let tenths = if value < 1.0 { tenths.min(999.0) } else { tenths };
    format!("{}%", number(tenths / 10.0))
}

/// +40%, −15%.
#[must_use]
pub fn signed_percent(value: f64) -> String {
    let shown = format!("{}%", (value.abs() * 100.0).round());
    if value < 0.0 { format!("−{shown}") } else { format!("+{shown}") }
}

/// An amount with symbol and separators.
#[must_use]
pub fn money(value: f64, currency: Currency) -> String {
    let symbol = currency.symbol();
    let gap = if symbol.len() > 2 && symbol.is_ascii() { " " } else { "" };
    let (sign, value) = if value < 0.0 { ("−", -value) } else { ("", value) };
    format!("{sign}{symbol}{gap}{}", grouped(&format!("{value:.2}")))
}

#[must_use]
pub fn amount(amount: Money, currency: Currency) -> String {
    money(amount.as_f64(), currency)
}

fn grouped(digits: &str) -> String {
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |rest| ("−", rest));
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_whole_reads_a_hundred_percent() {
        let shown = [0.0, 0.29, 0.9994, 0.9996, 1.0, 1.25].map(percent);
        assert_eq!(shown, ["0%", "29%", "99.9%", "99.9%", "100%", "125%"]);
    }

    #[test]
    fn amounts_and_counts_read_as_people_write_them() {
        let cny = Currency::CNY;
        assert_eq!(money(12_345.6, cny), "¥12,345.60");
        assert_eq!(money(-611_342.09, cny), "−¥611,342.09");
        assert_eq!(money(0.0, cny), "¥0.00");
        assert_eq!(value(1_234.0, Unit::Count, cny).zh, "1,234 次");
        assert_eq!(value(1.0, Unit::Days, cny).en, "1 day");
        assert_eq!(value(0.355, Unit::Share, cny).zh, "35.5%");
        assert_eq!(value(80.0, Unit::Points, cny).zh, "80 分");
        assert_eq!(value(f64::NAN, Unit::Money, cny).en, "none");
        assert_eq!(number(100.0), "100");
        assert_eq!(signed_percent(-0.15), "−15%");
    }
}
