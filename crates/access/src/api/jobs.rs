//! `/jobs`: long work, its progress and its end. Everybody sees his own; who manages jobs sees all.

use super::record::after_invalid;
use crate::role::Permission;
use crate::{Actor, Write};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use zunke_http::{App, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{JobId, StaffId};
use zunke_kernel::page::{self, Page};
use zunke_kernel::{Error, Instant, Locale};
use zunke_store::jobs::{self, State as JobState};
use zunke_store::{Tx, audit};

/// A job. What it was given stays inside.
#[derive(Serialize, ToSchema)]
#[schema(as = Job)]
pub(super) struct JobView {
    id: JobId,
    kind: String,
    state: JobState,
    /// The last checkpoint, in the words of the kind.
    #[schema(value_type = Option<Object>)]
    progress: Option<serde_json::Value>,
    #[schema(value_type = Option<Object>)]
    result: Option<serde_json::Value>,
    error: Option<JobFault>,
    attempts: i64,
    cancel_wanted: bool,
    created_by: Option<StaffId>,
    created_at: Instant,
    run_at: Instant,
    started_at: Option<Instant>,
    finished_at: Option<Instant>,
}

/// What the last attempt failed of.
#[derive(Serialize, ToSchema)]
pub(super) struct JobFault {
    code: String,
    detail: String,
}

impl JobView {
    fn new(job: jobs::Job, locale: Locale) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            state: job.state,
            progress: job.progress,
            result: job.result,
            error: job.error.map(|failure| JobFault { detail: failure.text.get(locale).into(), code: failure.code }),
            attempts: job.attempts,
            cancel_wanted: job.cancel_wanted,
            created_by: job.created_by,
            created_at: job.created_at,
            run_at: job.run_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    kind: Option<String>,
    state: Option<JobState>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Whose jobs this actor sees: `None` is everybody's.
fn reach(actor: &Actor) -> Option<StaffId> {
    (!actor.may(Permission::ManageJobs)).then_some(actor.staff)
}

/// A job within reach; another's answers as one that isn't there.
fn find(tx: &mut Tx, id: JobId, of: Option<StaffId>) -> zunke_kernel::Result<jobs::Job> {
    jobs::find(tx, id)?.filter(|job| of.is_none() || job.created_by == of).ok_or_else(Error::not_found)
}

/// Jobs, the newest first.
#[utoipa::path(get, path = "/jobs", tag = "access", operation_id = "list_jobs", params(ListQuery),
    responses((status = 200, body = Page<JobView>), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    actor: Actor,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<Page<JobView>>> {
    let limit = page::limit(query.limit)?;
    let before = match query.after {
        None => None,
        Some(mark) => {
            let id = page::read_mark(&mark)?.as_str().and_then(|text| text.parse().ok());
            Some(id.ok_or_else(after_invalid)?)
        }
    };
    let filter = jobs::Filter { kind: query.kind, state: query.state, created_by: reach(&actor), before };
    let mut found = app.db.read_async(move |tx| jobs::list(tx, &filter, limit + 1)).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(|last| page::mark(&json!(last.id)));
    let items = found.into_iter().map(|job| JobView::new(job, actor.locale)).collect();
    Ok(axum::Json(Page { items, next }))
}

/// One job.
#[utoipa::path(get, path = "/jobs/{id}", tag = "access", operation_id = "get_job", params(("id" = JobId, Path)),
    responses((status = 200, body = JobView), ReadProblems))]
pub(super) async fn get(State(app): State<App>, actor: Actor, Path(id): Path<JobId>) -> Result<axum::Json<JobView>> {
    let of = reach(&actor);
    let job = app.db.read_async(move |tx| find(tx, id, of)).await?;
    Ok(axum::Json(JobView::new(job, actor.locale)))
}

/// Cancel a job: at once where it waits, at its next checkpoint where it runs.
#[utoipa::path(post, path = "/jobs/{id}/cancel", tag = "access", operation_id = "cancel_job",
    params(("id" = JobId, Path)),
    responses((status = 200, body = JobView), WriteProblems))]
pub(super) async fn cancel(State(app): State<App>, write: Write, Path(id): Path<JobId>) -> Result<Response> {
    let of = reach(&write.actor);
    let (by, now, locale) = (write.actor.staff, write.now, write.locale);
    write
        .run(&app, StatusCode::OK, move |tx| {
            find(tx, id, of)?;
            jobs::cancel(tx, now, id)?;
            let job = find(tx, id, of)?;
            audit::write(tx, now, Some(by), "job.cancel", &id.to_string(), &json!({"state": job.state}))?;
            Ok(JobView::new(job, locale))
        })
        .await
}
