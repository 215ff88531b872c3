//! A house for tests: a fresh database, the routes of the room with the edge around them, and a clock that stands
//! until it is moved.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::routing::MethodRouter;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use tower::ServiceExt;
use zunke_access::staff::{NewStaff, Staff};
use zunke_access::tokens::NewToken;
use zunke_access::{Role, Secret, password, staff, tokens};
use zunke_http::App;
use zunke_kernel::Instant;
use zunke_kernel::id::DepartmentId;
use zunke_store::testing::{TestDb, databases};

pub const PASSWORD: &str = "correct horse battery";
/// 2026-11-22T02:00:00Z, ten in the morning in Shanghai.
pub const START: Instant = Instant(1_795_312_800_000);

pub struct House {
    pub db: TestDb,
    app: App,
    router: Router,
    clock: Arc<AtomicI64>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }

    pub fn field(&self) -> &str {
        self.body["field"].as_str().unwrap_or("")
    }

    pub fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.body)).to_owned()
    }

    pub fn cookie(&self) -> String {
        let set = self.headers.get(header::SET_COOKIE).expect("a cookie").to_str().expect("text");
        set.split(';').next().expect("first part").to_owned()
    }
}

/// One house per engine.
pub fn houses() -> Vec<House> {
    databases().into_iter().map(House::new).collect()
}

/// The hash of `PASSWORD`, made once.
fn known_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| password::hash_blocking(&Secret::new(PASSWORD)).expect("hash"))
}

impl House {
    pub fn new(db: TestDb) -> Self {
        Self::with(db, |app| app)
    }

    pub fn with(db: TestDb, furnish: impl FnOnce(App) -> App) -> Self {
        let clock = Arc::new(AtomicI64::new(START.0));
        let hand = Arc::clone(&clock);
        let app = furnish(App::new(db.db.clone(), Arc::new(move || Instant(hand.load(Ordering::SeqCst)))));
        let (routes, _) = zunke_access::routes().split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .fallback(zunke_http::not_found)
            .method_not_allowed_fallback(zunke_http::method_not_allowed)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_access::limit_headers))
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .layer(axum::middleware::from_fn(zunke_http::security_headers))
            .with_state(app.clone());
        Self { db, app, router, clock }
    }

    pub fn now(&self) -> Instant {
        Instant(self.clock.load(Ordering::SeqCst))
    }

    pub fn wait_secs(&self, secs: i64) {
        self.clock.fetch_add(secs * 1_000, Ordering::SeqCst);
    }

    /// Somebody with `PASSWORD`, by the shortest way.
    pub fn person(&self, login: &str, role: Role, department: Option<DepartmentId>) -> Staff {
        let new = NewStaff {
            login: login.into(),
            name: login.into(),
            role,
            department,
            reach: None,
            levels: None,
            locale: None,
        };
        self.db.write(|tx| staff::create(tx, self.now(), None, &new, known_hash(), false)).expect("a person")
    }

    /// A token of somebody, as `Bearer …`.
    pub fn token(&self, login: &str, may_write: bool) -> String {
        let new = NewToken { name: "test".into(), may_write, expires_at: None };
        let (_, secret) = tokens::create(&self.db, self.now(), login, &new).expect("a token");
        format!("Bearer {}", secret.reveal())
    }

    /// Puts a handler of the test's own under the same app, and calls it with this authorization.
    pub async fn probe(&self, handler: MethodRouter<App>, method: Method, headers: &[(&str, &str)]) -> String {
        let router = Router::new().route("/", handler).with_state(self.app.clone());
        let request = headers
            .iter()
            .fold(Request::builder().method(method).uri("/"), |request, (name, value)| request.header(*name, *value));
        let request = request.body(Body::empty());
        let response = router.oneshot(request.expect("request")).await.expect("an answer");
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await.expect("a body");
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 24).await.expect("a body");
        let body =
            match bytes.is_empty() || headers.get("content-type").is_some_and(|kind| kind == "application/x-ndjson") {
                true => Value::Null,
                false => serde_json::from_slice(&bytes).expect("JSON"),
            };
        Answer { status, headers, body }
    }

    /// A call with these headers, and a JSON body where there is one.
    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).expect("method"))
            .uri(format!("/api/v1{path}"))
            .header(header::ACCEPT_LANGUAGE, "en");
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
        self.send(request.body(body).expect("request")).await
    }

    pub async fn try_login(&self, login: &str, password: &str) -> Answer {
        self.call("POST", "/session", &[], Some(json!({"login": login, "password": password}))).await
    }

    /// Logs in with `PASSWORD`.
    pub async fn log_in(&self, login: &str) -> Browser<'_> {
        let answer = self.try_login(login, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        Browser { house: self, cookie: answer.cookie() }
    }
}

/// Somebody logged in.
pub struct Browser<'a> {
    pub house: &'a House,
    pub cookie: String,
}

impl Browser<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.house.call("GET", path, &[("cookie", &self.cookie)], None).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.send_with(method, path, &[], body).await
    }

    pub async fn send_with(&self, method: &str, path: &str, more: &[(&str, &str)], body: Option<Value>) -> Answer {
        let mut headers = vec![("cookie", self.cookie.as_str()), ("x-zunke", "1")];
        headers.extend_from_slice(more);
        self.house.call(method, path, &headers, body).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body)).await
    }
}
