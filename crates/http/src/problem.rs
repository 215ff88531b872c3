//! RFC 9457 problem details: what went wrong, in the reader's language, with a stable code for programs.

use crate::context::locale;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::openapi::{self, RefOr};
use utoipa::{IntoResponses, ToSchema};
use zunke_kernel::{Error, Kind, Locale, Text};

/// The body of every answer that isn't a success (`application/problem+json`).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:zunke:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The sort of fault, in words.
    pub title: String,
    pub status: u16,
    /// What happened and what to do, in the language of the request.
    pub detail: String,
    /// Stable, snake_case. Programs match on it; texts may change.
    pub code: String,
    /// JSON path of the field at fault: `activities[3].amount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// All faults where the input has more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
}

/// One of several faults.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    pub code: String,
    pub detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Problem {
    #[must_use]
    pub fn new(error: &Error, locale: Locale) -> Self {
        let fault = |error: &Error| Fault {
            code: error.code.into(),
            detail: error.message(locale).into(),
            field: error.field.clone(),
        };
        let errors = if error.others.is_empty() {
            Vec::new()
        } else {
            std::iter::once(error).chain(&error.others).map(fault).collect()
        };
        Self {
            kind: format!("urn:zunke:problem:{}", error.code),
            title: title(error.kind).get(locale).into(),
            status: status_of(error).as_u16(),
            detail: error.message(locale).into(),
            code: error.code.into(),
            field: error.field.clone(),
            errors,
        }
    }
}

/// An error on its way out of a handler. `?` makes one from a kernel error.
#[derive(Debug)]
pub struct AppError {
    pub error: Error,
    /// Sent as `Retry-After`.
    pub retry_after_secs: Option<i64>,
}

impl From<Error> for AppError {
    fn from(error: Error) -> Self {
        let retry_after_secs = (error.kind == Kind::Busy).then_some(1);
        Self { error, retry_after_secs }
    }
}

impl AppError {
    /// Says when the same call may be made again.
    #[must_use]
    pub fn retry_after(mut self, secs: i64) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let error = &self.error;
        match (error.kind, &error.cause) {
            (Kind::Internal, cause) => tracing::error!(code = error.code, cause = cause.as_deref(), "request failed"),
            (_, Some(cause)) => tracing::debug!(code = error.code, cause, "request refused"),
            _ => {}
        }
        let body = axum::Json(Problem::new(error, locale()));
        let mut response = (status_of(error), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(secs) = self.retry_after_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs.max(1)));
        }
        if status_of(error) == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"zunke\""));
        }
        response
    }
}

/// The status of an error: by its kind, and finer for what the edge itself finds.
#[must_use]
pub fn status_of(error: &Error) -> StatusCode {
    match error.code {
        "json_malformed" | "body_unreadable" => return StatusCode::BAD_REQUEST,
        "body_too_slow" => return StatusCode::REQUEST_TIMEOUT,
        "content_type_unsupported" => return StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "method_not_allowed" => return StatusCode::METHOD_NOT_ALLOWED,
        "version_required" => return StatusCode::PRECONDITION_REQUIRED,
        _ => {}
    }
    match error.kind {
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::Unauthorized => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Kind::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn title(kind: Kind) -> Text {
    match kind {
        Kind::Invalid => Text::new("输入有误", "The input is not valid"),
        Kind::NotFound => Text::new("未找到", "Not found"),
        Kind::Conflict => Text::new("与现有数据冲突", "It conflicts with what is stored"),
        Kind::Stale => Text::new("内容已更新", "Changed meanwhile"),
        Kind::Unauthorized => Text::new("需要登录", "Login required"),
        Kind::Forbidden => Text::new("没有权限", "Not allowed"),
        Kind::TooLarge => Text::new("内容过大", "Too large"),
        Kind::TooMany => Text::new("尝试过于频繁", "Too many attempts"),
        Kind::Busy => Text::new("系统繁忙", "Busy"),
        Kind::Internal => Text::new("系统出错", "A fault of ours"),
    }
}

/// For `responses(…)` of an endpoint that reads: every fault that it may answer.
pub struct ReadProblems;

/// For `responses(…)` of an endpoint that writes: every fault that it may answer.
pub struct WriteProblems;

impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<openapi::response::Response>> {
        described(&[401, 403, 404, 422, 429, 500, 503])
    }
}

impl IntoResponses for WriteProblems {
    fn responses() -> BTreeMap<String, RefOr<openapi::response::Response>> {
        described(&[400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 500, 503])
    }
}

fn described(statuses: &[u16]) -> BTreeMap<String, RefOr<openapi::response::Response>> {
    let content =
        openapi::content::ContentBuilder::new().schema(Some(openapi::Ref::from_schema_name("Problem"))).build();
    let response = |status: u16| {
        let words = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("");
        openapi::ResponseBuilder::new().description(words).content("application/problem+json", content.clone()).build()
    };
    statuses.iter().map(|&status| (status.to_string(), RefOr::T(response(status)))).collect()
}
