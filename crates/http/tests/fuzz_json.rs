//! JSON bodies and queries on made-up input: taken, or answered 4xx with a problem; never 5xx, never a crash.

#[path = "../../kernel/tests/support/fuzz.rs"]
mod support;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use axum::routing::{get, post};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tower::ServiceExt;
use zunke_http::{Json, Query};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Money};

/// One of every kind of value that the bodies of the API have.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Everything {
    id: Option<CustomerId>,
    day: Option<Day>,
    money: Option<Money>,
    count: Option<u32>,
    big: Option<i64>,
    ratio: Option<f64>,
    text: Option<String>,
    flag: Option<bool>,
    list: Option<Vec<Everything>>,
    map: Option<BTreeMap<String, serde_json::Value>>,
    any: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only read")]
struct Asked {
    id: Option<CustomerId>,
    day: Option<Day>,
    limit: Option<u32>,
    #[serde(default)]
    tag: Vec<String>,
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\"id\":",
        "\"day\":",
        "\"money\":",
        "\"count\":",
        "\"big\":",
        "\"ratio\":",
        "\"text\":",
        "\"list\":[",
        "\"map\":{",
        "\"any\":",
        "null",
        "true",
        "\"cus_00000000000070008000000000000000\"",
        "\"2024-02-29\"",
        "\"2023-02-29\"",
        "\"99999999999999999999.99999\"",
        "-9223372036854775808",
        "9223372036854775808",
        "1e400",
        "-0.0",
        "1E-400",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\\",
        "\u{feff}",
        "\u{0}",
        "/* */",
    ];
    let piece = prop_oneof![
        10 => prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    let soup = prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat());
    let leaf = prop_oneof![
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
    ];
    let keys = ["id", "day", "money", "count", "big", "ratio", "text", "flag", "list", "map", "any", "other"];
    let well_formed = leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::vec((prop::sample::select(keys.to_vec()), inner), 0..6).prop_map(|pairs| {
                serde_json::Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    });
    prop_oneof![soup, well_formed.prop_map(|value| value.to_string().into_bytes())]
}

fn router() -> Router {
    Router::new()
        .route("/", post(|Json(value): Json<Everything>| async move { axum::Json(value) }))
        .route("/ask", get(|Query(_): Query<Asked>| async { "asked" }))
        .layer(axum::middleware::from_fn(zunke_http::security_headers))
        .layer(axum::middleware::from_fn(zunke_http::drain_body))
}

fn check(runtime: &tokio::runtime::Runtime, request: Request<Body>) {
    runtime.block_on(async {
        let response = router().oneshot(request).await.expect("an answer");
        let status = response.status();
        assert!(status.is_success() || status.is_client_error(), "{status}");
        let kind = response.headers().get(header::CONTENT_TYPE).cloned();
        let body = axum::body::to_bytes(response.into_body(), 1 << 22).await.expect("a body");
        if status.is_client_error() {
            assert_eq!(kind.as_ref().and_then(|kind| kind.to_str().ok()), Some("application/problem+json"));
            let problem: serde_json::Value = serde_json::from_slice(&body).expect("a problem");
            assert!(
                problem["code"].is_string() && problem["detail"].as_str().is_some_and(|text| !text.is_empty()),
                "{problem}"
            );
        }
    });
}

#[test]
fn any_body_is_taken_or_answered_with_a_problem() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    support::fuzz("json", &any_body(), |body| {
        let request =
            Request::post("/").header(header::CONTENT_TYPE, "application/json").body(Body::from(body.clone()));
        check(&runtime, request.expect("a request"));
    });
}

#[test]
fn any_query_is_taken_or_answered_with_a_problem() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let pairs = prop::collection::vec(
        ("(id|day|limit|tag|[a-z]{0,3})", "([a-z0-9+=&%_-]{0,12}|(%[0-9a-fA-F]{2}){1,6}|-?[0-9]{1,25})"),
        0..8,
    );
    support::fuzz("query", &pairs, |pairs| {
        let query: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let Ok(request) = Request::get(format!("/ask?{}", query.join("&"))).body(Body::empty()) else { return };
        check(&runtime, request);
    });
}
