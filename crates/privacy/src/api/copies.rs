//! `/privacy/requests/{id}/copy`: everything that all rooms hold of the person who asks.

use super::holders;
use crate::request::RequestId;
use crate::store;
use axum::extract::State;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Can, may, settings as house};
use zunke_customers::privacy::settings::Asked;
use zunke_customers::privacy::{Section, standing};
use zunke_http::{App, Path, ReadProblems, Result};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Error, Instant};

/// The copy of a person's data.
#[derive(Serialize, ToSchema)]
#[schema(as = PrivacyCopy)]
pub(super) struct Copy {
    /// Of the request.
    number: i64,
    customer_id: CustomerId,
    customer_name: String,
    /// Who holds the data.
    organisation: String,
    made_at: Instant,
    /// One part for each kind of data; the same keys in every row of a part, so that machines read it too.
    sections: Vec<Section>,
}

/// A copy of everything that is held of the person who asked for access or portability. Its making is in the audit record.
#[utoipa::path(get, path = "/privacy/requests/{id}/copy", tag = "privacy", operation_id = "get_privacy_copy",
    params(("id" = RequestId, Path)), responses((status = 200, body = Copy), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    can: Can<may::ManagePrivacy>,
    Path(id): Path<RequestId>,
) -> Result<axum::Json<Copy>> {
    let (now, actor, holders) = (app.now(), can.0.clone(), holders(&app)?);
    let copy = app
        .db
        .write_async(move |tx| {
            let request = store::find(tx, &actor.scope, id)?;
            if !matches!(request.kind, Asked::Access | Asked::Portability) {
                return Err(Error::conflict(
                    "not_a_copy",
                    "只有查阅复制和转移请求才能生成副本。",
                    "Only a request for access or portability has a copy.",
                ));
            }
            standing::require_there(tx, request.customer_id)?;
            let mut sections = Vec::new();
            for holder in &holders.0 {
                sections.extend(holder.copy(tx, request.customer_id)?);
            }
            let rows: usize = sections.iter().map(|section| section.rows.len()).sum();
            let detail = json!({ "number": request.number, "rows": rows });
            let subject = request.customer_id.to_string();
            zunke_store::audit::write(tx, now, Some(actor.staff), "privacy.copy", &subject, &detail)?;
            Ok(Copy {
                number: request.number,
                customer_id: request.customer_id,
                customer_name: request.customer_name,
                organisation: house::load(tx)?.name,
                made_at: now,
                sections,
            })
        })
        .await?;
    Ok(axum::Json(copy))
}
