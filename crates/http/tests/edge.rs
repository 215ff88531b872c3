//! The edge around handlers, as a caller meets it.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;
use zunke_http::{App, AppError, IfMatch, Json, Path, Query, Versioned};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Error, Instant};
use zunke_store::testing::{TestDb, sqlite};

#[derive(Deserialize)]
struct Order {
    #[serde(rename = "amount")]
    _amount: u32,
}

#[derive(Deserialize)]
struct Filter {
    limit: Option<u32>,
}

async fn panics() -> &'static str {
    assert!(std::env::args().count() > 1_000, "the reason of the panic");
    "never"
}

async fn faults() -> Result<(), AppError> {
    Err(Error::internal("SELECT secret FROM table").into())
}

fn router(db: &TestDb) -> Router {
    let app = App::new(db.db.clone(), Arc::new(|| Instant(1_000)));
    Router::new()
        .route("/api/panics", get(panics))
        .route("/api/faults", get(faults))
        .route("/api/orders", post(async |Json(_): Json<Order>| "taken"))
        .route("/api/customers/{id}", get(async |Path(id): Path<CustomerId>, m: IfMatch| Versioned(7, (id, m.0))))
        .route("/api/list", get(async |Query(filter): Query<Filter>| filter.limit.unwrap_or(0).to_string()))
        .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
        .layer(axum::middleware::from_fn(zunke_http::security_headers))
        .with_state(app)
}

async fn call(
    request: axum::http::request::Builder,
    body: impl Into<Body>,
) -> (StatusCode, axum::http::HeaderMap, String) {
    let db = sqlite();
    let response = router(&db).oneshot(request.body(body.into()).expect("request")).await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    (status, headers, String::from_utf8(bytes.to_vec()).expect("text"))
}

fn code(body: &str) -> String {
    let problem: Value = serde_json::from_str(body).expect(body);
    assert_eq!(problem["type"], format!("urn:zunke:problem:{}", problem["code"].as_str().expect("code")));
    problem["code"].as_str().expect("code").to_owned()
}

#[tokio::test]
async fn a_panic_and_a_fault_of_ours_are_answered_without_their_reason() {
    for path in ["/api/panics", "/api/faults"] {
        let (status, headers, body) = call(Request::get(path), Body::empty()).await;
        assert_eq!((status, code(&body).as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
        assert!(headers.contains_key("x-request-id") && headers.contains_key("content-security-policy"));
        assert!(!body.contains("reason") && !body.contains("SELECT"), "{body}");
    }
}

#[tokio::test]
async fn a_fault_is_told_in_the_language_of_the_reader() {
    for (language, words) in [("en-GB,en;q=0.9", "it is required"), ("zh-CN,en;q=0.5", "此项必填"), ("fr", "此项必填")]
    {
        let request = Request::post("/api/orders")
            .header(header::ACCEPT_LANGUAGE, language)
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8");
        let (status, _, body) = call(request, "{}").await;
        assert_eq!((status, code(&body).as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "json_invalid"));
        assert!(body.contains(words) && body.contains("\"field\":\"amount\""), "{body}");
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_with_and_without_its_length_announced() {
    let (json, announced) = ((header::CONTENT_TYPE, "application/json"), (zunke_http::JSON_BYTES_MAX + 1).to_string());
    let request = Request::post("/api/orders").header(json.0.clone(), json.1).header(header::CONTENT_LENGTH, announced);
    let (status, _, body) = call(request, "{}").await;
    assert_eq!((status, code(&body).as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"));
    let chunks = futures_util::stream::iter((0..11).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1 << 20])));
    let (status, _, body) = call(Request::post("/api/orders").header(json.0, json.1), Body::from_stream(chunks)).await;
    assert_eq!((status, code(&body).as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"));
}

#[tokio::test]
async fn an_id_that_is_none_is_not_found_and_a_row_carries_its_version() {
    for bad in ["x", "stf_00000000000000000000000000000000", "%00", "cus_1"] {
        let (status, _, body) = call(Request::get(format!("/api/customers/{bad}")), Body::empty()).await;
        assert_eq!((status, code(&body).as_str()), (StatusCode::NOT_FOUND, "not_found"), "{bad}");
    }
    let id = CustomerId::new(Instant(5));
    let (status, headers, body) =
        call(Request::get(format!("/api/customers/{id}")).header("if-match", "\"7\""), Body::empty()).await;
    assert_eq!((status, headers["etag"].to_str().expect("text")), (StatusCode::OK, "\"7\""));
    assert_eq!(body, format!("[\"{id}\",7]"));
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn a_parameter_that_cannot_be_read_is_named() {
    let (status, _, body) = call(Request::get("/api/list?limit=many"), Body::empty()).await;
    assert_eq!((status, code(&body).as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "query_invalid"));
    assert!(body.contains("\"field\":\"limit\""));
    let (status, _, body) = call(Request::get("/api/list?limit="), Body::empty()).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "0"));
}
