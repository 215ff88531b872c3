//! Ways in that are open to everybody, as strangers meet them: forms, signed messages, the question after a ticket, the
//! page of rules. On every database.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use axum::body::Body;
use axum::http::Request;
use common::*;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use zunke_service::intake::form::Limiter;
use zunke_service::intake::{Keys, csat, signature};
use zunke_store::testing::databases;

fn houses() -> Vec<(House, Keys, TempDir)> {
    let made = databases().into_iter().map(|db| {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = Keys::in_folder(folder.path());
        let own = keys.clone();
        (House::with(db, move |app| app.with(own).with(Limiter::default())), keys, folder)
    });
    made.collect()
}

async fn stranger(house: &House, method: &str, path: &str, headers: &[(&str, String)], body: &[u8]) -> (u16, Value) {
    let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request.body(Body::from(body.to_vec())).expect("a request");
    let response = house.router.clone().oneshot(request).await.expect("an answer");
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1_000_000).await.expect("a body");
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

async fn page(house: &House, method: &str, path: &str, body: &str) -> (u16, String) {
    let router = zunke_service::pages()
        .layer(axum::middleware::from_fn_with_state(house.app.clone(), zunke_http::request_context))
        .with_state(house.app.clone());
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body.to_owned()))
        .expect("a request");
    let response = router.oneshot(request).await.expect("an answer");
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1_000_000).await.expect("a body");
    (status, String::from_utf8(bytes.to_vec()).expect("text"))
}

#[tokio::test]
async fn a_form_opens_one_ticket_for_a_person_and_none_for_a_machine() {
    for (house, _, _folder) in houses() {
        let customer = house.customer("王小明", 2, None, None);
        house.phone(customer, "+8613800138000");
        let settings = json!({ "title": { "zh": "反馈", "en": "Feedback" }, "kinds": ["complaint", "question"],
            "phone": "required", "per_hour": 3 });
        let form = house.post("/service-forms", json!({ "name": "官网", "settings": settings })).await;
        let path = format!("/public/forms/{}", form["key"].as_str().expect("a key"));
        let token = stranger(&house, "GET", &path, &[], b"").await.1["token"].as_str().expect("a token").to_owned();
        let entry = json!({ "token": token, "kind": "complaint", "body": "快递坏了", "phone": "138 0013 8000" });
        let send = |entry: Value| {
            let (house, path) = (&house, path.clone());
            async move { stranger(house, "POST", &path, &[], entry.to_string().as_bytes()).await }
        };
        let (status, early) = send(entry.clone()).await;
        assert_eq!((status, early["code"].as_str()), (422, Some("form_too_fast")));
        house.later(10_000);
        let (status, taken) = send(entry.clone()).await;
        assert_eq!((status, taken["number"].as_i64()), (201, Some(1)), "{taken}");
        assert_eq!(send(entry.clone()).await.1["number"], 1, "sent twice it is one");
        for (field, value, code) in [
            ("website", json!("http://spam"), "form_refused"),
            ("token", json!("1.2.3"), "form_expired"),
            ("kind", json!("praise"), "kind_invalid"),
            ("phone", json!(""), "field_required"),
            ("body", json!("x".repeat(5001)), "text_too_long"),
        ] {
            let mut bad = entry.clone();
            bad[field] = value;
            let (status, answer) = send(bad).await;
            assert_eq!((status, answer["code"].as_str()), (422, Some(code)), "{answer}");
        }
        let (status, answer) = stranger(&house, "POST", &path, &[], b"{\"kind\":").await;
        assert_eq!((status, answer["code"].as_str()), (422, Some("form_unreadable")));
        assert_eq!(stranger(&house, "POST", &path, &[], &vec![b'x'; 70_000]).await.0, 413);
        assert_eq!(stranger(&house, "GET", "/public/forms/none", &[], b"").await.0, 404);
        send(entry.clone()).await;
        let (status, answer) = send(entry).await;
        assert_eq!((status, answer["code"].as_str()), (429, Some("form_too_often")));
        let tickets = house.get("/tickets").await;
        assert_eq!(tickets["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(tickets["items"][0]["customer"]["name"], "王小明");
        assert_eq!(tickets["items"][0]["channel"], "form");
        let (status, html) = page(&house, "GET", &format!("/form/{}", form["key"].as_str().expect("a key")), "").await;
        assert!(status == 200 && html.contains("name=\"website\"") && html.contains("反馈"), "{html}");
        let off = format!("/service-forms/{}", form["id"].as_str().expect("an id"));
        house.patch(&off, json!({ "active": false })).await;
        assert_eq!(stranger(&house, "GET", &path, &[], b"").await.0, 404, "switched off");
        let refused = house
            .refused(
                "POST",
                "/service-forms",
                json!({ "name": "x", "settings": { "title": { "zh": "", "en": "" }, "kinds": [] } }),
            )
            .await;
        assert_eq!(refused.0, 422);
    }
}

#[tokio::test]
async fn a_signed_message_is_taken_once_and_a_conversation_stays_together() {
    for (house, _, _folder) in houses() {
        let mapping = json!({ "body": "/text/content", "external_id": "/from", "external_source": "wecom" });
        let hook = house.post("/service-hooks", json!({ "name": "企业微信", "mapping": mapping })).await;
        let secret = hook["secret"].as_str().expect("shown once").to_owned();
        let listed = house.get("/service-hooks").await;
        assert!(listed["items"][0]["secret"].is_null() && !listed.to_string().contains(&secret));
        let path = format!("/hooks/{}", hook["key"].as_str().expect("a key"));
        let send = |id: &'static str, at: i64, text: &str, secret: String| {
            let body = json!({ "from": "wm_1", "text": { "content": text } }).to_string();
            let signature = signature::sign(&secret, id, at, body.as_bytes()).expect("signed");
            let headers = [
                ("webhook-id", id.to_owned()),
                ("webhook-timestamp", at.to_string()),
                ("webhook-signature", signature),
            ];
            let (house, path) = (&house, path.clone());
            async move { stranger(house, "POST", &path, &headers, body.as_bytes()).await }
        };
        let now = NOW.0 / 1000;
        let (status, first) = send("m1", now, "坏了", secret.clone()).await;
        assert_eq!((status, first["fresh"].as_bool()), (200, Some(true)), "{first}");
        let again = send("m1", now, "坏了", secret.clone()).await.1;
        assert_eq!((&again["ticket_id"], again["fresh"].as_bool()), (&first["ticket_id"], Some(false)));
        let more = send("m2", now, "还有一张图", secret.clone()).await.1;
        assert_eq!(more["ticket_id"], first["ticket_id"], "one conversation, one ticket");
        let path_of = format!("/tickets/{}", first["ticket_id"].as_str().expect("an id"));
        assert_eq!(house.get(&path_of).await["messages"].as_array().map(Vec::len), Some(2));
        let old = send("m3", now - 400, "x", secret.clone()).await;
        assert_eq!((old.0, old.1["code"].as_str()), (401, Some("hook_timestamp_old")));
        let forged = send("m4", now, "x", signature::new_secret().expect("made")).await;
        assert_eq!((forged.0, forged.1["code"].as_str()), (401, Some("hook_signature_wrong")));
        assert_eq!(stranger(&house, "POST", "/hooks/none", &[], b"{}").await.0, 404);
        let empty = send("m5", now, " ", secret.clone()).await;
        assert_eq!((empty.0, empty.1["code"].as_str()), (422, Some("hook_body_missing")));
        let changed = house
            .patch(&format!("/service-hooks/{}", hook["id"].as_str().expect("an id")), json!({ "new_secret": true }))
            .await;
        assert!(changed["secret"].as_str().is_some_and(|new| new != secret));
        assert_eq!(send("m6", now, "x", secret).await.0, 401, "the old secret holds no longer");
        house.patch(&path_of, json!({ "state": "solved" })).await;
        let new = changed["secret"].as_str().expect("a secret").to_owned();
        let later = send("m7", now, "新问题", new).await.1;
        assert_ne!(later["ticket_id"], first["ticket_id"], "what is solved is not gone on with");
    }
}

#[tokio::test]
async fn looking_at_the_question_counts_nothing_and_an_answer_may_be_changed_once() {
    for (house, keys, _folder) in houses() {
        let customer = house.customer("王小明", 2, None, None);
        let id = house.ticket(customer, "complaint", "快递").await;
        let token = csat::token(&keys, id.parse().expect("an id")).expect("a token");
        let path = format!("/public/csat/{token}");
        let link = house.get(&format!("/tickets/{id}/csat")).await;
        assert_eq!(link["path"], format!("/csat/{token}"));
        let early =
            stranger(&house, "POST", &path, &[("content-type", "application/json".into())], b"{\"score\":5}").await;
        assert_eq!((early.0, early.1["code"].as_str()), (409, Some("csat_closed")), "not before it is solved");
        house.patch(&format!("/tickets/{id}"), json!({ "state": "solved" })).await;
        for _ in 0..3 {
            assert_eq!(stranger(&house, "GET", &path, &[], b"").await.0, 200);
            assert_eq!(page(&house, "GET", &format!("/csat/{token}"), "").await.0, 200);
            assert_eq!(stranger(&house, "HEAD", &path, &[], b"").await.0, 200);
        }
        assert!(house.get(&format!("/tickets/{id}")).await["ticket"]["csat"].is_null(), "a scanner counts nothing");
        let answer = |score: i64| {
            let (house, path) = (&house, path.clone());
            let body = json!({ "score": score, "comment": "太慢" }).to_string();
            async move {
                stranger(house, "POST", &path, &[("content-type", "application/json".into())], body.as_bytes()).await
            }
        };
        for bad in [0, 6, -1] {
            assert_eq!(answer(bad).await.1["code"], "score_invalid");
        }
        assert_eq!(answer(2).await.0, 200);
        assert_eq!(answer(2).await.0, 200, "pressed twice it is one answer");
        let whole = house.get(&format!("/tickets/{id}")).await;
        assert_eq!(whole["ticket"]["csat"], 2);
        assert_eq!(whole["ticket"]["state"], "solved", "an answer opens nothing again");
        let tasks = whole["tasks"].as_array().expect("tasks").clone();
        assert_eq!(
            tasks.iter().filter(|task| task["kind"] == "follow_up").count(),
            1,
            "a low score is followed up, once"
        );
        assert_eq!(answer(4).await.1["changes"], 1);
        assert_eq!(answer(5).await.1["code"], "csat_closed", "once changed it stays");
        let (status, html) = page(&house, "POST", &format!("/csat/{token}"), "score=5").await;
        assert!(status == 409 && html.contains("感谢"), "{html}");
        assert_eq!(house.get(&format!("/tickets/{id}")).await["ticket"]["csat"], 4);
        for bad in ["x", &token.replace(&token[..4], "0000"), &format!("{token}0")] {
            assert_eq!(stranger(&house, "GET", &format!("/public/csat/{bad}"), &[], b"").await.0, 404);
        }
        let late = house.ticket(customer, "question", "发票").await;
        house.patch(&format!("/tickets/{late}"), json!({ "state": "solved" })).await;
        house.later(29 * DAY);
        let token = csat::token(&keys, late.parse().expect("an id")).expect("a token");
        let body = b"{\"score\":5}";
        let headers = [("content-type", "application/json".to_owned())];
        assert_eq!(
            stranger(&house, "POST", &format!("/public/csat/{token}"), &headers, body).await.1["code"],
            "csat_closed"
        );
    }
}

#[tokio::test]
async fn the_page_of_rules_is_there_when_it_is_switched_on() {
    for (house, _, _folder) in houses() {
        assert_eq!(stranger(&house, "GET", "/public/rules", &[], b"").await.0, 404);
        assert_eq!(page(&house, "GET", "/rules", "").await.0, 404);
        let settings = json!({ "base_url": "https://vip.example.com/", "rules": { "on": true, "intro": { "zh": "<欢迎>", "en": "Welcome" } } });
        let (status, saved) = house.call(&house.boss, "PUT", "/service/public", None, Some(settings)).await;
        assert_eq!((status, saved["base_url"].as_str()), (200, Some("https://vip.example.com")), "{saved}");
        assert_eq!(stranger(&house, "GET", "/public/rules", &[], b"").await.1["intro"]["en"], "Welcome");
        let (status, html) = page(&house, "GET", "/rules?lang=en", "").await;
        assert!(status == 200 && html.contains("Welcome") && html.contains("lang=\"en\""), "{html}");
        assert!(page(&house, "GET", "/rules?lang=zh", "").await.1.contains("&lt;欢迎&gt;"));
        for (bad, code) in [
            (json!({ "base_url": "javascript:x" }), "base_url_invalid"),
            (json!({ "csat": { "low_to": 9 } }), "number_invalid"),
            (json!({ "csat": { "mail": true } }), "base_url_required"),
        ] {
            assert_eq!(house.refused("PUT", "/service/public", bad).await.1, code);
        }
    }
}

#[tokio::test]
async fn passwords_of_mailboxes_are_never_shown() {
    for (house, _, _folder) in houses() {
        let settings = json!({ "imap": { "host": "127.0.0.1", "port": 1, "security": "none", "user": "service" } });
        let new = json!({ "name": "客服", "address": "Service@Example.com", "settings": settings, "password": "hidden-word" });
        let made = house.post("/mailboxes", new.clone()).await;
        assert_eq!(
            (made["address"].as_str(), made["has_password"].as_bool()),
            (Some("service@example.com"), Some(true))
        );
        let all = [made.to_string(), house.get("/mailboxes").await.to_string()];
        assert!(all.iter().all(|text| !text.contains("hidden-word")), "{all:?}");
        let stored = house
            .db
            .read(|tx| tx.query_one("SELECT password FROM service_mailboxes", &[], |row| row.opt_bytes(0)))
            .expect("asked");
        let stored = stored.flatten().expect("kept");
        assert!(!String::from_utf8_lossy(&stored).contains("hidden-word"));
        assert_eq!(house.refused("POST", "/mailboxes", new.clone()).await.1, "address_taken");
        let path = format!("/mailboxes/{}", made["id"].as_str().expect("an id"));
        let trial = house.post(&format!("{path}/test"), json!({})).await;
        assert_eq!(
            (trial["incoming"].as_bool(), trial["incoming_problem"]["code"].as_str()),
            (Some(false), Some("mail_connect_failed"))
        );
        let elsewhere = json!({ "settings": { "imap": { "host": "evil.example", "port": 993, "user": "service" } } });
        assert_eq!(
            house.refused("PATCH", &path, elsewhere).await.1,
            "password_required",
            "a kept password goes nowhere else"
        );
        assert_eq!(house.call(&house.boss, "PATCH", &path, Some(9), Some(json!({ "active": false }))).await.0, 412);
        let agent = house.person("agent", zunke_access::Role::Agent);
        assert_eq!(house.call(&agent, "GET", "/mailboxes", None, None).await.0, 403);
        assert_eq!(house.call(&house.boss, "DELETE", &path, None, None).await.0, 204);
    }
}
