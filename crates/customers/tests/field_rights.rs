//! What a role may not see of a customer is in no list, no file and no answer, and is found by nothing.

mod support;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use std::sync::Arc;
use support::NOW;
use tower::ServiceExt;
use zunke_access::staff::NewStaff;
use zunke_access::tokens::NewToken;
use zunke_access::{ReachKind, Role, Secret, password, staff, tokens};
use zunke_customers::Customers;
use zunke_http::App;
use zunke_store::testing::{TestDb, databases};

struct House {
    db: TestDb,
    router: Router,
}

impl House {
    fn all() -> Vec<Self> {
        let open = |db: TestDb| {
            let app = App::new(db.db.clone(), Arc::new(|| NOW)).with(Customers::default());
            let (routes, _) = zunke_customers::routes().merge(zunke_customers::export::routes()).split_for_parts();
            let router = Router::new()
                .nest("/api/v1", routes)
                .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
                .with_state(app);
            Self { db, router }
        };
        databases().into_iter().map(open).collect()
    }

    fn person(&self, login: &str, role: Role) -> String {
        let hash = password::hash_blocking(&Secret::new("correct horse battery")).expect("a hash");
        let new = NewStaff {
            login: login.into(),
            name: login.into(),
            role,
            department: None,
            reach: Some(ReachKind::All),
            levels: None,
            locale: None,
        };
        self.db.write(|tx| staff::create(tx, NOW, None, &new, &hash, false)).expect("a person");
        let new = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = tokens::create(&self.db, NOW, login, &new).expect("a token");
        format!("Bearer {}", secret.reveal())
    }

    fn id_of(&self, login: &str) -> String {
        let sql = "SELECT staff_id FROM staff WHERE login = $1";
        let found = self.db.read(|tx| tx.query_one(sql, &[login.into()], |row| row.id(0, zunke_kernel::id::StaffId)));
        found.expect("read").expect("a person").to_string()
    }

    /// Agents may export too, and have these rights to fields.
    fn agents_have(&self, others: &str, named: &Value) {
        let mut permissions: Vec<&str> =
            Role::Agent.permissions().into_iter().map(zunke_access::Permission::word).collect();
        permissions.push("export_customers");
        let content =
            json!({ "permissions": permissions, "reach": "all", "fields": { "others": others, "named": named } });
        let sql = "INSERT INTO roles (role_key, base, content, version, created_at, updated_at)
                   VALUES ('agent', 'agent', $1, 1, 0, 0) ON CONFLICT (role_key) DO UPDATE SET content = $1";
        self.db.write(|tx| tx.execute(sql, &[zunke_store::Value::json(&content)])).expect("a role");
    }

    async fn call(&self, who: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        let (status, text) = self.text(who, method, path, body).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn text(&self, who: &str, method: &str, path: &str, body: Value) -> (u16, String) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, who)
            .header(header::CONTENT_TYPE, "application/json");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(status < 500, "{method} {path}: {text}");
        (status, text)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_role_may_not_see_is_in_no_answer_and_found_by_nothing() {
    for house in House::all() {
        let (boss, nina) = (house.person("boss", Role::Administrator), house.person("nina", Role::Agent));
        let text = |key: &str| json!({ "key": key, "kind": "text", "name": { "zh": key, "en": key } });
        for key in ["skin", "shoe", "later"] {
            let (status, made) = house.call(&boss, "POST", "/fields", text(key)).await;
            assert_eq!(status, 201, "{made}");
        }
        let whole = json!({
            "name": "周敏", "birthday": "1988-04-30", "city": "青岛市", "note": "爱喝龙井", "phones": ["13912345678"],
            "emails": ["zm@canary.cn"], "external_ids": [{ "source": "erp", "value": "ERP-7788" }],
            "fields": { "skin": "canary-skin", "shoe": "canary-shoe", "later": "canary-later" },
        });
        let (status, made) = house.call(&boss, "POST", "/customers", whole).await;
        assert_eq!(status, 201, "{made}");
        assert!(made.get("hidden").is_none() && made.get("masked").is_none(), "the boss sees all: {made}");
        let path = format!("/customers/{}", made["id"].as_str().expect("an id"));

        let named = json!({
            "birthday": "masked", "city": "hidden", "note": "read", "phones": "masked", "emails": "hidden",
            "external_ids": "hidden", "fields.skin": "masked", "fields.shoe": "write",
        });
        house.agents_have("hidden", &named);
        let (_, seen) = house.call(&nina, "GET", &path, Value::Null).await;
        assert_eq!((&seen["note"], &seen["fields"]), (&json!("爱喝龙井"), &json!({ "shoe": "canary-shoe" })), "{seen}");
        assert_eq!(seen["masked"], json!(["fields.skin", "birthday"]));
        let hidden: Vec<&str> = seen["hidden"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        assert!(["city", "emails", "external_ids", "gender"].iter().all(|field| hidden.contains(field)), "{hidden:?}");
        assert_eq!(seen["phones"], json!(["139****5678"]), "masked, as for everybody");

        let canaries = ["1988-04-30", "青岛市", "canary.cn", "ERP-7788", "canary-skin", "canary-later"];
        for asked in [
            path.as_str(),
            "/customers",
            "/customers/export?format=csv",
            "/customers/export?format=ndjson",
            "/fields",
            "/customers?sort=-field.shoe",
        ] {
            let (status, text) = house.text(&nina, "GET", asked, Value::Null).await;
            assert_eq!(status, 200, "{asked}: {text}");
            let found: Vec<_> = canaries.iter().filter(|canary| text.contains(**canary)).collect();
            assert!(found.is_empty(), "{asked} shows {found:?}");
        }
        let (_, fields) = house.call(&nina, "GET", "/fields", Value::Null).await;
        assert_eq!(fields["items"].as_array().map(Vec::len), Some(2), "a field that nobody named is not there");

        let nina_id = house.id_of("nina");
        let why = format!("{path}/why?staff_id={nina_id}");
        let (status, told) = house.call(&boss, "GET", &why, Value::Null).await;
        assert_eq!((status, &told["sees"], &told["edits"]), (200, &json!(true), &json!(true)), "{told}");
        assert!(
            told["steps"].as_array().expect("steps").last().expect("one")["text"]["zh"]
                .as_str()
                .is_some_and(|text| text.contains("城市"))
        );
        assert_eq!(house.call(&nina, "GET", &why, Value::Null).await.0, 403, "for administrators");
        let nobody = format!("{path}/why?staff_id=stf_00000000000070008000000000000000");
        assert_eq!(house.call(&boss, "GET", &nobody, Value::Null).await.1["code"], "staff_unknown");
        house.person("otto", Role::AccountManager);
        house
            .db
            .write(|tx| tx.execute("UPDATE staff SET reach = NULL WHERE login = 'otto'", &[]))
            .expect("his own only");
        let (_, told) =
            house.call(&boss, "GET", &format!("{path}/why?staff_id={}", house.id_of("otto")), Value::Null).await;
        let not: Vec<&str> = told["steps"]
            .as_array()
            .expect("steps")
            .iter()
            .filter(|step| step["ok"] == false)
            .filter_map(|step| step["step"].as_str())
            .collect();
        assert_eq!((&told["sees"], not), (&json!(false), vec!["reach", "edit"]), "{told}");

        // Asking by what is kept from him would tell it.
        let by_city = "/customers/count?condition=%7B%22field%22%3A%22city%22%2C%22is%22%3A%22known%22%7D";
        for (asked, field) in [
            ("/customers?city=x", "city"),
            ("/customers?search=zm@canary.cn", "search"),
            ("/customers?search=13912345678", "search"),
            ("/customers?joined_after=2020-01-01", "joined_after"),
        ] {
            let (status, refused) = house.call(&nina, "GET", asked, Value::Null).await;
            assert_eq!(
                (status, &refused["code"], &refused["field"]),
                (403, &json!("field_not_readable"), &json!(field)),
                "{asked}"
            );
        }
        for asked in ["/customers?sort=field.skin", "/customers?sort=field.later", by_city] {
            let (status, refused) = house.call(&nina, "GET", asked, Value::Null).await;
            assert_eq!(status, 422, "{asked}: {refused}");
        }
        assert_eq!(
            house.call(&nina, "GET", "/customers?search=zhoumin", Value::Null).await.0,
            200,
            "a name is no secret"
        );

        // Nor is it changed, emptied or revealed.
        for (body, code) in [
            (json!({ "city": "x" }), "field_not_writable"),
            (json!({ "city": null }), "field_not_writable"),
            (json!({ "note": "x" }), "field_not_writable"),
            (json!({ "phones": [] }), "field_not_writable"),
            (json!({ "fields": { "skin": "x" } }), "field_unknown"),
            (json!({ "fields": { "later": "x" } }), "field_unknown"),
        ] {
            let (status, refused) = house.call(&nina, "PATCH", &path, body.clone()).await;
            assert!([403, 422].contains(&status) && refused["code"] == code, "{body}: {refused}");
        }
        let (status, refused) = house.call(&nina, "POST", &format!("{path}/reveal"), json!({ "reason": "x" })).await;
        assert_eq!(status, 403, "{refused}");
        let (status, done) = house.call(&nina, "PATCH", &path, json!({ "fields": { "shoe": "42" } })).await;
        assert_eq!((status, &done["fields"]["shoe"]), (200, &json!("42")), "{done}");
        let (_, whole) = house.call(&boss, "GET", &path, Value::Null).await;
        assert_eq!(
            (&whole["city"], &whole["fields"]["skin"]),
            (&json!("青岛市"), &json!("canary-skin")),
            "nothing was lost"
        );
    }
}
