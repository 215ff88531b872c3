//! `/tiering/programmes/{id}/versions`: publishing at once or from a day on, looking at what was, comparing, and
//! bringing an old version back.

use super::programmes::current;
use super::{check_day, refuse_faults, tiers};
use crate::compare::{Difference, compare};
use crate::decision::Cause;
use crate::inputs;
use crate::publish::plan;
use crate::rules::Rules;
use crate::store::programmes as table;
use crate::store::versions::{self, Publication, Version};
use crate::work;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Asking, Can, Write, may, settings};
use zunke_http::{App, IfMatch, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{JobId, ProgrammeId, StaffId};
use zunke_kernel::{Day, Error, Instant};
use zunke_store::{Tx, audit, jobs};

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Publication)]
pub(super) struct Publishing {
    /// Why; at most 500 characters. Bringing an old version back needs one.
    note: String,
    /// The day from which it holds, in the organisation's zone; at once where none is given.
    effective_from: Option<Day>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Published {
    #[serde(flatten)]
    published: Version,
    /// The evaluation of everyone that follows, or the job that waits for the day.
    job_id: JobId,
}

impl Publishing {
    /// The day, where it is still to come; an error where it is past.
    fn day(&self, today: Day) -> zunke_kernel::Result<Option<Day>> {
        match check_day(self.effective_from).map_err(|error| error.at("effective_from"))? {
            Some(day) if day < today => Err(Error::invalid(
                "day_past",
                format!("生效日期不能早于今天（{today}）。"),
                format!("Rules can't take effect before today ({today})."),
            )
            .at("effective_from")),
            Some(day) if day == today => Ok(None),
            day => Ok(day),
        }
    }

    fn check(&self) -> zunke_kernel::Result<()> {
        if self.note.chars().count() > 500 {
            return Err(Error::invalid(
                "text_too_long",
                "说明最多 500 个字符。",
                "The note has at most 500 characters.",
            )
            .at("note"));
        }
        Ok(())
    }

    /// Publishes and queues what follows.
    fn publish(
        &self,
        tx: &mut Tx,
        now: Instant,
        by: StaffId,
        id: ProgrammeId,
        rules: &Rules,
        restored_from: Option<i64>,
    ) -> zunke_kernel::Result<Published> {
        if table::find(tx, id)?.archived_at.is_some() {
            return Err(Error::conflict(
                "programme_archived",
                "该体系已停用，请先恢复使用。",
                "This programme is set aside: take it up again first.",
            ));
        }
        refuse_faults(inputs::check(tx, rules)?)?;
        let zone = settings::load(tx)?.zone();
        // A pinned day is for looking at figures; rules hold by the calendar.
        let from = self.day(zone.day_of(now))?;
        let publication = Publication { rules, note: self.note.trim(), by: Some(by), from, restored_from };
        let published = versions::publish(tx, now, id, &publication)?;
        let job_id = match from {
            Some(day) => plan(tx, now, published.id, day, &zone, Some(by))?,
            None => {
                work::schedule(tx, now, &zone)?;
                work::enqueue(tx, now, None, Cause::Rules, Some(by))?
            }
        };
        let detail = serde_json::json!({"version": published.number, "note": published.note,
            "effective_from": from, "restored_from": restored_from});
        let action = if restored_from.is_some() { "programme.restore" } else { "programme.publish" };
        audit::write(tx, now, Some(by), action, &id.to_string(), &detail)?;
        Ok(Published { published, job_id })
    }
}

/// Publish the draft as the next version, at once or from a day on. Everyone is evaluated when it begins to hold.
#[utoipa::path(post, path = "/tiering/programmes/{id}/publish", tag = "tiering", operation_id = "publish_programme",
    params(("id" = ProgrammeId, Path)), request_body = Publishing,
    responses((status = 200, body = Published), WriteProblems))]
pub(super) async fn publish(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    if_match: IfMatch,
    Path(id): Path<ProgrammeId>,
    Json(publishing): Json<Publishing>,
) -> Result<Response> {
    super::everyone(&write.actor.scope)?;
    publishing.check()?;
    let (now, by) = (write.now, write.actor.staff);
    let response = write
        .run(&app, StatusCode::OK, move |tx| {
            let programme = table::find(tx, id)?;
            if_match.check(programme.draft_version)?;
            let Some(rules) = table::draft(tx, id)? else {
                return Err(Error::conflict(
                    "nothing_to_publish",
                    "没有待发布的修改。",
                    "There is no draft to publish.",
                ));
            };
            publishing.publish(tx, now, by, id, &rules, None)
        })
        .await?;
    tiers(&app).touch();
    Ok(response)
}

#[derive(Serialize, ToSchema)]
pub(super) struct Versions {
    items: Vec<Version>,
    next: Option<String>,
}

/// All versions of a programme, newest first; one that waits for its day is among them.
#[utoipa::path(get, path = "/tiering/programmes/{id}/versions", tag = "tiering", operation_id = "list_versions",
    params(("id" = ProgrammeId, Path)), responses((status = 200, body = Versions), ReadProblems))]
pub(super) async fn versions(
    State(app): State<App>,
    _: Can<may::ReadTiering>,
    Path(id): Path<ProgrammeId>,
) -> Result<axum::Json<Versions>> {
    let items = app
        .db
        .read_async(move |tx| {
            table::find(tx, id)?;
            versions::list(tx, id)
        })
        .await?;
    Ok(axum::Json(Versions { items, next: None }))
}

/// A version with its rules.
#[derive(Serialize, ToSchema)]
#[schema(as = TierVersionWhole)]
pub(super) struct Whole {
    #[serde(flatten)]
    version: Version,
    rules: Rules,
}

/// One version with its rules, as they were.
#[utoipa::path(get, path = "/tiering/programmes/{id}/versions/{number}", tag = "tiering", operation_id = "get_version",
    params(("id" = ProgrammeId, Path), ("number" = i64, Path)),
    responses((status = 200, body = Whole), ReadProblems))]
pub(super) async fn version(
    State(app): State<App>,
    _: Can<may::ReadTiering>,
    Path((id, number)): Path<(ProgrammeId, i64)>,
) -> Result<axum::Json<Whole>> {
    let whole = app
        .db
        .read_async(move |tx| {
            let version = versions::of_number(tx, id, number)?;
            let rules = table::rules(tx, version.id)?.as_ref().clone();
            Ok(Whole { version, rules })
        })
        .await?;
    Ok(axum::Json(whole))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct With {
    /// The number of the version to compare with; the one that held before where none is given.
    with: Option<i64>,
}

/// What has changed from one version to another.
#[derive(Serialize, ToSchema)]
#[schema(as = VersionComparison)]
pub(super) struct Comparison {
    /// The earlier one; absent where there is none.
    from: Option<i64>,
    /// The later one; absent for a draft.
    to: Option<i64>,
    items: Vec<Difference>,
}

/// What a version changed, in plain words.
#[utoipa::path(get, path = "/tiering/programmes/{id}/versions/{number}/changes", tag = "tiering",
    operation_id = "compare_versions", params(("id" = ProgrammeId, Path), ("number" = i64, Path), With),
    responses((status = 200, body = Comparison), ReadProblems))]
pub(super) async fn changes(
    State(app): State<App>,
    _: Can<may::ReadTiering>,
    Path((id, number)): Path<(ProgrammeId, i64)>,
    Query(With { with }): Query<With>,
) -> Result<axum::Json<Comparison>> {
    let comparison = app
        .db
        .read_async(move |tx| {
            let version = versions::of_number(tx, id, number)?;
            let before = match with {
                Some(with) => Some(versions::of_number(tx, id, with)?),
                None => versions::list(tx, id)?.into_iter().find(|each| each.number < number && each.live_at.is_some()),
            };
            let currency = settings::load(tx)?.currency;
            let after = table::rules(tx, version.id)?;
            let (from, items) = match before {
                Some(before) => (Some(before.number), compare(&*table::rules(tx, before.id)?, &after, currency)),
                None => (None, Vec::new()),
            };
            Ok(Comparison { from, to: Some(number), items })
        })
        .await?;
    Ok(axum::Json(comparison))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Compared {
    /// The stored draft where none are given.
    rules: Option<Rules>,
}

/// What rules would change of those that hold now, in plain words.
#[utoipa::path(post, path = "/tiering/programmes/{id}/compare", tag = "tiering", operation_id = "compare_rules",
    params(("id" = ProgrammeId, Path)), request_body = Compared,
    responses((status = 200, body = Comparison), WriteProblems))]
pub(super) async fn compare_draft(
    State(app): State<App>,
    _: Asking<may::SimulateTiering>,
    Path(id): Path<ProgrammeId>,
    Json(compared): Json<Compared>,
) -> Result<axum::Json<Comparison>> {
    let comparison = app
        .db
        .read_async(move |tx| {
            let after = current(tx, id, compared.rules)?;
            let Some(published) = table::find(tx, id)?.published else {
                return Ok(Comparison { from: None, to: None, items: Vec::new() });
            };
            let (before, version) = (table::rules(tx, published)?, versions::of_id(tx, published)?);
            let items = compare(&before, &after, settings::load(tx)?.currency);
            Ok(Comparison { from: Some(version.number), to: None, items })
        })
        .await?;
    Ok(axum::Json(comparison))
}

/// Publish the rules of an old version again, as a new one; levels keep their ids, and a draft stays as it is.
#[utoipa::path(post, path = "/tiering/programmes/{id}/versions/{number}/restore", tag = "tiering",
    operation_id = "restore_version", params(("id" = ProgrammeId, Path), ("number" = i64, Path)),
    request_body = Publishing, responses((status = 200, body = Published), WriteProblems))]
pub(super) async fn restore(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path((id, number)): Path<(ProgrammeId, i64)>,
    Json(publishing): Json<Publishing>,
) -> Result<Response> {
    super::everyone(&write.actor.scope)?;
    publishing.check()?;
    if publishing.note.trim().is_empty() {
        return Err(Error::invalid("note_missing", "请写明恢复旧版本的原因。", "Say why the old version comes back.")
            .at("note")
            .into());
    }
    let (now, by) = (write.now, write.actor.staff);
    let response = write
        .run(&app, StatusCode::OK, move |tx| {
            let version = versions::of_number(tx, id, number)?;
            if version.state == "published" {
                return Err(Error::conflict(
                    "version_in_force",
                    "该版本正在生效，无需恢复。",
                    "This version is in force already.",
                ));
            }
            let rules = table::rules(tx, version.id)?;
            publishing.publish(tx, now, by, id, &rules, Some(number))
        })
        .await?;
    tiers(&app).touch();
    Ok(response)
}

/// Take back a version that waits for its day. Its rules are the draft again, unless there is another draft.
#[utoipa::path(post, path = "/tiering/programmes/{id}/versions/{number}/cancel", tag = "tiering",
    operation_id = "cancel_version", params(("id" = ProgrammeId, Path), ("number" = i64, Path)),
    responses((status = 200, body = Version), WriteProblems))]
pub(super) async fn cancel(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path((id, number)): Path<(ProgrammeId, i64)>,
) -> Result<Response> {
    super::everyone(&write.actor.scope)?;
    let (now, by) = (write.now, write.actor.staff);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let job = versions::cancel(tx, id, number)?;
            if let Some(job) = job {
                jobs::cancel(tx, now, job)?;
            }
            let detail = serde_json::json!({"version": number});
            audit::write(tx, now, Some(by), "programme.cancel", &id.to_string(), &detail)?;
            versions::of_number(tx, id, number)
        })
        .await
}
