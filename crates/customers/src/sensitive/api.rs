//! `/sensitive-fields` and `/customers/{id}/sensitive`: what is kept in the vault, masked; in full with a reason.

use super::{Class, FIELDS_MAX, Field, Form, Sealed, SensitiveFieldId, store};
use crate::privacy::standing;
use crate::query::CustomerQuery;
use crate::store::customers;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use zunke_access::{Can, Write, may};
use zunke_http::routes;
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Error, Instant, Text};
use zunke_store::vault::Vault;
use zunke_store::{Tx, Uuid};

const KEY_CHARS_MAX: usize = 40;
const NAME_CHARS_MAX: usize = 40;
const REASON_CHARS_MAX: usize = 200;
/// Holders of one value that are answered.
const FOUND_MAX: i64 = 20;

/// The routes of the vault's fields, relative to `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(update))
        .routes(routes!(find))
        .routes(routes!(values))
        .routes(routes!(put))
        .routes(routes!(reveal))
}

fn vault(app: &App) -> zunke_kernel::Result<Vault> {
    app.get::<Vault>().ok_or_else(|| Error::internal("no vault to seal in"))
}

/// The fields of the vault.
#[derive(Serialize, ToSchema)]
#[schema(as = SensitiveFieldList)]
struct FieldList {
    items: Vec<Field>,
}

/// A field to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSensitiveField)]
struct NewField {
    /// Small letters, digits and `_`, a letter first.
    #[schema(max_length = 40)]
    key: String,
    /// In one language or both.
    name: Text,
    class: Class,
    form: Form,
}

/// What changes of a field; its form stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SensitiveFieldChange)]
struct FieldChange {
    name: Option<Text>,
    class: Option<Class>,
    archived: Option<bool>,
}

/// A value to be kept, or looked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SensitiveValue)]
struct ValueBody {
    /// `null` takes it away.
    value: Option<String>,
}

/// Why a value is to be shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SensitiveReason)]
struct ReasonBody {
    /// Kept in the audit record.
    #[schema(min_length = 2, max_length = 200)]
    reason: String,
}

/// A value as everybody may see it.
#[derive(Serialize, ToSchema)]
#[schema(as = SensitiveMasked)]
struct Masked {
    field: Field,
    /// `110***********002X`; absent where there is none.
    masked: Option<String>,
    updated_at: Option<Instant>,
    updated_by: Option<StaffId>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SensitiveMaskedList)]
struct MaskedList {
    items: Vec<Masked>,
}

/// A value in full.
#[derive(Serialize, ToSchema)]
#[schema(as = SensitiveRevealed)]
struct Revealed {
    value: String,
}

/// Who has a value.
#[derive(Serialize, ToSchema)]
#[schema(as = SensitiveFound)]
struct Found {
    items: Vec<FoundCustomer>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SensitiveFoundCustomer)]
struct FoundCustomer {
    customer_id: CustomerId,
    name: String,
}

/// The fields of the vault.
#[utoipa::path(get, path = "/sensitive-fields", tag = "customers", operation_id = "list_sensitive_fields",
    responses((status = 200, body = FieldList), ReadProblems))]
async fn list(State(app): State<App>, _: Can<may::ReadCustomers>) -> Result<axum::Json<FieldList>> {
    let items = app.db.read_async(store::fields).await?;
    Ok(axum::Json(FieldList { items }))
}

fn named(name: &Text, faults: &mut Vec<Error>) -> Text {
    let name = Text::new(name.zh.trim(), name.en.trim());
    let long = |text: &str| text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control);
    if (name.zh.is_empty() && name.en.is_empty()) || long(&name.zh) || long(&name.en) {
        faults.push(
            Error::invalid(
                "name_invalid",
                format!("名称应为 1 到 {NAME_CHARS_MAX} 个字符。"),
                format!("The name has 1 to {NAME_CHARS_MAX} characters."),
            )
            .at("name"),
        );
    }
    crate::custom::filled(&name)
}

/// Make a field of the vault.
#[utoipa::path(post, path = "/sensitive-fields", tag = "customers", operation_id = "create_sensitive_field",
    request_body = NewField, responses((status = 201, body = Field), WriteProblems))]
async fn create(
    State(app): State<App>,
    write: Write<may::ManageFields>,
    Json(body): Json<NewField>,
) -> Result<Response> {
    let mut faults = Vec::new();
    let key = body.key.trim().to_owned();
    let good = key.starts_with(|letter: char| letter.is_ascii_lowercase())
        && key.len() <= KEY_CHARS_MAX
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !good {
        faults.push(
            Error::invalid(
                "key_invalid",
                format!("标识应以小写字母开头，只含小写字母、数字和下划线，最多 {KEY_CHARS_MAX} 个字符。"),
                format!("A key has small letters, digits and _, a letter first, at most {KEY_CHARS_MAX}."),
            )
            .at("key"),
        );
    }
    let name = named(&body.name, &mut faults);
    Error::gather(faults).map_or(Ok(()), Err)?;
    let (now, audit) = (write.now, write.audit());
    let field = Field {
        id: SensitiveFieldId::new(now),
        key,
        name,
        class: body.class,
        form: body.form,
        archived: false,
        version: 1,
    };
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let count = tx.query_one("SELECT COUNT(*) FROM sensitive_fields", &[], |row| row.int(0))?.unwrap_or(0);
            if count >= FIELDS_MAX {
                return Err(Error::conflict(
                    "fields_too_many",
                    format!("最多 {FIELDS_MAX} 个敏感字段。"),
                    format!("There are at most {FIELDS_MAX} sensitive fields."),
                ));
            }
            if !store::insert(tx, now, &field)? {
                return Err(Error::conflict("key_taken", "该标识已被使用。", "This key is taken.").at("key"));
            }
            audit.note(tx, "sensitive_field.create", field.id, &json!({ "key": field.key, "class": field.class }))?;
            Ok(field.clone())
        })
        .await
}

/// Rename a field of the vault, archive it or bring it back. Values of an archived one stay sealed and are not shown.
#[utoipa::path(patch, path = "/sensitive-fields/{id}", tag = "customers", operation_id = "update_sensitive_field",
    params(("id" = SensitiveFieldId, Path)), request_body = FieldChange,
    responses((status = 200, body = Field), WriteProblems))]
async fn update(
    State(app): State<App>,
    write: Write<may::ManageFields>,
    if_match: IfMatch,
    Path(id): Path<SensitiveFieldId>,
    Json(body): Json<FieldChange>,
) -> Result<Response> {
    let mut faults = Vec::new();
    let name = body.name.as_ref().map(|name| named(name, &mut faults));
    Error::gather(faults).map_or(Ok(()), Err)?;
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let before = store::lock(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(before.version)?;
            let after = Field {
                name: name.clone().unwrap_or_else(|| before.name.clone()),
                class: body.class.unwrap_or(before.class),
                archived: body.archived.unwrap_or(before.archived),
                version: before.version + 1,
                ..before.clone()
            };
            store::update(tx, now, &after)?;
            audit.note(tx, "sensitive_field.change", id, &json!({ "before": before, "after": after }))?;
            Ok(after)
        })
        .await
}

/// A field in use.
fn open_field(tx: &mut Tx, id: SensitiveFieldId) -> zunke_kernel::Result<Field> {
    store::field(tx, id)?.filter(|field| !field.archived).ok_or_else(Error::not_found)
}

/// Who has exactly this value, of the customers that the caller sees. Recorded, without the value.
#[utoipa::path(post, path = "/sensitive-fields/{id}/find", tag = "customers", operation_id = "find_by_sensitive_value",
    params(("id" = SensitiveFieldId, Path)), request_body = ValueBody,
    responses((status = 200, body = Found), WriteProblems))]
async fn find(
    State(app): State<App>,
    write: Write<may::RevealPersonal>,
    Path(id): Path<SensitiveFieldId>,
    Json(body): Json<ValueBody>,
) -> Result<Response> {
    let vault = vault(&app)?;
    let (actor, audit) = (write.actor.clone(), write.audit());
    // Outside of the keys' store: who has what must not lie in a kept answer.
    let found = app
        .db
        .write_async(move |tx| {
            let field = open_field(tx, id)?;
            let kept = field.form.check(body.value.as_deref().unwrap_or(""))?;
            let blind = vault.blind(&id.to_string(), &field.form.compared(&kept))?;
            let mut items = Vec::new();
            for customer in store::holders(tx, id, &blind, FOUND_MAX)? {
                // At most twenty, each looked at within the scope: another's is not there.
                if let Ok(row) = CustomerQuery::new(&actor.scope).find(tx, customer) {
                    items.push(FoundCustomer { customer_id: customer, name: row.name });
                }
            }
            audit.note(tx, "customer.find_sensitive", id, &json!({ "field": field.key, "found": items.len() }))?;
            Ok(Found { items })
        })
        .await?;
    Ok(axum::Json(found).into_response())
}

fn shown(tx: &mut Tx, vault: &Vault, customer: CustomerId) -> zunke_kernel::Result<MaskedList> {
    let values = store::of(tx, customer)?;
    let mut items = Vec::new();
    for field in store::fields(tx)?.into_iter().filter(|field| !field.archived) {
        let value = values.iter().find(|value| value.field == field.id);
        // A value whose key is gone is there all the same.
        let masked = value
            .map(|value| value.open(vault).map_or_else(|_| "******".to_owned(), |plain| field.form.masked(&plain)));
        items.push(Masked {
            masked,
            updated_at: value.map(|value| value.updated_at),
            updated_by: value.and_then(|value| value.updated_by),
            field,
        });
    }
    Ok(MaskedList { items })
}

/// What is kept of a customer in the vault, masked.
#[utoipa::path(get, path = "/customers/{id}/sensitive", tag = "customers", operation_id = "list_sensitive_values",
    params(("id" = CustomerId, Path)),
    responses((status = 200, body = MaskedList), ReadProblems))]
async fn values(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<MaskedList>> {
    let vault = vault(&app)?;
    let found = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&can.scope).find(tx, id)?;
            shown(tx, &vault, id)
        })
        .await?;
    Ok(axum::Json(found))
}

/// Keep a value in the vault, or take it away.
#[utoipa::path(put, path = "/customers/{id}/sensitive/{field}", tag = "customers", operation_id = "put_sensitive_value",
    params(("id" = CustomerId, Path), ("field" = SensitiveFieldId, Path)), request_body = ValueBody,
    responses((status = 200, body = MaskedList), WriteProblems))]
async fn put(
    State(app): State<App>,
    write: Write<may::EditCustomers>,
    Path((id, field)): Path<(CustomerId, SensitiveFieldId)>,
    Json(body): Json<ValueBody>,
) -> Result<Response> {
    let vault = vault(&app)?;
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            customers::lock(tx, &[id])?;
            CustomerQuery::new(&actor.scope).find(tx, id)?;
            standing::require_free(tx, id)?;
            let field = open_field(tx, field)?;
            match body.value.as_deref().map(str::trim).filter(|value| !value.is_empty()) {
                None => {
                    store::clear(tx, id, field.id)?;
                }
                Some(text) => {
                    let kept = field.form.check(text)?;
                    let blind = vault.blind(&field.id.to_string(), &field.form.compared(&kept))?;
                    let value_id = Uuid::now_v7();
                    let sealed = vault.seal(&Sealed::about(field.id, value_id), kept.as_bytes())?;
                    let value =
                        Sealed { field: field.id, value_id, sealed, updated_at: now, updated_by: Some(actor.staff) };
                    store::put(tx, id, &value, &blind)?;
                }
            }
            let detail = json!({ "field": field.key, "filled": body.value.is_some() });
            audit.note(tx, "customer.sensitive_change", id, &detail)?;
            shown(tx, &vault, id)
        })
        .await
}

/// Show a value in full. Recorded in the audit record, with the reason.
#[utoipa::path(post, path = "/customers/{id}/sensitive/{field}/reveal", tag = "customers",
    operation_id = "reveal_sensitive_value",
    params(("id" = CustomerId, Path), ("field" = SensitiveFieldId, Path)), request_body = ReasonBody,
    responses((status = 200, body = Revealed), WriteProblems))]
async fn reveal(
    State(app): State<App>,
    write: Write<may::RevealPersonal>,
    Path((id, field)): Path<(CustomerId, SensitiveFieldId)>,
    Json(body): Json<ReasonBody>,
) -> Result<Response> {
    let vault = vault(&app)?;
    let reason = body.reason.trim().to_owned();
    if !(2..=REASON_CHARS_MAX).contains(&reason.chars().count()) {
        return Err(Error::invalid(
            "reason_required",
            format!("请填写查看原因，2 到 {REASON_CHARS_MAX} 个字符。"),
            format!("Say why, in 2 to {REASON_CHARS_MAX} characters."),
        )
        .at("reason")
        .into());
    }
    let (actor, audit) = (write.actor.clone(), write.audit());
    // Outside of the keys' store: what is revealed must not lie in a kept answer.
    let revealed = app
        .db
        .write_async(move |tx| {
            CustomerQuery::new(&actor.scope).find(tx, id)?;
            let field = open_field(tx, field)?;
            let values = store::of(tx, id)?;
            let value = values.iter().find(|value| value.field == field.id).ok_or_else(Error::not_found)?;
            let value = value.open(&vault)?;
            audit.note(tx, "customer.reveal_sensitive", id, &json!({ "field": field.key, "reason": reason }))?;
            Ok(Revealed { value })
        })
        .await?;
    Ok(axum::Json(revealed).into_response())
}
