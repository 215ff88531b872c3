//! `/security-policy`: what the house asks of a login.

use crate::role::may;
use crate::security::{self, SecurityPolicy};
use crate::{Can, Write};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use zunke_http::{App, IfMatch, Json, ReadProblems, Result, Versioned, WriteProblems};

/// What the house asks of a login.
#[utoipa::path(get, path = "/security-policy", tag = "access", operation_id = "get_security_policy",
    responses((status = 200, body = SecurityPolicy), ReadProblems))]
pub(super) async fn get(State(app): State<App>, _: Can<may::ManageSecurity>) -> Result<Versioned<SecurityPolicy>> {
    let found = app.db.read_async(security::load).await?;
    Ok(Versioned(found.version, found))
}

/// Set what the house asks of a login. Sessions that last longer are shortened at once; who lacks a second step that is
/// asked for sets it up before anything else.
#[utoipa::path(put, path = "/security-policy", tag = "access", operation_id = "put_security_policy",
    request_body = SecurityPolicy, responses((status = 200, body = SecurityPolicy), WriteProblems))]
pub(super) async fn put(
    State(app): State<App>,
    write: Write<may::ManageSecurity>,
    if_match: IfMatch,
    Json(body): Json<SecurityPolicy>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    body.check()?;
    write
        .run(&app, StatusCode::OK, move |tx| {
            let before = security::load(tx)?;
            if_match.check(before.version)?;
            let saved = security::save(tx, now, &body, before.version)?;
            audit.note(tx, "security.change", "security", &json!({"before": before, "after": saved}))?;
            Ok(saved)
        })
        .await
}
