//! Keys that may less than their owner, that are exchanged without a gap, and that may not call without end.

use crate::common::{House, START, houses};
use axum::http::StatusCode;
use serde_json::{Value, json};
use zunke_access::{RateLimits, Role};
use zunke_store::testing::databases;

async fn as_key(house: &House, token: &str, method: &str, path: &str, body: Option<Value>) -> (StatusCode, String) {
    let bearer = format!("Bearer {token}");
    let answer = house.call(method, path, &[("authorization", &bearer)], body).await;
    (answer.status, answer.code().to_owned())
}

#[tokio::test]
async fn a_key_may_what_it_was_given_and_never_more_than_its_owner() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        house.person("analyst", Role::Analyst, None);
        let boss = house.log_in("boss").await;
        for (field, bad) in [
            ("permissions", json!({ "name": "a", "scopes": ["read"], "permissions": [] })),
            ("permissions[0]", json!({ "name": "a", "scopes": ["read"], "permissions": ["fly"] })),
            ("per_minute", json!({ "name": "a", "scopes": ["read"], "per_minute": 0 })),
            ("per_minute", json!({ "name": "a", "scopes": ["read"], "per_minute": 60_001 })),
        ] {
            let answer = boss.post("/tokens", bad).await;
            assert!(answer.status.is_client_error(), "{}", answer.body);
            assert_eq!(answer.field(), field, "{}", answer.body);
        }
        let analyst = house.log_in("analyst").await;
        let beyond = json!({ "name": "a", "scopes": ["read"], "permissions": ["manage_staff"] });
        assert_eq!(analyst.post("/tokens", beyond).await.code(), "permission_beyond");
        let new = json!({ "name": "audit", "scopes": ["read", "write"], "permissions": ["read_audit"] });
        let made = boss.post("/tokens", new).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        assert_eq!(made.body["permissions"], json!(["read_audit"]));
        let key = made.text("token");
        assert_eq!(as_key(&house, &key, "GET", "/audit", None).await.0, StatusCode::OK);
        assert_eq!(as_key(&house, &key, "GET", "/staff", None).await.0, StatusCode::OK, "names are for everyone");
        let staff = json!({ "login": "x", "name": "x", "role": "agent" });
        let refused = as_key(&house, &key, "POST", "/staff", Some(staff)).await;
        assert_eq!(refused, (StatusCode::FORBIDDEN, "key_scope".into()));
        let session = house.call("GET", "/session", &[("authorization", &format!("Bearer {key}"))], None).await;
        assert_eq!(session.body["permissions"], json!(["read_audit"]));
        // What its owner may no longer, it may no longer.
        house
            .db
            .write(|tx| tx.execute("UPDATE staff SET role = 'agent' WHERE login = 'boss'", &[]))
            .expect("another role");
        assert_eq!(as_key(&house, &key, "GET", "/audit", None).await.0, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_key_is_exchanged_without_a_gap() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let boss = house.log_in("boss").await;
        let made = boss.post("/tokens", json!({ "name": "shop", "scopes": ["read"] })).await;
        let (id, old) = (made.text("id"), made.text("token"));
        let path = format!("/tokens/{id}/rotate");
        for hours in [-1, 169] {
            let answer = boss.post(&path, json!({ "overlap_hours": hours })).await;
            assert_eq!((answer.status, answer.field()), (StatusCode::UNPROCESSABLE_ENTITY, "overlap_hours"));
        }
        let rotated = boss.post(&path, json!({ "overlap_hours": 2 })).await;
        assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.body);
        let new = rotated.text("token");
        assert_eq!(rotated.text("id"), id);
        for key in [&old, &new] {
            assert_eq!(as_key(&house, key, "GET", "/jobs", None).await.0, StatusCode::OK);
        }
        assert_eq!(as_key(&house, &new, "POST", &path, Some(json!({}))).await.0, StatusCode::FORBIDDEN, "by itself");
        house.wait_secs(2 * 3_600 + 1);
        assert_eq!(as_key(&house, &old, "GET", "/jobs", None).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(as_key(&house, &new, "GET", "/jobs", None).await.0, StatusCode::OK);
        // At once, where it was stolen.
        let again = boss.post(&path, json!({ "overlap_hours": 0 })).await.text("token");
        assert_eq!(as_key(&house, &new, "GET", "/jobs", None).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(as_key(&house, &again, "GET", "/jobs", None).await.0, StatusCode::OK);
        house.person("other", Role::Administrator, None);
        let other = house.log_in("other").await;
        assert_eq!(other.post(&path, json!({})).await.status, StatusCode::NOT_FOUND, "somebody else's");
    }
}

#[tokio::test]
async fn calls_are_counted_for_each_key_and_the_answer_says_how_many_are_left() {
    for db in databases() {
        let house = House::with(db, |app| app.with(RateLimits::default()));
        house.person("boss", Role::Administrator, None);
        let boss = house.log_in("boss").await;
        let made = boss.post("/tokens", json!({ "name": "shop", "scopes": ["read"], "per_minute": 3 })).await;
        let bearer = format!("Bearer {}", made.text("token"));
        let headers = [("authorization", bearer.as_str())];
        for left in ["2", "1", "0"] {
            let answer = house.call("GET", "/jobs", &headers, None).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(
                (&answer.headers["ratelimit-limit"], &answer.headers["ratelimit-remaining"]),
                (&"3".parse().expect("a value"), &left.parse().expect("a value"))
            );
        }
        let answer = house.call("GET", "/jobs", &headers, None).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::TOO_MANY_REQUESTS, "rate_limited"));
        assert_eq!(answer.headers["retry-after"], "20");
        assert_eq!(boss.get("/jobs").await.headers["ratelimit-limit"], "6000", "others go on");
        house.wait_secs(20);
        assert!(house.now() > START);
        assert_eq!(house.call("GET", "/jobs", &headers, None).await.status, StatusCode::OK);
    }
}
