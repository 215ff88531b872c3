//! Staff as the sessions and tokens see them: one row, read with whoever calls.

use crate::actor::Actor;
use crate::department;
use crate::level_rights;
use crate::rights::{Granted, RoleSet};
use crate::role::{PermissionSet, Role};
use crate::scope::{LevelReach, Reach, ReachKind, Scope};
use crate::settings;
use crate::store::{departments, roles};
use std::sync::Arc;
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Instant, Locale, Result};
use zunke_store::{Row, Tx};

/// The columns of `staff` (as `s`) that make an actor, in the order that `read` takes them.
pub const COLUMNS: &str =
    "s.staff_id, s.name, s.login, s.role, s.department_id, s.reach, s.levels, s.locale, s.must_change_password,
     s.role_key, (SELECT r.content FROM roles r WHERE r.role_key = COALESCE(s.role_key, s.role)),
     (SELECT COUNT(*) FROM staff_group_members m WHERE m.staff_id = s.staff_id)";

/// How many columns those are.
pub const COUNT: usize = 12;

pub struct Person {
    pub staff: StaffId,
    pub name: String,
    pub login: String,
    pub role: Role,
    pub department: Option<DepartmentId>,
    pub reach: Option<ReachKind>,
    pub levels: Option<Vec<i64>>,
    pub locale: Option<Locale>,
    pub must_change_password: bool,
    /// The own role; `None`: a shipped one.
    pub role_key: Option<String>,
    /// What his role is made of.
    pub set: RoleSet,
    /// Whether he belongs to any group, today or not.
    pub in_groups: bool,
}

pub fn read(row: &Row) -> Result<Person> {
    let role: Role = row.str(3)?.parse()?;
    Ok(Person {
        staff: row.id(0, StaffId)?,
        name: row.text(1)?,
        login: row.text(2)?,
        role,
        department: row.opt_id(4, DepartmentId)?,
        reach: row.opt_str(5)?.and_then(ReachKind::read),
        levels: row.opt_json(6)?,
        locale: row.opt_str(7)?.map(locale),
        must_change_password: row.bool(8)?,
        role_key: row.opt_text(9)?,
        set: row.opt_json(10)?.unwrap_or_else(|| RoleSet::shipped(role)),
        in_groups: row.int(11)? > 0,
    })
}

pub fn locale(word: &str) -> Locale {
    if word == "en" { Locale::En } else { Locale::Zh }
}

pub fn locale_word(locale: Locale) -> &'static str {
    match locale {
        Locale::Zh => "zh",
        Locale::En => "en",
    }
}

/// For whom somebody stands in on this day. The dates are kept by the room of service, where managers are managed; nearly
/// nobody has any, and one look along their index says so.
fn stands_in(tx: &mut Tx, deputy: StaffId, now: Instant) -> Result<Vec<StaffId>> {
    // No zone is further than a day from that of Greenwich.
    let sql = "SELECT staff_id, from_day, until_day FROM manager_deputies WHERE deputy_id = $1 AND until_day >= $2";
    let yesterday = now.0.div_euclid(86_400_000) - 1;
    let near =
        tx.query(sql, &[deputy.into(), yesterday.into()], |row| Ok((row.id(0, StaffId)?, row.day(1)?, row.day(2)?)))?;
    if near.is_empty() {
        return Ok(Vec::new());
    }
    let today = settings::load(tx)?.zone().day_of(now);
    let in_force = near.into_iter().filter(|(_, from, until)| (*from..=*until).contains(&today));
    Ok(in_force.map(|(staff, _, _)| staff).collect())
}

/// What a person may do today: his role, with what his groups add and take away.
pub fn granted(tx: &mut Tx, person: &Person, now: Instant) -> Result<Granted> {
    if !person.in_groups {
        return Ok(Granted::of(&person.set, PermissionSet::default(), PermissionSet::default()));
    }
    let today = settings::load(tx)?.zone().day_of(now);
    let groups = roles::of_groups(tx, person.staff, today)?;
    Ok(Granted::of(&person.set, groups.allowed, groups.denied))
}

/// What a person may see, with the tree of departments as it is now and those for whom he stands in today.
pub fn scope(tx: &mut Tx, person: &Person, now: Instant) -> Result<Scope> {
    let kind = person.reach.unwrap_or(person.set.reach);
    let mut others = stands_in(tx, person.staff, now)?;
    if kind == ReachKind::Group && person.in_groups {
        let today = settings::load(tx)?.zone().day_of(now);
        others.extend(roles::fellows(tx, person.staff, today)?);
        others.sort_unstable();
        others.dedup();
    }
    let reach = match kind {
        ReachKind::Own | ReachKind::Group => Reach::Own(person.staff),
        ReachKind::DepartmentOnly => Reach::Department(person.department.into_iter().collect()),
        ReachKind::All => Reach::All,
        ReachKind::Department => Reach::Department(match person.department {
            None => Vec::new(),
            Some(id) => match departments::path_of(tx, id)? {
                None => Vec::new(),
                Some(path) => departments::at_or_below(tx, &department::prefix(&path))?,
            },
        }),
    };
    let own = person.levels.clone().map_or(LevelReach::All, LevelReach::Only);
    let of_role = level_rights::load(tx)?;
    Ok(Scope {
        reach,
        levels: own.and(&of_role.seen(person.role)),
        rights: of_role.rights(person.role),
        stands_in: others,
    })
}

/// An active member of staff by his id.
pub fn find_active(tx: &mut Tx, id: StaffId) -> Result<Option<Person>> {
    let sql = format!("SELECT {COLUMNS} FROM staff s WHERE s.staff_id = $1 AND s.active = $2");
    tx.query_one(&sql, &[id.into(), true.into()], read)
}

/// Somebody by his id, who has left among them.
pub fn find(tx: &mut Tx, id: StaffId) -> Result<Option<Person>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM staff s WHERE s.staff_id = $1"), &[id.into()], read)
}

/// Who acts, and what he may see.
pub fn actor(tx: &mut Tx, person: &Person, fallback: Locale, now: Instant) -> Result<Actor> {
    let granted = granted(tx, person, now)?;
    Ok(Actor {
        staff: person.staff,
        name: person.name.clone(),
        login: person.login.clone(),
        role: person.role,
        role_key: person.role_key.clone(),
        department: person.department,
        scope: scope(tx, person, now)?,
        locale: person.locale.unwrap_or(fallback),
        permissions: granted.permissions,
        fields: Arc::new(granted.fields),
        key: None,
        seen_by: None,
    })
}
