//! What the tests of this room share: its routes and those of the rooms below on a database, with people who may call them.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tower::ServiceExt;
use zunke_access::staff::NewStaff;
use zunke_access::tokens::NewToken;
use zunke_access::{Role, Secret, password, staff};
use zunke_customers::export::{ExportFiles, WatchExports, WriteExports};
use zunke_customers::privacy::{Holders, OwnHolder};
use zunke_customers::{Customers, Observers};
use zunke_http::App;
use zunke_kernel::Instant;
use zunke_privacy::work::{Discard, Retain};
use zunke_service::files::TicketFiles;
use zunke_service::privacy::ServiceHolder;
use zunke_store::jobs::{Handler, Worker};
use zunke_store::testing::TestDb;
use zunke_store::{Engine, Tx};
use zunke_tiering::privacy::LevelHolder;

/// Monday 2027-01-18, 16:00 in Shanghai.
pub const NOW: Instant = Instant(1_800_259_200_000);
pub const DAY: i64 = 86_400_000;

#[derive(Clone, Debug)]
pub struct Person {
    pub token: String,
}

pub struct House {
    pub db: TestDb,
    pub router: Router,
    pub boss: Person,
    pub folder: tempfile::TempDir,
    pub holders: Holders,
    clock: Arc<AtomicI64>,
}

impl House {
    pub fn new(db: TestDb) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(AtomicI64::new(NOW.0));
        let hand = clock.clone();
        let exports = ExportFiles::new(folder.path().join("exports"));
        let tickets = TicketFiles::new(folder.path().join("tickets"));
        let holders = Holders(vec![
            Arc::new(OwnHolder { exports: Some(exports.clone()), ..OwnHolder::default() }),
            Arc::new(LevelHolder),
            Arc::new(ServiceHolder { files: Some(tickets.clone()) }),
        ]);
        let tiers = zunke_tiering::Tiers::default();
        let app = App::new(db.db.clone(), Arc::new(move || Instant(hand.load(Ordering::SeqCst))))
            .with(exports)
            .with(tickets)
            .with(holders.clone())
            .with(Customers { observers: vec![tiers.observer()] })
            .with(tiers);
        let (routes, _) = zunke_customers::routes()
            .merge(zunke_customers::consent::routes())
            .merge(zunke_customers::export::routes())
            .merge(zunke_tiering::routes())
            .merge(zunke_service::routes())
            .merge(zunke_privacy::routes())
            .split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app);
        let boss = Person { token: String::new() };
        let mut house = Self { db, router, boss, folder, holders, clock };
        house.boss = house.person("boss", Role::Administrator);
        house
    }

    pub fn later(&self, ms: i64) -> Instant {
        Instant(self.clock.fetch_add(ms, Ordering::SeqCst) + ms)
    }

    pub fn now(&self) -> Instant {
        Instant(self.clock.load(Ordering::SeqCst))
    }

    pub fn person(&self, login: &str, role: Role) -> Person {
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
        let token = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = zunke_access::tokens::create(&self.db, NOW, login, &token).expect("a token");
        Person { token: format!("Bearer {}", secret.reveal()) }
    }

    pub async fn raw(&self, who: &Person, path: &str) -> (u16, Vec<u8>) {
        let request = Request::builder().uri(format!("/api/v1{path}")).header(header::AUTHORIZATION, &who.token);
        let request = request.body(Body::empty()).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status().as_u16();
        (status, axum::body::to_bytes(response.into_body(), 30_000_000).await.expect("a body").to_vec())
    }

    pub async fn call(&self, who: &Person, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        request = request.header(header::AUTHORIZATION, &who.token).header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 30_000_000).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(&self.boss, "GET", path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.done("POST", path, body).await
    }

    pub async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(&self.boss, method, path, Some(body)).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// A call that must be refused; answers status, code and field.
    pub async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, String, String) {
        let (status, answer) = self.call(&self.boss, method, path, Some(body)).await;
        assert!(status >= 400, "{method} {path} was not refused: {answer}");
        let word = |name: &str| answer[name].as_str().unwrap_or("").to_owned();
        (status, word("code"), word("field"))
    }

    /// Somebody with everything that a person may have here; answers the id.
    pub async fn customer(&self) -> String {
        let made = self
            .post(
                "/customers",
                json!({ "name": "王秘密", "gender": "female", "birthday": "1990-05-17", "region": "浙江", "city": "杭州",
                    "note": "秘密喜欢桂花", "phones": ["13812345678"], "emails": ["geheim@example.cn"],
                    "external_ids": [{ "source": "shop", "value": "geheim-77" }] }),
            )
            .await;
        let id = made["id"].as_str().expect("an id").to_owned();
        let row = |kind: &str, source_id: &str, more: Value| {
            let mut row = json!({ "customer": { "id": id }, "kind": kind, "source": "shop", "source_id": source_id,
                "occurred_at": NOW.plus_ms(-40 * DAY) });
            row.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            row
        };
        let rows = [
            row("order", "o1", json!({ "amount": "880.00" })),
            row("interaction", "i1", json!({ "channel": "phone", "subject": "秘密来电", "body": "她说了秘密" })),
        ];
        self.post("/activities/batch", json!({ "activities": rows })).await;
        id
    }

    /// Does the jobs that are due.
    pub fn work(&self) {
        let exports = ExportFiles::new(self.folder.path().join("exports"));
        let handlers: Vec<Arc<dyn Handler>> = vec![
            Arc::new(WriteExports { files: exports.clone() }),
            Arc::new(WatchExports { files: exports }),
            Arc::new(Discard { holders: self.holders.clone() }),
            Arc::new(Retain { holders: self.holders.clone(), observers: Observers::default() }),
        ];
        while Worker::run_once(&self.db, &handlers, self.now()).expect("a job").is_some() {}
    }

    /// Every place of the database in which a text stands, as `table.column`.
    pub fn places_of(&self, text: &str) -> Vec<String> {
        let like = format!("%{text}%");
        self.db
            .read(|tx| {
                let mut found = Vec::new();
                for (table, column) in columns(tx)? {
                    let sql = format!("SELECT COUNT(*) FROM {table} WHERE CAST({column} AS TEXT) LIKE $1");
                    if tx.query_one(&sql, &[like.as_str().into()], |row| row.int(0))? != Some(0) {
                        found.push(format!("{table}.{column}"));
                    }
                }
                Ok(found)
            })
            .expect("looked through")
    }
}

/// Every column of every table that may hold words.
pub fn columns(tx: &mut Tx) -> zunke_kernel::Result<Vec<(String, String)>> {
    let sql = match tx.engine() {
        // SQLite only: its own catalogue.
        Engine::Sqlite => {
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE '%search%' AND m.name NOT LIKE 'sqlite%'
               AND c.type IN ('TEXT', '')"
        }
        // PostgreSQL only: its own catalogue.
        Engine::Postgres => {
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
             WHERE table_schema = 'public' AND data_type IN ('text', 'tsvector')"
        }
    };
    tx.query(sql, &[], |row| Ok((row.text(0)?, row.text(1)?)))
}

pub fn folder(house: &House, name: &str) -> PathBuf {
    house.folder.path().join(name)
}
