//! Extractors that say what is wrong, and where: bodies, queries, path segments.

use crate::{AppError, phrase};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};
use zunke_kernel::{Error, Kind, Result};

/// The most bytes that a JSON body may have.
pub const JSON_BYTES_MAX: usize = 10 * 1024 * 1024;

/// How long a JSON body may take to arrive: 10 MB in a minute is a line of 1.4 Mbit/s.
const JSON_TIME_MAX: std::time::Duration = std::time::Duration::from_secs(60);

/// Put into a request by whoever knows that its route needs less than [`JSON_BYTES_MAX`]: calls that come from
/// anybody, as a login does.
#[derive(Clone, Copy, Debug)]
pub struct BodyMax(pub usize);

/// A JSON body. 415 unless it says that it is JSON, 413 above the limit, 400 `json_malformed` where it is none,
/// 422 `json_invalid` with the path of the field where it is JSON of another shape.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

/// The query of the URL. An empty value (`?search=&level=`) counts as left out, since forms send those.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

/// The parameters of the path. What doesn't read as an id is a thing that isn't there: 404.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

/// Where the digest of the body is left for whoever was extracted before it (an idempotent write).
#[derive(Clone, Debug, Default)]
pub struct BodyHash(pub Arc<OnceLock<[u8; 32]>>);

impl BodyHash {
    /// Leaves the digest of a body that a handler read by itself.
    pub fn put(&self, body: &[u8]) {
        // Set once: the body that came first is the one that was acted on.
        let _ = self.0.set(Sha256::digest(body).into());
    }
}

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = AppError;

    async fn from_request(request: Request, _: &S) -> Result<Self, AppError> {
        require_json(request.headers())?;
        let hash = request.extensions().get::<BodyHash>().cloned();
        let limit = request.extensions().get::<BodyMax>().map_or(JSON_BYTES_MAX, |own| own.0.min(JSON_BYTES_MAX));
        let body = tokio::time::timeout(JSON_TIME_MAX, read_body(request, limit)).await.map_err(|_| too_slow())??;
        if let Some(hash) = hash {
            hash.put(&body);
        }
        Ok(Self(read_json(&body)?))
    }
}

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        Ok(Self(read_query(parts.uri.query().unwrap_or(""))?))
    }
}

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AppError> {
        if parts.uri.path().contains("%00") {
            return Err(Error::not_found().into());
        }
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            // A handler that asks for other parameters than its route has is a fault of ours.
            Err(rejection) if rejection.status().is_server_error() => {
                Err(Error::internal(format!("path parameters: {rejection}")).into())
            }
            Err(_) => Err(Error::not_found().into()),
        }
    }
}

fn require_json(headers: &HeaderMap) -> Result<()> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media_type = sent.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json")) {
        return Ok(());
    }
    Err(Error::invalid(
        "content_type_unsupported",
        "请求体应为 JSON（Content-Type: application/json）。",
        "The body must be JSON (Content-Type: application/json).",
    ))
}

fn too_slow() -> Error {
    Error::invalid(
        "body_too_slow",
        "请求体传输过慢，请检查网络后重试。",
        "The body came too slowly; please check the line and try again.",
    )
}

/// Reads a whole body, and never beyond `limit` bytes.
pub(crate) async fn read_body(request: Request, limit: usize) -> Result<Bytes> {
    let too_large = || {
        let most = if limit >> 20 > 0 { format!("{} MB", limit >> 20) } else { format!("{} KB", limit >> 10) };
        Error::new(
            Kind::TooLarge,
            "body_too_large",
            format!("内容过大，最多 {most}，请分批提交。"),
            format!("Too large: at most {most}; please send it in parts."),
        )
    };
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse::<usize>().ok()).is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    axum::body::to_bytes(request.into_body(), limit).await.map_err(|error| {
        let limited = std::error::Error::source(&error).is_some_and(|source| source.to_string().contains("limit"));
        if limited {
            return too_large();
        }
        Error::invalid(
            "body_unreadable",
            "请求体未能完整读取，请重试。",
            "The body could not be read to its end; please try again.",
        )
        .caused_by(error)
    })
}

fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    if holds_nul(body) {
        return Err(nul_refused());
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        match cause.classify() {
            serde_json::error::Category::Data => phrase::json_invalid(&path, &cause),
            _ => phrase::json_malformed(&cause),
        }
    })?;
    reader.end().map_err(|error| phrase::json_malformed(&error))?;
    Ok(value)
}

/// Reads one part of a body that was taken as it came, so that its fault is its own: a row of a batch.
pub fn read_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        phrase::json_invalid(&path, &error.into_inner())
    })
}

fn read_query<T: DeserializeOwned>(query: &str) -> Result<T> {
    if query.contains("%00") {
        return Err(nul_refused());
    }
    let filled = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty());
    let pairs: Vec<&str> = query.split('&').filter(filled).collect();
    let joined = pairs.join("&");
    let reader = serde_html_form::Deserializer::from_bytes(joined.as_bytes());
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().to_string();
        phrase::query_invalid(&path, &error.into_inner().to_string())
    })
}

/// A NUL in a text is refused at the edge: PostgreSQL can't store it, so both databases refuse it alike.
/// JSON writes it as `\u0000`; an escaped backslash before it makes it plain text.
fn holds_nul(body: &[u8]) -> bool {
    let escape = b"u0000";
    (1..body.len()).filter(|&at| body[at..].starts_with(escape)).any(|at| {
        let slashes = body[..at].iter().rev().take_while(|&&byte| byte == b'\\').count();
        slashes % 2 == 1
    })
}

fn nul_refused() -> Error {
    Error::invalid(
        "text_invalid",
        "文字中含有无法保存的空字符（NUL），请删除后再提交。",
        "The text holds a NUL character, which cannot be stored; please remove it.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use zunke_kernel::Day;
    use zunke_kernel::id::StaffId;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Line {
        sku: String,
        quantity: u32,
        #[serde(default)]
        day: Option<Day>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Order {
        lines: Vec<Line>,
        #[serde(default)]
        by: Option<StaffId>,
    }

    fn refused(body: &str) -> Error {
        read_json::<Order>(body.as_bytes()).expect_err(body)
    }

    #[test]
    fn a_fault_in_a_body_names_the_field_by_its_path() {
        for (body, field) in [
            (r#"{"lines":[{"sku":"a","quantity":1},{"sku":"b","quantity":"x"}]}"#, "lines[1].quantity"),
            (r#"{"lines":[{"sku":"a"}]}"#, "lines[0].quantity"),
            (r#"{"lines":[{"sku":"a","quantity":1,"colour":1}]}"#, "lines[0].colour"),
            (r#"{"lines":[{"sku":"a","quantity":-1}]}"#, "lines[0].quantity"),
            (r#"{"lines":[{"sku":"a","quantity":1,"day":"2023-02-29"}]}"#, "lines[0].day"),
            (r#"{"lines":[],"by":"cus_1"}"#, "by"),
            ("{}", "lines"),
        ] {
            let error = refused(body);
            assert_eq!((error.code, error.field.as_deref()), ("json_invalid", Some(field)), "{body}");
            assert!(!error.text.zh.is_empty() && !error.text.zh.contains("line 1"), "{}", error.text.zh);
        }
    }

    #[test]
    fn what_is_no_json_is_malformed_and_says_where() {
        for body in ["", "{", "{\"lines\":[}", "nul", "{\"lines\":[]}x", "\u{feff}{}", "{\"a\":\"\u{1}\"}"] {
            assert_eq!(refused(body).code, "json_malformed", "{body}");
        }
        assert!(refused("{\n\"lines\":[}").text.en.contains("line 2"));
        // Nested beyond reason: refused without taking the stack with it.
        refused(&"[".repeat(10_000));
        assert_eq!(read_json::<Order>(b"{\"lines\":\"\xff\"}").expect_err("not UTF-8").code, "json_malformed");
    }

    #[test]
    fn a_nul_is_refused_and_its_look_alike_is_not() {
        assert_eq!(refused(r#"{"lines":[{"sku":"a\u0000","quantity":1}]}"#).code, "text_invalid");
        assert!(read_json::<Order>(br#"{"lines":[{"sku":"a\\u0000","quantity":1}]}"#).is_ok());
        assert_eq!(refused(r#"{"lines":[{"sku":"a\\\u0000","quantity":1}]}"#).code, "text_invalid");
    }

    #[test]
    fn one_row_of_a_batch_has_its_own_fault() {
        let row = serde_json::json!({"lines": [{"sku": "a", "quantity": -1}]});
        let error = read_value::<Order>(row).expect_err("no such quantity");
        assert_eq!((error.code, error.field.as_deref()), ("json_invalid", Some("lines[0].quantity")));
        assert!(read_value::<Order>(serde_json::json!({"lines": []})).is_ok());
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Filter {
        #[serde(default)]
        search: Option<String>,
        #[serde(default)]
        limit: Option<u32>,
        #[serde(default)]
        tag: Vec<String>,
    }

    #[test]
    fn an_empty_query_value_counts_as_left_out_and_keys_may_repeat() {
        let read = |text: &str| read_query::<Filter>(text);
        let expected = Filter { search: None, limit: Some(5), tag: vec!["a".into(), "b 王".into()] };
        assert_eq!(read("search=&limit=5&tag=a&tag=b+%E7%8E%8B&x").expect("reads"), expected);
        let error = read("limit=many").expect_err("no number");
        assert_eq!((error.code, error.field.as_deref()), ("query_invalid", Some("limit")));
        assert_eq!(read("search=%00").expect_err("nul").code, "text_invalid");
        assert_eq!(read("limit=1&limit=2").expect_err("twice").code, "query_invalid");
    }
}
