//! The way to a provider and back: two addresses that a browser visits, which answer with nothing but where to go next.

use crate::call::{Caller, Reason};
use crate::flight::{self, Flight};
use crate::oidc::{self, Who};
use crate::provider::{Kind, Provider, ProviderId};
use crate::store::{providers, spent};
use crate::{SignIn, person, wecom};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;
use zunke_access::entry::{self, By};
use zunke_access::login::From;
use zunke_access::staff::Staff;
use zunke_access::{Secret, client_address, password};
use zunke_hooks::guard::Net;
use zunke_http::App;
use zunke_kernel::{Error, Instant, Result};
use zunke_service::intake::public;
use zunke_store::vault::Vault;
use zunke_store::{Tx, audit};

/// As long as it takes to fetch a telephone.
const CODE_SECS: i64 = 300;

pub fn pages() -> Router<App> {
    Router::new().route("/sso/{id}/start", get(start)).route("/sso/{id}/callback", get(callback))
}

#[derive(Deserialize)]
struct Asked {
    next: Option<String>,
}

#[derive(Deserialize)]
struct Brought {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Where this house stands, as its people's browsers see it: set, or as this browser asks for it.
pub fn base(tx: &mut Tx, parts: &Parts) -> Result<String> {
    if let Some(base) = public::load(tx)?.base_url {
        return Ok(base);
    }
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| parts.uri.authority().map(Authority::as_str)).unwrap_or("localhost");
    Ok(format!("{}://{host}", if entry::is_https(parts) { "https" } else { "http" }))
}

/// Where a provider sends the browser back to.
#[must_use]
pub fn redirect(base: &str, id: ProviderId) -> String {
    format!("{}/sso/{id}/callback", base.trim_end_matches('/'))
}

/// What is needed to speak to a provider.
struct Line {
    provider: Provider,
    nets: Vec<Net>,
    base: String,
}

async fn line(app: &App, id: &str, parts: &Parts) -> Result<Option<Line>> {
    let Ok(id) = id.parse::<ProviderId>() else { return Ok(None) };
    let parts = parts.clone();
    app.db
        .read_async(move |tx| {
            let Some(provider) = providers::find(tx, id)?.filter(|provider| provider.enabled) else { return Ok(None) };
            let nets = zunke_hooks::settings::load(tx)?.nets()?;
            Ok(Some(Line { provider, nets, base: base(tx, &parts)? }))
        })
        .await
}

fn vault(app: &App) -> Result<Vault> {
    app.get::<Vault>().ok_or_else(|| Error::internal("no vault to seal in"))
}

/// Work that waits for others, on a thread of its own.
async fn away<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

/// Sends the browser on, with these cookies.
fn go(to: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let Ok(to) = HeaderValue::from_str(to) else { return StatusCode::BAD_GATEWAY.into_response() };
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Back to the door, which says in the reader's language what was the matter.
fn back(code: &str, https: bool) -> Response {
    go(&format!("/login?sign_in={code}"), flight::cookie(None, https))
}

/// Faults of ours are logged and told as one; what has a word of its own is told by it.
fn back_with(error: &Error, https: bool) -> Response {
    if error.code.starts_with("sign_in_") {
        return back(error.code, https);
    }
    tracing::warn!(%error, cause = error.cause.as_deref().unwrap_or(""), "a sign-in failed");
    back("sign_in_failed", https)
}

async fn start(State(app): State<App>, Path(id): Path<String>, Query(asked): Query<Asked>, parts: Parts) -> Response {
    let https = entry::is_https(&parts);
    match depart(&app, &id, asked.next.as_deref().unwrap_or("/"), &parts).await {
        Ok(response) => response,
        Err(error) => back_with(&error, https),
    }
}

async fn depart(app: &App, id: &str, next: &str, parts: &Parts) -> Result<Response> {
    let https = entry::is_https(parts);
    let Some(Line { provider, nets, base }) = line(app, id, parts).await? else {
        return Ok(back("sign_in_off", https));
    };
    let (vault, now) = (vault(app)?, app.now());
    let flight = Flight::new(now, provider.id, redirect(&base, provider.id), next)?;
    let sealed = flight.seal(&vault)?;
    let to = match provider.settings.kind {
        Kind::Wecom => wecom::authorize(&provider, &flight)?,
        Kind::Oidc => {
            let known = app.get::<SignIn>().unwrap_or_default().known;
            let name = provider.settings.name.clone();
            let asked = away(move || {
                let caller = Caller::new(nets);
                let metadata = known.metadata(&caller, &provider.settings.issuer, now)?;
                oidc::authorize(&metadata, &provider, &flight).map_err(|_| "form".to_owned())
            });
            match asked.await? {
                Ok(to) => to,
                Err(reason) => {
                    tracing::warn!(provider = name, reason, "a provider of sign-ins does not answer");
                    return Ok(back("sign_in_unreachable", https));
                }
            }
        }
    };
    Ok(go(&to, [flight::cookie(Some(&sealed), https)?]))
}

async fn callback(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(brought): Query<Brought>,
    parts: Parts,
) -> Response {
    let https = entry::is_https(&parts);
    match arrive(&app, &id, brought, &parts).await {
        Ok(response) => response,
        Err(error) => back_with(&error, https),
    }
}

async fn arrive(app: &App, id: &str, brought: Brought, parts: &Parts) -> Result<Response> {
    let (vault, now, https) = (vault(app)?, app.now(), entry::is_https(parts));
    let flight = Flight::open(&vault, &parts.headers, now).filter(|flight| {
        let asked_here = flight.waits_for.is_none() && id.parse().is_ok_and(|id: ProviderId| id == flight.provider);
        asked_here && brought.state.as_deref() == Some(flight.state.as_str())
    });
    let Some(flight) = flight else { return Ok(back("sign_in_expired", https)) };
    let from = From { address: client_address(parts), agent: entry::agent(&parts.headers) };
    let (mark, until, address) = (flight.mark(), flight.until, from.address.clone());
    let taken = app.db.write_async(move |tx| {
        if entry::take_attempt(tx, now, &address, None)?.is_some() {
            return Ok(Err("sign_in_wait"));
        }
        Ok(if spent::take(tx, now, &mark, until)? { Ok(()) } else { Err("sign_in_expired") })
    });
    if let Err(code) = taken.await? {
        return Ok(back(code, https));
    }
    let Some(line) = line(app, id, parts).await? else { return Ok(back("sign_in_off", https)) };
    let provider = line.provider.clone();
    let who = match ask(app, line, &flight, &brought, &vault, now).await? {
        Ok(who) => who,
        Err(reason) => {
            let cancelled = reason == "access_denied";
            refused(app, now, &provider, &from, &reason).await?;
            return Ok(back(if cancelled { "sign_in_cancelled" } else { "sign_in_failed" }, https));
        }
    };
    match enter(app, now, &provider, &who, &from).await {
        Ok(Entered::Open(session)) => {
            let mut response = go(&flight.next, [flight::cookie(None, https)?]);
            for (name, value) in entry::session_cookie(Some(&session), https)? {
                response.headers_mut().append(name, value);
            }
            Ok(response)
        }
        Ok(Entered::CodeNeeded(staff)) => {
            let until = now.plus_secs(CODE_SECS);
            let waiting = Flight { waits_for: Some(staff.id), until, state: flight::random()?, ..flight };
            let to = format!("/login?sign_in=code&next={}", coded(&waiting.next));
            Ok(go(&to, [flight::cookie(Some(&waiting.seal(&vault)?), https)?]))
        }
        Err(error) if error.code.starts_with("sign_in_") => {
            refused(app, now, &provider, &from, error.code).await?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

fn coded(text: &str) -> String {
    serde_html_form::to_string([("", text)]).unwrap_or_default().trim_start_matches('=').to_owned()
}

/// What the provider says of who came back.
async fn ask(
    app: &App,
    line: Line,
    flight: &Flight,
    brought: &Brought,
    vault: &Vault,
    now: Instant,
) -> Result<Result<Who, Reason>> {
    if let Some(error) = &brought.error {
        // A word of the protocol; anything else is not repeated.
        let plain = error.len() <= 40 && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        return Ok(Err(if plain { error.clone() } else { "error".into() }));
    }
    if brought.iss.as_ref().is_some_and(|issuer| *issuer != line.provider.settings.issuer) {
        return Ok(Err("issuer_other".into()));
    }
    let Some(code) = brought.code.clone().filter(|code| (1..=4_096).contains(&code.len())) else {
        return Ok(Err("code_missing".into()));
    };
    let secret = line.provider.secret(vault)?;
    let (sign_in, flight) = (app.get::<SignIn>().unwrap_or_default(), flight.clone());
    away(move || {
        let caller = Caller::new(line.nets);
        let provider = &line.provider;
        match provider.settings.kind {
            Kind::Oidc => oidc::identify(&caller, &sign_in.known, provider, (secret.as_deref(), &flight, &code), now),
            Kind::Wecom => {
                let secret = secret.unwrap_or_default();
                let mut who = wecom::identify(&caller, &sign_in.tokens, provider, (&secret, &code), now)?;
                if provider.settings.unknown == crate::provider::Unknown::Create {
                    who.name = wecom::name(&caller, &sign_in.tokens, provider, (&secret, &who.subject), now);
                }
                Ok(who)
            }
        }
    })
    .await
}

enum Entered {
    Open(Secret),
    CodeNeeded(Box<Staff>),
}

async fn enter(app: &App, now: Instant, provider: &Provider, who: &Who, from: &From) -> Result<Entered> {
    let (asked, about) = (provider.clone(), who.clone());
    let hash = match app.db.read_async(move |tx| person::would_make(tx, &asked, &about)).await? {
        true => Some(password::hash(Secret::random("")?).await?),
        false => None,
    };
    let session = Secret::random("")?;
    let (opened, provider, who, from) = (session.clone(), provider.clone(), who.clone(), from.clone());
    let waiting = app
        .db
        .write_async(move |tx| {
            let staff = person::admit(tx, now, &provider, &who, hash.as_deref())?;
            entry::forgive(tx, &from.address, None)?;
            let vouched = provider.settings.trusts_second_step;
            if !vouched && entry::has_second_step(tx, staff.id)? {
                return Ok(Some(staff));
            }
            let detail = json!({ "provider": provider.settings.name });
            let by = By { provider: provider.id.0, vouched };
            entry::open(tx, now, &staff, &opened, (&from, by), &detail)?;
            Ok(None)
        })
        .await?;
    Ok(waiting.map_or(Entered::Open(session), |staff| Entered::CodeNeeded(Box::new(staff))))
}

/// Says in the record that somebody was not let in, and why.
async fn refused(app: &App, now: Instant, provider: &Provider, from: &From, reason: &str) -> Result<()> {
    let detail = json!({ "provider": provider.settings.name, "reason": reason, "address": from.address });
    app.db.write_async(move |tx| audit::write(tx, now, None, "session.refused", "session", &detail)).await
}
