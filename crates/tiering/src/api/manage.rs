//! Several programmes side by side: renaming, setting aside, choosing the primary one, and a customer's levels in all.

use super::programmes::{Whole, check_name, whole};
use super::tiers;
use crate::explain::LevelFace;
use crate::primary;
use crate::store::memberships::{self, Crossing};
use crate::store::programmes as table;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::{Can, Write, may};
use zunke_customers::CustomerQuery;
use zunke_http::{App, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, JobId, ProgrammeId};
use zunke_kernel::{Day, Text};
use zunke_store::audit;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProgrammeChange {
    name: Text,
}

/// Give a programme another name.
#[utoipa::path(patch, path = "/tiering/programmes/{id}", tag = "tiering", operation_id = "update_programme",
    params(("id" = ProgrammeId, Path)), request_body = ProgrammeChange,
    responses((status = 200, body = Whole), WriteProblems))]
pub(super) async fn change(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path(id): Path<ProgrammeId>,
    Json(change): Json<ProgrammeChange>,
) -> Result<Response> {
    super::everyone(&write.actor.scope)?;
    check_name(&change.name)?;
    let (now, by) = (write.now, write.actor.staff);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let before = table::find(tx, id)?.name;
            let name = Text::new(change.name.zh.trim(), change.name.en.trim());
            table::rename(tx, id, &name)?;
            let detail = serde_json::json!({"before": before, "after": name});
            audit::write(tx, now, Some(by), "programme.rename", &id.to_string(), &detail)?;
            whole(tx, id)
        })
        .await
}

async fn set_aside(app: App, write: Write<may::ManageTiering>, id: ProgrammeId, aside: bool) -> Result<Response> {
    super::everyone(&write.actor.scope)?;
    let (now, by) = (write.now, write.actor.staff);
    let response = write
        .run(&app, StatusCode::OK, move |tx| {
            table::find(tx, id)?;
            table::archive(tx, id, aside.then_some(now))?;
            let action = if aside { "programme.archive" } else { "programme.restore_use" };
            audit::write(tx, now, Some(by), action, &id.to_string(), &serde_json::json!({}))?;
            whole(tx, id)
        })
        .await?;
    tiers(&app).touch();
    Ok(response)
}

/// Set a programme aside: it decides nothing any more, and what it decided stays on record.
#[utoipa::path(post, path = "/tiering/programmes/{id}/archive", tag = "tiering", operation_id = "archive_programme",
    params(("id" = ProgrammeId, Path)), responses((status = 200, body = Whole), WriteProblems))]
pub(super) async fn archive(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path(id): Path<ProgrammeId>,
) -> Result<Response> {
    set_aside(app, write, id, true).await
}

/// Take a programme up again.
#[utoipa::path(post, path = "/tiering/programmes/{id}/unarchive", tag = "tiering",
    operation_id = "unarchive_programme", params(("id" = ProgrammeId, Path)),
    responses((status = 200, body = Whole), WriteProblems))]
pub(super) async fn unarchive(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path(id): Path<ProgrammeId>,
) -> Result<Response> {
    set_aside(app, write, id, false).await
}

/// What lists of customers would say if this programme were the primary one.
#[derive(Serialize, ToSchema)]
pub(super) struct PrimaryPreview {
    /// The levels that lists show now.
    from: Vec<LevelFace>,
    /// The levels that they would show.
    to: Vec<LevelFace>,
    /// Customers from rank to rank; rank 0 is no level.
    items: Vec<Crossing>,
    /// The day as of which this programme was last evaluated; none: its levels are not known yet.
    as_of: Option<Day>,
}

/// What lists would say if this programme were the primary one. Within the reader's scope.
#[utoipa::path(get, path = "/tiering/programmes/{id}/primary", tag = "tiering",
    operation_id = "preview_primary_programme", params(("id" = ProgrammeId, Path)),
    responses((status = 200, body = PrimaryPreview), ReadProblems))]
pub(super) async fn preview_primary(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Path(id): Path<ProgrammeId>,
) -> Result<axum::Json<PrimaryPreview>> {
    let scope = can.scope.clone();
    let preview = app
        .db
        .read_async(move |tx| {
            let programme = table::find(tx, id)?;
            let mut faces = |version: Option<zunke_kernel::id::VersionId>| match version {
                Some(version) => Ok(table::rules(tx, version)?.levels.iter().map(LevelFace::from).collect::<Vec<_>>()),
                None => Ok::<_, zunke_kernel::Error>(Vec::new()),
            };
            let to = faces(programme.published)?;
            let primary = table::primary(tx)?.and_then(|primary| primary.published);
            let from = match primary {
                Some(version) => table::rules(tx, version)?.levels.iter().map(LevelFace::from).collect(),
                None => Vec::new(),
            };
            let items = memberships::crossings(tx, &scope, id)?;
            Ok(PrimaryPreview { from, to, items, as_of: programme.evaluated_as_of })
        })
        .await?;
    Ok(axum::Json(preview))
}

#[derive(Serialize, ToSchema)]
pub(super) struct PrimaryChosen {
    #[serde(flatten)]
    programme: Whole,
    /// By which lists follow.
    job_id: JobId,
}

/// Make a programme the primary one: its levels stand in lists, filters and rights per level from now on.
#[utoipa::path(post, path = "/tiering/programmes/{id}/primary", tag = "tiering",
    operation_id = "choose_primary_programme", params(("id" = ProgrammeId, Path)),
    responses((status = 200, body = PrimaryChosen), WriteProblems))]
pub(super) async fn choose_primary(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path(id): Path<ProgrammeId>,
) -> Result<Response> {
    super::everyone(&write.actor.scope)?;
    let (now, by) = (write.now, write.actor.staff);
    let response = write
        .run(&app, StatusCode::OK, move |tx| {
            table::find(tx, id)?;
            let before = table::primary(tx)?.map(|primary| primary.id);
            table::make_primary(tx, id)?;
            let job_id = primary::enqueue(tx, now, id, Some(by))?;
            let detail = serde_json::json!({"before": before});
            audit::write(tx, now, Some(by), "programme.primary", &id.to_string(), &detail)?;
            Ok(PrimaryChosen { programme: whole(tx, id)?, job_id })
        })
        .await?;
    tiers(&app).touch();
    Ok(response)
}

/// A customer's level in one programme.
#[derive(Serialize, ToSchema)]
struct CustomerProgramme {
    programme_id: ProgrammeId,
    name: Text,
    is_primary: bool,
    level: Option<LevelFace>,
    since: Option<Day>,
    score: f64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct CustomerProgrammes {
    items: Vec<CustomerProgramme>,
    next: Option<String>,
}

/// A customer's level in every programme that is in use, the primary one first.
#[utoipa::path(get, path = "/customers/{id}/programmes", tag = "tiering", operation_id = "list_customer_programmes",
    params(("id" = CustomerId, Path)), responses((status = 200, body = CustomerProgrammes), ReadProblems))]
pub(super) async fn of_customer(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<CustomerProgrammes>> {
    let scope = can.scope.clone();
    let items = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&scope).find(tx, id)?;
            let on_record = memberships::of(tx, id)?;
            let mut items = Vec::new();
            for programme in table::list(tx)?.into_iter().filter(|each| each.archived_at.is_none()) {
                let Some(version) = programme.published else { continue };
                let own = on_record.iter().find(|own| own.programme == programme.id);
                let rules = table::rules(tx, own.map_or(version, |own| own.version))?;
                let now = table::rules(tx, version)?;
                let level = own.and_then(|own| own.level).and_then(|level| {
                    let of = |rules: &crate::rules::Rules| {
                        rules.levels.iter().find(|each| each.id == level).map(LevelFace::from)
                    };
                    of(&now).or_else(|| of(&rules))
                });
                items.push(CustomerProgramme {
                    programme_id: programme.id,
                    name: programme.name,
                    is_primary: programme.is_primary,
                    since: own.filter(|own| own.level.is_some()).map(|own| own.since),
                    score: own.map_or(0.0, |own| own.score),
                    level,
                });
            }
            Ok(items)
        })
        .await?;
    Ok(axum::Json(CustomerProgrammes { items, next: None }))
}
