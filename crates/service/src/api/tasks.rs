//! `/tickets/{id}/tasks` and `/tasks/{id}`: what is to be done beside answering.

use crate::context::{Context, Hooks};
use crate::store::tasks::{self as rows, Task, TaskKind, TaskState};
use crate::tasks::{self, NewTask, TaskChange};
use crate::{text, visible};
use axum::extract::State as Axum;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;
use zunke_access::{Write, may};
use zunke_http::{App, Change as Field, IfMatch, Json, Path, Result, WriteProblems};
use zunke_kernel::id::{DepartmentId, StaffId, TaskId, TicketId};
use zunke_kernel::{Error, Instant};

/// A task for another department or a colleague.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTicketTask)]
pub(super) struct NewBody {
    #[schema(max_length = 200)]
    title: String,
    /// `department` (the default), `step` or `follow_up`.
    #[serde(default)]
    kind: Option<TaskKind>,
    #[serde(default)]
    department_id: Option<DepartmentId>,
    #[serde(default)]
    assignee_id: Option<StaffId>,
    #[serde(default)]
    due_at: Option<Instant>,
    #[serde(default)]
    required: bool,
}

/// Add a task to a ticket. Whoever has a task sees the ticket.
#[utoipa::path(post, path = "/tickets/{id}/tasks", tag = "service", operation_id = "create_ticket_task",
    params(("id" = TicketId, Path)), request_body = NewBody,
    responses((status = 201, body = Task), WriteProblems))]
pub(super) async fn create(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<TicketId>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(&app));
    let kind = body.kind.unwrap_or(TaskKind::Department);
    if !matches!(kind, TaskKind::Department | TaskKind::Step | TaskKind::FollowUp) {
        let text = ("任务类型可选：department、step、follow_up。", "kind: department, step or follow_up.");
        return Err(Error::invalid("task_kind_invalid", text.0, text.1).at("kind").into());
    }
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            visible::require(tx, &actor, id)?;
            let cx = Context::of(tx, now, &actor)?;
            let new = NewTask {
                department: body.department_id,
                assignee: body.assignee_id,
                due_at: body.due_at,
                required: body.required,
                place: i64::from(kind == TaskKind::Step) * 1_000,
                ..NewTask::new(kind, body.title.clone())
            };
            let task = tasks::add(tx, &cx, &hooks, id, &new)?;
            rows::find(tx, task)?.ok_or_else(Error::not_found)
        })
        .await
}

/// What to change of a task; what is left out stays.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketTaskPatch)]
pub(super) struct PatchBody {
    #[serde(default)]
    state: Option<TaskState>,
    #[serde(default)]
    #[schema(max_length = 200)]
    title: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    department_id: Field<DepartmentId>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    assignee_id: Field<StaffId>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    due_at: Field<Instant>,
    /// What came of it, in words.
    #[serde(default)]
    #[schema(max_length = 2000)]
    result: Option<String>,
}

/// Change a task of a ticket, or tick it off.
#[utoipa::path(patch, path = "/tasks/{id}", tag = "service", operation_id = "update_task",
    params(("id" = TaskId, Path)), request_body = PatchBody,
    responses((status = 200, body = Task), WriteProblems))]
pub(super) async fn update(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    if_match: IfMatch,
    Path(id): Path<TaskId>,
    Json(body): Json<PatchBody>,
) -> Result<Response> {
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(&app));
    let result = text::optional(body.result.as_deref(), "result", 2_000)?;
    write
        .run(&app, StatusCode::OK, move |tx| {
            let task = rows::find(tx, id)?.ok_or_else(Error::not_found)?;
            visible::require(tx, &actor, task.ticket_id)?;
            let cx = Context::of(tx, now, &actor)?;
            let change = TaskChange {
                state: body.state,
                title: body.title.clone(),
                department: body.department_id,
                assignee: body.assignee_id,
                due_at: body.due_at,
                result: result.as_ref().map(|text| serde_json::json!({ "text": text })),
                version: if_match.0,
            };
            tasks::change(tx, &cx, &hooks, id, &change)?;
            rows::find(tx, id)?.ok_or_else(Error::not_found)
        })
        .await
}
