//! A write happens once under its key, however often it is sent.

use crate::common::houses;
use axum::http::StatusCode;
use serde_json::json;
use zunke_access::Role;

#[tokio::test]
async fn the_same_key_and_body_give_the_same_answer_and_one_row() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let boss = house.log_in("boss").await;
        let key = [("idempotency-key", "7c9d")];
        let body = || Some(json!({"name": "Sales"}));
        let first = boss.send_with("POST", "/departments", &key, body()).await;
        let again = boss.send_with("POST", "/departments", &key, body()).await;
        assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
        assert_eq!(first.body, again.body);
        assert_eq!(
            (first.headers.get("idempotency-replayed"), first.headers.get("etag")),
            (None, again.headers.get("etag"))
        );
        assert_eq!(again.headers["idempotency-replayed"], "true");
        let rows = boss.get("/departments").await;
        assert_eq!(rows.body["items"].as_array().map(Vec::len), Some(1));

        let other = boss.send_with("POST", "/departments", &key, Some(json!({"name": "Service"}))).await;
        assert_eq!((other.status, other.code()), (StatusCode::CONFLICT, "idempotency_key_reused"));
        let elsewhere =
            boss.send_with("POST", "/staff", &key, Some(json!({"name": "x", "login": "x", "role": "agent"}))).await;
        assert_eq!(elsewhere.code(), "idempotency_key_reused");

        house.person("second", Role::Administrator, None);
        let second = house.log_in("second").await;
        let own = second.send_with("POST", "/departments", &key, Some(json!({"name": "Other"}))).await;
        assert_eq!(own.status, StatusCode::CREATED, "a key belongs to who sent it");
        for bad in ["", " ", &"k".repeat(201)] {
            let answer = boss.send_with("POST", "/departments", &[("idempotency-key", bad)], body()).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_invalid"));
        }
    }
}

#[tokio::test]
async fn a_refused_write_leaves_its_key_free() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let boss = house.log_in("boss").await;
        boss.post("/departments", json!({"name": "Sales"})).await;
        let key = [("idempotency-key", "once")];
        let refused = boss.send_with("POST", "/departments", &key, Some(json!({"name": "Sales"}))).await;
        assert_eq!(refused.code(), "department_name_taken");
        let corrected = boss.send_with("POST", "/departments", &key, Some(json!({"name": "Service"}))).await;
        assert_eq!(corrected.status, StatusCode::CREATED, "{}", corrected.body);
    }
}

#[tokio::test]
async fn many_calls_with_one_key_at_one_time_have_one_effect() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let boss = house.log_in("boss").await;
        let calls = (0..8).map(|_| {
            boss.send_with("POST", "/departments", &[("idempotency-key", "race")], Some(json!({"name": "Sales"})))
        });
        let answers = futures_util::future::join_all(calls).await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.body), (StatusCode::CREATED, &answers[0].body));
        }
        let fresh = answers.iter().filter(|answer| !answer.headers.contains_key("idempotency-replayed")).count();
        assert_eq!(fresh, 1);
        assert_eq!(boss.get("/departments").await.body["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_repeated_call_does_not_show_a_secret_again() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let boss = house.log_in("boss").await;
        let key = [("idempotency-key", "token")];
        let body = || Some(json!({"name": "feed", "scopes": ["read"]}));
        let first = boss.send_with("POST", "/tokens", &key, body()).await;
        let again = boss.send_with("POST", "/tokens", &key, body()).await;
        assert!(first.body["token"].is_string() && again.body.get("token").is_none(), "{}", again.body);
        assert_eq!((first.text("id"), again.status), (again.text("id"), StatusCode::CREATED));
        let secret = first.text("token");
        let kept = house
            .db
            .read(|tx| tx.query("SELECT COALESCE(body, '') FROM idempotency_keys", &[], |row| row.text(0)))
            .expect("kept answers");
        assert!(!kept.is_empty() && kept.iter().all(|body| !body.contains(&secret)), "no secret is stored");
    }
}
