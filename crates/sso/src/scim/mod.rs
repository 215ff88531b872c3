//! The directory of the company makes, changes and ends people by SCIM 2.0 (RFC 7643, 7644), as Entra ID and Okta speak it.
//!
//! It is known by a key of its own, which opens nothing else. It can do no more than that: roles and departments are given
//! here, by the key and by administrators. Who is ended is out at once, and a message hands his work to others.

mod answer;
mod change;
mod filter;
mod patch;
mod user;

use crate::store::directory::{self, Key, Person};
use answer::{Fault, Said};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use user::Entered;
use zunke_access::{Secret, password};
use zunke_http::App;
use zunke_kernel::Instant;
use zunke_kernel::id::StaffId;

zunke_kernel::id_type!(/** A key of the directory. */ DirectoryKeyId, "drk");

/// What a key begins with: whoever finds one knows what it is.
pub const KEY_PREFIX: &str = "zd_";
/// People of one answer.
const PAGE: i64 = 100;
const PAGE_MAX: i64 = 200;
const BODY_BYTES_MAX: usize = 256 * 1024;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/scim/v2/ServiceProviderConfig", get(answer::config))
        .route("/scim/v2/ResourceTypes", get(answer::types))
        .route("/scim/v2/ResourceTypes/User", get(answer::user_type))
        .route("/scim/v2/Schemas", get(answer::schemas))
        .route("/scim/v2/Schemas/{id}", get(answer::schema))
        .route("/scim/v2/Users", get(list).post(create))
        .route("/scim/v2/Users/{id}", get(one).put(put).patch(patched).delete(delete))
        .route(
            "/scim/v2/{*rest}",
            get(answer::nothing).post(answer::nothing).put(answer::nothing).patch(answer::nothing),
        )
        .layer(axum::extract::DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// Who calls: 401 without a key that is there.
async fn key(app: &App, parts: &Parts) -> Result<Key, Fault> {
    let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    let given = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, key)| key.trim());
    let given = given.filter(|key| key.starts_with(KEY_PREFIX)).ok_or_else(Fault::unauthorized)?;
    let (secret, now) = (Secret::new(given), app.now());
    let found = app.db.read_async(move |tx| directory::find_key(tx, &secret)).await?;
    let key = found.ok_or_else(Fault::unauthorized)?;
    let id = key.id;
    if key.used_at.is_none_or(|at| now.0 - at.0 > directory::NOTE_MS) {
        app.db.write_async(move |tx| directory::note_use(tx, now, id)).await?;
    }
    Ok(key)
}

fn id(text: &str) -> Result<StaffId, Fault> {
    text.parse().map_err(|_| Fault::not_found())
}

/// A body of the protocol: a JSON object, whatever its content type says.
fn body(bytes: &Bytes) -> Result<Value, Fault> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|_| Fault::bad("invalidSyntax", "The body is no JSON object."))?;
    if user::holds_nul(&value) {
        return Err(Fault::bad("invalidValue", "A text holds a NUL character."));
    }
    if value.is_object() { Ok(value) } else { Err(Fault::bad("invalidSyntax", "The body is no JSON object.")) }
}

/// Where this house stands, for `meta.location`.
fn location(parts: &Parts) -> String {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme = if zunke_access::entry::is_https(parts) { "https" } else { "http" };
    format!("{scheme}://{host}/scim/v2/Users")
}

#[derive(Deserialize)]
struct Asked {
    filter: Option<String>,
    #[serde(rename = "startIndex")]
    start: Option<String>,
    count: Option<String>,
}

async fn list(State(app): State<App>, asked: Result<Query<Asked>, QueryRejection>, parts: Parts) -> Said {
    key(&app, &parts).await?;
    let Query(asked) = asked.map_err(|_| Fault::bad("invalidValue", "The query can't be read."))?;
    let wanted = filter::read(asked.filter.as_deref())?;
    let number = |text: Option<String>, usual: i64| match text {
        None => Ok(usual),
        Some(text) => {
            text.trim().parse::<i64>().map_err(|_| Fault::bad("invalidValue", "A page is given by whole numbers."))
        }
    };
    // As the protocol has it: what is too small counts as the least.
    let start = number(asked.start, 1)?.clamp(1, 1_000_000);
    let count = number(asked.count, PAGE)?.clamp(0, PAGE_MAX);
    let (found, all) = app.db.read_async(move |tx| directory::people(tx, &wanted, start - 1, count)).await?;
    let base = location(&parts);
    let people: Vec<Value> = found.iter().map(|person| user::shown(person, &base)).collect();
    Ok(answer::json(
        StatusCode::OK,
        &json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": all, "startIndex": start, "itemsPerPage": people.len(), "Resources": people,
        }),
    ))
}

fn shown(status: StatusCode, person: &Person, parts: &Parts) -> Response {
    answer::json(status, &user::shown(person, &location(parts)))
}

async fn one(State(app): State<App>, Path(text): Path<String>, parts: Parts) -> Said {
    key(&app, &parts).await?;
    let id = id(&text)?;
    let person = app.db.read_async(move |tx| directory::find(tx, id)).await?;
    Ok(shown(StatusCode::OK, &person, &parts))
}

async fn create(State(app): State<App>, parts: Parts, bytes: Bytes) -> Said {
    let key = key(&app, &parts).await?;
    let entered = Entered::read(&body(&bytes)?)?;
    entered.login.as_ref().ok_or_else(|| Fault::bad("invalidValue", "userName is required."))?;
    // A password that nobody knows: he comes in by a provider, or is given one by an administrator.
    let hash = password::hash(Secret::random("")?).await?;
    let now = app.now();
    let person = app.db.write_async(move |tx| change::create(tx, now, &key, &entered, &hash)).await?;
    Ok(shown(StatusCode::CREATED, &person, &parts))
}

async fn put(State(app): State<App>, Path(text): Path<String>, parts: Parts, bytes: Bytes) -> Said {
    let key = key(&app, &parts).await?;
    let id = id(&text)?;
    let entered = Entered::read(&body(&bytes)?)?.whole();
    entered.login.as_ref().ok_or_else(|| Fault::bad("invalidValue", "userName is required."))?;
    apply(&app, &key, id, entered, &parts).await
}

async fn patched(State(app): State<App>, Path(text): Path<String>, parts: Parts, bytes: Bytes) -> Said {
    let key = key(&app, &parts).await?;
    let id = id(&text)?;
    let entered = patch::read(&body(&bytes)?)?;
    apply(&app, &key, id, entered, &parts).await
}

async fn apply(app: &App, key: &Key, id: StaffId, entered: Entered, parts: &Parts) -> Said {
    let (now, key) = (app.now(), key.clone());
    let person = app.db.write_async(move |tx| change::apply(tx, now, &key, id, &entered)).await?;
    Ok(shown(StatusCode::OK, &person, parts))
}

/// Nobody is deleted, since his name stands in what he did: he is ended.
async fn delete(State(app): State<App>, Path(text): Path<String>, parts: Parts) -> Said {
    let key = key(&app, &parts).await?;
    let id = id(&text)?;
    let now: Instant = app.now();
    let ended = Entered { active: Some(false), ..Entered::default() };
    app.db.write_async(move |tx| change::apply(tx, now, &key, id, &ended)).await?;
    Ok(answer::json(StatusCode::NO_CONTENT, &Value::Null))
}
