//! Taking the next ticket, a certain one, and handing one back.

use super::rows::TicketWhole;
use crate::context::{Context, Hooks};
use crate::queue::claim;
use crate::visible;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::{Write, may};
use zunke_http::{App, Json, Path, Result, WriteProblems};
use zunke_kernel::Text;
use zunke_kernel::id::TicketId;

/// What was taken from the queue.
#[derive(Serialize, ToSchema)]
#[schema(as = ClaimedTicket)]
pub(super) struct Claimed {
    /// None: there is nothing to take now.
    ticket: Option<TicketWhole>,
    /// Why this one, or why none.
    why: Text,
}

/// Take the next ticket of one's groups and of everybody's queue. Whoever asks at the same moment gets another one.
#[utoipa::path(post, path = "/tickets/next", tag = "service", operation_id = "claim_next_ticket",
    responses((status = 200, body = Claimed), WriteProblems))]
pub(super) async fn next(State(app): State<App>, write: Write<may::WorkTickets>) -> Result<Response> {
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(&app));
    // Any number will do, as long as hands differ.
    let coin = TicketId::new(now).0.as_bytes()[15] % 100;
    write
        .run(&app, StatusCode::OK, move |tx| {
            let cx = Context::of(tx, now, &actor)?;
            let Some(taken) = claim::next(tx, &cx, &hooks, &actor, coin)? else {
                let why = Text::new("目前没有您可以领取的工单。", "There is no ticket for you to take now.");
                return Ok(Claimed { ticket: None, why });
            };
            let why = if taken.guarded {
                Text::new("承诺时限将到，先处理这张。", "Its promise is about to run out, so it goes first.")
            } else {
                Text::new("按等级与等候时间，轮到这张。", "By level and waiting time it is this one's turn.")
            };
            Ok(Claimed { ticket: Some(super::tickets::answer(tx, taken.ticket)?), why })
        })
        .await
}

/// Take a certain ticket that nobody has.
#[utoipa::path(post, path = "/tickets/{id}/claim", tag = "service", operation_id = "claim_ticket",
    params(("id" = TicketId, Path)), responses((status = 200, body = TicketWhole), WriteProblems))]
pub(super) async fn claim(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<TicketId>,
) -> Result<Response> {
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(&app));
    write
        .run(&app, StatusCode::OK, move |tx| {
            visible::require(tx, &actor, id)?;
            let cx = Context::of(tx, now, &actor)?;
            claim::one(tx, &cx, &hooks, id, actor.staff)?;
            super::tickets::answer(tx, id)
        })
        .await
}

/// Why a ticket is handed back.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketRelease)]
pub(super) struct ReleaseBody {
    reason: String,
}

/// What became of a ticket that was handed back.
#[derive(Serialize, ToSchema)]
#[schema(as = TicketReleased)]
pub(super) struct Released {
    /// None: who handed it back does not see it any more.
    ticket: Option<TicketWhole>,
}

/// Hand a ticket back with a reason: routing finds somebody else, or it waits in its queue.
#[utoipa::path(post, path = "/tickets/{id}/release", tag = "service", operation_id = "release_ticket",
    params(("id" = TicketId, Path)), request_body = ReleaseBody,
    responses((status = 200, body = Released), WriteProblems))]
pub(super) async fn release(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<TicketId>,
    Json(body): Json<ReleaseBody>,
) -> Result<Response> {
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(&app));
    write
        .run(&app, StatusCode::OK, move |tx| {
            visible::require(tx, &actor, id)?;
            let cx = Context::of(tx, now, &actor)?;
            claim::release(tx, &cx, &hooks, id, &body.reason)?;
            let seen = visible::require(tx, &actor, id).is_ok();
            Ok(Released { ticket: if seen { Some(super::tickets::answer(tx, id)?) } else { None } })
        })
        .await
}
