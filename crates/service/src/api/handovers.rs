//! Hand-overs: looked at first, then done, then signed by both sides.

use super::managers::observers;
use crate::handover::protocol::{self, Preview};
use crate::handover::step::{self, Begin};
use crate::handover::work::Parts;
use crate::handover::{HandOver, HandOverId, Item, LINE_CHARS_MAX, NOTE_CHARS_MAX, Signature, words};
use crate::store::handovers;
use crate::{Context, Hooks};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use utoipa::ToSchema;
use zunke_access::{Actor, Asking, Can, Permission, Write, directory, may};
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant};
use zunke_store::Tx;

/// Lines of one protocol.
const ITEMS_MAX: i64 = 20_000;

/// From whom to whom.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HandOverAsked)]
pub(super) struct AskBody {
    from_id: StaffId,
    /// To one person; left out: spread over the managers by region, industry, language and load.
    #[serde(default)]
    to_id: Option<StaffId>,
}

/// What a hand-over would move, and what becomes of those who get it.
#[utoipa::path(post, path = "/managers/hand-over/preview", tag = "service", operation_id = "preview_hand_over",
    request_body = AskBody, responses((status = 200, body = Preview), ReadProblems))]
pub(super) async fn preview(
    State(app): State<App>,
    asking: Asking<may::ManageService>,
    Json(body): Json<AskBody>,
) -> Result<axum::Json<Preview>> {
    let (now, actor) = (app.now(), asking.0);
    let seen = app
        .db
        .read_async(move |tx| {
            actor.scope.require_everyone()?;
            let cx = Context::of(tx, now, &actor)?;
            step::preview(tx, &cx, body.from_id, body.to_id)
        })
        .await?;
    Ok(axum::Json(seen))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HandOverNew)]
pub(super) struct NewBody {
    from_id: StaffId,
    /// To one person; left out: spread over the managers by region, industry, language and load.
    #[serde(default)]
    to_id: Option<StaffId>,
    /// Whether customers for whom nobody has a place may stay where they are; otherwise nothing is begun.
    #[serde(default)]
    partial: bool,
    /// What the two sides have agreed.
    #[serde(default)]
    note: String,
    /// What customers are told, with `{from}`, `{to}` and `{customer}`; left out: the usual words.
    #[serde(default)]
    customer_line: Option<String>,
}

/// Hand everything over in one step: customers, open tickets, tasks, planned visits. What does not fit into one
/// transaction goes on as a job; `state` says when it is done.
#[utoipa::path(post, path = "/managers/hand-over", tag = "service", operation_id = "create_hand_over",
    request_body = NewBody, responses((status = 201, body = HandOver), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let note = words(&body.note, "note", NOTE_CHARS_MAX)?;
    let line = body.customer_line.as_deref().map(|line| words(line, "customer_line", LINE_CHARS_MAX)).transpose()?;
    let customer_line = line.filter(|line| !line.is_empty());
    let begin = Begin { from: body.from_id, to: body.to_id, partial: body.partial, note, customer_line };
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    let hooks = Hooks { observers: observers(&app).0 };
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            actor.scope.require_everyone()?;
            let cx = Context::of(tx, now, &actor)?;
            let begun = step::begin(tx, &cx, &begin)?;
            let one = step::step(tx, &cx, &hooks, begun.id)?;
            if one.state == "running" {
                Parts::enqueue(tx, now, one.id, Some(actor.staff))?;
            }
            let detail = json!({"from": one.from_id, "to": one.plan.to_id, "counts": one.counts});
            audit.note(tx, "manager.hand_over", one.id, &detail)?;
            Ok(one)
        })
        .await
}

#[derive(Serialize, ToSchema)]
#[schema(as = HandOverList)]
pub(super) struct List {
    items: Vec<HandOver>,
}

/// The latest hand-overs: all for who manages the service, else those that one has a part in.
#[utoipa::path(get, path = "/hand-overs", tag = "service", operation_id = "list_hand_overs",
    responses((status = 200, body = List), ReadProblems))]
pub(super) async fn list(State(app): State<App>, can: Can<may::ReadTickets>) -> Result<axum::Json<List>> {
    let actor = can.0;
    let party = (!actor.may(Permission::ManageService)).then_some(actor.staff);
    let items = app.db.read_async(move |tx| handovers::list(tx, party, 100)).await?;
    Ok(axum::Json(List { items }))
}

/// The protocol of a hand-over.
#[derive(Serialize, ToSchema)]
#[schema(as = HandOverProtocol)]
pub(super) struct Protocol {
    #[serde(flatten)]
    hand_over: HandOver,
    items: Vec<Item>,
    signatures: Vec<Signature>,
    /// The names of all who are in it, by id.
    names: HashMap<String, String>,
    /// What a customer is told, for each who got some.
    lines: Vec<Line>,
    organisation: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = HandOverLine)]
struct Line {
    to_id: StaffId,
    text: String,
}

/// What was handed over to whom, what was agreed, and who has signed.
#[utoipa::path(get, path = "/hand-overs/{id}", tag = "service", operation_id = "get_hand_over",
    params(("id" = HandOverId, Path)), responses((status = 200, body = Protocol), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Path(id): Path<HandOverId>,
) -> Result<Versioned<Protocol>> {
    let actor = can.0;
    let found = app
        .db
        .read_async(move |tx| {
            let (hand_over, signatures) = party(tx, &actor, id)?;
            // Who took over sees what he took; who gave, and who manages the service, see all of it.
            let whole = actor.may(Permission::ManageService) || actor.staff == hand_over.from_id;
            let items = handovers::items(tx, id, (!whole).then_some(actor.staff), ITEMS_MAX)?;
            let all = signatures.iter().map(|one| one.staff_id).chain(hand_over.created_by);
            let names = directory::staff_names(tx, all)?;
            let lines = (signatures.iter().filter(|one| one.side == "to"))
                .map(|one| Line {
                    to_id: one.staff_id,
                    text: protocol::line(&hand_over, &one.staff_name, "{customer}"),
                })
                .collect();
            let names = names.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
            let organisation = zunke_access::settings::load(tx)?.name;
            Ok(Protocol { hand_over, items, signatures, names, lines, organisation })
        })
        .await?;
    Ok(Versioned(found.hand_over.version, found))
}

/// The hand-over, for who has a part in it or manages the service; 404 otherwise.
fn party(tx: &mut Tx, actor: &Actor, id: HandOverId) -> zunke_kernel::Result<(HandOver, Vec<Signature>)> {
    let one = handovers::find(tx, id)?.ok_or_else(Error::not_found)?;
    let signatures = handovers::signatures(tx, id)?;
    let mine = signatures.iter().any(|one| one.staff_id == actor.staff);
    if mine || actor.may(Permission::ManageService) { Ok((one, signatures)) } else { Err(Error::not_found()) }
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HandOverChange)]
pub(super) struct ChangeBody {
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    customer_line: Option<String>,
}

/// Word the agreed notes, or what customers are told: until the first signature.
#[utoipa::path(patch, path = "/hand-overs/{id}", tag = "service", operation_id = "update_hand_over",
    params(("id" = HandOverId, Path)), request_body = ChangeBody,
    responses((status = 200, body = HandOver), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<HandOverId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    let note = body.note.as_deref().map(|note| words(note, "note", NOTE_CHARS_MAX)).transpose()?;
    let line = body.customer_line.as_deref().map(|line| words(line, "customer_line", LINE_CHARS_MAX)).transpose()?;
    let (actor, audit) = (write.actor.clone(), write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            handovers::lock(tx, id)?;
            let (mut one, signatures) = party(tx, &actor, id)?;
            if_match.check(one.version)?;
            if signatures.iter().any(|one| one.signed_at.is_some()) {
                let (zh, en) = ("已有一方签字，内容不能再改。", "One side has signed; the words stand now.");
                return Err(Error::conflict("hand_over_signed", zh, en));
            }
            one.note = note.clone().unwrap_or(one.note);
            one.customer_line = line.clone().filter(|line| !line.is_empty()).unwrap_or(one.customer_line);
            handovers::save(tx, &one)?;
            one.version += 1;
            audit.note(tx, "hand_over.change", id, &json!({"note": one.note, "customer_line": one.customer_line}))?;
            Ok(one)
        })
        .await
}

#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HandOverSign)]
pub(super) struct SignBody {
    /// For somebody who has left, by who manages the service; left out: for oneself.
    #[serde(default)]
    for_id: Option<StaffId>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = HandOverSigned)]
pub(super) struct Signed {
    signatures: Vec<Signature>,
    signed_at: Instant,
}

/// Sign the protocol. Who has signed already signs no second time.
#[utoipa::path(post, path = "/hand-overs/{id}/sign", tag = "service", operation_id = "sign_hand_over",
    params(("id" = HandOverId, Path)), request_body = SignBody, responses((status = 200, body = Signed), WriteProblems))]
pub(super) async fn sign(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<HandOverId>,
    Json(body): Json<SignBody>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            handovers::lock(tx, id)?;
            let (one, signatures) = party(tx, &actor, id)?;
            if one.state != "done" {
                let (zh, en) = ("交接仍在进行，请在完成后签字。", "It is still under way; sign when it is done.");
                return Err(Error::conflict("hand_over_running", zh, en));
            }
            let whose = body.for_id.unwrap_or(actor.staff);
            let wanted = signatures.iter().find(|one| one.staff_id == whose).ok_or_else(|| {
                let (zh, en) = ("您不是该交接的签字人。", "You are none of those who sign this.");
                Error::invalid("no_signatory", zh, en).at("for_id")
            })?;
            if whose != actor.staff && (wanted.active || !actor.may(Permission::ManageService)) {
                return Err(Error::forbidden());
            }
            if !handovers::sign(tx, now, id, whose, actor.staff)? {
                let (zh, en) = ("已签字，无需重复。", "It is signed already.");
                return Err(Error::conflict("already_signed", zh, en));
            }
            audit.note(tx, "hand_over.sign", id, &json!({"for": whose}))?;
            Ok(Signed { signatures: handovers::signatures(tx, id)?, signed_at: now })
        })
        .await
}
