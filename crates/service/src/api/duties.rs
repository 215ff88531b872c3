//! "My tasks": what hangs on tickets, planned visits, own tasks, protocols to be signed; and the calendar of it.

use crate::handover::HandOverId;
use crate::store::duties::{self, Feed, FeedId, Own};
use crate::store::{handovers, visits};
use crate::visit::ical::{self, Entry, When};
use crate::visit::note::{self, NOTES_CHARS_MAX, TITLE_CHARS_MAX};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Can, Permission, Scope, Secret, Write, directory, may};
use zunke_customers::{CustomerQuery, RecordContext};
use zunke_http::{App, AppError, Change, IfMatch, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, StaffId, TaskId, TicketId};
use zunke_kernel::{Day, Error, Instant, Locale, Zone};
use zunke_store::Tx;

/// Of each kind; more than anybody does.
const EACH_MAX: i64 = 500;
/// Calendars of one person.
const FEEDS_MAX: usize = 10;
const HOUR_MS: i64 = 3_600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DutyKind)]
pub(super) enum DutyKind {
    TicketTask,
    Visit,
    Own,
    Signature,
}

/// One thing to do.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Duty)]
pub(super) struct Duty {
    kind: DutyKind,
    /// Of the task, the visit or the hand-over.
    id: String,
    title: String,
    /// The kind of the ticket's task or of the visit; of an own task, where it came from.
    detail: String,
    note: Option<String>,
    customer_id: Option<CustomerId>,
    customer_name: Option<String>,
    ticket_id: Option<TicketId>,
    ticket_number: Option<i64>,
    due_day: Option<Day>,
    /// With an hour, where it has one.
    due_at: Option<Instant>,
    overdue: bool,
    version: Option<i64>,
    #[serde(skip)]
    changed: Instant,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Due from this day on; what is overdue is always there.
    from: Option<Day>,
    /// Due until this day.
    to: Option<Day>,
    kind: Option<DutyKind>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DutyList)]
pub(super) struct Duties {
    today: Day,
    /// The soonest due first, those without a day last.
    items: Vec<Duty>,
    overdue: usize,
    today_count: usize,
    /// Own tasks done since yesterday.
    done: Vec<Own>,
}

/// What the caller has to do.
#[utoipa::path(get, path = "/my/tasks", tag = "service", operation_id = "list_my_tasks", params(Asked),
    responses((status = 200, body = Duties), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Duties>> {
    let (now, actor) = (app.now(), can.0);
    let found = app
        .db
        .read_async(move |tx| {
            let context = RecordContext::load(tx, now)?;
            let mut items = duties_of(tx, actor.staff, &actor.scope, &context, actor.locale)?;
            items.retain(|one| {
                let due = one.due_day;
                let begun = asked.from.is_none_or(|from| one.overdue || due.is_some_and(|due| due >= from));
                let ended = asked.to.is_none_or(|to| due.is_some_and(|due| due <= to));
                begun && ended && asked.kind.is_none_or(|kind| kind == one.kind)
            });
            let overdue = items.iter().filter(|one| one.overdue).count();
            let today_count = items.iter().filter(|one| !one.overdue && one.due_day == Some(context.today)).count();
            let done = duties::list(tx, actor.staff, Some(now.plus_ms(-24 * HOUR_MS)), 50)?;
            Ok(Duties { today: context.today, items, overdue, today_count, done })
        })
        .await?;
    Ok(axum::Json(found))
}

fn duties_of(
    tx: &mut Tx,
    staff: StaffId,
    scope: &Scope,
    context: &RecordContext,
    locale: Locale,
) -> zunke_kernel::Result<Vec<Duty>> {
    let (now, today, zone) = (context.now, context.today, &context.zone);
    let of_tickets = duties::of_tickets(tx, staff, EACH_MAX)?;
    let of_visits = duties::of_visits(tx, staff, EACH_MAX)?;
    let own = duties::list(tx, staff, None, EACH_MAX)?;
    let unsigned = handovers::unsigned(tx, staff)?;
    let mut customers: Vec<CustomerId> = of_tickets.iter().map(|one| one.customer).collect();
    customers.extend(of_visits.iter().map(|one| one.customer));
    customers.extend(own.iter().filter_map(|one| one.customer_id));
    customers.sort_unstable();
    customers.dedup();
    let names = visits::names(tx, scope, &customers)?;
    // Who is out of sight is not named; what is to be done stays to be done.
    let known = |id: Option<CustomerId>| id.and_then(|id| Some((id, names.get(&id)?.clone()))).unzip();
    let past = |day: Option<Day>| day.is_some_and(|day| day < today);
    let mut items = Vec::new();
    for one in of_tickets {
        let (customer_id, customer_name) = known(Some(one.customer));
        items.push(Duty {
            kind: DutyKind::TicketTask,
            id: one.id.to_string(),
            title: one.title,
            detail: one.kind,
            note: None,
            customer_id,
            customer_name,
            ticket_id: Some(one.ticket),
            ticket_number: Some(one.number),
            due_day: one.due_at.map(|at| zone.day_of(at)),
            due_at: one.due_at,
            overdue: one.due_at.is_some_and(|at| at < now),
            version: Some(one.version),
            changed: one.changed,
        });
    }
    for one in of_visits {
        let (customer_id, customer_name) = known(Some(one.customer));
        items.push(Duty {
            kind: DutyKind::Visit,
            id: one.id.to_string(),
            title: one.purpose.unwrap_or_default(),
            detail: one.kind,
            note: None,
            customer_id,
            customer_name,
            ticket_id: None,
            ticket_number: None,
            due_day: Some(one.day),
            due_at: None,
            overdue: past(Some(one.day)),
            version: Some(one.version),
            changed: one.changed,
        });
    }
    for one in own {
        let (customer_id, customer_name) = known(one.customer_id);
        items.push(Duty {
            kind: DutyKind::Own,
            id: one.id.to_string(),
            title: one.title,
            detail: one.source,
            note: one.note,
            customer_id,
            customer_name,
            ticket_id: None,
            ticket_number: None,
            due_day: one.due_day,
            due_at: None,
            overdue: past(one.due_day),
            version: Some(one.version),
            changed: one.created_at,
        });
    }
    for (id, from, created) in unsigned {
        items.push(signature(id, &from, created, zone, today, locale));
    }
    items.sort_by_key(|one| (one.due_day.unwrap_or(Day(i32::MAX)), one.due_at, one.id.clone()));
    Ok(items)
}

/// A protocol waits for a signature: three days, then it is overdue.
fn signature(id: HandOverId, from: &str, created: Instant, zone: &Zone, today: Day, locale: Locale) -> Duty {
    let due = zone.day_of(created).plus(3);
    Duty {
        kind: DutyKind::Signature,
        id: id.to_string(),
        title: match locale {
            Locale::Zh => format!("签署交接单（{from}）"),
            Locale::En => format!("Sign the hand-over from {from}"),
        },
        detail: "hand_over".into(),
        note: None,
        customer_id: None,
        customer_name: None,
        ticket_id: None,
        ticket_number: None,
        due_day: Some(due),
        due_at: None,
        overdue: due < today,
        version: None,
        changed: created,
    }
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StaffTaskNew)]
pub(super) struct NewBody {
    title: String,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    due_day: Option<Day>,
    #[serde(default)]
    customer_id: Option<CustomerId>,
    /// For whom; oneself where none is given.
    #[serde(default)]
    staff_id: Option<StaffId>,
}

/// Note something that is to be done: for oneself, or for a colleague as somebody who manages the service.
#[utoipa::path(post, path = "/my/tasks", tag = "service", operation_id = "create_my_task", request_body = NewBody,
    responses((status = 201, body = Own), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let (actor, now) = (write.actor.clone(), write.now);
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let today = RecordContext::load(tx, now)?.today;
            note::check_due(body.due_day, today, "due_day")?;
            if let Some(customer) = body.customer_id {
                CustomerQuery::new(&actor.scope).find(tx, customer).map_err(|error| error.at("customer_id"))?;
            }
            let staff_id = body.staff_id.unwrap_or(actor.staff);
            if staff_id != actor.staff {
                actor.require(Permission::ManageService)?;
                directory::require_staff(tx, staff_id, "staff_id")?;
            }
            let task = Own {
                id: TaskId::new(now),
                staff_id,
                customer_id: body.customer_id,
                title: note::needed(&body.title, "title", TITLE_CHARS_MAX)?,
                note: note::text(body.note.as_deref(), "note", NOTES_CHARS_MAX)?,
                due_day: body.due_day,
                state: "open".into(),
                source: "own".into(),
                created_by: Some(actor.staff),
                created_at: now,
                done_at: None,
                version: 1,
            };
            duties::insert(tx, &task, None)?;
            Ok(task)
        })
        .await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StaffTaskState)]
enum TaskState {
    Open,
    Done,
    Cancelled,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StaffTaskChange)]
pub(super) struct ChangeBody {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    note: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    due_day: Change<Day>,
    #[serde(default)]
    state: Option<TaskState>,
}

/// Change an own task, tick it off, or open it again.
#[utoipa::path(patch, path = "/my/tasks/{id}", tag = "service", operation_id = "update_my_task",
    params(("id" = TaskId, Path)), request_body = ChangeBody, responses((status = 200, body = Own), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<TaskId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    let (actor, now) = (write.actor.clone(), write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut task = duties::find(tx, id)?.ok_or_else(Error::not_found)?;
            if task.staff_id != actor.staff && task.created_by != Some(actor.staff) {
                return Err(Error::not_found());
            }
            if_match.check(task.version)?;
            let today = RecordContext::load(tx, now)?.today;
            if let Some(title) = &body.title {
                task.title = note::needed(title, "title", TITLE_CHARS_MAX)?;
            }
            task.note = note::text(body.note.clone().over(task.note).as_deref(), "note", NOTES_CHARS_MAX)?;
            if body.due_day != Change::Keep {
                task.due_day = body.due_day.over(task.due_day);
                note::check_due(task.due_day, today, "due_day")?;
            }
            if let Some(state) = body.state {
                let word = match state {
                    TaskState::Open => "open",
                    TaskState::Done => "done",
                    TaskState::Cancelled => "cancelled",
                };
                word.clone_into(&mut task.state);
                task.done_at = (state != TaskState::Open).then_some(now);
            }
            if !duties::update(tx, &task)? {
                return Err(Error::stale());
            }
            task.version += 1;
            Ok(task)
        })
        .await
}

#[derive(Serialize, ToSchema)]
#[schema(as = CalendarFeedList)]
pub(super) struct Feeds {
    items: Vec<Feed>,
}

/// The addresses of one's calendar, without their secrets.
#[utoipa::path(get, path = "/my/calendar-feeds", tag = "service", operation_id = "list_calendar_feeds",
    responses((status = 200, body = Feeds), ReadProblems))]
pub(super) async fn feeds(State(app): State<App>, can: Can<may::ReadTickets>) -> Result<axum::Json<Feeds>> {
    let staff = can.staff;
    let items = app.db.read_async(move |tx| duties::feeds(tx, staff)).await?;
    Ok(axum::Json(Feeds { items }))
}

/// A new address.
#[derive(ToSchema)]
#[schema(as = CalendarFeedIssued)]
#[expect(dead_code, reason = "describes the answer, whose secret part is added outside of what is kept")]
pub(super) struct Issued {
    id: FeedId,
    created_at: Instant,
    read_at: Option<Instant>,
    /// For `GET /my/calendar.ics?token=`; shown this once, absent in a repeated answer.
    token: Option<String>,
}

/// Make an address under which a calendar program reads one's tasks. Who has it sees them: it can be taken back.
#[utoipa::path(post, path = "/my/calendar-feeds", tag = "service", operation_id = "create_calendar_feed",
    responses((status = 201, body = Issued), WriteProblems))]
pub(super) async fn add_feed(State(app): State<App>, write: Write<may::ReadTickets>) -> Result<Response> {
    let secret = Secret::random("zkc_")?;
    let hash = secret.hash();
    let (staff, now, audit) = (write.actor.staff, write.now, write.audit());
    write
        .run_showing_once(&app, StatusCode::CREATED, ("token", Some(&secret)), move |tx| {
            if duties::feeds(tx, staff)?.len() >= FEEDS_MAX {
                let zh = format!("最多 {FEEDS_MAX} 个日历地址，请先撤销不用的。");
                let en = format!("At most {FEEDS_MAX} addresses; please take one back first.");
                return Err(Error::conflict("feeds_too_many", zh, en));
            }
            let feed = Feed { id: FeedId::new(now), created_at: now, read_at: None };
            duties::add_feed(tx, staff, &feed, &hash)?;
            audit.note(tx, "calendar_feed.create", feed.id, &json!({}))?;
            Ok(feed)
        })
        .await
}

/// Take an address back: from now on it answers 404.
#[utoipa::path(delete, path = "/my/calendar-feeds/{id}", tag = "service", operation_id = "delete_calendar_feed",
    params(("id" = FeedId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn remove_feed(
    State(app): State<App>,
    write: Write<may::ReadTickets>,
    Path(id): Path<FeedId>,
) -> Result<Response> {
    let (staff, audit) = (write.actor.staff, write.audit());
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            if !duties::remove_feed(tx, staff, id)? {
                return Err(Error::not_found());
            }
            audit.note(tx, "calendar_feed.delete", id, &json!({}))
        })
        .await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Token {
    /// Of a calendar's address; without one the caller is logged in.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    token: Option<Secret>,
}

/// One's tasks as iCalendar, within what one sees now. A calendar program needs no login: the token of the address is it.
#[utoipa::path(get, path = "/my/calendar.ics", tag = "service", operation_id = "get_calendar", params(Token),
    responses((status = 200, body = String, content_type = "text/calendar"), ReadProblems))]
pub(super) async fn calendar(
    State(app): State<App>,
    signed_in: std::result::Result<Can<may::ReadTickets>, AppError>,
    Query(asked): Query<Token>,
) -> Result<Response> {
    let now = app.now();
    let hash = asked.token.map(|token| token.hash());
    let caller = if hash.is_none() { Some(signed_in?.0) } else { None };
    let (text, stale) = app
        .db
        .read_async(move |tx| {
            let organisation = zunke_access::settings::load(tx)?;
            let (staff, scope, locale, stale) = match (hash, caller) {
                (None, Some(actor)) => (actor.staff, actor.scope, actor.locale, None),
                (hash, _) => {
                    let found = duties::feed_of(tx, &hash.unwrap_or_default())?;
                    let (feed, staff, read_at) = found.ok_or_else(Error::not_found)?;
                    // Who has left, or may not read tickets any more, has no calendar.
                    let scope = directory::scope_of_starter(tx, staff, Permission::ReadTickets, now)
                        .map_err(|_| Error::not_found())?;
                    let stale = read_at.is_none_or(|at| now.0 - at.0 >= HOUR_MS);
                    (staff, scope, organisation.locale, stale.then_some(feed))
                }
            };
            let context = RecordContext::load(tx, now)?;
            let items = duties_of(tx, staff, &scope, &context, locale)?;
            let name = directory::staff_names(tx, [staff])?.remove(&staff).unwrap_or_default();
            let entries: Vec<Entry> = items.iter().filter_map(|duty| entry(duty, locale)).collect();
            Ok((ical::calendar(&format!("{} · {name}", organisation.name), &entries), stale))
        })
        .await?;
    if let Some(feed) = stale {
        app.db.write_async(move |tx| duties::feed_read(tx, now, feed)).await?;
    }
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::CONTENT_DISPOSITION, "inline; filename=\"zunke.ics\""),
    ];
    Ok((headers, text).into_response())
}

/// What stands in a calendar: what has a day.
fn entry(duty: &Duty, locale: Locale) -> Option<Entry> {
    let when = match (duty.due_at, duty.due_day) {
        (Some(at), _) => When::Due(at),
        (None, Some(day)) => When::Day(day),
        (None, None) => return None,
    };
    let word = match (duty.kind, duty.detail.as_str(), locale) {
        (DutyKind::Visit, "call", Locale::Zh) => "电话拜访",
        (DutyKind::Visit, "call", Locale::En) => "Call",
        (DutyKind::Visit, "video", Locale::Zh) => "视频拜访",
        (DutyKind::Visit, "video", Locale::En) => "Video call",
        (DutyKind::Visit, "message", Locale::Zh) => "线上联系",
        (DutyKind::Visit, "message", Locale::En) => "Message",
        (DutyKind::Visit, _, Locale::Zh) => "拜访",
        (DutyKind::Visit, _, Locale::En) => "Visit",
        _ => "",
    };
    let number = duty.ticket_number.map(|number| format!("#{number}")).unwrap_or_default();
    let parts = [word, number.as_str(), duty.title.as_str(), duty.customer_name.as_deref().unwrap_or_default()];
    let summary = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    Some(Entry {
        uid: format!("{}@zunke", duty.id),
        when,
        summary,
        description: duty.note.clone().unwrap_or_default(),
        changed: duty.changed,
    })
}
