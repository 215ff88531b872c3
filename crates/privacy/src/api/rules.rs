//! `/privacy/settings` and `/privacy/retention`.

use super::holders;
use crate::retention::{self, Due};
use crate::work::Retain;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Asking, Can, Write, may};
use zunke_customers::privacy::settings::{self, Retention, Settings};
use zunke_http::{App, IfMatch, Json, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::id::JobId;
use zunke_service::store::calendars;
use zunke_store::jobs::{self, NewJob};

/// How long requests may take, what is forgotten when, which exports need a second person.
#[utoipa::path(get, path = "/privacy/settings", tag = "privacy", operation_id = "get_privacy_settings",
    responses((status = 200, body = Settings), ReadProblems))]
pub(super) async fn get(State(app): State<App>, _: Can<may::ManagePrivacy>) -> Result<Versioned<Settings>> {
    let found = app.db.read_async(settings::load).await?;
    Ok(Versioned(found.version, found))
}

/// Change the settings of privacy. What was forgotten by them does not come back.
#[utoipa::path(put, path = "/privacy/settings", tag = "privacy", operation_id = "put_privacy_settings",
    request_body = Settings, responses((status = 200, body = Settings), WriteProblems))]
pub(super) async fn put(
    State(app): State<App>,
    write: Write<may::ManagePrivacy>,
    if_match: IfMatch,
    Json(body): Json<Settings>,
) -> Result<Response> {
    body.check()?;
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let before = settings::lock(tx, now)?;
            if_match.check(before.version)?;
            if let Some(id) = body.calendar_id {
                calendars::require(tx, id)?;
            }
            let saved = settings::save(tx, now, &body)?;
            audit.note(tx, "privacy.settings", "privacy", &json!({ "before": before, "after": saved }))?;
            Ok(saved)
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PrivacyRetentionQuestion)]
pub(super) struct Question {
    /// The rules to be tried; those that stand where it is left out.
    #[serde(default)]
    retention: Option<Vec<Retention>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PrivacyRetentionAnswer)]
pub(super) struct Answer {
    items: Vec<Due>,
}

/// What rules of retention would forget now, without forgetting anything.
#[utoipa::path(post, path = "/privacy/retention/preview", tag = "privacy", operation_id = "preview_privacy_retention",
    request_body = Question, responses((status = 200, body = Answer), ReadProblems))]
pub(super) async fn preview(
    State(app): State<App>,
    _: Asking<may::ManagePrivacy>,
    Json(body): Json<Question>,
) -> Result<axum::Json<Answer>> {
    let (now, holders) = (app.now(), holders(&app)?);
    let items = app
        .db
        .read_async(move |tx| {
            let stand = settings::load(tx)?;
            let asked = Settings { retention: body.retention.unwrap_or(stand.retention.clone()), ..stand };
            asked.check()?;
            retention::preview(tx, now, &holders, &asked.retention)
        })
        .await?;
    Ok(axum::Json(Answer { items }))
}

#[derive(Serialize, ToSchema)]
#[schema(as = PrivacyRetentionRun)]
struct Run {
    job_id: JobId,
}

/// Forget now what the rules say, instead of in the coming night.
#[utoipa::path(post, path = "/privacy/retention/run", tag = "privacy", operation_id = "run_privacy_retention",
    responses((status = 202, body = Run), WriteProblems))]
pub(super) async fn run(State(app): State<App>, write: Write<may::ManagePrivacy>) -> Result<Response> {
    let (now, by, audit) = (write.now, write.actor.staff, write.audit());
    write
        .run(&app, StatusCode::ACCEPTED, move |tx| {
            let job = NewJob {
                dedup_key: Some(Retain::KIND.to_owned()),
                created_by: Some(by),
                ..NewJob::new(Retain::KIND, json!({}), now)
            };
            let job_id = jobs::enqueue(tx, now, job)?;
            audit.note(tx, "privacy.retention_run", "privacy", &json!({ "job": job_id }))?;
            Ok(Run { job_id })
        })
        .await
}
