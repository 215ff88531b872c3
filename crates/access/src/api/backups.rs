//! `/backups`: what there is, when the next one is made, one now, and taking one to a safe place.

use crate::backups::{self, Backups, Kept, Settings};
use crate::role::may;
use crate::settings as organisation;
use crate::{Can, Write};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use serde::Serialize;
use serde_json::json;
use tokio::io::AsyncReadExt;
use utoipa::ToSchema;
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::id::JobId;
use zunke_kernel::{Error, Instant};
use zunke_store::{audit, jobs};

/// The backups that are there.
#[derive(Serialize, ToSchema)]
#[schema(as = BackupList)]
pub(super) struct List {
    /// The newest first.
    items: Vec<Kept>,
    /// Where they are on the server.
    folder: String,
    /// When the next one is made by itself.
    next_at: Option<Instant>,
    /// The job that is making one, or will at once.
    running: Option<JobId>,
    /// What the last attempt failed of, where no newer one succeeded.
    failed: Option<Failed>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = BackupFailed)]
pub(super) struct Failed {
    at: Option<Instant>,
    detail: String,
}

/// A backup that was asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = BackupAsked)]
pub(super) struct Asked {
    job_id: JobId,
}

fn room(app: &App) -> zunke_kernel::Result<Backups> {
    // A house without a folder for them has none.
    app.get::<Backups>().ok_or_else(Error::not_found)
}

/// The backups that are there.
#[utoipa::path(get, path = "/backups", tag = "access", operation_id = "list_backups",
    responses((status = 200, body = List), ReadProblems))]
pub(super) async fn list(State(app): State<App>, can: Can<may::ManageBackups>) -> Result<axum::Json<List>> {
    let backups = room(&app)?;
    let folder = backups.folder.display().to_string();
    let locale = can.locale;
    let items = tokio::task::spawn_blocking(move || backups.list()).await.map_err(Error::internal)??;
    let (next_at, last) = app
        .db
        .read_async(|tx| {
            let kind = backups::MakeBackup::KIND;
            let next = jobs::schedules(tx)?.into_iter().find(|one| one.kind == kind).map(|one| one.next_at);
            let filter = jobs::Filter { kind: Some(kind.to_owned()), ..jobs::Filter::default() };
            Ok((next, jobs::list(tx, &filter, 1)?.pop()))
        })
        .await?;
    let is = |state: jobs::State| last.as_ref().filter(|job| job.state == state);
    let running = is(jobs::State::Running).or(is(jobs::State::Queued)).map(|job| job.id);
    let failed = is(jobs::State::Dead).or(is(jobs::State::Waiting)).and_then(|job| {
        let error = job.error.as_ref()?;
        Some(Failed { at: job.finished_at.or(job.started_at), detail: error.text.get(locale).to_owned() })
    });
    Ok(axum::Json(List { items, folder, next_at, running, failed }))
}

/// Make a backup now, as a job.
#[utoipa::path(post, path = "/backups", tag = "access", operation_id = "create_backup",
    responses((status = 202, body = Asked), WriteProblems))]
pub(super) async fn create(State(app): State<App>, write: Write<may::ManageBackups>) -> Result<Response> {
    room(&app)?;
    let (by, now) = (write.actor.staff, write.now);
    write
        .run(&app, StatusCode::ACCEPTED, move |tx| {
            let job_id = backups::ask(tx, now, by)?;
            audit::write(tx, now, Some(by), "backup.ask", "backup", &json!({ "job": job_id }))?;
            Ok(Asked { job_id })
        })
        .await
}

/// When backups are made by themselves, and how many are kept.
#[utoipa::path(get, path = "/backups/settings", tag = "access", operation_id = "get_backup_settings",
    responses((status = 200, body = Settings), ReadProblems))]
pub(super) async fn settings(State(app): State<App>, _: Can<may::ManageBackups>) -> Result<Versioned<Settings>> {
    let settings = app.db.read_async(backups::load).await?;
    Ok(Versioned(settings.version, settings))
}

/// Change when they are made and how many are kept.
#[utoipa::path(put, path = "/backups/settings", tag = "access", operation_id = "update_backup_settings",
    request_body = Settings,
    responses((status = 200, body = Settings), WriteProblems))]
pub(super) async fn change(
    State(app): State<App>,
    write: Write<may::ManageBackups>,
    if_match: IfMatch,
    Json(after): Json<Settings>,
) -> Result<Response> {
    let (by, now) = (write.actor.staff, write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let before = backups::lock(tx, now)?;
            if_match.check(before.version)?;
            let zone = organisation::load(tx)?.zone();
            let saved = backups::save(tx, now, &zone, &before, &after)?;
            audit::write(tx, now, Some(by), "backup.settings", "backup", &json!({ "before": before, "after": saved }))?;
            Ok(saved)
        })
        .await
}

/// Take a backup to a safe place. It is sealed with the key ring, which is not inside it.
#[utoipa::path(get, path = "/backups/{id}", tag = "access", operation_id = "download_backup",
    params(("id" = String, Path, description = "The name of its file")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), ReadProblems))]
pub(super) async fn download(
    State(app): State<App>,
    can: Can<may::ManageBackups>,
    Path(name): Path<String>,
) -> Result<Response> {
    let path = room(&app)?.path(&name)?;
    let file = tokio::fs::File::open(&path).await.map_err(Error::internal)?;
    let bytes = file.metadata().await.map_err(Error::internal)?.len();
    let (by, now, subject) = (can.staff, app.now(), name.clone());
    app.db
        .write_async(move |tx| audit::write(tx, now, Some(by), "backup.download", &subject, &json!({ "bytes": bytes })))
        .await?;
    let pieces = futures_util::stream::unfold(file, |mut file| async move {
        let mut piece = vec![0; 256 * 1024];
        match file.read(&mut piece).await {
            Ok(0) => None,
            Ok(read) => {
                piece.truncate(read);
                Some((Ok(Bytes::from(piece)), file))
            }
            Err(error) => Some((Err(error), file)),
        }
    })
    // The connection may ask once more after the end.
    .fuse();
    let head = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, bytes.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((head, Body::from_stream(pieces)).into_response())
}

/// Remove a backup.
#[utoipa::path(delete, path = "/backups/{id}", tag = "access", operation_id = "delete_backup",
    params(("id" = String, Path, description = "The name of its file")),
    responses((status = 204, description = "Removed"), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::ManageBackups>,
    Path(name): Path<String>,
) -> Result<Response> {
    let backups = room(&app)?;
    let (by, now) = (write.actor.staff, write.now);
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            let path = backups.path(&name)?;
            audit::write(tx, now, Some(by), "backup.delete", &name, &json!({}))?;
            std::fs::remove_file(path).map_err(Error::internal)
        })
        .await
}
