//! Scanning with WeCom 企业微信 against a stand-in that answers as its documents say.

mod common;

use common::{Browser, House, Provider};
use serde_json::{Value, json};
use zunke_access::Role;
use zunke_store::testing::databases;

fn settings(provider: &Provider) -> Value {
    json!({
        "name": "企业微信", "kind": "wecom", "client_id": "ww100000a5f2191", "agent_id": "1000002",
        "login_url": provider.url, "api_url": provider.url,
    })
}

/// Answers as the interface does when all is well.
fn well(provider: &Provider) {
    provider.with(|manner| {
        let token = json!({ "errcode": 0, "errmsg": "ok", "access_token": "at-1", "expires_in": 7200 });
        manner.wecom.insert("gettoken".into(), token);
        let info = json!({
            "errcode": 40029, "errmsg": "invalid code",
            "good": { "errcode": 0, "errmsg": "ok", "userid": "WangFang", "user_ticket": "t" },
            "guest": { "errcode": 0, "errmsg": "ok", "openid": "o-1" },
            "other": { "errcode": 0, "errmsg": "ok", "userid": "LiLei" },
        });
        manner.wecom.insert("auth/getuserinfo".into(), info);
        manner.wecom.insert("user/get".into(), json!({ "errcode": 0, "errmsg": "ok", "name": "李雷" }));
    });
}

async fn scan(house: &House, id: &str, code: &str) -> (Browser, String) {
    let mut browser = Browser::default();
    let asked = browser.begin(house, id, "/").await;
    let to = browser.back(house, id, &asked["state"], code).await;
    (browser, to)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_scans_comes_in_and_the_token_is_asked_for_once() {
    for db in databases() {
        let (house, provider) = (House::new(db).await, Provider::start().await);
        well(&provider);
        let id = house.provider(settings(&provider), Some("app-secret")).await;
        let wang = house.person("wang", Role::Agent);
        let tie = json!({ "subject": "WangFang", "staff_id": wang.id });
        let path = format!("/api/v1/sign-in-providers/{id}/identities");
        house.good(201, "POST", &path, Some(tie.clone())).await;
        let taken = house.call(&house.boss, "POST", &path, Some(tie)).await;
        assert_eq!((taken.status, taken.field()), (409, "subject"));
        let mut browser = Browser::default();
        let start = browser.go(&house, &format!("/sso/{id}/start")).await.location();
        assert!(start.starts_with(&format!("{}/wwlogin/sso/login?login_type=CorpApp&", provider.url)), "{start}");
        let asked = common::query(&start);
        assert_eq!((asked["appid"].as_str(), asked["agentid"].as_str()), ("ww100000a5f2191", "1000002"));
        assert_eq!(asked["redirect_uri"], format!("http://zunke.example/sso/{id}/callback"));
        assert_eq!(browser.back(&house, &id, &asked["state"], "good").await, "/");
        assert_eq!(browser.who(&house).await, "wang");
        let (mut again, _) = scan(&house, &id, "good").await;
        assert_eq!((again.who(&house).await.as_str(), provider.asked("gettoken")), ("wang", 1));
        let sent = provider.with(|manner| manner.asked.clone());
        assert_eq!(sent[0].1, json!({ "corpid": "ww100000a5f2191", "corpsecret": "app-secret" }));
        assert_eq!(sent[1].1, json!({ "access_token": "at-1", "code": "good" }));
        house.later(7_200);
        scan(&house, &id, "good").await;
        assert_eq!(provider.asked("gettoken"), 2, "it had ended");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_codes_guests_strangers_and_faults_of_the_interface_let_nobody_in() {
    for db in databases() {
        let (house, provider) = (House::new(db).await, Provider::start().await);
        well(&provider);
        let id = house.provider(settings(&provider), Some("app-secret")).await;
        let path = format!("/api/v1/sign-in-providers/{id}");
        for (code, to, reason) in [
            ("bad", "sign_in_failed", "wecom_40029"),
            ("guest", "sign_in_failed", "not_a_member"),
            ("good", "sign_in_unknown", "sign_in_unknown"),
        ] {
            let (mut browser, went) = scan(&house, &id, code).await;
            assert_eq!((went, house.refused()), (format!("/login?sign_in={to}"), reason.to_owned()), "{code}");
            assert_eq!(browser.who(&house).await, "");
        }
        let trial = house.good(200, "POST", &format!("{path}/test"), Some(json!({}))).await;
        assert_eq!(trial, json!({ "ok": true, "reason": null }));
        // A token that was taken back is fetched anew, once.
        let asked = provider.asked("gettoken");
        let gone = json!({ "errcode": 42001, "errmsg": "access_token expired" });
        provider.with(|manner| manner.wecom.insert("auth/getuserinfo".into(), gone));
        scan(&house, &id, "good").await;
        assert_eq!((provider.asked("gettoken"), house.refused().as_str()), (asked + 1, "wecom_42001"));
        // The secret is wrong; the address is not among the trusted ones; no JSON at all.
        house.later(8_000);
        for (answer, reason) in [
            (json!({ "errcode": 40001, "errmsg": "invalid credential" }), "wecom_40001"),
            (json!({ "errcode": 60020, "errmsg": "not allow to access from your ip" }), "wecom_60020"),
            (json!({ "errcode": 0, "errmsg": "ok" }), "token_missing"),
            (json!([]), "wecom_-1"),
        ] {
            provider.with(|manner| manner.wecom.insert("gettoken".into(), answer));
            let (_, to) = scan(&house, &id, "good").await;
            assert_eq!((to.as_str(), house.refused().as_str()), ("/login?sign_in=sign_in_failed", reason));
            let trial = house.good(200, "POST", &format!("{path}/test"), Some(json!({}))).await;
            assert_eq!(trial, json!({ "ok": false, "reason": reason }));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_members_may_be_made_with_their_name() {
    for db in databases() {
        let (house, provider) = (House::new(db).await, Provider::start().await);
        well(&provider);
        let mut settings = settings(&provider);
        settings["unknown"] = json!("create");
        settings["role"] = json!("account_manager");
        let id = house.provider(settings, Some("app-secret")).await;
        let (mut browser, to) = scan(&house, &id, "other").await;
        assert_eq!(to, "/");
        let me = browser.go(&house, "/api/v1/session").await.body;
        assert_eq!(
            (&me["staff"]["login"], &me["staff"]["name"], &me["staff"]["role"]),
            (&json!("lilei"), &json!("李雷"), &json!("account_manager"))
        );
    }
}
