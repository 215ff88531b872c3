//! From JSON to a checked condition; every fault says where it stands and what to write instead.

use super::{
    Aggregate, Behaviour, Catalogue, Condition, DEPTH_MAX, FieldType, Op, Operand, Scalar, Subject, TESTS_MAX,
    TEXT_CHARS_MAX, Test, VALUES_MAX, WINDOW_DAYS_MAX,
};
use crate::money::shorten;
use crate::{Day, Error, Money, Result, id};
use serde_json::{Map, Value};

/// Checks a condition; the paths of its faults begin with `condition`.
pub fn parse(json: &Value, catalogue: &Catalogue) -> Result<Condition> {
    parse_at(json, catalogue, "condition")
}

/// Checks a condition that stands at `path`. All faults are gathered in one error.
pub fn parse_at(json: &Value, catalogue: &Catalogue, path: &str) -> Result<Condition> {
    let mut reader = Reader { catalogue, faults: Vec::new(), tests: 0 };
    let condition = reader.condition(json, path, 1);
    match (Error::gather(reader.faults), condition) {
        (None, Some(condition)) => Ok(condition),
        (Some(error), _) => Err(error),
        (None, None) => Err(shape(path)),
    }
}

struct Reader<'a> {
    catalogue: &'a Catalogue,
    faults: Vec<Error>,
    tests: usize,
}

impl Reader<'_> {
    fn fault(&mut self, error: Error, path: &str) {
        // One answer need not name a thousand faults.
        if self.faults.len() < 20 {
            self.faults.push(error.at(path));
        }
    }

    fn condition(&mut self, json: &Value, path: &str, depth: usize) -> Option<Condition> {
        if depth > DEPTH_MAX {
            self.fault(
                Error::invalid(
                    "condition_too_deep",
                    format!("条件嵌套最多 {DEPTH_MAX} 层。"),
                    format!("A condition has at most {DEPTH_MAX} levels of nesting."),
                ),
                path,
            );
            return None;
        }
        let Some(object) = json.as_object() else {
            self.fault(shape(path), path);
            return None;
        };
        let group = ["all", "any", "not"].into_iter().find(|key| object.contains_key(*key));
        match group {
            Some(key) => {
                if let Some(other) = object.keys().find(|name| name.as_str() != key) {
                    self.fault(unknown_key(other), &format!("{path}.{other}"));
                    return None;
                }
                let inner = &object[key];
                let at = format!("{path}.{key}");
                if key == "not" {
                    return Some(Condition::Not(Box::new(self.condition(inner, &at, depth + 1)?)));
                }
                let Some(list) = inner.as_array() else {
                    self.fault(
                        Error::invalid("condition_invalid", "此处应为条件列表。", "A list of conditions belongs here."),
                        &at,
                    );
                    return None;
                };
                let mut parts = Vec::with_capacity(list.len().min(TESTS_MAX));
                for (number, part) in list.iter().enumerate().take(TESTS_MAX + 1) {
                    parts.push(self.condition(part, &format!("{at}[{number}]"), depth + 1));
                    if self.tests > TESTS_MAX || parts.len() > TESTS_MAX {
                        self.fault(too_many(), &at);
                        return None;
                    }
                }
                let parts: Option<Vec<Condition>> = parts.into_iter().collect();
                parts.map(|parts| if key == "all" { Condition::All(parts) } else { Condition::Any(parts) })
            }
            None => {
                self.tests += 1;
                if self.tests > TESTS_MAX {
                    self.fault(too_many(), path);
                    return None;
                }
                self.test(object, path).map(Condition::Test)
            }
        }
    }

    fn test(&mut self, object: &Map<String, Value>, path: &str) -> Option<Test> {
        let behaviour = object.contains_key("measure");
        let known: &[&str] =
            if behaviour { &["measure", "aggregate", "window_days", "op", "value"] } else { &["field", "op", "value"] };
        if let Some(other) = object.keys().find(|name| !known.contains(&name.as_str())) {
            self.fault(unknown_key(other), &format!("{path}.{other}"));
            return None;
        }
        let (subject, kind) = if behaviour { self.behaviour(object, path)? } else { self.field(object, path)? };
        let op = self.op(object, path, kind)?;
        let null = Value::Null;
        let written = object.get("value").unwrap_or(&null);
        let at = format!("{path}.value");
        match operand(op, kind, &subject, written, self.catalogue, &at) {
            Ok(value) => Some(Test { subject, op, value }),
            Err(error) => {
                let at = error.field.clone().unwrap_or(at);
                self.fault(error, &at);
                None
            }
        }
    }

    fn field(&mut self, object: &Map<String, Value>, path: &str) -> Option<(Subject, FieldType)> {
        let Some(name) = object.get("field").and_then(Value::as_str) else {
            self.fault(shape(path), path);
            return None;
        };
        let Some(field) = self.catalogue.field(name) else {
            self.fault(unknown("field_unknown", name, "字段", "field"), &format!("{path}.field"));
            return None;
        };
        Some((Subject::Field(field.id.clone(), field.kind), field.kind))
    }

    fn behaviour(&mut self, object: &Map<String, Value>, path: &str) -> Option<(Subject, FieldType)> {
        let name = object["measure"].as_str().unwrap_or("");
        let Some(measure) = self.catalogue.measure(name) else {
            self.fault(unknown("measure_unknown", name, "指标", "measure"), &format!("{path}.measure"));
            return None;
        };
        let aggregate = match object.get("aggregate") {
            None => measure.aggregates.first().copied(),
            Some(written) => {
                let word = written.as_str().unwrap_or("");
                measure.aggregates.iter().copied().find(|aggregate| aggregate.word() == word)
            }
        };
        let Some(aggregate) = aggregate else {
            let choices = measure.aggregates.iter().map(|one| one.word()).collect::<Vec<_>>().join(", ");
            self.fault(
                Error::invalid(
                    "aggregate_invalid",
                    format!("该指标可选的统计方式：{choices}。"),
                    format!("This measure can be asked by: {choices}."),
                ),
                &format!("{path}.aggregate"),
            );
            return None;
        };
        let window_days = match object.get("window_days") {
            None | Some(Value::Null) => None,
            Some(written) => match written.as_i64().filter(|days| (1..=WINDOW_DAYS_MAX).contains(days)) {
                Some(days) => Some(days),
                None => {
                    self.fault(
                        Error::invalid(
                            "window_invalid",
                            format!("时间范围应为 1 到 {WINDOW_DAYS_MAX} 天。"),
                            format!("A window has 1 to {WINDOW_DAYS_MAX} days."),
                        ),
                        &format!("{path}.window_days"),
                    );
                    return None;
                }
            },
        };
        let result = if aggregate == Aggregate::Sum { measure.kind } else { FieldType::Integer };
        let behaviour = Behaviour { measure: measure.id.clone(), aggregate, window_days, result };
        Some((Subject::Behaviour(behaviour), result))
    }

    fn op(&mut self, object: &Map<String, Value>, path: &str, kind: FieldType) -> Option<Op> {
        let word = object.get("op").and_then(Value::as_str).unwrap_or("");
        let found = kind.operators().iter().copied().find(|op| op.word() == word);
        if found.is_none() {
            let choices = kind.operators().iter().map(|op| op.word()).collect::<Vec<_>>().join(", ");
            self.fault(
                Error::invalid(
                    "operator_invalid",
                    format!("“{}”不适用于此字段，可选：{choices}。", shorten(word)),
                    format!("“{}” does not fit this field; choose one of: {choices}.", shorten(word)),
                ),
                &format!("{path}.op"),
            );
        }
        found
    }
}

fn operand(
    op: Op,
    kind: FieldType,
    subject: &Subject,
    written: &Value,
    catalogue: &Catalogue,
    at: &str,
) -> Result<Operand> {
    let one = |value: &Value, at: &str| scalar(kind, subject, value, catalogue).map_err(|error| error.at(at));
    match op {
        Op::Empty | Op::NotEmpty => match written {
            Value::Null => Ok(Operand::Nothing),
            _ => Err(Error::invalid("value_invalid", "此条件不需要填写值。", "This test takes no value.").at(at)),
        },
        Op::WithinDays | Op::OlderThanDays => written
            .as_i64()
            .filter(|days| (0..=WINDOW_DAYS_MAX * 10).contains(days))
            .map(Operand::Days)
            .ok_or_else(|| {
                Error::invalid("value_invalid", "请填写天数（不小于 0 的整数）。", "Write a number of days, 0 or more.")
                    .at(at)
            }),
        Op::Between => {
            let ends = written.as_array().filter(|ends| ends.len() == 2).ok_or_else(|| {
                Error::invalid("value_invalid", "请填写两个值：从、到。", "Write two values: from and to.").at(at)
            })?;
            Ok(Operand::Range(one(&ends[0], &format!("{at}[0]"))?, one(&ends[1], &format!("{at}[1]"))?))
        }
        Op::In | Op::NotIn | Op::HasAny | Op::HasAll | Op::HasNone => {
            let single = std::slice::from_ref(written);
            let list = written.as_array().map_or(single, Vec::as_slice);
            if list.is_empty() || list.len() > VALUES_MAX {
                return Err(Error::invalid(
                    "value_invalid",
                    format!("请选择 1 到 {VALUES_MAX} 个值。"),
                    format!("Choose 1 to {VALUES_MAX} values."),
                )
                .at(at));
            }
            let values = list.iter().enumerate().map(|(number, value)| one(value, &format!("{at}[{number}]")));
            values.collect::<Result<Vec<_>>>().map(Operand::Many)
        }
        Op::Eq | Op::Ne | Op::Lt | Op::Lte | Op::Gt | Op::Gte | Op::Contains | Op::StartsWith => {
            one(written, at).map(Operand::One)
        }
    }
}

fn scalar(kind: FieldType, subject: &Subject, written: &Value, catalogue: &Catalogue) -> Result<Scalar> {
    let refuse = |zh: &str, en: &str| Error::invalid("value_invalid", zh, en);
    match kind {
        FieldType::Text => {
            let text = written.as_str().ok_or_else(|| refuse("请填写文字。", "Write a text."))?;
            if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX || text.contains('\0') {
                return Err(Error::invalid(
                    "value_invalid",
                    format!("文字应为 1 到 {TEXT_CHARS_MAX} 个字符。"),
                    format!("The text must have 1 to {TEXT_CHARS_MAX} characters."),
                ));
            }
            Ok(Scalar::Text(text.to_owned()))
        }
        FieldType::Choice | FieldType::Choices => {
            let word = written.as_str().unwrap_or("");
            let field = match subject {
                Subject::Field(name, _) => catalogue.field(name),
                Subject::Behaviour(_) => None,
            };
            let choices = field.map_or(&[][..], |field| &field.choices);
            if choices.iter().any(|choice| choice.value == word) {
                return Ok(Scalar::Text(word.to_owned()));
            }
            let all = choices.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>().join(", ");
            Err(Error::invalid(
                "value_invalid",
                format!("“{}”不是可选值，可选：{all}。", shorten(word)),
                format!("“{}” is not one of: {all}.", shorten(word)),
            ))
        }
        FieldType::Integer | FieldType::Level => {
            written.as_i64().map(Scalar::Int).ok_or_else(|| refuse("请填写整数。", "Write a whole number."))
        }
        FieldType::Number => written
            .as_f64()
            .filter(|number| number.is_finite())
            .map(Scalar::Real)
            .ok_or_else(|| refuse("请填写数字。", "Write a number.")),
        FieldType::Money => match written {
            Value::String(text) => Money::parse(text).map(Scalar::from),
            Value::Number(number) => Money::parse(&number.to_string()).map(Scalar::from),
            _ => Err(refuse("请填写金额，如 1234.50。", "Write an amount such as 1234.50.")),
        },
        FieldType::Day => Day::parse(written.as_str().unwrap_or("")).map(|day| Scalar::Int(i64::from(day.0))),
        FieldType::Bool => {
            written.as_bool().map(Scalar::Bool).ok_or_else(|| refuse("请选择是或否。", "Choose true or false."))
        }
        FieldType::Tags | FieldType::Segment | FieldType::Id => {
            let prefix = match (kind, subject) {
                (FieldType::Tags, _) => "tag",
                (FieldType::Segment, _) => "seg",
                (_, Subject::Field(name, _)) => catalogue.field(name).and_then(|field| field.prefix).unwrap_or(""),
                (_, Subject::Behaviour(_)) => "",
            };
            id::parse(prefix, written.as_str().unwrap_or("")).map(Scalar::Id)
        }
    }
}

fn shape(path: &str) -> Error {
    Error::invalid(
        "condition_invalid",
        "此处应为一个条件：{\"field\",\"op\",\"value\"}，或 {\"all\":[…]}、{\"any\":[…]}、{\"not\":…}。",
        "A condition belongs here: {\"field\",\"op\",\"value\"}, or {\"all\":[…]}, {\"any\":[…]}, {\"not\":…}.",
    )
    .at(path)
}

fn too_many() -> Error {
    Error::invalid(
        "condition_too_large",
        format!("一个条件最多包含 {TESTS_MAX} 项。"),
        format!("One condition holds at most {TESTS_MAX} tests."),
    )
}

fn unknown_key(key: &str) -> Error {
    unknown("condition_invalid", key, "属性", "property")
}

fn unknown(code: &'static str, name: &str, zh: &str, en: &str) -> Error {
    let name = shorten(name);
    Error::invalid(code, format!("没有“{name}”这个{zh}。"), format!("There is no {en} “{name}”."))
}
