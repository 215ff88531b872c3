//! What an open page hears, and how much there is to do, over HTTP, on every database.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use axum::body::{Body, BodyDataStream};
use axum::http::{Request, header};
use common::*;
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;
use zunke_access::Role;
use zunke_kernel::id::DepartmentId;
use zunke_service::stream::Live;
use zunke_store::testing::databases;

fn department(house: &House, name: &str) -> DepartmentId {
    let id = DepartmentId::new(NOW);
    house
        .db
        .write(|tx| {
            tx.execute(
                "INSERT INTO departments (department_id, name, path, version, created_at, updated_at)
                 VALUES ($1, $2, $3, 1, 0, 0)",
                &[id.into(), name.into(), format!("{id}/").into()],
            )
        })
        .expect("a department");
    id
}

/// What one page hears.
struct Ear {
    body: BodyDataStream,
    rest: String,
}

impl Ear {
    async fn open(house: &House, who: &Person, last: Option<i64>) -> Self {
        let mut request = Request::builder().uri("/api/v1/service/stream").header(header::AUTHORIZATION, &who.token);
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = house.router.clone().oneshot(request).await.expect("an answer");
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), rest: String::new() }
    }

    /// The next event: its name and data; `None` where the stream ends or nothing comes in time.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.rest.split_once("\n\n") {
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("").trim().to_owned();
                let found = (field("event:"), serde_json::from_str(&field("data:")).unwrap_or(Value::Null));
                self.rest = rest.to_owned();
                return Some(found);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(4), self.body.next()).await.ok()??;
            self.rest.push_str(&String::from_utf8_lossy(&chunk.expect("a chunk")));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_hears_of_the_tickets_it_may_see_and_of_no_others() {
    for db in databases() {
        let house = House::with(db, |app| app.with(Live::default()));
        let department = department(&house, "华东");
        let agent = house.person_in("agent", Role::Agent, Some(department), Some("department"), None);
        let theirs = house.customer("外部门", 1, None, None);
        let ours = house.customer("本部门", 1, None, Some(department));
        let mut boss = Ear::open(&house, &house.boss, None).await;
        let mut ear = Ear::open(&house, &agent, None).await;
        assert_eq!(boss.next().await.expect("ready").0, "ready");
        assert_eq!(ear.next().await.expect("ready").0, "ready");
        house.ticket(theirs, "question", "看不见的").await;
        let id = house.ticket(ours, "complaint", "看得见的").await;
        let told = [boss.next().await, boss.next().await];
        let mut numbers: Vec<i64> = told.iter().flatten().filter_map(|(_, data)| data["number"].as_i64()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2]);
        let (name, data) = ear.next().await.expect("news");
        assert_eq!((name.as_str(), data["ticket_id"].as_str()), ("ticket", Some(id.as_str())));
        assert_eq!(data["state"], "new");
        assert!(data.get("customer").is_none() && data.get("subject").is_none(), "{data}");
        // A change of the same ticket is news again.
        house.post(&format!("/tickets/{id}/messages"), json!({ "body": "您好", "visibility": "public" })).await;
        let (_, data) = ear.next().await.expect("news");
        assert_eq!((data["number"].as_i64(), data["last_side"].as_str()), (Some(2), Some("staff")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_cut_off_hears_what_he_missed_or_that_it_was_too_much() {
    for db in databases() {
        let house = House::with(db, |app| app.with(Live::default()));
        let customer = house.customer("王小明", 1, None, None);
        let before = house.now().0;
        house.later(20_000);
        house.ticket(customer, "question", "断线时来的").await;
        house.later(1_000);
        let mut ear = Ear::open(&house, &house.boss, Some(before)).await;
        assert_eq!(ear.next().await.expect("ready").0, "ready");
        let (name, data) = ear.next().await.expect("what was missed");
        assert_eq!((name.as_str(), data["number"].as_i64()), ("ticket", Some(1)));
        house.later(HOUR);
        let mut ear = Ear::open(&house, &house.boss, Some(before)).await;
        ear.next().await.expect("ready");
        assert_eq!(ear.next().await.expect("too long ago").0, "all");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_ends_does_not_wait_for_its_listeners() {
    let live = Live::default();
    let hand = live.clone();
    let house = House::with(databases().remove(0), move |app| app.with(hand));
    let mut ear = Ear::open(&house, &house.boss, None).await;
    ear.next().await.expect("ready");
    live.end();
    assert!(ear.next().await.is_none());
}

#[tokio::test]
async fn the_stream_is_for_those_who_may_read_tickets() {
    let house = House::new(databases().remove(0));
    let nobody = Person { id: house.boss.id, token: "Bearer zk_wrong".into() };
    assert_eq!(house.call(&nobody, "GET", "/service/stream", None, None).await.0, 401);
    assert_eq!(house.call(&nobody, "GET", "/service/counts", None, None).await.0, 401);
}

#[tokio::test]
async fn counts_are_of_what_the_caller_sees() {
    for db in databases() {
        let house = House::new(db);
        let department = department(&house, "华东");
        let agent = house.person_in("agent", Role::Agent, Some(department), Some("department"), None);
        let theirs = house.customer("外部门", 1, None, None);
        let ours = house.customer("本部门", 1, None, Some(department));
        let first = house.ticket(theirs, "question", "一").await;
        house.ticket(theirs, "question", "二").await;
        house.ticket(ours, "complaint", "三").await;
        house.post(&format!("/tickets/{first}/assign"), json!({ "staff_id": house.boss.id })).await;
        let all = house.get("/service/counts?team=true").await;
        assert_eq!(all["mine"]["active"], 1);
        assert_eq!(all["unassigned"]["active"], 2);
        assert_eq!(all["people"].as_array().map(Vec::len), Some(1));
        assert_eq!(all["people"][0]["name"], "boss");
        let states = all["states"].as_array().expect("states");
        assert_eq!(states.iter().filter_map(|one| one["tickets"].as_i64()).sum::<i64>(), 3);
        let (status, some) = house.call(&agent, "GET", "/service/counts?team=true", None, None).await;
        assert_eq!(status, 200);
        assert_eq!((some["mine"]["active"].as_i64(), some["unassigned"]["active"].as_i64()), (Some(0), Some(1)));
        assert_eq!(some["people"], json!([]));
        let plain = house.get("/service/counts").await;
        assert!(plain.get("people").is_none() && plain.get("states").is_none(), "{plain}");
        assert_eq!(house.call(&agent, "GET", "/service/counts?team=perhaps", None, None).await.0, 422);
    }
}
