//! Optimistic locking: a row's version is its `ETag`; a change names the version it was made on.

use crate::AppError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use zunke_kernel::{Error, Result};

/// The `ETag` of a row's version.
#[must_use]
pub fn etag(version: i64) -> HeaderValue {
    // Digits and quotes only, so this can't fail; an empty header is the harmless other case.
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static(""))
}

/// An answer with the version of its row as `ETag`.
pub struct Versioned<T>(pub i64, pub T);

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        ([(header::ETAG, etag(self.0))], axum::Json(self.1)).into_response()
    }
}

/// The `If-Match` header: `None` where the caller sent none (or `*`), and then the last writer wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

impl IfMatch {
    /// 412 `version_changed` where the caller names another version than the one stored.
    pub fn check(self, stored: i64) -> Result<()> {
        match self.0 {
            Some(named) if named != stored => Err(Error::stale()),
            _ => Ok(()),
        }
    }

    /// 428 `version_required` where the caller names none: for what several people edit at once.
    pub fn required(self) -> Result<i64> {
        self.0.ok_or_else(|| {
            Error::invalid(
                "version_required",
                "请先读取最新内容，并在 If-Match 中带上其版本再保存。",
                "Read the current content first and name its version in If-Match.",
            )
        })
    }

    fn read(value: &HeaderValue) -> Result<Self> {
        let text = value.to_str().unwrap_or("").trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let digits = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
        match digits.parse() {
            Ok(version) => Ok(Self(Some(version))),
            Err(_) => Err(Error::invalid(
                "if_match_invalid",
                "If-Match 请求头无效，应为读取时得到的 ETag。",
                "If-Match is not valid: send the ETag that the read answered with.",
            )
            .at("If-Match")),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        match parts.headers.get(header::IF_MATCH) {
            None => Ok(Self(None)),
            Some(value) => Ok(Self::read(value)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_reads_back_and_another_version_is_stale() {
        let read = |text| IfMatch::read(&HeaderValue::from_static(text));
        assert_eq!(IfMatch::read(&etag(7)).expect("own etag"), IfMatch(Some(7)));
        assert_eq!(read("W/\"7\"").expect("weak"), IfMatch(Some(7)));
        assert_eq!(read("*").expect("any"), IfMatch(None));
        assert_eq!(IfMatch(Some(7)).check(8).expect_err("stale").code, "version_changed");
        assert!(IfMatch(Some(7)).check(7).is_ok() && IfMatch(None).check(8).is_ok());
        for bad in ["", "\"seven\"", "\"1\", \"2\""] {
            assert_eq!(read(bad).expect_err(bad).code, "if_match_invalid");
        }
    }
}
