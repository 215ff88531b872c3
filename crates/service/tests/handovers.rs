//! A manager leaves: everything he has goes to others in one step, and stands in a protocol.

mod company;

use company::{Company, NOW, Person, day};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use zunke_access::Role;
use zunke_kernel::id::CustomerId;
use zunke_service::handover::work::Parts;
use zunke_service::manager::Keeper;
use zunke_store::jobs::{Handler, Worker};
use zunke_store::testing::databases;

async fn ticket(house: &Company, who: &Person, customer: CustomerId, assignee: &Person, subject: &str) -> String {
    let body =
        json!({"customer_id": customer, "kind": "question", "channel": "phone", "subject": subject, "body": "话"});
    let made = house.post(who, "/tickets", body).await;
    let id = made["id"].as_str().or_else(|| made["ticket"]["id"].as_str()).expect("an id").to_owned();
    house.post(&house.boss, &format!("/tickets/{id}/assign"), json!({"staff_id": assignee.id})).await;
    id
}

fn of_kind<'a>(protocol: &'a Value, kind: &str) -> Vec<&'a Value> {
    protocol["items"].as_array().expect("items").iter().filter(|item| item["kind"] == json!(kind)).collect()
}

#[tokio::test]
async fn customers_tickets_visits_and_tasks_move_in_one_step_and_history_keeps_the_name() {
    for db in databases() {
        let house = Company::new(db);
        house.vips_from_three().await;
        let (old, new) = (house.person("old", Role::AccountManager), house.person("new", Role::AccountManager));
        let other = house.person("other", Role::AccountManager);
        let vips = house.customers("贵宾", 3, 3, Some(old.id));
        let foreign = house.customers("别家", 1, 3, Some(other.id))[0];
        let own = ticket(&house, &house.boss, vips[0], &old, "退货").await;
        let theirs = ticket(&house, &house.boss, foreign, &old, "换货").await;
        let visit =
            json!({"customer_id": vips[1], "kind": "visit", "state": "planned", "day": day(3), "purpose": "新品"});
        house.post(&old, "/visits", visit).await;
        house.post(&old, "/my/tasks", json!({"title": "寄目录", "customer_id": vips[2], "due_day": day(1)})).await;
        house.post(&old, "/my/tasks", json!({"title": "写周报"})).await;
        let ask = json!({"from_id": old.id, "to_id": new.id});
        let seen = house.post(&house.boss, "/managers/hand-over/preview", ask).await;
        let counts = ["customers", "vips", "tickets", "visits", "tasks"].map(|kind| seen[kind].as_i64().unwrap_or(-1));
        assert_eq!(counts, [3, 3, 2, 1, 2]);
        assert_eq!(seen["to"][0]["after"]["vips"], json!(3));
        assert_eq!(house.owner(vips[0]), Some(old.id), "a preview moves nothing");
        let body = json!({"from_id": old.id, "to_id": new.id, "note": "周五前回电王女士"});
        let done = house.post(&house.boss, "/managers/hand-over", body.clone()).await;
        assert_eq!(done["state"], json!("done"));
        assert!(vips.iter().all(|id| house.owner(*id) == Some(new.id)));
        assert_eq!(house.owner(foreign), Some(other.id));
        let assignee = |ticket: Value| {
            let of = |one: &Value| one["assignee"]["id"].as_str().map(str::to_owned);
            of(&ticket).or_else(|| of(&ticket["ticket"]))
        };
        assert_eq!(assignee(house.get(&house.boss, &format!("/tickets/{own}")).await), Some(new.id.to_string()));
        // A ticket of another manager's customer goes to that manager.
        assert_eq!(assignee(house.get(&house.boss, &format!("/tickets/{theirs}")).await), Some(other.id.to_string()));
        let tasks = house.get(&new, "/my/tasks").await;
        let kinds: BTreeSet<&str> =
            tasks["items"].as_array().expect("items").iter().filter_map(|one| one["kind"].as_str()).collect();
        assert_eq!(kinds, BTreeSet::from(["own", "signature", "visit"]));
        assert!(house.get(&old, "/my/tasks").await["items"].as_array().expect("items").len() == 1, "his signature");
        let of = house.get(&new, &format!("/customers/{}/manager", vips[0])).await;
        assert_eq!((&of["history"][0]["why"], &of["history"][0]["staff_name"]), (&json!("hand_over"), &json!("new")));
        assert_eq!(of["history"][1]["staff_name"], json!("old"), "history keeps the name");
        let taken = &of["taken_over"];
        assert_eq!((&taken["from_name"], &taken["note"]), (&json!("old"), &json!("周五前回电王女士")));
        let line = taken["line"].as_str().unwrap_or("");
        assert!(line.contains("old") && line.contains("new") && !line.contains('{'), "{line}");
        // The protocol lists everything, each as it was called.
        let path = format!("/hand-overs/{}", done["id"].as_str().unwrap_or(""));
        let protocol = house.get(&house.boss, &path).await;
        let count = |kind: &str| of_kind(&protocol, kind).len();
        assert_eq!((count("customer"), count("ticket"), count("visit"), count("task")), (3, 2, 1, 2));
        assert_eq!((&protocol["from_name"], &protocol["note"]), (&json!("old"), &json!("周五前回电王女士")));
        // Who took one thing sees that one thing; who has no part in it, nothing.
        assert_eq!(house.get(&other, &path).await["items"].as_array().map(Vec::len), Some(1));
        let stranger = house.person("stranger", Role::Agent);
        assert_eq!(house.call(&stranger, "GET", &path, None).await.0, 404);
        // Once more there is nothing to do.
        let again = house.refused(&house.boss, "POST", "/managers/hand-over", body).await;
        assert_eq!(again, (409, "hand_over_empty".into(), "from_id".into()));
    }
}

#[tokio::test]
async fn both_sides_sign_once_and_the_words_stand_from_the_first_signature_on() {
    for db in databases() {
        let house = Company::new(db);
        let (old, new) = (house.person("old", Role::AccountManager), house.person("new", Role::AccountManager));
        house.customers("客", 2, 1, Some(old.id));
        let done = house.post(&house.boss, "/managers/hand-over", json!({"from_id": old.id, "to_id": new.id})).await;
        let path = format!("/hand-overs/{}", done["id"].as_str().unwrap_or(""));
        let version = house.get(&new, &path).await["version"].as_i64().unwrap_or(0);
        let (status, _) =
            house.edit(&new, &path, version, json!({"note": "已面谈", "customer_line": "{to}接手"})).await;
        assert_eq!(status, 200);
        let (status, _) = house.edit(&new, &path, version, json!({"note": "旧版本"})).await;
        assert_eq!(status, 412);
        let sign = format!("{path}/sign");
        house.post(&new, &sign, json!({})).await;
        assert_eq!(house.refused(&new, "POST", &sign, json!({})).await.1, "already_signed");
        assert_eq!(house.refused(&new, "PATCH", &path, json!({"note": "改"})).await.1, "hand_over_signed");
        assert_eq!(house.refused(&house.boss, "POST", &sign, json!({})).await.1, "no_signatory");
        // For somebody who is here nobody else signs; for who has left, who manages the service.
        let body = json!({"for_id": old.id});
        assert_eq!(house.refused(&house.boss, "POST", &sign, body.clone()).await.0, 403);
        house.db.write(|tx| tx.execute("UPDATE staff SET active = $1 WHERE login = 'old'", &[false.into()])).unwrap();
        let signed = house.post(&house.boss, &sign, body).await;
        let all = signed["signatures"].as_array().expect("two");
        assert!(all.len() == 2 && all.iter().all(|one| !one["signed_at"].is_null()));
        assert_eq!(all[0]["signed_by_name"], json!("boss"));
    }
}

#[tokio::test]
async fn nobody_gets_more_than_his_places_and_who_stays_is_counted() {
    for db in databases() {
        let house = Company::new(db);
        let body = json!({"cap": 5, "vip_from": 3});
        assert_eq!(house.call(&house.boss, "PUT", "/managers/settings", Some(body)).await.0, 200);
        let (old, new) = (house.person("old", Role::AccountManager), house.person("new", Role::AccountManager));
        house.customers("已有", 3, 3, Some(new.id));
        let vips = house.customers("贵宾", 4, 3, Some(old.id));
        let body = json!({"from_id": old.id, "to_id": new.id});
        let full = house.refused(&house.boss, "POST", "/managers/hand-over", body).await;
        assert_eq!(full, (409, "manager_full".into(), "to_id".into()));
        assert!(vips.iter().all(|id| house.owner(*id) == Some(old.id)), "nothing is begun");
        let seen = house.post(&house.boss, "/managers/hand-over/preview", json!({"from_id": old.id})).await;
        assert_eq!((&seen["unplaced"], seen["unplaced_names"].as_array().map(Vec::len)), (&json!(2), Some(2)));
        let done = house.post(&house.boss, "/managers/hand-over", json!({"from_id": old.id, "partial": true})).await;
        assert_eq!(done["state"], json!("done"));
        assert_eq!((house.vips_of(new.id), house.vips_of(old.id)), (5, 2));
        // Bad input.
        let own = json!({"from_id": old.id, "to_id": old.id});
        assert_eq!(house.refused(&house.boss, "POST", "/managers/hand-over", own).await.1, "hand_over_self");
        let nobody = json!({"from_id": "stf_00000000000000000000000000000001", "to_id": new.id});
        assert_eq!(house.refused(&house.boss, "POST", "/managers/hand-over", nobody).await.1, "staff_unknown");
        assert_eq!(house.refused(&new, "POST", "/managers/hand-over", json!({"from_id": old.id})).await.0, 403);
        let long = json!({"from_id": old.id, "to_id": new.id, "note": "长".repeat(4_001)});
        assert_eq!(house.refused(&house.boss, "POST", "/managers/hand-over", long).await.2, "note");
    }
}

#[tokio::test]
async fn a_large_hand_over_goes_on_as_a_job_and_a_second_run_moves_nothing_twice() {
    for db in databases() {
        let house = Company::new(db);
        house.vips_from_three().await;
        let (old, _) = (house.person("old", Role::AccountManager), house.person("north", Role::AccountManager));
        house.person("south", Role::AccountManager);
        let all = house.customers("客", 700, 1, Some(old.id));
        let begun = house.post(&house.boss, "/managers/hand-over", json!({"from_id": old.id})).await;
        assert_eq!(begun["state"], json!("running"));
        let second = house.refused(&house.boss, "POST", "/managers/hand-over", json!({"from_id": old.id})).await;
        assert_eq!(second.1, "hand_over_running");
        let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(Parts { observers: vec![Arc::new(Keeper)] })];
        while Worker::run_once(&house.db, &handlers, NOW).expect("a run").is_some() {}
        assert!(all.iter().all(|id| house.owner(*id).is_some_and(|owner| owner != old.id)));
        let path = format!("/hand-overs/{}", begun["id"].as_str().unwrap_or(""));
        let protocol = house.get(&house.boss, &path).await;
        assert_eq!((&protocol["state"], of_kind(&protocol, "customer").len()), (&json!("done"), 700));
        let sum: i64 =
            protocol["counts"].as_array().expect("counts").iter().filter_map(|one| one["items"].as_i64()).sum();
        assert_eq!(sum, 700);
        let periods = "SELECT COUNT(*) FROM customer_managers WHERE why = 'hand_over'";
        let periods = house.db.read(|tx| tx.query_one(periods, &[], |row| row.int(0))).expect("read");
        assert_eq!(periods, Some(700), "each moved once");
    }
}
