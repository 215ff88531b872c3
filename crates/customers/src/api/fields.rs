//! `/fields`: what the organisation keeps of customers beside the fields that everybody has.

use crate::custom::{
    self, CustomField, Details, FIELDS_MAX, FieldChange, FieldId, FieldKind, Sight, check, filled, next_choice,
};
use crate::query::CustomerQuery;
use crate::store::custom as store;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Can, FieldRight, Permission, Write, may};
use zunke_http::{App, IfMatch, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Error, Instant, search};
use zunke_store::Tx;

const KEY_CHARS_MAX: usize = 40;
const HISTORY_MAX: u32 = 200;

/// A field, and for those who manage fields whether any customer has a value of it.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomFieldView)]
pub(super) struct View {
    #[serde(flatten)]
    field: CustomField,
    /// Its kind can't change any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<bool>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CustomFieldList)]
pub(super) struct FieldList {
    items: Vec<View>,
}

#[derive(Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[derive(Default)]
pub(super) struct ListParams {
    /// Archived ones too, for those who manage fields.
    all: bool,
}

/// The fields in use that the caller sees, in their order.
#[utoipa::path(get, path = "/fields", tag = "customers", operation_id = "list_fields", params(ListParams),
    responses((status = 200, body = FieldList), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Query(params): Query<ListParams>,
) -> Result<axum::Json<FieldList>> {
    if params.all {
        can.require(Permission::ManageFields)?;
    }
    let sight = Sight::of(&can);
    let items = app
        .db
        .read_async(move |tx| {
            if !params.all {
                let open = custom::fields(tx, &sight, FieldRight::Masked)?;
                return Ok(open.into_iter().map(|field| View { field, used: None }).collect());
            }
            let all = store::all(tx)?;
            all.into_iter()
                .map(|field| Ok(View { used: Some(store::is_used(tx, &field)?), field }))
                .collect::<zunke_kernel::Result<Vec<_>>>()
        })
        .await?;
    Ok(axum::Json(FieldList { items }))
}

/// A field to be made.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewCustomField)]
pub(super) struct NewBody {
    /// Made of the name where it is left out: `a`–`z`, figures and `_`.
    #[serde(default)]
    #[schema(max_length = 40)]
    key: Option<String>,
    kind: FieldKind,
    #[serde(flatten)]
    details: Details,
}

/// Define a field.
#[utoipa::path(post, path = "/fields", tag = "customers", operation_id = "create_field", request_body = NewBody,
    responses((status = 201, body = CustomField), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageFields>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let all = store::all(tx)?;
            room_for_one(&all)?;
            let mut details = Details { last_choice: 0, ..body.details.clone() };
            let mut faults = check(body.kind, &mut details);
            faults.extend(next_choice(&Details::default(), &mut details));
            let label = filled(&details.name);
            let key = match body.key.as_deref().map(str::trim).filter(|key| !key.is_empty()) {
                Some(key) => {
                    faults.extend(check_key(key));
                    key.to_owned()
                }
                None => free_key(&label.zh, &label.en, &all),
            };
            if let Some(error) = Error::gather(faults) {
                return Err(error);
            }
            free(&all, None, &key, &label.zh)?;
            let field = CustomField {
                id: FieldId::new(now),
                key,
                kind: body.kind,
                position: all.iter().map(|field| field.position).max().unwrap_or(0) + 1,
                archived: false,
                details,
                label,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            if !store::insert(tx, &field)? {
                return Err(name_taken(false));
            }
            audit.note(tx, "field.create", field.id, &json!({"key": field.key, "kind": field.kind}))?;
            Ok(field)
        })
        .await
}

fn room_for_one(all: &[CustomField]) -> zunke_kernel::Result<()> {
    if all.iter().filter(|field| !field.archived).count() < FIELDS_MAX {
        return Ok(());
    }
    Err(Error::invalid(
        "fields_too_many",
        format!("自定义字段最多 {FIELDS_MAX} 个，请先归档不用的字段。"),
        format!("At most {FIELDS_MAX} fields in use; please archive some first."),
    ))
}

fn check_key(key: &str) -> Option<Error> {
    let good = key.len() <= KEY_CHARS_MAX
        && key.starts_with(|first: char| first.is_ascii_lowercase())
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    (!good).then(|| {
        Error::invalid(
            "key_invalid",
            format!("标识应以小写字母开头，只含小写字母、数字和下划线，最多 {KEY_CHARS_MAX} 个字符。"),
            format!("A key begins with a–z and holds a–z, figures and _, at most {KEY_CHARS_MAX} characters."),
        )
        .at("key")
    })
}

/// A key made of the name, as it sounds.
fn free_key(zh: &str, en: &str, all: &[CustomField]) -> String {
    let name = if en.is_ascii() { en.to_owned() } else { search::sort_key(zh) };
    let mut key = String::new();
    for letter in name.to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            key.push(letter);
        } else if !key.is_empty() && !key.ends_with('_') && letter.is_whitespace() {
            key.push('_');
        }
    }
    key.truncate(30);
    let key = key.trim_matches('_');
    let key =
        if key.starts_with(|first: char| first.is_ascii_lowercase()) { key.to_owned() } else { "field".to_owned() };
    let taken = |key: &str| all.iter().any(|field| field.key == key);
    if !taken(&key) {
        return key;
    }
    (2..).map(|number| format!("{key}_{number}")).find(|key| !taken(key)).unwrap_or(key)
}

fn free(all: &[CustomField], own: Option<FieldId>, key: &str, name: &str) -> zunke_kernel::Result<()> {
    let name = crate::store::name_key(name);
    let others = || all.iter().filter(|field| Some(field.id) != own);
    if let Some(other) = others().find(|field| crate::store::name_key(&field.label.zh) == name) {
        return Err(name_taken(other.archived));
    }
    if others().any(|field| field.key == key) {
        return Err(
            Error::conflict("key_taken", "已有相同标识的字段。", "There is a field of this key already.").at("key")
        );
    }
    Ok(())
}

fn name_taken(archived: bool) -> Error {
    if archived {
        return Error::conflict(
            "name_taken",
            "已归档的字段中有同名字段，可直接恢复它，或换一个名称。",
            "An archived field has this name; restore it, or choose another name.",
        )
        .at("name");
    }
    Error::conflict("name_taken", "已有同名字段。", "There is a field of this name already.").at("name")
}

/// What changes of a field; what is left out stays. The key never changes.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomFieldChange)]
pub(super) struct ChangeBody {
    /// Only while no customer has a value.
    #[serde(default)]
    kind: Option<FieldKind>,
    #[serde(default)]
    name: Option<zunke_kernel::Text>,
    #[serde(default)]
    help: Option<zunke_kernel::Text>,
    #[serde(default)]
    required: Option<bool>,
    #[serde(default)]
    restricted: Option<bool>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    unit: zunke_http::Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<u8>)]
    decimals: zunke_http::Change<u8>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    min: zunke_http::Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    max: zunke_http::Change<String>,
    /// All of them in their order; a new one has no id, one that is left out is retired.
    #[serde(default)]
    choices: Option<Vec<custom::FieldChoice>>,
}

/// Change a field. Values that stand are not touched, even where they are outside of new limits.
#[utoipa::path(patch, path = "/fields/{id}", tag = "customers", operation_id = "update_field",
    params(("id" = FieldId, Path)), request_body = ChangeBody,
    responses((status = 200, body = CustomField), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::ManageFields>,
    Path(id): Path<FieldId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut field = store::lock(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(field.version)?;
            if let Some(kind) = body.kind.filter(|kind| *kind != field.kind) {
                if store::is_used(tx, &field)? {
                    return Err(Error::conflict(
                        "field_kind_fixed",
                        "已有客户填写该字段，类型不能再更改。请新建一个所需类型的字段，再将此字段归档。",
                        "Customers have values of this field, so its kind can't change. Make a new field of the kind that you need and archive this one.",
                    )
                    .at("kind"));
                }
                field.kind = kind;
            }
            let before = field.details.clone();
            let body = body.clone();
            let details = Details {
                name: body.name.unwrap_or_else(|| before.name.clone()),
                help: body.help.unwrap_or_else(|| before.help.clone()),
                required: body.required.unwrap_or(before.required),
                restricted: body.restricted.unwrap_or(before.restricted),
                unit: body.unit.over(before.unit.clone()),
                decimals: body.decimals.over(before.decimals),
                min: body.min.over(before.min.clone()),
                max: body.max.over(before.max.clone()),
                choices: body.choices.unwrap_or_else(|| before.choices.clone()),
                last_choice: before.last_choice,
            };
            write_change(tx, now, &mut field, &before, details)?;
            audit.note(tx, "field.update", id, &json!({"key": field.key}))?;
            Ok(field)
        })
        .await
}

fn write_change(
    tx: &mut Tx,
    now: Instant,
    field: &mut CustomField,
    before: &Details,
    mut details: Details,
) -> zunke_kernel::Result<()> {
    let mut faults = Vec::new();
    if field.kind.has_choices() {
        faults.extend(next_choice(before, &mut details));
    }
    faults.extend(check(field.kind, &mut details));
    if let Some(error) = Error::gather(faults) {
        return Err(error);
    }
    field.label = filled(&details.name);
    field.details = details;
    free(&store::all(tx)?, Some(field.id), &field.key, &field.label.zh)?;
    store::update(tx, now, field)?;
    field.version += 1;
    field.updated_at = now;
    Ok(())
}

/// Archive a field: it leaves forms, lists and conditions; its values stay, and saved segments go on with it.
#[utoipa::path(post, path = "/fields/{id}/archive", tag = "customers", operation_id = "archive_field",
    params(("id" = FieldId, Path)), responses((status = 200, body = CustomField), WriteProblems))]
pub(super) async fn archive(
    State(app): State<App>,
    write: Write<may::ManageFields>,
    Path(id): Path<FieldId>,
) -> Result<Response> {
    set_archived(&app, &write, id, true).await
}

/// Bring an archived field back, with its values.
#[utoipa::path(post, path = "/fields/{id}/restore", tag = "customers", operation_id = "restore_field",
    params(("id" = FieldId, Path)), responses((status = 200, body = CustomField), WriteProblems))]
pub(super) async fn restore(
    State(app): State<App>,
    write: Write<may::ManageFields>,
    Path(id): Path<FieldId>,
) -> Result<Response> {
    set_archived(&app, &write, id, false).await
}

async fn set_archived(app: &App, write: &Write<may::ManageFields>, id: FieldId, archived: bool) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(app, StatusCode::OK, move |tx| {
            let mut field = store::lock(tx, id)?.ok_or_else(Error::not_found)?;
            if field.archived != archived {
                if !archived {
                    room_for_one(&store::all(tx)?)?;
                }
                field.archived = archived;
                store::update(tx, now, &field)?;
                field.version += 1;
                field.updated_at = now;
                let action = if archived { "field.archive" } else { "field.restore" };
                audit.note(tx, action, id, &json!({"key": field.key}))?;
            }
            Ok(field)
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomFieldOrder)]
pub(super) struct OrderBody {
    /// The first ones in their order; those left out follow as they stood.
    ids: Vec<FieldId>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = OrderedCustomFields)]
pub(super) struct Ordered {
    ids: Vec<FieldId>,
}

/// Order the fields.
#[utoipa::path(put, path = "/fields/order", tag = "customers", operation_id = "order_fields",
    request_body = OrderBody, responses((status = 200, body = Ordered), WriteProblems))]
pub(super) async fn order(
    State(app): State<App>,
    write: Write<may::ManageFields>,
    Json(body): Json<OrderBody>,
) -> Result<Response> {
    write
        .run(&app, StatusCode::OK, move |tx| {
            let all: Vec<FieldId> = store::all(tx)?.into_iter().map(|field| field.id).collect();
            if let Some(at) = body.ids.iter().position(|id| !all.contains(id)) {
                return Err(Error::invalid(
                    "field_unknown",
                    "字段不存在，请刷新后再试。",
                    "There is no such field; please reload.",
                )
                .at(format!("ids[{at}]")));
            }
            let mut ids: Vec<FieldId> = Vec::with_capacity(all.len());
            for id in body.ids.iter().chain(&all) {
                if !ids.contains(id) {
                    ids.push(*id);
                }
            }
            store::place(tx, &ids)?;
            Ok(Ordered { ids })
        })
        .await
}

#[derive(Serialize, ToSchema)]
#[schema(as = CustomFieldHistory)]
pub(super) struct History {
    items: Vec<Told>,
}

/// A change with the names that it is told by.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomFieldHistoryEntry)]
struct Told {
    #[serde(flatten)]
    change: FieldChange,
    key: String,
    label: zunke_kernel::Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    staff_name: Option<String>,
}

/// The latest changes of a customer's own fields, the newest first, at most 200.
#[utoipa::path(get, path = "/customers/{id}/fields/history", tag = "customers", operation_id = "list_field_changes",
    params(("id" = CustomerId, Path)), responses((status = 200, body = History), ReadProblems))]
pub(super) async fn history(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<History>> {
    let items = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&can.scope).find(tx, id)?;
            let sight = Sight::of(&can);
            let fields = store::all(tx)?;
            let found = store::history(tx, id, HISTORY_MAX)?;
            let names = zunke_access::directory::staff_names(tx, found.iter().filter_map(|change| change.staff_id))?;
            let told = found.into_iter().filter_map(|change| {
                let field = fields
                    .iter()
                    .find(|field| field.id == change.field_id && sight.right(field) >= FieldRight::Read)?;
                Some(Told {
                    key: field.key.clone(),
                    label: field.label.clone(),
                    staff_name: change.staff_id.and_then(|staff| names.get(&staff).cloned()),
                    change,
                })
            });
            Ok(told.collect())
        })
        .await?;
    Ok(axum::Json(History { items }))
}
