//! `/organisation`: the company itself.

use crate::role::may;
use crate::settings::{self, Guards, Organisation};
use crate::{Actor, Write};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use zunke_http::{App, IfMatch, Json, ReadProblems, Result, Versioned, WriteProblems};
use zunke_store::audit;

/// The organisation.
#[utoipa::path(get, path = "/organisation", tag = "access", operation_id = "get_organisation",
    responses((status = 200, body = Organisation), ReadProblems))]
pub(super) async fn get(State(app): State<App>, _: Actor) -> Result<Versioned<Organisation>> {
    let organisation = app.db.read_async(settings::load).await?;
    Ok(Versioned(organisation.version, organisation))
}

/// Change the organisation. Time zone and currency stand once there are activities.
#[utoipa::path(put, path = "/organisation", tag = "access", operation_id = "update_organisation",
    request_body = Organisation,
    responses((status = 200, body = Organisation), WriteProblems))]
pub(super) async fn put(
    State(app): State<App>,
    write: Write<may::ManageOrganisation>,
    if_match: IfMatch,
    Json(after): Json<Organisation>,
) -> Result<Response> {
    let guards = app.get::<Guards>().unwrap_or_default();
    let (by, now) = (write.actor.staff, write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let before = settings::lock(tx, now)?;
            if_match.check(before.version)?;
            let saved = settings::save(tx, now, &after, &guards)?;
            let detail = json!({"before": before, "after": saved});
            audit::write(tx, now, Some(by), "organisation.change", "organisation", &detail)?;
            Ok(saved)
        })
        .await
}
