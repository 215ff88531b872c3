//! What the tests of this room share: a small house of this room alone, its routes on a database, with people who may call
//! them and customers whom they serve.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tower::ServiceExt;
use zunke_access::staff::NewStaff;
use zunke_access::tokens::NewToken;
use zunke_access::{Role, Secret, password, staff};
use zunke_http::App;
use zunke_kernel::Instant;
use zunke_kernel::id::{CustomerId, DepartmentId, StaffId};
use zunke_store::testing::TestDb;

/// Monday 2027-01-18, 16:00 in Shanghai.
pub const NOW: Instant = Instant(1_800_259_200_000);

pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;

/// Somebody who calls.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: StaffId,
    pub token: String,
}

pub struct House {
    pub db: TestDb,
    pub app: App,
    pub router: Router,
    pub boss: Person,
    pub clock: Arc<AtomicI64>,
}

impl House {
    pub fn new(db: TestDb) -> Self {
        Self::with(db, |app| app)
    }

    /// With services that the binary would put in.
    pub fn with(db: TestDb, put: impl FnOnce(App) -> App) -> Self {
        let clock = Arc::new(AtomicI64::new(NOW.0));
        let hand = clock.clone();
        let app = put(App::new(db.db.clone(), Arc::new(move || Instant(hand.load(Ordering::SeqCst)))));
        let (routes, _) = zunke_service::routes()
            .merge(zunke_customers::routes())
            .merge(zunke_customers::merge::routes())
            .split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app.clone());
        let boss = Person { id: StaffId(uuid::Uuid::nil()), token: String::new() };
        let mut house = Self { db, app, router, boss, clock };
        house.boss = house.person("boss", Role::Administrator);
        house
    }

    /// Moves the clock on; answers the time.
    pub fn later(&self, ms: i64) -> Instant {
        Instant(self.clock.fetch_add(ms, Ordering::SeqCst) + ms)
    }

    pub fn now(&self) -> Instant {
        self.app.now()
    }

    pub fn person(&self, login: &str, role: Role) -> Person {
        self.person_in(login, role, None, None, None)
    }

    pub fn person_in(
        &self,
        login: &str,
        role: Role,
        department: Option<DepartmentId>,
        reach: Option<&str>,
        levels: Option<Vec<i64>>,
    ) -> Person {
        let hash = password::hash_blocking(&Secret::new("correct horse battery")).expect("hashes");
        let new =
            NewStaff { login: login.into(), name: login.into(), role, department, reach: None, levels, locale: None };
        self.db.write(|tx| staff::create(tx, NOW, None, &new, &hash, false)).expect("a person");
        let id = self
            .db
            .read(|tx| {
                tx.query_one("SELECT staff_id FROM staff WHERE login = $1", &[login.into()], |row| row.id(0, StaffId))
            })
            .expect("asked")
            .expect("there");
        if let Some(reach) = reach {
            let params = [reach.into(), id.into()];
            self.db
                .write(|tx| tx.execute("UPDATE staff SET reach = $1 WHERE staff_id = $2", &params))
                .expect("a reach");
        }
        let secret = zunke_access::tokens::create(
            &self.db,
            NOW,
            login,
            &NewToken { name: "test".into(), may_write: true, expires_at: None },
        );
        let (_, secret) = secret.expect("a token");
        Person { id, token: format!("Bearer {}", secret.reveal()) }
    }

    /// A customer of a level, owner and department.
    pub fn customer(
        &self,
        name: &str,
        rank: i64,
        owner: Option<StaffId>,
        department: Option<DepartmentId>,
    ) -> CustomerId {
        let id = CustomerId::new(NOW);
        self.db
            .write(|tx| {
                tx.execute(
                    "INSERT INTO customers (customer_id, kind, name, name_sort, status, version, created_at, updated_at,
                       level_rank, owner_id, department_id)
                     VALUES ($1, 'person', $2, $2, 'active', 1, 0, 0, $3, $4, $5)",
                    &[id.into(), name.into(), rank.into(), owner.into(), department.into()],
                )
            })
            .expect("a customer");
        id
    }

    /// A phone number of a customer.
    pub fn phone(&self, customer: CustomerId, phone: &str) {
        self.db
            .write(|tx| {
                let params = [phone.into(), customer.into()];
                tx.execute("INSERT INTO customer_phones (phone, customer_id) VALUES ($1, $2)", &params)?;
                tx.execute(
                    "INSERT INTO customer_identities (customer_id, kind, source, value, place)
                     VALUES ($2, 'phone', '', $1, 0)",
                    &params,
                )
            })
            .expect("a phone");
    }

    pub async fn call(
        &self,
        who: &Person,
        method: &str,
        path: &str,
        version: Option<i64>,
        body: Option<Value>,
    ) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        request = request.header(header::AUTHORIZATION, &who.token).header(header::CONTENT_TYPE, "application/json");
        if let Some(version) = version {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 30_000_000).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(&self.boss, "GET", path, None, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Makes a change that must succeed.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.done("POST", path, body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Value {
        self.done("PATCH", path, body).await
    }

    async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(&self.boss, method, path, None, Some(body)).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// Makes a call that must be refused; answers status, code and field.
    pub async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, String, String) {
        let (status, answer) = self.call(&self.boss, method, path, None, Some(body)).await;
        assert!(status >= 400, "{method} {path} was not refused: {answer}");
        let word = |name: &str| answer[name].as_str().unwrap_or("").to_owned();
        (status, word("code"), word("field"))
    }

    /// Opens a ticket of a customer by the API; answers its id.
    pub async fn ticket(&self, customer: CustomerId, kind: &str, subject: &str) -> String {
        let body = json!({ "customer_id": customer, "kind": kind, "channel": "phone", "subject": subject,
            "body": format!("{subject}，请尽快处理。") });
        self.post("/tickets", body).await["id"].as_str().expect("an id").to_owned()
    }
}
