//! Sensitive fields of customers: sealed in the database, masked for everybody, shown with a reason, found by equality.

#![expect(clippy::unwrap_used, reason = "a helper of a test stops as the test would")]

mod support;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use std::sync::Arc;
use support::*;
use tower::ServiceExt;
use zunke_access::staff::NewStaff;
use zunke_access::tokens::NewToken;
use zunke_access::{ReachKind, Role, Secret, password, staff, tokens};
use zunke_customers::privacy::{Holder, OwnHolder};
use zunke_customers::{Customers, NewCustomer, sensitive};
use zunke_http::App;
use zunke_kernel::id::CustomerId;
use zunke_store::testing::{TestDb, databases};
use zunke_store::vault::Vault;

const NUMBER: &str = "11010519491231002X";

struct House {
    db: TestDb,
    router: Router,
    vault: Vault,
    _folder: tempfile::TempDir,
}

impl House {
    fn all() -> Vec<Self> {
        databases()
            .into_iter()
            .map(|db| {
                let folder = tempfile::tempdir().unwrap();
                let vault = Vault::in_folder(folder.path());
                let app = App::new(db.db.clone(), Arc::new(|| NOW)).with(Customers::default()).with(vault.clone());
                let (routes, _) = sensitive::routes().split_for_parts();
                let router = Router::new()
                    .nest("/api/v1", routes)
                    .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
                    .with_state(app);
                Self { db, router, vault, _folder: folder }
            })
            .collect()
    }

    fn person(&self, login: &str, role: Role, reach: ReachKind) -> String {
        let hash = password::hash_blocking(&Secret::new("correct horse battery")).unwrap();
        let new = NewStaff {
            login: login.into(),
            name: login.to_uppercase(),
            role,
            department: None,
            reach: Some(reach),
            levels: None,
            locale: None,
        };
        self.db.write(|tx| staff::create(tx, NOW, None, &new, &hash, false)).unwrap();
        let new = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = tokens::create(&self.db, NOW, login, &new).unwrap();
        format!("Bearer {}", secret.reveal())
    }

    async fn call(&self, who: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.call_with(who, method, path, &[], body).await
    }

    async fn call_with(&self, who: &str, method: &str, path: &str, more: &[(&str, &str)], body: Value) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, who)
            .header(header::CONTENT_TYPE, "application/json");
        let request = more.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        assert!(status < 500, "{method} {path}: {}", String::from_utf8_lossy(&bytes));
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    fn customer(&self, name: &str) -> CustomerId {
        create(&self.db, &NewCustomer { name: name.into(), ..NewCustomer::default() }).unwrap()
    }

    /// Everything in the tables that a thief of the database would look through.
    fn loot(&self) -> String {
        let mut loot = String::new();
        self.db
            .read(|tx| {
                for sql in [
                    "SELECT detail FROM audit",
                    "SELECT COALESCE(body, '') FROM idempotency_keys",
                    "SELECT name_sort FROM customers",
                ] {
                    tx.for_each(sql, &[], |row| {
                        loot.push_str(row.str(0)?);
                        Ok(())
                    })?;
                }
                tx.for_each("SELECT sealed, blind FROM customer_sensitive", &[], |row| {
                    loot.push_str(&String::from_utf8_lossy(row.slice(0)?));
                    loot.push_str(&String::from_utf8_lossy(row.slice(1)?));
                    Ok(())
                })
            })
            .unwrap();
        loot
    }
}

#[tokio::test]
async fn a_value_is_sealed_masked_shown_with_a_reason_and_found_by_equality() {
    for house in House::all() {
        let boss = house.person("boss", Role::Administrator, ReachKind::All);
        let agent = house.person("lili", Role::Agent, ReachKind::All);
        let own = house.person("own", Role::AccountManager, ReachKind::Own);
        let (wang, zhao) = (house.customer("王一"), house.customer("赵二"));
        let new = json!({"key": "id_card", "name": {"zh": "身份证号", "en": "Id number"}, "class": "sensitive", "form": "id_number"});
        assert_eq!(house.call(&agent, "POST", "/sensitive-fields", new.clone()).await.0, 403);
        for (bad, field) in [
            (json!({"key": "1", "name": {"zh": "a", "en": ""}, "class": "personal", "form": "text"}), "key"),
            (json!({"key": "a", "name": {"zh": " ", "en": ""}, "class": "personal", "form": "text"}), "name"),
        ] {
            let (status, body) = house.call(&boss, "POST", "/sensitive-fields", bad).await;
            assert_eq!((status, body["field"].as_str()), (422, Some(field)), "{body}");
        }
        let (status, made) = house.call(&boss, "POST", "/sensitive-fields", new.clone()).await;
        assert_eq!(status, 201, "{made}");
        assert_eq!(house.call(&boss, "POST", "/sensitive-fields", new).await.1["code"], "key_taken");
        let field = made["id"].as_str().unwrap();
        let at = |customer: CustomerId| format!("/customers/{customer}/sensitive/{field}");

        for bad in ["123", "110105194912310021", "x".repeat(300).as_str()] {
            let (status, body) = house.call(&agent, "PUT", &at(wang), json!({"value": bad})).await;
            assert_eq!((status, body["code"].as_str()), (422, Some("id_number_invalid")));
            assert!(!body.to_string().contains(bad), "a fault never says the value");
        }
        let key = [("idempotency-key", "once")];
        let written = house.call_with(&agent, "PUT", &at(wang), &key, json!({"value": "110105 19491231 002x"})).await;
        assert_eq!(written.0, 200, "{}", written.1);
        assert_eq!(written.1["items"][0]["masked"], "110***********002X");
        assert_eq!(house.call(&boss, "PUT", &at(zhao), json!({"value": NUMBER})).await.0, 200);
        assert!(!house.loot().contains("19491231"), "nothing in the database tells it");

        let (_, listed) = house.call(&agent, "GET", &format!("/customers/{wang}/sensitive"), Value::Null).await;
        assert_eq!(listed["items"][0]["masked"], "110***********002X");
        let reveal = format!("{}/reveal", at(wang));
        assert_eq!(house.call(&agent, "POST", &reveal, json!({"reason": "核对身份"})).await.0, 403, "agents may not");
        for bad in [json!({"reason": " "}), json!({"reason": "x".repeat(201)})] {
            assert_eq!(house.call(&boss, "POST", &reveal, bad).await.1["field"], "reason");
        }
        let (status, full) = house.call_with(&boss, "POST", &reveal, &key, json!({"reason": "核对身份"})).await;
        assert_eq!((status, full["value"].as_str()), (200, Some(NUMBER)));
        assert!(!house.loot().contains("19491231"), "no kept answer tells it");
        let told = house.db.read(|tx| {
            tx.query("SELECT detail FROM audit WHERE action = 'customer.reveal_sensitive'", &[], |row| row.text(0))
        });
        assert!(told.unwrap()[0].contains("核对身份"), "recorded with its reason");
        assert_eq!(house.call(&own, "POST", &reveal, json!({"reason": "好奇"})).await.0, 404, "another's is not there");

        let find = format!("/sensitive-fields/{field}/find");
        let (_, found) = house.call(&boss, "POST", &find, json!({"value": " 11010519491231002x"})).await;
        assert_eq!(found["items"].as_array().unwrap().len(), 2, "{found}");
        assert_eq!(house.call(&own, "POST", &find, json!({"value": NUMBER})).await.1["items"], json!([]));
        assert_eq!(house.call(&boss, "POST", &find, json!({"value": "11"})).await.0, 422);
        assert_eq!(house.call(&agent, "POST", &find, json!({"value": NUMBER})).await.0, 403);

        house.vault.rotate(NOW).unwrap();
        assert_eq!(sensitive::reseal(&house.db, &house.vault).unwrap(), 2);
        assert_eq!(sensitive::reseal(&house.db, &house.vault).unwrap(), 0, "once");
        let (_, found) = house.call(&boss, "POST", &find, json!({"value": NUMBER})).await;
        assert_eq!(found["items"].as_array().unwrap().len(), 2, "found after a rotation too");
        assert_eq!(house.call(&boss, "POST", &reveal, json!({"reason": "核对"})).await.1["value"], NUMBER);

        // A value that was put into another row does not open there.
        house
            .db
            .write(|tx| {
                tx.execute(
                    "UPDATE customer_sensitive SET sealed = (SELECT sealed FROM customer_sensitive WHERE customer_id = $1)
                     WHERE customer_id = $2",
                    &[wang.into(), zhao.into()],
                )
            })
            .unwrap();
        let (status, body) =
            house.call(&boss, "POST", &format!("{}/reveal", at(zhao)), json!({"reason": "核对"})).await;
        assert_eq!((status, body["code"].as_str()), (409, Some("secret_key_changed")));

        let holder = OwnHolder { vault: Some(house.vault.clone()), ..OwnHolder::default() };
        let copy = house.db.read(|tx| holder.copy(tx, wang)).unwrap();
        assert!(serde_json::to_string(&copy).unwrap().contains(NUMBER), "his own copy has it in full");
        house.db.write(|tx| holder.erase(tx, NOW, wang)).unwrap();
        let left = house.db.read(|tx| {
            let sql = "SELECT COUNT(*) FROM customer_sensitive WHERE customer_id = $1";
            tx.query_one(sql, &[wang.into()], |row| row.int(0))
        });
        assert_eq!(left.unwrap(), Some(0), "erased with the person");
        assert_eq!(house.call(&boss, "PUT", &at(wang), json!({"value": NUMBER})).await.0, 409, "and not written again");
        let (status, cleared) = house.call(&boss, "PUT", &at(zhao), json!({"value": null})).await;
        assert_eq!((status, &cleared["items"][0]["masked"]), (200, &Value::Null));
    }
}

#[tokio::test]
async fn an_archived_field_is_closed_and_comes_back_with_its_values() {
    for house in House::all() {
        let boss = house.person("boss", Role::Administrator, ReachKind::All);
        let wang = house.customer("王一");
        let new = json!({"key": "card", "name": {"zh": "银行卡", "en": ""}, "class": "personal", "form": "bank_card"});
        let made = house.call(&boss, "POST", "/sensitive-fields", new).await.1;
        let field = made["id"].as_str().unwrap().to_owned();
        let at = format!("/customers/{wang}/sensitive/{field}");
        assert_eq!(house.call(&boss, "PUT", &at, json!({"value": "4111 1111 1111 1111"})).await.0, 200);
        let change = |archived: bool, version: &'static str| {
            let (house, boss, path) = (&house, &boss, format!("/sensitive-fields/{field}"));
            async move {
                house.call_with(boss, "PATCH", &path, &[("if-match", version)], json!({"archived": archived})).await
            }
        };
        assert_eq!(change(true, "\"1\"").await.0, 200);
        assert_eq!(change(true, "\"1\"").await.0, 412, "on the version that was read");
        assert_eq!(
            house.call(&boss, "GET", &format!("/customers/{wang}/sensitive"), Value::Null).await.1["items"],
            json!([])
        );
        assert_eq!(house.call(&boss, "POST", &format!("{at}/reveal"), json!({"reason": "核对"})).await.0, 404);
        assert_eq!(house.call(&boss, "PUT", &at, json!({"value": "1"})).await.0, 404);
        assert_eq!(change(false, "\"2\"").await.0, 200);
        let (_, listed) = house.call(&boss, "GET", &format!("/customers/{wang}/sensitive"), Value::Null).await;
        assert_eq!(listed["items"][0]["masked"], "**** **** 1111");
        for path in ["/sensitive-fields/x", "/customers/x/sensitive", "/customers/x/sensitive/y"] {
            let method = if path.ends_with("sensitive") {
                "GET"
            } else if path.starts_with("/cust") {
                "PUT"
            } else {
                "PATCH"
            };
            assert_eq!(house.call(&boss, method, path, json!({})).await.0, 404, "{path}");
        }
    }
}
