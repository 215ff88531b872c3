//! What the door asks for: which ways there are, and the code of who came by one of them.

use crate::flight::{self, Flight};
use crate::provider::{Kind, ProviderId};
use crate::store::{providers, spent};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::entry::{self, By};
use zunke_access::login::{self, From};
use zunke_access::{Secret, client_address};
use zunke_http::{App, AppError, Json, ReadProblems, Result, WriteProblems};
use zunke_kernel::{Error, Kind as ErrorKind};
use zunke_store::vault::Vault;

/// A button at the door.
#[derive(Serialize, ToSchema)]
#[schema(as = SignInMethod)]
pub(super) struct Method {
    id: ProviderId,
    name: String,
    kind: Kind,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SignInMethodList)]
pub(super) struct List {
    items: Vec<Method>,
}

/// The ways to sign in beside login and password, for the page of the door.
#[utoipa::path(get, path = "/public/sign-in-methods", tag = "sign-in", operation_id = "list_sign_in_methods",
    security(()), responses((status = 200, body = List), ReadProblems))]
pub(super) async fn list(State(app): State<App>) -> Result<axum::Json<List>> {
    let found = app.db.read_async(providers::list).await?;
    let on = found.into_iter().filter(|provider| provider.enabled);
    let method = |provider: crate::provider::Provider| Method {
        id: provider.id,
        name: provider.settings.name,
        kind: provider.settings.kind,
    };
    Ok(axum::Json(List { items: on.map(method).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignInCode)]
pub(super) struct CodeBody {
    /// Six digits of the authenticator, or a recovery code.
    #[schema(value_type = String, max_length = 40)]
    code: Secret,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SignInEntered)]
pub(super) struct Entered {
    /// Where he wanted to go.
    next: String,
}

fn expired() -> Error {
    Error::new(
        ErrorKind::Unauthorized,
        "sign_in_expired",
        "登录已超时，请重新登录。",
        "This sign-in took too long; please sign in again.",
    )
}

/// Give the code of the second step, after a provider has said who it is.
#[utoipa::path(post, path = "/public/sign-in-code", tag = "sign-in", operation_id = "create_sign_in_code",
    security(()), request_body = CodeBody,
    responses((status = 200, body = Entered, description = "Signed in; the cookie zunke_session is set"), WriteProblems))]
pub(super) async fn code(State(app): State<App>, parts: Parts, Json(body): Json<CodeBody>) -> Result<Response> {
    entry::require_same_origin(&parts.headers)?;
    let vault = app.get::<Vault>().ok_or_else(|| Error::internal("no vault to open in"))?;
    let now = app.now();
    let flight = Flight::open(&vault, &parts.headers, now).ok_or_else(expired)?;
    let id = flight.waits_for.ok_or_else(expired)?;
    let from = From { address: client_address(&parts), agent: entry::agent(&parts.headers) };
    let found = app.db.read_async(move |tx| entry::find(tx, id)).await?;
    let staff = found.filter(|staff| staff.active).ok_or_else(expired)?;
    let (login, address) = (staff.login.clone(), from.address.clone());
    let wait = app.db.write_async(move |tx| entry::take_attempt(tx, now, &address, Some(&login))).await?;
    if let Some(secs) = wait {
        return Err(AppError::from(login::throttled(secs)).retry_after(secs));
    }
    let session = Secret::random("")?;
    let (opened, mark, until, provider, next) =
        (session.clone(), flight.mark(), flight.until, flight.provider, flight.next.clone());
    app.db
        .write_async(move |tx| {
            let on = providers::find(tx, provider)?.filter(|provider| provider.enabled).ok_or_else(expired)?;
            entry::second_step(tx, now, Some(&vault), id, &body.code)?;
            if !spent::take(tx, now, &mark, until)? {
                return Err(expired());
            }
            entry::forgive(tx, &from.address, Some(&staff.login))?;
            let by = By { provider: on.id.0, vouched: false };
            let detail = json!({ "provider": on.settings.name });
            entry::open(tx, now, &staff, &opened, (&from, by), &detail)
        })
        .await?;
    let https = entry::is_https(&parts);
    let mut response = (StatusCode::OK, axum::Json(Entered { next })).into_response();
    response.headers_mut().append(header::SET_COOKIE, flight::cookie(None, https)?);
    for (name, value) in entry::session_cookie(Some(&session), https)? {
        response.headers_mut().append(name, value);
    }
    Ok(response)
}
