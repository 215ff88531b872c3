//! The people who work here: what a login, a name, a role and a reach must be, and the changes of them.

use crate::password;
use crate::role::Role;
use crate::roles;
use crate::scope::ReachKind;
use crate::secret::Secret;
use crate::store::{departments, sessions, staff as table, tokens};
use serde_json::json;
use zunke_http::Change;
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Error, Instant, Locale, Result};
use zunke_store::{Db, Tx, audit};

pub use crate::store::staff::{Filter, Staff};

pub const LOGIN_CHARS_MAX: usize = 64;
pub const NAME_CHARS_MAX: usize = 60;

/// Ranks go from 0 (no level yet) to 10.
pub const RANK_MAX: i64 = 10;

/// A member of staff to be.
#[derive(Clone, Debug)]
pub struct NewStaff {
    pub login: String,
    pub name: String,
    pub role: Role,
    pub department: Option<DepartmentId>,
    /// `None`: as the role has it.
    pub reach: Option<ReachKind>,
    /// `None`: all levels; else ranks.
    pub levels: Option<Vec<i64>>,
    /// `None`: as the browser has it.
    pub locale: Option<Locale>,
}

/// A change of a member of staff.
#[derive(Clone, Debug, Default)]
pub struct StaffChange {
    pub name: Option<String>,
    pub role: Option<Role>,
    /// A role by its key: the word of a shipped one, or that of an own one. Goes before `role`.
    pub role_key: Option<String>,
    pub department: Change<DepartmentId>,
    pub reach: Change<ReachKind>,
    pub levels: Change<Vec<i64>>,
    pub locale: Change<Locale>,
    pub active: Option<bool>,
}

/// The form in which a login is kept and looked up.
#[must_use]
pub fn login_form(login: &str) -> String {
    login.trim().to_lowercase()
}

pub(crate) fn check_login(login: &str) -> Result<()> {
    let length = login.chars().count();
    let fits = |sign: char| sign.is_alphanumeric() || matches!(sign, '.' | '_' | '-' | '@' | '+');
    if (1..=LOGIN_CHARS_MAX).contains(&length) && login.chars().all(fits) {
        return Ok(());
    }
    Err(Error::invalid(
        "login_invalid",
        format!("登录名应为 1 到 {LOGIN_CHARS_MAX} 个字母、数字或 . _ - @ +。"),
        format!("A login has 1 to {LOGIN_CHARS_MAX} letters, digits or . _ - @ +."),
    )
    .at("login"))
}

/// 409: somebody has it.
pub(crate) fn login_taken() -> Error {
    Error::conflict("login_taken", "该登录名已被使用，请换一个。", "This login is taken; please choose another.")
        .at("login")
}

/// A name as it is kept: trimmed, without control characters, not empty.
pub(crate) fn check_name(name: &str, most: usize) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > most || name.chars().any(char::is_control) {
        return Err(Error::invalid(
            "name_invalid",
            format!("名称应为 1 到 {most} 个字符。"),
            format!("The name must have 1 to {most} characters."),
        )
        .at("name"));
    }
    Ok(name.to_owned())
}

/// Ranks as they are kept: each once, in order.
fn check_levels(levels: Option<Vec<i64>>) -> Result<Option<Vec<i64>>> {
    let Some(mut ranks) = levels else { return Ok(None) };
    if let Some(rank) = ranks.iter().find(|rank| !(0..=RANK_MAX).contains(*rank)) {
        return Err(Error::invalid(
            "levels_invalid",
            format!("等级序号应在 0 到 {RANK_MAX} 之间，收到 {rank}。"),
            format!("A rank is between 0 and {RANK_MAX}, got {rank}."),
        )
        .at("levels"));
    }
    ranks.sort_unstable();
    ranks.dedup();
    Ok(Some(ranks))
}

fn check_department(tx: &mut Tx, department: Option<DepartmentId>) -> Result<()> {
    match department {
        Some(id) if departments::path_of(tx, id)?.is_none() => {
            Err(Error::invalid("department_unknown", "没有该部门。", "There is no such department.")
                .at("department_id"))
        }
        _ => Ok(()),
    }
}

/// Makes a member of staff within a unit of work.
pub fn create(
    tx: &mut Tx,
    now: Instant,
    by: Option<StaffId>,
    new: &NewStaff,
    password_hash: &str,
    must_change_password: bool,
) -> Result<Staff> {
    let login = login_form(&new.login);
    check_login(&login)?;
    check_department(tx, new.department)?;
    let staff = Staff {
        id: StaffId::new(now),
        login,
        name: check_name(&new.name, NAME_CHARS_MAX)?,
        role: new.role,
        role_key: None,
        department: new.department,
        reach: new.reach,
        levels: check_levels(new.levels.clone())?,
        locale: new.locale,
        must_change_password,
        active: true,
        version: 1,
        created_at: now,
    };
    if !table::insert(tx, &staff, password_hash)? {
        return Err(login_taken());
    }
    let detail = json!({"login": staff.login, "role": staff.role, "department_id": staff.department});
    audit::write(tx, now, by, "staff.create", &staff.id.to_string(), &detail)?;
    Ok(staff)
}

/// For the command line: makes a member of staff, with this password or a one-time password, which is returned.
/// Blocks.
pub fn add(db: &Db, now: Instant, new: &NewStaff, given: Option<&Secret>) -> Result<(Staff, Option<Secret>)> {
    let one_time = if given.is_none() { Some(Secret::one_time()?) } else { None };
    if let Some(given) = given {
        password::check(given, &login_form(&new.login), "password")?;
    }
    let Some(secret) = given.or(one_time.as_ref()) else {
        return Err(Error::internal("a password is given or made"));
    };
    let hash = password::hash_blocking(secret)?;
    let staff = db.write(|tx| create(tx, now, None, new, &hash, one_time.is_some()))?;
    Ok((staff, one_time))
}

/// Changes a member of staff; `by` is nobody where the directory of the house does it. A deactivated one is logged out everywhere and loses his tokens; the last active
/// administrator stays one.
pub fn change(
    tx: &mut Tx,
    now: Instant,
    by: impl Into<Option<StaffId>>,
    id: StaffId,
    change: &StaffChange,
    version: impl Fn(i64) -> Result<()>,
) -> Result<Staff> {
    table::lock(tx, now)?;
    let before = table::find(tx, id)?.ok_or_else(Error::not_found)?;
    version(before.version)?;
    let mut after = before.clone();
    if let Some(name) = &change.name {
        after.name = check_name(name, NAME_CHARS_MAX)?;
    }
    if let Some(key) = &change.role_key {
        (after.role, after.role_key) = roles::of_key(tx, key)?;
    } else if let Some(role) = change.role
        && role != before.role
    {
        (after.role, after.role_key) = (role, None);
    }
    after.department = change.department.over(before.department);
    if after.department != before.department {
        check_department(tx, after.department)?;
    }
    after.reach = change.reach.over(before.reach);
    after.levels = check_levels(change.levels.clone().over(before.levels.clone()))?;
    after.locale = change.locale.over(before.locale);
    after.active = change.active.unwrap_or(before.active);
    table::update(tx, now, &after)?;
    after.version += 1;
    if before.active && before.role == Role::Administrator && table::active_administrators(tx)? == 0 {
        return Err(Error::conflict(
            "last_administrator",
            "至少要保留一位启用的管理员。",
            "At least one active administrator must remain.",
        ));
    }
    if before.active && !after.active {
        sessions::close_all(tx, id)?;
        tokens::delete_all(tx, id)?;
    }
    audit::write(
        tx,
        now,
        by.into(),
        "staff.change",
        &id.to_string(),
        &json!({"before": seen(&before), "after": seen(&after)}),
    )?;
    Ok(after)
}

fn seen(staff: &Staff) -> serde_json::Value {
    json!({
        "name": staff.name, "role": staff.role, "role_key": staff.role_key, "department_id": staff.department, "reach": staff.reach,
        "levels": staff.levels, "active": staff.active,
    })
}

/// Gives a new password: all sessions end. `by` is himself, or the administrator who reset it.
pub fn set_password(tx: &mut Tx, now: Instant, by: StaffId, id: StaffId, hash: &str, must_change: bool) -> Result<()> {
    table::set_password(tx, now, id, hash, must_change)?;
    sessions::close_all(tx, id)?;
    let action = if must_change { "staff.password_reset" } else { "staff.password_change" };
    audit::write(tx, now, Some(by), action, &id.to_string(), &json!({}))
}

/// For the command line: gives a login a new one-time password, and activates it. Blocks.
pub fn reset_password(db: &Db, now: Instant, login: &str) -> Result<OneTimePassword> {
    let secret = Secret::one_time()?;
    let hash = password::hash_blocking(&secret)?;
    let login = login_form(login);
    db.write(|tx| {
        let mut staff = table::find_login(tx, &login)?
            .ok_or_else(|| Error::invalid("login_unknown", "没有该登录名。", "There is no such login.").at("login"))?;
        staff.active = true;
        table::update(tx, now, &staff)?;
        table::set_password(tx, now, staff.id, &hash, true)?;
        // Whoever has the machine may lose his telephone too.
        crate::second_factor::remove(tx, now, staff.id, staff.id)?;
        sessions::close_all(tx, staff.id)?;
        audit::write(tx, now, None, "staff.password_reset", &staff.id.to_string(), &json!({}))
    })?;
    Ok(secret)
}

/// A password to be printed once and changed at the first login.
pub type OneTimePassword = Secret;

/// The first start: makes the administrator `admin` where there is no staff yet, with a one-time password for the
/// binary to print. Blocks.
pub fn first_start(db: &Db, now: Instant) -> Result<Option<OneTimePassword>> {
    if !db.read(table::is_empty)? {
        return Ok(None);
    }
    let secret = Secret::one_time()?;
    let hash = password::hash_blocking(&secret)?;
    let new = NewStaff {
        login: "admin".into(),
        name: "管理员".into(),
        role: Role::Administrator,
        department: None,
        reach: None,
        levels: None,
        locale: None,
    };
    let made = db.write(|tx| {
        table::lock(tx, now)?;
        // Two processes starting at one time make one administrator.
        if !table::is_empty(tx)? {
            return Ok(false);
        }
        create(tx, now, None, &new, &hash, true).map(|_| true)
    })?;
    Ok(made.then_some(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_kept_in_one_form_and_odd_ones_are_refused() {
        assert_eq!(login_form(" Wang.Fang@Shop "), "wang.fang@shop");
        assert!(check_login("王芳").is_ok() && check_login("a").is_ok());
        for bad in ["", "two words", "a\u{0}b", "a/b", "tab\t", &"x".repeat(65)] {
            assert_eq!(check_login(bad).expect_err(bad).code, "login_invalid");
        }
    }

    #[test]
    fn ranks_are_kept_once_and_in_order() {
        assert_eq!(check_levels(Some(vec![4, 3, 4])).expect("ranks"), Some(vec![3, 4]));
        assert_eq!(check_levels(None).expect("all"), None);
        assert_eq!(check_levels(Some(vec![11])).expect_err("no such rank").code, "levels_invalid");
        assert_eq!(check_levels(Some(vec![-1])).expect_err("no such rank").code, "levels_invalid");
    }
}
