//! How often somebody may call: so many calls in a minute for each key and each login, all of them at once or one by one.
//! Counted in this process alone, in memory: each node of a spread house counts its own.

use crate::actor::{SignedIn, Via};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use uuid::Uuid;
use zunke_http::App;
use zunke_kernel::{Error, Instant, Kind, Result};
use zunke_store::audit;

/// Calls in a minute where nothing else is said: a key is a program, a login is a person at a page.
pub const KEY_PER_MINUTE: i64 = 12_000;
pub const LOGIN_PER_MINUTE: i64 = 6_000;

const MINUTE_MS: i64 = 60_000;
/// Buckets that are full again are forgotten when there are so many.
const BUCKETS_MAX: usize = 10_000;

/// The buckets of all who call. Cheap to clone; the binary puts one into `App`.
#[derive(Clone, Default)]
pub struct RateLimits(Arc<Mutex<HashMap<Uuid, Bucket>>>);

/// What is left, in thousandths of a call times a minute, so that nothing is lost by rounding.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: i64,
    at: Instant,
    limit: i64,
}

impl Bucket {
    fn new(limit: i64, now: Instant) -> Self {
        Self { left: limit * MINUTE_MS, at: now, limit }
    }

    /// Flows back, evenly, and takes one call; answers where it stands then.
    fn take(&mut self, limit: i64, now: Instant) -> Standing {
        let passed = (now.0 - self.at.0).clamp(0, MINUTE_MS);
        self.left = (self.left + passed * limit).min(limit * MINUTE_MS);
        (self.at, self.limit) = (now, limit);
        let allowed = self.left >= MINUTE_MS;
        if allowed {
            self.left -= MINUTE_MS;
        }
        let wait_ms = if allowed { 0 } else { (MINUTE_MS - self.left + limit - 1) / limit };
        Standing {
            limit,
            remaining: self.left / MINUTE_MS,
            reset_secs: ((limit * MINUTE_MS - self.left) / limit + 999) / 1_000,
            retry_secs: (!allowed).then_some(((wait_ms + 999) / 1_000).max(1)),
        }
    }

    fn full(&self, now: Instant) -> bool {
        self.left + (now.0 - self.at.0).clamp(0, MINUTE_MS) * self.limit >= self.limit * MINUTE_MS
    }
}

/// What the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    limit: i64,
    remaining: i64,
    /// Until all calls are there again.
    reset_secs: i64,
    /// Refused: when one call is there again.
    retry_secs: Option<i64>,
}

impl RateLimits {
    fn take(&self, who: Uuid, limit: i64, now: Instant) -> Standing {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, bucket| !bucket.full(now));
        }
        buckets.entry(who).or_insert_with(|| Bucket::new(limit, now)).take(limit, now)
    }
}

/// Goes along with a request, so that its answer can say where the caller stands.
#[derive(Clone, Default)]
struct Note(Arc<OnceLock<Standing>>);

/// Counts a call of somebody who is known; 429 where he has none left. Where the binary put in no limits there are none.
pub(crate) fn count(parts: &axum::http::request::Parts, app: &App, signed_in: &SignedIn) -> Result<()> {
    let Some(limits) = app.get::<RateLimits>() else { return Ok(()) };
    let (who, limit) = match signed_in.via {
        Via::Session(id) => (id.0, LOGIN_PER_MINUTE),
        Via::Token { id, per_minute, .. } => (id.0, per_minute.unwrap_or(KEY_PER_MINUTE)),
    };
    let standing = limits.take(who, limit, app.now());
    if let Some(note) = parts.extensions.get::<Note>() {
        let _ = note.0.set(standing);
    }
    let Some(wait) = standing.retry_secs else { return Ok(()) };
    Err(Error::new(
        Kind::TooMany,
        "rate_limited",
        format!("请求过于频繁（每分钟最多 {limit} 次），请在 {wait} 秒后再试。"),
        format!("Too many calls (at most {limit} a minute); try again in {wait} seconds."),
    ))
}

/// Middleware for all routes: the answer says how many calls are left.
pub async fn limit_headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let origin = crate::write::origin(&parts);
    // What the request enters into the record says whence it came.
    audit::asking(origin, counted(app, Request::from_parts(parts, body), next)).await
}

async fn counted(app: App, mut request: Request, next: Next) -> Response {
    if app.get::<RateLimits>().is_none() {
        return next.run(request).await;
    }
    let note = Note::default();
    request.extensions_mut().insert(note.clone());
    let mut response = next.run(request).await;
    if let Some(standing) = note.0.get() {
        let headers = response.headers_mut();
        let mut put = |name: &'static str, value: i64| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        };
        put("ratelimit-limit", standing.limit);
        put("ratelimit-remaining", standing.remaining);
        put("ratelimit-reset", standing.reset_secs);
        if let Some(wait) = standing.retry_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_flow_back_evenly_and_nobody_takes_those_of_another() {
        let limits = RateLimits::default();
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut now = Instant(1_000_000);
        for left in (0..60).rev() {
            let standing = limits.take(one, 60, now);
            assert_eq!((standing.remaining, standing.retry_secs), (left, None));
        }
        let refused = limits.take(one, 60, now);
        assert_eq!((refused.remaining, refused.retry_secs, refused.reset_secs), (0, Some(1), 60));
        assert_eq!(limits.take(two, 60, now).remaining, 59);
        now = now.plus_ms(999);
        assert!(limits.take(one, 60, now).retry_secs.is_some());
        now = now.plus_ms(1);
        assert_eq!(limits.take(one, 60, now).retry_secs, None);
        assert!(limits.take(one, 60, now).retry_secs.is_some());
        now = now.plus_ms(600_000);
        assert_eq!(limits.take(one, 60, now).remaining, 59);
        // A clock that is set back gives nothing and takes nothing.
        assert_eq!(limits.take(one, 60, Instant(0)).remaining, 58);
    }

    #[test]
    fn a_limit_of_one_waits_a_minute() {
        let limits = RateLimits::default();
        let (who, now) = (Uuid::from_u128(1), Instant(5));
        assert_eq!(limits.take(who, 1, now).remaining, 0);
        assert_eq!(limits.take(who, 1, now).retry_secs, Some(60));
        assert_eq!(limits.take(who, 1, now.plus_ms(60_000)).retry_secs, None);
    }
}
