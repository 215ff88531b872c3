//! Jobs and the audit record as their readers see them, and the nightly clearing.

use crate::common::houses;
use axum::http::StatusCode;
use serde_json::json;
use std::sync::Arc;
use zunke_access::Role;
use zunke_access::work::CleanUp;
use zunke_kernel::id::StaffId;
use zunke_store::jobs::{self, NewJob, Worker};

fn enqueue(house: &crate::common::House, by: Option<StaffId>) -> String {
    let now = house.now();
    let job = |by| NewJob { created_by: by, ..NewJob::new("test.work", json!({"secret": "phone"}), now) };
    house.db.write(|tx| jobs::enqueue(tx, now, job(by))).expect("a job").to_string()
}

#[tokio::test]
async fn everybody_sees_and_cancels_his_own_jobs_and_a_manager_all() {
    for house in houses() {
        house.person("ops", Role::OperationsManager, None);
        let fang = house.person("fang", Role::Agent, None);
        let (ops, browser) = (house.log_in("ops").await, house.log_in("fang").await);
        let (own, other) = (enqueue(&house, Some(fang.id)), enqueue(&house, None));
        let listed = browser.get("/jobs?state=queued").await;
        assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(1), "{}", listed.body);
        assert!(!listed.body.to_string().contains("phone"), "what a job was given stays inside");
        assert_eq!(ops.get("/jobs?kind=test.work").await.body["items"].as_array().map(Vec::len), Some(2));
        for method in ["GET", "POST"] {
            let path = if method == "GET" { format!("/jobs/{other}") } else { format!("/jobs/{other}/cancel") };
            let hidden = browser.send(method, &path, None).await;
            let nowhere = browser.send(method, &path.replace(&other, &format!("job_{}", "0".repeat(32))), None).await;
            assert_eq!((hidden.status, hidden.body), (StatusCode::NOT_FOUND, nowhere.body), "as one that isn't there");
        }
        let cancelled = browser.send("POST", &format!("/jobs/{own}/cancel"), None).await;
        assert_eq!((cancelled.status, cancelled.text("state")), (StatusCode::OK, "cancelled".into()));
        let again = browser.send("POST", &format!("/jobs/{own}/cancel"), None).await;
        assert_eq!((again.status, again.text("state")), (StatusCode::OK, "cancelled".into()), "twice is once");
        assert_eq!(ops.send("POST", &format!("/jobs/{other}/cancel"), None).await.status, StatusCode::OK);
        let first = ops.get("/jobs?limit=1").await;
        let second = ops.get(&format!("/jobs?limit=1&after={}", first.text("next"))).await;
        assert_ne!(first.body["items"][0]["id"], second.body["items"][0]["id"]);
        assert!(second.body.get("next").is_none());
    }
}

#[tokio::test]
async fn the_record_pages_from_the_newest_and_narrows() {
    for house in houses() {
        let boss_staff = house.person("boss", Role::Administrator, None);
        let boss = house.log_in("boss").await;
        for name in ["A", "B", "C"] {
            boss.post("/departments", json!({"name": name})).await;
        }
        let first = boss.get("/audit?action=department.&limit=2").await;
        let rest = boss.get(&format!("/audit?action=department.&limit=2&after={}", first.text("next"))).await;
        let names = |page: &serde_json::Value| {
            let items = page["items"].as_array().expect("items").iter();
            items.map(|item| item["detail"]["name"].as_str().expect("name").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!((names(&first.body), names(&rest.body)), (vec!["C".into(), "B".into()], vec!["A".into()]));
        assert_eq!(first.body["items"][0]["actor"], json!(boss_staff.id));
        let opened = boss.get(&format!("/audit?action=session.open&subject={}", boss_staff.id)).await;
        assert_eq!(opened.body["items"].as_array().map(Vec::len), Some(1));
        let later = boss.get("/audit?from=2030-01-01T00:00:00Z").await;
        assert_eq!(later.body["items"], json!([]));
        let verified = house.db.read(zunke_store::audit::verify).expect("the chain");
        assert_eq!(verified.broken_at, None);
    }
}

#[tokio::test]
async fn clearing_forgets_old_answers_and_leaves_fresh_ones() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let token = house.token("boss", true);
        let make = async |name: &str, key: &str| {
            let headers = [("authorization", token.as_str()), ("idempotency-key", key)];
            house.call("POST", "/departments", &headers, Some(json!({"name": name}))).await
        };
        make("Old", "old").await;
        house.wait_secs(47 * 3600);
        make("New", "new").await;
        house.wait_secs(2 * 3600);
        let now = house.now();
        house.db.write(|tx| jobs::enqueue(tx, now, NewJob::new(CleanUp::KIND, json!({}), now))).expect("a job");
        let handlers: Vec<Arc<dyn jobs::Handler>> = vec![Arc::new(CleanUp)];
        let db = house.db.db.clone();
        let ran = tokio::task::spawn_blocking(move || Worker::run_once(&db, &handlers, now)).await.expect("joined");
        assert!(ran.expect("ran").is_some());
        assert!(make("New", "new").await.headers.contains_key("idempotency-replayed"));
        assert_eq!(make("Old", "old").await.code(), "department_name_taken", "its key was forgotten");
    }
}
