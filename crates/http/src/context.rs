//! What belongs to one request wherever it is handled: the reader's language and the request's id. Held in a
//! task-local, so that an error deep down is told in the right language without passing it along.

use crate::{App, AppError};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use tracing::Instrument;
use zunke_kernel::{Error, Kind, Locale};

zunke_kernel::id_type!(/** One request; in the log and in the `x-request-id` header. */ RequestId, "req");

tokio::task_local! {
    static LOCALE: Cell<Locale>;
}

/// The language of the reader of this request; Chinese outside of a request.
#[must_use]
pub fn locale() -> Locale {
    LOCALE.try_with(Cell::get).unwrap_or_default()
}

/// From here on this request is answered in `locale`: a member of staff's own choice wins over the browser's.
pub fn prefer_locale(locale: Locale) {
    // Outside of a request there is nobody to prefer it for.
    let _ = LOCALE.try_with(|cell| cell.set(locale));
}

/// Middleware for all routes (`from_fn_with_state`): language, request id, one log line per request, and a panic
/// answered as a fault of ours instead of a dropped connection.
pub async fn request_context(State(app): State<App>, request: Request, next: Next) -> Response {
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let locale = accepted.map(Locale::from_accept_language).unwrap_or_default();
    let started = app.now();
    let id = RequestId::new(started).to_string();
    // The path without its query: a query may hold names and phone numbers, which don't belong in a log.
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let handled = async move {
        let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let response =
            answer.unwrap_or_else(|_| AppError::from(Error::internal("the handler panicked")).into_response());
        tracing::debug!(status = response.status().as_u16(), took_ms = app.now().0 - started.0, "answered");
        response
    };
    let mut response = LOCALE.scope(Cell::new(locale), handled.instrument(span)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// The fallback for a path of the API that isn't there.
pub async fn not_found() -> AppError {
    AppError::from(Error::not_found())
}

/// The fallback for a path that is there, under a method that it doesn't have.
pub async fn method_not_allowed() -> AppError {
    AppError::from(Error::new(
        Kind::Invalid,
        "method_not_allowed",
        "该地址不支持此请求方法。",
        "This address does not support that method.",
    ))
}
