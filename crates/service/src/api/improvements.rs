//! `/improvements`: the board, who asked for what, and telling them.

use super::voices::check_days;
use crate::improvement::{self, Notice, State as Stand, decide, message_for};
use crate::store::improvements::{self as store, Improvement, Side, Step};
use crate::store::voices::{like, topics};
use crate::ticket::NOBODY;
use crate::{text, visible};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Actor, Asking, Can, Write, directory, may, settings};
use zunke_customers::CustomerQuery;
use zunke_http::{App, Change, IfMatch, Json, Path, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::id::{CustomerId, ImprovementId, StaffId, TicketId, TopicId};
use zunke_kernel::{Day, Error, Instant};
use zunke_store::Tx;
use zunke_store::jobs::{self, NewJob};

/// Tickets put in at once; contributors of one improvement.
const ADDED_MAX: usize = 500;
const CONTRIBUTORS_MAX: usize = 5_000;
const MESSAGE_CHARS_MAX: usize = 2_000;
/// The stretch of time before and after, for the effect.
const SIDE_DAYS: i32 = 28;

#[derive(Serialize, ToSchema)]
#[schema(as = ImprovementList)]
pub(super) struct ImprovementList {
    items: Vec<Improvement>,
}

/// The improvements, the latest changed first.
#[utoipa::path(get, path = "/improvements", tag = "service", operation_id = "list_improvements",
    responses((status = 200, body = ImprovementList), ReadProblems))]
pub(super) async fn list(State(app): State<App>, _can: Can<may::ReadTickets>) -> Result<axum::Json<ImprovementList>> {
    Ok(axum::Json(ImprovementList { items: app.db.read_async(store::all).await? }))
}

/// A contributor, as far as the caller sees him.
#[derive(Serialize, ToSchema)]
#[schema(as = ImprovementContributor)]
pub(super) struct Contributor {
    ticket_id: TicketId,
    number: i64,
    customer_id: Option<CustomerId>,
    name: Option<String>,
    channel: Option<String>,
    /// What was done, or would be done now.
    notice: Notice,
    /// What he reads, where he is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    opted_out: bool,
}

/// Before and after it was done: equally long, up to 28 days.
#[derive(Serialize, ToSchema)]
#[schema(as = ImprovementEffect)]
pub(super) struct Effect {
    before: Side,
    after: Side,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ImprovementWhole)]
pub(super) struct Whole {
    improvement: Improvement,
    contributors: Vec<Contributor>,
    /// Contributors outside of what the caller sees.
    hidden: i64,
    /// Once it is done.
    effect: Option<Effect>,
}

fn shown(
    tx: &mut Tx,
    actor: &Actor,
    improvement: &Improvement,
    message: Option<&str>,
    preview: bool,
) -> zunke_kernel::Result<(Vec<Contributor>, i64)> {
    let all = store::contributors(tx, improvement.id)?;
    let decided = decide(&all);
    let keys: Vec<(CustomerId, TicketId)> = all.iter().map(|one| (one.customer, one.ticket)).collect();
    let mut seen = std::collections::HashSet::new();
    for part in keys.chunks(ADDED_MAX) {
        seen.extend(like::seen(tx, actor, part)?.into_iter().map(|(_, ticket)| ticket));
    }
    let hidden = all.iter().filter(|one| !seen.contains(&one.ticket)).count();
    let items = all
        .into_iter()
        .zip(decided)
        .filter(|(one, _)| seen.contains(&one.ticket))
        .map(|(one, decided)| {
            let notice = if preview { decided } else { one.notice };
            let told = preview && notice == Notice::Told && one.notice == Notice::Waiting;
            Contributor {
                ticket_id: one.ticket,
                number: one.number,
                customer_id: (one.customer != NOBODY).then_some(one.customer),
                message: message
                    .filter(|_| told)
                    .map(|message| message_for(message, &improvement.title, one.name.as_deref())),
                name: one.name,
                channel: one.channel.map(|channel| channel.word().to_owned()),
                notice,
                opted_out: one.opted_out,
            }
        })
        .collect();
    Ok((items, i64::try_from(hidden).unwrap_or(i64::MAX)))
}

fn effect(tx: &mut Tx, one: &Improvement, now: Instant) -> zunke_kernel::Result<Option<Effect>> {
    let Some(done_at) = one.done_at else { return Ok(None) };
    let zone = settings::load(tx)?.zone();
    let (done, today) = (zone.day_of(done_at), zone.day_of(now));
    let days = today.since(done).clamp(0, SIDE_DAYS);
    let (first, last) = (done.plus(-days), done.plus(days));
    let mut between = |from: Day, to: Day| {
        store::side(tx, one, (i64::from(from.0), i64::from(to.0)), (zone.start_of(from), zone.start_of(to)))
    };
    Ok(Some(Effect { before: between(first, done)?, after: between(done, last)? }))
}

/// One improvement: who asked for it, who was told, what became better.
#[utoipa::path(get, path = "/improvements/{id}", tag = "service", operation_id = "get_improvement",
    params(("id" = ImprovementId, Path)), responses((status = 200, body = Whole), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Path(id): Path<ImprovementId>,
) -> Result<Versioned<Whole>> {
    let (actor, now) = (can.0, app.now());
    let whole = app
        .db
        .read_async(move |tx| {
            let improvement = store::find(tx, id)?.ok_or_else(Error::not_found)?;
            let (contributors, hidden) = shown(tx, &actor, &improvement, None, false)?;
            let effect = effect(tx, &improvement, now)?;
            Ok(Whole { improvement, contributors, hidden, effect })
        })
        .await?;
    Ok(Versioned(whole.improvement.version, whole))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImprovementNew)]
pub(super) struct NewBody {
    #[schema(max_length = 120)]
    title: String,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    topic_id: Option<TopicId>,
    #[serde(default)]
    owner_id: Option<StaffId>,
    /// Tickets that asked for it.
    #[serde(default)]
    ticket_ids: Vec<TicketId>,
}

fn known(tx: &mut Tx, topic: Option<TopicId>, owner: Option<StaffId>) -> zunke_kernel::Result<()> {
    if let Some(topic) = topic {
        topics::find(tx, topic)?
            .ok_or_else(|| Error::invalid("topic_unknown", "没有该主题。", "There is no such topic.").at("topic_id"))?;
    }
    owner.map_or(Ok(()), |owner| directory::require_staff(tx, owner, "owner_id").map(|_| ()))
}

/// Collect an improvement.
#[utoipa::path(post, path = "/improvements", tag = "service", operation_id = "create_improvement",
    request_body = NewBody, responses((status = 201, body = Improvement), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    let title = text::required(&body.title, "title", 120)?;
    let detail = text::optional(body.detail.as_deref(), "detail", MESSAGE_CHARS_MAX)?;
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            known(tx, body.topic_id, body.owner_id)?;
            let begun = Step { at: now, staff_id: Some(actor.staff), state: Stand::Collected, reason: None };
            let mut new = Improvement {
                id: ImprovementId::new(now),
                title: title.clone(),
                detail: detail.clone(),
                topic_id: body.topic_id,
                state: Stand::Collected,
                owner_id: body.owner_id,
                reason: None,
                message: None,
                history: vec![begun],
                created_at: now,
                done_at: None,
                updated_at: now,
                version: 1,
                tickets: 0,
                told: 0,
            };
            store::insert(tx, actor.staff, &new)?;
            new.tickets = put_in(tx, &actor, now, new.id, &body.ticket_ids)?;
            audit.note(tx, "improvement.create", new.id, &json!({ "title": new.title, "tickets": new.tickets }))?;
            Ok(new)
        })
        .await
}

fn put_in(tx: &mut Tx, actor: &Actor, now: Instant, id: ImprovementId, ids: &[TicketId]) -> zunke_kernel::Result<i64> {
    if ids.len() > ADDED_MAX {
        let text = ("一次最多加入 500 张工单。", "At most 500 tickets at once.");
        return Err(Error::invalid("tickets_too_many", text.0, text.1).at("ticket_ids"));
    }
    let mut keys = Vec::new();
    for ticket in ids {
        let found = visible::require(tx, actor, *ticket).map_err(|error| error.at("ticket_ids"))?;
        keys.push((found.customer, *ticket));
    }
    Ok(i64::try_from(store::add(tx, now, actor, id, &keys)?).unwrap_or(0))
}

/// What to change; what is left out stays.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImprovementChange)]
pub(super) struct ChangeBody {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    detail: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    topic_id: Change<TopicId>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    owner_id: Change<StaffId>,
    #[serde(default)]
    state: Option<Stand>,
    /// Needed to decline.
    #[serde(default)]
    reason: Option<String>,
}

/// Change an improvement, or move it on the board. Declining needs a reason.
#[utoipa::path(patch, path = "/improvements/{id}", tag = "service", operation_id = "update_improvement",
    params(("id" = ImprovementId, Path)), request_body = ChangeBody,
    responses((status = 200, body = Improvement), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Path(id): Path<ImprovementId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    let (by, now, audit) = (write.actor.staff, write.now, write.audit());
    let title = body.title.as_deref().map(|title| text::required(title, "title", 120)).transpose()?;
    let reason = text::optional(body.reason.as_deref(), "reason", 500)?;
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut one = store::find(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(one.version)?;
            one.title = title.clone().unwrap_or(one.title);
            one.detail = text::optional(body.detail.clone().over(one.detail).as_deref(), "detail", MESSAGE_CHARS_MAX)?;
            one.topic_id = body.topic_id.over(one.topic_id);
            one.owner_id = body.owner_id.over(one.owner_id);
            known(tx, one.topic_id, one.owner_id)?;
            if let Some(next) = body.state.filter(|next| *next != one.state) {
                one.state.to(next)?;
                if next == Stand::Declined && reason.is_none() {
                    let text = ("请填写不采纳的原因。", "Say why it is declined.");
                    return Err(Error::invalid("reason_required", text.0, text.1).at("reason"));
                }
                one.state = next;
                one.reason = reason.clone().filter(|_| next == Stand::Declined);
                one.history.push(Step { at: now, staff_id: Some(by), state: next, reason: reason.clone() });
            }
            store::save(tx, now, &mut one)?;
            audit.note(tx, "improvement.change", id, &json!({ "state": one.state, "title": one.title }))?;
            Ok(one)
        })
        .await
}

/// Whom to put in: tickets, or those of a topic in a period.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImprovementAdd)]
pub(super) struct AddBody {
    #[serde(default)]
    ticket_ids: Vec<TicketId>,
    /// The latest five hundred voices of this topic in the period.
    #[serde(default)]
    topic_id: Option<TopicId>,
    #[serde(default)]
    from: Option<Day>,
    #[serde(default)]
    to: Option<Day>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = ImprovementAdded)]
pub(super) struct Added {
    added: i64,
}

/// Put tickets among those that asked for it.
#[utoipa::path(post, path = "/improvements/{id}/contributors", tag = "service", operation_id = "add_improvement_contributors",
    params(("id" = ImprovementId, Path)), request_body = AddBody, responses((status = 200, body = Added), WriteProblems))]
pub(super) async fn add(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<ImprovementId>,
    Json(body): Json<AddBody>,
) -> Result<Response> {
    let (actor, now) = (write.actor.clone(), write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let one = store::find(tx, id)?.ok_or_else(Error::not_found)?;
            if one.state == Stand::Done {
                let text = ("已完成的改进项不能再加入反馈。", "An improvement that is done takes no more tickets.");
                return Err(Error::conflict("improvement_done", text.0, text.1));
            }
            let mut added = put_in(tx, &actor, now, id, &body.ticket_ids)?;
            if let Some(topic) = body.topic_id {
                known(tx, Some(topic), None)?;
                let organisation = settings::load(tx)?;
                let zone = organisation.zone();
                let to = body.to.unwrap_or(zone.day_of(now));
                let from = body.from.unwrap_or(to.plus(-89));
                check_days(from, to)?;
                let found = store::of_topic(tx, topic, zone.start_of(from), zone.start_of(to.plus(1)), 500)?;
                added += i64::try_from(store::add(tx, now, &actor, id, &found)?).unwrap_or(0);
            }
            if store::contributors(tx, id)?.len() > CONTRIBUTORS_MAX {
                let text = ("一个改进项最多关联 5000 张工单。", "An improvement has at most 5,000 tickets.");
                return Err(Error::conflict("improvement_full", text.0, text.1));
            }
            Ok(Added { added })
        })
        .await
}

/// Take a ticket out, as long as nobody was told on it.
#[utoipa::path(delete, path = "/improvements/{id}/contributors/{ticket}", tag = "service",
    operation_id = "remove_improvement_contributor",
    params(("id" = ImprovementId, Path), ("ticket" = TicketId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn remove(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Path((id, ticket)): Path<(ImprovementId, TicketId)>,
) -> Result<Response> {
    let actor = write.actor.clone();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            let found = visible::require(tx, &actor, ticket)?;
            if store::remove(tx, id, found.customer, ticket)? == 0 {
                return Err(Error::not_found());
            }
            Ok(())
        })
        .await
}

/// The words that contributors read; `{name}` and `{title}` are filled in.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImprovementMessage)]
pub(super) struct MessageBody {
    #[schema(max_length = 2000)]
    message: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ImprovementPreview)]
pub(super) struct Preview {
    /// Who hears it, and on how many tickets nothing is said because the customer hears it on another.
    told: i64,
    with: i64,
    opted_out: i64,
    archived: i64,
    contributors: Vec<Contributor>,
}

/// Who would get what if it were done now. Nothing is sent.
#[utoipa::path(post, path = "/improvements/{id}/preview", tag = "service", operation_id = "preview_improvement",
    params(("id" = ImprovementId, Path)), request_body = MessageBody,
    responses((status = 200, body = Preview), ReadProblems))]
pub(super) async fn preview(
    State(app): State<App>,
    asking: Asking<may::ManageService>,
    Path(id): Path<ImprovementId>,
    Json(body): Json<MessageBody>,
) -> Result<axum::Json<Preview>> {
    asking.0.scope.require_everyone()?;
    let message = text::required(&body.message, "message", MESSAGE_CHARS_MAX)?;
    let actor = asking.0;
    let preview = app
        .db
        .read_async(move |tx| {
            let one = store::find(tx, id)?.ok_or_else(Error::not_found)?;
            let (contributors, _) = shown(tx, &actor, &one, Some(&message), true)?;
            let count = |notice: Notice| {
                i64::try_from(contributors.iter().filter(|one| one.notice == notice).count()).unwrap_or(0)
            };
            Ok(Preview {
                told: count(Notice::Told),
                with: count(Notice::With),
                opted_out: count(Notice::OptedOut),
                archived: count(Notice::Archived),
                contributors,
            })
        })
        .await?;
    Ok(axum::Json(preview))
}

/// It is done: each contributor is told once, in a job.
#[utoipa::path(post, path = "/improvements/{id}/done", tag = "service", operation_id = "finish_improvement",
    params(("id" = ImprovementId, Path)), request_body = MessageBody,
    responses((status = 200, body = Improvement), WriteProblems))]
pub(super) async fn done(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Path(id): Path<ImprovementId>,
    if_match: IfMatch,
    Json(body): Json<MessageBody>,
) -> Result<Response> {
    write.actor.scope.require_everyone()?;
    let (by, now, audit) = (write.actor.staff, write.now, write.audit());
    let message = text::required(&body.message, "message", MESSAGE_CHARS_MAX)?;
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut one = store::find(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(one.version)?;
            if !matches!(one.state, Stand::Accepted | Stand::Doing) {
                let text =
                    ("只有已采纳或进行中的改进项可以完成。", "Only what was accepted or is being done can be done.");
                return Err(Error::conflict("improvement_state", text.0, text.1));
            }
            one.state = Stand::Done;
            one.done_at = Some(now);
            one.message = Some(message.clone());
            one.history.push(Step { at: now, staff_id: Some(by), state: Stand::Done, reason: None });
            store::save(tx, now, &mut one)?;
            let mut job = NewJob::new(improvement::TELL, json!({ "improvement_id": id, "by": by }), now);
            job.dedup_key = Some(format!("{} {id}", improvement::TELL));
            job.created_by = Some(by);
            jobs::enqueue(tx, now, job)?;
            audit.note(tx, "improvement.done", id, &json!({ "title": one.title, "message": message }))?;
            Ok(one)
        })
        .await
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImprovementWish)]
pub(super) struct WishBody {
    /// Whether the customer wants to hear what came of his words.
    wanted: bool,
}

/// Note whether a customer wants to hear what came of his words.
#[utoipa::path(put, path = "/customers/{id}/feedback-notices", tag = "service", operation_id = "update_feedback_notices",
    params(("id" = CustomerId, Path)), request_body = WishBody, responses((status = 200, body = WishBody), WriteProblems))]
pub(super) async fn wish(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<CustomerId>,
    Json(body): Json<WishBody>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            CustomerQuery::new(&actor.scope).find(tx, id)?;
            store::set_opt_out(tx, now, id, actor.staff, !body.wanted)?;
            audit.note(tx, "customer.feedback_notices", id, &json!({ "wanted": body.wanted }))?;
            Ok(body.clone())
        })
        .await
}
