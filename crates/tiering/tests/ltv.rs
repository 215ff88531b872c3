//! Lifetime values in the house: the job writes everyone's figures, the API shows each reader what he may see.

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
use zunke_access::{Role, Scope, Secret, password, staff, tokens};
use zunke_customers::{Change, Kind};
use zunke_http::App;
use zunke_kernel::id::CustomerId;
use zunke_store::jobs::{Handler, Worker};
use zunke_store::testing::{TestDb, databases};
use zunke_tiering::Tiers;
use zunke_tiering::ltv::refit::Refit;
use zunke_tiering::store::ltv;

struct House {
    db: TestDb,
    router: Router,
}

impl House {
    fn new(db: TestDb) -> Self {
        let app = App::new(db.db.clone(), Arc::new(|| NOW)).with(Tiers::default());
        let (routes, _) = zunke_tiering::routes().split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app);
        Self { db, router }
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
        let request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        let request = request.header(header::AUTHORIZATION, token).header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 10_000_000).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    fn work(&self) {
        let handlers: [Arc<dyn Handler>; 1] = [Arc::new(Refit)];
        Worker::run_once(&self.db, &handlers, NOW).expect("runs").expect("a job was due");
    }
}

/// 300 customers over two years, most of whom come again; the last one only ever gave something back.
fn fill(db: &TestDb) -> Vec<CustomerId> {
    programme(db, "retail");
    let today = zunke_kernel::Zone::default().day_of(NOW);
    (0..300_i64)
        .map(|number| {
            let id = customer(db, number);
            let orders = if number % 3 == 0 { 1 } else { 2 + number % 7 };
            let first = today.plus(-700 + i32::try_from(number * 2 % 500).expect("small"));
            let mut changes: Vec<Change> = (0..orders)
                .map(|at| {
                    let on = first.plus(i32::try_from(at * (9 + number % 23)).expect("small"));
                    added(activity(id, Kind::Order, &on.to_string(), 50 + number % 90))
                })
                .collect();
            if number == 299 {
                changes = vec![added(activity(id, Kind::Refund, &first.to_string(), 30))];
            }
            record(db, &today.to_string(), &changes);
            id
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refit_writes_everyones_figures_and_a_second_one_the_same_again() {
    for db in databases() {
        let house = House::new(db);
        let boss = house.person("boss", Role::Administrator);
        let (status, empty) = house.call(&boss, "GET", "/tiering/ltv", None).await;
        assert_eq!((status, &empty["fit"]), (200, &Value::Null), "{empty}");
        let ids = fill(&house.db);
        let (_, none) = house.call(&boss, "GET", &format!("/customers/{}/ltv", ids[1]), None).await;
        assert_eq!(none["figures"], Value::Null);
        assert!(none["sentence"]["zh"].as_str().expect("text").contains("还没有"), "{none}");

        let wish = json!({"horizon_weeks": 26, "discount": 0.05});
        let (status, job) = house.call(&boss, "POST", "/tiering/ltv/fits", Some(wish)).await;
        assert_eq!((status, &job["kind"]), (202, &json!("tiering.ltv")), "{job}");
        let (_, same) = house.call(&boss, "POST", "/tiering/ltv/fits", Some(json!({}))).await;
        assert_eq!(same["id"], job["id"], "one at a time");
        house.work();

        let (_, shown) = house.call(&boss, "GET", "/tiering/ltv", None).await;
        let report = &shown["fit"]["report"];
        assert_eq!((&report["customers"], &report["without_purchase"]), (&json!(299), &json!(1)), "{report}");
        assert_eq!((&report["horizon"], &report["discount"]), (&json!(26.0), &json!(0.05)));
        assert_eq!((&shown["seen"]["customers"], &shown["fit"]["whole"]), (&json!(299), &json!(true)));
        assert!(report["holdout"]["customers"].as_u64().expect("a check") > 100, "{report}");
        assert!(report["warnings"].is_array());
        let total = report["totals"]["ltv"].as_f64().expect("a sum");
        assert!((shown["seen"]["ltv"].as_f64().expect("a sum") - total).abs() < 1e-6 * total.max(1.0));

        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let (status, page) =
                house.call(&boss, "GET", &format!("/tiering/ltv/customers?limit=70{after}"), None).await;
            assert_eq!(status, 200, "{page}");
            all.extend(page["items"].as_array().expect("items").clone());
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(all.len(), 299, "every customer once");
        let values: Vec<f64> = all.iter().map(|row| row["ltv"].as_f64().expect("a number")).collect();
        assert!(values.windows(2).all(|pair| pair[0] >= pair[1]), "the best first");
        let best = all[0]["customer_id"].as_str().expect("an id");
        let (_, one) = house.call(&boss, "GET", &format!("/customers/{best}/ltv"), None).await;
        assert_eq!(one["figures"]["ltv"], all[0]["ltv"]);
        assert_eq!(one["horizon_days"], json!(182.0));
        let (_, none) = house.call(&boss, "GET", &format!("/customers/{}/ltv", ids[299]), None).await;
        assert_eq!(none["figures"], Value::Null, "nothing but a refund");

        house
            .db
            .write(|tx| tx.execute("UPDATE customers SET status = 'archived' WHERE customer_id = $1", &[ids[1].into()]))
            .expect("archived");
        house.call(&boss, "POST", "/tiering/ltv/fits", Some(json!({}))).await;
        house.work();
        let (_, again) = house.call(&boss, "GET", "/tiering/ltv", None).await;
        assert_eq!(again["fit"]["report"]["customers"], 298, "who is archived is not counted");
        assert_eq!(again["fit"]["report"]["horizon"], json!(26.0), "as it was before");
        let left = house.db.read(|tx| ltv::seen(tx, &Scope::all())).expect("sums");
        assert_eq!(left.customers, 298);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_values_of_customers_who_are_not_his_and_nonsense_is_told() {
    for db in databases() {
        let house = House::new(db);
        let boss = house.person("boss", Role::Administrator);
        let manager = house.person("manager", Role::AccountManager);
        let ids = fill(&house.db);
        house.call(&boss, "POST", "/tiering/ltv/fits", Some(json!({}))).await;
        house.work();
        let (_, shown) = house.call(&manager, "GET", "/tiering/ltv", None).await;
        assert_eq!((&shown["seen"]["customers"], &shown["fit"]["whole"]), (&json!(0), &json!(false)), "{shown}");
        let report = &shown["fit"]["report"];
        assert_eq!((&report["customers"], &report["histogram"]), (&json!(0), &json!([])), "nothing of everyone");
        let (_, list) = house.call(&manager, "GET", "/tiering/ltv/customers", None).await;
        assert_eq!(list["items"], json!([]));
        for (who, method, path, body, status, code) in [
            (&manager, "GET", format!("/customers/{}/ltv", ids[1]), None, 404, "not_found"),
            (&manager, "POST", "/tiering/ltv/fits".to_owned(), Some(json!({})), 403, "forbidden"),
            (&boss, "GET", "/customers/x/ltv".to_owned(), None, 404, "not_found"),
            (&boss, "GET", "/tiering/ltv/customers?limit=0".to_owned(), None, 422, "limit_invalid"),
            (&boss, "GET", "/tiering/ltv/customers?after=5b315d".to_owned(), None, 422, "after_invalid"),
            (&boss, "POST", "/tiering/ltv/fits".to_owned(), Some(json!({"horizon_weeks": 1})), 422, "horizon_invalid"),
            (&boss, "POST", "/tiering/ltv/fits".to_owned(), Some(json!({"discount": -0.1})), 422, "discount_invalid"),
            (&boss, "POST", "/tiering/ltv/fits".to_owned(), Some(json!({"weeks": 3})), 422, "json_invalid"),
        ] {
            let (found, answer) = house.call(who, method, &path, body).await;
            assert_eq!((found, answer["code"].as_str()), (status, Some(code)), "{method} {path}: {answer}");
        }
    }
}
