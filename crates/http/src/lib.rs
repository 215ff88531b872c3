//! The edge every room speaks through: what an endpoint is given (`App`, `Json`, `Query`, `Path`, `IfMatch`), how
//! a fault is told (`Problem`, RFC 9457), and what wraps each request (locale, request id, security headers).
//!
//! Promises: no input makes a 5xx; a fault names its field; the reader's language is used; a body is never read
//! beyond its limit; what went wrong on our side is logged and never shown.

mod app;
mod context;
mod document;
mod drain;
mod extract;
mod headers;
mod page;
mod patch;
mod phrase;
mod plain;
mod problem;
pub mod route_parts;
mod version;

pub use app::{App, Clock};
pub use context::{RequestId, locale, method_not_allowed, not_found, prefer_locale, request_context};
pub use document::complete_document;
pub use drain::drain_body;
pub use extract::{BodyHash, BodyMax, JSON_BYTES_MAX, Json, Path, Query, read_value};
pub use headers::security_headers;
pub use page::{NONCE_PLACE, Page};
pub use patch::Change;
pub use plain::refusals_as_problems;
pub use problem::{AppError, Fault, Problem, ReadProblems, WriteProblems, status_of};
pub use version::{IfMatch, Versioned, etag};

/// What a handler answers.
pub type Result<T, E = AppError> = std::result::Result<T, E>;
