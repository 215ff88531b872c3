//! Providers and keys of the directory: who may set them, what is refused, and what is never shown.

mod common;

use common::{House, Provider, SECRET, text};
use serde_json::{Value, json};
use zunke_access::Role;
use zunke_store::testing::databases;

#[tokio::test(flavor = "multi_thread")]
async fn providers_are_set_by_who_may_and_their_secret_is_never_shown() {
    for db in databases() {
        let (house, provider) = (House::new(db).await, Provider::start().await);
        house.person("ops", Role::OperationsManager);
        let ops = house.token("ops");
        let list = "/api/v1/sign-in-providers";
        for (method, path) in [("GET", list), ("POST", list), ("GET", "/api/v1/directory-keys")] {
            let body = (method == "POST").then(|| json!({ "settings": provider.settings() }));
            assert_eq!(house.call(&ops, method, path, body.clone()).await.status, 403, "{method} {path}");
            assert_eq!(house.send(method, path, &[], body).await.status, 401, "{method} {path}");
        }
        let id = house.provider(provider.settings(), Some(SECRET)).await;
        let path = format!("{list}/{id}");
        let seen = house.good(200, "GET", &path, None).await;
        assert_eq!((&seen["has_secret"], &seen["enabled"]), (&json!(true), &json!(true)));
        assert_eq!(text(&seen, "redirect_uri"), format!("http://zunke.example/sso/{id}/callback"));
        assert!(!seen.to_string().contains(SECRET));
        let kept = house.db.read(|tx| {
            tx.query_one("SELECT secret, content FROM sign_in_providers", &[], |row| Ok((row.bytes(0)?, row.text(1)?)))
        });
        let (sealed, content) = kept.expect("reads").expect("a row");
        assert!(!String::from_utf8_lossy(&sealed).contains(SECRET) && !content.contains(SECRET));
        assert_eq!(zunke_sso::reseal(&house.db, &house.vault).expect("resealed"), 0);
        house.vault.rotate(common::NOW).expect("rotated");
        assert_eq!(zunke_sso::reseal(&house.db, &house.vault).expect("resealed"), 1);
        assert_eq!(house.good(200, "POST", &format!("{path}/test"), Some(json!({}))).await["ok"], true);
        // Another address gets the secret only from who knows it.
        let mut moved = provider.settings();
        moved["issuer"] = json!("https://evil.example");
        let answer = house.call(&house.boss, "PUT", &path, Some(json!({ "settings": moved }))).await;
        assert_eq!((answer.status, answer.code(), answer.field()), (422, "secret_required", "secret"));
        let stale = [("authorization", house.boss.as_str()), ("if-match", "\"9\"")];
        let body = json!({ "settings": provider.settings() });
        assert_eq!(house.send("PUT", &path, &stale, Some(body)).await.status, 412);
        let twin = house.call(&house.boss, "POST", list, Some(json!({ "settings": provider.settings() }))).await;
        assert_eq!((twin.status, twin.field()), (409, "name"));
        // A provider that says that it is another is not believed.
        provider.with(|manner| manner.issuer = Some("https://evil.example".into()));
        let trial = house.good(200, "POST", &format!("{path}/test"), Some(json!({}))).await;
        assert_eq!(trial, json!({ "ok": false, "reason": "issuer_differs" }));
        house.good(204, "DELETE", &path, None).await;
        assert_eq!(house.call(&house.boss, "GET", &path, None).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_is_refused_with_its_field() {
    for db in databases() {
        let (house, provider) = (House::new(db).await, Provider::start().await);
        let list = "/api/v1/sign-in-providers";
        let with = |change: Value| {
            let mut settings = provider.settings();
            for (name, value) in change.as_object().expect("an object") {
                settings[name] = value.clone();
            }
            json!({ "settings": settings })
        };
        for (field, change) in [
            ("name", json!({ "name": "  " })),
            ("name", json!({ "name": "长".repeat(31) })),
            ("issuer", json!({ "issuer": "http://8.8.8.8" })),
            ("issuer", json!({ "issuer": "https://10.0.0.1" })),
            ("client_id", json!({ "client_id": "" })),
            ("scopes", json!({ "scopes": "email" })),
            ("login_claim", json!({ "login_claim": " " })),
            ("role", json!({ "unknown": "create" })),
            ("role", json!({ "unknown": "create", "role": "administrator" })),
            ("agent_id", json!({ "kind": "wecom" })),
            ("department_id", json!({ "department_id": "dep_00000000000000000000000000000000" })),
        ] {
            let answer = house.call(&house.boss, "POST", list, Some(with(change.clone()))).await;
            assert_eq!((answer.status, answer.field()), (422, field), "{change}: {}", answer.body);
            assert!(!answer.body["detail"].as_str().unwrap_or("").is_empty());
        }
        for change in [
            json!({ "kind": "saml" }),
            json!({ "agent_id": 7 }),
            json!({ "colour": "red" }),
            json!({ "name": "a\u{0}" }),
        ] {
            let answer = house.call(&house.boss, "POST", list, Some(with(change.clone()))).await;
            assert!(matches!(answer.status, 400 | 422), "{change}: {}", answer.body);
        }
        for secret in ["", "a\nb", &"x".repeat(501)] {
            let body = json!({ "settings": provider.settings(), "secret": secret });
            let answer = house.call(&house.boss, "POST", list, Some(body)).await;
            assert_eq!((answer.status, answer.field()), (422, "secret"), "{secret:?}");
        }
        let scan = json!({ "name": "W", "kind": "wecom", "client_id": "ww1", "agent_id": "1" });
        let answer = house.call(&house.boss, "POST", list, Some(json!({ "settings": scan }))).await;
        assert_eq!((answer.status, answer.field()), (422, "secret"), "no secret, no token");
        let id = house.provider(provider.settings(), None).await;
        let ties = format!("{list}/{id}/identities");
        let boss = house.good(200, "GET", "/api/v1/session", None).await["staff"]["id"].clone();
        for (field, body) in [
            ("subject", json!({ "subject": " ", "staff_id": boss })),
            ("subject", json!({ "subject": "x".repeat(256), "staff_id": boss })),
            ("staff_id", json!({ "subject": "x", "staff_id": "stf_00000000000000000000000000000000" })),
        ] {
            let answer = house.call(&house.boss, "POST", &ties, Some(body.clone())).await;
            assert_eq!((answer.status, answer.field()), (422, field), "{body}");
        }
        house.good(201, "POST", &ties, Some(json!({ "subject": "a b/c?d", "staff_id": boss }))).await;
        assert_eq!(house.call(&house.boss, "DELETE", &format!("{ties}?subject=other"), None).await.status, 404);
        house.good(204, "DELETE", &format!("{ties}?subject=a%20b%2Fc%3Fd"), None).await;
    }
}
