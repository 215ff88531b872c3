//! The framework's own refusals (a body over a route's limit, a part that can't be read) come as plain text. Under the API
//! every fault is a problem with a code, so they are told as one.

use crate::AppError;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use zunke_kernel::{Error, Kind};

/// Middleware, within the one that knows the reader's language.
pub async fn refusals_as_problems(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    let plain = |response: &Response| {
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        kind.is_none_or(|kind| kind.starts_with("text/plain"))
    };
    if !is_api || !response.status().is_client_error() || !plain(&response) {
        return response;
    }
    let error = match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::new(
            Kind::TooLarge,
            "body_too_large",
            "内容过大，请分批提交。",
            "Too large; please send it in parts.",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Error::invalid(
            "content_type_unsupported",
            "不支持该内容类型（Content-Type）。",
            "That Content-Type is not supported.",
        ),
        StatusCode::BAD_REQUEST => Error::invalid(
            "body_unreadable",
            "请求体未能完整读取，请重试。",
            "The body could not be read to its end; please try again.",
        ),
        _ => return response,
    };
    AppError::from(error).into_response()
}
