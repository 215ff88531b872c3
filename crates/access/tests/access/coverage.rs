//! Over all endpoints of the room: nobody enters without a login, each role gets what the table says, and no input
//! makes a fault of ours.

use crate::common::{Answer, House, houses};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use std::fmt::Write;
use utoipa::openapi::path::{Operation, PathItem};
use zunke_access::{Permission, Role};

struct Endpoint {
    method: &'static str,
    path: String,
    operation: Operation,
}

impl Endpoint {
    /// The path with ids of the right form that stand for nothing.
    fn to_nothing(&self) -> String {
        let prefixes = [
            ("/sessions/", "ses"),
            ("/staff/", "stf"),
            ("/departments/", "dep"),
            ("/tokens/", "tok"),
            ("/jobs/", "job"),
            ("/staff-groups/", "sgr"),
        ];
        let prefix = prefixes.iter().find(|(start, _)| self.path.starts_with(start)).map_or("", |(_, prefix)| prefix);
        self.path.replace("{id}", &format!("{prefix}_{}", "0".repeat(32)))
    }

    fn takes_body(&self) -> bool {
        self.operation.request_body.is_some()
    }
}

fn endpoints() -> Vec<Endpoint> {
    let document = zunke_access::routes().into_openapi();
    let mut all = Vec::new();
    for (path, item) in document.paths.paths {
        let PathItem { get, put, post, delete, patch, .. } = item;
        for (method, operation) in [("GET", get), ("PUT", put), ("POST", post), ("DELETE", delete), ("PATCH", patch)] {
            if let Some(operation) = operation {
                all.push(Endpoint { method, path: path.clone(), operation });
            }
        }
    }
    assert!(all.len() >= 20, "the document lists the endpoints");
    all
}

fn is_problem(answer: &Answer) -> bool {
    answer.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json")
        && !answer.code().is_empty()
}

#[tokio::test]
async fn nobody_enters_an_endpoint_without_a_login() {
    for house in houses() {
        for endpoint in endpoints() {
            let body = endpoint.takes_body().then(|| json!({}));
            for headers in [
                &[][..],
                &[("cookie", "zunke_session=made-up"), ("x-zunke", "1")],
                &[("authorization", "Bearer zk_made_up")],
                &[("authorization", "Basic YTpi")],
            ] {
                let answer = house.call(endpoint.method, &endpoint.to_nothing(), headers, body.clone()).await;
                let name = format!("{} {}", endpoint.method, endpoint.path);
                if name == "POST /session" {
                    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
                } else {
                    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}");
                    assert!(answer.headers.contains_key("www-authenticate") && is_problem(&answer), "{name}");
                }
            }
        }
    }
}

#[test]
fn what_each_role_may_do() {
    let mut table = String::new();
    for permission in Permission::ALL {
        let roles = permission.roles().iter().map(|role| role.word()).collect::<Vec<_>>().join(" ");
        writeln!(table, "{:<20} {roles}", permission.word()).expect("text");
    }
    insta::assert_snapshot!("permissions", table);
}

#[tokio::test]
async fn which_role_gets_into_which_endpoint() {
    let house = houses().remove(0);
    let mut table = String::new();
    for role in Role::ALL {
        house.person(role.word(), role, None);
    }
    let tokens: Vec<_> = Role::ALL.iter().map(|role| house.token(role.word(), true)).collect();
    for endpoint in endpoints() {
        write!(table, "{:<7}{:<22}", endpoint.method, endpoint.path).expect("text");
        for (role, token) in Role::ALL.iter().zip(&tokens) {
            let body = endpoint.takes_body().then(|| json!({}));
            let headers = [("authorization", token.as_str())];
            let answer = house.call(endpoint.method, &endpoint.to_nothing(), &headers, body).await;
            let word = match answer.code() {
                "forbidden" => "-",
                // Beyond the gate of the role: tokens have no sessions, {} lacks fields, the id is nobody's.
                "session_required" | "json_invalid" | "not_found" | "" => "enters",
                other => other,
            };
            write!(table, " {}:{word}", role.word()).expect("text");
        }
        table.push('\n');
    }
    insta::assert_snapshot!("endpoints", table);
}

#[test]
fn every_endpoint_documents_its_faults_and_has_an_operation_id() {
    for endpoint in endpoints() {
        let name = format!("{} {}", endpoint.method, endpoint.path);
        let documented = |status: &str| endpoint.operation.responses.responses.contains_key(status);
        assert!(endpoint.operation.operation_id.as_deref().is_some_and(|id| id.contains('_')), "{name}");
        assert!(documented("401") && documented("422") && documented("500"), "{name}");
        assert_eq!(documented("409"), endpoint.method != "GET", "{name}");
    }
}

/// Sends bytes as JSON.
async fn raw(house: &House, endpoint: &Endpoint, token: &str, kind: Option<&str>, body: impl Into<Body>) -> Answer {
    let mut request = Request::builder()
        .method(Method::from_bytes(endpoint.method.as_bytes()).expect("method"))
        .uri(format!("/api/v1{}", endpoint.to_nothing()))
        .header("authorization", token);
    if let Some(kind) = kind {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    house.send(request.body(body.into()).expect("request")).await
}

#[tokio::test]
async fn a_bad_body_is_told_apart_and_never_a_fault_of_ours() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let token = house.token("boss", true);
        for endpoint in endpoints().iter().filter(|endpoint| endpoint.takes_body()) {
            let name = format!("{} {}", endpoint.method, endpoint.path);
            let json = Some("application/json");
            for malformed in ["", "{", "{\"a\":", "not json"] {
                let answer = raw(&house, endpoint, &token, json, malformed).await;
                assert!(
                    answer.status == StatusCode::BAD_REQUEST
                        || answer.code() == "json_invalid"
                        || answer.code() == "session_required",
                    "{name} {malformed}: {} {}",
                    answer.status,
                    answer.body
                );
            }
            assert_eq!(
                raw(&house, endpoint, &token, None, "{}").await.status,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "{name}"
            );
            let huge = vec![b' '; zunke_http::JSON_BYTES_MAX + 1];
            assert_eq!(raw(&house, endpoint, &token, json, huge).await.status, StatusCode::PAYLOAD_TOO_LARGE, "{name}");
            for odd in odd_values() {
                for field in [
                    "login",
                    "name",
                    "role",
                    "password",
                    "parent_id",
                    "levels",
                    "scopes",
                    "expires_at",
                    "locale",
                    "as_of",
                    "active",
                    "current",
                    "new",
                ] {
                    let mut body = json!({
                        "login": "a", "name": "b", "role": "agent", "scopes": ["read"], "password": "x", "current": "x",
                        "new": "x", "time_zone": "UTC", "currency": "CNY", "locale": "zh",
                    });
                    let known = known_fields(endpoint);
                    body.as_object_mut().expect("an object").retain(|name, _| known.contains(&name.as_str()));
                    if !known.contains(&field) {
                        continue;
                    }
                    body[field] = odd.clone();
                    let answer = raw(&house, endpoint, &token, json, body.to_string()).await;
                    assert!(answer.status.as_u16() < 500, "{name} {body}: {}", answer.body);
                    assert!(answer.status.is_success() || is_problem(&answer), "{name} {body}: {}", answer.body);
                }
            }
        }
    }
}

fn known_fields(endpoint: &Endpoint) -> &'static [&'static str] {
    match (endpoint.method, endpoint.path.as_str()) {
        ("POST", "/session") => &["login", "password"],
        ("POST", "/session/second-factor") => &["password"],
        ("POST", "/session/second-factor/confirm") => &["code"],
        ("POST", "/session/second-factor/remove" | "/session/recovery-codes") => &["password", "code"],
        ("PUT", "/security-policy") => &["idle_minutes"],
        ("PATCH", "/session") => &["locale"],
        ("POST", "/session/password") => &["current", "new"],
        ("POST", "/staff") => &["login", "name", "role", "levels", "locale"],
        ("PATCH", "/staff/{id}") => &["name", "role", "levels", "locale", "active"],
        ("POST" | "PATCH", "/departments" | "/departments/{id}") => &["name", "parent_id"],
        ("POST", "/tokens") => &["name", "scopes", "expires_at", "permissions", "per_minute"],
        ("POST", "/tokens/{id}/rotate") => &["overlap_hours"],
        ("PUT", "/organisation") => &["name", "time_zone", "currency", "as_of", "locale"],
        ("PUT", "/level-rights") => &["rights"],
        ("POST", "/roles") => &["base", "name", "permissions", "reach", "fields", "other_fields"],
        ("PATCH", "/roles/{key}") => &["name", "permissions", "reach", "fields", "other_fields"],
        ("POST" | "PUT", "/staff-groups" | "/staff-groups/{id}") => &["name", "allow", "deny", "members"],
        ("POST", "/session/see-as") => &["staff_id", "reason"],
        ("PUT", "/backups/settings") => &["on", "hour", "keep"],
        (method, path) => panic!("{method} {path} takes a body that this test doesn't know"),
    }
}

fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(""),
        json!(" \u{0} "),
        json!("\u{202e}﷽👩‍👩‍👧‍👦"),
        json!("' OR 1=1 --"),
        json!("x".repeat(100_000)),
        json!(-1),
        json!(i64::MAX),
        json!(1e308),
        json!(true),
        json!([]),
        json!([null]),
        json!([-1, 99]),
        json!({}),
        json!({"a": {"b": []}}),
    ]
}

#[tokio::test]
async fn a_bad_path_or_query_is_told_apart_and_never_a_fault_of_ours() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let token = house.token("boss", true);
        let headers = [("authorization", token.as_str())];
        for endpoint in endpoints() {
            let body = endpoint.takes_body().then(|| json!({}));
            if endpoint.path.contains("{id}") {
                for id in ["x", "cus_0", "%00", "%ff", "..%2f..", "%F0%9F%92%A9"] {
                    let path = endpoint.path.replace("{id}", id);
                    let answer = house.call(endpoint.method, &path, &headers, body.clone()).await;
                    let seen = answer.status;
                    assert!(
                        seen == StatusCode::NOT_FOUND || answer.code() == "session_required",
                        "{path}: {seen} {}",
                        answer.body
                    );
                }
            }
            for query in [
                "limit=-1",
                "limit=1e9",
                "after=ff",
                "after=5b5d",
                "from=x",
                "until=9",
                "actor=1",
                "state=no",
                "search=%00",
                "search=%25_%5C",
                "%ff=%ff",
                "a=1&a=2",
                "limit=1&limit=2",
                "all=maybe",
            ] {
                let path = format!("{}?{query}", endpoint.to_nothing());
                let answer = house.call(endpoint.method, &path, &headers, body.clone()).await;
                assert!(answer.status.as_u16() < 500, "{} {path}: {}", endpoint.method, answer.body);
            }
        }
        let missing = house.call("GET", "/nowhere", &headers, None).await;
        assert_eq!((missing.status, missing.code()), (StatusCode::NOT_FOUND, "not_found"));
        let method = house.call("DELETE", "/staff", &headers, None).await;
        assert_eq!((method.status, method.code()), (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"));
        assert_eq!(method.headers["x-content-type-options"], "nosniff");
        assert!(method.headers["content-security-policy"].to_str().expect("text").contains("frame-ancestors 'none'"));
        assert!(method.headers.contains_key("x-request-id"));
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let mut document = zunke_access::routes().into_openapi();
    zunke_http::complete_document(&mut document);
    let document = serde_json::to_value(document).expect("JSON");
    let headers = |path: &str| document["paths"][path].to_string().matches("Idempotency-Key").count();
    assert_eq!((headers("/staff"), headers("/session"), headers("/tokens/{id}")), (1, 0, 1));
    let mut open = vec![&document];
    let mut seen = 0;
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(Value::Object(responses)) = fields.get("responses") {
                    assert!(responses.values().all(|response| response["description"].is_string()), "{responses:?}");
                }
                if let Some(Value::String(target)) = fields.get("$ref") {
                    seen += 1;
                    assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target} leads nowhere");
                }
                open.extend(fields.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(seen > 50);
}
