//! What a role may do with customers of a level: the same on every path. Who may not be seen is as absent as nobody; who
//! may be seen but not changed is refused with the reason.

#![expect(clippy::unwrap_used, reason = "a helper of a test stops as the test would")]

mod support;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use support::*;
use tower::ServiceExt;
use zunke_access::staff::NewStaff;
use zunke_access::tokens::NewToken;
use zunke_access::{ReachKind, Role, Secret, password, staff, tokens};
use zunke_customers::{Customers, Headline, NewCustomer, headline};
use zunke_http::App;
use zunke_kernel::id::CustomerId;
use zunke_store::testing::{TestDb, databases};

struct House {
    db: TestDb,
    router: Router,
    boss: String,
}

impl House {
    fn new(db: TestDb) -> Self {
        let app = App::new(db.db.clone(), std::sync::Arc::new(|| NOW)).with(Customers::default());
        let (routes, _) = zunke_access::routes()
            .merge(zunke_customers::routes())
            .merge(zunke_customers::export::routes())
            .split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app);
        let mut house = Self { db, router, boss: String::new() };
        house.boss = house.person("boss", Role::Administrator);
        house
    }

    fn person(&self, login: &str, role: Role) -> String {
        let hash = password::hash_blocking(&Secret::new("correct horse battery")).unwrap();
        let new = NewStaff {
            login: login.into(),
            name: login.into(),
            role,
            department: None,
            reach: Some(ReachKind::All),
            levels: None,
            locale: None,
        };
        self.db.write(|tx| staff::create(tx, NOW, None, &new, &hash, false)).unwrap();
        let new = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = tokens::create(&self.db, NOW, login, &new).unwrap();
        format!("Bearer {}", secret.reveal())
    }

    async fn call(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::AUTHORIZATION, token);
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 24).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or(""))
}

#[tokio::test]
async fn every_path_agrees_on_what_a_role_may_do_with_a_level() {
    for db in databases() {
        let house = House::new(db);
        let ids: Vec<CustomerId> =
            ["低", "中", "高"].iter().map(|name| create(&house.db, &NewCustomer::named(*name)).unwrap()).collect();
        let heads: Vec<Headline> =
            ids.iter().zip([1, 3, 5]).map(|(id, level_rank)| Headline { level_rank, ..Headline::empty(*id) }).collect();
        house.db.write(|tx| headline::write_many(tx, &heads)).unwrap();
        let tag = house.call(&house.boss, "POST", "/tags", Some(json!({"name": "记"}))).await.1["id"].clone();
        let category =
            house.call(&house.boss, "POST", "/categories", Some(json!({"name": "重"}))).await.1["id"].clone();
        for role in [Role::OperationsManager, Role::AccountManager, Role::Agent, Role::Analyst] {
            let token = house.person(role.word(), role);
            let free = house.call(&token, "GET", "/customers/count", None).await;
            assert_eq!(free.1["count"], 3, "everything as today");
        }
        let roles: Vec<&str> = Role::ALL[1..].iter().map(|role| role.word()).collect();
        let right = |role: &&str, rank: i64, see: bool| json!({"role": role, "rank": rank, "see": see, "edit": false, "categorise": false, "archive": false});
        let held: Vec<Value> = roles.iter().flat_map(|role| [right(role, 5, false), right(role, 3, true)]).collect();
        let set = house.call(&house.boss, "PUT", "/level-rights", Some(json!({"rights": held}))).await;
        assert_eq!(set.0, 200, "{}", set.1);
        for role in &Role::ALL[1..] {
            let new = NewToken { name: "again".into(), may_write: true, expires_at: None };
            let Ok((_, secret)) = tokens::create(&house.db, NOW, role.word(), &new) else { continue };
            let token = format!("Bearer {}", secret.reveal());
            seen_alike(&house, &token, &ids, role.word()).await;
            touched_alike(&house, &token, *role, &ids, (&tag, &category)).await;
        }
        let all = house.call(&house.boss, "GET", "/customers/count", None).await;
        assert_eq!(all.1["count"], 3, "administrators see everybody");
    }
}

/// List, count, search, segment, tags, categories and the page of one agree.
async fn seen_alike(house: &House, token: &str, ids: &[CustomerId], who: &str) {
    let get = async |path: &str| house.call(token, "GET", path, None).await;
    assert_eq!(get("/customers").await.1["items"].as_array().map(Vec::len), Some(2), "{who}");
    assert_eq!(get("/customers/count").await.1["count"], 2, "{who}");
    assert_eq!(get("/customers?search=%E9%AB%98").await.1["items"], json!([]), "{who}");
    assert_eq!(get("/customers?level=5").await.1["items"], json!([]), "{who}");
    let sorted = get("/categories").await.1;
    let inside = sorted["items"][0]["customers"].as_i64().unwrap();
    assert_eq!(inside + sorted["without"].as_i64().unwrap(), 2, "{who}");
    let asked = json!({"condition": {"all": []}});
    let counted = house.call(token, "POST", "/segments/count", Some(asked.clone())).await;
    assert_eq!((&counted.1["count"], &counted.1["total"]), (&json!(2), &json!(2)), "{who}");
    let preview = house.call(token, "POST", "/tags/preview", Some(asked)).await;
    assert_eq!((&preview.1["count"], &preview.1["gain"]), (&json!(2), &json!(2)), "{who} {}", preview.1);
    let export = get("/customers/export?format=csv").await;
    if export.0 == 200 {
        assert!(!export.1.to_string().contains('高'), "{who}");
    }
    for tail in ["", "/timeline", "/tags/history", "/preferences", "/category/history"] {
        let hidden = get(&format!("/customers/{}{tail}", ids[2])).await;
        let nobody = get(&format!("/customers/{}{tail}", CustomerId::new(NOW))).await;
        assert_eq!((hidden.0, &hidden.1["code"]), (404, &json!("not_found")), "{who} {tail}");
        assert_eq!(hidden.1["code"], nobody.1["code"]);
        assert_eq!(get(&format!("/customers/{}{tail}", ids[1])).await.0, 200, "{who} {tail}");
    }
}

/// Who may not be seen answers 404, who may only be seen 403 with the reason; the free one is changed.
async fn touched_alike(house: &House, token: &str, role: Role, ids: &[CustomerId], (tag, category): (&Value, &Value)) {
    if role == Role::Analyst {
        return;
    }
    let who = role.word();
    let order = |id: &CustomerId, key: &str| {
        json!({"customer": {"id": id}, "kind": "interaction", "source": who, "source_id": key,
            "occurred_at": "2026-11-20T10:00:00Z", "body": "hello"})
    };
    let writes: Vec<(&str, String, Value)> = vec![
        ("PATCH", String::new(), json!({"city": "上海"})),
        ("PUT", "/tags".into(), json!({"tags": [tag]})),
        ("POST", "/archive".into(), json!({})),
        ("POST", "/restore".into(), json!({})),
    ];
    for (method, tail, body) in writes {
        let path = |id: &CustomerId| format!("/customers/{id}{tail}");
        let hidden = house.call(token, method, &path(&ids[2]), Some(body.clone())).await;
        let shown = house.call(token, method, &path(&ids[1]), Some(body.clone())).await;
        if (hidden.0, hidden.1["code"].as_str()) == (403, Some("forbidden")) {
            continue;
        }
        let reason =
            if tail == "/archive" || tail == "/restore" { "level_not_archivable" } else { "level_not_editable" };
        assert_eq!(code(&hidden), (404, "not_found"), "{who} {method} {tail}");
        assert_eq!(code(&shown), (403, reason), "{who} {method} {tail}");
        let free = house.call(token, method, &path(&ids[0]), Some(body)).await;
        assert_eq!(free.0, 200, "{who} {method} {tail}: {}", free.1);
    }
    let rows = json!({"activities": [order(&ids[0], "a"), order(&ids[1], "b"), order(&ids[2], "c")]});
    let batch = house.call(token, "POST", "/activities/batch", Some(rows)).await;
    let outcome = |at: usize| batch.1["results"][at]["error"]["code"].as_str().unwrap_or("recorded").to_owned();
    assert_eq!(
        [outcome(0), outcome(1), outcome(2)],
        ["recorded", "level_not_editable", "customer_unknown"],
        "{who}: {}",
        batch.1
    );
    for (path, change, field) in
        [("tags", json!({"add": [tag]}), "customers"), ("category", json!({"category_id": category}), "customers")]
    {
        let ask = |chosen: &[CustomerId]| {
            let mut body = change.clone();
            body["customers"] = json!(chosen);
            body
        };
        let path = format!("/customers/bulk/{path}");
        let mixed = house.call(token, "POST", &path, Some(ask(ids))).await;
        assert_eq!(
            (mixed.0, &mixed.1[field], &mixed.1["not_allowed"]),
            (200, &json!(1), &json!(1)),
            "{who} {}",
            mixed.1
        );
        let only = house.call(token, "POST", &path, Some(ask(&ids[1..2]))).await;
        assert_eq!(only.0, 403, "{who} {}", only.1);
    }
    // What touches everyone is for who sees everyone.
    let rule = json!({"name": format!("规则{who}"), "condition": {"all": []}});
    let made = house.call(token, "POST", "/tags", Some(rule)).await;
    let wanted = if role == Role::OperationsManager { "everyone_required" } else { "forbidden" };
    assert_eq!(code(&made), (403, wanted), "{who}");
}
