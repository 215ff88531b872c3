//! `/sign-in-providers/{id}/identities`: who is who.

use super::providers::find;
use crate::provider::ProviderId;
use crate::store::identities::{self, Identity};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Can, Write, directory, may};
use zunke_http::{App, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::Error;
use zunke_kernel::id::StaffId;

const SUBJECT_CHARS_MAX: usize = 255;

#[derive(Serialize, ToSchema)]
#[schema(as = SignInIdentityList)]
pub(super) struct List {
    /// Up to 500, by name.
    items: Vec<Identity>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSignInIdentity)]
pub(super) struct Body {
    /// The provider's own word for the person: `sub`, or the user id of WeCom.
    #[schema(max_length = 255)]
    subject: String,
    staff_id: StaffId,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    subject: String,
}

/// Who is tied to a provider.
#[utoipa::path(get, path = "/sign-in-providers/{id}/identities", tag = "sign-in",
    operation_id = "list_sign_in_identities", params(("id" = ProviderId, Path)),
    responses((status = 200, body = List), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    _: Can<may::ManageSignIn>,
    Path(id): Path<ProviderId>,
) -> Result<axum::Json<List>> {
    let items = app
        .db
        .read_async(move |tx| {
            let issuer = find(tx, id)?.issuer();
            identities::list(tx, &issuer)
        })
        .await?;
    Ok(axum::Json(List { items }))
}

/// Tie a person to what the provider calls him.
#[utoipa::path(post, path = "/sign-in-providers/{id}/identities", tag = "sign-in",
    operation_id = "create_sign_in_identity", params(("id" = ProviderId, Path)), request_body = Body,
    responses((status = 201, body = List), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageSignIn>,
    Path(id): Path<ProviderId>,
    Json(body): Json<Body>,
) -> Result<Response> {
    let subject = body.subject.trim().to_owned();
    let fits = (1..=SUBJECT_CHARS_MAX).contains(&subject.chars().count()) && !subject.chars().any(char::is_control);
    if !fits {
        let (zh, en) = ("请填写外部账号，1 到 255 个字符。", "Please give the provider's id, of 1 to 255 characters.");
        return Err(Error::invalid("subject_invalid", zh, en).at("subject").into());
    }
    let (now, by, audit) = (write.now, write.actor.staff, write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let issuer = find(tx, id)?.issuer();
            directory::require_staff(tx, body.staff_id, "staff_id")?;
            if !identities::link(tx, now, (&issuer, &subject), body.staff_id, Some(by))? {
                let (zh, en) = ("该外部账号已关联员工。", "This id is tied to somebody already.");
                return Err(Error::conflict("subject_taken", zh, en).at("subject"));
            }
            audit.note(tx, "sign_in.link", body.staff_id, &json!({ "provider": id, "subject": subject }))?;
            Ok(List { items: identities::list(tx, &issuer)? })
        })
        .await
}

/// Untie a person. His sessions go on; his next sign-in by the provider is refused or begins anew.
#[utoipa::path(delete, path = "/sign-in-providers/{id}/identities", tag = "sign-in",
    operation_id = "delete_sign_in_identity", params(("id" = ProviderId, Path), Which),
    responses((status = 204, description = "Untied"), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::ManageSignIn>,
    Path(id): Path<ProviderId>,
    Query(which): Query<Which>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            let issuer = find(tx, id)?.issuer();
            let staff = identities::unlink(tx, &issuer, &which.subject)?.ok_or_else(Error::not_found)?;
            audit.note(tx, "sign_in.unlink", staff, &json!({ "provider": id, "subject": which.subject }))
        })
        .await
}
