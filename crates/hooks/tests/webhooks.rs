//! Webhooks over HTTP against a receiver on this machine: signed, in order, again after failures, never to the inside.

mod common;

use common::{HOUR, House, Receiver, status, text, wait};
use serde_json::json;
use std::time::Duration;
use zunke_access::Role;
use zunke_hooks::store::queue;
use zunke_hooks::webhook::WebhookId;
use zunke_kernel::Instant;
use zunke_store::testing::databases;

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_made_by_who_may_and_its_secret_is_shown_once() {
    for db in databases() {
        let house = House::new(db);
        let agent = house.person("agent", Role::Agent);
        let body = json!({ "name": "ERP", "url": "https://erp.example.com/hooks", "events": ["customer.created"] });
        assert_eq!(house.call(&agent, "GET", "/webhooks", None).await.0, 403);
        assert_eq!(house.call(&agent, "POST", "/webhooks", Some(body.clone())).await.0, 403);
        let key = [("idempotency-key", "k-1")];
        let (status, made) = house.call_with(&house.boss, "POST", "/webhooks", Some(body.clone()), &key).await;
        assert_eq!(status, 201, "{made}");
        assert!(text(&made, "secret").starts_with("whsec_"));
        let (_, again) = house.call_with(&house.boss, "POST", "/webhooks", Some(body.clone()), &key).await;
        assert_eq!((&again["id"], &again["secret"]), (&made["id"], &json!(null)));
        let (status, taken) = house.call(&house.boss, "POST", "/webhooks", Some(body)).await;
        assert_eq!((status, taken["field"].as_str()), (409, Some("name")));
        for (field, bad) in [
            ("name", json!({ "name": " ", "url": "https://a.example", "events": ["customer.created"] })),
            ("url", json!({ "name": "B", "url": "http://a.example", "events": ["customer.created"] })),
            ("url", json!({ "name": "B", "url": "https://169.254.169.254/", "events": ["customer.created"] })),
            ("url", json!({ "name": "B", "url": "gopher://a.example", "events": ["customer.created"] })),
            ("events", json!({ "name": "B", "url": "https://a.example", "events": [] })),
            ("events", json!({ "name": "B", "url": "https://a.example", "events": ["webhook.test"] })),
        ] {
            let (status, problem) = house.call(&house.boss, "POST", "/webhooks", Some(bad.clone())).await;
            assert_eq!((status, problem["field"].as_str()), (422, Some(field)), "{bad}: {problem}");
        }
        let unknown = json!({ "name": "B", "url": "https://a.example", "events": ["customer.sneezed"] });
        assert!(matches!(house.call(&house.boss, "POST", "/webhooks", Some(unknown)).await.0, 400 | 422));
        let path = format!("/webhooks/{}", text(&made, "id"));
        let seen = house.good(200, "GET", &path, None).await;
        assert_eq!(seen.get("secret"), None);
        let change = json!({ "active": false });
        let stale = [("if-match", "\"9\"")];
        assert_eq!(house.call_with(&house.boss, "PATCH", &path, Some(change.clone()), &stale).await.0, 412);
        assert_eq!(house.good(200, "PATCH", &path, Some(change)).await["active"], false);
        assert_eq!(house.call(&house.boss, "POST", &format!("{path}/test"), None).await.0, 409);
        house.good(204, "DELETE", &path, None).await;
        assert_eq!(house.call(&house.boss, "GET", &path, None).await.0, 404);
        let nets = json!({ "allowed_networks": ["10.0.0.0/8", "0.0.0.0/0"] });
        let (status, problem) = house.call(&house.boss, "PUT", "/webhook-settings", Some(nets)).await;
        assert_eq!((status, problem["field"].as_str()), (422, Some("allowed_networks[1]")));
        assert_eq!(house.good(200, "GET", "/webhook-events", None).await["items"].as_array().map(Vec::len), Some(12));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_told_signed_once_and_in_order_though_calls_fail() {
    for db in databases() {
        let house = House::new(db);
        let receiver = Receiver::start();
        house.allow_this_machine().await;
        let wanted = ["customer.created", "customer.changed", "activity.recorded", "activity.corrected"];
        let (id, secret) = house.webhook("Shop", &receiver.url, &wanted).await;
        // The first two calls of each message fail.
        let mut calls = std::collections::HashMap::new();
        receiver.answers(move |heard| {
            let count = calls.entry(heard.id.clone()).or_insert(0);
            *count += 1;
            status(if *count <= 2 { 500 } else { 204 })
        });
        let mut customers = Vec::new();
        for name in ["王小明", "李雷"] {
            let customer = house.customer(name).await;
            house.later(1_000);
            house.good(200, "PATCH", &format!("/customers/{customer}"), Some(json!({ "city": "上海" }))).await;
            house.later(1_000);
            for revision in [0, 1] {
                let order = json!({ "customer": { "id": customer }, "kind": "order", "source": "shop", "source_id": format!("A-{}", customers.len()),
                    "revision": revision, "occurred_at": "2027-01-17T08:00:00Z", "amount": format!("{}.50", 128 + revision) });
                let (status, answer) = house.call(&house.boss, "POST", "/activities", Some(order)).await;
                assert!(status < 300, "{answer}");
                house.later(1_000);
            }
            customers.push(customer);
        }
        let courier = house.start();
        // Each of 8 messages fails twice: the clock is moved on until all have come through.
        let path = format!("/webhooks/{id}/deliveries");
        for _ in 0..200 {
            let delivered = house.good(200, "GET", &format!("{path}?state=delivered"), None).await;
            if delivered["items"].as_array().is_some_and(|items| items.len() == 8) {
                break;
            }
            house.later(60_000);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        courier.stop();
        let heard = receiver.heard();
        assert_eq!(heard.len(), 24, "each message three times, none more");
        for customer in &customers {
            let mine: Vec<_> = heard.iter().filter(|one| one.customer() == *customer).collect();
            let mut kinds: Vec<String> = mine.iter().map(|one| one.kind()).collect();
            let mut ids: Vec<String> = mine.iter().map(|one| one.id.clone()).collect();
            kinds.dedup();
            assert_eq!(kinds, wanted, "in the order of what happened");
            ids.dedup();
            assert_eq!(ids.len(), 4, "the same message has the same id");
        }
        let sent = |one: &common::Heard| Instant(one.timestamp.parse::<i64>().expect("seconds") * 1_000);
        assert!(heard.iter().all(|one| one.holds(&secret, sent(one))));
        assert!(
            heard.iter().all(|one| !one.body.contains("王小明") && !one.body.contains("上海")),
            "ids and figures only"
        );
        let last = heard.last().expect("one").json();
        assert_eq!(last["data"]["amount"], "129.50");
        let page = house.good(200, "GET", &format!("{path}?limit=3"), None).await;
        let next = house.good(200, "GET", &format!("{path}?limit=500&after={}", text(&page, "next")), None).await;
        assert_eq!(next["items"].as_array().map(Vec::len), Some(5));
        assert_eq!(house.call(&house.boss, "GET", &format!("{path}?after=zz"), None).await.0, 422);
        let one = house.good(200, "GET", &format!("{path}/{}", text(&page["items"][0], "event_id")), None).await;
        assert_eq!((one["calls"].as_array().map(Vec::len), &one["calls"][0]["status"]), (Some(3), &json!(204)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_holds_and_while_a_secret_is_exchanged_both_do() {
    for db in databases() {
        let house = House::new(db);
        let receiver = Receiver::start();
        house.allow_this_machine().await;
        let (id, old) = house.webhook("Shop", &receiver.url, &["level.changed"]).await;
        let new = text(&house.good(200, "POST", &format!("/webhooks/{id}/secret"), None).await, "secret");
        house.good(202, "POST", &format!("/webhooks/{id}/test"), None).await;
        let courier = house.start();
        let heard = receiver.wait(1);
        assert_eq!(heard[0].kind(), "webhook.test");
        assert!(heard[0].holds(&old, house.app.now()) && heard[0].holds(&new, house.app.now()));
        house.later(25 * HOUR);
        house.good(202, "POST", &format!("/webhooks/{id}/test"), None).await;
        let heard = receiver.wait(2);
        assert!(!heard[1].holds(&old, house.app.now()) && heard[1].holds(&new, house.app.now()));
        courier.stop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_day_a_message_is_given_up_and_a_person_begins_it_anew() {
    for db in databases() {
        let house = House::new(db);
        let receiver = Receiver::start();
        receiver.answers(|_| status(503));
        house.allow_this_machine().await;
        let (id, _) = house.webhook("Shop", &receiver.url, &["customer.created"]).await;
        house.customer("王小明").await;
        let courier = house.start();
        receiver.wait(1);
        let path = format!("/webhooks/{id}");
        house.later(25 * HOUR);
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if house.good(200, "GET", &path, None).await["dead"] == 1 {
                break;
            }
        }
        let stands = house.good(200, "GET", &path, None).await;
        assert_eq!((&stands["dead"], &stands["pending"]), (&json!(1), &json!(0)));
        assert!(stands["failing_since"].is_string());
        let calls = receiver.heard().len();
        house.later(100 * HOUR);
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert_eq!(receiver.heard().len(), calls, "nothing more is sent by itself");
        receiver.answers(|_| status(200));
        let period = json!({ "from": "2027-01-18T07:59:00Z", "until": "2027-01-18T07:58:00Z" });
        assert_eq!(house.call(&house.boss, "POST", &format!("{path}/replay"), Some(period)).await.0, 422);
        let period = json!({ "from": "2027-01-01T00:00:00Z" });
        let answer = house.good(202, "POST", &format!("{path}/replay"), Some(period)).await;
        assert_eq!(answer["deliveries"], 1);
        let heard = receiver.wait(calls + 1);
        assert_eq!(heard[0].id, heard[calls].id, "the same message");
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if house.good(200, "GET", &path, None).await["failing_since"].is_null() {
                break;
            }
        }
        assert_eq!(house.good(200, "GET", &path, None).await["failures"], 0);
        courier.stop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_goes_to_the_inside_and_no_redirect_is_followed() {
    for db in databases() {
        let house = House::new(db);
        let (receiver, inner) = (Receiver::start(), Receiver::start());
        house.allow_this_machine().await;
        let by_name = receiver.url.replace("127.0.0.1", "localhost");
        let (id, _) = house.webhook("By name", &by_name, &["customer.created"]).await;
        let (other, _) = house.webhook("Moved", &receiver.url, &["customer.changed"]).await;
        let to = inner.url.clone();
        receiver.answers(move |_| {
            (
                Duration::ZERO,
                format!("HTTP/1.1 307 Moved\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
            )
        });
        let customer = house.customer("王小明").await;
        house.later(1_000);
        house.good(200, "PATCH", &format!("/customers/{customer}"), Some(json!({ "city": "上海" }))).await;
        // The name was allowed when it was entered; what counts is where it leads when the call is made.
        house.good(200, "PUT", "/webhook-settings", Some(json!({ "allowed_networks": ["10.9.9.9"] }))).await;
        let courier = house.start();
        for id in [&id, &other] {
            let path = format!("/webhooks/{id}/deliveries");
            let mut problem = json!(null);
            for _ in 0..100 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                problem = house.good(200, "GET", &path, None).await["items"][0]["problem"].clone();
                if !problem.is_null() {
                    break;
                }
            }
            assert_eq!(problem, "address_refused");
        }
        assert!(receiver.heard().is_empty());
        house.allow_this_machine().await;
        house.later(60_000);
        wait(|| !receiver.heard().is_empty());
        tokio::time::sleep(Duration::from_millis(500)).await;
        let path = format!("/webhooks/{other}/deliveries");
        assert_eq!(house.good(200, "GET", &path, None).await["items"][0]["problem"], "redirected");
        assert!(inner.heard().is_empty(), "nobody was sent on");
        courier.stop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_receiver_holds_up_nobody_and_who_is_gone_is_asked_no_more() {
    for db in databases() {
        let house = House::new(db);
        let (slow, quick, gone) = (Receiver::start(), Receiver::start(), Receiver::start());
        slow.answers(|_| (Duration::from_secs(3), status(200).1));
        gone.answers(|_| status(410));
        house.allow_this_machine().await;
        let (slow_id, _) = house.webhook("Slow", &slow.url, &["customer.created"]).await;
        house.webhook("Quick", &quick.url, &["customer.created"]).await;
        let (gone_id, _) = house.webhook("Gone", &gone.url, &["customer.created"]).await;
        for at in 0..30 {
            house.customer(&format!("客户{at}")).await;
        }
        let courier = house.start();
        quick.wait(30);
        wait(|| !gone.heard().is_empty());
        for _ in 0..60 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if house.good(200, "GET", &format!("/webhooks/{gone_id}"), None).await["stopped"] == "gone" {
                break;
            }
        }
        let stands = house.good(200, "GET", &format!("/webhooks/{gone_id}"), None).await;
        assert_eq!((&stands["stopped"], &stands["active"]), (&json!("gone"), &json!(false)));
        let mut problem = json!(null);
        for _ in 0..60 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let failed = house.good(200, "GET", &format!("/webhooks/{slow_id}"), None).await["failures"].clone();
            if failed.as_i64() > Some(0) {
                problem = failed;
                break;
            }
        }
        assert!(problem.is_i64(), "a timeout counts as a failure");
        courier.stop();
        assert_eq!(quick.heard().len(), 30, "each once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_its_way_when_the_process_died_is_told_again_under_its_id() {
    for db in databases() {
        let house = House::new(db);
        let receiver = Receiver::start();
        house.allow_this_machine().await;
        let (id, _) = house.webhook("Shop", &receiver.url, &["customer.created"]).await;
        house.customer("王小明").await;
        let webhook: WebhookId = id.parse().expect("an id");
        let taken = house.db.write(|tx| queue::take(tx, house.app.now(), webhook, 10)).expect("taken");
        assert_eq!(taken.len(), 1);
        assert!(house.db.write(|tx| queue::take(tx, house.app.now(), webhook, 10)).expect("asked").is_empty());
        let courier = house.start();
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert!(receiver.heard().is_empty(), "somebody has it");
        house.later(queue::LEASE_MS + 1);
        let heard = receiver.wait(1);
        assert_eq!(heard[0].id, taken[0].event.to_string());
        courier.stop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn levels_tickets_erasures_and_merges_are_told_from_their_messages() {
    for db in databases() {
        let house = House::new(db);
        let receiver = Receiver::start();
        house.allow_this_machine().await;
        let wanted = ["level.changed", "customer.erased", "customer.merged"];
        house.webhook("Shop", &receiver.url, &wanted).await;
        let customer = house.customer("王小明").await;
        let level = json!({ "customer_id": customer, "from_rank": 1, "to_rank": 2, "change": "raised", "secret": "x" });
        let merged = json!({ "customer_id": customer, "into": "cus_2" });
        house
            .db
            .write(|tx| {
                let now = house.app.now();
                zunke_store::outbox::send(tx, now, "tiering.level_changed", &customer, &level)?;
                zunke_store::outbox::send(tx, now, "customer.merged", &customer, &merged)?;
                zunke_store::outbox::send(tx, now, "customer.erased", &customer, &json!({ "customer_id": customer }))?;
                zunke_store::outbox::send(tx, now, "service.ticket", "tic_x", &json!({ "ticket_id": "nonsense" }))
            })
            .expect("sent");
        house.spread();
        let courier = house.start();
        let heard = receiver.wait(3);
        courier.stop();
        let mut kinds: Vec<String> = heard.iter().map(common::Heard::kind).collect();
        kinds.sort();
        assert_eq!(kinds, ["customer.erased", "customer.merged", "level.changed"]);
        assert!(heard.iter().all(|one| !one.body.contains("secret")), "only what is promised");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_asks_for_what_changed_and_reads_it_line_by_line() {
    for db in databases() {
        let house = House::new(db);
        let (first, second) = (house.customer("王小明").await, house.customer("李雷").await);
        house.later(HOUR);
        let since = house.app.now().to_string();
        let page = house.good(200, "GET", &format!("/customers?updated_since={since}"), None).await;
        assert_eq!(page["items"], json!([]));
        house.good(200, "PATCH", &format!("/customers/{second}"), Some(json!({ "city": "上海" }))).await;
        let page = house.good(200, "GET", &format!("/customers?updated_since={since}"), None).await;
        assert_eq!((page["items"].as_array().map(Vec::len), &page["items"][0]["id"]), (Some(1), &json!(second)));
        let lines = |answer: serde_json::Value| -> Vec<serde_json::Value> {
            let text = if answer.is_string() { answer.as_str().expect("text").to_owned() } else { answer.to_string() };
            text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
        };
        let all = lines(house.good(200, "GET", "/customers/export?format=ndjson", None).await);
        let mut ids: Vec<&str> = all.iter().filter_map(|one| one["id"].as_str()).collect();
        ids.sort_unstable();
        let mut both = [first.as_str(), second.as_str()];
        both.sort_unstable();
        assert_eq!(ids, both);
        let path = format!("/customers/export?format=ndjson&updated_since={since}");
        let changed = lines(house.good(200, "GET", &path, None).await);
        assert_eq!((changed.len(), &changed[0]["city"]), (1, &json!("上海")));
        for bad in ["/customers?updated_since=yesterday", "/customers/export?format=parquet"] {
            assert!(matches!(house.call(&house.boss, "GET", bad, None).await.0, 400 | 422), "{bad}");
        }
    }
}
