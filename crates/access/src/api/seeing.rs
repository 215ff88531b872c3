//! `/session/see-as`: an administrator looks at the product with another person's eyes. Reading only, for an hour, and in
//! the record.

use crate::Asking;
use crate::actor::SignedIn;
use crate::role::{Role, may};
use crate::store::{sessions, staff as table};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_http::{App, Json, Result, WriteProblems};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant};
use zunke_store::audit;

/// It ends by itself after so long.
const MINUTES: i64 = 60;
const REASON_CHARS_MAX: usize = 200;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SeeAs)]
pub(super) struct Body {
    /// Whose eyes. Not an administrator's.
    staff_id: StaffId,
    /// Why; kept in the audit record.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SeeingAs)]
pub(super) struct Seeing {
    staff_id: StaffId,
    name: String,
    /// It ends then by itself.
    until: Instant,
}

/// See the product as another person does: the same customers, fields and pages. Nothing can be changed, taken out or
/// revealed meanwhile.
#[utoipa::path(post, path = "/session/see-as", tag = "access", operation_id = "see_as", request_body = Body,
    responses((status = 200, body = Seeing), WriteProblems))]
pub(super) async fn begin(
    State(app): State<App>,
    _: Asking<may::ManageStaff>,
    me: SignedIn,
    parts: Parts,
    Json(body): Json<Body>,
) -> Result<axum::Json<Seeing>> {
    let session = me.session()?;
    let reason = body.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return Err(Error::invalid(
            "reason_required",
            format!("请填写原因（1 到 {REASON_CHARS_MAX} 个字）。"),
            format!("Please give a reason (1 to {REASON_CHARS_MAX} characters)."),
        )
        .at("reason")
        .into());
    }
    let (by, now, origin) = (me.actor.staff, app.now(), crate::write::origin(&parts));
    let until = now.plus_secs(MINUTES * 60);
    let seeing = app
        .db
        .write_async(move |tx| {
            let other = table::find(tx, body.staff_id)?.filter(|staff| staff.active).ok_or_else(|| {
                Error::invalid(
                    "staff_unknown",
                    "没有该员工，或已停用。",
                    "There is no such member of staff, or not any more.",
                )
                .at("staff_id")
            })?;
            if other.role == Role::Administrator {
                return Err(Error::invalid(
                    "administrator_unseen",
                    "不能以管理员的身份查看。",
                    "Nobody sees the product as an administrator does but an administrator.",
                )
                .at("staff_id"));
            }
            sessions::see_as(tx, session, Some((other.id, until)))?;
            let detail = json!({ "reason": reason, "until": until, "name": other.name });
            audit::write_from(tx, now, Some(by), origin, "session.see_as", &other.id.to_string(), &detail)?;
            Ok(Seeing { staff_id: other.id, name: other.name, until })
        })
        .await?;
    Ok(axum::Json(seeing))
}

/// See with one's own eyes again.
#[utoipa::path(delete, path = "/session/see-as", tag = "access", operation_id = "stop_seeing_as",
    responses((status = 204, description = "Ended"), WriteProblems))]
pub(super) async fn end(State(app): State<App>, me: SignedIn, parts: Parts) -> Result<StatusCode> {
    let session = me.own_session()?;
    if let Some(by) = me.actor.seen_by {
        let (now, other, origin) = (app.now(), me.actor.staff, crate::write::origin(&parts));
        app.db
            .write_async(move |tx| {
                sessions::see_as(tx, session, None)?;
                let subject = other.to_string();
                audit::write_from(tx, now, Some(by), origin, "session.see_as_end", &subject, &json!({}))
            })
            .await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
