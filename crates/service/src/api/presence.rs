//! Who is there: presence, absences, shifts, skills.

use crate::presence::State;
use crate::routing::needs;
use crate::routing::settings::{Settings, out_of_range};
use crate::store::staffing::{self, Absence, AbsenceId, Moment, Shift, ShiftId, Skills};
use crate::text;
use axum::extract::State as Axum;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zunke_access::settings as organisation;
use zunke_access::{Actor, Can, Permission, Write, directory, may};
use zunke_http::{App, IfMatch, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Day, Error, Instant};
use zunke_store::Tx;

const SKILLS_MAX: usize = 50;
const SHIFTS_MAX: usize = 200;
/// Longer than a year and a half is no absence but a leaving.
const ABSENT_DAYS_MAX: i32 = 550;

/// Whether somebody is there.
#[derive(Serialize, ToSchema)]
#[schema(as = Presence)]
pub(super) struct Said {
    state: State,
    /// What he said of himself, also after it expired.
    said: State,
    since: Option<Instant>,
}

impl Said {
    fn of(found: Option<(State, Instant, Instant)>, now: Instant) -> Self {
        match found {
            Some((said, since, seen)) => {
                Self { state: crate::presence::now(said, seen, now), said, since: Some(since) }
            }
            None => Self { state: State::Offline, said: State::Offline, since: None },
        }
    }
}

/// One's own presence.
#[utoipa::path(get, path = "/presence", tag = "service", operation_id = "get_presence",
    responses((status = 200, body = Said), ReadProblems))]
pub(super) async fn mine(Axum(app): Axum<App>, can: Can<may::ReadTickets>) -> Result<axum::Json<Said>> {
    let (now, staff) = (app.now(), can.staff);
    let found = app.db.read_async(move |tx| staffing::said(tx, staff)).await?;
    Ok(axum::Json(Said::of(found, now)))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PresenceSaid)]
pub(super) struct SayBody {
    /// Left out: as before; only a sign of life. Who said nothing yet or had expired is online.
    #[serde(default)]
    state: Option<State>,
}

/// Say whether one is there; also the sign of life that browsers give each half minute.
#[utoipa::path(put, path = "/presence", tag = "service", operation_id = "update_presence",
    request_body = SayBody, responses((status = 200, body = Said), WriteProblems))]
pub(super) async fn say(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    Json(body): Json<SayBody>,
) -> Result<Response> {
    let (staff, now) = (write.actor.staff, write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let before = staffing::said(tx, staff)?;
            let held = before.filter(|(said, _, seen)| crate::presence::now(*said, *seen, now) != State::Offline);
            let state = body.state.or(held.map(|(said, ..)| said)).unwrap_or(State::Online);
            let since = held.filter(|(said, ..)| *said == state).map_or(now, |(_, since, _)| since);
            staffing::say(tx, staff, state, since, now)?;
            Ok(Said::of(Some((state, since, now)), now))
        })
        .await
}

/// A colleague as the team sees him.
#[derive(Serialize, ToSchema)]
#[schema(as = PresenceOfOne)]
pub(super) struct OfOne {
    staff_id: StaffId,
    name: String,
    state: State,
    on_shift: bool,
    absent: bool,
    /// Open tickets that he has, and may have.
    load: i64,
    capacity: i64,
    skills: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PresenceTeam)]
pub(super) struct Team {
    items: Vec<OfOne>,
}

/// Everybody who works on tickets: whether he is there, and how much he has.
#[utoipa::path(get, path = "/presence/team", tag = "service", operation_id = "list_presence",
    responses((status = 200, body = Team), ReadProblems))]
pub(super) async fn team(Axum(app): Axum<App>, _can: Can<may::ReadTickets>) -> Result<axum::Json<Team>> {
    let now = app.now();
    let people = app
        .db
        .read_async(move |tx| {
            let zone = organisation::load(tx)?.zone();
            let (settings, _) = Settings::load(tx)?;
            staffing::people(tx, Moment { now, zone: &zone }, settings.capacity, &[], true)
        })
        .await?;
    let items = people
        .into_iter()
        .map(|one| OfOne {
            staff_id: one.id,
            name: one.name,
            state: one.presence,
            on_shift: one.on_shift,
            absent: one.absent,
            load: one.load,
            capacity: one.capacity,
            skills: one.skills,
        })
        .collect();
    Ok(axum::Json(Team { items }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Since {
    /// Those that end on this day or later; today where none is given.
    from: Option<Day>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = StaffAbsenceList)]
pub(super) struct Absences {
    items: Vec<Absence>,
}

/// Absences now and to come.
#[utoipa::path(get, path = "/absences", tag = "service", operation_id = "list_absences", params(Since),
    responses((status = 200, body = Absences), ReadProblems))]
pub(super) async fn absences(
    Axum(app): Axum<App>,
    _can: Can<may::ReadTickets>,
    Query(since): Query<Since>,
) -> Result<axum::Json<Absences>> {
    let now = app.now();
    let items = app
        .db
        .read_async(move |tx| {
            let today = organisation::load(tx)?.zone().day_of(now);
            staffing::absences(tx, since.from.unwrap_or(today))
        })
        .await?;
    Ok(axum::Json(Absences { items }))
}

/// Days on which somebody is not there; both count.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStaffAbsence)]
pub(super) struct NewAbsence {
    /// Oneself where none is given; others only by who manages the service.
    #[serde(default)]
    staff_id: Option<StaffId>,
    from_day: Day,
    until_day: Day,
    /// `leave`, `sick`, `training` or `other`.
    kind: String,
    #[serde(default)]
    note: Option<String>,
}

/// Say that somebody will not be there: from the first day on, what he has in hand goes to others.
#[utoipa::path(post, path = "/absences", tag = "service", operation_id = "create_absence",
    request_body = NewAbsence, responses((status = 201, body = Absence), WriteProblems))]
pub(super) async fn add_absence(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    Json(body): Json<NewAbsence>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let staff_id = own_or_managed(&actor, body.staff_id.unwrap_or(actor.staff))?;
            let mut faults = Vec::new();
            if let Err(error) = directory::require_staff(tx, staff_id, "staff_id") {
                faults.push(error);
            }
            if body.until_day < body.from_day || body.until_day.since(body.from_day) > ABSENT_DAYS_MAX {
                let text = (
                    "结束日期应在开始日期之后，且不超过 550 天。",
                    "The last day comes after the first, by 550 days at most.",
                );
                faults.push(Error::invalid("days_invalid", text.0, text.1).at("until_day"));
            }
            if !["leave", "sick", "training", "other"].contains(&body.kind.as_str()) {
                let text = ("类型可选：leave、sick、training、other。", "kind: leave, sick, training or other.");
                faults.push(Error::invalid("kind_invalid", text.0, text.1).at("kind"));
            }
            let note = match text::optional(body.note.as_deref(), "note", text::REASON_CHARS_MAX) {
                Ok(note) => note,
                Err(error) => {
                    faults.push(error);
                    None
                }
            };
            Error::gather(faults).map_or(Ok(()), Err)?;
            let absence = Absence {
                id: AbsenceId::new(now),
                staff_id,
                from_day: body.from_day,
                until_day: body.until_day,
                kind: body.kind.clone(),
                note,
            };
            staffing::add_absence(tx, &absence, actor.staff, now)?;
            audit.note(tx, "absence.create", staff_id, &serde_json::json!(absence))?;
            Ok(absence)
        })
        .await
}

fn own_or_managed(actor: &Actor, staff: StaffId) -> zunke_kernel::Result<StaffId> {
    if staff != actor.staff {
        actor.require(Permission::ManageService)?;
    }
    Ok(staff)
}

/// Take an absence back.
#[utoipa::path(delete, path = "/absences/{id}", tag = "service", operation_id = "delete_absence",
    params(("id" = AbsenceId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn remove_absence(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<AbsenceId>,
) -> Result<Response> {
    let (actor, audit) = (write.actor.clone(), write.audit());
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            let staff = staffing::absence_of(tx, id)?.ok_or_else(Error::not_found)?;
            own_or_managed(&actor, staff)?;
            staffing::remove_absence(tx, id)?;
            audit.note(tx, "absence.delete", staff, &serde_json::json!({ "id": id }))
        })
        .await
}

#[derive(Serialize, ToSchema)]
#[schema(as = StaffShiftList)]
pub(super) struct Shifts {
    items: Vec<Shift>,
}

/// The weekly shifts of everybody. Who has none is always on shift.
#[utoipa::path(get, path = "/shifts", tag = "service", operation_id = "list_shifts",
    responses((status = 200, body = Shifts), ReadProblems))]
pub(super) async fn shifts(Axum(app): Axum<App>, _can: Can<may::ReadTickets>) -> Result<axum::Json<Shifts>> {
    let items = app.db.read_async(staffing::shifts).await?;
    Ok(axum::Json(Shifts { items }))
}

/// The same hours on several days, for several people.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStaffShifts)]
pub(super) struct NewShifts {
    staff: Vec<StaffId>,
    /// 1 Monday to 7 Sunday.
    weekdays: Vec<i64>,
    /// Minutes of the day: 0 to 1439.
    from_minute: i64,
    /// Beyond 1440 on the next day; at most 24 hours after the beginning.
    until_minute: i64,
}

/// Add shifts.
#[utoipa::path(post, path = "/shifts", tag = "service", operation_id = "create_shifts",
    request_body = NewShifts, responses((status = 201, body = Shifts), WriteProblems))]
pub(super) async fn add_shifts(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Json(body): Json<NewShifts>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let mut faults = Vec::new();
            if body.staff.is_empty() || body.staff.len() * body.weekdays.len() > SHIFTS_MAX {
                let text = ("请选择人员，一次最多排 200 个班次。", "Choose staff; at most 200 shifts at once.");
                faults.push(Error::invalid("staff_invalid", text.0, text.1).at("staff"));
            }
            for staff in &body.staff {
                if let Err(error) = directory::require_staff(tx, *staff, "staff") {
                    faults.push(error);
                }
            }
            if body.weekdays.is_empty() || body.weekdays.iter().any(|day| !(1..=7).contains(day)) {
                let text = ("请选择星期（1 周一 到 7 周日）。", "Choose days of the week: 1 Monday to 7 Sunday.");
                faults.push(Error::invalid("weekdays_invalid", text.0, text.1).at("weekdays"));
            }
            if !(0..1_440).contains(&body.from_minute) {
                faults.push(out_of_range(0, 1_439).at("from_minute"));
            } else if !(body.from_minute + 1..=body.from_minute + 1_440).contains(&body.until_minute) {
                faults.push(out_of_range(body.from_minute + 1, body.from_minute + 1_440).at("until_minute"));
            }
            Error::gather(faults).map_or(Ok(()), Err)?;
            let there = staffing::shifts(tx)?;
            let mut items = Vec::new();
            for staff_id in &body.staff {
                for weekday in &body.weekdays {
                    let shift = Shift {
                        id: ShiftId::new(now),
                        staff_id: *staff_id,
                        weekday: *weekday,
                        from_minute: body.from_minute,
                        until_minute: body.until_minute,
                    };
                    // The same hours again are those that are there.
                    let same = |other: &&Shift| Shift { id: shift.id, ..(*other).clone() } == shift;
                    if !there.iter().chain(&items).any(|other| same(&other)) {
                        items.push(shift);
                    }
                }
            }
            staffing::add_shifts(tx, &items)?;
            audit.note(tx, "shift.create", "shifts", &serde_json::json!(items))?;
            Ok(Shifts { items })
        })
        .await
}

/// Take a shift away.
#[utoipa::path(delete, path = "/shifts/{id}", tag = "service", operation_id = "delete_shift",
    params(("id" = ShiftId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn remove_shift(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Path(id): Path<ShiftId>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            if !staffing::remove_shift(tx, id)? {
                return Err(Error::not_found());
            }
            audit.note(tx, "shift.delete", id, &serde_json::json!({}))
        })
        .await
}

#[derive(Serialize, ToSchema)]
#[schema(as = StaffSkillsList)]
pub(super) struct AllSkills {
    items: Vec<Skills>,
}

fn all_skills(tx: &mut Tx, now: Instant) -> zunke_kernel::Result<Vec<Skills>> {
    let today = organisation::load(tx)?.zone().day_of(now);
    staffing::skills(tx, today)
}

/// What everybody can do who works on tickets.
#[utoipa::path(get, path = "/staff/skills", tag = "service", operation_id = "list_staff_skills",
    responses((status = 200, body = AllSkills), ReadProblems))]
pub(super) async fn skills(Axum(app): Axum<App>, _can: Can<may::ReadTickets>) -> Result<axum::Json<AllSkills>> {
    let now = app.now();
    let items = app.db.read_async(move |tx| all_skills(tx, now)).await?;
    Ok(axum::Json(AllSkills { items }))
}

/// What somebody can do.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StaffSkillsChange)]
pub(super) struct SkillsBody {
    /// Languages are skills: `en`.
    skills: Vec<String>,
    /// Open tickets that he may have; none: as the settings have it. 0 to 1000.
    #[serde(default)]
    capacity: Option<i64>,
}

/// Set what somebody can do. `If-Match` names the version that was read.
#[utoipa::path(put, path = "/staff/{id}/skills", tag = "service", operation_id = "update_staff_skills",
    params(("id" = StaffId, Path)), request_body = SkillsBody,
    responses((status = 200, body = Skills), WriteProblems))]
pub(super) async fn set_skills(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    if_match: IfMatch,
    Path(id): Path<StaffId>,
    Json(body): Json<SkillsBody>,
) -> Result<Response> {
    let (audit, now) = (write.audit(), write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let there = |tx: &mut Tx| {
                let all = all_skills(tx, now)?;
                all.into_iter().find(|one| one.staff_id == id).ok_or_else(Error::not_found)
            };
            let before = there(tx)?;
            if_match.check(before.version)?;
            let mut faults = Vec::new();
            let mut skills: Vec<String> = Vec::new();
            for (at, skill) in body.skills.iter().enumerate() {
                match needs::skill(skill, &format!("skills[{at}]")) {
                    Ok(skill) if !skills.contains(&skill) => skills.push(skill),
                    Ok(_) => {}
                    Err(error) => faults.push(error),
                }
            }
            if skills.len() > SKILLS_MAX {
                let text = ("最多 50 项技能。", "At most 50 skills.");
                faults.push(Error::invalid("skills_too_many", text.0, text.1).at("skills"));
            }
            if body.capacity.is_some_and(|capacity| !(0..=1_000).contains(&capacity)) {
                faults.push(out_of_range(0, 1_000).at("capacity"));
            }
            Error::gather(faults).map_or(Ok(()), Err)?;
            staffing::set_skills(tx, id, &skills, body.capacity, before.version)?;
            let now = there(tx)?;
            audit.note(tx, "staff.skills", id, &serde_json::json!(now))?;
            Ok(now)
        })
        .await
}
