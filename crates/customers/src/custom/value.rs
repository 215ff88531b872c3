//! One value of a field, and how it is written in JSON.

use super::{CustomField, FieldKind, check};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use zunke_kernel::id::StaffId;
use zunke_kernel::money::{ABSURD, SCALE, shorten};
use zunke_kernel::{Day, Error, Locale, Money, Result, Text};

/// A value, checked. Choices are their numbers, in the order in which the field offers them.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    Text(String),
    /// Finite.
    Number(f64),
    Money(Money),
    Date(Day),
    Choice(i64),
    Choices(Vec<i64>),
    YesNo(bool),
    Person(StaffId),
}

/// Numbers are finite.
impl Eq for FieldValue {}

impl FieldValue {
    /// As the API writes it.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => number_json(*number),
            Self::Money(money) => json!(money.to_string()),
            Self::Date(day) => json!(day.to_string()),
            Self::Choice(number) => json!(format!("c{number}")),
            Self::Choices(numbers) => json!(numbers.iter().map(|number| format!("c{number}")).collect::<Vec<_>>()),
            Self::YesNo(yes) => json!(yes),
            Self::Person(id) => json!(id.to_string()),
        }
    }
}

/// A whole number is written without a point.
fn number_json(number: f64) -> Json {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and within 53 bits")]
        return json!(number as i64);
    }
    json!(number)
}

/// A value as people read it in a table.
#[must_use]
pub fn shown(field: &CustomField, value: &FieldValue, names: &HashMap<StaffId, String>, locale: Locale) -> String {
    let choice = |number: &i64| {
        field.choice(*number).map(|choice| choice.said().get(locale).to_owned()).unwrap_or_else(|| format!("c{number}"))
    };
    match value {
        FieldValue::Text(text) => text.clone(),
        FieldValue::Number(number) => number_json(*number).to_string(),
        FieldValue::Money(money) => money.to_string(),
        FieldValue::Date(day) => day.to_string(),
        FieldValue::Choice(number) => choice(number),
        FieldValue::Choices(numbers) => numbers.iter().map(choice).collect::<Vec<_>>().join("; "),
        FieldValue::YesNo(yes) => {
            Text::new(if *yes { "是" } else { "否" }, if *yes { "yes" } else { "no" }).get(locale).to_owned()
        }
        FieldValue::Person(id) => names.get(id).cloned().unwrap_or_else(|| id.to_string()),
    }
}

/// Reads a value as the API writes it. Nothing (`null`, an empty text, an empty list) is `None`. `had` is the value
/// that stands: what is retired meanwhile may stay. Whether a member of staff is there is asked by the caller.
pub fn from_json(field: &CustomField, json: &Json, had: Option<&FieldValue>) -> Result<Option<FieldValue>> {
    let refuse = |zh: &str, en: &str| {
        let label = &field.label;
        Error::invalid("field_value_invalid", format!("“{}”{zh}", label.zh), format!("“{}” {en}", label.en))
            .at(field.path())
    };
    let nothing = match json {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(list) => list.is_empty(),
        _ => false,
    };
    if nothing {
        return Ok(None);
    }
    let value = match field.kind {
        FieldKind::Text => {
            let text = json.as_str().ok_or_else(|| refuse("应为文字。", "must be a text."))?;
            FieldValue::Text(text.trim().to_owned())
        }
        FieldKind::Number => {
            let number = match json {
                Json::Number(number) => number.as_f64(),
                Json::String(text) => text.trim().parse().ok(),
                _ => None,
            };
            FieldValue::Number(number.ok_or_else(|| refuse("应为数字，如 12.5。", "must be a number such as 12.5."))?)
        }
        FieldKind::Money => {
            let text = match json {
                Json::Number(number) => number.to_string(),
                Json::String(text) => text.trim().to_owned(),
                _ => return Err(refuse("应为金额，如 1234.50。", "must be an amount such as 1234.50.")),
            };
            let money = Money::parse(&text)
                .map_err(|_| refuse("应为金额，如 1234.50。", "must be an amount such as 1234.50."))?;
            FieldValue::Money(money)
        }
        FieldKind::Date => {
            let day = Day::parse(json.as_str().unwrap_or("").trim())
                .map_err(|_| refuse("应为日期，如 2026-01-02。", "must be a day such as 2026-01-02."))?;
            FieldValue::Date(day)
        }
        FieldKind::Choice => FieldValue::Choice(choice(field, json.as_str().unwrap_or(""), had)?),
        FieldKind::Choices => {
            let one = std::slice::from_ref(json);
            let list = json.as_array().map_or(one, Vec::as_slice);
            let read = list.iter().map(|one| choice(field, one.as_str().unwrap_or(""), had));
            FieldValue::Choices(in_order(field, &read.collect::<Result<Vec<_>>>()?))
        }
        FieldKind::YesNo => FieldValue::YesNo(
            json.as_bool().ok_or_else(|| refuse("应为是或否（true、false）。", "must be true or false."))?,
        ),
        FieldKind::Person => {
            let id = json.as_str().and_then(|id| id.parse().ok());
            FieldValue::Person(
                id.ok_or_else(|| refuse("应为员工编号（stf_…）。", "must be the id of a member of staff (stf_…)."))?,
            )
        }
    };
    within(field, &value)?;
    Ok(Some(value))
}

/// Reads a value that was stored under a definition of former days: limits are not asked, retired choices are let
/// through.
pub(crate) fn read_stored(field: &CustomField, json: &Json) -> Option<FieldValue> {
    let mut lenient = field.clone();
    (lenient.details.min, lenient.details.max, lenient.details.decimals) = (None, None, None);
    lenient.details.choices.iter_mut().for_each(|choice| choice.retired = false);
    from_json(&lenient, json, None).ok().flatten()
}

/// Choices once each, as the field orders them.
pub(crate) fn in_order(field: &CustomField, numbers: &[i64]) -> Vec<i64> {
    let offered = field.details.choices.iter().filter_map(super::FieldChoice::number);
    offered.filter(|number| numbers.contains(number)).collect()
}

fn choice(field: &CustomField, id: &str, had: Option<&FieldValue>) -> Result<i64> {
    let found = field.details.choices.iter().find(|choice| choice.id == id);
    let number = found.and_then(super::FieldChoice::number);
    let (Some(found), Some(number)) = (found, number) else { return Err(unknown_choice(field, id)) };
    let kept = match had {
        Some(FieldValue::Choice(had)) => *had == number,
        Some(FieldValue::Choices(had)) => had.contains(&number),
        _ => false,
    };
    if found.retired && !kept {
        let (label, said) = (&field.label, found.said());
        return Err(Error::invalid(
            "field_choice_retired",
            format!("“{}”的选项“{}”已停用，请选择其他选项。", label.zh, said.zh),
            format!("The choice “{}” of “{}” is retired; choose another one.", said.en, label.en),
        )
        .at(field.path()));
    }
    Ok(number)
}

pub(super) fn unknown_choice(field: &CustomField, said: &str) -> Error {
    let offered: Vec<_> = field.details.choices.iter().filter(|choice| !choice.retired).take(20).collect();
    let list = |pick: fn(&Text) -> &String, with: &str| {
        let names: Vec<String> =
            offered.iter().map(|choice| format!("{}（{}）", pick(&choice.said()), choice.id)).collect();
        names.join(with)
    };
    let (label, said) = (&field.label, shorten(said));
    Error::invalid(
        "field_choice_unknown",
        format!("“{}”没有选项“{said}”，可选：{}。", label.zh, list(|text| &text.zh, "、")),
        format!("“{}” has no choice “{said}”; choose one of: {}.", label.en, list(|text| &text.en, ", ")),
    )
    .at(field.path())
}

/// Whether a value keeps to the limits of its field.
pub(super) fn within(field: &CustomField, value: &FieldValue) -> Result<()> {
    let (details, label) = (&field.details, &field.label);
    let refuse = |code: &'static str, zh: String, en: String| {
        Err(Error::invalid(code, format!("“{}”{zh}", label.zh), format!("“{}” {en}", label.en)).at(field.path()))
    };
    let out = |zh: String, en: String| refuse("field_out_of_range", zh, en);
    match value {
        FieldValue::Text(text) => {
            let max = details.max.as_deref().and_then(|max| max.parse().ok()).unwrap_or(check::TEXT_CHARS_MAX);
            let length = text.chars().count();
            if length > max {
                return out(
                    format!("最多 {max} 个字符，收到 {length} 个。"),
                    format!("has at most {max} characters, got {length}."),
                );
            }
            if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
                return refuse(
                    "field_value_invalid",
                    "含有无法显示的控制字符，请删除。".into(),
                    "holds control characters that cannot be shown; please remove them.".into(),
                );
            }
        }
        FieldValue::Number(number) => {
            #[expect(clippy::cast_precision_loss, reason = "a bound")]
            let bound = ABSURD as f64 / SCALE as f64;
            if !number.is_finite() || number.abs() > bound {
                return out("的数值过大。".into(), "is absurdly large.".into());
            }
            let decimals = details.decimals.unwrap_or(4);
            let scaled = number * 10f64.powi(i32::from(decimals));
            if details.decimals.is_some() && (scaled - scaled.round()).abs() > 1e-6 * scaled.abs().max(1.0) {
                return out(format!("最多 {decimals} 位小数。"), format!("has at most {decimals} decimals."));
            }
            let limit = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<f64>().ok());
            return limits(
                field,
                limit(&details.min).is_some_and(|min| *number < min),
                limit(&details.max).is_some_and(|max| *number > max),
            );
        }
        FieldValue::Money(money) => {
            if money.0.abs() > ABSURD {
                return out("的金额过大。".into(), "is absurdly large.".into());
            }
            let limit = |text: &Option<String>| text.as_deref().and_then(|text| Money::parse(text).ok());
            return limits(
                field,
                limit(&details.min).is_some_and(|min| *money < min),
                limit(&details.max).is_some_and(|max| *money > max),
            );
        }
        FieldValue::Date(day) => {
            if !(1850..=2200).contains(&day.year()) {
                return out("的年份应在 1850 到 2200 之间。".into(), "has a year from 1850 to 2200.".into());
            }
            let limit = |text: &Option<String>| text.as_deref().and_then(|text| Day::parse(text).ok());
            return limits(
                field,
                limit(&details.min).is_some_and(|min| *day < min),
                limit(&details.max).is_some_and(|max| *day > max),
            );
        }
        FieldValue::Choice(_) | FieldValue::Choices(_) | FieldValue::YesNo(_) | FieldValue::Person(_) => {}
    }
    Ok(())
}

fn limits(field: &CustomField, below: bool, above: bool) -> Result<()> {
    let (details, label) = (&field.details, &field.label);
    let (zh, en) = match (below, above, &details.min, &details.max) {
        (false, false, ..) => return Ok(()),
        (_, _, Some(min), Some(max)) => {
            (format!("应在 {min} 到 {max} 之间。"), format!("must be from {min} to {max}."))
        }
        (true, _, Some(min), _) => (format!("不能小于 {min}。"), format!("must not be less than {min}.")),
        (.., max) => {
            let max = max.as_deref().unwrap_or_default();
            (format!("不能大于 {max}。"), format!("must not be more than {max}."))
        }
    };
    Err(Error::invalid("field_out_of_range", format!("“{}”{zh}", label.zh), format!("“{}” {en}", label.en))
        .at(field.path()))
}
