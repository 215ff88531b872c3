//! An answer that is given before the body was read (too large, not logged in, no such address) would often be lost:
//! the connection closes on bytes that are still coming, and the client sees a broken line in place of the reason.
//! So what is left of a body is read to its end and dropped, within bounds.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// The most that is read only to be dropped.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// And the longest.
const TIME_MAX: Duration = Duration::from_secs(10);

/// The body, also in the hands of the middleware that lent it.
struct Lent(Arc<Mutex<Body>>);

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}

/// Middleware for all routes.
pub async fn drain_body(request: Request, next: Next) -> Response {
    // Who asks before he sends is told at once, and sends nothing.
    let asks_first = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let body = Arc::new(Mutex::new(body));
    let mut response = next.run(Request::from_parts(parts, Body::new(Lent(body.clone())))).await;
    if !response.status().is_success() && !asks_first {
        let drained = tokio::time::timeout(TIME_MAX, drain(&body)).await.unwrap_or(false);
        if !drained {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
    response
}

/// Whether it came to its end.
async fn drain(body: &Mutex<Body>) -> bool {
    let mut bytes = 0;
    loop {
        let frame = std::future::poll_fn(|context| {
            let mut body = body.lock().unwrap_or_else(PoisonError::into_inner);
            if body.is_end_stream() { Poll::Ready(None) } else { Pin::new(&mut *body).poll_frame(context) }
        });
        match frame.await {
            None => return true,
            Some(Err(_)) => return false,
            Some(Ok(frame)) => {
                bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                if bytes > BYTES_MAX {
                    return false;
                }
            }
        }
    }
}
