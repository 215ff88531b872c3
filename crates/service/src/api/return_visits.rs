//! `/return-visits`: what is to be asked, and what was answered.

use crate::return_visit::{self, Outcome, Rules, State as Stand};
use crate::store::return_visits::{self as store, Filter, ReturnVisit};
use crate::ticket::State as TicketState;
use crate::{text, visible};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Can, Write, directory, may};
use zunke_http::{App, IfMatch, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{StaffId, TaskId, TicketId};
use zunke_kernel::{Error, Instant, page};

#[derive(Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VisitParams {
    /// `open`, `done` or `cancelled`.
    state: Option<String>,
    /// A member of staff, or `me`.
    staff: Option<String>,
    due_before: Option<Instant>,
    limit: Option<u32>,
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ReturnVisitPage)]
pub(super) struct VisitPage {
    items: Vec<ReturnVisit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The return visits, the soonest due first.
#[utoipa::path(get, path = "/return-visits", tag = "service", operation_id = "list_return_visits", params(VisitParams),
    responses((status = 200, body = VisitPage), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Query(asked): Query<VisitParams>,
) -> Result<axum::Json<VisitPage>> {
    let limit = page::limit(asked.limit)?;
    let actor = can.0;
    let state = asked
        .state
        .as_deref()
        .map(|word| {
            Stand::read(word).ok_or_else(|| {
                let text = ("state 可选：open、done、cancelled。", "state: one of open, done, cancelled.");
                Error::invalid("filter_invalid", text.0, text.1).at("state")
            })
        })
        .transpose()?;
    let staff = match asked.staff.as_deref() {
        None => None,
        Some("me") => Some(actor.staff),
        Some(word) => Some(StaffId::from_str(word).map_err(|error| error.at("staff"))?),
    };
    let filter = Filter { state, staff, due_before: asked.due_before };
    let found = app.db.read_async(move |tx| store::list(tx, &actor, &filter, limit, asked.after.as_deref())).await?;
    Ok(axum::Json(VisitPage { items: found.items, next: found.next }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReturnVisitNew)]
pub(super) struct NewBody {
    ticket_id: TicketId,
    /// Working days from now; 3 where none is given.
    #[serde(default)]
    days: Option<i64>,
    #[serde(default)]
    staff_id: Option<StaffId>,
}

/// Make a return visit for a solved ticket that no rule made one for.
#[utoipa::path(post, path = "/return-visits", tag = "service", operation_id = "create_return_visit",
    request_body = NewBody, responses((status = 201, body = ReturnVisit), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    let days = body.days.unwrap_or(3);
    if !(1..=30).contains(&days) {
        return Err(Error::invalid("days_invalid", "工作日应在 1 到 30 之间。", "Days are 1 to 30.").at("days").into());
    }
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let ticket = visible::require(tx, &actor, body.ticket_id).map_err(|error| error.at("ticket_id"))?;
            let solved = ticket.solved_at.filter(|_| matches!(ticket.state, TicketState::Solved | TicketState::Closed));
            let solved = solved.ok_or_else(|| {
                let text = ("只有已解决的工单可以回访。", "Only a solved ticket has a return visit.");
                Error::conflict("ticket_not_solved", text.0, text.1).at("ticket_id")
            })?;
            if let Some(staff) = body.staff_id {
                directory::require_staff(tx, staff, "staff_id")?;
            }
            let staff = body.staff_id.or(ticket.assignee).unwrap_or(actor.staff);
            let due_at = return_visit::due(tx, &ticket, now, days)?;
            if !return_visit::make(tx, &ticket, solved, due_at, Some(staff), now)? {
                let text = ("这次解决已有回访。", "This solution has its return visit already.");
                return Err(Error::conflict("return_visit_exists", text.0, text.1));
            }
            audit.note(tx, "return_visit.create", ticket.id, &json!({ "number": ticket.number }))?;
            let filter = Filter::default();
            let found = store::list(tx, &actor, &filter, 500, None)?.items;
            found.into_iter().rev().find(|one| one.ticket_id == ticket.id).ok_or_else(Error::not_found)
        })
        .await
}

/// What came of it, or who shall ask instead.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReturnVisitChange)]
pub(super) struct ChangeBody {
    #[serde(default)]
    result: Option<Outcome>,
    /// 1 to 5; needed where the customer was reached.
    #[serde(default)]
    satisfaction: Option<i64>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    staff_id: Option<StaffId>,
    #[serde(default)]
    due_at: Option<Instant>,
}

/// Record what came of a return visit, or give it to somebody else.
#[utoipa::path(patch, path = "/return-visits/{id}", tag = "service", operation_id = "update_return_visit",
    params(("id" = TaskId, Path)), request_body = ChangeBody, responses((status = 200, body = ReturnVisit), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<TaskId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    let note = text::optional(body.note.as_deref(), "note", 2_000)?;
    match (body.result, body.satisfaction) {
        (Some(Outcome::Reached), Some(1..=5)) | (None | Some(Outcome::Unreached | Outcome::Refused), None) => {}
        _ => {
            let text = (
                "联系上客户时请填写 1 到 5 的满意度，其他结果不填。",
                "Where the customer was reached, a satisfaction of 1 to 5; else none.",
            );
            return Err(Error::invalid("satisfaction_invalid", text.0, text.1).at("satisfaction").into());
        }
    }
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut visit = store::find(tx, &actor, id)?.ok_or_else(Error::not_found)?;
            if_match.check(visit.version)?;
            if visit.state != Stand::Open {
                let text = ("该回访已结束。", "This return visit is over.");
                return Err(Error::conflict("return_visit_over", text.0, text.1));
            }
            if let Some(staff) = body.staff_id {
                directory::require_staff(tx, staff, "staff_id")?;
                visit.staff_id = Some(staff);
            }
            visit.due_at = body.due_at.unwrap_or(visit.due_at);
            visit.note = note.clone().or(visit.note);
            if let Some(result) = body.result {
                visit.state = Stand::Done;
                visit.result = Some(result);
                visit.satisfaction = body.satisfaction;
                visit.done_at = Some(now);
                visit.staff_id = visit.staff_id.or(Some(actor.staff));
            }
            store::save(tx, now, actor.staff, &visit)?;
            visit.version += 1;
            let detail = json!({ "ticket": visit.number, "result": visit.result, "satisfaction": visit.satisfaction });
            audit.note(tx, "return_visit.change", id, &detail)?;
            Ok(visit)
        })
        .await
}

/// The rules by which return visits are made.
#[utoipa::path(get, path = "/return-visit-rules", tag = "service", operation_id = "get_return_visit_rules",
    responses((status = 200, body = Rules), ReadProblems))]
pub(super) async fn rules(State(app): State<App>, _can: Can<may::ReadTickets>) -> Result<axum::Json<Rules>> {
    Ok(axum::Json(app.db.read_async(Rules::load).await?))
}

/// Set the rules by which return visits are made. Those that are made stay.
#[utoipa::path(put, path = "/return-visit-rules", tag = "service", operation_id = "update_return_visit_rules",
    request_body = Rules, responses((status = 200, body = Rules), WriteProblems))]
pub(super) async fn set_rules(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Json(body): Json<Rules>,
) -> Result<Response> {
    body.check()?;
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            body.save(tx, now)?;
            audit.note(tx, "return_visits.rules", "return_visits", &json!(body))?;
            Ok(body.clone())
        })
        .await
}
