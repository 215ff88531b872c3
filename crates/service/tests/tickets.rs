//! Tickets as callers meet them: over HTTP, on every database.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use common::*;
use serde_json::json;
use zunke_store::testing::databases;

#[tokio::test]
async fn a_ticket_is_opened_answered_solved_and_listed() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 3, None, None);
        house.phone(customer, "+8613800138000");
        let body = json!({ "phone": "138 0013 8000", "kind": "complaint", "channel": "phone",
            "body": "快递三天没到\n订单 20260118" });
        let opened = house.post("/tickets", body).await;
        assert_eq!((opened["number"].as_i64(), opened["outcome"].as_str()), (Some(1), Some("opened")));
        let path = format!("/tickets/{}", opened["id"].as_str().expect("an id"));
        let whole = house.get(&path).await;
        assert_eq!(whole["ticket"]["subject"], "快递三天没到");
        assert_eq!(whole["ticket"]["state"], "new");
        assert_eq!(whole["ticket"]["priority"], "high");
        assert_eq!(whole["ticket"]["customer"]["name"], "王小明");
        assert_eq!(whole["ticket"]["level_rank"], 3);
        assert_eq!(whole["customer"]["open_tickets"], 1);
        assert_eq!(whole["messages"][0]["author"], "王小明");
        assert_eq!(whole["events"][0]["kind"], "opened");
        house.later(HOUR);
        let said = house
            .post(
                &format!("{path}/messages"),
                json!({ "body": "马上为您查询。", "visibility": "public", "state_after": "waiting" }),
            )
            .await;
        assert_eq!(said["state"], "waiting");
        house.later(HOUR);
        house.patch(&path, json!({ "state": "solved" })).await;
        let whole = house.get(&path).await;
        assert!(whole["ticket"]["first_response_at"].is_string() && whole["ticket"]["solved_at"].is_string());
        let timeline = house.get(&format!("/customers/{customer}/timeline")).await;
        let subjects: Vec<&str> =
            timeline["items"].as_array().expect("items").iter().filter_map(|one| one["subject"].as_str()).collect();
        assert_eq!(subjects, ["工单已解决 #1 快递三天没到", "#1 快递三天没到"]);
        for (query, found) in [
            ("", 1),
            ("?view=mine", 0),
            ("?state=solved", 1),
            ("?state=open", 0),
            ("?search=%E5%BF%AB%E9%80%92", 1),
            ("?search=%E7%8E%8B%E5%B0%8F%E6%98%8E", 1),
            ("?search=%231", 1),
            ("?search=%232", 0),
            ("?view=due", 0),
            ("?sort=turn", 0),
            ("?level=3&kind=complaint&priority=high&channel=phone&sort=-updated", 1),
        ] {
            let page = house.get(&format!("/tickets{query}")).await;
            assert_eq!(page["items"].as_array().map(Vec::len), Some(found), "{query}");
        }
    }
}

fn kinds(whole: &serde_json::Value) -> Vec<String> {
    let events = whole["events"].as_array().expect("events");
    events.iter().map(|event| event["kind"].as_str().expect("a kind").to_owned()).collect()
}

#[tokio::test]
async fn bad_input_is_refused_with_the_field_at_fault() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 1, None, None);
        let good = json!({ "customer_id": customer, "kind": "question", "body": "怎么退货？" });
        let with = |name: &str, value: serde_json::Value| {
            let mut body = good.clone();
            body[name] = value;
            body
        };
        for (body, code, field) in [
            (with("body", json!("  ")), "field_required", "body"),
            (with("body", json!("长".repeat(50_001))), "text_too_long", "body"),
            (with("subject", json!("长".repeat(201))), "text_too_long", "subject"),
            (with("kind", json!("rant")), "json_invalid", "kind"),
            (with("phone", json!("13800138000")), "sender_ambiguous", "customer_id"),
            (with("source", json!("shop")), "source_incomplete", "source_id"),
            (with("said_at", json!("2040-01-01T00:00:00Z")), "said_in_future", "said_at"),
            (with("customer_id", json!(format!("cus_{}", "0".repeat(31) + "1"))), "customer_unknown", "customer_id"),
            (with("nonsense", json!(1)), "json_invalid", "nonsense"),
            (json!({ "kind": "question", "body": "x", "phone": "12" }), "phone_invalid", "phone"),
        ] {
            let (_, found, at) = house.refused("POST", "/tickets", body.clone()).await;
            assert_eq!((found.as_str(), at.as_str()), (code, field), "{body}");
        }
        let ticket = format!("/tickets/{}", house.ticket(customer, "complaint", "少发一件").await);
        for (method, end, body, code) in [
            ("POST", "/urgent", json!({ "on": true, "reason": " " }), "reason_required"),
            ("PATCH", "", json!({ "state": "new" }), ""),
            ("PATCH", "", json!({ "state": "cancelled" }), "reason_required"),
            ("PATCH", "", json!({ "subject": "" }), "field_required"),
            ("POST", "/messages", json!({ "body": "", "visibility": "public" }), "field_required"),
            ("POST", "/assign", json!({ "staff_id": format!("stf_{}", "0".repeat(32)) }), "staff_unknown"),
            ("POST", "/assign", json!({ "group_id": format!("grp_{}", "0".repeat(32)) }), "group_unknown"),
            ("POST", "/tasks", json!({ "title": "" }), "field_required"),
            ("POST", "/tasks", json!({ "title": "x", "kind": "visit" }), "task_kind_invalid"),
            (
                "POST",
                "/tasks",
                json!({ "title": "x", "department_id": format!("dep_{}", "0".repeat(32)) }),
                "department_unknown",
            ),
            (
                "POST",
                "/links",
                json!({ "other_id": format!("tkt_{}", "0".repeat(32)), "kind": "related" }),
                "not_found",
            ),
            ("POST", "/split", json!({ "message_ids": [], "subject": "x" }), "messages_unknown"),
        ] {
            let path = format!("{ticket}{end}");
            if code.is_empty() {
                // New is where it stands already: nothing to do.
                house.patch(&path, body).await;
                continue;
            }
            let (_, found, _) = house.refused(method, &path, body.clone()).await;
            assert_eq!(found, code, "{method} {end} {body}");
        }
        for query in [
            "view=x",
            "state=x",
            "kind=x",
            "priority=x",
            "level=11",
            "channel=x",
            "sort=x",
            "limit=0",
            "assignee=x",
            "group=x",
            "after=zz",
            "sort=due&state=solved",
            "unknown=1",
        ] {
            let (status, body) = house.call(&house.boss, "GET", &format!("/tickets?{query}"), None, None).await;
            assert!((400..500).contains(&status) && body["code"].is_string(), "{query}: {status} {body}");
        }
        let (status, _) = house.call(&house.boss, "GET", "/tickets/tkt_1", None, None).await;
        assert_eq!(status, 404);
        let (status, body) =
            house.call(&house.boss, "PATCH", &ticket, Some(99), Some(json!({ "priority": "low" }))).await;
        assert_eq!((status, body["code"].as_str()), (412, Some("version_changed")));
        let analyst = house.person("analyst", zunke_access::Role::Analyst);
        let (status, _) = house.call(&analyst, "POST", "/tickets", None, Some(good)).await;
        assert_eq!(status, 403, "an analyst opens a ticket");
    }
}

#[tokio::test]
async fn a_bare_thank_you_an_auto_reply_and_a_note_go_through_the_one_state_function() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 1, None, None);
        let ticket = format!("/tickets/{}", house.ticket(customer, "question", "怎么开发票").await);
        let id = ticket.rsplit('/').next().expect("an id").parse().expect("a ticket's id");
        let say = |by, visibility, automatic, body: &'static str| {
            let now = house.now();
            let mut new = zunke_service::NewMessage::from_customer(zunke_service::ticket::Channel::Email, body, now);
            (new.side, new.visibility, new.automatic) = (by, visibility, automatic);
            house.db.write(|tx| {
                let cx = zunke_service::Context::load(tx, now, None)?;
                zunke_service::reply(tx, &cx, id, &new, &zunke_service::Hooks::default())
            })
        };
        use zunke_service::{Side, Visibility};
        say(Side::Staff, Visibility::Internal, false, "这位客户常来").expect("a note");
        say(Side::System, Visibility::Public, true, "已收到您的来信").expect("an auto-reply");
        say(Side::Staff, Visibility::Public, true, "已收到您的来信").expect("a bot");
        let whole = house.get(&ticket).await;
        assert_eq!(whole["ticket"]["first_response_at"], json!(null), "machines and notes answer nobody");
        assert_eq!(whole["ticket"]["state"], "new");
        house.post(&format!("{ticket}/messages"), json!({ "body": "请在订单页申请。", "visibility": "public" })).await;
        let whole = house.get(&ticket).await;
        assert_eq!(whole["ticket"]["state"], "open");
        assert!(whole["ticket"]["first_response_at"].is_string());
        house.patch(&ticket, json!({ "state": "solved" })).await;
        say(Side::Customer, Visibility::Public, true, "外出，稍后回复").expect("an auto-reply of his");
        assert_eq!(house.get(&ticket).await["ticket"]["state"], "solved", "an auto-reply opens nothing");
        say(Side::Customer, Visibility::Public, false, "谢谢！").expect("thanks");
        let whole = house.get(&ticket).await;
        assert_eq!((whole["ticket"]["state"].as_str(), whole["ticket"]["reopened"].as_i64()), (Some("open"), Some(1)));
        let said: Vec<String> = kinds(&whole);
        assert_eq!(said[said.len() - 2..], ["said", "state_changed"], "a bare thank-you writes what the screen writes");
        // Where the organisation wants it, a bare thank-you stays a thank-you.
        let (status, _) = house
            .call(
                &house.boss,
                "PUT",
                "/ticket-settings",
                None,
                Some(json!({ "reopen_days": 7, "close_days": 7, "thanks_reopens": false })),
            )
            .await;
        assert_eq!(status, 200);
        house.patch(&ticket, json!({ "state": "solved" })).await;
        say(Side::Customer, Visibility::Public, false, "好的，谢谢您！").expect("thanks");
        assert_eq!(house.get(&ticket).await["ticket"]["state"], "solved");
        say(Side::Customer, Visibility::Public, false, "谢谢，但是发票抬头错了").expect("more than thanks");
        assert_eq!(house.get(&ticket).await["ticket"]["state"], "open");
    }
}

#[tokio::test]
async fn an_answer_within_the_days_resumes_and_a_later_one_opens_a_linked_ticket() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 1, None, None);
        let ticket = format!("/tickets/{}", house.ticket(customer, "complaint", "杯子裂了").await);
        house.patch(&ticket, json!({ "state": "solved" })).await;
        house.later(7 * DAY);
        let words = json!({ "body": "又裂了", "visibility": "public", "from_customer": true });
        let said = house.post(&format!("{ticket}/messages"), words.clone()).await;
        assert_eq!(said["state"], "open", "on the last day it resumes");
        house.patch(&ticket, json!({ "state": "closed" })).await;
        house.later(7 * DAY + 1);
        let refused = house.refused("PATCH", &ticket, json!({ "state": "open" })).await;
        assert_eq!((refused.0, refused.1.as_str()), (409, "reopen_too_late"));
        let said = house.post(&format!("{ticket}/messages"), words).await;
        let follow = format!("/tickets/{}", said["ticket_id"].as_str().expect("a ticket"));
        assert_ne!(follow, ticket);
        let (old, new) = (house.get(&ticket).await, house.get(&follow).await);
        assert_eq!(old["ticket"]["state"], "closed");
        assert_eq!((new["ticket"]["state"].as_str(), new["ticket"]["number"].as_i64()), (Some("new"), Some(2)));
        assert_eq!(new["ticket"]["parent_id"], old["ticket"]["id"]);
        for (one, other) in [(&old, &new), (&new, &old)] {
            assert_eq!(one["links"][0]["other_id"], other["ticket"]["id"]);
            assert_eq!(one["links"][0]["kind"], "follow_up");
        }
        assert_eq!(new["messages"][0]["body"], "又裂了");
    }
}

#[tokio::test]
async fn solved_tickets_close_after_the_days_and_not_before() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 1, None, None);
        let first = format!("/tickets/{}", house.ticket(customer, "question", "一").await);
        house.patch(&first, json!({ "state": "solved" })).await;
        let close = |house: &House| {
            let clock = house.app.clone();
            let handler: std::sync::Arc<dyn zunke_store::jobs::Handler> =
                std::sync::Arc::new(zunke_service::closing::CloseSolved::default());
            let now = clock.now();
            house
                .db
                .write(|tx| {
                    let job = zunke_store::jobs::NewJob::new("service.close", json!({}), now);
                    zunke_store::jobs::enqueue(tx, now, job)
                })
                .expect("queued");
            zunke_store::jobs::Worker::run_once(&house.db.db, &[handler], now).expect("run");
        };
        house.later(6 * DAY);
        close(&house);
        assert_eq!(house.get(&first).await["ticket"]["state"], "solved");
        house.later(DAY);
        close(&house);
        let whole = house.get(&first).await;
        assert_eq!(whole["ticket"]["state"], "closed");
        assert!(whole["ticket"]["closed_at"].is_string());
        let page = house.get("/tickets?state=closed").await;
        assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
    }
}
