//! A small company for the tests of managers, hand-overs, visits and tasks: its routes on a database, people who may
//! call them, customers by hand.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tower::ServiceExt;
use zunke_access::staff::NewStaff;
use zunke_access::tokens::NewToken;
use zunke_access::{Role, Secret, password, staff, tokens};
use zunke_customers::{Customers, Observer};
use zunke_http::App;
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Day, Instant};
use zunke_service::manager::Keeper;
use zunke_store::testing::TestDb;

/// 2027-01-15 16:00 in Shanghai, a Friday.
pub const NOW: Instant = Instant(1_800_000_000_000);

pub fn today() -> Day {
    zunke_kernel::Zone::default().day_of(NOW)
}

/// The day so many days from today, as the API writes it.
pub fn day(ahead: i32) -> String {
    today().plus(ahead).to_string()
}

#[derive(Clone)]
pub struct Person {
    pub id: StaffId,
    pub token: String,
}

pub struct Company {
    pub db: TestDb,
    pub router: Router,
    pub boss: Person,
    hash: String,
}

impl Company {
    pub fn new(db: TestDb) -> Self {
        let observers: Vec<Arc<dyn Observer>> = vec![Arc::new(Keeper)];
        // Every look at the clock is a second later than the one before.
        let looks = AtomicI64::new(0);
        let clock = Arc::new(move || NOW.plus_secs(looks.fetch_add(1, Ordering::Relaxed)));
        let app = App::new(db.db.clone(), clock).with(Customers { observers });
        let (routes, _) = zunke_customers::routes().merge(zunke_service::routes()).split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app);
        let hash = password::hash_blocking(&Secret::new("correct horse battery")).expect("hashes");
        let boss = Person { id: StaffId::new(NOW), token: String::new() };
        let mut company = Self { db, router, boss, hash };
        company.boss = company.person("boss", Role::Administrator);
        company
    }

    pub fn person(&self, login: &str, role: Role) -> Person {
        let new = NewStaff {
            login: login.into(),
            name: login.into(),
            role,
            department: None,
            reach: None,
            levels: None,
            locale: None,
        };
        let made = self.db.write(|tx| staff::create(tx, NOW, None, &new, &self.hash, false)).expect("a person");
        let new = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = tokens::create(&self.db, NOW, login, &new).expect("a token");
        Person { id: made.id, token: format!("Bearer {}", secret.reveal()) }
    }

    /// Customers of one level, some of them somebody's.
    pub fn customers(&self, name: &str, count: usize, rank: i64, owner: Option<StaffId>) -> Vec<CustomerId> {
        let ids: Vec<CustomerId> = (0..count).map(|_| CustomerId::new(NOW)).collect();
        self.db
            .write(|tx| {
                for (at, id) in ids.iter().enumerate() {
                    tx.execute(
                        "INSERT INTO customers (customer_id, kind, name, name_sort, status, region, owner_id, level_rank,
                           version, created_at, updated_at)
                         VALUES ($1, 'person', $2, $2, 'active', '上海', $3, $4, 1, 0, 0)",
                        &[(*id).into(), format!("{name}{at:02}").into(), owner.into(), rank.into()],
                    )?;
                }
                Ok(())
            })
            .expect("customers");
        ids
    }

    pub async fn call(&self, who: &Person, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let (status, bytes) = self.raw(Some(who), method, path, None, body).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// With `If-Match`.
    pub async fn edit(&self, who: &Person, path: &str, version: i64, body: Value) -> (u16, Value) {
        let (status, bytes) = self.raw(Some(who), "PATCH", path, Some(version), Some(body)).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn raw(
        &self,
        who: Option<&Person>,
        method: &str,
        path: &str,
        version: Option<i64>,
        body: Option<Value>,
    ) -> (u16, Vec<u8>) {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        request = request.header(header::CONTENT_TYPE, "application/json");
        if let Some(who) = who {
            request = request.header(header::AUTHORIZATION, &who.token);
        }
        if let Some(version) = version {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 10_000_000).await.expect("a body");
        (status, bytes.to_vec())
    }

    pub async fn get(&self, who: &Person, path: &str) -> Value {
        let (status, body) = self.call(who, "GET", path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Makes a change that must succeed.
    pub async fn post(&self, who: &Person, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(who, "POST", path, Some(body)).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    /// Makes a change that must be refused; answers status, code and field.
    pub async fn refused(&self, who: &Person, method: &str, path: &str, body: Value) -> (u16, String, String) {
        let (status, answer) = self.call(who, method, path, Some(body)).await;
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        (status, text("code"), text("field"))
    }

    /// VIPs begin at rank 3.
    pub async fn vips_from_three(&self) {
        let (status, _) =
            self.call(&self.boss, "PUT", "/managers/settings", Some(json!({"cap": 50, "vip_from": 3}))).await;
        assert_eq!(status, 200);
    }

    pub fn owner(&self, customer: CustomerId) -> Option<StaffId> {
        let sql = "SELECT owner_id FROM customers WHERE customer_id = $1";
        self.db
            .read(|tx| tx.query_one(sql, &[customer.into()], |row| row.opt_id(0, StaffId)))
            .expect("read")
            .expect("a customer")
    }

    pub fn vips_of(&self, staff: StaffId) -> i64 {
        let sql = "SELECT COUNT(*) FROM customers WHERE owner_id = $1 AND level_rank >= 3";
        self.db.read(|tx| tx.query_one(sql, &[staff.into()], |row| row.int(0))).expect("read").unwrap_or(0)
    }
}
