//! Runs over lives: started, looked at, approved, paused, taken up again, cancelled.

use super::life::{all, programme};
use super::{check_day, tiers};
use crate::life::pass::Report;
use crate::life::work;
use crate::store::runs::{self, NewRun, Run};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Can, Write, may, settings};
use zunke_http::{App, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::ProgrammeId;
use zunke_kernel::page::{self, Page};
use zunke_kernel::{Day, Error};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// 1 to 500; 50 where none is given.
    limit: Option<u32>,
    after: Option<String>,
}

/// The latest runs. They count everyone, and are for who may see everyone.
#[utoipa::path(get, path = "/tiering/runs", tag = "tiering", operation_id = "list_level_runs", params(Paging),
    responses((status = 200, body = Page<Run>), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<Run>>> {
    all(&can.scope)?;
    let limit = page::limit(paging.limit)?;
    let page = app.db.read_async(move |tx| runs::list(tx, limit, paging.after.as_deref())).await?;
    Ok(axum::Json(page))
}

/// One run, with what it does or would do.
#[utoipa::path(get, path = "/tiering/runs/{id}", tag = "tiering", operation_id = "get_level_run",
    params(("id" = String, Path)), responses((status = 200, body = Run), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Path(id): Path<uuid::Uuid>,
) -> Result<axum::Json<Run>> {
    all(&can.scope)?;
    Ok(axum::Json(app.db.read_async(move |tx| runs::find(tx, id)).await?))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LevelRunKind)]
enum Kind {
    /// Everyone.
    Review,
    /// Those for whom a day fell due.
    Daily,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLevelRun)]
pub(super) struct NewBody {
    kind: Kind,
    /// The organisation's today where none is given; never a later day.
    #[serde(default)]
    as_of: Option<Day>,
    /// Only count what it would do.
    #[serde(default)]
    preview: bool,
    /// The primary one where none is given.
    #[serde(default)]
    programme_id: Option<ProgrammeId>,
}

/// Start a run. Where more would fall than the brake lets, it stops and waits for approval.
#[utoipa::path(post, path = "/tiering/runs", tag = "tiering", operation_id = "create_level_run", request_body = NewBody,
    responses((status = 202, body = Run), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    all(&write.actor.scope)?;
    check_day(body.as_of)?;
    let (now, by, audit) = (write.now, write.actor.staff, write.audit());
    write
        .run(&app, StatusCode::ACCEPTED, move |tx| {
            let active = programme(tx, body.programme_id)?;
            if active.rules.life.is_none() {
                return Err(Error::conflict(
                    "life_missing",
                    "该体系未设置等级有效期，无需复核。",
                    "This programme has no settings for how levels are held; there is nothing to review.",
                ));
            }
            let today = settings::today(&settings::load(tx)?, now);
            let as_of = body.as_of.unwrap_or(today);
            if as_of > today {
                let text = ("不能按将来的日期执行。", "A run can't be as of a day that is still to come.");
                return Err(Error::invalid("as_of_future", text.0, text.1).at("as_of"));
            }
            if !body.preview && runs::open(tx, active.programme)?.is_some() {
                return Err(Error::conflict(
                    "run_open",
                    "已有批次在进行或等待审批，请先处理。",
                    "Another run is under way or waits for approval; decide about that one first.",
                ));
            }
            let new = NewRun {
                programme: active.programme,
                kind: if body.kind == Kind::Review { "review" } else { "daily" },
                state: "running",
                as_of,
                preview: body.preview,
                report: Report::default(),
                by: Some(by),
            };
            let id = runs::create(tx, now, &new)?;
            work::enqueue(tx, now, id, Some(by))?;
            audit.note(
                tx,
                "level_run.create",
                id,
                &serde_json::json!({"kind": new.kind, "as_of": as_of, "preview": body.preview}),
            )?;
            runs::find(tx, id)
        })
        .await
}

#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = LevelRunReason)]
pub(super) struct Why {
    /// At most 500 characters.
    reason: Option<String>,
}

async fn turn(
    app: App,
    write: Write<may::ManageTiering>,
    id: uuid::Uuid,
    why: Why,
    word: &'static str,
    from: &'static [&'static str],
    to: &'static str,
) -> Result<Response> {
    all(&write.actor.scope)?;
    let reason = why.reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > 500) {
        let text = ("理由不超过 500 字。", "A reason has at most 500 characters.");
        return Err(Error::invalid("reason_invalid", text.0, text.1).at("reason").into());
    }
    let (now, by, audit) = (write.now, write.actor.staff, write.audit());
    let tiers = tiers(&app);
    let done = write
        .run(&app, StatusCode::OK, move |tx| {
            let run = runs::find(tx, id)?;
            if !runs::turn(tx, id, from, to)? {
                return Err(Error::conflict(
                    "run_state",
                    "该批次当前状态不允许此操作。",
                    "The run is not in a state that allows this.",
                ));
            }
            match word {
                "approve" => {
                    runs::decided(tx, id, by, reason.as_deref())?;
                    work::enqueue(tx, now, id, Some(by))?;
                }
                "resume" => {
                    work::enqueue(tx, now, id, Some(by))?;
                }
                "cancel" => {
                    runs::finish(tx, now, id)?;
                }
                _ => {}
            }
            let detail = serde_json::json!({"reason": reason, "lowered": run.report.lowered});
            audit.note(tx, &format!("level_run.{word}"), id, &detail)?;
            runs::find(tx, id)
        })
        .await?;
    tiers.touch();
    Ok(done)
}

/// Let a run go on that waits at the brake, or do what was only looked at.
#[utoipa::path(post, path = "/tiering/runs/{id}/approve", tag = "tiering", operation_id = "approve_level_run",
    params(("id" = String, Path)), request_body = Why, responses((status = 200, body = Run), WriteProblems))]
pub(super) async fn approve(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path(id): Path<uuid::Uuid>,
    Json(why): Json<Why>,
) -> Result<Response> {
    turn(app, write, id, why, "approve", &["waiting_approval", "preview"], "running").await
}

/// Stop a run for now.
#[utoipa::path(post, path = "/tiering/runs/{id}/pause", tag = "tiering", operation_id = "pause_level_run",
    params(("id" = String, Path)), request_body = Why, responses((status = 200, body = Run), WriteProblems))]
pub(super) async fn pause(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path(id): Path<uuid::Uuid>,
    Json(why): Json<Why>,
) -> Result<Response> {
    turn(app, write, id, why, "pause", &["running"], "paused").await
}

/// Take a paused run up again.
#[utoipa::path(post, path = "/tiering/runs/{id}/resume", tag = "tiering", operation_id = "resume_level_run",
    params(("id" = String, Path)), request_body = Why, responses((status = 200, body = Run), WriteProblems))]
pub(super) async fn resume(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path(id): Path<uuid::Uuid>,
    Json(why): Json<Why>,
) -> Result<Response> {
    turn(app, write, id, why, "resume", &["paused"], "running").await
}

/// Give a run up. What it has done already stays.
#[utoipa::path(post, path = "/tiering/runs/{id}/cancel", tag = "tiering", operation_id = "cancel_level_run",
    params(("id" = String, Path)), request_body = Why, responses((status = 200, body = Run), WriteProblems))]
pub(super) async fn cancel(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path(id): Path<uuid::Uuid>,
    Json(why): Json<Why>,
) -> Result<Response> {
    turn(app, write, id, why, "cancel", &["running", "paused", "waiting_approval", "preview"], "cancelled").await
}
