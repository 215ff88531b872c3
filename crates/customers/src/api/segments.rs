//! `/segments` and `/conditions`: saved conditions, counted live.

use super::day;
use crate::custom::{Sight, catalogue, of_viewer};
use crate::profile::{Status, check_text};
use crate::query::{CustomerQuery, Filter};
use crate::segment;
use crate::store::SegmentId;
use crate::store::segments::{self, Segment};
use crate::tag::{rule, work};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json_, json};
use utoipa::ToSchema;
use zunke_access::{Asking, Can, Write, may};
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::condition::{Field, FieldType, Measure, Op, describe, parse};
use zunke_kernel::{Error, Text};
use zunke_store::Tx;

const NAME_CHARS_MAX: usize = 60;
const SEGMENTS_MAX: usize = 500;

/// A segment with its sentence.
#[derive(Serialize, ToSchema)]
#[schema(as = SegmentView)]
pub(super) struct View {
    #[serde(flatten)]
    segment: Segment,
    /// The condition as a sentence.
    sentence: Text,
}

fn view(tx: &mut Tx, segment: Segment) -> zunke_kernel::Result<View> {
    let sentence = sentence(tx, &segment.condition)?;
    Ok(View { segment, sentence })
}

/// The sentence of a stored condition; one that is no longer valid says so instead of breaking the list.
pub(super) fn sentence(tx: &mut Tx, condition: &Json_) -> zunke_kernel::Result<Text> {
    let catalogue = catalogue(tx)?;
    let Ok(read) = parse(condition, &catalogue) else {
        return Ok(Text::new("条件已失效，请重新编辑", "not valid any more; please edit it"));
    };
    let tags = crate::store::tags::all(tx)?;
    let segments = segments::all(tx)?;
    let name = |_: &zunke_kernel::condition::Subject, value: &zunke_kernel::condition::Scalar| {
        let zunke_kernel::condition::Scalar::Id(id) = value else { return None };
        let tag = tags.iter().find(|tag| tag.id.0 == *id).map(|tag| &tag.name);
        let named = tag.or_else(|| segments.iter().find(|one| one.id.0 == *id).map(|one| &one.name))?;
        Some(Text::new(named.as_str(), named.as_str()))
    };
    Ok(describe(&read, &catalogue, &name))
}

#[derive(Serialize, ToSchema)]
pub(super) struct SegmentList {
    items: Vec<View>,
}

/// All segments, by name.
#[utoipa::path(get, path = "/segments", tag = "customers", operation_id = "list_segments",
    responses((status = 200, body = SegmentList), ReadProblems))]
pub(super) async fn list(State(app): State<App>, _: Can<may::ReadCustomers>) -> Result<axum::Json<SegmentList>> {
    let items =
        app.db.read_async(|tx| segments::all(tx)?.into_iter().map(|segment| view(tx, segment)).collect()).await?;
    Ok(axum::Json(SegmentList { items }))
}

/// One segment.
#[utoipa::path(get, path = "/segments/{id}", tag = "customers", operation_id = "get_segment",
    params(("id" = SegmentId, Path)), responses((status = 200, body = View), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    _: Can<may::ReadCustomers>,
    Path(id): Path<SegmentId>,
) -> Result<Versioned<View>> {
    let found = app
        .db
        .read_async(move |tx| {
            let segment = segments::find(tx, id)?.ok_or_else(Error::not_found)?;
            view(tx, segment)
        })
        .await?;
    Ok(Versioned(found.segment.version, found))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSegment)]
pub(super) struct NewBody {
    #[schema(max_length = 60)]
    name: String,
    #[schema(value_type = Object)]
    condition: Json_,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SegmentChange)]
pub(super) struct ChangeBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    condition: Option<Json_>,
}

/// All faults of a segment at once; `own` may not come back to itself.
fn check(
    tx: &mut Tx,
    sight: &Sight,
    name: &str,
    condition: &Json_,
    own: Option<SegmentId>,
) -> zunke_kernel::Result<()> {
    let mut faults = Vec::new();
    if name.trim().is_empty() {
        faults.push(Error::invalid("name_required", "请填写客群名称。", "Please enter the segment's name.").at("name"));
    }
    faults.extend(check_text(name, "name", NAME_CHARS_MAX));
    let read = parse(condition, &of_viewer(tx, sight)?)
        .and_then(|read| segment::expanded_of(tx, &read, own).map_err(|error| error.at("condition")));
    if let Err(mut error) = read {
        let others = std::mem::take(&mut error.others);
        faults.push(error);
        faults.extend(others);
    }
    if segments::named(tx, name)?.is_some_and(|other| Some(other) != own) {
        faults.push(taken());
    }
    Error::gather(faults).map_or(Ok(()), Err)
}

fn taken() -> Error {
    Error::conflict("name_taken", "已有同名客群。", "There is a segment of this name already.").at("name")
}

/// Save a condition as a segment.
#[utoipa::path(post, path = "/segments", tag = "customers", operation_id = "create_segment", request_body = NewBody,
    responses((status = 201, body = View), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageSegments>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let (now, by, sight) = (write.now, write.actor.staff, Sight::of(&write.actor));
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            check(tx, &sight, &body.name, &body.condition, None)?;
            if segments::all(tx)?.len() >= SEGMENTS_MAX {
                return Err(Error::invalid(
                    "segments_too_many",
                    format!("客群最多 {SEGMENTS_MAX} 个，请先清理不用的客群。"),
                    format!("At most {SEGMENTS_MAX} segments; please delete some first."),
                ));
            }
            let segment = Segment {
                id: SegmentId::new(now),
                name: body.name.trim().to_owned(),
                condition: body.condition.clone(),
                created_by: Some(by),
                version: 1,
                created_at: now,
                updated_at: now,
            };
            if segments::insert(tx, &segment)? { view(tx, segment) } else { Err(taken()) }
        })
        .await
}

/// Change a segment.
#[utoipa::path(patch, path = "/segments/{id}", tag = "customers", operation_id = "update_segment",
    params(("id" = SegmentId, Path)), request_body = ChangeBody, responses((status = 200, body = View), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::ManageSegments>,
    Path(id): Path<SegmentId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    let (now, sight, scope) = (write.now, Sight::of(&write.actor), write.actor.scope.clone());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut segment = segments::lock(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(segment.version)?;
            if let Some(name) = &body.name {
                name.trim().clone_into(&mut segment.name);
            }
            if let Some(condition) = &body.condition {
                segment.condition.clone_from(condition);
            }
            check(tx, &sight, &segment.name, &segment.condition, Some(id))?;
            segments::update(tx, now, &segment)?;
            // Tags whose rules are built on it follow it, to everyone.
            let built_on = rule::built_on(tx, id)?;
            if !built_on.is_empty() && body.condition.is_some() {
                scope.require_everyone()?;
                rule::refuse_circle(tx, None).map_err(|error| error.at("condition"))?;
                work::rule_changed(tx, now, built_on.into_iter().map(|tag| tag.id).collect())?;
            }
            segment.version += 1;
            segment.updated_at = now;
            view(tx, segment)
        })
        .await
}

/// Delete a segment. One that another segment is built on stays.
#[utoipa::path(delete, path = "/segments/{id}", tag = "customers", operation_id = "delete_segment",
    params(("id" = SegmentId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::ManageSegments>,
    Path(id): Path<SegmentId>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            let segment = segments::lock(tx, id)?.ok_or_else(Error::not_found)?;
            if let Some(tag) = rule::built_on(tx, id)?.first() {
                return Err(Error::conflict(
                    "segment_in_use",
                    format!("标签“{}”的规则引用了该客群，请先修改它。", tag.name),
                    format!("The rule of the tag “{}” is built on this segment; change it first.", tag.name),
                ));
            }
            let catalogue = catalogue(tx)?;
            for other in segments::all(tx)?.into_iter().filter(|other| other.id != id) {
                let uses = parse(&other.condition, &catalogue)
                    .is_ok_and(|read| zunke_kernel::condition::segments(&read).contains(&id.0));
                if uses {
                    return Err(Error::conflict(
                        "segment_in_use",
                        format!("客群“{}”引用了该客群，请先修改它。", other.name),
                        format!("The segment “{}” is built on this one; change it first.", other.name),
                    ));
                }
            }
            segments::delete(tx, id)?;
            audit.note(tx, "segment.delete", id, &json!({"name": segment.name}))
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SegmentQuestion)]
pub(super) struct CountBody {
    #[schema(value_type = Object)]
    condition: Json_,
}

/// How many of the customers that the caller sees.
#[derive(Serialize, ToSchema)]
#[schema(as = SegmentCount)]
pub(super) struct Counted {
    count: i64,
    /// All active customers that the caller sees.
    total: i64,
    /// The condition as a sentence.
    sentence: Text,
}

/// How many active customers a condition holds for.
#[utoipa::path(post, path = "/segments/count", tag = "customers", operation_id = "count_segment", request_body = CountBody,
    responses((status = 200, body = Counted), WriteProblems))]
pub(super) async fn count(
    State(app): State<App>,
    can: Asking<may::ReadCustomers>,
    Json(body): Json<CountBody>,
) -> Result<axum::Json<Counted>> {
    let now = app.now();
    let counted = app
        .db
        .read_async(move |tx| {
            let (today, zone) = day(tx, now)?;
            let read = parse(&body.condition, &of_viewer(tx, &Sight::of(&can))?)?;
            let condition = segment::expanded(tx, &read).map_err(|error| error.at("condition"))?;
            let all = Filter { status: Some(Status::Active), today, zone, ..Filter::default() };
            let narrowed = Filter { conditions: vec![condition], ..all.clone() };
            let total = CustomerQuery::new(&can.scope).filter(all).count(tx)?;
            let count = CustomerQuery::new(&can.scope).filter(narrowed).count(tx)?;
            Ok(Counted { count, total, sentence: sentence(tx, &body.condition)? })
        })
        .await?;
    Ok(axum::Json(counted))
}

/// What conditions may speak of.
#[derive(Serialize, ToSchema)]
#[schema(as = ConditionCatalogue)]
pub(super) struct Fields {
    fields: Vec<FieldView>,
    measures: Vec<Measure>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConditionField)]
struct FieldView {
    #[serde(flatten)]
    field: Field,
    operators: Vec<Op>,
}

/// The fields and measures of conditions, with their words and operators.
#[utoipa::path(get, path = "/conditions/fields", tag = "customers", operation_id = "list_condition_fields",
    responses((status = 200, body = Fields), ReadProblems))]
pub(super) async fn fields(State(app): State<App>, can: Can<may::ReadCustomers>) -> Result<axum::Json<Fields>> {
    let catalogue = app.db.read_async(move |tx| of_viewer(tx, &Sight::of(&can))).await?;
    let operators = |kind: FieldType| kind.operators().to_vec();
    let view = |field: &Field| FieldView { operators: operators(field.kind), field: field.clone() };
    Ok(axum::Json(Fields { fields: catalogue.fields.iter().map(view).collect(), measures: catalogue.measures }))
}
