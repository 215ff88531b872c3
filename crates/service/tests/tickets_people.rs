//! Whose tickets they are, who sees them, who works on them together.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use common::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use zunke_access::Role;
use zunke_kernel::id::DepartmentId;
use zunke_service::store::moving;
use zunke_store::Engine;
use zunke_store::testing::databases;

fn department(house: &House, name: &str) -> DepartmentId {
    let id = DepartmentId::new(NOW);
    house
        .db
        .write(|tx| {
            tx.execute(
                "INSERT INTO departments (department_id, name, path, version, created_at, updated_at)
                 VALUES ($1, $2, $3, 1, 0, 0)",
                &[id.into(), name.into(), format!("{id}/").into()],
            )
        })
        .expect("a department");
    id
}

#[tokio::test]
async fn an_unknown_sender_is_suggested_somebody_and_every_row_moves_when_he_is_known() {
    for db in databases() {
        let house = House::new(db);
        let body = json!({ "phone": "13900001111", "sender": "李小红", "kind": "question", "channel": "message",
            "body": "我的积分怎么少了？" });
        let opened = house.post("/tickets", body).await;
        let path = format!("/tickets/{}", opened["id"].as_str().expect("an id"));
        assert_eq!(house.get(&path).await["ticket"]["customer"], json!(null));
        assert_eq!(house.get(&path).await["ticket"]["sender"], "李小红");
        house.post(&format!("{path}/messages"), json!({ "body": "请问是哪个账号？", "visibility": "public" })).await;
        house.post(&format!("{path}/tasks"), json!({ "title": "查积分", "kind": "follow_up" })).await;
        let customer = house.customer("李小红", 4, None, None);
        house.phone(customer, "+8613900001111");
        let stranger = house.customer("李明", 0, None, None);
        let found = house.get(&format!("{path}/suggestions")).await;
        assert_eq!(found["items"][0]["customer_id"], json!(customer));
        assert_eq!(
            (found["items"][0]["sure"].as_bool(), found["items"].as_array().map(Vec::len)),
            (Some(true), Some(1))
        );
        for to in [json!(customer), json!(stranger), Value::Null, json!(customer)] {
            let whole = house.patch(&path, json!({ "customer_id": to })).await;
            assert_eq!(whole["customer"].get("id").cloned().unwrap_or(Value::Null), to);
            let whole = house.get(&path).await;
            assert_eq!(whole["messages"].as_array().map(Vec::len), Some(2));
            assert_eq!(whole["tasks"].as_array().map(Vec::len), Some(1));
            for (one, has) in [(customer, to == json!(customer)), (stranger, to == json!(stranger))] {
                let timeline = house.get(&format!("/customers/{one}/timeline")).await;
                assert_eq!(timeline["items"].as_array().map(Vec::len), Some(usize::from(has)), "{to}");
            }
        }
        let whole = house.get(&path).await;
        assert_eq!(whole["ticket"]["level_rank"], 4, "the promises rest on his level now");
        let kinds: Vec<&str> =
            whole["events"].as_array().expect("events").iter().filter_map(|one| one["kind"].as_str()).collect();
        assert!(kinds.contains(&"customer_set") && kinds.contains(&"level_changed"), "{kinds:?}");
        assert_eq!(
            house.get("/tickets?search=%E6%9D%8E%E5%B0%8F%E7%BA%A2").await["items"].as_array().map(Vec::len),
            Some(1)
        );
        assert_eq!(
            house.get(&format!("/tickets?customer={customer}")).await["items"].as_array().map(Vec::len),
            Some(1)
        );
        assert_eq!(house.get(&format!("{path}/suggestions")).await["items"], json!([]));
    }
}

#[test]
fn every_table_of_a_ticket_and_its_customer_moves_with_it() {
    for db in databases() {
        let sql = match db.engine() {
            Engine::Sqlite => {
                "SELECT m.name, i.name FROM sqlite_master m, pragma_table_info(m.name) i
                 WHERE m.type = 'table' AND i.name IN ('ticket_id', 'customer_id')"
            }
            Engine::Postgres => {
                "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
                 WHERE table_schema = 'public' AND column_name IN ('ticket_id', 'customer_id')"
            }
        };
        let rows = db.read(|tx| tx.query(sql, &[], |row| Ok((row.text(0)?, row.text(1)?)))).expect("the catalogue");
        let of = |column: &str| -> BTreeSet<String> {
            rows.iter().filter(|(_, one)| one == column).map(|(table, _)| table.clone()).collect()
        };
        let both: BTreeSet<String> = of("ticket_id").intersection(&of("customer_id")).cloned().collect();
        let known: BTreeSet<String> = moving::MOVED
            .iter()
            .chain(moving::NAMED)
            .chain(&["ticket_search"])
            .map(|name| (*name).to_owned())
            .collect();
        let left: Vec<&String> = both.difference(&known).collect();
        assert!(left.is_empty(), "rows of a ticket stay behind in {left:?}");
    }
}

#[tokio::test]
async fn another_departments_ticket_is_as_absent_as_one_that_never_was_until_it_is_mine() {
    for db in databases() {
        let house = House::new(db);
        let (east, west) = (department(&house, "华东"), department(&house, "华西"));
        let eve = house.person_in("eve", Role::Agent, Some(east), None, None);
        let wes = house.person_in("wes", Role::Agent, Some(west), None, None);
        let low = house.person_in("low", Role::Agent, Some(east), None, Some(vec![0, 1]));
        let high = house.person_in("high", Role::Agent, Some(east), None, Some(vec![3, 4]));
        let own = house.person_in("own", Role::AccountManager, Some(east), None, None);
        let customer = house.customer("王小明", 3, None, Some(east));
        let id = house.ticket(customer, "question", "怎么升级").await;
        let path = format!("/tickets/{id}");
        let nobody = house.post("/tickets", json!({ "kind": "question", "body": "在吗", "sender": "某人" })).await;
        let nobody = format!("/tickets/{}", nobody["id"].as_str().expect("an id"));
        for (who, own_sees, unknown_sees) in [
            (&house.boss, true, true),
            (&eve, true, true),
            (&wes, false, true),
            (&low, false, true),
            // Nobody knows the level of an unknown sender: he stands at none.
            (&high, true, false),
            (&own, false, false),
        ] {
            let (status, _) = house.call(who, "GET", &path, None, None).await;
            assert_eq!(status == 200, own_sees, "{who:?}");
            let (status, _) = house.call(who, "GET", &nobody, None, None).await;
            assert_eq!(status == 200, unknown_sees, "{who:?}");
            let (_, page) = house.call(who, "GET", "/tickets", None, None).await;
            let listed = page["items"].as_array().expect("items").len();
            assert_eq!(listed, usize::from(own_sees) + usize::from(unknown_sees), "{who:?}");
        }
        for (method, end, body) in [
            ("PATCH", "", json!({ "priority": "low" })),
            ("POST", "/messages", json!({ "body": "x", "visibility": "public" })),
            ("POST", "/assign", json!({ "staff_id": wes.id })),
            ("POST", "/urgent", json!({ "on": true, "reason": "x" })),
            ("POST", "/tasks", json!({ "title": "x" })),
            ("POST", "/presence", json!({})),
            ("POST", "/merge", json!({ "into": id })),
            ("POST", "/files?name=a.txt", json!("x")),
            ("GET", "/suggestions", json!({})),
        ] {
            let (status, body) = house.call(&wes, method, &format!("{path}{end}"), None, Some(body)).await;
            assert_eq!((status, body["code"].as_str()), (404, Some("not_found")), "{method} {end}");
        }
        let bulk = json!({ "ids": [id], "change": { "priority": "low" } });
        let (_, done) = house.call(&wes, "POST", "/tickets/bulk", None, Some(bulk)).await;
        assert_eq!(
            (done["results"][0]["outcome"].as_str(), done["results"][0]["code"].as_str()),
            (Some("refused"), Some("not_found"))
        );
        // A task of his department's opens it to him; taking it away closes it again.
        let task = house.post(&format!("{path}/tasks"), json!({ "title": "查物流", "department_id": west })).await;
        assert_eq!(house.call(&wes, "GET", &path, None, None).await.0, 200);
        let task = format!("/tasks/{}", task["id"].as_str().expect("an id"));
        let (status, done) =
            house.call(&wes, "PATCH", &task, None, Some(json!({ "state": "done", "result": "已签收" }))).await;
        assert_eq!((status, done["result"]["text"].as_str()), (200, Some("已签收")));
        house.patch(&task, json!({ "state": "cancelled" })).await;
        assert_eq!(house.call(&wes, "GET", &path, None, None).await.0, 404);
        // So does being called in a note: until it is answered it stands among his tasks.
        house
            .post(
                &format!("{path}/messages"),
                json!({ "body": "请看一下", "visibility": "internal", "mentions": [wes.id] }),
            )
            .await;
        assert_eq!(house.call(&wes, "GET", &path, None, None).await.0, 200);
        let note = json!({ "body": "好", "visibility": "internal" });
        assert_eq!(house.call(&wes, "POST", &format!("{path}/messages"), None, Some(note)).await.0, 201);
        let whole = house.get(&path).await;
        let mention = whole["tasks"].as_array().expect("tasks").iter().find(|one| one["kind"] == "mention");
        assert_eq!(mention.expect("a mention")["state"], "done");
        // Whoever has the ticket sees it, at levels that he may see.
        house.post(&format!("{path}/assign"), json!({ "staff_id": own.id })).await;
        assert_eq!(house.call(&own, "GET", &path, None, None).await.0, 200);
        house.post(&format!("{path}/assign"), json!({ "staff_id": low.id })).await;
        assert_eq!(house.call(&low, "GET", &path, None, None).await.0, 404);
    }
}

#[tokio::test]
async fn who_else_has_a_ticket_open_is_told_and_forgotten_when_he_goes() {
    for db in databases() {
        let house = House::new(db);
        let eve = house.person("eve", Role::OperationsManager);
        let path =
            format!("/tickets/{}/presence", house.ticket(house.customer("王", 0, None, None), "praise", "好").await);
        assert_eq!(house.post(&path, json!({})).await["others"], json!([]));
        let (_, seen) = house.call(&eve, "POST", &path, None, Some(json!({ "writing": true }))).await;
        assert_eq!(seen["others"][0]["name"], "boss");
        let seen = house.post(&path, json!({})).await;
        assert_eq!(
            (seen["others"][0]["name"].as_str(), seen["others"][0]["writing"].as_bool()),
            (Some("eve"), Some(true))
        );
        house.call(&eve, "POST", &path, None, Some(json!({ "left": true }))).await;
        assert_eq!(house.post(&path, json!({})).await["others"], json!([]));
        house.call(&eve, "POST", &path, None, Some(json!({}))).await;
        house.later(46_000);
        assert_eq!(house.post(&path, json!({})).await["others"], json!([]), "a heartbeat that ended");
    }
}
