//! What is open to everybody: the page of rules and the question after a ticket; and the settings of both.

use super::mailboxes::keys;
use crate::context::{Context, Hooks};
use crate::intake::csat;
use crate::intake::public::{self, Public};
use crate::intake::rules::{self, Open};
use crate::store::csat::Answer;
use crate::visible;
use axum::extract::State as Axum;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Can, Write, may};
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::id::TicketId;
use zunke_kernel::{Error, Text};

/// The settings of what is open to everybody.
#[utoipa::path(get, path = "/service/public", tag = "service", operation_id = "get_public_settings",
    responses((status = 200, body = Public), ReadProblems))]
pub(super) async fn get(Axum(app): Axum<App>, _: Can<may::ManageService>) -> Result<Versioned<Public>> {
    let found = app.db.read_async(public::load).await?;
    Ok(Versioned(found.version, found))
}

/// Set what is open to everybody.
#[utoipa::path(put, path = "/service/public", tag = "service", operation_id = "update_public_settings",
    request_body = Public, responses((status = 200, body = Public), WriteProblems))]
pub(super) async fn set(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    if_match: IfMatch,
    Json(body): Json<Public>,
) -> Result<Response> {
    let body = body.checked()?;
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let saved = public::save(tx, now, &body, if_match.0)?;
            audit.note(tx, "service.public", "public", &json!(saved))?;
            Ok(saved)
        })
        .await
}

/// The rules as customers read them: levels, benefits, promises. No log-in; 404 where the page is switched off.
#[utoipa::path(get, path = "/public/rules", tag = "service", operation_id = "get_public_rules", security(()),
    responses((status = 200, body = Open), ReadProblems))]
pub(super) async fn show_rules(Axum(app): Axum<App>) -> Result<Response> {
    let open = app.db.read_async(rules::open).await?.ok_or_else(Error::not_found)?;
    let mut response = axum::Json(open).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    Ok(response)
}

/// The question after a ticket, as it stands.
#[derive(Serialize, ToSchema)]
#[schema(as = CsatQuestion)]
pub(super) struct Question {
    number: i64,
    subject: String,
    answer: Option<Answer>,
    /// Why no answer is taken; none: it is.
    closed: Option<Text>,
}

/// The question after a ticket. Reading it counts nothing. No log-in: the token is the key.
#[utoipa::path(get, path = "/public/csat/{token}", tag = "service", operation_id = "get_csat_question", security(()),
    params(("token" = String, Path)), responses((status = 200, body = Question), ReadProblems))]
pub(super) async fn show_csat(Axum(app): Axum<App>, Path(token): Path<String>) -> Result<axum::Json<Question>> {
    let asked = asked(&app, &token).await?;
    Ok(axum::Json(Question {
        number: asked.ticket.number,
        subject: asked.ticket.subject,
        answer: asked.answer,
        closed: asked.closed,
    }))
}

pub(crate) async fn asked(app: &App, token: &str) -> Result<csat::Asked> {
    let (id, now) = (csat::ticket_of(&keys(app)?, token)?, app.now());
    Ok(app.db.read_async(move |tx| csat::look(tx, now, id)).await?)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CsatEntry)]
pub(super) struct CsatBody {
    /// 1 to 5.
    score: i64,
    #[serde(default)]
    comment: Option<String>,
}

/// Answer the question after a ticket, or change the answer once.
#[utoipa::path(post, path = "/public/csat/{token}", tag = "service", operation_id = "answer_csat_question", security(()),
    params(("token" = String, Path)), request_body = CsatBody, responses((status = 200, body = Answer), WriteProblems))]
pub(super) async fn answer_csat(
    Axum(app): Axum<App>,
    Path(token): Path<String>,
    Json(body): Json<CsatBody>,
) -> Result<axum::Json<Answer>> {
    Ok(axum::Json(answer(&app, &token, body.score, body.comment).await?))
}

pub(crate) async fn answer(app: &App, token: &str, score: i64, comment: Option<String>) -> Result<Answer> {
    let id = csat::ticket_of(&keys(app)?, token)?;
    let (now, hooks) = (app.now(), Hooks::of(app));
    let answer = app
        .db
        .write_async(move |tx| {
            let cx = Context::load(tx, now, None)?;
            csat::answer(tx, &cx, &hooks, id, (score, comment.as_deref()))
        })
        .await?;
    Ok(answer)
}

/// Where a customer says how it was.
#[derive(Serialize, ToSchema)]
#[schema(as = CsatLink)]
pub(super) struct Link {
    /// Under the address of this house: `/csat/…`.
    path: String,
    /// Whole, where the public address is set.
    url: Option<String>,
    answer: Option<Answer>,
}

/// The link by which a ticket's customer says how it was, to be passed on by any channel.
#[utoipa::path(get, path = "/tickets/{id}/csat", tag = "service", operation_id = "get_ticket_csat",
    params(("id" = TicketId, Path)), responses((status = 200, body = Link), ReadProblems))]
pub(super) async fn link(
    Axum(app): Axum<App>,
    can: Can<may::ReadTickets>,
    Path(id): Path<TicketId>,
) -> Result<axum::Json<Link>> {
    let (keys, actor) = (keys(&app)?, can.0);
    let found = app
        .db
        .read_async(move |tx| {
            let ticket = visible::require(tx, &actor, id)?;
            let path = format!("/csat/{}", csat::token(&keys, ticket.id)?);
            let url = public::load(tx)?.base_url.map(|base| format!("{base}{path}"));
            Ok(Link { url, path, answer: crate::store::csat::find(tx, ticket.customer, ticket.id)? })
        })
        .await?;
    Ok(axum::Json(found))
}
