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
