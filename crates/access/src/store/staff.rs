//! The table of staff.

use crate::role::Role;
use crate::scope::ReachKind;
use crate::store::people::{locale, locale_word};
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Instant, Locale, Result};
use zunke_store::{Row, Tx, Value};

/// A member of staff as stored.
#[derive(Clone, Debug)]
pub struct Staff {
    pub id: StaffId,
    pub login: String,
    pub name: String,
    pub role: Role,
    /// The own role; `None`: the shipped one.
    pub role_key: Option<String>,
    pub department: Option<DepartmentId>,
    /// `None`: as the role has it.
    pub reach: Option<ReachKind>,
    /// `None`: all levels.
    pub levels: Option<Vec<i64>>,
    pub locale: Option<Locale>,
    pub must_change_password: bool,
    pub active: bool,
    pub version: i64,
    pub created_at: Instant,
}

/// What a list of staff may be narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub search: Option<String>,
    pub role: Option<Role>,
    pub department: Option<DepartmentId>,
    pub active: Option<bool>,
    /// The last id of the page before.
    pub after: Option<StaffId>,
}

const COLUMNS: &str = "staff_id, login, name, role, department_id, reach, levels, locale, must_change_password, active,
     version, created_at, role_key";

fn read(row: &Row) -> Result<Staff> {
    Ok(Staff {
        id: row.id(0, StaffId)?,
        login: row.text(1)?,
        name: row.text(2)?,
        role: row.str(3)?.parse()?,
        department: row.opt_id(4, DepartmentId)?,
        reach: row.opt_str(5)?.and_then(ReachKind::read),
        levels: row.opt_json(6)?,
        locale: row.opt_str(7)?.map(locale),
        must_change_password: row.bool(8)?,
        active: row.bool(9)?,
        version: row.int(10)?,
        created_at: row.instant(11)?,
        role_key: row.opt_text(12)?,
    })
}

/// Makes the row unless the login is taken: then `false`.
pub fn insert(tx: &mut Tx, staff: &Staff, password_hash: &str) -> Result<bool> {
    let made = tx.execute(
        "INSERT INTO staff (staff_id, login, name, role, department_id, reach, levels, locale, password_hash,
                            must_change_password, active, version, created_at, updated_at, role_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14)
         ON CONFLICT (login) DO NOTHING",
        &[
            staff.id.into(),
            staff.login.as_str().into(),
            staff.name.as_str().into(),
            staff.role.word().into(),
            staff.department.into(),
            staff.reach.map(ReachKind::word).into(),
            levels(staff),
            staff.locale.map(locale_word).into(),
            password_hash.into(),
            staff.must_change_password.into(),
            staff.active.into(),
            staff.version.into(),
            staff.created_at.into(),
            staff.role_key.as_deref().into(),
        ],
    )?;
    Ok(made > 0)
}

/// Writes everything but login and password; the version counts up.
pub fn update(tx: &mut Tx, now: Instant, staff: &Staff) -> Result<()> {
    tx.execute(
        "UPDATE staff SET name = $1, role = $2, department_id = $3, reach = $4, levels = $5, locale = $6, active = $7,
                          version = version + 1, updated_at = $8, role_key = $9
         WHERE staff_id = $10",
        &[
            staff.name.as_str().into(),
            staff.role.word().into(),
            staff.department.into(),
            staff.reach.map(ReachKind::word).into(),
            levels(staff),
            staff.locale.map(locale_word).into(),
            staff.active.into(),
            now.into(),
            staff.role_key.as_deref().into(),
            staff.id.into(),
        ],
    )?;
    Ok(())
}

fn levels(staff: &Staff) -> Value {
    staff.levels.as_ref().map(|ranks| Value::json(&serde_json::json!(ranks))).unwrap_or_default()
}

pub fn set_password(tx: &mut Tx, now: Instant, id: StaffId, hash: &str, must_change: bool) -> Result<()> {
    tx.execute(
        "UPDATE staff SET password_hash = $1, must_change_password = $2, version = version + 1, updated_at = $3
         WHERE staff_id = $4",
        &[hash.into(), must_change.into(), now.into(), id.into()],
    )?;
    Ok(())
}

pub fn find(tx: &mut Tx, id: StaffId) -> Result<Option<Staff>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM staff WHERE staff_id = $1"), &[id.into()], read)
}

pub fn find_login(tx: &mut Tx, login: &str) -> Result<Option<Staff>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM staff WHERE login = $1"), &[login.into()], read)
}

/// The stored password of an active member of staff.
pub fn password_of(tx: &mut Tx, id: StaffId) -> Result<Option<String>> {
    let sql = "SELECT password_hash FROM staff WHERE staff_id = $1 AND active = $2";
    tx.query_one(sql, &[id.into(), true.into()], |row| row.text(0))
}

/// Up to `limit` in the order in which they came; `by_login`: the search also looks at logins.
pub fn list(tx: &mut Tx, filter: &Filter, by_login: bool, limit: i64) -> Result<Vec<Staff>> {
    let mut sql = format!("SELECT {COLUMNS} FROM staff WHERE 1 = 1");
    let mut params: Vec<Value> = Vec::new();
    let mut also = |condition: &str, value: Value| {
        params.push(value);
        sql.push_str(&condition.replace('?', &format!("${}", params.len())));
    };
    if let Some(search) = &filter.search {
        let literal = search.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        // Who may not see logins must not find out about them by searching either.
        let condition = if by_login {
            " AND (lower(name) LIKE ? ESCAPE '\\' OR login LIKE ? ESCAPE '\\')"
        } else {
            " AND lower(name) LIKE ? ESCAPE '\\'"
        };
        also(condition, format!("%{literal}%").into());
    }
    if let Some(role) = filter.role {
        also(" AND role = ?", role.word().into());
    }
    if let Some(department) = filter.department {
        also(" AND department_id = ?", department.into());
    }
    if let Some(active) = filter.active {
        also(" AND active = ?", active.into());
    }
    if let Some(after) = filter.after {
        also(" AND staff_id > ?", after.into());
    }
    also(" ORDER BY staff_id LIMIT ?", limit.into());
    tx.query(&sql, &params, read)
}

/// Everybody or nobody but one changes the staff at one time: whoever comes second sees what the first has done.
pub fn lock(tx: &mut Tx, now: Instant) -> Result<()> {
    tx.execute("UPDATE settings SET updated_at = $1 WHERE name = 'staff'", &[now.into()])?;
    Ok(())
}

pub fn active_administrators(tx: &mut Tx) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM staff WHERE role = 'administrator' AND active = $1";
    Ok(tx.query_one(sql, &[true.into()], |row| row.int(0))?.unwrap_or(0))
}

pub fn is_empty(tx: &mut Tx) -> Result<bool> {
    Ok(tx.query_one("SELECT 1 FROM staff LIMIT 1", &[], |row| row.int(0))?.is_none())
}
