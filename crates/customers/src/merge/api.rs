//! `/duplicates`, `/customers/{id}/duplicates`, `/customers/{id}/merge`, `/customers/{id}/merges`.

use super::deed::{self, Field, REASON_CHARS_MAX, Since, Wish};
use super::find::{By, Likeness, Wanted};
use super::{Joiners, MergeId, Merged, Pair, dismiss, find, store};
use crate::api::{context, observers};
use crate::custom::{self, Sight};
use crate::sensitive::SensitiveFieldId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use zunke_access::{Can, FieldRight, Permission, Write, may};
use zunke_http::routes;
use zunke_http::{App, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Error, Text};
use zunke_store::Tx;

/// The routes of duplicates and merges, relative to `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(of_one))
        .routes(routes!(say))
        .routes(routes!(preview))
        .routes(routes!(merge))
        .routes(routes!(merges))
        .routes(routes!(undo))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// `next` of the page before.
    after: Option<String>,
    /// 1–200, default 50.
    limit: Option<u32>,
    /// By names (default), or by the ends of phones.
    #[param(inline)]
    by: Option<By>,
    /// Only those of this likeness.
    #[param(inline)]
    likeness: Option<Likeness>,
    /// Those of whom somebody said that they are two.
    dismissed: Option<bool>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DuplicateList)]
struct PairList {
    items: Vec<Pair>,
    /// The `after` of the next page; a short page may have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Customers who may be one and the same, by name or by phone.
#[utoipa::path(get, path = "/duplicates", tag = "customers", operation_id = "list_duplicates", params(ListParams),
    responses((status = 200, body = PairList), ReadProblems))]
async fn list(
    State(app): State<App>,
    can: Can<may::MergeCustomers>,
    Query(params): Query<ListParams>,
) -> Result<axum::Json<PairList>> {
    let limit = zunke_kernel::page::limit(params.limit)?.min(200) as usize;
    let wanted = Wanted {
        by: params.by.unwrap_or_default(),
        likeness: params.likeness,
        dismissed: params.dismissed.unwrap_or(false),
    };
    let (items, next) =
        app.db.read_async(move |tx| find::pairs(tx, &can.scope, wanted, params.after.as_deref(), limit)).await?;
    Ok(axum::Json(PairList { items, next }))
}

/// Who may be the same as this customer.
#[utoipa::path(get, path = "/customers/{id}/duplicates", tag = "customers", operation_id = "list_customer_duplicates",
    params(("id" = CustomerId, Path)), responses((status = 200, body = PairList), ReadProblems))]
async fn of_one(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<PairList>> {
    let items = app
        .db
        .read_async(move |tx| {
            let customer = find::one(tx, &can.scope, id)?;
            find::alike(tx, &can.scope, &customer)
        })
        .await?;
    Ok(axum::Json(PairList { items, next: None }))
}

/// Two of whom somebody says whether they are the same.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DuplicateWord)]
struct Word {
    one: CustomerId,
    other: CustomerId,
    /// `false` takes it back: they are shown again.
    #[serde(default = "yes")]
    dismissed: bool,
}

fn yes() -> bool {
    true
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = DuplicateSaid)]
struct Said {
    dismissed: bool,
}

/// Say of two that they are not the same: they are not shown as duplicates any more.
#[utoipa::path(post, path = "/duplicates/dismiss", tag = "customers", operation_id = "dismiss_duplicate",
    request_body = Word, responses((status = 200, body = Said), WriteProblems))]
async fn say(State(app): State<App>, write: Write<may::MergeCustomers>, Json(body): Json<Word>) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            for id in [body.one, body.other] {
                find::one(tx, &actor.scope, id)?;
            }
            dismiss::say(tx, (now, Some(actor.staff)), (body.one, body.other), body.dismissed)?;
            let detail = json!({ "other": body.other, "dismissed": body.dismissed });
            audit.note(tx, "customer.duplicate_dismiss", body.one, &detail)?;
            Ok(Said { dismissed: body.dismissed })
        })
        .await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PreviewParams {
    /// The entry that would go.
    source_id: CustomerId,
}

/// What a merge would do.
#[derive(Serialize, ToSchema)]
struct MergePreview {
    /// What stands against it; nothing: it can be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Text>,
    /// Fields in which the two differ, so that one is to be chosen.
    choices: Vec<MergeChoice>,
    /// Activities that move.
    activities: i64,
    /// Tickets that move.
    tickets: i64,
    /// Rows of every kind that go to the customer who stays.
    moves: Vec<MergeMoves>,
    /// The level that he will have at least: the higher one of the two.
    level_rank: i64,
    /// Fields of the vault in which both have a value, so that one is to be chosen.
    sealed: Vec<SensitiveFieldId>,
}

#[derive(Serialize, ToSchema)]
struct MergeMoves {
    /// `activities`, `tickets`, `visits`, `staff_tasks`, `consents`, `customer_phones`, `customer_emails`,
    /// `external_ids`, `customer_tags`, `customer_sensitive`.
    what: &'static str,
    rows: i64,
}

const MOVES: [&str; 10] = [
    "activities",
    "tickets",
    "visits",
    "staff_tasks",
    "consents",
    "customer_phones",
    "customer_emails",
    "external_ids",
    "customer_tags",
    "customer_sensitive",
];

#[derive(Serialize, ToSchema)]
struct MergeChoice {
    field: Field,
    /// Of the customer who stays.
    #[schema(value_type = Option<String>)]
    target: serde_json::Value,
    /// Of the entry that goes.
    #[schema(value_type = Option<String>)]
    source: serde_json::Value,
}

/// What a merge would do; nothing is changed.
#[utoipa::path(get, path = "/customers/{id}/merge-preview", tag = "customers", operation_id = "preview_merge",
    params(("id" = CustomerId, Path), PreviewParams),
    responses((status = 200, body = MergePreview), ReadProblems))]
async fn preview(
    State(app): State<App>,
    can: Can<may::MergeCustomers>,
    Path(id): Path<CustomerId>,
    Query(params): Query<PreviewParams>,
) -> Result<axum::Json<MergePreview>> {
    let (now, joiners) = (app.now(), joiners(&app));
    let preview = app
        .db
        .read_async(move |tx| {
            let source = find::one(tx, &can.scope, params.source_id)?;
            let target = find::one(tx, &can.scope, id)?;
            let refused = match deed::check(tx, (&source, &target), now, &joiners) {
                Ok(_) => None,
                Err(error) if error.kind == zunke_kernel::Kind::Internal => return Err(error),
                Err(error) => Some(error.text),
            };
            let choices = deed::differing(&source, &target)
                .into_iter()
                .filter(|(field, ..)| can.fields.of(&field.word()) >= FieldRight::Read)
                .map(|(field, target, source)| MergeChoice { field, target, source })
                .collect();
            let mut count = |table: &str| {
                let sql = format!("SELECT COUNT(*) FROM {table} WHERE customer_id = $1");
                tx.query_one(&sql, &[source.id.into()], |row| row.int(0)).map(Option::unwrap_or_default)
            };
            let moves = MOVES
                .into_iter()
                .map(|what| Ok(MergeMoves { what, rows: count(what)? }))
                .collect::<zunke_kernel::Result<Vec<_>>>()?;
            let rows = |what: &str| moves.iter().find(|one| one.what == what).map_or(0, |one| one.rows);
            let sealed = "SELECT s.field_id FROM customer_sensitive s JOIN customer_sensitive t
                ON t.customer_id = $2 AND t.field_id = s.field_id WHERE s.customer_id = $1 ORDER BY s.field_id";
            let sealed = tx.query(sealed, &[source.id.into(), target.id.into()], |row| row.id(0, SensitiveFieldId))?;
            Ok(MergePreview {
                refused,
                choices,
                activities: rows("activities"),
                tickets: rows("tickets"),
                level_rank: source.headline.level_rank.max(target.headline.level_rank),
                moves,
                sealed,
            })
        })
        .await?;
    Ok(axum::Json(preview))
}

/// How to merge.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMerge)]
struct Body {
    /// The entry that goes: it is archived, and its id leads to the other one.
    source_id: CustomerId,
    /// Fields to be taken from it; where the other has none they are taken anyhow.
    #[serde(default)]
    take: Vec<Field>,
    /// Keys of the organisation's own fields to be taken from it where both have a value.
    #[serde(default)]
    take_own: Vec<String>,
    /// Fields of the vault to be taken from it where both have a value.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    take_sealed: Vec<SensitiveFieldId>,
    #[schema(max_length = 200)]
    reason: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
struct MergeDone {
    #[schema(value_type = String)]
    merge_id: MergeId,
    customer_id: CustomerId,
}

/// Merge another entry into this customer.
#[utoipa::path(post, path = "/customers/{id}/merge", tag = "customers", operation_id = "merge_customer",
    params(("id" = CustomerId, Path)), request_body = Body,
    responses((status = 200, body = MergeDone), WriteProblems))]
async fn merge(
    State(app): State<App>,
    write: Write<may::MergeCustomers>,
    Path(id): Path<CustomerId>,
    Json(body): Json<Body>,
) -> Result<Response> {
    let reason = body.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        let (zh, en) = ("请填写合并原因，最多 200 个字符。", "Please say why, in 200 characters at most.");
        return Err(Error::invalid("reason_required", zh, en).at("reason").into());
    }
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    let (told, joiners) = (observers(&app), joiners(&app));
    write
        .run(&app, StatusCode::OK, move |tx| {
            if body.take.iter().any(|field| matches!(field, Field::OwnerId | Field::DepartmentId)) {
                actor.require(Permission::AssignCustomers)?;
            }
            let context = context(tx, now, &actor, &told)?;
            for field in &body.take {
                actor.fields.require_write(&field.word())?;
            }
            let wish = Wish {
                take: body.take.clone(),
                own: own_fields(tx, &Sight::of(&actor), &body.take_own)?,
                sealed: body.take_sealed.iter().map(|id| id.0).collect(),
                reason: reason.clone(),
            };
            let merge_id = deed::merge(tx, &context, (body.source_id, id), &wish, &joiners)?;
            let detail = json!({ "source": body.source_id, "merge": merge_id, "take": body.take, "reason": reason });
            audit.note(tx, "customer.merge", id, &detail)?;
            Ok(MergeDone { merge_id, customer_id: id })
        })
        .await
}

#[derive(Serialize, ToSchema)]
struct MergeList {
    items: Vec<Merged>,
}

/// What was merged into a customer.
#[utoipa::path(get, path = "/customers/{id}/merges", tag = "customers", operation_id = "list_merges",
    params(("id" = CustomerId, Path)), responses((status = 200, body = MergeList), ReadProblems))]
async fn merges(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<MergeList>> {
    let items = app
        .db
        .read_async(move |tx| {
            find::one(tx, &can.scope, id)?;
            store::into(tx, id)
        })
        .await?;
    Ok(axum::Json(MergeList { items }))
}

/// What was parted.
#[derive(Serialize, Deserialize, ToSchema)]
struct MergeUndone {
    /// What came since the merge and stays with the customer it was merged into; up to 200 of each kind.
    since: Vec<Since>,
}

/// Take a merge back: the entry gets back what came from it.
#[utoipa::path(post, path = "/customers/{id}/merges/{merge}/undo", tag = "customers", operation_id = "undo_merge",
    params(("id" = CustomerId, Path), ("merge" = String, Path)),
    responses((status = 200, body = MergeUndone), WriteProblems))]
async fn undo(
    State(app): State<App>,
    write: Write<may::MergeCustomers>,
    Path((id, merge)): Path<(CustomerId, MergeId)>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    let (told, joiners) = (observers(&app), joiners(&app));
    write
        .run(&app, StatusCode::OK, move |tx| {
            let context = context(tx, now, &actor, &told)?;
            let since = deed::unmerge(tx, &context, id, merge, &joiners)?;
            audit.note(tx, "customer.unmerge", id, &json!({ "merge": merge }))?;
            Ok(MergeUndone { since })
        })
        .await
}

/// Own fields by their keys, of those that the caller may write.
fn own_fields(tx: &mut Tx, sight: &Sight, keys: &[String]) -> zunke_kernel::Result<Vec<uuid::Uuid>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let fields = custom::fields(tx, sight, FieldRight::Write)?;
    let find = |key: &String| {
        fields.iter().find(|field| field.key == *key).map(|field| field.id.0).ok_or_else(|| {
            let (zh, en) = ("字段不存在，或您没有修改权限。", "There is no such field, or you may not change it.");
            Error::invalid("field_unknown", zh, en).at("take_own")
        })
    };
    keys.iter().map(find).collect()
}

fn joiners(app: &App) -> Joiners {
    app.get::<Joiners>().unwrap_or_default()
}
