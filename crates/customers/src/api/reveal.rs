//! `POST /customers/{id}/reveal`: numbers and addresses in full.

use crate::identity::IdentityKind;
use crate::privacy::settings;
use crate::query::CustomerQuery;
use crate::store::identities;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Write, may};
use zunke_http::{App, Path, Result, WriteProblems};
use zunke_kernel::Error;
use zunke_kernel::id::CustomerId;

/// A reason has so many characters at least, where one is needed.
const REASON_CHARS_MIN: usize = 2;

/// What to show, and why.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = Reveal)]
pub(super) struct RevealBody {
    /// `phones` or `emails`; both where it is left out.
    #[schema(value_type = Option<String>)]
    field: Option<RevealField>,
    /// Kept in the audit record.
    #[schema(max_length = 200)]
    reason: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RevealField {
    #[serde(alias = "phone")]
    Phones,
    #[serde(alias = "email")]
    Emails,
}

/// Phones and addresses in full.
#[derive(Serialize, ToSchema)]
pub(super) struct Revealed {
    phones: Vec<String>,
    emails: Vec<String>,
}

/// Show phones and addresses in full. Recorded in the audit record, with the reason; where the house wants one
/// (`reveal_needs_reason` of the settings of privacy) it is needed, otherwise the body may be left out.
#[utoipa::path(post, path = "/customers/{id}/reveal", tag = "customers", operation_id = "reveal_customer",
    params(("id" = CustomerId, Path)), request_body = Option<RevealBody>,
    responses((status = 200, body = Revealed), WriteProblems))]
pub(super) async fn reveal(
    State(app): State<App>,
    write: Write<may::RevealPersonal>,
    Path(id): Path<CustomerId>,
    bytes: Bytes,
) -> Result<Response> {
    write.read_body(&bytes);
    let body: RevealBody = if bytes.is_empty() {
        RevealBody::default()
    } else {
        serde_json::from_slice(&bytes).map_err(|error| {
            Error::invalid(
                "json_invalid",
                "请求内容有误：可填写 field（phones 或 emails）和 reason。",
                "The body may hold field (phones or emails) and reason.",
            )
            .caused_by(error)
        })?
    };
    if body.reason.as_deref().is_some_and(|reason| reason.chars().count() > 200) {
        let error = Error::invalid("text_too_long", "原因最多 200 个字符。", "A reason has at most 200 characters.");
        return Err(error.at("reason").into());
    }
    let given = body.reason.as_deref().is_some_and(|reason| reason.trim().chars().count() >= REASON_CHARS_MIN);
    let (actor, audit) = (write.actor.clone(), write.audit());
    // Outside of the keys' store: what is revealed must not lie in a kept answer.
    let revealed = app
        .db
        .write_async(move |tx| {
            CustomerQuery::new(&actor.scope).find(tx, id)?;
            if !given && settings::load(tx)?.reveal_needs_reason {
                let text = ("请填写查看原因，至少 2 个字。", "Say why you need to see it, in 2 characters at least.");
                return Err(Error::invalid("reason_missing", text.0, text.1).at("reason"));
            }
            if body.field != Some(RevealField::Emails) {
                actor.fields.require_read("phones")?;
            }
            if body.field != Some(RevealField::Phones) {
                actor.fields.require_read("emails")?;
            }
            let known = identities::of(tx, &[id])?.remove(&id).unwrap_or_default();
            let of = |kind: IdentityKind, field: RevealField| {
                let shown = body.field.is_none_or(|wanted| wanted == field);
                let mine = known.iter().filter(move |identity| shown && identity.kind() == kind);
                mine.map(|identity| identity.value().to_owned()).collect::<Vec<_>>()
            };
            let revealed = Revealed {
                phones: of(IdentityKind::Phone, RevealField::Phones),
                emails: of(IdentityKind::Email, RevealField::Emails),
            };
            let detail = json!({
                "phones": revealed.phones.len(), "emails": revealed.emails.len(), "reason": body.reason,
            });
            audit.note(tx, "customer.reveal", id, &detail)?;
            Ok(revealed)
        })
        .await?;
    Ok(axum::response::IntoResponse::into_response(axum::Json(revealed)))
}
