//! A small house of this room alone: its routes on a database, with people who may call them.

use crate::common::*;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;
use zunke_access::staff::NewStaff;
use zunke_access::tokens::NewToken;
use zunke_access::{Role, Secret, password, staff, tokens};
use zunke_http::App;
use zunke_store::testing::TestDb;
use zunke_tiering::Tiers;

pub struct House {
    pub db: TestDb,
    pub router: Router,
    pub boss: String,
}

impl House {
    pub fn new(db: TestDb) -> Self {
        let app = App::new(db.db.clone(), Arc::new(|| NOW)).with(Tiers::default());
        let (routes, _) = zunke_tiering::routes().split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app);
        let mut house = Self { db, router, boss: String::new() };
        house.boss = house.person("boss", Role::Administrator);
        house
    }

    pub fn person(&self, login: &str, role: Role) -> String {
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
        let new = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = tokens::create(&self.db, NOW, login, &new).expect("a token");
        format!("Bearer {}", secret.reveal())
    }

    pub async fn call(
        &self,
        token: &str,
        method: &str,
        path: &str,
        version: Option<i64>,
        body: Option<Value>,
    ) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        request = request.header(header::AUTHORIZATION, token).header(header::CONTENT_TYPE, "application/json");
        if let Some(version) = version {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 10_000_000).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(&self.boss, "GET", path, None, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Makes a change that must succeed.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(&self.boss, "POST", path, None, Some(body)).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }
}
