//! Tags by rule follow their customers; what is given by hand stays; a broken rule stands aside.

mod support;

use serde_json::{Value, json};
use std::sync::Arc;
use support::*;
use zunke_customers::tag::{TagRules, work};
use zunke_customers::{CustomerRef, Headline, NewCustomer, Observer, headline, make};
use zunke_http::{Change, IfMatch};
use zunke_kernel::Instant;
use zunke_kernel::id::CustomerId;
use zunke_store::jobs::{Handler, Worker};
use zunke_store::testing::{TestDb, databases};
use zunke_store::{Db, Uuid};

/// Stores a tag with a rule as a person would have saved it, without its job.
fn tag(db: &Db, name: &str, condition: Option<&Value>) -> Uuid {
    let id = CustomerId::new(NOW).0;
    db.write(|tx| {
        tx.execute(
            "INSERT INTO tags (tag_id, name, name_key, colour, version, created_at, condition, rule_state)
             VALUES ($1, $2, $2, '#000000', 1, 0, $3, 'waiting')",
            &[id.into(), name.into(), condition.map(Value::to_string).into()],
        )
    })
    .expect("a tag");
    id
}

fn rewrite(db: &Db, tag: Uuid, condition: &str) {
    db.write(|tx| {
        tx.execute(
            "UPDATE tags SET condition = $1, rule_state = 'waiting', rule_failures = 0 WHERE tag_id = $2",
            &[condition.into(), tag.into()],
        )
    })
    .expect("rewritten");
}

/// Who has a tag, by name, and why.
fn have(db: &Db, tag: Uuid) -> Vec<String> {
    db.read(|tx| {
        tx.query(
            "SELECT c.name, t.by_hand, t.by_rule FROM customer_tags t JOIN customers c ON c.customer_id = t.customer_id
             WHERE t.tag_id = $1 ORDER BY c.name",
            &[tag.into()],
            |row| {
                let (hand, rule) = (row.bool(1)?, row.bool(2)?);
                let why =
                    [(hand, "hand"), (rule, "rule")].iter().filter(|one| one.0).map(|one| one.1).collect::<Vec<_>>();
                Ok(format!("{} {}", row.text(0)?, why.join("+")))
            },
        )
    })
    .expect("asked")
}

fn history(db: &Db, tag: Uuid) -> Vec<String> {
    db.read(|tx| {
        tx.query(
            "SELECT added, by_rule FROM customer_tag_history WHERE tag_id = $1 ORDER BY changed_at, added DESC",
            &[tag.into()],
            |row| {
                let sign = if row.bool(0)? { "+" } else { "-" };
                Ok(format!("{sign}{}", if row.bool(1)? { "rule" } else { "hand" }))
            },
        )
    })
    .expect("asked")
}

fn state(db: &Db, tag: Uuid) -> (String, i64) {
    db.read(|tx| {
        tx.query_one("SELECT rule_state, rule_failures FROM tags WHERE tag_id = $1", &[tag.into()], |row| {
            Ok((row.text(0)?, row.int(1)?))
        })
    })
    .expect("asked")
    .expect("there")
}

fn run_jobs(db: &TestDb, now: Instant) {
    let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(work::KeepTags::default())];
    while Worker::run_once(db, &handlers, now).expect("a job").is_some() {}
}

fn keep_all(db: &TestDb, now: Instant) {
    db.write(|tx| work::much_changed(tx, now)).expect("queued");
    run_jobs(db, now);
}

fn person(db: &Db, name: &str, city: &str) -> CustomerId {
    create(db, &NewCustomer { city: Some(city.into()), ..NewCustomer::named(name) }).expect(name)
}

fn move_to(db: &Db, id: CustomerId, city: &str, at: i64) {
    let patch = make::Patch { city: Change::Set(city.to_owned()), ..make::Patch::default() };
    let context = zunke_customers::RecordContext { now: NOW.plus_ms(at), ..context() };
    db.write(|tx| make::update(tx, &context, id, IfMatch(None), &patch)).expect("changed");
}

#[test]
fn a_rule_follows_the_profile_in_the_same_change_and_what_is_by_hand_stays() {
    for db in databases() {
        let shanghai = json!({"field": "city", "op": "eq", "value": "上海"});
        let local = tag(&db, "本地", Some(&shanghai));
        let (anna, bert) = (person(&db, "安", "上海"), person(&db, "柏", "杭州"));
        assert_eq!(have(&db, local), ["安 rule"], "new customers are asked");
        db.write(|tx| make::tag_many(tx, NOW.plus_ms(1), "本地", "#000000", &[bert])).expect("by hand");
        assert_eq!(have(&db, local), ["安 rule", "柏 hand"]);
        move_to(&db, anna, "北京", 10);
        move_to(&db, bert, "上海", 20);
        assert_eq!(have(&db, local), ["柏 hand+rule"]);
        move_to(&db, bert, "北京", 30);
        assert_eq!(have(&db, local), ["柏 hand"], "by hand stays when the rule holds no more");
        assert_eq!(history(&db, local), ["+rule", "+hand", "-rule"], "what changes nothing for the reader is no line");
        db.write(|tx| make::set_status(tx, &context(), anna, zunke_customers::Status::Archived)).expect("archived");
        move_to(&db, anna, "上海", 40);
        assert_eq!(have(&db, local), ["柏 hand"], "a rule gives to active customers only");
        db.write(|tx| make::set_status(tx, &context(), anna, zunke_customers::Status::Active)).expect("back");
        assert_eq!(have(&db, local), ["安 rule", "柏 hand"]);
    }
}

#[test]
fn an_order_gives_and_a_correction_takes_in_the_transaction_that_records_it() {
    let observers: Vec<Arc<dyn Observer>> = vec![Arc::new(TagRules)];
    for db in databases() {
        let many = json!({"measure": "orders", "aggregate": "count", "window_days": 30, "op": "gte", "value": 2});
        let often = tag(&db, "常买", Some(&many));
        let follows = json!({"field": "tags", "op": "has_any", "value": [format!("tag_{}", often.simple())]});
        let care = tag(&db, "关怀", Some(&follows));
        let id = person(&db, "安", "上海");
        let one = |source: &str| order(CustomerRef::Id(id), source, 3, "10");
        assert_eq!(record_with(&db, &context(), &[one("a")], &observers), ["recorded"]);
        assert!(have(&db, often).is_empty());
        record_with(&db, &context(), &[one("b")], &observers);
        assert_eq!(have(&db, often), ["安 rule"]);
        assert_eq!(have(&db, care), ["安 rule"], "who speaks of a tag follows it");
        db.write(|tx| zunke_customers::withdraw(tx, &context(), &[("shop", "b")], &observers)).expect("taken back");
        assert!(have(&db, often).is_empty() && have(&db, care).is_empty());
    }
}

#[test]
fn the_job_asks_everyone_and_agrees_with_what_each_change_would_have_given() {
    for db in databases() {
        let ids: Vec<CustomerId> = (0..1_200).map(|at| person(&db, &format!("客{at:04}"), "上海")).collect();
        let heads: Vec<Headline> = ids
            .iter()
            .enumerate()
            .map(|(at, id)| Headline { score: Some((at % 100) as f64), ..Headline::empty(*id) })
            .collect();
        let good = tag(&db, "高分", Some(&json!({"field": "score", "op": "gte", "value": 50})));
        db.write(|tx| headline::write_many(tx, &heads)).expect("scores");
        assert!(have(&db, good).is_empty());
        keep_all(&db, NOW);
        assert_eq!(have(&db, good).len(), 600);
        assert_eq!(state(&db, good), ("fresh".into(), 0));
        let low: Vec<Headline> =
            ids[..1].iter().map(|id| Headline { score: Some(99.0), ..Headline::empty(*id) }).collect();
        db.write(|tx| {
            headline::write_many(tx, &low)?;
            zunke_customers::tag::levels_changed(tx, NOW, &ids[..1])
        })
        .expect("one level");
        assert_eq!(have(&db, good).len(), 601);
        rewrite(&db, good, r#"{"field":"score","op":"gte","value":90}"#);
        keep_all(&db, NOW.plus_ms(5));
        assert_eq!(have(&db, good).len(), 121);
    }
}

#[test]
fn a_rule_that_fails_twice_is_stale_and_the_others_go_on() {
    for db in databases() {
        let broken = tag(&db, "坏", Some(&json!({"field": "nonsense", "op": "eq", "value": 1})));
        let shanghai = json!({"field": "city", "op": "eq", "value": "上海"});
        person(&db, "安", "上海");
        let good = tag(&db, "好", Some(&shanghai));
        keep_all(&db, NOW);
        assert_eq!(have(&db, good), ["安 rule"], "the broken one stops nobody");
        assert_eq!(state(&db, broken), ("waiting".into(), 1), "once may be chance");
        run_jobs(&db, NOW.plus_ms(61_000));
        assert_eq!(state(&db, broken), ("stale".into(), 2), "it was tried again by itself");
        run_jobs(&db, NOW.plus_ms(200_000));
        assert_eq!(state(&db, broken).1, 2, "and then no more until the night or a change");
        rewrite(&db, broken, &shanghai.to_string());
        keep_all(&db, NOW.plus_ms(300_000));
        assert_eq!(state(&db, broken), ("fresh".into(), 0));
        assert_eq!(have(&db, broken), ["安 rule"]);
    }
}

#[test]
fn rules_in_a_circle_are_a_visible_stop_for_themselves_alone() {
    for db in databases() {
        let ring = tag(&db, "甲", Some(&json!({"all": []})));
        let other = tag(
            &db,
            "乙",
            Some(&json!({"field": "tags", "op": "has_none", "value": [format!("tag_{}", ring.simple())]})),
        );
        rewrite(
            &db,
            ring,
            &json!({"field": "tags", "op": "has_any", "value": [format!("tag_{}", other.simple())]}).to_string(),
        );
        let own = tag(&db, "丙", None);
        rewrite(
            &db,
            own,
            &json!({"field": "tags", "op": "has_none", "value": [format!("tag_{}", own.simple())]}).to_string(),
        );
        let good = tag(&db, "丁", Some(&json!({"all": []})));
        person(&db, "安", "上海");
        assert_eq!(have(&db, good), ["安 rule"]);
        keep_all(&db, NOW);
        for tag in [ring, other, own] {
            assert!(have(&db, tag).is_empty());
            assert_eq!(state(&db, tag).1, 1);
        }
    }
}
