//! Fields of our own, tags and segments as inputs of levels: over HTTP, on every database.

#[expect(dead_code, reason = "shared by tests that use parts of it")]
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
use zunke_customers::make::{self, Patch};
use zunke_customers::{Customers, Kind, Observer, Observers, TagRules};
use zunke_http::App;
use zunke_kernel::id::{CustomerId, ImportId};
use zunke_store::testing::{TestDb, databases};
use zunke_tiering::{Tiers, evaluate};

struct House {
    db: TestDb,
    router: Router,
    boss: String,
    observers: Vec<Arc<dyn Observer>>,
}

impl House {
    fn new(db: TestDb) -> Self {
        let tiers = Tiers::default();
        let observers: Vec<Arc<dyn Observer>> = vec![tiers.observer(), Arc::new(TagRules)];
        let customers = Customers { observers: observers.clone() };
        let app = App::new(db.db.clone(), Arc::new(|| NOW)).with(tiers).with(customers);
        let (routes, _) = zunke_tiering::routes().merge(zunke_customers::routes()).split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app);
        let hash = password::hash_blocking(&Secret::new("correct horse battery")).expect("hashes");
        let new = NewStaff {
            login: "boss".into(),
            name: "boss".into(),
            role: Role::Administrator,
            department: None,
            reach: None,
            levels: None,
            locale: None,
        };
        db.write(|tx| staff::create(tx, NOW, None, &new, &hash, false)).expect("a person");
        let new = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = tokens::create(&db, NOW, "boss", &new).expect("a token");
        Self { db, router, boss: format!("Bearer {}", secret.reveal()), observers }
    }

    async fn call(&self, method: &str, path: &str, version: Option<i64>, body: Value) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        request = request.header(header::AUTHORIZATION, &self.boss).header(header::CONTENT_TYPE, "application/json");
        if let Some(version) = version {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 10_000_000).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn good(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(method, path, None, body).await;
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    /// What is on record, not what would be answered now.
    fn rank(&self, id: CustomerId) -> i64 {
        let sql = "SELECT level_rank FROM standings WHERE customer_id = $1";
        self.db.read(|tx| tx.query_one(sql, &[id.into()], |row| row.int(0))).expect("read").unwrap_or(0)
    }

    fn fingerprints(&self) -> Vec<(CustomerId, i64, i64)> {
        let sql = "SELECT customer_id, level_rank, fingerprint FROM standings ORDER BY customer_id";
        self.db
            .read(|tx| tx.query(sql, &[], |row| Ok((row.id(0, CustomerId)?, row.int(1)?, row.int(2)?))))
            .expect("read")
    }

    /// Rules of two levels above the lowest: level 2 by the first source, level 3 by the second.
    async fn programme(&self, sources: &[&str], thresholds: &[f64]) -> (String, Value) {
        let made = self.good("POST", "/tiering/programmes", json!({"template": "retail"})).await;
        let path = format!("/tiering/programmes/{}", made["id"].as_str().expect("id"));
        let mut rules = made["draft"].clone();
        for (at, (source, threshold)) in sources.iter().zip(thresholds).enumerate() {
            let id = format!("own_{at}");
            let indicator = json!({"id": id, "name": {"zh": "自有", "en": "Own"}, "source": {"attribute": source}});
            rules["indicators"].as_array_mut().expect("a list").push(indicator);
            let entry = json!({"tests": [{"fact": id, "is": "at_least", "value": threshold}]});
            rules["levels"][at + 1]["entry"] = entry;
            rules["levels"][at + 1]["guards"] = json!([]);
        }
        (path, rules)
    }

    async fn publish(&self, path: &str, rules: &Value) {
        let (status, saved) = self.call("PUT", &format!("{path}/draft"), Some(1), json!({"rules": rules})).await;
        assert_eq!((status, &saved["sound"]), (200, &json!(true)), "{saved}");
        self.good("POST", &format!("{path}/publish"), json!({"note": "开始"})).await;
    }
}

fn today() -> String {
    zunke_kernel::Zone::default().day_of(NOW).to_string()
}

fn base(house: &House) -> Vec<CustomerId> {
    let ids: Vec<CustomerId> = (0..20).map(|number| customer(&house.db, number)).collect();
    for id in &ids {
        record(&house.db, &today(), &[added(activity(*id, Kind::Order, &today(), 10))]);
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gains_a_tag_rises_at_once_and_everyone_and_one_agree() {
    for db in databases() {
        let house = House::new(db);
        let ids = base(&house);
        let tag = house.good("POST", "/tags", json!({"name": "贵宾"})).await["id"].as_str().expect("id").to_owned();
        let field = json!({"key": "budget", "kind": "number", "name": {"zh": "预算", "en": "Budget"}});
        house.good("POST", "/fields", field).await;
        let (path, rules) = house.programme(&[&format!("tag.{tag}"), "field.budget"], &[1.0, 500.0]).await;
        house.publish(&path, &rules).await;
        evaluate(&house.db, &|| NOW, None).expect("evaluates");
        assert!(ids.iter().all(|id| house.rank(*id) == 1));

        let tags = format!("/customers/{}/tags", ids[0]);
        house.good("PUT", &tags, json!({"tags": [tag]})).await;
        assert_eq!(house.rank(ids[0]), 2, "in the transaction of the tag");
        house.good("POST", "/customers/bulk/tags", json!({"customers": [ids[1], ids[2]], "add": [tag]})).await;
        assert_eq!((house.rank(ids[1]), house.rank(ids[2])), (2, 2));
        house.good("PATCH", &format!("/customers/{}", ids[3]), json!({"fields": {"budget": 500}})).await;
        assert_eq!(house.rank(ids[3]), 3, "in the transaction of the field");
        house.good("PATCH", &format!("/customers/{}", ids[4]), json!({"fields": {"budget": 499.5}})).await;
        assert_eq!(house.rank(ids[4]), 1, "not quite");

        let one_by_one = house.fingerprints();
        let done = evaluate(&house.db, &|| NOW, None).expect("evaluates");
        assert_eq!(done.written, 0, "everyone together come to the same");
        assert_eq!(house.fingerprints(), one_by_one);
        let simulated = house.good("POST", &format!("{path}/simulate"), json!({})).await;
        let counted: Vec<u64> =
            simulated["levels"].as_array().expect("levels").iter().filter_map(|l| l["customers"].as_u64()).collect();
        assert_eq!(counted[..3], [16, 3, 1], "{simulated}");
        let level = house.good("GET", &format!("/customers/{}/level", ids[0]), Value::Null).await;
        assert_eq!(level["level"]["rank"], 2, "{level}");

        house.good("PUT", &tags, json!({"tags": []})).await;
        assert_eq!(house.rank(ids[0]), 1, "without a life of levels it goes at once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_changes_a_field_changes_the_level_in_its_own_transaction() {
    for db in databases() {
        let house = House::new(db);
        let ids = base(&house);
        let field = json!({"key": "budget", "kind": "number", "name": {"zh": "预算", "en": "Budget"}});
        let made = house.good("POST", "/fields", field).await;
        let (path, rules) = house.programme(&["field.budget"], &[500.0]).await;
        house.publish(&path, &rules).await;
        evaluate(&house.db, &|| NOW, None).expect("evaluates");
        let values: Vec<_> = serde_json::from_value::<zunke_customers::custom::CustomField>(made)
            .map(|field| (field.id, Some(zunke_customers::custom::FieldValue::Number(900.0))))
            .into_iter()
            .collect();
        let context = zunke_customers::RecordContext {
            import_id: Some(ImportId::new(NOW)),
            observers: Observers(house.observers.clone()),
            ..context(&today())
        };
        let patch = Patch { fields: values.into_iter().collect(), ..Patch::default() };
        let ranks = house.db.write(|tx| {
            let sql = "SELECT level_rank FROM standings WHERE customer_id = $1";
            make::update(tx, &context, ids[5], zunke_http::IfMatch(None), &patch)?;
            tx.query_one(sql, &[ids[5].into()], |row| row.int(0))
        });
        assert_eq!(ranks.expect("written"), Some(2));
        let before = house.fingerprints();
        assert_eq!(evaluate(&house.db, &|| NOW, None).expect("evaluates").written, 0);
        assert_eq!(house.fingerprints(), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_counts_for_one_and_for_everyone_and_one_that_rests_on_levels_is_refused() {
    for db in databases() {
        let house = House::new(db);
        let ids = base(&house);
        let is = |city: &str| json!({"any": [{"field": "city", "op": "eq", "value": city}, {"field": "region", "op": "eq", "value": city}]});
        let made = house.good("POST", "/segments", json!({"name": "上海", "condition": is("上海")})).await;
        let segment = made["id"].as_str().expect("id").to_owned();
        let circle = json!({"name": "高分", "condition": {"field": "score", "op": "gte", "value": 10}});
        let circle = house.good("POST", "/segments", circle).await["id"].as_str().expect("id").to_owned();
        let (path, mut rules) = house.programme(&[&format!("segment.{segment}")], &[1.0]).await;
        house.publish(&path, &rules).await;
        evaluate(&house.db, &|| NOW, None).expect("evaluates");
        house.good("PATCH", &format!("/customers/{}", ids[7]), json!({"city": "上海"})).await;
        assert_eq!((house.rank(ids[7]), house.rank(ids[8])), (2, 1), "only he, though the condition has an or");
        assert_eq!(evaluate(&house.db, &|| NOW, None).expect("evaluates").written, 0);

        let last = rules["indicators"].as_array().expect("a list").len() - 1;
        for (source, code) in [
            (format!("segment.{circle}"), "attribute_circle"),
            (segment.replace("seg_", "segment.seg_f"), "no_data"),
            ("field.nobody".into(), "attribute_gone"),
        ] {
            rules["indicators"][last]["source"]["attribute"] = json!(source);
            let checked = house.good("POST", &format!("{path}/validate"), json!({"rules": rules})).await;
            let faults = checked["faults"].as_array().expect("faults");
            assert!(faults.iter().any(|fault| fault["code"] == code), "{code}: {checked}");
            assert_eq!(checked["sound"], false, "{checked}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_by_rule_raises_in_the_same_transaction_and_what_is_deleted_is_told_and_has_no_value() {
    for db in databases() {
        let house = House::new(db);
        let ids = base(&house);
        let rule = json!({"field": "city", "op": "eq", "value": "上海"});
        let tag = house.good("POST", "/tags", json!({"name": "本地", "condition": rule})).await["id"].clone();
        let tag = tag.as_str().expect("id").to_owned();
        let field = json!({"key": "budget", "kind": "number", "name": {"zh": "预算", "en": "Budget"}});
        let field = house.good("POST", "/fields", field).await;
        let (path, rules) = house.programme(&[&format!("tag.{tag}"), "field.budget"], &[1.0, 500.0]).await;
        house.publish(&path, &rules).await;
        evaluate(&house.db, &|| NOW, None).expect("evaluates");
        house.good("PATCH", &format!("/customers/{}", ids[0]), json!({"city": "上海"})).await;
        house.good("PATCH", &format!("/customers/{}", ids[1]), json!({"fields": {"budget": 800}})).await;
        assert_eq!((house.rank(ids[0]), house.rank(ids[1])), (2, 3));
        let fine = house.good("GET", &path, Value::Null).await;
        assert_eq!(fine["faults"], json!([]), "{fine}");

        let field = format!("/fields/{}/archive", field["id"].as_str().expect("id"));
        let (status, answer) = house.call("POST", &field, Some(1), Value::Null).await;
        assert!(status < 300, "{status} {answer}");
        let (status, answer) = house.call("DELETE", &format!("/tags/{tag}"), None, Value::Null).await;
        assert!(status < 300, "{status} {answer}");
        evaluate(&house.db, &|| NOW, None).expect("goes on");
        assert_eq!((house.rank(ids[0]), house.rank(ids[1])), (1, 1), "without a value no condition holds");
        let told = house.good("GET", &path, Value::Null).await;
        let faults = told["faults"].as_array().expect("faults");
        assert_eq!(faults.len(), 2, "{told}");
        assert!(faults.iter().all(|fault| fault["severity"] == "warning" && fault["code"] == "attribute_gone"));
    }
}
