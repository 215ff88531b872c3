//! The condition language on made-up input: read or refused, and what was read is described, compiled and written
//! the same.

#[path = "support/fuzz.rs"]
mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use zunke_kernel::Day;
use zunke_kernel::condition::{
    Aggregate, Behaviour, Binds, Catalogue, Columns, Condition, Facts, Field, FieldType, Measure, Scalar, compile,
    describe, holds, parse,
};

/// Columns by the names of the fields.
struct Places;

impl Columns for Places {
    fn today(&self) -> Day {
        Day(19_800)
    }

    fn field(&self, field: &str) -> String {
        format!("c.{field}")
    }

    fn behaviour(&self, behaviour: &Behaviour, _: &mut Binds) -> String {
        format!("b.{}_{}", behaviour.measure, behaviour.aggregate.word())
    }

    fn has_tag(&self, tag: uuid::Uuid, binds: &mut Binds) -> String {
        format!("t.tag = {}", binds.put(Scalar::Text(tag.to_string())))
    }
}

/// Somebody of whom nothing is known.
struct Nothing;

impl Facts for Nothing {
    fn today(&self) -> Day {
        Day(19_800)
    }

    fn field(&self, _: &str) -> Option<Scalar> {
        None
    }

    fn behaviour(&self, _: &Behaviour) -> Option<Scalar> {
        None
    }

    fn has_tag(&self, _: uuid::Uuid) -> bool {
        false
    }
}

fn catalogue() -> Catalogue {
    let kinds = [
        ("text", FieldType::Text),
        ("number", FieldType::Number),
        ("money", FieldType::Money),
        ("day", FieldType::Day),
        ("choice", FieldType::Choice),
        ("choices", FieldType::Choices),
    ];
    Catalogue {
        fields: kinds.map(|(id, kind)| Field::new(id, kind, "字段", "Field").choices(&[("a", "甲", "A")])).to_vec(),
        measures: vec![Measure::new("spend", FieldType::Money, "消费", "Spend", &Aggregate::ALL)],
    }
}

/// Any JSON, more often than not with the words of the language.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("text"),
        Just("number"),
        Just("money"),
        Just("day"),
        Just("choice"),
        Just("choices"),
        Just("spend"),
        Just("eq"),
        Just("between"),
        Just("in"),
        Just("contains"),
        Just("has_any"),
        Just("empty"),
        Just("before"),
        Just("within_days"),
        Just("sum"),
        Just("count"),
        Just("days_since"),
        Just("2024-02-30"),
        Just("2024-02-29"),
        Just("1e308"),
        Just("a"),
        Just("\u{0}"),
        Just("9223372036854775807"),
        Just("-0.00001"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("all".to_owned()),
        Just("any".to_owned()),
        Just("not".to_owned()),
        Just("field".to_owned()),
        Just("op".to_owned()),
        Just("value".to_owned()),
        Just("measure".to_owned()),
        Just("aggregate".to_owned()),
        Just("window_days".to_owned()),
        any::<String>(),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        let test = (key.clone(), inner.clone(), inner.clone(), inner.clone()).prop_map(|(field, name, op, value)| {
            let field = if field == "measure" { "measure" } else { "field" };
            json!({ field: name, "op": op, "value": value })
        });
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner.clone()), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            test,
            inner.prop_map(|part| json!({ "all": [part] })),
        ]
    })
}

#[test]
fn any_json_is_a_condition_or_a_clear_refusal() {
    let catalogue = catalogue();
    support::fuzz("conditions", &any_json(), |value| match parse(value, &catalogue) {
        Ok(condition) => {
            let told = describe(&condition, &catalogue, &|_, _| None);
            assert!(!told.zh.is_empty() && !told.en.is_empty(), "{condition:?}");
            let mut binds = Binds::after(3);
            let sql = compile(&condition, &Places, &mut binds);
            let binds = binds.into_values();
            // What somebody wrote never stands in the statement, only the numbers of places.
            assert!(sql.matches('$').count() >= binds.len(), "{sql}");
            assert!(sql.chars().all(|c| c.is_ascii() && !c.is_control() && c != ';'), "{sql}");
            // A condition and its opposite never hold together.
            let opposite = Condition::Not(Box::new(condition.clone()));
            assert_ne!(holds(&condition, &Nothing), holds(&opposite, &Nothing));
        }
        Err(error) => {
            assert!(error.kind == zunke_kernel::Kind::Invalid && !error.text.zh.is_empty(), "{error:?}");
            assert!(error.field.as_deref().is_some_and(|field| field.starts_with("condition")), "{error:?}");
        }
    });
}
