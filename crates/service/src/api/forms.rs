//! `/service-forms`: forms that anybody may fill in, and `/public/forms/{key}`: filling one in.

use super::mailboxes::keys;
use crate::context::{Context, Hooks};
use crate::intake::form::{self, Entry, Form, FormId, Limiter, Settings};
use crate::open::{NewTicket, Sender, open};
use crate::store::{channels, tickets};
use crate::text;
use crate::ticket::{Channel, SenderKeys};
use axum::extract::{ConnectInfo, Request, State as Axum};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::net::SocketAddr;
use utoipa::ToSchema;
use zunke_access::{Can, Write, may};
use zunke_http::{App, AppError, IfMatch, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::{Error, Kind as ErrorKind};

/// A filled-in form of more bytes is not read.
const ENTRY_BYTES_MAX: usize = 64 * 1024;

#[derive(Serialize, ToSchema)]
#[schema(as = ServiceFormList)]
pub(super) struct Forms {
    items: Vec<Form>,
}

/// The public forms.
#[utoipa::path(get, path = "/service-forms", tag = "service", operation_id = "list_service_forms",
    responses((status = 200, body = Forms), ReadProblems))]
pub(super) async fn list(Axum(app): Axum<App>, _: Can<may::ManageService>) -> Result<axum::Json<Forms>> {
    Ok(axum::Json(Forms { items: app.db.read_async(channels::forms).await? }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewServiceForm)]
pub(super) struct NewBody {
    name: String,
    settings: Settings,
}

/// Make a public form.
#[utoipa::path(post, path = "/service-forms", tag = "service", operation_id = "create_service_form",
    request_body = NewBody, responses((status = 201, body = Form), WriteProblems))]
pub(super) async fn create(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    body.settings.check()?;
    let form = Form {
        id: FormId::new(write.now),
        key: form::new_key()?,
        name: text::required(&body.name, "name", 60)?,
        active: true,
        settings: body.settings,
        version: 1,
    };
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            channels::save_form(tx, now, &form)?;
            audit.note(tx, "form.create", form.id, &json!({ "name": form.name }))?;
            Ok(form.clone())
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ServiceFormChange)]
pub(super) struct ChangeBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    active: Option<bool>,
    #[serde(default)]
    settings: Option<Settings>,
}

/// Change a public form, or switch it off.
#[utoipa::path(patch, path = "/service-forms/{id}", tag = "service", operation_id = "update_service_form",
    params(("id" = FormId, Path)), request_body = ChangeBody, responses((status = 200, body = Form), WriteProblems))]
pub(super) async fn update(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Path(id): Path<FormId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    if let Some(settings) = &body.settings {
        settings.check()?;
    }
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut kept = channels::form(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(kept.version)?;
            if let Some(name) = &body.name {
                kept.name = text::required(name, "name", 60)?;
            }
            kept.active = body.active.unwrap_or(kept.active);
            if let Some(settings) = &body.settings {
                kept.settings = settings.clone();
            }
            channels::save_form(tx, now, &kept)?;
            audit.note(tx, "form.change", id, &json!({ "name": kept.name, "active": kept.active }))?;
            kept.version += 1;
            Ok(kept)
        })
        .await
}

/// Delete a public form.
#[utoipa::path(delete, path = "/service-forms/{id}", tag = "service", operation_id = "delete_service_form",
    params(("id" = FormId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn delete(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Path(id): Path<FormId>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            if !channels::delete_form(tx, id)? {
                return Err(Error::not_found());
            }
            audit.note(tx, "form.delete", id, &json!({}))
        })
        .await
}

/// A form as a stranger gets it, with a token that he sends back.
#[derive(Serialize, ToSchema)]
#[schema(as = PublicForm)]
pub(crate) struct Shown {
    pub settings: Settings,
    pub token: String,
}

/// A public form with a fresh token. No log-in.
#[utoipa::path(get, path = "/public/forms/{key}", tag = "service", operation_id = "get_public_form", security(()),
    params(("key" = String, Path)), responses((status = 200, body = Shown), ReadProblems))]
pub(super) async fn show(Axum(app): Axum<App>, Path(key): Path<String>) -> Response {
    let shown = shown(&app, key).await;
    for_every_site(shown.map(axum::Json).into_response())
}

pub(crate) async fn shown(app: &App, key: String) -> Result<Shown> {
    let form = app.db.read_async(move |tx| channels::open_form(tx, &key)).await?.ok_or_else(Error::not_found)?;
    let token = form::token(&keys(app)?, &form, app.now())?;
    Ok(Shown { settings: form.settings, token })
}

/// What is open to everybody may be called from the page of another site, without its visitors' cookies.
fn for_every_site(mut response: Response) -> Response {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// What the sender keeps: the number to ask by.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = PublicFormTaken)]
pub(crate) struct Taken {
    pub number: i64,
}

/// Fill in a public form: JSON, or fields as a page sends them. No log-in.
#[utoipa::path(post, path = "/public/forms/{key}", tag = "service", operation_id = "submit_public_form", security(()),
    params(("key" = String, Path)), request_body = Entry, responses((status = 201, body = Taken), WriteProblems))]
pub(super) async fn submit(Axum(app): Axum<App>, Path(key): Path<String>, request: Request) -> Response {
    let taken = match read(request).await {
        Ok((entry, from)) => take(&app, key, entry, from).await,
        Err(error) => Err(error),
    };
    for_every_site(taken.map(|taken| (StatusCode::CREATED, axum::Json(taken))).into_response())
}

/// Reads what was filled in, and the address that it came from.
pub(crate) async fn read(request: Request) -> Result<(Entry, String)> {
    let (parts, body) = request.into_parts();
    let from = zunke_access::client_address(&parts);
    debug_assert!(parts.extensions.get::<ConnectInfo<SocketAddr>>().is_some() || from == "unknown");
    let bytes = axum::body::to_bytes(body, ENTRY_BYTES_MAX).await.map_err(|_| {
        Error::new(
            ErrorKind::TooLarge,
            "form_too_large",
            "内容过长，请缩短后再提交。",
            "This is too long: please shorten it.",
        )
    })?;
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let unreadable = |cause: String| {
        Error::invalid("form_unreadable", "提交的内容无法识别。", "What was sent can't be read.").caused_by(cause)
    };
    let entry = if kind.starts_with("application/x-www-form-urlencoded") {
        serde_html_form::from_bytes(&bytes).map_err(|error| unreadable(error.to_string()))?
    } else {
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?
    };
    Ok((entry, from))
}

/// Opens the ticket of a filled-in form.
pub(crate) async fn take(app: &App, key: String, entry: Entry, from: String) -> Result<Taken> {
    let now = app.now();
    let wanted = key.clone();
    let form = app.db.read_async(move |tx| channels::open_form(tx, &wanted)).await?.ok_or_else(Error::not_found)?;
    let own = form::check(&keys(app)?, &form, &entry, now)?;
    let limiter = app.get::<Limiter>().unwrap_or_default();
    if !limiter.admit(format!("{key} {from}"), now, form.settings.per_hour) {
        let error = Error::new(
            ErrorKind::TooMany,
            "form_too_often",
            "提交过于频繁，请稍后再试。",
            "Too many in a short time: please try again later.",
        );
        return Err(AppError::from(error).retry_after(3600));
    }
    let hooks = Hooks::of(app);
    let taken = app
        .db
        .write_async(move |tx| {
            let cx = Context::load(tx, now, None)?;
            let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            let keys = SenderKeys { phone: some(&entry.phone), email: some(&entry.email), external: None };
            let kind = entry.kind.or_else(|| form.settings.kinds.first().copied());
            let new = NewTicket {
                subject: entry.subject.clone(),
                product: some(&entry.product),
                source: Some((format!("form:{}", form.key), own.clone())),
                ..NewTicket::new(
                    Sender::Unknown { name: some(&entry.name), keys },
                    kind.unwrap_or(crate::ticket::Kind::Question),
                    Channel::Form,
                    entry.body.clone(),
                    now,
                )
            };
            let id = open(tx, &cx, &new, &hooks)?.ticket();
            Ok(Taken { number: tickets::find(tx, id)?.ok_or_else(Error::not_found)?.number })
        })
        .await?;
    Ok(taken)
}
