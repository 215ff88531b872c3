//! Figures for Prometheus: requests by route and status, how long they took, jobs by state, the kind of database.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use zunke_http::App;
use zunke_store::{Engine, jobs};

/// Upper bounds of the histogram, in milliseconds.
const BOUNDS_MS: [i64; 10] = [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000];

/// Counters of this process.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    requests: BTreeMap<(String, String, u16), u64>,
    times: BTreeMap<(String, String), Times>,
}

#[derive(Clone, Default)]
struct Times {
    within: [u64; BOUNDS_MS.len()],
    count: u64,
    sum_ms: i64,
}

impl Metrics {
    /// `route` is the pattern (`/api/v1/customers/{id}`), never the address: ids don't belong into figures.
    fn note(&self, method: &str, route: &str, status: u16, took_ms: i64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.requests.entry((method.to_owned(), route.to_owned(), status)).or_default() += 1;
        let times = counts.times.entry((method.to_owned(), route.to_owned())).or_default();
        for (within, bound) in times.within.iter_mut().zip(BOUNDS_MS) {
            *within += u64::from(took_ms <= bound);
        }
        times.count += 1;
        times.sum_ms += took_ms;
    }

    fn text(&self) -> String {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::from(
            "# HELP zunke_http_requests_total Requests answered.\n# TYPE zunke_http_requests_total counter\n",
        );
        for ((method, route, status), count) in &counts.requests {
            let _ = writeln!(
                text,
                "zunke_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {count}"
            );
        }
        let name = "zunke_http_request_seconds";
        let _ = writeln!(text, "# HELP {name} Time until the answer's head.\n# TYPE {name} histogram");
        for ((method, route), times) in &counts.times {
            let labels = format!("method=\"{method}\",route=\"{route}\"");
            for (within, bound) in times.within.iter().zip(BOUNDS_MS) {
                let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{}\"}} {within}", seconds(bound));
            }
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {}", times.count);
            let _ = writeln!(text, "{name}_sum{{{labels}}} {}", seconds(times.sum_ms));
            let _ = writeln!(text, "{name}_count{{{labels}}} {}", times.count);
        }
        text
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for a chart")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

/// Middleware of all routes.
pub async fn count(State((metrics, app)): State<(Metrics, App)>, request: Request, next: Next) -> Response {
    let started = app.now();
    let method = request.method().as_str().to_owned();
    let route = request.extensions().get::<MatchedPath>().map_or("(ui)", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    metrics.note(&method, &route, response.status().as_u16(), app.now().0.saturating_sub(started.0));
    response
}

/// `GET /metrics`.
pub async fn show(State((metrics, app)): State<(Metrics, App)>) -> Response {
    let mut text = metrics.text();
    let engine = if app.db.engine() == Engine::Sqlite { "sqlite" } else { "postgres" };
    let _ = writeln!(text, "# HELP zunke_database_info The kind of database.\n# TYPE zunke_database_info gauge");
    let _ = writeln!(text, "zunke_database_info{{engine=\"{engine}\"}} 1");
    match app.db.read_async(jobs::counts).await {
        Ok(states) => {
            let _ = writeln!(text, "# HELP zunke_jobs Jobs by state.\n# TYPE zunke_jobs gauge");
            for (state, count) in states {
                let _ = writeln!(text, "zunke_jobs{{state=\"{}\"}} {count}", state.name());
            }
        }
        Err(error) => tracing::warn!(%error, "the jobs can't be counted"),
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_prometheus_reads_them() {
        let metrics = Metrics::default();
        metrics.note("GET", "/api/v1/customers/{id}", 200, 7);
        metrics.note("GET", "/api/v1/customers/{id}", 404, 300);
        let text = metrics.text();
        let labels = "method=\"GET\",route=\"/api/v1/customers/{id}\"";
        assert!(text.contains(&format!("zunke_http_requests_total{{{labels},status=\"404\"}} 1\n")));
        assert!(text.contains(&format!("zunke_http_request_seconds_bucket{{{labels},le=\"0.01\"}} 1\n")));
        assert!(text.contains(&format!("zunke_http_request_seconds_bucket{{{labels},le=\"+Inf\"}} 2\n")));
        assert!(text.contains(&format!("zunke_http_request_seconds_sum{{{labels}}} 0.307\n")));
    }
}
