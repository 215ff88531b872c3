use super::*;
use crate::{Day, Error, Text};
use serde_json::{Value, json};

fn catalogue() -> Catalogue {
    Catalogue {
        fields: vec![
            Field::new("city", FieldType::Text, "城市", "city"),
            Field::new("gender", FieldType::Choice, "性别", "gender")
                .choices(&[("female", "女", "female"), ("male", "男", "male")]),
            Field::new("orders", FieldType::Integer, "订单数", "orders"),
            Field::new("score", FieldType::Number, "综合分", "score"),
            Field::new("last_order_day", FieldType::Day, "最近下单日", "last order"),
            Field::new("tags", FieldType::Tags, "标签", "tags"),
            Field::new("segment", FieldType::Segment, "客群", "segment"),
            Field::new("owner", FieldType::Id, "客户经理", "owner").prefix("stf"),
        ],
        measures: vec![
            Measure::new("net_spend", FieldType::Money, "净消费", "net spend", &[Aggregate::Sum, Aggregate::Days]),
            Measure::new("orders", FieldType::Integer, "订单", "orders", &[Aggregate::Count, Aggregate::DaysSince]),
        ],
    }
}

fn read(json: &Value) -> Condition {
    parse(json, &catalogue()).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn refused(json: &Value) -> Error {
    parse(json, &catalogue()).expect_err(&json.to_string())
}

struct Someone;

impl Facts for Someone {
    fn today(&self) -> Day {
        Day(1_000)
    }
    fn field(&self, field: &str) -> Option<Scalar> {
        match field {
            "city" => Some(Scalar::Text("上海".into())),
            "orders" => Some(Scalar::Int(3)),
            "score" => Some(Scalar::Real(80.0)),
            "last_order_day" => Some(Scalar::Int(970)),
            _ => None,
        }
    }
    fn behaviour(&self, behaviour: &Behaviour) -> Option<Scalar> {
        match behaviour.aggregate {
            Aggregate::Sum => Some(Scalar::Int(100_000_000)),
            Aggregate::DaysSince => None,
            _ => Some(Scalar::Int(0)),
        }
    }
    fn has_tag(&self, tag: Uuid) -> bool {
        tag.as_u128() == 1
    }
}

#[test]
fn a_test_means_what_it_says_and_nothing_is_never_equal() {
    let tag = |number: u128| format!("tag_{}", Uuid::from_u128(number).simple());
    for (condition, expected) in [
        (json!({"all": []}), true),
        (json!({"any": []}), false),
        (json!({"field": "city", "op": "eq", "value": "上海"}), true),
        (json!({"field": "city", "op": "contains", "value": "海"}), true),
        (json!({"field": "city", "op": "starts_with", "value": "海"}), false),
        (json!({"field": "gender", "op": "eq", "value": "male"}), false),
        (json!({"field": "gender", "op": "ne", "value": "male"}), true),
        (json!({"field": "gender", "op": "not_in", "value": ["male"]}), true),
        (json!({"field": "gender", "op": "empty"}), true),
        (json!({"not": {"field": "gender", "op": "eq", "value": "male"}}), true),
        (json!({"field": "orders", "op": "between", "value": [3, 3]}), true),
        (json!({"field": "score", "op": "gt", "value": 80}), false),
        (json!({"field": "score", "op": "gte", "value": 80}), true),
        (json!({"field": "last_order_day", "op": "within_days", "value": 30}), true),
        (json!({"field": "last_order_day", "op": "within_days", "value": 29}), false),
        (json!({"field": "last_order_day", "op": "older_than_days", "value": 29}), true),
        (json!({"field": "last_order_day", "op": "older_than_days", "value": 30}), false),
        (json!({"field": "tags", "op": "has_all", "value": [tag(1), tag(2)]}), false),
        (json!({"field": "tags", "op": "has_any", "value": [tag(1), tag(2)]}), true),
        (json!({"field": "tags", "op": "has_none", "value": [tag(2)]}), true),
        (json!({"measure": "net_spend", "window_days": 365, "op": "gte", "value": "10000"}), true),
        (json!({"measure": "net_spend", "op": "gt", "value": 10000}), false),
        (json!({"measure": "orders", "aggregate": "days_since", "op": "gt", "value": 0}), false),
        (json!({"measure": "orders", "aggregate": "days_since", "op": "empty"}), true),
    ] {
        assert_eq!(holds(&read(&condition), &Someone), expected, "{condition}");
    }
}

#[test]
fn every_fault_says_where_it_stands_and_what_to_write() {
    for (condition, code, at) in [
        (json!(5), "condition_invalid", "condition"),
        (json!({}), "condition_invalid", "condition"),
        (json!({"all": {}}), "condition_invalid", "condition.all"),
        (json!({"all": [], "any": []}), "condition_invalid", "condition.any"),
        (json!({"all": [{"field": "age", "op": "eq", "value": 1}]}), "field_unknown", "condition.all[0].field"),
        (json!({"not": {"field": "city", "op": "gt", "value": "a"}}), "operator_invalid", "condition.not.op"),
        (json!({"field": "city", "op": "eq"}), "value_invalid", "condition.value"),
        (json!({"field": "city", "op": "eq", "value": ""}), "value_invalid", "condition.value"),
        (json!({"field": "city", "op": "empty", "value": "x"}), "value_invalid", "condition.value"),
        (json!({"field": "city", "op": "eq", "value": "x", "or": 1}), "condition_invalid", "condition.or"),
        (json!({"field": "gender", "op": "in", "value": ["male", "x"]}), "value_invalid", "condition.value[1]"),
        (json!({"field": "orders", "op": "eq", "value": "3"}), "value_invalid", "condition.value"),
        (json!({"field": "orders", "op": "between", "value": [1]}), "value_invalid", "condition.value"),
        (json!({"field": "last_order_day", "op": "lt", "value": "2023-02-29"}), "day_invalid", "condition.value"),
        (json!({"field": "last_order_day", "op": "within_days", "value": -1}), "value_invalid", "condition.value"),
        (json!({"field": "tags", "op": "has_any", "value": ["vip"]}), "id_invalid", "condition.value[0]"),
        (json!({"field": "owner", "op": "in", "value": ["cus_1"]}), "id_invalid", "condition.value[0]"),
        (json!({"measure": "sms", "op": "eq", "value": 1}), "measure_unknown", "condition.measure"),
        (
            json!({"measure": "orders", "aggregate": "sum", "op": "eq", "value": 1}),
            "aggregate_invalid",
            "condition.aggregate",
        ),
        (
            json!({"measure": "orders", "window_days": 0, "op": "eq", "value": 1}),
            "window_invalid",
            "condition.window_days",
        ),
        (json!({"measure": "net_spend", "op": "gte", "value": "1,000"}), "amount_invalid", "condition.value"),
    ] {
        let error = refused(&condition);
        assert_eq!((error.code, error.field.as_deref()), (code, Some(at)), "{condition}");
        assert!(!error.text.zh.is_empty() && !error.text.en.is_empty());
    }
    let two = json!({"all": [{"field": "a", "op": "eq"}, {"field": "city", "op": "eq", "value": "x"}, {"field": "b", "op": "eq"}]});
    assert_eq!(refused(&two).others.len(), 1, "both faults are named");
}

#[test]
fn a_condition_of_any_size_is_answered_without_harm() {
    let mut deep = json!({"field": "city", "op": "empty"});
    for _ in 0..20 {
        deep = json!({"not": deep});
    }
    assert_eq!(refused(&deep).code, "condition_too_deep");
    let test = json!({"field": "city", "op": "empty"});
    assert_eq!(refused(&json!({"any": vec![test.clone(); 5_000]})).code, "condition_too_large");
    let groups = json!({"any": vec![json!({"all": vec![test.clone(); 60]}); 60]});
    assert_eq!(refused(&groups).code, "condition_too_large");
    read(&json!({"any": vec![test; TESTS_MAX]}));
}

#[test]
fn a_segment_stands_for_its_condition_and_never_for_itself() {
    let id = |number: u128| format!("seg_{}", Uuid::from_u128(number).simple());
    let names = |number: u128| json!({"field": "segment", "op": "in", "value": [id(number)]});
    let stored = |number: u128| match number {
        1 => Some(read(&json!({"field": "city", "op": "eq", "value": "上海"}))),
        2 => Some(read(&names(3))),
        3 => Some(read(&json!({"not": names(2)}))),
        4 => Some(read(&names(1))),
        _ => None,
    };
    let mut lookup = |segment: Uuid| Ok(stored(segment.as_u128()));
    let inside = read(&json!({"field": "segment", "op": "not_in", "value": [id(4)]}));
    assert_eq!(segments(&inside), [Uuid::from_u128(4)]);
    assert!(!holds(&expand(&inside, &mut lookup).expect("no circle"), &Someone));
    assert!(!holds(&inside, &Someone), "not put in place: holds for nobody");
    assert_eq!(expand(&read(&names(2)), &mut lookup).expect_err("circle").code, "segment_cycle");
    assert_eq!(expand(&read(&names(9)), &mut lookup).expect_err("gone").code, "segment_unknown");
}

#[test]
fn a_condition_reads_as_a_sentence_in_both_languages() {
    let condition = read(&json!({"all": [
        {"field": "city", "op": "in", "value": ["上海", "杭州"]},
        {"any": [{"field": "gender", "op": "eq", "value": "female"}, {"field": "score", "op": "gte", "value": 80}]},
        {"measure": "net_spend", "window_days": 365, "op": "gte", "value": "10000"},
        {"not": {"field": "last_order_day", "op": "older_than_days", "value": 90}}
    ]}));
    let told = describe(&condition, &catalogue(), &|_, _| None);
    assert_eq!(
        told.zh,
        "城市属于“上海”、“杭州”，且（性别为“女”，或综合分不低于 80），且近 365 天净消费不低于 10000.00，且不满足（最近下单日在 90 天以前）"
    );
    assert_eq!(
        told.en,
        "city is one of “上海”, “杭州” and (gender is “female” or score at least 80) and net spend in the last 365 days at \
         least 10000.00 and not (last order more than 90 days ago)"
    );
    let owner = read(&json!({"field": "owner", "op": "in", "value": [format!("stf_{}", Uuid::from_u128(1).simple())]}));
    let named = describe(&owner, &catalogue(), &|_, _| Some(Text::new("李雷", "Li Lei")));
    assert_eq!(named.zh, "客户经理属于“李雷”");
    assert_eq!(describe(&Condition::everybody(), &catalogue(), &|_, _| None).zh, "所有客户");
}

#[test]
fn sql_binds_all_that_a_person_wrote_and_never_speaks_of_null() {
    struct Plain;
    impl Columns for Plain {
        fn today(&self) -> Day {
            Day(1_000)
        }
        fn field(&self, field: &str) -> String {
            format!("c.{field}")
        }
        fn behaviour(&self, _: &Behaviour, binds: &mut Binds) -> String {
            format!("(SELECT SUM(amount) FROM a WHERE day > {})", binds.put(Scalar::Int(635)))
        }
        fn has_tag(&self, tag: Uuid, binds: &mut Binds) -> String {
            format!("EXISTS (SELECT 1 FROM t WHERE tag_id = {})", binds.put(Scalar::Id(tag)))
        }
    }
    let condition = read(&json!({"all": [
        {"field": "city", "op": "contains", "value": "'; DROP TABLE customers; --%_"},
        {"not": {"field": "gender", "op": "ne", "value": "male"}},
        {"measure": "net_spend", "window_days": 365, "op": "lt", "value": "1"}
    ]}));
    let mut binds = Binds::after(2);
    let sql = compile(&condition, &Plain, &mut binds);
    assert_eq!(
        sql,
        "((c.city IS NOT NULL AND replace(c.city, CAST($3 AS TEXT), '') <> c.city) AND NOT (c.gender IS NULL OR \
         c.gender <> $4) AND (COALESCE((SELECT SUM(amount) FROM a WHERE day > $5) < $6, 1 = 0)))"
    );
    assert_eq!(binds.into_values().len(), 4);
    assert_eq!(compile(&Condition::everybody(), &Plain, &mut Binds::default()), "(1 = 1)");
}
