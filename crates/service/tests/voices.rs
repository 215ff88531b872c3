//! Customers' voices as callers meet them: read once, counted once, found again, on every database.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use common::*;
use serde_json::{Value, json};
use std::sync::Arc;
use zunke_access::Role;
use zunke_service::voice::work::{AskModel, Listen, Retag};
use zunke_store::jobs::{Handler, Worker};
use zunke_store::outbox::{self, Subscriber};
use zunke_store::testing::databases;

async fn get_as(house: &House, who: &Person, path: &str) -> Value {
    let (status, body) = house.call(who, "GET", path, None, None).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

async fn put(house: &House, path: &str, body: Value) -> Value {
    let (status, answer) = house.call(&house.boss, "PUT", path, None, Some(body)).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

async fn fails(house: &House, method: &str, path: &str, body: Value) -> Value {
    let (status, answer) = house.call(&house.boss, method, path, None, Some(body).filter(|body| !body.is_null())).await;
    assert!((400..500).contains(&status), "{method} {path}: {status} {answer}");
    answer
}

/// Delivers what was sent, and does the jobs that wait.
fn settle(house: &House) {
    let subscribers: Vec<Arc<dyn Subscriber>> = vec![Arc::new(Listen)];
    while outbox::deliver_pending(&house.db, &subscribers, house.now()).expect("delivered") > 0 {}
    let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(AskModel), Arc::new(Retag)];
    while Worker::run_once(&house.db, &handlers, house.now()).expect("done").is_some() {}
}

async fn says(house: &House, customer: zunke_kernel::id::CustomerId, product: Option<&str>, body: &str) -> Value {
    let mut asked = json!({ "customer_id": customer, "kind": "complaint", "channel": "phone", "body": body });
    if let Some(product) = product {
        asked["product"] = product.into();
    }
    house.post("/tickets", asked).await
}

fn count(points: &Value, what: &str) -> i64 {
    points.as_array().expect("points").iter().filter_map(|point| point[what].as_i64()).sum()
}

#[tokio::test]
async fn each_message_is_read_once_and_counted_once() {
    for db in databases() {
        let house = House::new(db);
        let gold = house.customer("王小明", 3, None, None);
        let plain = house.customer("李雷", 1, None, None);
        let topic = json!({ "name": "物流", "rules": [{ "any": ["快递", "物流"], "with": ["慢", "没到"] }] });
        let topic = house.post("/topics", topic).await;
        let first = says(&house, gold, Some("净水器"), "快递太慢了，三天没到，非常失望！").await;
        says(&house, plain, None, "客服很耐心，非常满意").await;
        settle(&house);
        // Delivered again, nothing is counted twice.
        let id = first["id"].as_str().expect("an id");
        house
            .post(&format!("/tickets/{id}/messages"), json!({ "body": "正在催促物流。", "visibility": "public" }))
            .await;
        settle(&house);
        let page = house.get("/voices").await;
        assert_eq!(page["items"].as_array().map(Vec::len), Some(2), "{page}");
        let voice =
            &page["items"].as_array().expect("items").iter().find(|one| one["product"] == "净水器").expect("it");
        assert_eq!((voice["sentiment"].as_str(), voice["source"].as_str()), (Some("negative"), Some("lexicon")));
        assert_eq!(voice["topics"], json!([topic["id"]]));
        assert!(voice["words"].as_array().is_some_and(|words| !words.is_empty()));
        for (query, found) in [
            ("?sentiment=negative", 1),
            ("?sentiment=neutral", 0),
            ("?level=3", 1),
            ("?level=1,3", 2),
            ("?product=x", 0),
            ("?from=2027-01-18&to=2027-01-18", 2),
            ("?from=2027-01-19", 0),
            ("?to=2027-01-17", 0),
        ] {
            let page = house.get(&format!("/voices{query}")).await;
            assert_eq!(page["items"].as_array().map(Vec::len), Some(found), "{query}");
        }
        let by_topic = house.get(&format!("/voices?topic={}", topic["id"].as_str().expect("an id"))).await;
        assert_eq!(by_topic["items"].as_array().map(Vec::len), Some(1));
        let trend = house.get("/voices/trend").await;
        assert_eq!((count(&trend["points"], "negative"), count(&trend["points"], "positive")), (1, 1), "{trend}");
        assert_eq!(trend["topics"], json!([{ "key": topic["id"], "positive": 0, "neutral": 0, "negative": 1 }]));
        assert_eq!(trend["products"][0]["key"], "净水器");
        assert_eq!(count(&house.get("/voices/trend?level=3&step=week").await["points"], "negative"), 1);
        assert_eq!(count(&house.get("/voices/trend?product=other").await["points"], "negative"), 0);
    }
}

#[tokio::test]
async fn a_topic_made_later_finds_what_was_said_before() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 3, None, None);
        says(&house, customer, None, "发票抬头写错了").await;
        settle(&house);
        let topic = house.post("/topics", json!({ "name": "发票", "rules": [{ "any": ["发票"] }] })).await;
        settle(&house);
        let id = topic["id"].as_str().expect("an id");
        assert_eq!(house.get(&format!("/voices?topic={id}")).await["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(house.get("/voices/trend").await["topics"][0]["key"], topic["id"]);
        house.patch(&format!("/topics/{id}"), json!({ "rules": [{ "any": ["收据"] }] })).await;
        settle(&house);
        assert_eq!(house.get("/voices/trend").await["topics"], json!([]));
        assert_eq!(house.get("/topics").await["retag"]["state"], "done");
    }
}

#[tokio::test]
async fn who_sees_some_customers_counts_those() {
    for db in databases() {
        let house = House::new(db);
        let me = house.person_in("manager", Role::AccountManager, None, Some("own"), None);
        let mine = house.customer("我的", 3, Some(me.id), None);
        let other = house.customer("别人的", 3, None, None);
        for customer in [mine, other] {
            says(&house, customer, Some("净水器"), "物流太慢，很失望").await;
        }
        settle(&house);
        let whole = house.get("/voices/trend").await;
        assert_eq!(count(&whole["points"], "negative"), 2);
        let part = get_as(&house, &me, "/voices/trend").await;
        assert_eq!(count(&part["points"], "negative"), 1, "{part}");
        assert_eq!(part["products"][0]["negative"], 1);
        assert_eq!(get_as(&house, &me, "/voices").await["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn similar_tickets_share_rare_terms_and_stay_within_the_scope() {
    for db in databases() {
        let house = House::new(db);
        let me = house.person_in("manager", Role::AccountManager, None, Some("own"), None);
        let mine = house.customer("我的", 3, Some(me.id), None);
        let other = house.customer("别人的", 3, None, None);
        let first = says(&house, mine, None, "净水器滤芯漏水，师傅没来").await;
        let second = says(&house, mine, None, "滤芯又漏水了，净水器太差").await;
        let third = says(&house, other, None, "净水器滤芯漏水").await;
        says(&house, other, None, "生日礼物很好").await;
        settle(&house);
        let path = format!("/tickets/{}/similar", first["id"].as_str().expect("an id"));
        let found = house.get(&path).await;
        let ids: Vec<&Value> = found["items"].as_array().expect("items").iter().map(|one| &one["ticket_id"]).collect();
        assert!(ids.len() == 2 && ids.contains(&&second["id"]) && ids.contains(&&third["id"]), "{found}");
        let found = get_as(&house, &me, &path).await;
        assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found}");
    }
}

#[tokio::test]
async fn similar_tickets_say_what_they_share_besides_words() {
    for db in databases() {
        let house = House::new(db);
        house.post("/topics", json!({ "name": "配送", "rules": [{ "any": ["快递", "物流"] }] })).await;
        let (mine, other) = (house.customer("王小明", 3, None, None), house.customer("李晓红", 2, None, None));
        let first = says(&house, mine, Some("净水器"), "快递三天没到").await;
        let near = says(&house, other, Some("净水器"), "物流一直不动").await;
        let own = says(&house, mine, Some("净水器"), "滤芯在哪里买").await;
        // Only the topic, only the product, only the customer: not enough by itself.
        says(&house, other, Some("电饭煲"), "物流太慢").await;
        says(&house, mine, None, "发票抬头写错了").await;
        settle(&house);
        let found = house.get(&format!("/tickets/{}/similar", first["id"].as_str().expect("an id"))).await;
        let items = found["items"].as_array().expect("items");
        let of = |id: &Value| items.iter().find(|one| one["ticket_id"] == *id).expect("a similar ticket");
        let one = of(&near["id"]);
        assert_eq!(one["topics"].as_array().map(Vec::len), Some(1), "{found}");
        assert_eq!((&one["same_product"], &one["same_customer"]), (&json!(true), &json!(false)));
        if let Some(one) = items.iter().find(|one| one["ticket_id"] == own["id"]) {
            assert_eq!((&one["same_product"], &one["same_customer"]), (&json!(true), &json!(true)));
        }
        fails(&house, "GET", "/tickets/tkt_nonsense/similar", Value::Null).await;
    }
}

#[tokio::test]
async fn a_model_service_that_fails_is_said_and_the_lexicon_stays() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 3, None, None);
        // Nothing listens there.
        let settings =
            json!({ "enabled": true, "endpoint": "http://127.0.0.1:9/feel", "timeout_ms": 500, "token": "t" });
        let model = put(&house, "/voices/model", settings).await;
        assert_eq!((model["has_token"].as_bool(), model.get("token")), (Some(true), None));
        says(&house, customer, None, "太差了").await;
        settle(&house);
        let voice = house.get("/voices").await["items"][0].clone();
        assert_eq!((voice["sentiment"].as_str(), voice["source"].as_str()), (Some("negative"), Some("lexicon")));
        assert!(voice["fell_back"].is_string(), "{voice}");
        assert!(house.get("/voices/model").await["last_error"].is_string());
    }
}

#[tokio::test]
async fn a_model_service_that_answers_is_believed() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 3, None, None);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let serving = std::thread::spawn(move || serve_once(&listener));
        let settings = json!({ "enabled": true, "endpoint": format!("http://127.0.0.1:{port}/"), "timeout_ms": 5000 });
        put(&house, "/voices/model", settings).await;
        says(&house, customer, None, "太差了").await;
        settle(&house);
        let asked = serving.join().expect("asked");
        assert!(asked.contains("太差了"), "{asked}");
        let voice = house.get("/voices").await["items"][0].clone();
        assert_eq!(
            (voice["sentiment"].as_str(), voice["source"].as_str(), voice["score"].as_i64()),
            (Some("positive"), Some("model"), Some(77))
        );
        assert_eq!(count(&house.get("/voices/trend").await["points"], "positive"), 1);
        assert_eq!(count(&house.get("/voices/trend").await["points"], "negative"), 0);
    }
}

/// A service that finds everything rather good.
fn serve_once(listener: &std::net::TcpListener) -> String {
    use std::io::{Read, Write};
    let (mut stream, _) = listener.accept().expect("a call");
    let mut asked = Vec::new();
    let mut part = [0; 4096];
    let body = loop {
        let read = stream.read(&mut part).expect("read");
        asked.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&asked).into_owned();
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && let Ok(json) = serde_json::from_str::<Value>(body)
        {
            break json;
        }
    };
    let items: Vec<Value> = body["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| json!({ "id": item["id"], "score": 77.2 }))
        .collect();
    let answer = json!({ "items": items }).to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(answer.as_bytes())).expect("answered");
    body.to_string()
}

#[tokio::test]
async fn what_makes_no_sense_is_told_with_its_field() {
    for db in databases() {
        let house = House::new(db);
        for (path, field) in [
            ("/voices?sentiment=good", "sentiment"),
            ("/voices?level=x", "level"),
            ("/voices/trend?step=year", "step"),
            ("/voices?from=2027-02-01&to=2027-01-01", "from"),
            ("/voices/trend?from=2020-01-01&to=2027-01-01", "from"),
        ] {
            let problem = fails(&house, "GET", path, Value::Null).await;
            assert_eq!(problem["field"], field, "{path}: {problem}");
        }
        for (body, field) in [
            (json!({ "name": "", "rules": [{ "any": ["x"] }] }), "name"),
            (json!({ "name": "空", "rules": [] }), "rules"),
            (json!({ "name": "空", "rules": [{ "any": [" "] }] }), "rules"),
        ] {
            let problem = fails(&house, "POST", "/topics", body).await;
            assert_eq!(problem["field"], field, "{problem}");
        }
        house.post("/topics", json!({ "name": "ABC", "rules": [{ "any": ["x"] }] })).await;
        let problem = fails(&house, "POST", "/topics", json!({ "name": "abc", "rules": [{ "any": ["x"] }] })).await;
        assert_eq!(problem["code"], "topic_name_taken");
        let problem = fails(&house, "PUT", "/voices/model", json!({ "enabled": true, "endpoint": "file:///x" })).await;
        assert_eq!(problem["field"], "endpoint");
        house.post("/topics/starters", json!({})).await;
        assert_eq!(house.post("/topics/starters", json!({})).await["items"].as_array().map(Vec::len), Some(11));
    }
}
