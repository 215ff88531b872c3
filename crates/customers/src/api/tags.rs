//! `/tags`.

use crate::profile::check_text;
use crate::store::TagId;
use crate::store::tags::{self, Tag};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Can, Write, may};
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::Error;

const NAME_CHARS_MAX: usize = 40;
const COLOUR: &str = "#8c8c8c";
const TAGS_MAX: usize = 1_000;

/// A tag, and how many customers have it.
#[derive(Serialize, ToSchema)]
#[schema(as = CountedTag)]
pub(super) struct Counted {
    #[serde(flatten)]
    tag: Tag,
    customers: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TagList {
    items: Vec<Counted>,
}

/// All tags, by name.
#[utoipa::path(get, path = "/tags", tag = "customers", operation_id = "list_tags",
    responses((status = 200, body = TagList), ReadProblems))]
pub(super) async fn list(State(app): State<App>, _: Can<may::ReadCustomers>) -> Result<axum::Json<TagList>> {
    let (all, counts) = app.db.read_async(|tx| Ok((tags::all(tx)?, tags::counts(tx)?))).await?;
    let items = all.into_iter().map(|tag| Counted { customers: counts.get(&tag.id).copied().unwrap_or(0), tag });
    Ok(axum::Json(TagList { items: items.collect() }))
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
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TagChangeBody)]
pub(super) struct ChangeBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    colour: Option<String>,
}

fn check(name: &str, colour: &str) -> zunke_kernel::Result<()> {
    let mut faults = Vec::new();
    if name.trim().is_empty() {
        faults.push(Error::invalid("name_required", "请填写标签名称。", "Please enter the tag's name.").at("name"));
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
    let now = write.now;
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
            let tag = Tag { id: TagId::new(now), name: body.name.trim().to_owned(), colour, version: 1 };
            if tags::insert(tx, now, &tag)? { Ok(tag) } else { Err(taken()) }
        })
        .await
}

/// Rename a tag, or give it another colour.
#[utoipa::path(patch, path = "/tags/{id}", tag = "customers", operation_id = "update_tag",
    params(("id" = TagId, Path)), request_body = ChangeBody, responses((status = 200, body = Tag), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::ManageTags>,
    Path(id): Path<TagId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut tag = tags::find(tx, id)?.ok_or_else(Error::not_found)?;
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
            tags::update(tx, &tag)?;
            tag.version += 1;
            Ok(tag)
        })
        .await
}

/// Delete a tag: it is taken from everybody; the history keeps its name.
#[utoipa::path(delete, path = "/tags/{id}", tag = "customers", operation_id = "delete_tag",
    params(("id" = TagId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::ManageTags>,
    Path(id): Path<TagId>,
) -> Result<Response> {
    let (now, by, audit) = (write.now, write.actor.staff, write.audit());
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            let tag = tags::find(tx, id)?.ok_or_else(Error::not_found)?;
            tags::delete(tx, now, by, &tag)?;
            audit.note(tx, "tag.delete", id, &json!({"name": tag.name}))
        })
        .await
}
