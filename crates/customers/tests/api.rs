//! The room as its callers meet it: over HTTP, on every engine.

#![expect(clippy::unwrap_used, reason = "a helper of a test stops as the test would")]

mod support;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use serde_json::{Value, json};
use std::sync::Arc;
use support::*;
use tower::ServiceExt;
use zunke_access::staff::NewStaff;
use zunke_access::tokens::NewToken;
use zunke_access::{ReachKind, Role, Secret, password, staff, tokens};
use zunke_customers::{Customers, NewCustomer};
use zunke_http::App;
use zunke_store::testing::{TestDb, databases};

struct House {
    db: TestDb,
    router: Router,
    witness: Arc<Witness>,
    token: String,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn code(&self) -> (u16, &str, &str) {
        (
            self.status.as_u16(),
            self.body["code"].as_str().unwrap_or(""),
            self.body["errors"][0]["field"].as_str().or(self.body["field"].as_str()).unwrap_or(""),
        )
    }

    fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.body)).to_owned()
    }
}

fn houses() -> Vec<House> {
    databases().into_iter().map(House::new).collect()
}

impl House {
    fn new(db: TestDb) -> Self {
        let witness = Arc::new(Witness::default());
        let app = App::new(db.db.clone(), Arc::new(|| NOW)).with(Customers { observers: vec![witness.clone()] });
        let (routes, _) = zunke_customers::routes().split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app);
        let mut house = Self { db, router, witness, token: String::new() };
        house.token = house.person("boss", Role::Administrator, None);
        house
    }

    /// Somebody of a role, as a token.
    fn person(&self, login: &str, role: Role, reach: Option<ReachKind>) -> String {
        let hash = password::hash_blocking(&Secret::new("correct horse battery")).unwrap();
        let new = NewStaff {
            login: login.into(),
            name: login.into(),
            role,
            department: None,
            reach,
            levels: None,
            locale: None,
        };
        self.db.write(|tx| staff::create(tx, NOW, None, &new, &hash, false)).unwrap();
        let new = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = tokens::create(&self.db, NOW, login, &new).unwrap();
        format!("Bearer {}", secret.reveal())
    }

    async fn call(
        &self,
        token: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::AUTHORIZATION, token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            None => Body::empty(),
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
        };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 24).await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        assert!(status.as_u16() < 500, "{method} {path}: {body}");
        Answer { status, headers, body }
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(&self.token, "GET", path, &[], None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(&self.token, "POST", path, &[], Some(body)).await
    }
}

#[tokio::test]
async fn a_customer_is_made_read_changed_and_put_away() {
    for house in houses() {
        let made = house
            .post(
                "/customers",
                json!({"name": " 王小明 ", "phones": ["138 1234 5678"], "emails": ["XM@Example.com"],
                "external_ids": [{"source": "erp", "value": "42"}], "birthday": "1990-02-28", "city": "上海"}),
            )
            .await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(made.body["phones"], json!(["138****5678"]));
        assert_eq!(made.body["emails"], json!(["x***@example.com"]));
        assert_eq!(made.headers[header::ETAG], "\"1\"");
        let path = format!("/customers/{}", made.id());
        assert_eq!(house.get(&path).await.body["name"], "王小明");
        let change = json!({"city": null, "name": "王大明"});
        let stale = house.call(&house.token, "PATCH", &path, &[("if-match", "\"9\"")], Some(change.clone())).await;
        assert_eq!(stale.code(), (412, "version_changed", ""));
        let changed = house.call(&house.token, "PATCH", &path, &[("if-match", "\"1\"")], Some(change)).await;
        assert_eq!(
            (changed.status.as_u16(), &changed.body["city"], &changed.body["version"]),
            (200, &Value::Null, &json!(2))
        );
        assert_eq!(changed.body["phones"], json!(["138****5678"]), "what is not named stays");
        let recorded = count(&house.db, "audit");
        let whole = house.call(&house.token, "POST", &format!("{path}/reveal"), &[], None).await;
        assert_eq!(whole.body, json!({"phones": ["+8613812345678"], "emails": ["xm@example.com"]}));
        let why = house.post(&format!("{path}/reveal"), json!({"field": "phones", "reason": "回访"})).await;
        assert_eq!(why.body, json!({"phones": ["+8613812345678"], "emails": []}));
        assert_eq!(count(&house.db, "audit"), recorded + 2, "each look is recorded");
        assert_eq!(house.post(&format!("{path}/archive"), json!({})).await.body["status"], "archived");
        assert_eq!(house.get("/customers/count").await.body["count"], 0);
        assert_eq!(house.post(&format!("{path}/restore"), json!({})).await.body["status"], "active");
        let page = house.get("/customers?search=wdm&sort=-score&limit=5").await;
        assert_eq!((page.body["items"].as_array().unwrap().len(), page.body.get("next")), (1, None));
    }
}

#[tokio::test]
async fn bad_input_is_told_by_field_and_code_and_changes_nothing() {
    for house in houses() {
        let many: Vec<Value> = (0..1_001).map(|_| json!({})).collect();
        for (path, body, expected) in [
            ("/customers", json!({"name": ""}), (422, "name_required", "name")),
            ("/customers", json!({"name": "x", "phones": ["12"]}), (422, "phone_invalid", "phones[0]")),
            ("/customers", json!({"name": "x", "colour": 1}), (422, "json_invalid", "colour")),
            ("/customers", json!({"name": "x", "birthday": "2023-02-29"}), (422, "json_invalid", "birthday")),
            (
                "/customers",
                json!({"name": "x", "owner_id": "stf_00000000000000000000000000000001"}),
                (422, "staff_unknown", "owner_id"),
            ),
            ("/activities", json!({}), (422, "json_invalid", "customer")),
            ("/activities/batch", json!({"activities": many}), (422, "batch_too_large", "activities")),
            ("/tags", json!({"name": "x", "colour": "red"}), (422, "colour_invalid", "colour")),
            ("/segments", json!({"name": "x", "condition": {"field": "x"}}), (422, "field_unknown", "condition.field")),
            ("/segments/count", json!({"condition": []}), (422, "condition_invalid", "condition")),
            ("/customers/bulk/tags", json!({"add": []}), (422, "selection_required", "customers")),
            ("/views", json!({"page": "customers", "name": " ", "content": {}}), (422, "field_required", "name")),
        ] {
            let answer = house.post(path, body).await;
            assert_eq!(answer.code(), expected, "{path}: {}", answer.body);
        }
        for (path, code) in [
            ("/customers?level=99", (422, "filter_invalid", "level")),
            ("/customers?limit=0", (422, "limit_invalid", "limit")),
            ("/customers?after=zz", (422, "after_invalid", "after")),
            ("/customers?sort=phone", (422, "sort_invalid", "sort")),
            ("/customers?colour=red", (422, "query_invalid", "colour")),
            ("/customers/cus_1", (404, "not_found", "")),
            ("/customers/cus_00000000000000000000000000000001/timeline", (404, "not_found", "")),
        ] {
            assert_eq!(house.get(path).await.code(), code, "{path}");
        }
        // The three value classes that a new house begins with, and nothing else.
        assert_eq!((count(&house.db, "customers"), count(&house.db, "segments"), count(&house.db, "tags")), (0, 0, 3));
    }
}

#[tokio::test]
async fn a_batch_answers_each_row_by_itself_and_a_repeated_call_the_same() {
    for house in houses() {
        let row = |id: &str, amount: &str| {
            json!({"customer": {"external": {"source": "shop", "value": "A"}, "create": {"name": "王小明"}}, "kind": "order",
                "source": "shop", "source_id": id, "occurred_at": "2026-11-20T10:00:00Z", "amount": amount,
                "lines": [{"sku": "茶", "quantity": 2, "amount": amount}]})
        };
        let mut unknown = row("4", "1");
        unknown["customer"] = json!({"phone": "13900000000"});
        let mut odd = row("5", "1");
        odd["amount"] = json!("1,5");
        let body = json!({"activities": [row("1", "10"), row("1", "10"), row("2", "-1"), unknown, odd, row("3", "3")]});
        let key = [("idempotency-key", "k1")];
        let first = house.call(&house.token, "POST", "/activities/batch", &key, Some(body.clone())).await;
        let words: Vec<&str> =
            first.body["results"].as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect();
        assert_eq!(words, ["recorded", "duplicate", "refused", "refused", "refused", "recorded"]);
        let codes: Vec<&str> = (2..5).map(|at| first.body["results"][at]["error"]["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["amount_negative", "customer_unknown", "json_invalid"]);
        let again = house.call(&house.token, "POST", "/activities/batch", &key, Some(body)).await;
        assert_eq!((again.body, again.headers.contains_key("idempotency-replayed")), (first.body, true));
        assert_eq!(house.witness.0.lock().unwrap().len(), 1, "observers acted once");
        let one = house.post("/activities", row("1", "10")).await;
        assert_eq!((one.status.as_u16(), one.body["outcome"].as_str()), (200, Some("duplicate")));
    }
}

#[tokio::test]
async fn a_time_line_is_paged_and_names_who_talked() {
    for house in houses() {
        let id = create(&house.db, &NewCustomer::named("王小明")).unwrap();
        let talk = json!({"customer": {"id": id}, "kind": "interaction", "source": "zunke", "source_id": "t1",
            "occurred_at": "2026-11-21T10:00:00Z", "channel": "phone", "direction": "inbound", "body": "问到货时间"});
        assert_eq!(house.post("/activities", talk).await.status, 201);
        let rows: Vec<_> =
            (0..23).map(|n| order(zunke_customers::CustomerRef::Id(id), &n.to_string(), 5 + n / 2, "1")).collect();
        record(&house.db, &rows);
        let mut seen = Vec::new();
        let mut path = format!("/customers/{id}/timeline?limit=5");
        loop {
            let page = house.get(&path).await;
            for entry in page.body["items"].as_array().unwrap() {
                seen.push(entry["source_id"].as_str().unwrap().to_owned());
            }
            let Some(next) = page.body.get("next").and_then(Value::as_str) else { break };
            path = format!("/customers/{id}/timeline?limit=5&after={next}");
        }
        assert_eq!((seen.len(), seen[0].as_str()), (24, "t1"));
        let talks = house.get(&format!("/customers/{id}/timeline?kind=interaction")).await;
        assert_eq!(
            (talks.body["items"].as_array().unwrap().len(), talks.body["items"][0]["staff_name"].as_str()),
            (1, Some("boss"))
        );
        assert_eq!(house.get(&format!("/customers/{id}/timeline?kind=x")).await.status, 422);
    }
}

#[tokio::test]
async fn tags_are_given_to_many_and_their_history_stays() {
    for house in houses() {
        let ids: Vec<String> =
            (0..3).map(|n| create(&house.db, &NewCustomer::named(format!("客户{n}"))).unwrap().to_string()).collect();
        let tag = house.post("/tags", json!({"name": "大客户", "colour": "#1677ff"})).await.id();
        assert_eq!(house.post("/tags", json!({"name": " 大客户"})).await.code().1, "name_taken");
        let bulk = house.post("/customers/bulk/tags", json!({"customers": ids, "add": [tag]})).await;
        assert_eq!(bulk.body, json!({"customers": 3, "changed": 3, "not_allowed": 0}));
        let again = house.post("/customers/bulk/tags", json!({"filter": {"search": "客户"}, "add": [tag]})).await;
        assert_eq!(again.body, json!({"customers": 3, "changed": 0, "not_allowed": 0}));
        assert_eq!(house.get("/tags").await.body["items"][0]["customers"], 3);
        assert_eq!(house.get(&format!("/customers/count?tag={tag}")).await.body["count"], 3);
        let condition = json!({"field": "tags", "op": "has_none", "value": [tag]});
        assert_eq!(house.post("/segments/count", json!({"condition": condition})).await.body["count"], 0);
        let path = format!("/customers/{}/tags", ids[0]);
        let put = house.call(&house.token, "PUT", &path, &[], Some(json!({"tags": []}))).await;
        assert_eq!(put.body["tags"], json!([]));
        assert_eq!(house.call(&house.token, "DELETE", &format!("/tags/{tag}"), &[], None).await.status, 204);
        let history = house.get(&format!("{path}/history")).await;
        let told: Vec<_> = history.body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["name"].clone(), one["added"].clone()))
            .collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(house.get("/customers/count").await.body["count"], 3);
    }
}

#[tokio::test]
async fn a_segment_is_saved_counted_used_and_never_built_on_itself() {
    for house in houses() {
        for city in ["上海", "上海", "杭州"] {
            create(&house.db, &NewCustomer { city: Some(city.into()), ..NewCustomer::named(city) }).unwrap();
        }
        let condition = json!({"field": "city", "op": "eq", "value": "上海"});
        let made = house.post("/segments", json!({"name": "上海客户", "condition": condition})).await;
        assert_eq!(
            (made.status.as_u16(), made.body["sentence"]["zh"].as_str()),
            (201, Some("城市为“上海”")),
            "{}",
            made.body
        );
        let inside = json!({"field": "segment", "op": "not_in", "value": [made.id()]});
        let counted = house.post("/segments/count", json!({"condition": inside})).await;
        assert_eq!((&counted.body["count"], &counted.body["total"]), (&json!(1), &json!(3)));
        assert_eq!(house.get(&format!("/customers/count?segment={}", made.id())).await.body["count"], 2);
        let other = house.post("/segments", json!({"name": "其他", "condition": inside})).await;
        let path = format!("/segments/{}", made.id());
        let circle = json!({"condition": {"field": "segment", "op": "in", "value": [other.id()]}});
        let refused = house.call(&house.token, "PATCH", &path, &[], Some(circle)).await;
        assert_eq!(refused.code().1, "segment_cycle", "{}", refused.body);
        assert_eq!(house.call(&house.token, "DELETE", &path, &[], None).await.code().1, "segment_in_use");
        let fields = house.get("/conditions/fields").await;
        assert!(
            fields.body["fields"]
                .as_array()
                .unwrap()
                .iter()
                .all(|field| !field["operators"].as_array().unwrap().is_empty())
        );
    }
}

#[tokio::test]
async fn preferences_follow_what_was_bought_at_once_and_nothing_is_said_of_who_never_bought() {
    for house in houses() {
        let id = create(&house.db, &NewCustomer::named("王小明")).unwrap();
        let none = house.get(&format!("/customers/{id}/preferences")).await.body;
        assert_eq!(
            (&none["orders"], &none["categories"], &none["typical_order"]),
            (&json!(0), &json!([]), &json!(null))
        );
        for (at, category) in ["茶叶", "茶叶", "茶具"].into_iter().enumerate() {
            let order = json!({"customer": {"id": id}, "kind": "order", "source": "shop", "source_id": at.to_string(),
                "occurred_at": format!("2026-11-{:02}T11:00:00Z", 1 + at * 7), "amount": "100", "channel": "门店",
                "lines": [{"name": format!("{category}{at}"), "category": category, "quantity": 1, "amount": "100"}]});
            assert_eq!(house.post("/activities", order).await.status, 201);
        }
        let found = house.get(&format!("/customers/{id}/preferences")).await.body;
        assert_eq!((&found["categories"][0]["name"], &found["categories"][0]["times"]), (&json!("茶叶"), &json!(2)));
        assert_eq!((&found["channels"][0]["name"], &found["part_of_day"]), (&json!("门店"), &json!("evening")));
        assert_eq!((&found["typical_gap_days"], &found["next_expected"]), (&json!(7), &json!("2026-11-22")));
    }
}

#[tokio::test]
async fn a_foreign_id_is_as_absent_as_a_missing_one_on_every_path() {
    for house in houses() {
        let foreign = create(&house.db, &NewCustomer::named("别人的").with(phone("13812345678"))).unwrap().to_string();
        let missing = "cus_00000000000000000000000000000001";
        let manager = house.person("manager", Role::AccountManager, Some(ReachKind::Own));
        let analyst = house.person("analyst", Role::Analyst, None);
        for (method, tail, body) in [
            ("GET", "", None),
            ("PATCH", "", Some(json!({"name": "x"}))),
            ("POST", "/archive", Some(json!({}))),
            ("POST", "/restore", Some(json!({}))),
            ("POST", "/reveal", None),
            ("GET", "/timeline", None),
            ("GET", "/preferences", None),
            ("PUT", "/tags", Some(json!({"tags": []}))),
            ("GET", "/tags/history", None),
        ] {
            let ask = |id: &str| {
                let (path, body, manager) = (format!("/customers/{id}{tail}"), body.clone(), &manager);
                let house = &house;
                async move { house.call(manager, method, &path, &[], body).await }
            };
            let (one, other) = (ask(&foreign).await, ask(missing).await);
            assert_eq!((one.status.as_u16(), &one.body), (404, &other.body), "{method} {tail}");
        }
        let talk = |id: &str| json!({"customer": {"id": id}, "kind": "interaction", "source": "z", "source_id": "1", "occurred_at": "2026-11-20T10:00:00Z"});
        let one = house.call(&manager, "POST", "/activities", &[], Some(talk(&foreign))).await;
        let other = house.call(&manager, "POST", "/activities", &[], Some(talk(missing))).await;
        assert_eq!((one.status, one.code().1), (other.status, other.code().1));
        let bulk = json!({"customers": [foreign], "add": []});
        assert_eq!(house.call(&manager, "POST", "/customers/bulk/tags", &[], Some(bulk)).await.body["customers"], 0);
        assert_eq!(house.call(&manager, "GET", "/customers/count", &[], None).await.body["count"], 0);
        // What he makes himself is his own.
        let own = house.call(&manager, "POST", "/customers", &[], Some(json!({"name": "自己的"}))).await;
        assert_eq!(own.status, 201, "{}", own.body);
        assert_eq!(house.call(&manager, "GET", "/customers/count", &[], None).await.body["count"], 1);
        let give = json!({"owner_id": null});
        assert_eq!(
            house.call(&manager, "PATCH", &format!("/customers/{}", own.id()), &[], Some(give)).await.status,
            403
        );
        // An analyst reads all and changes nothing.
        assert_eq!(house.call(&analyst, "GET", "/customers/count", &[], None).await.body["count"], 2);
        assert_eq!(house.call(&analyst, "POST", &format!("/customers/{foreign}/reveal"), &[], None).await.status, 403);
        assert_eq!(house.call("Bearer zk_nobody", "GET", "/customers", &[], None).await.status, 401);
    }
}
