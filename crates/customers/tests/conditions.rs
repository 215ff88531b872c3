//! A condition means the same in SQL, on every engine, as in memory.

#![expect(clippy::unwrap_used, reason = "a helper of a test stops as the test would")]

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::OnceLock;
use support::*;
use zunke_access::Scope;
use zunke_customers::fields::catalogue;
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
            _ => None,
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
        };
        let new = NewCustomer {
            city: person.city.map(Into::into),
            gender: person.gender,
            birthday,
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
    leaf().prop_recursive(4, 24, 4, |inner| {
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
        let Ok(condition) = parse(&written, catalogue()) else { return Ok(()) };
        let (all, people) = house();
        for (db, people) in all.iter().zip(people) {
            let filter = Filter { conditions: vec![condition.clone()], today: context().today, zone: Zone::default(), ..Filter::default() };
            let mut found = db.read(|tx| CustomerQuery::new(&Scope::all()).filter(filter).ids(tx, 1_000)).expect("asked");
            found.sort();
            let mut expected: Vec<CustomerId> =
                people.iter().filter(|person| holds(&condition, *person)).map(|person| person.id).collect();
            expected.sort();
            prop_assert_eq!(found, expected, "{} on {:?}", written, db.engine());
        }
    }
}
