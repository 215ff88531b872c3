//! Nothing secret reaches the log, whatever its level, and nothing secret is stored as it is.
//! A process of its own: the collector of log lines is global.

#[path = "access/common.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use more of it")]
mod common;

use axum::http::StatusCode;
use common::{PASSWORD, houses};
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use zunke_access::{Role, first_start};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_password_cookie_or_token_is_logged_or_stored() {
    let lines = Lines::default();
    let made = lines.clone();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || made.clone()).init();
    for house in houses() {
        let printed = first_start(&house.db, house.now()).expect("first start").expect("a password");
        let wrong = "a wrong passphrase";
        house.try_login("admin", wrong).await;
        house.call("POST", "/session", &[], Some(json!({"login": "admin", "password": {"text": wrong}}))).await;
        let first = house.try_login("admin", printed.reveal()).await;
        let cookie = first.cookie();
        let browser = common::Browser { house: &house, cookie: cookie.clone() };
        let change = json!({"current": printed.reveal(), "new": PASSWORD});
        let changed = browser.send("POST", "/session/password", Some(change)).await;
        assert_eq!(changed.status, StatusCode::NO_CONTENT, "{}", changed.body);
        let browser = common::Browser { house: &house, cookie: changed.cookie() };
        let body = json!({"name": "feed", "scopes": ["write"]});
        let token = browser.send_with("POST", "/tokens", &[("idempotency-key", "k")], Some(body)).await.text("token");
        let new = json!({"login": "fang", "name": "芳", "role": Role::Agent});
        let one_time = browser.send_with("POST", "/staff", &[("idempotency-key", "s")], Some(new)).await;
        let one_time = one_time.text("one_time_password");
        let bearer = format!("Bearer {token}");
        assert_eq!(house.call("GET", "/staff", &[("authorization", &bearer)], None).await.status, StatusCode::OK);

        let cookie = cookie.split_once('=').expect("a value").1.to_owned();
        let fresh = browser.cookie.split_once('=').expect("a value").1.to_owned();
        let secrets = [printed.reveal(), wrong, PASSWORD, &cookie, &fresh, &token, &one_time];
        let logged = String::from_utf8(lines.0.lock().expect("lines").clone()).expect("text");
        assert!(logged.contains("answered"), "the collector works");
        let stored = stored_text(&house);
        assert!(stored.contains("feed") && stored.contains("argon2id"), "the reader of tables works");
        for secret in secrets {
            assert!(!logged.contains(secret), "logged");
            assert!(!stored.contains(secret), "stored");
        }
    }
}

/// All text that the tables of the room and the kept answers hold.
fn stored_text(house: &common::House) -> String {
    let queries = [
        "SELECT login || ' ' || name || ' ' || password_hash FROM staff",
        "SELECT name FROM api_tokens",
        "SELECT address || ' ' || agent FROM sessions",
        "SELECT subject FROM login_attempts",
        "SELECT COALESCE(body, '') FROM idempotency_keys",
        "SELECT action || ' ' || subject || ' ' || detail FROM audit",
    ];
    let read = |sql: &str| house.db.read(|tx| tx.query(sql, &[], |row| row.text(0))).expect(sql).join("\n");
    queries.map(read).join("\n")
}
