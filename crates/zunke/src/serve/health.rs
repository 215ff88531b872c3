//! Whether the process lives, and whether it can serve.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use zunke_http::App;

/// `GET /healthz`: the process answers.
pub async fn live() -> Response {
    axum::Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })).into_response()
}

/// `GET /readyz`: the database answers, and stands at this version (it was migrated before the door opened).
pub async fn ready(State(app): State<App>) -> Response {
    let db = app.db.clone();
    match tokio::task::spawn_blocking(move || db.ping()).await {
        Ok(Ok(())) => axum::Json(json!({ "status": "ready" })).into_response(),
        fault => {
            tracing::warn!(?fault, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, axum::Json(json!({ "status": "database_unreachable" }))).into_response()
        }
    }
}
