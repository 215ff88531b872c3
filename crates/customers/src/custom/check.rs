//! What a field may be defined as.

use super::{Details, FieldChoice, FieldKind, filled};
use crate::profile::check_text;
use std::collections::HashSet;
use zunke_kernel::{Day, Error, Money, Text};

/// Fields in use.
pub const FIELDS_MAX: usize = 200;
/// Choices of one field, retired ones included.
pub const CHOICES_MAX: usize = 500;
pub const TEXT_CHARS_MAX: usize = 4_000;
pub const NAME_CHARS_MAX: usize = 40;
const HELP_CHARS_MAX: usize = 300;
const UNIT_CHARS_MAX: usize = 12;
const DECIMALS_MAX: u8 = 4;

/// Brings a definition into its kept form and names every fault at once. What does not belong to the kind is dropped.
pub(crate) fn check(kind: FieldKind, details: &mut Details) -> Vec<Error> {
    let mut faults = Vec::new();
    for (text, at, max) in [(&mut details.name, "name", NAME_CHARS_MAX), (&mut details.help, "help", HELP_CHARS_MAX)] {
        faults.extend(tidy(text, at, max));
    }
    if details.name.zh.is_empty() && details.name.en.is_empty() {
        faults.push(Error::invalid("name_required", "请填写字段名称。", "Please enter the field's name.").at("name"));
    }
    details.unit = details.unit.take().map(|unit| unit.trim().to_owned()).filter(|unit| !unit.is_empty());
    faults.extend(details.unit.as_deref().and_then(|unit| check_text(unit, "unit", UNIT_CHARS_MAX)));
    if kind != FieldKind::Number {
        details.decimals = None;
        details.unit = None;
    }
    if details.decimals.is_some_and(|decimals| decimals > DECIMALS_MAX) {
        faults.push(
            Error::invalid(
                "decimals_invalid",
                format!("小数位数应为 0 到 {DECIMALS_MAX}。"),
                format!("Decimals are 0 to {DECIMALS_MAX}."),
            )
            .at("decimals"),
        );
    }
    faults.extend(limits(kind, details));
    if kind.has_choices() {
        faults.extend(choices(&mut details.choices));
    } else {
        details.choices.clear();
    }
    faults
}

fn tidy(text: &mut Text, at: &str, max: usize) -> Option<Error> {
    text.zh = text.zh.trim().to_owned();
    text.en = text.en.trim().to_owned();
    check_text(&text.zh, &format!("{at}.zh"), max).or_else(|| check_text(&text.en, &format!("{at}.en"), max))
}

fn limits(kind: FieldKind, details: &mut Details) -> Option<Error> {
    let clean = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    (details.min, details.max) = (clean(details.min.take()), clean(details.max.take()));
    // In the measure of the kind, so that both ends can be compared.
    let read = |text: &str| -> Option<f64> {
        match kind {
            FieldKind::Number => text.parse().ok().filter(|number: &f64| number.is_finite()),
            FieldKind::Money => Money::parse(text).ok().map(Money::as_f64),
            FieldKind::Date => Day::parse(text).ok().map(|day| f64::from(day.0)),
            FieldKind::Text => text.parse::<u16>().ok().filter(|max| (1..=4_000).contains(max)).map(f64::from),
            FieldKind::Choice | FieldKind::Choices | FieldKind::YesNo | FieldKind::Person => None,
        }
    };
    match kind {
        FieldKind::Choice | FieldKind::Choices | FieldKind::YesNo | FieldKind::Person => {
            (details.min, details.max) = (None, None);
            return None;
        }
        FieldKind::Text => details.min = None,
        FieldKind::Number | FieldKind::Money | FieldKind::Date => {}
    }
    for (text, at) in [(&details.min, "min"), (&details.max, "max")] {
        if let Some(text) = text
            && read(text).is_none()
        {
            let (zh, en) = match kind {
                FieldKind::Date => ("应为日期，如 2026-01-02。", "Write a day such as 2026-01-02."),
                FieldKind::Text => ("应为 1 到 4000 的字符数。", "Write a number of characters, 1 to 4000."),
                _ => ("应为数字。", "Write a number."),
            };
            return Some(Error::invalid("limit_invalid", zh, en).at(at));
        }
    }
    let both = details.min.as_deref().and_then(read).zip(details.max.as_deref().and_then(read));
    both.is_some_and(|(min, max)| min > max).then(|| {
        Error::invalid("limit_invalid", "最大值不能小于最小值。", "The greatest value is less than the least.")
            .at("max")
    })
}

fn choices(choices: &mut [FieldChoice]) -> Vec<Error> {
    let mut faults = Vec::new();
    let mut names = HashSet::new();
    for (at, choice) in choices.iter_mut().enumerate() {
        faults.extend(tidy(&mut choice.label, &format!("choices[{at}].label"), NAME_CHARS_MAX));
        let said = filled(&choice.label);
        if said.zh.is_empty() {
            faults.push(
                Error::invalid("name_required", "请填写选项名称。", "Please enter the choice's name.")
                    .at(format!("choices[{at}].label")),
            );
        } else if !names.insert(crate::store::name_key(&said.zh)) {
            faults.push(
                Error::invalid(
                    "choice_twice",
                    format!("选项“{}”重复。", said.zh),
                    format!("The choice “{}” is there twice.", said.en),
                )
                .at(format!("choices[{at}].label")),
            );
        }
        if choice.colour.as_deref().is_some_and(|colour| !is_colour(colour)) {
            faults.push(
                Error::invalid("colour_invalid", "颜色应为 #rrggbb。", "A colour is #rrggbb.")
                    .at(format!("choices[{at}].colour")),
            );
        }
    }
    if choices.is_empty() || choices.len() > CHOICES_MAX {
        faults.push(
            Error::invalid(
                "choices_invalid",
                format!("请填写 1 到 {CHOICES_MAX} 个选项。"),
                format!("Write 1 to {CHOICES_MAX} choices."),
            )
            .at("choices"),
        );
    }
    faults
}

fn is_colour(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit())
}

/// Gives new choices their ids, and keeps those that were left out as retired: somebody may have them.
pub(crate) fn next_choice(before: &Details, after: &mut Details) -> Option<Error> {
    after.last_choice = before.last_choice;
    for (at, choice) in after.choices.iter_mut().enumerate() {
        if choice.id.is_empty() {
            after.last_choice += 1;
            choice.id = format!("c{}", after.last_choice);
        } else if !before.choices.iter().any(|known| known.id == choice.id) {
            return Some(
                Error::invalid(
                    "choice_unknown",
                    "没有该选项编号，新选项请不要填写编号。",
                    "There is no choice of this id; a new one is sent without.",
                )
                .at(format!("choices[{at}].id")),
            );
        }
    }
    let mut seen = HashSet::new();
    if after.choices.iter().any(|choice| !seen.insert(choice.id.clone())) {
        return Some(Error::invalid("choice_twice", "选项编号重复。", "A choice is there twice.").at("choices"));
    }
    for known in &before.choices {
        if !after.choices.iter().any(|choice| choice.id == known.id) {
            after.choices.push(FieldChoice { retired: true, ..known.clone() });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(choices: &[(&str, &str)]) -> Details {
        let choice = |(id, zh): &(&str, &str)| FieldChoice {
            id: (*id).into(),
            label: Text::new(*zh, ""),
            ..FieldChoice::default()
        };
        Details {
            name: Text::new(" 皮肤类型 ", ""),
            choices: choices.iter().map(choice).collect(),
            last_choice: 2,
            ..Details::default()
        }
    }

    #[test]
    fn a_definition_is_tidied_and_all_its_faults_are_named_at_once() {
        let mut good = details(&[("", "油性"), ("", "干性")]);
        assert!(check(FieldKind::Choice, &mut good).is_empty());
        assert_eq!((good.name.zh.as_str(), filled(&good.name).en.as_str()), ("皮肤类型", "皮肤类型"));
        let mut bad = Details {
            name: Text::default(),
            min: Some("9".into()),
            max: Some("3".into()),
            decimals: Some(7),
            ..Details::default()
        };
        let codes: Vec<_> = check(FieldKind::Number, &mut bad).iter().map(|fault| fault.code).collect();
        assert_eq!(codes, ["name_required", "decimals_invalid", "limit_invalid"]);
        let mut twice = details(&[("", "油性"), ("", " 油性 ")]);
        assert_eq!(check(FieldKind::Choice, &mut twice)[0].code, "choice_twice");
        assert_eq!(check(FieldKind::Choices, &mut details(&[]))[0].code, "choices_invalid");
        let mut text = Details { max: Some("5000".into()), ..details(&[]) };
        assert_eq!(check(FieldKind::Text, &mut text)[0].code, "limit_invalid");
    }

    #[test]
    fn a_choice_that_is_left_out_is_retired_and_its_id_is_never_given_again() {
        let before = details(&[("c1", "油性"), ("c2", "干性")]);
        let mut after = details(&[("c2", "干性肌"), ("", "中性")]);
        assert!(next_choice(&before, &mut after).is_none());
        let told: Vec<_> =
            after.choices.iter().map(|one| (one.id.as_str(), one.label.zh.as_str(), one.retired)).collect();
        assert_eq!(told, [("c2", "干性肌", false), ("c3", "中性", false), ("c1", "油性", true)]);
        assert_eq!(next_choice(&before, &mut details(&[("c9", "x")])).map(|fault| fault.code), Some("choice_unknown"));
    }
}
