//! `/tags`.

use super::segments;
use crate::profile::check_text;
use crate::record::RecordContext;
use crate::store::TagId;
use crate::store::tags::{self, RuleState, Tag, TagKind, TagRule};
use crate::tag::{self, At, rule, work};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json_, json};
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Asking, Can, Scope, Write, may};
use zunke_http::{App, Change, IfMatch, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::{Error, Text};
use zunke_store::Tx;

const NAME_CHARS_MAX: usize = 40;
const COLOUR: &str = "#8c8c8c";
const TAGS_MAX: usize = 1_000;

/// A tag, and how many customers have it.
#[derive(Serialize, ToSchema)]
#[schema(as = CountedTag)]
pub(super) struct Counted {
    #[serde(flatten)]
    tag: Tag,
    /// Active customers that the caller sees.
    customers: i64,
    /// The rule as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    sentence: Option<Text>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TagList {
    items: Vec<Counted>,
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// `tag` (default) or `value_class`.
    kind: TagKind,
}

/// All tags, or all value classes, by name.
#[utoipa::path(get, path = "/tags", tag = "customers", operation_id = "list_tags", params(ListParams),
    responses((status = 200, body = TagList), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Query(params): Query<ListParams>,
) -> Result<axum::Json<TagList>> {
    let items = app
        .db
        .read_async(move |tx| {
            let counts = tags::counts(tx, &can.scope)?;
            let mut items = Vec::new();
            for tag in tags::all(tx)?.into_iter().filter(|tag| tag.kind == params.kind) {
                let sentence = tag.rule.as_ref().map(|rule| segments::sentence(tx, &rule.condition)).transpose()?;
                items.push(Counted { customers: counts.get(&tag.id).copied().unwrap_or(0), tag, sentence });
            }
            Ok(items)
        })
        .await?;
    Ok(axum::Json(TagList { items }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTag)]
pub(super) struct NewBody {
    #[schema(max_length = 40)]
    name: String,
    /// `#rrggbb`.
    #[serde(default)]
    colour: Option<String>,
    #[serde(default)]
    kind: TagKind,
    /// The rule; a value class needs one.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    condition: Option<Json_>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TagChangeBody)]
pub(super) struct ChangeBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    colour: Option<String>,
    /// `null`: no rule any more; who has the tag by it alone loses it.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    condition: Change<Json_>,
}

/// A rule that is to be stored: checked, and in no circle. It gives to everyone, so it is for who sees everyone.
fn ruled(tx: &mut Tx, scope: &Scope, tag: &Tag, condition: &Json_) -> zunke_kernel::Result<TagRule> {
    scope.require_everyone()?;
    let read = rule::read(tx, tag, condition).map_err(|error| match error.field {
        None => error.at("condition"),
        Some(_) => error,
    })?;
    rule::refuse_circle(tx, Some((tag, &read.condition))).map_err(|error| error.at("condition"))?;
    Ok(TagRule { condition: condition.clone(), state: RuleState::Waiting, asked_at: None, error: None })
}

fn needs_rule() -> Error {
    Error::invalid(
        "rule_required",
        "价值分类由条件决定，请设置条件。",
        "A value class is decided by its condition; please set one.",
    )
    .at("condition")
}

pub(super) fn check(name: &str, colour: &str) -> zunke_kernel::Result<()> {
    let mut faults = Vec::new();
    if name.trim().is_empty() {
        faults.push(Error::invalid("name_required", "请填写名称。", "Please enter a name.").at("name"));
    }
    faults.extend(check_text(name, "name", NAME_CHARS_MAX));
    let digits = colour.strip_prefix('#').unwrap_or("");
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        faults.push(
            Error::invalid("colour_invalid", "颜色应写成 #1677ff 的形式。", "Write the colour as #1677ff.")
                .at("colour"),
        );
    }
    Error::gather(faults).map_or(Ok(()), Err)
}

fn taken() -> Error {
    Error::conflict("name_taken", "已有同名标签。", "There is a tag of this name already.").at("name")
}

/// Make a tag.
#[utoipa::path(post, path = "/tags", tag = "customers", operation_id = "create_tag", request_body = NewBody,
    responses((status = 201, body = Tag), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageTags>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let (now, scope, audit) = (write.now, write.actor.scope.clone(), write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let colour = body.colour.clone().unwrap_or_else(|| COLOUR.to_owned());
            check(&body.name, &colour)?;
            if tags::all(tx)?.len() >= TAGS_MAX {
                return Err(Error::invalid(
                    "tags_too_many",
                    format!("标签最多 {TAGS_MAX} 个，请先清理不用的标签。"),
                    format!("At most {TAGS_MAX} tags; please delete some first."),
                ));
            }
            let mut tag = Tag { kind: body.kind, ..Tag::by_hand(TagId::new(now), body.name.trim(), &colour) };
            match &body.condition {
                Some(condition) => tag.rule = Some(ruled(tx, &scope, &tag, condition)?),
                None if body.kind == TagKind::ValueClass => return Err(needs_rule()),
                None => {}
            }
            if !tags::insert(tx, now, &tag)? {
                return Err(taken());
            }
            if let Some(rule) = &tag.rule {
                work::rule_changed(tx, now, vec![tag.id])?;
                audit.note(tx, "tag.rule", tag.id, &json!({"name": tag.name, "condition": rule.condition}))?;
            }
            Ok(tag)
        })
        .await
}

/// Rename a tag, give it another colour or another rule. A changed rule is asked of everyone by a job.
#[utoipa::path(patch, path = "/tags/{id}", tag = "customers", operation_id = "update_tag",
    params(("id" = TagId, Path)), request_body = ChangeBody, responses((status = 200, body = Tag), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::ManageTags>,
    Path(id): Path<TagId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    let (now, scope, audit) = (write.now, write.actor.scope.clone(), write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut tag = tags::lock(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(tag.version)?;
            if let Some(name) = &body.name {
                name.trim().clone_into(&mut tag.name);
            }
            if let Some(colour) = &body.colour {
                tag.colour.clone_from(colour);
            }
            check(&tag.name, &tag.colour)?;
            if tags::named(tx, &tag.name)?.is_some_and(|other| other != id) {
                return Err(taken());
            }
            let before = tag.rule.as_ref().map(|rule| rule.condition.clone());
            match &body.condition {
                Change::Keep => {}
                Change::Set(condition) => tag.rule = Some(ruled(tx, &scope, &tag, condition)?),
                Change::Clear if tag.kind == TagKind::ValueClass => return Err(needs_rule()),
                Change::Clear => {
                    scope.require_everyone()?;
                    tag.rule = None;
                }
            }
            let after = tag.rule.as_ref().map(|rule| rule.condition.clone());
            // Saved again, a stale rule is tried again.
            let again = body.condition != Change::Keep;
            tags::update(tx, &tag, again)?;
            if again {
                let asked = if after.is_none() && before.is_some() {
                    tags::forget_rule(tx, now, &tag)?;
                    // Who speaks of this tag has lost something that no customer's own change tells.
                    rule::speaking_of(tx, id)?
                } else {
                    vec![id]
                };
                work::rule_changed(tx, now, asked)?;
                audit.note(tx, "tag.rule", id, &json!({"name": tag.name, "before": before, "after": after}))?;
            }
            tag.version += 1;
            Ok(tag)
        })
        .await
}

/// Delete a tag: it is taken from everybody; the history keeps its name. One that a rule speaks of stays.
#[utoipa::path(delete, path = "/tags/{id}", tag = "customers", operation_id = "delete_tag",
    params(("id" = TagId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::ManageTags>,
    Path(id): Path<TagId>,
) -> Result<Response> {
    let (now, by, scope, audit) = (write.now, write.actor.staff, write.actor.scope.clone(), write.audit());
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            let tag = tags::lock(tx, id)?.ok_or_else(Error::not_found)?;
            scope.require_everyone()?;
            if let Some(other) = rule::speaking_of(tx, id)?.into_iter().find(|other| *other != id) {
                let name = tags::find(tx, other)?.map(|tag| tag.name).unwrap_or_default();
                return Err(Error::conflict(
                    "tag_in_use",
                    format!("标签“{name}”的规则引用了该标签，请先修改它。"),
                    format!("The rule of the tag “{name}” speaks of this one; change it first."),
                ));
            }
            tags::delete(tx, now, by, &tag)?;
            audit.note(tx, "tag.delete", id, &json!({"name": tag.name}))
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TagPreviewQuestion)]
pub(super) struct PreviewBody {
    #[schema(value_type = Object)]
    condition: Json_,
    /// The tag whose rule it shall be; absent: a new one.
    #[serde(default)]
    tag_id: Option<TagId>,
}

/// What saving a rule would do, among the customers that the caller sees.
#[derive(Serialize, ToSchema)]
pub(super) struct TagPreview {
    /// Active customers for whom the condition holds.
    count: i64,
    /// All active customers.
    total: i64,
    /// Who will gain the tag.
    gain: i64,
    /// Who will lose it.
    lose: i64,
    /// Who has it by hand and keeps it though the condition does not hold.
    kept_by_hand: i64,
    /// The condition as a sentence.
    sentence: Text,
}

/// What saving a rule would do. Nothing is written.
#[utoipa::path(post, path = "/tags/preview", tag = "customers", operation_id = "preview_tag", request_body = PreviewBody,
    responses((status = 200, body = TagPreview), WriteProblems))]
pub(super) async fn preview(
    State(app): State<App>,
    can: Asking<may::ReadCustomers>,
    Json(body): Json<PreviewBody>,
) -> Result<axum::Json<TagPreview>> {
    let now = app.now();
    let found = app
        .db
        .read_async(move |tx| {
            let at = At::of(&RecordContext::load(tx, now)?);
            let tag = match body.tag_id {
                Some(id) => tags::find(tx, id)?.ok_or_else(Error::not_found)?,
                None => Tag::by_hand(TagId::new(now), "…", COLOUR),
            };
            let read = rule::read(tx, &tag, &body.condition)?;
            rule::refuse_circle(tx, Some((&tag, &read.condition))).map_err(|error| error.at("condition"))?;
            let told = tag::preview(tx, &at, &can.scope, body.tag_id.map(|id| id.0), &read.condition)?;
            Ok(TagPreview {
                count: told.count,
                total: told.total,
                gain: told.gain,
                lose: told.lose,
                kept_by_hand: told.by_hand,
                sentence: segments::sentence(tx, &body.condition)?,
            })
        })
        .await?;
    Ok(axum::Json(found))
}
