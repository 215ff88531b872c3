//! `/calendars`: working calendars, the year at a glance, exceptions year by year.

use crate::clock::{explain, recalculate};
use crate::store::calendars::{self, Stored};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Can, Write, may};
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::calendar::{Calendar, CalendarSpec, DayException, official};
use zunke_kernel::id::CalendarId;
use zunke_kernel::{Day, Error};
use zunke_store::Tx;

#[derive(Serialize, ToSchema)]
#[schema(as = WorkingCalendarList)]
pub(super) struct CalendarList {
    items: Vec<Stored>,
}

/// The working calendars.
#[utoipa::path(get, path = "/calendars", tag = "service", operation_id = "list_calendars",
    responses((status = 200, body = CalendarList), ReadProblems))]
pub(super) async fn list(State(app): State<App>, _can: Can<may::ReadTickets>) -> Result<axum::Json<CalendarList>> {
    let items = app.db.read_async(calendars::all).await?;
    Ok(axum::Json(CalendarList { items }))
}

/// Make a calendar. The document is the same as in a calendar file.
#[utoipa::path(post, path = "/calendars", tag = "service", operation_id = "create_calendar",
    request_body = CalendarSpec, responses((status = 201, body = Stored), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Json(spec): Json<CalendarSpec>,
) -> Result<Response> {
    Calendar::build(&spec)?;
    let (now, audit) = (write.now, write.audit());
    let staff = write.actor.staff;
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let stored = calendars::insert(tx, now, Some(staff), &spec)?;
            audit.note(tx, "calendar.create", stored.id, &json!(stored))?;
            Ok(stored)
        })
        .await
}

/// Change a calendar: its whole document. Open due times are counted again by it; those that are over stay. `If-Match`
/// names the version that was read.
#[utoipa::path(patch, path = "/calendars/{id}", tag = "service", operation_id = "update_calendar",
    params(("id" = CalendarId, Path)), request_body = CalendarSpec,
    responses((status = 200, body = Stored), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Path(id): Path<CalendarId>,
    if_match: IfMatch,
    Json(spec): Json<CalendarSpec>,
) -> Result<Response> {
    Calendar::build(&spec)?;
    let (now, audit) = (write.now, write.audit());
    let staff = write.actor.staff;
    write
        .run(&app, StatusCode::OK, move |tx| {
            let old = calendars::find(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(old.version)?;
            let stored = change(tx, now, staff, &old, &spec)?;
            audit.note(tx, "calendar.change", id, &json!({ "before": old.spec, "after": stored.spec }))?;
            Ok(stored)
        })
        .await
}

fn change(
    tx: &mut Tx,
    now: zunke_kernel::Instant,
    staff: zunke_kernel::id::StaffId,
    old: &Stored,
    spec: &CalendarSpec,
) -> zunke_kernel::Result<Stored> {
    let stored = calendars::update(tx, now, Some(staff), old, spec)?;
    recalculate::enqueue(tx, now, Some(staff), stored.id, stored.version)?;
    Ok(stored)
}

/// Take a calendar out of use. 409 while a policy counts by it.
#[utoipa::path(delete, path = "/calendars/{id}", tag = "service", operation_id = "delete_calendar",
    params(("id" = CalendarId, Path)), responses((status = 200), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Path(id): Path<CalendarId>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::OK, move |tx| {
            let old = calendars::find(tx, id)?.ok_or_else(Error::not_found)?;
            calendars::archive(tx, &old)?;
            audit.note(tx, "calendar.delete", id, &json!(old))?;
            Ok(json!({}))
        })
        .await
}

/// One day of the year.
#[derive(Serialize, ToSchema)]
#[schema(as = CalendarYearDay)]
struct YearDay {
    day: Day,
    minutes: i64,
    hours: Vec<String>,
    /// The exception that says so, where one does.
    name: Option<String>,
    exception: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CalendarYear)]
pub(super) struct Year {
    year: i16,
    working_days: i64,
    working_minutes: i64,
    days: Vec<YearDay>,
    /// Whether the official Chinese arrangement of this year is known, for import.
    official: bool,
}

/// Every day of a year with its hours.
#[utoipa::path(get, path = "/calendars/{id}/year/{year}", tag = "service", operation_id = "get_calendar_year",
    params(("id" = CalendarId, Path), ("year" = i16, Path, description = "1970 to 2100")),
    responses((status = 200, body = Year), ReadProblems))]
pub(super) async fn year(
    State(app): State<App>,
    _can: Can<may::ReadTickets>,
    Path((id, year)): Path<(CalendarId, i16)>,
) -> Result<axum::Json<Year>> {
    let first = Day::from_ymd(year, 1, 1).filter(|_| (1970..=2100).contains(&year)).ok_or_else(Error::not_found)?;
    let found = app
        .db
        .read_async(move |tx| {
            let stored = calendars::find(tx, id)?.ok_or_else(Error::not_found)?;
            Ok((calendars::compiled(tx, id, stored.version)?, stored))
        })
        .await?;
    let (calendar, stored) = found;
    let days: Vec<YearDay> = (0..366)
        .map(|ahead| first.plus(ahead))
        .filter(|day| day.year() == year)
        .map(|day| {
            let start = calendar.zone().start_of(day);
            let one = stored.spec.exceptions.iter().find(|one| one.from <= day && day <= one.last());
            YearDay {
                day,
                minutes: calendar.minutes_between(start, calendar.zone().start_of(day.plus(1))),
                hours: explain::windows(calendar.hours(day)),
                name: one.map(|one| one.name.clone()).filter(|name| !name.is_empty()),
                exception: one.is_some(),
            }
        })
        .collect();
    Ok(axum::Json(Year {
        year,
        working_days: i64::try_from(days.iter().filter(|day| day.minutes > 0).count()).unwrap_or_default(),
        working_minutes: days.iter().map(|day| day.minutes).sum(),
        days,
        official: !official(year).is_empty(),
    }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CalendarImport)]
pub(super) struct ImportBody {
    /// The year whose exceptions are replaced.
    year: i16,
    /// The exceptions of that year; left out: the official Chinese arrangement, where it is known.
    #[serde(default)]
    exceptions: Option<Vec<DayException>>,
}

/// Replace the exceptions of one year: by those given, or by the official Chinese holidays and make-up days.
#[utoipa::path(post, path = "/calendars/{id}/exceptions/import", tag = "service",
    operation_id = "import_calendar_exceptions", params(("id" = CalendarId, Path)), request_body = ImportBody,
    responses((status = 200, body = Stored), WriteProblems))]
pub(super) async fn import(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Path(id): Path<CalendarId>,
    if_match: IfMatch,
    Json(body): Json<ImportBody>,
) -> Result<Response> {
    let year = body.year;
    let new = match body.exceptions {
        Some(new) => new,
        None => {
            let known = official(year);
            if known.is_empty() {
                return Err(Error::invalid(
                    "holidays_unknown",
                    format!("尚无 {year} 年的官方放假安排，请自行录入。"),
                    format!("The official arrangement of {year} is not known here; please give the days yourself."),
                )
                .at("year")
                .into());
            }
            known
        }
    };
    if let Some(at) = new.iter().position(|one| one.from.year() != year) {
        let zh = format!("第 {} 条不在 {year} 年。", at + 1);
        let en = format!("Number {} is not in {year}.", at + 1);
        return Err(Error::invalid("exception_other_year", zh, en).at(format!("exceptions[{at}].from")).into());
    }
    let (now, audit) = (write.now, write.audit());
    let staff = write.actor.staff;
    write
        .run(&app, StatusCode::OK, move |tx| {
            let old = calendars::find(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(old.version)?;
            let mut spec = old.spec.clone();
            spec.exceptions.retain(|one| one.from.year() != year);
            spec.exceptions.extend(new.iter().cloned());
            spec.exceptions.sort_by_key(|one| one.from);
            Calendar::build(&spec)?;
            let stored = change(tx, now, staff, &old, &spec)?;
            audit.note(tx, "calendar.import", id, &json!({ "year": year, "exceptions": new }))?;
            Ok(stored)
        })
        .await
}
