//! Tags of customers, of one and of many; giving many to an owner.

use super::{Narrowed, context};
use crate::make;
use crate::query::{CustomerQuery, ListParams, within};
use crate::store::tags::{self, Tag, TagChange};
use crate::store::{TagId, customers};
use crate::view::{Customer, complete_one};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Can, Scope, Write, directory, may};
use zunke_http::{App, Change, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, DepartmentId, StaffId};
use zunke_kernel::{Error, Instant};
use zunke_store::Tx;

/// Customers of one bulk change.
const BULK_MAX: u32 = 10_000;
const TAGS_MAX: usize = 50;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomerTags)]
pub(super) struct TagsBody {
    /// All tags that the customer has from now on.
    tags: Vec<TagId>,
}

/// Set the tags of a customer.
#[utoipa::path(put, path = "/customers/{id}/tags", tag = "customers", operation_id = "put_customer_tags",
    params(("id" = CustomerId, Path)), request_body = TagsBody,
    responses((status = 200, body = Customer), WriteProblems))]
pub(super) async fn put(
    State(app): State<App>,
    write: Write<may::EditCustomers>,
    Path(id): Path<CustomerId>,
    Json(body): Json<TagsBody>,
) -> Result<Response> {
    let (actor, now) = (write.actor.clone(), write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            customers::lock(tx, &[id])?;
            let row = CustomerQuery::new(&actor.scope).find(tx, id)?;
            let wanted = known_tags(tx, &body.tags, "tags")?;
            let before = tags::of(tx, &[id])?.remove(&id).unwrap_or_default();
            for tag in before.iter().filter(|tag| !body.tags.contains(&tag.id)) {
                tags::take(tx, now, Some(actor.staff), tag, &[id])?;
            }
            for tag in wanted.iter().filter(|tag| before.iter().all(|had| had.id != tag.id)) {
                tags::give(tx, now, Some(actor.staff), tag, &[id])?;
            }
            complete_one(tx, row)
        })
        .await
}

fn known_tags(tx: &mut Tx, ids: &[TagId], field: &str) -> zunke_kernel::Result<Vec<Tag>> {
    if ids.len() > TAGS_MAX {
        return Err(Error::invalid(
            "tags_too_many",
            format!("最多选择 {TAGS_MAX} 个标签。"),
            format!("Choose at most {TAGS_MAX} tags."),
        )
        .at(field));
    }
    let mut found = Vec::with_capacity(ids.len());
    for (at, id) in ids.iter().enumerate() {
        let tag = tags::find(tx, *id)?.ok_or_else(|| {
            Error::invalid(
                "tag_unknown",
                "该标签不存在，可能已删除。",
                "There is no such tag; it may have been deleted.",
            )
            .at(format!("{field}[{at}]"))
        })?;
        if !found.iter().any(|other: &Tag| other.id == tag.id) {
            found.push(tag);
        }
    }
    Ok(found)
}

#[derive(Serialize, ToSchema)]
pub(super) struct TagHistory {
    items: Vec<TagChange>,
}

/// Who gave and took which tags when, the newest first, at most 500.
#[utoipa::path(get, path = "/customers/{id}/tags/history", tag = "customers", operation_id = "list_customer_tag_history",
    params(("id" = CustomerId, Path)), responses((status = 200, body = TagHistory), ReadProblems))]
pub(super) async fn history(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<TagHistory>> {
    let items = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&can.scope).find(tx, id)?;
            tags::history(tx, id, 500)
        })
        .await?;
    Ok(axum::Json(TagHistory { items }))
}

/// The filters of a list, to be named instead of the customers themselves.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Filters {
    search: Option<String>,
    level: Option<String>,
    status: Option<String>,
    kind: Option<String>,
    owner: Option<String>,
    department: Option<String>,
    tag: Option<String>,
    segment: Option<String>,
    condition: Option<String>,
    rfm_group: Option<String>,
}

impl Filters {
    fn params(&self) -> ListParams {
        let this = self.clone();
        ListParams {
            search: this.search,
            level: this.level,
            status: this.status,
            kind: this.kind,
            owner: this.owner,
            department: this.department,
            tag: this.tag,
            segment: this.segment,
            condition: this.condition,
            rfm_group: this.rfm_group,
            ..ListParams::default()
        }
    }
}

/// The chosen ones that the scope sees: by id, or by the filters of a list.
fn chosen(
    tx: &mut Tx,
    now: Instant,
    scope: &Scope,
    ids: Option<&[CustomerId]>,
    filters: Option<&Filters>,
) -> zunke_kernel::Result<Vec<CustomerId>> {
    match (ids, filters) {
        (Some(ids), None) if ids.len() <= BULK_MAX as usize => within(tx, scope, ids),
        (Some(_), None) => Err(Error::invalid(
            "selection_too_large",
            format!("一次最多处理 {BULK_MAX} 位客户。"),
            format!("At most {BULK_MAX} customers at once."),
        )
        .at("customers")),
        (None, Some(filters)) => Narrowed::read(tx, now, scope, &filters.params())?.ids(tx, BULK_MAX),
        _ => Err(Error::invalid(
            "selection_required",
            "请选择客户：customers 或 filter，二选一。",
            "Name the customers: either customers or filter.",
        )
        .at("customers")),
    }
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BulkTags)]
pub(super) struct BulkBody {
    #[serde(default)]
    customers: Option<Vec<CustomerId>>,
    #[serde(default)]
    filter: Option<Filters>,
    #[serde(default)]
    add: Vec<TagId>,
    #[serde(default)]
    remove: Vec<TagId>,
}

/// What a bulk change did.
#[derive(Serialize, ToSchema)]
pub(super) struct Changed {
    /// Customers that were meant and seen.
    customers: usize,
    /// Changes that were made: a tag given or taken, an owner or department changed.
    changed: usize,
}

/// Give tags to many customers and take tags from them. Customers outside of what the caller sees are passed over.
#[utoipa::path(post, path = "/customers/bulk/tags", tag = "customers", operation_id = "bulk_tag_customers",
    request_body = BulkBody, responses((status = 200, body = Changed), WriteProblems))]
pub(super) async fn bulk(
    State(app): State<App>,
    write: Write<may::EditCustomers>,
    Json(body): Json<BulkBody>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let ids = chosen(tx, now, &actor.scope, body.customers.as_deref(), body.filter.as_ref())?;
            let (add, remove) = (known_tags(tx, &body.add, "add")?, known_tags(tx, &body.remove, "remove")?);
            let ids = customers::lock(tx, &ids)?;
            let mut changed = 0;
            for tag in &remove {
                changed += tags::take(tx, now, Some(actor.staff), tag, &ids)?;
            }
            for tag in &add {
                changed += tags::give(tx, now, Some(actor.staff), tag, &ids)?;
            }
            let detail = json!({
                "customers": ids.len(), "changed": changed,
                "add": add.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(),
                "remove": remove.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(),
            });
            audit.note(tx, "customer.tag", "bulk", &detail)?;
            Ok(Changed { customers: ids.len(), changed })
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BulkAssign)]
pub(super) struct AssignBody {
    #[serde(default)]
    customers: Option<Vec<CustomerId>>,
    #[serde(default)]
    filter: Option<Filters>,
    /// `null`: nobody.
    #[serde(default)]
    #[schema(value_type = Option<StaffId>)]
    owner_id: Change<StaffId>,
    /// `null`: none.
    #[serde(default)]
    #[schema(value_type = Option<DepartmentId>)]
    department_id: Change<DepartmentId>,
}

/// Give many customers to an owner or a department.
#[utoipa::path(post, path = "/customers/bulk/assign", tag = "customers", operation_id = "bulk_assign_customers",
    request_body = AssignBody, responses((status = 200, body = Changed), WriteProblems))]
pub(super) async fn assign(
    State(app): State<App>,
    write: Write<may::AssignCustomers>,
    Json(body): Json<AssignBody>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            if let Change::Set(owner) = body.owner_id {
                directory::require_staff(tx, owner, "owner_id")?;
            }
            if let Change::Set(department) = body.department_id {
                directory::require_department(tx, department, "department_id")?;
            }
            let ids = chosen(tx, now, &actor.scope, body.customers.as_deref(), body.filter.as_ref())?;
            let context = context(tx, now, &actor)?;
            let changed = make::assign_many(tx, &context, &ids, body.owner_id, body.department_id)?;
            audit.note(tx, "customer.assign", "bulk", &json!({"customers": ids.len(), "changed": changed}))?;
            Ok(Changed { customers: ids.len(), changed })
        })
        .await
}
