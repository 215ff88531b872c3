//! Tickets that belong together, and whose they are: merge, split, links, suggestions; many at once; who has one open.

use super::rows::TicketRow;
use super::tickets::answer;
use crate::change::{self, Change};
use crate::context::{Context, Hooks};
use crate::store::{list, onscreen, tickets};
use crate::ticket::{Kind, Priority, State};
use crate::{join, owner, visible};
use axum::extract::State as Axum;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::{Can, Write, may};
use zunke_http::{App, Change as Field, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, GroupId, MessageId, StaffId, TicketId};
use zunke_kernel::{Error, Instant, Text};

/// Tickets of one bulk change.
const BULK_MAX: usize = 200;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketMerge)]
pub(super) struct MergeBody {
    /// The ticket that this one goes into.
    into: TicketId,
}

/// Put a ticket into another of the same customer; answers the other.
#[utoipa::path(post, path = "/tickets/{id}/merge", tag = "service", operation_id = "merge_ticket",
    params(("id" = TicketId, Path)), request_body = MergeBody,
    responses((status = 200, body = super::rows::TicketWhole), WriteProblems))]
pub(super) async fn merge(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<TicketId>,
    Json(body): Json<MergeBody>,
) -> Result<Response> {
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(&app));
    write
        .run(&app, StatusCode::OK, move |tx| {
            visible::require(tx, &actor, id)?;
            visible::require(tx, &actor, body.into).map_err(|error| error.at("into"))?;
            let cx = Context::of(tx, now, &actor)?;
            join::merge(tx, &cx, &hooks, id, body.into)?;
            answer(tx, body.into)
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketSplit)]
pub(super) struct SplitBody {
    /// The messages that go into the new ticket.
    message_ids: Vec<MessageId>,
    #[schema(max_length = 200)]
    subject: String,
    /// The same kind where none is given.
    #[serde(default)]
    kind: Option<Kind>,
}

/// Make a ticket of its own of some messages; answers the new one.
#[utoipa::path(post, path = "/tickets/{id}/split", tag = "service", operation_id = "split_ticket",
    params(("id" = TicketId, Path)), request_body = SplitBody,
    responses((status = 201, body = super::rows::TicketWhole), WriteProblems))]
pub(super) async fn split(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<TicketId>,
    Json(body): Json<SplitBody>,
) -> Result<Response> {
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(&app));
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            visible::require(tx, &actor, id)?;
            let cx = Context::of(tx, now, &actor)?;
            let new = join::split(tx, &cx, &hooks, id, (&body.message_ids, &body.subject, body.kind))?;
            answer(tx, new)
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketLinkTo)]
pub(super) struct LinkBody {
    other_id: TicketId,
    /// `related`, `follow_up` or `duplicate`.
    kind: String,
}

/// Link two tickets.
#[utoipa::path(post, path = "/tickets/{id}/links", tag = "service", operation_id = "link_ticket",
    params(("id" = TicketId, Path)), request_body = LinkBody,
    responses((status = 200, body = super::rows::TicketWhole), WriteProblems))]
pub(super) async fn link(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<TicketId>,
    Json(body): Json<LinkBody>,
) -> Result<Response> {
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(&app));
    write
        .run(&app, StatusCode::OK, move |tx| {
            visible::require(tx, &actor, id)?;
            visible::require(tx, &actor, body.other_id).map_err(|error| error.at("other_id"))?;
            let cx = Context::of(tx, now, &actor)?;
            join::link(tx, &cx, &hooks, (id, body.other_id), &body.kind)?;
            answer(tx, id)
        })
        .await
}

/// Somebody whose ticket it may be.
#[derive(Serialize, ToSchema)]
#[schema(as = TicketCandidate)]
pub(super) struct CandidateRow {
    customer_id: CustomerId,
    name: String,
    level_rank: i64,
    why: Text,
    /// One of the sender's own keys is his.
    sure: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TicketCandidates)]
pub(super) struct Candidates {
    items: Vec<CandidateRow>,
}

/// Whose ticket it may be, the surest first; nobody where it is known.
#[utoipa::path(get, path = "/tickets/{id}/suggestions", tag = "service", operation_id = "list_ticket_suggestions",
    params(("id" = TicketId, Path)), responses((status = 200, body = Candidates), ReadProblems))]
pub(super) async fn suggestions(
    Axum(app): Axum<App>,
    can: Can<may::ReadTickets>,
    Path(id): Path<TicketId>,
) -> Result<axum::Json<Candidates>> {
    let actor = can.0.clone();
    let found = app
        .db
        .read_async(move |tx| {
            let ticket = visible::require(tx, &actor, id)?;
            owner::candidates(tx, &actor.scope, &ticket)
        })
        .await?;
    let items = found
        .into_iter()
        .map(|one| CandidateRow {
            customer_id: one.customer,
            name: one.name,
            level_rank: one.level_rank,
            why: one.why,
            sure: one.sure,
        })
        .collect();
    Ok(axum::Json(Candidates { items }))
}

/// What to change on all of them; what is left out stays.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketBulkChange)]
pub(super) struct BulkChange {
    #[serde(default)]
    state: Option<State>,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    priority: Option<Priority>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    staff_id: Field<StaffId>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    group_id: Field<GroupId>,
    #[serde(default)]
    urgent: Option<bool>,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketBulk)]
pub(super) struct BulkBody {
    /// 1 to 200.
    ids: Vec<TicketId>,
    change: BulkChange,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TicketBulkResult)]
struct BulkResult {
    id: TicketId,
    /// `changed` or `refused`.
    outcome: String,
    error: Option<Text>,
    /// The code of the error.
    code: Option<String>,
    ticket: Option<TicketRow>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TicketBulkResults)]
pub(super) struct BulkResults {
    results: Vec<BulkResult>,
}

/// Change many tickets at once. Each stands for itself: one that is refused holds up no other.
#[utoipa::path(post, path = "/tickets/bulk", tag = "service", operation_id = "change_tickets",
    request_body = BulkBody, responses((status = 200, body = BulkResults), WriteProblems))]
pub(super) async fn bulk(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    Json(body): Json<BulkBody>,
) -> Result<Response> {
    if body.ids.is_empty() || body.ids.len() > BULK_MAX {
        let (zh, en) =
            (format!("一次处理 1 到 {BULK_MAX} 个工单。"), format!("Change 1 to {BULK_MAX} tickets at once."));
        return Err(Error::invalid("ids_invalid", zh, en).at("ids").into());
    }
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(&app));
    let change = Change {
        state: body.change.state,
        kind: body.change.kind,
        priority: body.change.priority,
        assignee: body.change.staff_id,
        group: body.change.group_id,
        urgent: body.change.urgent,
        reason: body.change.reason,
        ..Change::default()
    };
    write
        .run(&app, StatusCode::OK, move |tx| {
            let cx = Context::of(tx, now, &actor)?;
            // In one order for everybody, so that two bulk changes wait for each other and never in a circle.
            let mut ids = body.ids.clone();
            ids.sort_unstable();
            ids.dedup();
            let mut results = Vec::with_capacity(ids.len());
            for id in ids {
                let done = tx.attempt(|tx| {
                    visible::require(tx, &actor, id)?;
                    change::change(tx, &cx, id, &change, &hooks)?;
                    let ticket = tickets::find(tx, id)?.ok_or_else(Error::not_found)?;
                    Ok(TicketRow::of(&list::one(tx, &ticket)?))
                });
                results.push(match done {
                    Ok(row) => BulkResult { id, outcome: "changed".into(), error: None, code: None, ticket: Some(row) },
                    Err(error) if matches!(error.kind, zunke_kernel::Kind::Internal | zunke_kernel::Kind::Busy) => {
                        return Err(error);
                    }
                    Err(error) => BulkResult {
                        id,
                        outcome: "refused".into(),
                        code: Some(error.code.to_owned()),
                        error: Some(error.text),
                        ticket: None,
                    },
                });
            }
            Ok(BulkResults { results })
        })
        .await
}

#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketPresenceBeat)]
pub(super) struct BeatBody {
    /// He is writing an answer.
    #[serde(default)]
    writing: bool,
    /// He closed it.
    #[serde(default)]
    left: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TicketViewer)]
struct Viewer {
    staff_id: StaffId,
    name: String,
    writing: bool,
    seen_at: Instant,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TicketViewers)]
pub(super) struct Viewers {
    /// Who else has it open.
    others: Vec<Viewer>,
    /// The ticket's version: another one than the caller's means that somebody changed it.
    ticket_version: i64,
    /// A heartbeat counts for so long.
    alive_ms: i64,
}

/// Say that one has a ticket open, and hear who else has.
#[utoipa::path(post, path = "/tickets/{id}/presence", tag = "service", operation_id = "touch_ticket_presence",
    params(("id" = TicketId, Path)), request_body = BeatBody,
    responses((status = 200, body = Viewers), WriteProblems))]
pub(super) async fn beat(
    Axum(app): Axum<App>,
    write: Write<may::ReadTickets>,
    Path(id): Path<TicketId>,
    Json(body): Json<BeatBody>,
) -> Result<Response> {
    let (actor, now) = (write.actor.clone(), write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let ticket = visible::require(tx, &actor, id)?;
            onscreen::beat(tx, now, id, actor.staff, (!body.left).then_some(body.writing))?;
            let others = onscreen::others(tx, now, id, actor.staff)?
                .into_iter()
                .map(|one| Viewer { staff_id: one.staff, name: one.name, writing: one.writing, seen_at: one.since })
                .collect();
            Ok(Viewers { others, ticket_version: ticket.version, alive_ms: onscreen::ALIVE_MS })
        })
        .await
}
