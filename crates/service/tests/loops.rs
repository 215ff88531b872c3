//! What comes of customers' words: improvements that tell their contributors once, return visits, reports.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use common::*;
use serde_json::{Value, json};
use std::sync::Arc;
use zunke_service::improvement::Tell;
use zunke_service::return_visit::FollowSolved;
use zunke_service::voice::work::{Listen, Retag};
use zunke_store::jobs::{Handler, Worker};
use zunke_store::outbox::{self, Subscriber};
use zunke_store::testing::databases;

fn settle(house: &House) {
    let subscribers: Vec<Arc<dyn Subscriber>> = vec![Arc::new(Listen), Arc::new(FollowSolved)];
    while outbox::deliver_pending(&house.db, &subscribers, house.now()).expect("delivered") > 0 {}
    let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(Tell::default()), Arc::new(Retag)];
    while Worker::run_once(&house.db, &handlers, house.now()).expect("done").is_some() {}
}

async fn put(house: &House, path: &str, body: Value) -> Value {
    let (status, answer) = house.call(&house.boss, "PUT", path, None, Some(body)).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

fn said(whole: &Value, words: &str) -> usize {
    let messages = whole["messages"].as_array().expect("messages");
    messages.iter().filter(|one| one["body"].as_str().is_some_and(|body| body.contains(words))).count()
}

#[tokio::test]
async fn each_contributor_is_told_once_and_who_opted_out_is_not() {
    for db in databases() {
        let house = House::new(db);
        let (a, b, c) = (
            house.customer("王小明", 3, None, None),
            house.customer("李雷", 1, None, None),
            house.customer("韩梅梅", 2, None, None),
        );
        let first = house.ticket(a, "suggestion", "希望增加夜间配送").await;
        house.later(HOUR);
        let second = house.ticket(a, "suggestion", "夜间配送").await;
        let third = house.ticket(b, "suggestion", "晚上送货").await;
        let fourth = house.ticket(c, "suggestion", "夜里送").await;
        put(&house, &format!("/customers/{c}/feedback-notices"), json!({ "wanted": false })).await;
        house.patch(&format!("/tickets/{third}"), json!({ "state": "solved" })).await;
        let new = json!({ "title": "夜间配送", "ticket_ids": [first, second, third, fourth] });
        let one = house.post("/improvements", new).await;
        assert_eq!(one["tickets"], 4);
        let path = format!("/improvements/{}", one["id"].as_str().expect("an id"));
        let message = json!({ "message": "{name}，您建议的“{title}”已上线。" });
        let (status, code, _) = house.refused("POST", &format!("{path}/done"), message.clone()).await;
        assert_eq!((status, code.as_str()), (409, "improvement_state"));
        let (_, _, field) = house.refused("PATCH", &path, json!({ "state": "declined" })).await;
        assert_eq!(field, "reason");
        house.patch(&path, json!({ "state": "accepted" })).await;
        house.patch(&path, json!({ "state": "doing" })).await;
        let preview = house.post(&format!("{path}/preview"), message.clone()).await;
        assert_eq!((&preview["told"], &preview["with"], &preview["opted_out"]), (&json!(2), &json!(1), &json!(1)));
        let words: Vec<&str> =
            preview["contributors"].as_array().expect("all").iter().filter_map(|one| one["message"].as_str()).collect();
        assert_eq!(words, ["王小明，您建议的“夜间配送”已上线。", "李雷，您建议的“夜间配送”已上线。"]);
        settle(&house);
        house.post(&format!("{path}/done"), message.clone()).await;
        settle(&house);
        settle(&house);
        for (ticket, times) in [(&first, 0), (&second, 1), (&third, 1), (&fourth, 0)] {
            let whole = house.get(&format!("/tickets/{ticket}")).await;
            assert_eq!(said(&whole, "已上线"), times, "{ticket}");
        }
        // Nothing was opened again by it.
        assert_eq!(house.get(&format!("/tickets/{third}")).await["ticket"]["state"], "solved");
        let whole = house.get(&path).await;
        let notices: Vec<&str> =
            whole["contributors"].as_array().expect("all").iter().filter_map(|one| one["notice"].as_str()).collect();
        assert_eq!(notices, ["with", "told", "told", "opted_out"]);
        assert!(whole["effect"]["before"]["days"].is_i64(), "{whole}");
        let (status, ..) = house.refused("POST", &format!("{path}/done"), message).await;
        assert_eq!(status, 409);
    }
}

#[tokio::test]
async fn a_solved_ticket_has_one_return_visit_within_three_working_days() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 3, None, None);
        let ticket = house.ticket(customer, "complaint", "漏水").await;
        let praise = house.ticket(customer, "praise", "很好").await;
        for id in [&ticket, &praise] {
            house.patch(&format!("/tickets/{id}"), json!({ "state": "solved" })).await;
        }
        settle(&house);
        settle(&house);
        let list = house.get("/return-visits?state=open").await;
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
        // Monday 16:00 in Shanghai → Thursday 16:00.
        assert_eq!(list["items"][0]["due_at"], "2027-01-21T08:00:00.000Z", "{list}");
        let (status, ..) = house.refused("POST", "/return-visits", json!({ "ticket_id": ticket })).await;
        assert_eq!(status, 409);
        // Opened again: nobody calls about a solution that was none.
        house.patch(&format!("/tickets/{ticket}"), json!({ "state": "open" })).await;
        settle(&house);
        assert_eq!(house.get("/return-visits?state=open").await["items"], json!([]));
        house.patch(&format!("/tickets/{ticket}"), json!({ "state": "solved" })).await;
        settle(&house);
        let visit = house.get("/return-visits?state=open").await["items"][0].clone();
        let path = format!("/return-visits/{}", visit["id"].as_str().expect("an id"));
        for bad in [
            json!({ "result": "reached" }),
            json!({ "result": "reached", "satisfaction": 6 }),
            json!({ "result": "unreached", "satisfaction": 3 }),
        ] {
            assert_eq!(house.refused("PATCH", &path, bad).await.2, "satisfaction");
        }
        house.patch(&path, json!({ "result": "reached", "satisfaction": 5, "note": "已不漏水" })).await;
        assert_eq!(house.refused("PATCH", &path, json!({ "result": "refused" })).await.1, "return_visit_over");
        let report = house.get("/service/reports/level").await;
        assert_eq!(
            (&report["total"]["figures"]["visits_n"], &report["total"]["figures"]["visits_share"]),
            (&json!(1), &json!(1.0))
        );
    }
}

#[tokio::test]
async fn a_return_visit_counts_the_working_days_of_the_promise_and_ends_with_its_result() {
    for db in databases() {
        let house = House::new(db);
        house.db.write(|tx| zunke_service::policy::defaults::seed(tx, NOW)).expect("seeded");
        // Tuesday 19 January is a holiday of this company alone.
        let calendar = house.get("/calendars").await["items"][0].clone();
        let mut spec = calendar["spec"].clone();
        let mut exceptions = spec["exceptions"].as_array().cloned().unwrap_or_default();
        exceptions.push(json!({ "from": "2027-01-19", "name": "厂休" }));
        spec["exceptions"] = json!(exceptions);
        let path = format!("/calendars/{}", calendar["id"].as_str().expect("an id"));
        let (status, saved) = house.call(&house.boss, "PATCH", &path, Some(1), Some(spec)).await;
        assert_eq!(status, 200, "{saved}");
        let customer = house.customer("王小明", 0, None, None);
        let ticket = house.ticket(customer, "question", "漏水").await;
        house.patch(&format!("/tickets/{ticket}"), json!({ "state": "solved" })).await;
        settle(&house);
        let visit = house.get("/return-visits?state=open").await["items"][0].clone();
        // Monday 16:00 and three working days: Friday, since Tuesday is none.
        assert_eq!(visit["due_at"], "2027-01-22T08:00:00.000Z", "{visit}");
        // Its task isn't simply ticked off: nobody would know what the customer said.
        let task = format!("/tasks/{}", visit["task_id"].as_str().or(visit["id"].as_str()).expect("an id"));
        for state in ["done", "cancelled"] {
            let refused = house.refused("PATCH", &task, json!({ "state": state })).await;
            assert_eq!((refused.0, refused.1.as_str()), (409, "return_visit_needs_result"));
        }
        let visit = format!("/return-visits/{}", visit["id"].as_str().expect("an id"));
        house.patch(&visit, json!({ "result": "unreached", "note": "无人接听" })).await;
        assert_eq!(house.get("/return-visits?state=open").await["items"], json!([]));
    }
}

#[tokio::test]
async fn every_report_counts_and_opens_its_tickets() {
    for db in databases() {
        let house = House::new(db);
        house.db.write(|tx| zunke_service::policy::defaults::seed(tx, NOW)).expect("seeded");
        let (gold, plain) = (house.customer("王小明", 3, None, None), house.customer("李雷", 1, None, None));
        let mut made = Vec::new();
        for (customer, kind) in [(gold, "complaint"), (gold, "question"), (plain, "complaint")] {
            made.push(house.ticket(customer, kind, "快递太慢").await);
        }
        // Solved in time and rated; solved and opened again; never answered.
        for id in &made[..2] {
            let said = json!({ "body": "马上处理", "visibility": "public" });
            house.post(&format!("/tickets/{id}/messages"), said).await;
            house.patch(&format!("/tickets/{id}"), json!({ "state": "solved" })).await;
        }
        house.patch(&format!("/tickets/{}", made[1]), json!({ "state": "open" })).await;
        house.db.write(|tx| tx.execute("UPDATE tickets SET csat = 5 WHERE state = 'solved'", &[])).expect("rated");
        settle(&house);
        let visit = house.get("/return-visits?state=open").await["items"][0]["id"].clone();
        let reached = json!({ "result": "reached", "satisfaction": 4 });
        house.patch(&format!("/return-visits/{}", visit.as_str().expect("an id")), reached).await;
        house.later(40 * 24 * HOUR);
        house.post("/topics", json!({ "name": "物流", "rules": [{ "any": ["快递"] }] })).await;
        settle(&house);
        for name in ["level", "agent", "group", "channel", "kind", "topic", "product", "day", "week", "month"] {
            let report = house.get(&format!("/service/reports/{name}?from=2027-01-01&to=2027-02-28")).await;
            assert_eq!(
                (&report["total"]["figures"]["opened"], &report["total"]["figures"]["backlog"]),
                (&json!(3), &json!(2))
            );
            let figures = &report["total"]["figures"];
            let told = ["reopened", "csat_n", "visits_n"].map(|figure| figures[figure].as_i64());
            assert_eq!(told, [Some(1), Some(1), Some(1)], "{figures}");
            let rows = report["rows"].as_array().expect("rows");
            for row in rows.iter().chain([&report["total"]]) {
                let filter = row["tickets"].as_object().expect("every row opens its tickets");
                let figures = &row["figures"];
                let judged = |promise: &str, met: bool| {
                    let (all, kept) = (figures[promise]["judged"].as_i64(), figures[promise]["met"].as_i64());
                    json!(if met { kept } else { all.zip(kept).map(|(all, kept)| all - kept) })
                };
                for (counted, count) in [
                    ("all", figures["opened"].clone()),
                    ("reopened", figures["reopened"].clone()),
                    ("rated", figures["csat_n"].clone()),
                    ("visited", figures["visits_n"].clone()),
                    ("response", figures["first_response"]["n"].clone()),
                    ("response_met", judged("first_response", true)),
                    ("response_missed", judged("first_response", false)),
                    ("resolution_met", judged("resolution", true)),
                    ("resolution_missed", judged("resolution", false)),
                ] {
                    let query: Vec<String> = filter
                        .iter()
                        .filter(|(key, _)| *key != "counted")
                        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or("")))
                        .collect();
                    let page = house.get(&format!("/tickets?{}&counted={counted}", query.join("&"))).await;
                    let listed = page["items"].as_array().map(Vec::len);
                    assert_eq!(json!(listed), count, "{name} {counted} {row}");
                }
            }
        }
        assert_eq!(house.refused("GET", "/tickets?counted=moon", Value::Null).await.2, "counted");
        let levels = house.get("/service/reports/level?kind=complaint&from=2027-01-01&to=2027-02-28").await;
        assert_eq!(levels["rows"].as_array().map(Vec::len), Some(2));
        assert_eq!(levels["rows"][0]["key"], "3");
        for (path, status) in [
            ("/service/reports/moon", 404),
            ("/service/reports/level?kind=x", 422),
            ("/service/reports/level?from=2027-03-01", 422),
            ("/service/reports/level/export?format=pdf", 422),
        ] {
            let (found, body) = house.call(&house.boss, "GET", path, None, None).await;
            assert!(found == status || (status == 422 && found == 400), "{path}: {found} {body}");
        }
        for format in ["csv", "xlsx"] {
            let (status, _) = house
                .call(&house.boss, "GET", &format!("/service/reports/agent/export?format={format}"), None, None)
                .await;
            assert_eq!(status, 200);
        }
    }
}
