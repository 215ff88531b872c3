//! Lives as callers meet them: over HTTP, on every database.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use common::*;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;
use zunke_access::staff::NewStaff;
use zunke_access::tokens::NewToken;
use zunke_access::{Role, Secret, password, staff, tokens};
use zunke_customers::Kind;
use zunke_http::App;
use zunke_kernel::id::{CustomerId, LevelId};
use zunke_kernel::{Day, Instant, Text};
use zunke_store::jobs::{Handler, Worker};
use zunke_store::testing::{TestDb, databases};
use zunke_tiering::ladder::{Comparison, Rule, Test};
use zunke_tiering::life::{Life, work};
use zunke_tiering::store::programmes;
use zunke_tiering::{Tiers, templates};

struct House {
    db: TestDb,
    router: Router,
    boss: String,
    clerk: String,
    levels: Vec<LevelId>,
}

fn today() -> Day {
    zunke_kernel::Zone::default().day_of(NOW)
}

impl House {
    /// Levels from 0, 1,000, 5,000 and, with approval, 20,000 a year; kept by half of that.
    fn new(db: TestDb) -> Self {
        let app = App::new(db.db.clone(), Arc::new(|| NOW)).with(Tiers::default());
        let (routes, _) = zunke_tiering::routes().split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app);
        let mut rules = templates::build("retail", Instant(0), None).expect("a template");
        rules.life = Some(Life::recommended());
        for (level, amount) in rules.levels.iter_mut().zip([0.0, 1_000.0, 5_000.0, 20_000.0]) {
            let needs = |amount: f64| {
                Rule::all(vec![Test { fact: "net_spend_365".into(), is: Comparison::AtLeast, value: amount }])
            };
            level.entry = if amount > 0.0 { needs(amount) } else { Rule::default() };
            level.keep = (amount > 0.0).then(|| needs(amount / 2.0));
            level.guards.clear();
            level.approval = level.rank == 4;
        }
        db.write(|tx| {
            let id = programmes::create(tx, NOW, &Text::new("会员", "Members"), "retail", &rules)?;
            programmes::publish(tx, NOW, id, &rules, "first", None)?;
            Ok(())
        })
        .expect("a programme");
        let levels = rules.levels.iter().map(|level| level.id).collect();
        let mut house = Self { db, router, boss: String::new(), clerk: String::new(), levels };
        house.boss = house.person("boss", Role::Administrator);
        house.clerk = house.person("clerk", Role::AccountManager);
        house
    }

    fn person(&self, login: &str, role: Role) -> String {
        let hash = password::hash_blocking(&Secret::new("correct horse battery")).expect("hashes");
        let new = NewStaff {
            login: login.into(),
            name: login.into(),
            role,
            department: None,
            reach: None,
            levels: None,
            locale: None,
        };
        self.db.write(|tx| staff::create(tx, NOW, None, &new, &hash, false)).expect("a person");
        let new = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = tokens::create(&self.db, NOW, login, &new).expect("a token");
        format!("Bearer {}", secret.reveal())
    }

    async fn call(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, token)
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 10_000_000).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(&self.boss, "GET", path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(&self.boss, "POST", path, Some(body)).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, String) {
        let (status, answer) = self.call(&self.boss, method, path, Some(body)).await;
        (status, answer["code"].as_str().unwrap_or_default().to_owned())
    }

    fn order(&self, customer: CustomerId, days_ago: i32, amount: i64) {
        let on = today().plus(-days_ago).to_string();
        record(&self.db, &on, &[added(activity(customer, Kind::Order, &on, amount))]);
    }

    fn work(&self) {
        let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(work::Runs::default())];
        while Worker::run_once(&self.db, &handlers, NOW).expect("runs").is_some() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_under_observation_is_told_what_is_missing_by_when_and_the_cheapest_way_to_stay() {
    for db in databases() {
        let house = House::new(db);
        let (anna, ben) = (customer(&house.db, 1), customer(&house.db, 2));
        house.order(anna, 80, 6_000);
        house.order(ben, 80, 1_200);
        for (id, amount) in [(anna, 5_000), (ben, 900)] {
            let on = today().plus(-10).to_string();
            record(&house.db, &on, &[added(activity(id, Kind::Refund, &on, amount))]);
        }
        let page = house.get("/tiering/observations?limit=1").await;
        let first = &page["items"][0];
        assert_eq!((&first["days_left"], page["next"].is_string()), (&json!(20), true), "{page}");
        assert_eq!(first["missing"][0]["fact"], "net_spend_365");
        assert!(first["cheapest"]["text"]["zh"].as_str().expect("a way").contains("再消费"), "{first}");
        let next = page["next"].as_str().expect("more");
        let rest = house.get(&format!("/tiering/observations?limit=1&after={next}")).await;
        assert_ne!(rest["items"][0]["customer_id"], first["customer_id"]);
        assert_eq!(rest["next"], Value::Null);
        let richest = house.get("/tiering/observations?sort=-net_spend").await;
        assert_eq!(richest["items"][0]["customer_id"], json!(anna));
        assert_eq!(richest["items"][0]["missing"][0]["gap"], 1_500.0);
        assert_eq!(richest["items"][0]["falls_to"]["rank"], 2);
        let level = house.get(&format!("/customers/{anna}/level")).await;
        assert_eq!(
            (&level["stage"], &level["level"]["rank"], &level["days_left"]),
            (&json!("observation"), &json!(3), &json!(20))
        );
        assert_eq!(level["keep"]["cheapest"]["amount"], "1500.00");
        assert!(level["sentence"]["zh"].as_str().expect("a sentence").contains("观察期"), "{level}");
        let then =
            house.post(&format!("/customers/{anna}/level/what-if"), json!({"orders": [{"amount": "1500.00"}]})).await;
        assert_eq!(
            (&then["now"]["stage"], &then["then"]["stage"]),
            (&json!("observation"), &json!("active")),
            "{then}"
        );
        assert_eq!(house.get(&format!("/customers/{anna}/level")).await["stage"], "observation", "nothing is written");
        let (status, nobody) = house.call(&house.clerk, "GET", "/tiering/observations", None).await;
        assert_eq!((status, nobody["items"].as_array().map(Vec::len)), (200, Some(0)), "not the clerk's customers");
        assert_eq!(house.call(&house.boss, "GET", "/tiering/observations?sort=name", None).await.0, 422);
        assert_eq!(house.call(&house.boss, "GET", "/tiering/keeps?within_days=900", None).await.0, 422);
        assert_eq!(house.get("/tiering/keeps").await["items"], json!([]));
        let path = format!("/customers/{anna}/level/what-if");
        assert_eq!(house.refused("POST", &path, json!({"orders": []})).await, (422, "orders_invalid".into()));
        let past = today().plus(-20);
        let on = house.get(&format!("/customers/{anna}/level/on?day={past}")).await;
        assert_eq!((&on["level"]["rank"], &on["decision"]["change"]), (&json!(3), &json!("entered")), "{on}");
        assert!(on["decision"]["inputs"]["net_spend_365"].is_number());
        let before = house.get(&format!("/customers/{anna}/level/on?day={}", today().plus(-200))).await;
        assert_eq!((&before["level"], &before["decision"]), (&Value::Null, &Value::Null), "{before}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn levels_by_hand_need_a_reason_stand_above_what_is_computed_and_are_taken_away_again() {
    for db in databases() {
        let house = House::new(db);
        let anna = customer(&house.db, 1);
        house.order(anna, 5, 1_200);
        let (manual, grant) = (format!("/customers/{anna}/level/manual"), format!("/customers/{anna}/level/grant"));
        let (three, four) = (house.levels[2], house.levels[3]);
        let until = today().plus(10);
        let granted = house.post(&grant, json!({"level_id": three, "reason": "体验", "until": until})).await;
        assert_eq!(
            (&granted["level"]["rank"], &granted["layers"]["computed"]["rank"]),
            (&json!(3), &json!(2)),
            "{granted}"
        );
        let set = house.post(&manual, json!({"level_id": four, "reason": "战略客户"})).await;
        assert_eq!((&set["level"]["rank"], &set["layers"]["manual"]["reason"]), (&json!(4), &json!("战略客户")));
        let (status, taken) = house.call(&house.boss, "DELETE", &manual, None).await;
        assert_eq!((status, &taken["level"]["rank"]), (200, &json!(3)), "{taken}");
        assert_eq!(house.call(&house.boss, "DELETE", &manual, None).await.0, 404);
        let (_, taken) = house.call(&house.boss, "DELETE", &grant, None).await;
        assert_eq!(taken["level"]["rank"], 2);
        let no = |body: Value| house.refused("POST", &manual, body);
        assert_eq!(no(json!({"level_id": four, "reason": " "})).await, (422, "reason_invalid".into()));
        let past = today().plus(-1);
        assert_eq!(no(json!({"level_id": four, "reason": "x", "until": past})).await, (422, "until_past".into()));
        let unknown = LevelId::new(NOW);
        assert_eq!(no(json!({"level_id": unknown, "reason": "x"})).await, (422, "level_unknown".into()));
        let body = json!({"level_id": three, "reason": "x"});
        assert_eq!(house.refused("POST", &grant, body.clone()).await, (422, "until_missing".into()));
        assert_eq!(house.call(&house.clerk, "POST", &manual, Some(body)).await.0, 403);
        let history = house.get(&format!("/customers/{anna}/levels")).await;
        assert!(history["items"].as_array().expect("items").len() >= 4, "{history}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_holds_rises_and_borderlines_and_each_is_decided_once() {
    for db in databases() {
        let house = House::new(db);
        let (anna, ben, cora) = (customer(&house.db, 1), customer(&house.db, 2), customer(&house.db, 3));
        house.order(anna, 3, 25_000);
        house.order(ben, 3, 4_800);
        house.order(cora, 3, 26_000);
        let queue = house.get("/tiering/queue").await;
        let kinds: Vec<&str> =
            queue["items"].as_array().expect("items").iter().map(|item| item["kind"].as_str().expect("kind")).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "upgrade").count(), 2, "{queue}");
        let near = house.get("/tiering/queue?kind=borderline").await;
        let near = &near["items"][0];
        assert_eq!((&near["customer_id"], &near["to_level"]), (&json!(ben), &json!(house.levels[2])));
        assert!(near["why"]["zh"].as_str().expect("why").contains("只差一点"), "{near}");
        let rises = house.get("/tiering/queue?kind=upgrade").await;
        let of = |id: CustomerId| {
            let items = rises["items"].as_array().expect("items");
            items.iter().find(|item| item["customer_id"] == json!(id)).expect("an item")["id"].clone()
        };
        let decide = |ids: Value, decision: &str| json!({"ids": ids, "decision": decision, "reason": "核实过", "until": Value::Null, "level_id": Value::Null});
        let unknown = uuid::Uuid::from_u128(5);
        let done = house.post("/tiering/queue/decide", decide(json!([of(anna), unknown]), "approve")).await;
        assert_eq!(done["results"][0]["outcome"], "approved", "{done}");
        assert_eq!(done["results"][1]["outcome"], "refused", "one that is refused holds up no other");
        assert_eq!(house.get(&format!("/customers/{anna}/level")).await["level"]["rank"], 4);
        let done = house.post("/tiering/queue/decide", decide(json!([of(cora)]), "reject")).await;
        assert_eq!(done["results"][0]["outcome"], "rejected");
        assert_eq!(house.get(&format!("/customers/{cora}/level")).await["level"]["rank"], 3);
        house.order(cora, 0, 10);
        assert_eq!(house.get("/tiering/queue?kind=upgrade").await["items"], json!([]), "asked once");
        let again = house.post("/tiering/queue/decide", decide(json!([of(cora)]), "approve")).await;
        assert_eq!(again["results"][0]["outcome"], "refused");
        let done = house.post("/tiering/queue/decide", decide(json!([near["id"]]), "approve")).await;
        assert_eq!(done["results"][0]["outcome"], "approved", "{done}");
        let level = house.get(&format!("/customers/{ben}/level")).await;
        assert_eq!((&level["level"]["rank"], &level["layers"]["computed"]["rank"]), (&json!(3), &json!(2)), "a grant");
        let dora = customer(&house.db, 4);
        house.order(dora, 3, 5_050);
        assert_eq!(house.get(&format!("/customers/{dora}/level")).await["level"]["rank"], 3);
        let just = house.get("/tiering/queue?kind=borderline").await;
        let just = &just["items"][0];
        assert_eq!((&just["customer_id"], &just["to_level"]), (&json!(dora), &json!(house.levels[1])), "{just}");
        house.post("/tiering/queue/decide", decide(json!([just["id"]]), "approve")).await;
        let level = house.get(&format!("/customers/{dora}/level")).await;
        assert_eq!((&level["level"]["rank"], &level["layers"]["computed"]["rank"]), (&json!(2), &json!(3)), "set down");
        assert!(level["layers"]["manual"]["until"].is_string(), "for a cycle and no longer: {level}");
        let decided = house.get("/tiering/queue?state=decided").await;
        assert_eq!(decided["items"].as_array().map(Vec::len), Some(4));
        assert_eq!(decided["items"][0]["reason"], "核实过");
        let bad = json!({"ids": [], "decision": "approve", "reason": "x"});
        assert_eq!(house.refused("POST", "/tiering/queue/decide", bad).await, (422, "ids_invalid".into()));
        let bad = decide(json!([unknown]), "approve");
        assert_eq!(house.call(&house.clerk, "POST", "/tiering/queue/decide", Some(bad)).await.0, 403);
        assert_eq!(house.call(&house.boss, "GET", "/tiering/queue?kind=other", None).await.0, 422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_looked_at_first_stops_at_the_brake_and_is_approved_paused_and_taken_up_again() {
    for db in databases() {
        let house = House::new(db);
        let all: Vec<CustomerId> = (1..=5).map(|number| customer(&house.db, number)).collect();
        for id in &all {
            house.order(*id, 500, 6_000);
        }
        let preview = house.post("/tiering/runs", json!({"kind": "review", "preview": true})).await;
        house.work();
        let path = format!("/tiering/runs/{}", preview["id"].as_str().expect("an id"));
        let seen = house.get(&path).await;
        assert_eq!(
            (&seen["state"], &seen["lowered"], &seen["customers"]),
            (&json!("preview"), &json!(5), &json!(5)),
            "{seen}"
        );
        assert_eq!(seen["moves"][0]["customers"], 5);
        assert_eq!(house.get(&format!("/customers/{}/level", all[0])).await["level"]["rank"], 3, "only looked at");
        let run = house.post("/tiering/runs", json!({"kind": "daily"})).await;
        house.work();
        let path = format!("/tiering/runs/{}", run["id"].as_str().expect("an id"));
        let stopped = house.get(&path).await;
        assert_eq!(
            (&stopped["state"], &stopped["brake"]["share"]),
            (&json!("waiting_approval"), &json!(1.0)),
            "{stopped}"
        );
        assert_eq!(house.refused("POST", "/tiering/runs", json!({"kind": "daily"})).await, (409, "run_open".into()));
        assert_eq!(house.refused("POST", &format!("{path}/pause"), json!({})).await, (409, "run_state".into()));
        let approved = house.post(&format!("{path}/approve"), json!({"reason": "年末清理"})).await;
        assert_eq!((&approved["state"], &approved["reason"]), (&json!("running"), &json!("年末清理")));
        house.post(&format!("{path}/pause"), json!({})).await;
        house.work();
        assert_eq!(house.get(&path).await["state"], "paused");
        assert_eq!(house.get(&format!("/customers/{}/level", all[0])).await["level"]["rank"], 3);
        house.post(&format!("{path}/resume"), json!({})).await;
        house.work();
        let done = house.get(&path).await;
        assert_eq!((&done["state"], &done["done"]), (&json!("done"), &json!(5)), "{done}");
        let level = house.get(&format!("/customers/{}/level", all[0])).await;
        assert_eq!((&level["level"]["rank"], &level["fallen"]["level"]["rank"]), (&json!(2), &json!(3)), "{level}");
        assert_eq!(house.get("/tiering/runs").await["items"].as_array().map(Vec::len), Some(2));
        assert_eq!(house.call(&house.clerk, "GET", "/tiering/runs", None).await.0, 403);
        let future = json!({"kind": "daily", "as_of": today().plus(3)});
        assert_eq!(house.refused("POST", "/tiering/runs", future).await, (422, "as_of_future".into()));
        let other = house.call(&house.boss, "GET", "/tiering/runs/00000000000000000000000000000001", None).await;
        assert_eq!(other.0, 404);
    }
}
