//! `/categories` and moving customers between them.

use super::context;
use super::tagging::{Filters, allowed, chosen};
use super::tags::check;
use crate::category;
use crate::query::CustomerQuery;
use crate::store::categories::{self, Category, CategoryChange, CategoryMove};
use crate::store::{CategoryId, MoveId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Can, Deed, Permission, Write, may};
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::Error;
use zunke_kernel::id::CustomerId;

const COLOUR: &str = "#8c8c8c";
const CATEGORIES_MAX: usize = 100;
/// Customers of one move.
const MOVE_MAX: u32 = 100_000;
/// Names of those who were left by an undoing.
const NAMED: usize = 50;

#[derive(Serialize, ToSchema)]
#[schema(as = CountedCategory)]
pub(super) struct Counted {
    #[serde(flatten)]
    category: Category,
    /// Active customers that the caller sees.
    customers: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct CategoryList {
    items: Vec<Counted>,
    /// Active customers that the caller sees and who stand in no category.
    without: i64,
}

/// All categories, in their order.
#[utoipa::path(get, path = "/categories", tag = "customers", operation_id = "list_categories",
    responses((status = 200, body = CategoryList), ReadProblems))]
pub(super) async fn list(State(app): State<App>, can: Can<may::ReadCustomers>) -> Result<axum::Json<CategoryList>> {
    let found = app
        .db
        .read_async(move |tx| {
            let counts = categories::counts(tx, &can.scope)?;
            let of = |id: Option<CategoryId>| counts.get(&id).copied().unwrap_or(0);
            let items = categories::all(tx)?
                .into_iter()
                .map(|category| Counted { customers: of(Some(category.id)), category })
                .collect();
            Ok(CategoryList { items, without: of(None) })
        })
        .await?;
    Ok(axum::Json(found))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCategory)]
pub(super) struct NewBody {
    #[schema(max_length = 40)]
    name: String,
    /// `#rrggbb`.
    #[serde(default)]
    colour: Option<String>,
}

fn taken() -> Error {
    Error::conflict("name_taken", "已有同名客户分类。", "There is a category of this name already.").at("name")
}

/// Make a category. It comes last.
#[utoipa::path(post, path = "/categories", tag = "customers", operation_id = "create_category", request_body = NewBody,
    responses((status = 201, body = Category), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageTags>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let now = write.now;
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let colour = body.colour.clone().unwrap_or_else(|| COLOUR.to_owned());
            check(&body.name, &colour)?;
            let all = categories::all(tx)?;
            if all.len() >= CATEGORIES_MAX {
                return Err(Error::invalid(
                    "categories_too_many",
                    format!("客户分类最多 {CATEGORIES_MAX} 个，请先清理不用的分类。"),
                    format!("At most {CATEGORIES_MAX} categories; please delete some first."),
                ));
            }
            let place = all.last().map_or(0, |last| last.place + 1);
            let name = body.name.trim().to_owned();
            let category = Category { id: CategoryId::new(now), name, colour, place, version: 1 };
            if categories::insert(tx, now, &category)? { Ok(category) } else { Err(taken()) }
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CategoryChangeBody)]
pub(super) struct ChangeBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    colour: Option<String>,
}

/// Rename a category, or give it another colour.
#[utoipa::path(patch, path = "/categories/{id}", tag = "customers", operation_id = "update_category",
    params(("id" = CategoryId, Path)), request_body = ChangeBody,
    responses((status = 200, body = Category), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::ManageTags>,
    Path(id): Path<CategoryId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut category = categories::lock(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(category.version)?;
            if let Some(name) = &body.name {
                name.trim().clone_into(&mut category.name);
            }
            if let Some(colour) = &body.colour {
                category.colour.clone_from(colour);
            }
            check(&category.name, &category.colour)?;
            if categories::named(tx, &category.name)?.is_some_and(|other| other != id) {
                return Err(taken());
            }
            categories::update(tx, &category)?;
            category.version += 1;
            Ok(category)
        })
        .await
}

/// Delete a category: who stood in it stands in none; his history keeps its name.
#[utoipa::path(delete, path = "/categories/{id}", tag = "customers", operation_id = "delete_category",
    params(("id" = CategoryId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::ManageTags>,
    Path(id): Path<CategoryId>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    let told = super::observers(&app);
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            actor.scope.require_everyone()?;
            let category = categories::lock(tx, id)?.ok_or_else(Error::not_found)?;
            let context = context(tx, now, &actor, &told)?;
            category::remove(tx, &context, id)?;
            audit.note(tx, "category.delete", id, &json!({"name": category.name}))
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CategoryOrder)]
pub(super) struct OrderBody {
    /// The categories from first to last.
    ids: Vec<CategoryId>,
}

/// Put the categories into an order.
#[utoipa::path(put, path = "/categories/order", tag = "customers", operation_id = "order_categories",
    request_body = OrderBody, responses((status = 204), WriteProblems))]
pub(super) async fn order(
    State(app): State<App>,
    write: Write<may::ManageTags>,
    Json(body): Json<OrderBody>,
) -> Result<Response> {
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            let mut known: Vec<_> = categories::all(tx)?.into_iter().map(|one| one.id.0).collect();
            let mut named: Vec<_> = body.ids.iter().map(|id| id.0).collect();
            known.sort_unstable();
            named.sort_unstable();
            if known != named {
                return Err(Error::conflict(
                    "categories_changed",
                    "客户分类已有变化，请刷新后重新排序。",
                    "The categories have changed; please reload and order them again.",
                )
                .at("ids"));
            }
            categories::place(tx, &body.ids)
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BulkCategory)]
pub(super) struct MoveBody {
    #[serde(default)]
    customers: Option<Vec<CustomerId>>,
    #[serde(default)]
    filter: Option<Filters>,
    /// `null`: out of any category.
    category_id: Option<CategoryId>,
}

/// What a move did.
#[derive(Serialize, ToSchema)]
#[schema(as = CategoryMoved)]
pub(super) struct Moved {
    /// Absent where everybody stood there already.
    #[serde(rename = "move")]
    done: Option<CategoryMove>,
    /// Customers that were meant and may be moved.
    customers: usize,
    /// Customers that are seen, but whose level the caller may not move.
    not_allowed: usize,
}

/// Move customers into a category, or out of any. `POST /category-moves/{id}/undo` takes it back.
#[utoipa::path(post, path = "/customers/bulk/category", tag = "customers", operation_id = "bulk_move_customers",
    request_body = MoveBody, responses((status = 200, body = Moved), WriteProblems))]
pub(super) async fn shift(
    State(app): State<App>,
    write: Write<may::EditCustomers>,
    Json(body): Json<MoveBody>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    let told = super::observers(&app);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let seen = chosen(tx, now, &actor.scope, body.customers.as_deref(), body.filter.as_ref(), MOVE_MAX)?;
            let (ids, not_allowed) = allowed(tx, &actor.scope, Deed::Categorise, &seen)?;
            let context = context(tx, now, &actor, &told)?;
            let done = category::shift(tx, &context, &ids, body.category_id)?;
            let moved = done.as_ref().map_or(0, |done| done.customers);
            let detail = json!({"customers": ids.len(), "moved": moved, "category_id": body.category_id});
            audit.note(tx, "customer.category", "bulk", &detail)?;
            Ok(Moved { done, customers: ids.len(), not_allowed })
        })
        .await
}

#[derive(Serialize, ToSchema)]
pub(super) struct MoveList {
    items: Vec<CategoryMove>,
}

/// The latest moves, the newest first: the caller's own; for who manages tags and categories, everybody's.
#[utoipa::path(get, path = "/category-moves", tag = "customers", operation_id = "list_category_moves",
    responses((status = 200, body = MoveList), ReadProblems))]
pub(super) async fn moves(State(app): State<App>, can: Can<may::EditCustomers>) -> Result<axum::Json<MoveList>> {
    let whose = (!can.may(Permission::ManageTags) || !can.scope.sees_all()).then_some(can.staff);
    let items = app.db.read_async(move |tx| categories::moves(tx, whose, 20)).await?;
    Ok(axum::Json(MoveList { items }))
}

#[derive(Serialize, ToSchema)]
pub(super) struct LeftCustomer {
    customer_id: CustomerId,
    name: String,
}

/// What an undoing did.
#[derive(Serialize, ToSchema)]
pub(super) struct UndoneMove {
    /// The move back, which can be undone itself; absent where nobody went back.
    back: Option<CategoryMove>,
    /// How many were left where they are: moved by somebody since, or not the caller's to move.
    left: usize,
    /// The first of them that the caller sees.
    left_customers: Vec<LeftCustomer>,
}

/// Take a move back. Customers whom somebody has moved since are left, and named.
#[utoipa::path(post, path = "/category-moves/{id}/undo", tag = "customers", operation_id = "undo_category_move",
    params(("id" = MoveId, Path)), responses((status = 200, body = UndoneMove), WriteProblems))]
pub(super) async fn undo(
    State(app): State<App>,
    write: Write<may::EditCustomers>,
    Path(id): Path<MoveId>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    let told = super::observers(&app);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let one = categories::lock_move(tx, id)?.ok_or_else(Error::not_found)?;
            if one.staff_id != Some(actor.staff) && !actor.may(Permission::ManageTags) {
                return Err(Error::not_found());
            }
            let context = context(tx, now, &actor, &told)?;
            let undone = category::undo(tx, &context, id)?;
            let mut left_customers = Vec::new();
            for customer_id in undone.left.iter().take(NAMED) {
                if let Ok(found) = CustomerQuery::new(&actor.scope).find(tx, *customer_id) {
                    left_customers.push(LeftCustomer { customer_id: *customer_id, name: found.name });
                }
            }
            let moved = undone.back.as_ref().map_or(0, |back| back.customers);
            audit.note(tx, "customer.category_undo", id, &json!({"moved": moved, "left": undone.left.len()}))?;
            Ok(UndoneMove { back: undone.back, left: undone.left.len(), left_customers })
        })
        .await
}

#[derive(Serialize, ToSchema)]
pub(super) struct CategoryHistory {
    items: Vec<CategoryChange>,
}

/// Who moved a customer where and when, the newest first, at most 500.
#[utoipa::path(get, path = "/customers/{id}/category/history", tag = "customers",
    operation_id = "list_customer_category_history",
    params(("id" = CustomerId, Path)), responses((status = 200, body = CategoryHistory), ReadProblems))]
pub(super) async fn history(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<CategoryHistory>> {
    let items = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&can.scope).find(tx, id)?;
            categories::history(tx, id, 500)
        })
        .await?;
    Ok(axum::Json(CategoryHistory { items }))
}
