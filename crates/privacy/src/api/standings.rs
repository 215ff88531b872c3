//! Restrictions that are lifted, and people who come back by their own will.

use super::needed;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Write, may};
use zunke_customers::CustomerQuery;
use zunke_customers::privacy::{self, standing};
use zunke_http::{App, Json, Path, Result, WriteProblems};
use zunke_kernel::Error;
use zunke_kernel::id::CustomerId;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PrivacyStandingReason)]
pub(super) struct Reason {
    reason: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PrivacyLifted)]
struct Lifted {
    customer_id: CustomerId,
    /// Restrictions lifted, or fingerprints forgotten.
    lifted: i64,
}

/// Lift a restriction: data may be used and changed again.
#[utoipa::path(post, path = "/customers/{id}/restriction/lift", tag = "privacy",
    operation_id = "lift_privacy_restriction", params(("id" = CustomerId, Path)), request_body = Reason,
    responses((status = 200, body = Lifted), WriteProblems))]
pub(super) async fn lift(
    State(app): State<App>,
    write: Write<may::ManagePrivacy>,
    Path(id): Path<CustomerId>,
    Json(body): Json<Reason>,
) -> Result<Response> {
    let reason = needed(&body.reason, "reason", "理由", "the reason")?;
    let (scope, audit) = (write.actor.scope.clone(), write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            CustomerQuery::new(&scope).find(tx, id)?;
            if !standing::lift(tx, id)? {
                let text = ("该客户没有被限制处理。", "The data of this customer are not restricted.");
                return Err(Error::conflict("not_restricted", text.0, text.1));
            }
            audit.note(tx, "privacy.lift", id, &json!({ "reason": reason }))?;
            Ok(Lifted { customer_id: id, lifted: 1 })
        })
        .await
}

/// Let an erased person become a customer again, as a new one: what he was known by may be recorded again. What was
/// erased stays so.
#[utoipa::path(post, path = "/customers/{id}/readmission", tag = "privacy",
    operation_id = "readmit_erased_customer", params(("id" = CustomerId, Path)), request_body = Reason,
    responses((status = 200, body = Lifted), WriteProblems))]
pub(super) async fn readmit(
    State(app): State<App>,
    write: Write<may::ManagePrivacy>,
    Path(id): Path<CustomerId>,
    Json(body): Json<Reason>,
) -> Result<Response> {
    let reason = needed(&body.reason, "reason", "理由", "the reason")?;
    let (scope, audit) = (write.actor.scope.clone(), write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            CustomerQuery::new(&scope).find(tx, id)?;
            let forgotten = privacy::readmit(tx, id)?;
            if forgotten == 0 {
                return Err(Error::conflict(
                    "nothing_to_readmit",
                    "没有该客户的匿名指纹，无需放行。",
                    "No fingerprints are kept of this customer; there is nothing to let in.",
                ));
            }
            audit.note(tx, "privacy.readmit", id, &json!({ "reason": reason, "fingerprints": forgotten }))?;
            Ok(Lifted { customer_id: id, lifted: i64::try_from(forgotten).unwrap_or(i64::MAX) })
        })
        .await
}
