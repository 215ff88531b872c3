//! Two entries of one customer become one, with nothing lost, and can be parted again.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use common::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use zunke_customers::Customers;
use zunke_customers::merge::{Joiners, OwnJoiner};
use zunke_kernel::id::{CustomerId, TicketId};
use zunke_service::merge::ServiceJoiner;
use zunke_store::Engine;
use zunke_store::testing::{TestDb, databases};
use zunke_tiering::Tiers;
use zunke_tiering::merge::LevelJoiner;

fn joiners() -> Joiners {
    Joiners(vec![Arc::new(OwnJoiner), Arc::new(LevelJoiner), Arc::new(ServiceJoiner)])
}

fn house(db: TestDb) -> House {
    House::with(db, |app| app.with(joiners()).with(Customers { observers: vec![Tiers::default().observer()] }))
}

fn order(customer: CustomerId, number: &str, amount: &str) -> Value {
    json!({ "customer": { "id": customer }, "kind": "order", "source": "shop", "source_id": number,
        "occurred_at": "2027-01-17T16:00:00+08:00", "amount": amount })
}

async fn orders(house: &House, rows: &[(CustomerId, &str, &str)]) {
    let all: Vec<Value> = rows.iter().map(|(id, number, amount)| order(*id, number, amount)).collect();
    let answer = house.post("/activities/batch", json!({ "activities": all })).await;
    for one in answer["results"].as_array().expect("results") {
        assert_eq!(one["outcome"], "recorded", "{answer}");
    }
}

fn rows(house: &House, table: &str, customer: CustomerId) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table} WHERE customer_id = $1");
    house.db.read(|tx| tx.query_one(&sql, &[customer.into()], |row| row.int(0))).expect("counted").unwrap_or_default()
}

fn whose(house: &House, ticket: &str) -> Option<String> {
    let ticket: TicketId = ticket.parse().expect("an id");
    let sql = "SELECT customer_id FROM tickets WHERE ticket_id = $1";
    let found = house.db.read(|tx| tx.query_one(sql, &[ticket.into()], |row| row.id(0, CustomerId)));
    found.expect("asked").map(|id| id.to_string())
}

fn spend(house: &House, customer: CustomerId) -> (i64, i64) {
    let sql = "SELECT orders, net_spend FROM customers WHERE customer_id = $1";
    let found = house.db.read(|tx| tx.query_one(sql, &[customer.into()], |row| Ok((row.int(0)?, row.int(1)?))));
    found.expect("asked").expect("there")
}

#[tokio::test]
async fn nothing_is_lost_and_parting_gives_back_exactly_what_moved() {
    for db in databases() {
        let house = house(db);
        let (a, b) = (house.customer("王小明", 0, None, None), house.customer("王晓明", 0, None, None));
        house.phone(a, "+8613800000001");
        house.phone(b, "+8613800000002");
        orders(&house, &[(a, "A1", "100"), (a, "A2", "50"), (b, "B1", "30")]).await;
        let ticket = house.ticket(a, "complaint", "发错货").await;
        house.patch(&format!("/customers/{a}"), json!({ "city": "杭州" })).await;
        let tables = ["activities", "activity_keys", "tickets", "ticket_messages", "ticket_events", "ticket_clocks"];
        let before: Vec<(i64, i64)> =
            tables.iter().map(|table| (rows(&house, table, a), rows(&house, table, b))).collect();
        let spent = (spend(&house, a), spend(&house, b));

        let shown = house.get(&format!("/customers/{b}/merge-preview?source_id={a}")).await;
        assert_eq!(shown["refused"], Value::Null, "{shown}");
        assert!(shown["choices"].as_array().expect("choices").iter().any(|one| one["field"] == "name"), "{shown}");
        let body = json!({ "source_id": a, "take": ["name"], "reason": "同一人" });
        let done = house.post(&format!("/customers/{b}/merge"), body).await;

        for (table, (mine, theirs)) in tables.iter().zip(&before) {
            assert_eq!((rows(&house, table, a), rows(&house, table, b)), (0, mine + theirs), "{table}");
        }
        assert_eq!(spend(&house, b), (3, spent.0.1 + spent.1.1));
        let kept = house.get(&format!("/customers/{a}")).await;
        assert_eq!(
            (kept["id"].as_str(), &kept["name"], &kept["city"]),
            (Some(b.to_string().as_str()), &json!("王小明"), &json!("杭州"))
        );
        assert_eq!(kept["phones"].as_array().map(Vec::len), Some(2), "{kept}");
        assert_eq!(whose(&house, &ticket).as_deref(), Some(b.to_string().as_str()));
        let (status, code, _) = house.refused("PATCH", &format!("/customers/{a}"), json!({ "city": "上海" })).await;
        assert_eq!((status, code.as_str()), (409, "customer_merged"));

        house.later(HOUR);
        let later = house.ticket(b, "question", "什么时候发货").await;
        let merge = done["merge_id"].as_str().expect("an id");
        let undone = house.post(&format!("/customers/{b}/merges/{merge}/undo"), json!({})).await;
        assert!(undone["since"].as_array().expect("since").iter().any(|one| one["kind"] == "ticket"), "{undone}");

        assert_eq!(whose(&house, &ticket).as_deref(), Some(a.to_string().as_str()));
        assert_eq!(whose(&house, &later).as_deref(), Some(b.to_string().as_str()));
        for (table, (mine, theirs)) in tables.iter().zip(&before) {
            assert_eq!(rows(&house, table, a), *mine, "{table}");
            assert!(rows(&house, table, b) >= *theirs, "{table}");
        }
        assert_eq!((spend(&house, a), spend(&house, b)), spent);
        let (one, other) = (house.get(&format!("/customers/{a}")).await, house.get(&format!("/customers/{b}")).await);
        assert_eq!(
            (&one["name"], &other["name"], &one["status"]),
            (&json!("王小明"), &json!("王晓明"), &json!("active"))
        );
        assert_eq!(other["city"], Value::Null, "what was filled in goes again");
        assert_eq!(
            (one["phones"].as_array().map(Vec::len), other["phones"].as_array().map(Vec::len)),
            (Some(1), Some(1))
        );
        let (status, code, _) = house.refused("POST", &format!("/customers/{b}/merges/{merge}/undo"), json!({})).await;
        assert_eq!((status, code.as_str()), (409, "merge_undone"));
    }
}

#[tokio::test]
async fn chains_lead_to_the_last_one_and_are_parted_in_turn() {
    for db in databases() {
        let house = house(db);
        let [a, b, c] = ["甲", "乙", "丙"].map(|name| house.customer(name, 0, None, None));
        orders(&house, &[(a, "A", "1"), (b, "B", "2"), (c, "C", "4")]).await;
        let merge = async |source: CustomerId, target: CustomerId| {
            let body = json!({ "source_id": source, "reason": "重复" });
            let done = house.post(&format!("/customers/{target}/merge"), body).await;
            format!("/customers/{target}/merges/{}/undo", done["merge_id"].as_str().expect("an id"))
        };
        let first = merge(a, b).await;
        let second = merge(b, c).await;
        assert_eq!(house.get(&format!("/customers/{a}")).await["id"].as_str(), Some(c.to_string().as_str()));
        assert_eq!(spend(&house, c), (3, 70_000));
        let (status, code, _) = house.refused("POST", &first, json!({})).await;
        assert_eq!((status, code.as_str()), (409, "customer_merged"), "the outer one first");
        house.post(&second, json!({})).await;
        assert_eq!((spend(&house, b), spend(&house, c)), ((2, 30_000), (1, 40_000)));
        house.post(&first, json!({})).await;
        assert_eq!((spend(&house, a), spend(&house, b)), ((1, 10_000), (1, 20_000)));
    }
}

#[tokio::test]
async fn what_cannot_be_merged_is_refused_with_a_word() {
    for db in databases() {
        let house = house(db);
        let (a, b) = (house.customer("甲", 0, None, None), house.customer("乙", 0, None, None));
        let path = format!("/customers/{a}/merge");
        let (status, code, field) = house.refused("POST", &path, json!({ "source_id": a, "reason": "x" })).await;
        assert_eq!((status, code.as_str(), field.as_str()), (422, "merge_itself", "source_id"));
        let (status, _, field) = house.refused("POST", &path, json!({ "source_id": b, "reason": " " })).await;
        assert_eq!((status, field.as_str()), (422, "reason"));
        let nobody = CustomerId(uuid::Uuid::from_u128(7));
        let (status, _, _) = house.refused("POST", &path, json!({ "source_id": nobody, "reason": "x" })).await;
        assert_eq!(status, 404);
        let agent = house.person("agent", zunke_access::Role::Agent);
        let body = json!({ "source_id": b, "reason": "x" });
        let (status, _) = house.call(&agent, "POST", &path, None, Some(body.clone())).await;
        assert_eq!(status, 403);
        let restrict = "INSERT INTO privacy_standings (customer_id, state, since) VALUES ($1, 'restricted', 0)";
        house.db.write(|tx| tx.execute(restrict, &[b.into()])).expect("restricted");
        let (status, _, _) = house.refused("POST", &path, body).await;
        assert!([403, 409].contains(&status));
        assert_eq!(rows(&house, "merges", a), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_merges_at_once_each_entry_goes_once() {
    for db in databases() {
        let house = Arc::new(house(db));
        let ids: Vec<CustomerId> = (0..10).map(|at| house.customer(&format!("客户{at}"), 0, None, None)).collect();
        let numbers: Vec<String> = (0..10).map(|at| format!("N{at}")).collect();
        let all: Vec<(CustomerId, &str, &str)> =
            ids.iter().zip(&numbers).map(|(id, number)| (*id, number.as_str(), "1")).collect();
        orders(&house, &all).await;
        let mut calls = Vec::new();
        for at in 0..50 {
            let (house, source, target) = (house.clone(), ids[at % 10], ids[(at * 7 + 3) % 10]);
            calls.push(tokio::spawn(async move {
                let body = json!({ "source_id": source, "reason": "重复" });
                let path = format!("/customers/{target}/merge");
                house.call(&house.boss, "POST", &path, None, Some(body)).await.0
            }));
        }
        for call in calls {
            let status = call.await.expect("answered");
            assert!([200, 409, 422].contains(&status), "{status}");
        }
        let own = house.db.read(|tx| {
            let sql = "SELECT COUNT(*) FROM activities a JOIN customers c ON c.customer_id = a.customer_id
                       WHERE c.status = 'active'";
            tx.query_one(sql, &[], |row| row.int(0))
        });
        assert_eq!(own.expect("counted"), Some(10), "each order is with somebody who is there");
    }
}

#[tokio::test]
async fn likely_duplicates_are_found_by_name_and_birthday() {
    for db in databases() {
        let house = house(db);
        let (a, b, c) = (
            house.customer("张伟", 0, None, None),
            house.customer("张伟", 0, None, None),
            house.customer("张伟", 0, None, None),
        );
        for (id, birthday) in [(a, "1990-05-01"), (b, "1990-05-01"), (c, "1985-01-01")] {
            house.patch(&format!("/customers/{id}"), json!({ "birthday": birthday, "city": "杭州" })).await;
        }
        let found = house.get("/duplicates").await;
        let items = found["items"].as_array().expect("items");
        assert_eq!(items.len(), 1, "{found}");
        assert_eq!(items[0]["score"], 100);
        let own = house.get(&format!("/customers/{a}/duplicates")).await;
        assert_eq!(own["items"][0]["other"].as_str(), Some(b.to_string().as_str()));
        let (status, code, _) = house.refused("GET", "/duplicates?after=zz", Value::Null).await;
        assert_eq!((status, code.as_str()), (422, "after_invalid"));
    }
}

#[tokio::test]
async fn names_one_character_apart_companies_by_their_stem_and_numbers_by_their_end_are_found() {
    for db in databases() {
        let house = house(db);
        let pair = |one: &str, other: &str| (house.customer(one, 0, None, None), house.customer(other, 0, None, None));
        let (a, b) = pair("王小明", "王小敏");
        let (c, d) = (company(&house, "杭州明月科技有限公司").await, company(&house, "杭州明月科技股份有限公司").await);
        let (e, f) = pair("赵六", "钱七");
        house.phone(e, "+8657187654321");
        house.phone(f, "+8687654321");
        for id in [a, b] {
            house.patch(&format!("/customers/{id}"), json!({ "birthday": "1990-05-01" })).await;
        }
        let names = pairs(&house, "/duplicates").await;
        assert_eq!(names, BTreeSet::from([sorted(a, b), sorted(c, d)]));
        assert_eq!(pairs(&house, "/duplicates?by=phone").await, BTreeSet::from([sorted(e, f)]));
        assert_eq!(pairs(&house, "/duplicates?likeness=sure").await, BTreeSet::new());
        for (one, other) in [(a, b), (c, d), (e, f)] {
            let own = pairs(&house, &format!("/customers/{one}/duplicates")).await;
            assert_eq!(own, BTreeSet::from([sorted(one, other)]));
        }
        for bad in ["by=colour", "likeness=0", "dismissed=perhaps", "after=00&by=phone", "dismissed=true&after=31"] {
            let (status, ..) = house.refused("GET", &format!("/duplicates?{bad}"), Value::Null).await;
            assert!([400, 422].contains(&status), "{bad}: {status}");
        }
    }
}

#[tokio::test]
async fn who_is_not_the_same_is_not_shown_again_until_that_is_taken_back() {
    for db in databases() {
        let house = house(db);
        let (a, b) = (house.customer("张伟", 0, None, None), house.customer("张伟", 0, None, None));
        for id in [a, b] {
            house.patch(&format!("/customers/{id}"), json!({ "birthday": "1990-05-01" })).await;
        }
        let both = BTreeSet::from([sorted(a, b)]);
        assert_eq!(pairs(&house, "/duplicates").await, both);
        // In whatever order they are named, and however often.
        for (one, other) in [(b, a), (a, b)] {
            house.post("/duplicates/dismiss", json!({ "one": one, "other": other })).await;
        }
        assert_eq!(pairs(&house, "/duplicates").await, BTreeSet::new());
        assert_eq!(pairs(&house, &format!("/customers/{a}/duplicates")).await, BTreeSet::new());
        assert_eq!(pairs(&house, "/duplicates?dismissed=true&limit=1").await, both);
        house.post("/duplicates/dismiss", json!({ "one": a, "other": b, "dismissed": false })).await;
        assert_eq!(pairs(&house, "/duplicates").await, both);
        let (status, code, field) = house.refused("POST", "/duplicates/dismiss", json!({ "one": a, "other": a })).await;
        assert_eq!((status, code.as_str(), field.as_str()), (422, "merge_itself", "other"));
        let nobody = CustomerId(uuid::Uuid::from_u128(7));
        let (status, ..) = house.refused("POST", "/duplicates/dismiss", json!({ "one": a, "other": nobody })).await;
        assert_eq!(status, 404);
        let agent = house.person("agent", zunke_access::Role::Agent);
        let body = json!({ "one": a, "other": b });
        assert_eq!(house.call(&agent, "POST", "/duplicates/dismiss", None, Some(body)).await.0, 403);
    }
}

#[tokio::test]
async fn what_comes_by_the_old_id_goes_to_the_customer_who_stayed() {
    for db in databases() {
        let house = house(db);
        let [a, b, c] = ["甲", "乙", "丙"].map(|name| house.customer(name, 0, None, None));
        orders(&house, &[(a, "A1", "1")]).await;
        for (source, target) in [(a, b), (b, c)] {
            house.post(&format!("/customers/{target}/merge"), json!({ "source_id": source, "reason": "重复" })).await;
        }
        orders(&house, &[(a, "A2", "2"), (b, "B1", "4")]).await;
        assert_eq!(spend(&house, c), (3, 70_000));
        assert_eq!((rows(&house, "activities", a), rows(&house, "activities", b)), (0, 0));
        // What was told before the merge and comes again is the same still.
        let again = house.post("/activities/batch", json!({ "activities": [order(a, "A1", "1")] })).await;
        assert_eq!(again["results"][0]["outcome"], "duplicate", "{again}");
        let (status, code, _) = house.refused("PATCH", &format!("/customers/{a}"), json!({ "city": "上海" })).await;
        assert_eq!((status, code.as_str()), (409, "customer_merged"));
    }
}

#[tokio::test]
async fn sealed_values_move_and_where_both_have_one_it_is_chosen_and_comes_back() {
    for db in databases() {
        let house = house(db);
        let (a, b) = (house.customer("甲", 0, None, None), house.customer("乙", 0, None, None));
        let fields: Vec<uuid::Uuid> = (1..=3).map(uuid::Uuid::from_u128).collect();
        for (customer, at, word) in [(a, 0, "a0"), (a, 1, "a1"), (b, 1, "b1"), (a, 2, "a2"), (b, 2, "b2")] {
            seal(&house, customer, fields[at], word);
        }
        let before = (sealed(&house, a), sealed(&house, b));
        let shown = house.get(&format!("/customers/{b}/merge-preview?source_id={a}")).await;
        assert_eq!(shown["sealed"].as_array().map(Vec::len), Some(2), "{shown}");
        let take = shown["sealed"][0].clone();
        let body = json!({ "source_id": a, "take_sealed": [take], "reason": "同一人" });
        let done = house.post(&format!("/customers/{b}/merge"), body).await;
        assert_eq!(sealed(&house, b), ["a0", "a1", "b2"]);
        assert_eq!(sealed(&house, a), ["b1", "a2"], "what was not chosen stays with the entry");
        let merge = done["merge_id"].as_str().expect("an id");
        house.post(&format!("/customers/{b}/merges/{merge}/undo"), json!({})).await;
        assert_eq!((sealed(&house, a), sealed(&house, b)), before);
        let body = json!({ "source_id": a, "take_own": ["nothing_such"], "reason": "同一人" });
        let (status, code, field) = house.refused("POST", &format!("/customers/{b}/merge"), body).await;
        assert_eq!((status, code.as_str(), field.as_str()), (422, "field_unknown", "take_own"));
    }
}

async fn company(house: &House, name: &str) -> CustomerId {
    let made = house.post("/customers", json!({ "name": name, "kind": "company" })).await;
    made["id"].as_str().expect("an id").parse().expect("an id")
}

fn sorted(one: CustomerId, other: CustomerId) -> (String, String) {
    let (one, other) = (one.to_string(), other.to_string());
    if one < other { (one, other) } else { (other, one) }
}

async fn pairs(house: &House, path: &str) -> BTreeSet<(String, String)> {
    let found = house.get(path).await;
    let items = found["items"].as_array().expect("items").iter();
    let id = |one: &Value| one.as_str().expect("an id").parse::<CustomerId>().expect("an id");
    items.map(|pair| sorted(id(&pair["one"]), id(&pair["other"]))).collect()
}

fn seal(house: &House, customer: CustomerId, field: uuid::Uuid, word: &str) {
    let sql = "INSERT INTO customer_sensitive (customer_id, field_id, value_id, sealed, blind, updated_at)
               VALUES ($1, $2, $2, $3, $3, 0)";
    let params = [customer.into(), field.into(), word.as_bytes().into()];
    house.db.write(|tx| tx.execute(sql, &params)).expect("sealed");
}

fn sealed(house: &House, customer: CustomerId) -> Vec<String> {
    let sql = "SELECT sealed FROM customer_sensitive WHERE customer_id = $1 ORDER BY field_id";
    let read = |row: &zunke_store::Row<'_>| Ok(String::from_utf8_lossy(&row.bytes(0)?).into_owned());
    house.db.read(|tx| tx.query(sql, &[customer.into()], read)).expect("read")
}

#[test]
fn every_table_about_customers_is_answered_for() {
    for db in databases() {
        let sql = match db.engine() {
            Engine::Sqlite => {
                "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
                 WHERE m.type = 'table' AND c.name = 'customer_id'"
            }
            Engine::Postgres => {
                "SELECT CAST(table_name AS TEXT) FROM information_schema.columns
                 WHERE table_schema = 'public' AND column_name = 'customer_id'"
            }
        };
        let there: BTreeSet<String> =
            db.read(|tx| tx.query(sql, &[], |row| row.text(0))).expect("catalogue").into_iter().collect();
        let told: Vec<_> = joiners().0.iter().flat_map(|joiner| joiner.tables().iter().copied()).collect();
        for table in &there {
            let lists = told.iter().filter(|(name, ..)| name == table).count();
            assert_eq!(lists, 1, "{table} stands in {lists} lists of merges");
        }
        for (table, fate, why) in told {
            assert!(
                why.is_empty() == (fate == zunke_customers::merge::Fate::Moved) || !why.is_empty(),
                "{table}: why?"
            );
        }
    }
}
