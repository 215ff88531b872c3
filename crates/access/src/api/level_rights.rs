//! `/level-rights`: what each role may do with customers of each level.

use crate::level_rights::{self, LevelRight, LevelRights};
use crate::role::may;
use crate::{Can, Write};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use zunke_http::{App, IfMatch, Json, ReadProblems, Result, Versioned, WriteProblems};

/// What is held back, by role and level; what is not named is allowed.
#[utoipa::path(get, path = "/level-rights", tag = "access", operation_id = "get_level_rights",
    responses((status = 200, body = LevelRights), ReadProblems))]
pub(super) async fn get(State(app): State<App>, _: Can<may::ManageStaff>) -> Result<Versioned<LevelRights>> {
    let found = app.db.read_async(level_rights::load).await?;
    Ok(Versioned(found.version, found))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LevelRightsChange)]
pub(super) struct Body {
    /// All that is held back from now on.
    rights: Vec<LevelRight>,
}

/// Set what each role may do with customers of each level. It holds from the next request on.
#[utoipa::path(put, path = "/level-rights", tag = "access", operation_id = "put_level_rights", request_body = Body,
    responses((status = 200, body = LevelRights), WriteProblems))]
pub(super) async fn put(
    State(app): State<App>,
    write: Write<may::ManageStaff>,
    if_match: IfMatch,
    Json(body): Json<Body>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let before = level_rights::lock(tx, now)?;
            if_match.check(before.version)?;
            let after = LevelRights { rights: body.rights.clone(), version: before.version }.check()?;
            let saved = level_rights::save(tx, now, &after)?;
            let detail = json!({"before": before.rights, "after": saved.rights});
            audit.note(tx, "level_rights.change", "level_rights", &detail)?;
            Ok(saved)
        })
        .await
}
