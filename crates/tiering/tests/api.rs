//! The room as its callers meet it: over HTTP, on every database.

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
use zunke_customers::{Change, Kind};
use zunke_http::App;
use zunke_store::testing::{TestDb, databases};
use zunke_tiering::{Tiers, evaluate};

struct House {
    db: TestDb,
    router: Router,
    boss: String,
}

impl House {
    fn new(db: TestDb) -> Self {
        let app = App::new(db.db.clone(), Arc::new(|| NOW)).with(Tiers::default());
        let (routes, _) = zunke_tiering::routes().split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app);
        let mut house = Self { db, router, boss: String::new() };
        house.boss = house.person("boss", Role::Administrator);
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

    async fn call(
        &self,
        token: &str,
        method: &str,
        path: &str,
        version: Option<i64>,
        body: Option<Value>,
    ) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        request = request.header(header::AUTHORIZATION, token).header(header::CONTENT_TYPE, "application/json");
        if let Some(version) = version {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 10_000_000).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(&self.boss, "GET", path, None, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }
}

fn fill(house: &House) -> zunke_kernel::id::CustomerId {
    let mut anna = None;
    for number in 0..40_i64 {
        let id = customer(&house.db, number);
        let today = zunke_kernel::Zone::default().day_of(NOW);
        let changes: Vec<Change> = (0..6)
            .map(|at| added(activity(id, Kind::Order, &today.plus(-20 * at).to_string(), 100 * (number + 1))))
            .collect();
        record(&house.db, &today.to_string(), &changes);
        anna = Some(id);
    }
    anna.expect("forty")
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_template_over_a_draft_and_a_simulation_to_published_levels_that_explain_themselves() {
    for db in databases() {
        let house = House::new(db);
        let best = fill(&house);
        assert_eq!(house.get("/tiering/templates").await.as_array().map(Vec::len), Some(4));
        assert_eq!(house.get("/tiering/overview").await["total"], 40, "also before there are rules");
        let (status, made) =
            house.call(&house.boss, "POST", "/tiering/programmes", None, Some(json!({"template": "own_data"}))).await;
        assert_eq!(status, 201, "{made}");
        let path = format!("/tiering/programmes/{}", made["id"].as_str().expect("id"));
        let mut rules = made["draft"].clone();
        rules["levels"][1]["entry"]["tests"][0]["value"] = json!(9_000);
        let (status, saved) =
            house.call(&house.boss, "PUT", &format!("{path}/draft"), Some(1), Some(json!({"rules": rules}))).await;
        assert_eq!((status, &saved["version"], &saved["sound"]), (200, &json!(2), &json!(true)), "{saved}");
        let (status, _) =
            house.call(&house.boss, "PUT", &format!("{path}/draft"), Some(1), Some(json!({"rules": rules}))).await;
        assert_eq!(status, 412, "someone else saved meanwhile");
        let (status, simulated) =
            house.call(&house.boss, "POST", &format!("{path}/simulate"), None, Some(json!({}))).await;
        assert_eq!((status, &simulated["customers"]), (200, &json!(40)), "{simulated}");
        let (status, published) =
            house.call(&house.boss, "POST", &format!("{path}/publish"), None, Some(json!({"note": "开始"}))).await;
        assert_eq!((status, &published["number"]), (200, &json!(1)), "{published}");
        let (status, again) = house.call(&house.boss, "POST", &format!("{path}/publish"), None, Some(json!({}))).await;
        assert_eq!((status, &again["code"]), (409, &json!("nothing_to_publish")));
        evaluate(&house.db, &|| NOW, None).expect("evaluates");

        let overview = house.get("/tiering/overview").await;
        let of_levels = |field: &str, of: &Value| -> Vec<i64> {
            of["levels"]
                .as_array()
                .expect("levels")
                .iter()
                .map(|level| level[field].as_i64().expect("a number"))
                .collect()
        };
        assert_eq!(of_levels("customers", &overview), of_levels("customers", &simulated), "as it was simulated");
        assert_eq!(overview["pareto"]["top20_customers"], 8);
        let level = house.get(&format!("/customers/{best}/level")).await;
        assert_eq!(level["level"]["rank"], overview["levels"].as_array().expect("levels").last().expect("one")["rank"]);
        assert!(level["sentence"]["zh"].as_str().expect("text").contains("近一年净消费"), "{level}");
        assert_eq!(level["dimensions"].as_array().map(Vec::len), Some(5));
        let history = house.get(&format!("/customers/{best}/levels")).await;
        assert!(history["items"][0]["inputs"]["net_spend_365"].is_number(), "{history}");
        let changes = house.get("/tiering/changes?limit=2").await;
        assert_eq!(changes["items"].as_array().map(Vec::len), Some(2));
        let next = changes["next"].as_str().expect("more");
        assert_ne!(
            house.get(&format!("/tiering/changes?limit=2&after={next}")).await["items"][0]["id"],
            changes["items"][0]["id"]
        );
        let map = house.get("/tiering/rfm").await;
        let counted: i64 =
            map["cells"].as_array().expect("cells").iter().map(|cell| cell["customers"].as_i64().expect("count")).sum();
        assert_eq!(counted, 40);
        let near = house.get("/tiering/potentials").await;
        assert!(near["items"][0]["reason"]["zh"].as_str().expect("a reason").contains("已完成"), "{near}");
        assert_eq!(house.get(&format!("{path}/versions")).await["items"][0]["state"], "published");
        house.get("/tiering/programmes").await;
        house.get("/measures").await;
        house.get("/indicators").await;
        let (status, job) = house.call(&house.boss, "POST", "/tiering/evaluations", None, Some(json!({}))).await;
        assert_eq!((status, &job["kind"]), (202, &json!("tiering.evaluate")), "{job}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told_with_its_code_and_never_a_fault_of_ours() {
    for db in databases() {
        let house = House::new(db);
        let id = programme(&house.db, "retail");
        let path = format!("/tiering/programmes/{id}");
        let agent = house.person("agent", Role::Agent);
        let mut bad = house.get(&path).await["rules"].clone();
        bad["score"]["dimensions"][0]["weight"] = json!(1);
        bad["levels"][2]["entry"]["tests"][0]["fact"] = json!("gone");
        let other = "prg_00000000000000000000000000000001";
        let boss = house.boss.clone();
        for (who, method, path, version, body, status, code) in [
            (
                &boss,
                "POST",
                "/tiering/programmes".to_owned(),
                None,
                Some(json!({"template": "x"})),
                422,
                "template_unknown",
            ),
            (&boss, "POST", "/tiering/programmes".to_owned(), None, Some(json!({})), 422, "json_invalid"),
            (
                &agent,
                "POST",
                "/tiering/programmes".to_owned(),
                None,
                Some(json!({"template": "b2b"})),
                403,
                "forbidden",
            ),
            (&boss, "GET", format!("/tiering/programmes/{other}"), None, None, 404, "not_found"),
            (&boss, "GET", "/tiering/programmes/x".to_owned(), None, None, 404, "not_found"),
            (&boss, "PUT", format!("{path}/draft"), None, Some(json!({"rules": bad})), 428, "version_required"),
            (&boss, "PUT", format!("{path}/draft"), Some(9), Some(json!({"rules": bad})), 412, "version_changed"),
            (
                &boss,
                "PUT",
                format!("{path}/draft"),
                Some(1),
                Some(json!({"rules": {"levels": 3}})),
                422,
                "json_invalid",
            ),
            (&boss, "POST", format!("{path}/simulate"), None, Some(json!({"rules": bad})), 422, "rules_invalid"),
            (
                &boss,
                "POST",
                format!("{path}/simulate"),
                None,
                Some(json!({"as_of": "9999-12-31"})),
                422,
                "day_out_of_range",
            ),
            (&agent, "POST", format!("{path}/simulate"), None, Some(json!({})), 403, "forbidden"),
            (&boss, "POST", format!("/tiering/programmes/{other}/simulate"), None, Some(json!({})), 404, "not_found"),
            (
                &boss,
                "POST",
                format!("{path}/publish"),
                None,
                Some(json!({"note": "x".repeat(501)})),
                422,
                "text_too_long",
            ),
            (
                &boss,
                "POST",
                "/tiering/evaluations".to_owned(),
                None,
                Some(json!({"as_of": "2026-02-30"})),
                422,
                "json_invalid",
            ),
            (&agent, "POST", "/tiering/evaluations".to_owned(), None, Some(json!({})), 403, "forbidden"),
            (&boss, "GET", "/tiering/rfm?group=nobody".to_owned(), None, None, 422, "group_unknown"),
            (&boss, "GET", "/tiering/changes?limit=0".to_owned(), None, None, 422, "limit_invalid"),
            (&boss, "GET", "/tiering/changes?after=5b315d".to_owned(), None, None, 422, "after_invalid"),
            (&boss, "GET", "/tiering/potentials?limit=101".to_owned(), None, None, 422, "limit_invalid"),
            (
                &boss,
                "GET",
                "/customers/cus_00000000000000000000000000000001/level".to_owned(),
                None,
                None,
                404,
                "not_found",
            ),
            (&boss, "GET", "/customers/x/levels".to_owned(), None, None, 404, "not_found"),
        ] {
            let (found, answer) = house.call(who, method, &path, version, body.clone()).await;
            assert_eq!((found, answer["code"].as_str()), (status, Some(code)), "{method} {path} {body:?}: {answer}");
        }
        // A draft may be saved with faults; each has its place; it can't be published.
        let (status, saved) = house
            .call(
                &house.boss,
                "PUT",
                &format!("{path}/draft"),
                Some(house.get(&path).await["version"].as_i64().expect("version")),
                Some(json!({"rules": bad})),
            )
            .await;
        assert_eq!((status, &saved["sound"]), (200, &json!(false)));
        let paths: Vec<&str> =
            saved["faults"].as_array().expect("faults").iter().filter_map(|fault| fault["path"].as_str()).collect();
        assert!(paths.contains(&"score.dimensions") && paths.contains(&"levels[2].entry.tests[0].fact"), "{paths:?}");
        let (status, refused) =
            house.call(&house.boss, "POST", &format!("{path}/publish"), None, Some(json!({}))).await;
        assert_eq!((status, &refused["code"]), (422, &json!("rules_invalid")), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_see_a_customer_sees_nothing_of_his_level() {
    for db in databases() {
        let house = House::new(db);
        programme(&house.db, "retail");
        let best = fill(&house);
        evaluate(&house.db, &|| NOW, None).expect("evaluates");
        // An account manager sees own customers; these belong to nobody.
        let manager = house.person("manager", Role::AccountManager);
        for path in [format!("/customers/{best}/level"), format!("/customers/{best}/levels")] {
            assert_eq!(house.call(&manager, "GET", &path, None, None).await.0, 404);
        }
        let (_, overview) = house.call(&manager, "GET", "/tiering/overview", None, None).await;
        assert_eq!((&overview["total"], &overview["pareto"]["customers"]), (&json!(0), &json!(0)));
        for (path, list) in [("/tiering/changes", "items"), ("/tiering/potentials", "items"), ("/tiering/rfm", "cells")]
        {
            let (status, body) = house.call(&manager, "GET", path, None, None).await;
            assert_eq!((status, body[list].as_array().map(Vec::len)), (200, Some(0)), "{path}");
        }
    }
}
