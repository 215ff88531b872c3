//! Coming in, staying in, and being kept out.

use crate::common::{PASSWORD, houses};
use axum::http::StatusCode;
use serde_json::json;
use zunke_access::{Role, first_start};

#[tokio::test]
async fn the_first_start_makes_one_administrator_who_must_change_the_printed_password() {
    for house in houses() {
        let printed = first_start(&house.db, house.now()).unwrap().expect("the first start");
        assert!(first_start(&house.db, house.now()).unwrap().is_none(), "only the first");

        let answer = house.try_login("admin", printed.reveal()).await;
        assert_eq!((answer.status, &answer.body["must_change_password"]), (StatusCode::OK, &json!(true)));
        let browser = crate::common::Browser { house: &house, cookie: answer.cookie() };
        let session = browser.get("/session").await;
        assert_eq!((session.status, &session.body["must_change_password"]), (StatusCode::OK, &json!(true)));
        for path in ["/staff", "/departments", "/tokens", "/organisation", "/audit", "/jobs", "/sessions"] {
            let answer = browser.get(path).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "password_change_required"), "{path}");
        }

        let change = |current: &str, new: &str| json!({"current": current, "new": new});
        let wrong = browser.post("/session/password", change("not it at all", "a new long password")).await;
        assert_eq!(
            (wrong.status, wrong.code(), wrong.field()),
            (StatusCode::UNPROCESSABLE_ENTITY, "password_wrong", "current")
        );
        let weak = browser.post("/session/password", change(printed.reveal(), "admin12345")).await;
        assert_eq!((weak.code(), weak.field()), ("password_guessable", "new"));
        let same = browser.post("/session/password", change(printed.reveal(), printed.reveal())).await;
        assert_eq!(same.code(), "password_unchanged");

        let changed = browser.post("/session/password", change(printed.reveal(), PASSWORD)).await;
        assert_eq!(changed.status, StatusCode::NO_CONTENT, "{}", changed.body);
        assert_eq!(browser.get("/session").await.status, StatusCode::UNAUTHORIZED, "the old session ended");
        let fresh = crate::common::Browser { house: &house, cookie: changed.cookie() };
        assert_eq!(fresh.get("/staff").await.status, StatusCode::OK);
        house.log_in("admin").await;
    }
}

#[tokio::test]
async fn a_session_says_who_it_is_and_ends_with_logging_out() {
    for house in houses() {
        house.person("fang", Role::Agent, None);
        let answer = house.try_login(" FANG ", PASSWORD).await;
        let set = answer.headers["set-cookie"].to_str().unwrap().to_owned();
        assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"), "{set}");
        let browser = house.log_in("fang").await;
        let session = browser.get("/session").await;
        assert_eq!(session.body["staff"]["login"], "fang");
        assert_eq!(session.body["today"], "2026-11-22");
        assert_eq!(session.body["setup"], json!({"customers": 0, "orders": 0, "programme_published": false}));
        assert!(session.body["permissions"].as_array().unwrap().contains(&json!("read_customers")));
        let text = session.body.to_string();
        assert!(!text.contains("argon2") && !text.contains("hash"), "{text}");

        let out = browser.send("DELETE", "/session", None).await;
        assert_eq!(out.status, StatusCode::NO_CONTENT);
        assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
        assert_eq!(browser.get("/session").await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn an_unknown_login_a_wrong_password_and_a_deactivated_person_look_the_same() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let gone = house.person("gone", Role::Agent, None);
        let boss = house.log_in("boss").await;
        let done = boss.send("PATCH", &format!("/staff/{}", gone.id), Some(json!({"active": false}))).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        let wrong = house.try_login("boss", "wrong password").await;
        let unknown = house.try_login("nobody", PASSWORD).await;
        let inactive = house.try_login("gone", PASSWORD).await;
        let long = house.try_login("boss", &"x".repeat(5_000)).await;
        assert_eq!((wrong.status, wrong.code()), (StatusCode::UNAUTHORIZED, "login_failed"));
        for other in [unknown, inactive, long] {
            assert_eq!((other.status, other.body), (wrong.status, wrong.body.clone()));
        }
    }
}

#[tokio::test]
async fn guessing_slows_down_says_until_when_and_a_success_starts_afresh() {
    for house in houses() {
        house.person("fang", Role::Agent, None);
        for _ in 0..5 {
            assert_eq!(house.try_login("fang", "wrong password").await.code(), "login_failed");
        }
        let closed = house.try_login("fang", PASSWORD).await;
        assert_eq!((closed.status, closed.code()), (StatusCode::TOO_MANY_REQUESTS, "login_throttled"));
        assert_eq!(closed.headers["retry-after"], "2");
        assert!(closed.text("detail").contains("2 seconds"), "{}", closed.body);
        assert_eq!(house.try_login("Fang ", PASSWORD).await.code(), "login_throttled", "one account, however written");
        house.wait_secs(2);
        house.log_in("fang").await;
        assert_eq!(house.try_login("fang", "wrong password").await.code(), "login_failed");
        house.log_in("fang").await;
    }
}

#[tokio::test]
async fn many_guesses_at_one_time_do_not_slip_through_together() {
    for house in houses() {
        house.person("fang", Role::Agent, None);
        let tries = (0..12).map(|_| house.try_login("fang", "wrong password"));
        let answers = futures_util::future::join_all(tries).await;
        let looked_at = answers.iter().filter(|answer| answer.code() == "login_failed").count();
        assert_eq!(looked_at, 5);
        assert!(answers.iter().all(|answer| ["login_failed", "login_throttled"].contains(&answer.code())));
    }
}

#[tokio::test]
async fn one_address_cannot_try_many_accounts_for_ever() {
    for house in houses() {
        let mut refused = 0;
        for at in 0..40 {
            let answer = house.try_login(&format!("person{at}"), "wrong password").await;
            refused += usize::from(answer.code() == "login_throttled");
        }
        assert_eq!(refused, 9, "after 31 failures the address waits");
    }
}

#[tokio::test]
async fn a_session_slides_with_use_and_ends_when_idle_or_old() {
    for house in houses() {
        house.person("fang", Role::Agent, None);
        let browser = house.log_in("fang").await;
        for _ in 0..4 {
            house.wait_secs(11 * 3600);
            assert_eq!(browser.get("/session").await.status, StatusCode::OK, "used within twelve hours");
        }
        house.wait_secs(12 * 3600);
        assert_eq!(browser.get("/session").await.status, StatusCode::UNAUTHORIZED, "idle for twelve hours");

        let busy = house.log_in("fang").await;
        let mut hours = 0;
        while busy.get("/session").await.status == StatusCode::OK {
            house.wait_secs(6 * 3600);
            hours += 6;
            assert!(hours <= 30 * 24, "no session lives for ever");
        }
        assert_eq!(hours, 30 * 24);
    }
}

#[tokio::test]
async fn own_sessions_are_listed_and_each_can_be_ended_by_its_owner_alone() {
    for house in houses() {
        house.person("fang", Role::Agent, None);
        house.person("ming", Role::Agent, None);
        let (desk, phone, other) = (house.log_in("fang").await, house.log_in("fang").await, house.log_in("ming").await);
        let listed = desk.get("/sessions").await;
        let items = listed.body["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        let foreign = items.iter().find(|item| item["current"] == json!(false)).unwrap()["id"].as_str().unwrap();
        let path = format!("/sessions/{foreign}");
        assert_eq!(other.send("DELETE", &path, None).await.status, StatusCode::NOT_FOUND);
        assert_eq!(phone.get("/session").await.status, StatusCode::OK);
        assert_eq!(desk.send("DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(phone.get("/session").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(desk.get("/session").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_write_by_cookie_must_be_our_own_and_a_token_needs_no_such_proof() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let boss = house.log_in("boss").await;
        let body = || Some(json!({"name": "Sales"}));
        let cookie = ("cookie", boss.cookie.as_str());
        for headers in [
            &[cookie][..],
            &[cookie, ("x-zunke", "1"), ("sec-fetch-site", "cross-site")],
            &[cookie, ("x-zunke", "1"), ("origin", "https://evil.example"), ("host", "shop.example")],
        ] {
            let answer = house.call("POST", "/departments", headers, body()).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "cross_site_refused"), "{headers:?}");
        }
        let out = house.call("DELETE", "/session", &[cookie], None).await;
        assert_eq!(out.code(), "cross_site_refused");
        let login = json!({"login": "boss", "password": PASSWORD});
        let planted = house.call("POST", "/session", &[("sec-fetch-site", "cross-site")], Some(login)).await;
        assert_eq!(planted.code(), "cross_site_refused");
        let token = house.token("boss", true);
        let answer = house.call("POST", "/departments", &[("authorization", &token)], body()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        assert_eq!(boss.get("/departments").await.body["items"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_own_language_wins_over_the_browsers() {
    for house in houses() {
        house.person("fang", Role::Agent, None);
        let browser = house.log_in("fang").await;
        let refused = browser.get("/audit").await;
        assert!(refused.text("detail").starts_with("Your role"), "{}", refused.body);
        let set = browser.send("PATCH", "/session", Some(json!({"locale": "zh"}))).await;
        assert_eq!((set.status, &set.body["locale"]), (StatusCode::OK, &json!("zh")));
        assert!(browser.get("/audit").await.text("detail").starts_with("您的角色"));
        browser.send("PATCH", "/session", Some(json!({"locale": null}))).await;
        assert!(browser.get("/audit").await.text("detail").starts_with("Your role"));
    }
}
