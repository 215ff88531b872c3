//! The one place that reads the time of day.

use std::sync::Arc;
use zunke_http::Clock;
use zunke_kernel::Instant;

/// The real clock, for everything that the binary starts.
pub fn real() -> Clock {
    Arc::new(now)
}

#[expect(clippy::disallowed_methods, reason = "this is the binary's clock, which everything else is given")]
pub fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
