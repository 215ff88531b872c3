//! `zunke serve`: the HTTP side of the house, the worker behind it, and the way both start and stop.

mod accept;
mod health;
mod metrics;
pub mod openapi;
mod ui;

use crate::output::Output;
use crate::{clock, demo, open, rooms};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, extract::DefaultBodyLimit};
use metrics::Metrics;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tower_http::compression::CompressionLayer;
use zunke_access::{Secret, first_start, password};
use zunke_http::{App, AppError};
use zunke_kernel::{Error, Kind, Result};
use zunke_service::intake::listen;
use zunke_store::Db;
use zunke_store::jobs::Worker;

/// How long a request may take until the head of its answer. An upload of 200 MB over a slow line fits.
const REQUEST_MAX: Duration = Duration::from_secs(600);
/// How long open requests may go on once the process has been asked to end.
const DRAIN_MAX: Duration = Duration::from_secs(20);

/// What `zunke serve` was asked for.
pub struct Options {
    pub database: String,
    pub data: PathBuf,
    pub listen: SocketAddr,
    /// Where forwarded mail is taken; none: nowhere.
    pub mail_listen: Option<SocketAddr>,
    pub demo: Option<u32>,
    pub workers: usize,
}

/// Serves until it is asked to end.
pub fn run(options: &Options, output: Output) -> Result<()> {
    let clock = clock::real();
    let db = open::migrated(&options.database)?;
    let password = first_start(&db, clock())?;
    let company = match options.demo {
        Some(customers) => demo::prepare(&db, clock(), customers, demo::SEED)?,
        None => None,
    };
    let now = clock();
    db.write(|tx| rooms::schedules(tx, now))?;
    let house = rooms::House::default();
    let app = house.app(db.clone(), &options.data, clock.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::internal)?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(options.listen)
            .await
            .map_err(|error| taken(options.listen, "--listen", &error))?;
        let address = listener.local_addr().map_err(Error::internal)?;
        if let Some(address) = options.mail_listen {
            let mail = tokio::net::TcpListener::bind(address)
                .await
                .map_err(|error| taken(address, "--mail-listen", &error))?;
            let intake = house.intake(&options.data);
            tokio::spawn(listen::serve(mail, db.clone(), intake, clock.clone(), listen::Limits::default()));
        }
        let courier_clock = clock.clone();
        let worker = Worker::new(db.clone(), clock)
            .handlers(house.handlers(&options.data))
            .subscribers(house.subscribers())
            .threads(options.workers)
            .spawn()?;
        let courier = house.courier(db.clone(), &options.data, courier_clock).spawn()?;
        // So that the first unknown login takes no longer than others, and tells nobody that it is unknown.
        tokio::spawn(async {
            if let Err(error) = password::warm_up().await {
                tracing::warn!(%error, "logins are not warmed up");
            }
        });
        greet(output, address, &db, password.as_ref(), company.as_ref())?;
        let (told, mut wait) = tokio::sync::watch::channel(false);
        tokio::spawn(async move {
            asked_to_end().await;
            tracing::info!("ending: open requests may finish, jobs stop at their next checkpoint");
            house.end_streams();
            let _ = told.send(true);
        });
        let mut ending = wait.clone();
        let serving = accept::serve(listener, router(app), async move {
            let _ = wait.changed().await;
        });
        let drained = async {
            let _ = ending.changed().await;
            tokio::time::sleep(DRAIN_MAX).await;
        };
        tokio::select! {
            () = serving => {}
            () = drained => {}
        }
        // The worker's threads are waited for on a thread of their own kind.
        let _ = tokio::task::spawn_blocking(move || {
            worker.stop();
            courier.stop();
        })
        .await;
        Ok(())
    })
}

/// All that is answered: the API of the rooms, its document, the state of the process, the UI.
fn router(app: App) -> Router {
    let (api, _) = openapi::api();
    let metrics = Metrics::default();
    let figures = Router::new().route("/metrics", get(metrics::show)).with_state((metrics.clone(), app.clone()));
    api.merge(zunke_service::pages())
        .merge(zunke_sso::pages())
        .route(&format!("{}/openapi.json", openapi::PREFIX), get(document))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .method_not_allowed_fallback(zunke_http::method_not_allowed)
        .fallback(ui::page)
        .with_state(app.clone())
        .merge(figures)
        .layer(from_fn_with_state(app.clone(), zunke_access::limit_headers))
        .layer(from_fn(in_time))
        .layer(from_fn(bounded))
        .layer(from_fn(zunke_http::refusals_as_problems))
        .layer(from_fn_with_state(app.clone(), zunke_http::request_context))
        .layer(CompressionLayer::new())
        .layer(from_fn(zunke_http::security_headers))
        .layer(from_fn(zunke_http::drain_body))
        .layer(from_fn_with_state((metrics, app), metrics::count))
}

async fn document() -> Response {
    match openapi::text() {
        Ok(text) => ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response(),
        Err(error) => AppError::from(error).into_response(),
    }
}

/// What anybody may send without a login is small: a login, a form, an answer to a question.
const OPEN_BYTES_MAX: usize = 64 * 1024;
/// A message of another system; its signature is only known once it was read.
const HOOK_BYTES_MAX: usize = 1024 * 1024;

/// How much a route reads of a body. Uploads are streamed and have limits of their own.
async fn bounded(mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let api = path.strip_prefix(openapi::PREFIX).unwrap_or("");
    let most = if ["/session", "/public/", "/login", "/sso"].iter().any(|open| api.starts_with(open)) {
        OPEN_BYTES_MAX
    } else if api.starts_with("/hooks/") {
        HOOK_BYTES_MAX
    } else {
        zunke_http::JSON_BYTES_MAX
    };
    request.extensions_mut().insert(zunke_http::BodyMax(most));
    DefaultBodyLimit::max(most).apply(&mut request);
    next.run(request).await
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => AppError::from(Error::new(
            Kind::Busy,
            "request_timeout",
            "处理超时，请稍后再试。",
            "This took too long; please try again later.",
        ))
        .into_response(),
    }
}

async fn asked_to_end() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}

fn taken(listen: SocketAddr, option: &str, error: &std::io::Error) -> Error {
    Error::conflict(
        "listen_failed",
        format!("无法监听 {listen}，端口可能已被占用，请用 {option} 换一个。"),
        format!("Can't listen on {listen}: it may be taken; choose another with {option}."),
    )
    .caused_by(error)
}

/// What the first start prints: where to open, how to log in.
fn greet(
    output: Output,
    address: SocketAddr,
    db: &Db,
    password: Option<&Secret>,
    company: Option<&demo::Prepared>,
) -> Result<()> {
    let url = format!("http://{address}");
    let logins = company.map(|company| company.logins.as_slice()).unwrap_or_default();
    let demo_password = company.and_then(|company| company.password.as_ref());
    let value = serde_json::json!({
        "url": url,
        "engine": format!("{:?}", db.engine()).to_lowercase(),
        "administrator": password.map(|password| serde_json::json!({ "login": "admin", "one_time_password": password.reveal() })),
        "demo": demo_password.map(|password| serde_json::json!({ "logins": logins, "password": password.reveal() })),
    });
    if output.json {
        return crate::output::print(&value.to_string());
    }
    let mut lines = vec![String::new(), format!("  Zunke 尊客  {url}")];
    if let Some(password) = password {
        lines.push(format!("  {}: admin", output.say("管理员", "Administrator")));
        let once = output.say("一次性密码（首次登录时修改）", "One-time password (changed at the first login)");
        lines.push(format!("  {once}: {}", password.reveal()));
    } else {
        let lost = output
            .say("忘记密码：zunke user password --login admin", "Lost the password: zunke user password --login admin");
        lines.push(format!("  {lost}"));
    }
    if let Some(password) = demo_password {
        let all = output.say("演示员工，密码均为", "Demo staff, all with the password");
        lines.push(format!("  {all} {}:", password.reveal()));
        for login in logins {
            lines.push(format!("    {:<8} {} · {}", login.login, login.name, login.role));
        }
    }
    if company.is_some_and(|company| company.filling) {
        lines.push(format!(
            "  {}",
            output.say(
                "演示公司正在后台载入，约需一分钟。",
                "The demo company is being loaded in the background: about a minute."
            )
        ));
    }
    lines.push(String::new());
    crate::output::print(&lines.join("\n"))
}
