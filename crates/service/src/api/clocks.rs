//! `/tickets/{id}/clocks`, `/tickets/{id}/due` and `/service/escalations`.

use crate::clock::explain::{Explained, explain};
use crate::clock::run::Metric;
use crate::context::{Context, Hooks};
use crate::event::What;
use crate::store::alarms::{self, Fired};
use crate::{text, visible, work};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Can, Write, may};
use zunke_http::{App, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::TicketId;
use zunke_kernel::{Error, Instant};

#[derive(Serialize, ToSchema)]
#[schema(as = ClockList)]
pub(super) struct Clocks {
    items: Vec<Explained>,
}

/// Every due time of a ticket, and why: policy, calendar, pauses, the working minutes day by day.
#[utoipa::path(get, path = "/tickets/{id}/clocks", tag = "service", operation_id = "list_ticket_clocks",
    params(("id" = TicketId, Path)), responses((status = 200, body = Clocks), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Path(id): Path<TicketId>,
) -> Result<axum::Json<Clocks>> {
    let (now, actor) = (app.now(), can.0.clone());
    let items = app
        .db
        .read_async(move |tx| {
            let ticket = visible::require(tx, &actor, id)?;
            explain(tx, &ticket, now)
        })
        .await?;
    Ok(axum::Json(Clocks { items }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClockDueBody)]
pub(super) struct DueBody {
    metric: Metric,
    due_at: Instant,
    #[schema(max_length = 500)]
    reason: String,
}

/// Set a due time by hand. It stands until it is taken back, whatever policy, pauses and calendar say.
#[utoipa::path(put, path = "/tickets/{id}/due", tag = "service", operation_id = "set_ticket_due",
    params(("id" = TicketId, Path)), request_body = DueBody, responses((status = 200, body = Clocks), WriteProblems))]
pub(super) async fn set(
    State(app): State<App>,
    write: Write<may::SetDueTimes>,
    Path(id): Path<TicketId>,
    Json(body): Json<DueBody>,
) -> Result<Response> {
    if body.due_at <= write.now || body.due_at > write.now.plus_ms(3_650 * 86_400_000) {
        let text = ("到期时间应在将来，且不超过十年。", "A due time lies ahead, and not more than ten years.");
        return Err(Error::invalid("due_invalid", text.0, text.1).at("due_at").into());
    }
    let reason = text::required(&body.reason, "reason", text::REASON_CHARS_MAX)?;
    settle(app, write, id, body.metric, Some(body.due_at), reason).await
}

#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ClearParams {
    metric: Metric,
    /// Why it is taken back.
    reason: Option<String>,
}

/// Take back a due time that was set by hand: policy, pauses and calendar say again.
#[utoipa::path(delete, path = "/tickets/{id}/due", tag = "service", operation_id = "clear_ticket_due",
    params(("id" = TicketId, Path), ClearParams), responses((status = 200, body = Clocks), WriteProblems))]
pub(super) async fn clear(
    State(app): State<App>,
    write: Write<may::SetDueTimes>,
    Path(id): Path<TicketId>,
    Query(params): Query<ClearParams>,
) -> Result<Response> {
    let reason = text::optional(params.reason.as_deref(), "reason", text::REASON_CHARS_MAX)?.unwrap_or_default();
    settle(app, write, id, params.metric, None, reason).await
}

async fn settle(
    app: App,
    write: Write<may::SetDueTimes>,
    id: TicketId,
    metric: Metric,
    due: Option<Instant>,
    reason: String,
) -> Result<Response> {
    let (now, audit, actor, hooks) = (write.now, write.audit(), write.actor.clone(), Hooks::of(&app));
    write
        .run(&app, StatusCode::OK, move |tx| {
            visible::require(tx, &actor, id)?;
            let cx = Context::of(tx, now, &actor)?;
            work::touch(tx, &cx, &hooks, id, "due_set", |tx, ticket| {
                let log = crate::store::events::of(tx, ticket)?;
                let known = crate::clock::apply::load(tx, &log)?;
                let clocks = crate::clock::clocks(&log, &known, now)?;
                let open = clocks.iter().find(|clock| clock.metric == metric && clock.status.is_open());
                let fits = match due {
                    // A clock of this metric runs, promised or not.
                    Some(_) => open.is_some() || (metric == Metric::Resolution && !ticket.state.is_done()),
                    None => open.is_some_and(|clock| clock.manual.is_some()),
                };
                if !fits {
                    return Err(Error::conflict(
                        "clock_not_running",
                        "该指标当前没有可修改的到期时间。",
                        "There is no such due time to change on this ticket now.",
                    )
                    .at("metric"));
                }
                let what = What::ManualDue { metric: metric.word().to_owned(), due_at: due, reason: reason.clone() };
                work::note(tx, &cx, ticket, now, what)
            })?;
            let detail = json!({ "metric": metric, "due_at": due, "reason": reason });
            audit.note(tx, "ticket.due", id, &detail)?;
            let ticket = crate::store::tickets::find(tx, id)?.ok_or_else(Error::not_found)?;
            Ok(json!({ "items": explain(tx, &ticket, now)? }))
        })
        .await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FiredParams {
    /// Only those that I was told.
    #[serde(default)]
    mine: bool,
    /// 1 to 200.
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = EscalationList)]
pub(super) struct FiredList {
    /// The newest first.
    items: Vec<Fired>,
}

/// The reminders and escalations of late, of tickets within sight.
#[utoipa::path(get, path = "/service/escalations", tag = "service", operation_id = "list_escalations",
    params(FiredParams), responses((status = 200, body = FiredList), ReadProblems))]
pub(super) async fn escalations(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Query(params): Query<FiredParams>,
) -> Result<axum::Json<FiredList>> {
    let actor = can.0.clone();
    let limit = params.limit.unwrap_or(50).clamp(1, 200);
    let items = app.db.read_async(move |tx| alarms::fired(tx, &actor, params.mine, limit)).await?;
    Ok(axum::Json(FiredList { items }))
}
