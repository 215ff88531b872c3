//! A condition means the same in SQL, on every engine, as in memory.

#![expect(clippy::unwrap_used, reason = "a helper of a test stops as the test would")]

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::OnceLock;
use support::*;
use zunke_access::Scope;
use zunke_customers::custom::{self, FieldId, FieldValue};
use zunke_customers::{CustomerQuery, CustomerRef, Filter, Gender, Headline, Kind, NewCustomer, headline};
use zunke_kernel::condition::{Aggregate, Behaviour, Facts, Scalar, holds, parse};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Money, Zone};
use zunke_store::testing::{TestDb, databases};

/// What one made-up customer is and did.
#[derive(Clone)]
struct Person {
    id: CustomerId,
    city: Option<&'static str>,
    gender: Option<Gender>,
    birthday: Option<Day>,
    score: Option<f64>,
    orders: i64,
    last: Option<Day>,
    rfm: i64,
    rank: i64,
    /// Kind, days ago, amount.
    did: Vec<(Kind, i64, i64)>,
    /// Values of the house's own fields.
    own: Vec<(FieldId, FieldValue)>,
}

impl Facts for Person {
    fn today(&self) -> Day {
        context().today
    }

    fn field(&self, field: &str) -> Option<Scalar> {
        let grade = |value: i64| Some(Scalar::Int(value)).filter(|_| value > 0);
        let date = |day: Day| Scalar::Int(i64::from(day.0));
        match field {
            "city" => self.city.map(|city| Scalar::Text(city.into())),
            "gender" => self.gender.map(|gender| Scalar::Text(gender.word().into())),
            "birthday" => self.birthday.map(date),
            "birthday_month" => self.birthday.map(|day| Scalar::Int(i64::from(day.date().month()))),
            "score" => self.score.map(Scalar::Real),
            "orders" => Some(Scalar::Int(self.orders)),
            "last_order_day" => self.last.map(date),
            "recency" => grade(self.rfm / 100),
            "frequency" => grade(self.rfm / 10 % 10),
            "monetary" => grade(self.rfm % 10),
            "level" => Some(Scalar::Int(self.rank)),
            "has_phone" => Some(Scalar::Bool(false)),
            own => self.own.iter().find(|(id, _)| id.to_string() == own).map(|(_, value)| match value {
                FieldValue::Text(text) => Scalar::Text(text.clone()),
                FieldValue::Number(number) => Scalar::Real(*number),
                FieldValue::Money(money) => Scalar::from(*money),
                FieldValue::Date(day) => date(*day),
                FieldValue::Choice(number) => Scalar::Text(format!("c{number}")),
                FieldValue::Choices(numbers) => Scalar::Int(numbers.len() as i64),
                FieldValue::YesNo(yes) => Scalar::Bool(*yes),
                FieldValue::Person(id) => Scalar::Id(id.0),
            }),
        }
    }

    fn behaviour(&self, behaviour: &Behaviour) -> Option<Scalar> {
        let window = behaviour.window_days.unwrap_or(i64::MAX);
        let fits = |kind: Kind| match behaviour.measure.as_str() {
            "net_spend" => kind != Kind::Interaction,
            "orders" | "spend" => kind == Kind::Order,
            "refunds" | "refunded" => kind == Kind::Refund,
            _ => kind == Kind::Interaction,
        };
        let did: Vec<_> = self.did.iter().filter(|(kind, ago, _)| fits(*kind) && *ago < window).collect();
        match behaviour.aggregate {
            Aggregate::Sum => Some(Scalar::Int(
                did.iter()
                    .map(|(kind, _, amount)| {
                        let net = behaviour.measure == "net_spend" && *kind == Kind::Refund;
                        if net { -amount } else { *amount }
                    })
                    .sum(),
            )),
            Aggregate::Count => Some(Scalar::Int(did.len() as i64)),
            Aggregate::Days => {
                let mut days: Vec<i64> = did.iter().map(|one| one.1).collect();
                days.sort_unstable();
                days.dedup();
                Some(Scalar::Int(days.len() as i64))
            }
            Aggregate::DaysSince => did.iter().map(|one| one.1).min().map(Scalar::Int),
        }
    }

    fn has_tag(&self, _: zunke_store::Uuid) -> bool {
        false
    }

    fn has_choice(&self, field: &str, choice: &str) -> bool {
        self.own.iter().any(|(id, value)| {
            let numbers = if let FieldValue::Choices(numbers) = value { &numbers[..] } else { &[] };
            id.to_string() == field && numbers.iter().any(|number| format!("c{number}") == choice)
        })
    }
}

fn house() -> &'static (Vec<TestDb>, Vec<Vec<Person>>) {
    static HOUSE: OnceLock<(Vec<TestDb>, Vec<Vec<Person>>)> = OnceLock::new();
    HOUSE.get_or_init(|| {
        let all = databases();
        let people = all.iter().map(settle).collect();
        (all, people)
    })
}

fn settle(db: &TestDb) -> Vec<Person> {
    define(db);
    let cities = [None, Some("上海"), Some("上海市"), Some("hangzhou"), Some("HANGZHOU")];
    let genders = [None, Some(Gender::Female), Some(Gender::Male)];
    let mut people = Vec::new();
    let mut rows = Vec::new();
    for at in 0..40_usize {
        let n = at as i64;
        let birthday = (at % 3 > 0).then(|| day(["2000-02-29", "1980-12-01", "1975-07-15"][at % 3]));
        let mut person = Person {
            id: CustomerId::new(NOW),
            city: cities[at % 5],
            gender: genders[at % 3],
            birthday,
            score: (at % 4 > 0).then_some(n as f64 * 2.5),
            orders: n % 6,
            last: (at % 6 > 0).then(|| context().today.plus(-(at as i32 * 7))),
            rfm: [0, 111, 543, 555][at % 4],
            rank: n % 5,
            did: Vec::new(),
            own: own(at),
        };
        let new = NewCustomer {
            city: person.city.map(Into::into),
            gender: person.gender,
            birthday,
            fields: person.own.clone(),
            ..NewCustomer::named(format!("客户{at}"))
        };
        person.id = create(db, &new).unwrap();
        for number in 0..n % 7 {
            let kind = Kind::ALL[((n + number) % 3) as usize];
            let ago = (n * 13 + number * 31) % 400;
            let amount = (n * 7 + number) % 5 * 1_000_000;
            let mut row = order(CustomerRef::Id(person.id), &format!("{at}-{number}"), ago, "0");
            row.kind = kind;
            row.amount = (kind != Kind::Interaction).then_some(Money(amount));
            rows.push(row);
            person.did.push((kind, ago, amount));
        }
        people.push(person);
    }
    assert!(record(db, &rows).iter().all(|word| *word == "recorded"));
    let heads: Vec<Headline> = people
        .iter()
        .map(|person| Headline {
            level_rank: person.rank,
            score: person.score,
            orders: person.orders,
            last_order_day: person.last,
            rfm: person.rfm,
            ..Headline::empty(person.id)
        })
        .collect();
    db.write(|tx| headline::write_many(tx, &heads)).unwrap();
    people
}

/// The same id on every engine, so that one condition can be asked of all.
fn field_id(kind: u8) -> FieldId {
    FieldId(zunke_store::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(kind)))
}

const KINDS: [&str; 8] = ["text", "number", "money", "date", "choice", "choices", "yes_no", "person"];

fn staff(number: u128) -> zunke_kernel::id::StaffId {
    zunke_kernel::id::StaffId(zunke_store::Uuid::from_u128(0x0190_0000_0000_7000_9000_0000_0000_0000 + number))
}

fn define(db: &TestDb) {
    let choices: Vec<Value> =
        (1..=4).map(|at| json!({"id": format!("c{at}"), "label": {"zh": format!("项{at}"), "en": ""}})).collect();
    db.write(|tx| {
        for (kind, at) in KINDS.iter().zip(1u8..) {
            let choices = if kind.starts_with("choice") { json!(choices) } else { json!([]) };
            let definition = json!({"name": {"zh": *kind, "en": ""}, "help": {"zh": "", "en": ""}, "choices": choices}).to_string();
            tx.execute(
                "INSERT INTO custom_fields (field_id, field_key, name_key, kind, position, archived, definition, version,
                   created_at, updated_at) VALUES ($1, $2, $2, $2, $3, $4, $5, 1, 0, 0)",
                &[field_id(at).0.into(), (*kind).into(), i64::from(at).into(), false.into(), definition.into()],
            )?;
        }
        Ok(())
    })
    .unwrap();
}

fn own(at: usize) -> Vec<(FieldId, FieldValue)> {
    let n = at as i64;
    let all = [
        FieldValue::Text(["上海", "Hang%", "a_b", "上海市 徐汇"][at % 4].into()),
        FieldValue::Number([0.1, -2.5, 7.0, 1e6][at % 4]),
        FieldValue::Money(Money(n % 5 * 10_000 - 10_000)),
        FieldValue::Date(context().today.plus(20 - at as i32 * 5)),
        FieldValue::Choice(n % 4 + 1),
        FieldValue::Choices((1..=4).filter(|bit| n >> (bit - 1) & 1 == 1).collect()),
        FieldValue::YesNo(at.is_multiple_of(2)),
        FieldValue::Person(staff(at as u128 % 3)),
    ];
    let kept = all.into_iter().zip(1u8..).filter(|(value, kind)| {
        !(at + usize::from(*kind)).is_multiple_of(4) && !matches!(value, FieldValue::Choices(none) if none.is_empty())
    });
    kept.map(|(value, kind)| (field_id(kind), value)).collect()
}

fn own_leaf() -> impl Strategy<Value = Value> {
    let id = |kind: u8| field_id(kind).to_string();
    let compare = prop_oneof![Just("eq"), Just("ne"), Just("lt"), Just("lte"), Just("gt"), Just("gte")];
    let choices = proptest::collection::vec(1u8..5, 1..3)
        .prop_map(|list| list.into_iter().map(|number| format!("c{number}")).collect::<Vec<_>>());
    let text = prop_oneof![Just("上海"), Just("上"), Just("Hang%"), Just("hang%"), Just("a_b"), Just("_")];
    prop_oneof![
        (1u8..9, prop_oneof![Just("empty"), Just("not_empty")])
            .prop_map(move |(kind, op)| json!({"field": id(kind), "op": op})),
        (prop_oneof![Just("eq"), Just("ne"), Just("contains"), Just("starts_with")], text.clone())
            .prop_map(move |(op, text)| json!({"field": id(1), "op": op, "value": text})),
        (prop_oneof![Just("in"), Just("not_in")], text)
            .prop_map(move |(op, text)| json!({"field": "field.text", "op": op, "value": [text, "a_b"]})),
        (compare.clone(), prop_oneof![Just(0.1), Just(-2.5), Just(7.0), Just(0.0)])
            .prop_map(move |(op, value)| json!({"field": id(2), "op": op, "value": value})),
        (compare.clone(), -2i64..4)
            .prop_map(move |(op, value)| json!({"field": id(3), "op": op, "value": value.to_string()})),
        (-2i64..4, -2i64..4).prop_map(
            move |(from, to)| json!({"field": id(3), "op": "between", "value": [from.to_string(), to.to_string()]})
        ),
        (prop_oneof![Just("within_days"), Just("older_than_days")], 0i64..200)
            .prop_map(move |(op, days)| json!({"field": id(4), "op": op, "value": days})),
        (prop_oneof![Just("in"), Just("not_in")], choices.clone())
            .prop_map(move |(op, list)| json!({"field": id(5), "op": op, "value": list})),
        (prop_oneof![Just("has_any"), Just("has_all"), Just("has_none")], choices)
            .prop_map(move |(op, list)| json!({"field": id(6), "op": op, "value": list})),
        any::<bool>().prop_map(move |value| json!({"field": id(7), "op": "eq", "value": value})),
        (prop_oneof![Just("in"), Just("not_in")], 0u128..4)
            .prop_map(move |(op, number)| json!({"field": id(8), "op": op, "value": [staff(number).to_string()]})),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    let text = prop_oneof![Just("上海"), Just("上"), Just("hang"), Just("HANG"), Just("%"), Just("_")];
    let compare = prop_oneof![Just("eq"), Just("ne"), Just("lt"), Just("lte"), Just("gt"), Just("gte")];
    let number =
        prop_oneof![Just("orders"), Just("recency"), Just("frequency"), Just("monetary"), Just("birthday_month")];
    let measures = prop_oneof![
        (Just("net_spend"), Just("sum")),
        (Just("spend"), Just("sum")),
        (Just("refunded"), Just("sum")),
        (Just("orders"), Just("count")),
        (Just("orders"), Just("days")),
        (Just("orders"), Just("days_since")),
        (Just("interactions"), Just("count")),
        (Just("refunds"), Just("days_since")),
    ];
    prop_oneof![
        (prop_oneof![Just("eq"), Just("ne"), Just("contains"), Just("starts_with")], text)
            .prop_map(|(op, text)| json!({"field": "city", "op": op, "value": text})),
        prop_oneof![
            Just("city"),
            Just("gender"),
            Just("score"),
            Just("last_order_day"),
            Just("birthday"),
            Just("recency")
        ]
        .prop_flat_map(
            |field| prop_oneof![Just("empty"), Just("not_empty")].prop_map(move |op| json!({"field": field, "op": op}))
        ),
        (prop_oneof![Just("in"), Just("not_in")], prop_oneof![Just(vec!["female"]), Just(vec!["male", "other"])])
            .prop_map(|(op, list)| json!({"field": "gender", "op": op, "value": list})),
        (number, compare.clone(), 0i64..8)
            .prop_map(|(field, op, value)| json!({"field": field, "op": op, "value": value})),
        (compare.clone(), 0u8..40)
            .prop_map(|(op, value)| json!({"field": "score", "op": op, "value": f64::from(value) * 2.5})),
        (prop_oneof![Just("in"), Just("not_in")], 0i64..6)
            .prop_map(|(op, rank)| json!({"field": "level", "op": op, "value": [rank, 9]})),
        (prop_oneof![Just("within_days"), Just("older_than_days")], 0i64..300)
            .prop_map(|(op, days)| json!({"field": "last_order_day", "op": op, "value": days})),
        (0i64..4, 0i64..4).prop_map(|(from, to)| json!({"field": "orders", "op": "between", "value": [from, to]})),
        any::<bool>().prop_map(|value| json!({"field": "has_phone", "op": "eq", "value": value})),
        (measures, compare, proptest::option::of(1i64..420), 0i64..500).prop_map(
            |((measure, aggregate), op, window, value)| {
                let value = if aggregate == "sum" { json!(value.to_string()) } else { json!(value % 8) };
                json!({"measure": measure, "aggregate": aggregate, "window_days": window, "op": op, "value": value})
            }
        ),
        prop_oneof![Just("empty"), Just("not_empty")]
            .prop_map(|op| json!({"measure": "orders", "aggregate": "days_since", "window_days": 100, "op": op})),
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    prop_oneof![leaf(), own_leaf()].prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|parts| json!({"all": parts})),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|parts| json!({"any": parts})),
            inner.prop_map(|part| json!({"not": part})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn sql_and_memory_agree(written in tree()) {
        let (all, people) = house();
        let catalogue = all[0].read(custom::catalogue).expect("a catalogue");
        let Ok(condition) = parse(&written, &catalogue) else { return Ok(()) };
        for (db, people) in all.iter().zip(people) {
            let filter = Filter { conditions: vec![condition.clone()], today: context().today, zone: Zone::default(), ..Filter::default() };
            let mut found = db.read(|tx| CustomerQuery::new(&Scope::all()).filter(filter).ids(tx, 1_000)).expect("asked");
            found.sort();
            let mut expected: Vec<CustomerId> =
                people.iter().filter(|person| holds(&condition, *person)).map(|person| person.id).collect();
            expected.sort();
            prop_assert_eq!(&found, &expected, "{} on {:?}", written, db.engine());
            let filter = Filter { conditions: vec![condition.clone()], today: context().today, zone: Zone::default(), ..Filter::default() };
            let page = db
                .read(|tx| CustomerQuery::new(&Scope::all()).filter(filter).page(Some(100), None)?.list(tx))
                .expect("listed");
            let mut found: Vec<CustomerId> = page.items.iter().map(|row| row.id).collect();
            found.sort();
            prop_assert_eq!(found, expected, "a page of {} on {:?}", written, db.engine());
        }
    }
}
