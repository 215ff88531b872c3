//! Visits: recorded in half a minute, planned, moved, called off.

use super::managers::{context, observers};
use crate::store::duties::{self, Own};
use crate::store::visits::{self, Filter, Visit};
use crate::visit::note::{self, NOTES_CHARS_MAX, PURPOSE_CHARS_MAX, TITLE_CHARS_MAX};
use crate::visit::{Kind, Mood, State as VisitState};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Actor, Can, Deed, Permission, Write, directory, may};
use zunke_customers::privacy::standing;
use zunke_customers::{
    CustomerQuery, CustomerRef, Direction, Kind as ActivityKind, NewActivity, RecordContext, record,
};
use zunke_http::{App, IfMatch, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, StaffId, TaskId, VisitId};
use zunke_kernel::{Day, Error, page};
use zunke_store::Tx;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    customer_id: Option<CustomerId>,
    /// `me`, or an id.
    staff_id: Option<String>,
    state: Option<VisitState>,
    from: Option<Day>,
    to: Option<Day>,
    /// 1 to 500; 50 where none is given.
    limit: Option<u32>,
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = VisitPage)]
pub(super) struct Visits {
    items: Vec<Visit>,
    next: Option<String>,
}

pub(super) fn person(word: Option<&str>, actor: &Actor) -> zunke_kernel::Result<Option<StaffId>> {
    match word {
        None => Ok(None),
        Some("me") => Ok(Some(actor.staff)),
        Some(id) => id.parse().map(Some).map_err(|error: Error| error.at("staff_id")),
    }
}

/// Visits to customers in sight, the latest day first.
#[utoipa::path(get, path = "/visits", tag = "service", operation_id = "list_visits", params(Asked),
    responses((status = 200, body = Visits), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Visits>> {
    let limit = page::limit(asked.limit)?;
    let after = asked.after.as_deref().map(read_mark).transpose()?;
    let actor = can.0;
    let staff = person(asked.staff_id.as_deref(), &actor)?;
    let filter =
        Filter { customer: asked.customer_id, staff, state: asked.state, from: asked.from, to: asked.to, after };
    let mut items = app.db.read_async(move |tx| visits::list(tx, &actor.scope, &filter, i64::from(limit) + 1)).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| page::mark(&json!([last.day.0, last.id])));
    Ok(axum::Json(Visits { items, next }))
}

fn read_mark(mark: &str) -> zunke_kernel::Result<(Day, VisitId)> {
    let (day, id): (i32, VisitId) = serde_json::from_value(page::read_mark(mark)?).map_err(|error| {
        let (zh, en) = ("翻页标记无效。", "The mark of the page is not valid.");
        Error::invalid("after_invalid", zh, en).at("after").caused_by(error)
    })?;
    Ok((Day(day), id))
}

/// What is to be done next.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VisitNextStep)]
pub(super) struct NextStep {
    title: String,
    #[serde(default)]
    due_day: Option<Day>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VisitNew)]
pub(super) struct NewBody {
    customer_id: CustomerId,
    kind: Kind,
    /// `done` (it was made) or `planned`.
    state: VisitState,
    /// Today where none is given.
    #[serde(default)]
    day: Option<Day>,
    /// Oneself where none is given.
    #[serde(default)]
    staff_id: Option<StaffId>,
    #[serde(default)]
    purpose: Option<String>,
    #[serde(default)]
    notes: Option<String>,
    #[serde(default)]
    mood: Option<Mood>,
    /// Becomes a task of who made the visit.
    #[serde(default)]
    next: Option<NextStep>,
}

/// Plan a visit, or record one that was made: it stands in the customer's time line and counts as a contact.
#[utoipa::path(post, path = "/visits", tag = "service", operation_id = "create_visit", request_body = NewBody,
    responses((status = 201, body = Visit), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    if body.state == VisitState::Cancelled {
        let (zh, en) = ("新的拜访只能是已完成或计划中。", "A new visit is made or planned.");
        return Err(Error::invalid("state_invalid", zh, en).at("state").into());
    }
    let (actor, now) = (write.actor.clone(), write.now);
    let told = observers(&app);
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let customer = editable(tx, &actor, body.customer_id)?;
            standing::require_free(tx, customer.id).map_err(|error| error.at("customer_id"))?;
            let context = context(tx, now, &actor, &told)?;
            let day = body.day.unwrap_or(context.today);
            note::check_day(body.state, day, context.today)?;
            let mut visit = Visit {
                id: VisitId::new(now),
                customer_id: customer.id,
                customer_name: customer.name,
                level_rank: customer.headline.level_rank,
                staff_id: whose(tx, &actor, body.staff_id)?,
                staff_name: String::new(),
                kind: body.kind,
                state: body.state,
                day,
                purpose: note::text(body.purpose.as_deref(), "purpose", PURPOSE_CHARS_MAX)?,
                notes: note::text(body.notes.as_deref(), "notes", NOTES_CHARS_MAX)?,
                mood: body.mood,
                reason: None,
                next_task_id: None,
                done_at: (body.state == VisitState::Done).then_some(now),
                created_at: now,
                version: 1,
            };
            visit.next_task_id = follow(tx, &context, &actor, &visit, body.next.as_ref())?;
            visits::insert(tx, actor.staff, std::slice::from_ref(&visit))?;
            if visit.state == VisitState::Done {
                contact(tx, &context, &visit)?;
            }
            visits::find(tx, &actor.scope, visit.id)?.ok_or_else(Error::not_found)
        })
        .await
}

fn editable(tx: &mut Tx, actor: &Actor, id: CustomerId) -> zunke_kernel::Result<zunke_customers::Stored> {
    let found = CustomerQuery::new(&actor.scope).find(tx, id).map_err(|error| error.at("customer_id"))?;
    actor.scope.require(Deed::Edit, found.headline.level_rank)?;
    Ok(found)
}

pub(super) fn whose(tx: &mut Tx, actor: &Actor, staff: Option<StaffId>) -> zunke_kernel::Result<StaffId> {
    match staff.filter(|staff| *staff != actor.staff) {
        None => Ok(actor.staff),
        Some(staff) => {
            actor.require(Permission::ManageService)?;
            directory::require_staff(tx, staff, "staff_id")?;
            Ok(staff)
        }
    }
}

/// The next step of a visit that was made becomes a task.
fn follow(
    tx: &mut Tx,
    context: &RecordContext,
    actor: &Actor,
    visit: &Visit,
    next: Option<&NextStep>,
) -> zunke_kernel::Result<Option<TaskId>> {
    let Some(next) = next else { return Ok(None) };
    note::check_due(next.due_day, context.today, "next.due_day")?;
    let task = Own {
        id: TaskId::new(context.now),
        staff_id: visit.staff_id,
        customer_id: Some(visit.customer_id),
        title: note::needed(&next.title, "next.title", TITLE_CHARS_MAX)?,
        note: None,
        due_day: next.due_day,
        state: "open".into(),
        source: "visit".into(),
        created_by: Some(actor.staff),
        created_at: context.now,
        done_at: None,
        version: 1,
    };
    duties::insert(tx, &task, Some(visit.id.0))?;
    Ok(Some(task.id))
}

/// A visit that was made is a contact: the time line, measures and levels see it.
fn contact(tx: &mut Tx, context: &RecordContext, visit: &Visit) -> zunke_kernel::Result<()> {
    // Of an earlier day nobody knows the hour: noon.
    let noon = context.zone.start_of(visit.day).plus_secs(12 * 3_600);
    let at = if visit.day == context.zone.day_of(context.now) { context.now } else { noon };
    let customer = CustomerRef::Id(visit.customer_id);
    let mut activity = NewActivity::new(customer, ActivityKind::Interaction, "visit", visit.id.to_string(), at);
    let channel = if visit.kind == Kind::Call { "phone" } else { visit.kind.word() };
    activity.channel = Some(channel.to_owned());
    activity.direction = Some(Direction::Outbound);
    activity.staff_id = Some(visit.staff_id);
    activity.subject.clone_from(&visit.purpose);
    activity.body.clone_from(&visit.notes);
    for outcome in record(tx, context, &[activity], &context.observers.0)? {
        if let zunke_customers::Outcome::Refused(error) = outcome {
            return Err(error);
        }
    }
    Ok(())
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VisitChange)]
pub(super) struct ChangeBody {
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    state: Option<VisitState>,
    #[serde(default)]
    day: Option<Day>,
    #[serde(default)]
    staff_id: Option<StaffId>,
    #[serde(default)]
    purpose: Option<String>,
    #[serde(default)]
    notes: Option<String>,
    #[serde(default)]
    mood: Option<Mood>,
    /// Why it is cancelled.
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    next: Option<NextStep>,
}

/// Change a visit: move it to another day, record that it was made, call it off. What was made stays made.
#[utoipa::path(patch, path = "/visits/{id}", tag = "service", operation_id = "update_visit",
    params(("id" = VisitId, Path)), request_body = ChangeBody, responses((status = 200, body = Visit), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<VisitId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    let (actor, now) = (write.actor.clone(), write.now);
    let told = observers(&app);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut visit = visits::find(tx, &actor.scope, id)?.ok_or_else(Error::not_found)?;
            if_match.check(visit.version)?;
            editable(tx, &actor, visit.customer_id)?;
            if visit.staff_id != actor.staff {
                actor.require(Permission::ManageService)?;
            }
            let was = visit.state;
            let to = body.state.unwrap_or(was);
            if was != VisitState::Planned && (to != was || body.day.is_some_and(|day| day != visit.day)) {
                let (zh, en) = (
                    "已完成或已取消的拜访不能再改状态和日期。",
                    "A visit that was made or called off keeps its state and day.",
                );
                return Err(Error::conflict("visit_settled", zh, en).at("state"));
            }
            let context = context(tx, now, &actor, &told)?;
            visit.kind = body.kind.unwrap_or(visit.kind);
            // Recorded without a day, it was made today.
            let made_now = to == VisitState::Done && was == VisitState::Planned;
            visit.day = body.day.unwrap_or(if made_now { context.today } else { visit.day });
            if to != was || body.day.is_some() {
                note::check_day(to, visit.day, context.today)?;
            }
            visit.state = to;
            if let Some(staff) = body.staff_id.filter(|staff| *staff != visit.staff_id) {
                visit.staff_id = whose(tx, &actor, Some(staff))?;
            }
            if body.purpose.is_some() {
                visit.purpose = note::text(body.purpose.as_deref(), "purpose", PURPOSE_CHARS_MAX)?;
            }
            if body.notes.is_some() {
                visit.notes = note::text(body.notes.as_deref(), "notes", NOTES_CHARS_MAX)?;
            }
            visit.mood = body.mood.or(visit.mood);
            if to == VisitState::Cancelled && was != to {
                let reason = body.reason.as_deref().unwrap_or_default();
                visit.reason = Some(note::needed(reason, "reason", PURPOSE_CHARS_MAX)?);
            }
            if let Some(task) = follow(tx, &context, &actor, &visit, body.next.as_ref())? {
                visit.next_task_id = Some(task);
            }
            if made_now {
                visit.done_at = Some(now);
                contact(tx, &context, &visit)?;
            }
            if !visits::update(tx, &visit)? {
                return Err(Error::stale());
            }
            // Given to a colleague, it may be out of the reader's sight; he is told what he has done.
            visit.version += 1;
            Ok(visits::find(tx, &actor.scope, id)?.unwrap_or(visit))
        })
        .await
}
