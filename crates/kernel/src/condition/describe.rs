//! A condition as a sentence, in both languages.

use super::{Aggregate, Behaviour, Catalogue, Condition, FieldType, Op, Operand, Scalar, Subject, Test};
use crate::{Day, Money, Text};

/// The sentence of a condition: `城市为“上海”，且近 365 天净消费不低于 10000.00`. `name` gives the name of an id or a
/// level where it knows one; choices are named by the catalogue.
#[must_use]
pub fn describe(
    condition: &Condition,
    catalogue: &Catalogue,
    name: &dyn Fn(&Subject, &Scalar) -> Option<Text>,
) -> Text {
    let teller = Teller { catalogue, name };
    let text = teller.condition(condition, true);
    if text.zh.is_empty() { Text::new("所有客户", "all customers") } else { text }
}

struct Teller<'a> {
    catalogue: &'a Catalogue,
    name: &'a dyn Fn(&Subject, &Scalar) -> Option<Text>,
}

impl Teller<'_> {
    fn condition(&self, condition: &Condition, top: bool) -> Text {
        match condition {
            Condition::All(parts) => self.joined(parts, ("，且", " and "), top),
            Condition::Any(parts) if parts.is_empty() => Text::new("无", "nobody"),
            Condition::Any(parts) => self.joined(parts, ("，或", " or "), top),
            Condition::Not(part) => {
                let part = self.condition(part, true);
                Text::new(format!("不满足（{}）", part.zh), format!("not ({})", part.en))
            }
            Condition::Test(test) => self.test(test),
        }
    }

    fn joined(&self, parts: &[Condition], with: (&str, &str), top: bool) -> Text {
        let told: Vec<Text> = parts.iter().map(|part| self.condition(part, parts.len() == 1 && top)).collect();
        let zh = told.iter().map(|text| text.zh.as_str()).collect::<Vec<_>>().join(with.0);
        let en = told.iter().map(|text| text.en.as_str()).collect::<Vec<_>>().join(with.1);
        if top || parts.len() < 2 { Text::new(zh, en) } else { Text::new(format!("（{zh}）"), format!("({en})")) }
    }

    fn test(&self, test: &Test) -> Text {
        let (label, kind) = match &test.subject {
            Subject::Field(id, kind) => {
                let label = self.catalogue.field(id).map_or_else(|| Text::new(id, id), |field| field.label.clone());
                (label, *kind)
            }
            Subject::Behaviour(behaviour) => (self.behaviour(behaviour), behaviour.result),
        };
        let said = self.said(test, kind);
        let gap = if said.zh.is_ascii() { " " } else { "" };
        Text::new(format!("{}{gap}{}", label.zh, said.zh), format!("{} {}", label.en, said.en))
    }

    fn behaviour(&self, behaviour: &Behaviour) -> Text {
        let label = self
            .catalogue
            .measure(&behaviour.measure)
            .map_or_else(|| Text::new(&behaviour.measure, &behaviour.measure), |measure| measure.label.clone());
        let (before, after) = match behaviour.window_days {
            Some(days) => (format!("近 {days} 天"), format!(" in the last {days} days")),
            None => ("累计".to_owned(), " ever".to_owned()),
        };
        match behaviour.aggregate {
            Aggregate::Sum | Aggregate::Count => {
                Text::new(format!("{before}{}", label.zh), format!("{}{after}", label.en))
            }
            Aggregate::Days => {
                Text::new(format!("{before}有{}的天数", label.zh), format!("days with {}{after}", label.en))
            }
            Aggregate::DaysSince => {
                Text::new(format!("距上次{}天数", label.zh), format!("days since the last of {}", label.en))
            }
        }
    }

    fn said(&self, test: &Test, kind: FieldType) -> Text {
        let value = |scalar: &Scalar| self.value(test, kind, scalar);
        let one = |zh: &str, en: &str| match &test.value {
            Operand::One(scalar) => {
                let value = value(scalar);
                Text::new(format!("{zh}{}", value.zh), format!("{en} {}", value.en))
            }
            _ => Text::default(),
        };
        let many = |zh: &str, en: &str| match &test.value {
            Operand::Many(scalars) => {
                let values: Vec<Text> = scalars.iter().take(5).map(value).collect();
                let more = scalars.len() > 5;
                let zh_list = values.iter().map(|value| value.zh.as_str()).collect::<Vec<_>>().join("、");
                let en_list = values.iter().map(|value| value.en.as_str()).collect::<Vec<_>>().join(", ");
                let (zh_more, en_more) =
                    if more { (format!("等 {} 项", scalars.len()), ", …".to_owned()) } else { Default::default() };
                Text::new(format!("{zh}{zh_list}{zh_more}"), format!("{en} {en_list}{en_more}"))
            }
            _ => Text::default(),
        };
        let is_day = kind == FieldType::Day;
        match test.op {
            Op::Eq => one("为", "is"),
            Op::Ne => one("不为", "is not"),
            Op::Lt if is_day => one("早于", "before"),
            Op::Lte if is_day => one("不晚于", "not after"),
            Op::Gt if is_day => one("晚于", "after"),
            Op::Gte if is_day => one("不早于", "not before"),
            Op::Lt => one("低于", "below"),
            Op::Lte => one("不高于", "at most"),
            Op::Gt => one("高于", "above"),
            Op::Gte => one("不低于", "at least"),
            Op::Contains => one("包含", "contains"),
            Op::StartsWith => one("开头为", "starts with"),
            Op::Empty => Text::new("为空", "is empty"),
            Op::NotEmpty => Text::new("不为空", "is filled"),
            Op::In => many("属于", "is one of"),
            Op::NotIn => many("不属于", "is none of"),
            Op::HasAny => many("含任一", "has any of"),
            Op::HasAll => many("同时含", "has all of"),
            Op::HasNone => many("不含", "has none of"),
            Op::Between => match &test.value {
                Operand::Range(from, to) => {
                    let (from, to) = (value(from), value(to));
                    Text::new(format!("在 {} 至 {} 之间", from.zh, to.zh), format!("between {} and {}", from.en, to.en))
                }
                _ => Text::default(),
            },
            Op::WithinDays => match test.value {
                Operand::Days(days) => Text::new(format!("在近 {days} 天内"), format!("within the last {days} days")),
                _ => Text::default(),
            },
            Op::OlderThanDays => match test.value {
                Operand::Days(days) => Text::new(format!("在 {days} 天以前"), format!("more than {days} days ago")),
                _ => Text::default(),
            },
        }
    }

    fn value(&self, test: &Test, kind: FieldType, scalar: &Scalar) -> Text {
        if let Some(named) = (self.name)(&test.subject, scalar) {
            return Text::new(format!("“{}”", named.zh), format!("“{}”", named.en));
        }
        if let (Subject::Field(id, FieldType::Choice | FieldType::Choices), Scalar::Text(word)) =
            (&test.subject, scalar)
            && let Some(choice) =
                self.catalogue.field(id).and_then(|field| field.choices.iter().find(|choice| choice.value == *word))
        {
            return Text::new(format!("“{}”", choice.label.zh), format!("“{}”", choice.label.en));
        }
        let both = |text: String| Text::new(text.clone(), text);
        match (kind, scalar) {
            (FieldType::Money, Scalar::Int(money)) => both(format!(" {}", Money(*money))),
            (FieldType::Day, Scalar::Int(day)) => both(format!(" {}", Day(i32::try_from(*day).unwrap_or(0)))),
            (_, Scalar::Int(number)) => both(format!(" {number}")),
            (_, Scalar::Real(number)) => both(format!(" {number}")),
            (_, Scalar::Text(text)) => both(format!("“{text}”")),
            (_, Scalar::Bool(true)) => Text::new("是", "yes"),
            (_, Scalar::Bool(false)) => Text::new("否", "no"),
            // An id whose name isn't known any more says nothing to a reader.
            (_, Scalar::Id(_)) => Text::new("（已删除）", "(deleted)"),
        }
        .trimmed()
    }
}

impl Text {
    /// A number stands with a space after Chinese words, and alone after English ones.
    fn trimmed(mut self) -> Self {
        self.en = self.en.trim().to_owned();
        self
    }
}
