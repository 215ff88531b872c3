//! Tags of customers, of one and of many; giving many to an owner.

use super::{Narrowed, context};
use crate::make;
use crate::query::{CustomerQuery, ListParams, within};
use crate::store::tags::{self, Tag, TagChange, TagKind};
use crate::store::{TagId, customers};
use crate::tag::{self, At, Part};
use crate::view::{Customer, complete_one};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Can, Deed, LevelReach, Scope, Write, directory, may};
use zunke_http::{App, Change, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, DepartmentId, StaffId};
use zunke_kernel::{Day, Error, Instant};
use zunke_store::Tx;

/// Customers of one bulk change.
const BULK_MAX: u32 = 10_000;
const TAGS_MAX: usize = 50;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomerTags)]
pub(super) struct TagsBody {
    /// All tags that the customer has by hand from now on. Those that he has by rule stay, named or not.
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
    let told = super::observers(&app);
    write
        .run(&app, StatusCode::OK, move |tx| {
            customers::lock(tx, &[id])?;
            let row = CustomerQuery::new(&actor.scope).find(tx, id)?;
            actor.scope.require(Deed::Edit, row.headline.level_rank)?;
            let wanted = known_tags(tx, &body.tags, "tags")?;
            let before = tags::of(tx, &[id])?.remove(&id).unwrap_or_default();
            let mut moved = Vec::new();
            for had in before.iter().filter(|had| had.by_hand && !body.tags.contains(&had.id)) {
                let tag = tags::find(tx, had.id)?.ok_or_else(Error::not_found)?;
                tags::take(tx, now, Some(actor.staff), &tag, &[id])?;
                moved.push(Part::Tag(tag.id.0));
            }
            // What he has by rule stays by rule: a list that was read and sent back pins nothing.
            for tag in wanted.iter().filter(|tag| before.iter().all(|had| had.id != tag.id)) {
                refuse_value_class(tag)?;
                tags::give(tx, now, Some(actor.staff), tag, &[id])?;
                moved.push(Part::Tag(tag.id.0));
            }
            let at = At::of(&context(tx, now, &actor, &told)?);
            tag::refresh(tx, &at, &[id], &moved)?;
            complete_one(tx, row)
        })
        .await
}

/// Value classes are decided by their conditions alone.
fn refuse_value_class(tag: &Tag) -> zunke_kernel::Result<()> {
    if tag.kind == TagKind::Tag {
        return Ok(());
    }
    Err(Error::invalid(
        "value_class_by_rule",
        format!("“{}”是价值分类，由条件自动计算，不能手动添加。", tag.name),
        format!("“{}” is a value class: it is computed by its condition and cannot be given by hand.", tag.name),
    )
    .at("tags"))
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
    category: Option<String>,
    value_class: Option<String>,
    city: Option<String>,
    net_spend_min: Option<String>,
    net_spend_max: Option<String>,
    orders_min: Option<i64>,
    orders_max: Option<i64>,
    score_min: Option<f64>,
    score_max: Option<f64>,
    potential_min: Option<f64>,
    last_order_after: Option<Day>,
    last_order_before: Option<Day>,
    joined_after: Option<Day>,
    joined_before: Option<Day>,
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
            category: this.category,
            value_class: this.value_class,
            city: this.city,
            net_spend_min: this.net_spend_min,
            net_spend_max: this.net_spend_max,
            orders_min: this.orders_min,
            orders_max: this.orders_max,
            score_min: this.score_min,
            score_max: this.score_max,
            potential_min: this.potential_min,
            last_order_after: this.last_order_after,
            last_order_before: this.last_order_before,
            joined_after: this.joined_after,
            joined_before: this.joined_before,
            ..ListParams::default()
        }
    }
}

/// The chosen ones that the scope sees: by id, or by the filters of a list.
pub(super) fn chosen(
    tx: &mut Tx,
    now: Instant,
    scope: &Scope,
    ids: Option<&[CustomerId]>,
    filters: Option<&Filters>,
    most: u32,
) -> zunke_kernel::Result<Vec<CustomerId>> {
    match (ids, filters) {
        (Some(ids), None) if ids.len() <= most as usize => within(tx, scope, ids),
        (Some(_), None) => Err(Error::invalid(
            "selection_too_large",
            format!("一次最多处理 {most} 位客户。"),
            format!("At most {most} customers at once."),
        )
        .at("customers")),
        (None, Some(filters)) => Narrowed::read(tx, now, scope, &filters.params())?.ids(tx, most),
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
    /// Customers that are seen, but whose level the caller may not do this to: they were left as they are.
    not_allowed: usize,
}

/// Of those that are seen, the ones to whom this may be done, and how many the others are. 403 where nobody is left.
pub(super) fn allowed(
    tx: &mut Tx,
    scope: &Scope,
    deed: Deed,
    seen: &[CustomerId],
) -> zunke_kernel::Result<(Vec<CustomerId>, usize)> {
    if *scope.rights.of(deed) == LevelReach::All {
        return Ok((seen.to_vec(), 0));
    }
    let open = within(tx, &scope.for_deed(deed), seen)?;
    if open.is_empty() && !seen.is_empty() {
        return Err(deed.refused());
    }
    let not_allowed = seen.len() - open.len();
    Ok((open, not_allowed))
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
    let told = super::observers(&app);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let seen = chosen(tx, now, &actor.scope, body.customers.as_deref(), body.filter.as_ref(), BULK_MAX)?;
            let (add, remove) = (known_tags(tx, &body.add, "add")?, known_tags(tx, &body.remove, "remove")?);
            add.iter().chain(&remove).try_for_each(refuse_value_class)?;
            let (ids, not_allowed) = allowed(tx, &actor.scope, Deed::Edit, &seen)?;
            let ids = customers::lock(tx, &ids)?;
            let mut changed = 0;
            for tag in &remove {
                changed += tags::take(tx, now, Some(actor.staff), tag, &ids)?;
            }
            for tag in &add {
                changed += tags::give(tx, now, Some(actor.staff), tag, &ids)?;
            }
            let moved: Vec<Part> = add.iter().chain(&remove).map(|tag| Part::Tag(tag.id.0)).collect();
            let at = At::of(&context(tx, now, &actor, &told)?);
            tag::refresh(tx, &at, &ids, &moved)?;
            let detail = json!({
                "customers": ids.len(), "changed": changed,
                "add": add.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(),
                "remove": remove.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(),
            });
            audit.note(tx, "customer.tag", "bulk", &detail)?;
            Ok(Changed { customers: ids.len(), changed, not_allowed })
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
    let told = super::observers(&app);
    write
        .run(&app, StatusCode::OK, move |tx| {
            if let Change::Set(owner) = body.owner_id {
                directory::require_staff(tx, owner, "owner_id")?;
            }
            if let Change::Set(department) = body.department_id {
                directory::require_department(tx, department, "department_id")?;
            }
            let seen = chosen(tx, now, &actor.scope, body.customers.as_deref(), body.filter.as_ref(), BULK_MAX)?;
            let (ids, not_allowed) = allowed(tx, &actor.scope, Deed::Edit, &seen)?;
            let context = context(tx, now, &actor, &told)?;
            let changed = make::assign_many(tx, &context, &ids, body.owner_id, body.department_id)?;
            audit.note(tx, "customer.assign", "bulk", &json!({"customers": ids.len(), "changed": changed}))?;
            Ok(Changed { customers: ids.len(), changed, not_allowed })
        })
        .await
}
