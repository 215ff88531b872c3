//! What stops while data are to be kept only, what goes on, and that an export that nobody writes any more says so.

#[expect(dead_code, reason = "the clock stands in these tests")]
mod common;

use common::{House, NOW};
use serde_json::{Value, json};
use zunke_access::Role;
use zunke_customers::export::WatchExports;
use zunke_kernel::id::CustomerId;
use zunke_store::jobs::{self, NewJob};
use zunke_store::testing::databases;
use zunke_tiering::run;

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

async fn restrict(house: &House, id: &str) {
    let body = json!({ "kind": "restriction", "channel": "phone", "words": "先别用我的资料" });
    let request = house.post(&format!("/customers/{id}/privacy-requests"), body).await;
    let path = format!("/privacy/requests/{}/carry-out", id_of(&request));
    house.post(&path, json!({ "identity_check": "身份证", "answer": "争议期间" })).await;
}

/// The primary programme, by the first template, in force.
async fn programme(house: &House) {
    let templates = house.get("/tiering/templates").await;
    let template = templates["items"].as_array().or(templates.as_array()).expect("templates")[0]["id"].clone();
    let made = house.post("/tiering/programmes", json!({ "template": template })).await;
    let id = id_of(&made);
    house.post(&format!("/tiering/programmes/{id}/publish"), json!({ "note": "首次" })).await;
}

fn evaluate(house: &House) {
    let now = house.now();
    run::evaluate(&house.db, &move || now, None).expect("evaluated");
}

fn placed(house: &House, id: CustomerId) -> (i64, i64, i64) {
    let sql = "SELECT c.orders, c.level_rank, (SELECT COUNT(*) FROM decisions d WHERE d.customer_id = c.customer_id)
               FROM customers c WHERE c.customer_id = $1";
    let read = house.db.read(|tx| tx.query_one(sql, &[id.into()], |row| Ok((row.int(0)?, row.int(1)?, row.int(2)?))));
    read.expect("read").expect("a customer")
}

#[tokio::test]
async fn nobody_is_judged_sorted_or_visited_while_his_data_are_to_be_kept_only() {
    for db in databases() {
        let house = House::new(db);
        programme(&house).await;
        let id = house.customer().await;
        let customer: CustomerId = id.parse().expect("an id");
        evaluate(&house);
        restrict(&house, &id).await;
        let before = placed(&house, customer);
        let order = |number: u32| {
            json!({ "customer": { "id": id }, "kind": "order", "source": "shop", "source_id": format!("later-{number}"),
                "occurred_at": NOW.plus_ms(-i64::from(number) * 86_400_000), "amount": "90000.00" })
        };
        let rows: Vec<Value> = (1..9).map(order).collect();
        let told = house.post("/activities/batch", json!({ "activities": rows })).await;
        assert_eq!(told["results"][0]["outcome"], "recorded", "{told}");
        evaluate(&house);
        let after = placed(&house, customer);
        assert_eq!((after.1, after.2), (before.1, before.2), "the level stays and nothing is decided");
        let potentials = house.get("/tiering/potentials").await;
        assert!(!potentials.to_string().contains(&id), "{potentials}");
        // By hand neither.
        let visit = json!({ "customer_id": id, "kind": "visit", "state": "planned", "purpose": "问候" });
        assert_eq!(house.refused("POST", "/visits", visit).await.1, "customer_restricted");
        // What he asks for himself is answered, and whoever answers is told.
        let ticket = house
            .post(
                "/tickets",
                json!({ "customer_id": id, "kind": "question", "channel": "phone", "body": "我的单子呢" }),
            )
            .await;
        let path = format!("/tickets/{}", id_of(&ticket));
        house.post(&format!("{path}/messages"), json!({ "body": "已发出", "visibility": "public" })).await;
        assert_eq!(house.get(&path).await["customer"]["restricted"], true);
        // Lifted, the next evaluation makes up for it.
        house.post(&format!("/customers/{id}/restriction/lift"), json!({ "reason": "争议已结束" })).await;
        evaluate(&house);
        let lifted = placed(&house, customer);
        assert!(lifted.2 > before.2 && lifted.0 == 9, "{lifted:?}");
        assert_eq!(house.get(&path).await["customer"]["restricted"], false);
    }
}

#[tokio::test]
async fn numbers_are_shown_to_those_who_may_and_with_a_reason_where_the_house_wants_one() {
    for db in databases() {
        let house = House::new(db);
        let id = house.customer().await;
        let path = format!("/customers/{id}/reveal");
        // As before: a call without a reason is answered, as long as the house says nothing else.
        assert_eq!(house.done("POST", &path, json!({})).await["phones"][0], "+8613812345678");
        let mut settings = house.get("/privacy/settings").await;
        assert_eq!(settings["reveal_needs_reason"], false);
        settings["reveal_needs_reason"] = json!(true);
        house.done("PUT", "/privacy/settings", settings).await;
        for body in [json!({}), json!({ "reason": " " }), json!({ "reason": "x" }), json!({ "field": "phones" })] {
            let refused = house.refused("POST", &path, body).await;
            assert_eq!((refused.0, refused.1.as_str(), refused.2.as_str()), (422, "reason_missing", "reason"));
        }
        assert_eq!(house.done("POST", &path, json!({ "reason": "回电" })).await["phones"][0], "+8613812345678");
        let entry = house.places_of("回电");
        assert!(entry.iter().any(|place| place.starts_with("audit")), "{entry:?}");
        // Who edits customers and may not have them revealed, does not see them.
        let agent = house.person("agent", Role::Agent);
        let (status, _) = house.call(&agent, "POST", &path, Some(json!({ "reason": "回电" }))).await;
        assert_eq!(status, 403);
    }
}

#[tokio::test]
async fn an_export_whose_job_is_gone_says_so_is_cleaned_away_and_can_be_had_again() {
    for db in databases() {
        let house = House::new(db);
        house.customer().await;
        let export = house.post("/exports", json!({ "format": "csv", "reason": "盘点" })).await;
        let id = id_of(&export);
        assert_eq!(export["state"], "running");
        let look = || {
            house
                .db
                .write(|tx| jobs::enqueue(tx, house.now(), NewJob::new(WatchExports::KIND, json!({}), house.now())))
                .expect("queued");
        };
        // A process that was killed again and again: the job is dead, half a file lies there.
        let folder = common::folder(&house, "exports");
        std::fs::create_dir_all(&folder).expect("a folder");
        let part = folder.join(format!("{id}.part"));
        std::fs::write(&part, "half").expect("written");
        let kill = "UPDATE jobs SET state = 'dead' WHERE kind = 'customers.export'";
        house.db.write(|tx| tx.execute(kill, &[])).expect("killed");
        look();
        house.work();
        let failed = house.get("/exports").await["items"][0].clone();
        assert_eq!(failed["state"], "failed");
        assert!(failed["problem"]["zh"].as_str().is_some_and(|text| !text.is_empty()), "{failed}");
        assert!(!part.exists());
        // Nobody else takes it up.
        let other = house.person("ops", Role::OperationsManager);
        assert_eq!(house.call(&other, "POST", &format!("/exports/{id}/retry"), None).await.0, 404);
        assert_eq!(house.post(&format!("/exports/{id}/retry"), Value::Null).await["state"], "running");
        // While its job lives nobody takes it away.
        look();
        house.work();
        assert_eq!(house.get("/exports").await["items"][0]["state"], "ready");
        assert_eq!(house.raw(&house.boss, &format!("/exports/{id}/file")).await.0, 200);
        assert_eq!(house.refused("POST", &format!("/exports/{id}/retry"), Value::Null).await.1, "export_not_failed");
        // A file that nobody knows goes.
        let foreign = folder.join(id.replace(&id[8..12], "ffff"));
        std::fs::write(&foreign, "left").expect("written");
        look();
        house.work();
        assert!(!foreign.exists() && folder.join(&id).exists());
    }
}
