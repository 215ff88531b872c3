//! What the tests of signing in share: a small house, a browser that keeps its cookies, and a provider on this machine that
//! says what it is told to say.

#![expect(dead_code, reason = "each test takes what it needs")]

use axum::Router;
use axum::body::Body;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, Request, header};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;
use zunke_access::staff::{NewStaff, Staff};
use zunke_access::tokens::NewToken;
use zunke_access::{Role, Secret, password, staff};
use zunke_http::App;
use zunke_kernel::Instant;
use zunke_sso::SignIn;
use zunke_store::testing::TestDb;
use zunke_store::vault::Vault;

/// Monday 2027-01-18, 16:00 in Shanghai.
pub const NOW: Instant = Instant(1_800_259_200_000);

pub struct House {
    pub db: TestDb,
    pub app: App,
    pub router: Router,
    pub boss: String,
    pub clock: Arc<AtomicI64>,
    pub vault: Vault,
    _folder: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
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

    pub fn location(&self) -> String {
        self.headers.get(header::LOCATION).map_or("", |to| to.to_str().expect("text")).to_owned()
    }
}

impl House {
    pub async fn new(db: TestDb) -> Self {
        let clock = Arc::new(AtomicI64::new(NOW.0));
        let hand = clock.clone();
        let folder = tempfile::tempdir().expect("a folder");
        let vault = Vault::in_folder(folder.path());
        let app = App::new(db.db.clone(), Arc::new(move || Instant(hand.load(Ordering::SeqCst))))
            .with(vault.clone())
            .with(SignIn::default());
        let routes = zunke_access::routes().merge(zunke_hooks::routes()).merge(zunke_sso::routes());
        let (routes, _) = routes.split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .merge(zunke_sso::pages())
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app.clone());
        let mut house = Self { db, app, router, boss: String::new(), clock, vault, _folder: folder };
        house.person("boss", Role::Administrator);
        house.boss = house.token("boss");
        let nets = json!({ "allowed_networks": ["127.0.0.1"] });
        house.good(200, "PUT", "/api/v1/webhook-settings", Some(nets)).await;
        house
    }

    pub fn later(&self, secs: i64) {
        self.clock.fetch_add(secs * 1_000, Ordering::SeqCst);
    }

    pub fn now_secs(&self) -> i64 {
        self.clock.load(Ordering::SeqCst) / 1_000
    }

    pub fn person(&self, login: &str, role: Role) -> Staff {
        static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        let hash = HASH.get_or_init(|| password::hash_blocking(&Secret::new("correct horse battery")).expect("hashes"));
        let (login, name) = (login.to_owned(), login.to_owned());
        let new = NewStaff { login, name, role, department: None, reach: None, levels: None, locale: None };
        self.db.write(|tx| staff::create(tx, NOW, None, &new, hash, false)).expect("a person")
    }

    pub fn token(&self, login: &str) -> String {
        let token = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = zunke_access::tokens::create(&self.db, NOW, login, &token).expect("a token");
        format!("Bearer {}", secret.reveal())
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "zunke.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let answer = self.router.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 22).await.expect("a body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    pub async fn call(&self, who: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.send(method, path, &[("authorization", who)], body).await
    }

    /// Calls as the boss; anything but `status` stops the test.
    pub async fn good(&self, status: u16, method: &str, path: &str, body: Option<Value>) -> Value {
        let answer = self.call(&self.boss, method, path, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        answer.body
    }

    /// Adds a provider; its id.
    pub async fn provider(&self, settings: Value, secret: Option<&str>) -> String {
        let body = json!({ "settings": settings, "secret": secret });
        text(&self.good(201, "POST", "/api/v1/sign-in-providers", Some(body)).await, "id")
    }

    /// What the record says last of a refused sign-in.
    pub fn refused(&self) -> String {
        let sql = "SELECT detail FROM audit WHERE action = 'session.refused' ORDER BY seq DESC LIMIT 1";
        let detail = self.db.read(|tx| tx.query_one(sql, &[], |row| row.text(0))).expect("reads").unwrap_or_default();
        let detail: Value = serde_json::from_str(&detail).unwrap_or_default();
        detail["reason"].as_str().unwrap_or("").to_owned()
    }
}

pub fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

/// A browser with its cookies.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub async fn go(&mut self, house: &House, path: &str) -> Answer {
        self.send(house, "GET", path, None).await
    }

    pub async fn send(&mut self, house: &House, method: &str, path: &str, body: Option<Value>) -> Answer {
        let line: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let line = line.join("; ");
        let answer = house.send(method, path, &[("cookie", &line), ("x-zunke", "1")], body).await;
        for set in answer.headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().expect("text");
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
            let (name, value) = set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Goes to the provider; what it is asked.
    pub async fn begin(&mut self, house: &House, id: &str, next: &str) -> BTreeMap<String, String> {
        let answer = self.go(house, &format!("/sso/{id}/start?next={next}")).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        query(&answer.location())
    }

    /// Comes back with a code; where he is sent.
    pub async fn back(&mut self, house: &House, id: &str, state: &str, code: &str) -> String {
        let answer = self.go(house, &format!("/sso/{id}/callback?code={code}&state={state}")).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.location()
    }

    /// The login of who is in; empty for nobody.
    pub async fn who(&mut self, house: &House) -> String {
        let session = self.go(house, "/api/v1/session").await;
        session.body["staff"]["login"].as_str().unwrap_or("").to_owned()
    }
}

/// The parameters of an address.
pub fn query(url: &str) -> BTreeMap<String, String> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    serde_html_form::from_str::<Vec<(String, String)>>(query).expect("a query").into_iter().collect()
}

/// What the provider on this machine does.
pub struct Manner {
    pub key: Arc<EcdsaKeyPair>,
    pub kid: String,
    /// Claims of the token that it gives next.
    pub claims: Value,
    /// The head of the token; `alg` of `none`: unsigned.
    pub head: Value,
    pub userinfo: Value,
    /// What it expects of PKCE.
    pub challenge: String,
    pub asked: Vec<(String, Value)>,
    /// Answers of WeCom by path.
    pub wecom: BTreeMap<String, Value>,
    pub issuer: Option<String>,
}

#[derive(Clone)]
pub struct Provider {
    pub url: String,
    pub manner: Arc<Mutex<Manner>>,
}

pub fn key() -> Arc<EcdsaKeyPair> {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    Arc::new(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random).expect("a key"))
}

/// A token in three parts.
pub fn token(key: &EcdsaKeyPair, head: &Value, claims: &Value) -> String {
    let coded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", coded(head), coded(claims));
    let signature = match head["alg"].as_str() {
        Some("none") => String::new(),
        _ => URL_SAFE_NO_PAD.encode(key.sign(&SystemRandom::new(), signed.as_bytes()).expect("signed")),
    };
    format!("{signed}.{signature}")
}

type Shared = State<Provider>;

async fn document(State(provider): Shared) -> axum::Json<Value> {
    let url = &provider.url;
    let issuer = provider.manner.lock().expect("manner").issuer.clone().unwrap_or_else(|| url.clone());
    axum::Json(json!({
        "issuer": issuer, "authorization_endpoint": format!("{url}/auth"), "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/jwks"), "userinfo_endpoint": format!("{url}/me"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }))
}

async fn jwks(State(provider): Shared) -> axum::Json<Value> {
    let mut manner = provider.manner.lock().expect("manner");
    manner.asked.push(("jwks".into(), Value::Null));
    let point = manner.key.public_key().as_ref().to_vec();
    let part = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 32]);
    axum::Json(json!({ "keys": [
        { "kty": "oct", "k": "AAAA" },
        { "kty": "EC", "crv": "P-256", "use": "sig", "kid": manner.kid, "x": part(1), "y": part(33) },
    ] }))
}

async fn exchange(
    State(provider): Shared,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> (axum::http::StatusCode, axum::Json<Value>) {
    let mut manner = provider.manner.lock().expect("manner");
    manner.asked.push(("token".into(), json!(form)));
    let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or("");
    let right = basic == "Basic enVua2U6czNjcmV0JTJCJTI1";
    if !right || proof != manner.challenge || form["code"] != "good" {
        let error = if right { "invalid_grant" } else { "invalid_client" };
        return (axum::http::StatusCode::BAD_REQUEST, axum::Json(json!({ "error": error })));
    }
    let id_token = token(&manner.key, &manner.head, &manner.claims);
    (
        axum::http::StatusCode::OK,
        axum::Json(json!({ "access_token": "at", "token_type": "Bearer", "id_token": id_token })),
    )
}

async fn me(State(provider): Shared) -> axum::Json<Value> {
    axum::Json(provider.manner.lock().expect("manner").userinfo.clone())
}

async fn wecom(
    State(provider): Shared,
    uri: axum::http::Uri,
    Query(query): Query<BTreeMap<String, String>>,
) -> axum::Json<Value> {
    let mut manner = provider.manner.lock().expect("manner");
    let path = uri.path().trim_start_matches("/cgi-bin/").to_owned();
    manner.asked.push((path.clone(), json!(query)));
    let told = manner.wecom.get(&path).cloned().unwrap_or_else(|| json!({ "errcode": 404, "errmsg": "none" }));
    // An answer of its own for one code.
    let by_code = query.get("code").and_then(|code| told.get(code).cloned());
    axum::Json(by_code.unwrap_or(told))
}

/// The secret that the provider knows: with signs that must be coded in its header.
pub const SECRET: &str = "s3cret+%";

impl Provider {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let manner = Manner {
            key: key(),
            kid: "one".into(),
            claims: json!({}),
            head: json!({ "alg": "ES256", "kid": "one" }),
            userinfo: json!({}),
            challenge: String::new(),
            asked: Vec::new(),
            wecom: BTreeMap::new(),
            issuer: None,
        };
        let provider = Self { url, manner: Arc::new(Mutex::new(manner)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/jwks", get(jwks))
            .route("/token", post(exchange))
            .route("/me", get(me))
            .route("/cgi-bin/{*path}", get(wecom))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub fn with<T>(&self, set: impl FnOnce(&mut Manner) -> T) -> T {
        set(&mut self.manner.lock().expect("manner"))
    }

    pub fn asked(&self, what: &str) -> usize {
        self.with(|manner| manner.asked.iter().filter(|(asked, _)| asked == what).count())
    }

    /// Settings of a provider that is asked for logins.
    pub fn settings(&self) -> Value {
        json!({ "name": "公司账号", "kind": "oidc", "issuer": self.url, "client_id": "zunke" })
    }

    /// A good token of somebody for what was asked; `more` adds to or changes its claims.
    pub fn will_say(&self, house: &House, asked: &BTreeMap<String, String>, more: &Value) {
        let now = house.now_secs();
        let mut claims = json!({
            "iss": self.url, "aud": "zunke", "sub": "u-1", "iat": now, "exp": now + 300, "nonce": asked["nonce"],
            "preferred_username": "wang", "name": "王芳",
        });
        for (name, value) in more.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        self.with(|manner| {
            manner.claims = claims;
            manner.challenge = asked["code_challenge"].clone();
        });
    }
}
