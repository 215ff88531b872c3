//! The second step of a login, and what the house asks of one.

use crate::common::{Browser, House, PASSWORD};
use axum::http::StatusCode;
use serde_json::{Value, json};
use zunke_access::Role;
use zunke_access::second_factor::totp;
use zunke_store::testing::databases;
use zunke_store::vault::Vault;

/// A house with a vault, per engine; the folder of its keys lives as long as it.
fn houses() -> Vec<(House, tempfile::TempDir)> {
    databases()
        .into_iter()
        .map(|db| {
            let folder = tempfile::tempdir().expect("a folder");
            let vault = Vault::in_folder(folder.path());
            (House::with(db, |app| app.with(vault)), folder)
        })
        .collect()
}

fn unbase32(text: &str) -> Vec<u8> {
    let (mut out, mut held, mut bits) = (Vec::new(), 0u32, 0);
    for sign in text.bytes() {
        let value = if sign.is_ascii_digit() { sign - b'2' + 26 } else { sign - b'A' };
        held = (held << 5) | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits) as u8);
        }
    }
    out
}

fn code(house: &House, secret: &[u8]) -> String {
    format!("{:06}", totp::code(secret, totp::step(house.now())))
}

/// Sets up a second step; answers its secret and the recovery codes.
async fn set_up(browser: &Browser<'_>) -> (Vec<u8>, Vec<String>) {
    let begun = browser.post("/session/second-factor", json!({"password": PASSWORD})).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
    assert!(begun.text("uri").starts_with("otpauth://totp/"));
    let secret = unbase32(&begun.text("secret"));
    let wrong = browser.post("/session/second-factor/confirm", json!({"code": "12"})).await;
    assert_eq!((wrong.status, wrong.code()), (StatusCode::UNPROCESSABLE_ENTITY, "second_factor_wrong"));
    let done = browser.post("/session/second-factor/confirm", json!({"code": code(browser.house, &secret)})).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let codes = done.body["recovery_codes"].as_array().expect("codes");
    (secret, codes.iter().map(|code| code.as_str().expect("text").to_owned()).collect())
}

async fn log_in_with(house: &House, code: Option<&str>) -> crate::common::Answer {
    let mut body = json!({"login": "wang", "password": PASSWORD});
    if let Some(code) = code {
        body["code"] = Value::from(code);
    }
    house.call("POST", "/session", &[], Some(body)).await
}

#[tokio::test]
async fn with_a_second_step_a_password_alone_opens_nothing_and_no_code_opens_twice() {
    for (house, _keys) in houses() {
        house.person("wang", Role::Agent, None);
        let other = house.log_in("wang").await;
        let browser = house.log_in("wang").await;
        let refused = browser.post("/session/second-factor", json!({"password": "not this one"})).await;
        assert_eq!((refused.code(), refused.field()), ("password_wrong", "password"));
        let (secret, codes) = set_up(&browser).await;
        assert_eq!(other.get("/session").await.status, StatusCode::UNAUTHORIZED, "other browsers must come in anew");
        assert_eq!(browser.get("/session").await.status, StatusCode::OK);
        let again = browser.post("/session/second-factor", json!({"password": PASSWORD})).await;
        assert_eq!(again.code(), "second_factor_active");

        let missing = log_in_with(&house, None).await;
        assert_eq!((missing.status, missing.code()), (StatusCode::UNAUTHORIZED, "second_factor_required"));
        assert!(!missing.headers.contains_key("set-cookie"));
        let spent = log_in_with(&house, Some(&code(&house, &secret))).await;
        assert_eq!(spent.code(), "second_factor_wrong", "the code that set it up is used");
        house.wait_secs(60);
        let fresh = code(&house, &secret);
        assert_eq!(log_in_with(&house, Some(&fresh)).await.status, StatusCode::OK);
        assert_eq!(log_in_with(&house, Some(&fresh)).await.code(), "second_factor_wrong");

        house.wait_secs(3_600);
        assert_eq!(log_in_with(&house, Some(&codes[0].to_uppercase())).await.status, StatusCode::OK);
        assert_eq!(log_in_with(&house, Some(&codes[0])).await.code(), "second_factor_wrong");
        let state = browser.get("/session/second-factor").await;
        assert_eq!((&state.body["active"], &state.body["recovery_codes_left"]), (&json!(true), &json!(9)));
    }
}

#[tokio::test]
async fn guessing_codes_is_slowed_down_as_guessing_passwords_is() {
    for (house, _keys) in houses() {
        house.person("wang", Role::Agent, None);
        set_up(&house.log_in("wang").await).await;
        let mut last = StatusCode::OK;
        for _ in 0..8 {
            last = log_in_with(&house, Some("000000")).await.status;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    }
}

#[tokio::test]
async fn it_is_taken_away_with_password_and_code_or_by_an_administrator() {
    for (house, _keys) in houses() {
        let wang = house.person("wang", Role::Agent, None);
        house.person("boss", Role::Administrator, None);
        let browser = house.log_in("wang").await;
        let (_, codes) = set_up(&browser).await;
        let body = |code: &str| json!({"password": PASSWORD, "code": code});
        let wrong = browser.post("/session/second-factor/remove", body("aaaa")).await;
        assert_eq!((wrong.code(), wrong.field()), ("second_factor_wrong", "code"));
        let renewed = browser.post("/session/recovery-codes", body(&codes[1])).await;
        assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.body);
        assert_eq!(browser.post("/session/second-factor/remove", body(&codes[2])).await.code(), "second_factor_wrong");
        let code = renewed.body["recovery_codes"][0].as_str().expect("a code").to_owned();
        assert_eq!(browser.post("/session/second-factor/remove", body(&code)).await.status, StatusCode::NO_CONTENT);
        assert_eq!(log_in_with(&house, None).await.status, StatusCode::OK);
        assert_eq!(browser.post("/session/recovery-codes", body(&code)).await.code(), "second_factor_off");

        set_up(&browser).await;
        let boss = house.log_in("boss").await;
        let path = format!("/staff/{}/second-factor/reset", wang.id);
        assert_eq!(browser.send("POST", &path, None).await.status, StatusCode::FORBIDDEN);
        assert_eq!(boss.send("POST", &path, None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(browser.get("/session").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(log_in_with(&house, None).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn where_the_house_asks_for_it_nothing_else_opens_before_it_is_set_up() {
    for (house, _keys) in houses() {
        house.person("wang", Role::Agent, None);
        house.person("boss", Role::Administrator, None);
        let (boss, wang) = (house.log_in("boss").await, house.log_in("wang").await);
        let before = boss.get("/security-policy").await;
        let tag = before.headers["etag"].to_str().expect("a tag").to_owned();
        let asked = json!({"password_chars_min": 14, "idle_minutes": 30, "life_hours": 8, "second_factor": "everyone"});
        let mut odd = asked.clone();
        odd["idle_minutes"] = json!(0);
        let refused = boss.send_with("PUT", "/security-policy", &[("if-match", &tag)], Some(odd)).await;
        assert_eq!((refused.code(), refused.field()), ("out_of_range", "idle_minutes"));
        assert_eq!(wang.get("/security-policy").await.status, StatusCode::FORBIDDEN);
        let put = boss.send_with("PUT", "/security-policy", &[("if-match", &tag)], Some(asked.clone())).await;
        assert_eq!(put.status, StatusCode::OK, "{}", put.body);
        let stale = boss.send_with("PUT", "/security-policy", &[("if-match", &tag)], Some(asked)).await;
        assert_eq!(stale.code(), "second_factor_setup_required", "the administrator too");

        assert_eq!(wang.get("/staff").await.code(), "second_factor_setup_required");
        assert_eq!(wang.get("/session").await.body["second_step_missing"], json!(true));
        let (_, codes) = set_up(&wang).await;
        assert_eq!(wang.get("/staff").await.status, StatusCode::OK);
        let body = json!({"password": PASSWORD, "code": codes[0]});
        assert_eq!(wang.post("/session/second-factor/remove", body).await.code(), "second_factor_kept");

        let short = wang.post("/session/password", json!({"current": PASSWORD, "new": "kz9-vq2-mmx7"})).await;
        assert_eq!((short.code(), short.field()), ("password_length", "new"));

        house.wait_secs(29 * 60);
        assert_eq!(wang.get("/session").await.status, StatusCode::OK);
        house.wait_secs(29 * 60);
        assert_eq!(wang.get("/session").await.status, StatusCode::OK, "use keeps it open");
        house.wait_secs(31 * 60);
        assert_eq!(wang.get("/session").await.status, StatusCode::UNAUTHORIZED, "half an hour unused");
    }
}

#[tokio::test]
async fn secrets_are_sealed_anew_when_the_keys_change() {
    for (house, keys) in houses() {
        house.person("wang", Role::Agent, None);
        let (secret, _) = set_up(&house.log_in("wang").await).await;
        let vault = Vault::in_folder(keys.path());
        assert_eq!(zunke_access::second_factor::reseal(&house.db, &vault).expect("nothing to do"), 0);
        vault.rotate(house.now()).expect("rotated");
        assert_eq!(zunke_access::second_factor::reseal(&house.db, &vault).expect("sealed anew"), 1);
        house.wait_secs(60);
        assert_eq!(log_in_with(&house, Some(&code(&house, &secret))).await.status, StatusCode::OK);
    }
}
