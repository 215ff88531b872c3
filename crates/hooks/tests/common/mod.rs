//! What the tests of webhooks share: a small house, and a receiver on this machine that keeps what it hears and answers as
//! it is told.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt;
use zunke_access::staff::NewStaff;
use zunke_access::tokens::NewToken;
use zunke_access::{Role, Secret, password, staff};
use zunke_customers::Customers;
use zunke_hooks::{Courier, CourierHandle, Fires, Tells};
use zunke_http::App;
use zunke_kernel::Instant;
use zunke_service::intake::Keys;
use zunke_service::intake::signature::{self, Signed};
use zunke_store::outbox;
use zunke_store::testing::TestDb;

/// Monday 2027-01-18, 16:00 in Shanghai.
pub const NOW: Instant = Instant(1_800_259_200_000);
pub const HOUR: i64 = 3_600_000;

pub struct House {
    pub db: TestDb,
    pub app: App,
    pub router: Router,
    pub boss: String,
    pub clock: Arc<AtomicI64>,
    keys: Keys,
    _folder: tempfile::TempDir,
}

impl House {
    pub fn new(db: TestDb) -> Self {
        let clock = Arc::new(AtomicI64::new(NOW.0));
        let hand = clock.clone();
        let folder = tempfile::tempdir().expect("a folder");
        let keys = Keys::in_folder(folder.path());
        let app = App::new(db.db.clone(), Arc::new(move || Instant(hand.load(Ordering::SeqCst))))
            .with(keys.clone())
            .with(Customers { observers: vec![Arc::new(Fires)] });
        let (routes, _) = zunke_hooks::routes()
            .merge(zunke_customers::routes())
            .merge(zunke_customers::export::routes())
            .split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app.clone());
        let mut house = Self { db, app, router, boss: String::new(), clock, keys, _folder: folder };
        house.boss = house.person("boss", Role::Administrator);
        house
    }

    /// Moves the clock on.
    pub fn later(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    pub fn person(&self, login: &str, role: Role) -> String {
        let hash = password::hash_blocking(&Secret::new("correct horse battery")).expect("hashes");
        let (login, name) = (login.to_owned(), login.to_owned());
        let new =
            NewStaff { login: login.clone(), name, role, department: None, reach: None, levels: None, locale: None };
        self.db.write(|tx| staff::create(tx, NOW, None, &new, &hash, false)).expect("a person");
        let token = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = zunke_access::tokens::create(&self.db, NOW, &login, &token).expect("a token");
        format!("Bearer {}", secret.reveal())
    }

    pub fn courier(&self) -> Courier {
        Courier {
            db: self.db.db.clone(),
            clock: self.app.clock.clone(),
            keys: self.keys.clone(),
            patience: Duration::from_millis(700),
        }
    }

    pub fn start(&self) -> CourierHandle {
        self.courier().spawn().expect("a courier")
    }

    /// Spreads the messages of the rooms above.
    pub fn spread(&self) {
        while outbox::deliver_pending(&self.db, &[Arc::new(Tells)], self.app.now()).expect("spread") > 0 {}
    }

    /// A call as somebody; the status and the answer.
    pub async fn call(&self, who: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.call_with(who, method, path, body, &[]).await
    }

    pub async fn call_with(
        &self,
        who: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> (u16, Value) {
        let mut request =
            Request::builder().method(method).uri(format!("/api/v1{path}")).header(header::AUTHORIZATION, who);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let answer = self.router.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let status = answer.status().as_u16();
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 24).await.expect("a body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Calls as the boss; anything but `status` stops the test.
    pub async fn good(&self, status: u16, method: &str, path: &str, body: Option<Value>) -> Value {
        let (got, answer) = self.call(&self.boss, method, path, body).await;
        assert_eq!(got, status, "{method} {path}: {answer}");
        answer
    }

    /// Lets receivers on this machine be called.
    pub async fn allow_this_machine(&self) {
        self.good(200, "PUT", "/webhook-settings", Some(json!({ "allowed_networks": ["127.0.0.1"] }))).await;
    }

    /// A webhook that wants these; its id and its secret.
    pub async fn webhook(&self, name: &str, url: &str, events: &[&str]) -> (String, String) {
        let body = json!({ "name": name, "url": url, "events": events });
        let made = self.good(201, "POST", "/webhooks", Some(body)).await;
        (text(&made, "id"), text(&made, "secret"))
    }

    pub async fn customer(&self, name: &str) -> String {
        text(&self.good(201, "POST", "/customers", Some(json!({ "kind": "person", "name": name }))).await, "id")
    }
}

pub fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

/// What a receiver heard.
#[derive(Clone, Debug)]
pub struct Heard {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub body: String,
}

impl Heard {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub fn kind(&self) -> String {
        text(&self.json(), "type")
    }

    pub fn customer(&self) -> String {
        text(&self.json()["data"], "customer_id")
    }

    pub fn holds(&self, secret: &str, now: Instant) -> bool {
        let signed = Signed { id: &self.id, timestamp: &self.timestamp, signature: &self.signature };
        signature::check(secret, signed, self.body.as_bytes(), now).is_ok()
    }
}

/// How it answers: a status with headers after a while, by what it heard.
pub type Manner = Box<dyn FnMut(&Heard) -> (Duration, String) + Send>;

pub struct Receiver {
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    manner: Arc<Mutex<Manner>>,
}

pub fn status(code: u16) -> (Duration, String) {
    (Duration::ZERO, format!("HTTP/1.1 {code} Said\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"))
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/hooks", listener.local_addr().expect("an address"));
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let manner: Arc<Mutex<Manner>> = Arc::new(Mutex::new(Box::new(|_| status(200))));
        let (ears, manners) = (heard.clone(), manner.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (ears, manners) = (ears.clone(), manners.clone());
                std::thread::spawn(move || {
                    let _ = listen(stream, &ears, &manners);
                });
            }
        });
        Self { url, heard, manner }
    }

    pub fn answers(&self, manner: impl FnMut(&Heard) -> (Duration, String) + Send + 'static) {
        *self.manner.lock().expect("manner") = Box::new(manner);
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().expect("heard").clone()
    }

    /// Waits until it has heard so many; answers all.
    pub fn wait(&self, count: usize) -> Vec<Heard> {
        wait(|| self.heard().len() >= count);
        self.heard()
    }
}

fn listen(stream: TcpStream, heard: &Mutex<Vec<Heard>>, manner: &Mutex<Manner>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut one = Heard { id: String::new(), timestamp: String::new(), signature: String::new(), body: String::new() };
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let Some((name, value)) = line.trim().split_once(": ") else { continue };
        match name.to_lowercase().as_str() {
            "webhook-id" => one.id = value.into(),
            "webhook-timestamp" => one.timestamp = value.into(),
            "webhook-signature" => one.signature = value.into(),
            "content-length" => length = value.parse().unwrap_or(0),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    one.body = String::from_utf8(body).unwrap_or_default();
    heard.lock().expect("heard").push(one.clone());
    let (pause, answer) = manner.lock().expect("manner")(&one);
    std::thread::sleep(pause);
    let mut stream = stream;
    stream.write_all(answer.as_bytes())
}

/// Waits for something that happens soon.
pub fn wait(mut done: impl FnMut() -> bool) {
    for _ in 0..400 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it did not happen within 20 seconds");
}
