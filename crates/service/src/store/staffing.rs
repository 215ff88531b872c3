//! Who works on tickets, what they can do, and whether they are there.

use crate::presence::{self, State, Window};
use crate::routing::decide::Person;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;
use zunke_access::Permission;
use zunke_access::directory::Holders;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Day, Error, Instant, Result, Zone};
use zunke_store::{Tx, Value};

zunke_kernel::id_type!(/** A weekly window of work of somebody. */ ShiftId, "shf");
zunke_kernel::id_type!(/** Days on which somebody is not there. */ AbsenceId, "abs");

/// The moment for which it is asked who is there.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    pub now: Instant,
    pub zone: &'a Zone,
}

impl Moment<'_> {
    #[must_use]
    pub fn day(&self) -> Day {
        self.zone.day_of(self.now)
    }
}

/// Those who may be given tickets at a moment, with what they have: the ones `named`, and everybody who is there; all
/// where `everybody`.
pub fn people(tx: &mut Tx, at: Moment, capacity: i64, named: &[StaffId], everybody: bool) -> Result<Vec<Person>> {
    let mut params: Vec<Value> = Vec::new();
    let mut only = String::new();
    if !everybody {
        params.push(at.now.plus_ms(-presence::EXPIRES_MS).into());
        only = " WHERE p.seen_at >= $1".to_owned();
        if !named.is_empty() {
            let named: BTreeSet<StaffId> = named.iter().copied().collect();
            only.push_str(&format!(" OR s.staff_id IN ({})", list(&mut params, named)));
        }
    }
    let sql = format!(
        "SELECT s.staff_id, s.name, COALESCE(s.role_key, s.role), s.active, s.levels, p.state, p.seen_at, k.skills, k.capacity
         FROM staff s LEFT JOIN staff_presence p ON p.staff_id = s.staff_id
         LEFT JOIN staff_skills k ON k.staff_id = s.staff_id{only} ORDER BY s.staff_id"
    );
    let holders = Holders::load(tx, at.day())?;
    let mut people = tx.query(&sql, &params, |row| {
        let works = holders.may(row.id(0, StaffId)?, row.str(2)?, Permission::WorkTickets);
        let said = row.opt_str(5)?.and_then(State::read).unwrap_or(State::Offline);
        let seen = row.opt_instant(6)?.unwrap_or(Instant(i64::MIN / 2));
        Ok(Person {
            id: row.id(0, StaffId)?,
            name: row.text(1)?,
            active: row.bool(3)? && works,
            presence: presence::now(said, seen, at.now),
            absent: false,
            on_shift: true,
            skills: row.opt_json(7)?.unwrap_or_default(),
            levels: row.opt_json(4)?,
            capacity: row.opt_int(8)?.unwrap_or(capacity),
            load: 0,
        })
    })?;
    // Nobody is routed to who never works on tickets; a person named stays, so that it can be said why not.
    people.retain(|person| person.active || named.contains(&person.id));
    let place: HashMap<StaffId, usize> = people.iter().enumerate().map(|(at, person)| (person.id, at)).collect();
    for staff in absent(tx, at.day())? {
        if let Some(at) = place.get(&staff) {
            people[*at].absent = true;
        }
    }
    let clock = presence::clock_of(at.zone, at.now);
    for (staff, windows) in windows(tx)? {
        if let Some(at) = place.get(&staff) {
            people[*at].on_shift = presence::on_shift(&windows, clock);
        }
    }
    for (staff, load) in loads(tx, people.iter().map(|person| person.id))? {
        if let Some(at) = place.get(&staff) {
            people[*at].load = load;
        }
    }
    Ok(people)
}

fn list(params: &mut Vec<Value>, staff: impl IntoIterator<Item = StaffId>) -> String {
    let places: Vec<String> = staff
        .into_iter()
        .map(|staff| {
            params.push(staff.into());
            format!("${}", params.len())
        })
        .collect();
    places.join(", ")
}

/// Open tickets of each of them; who has none is left out.
pub fn loads(tx: &mut Tx, staff: impl IntoIterator<Item = StaffId>) -> Result<Vec<(StaffId, i64)>> {
    let mut params = Vec::new();
    let list = list(&mut params, staff);
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT assignee_id, COUNT(*) FROM ticket_queue WHERE assignee_id IN ({list}) AND active GROUP BY assignee_id"
    );
    tx.query(&sql, &params, |row| Ok((row.id(0, StaffId)?, row.int(1)?)))
}

/// Counts somebody's turn up and then what he has: until the transaction ends nobody else can give him anything.
pub fn hold(tx: &mut Tx, staff: StaffId) -> Result<i64> {
    tx.execute(
        "INSERT INTO staff_skills (staff_id, skills, turn, version) VALUES ($1, '[]', 1, 0)
         ON CONFLICT (staff_id) DO UPDATE SET turn = staff_skills.turn + 1",
        &[staff.into()],
    )?;
    Ok(loads(tx, [staff])?.first().map_or(0, |(_, load)| *load))
}

/// Who is absent on a day.
pub fn absent(tx: &mut Tx, day: Day) -> Result<Vec<StaffId>> {
    let sql = "SELECT DISTINCT staff_id FROM staff_absences WHERE until_day >= $1 AND from_day <= $1";
    tx.query(sql, &[day.into()], |row| row.id(0, StaffId))
}

fn windows(tx: &mut Tx) -> Result<HashMap<StaffId, Vec<Window>>> {
    let mut windows: HashMap<StaffId, Vec<Window>> = HashMap::new();
    let sql = "SELECT staff_id, weekday, from_minute, until_minute FROM staff_shifts";
    tx.for_each(sql, &[], |row| {
        let window = Window { weekday: row.int(1)?, from: row.int(2)?, until: row.int(3)? };
        windows.entry(row.id(0, StaffId)?).or_default().push(window);
        Ok(())
    })?;
    Ok(windows)
}

/// What somebody says of himself, and since when.
pub fn said(tx: &mut Tx, staff: StaffId) -> Result<Option<(State, Instant, Instant)>> {
    let sql = "SELECT state, since, seen_at FROM staff_presence WHERE staff_id = $1";
    tx.query_one(sql, &[staff.into()], |row| {
        Ok((State::read(row.str(0)?).unwrap_or(State::Offline), row.instant(1)?, row.instant(2)?))
    })
}

/// A sign of life, with what he says of himself.
pub fn say(tx: &mut Tx, staff: StaffId, state: State, since: Instant, now: Instant) -> Result<()> {
    tx.execute(
        "INSERT INTO staff_presence (staff_id, state, since, seen_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (staff_id) DO UPDATE SET state = excluded.state, since = excluded.since, seen_at = excluded.seen_at",
        &[staff.into(), state.word().into(), since.into(), now.into()],
    )?;
    Ok(())
}

/// What somebody can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = StaffSkills)]
pub struct Skills {
    pub staff_id: StaffId,
    pub name: String,
    pub skills: Vec<String>,
    /// Open tickets that he may have; none: as the settings have it.
    pub capacity: Option<i64>,
    pub version: i64,
}

/// What everybody can do who works on tickets, in the order of their coming.
pub fn skills(tx: &mut Tx, today: Day) -> Result<Vec<Skills>> {
    let holders = Holders::load(tx, today)?;
    let rows = tx.query(
        "SELECT s.staff_id, s.name, COALESCE(s.role_key, s.role), k.skills, k.capacity, k.version
         FROM staff s LEFT JOIN staff_skills k ON k.staff_id = s.staff_id WHERE s.active = $1 ORDER BY s.staff_id",
        &[true.into()],
        |row| {
            let works = holders.may(row.id(0, StaffId)?, row.str(2)?, Permission::WorkTickets);
            let one = Skills {
                staff_id: row.id(0, StaffId)?,
                name: row.text(1)?,
                skills: row.opt_json(3)?.unwrap_or_default(),
                capacity: row.opt_int(4)?,
                version: row.opt_int(5)?.unwrap_or(0),
            };
            Ok(works.then_some(one))
        },
    )?;
    Ok(rows.into_iter().flatten().collect())
}

/// Writes what somebody can do, after `version`; 412 where it is another by now.
pub fn set_skills(tx: &mut Tx, staff: StaffId, skills: &[String], capacity: Option<i64>, version: i64) -> Result<()> {
    let skills = serde_json::to_string(skills).map_err(Error::internal)?;
    let done = tx.execute(
        "INSERT INTO staff_skills (staff_id, skills, capacity, turn, version) VALUES ($1, $2, $3, 0, 1)
         ON CONFLICT (staff_id) DO UPDATE SET skills = excluded.skills, capacity = excluded.capacity,
           version = staff_skills.version + 1 WHERE staff_skills.version = $4",
        &[staff.into(), skills.into(), capacity.into(), version.into()],
    )?;
    if done == 1 { Ok(()) } else { Err(Error::stale()) }
}

/// A weekly window of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = StaffShift)]
pub struct Shift {
    pub id: ShiftId,
    pub staff_id: StaffId,
    /// 1 Monday to 7 Sunday: the day on which it begins.
    pub weekday: i64,
    /// Minutes of that day.
    pub from_minute: i64,
    /// Beyond 1440: on the next day.
    pub until_minute: i64,
}

/// All shifts, by person and day.
pub fn shifts(tx: &mut Tx) -> Result<Vec<Shift>> {
    let sql = "SELECT shift_id, staff_id, weekday, from_minute, until_minute FROM staff_shifts
               ORDER BY staff_id, weekday, from_minute, shift_id";
    tx.query(sql, &[], |row| {
        Ok(Shift {
            id: row.id(0, ShiftId)?,
            staff_id: row.id(1, StaffId)?,
            weekday: row.int(2)?,
            from_minute: row.int(3)?,
            until_minute: row.int(4)?,
        })
    })
}

pub fn add_shifts(tx: &mut Tx, shifts: &[Shift]) -> Result<()> {
    let rows: Vec<Vec<Value>> = shifts
        .iter()
        .map(|shift| {
            vec![
                shift.id.0.into(),
                shift.staff_id.into(),
                shift.weekday.into(),
                shift.from_minute.into(),
                shift.until_minute.into(),
            ]
        })
        .collect();
    let sql = "INSERT INTO staff_shifts (shift_id, staff_id, weekday, from_minute, until_minute)
               VALUES ($1, $2, $3, $4, $5)";
    tx.execute_many(sql, &rows)?;
    Ok(())
}

/// False where there is none.
pub fn remove_shift(tx: &mut Tx, id: ShiftId) -> Result<bool> {
    Ok(tx.execute("DELETE FROM staff_shifts WHERE shift_id = $1", &[id.0.into()])? == 1)
}

/// Days on which somebody is not there; both count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = StaffAbsence)]
pub struct Absence {
    pub id: AbsenceId,
    pub staff_id: StaffId,
    pub from_day: Day,
    pub until_day: Day,
    /// `leave`, `sick`, `training` or `other`.
    pub kind: String,
    pub note: Option<String>,
}

/// Absences that end on a day or later, the first to come first.
pub fn absences(tx: &mut Tx, from: Day) -> Result<Vec<Absence>> {
    let sql = "SELECT absence_id, staff_id, from_day, until_day, kind, note FROM staff_absences
               WHERE until_day >= $1 ORDER BY from_day, absence_id LIMIT 2000";
    tx.query(sql, &[from.into()], |row| {
        Ok(Absence {
            id: row.id(0, AbsenceId)?,
            staff_id: row.id(1, StaffId)?,
            from_day: row.day(2)?,
            until_day: row.day(3)?,
            kind: row.text(4)?,
            note: row.opt_text(5)?,
        })
    })
}

pub fn add_absence(tx: &mut Tx, absence: &Absence, by: StaffId, now: Instant) -> Result<()> {
    tx.execute(
        "INSERT INTO staff_absences (absence_id, staff_id, from_day, until_day, kind, note, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            absence.id.0.into(),
            absence.staff_id.into(),
            absence.from_day.into(),
            absence.until_day.into(),
            absence.kind.as_str().into(),
            absence.note.clone().into(),
            by.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Whose absence it is; `None` where there is none of this id.
pub fn absence_of(tx: &mut Tx, id: AbsenceId) -> Result<Option<StaffId>> {
    let sql = "SELECT staff_id FROM staff_absences WHERE absence_id = $1";
    tx.query_one(sql, &[id.0.into()], |row| row.id(0, StaffId))
}

pub fn remove_absence(tx: &mut Tx, id: AbsenceId) -> Result<()> {
    tx.execute("DELETE FROM staff_absences WHERE absence_id = $1", &[id.0.into()])?;
    Ok(())
}

/// The skills of one.
pub fn skills_of(tx: &mut Tx, staff: StaffId) -> Result<Vec<String>> {
    let sql = "SELECT skills FROM staff_skills WHERE staff_id = $1";
    Ok(tx.query_one(sql, &[staff.into()], |row| row.json(0))?.unwrap_or_default())
}
