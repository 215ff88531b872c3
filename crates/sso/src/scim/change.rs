//! What the directory does to people.

use super::user::Entered;
use crate::store::directory::{self, Key, Person};
use serde_json::json;
use zunke_access::entry;
use zunke_access::staff::{self, NAME_CHARS_MAX, NewStaff, StaffChange};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Tx, audit, outbox};

fn note(tx: &mut Tx, now: Instant, key: &Key, id: StaffId, action: &str) -> Result<()> {
    audit::write(tx, now, None, action, &id.to_string(), &json!({ "directory": key.name, "key": key.id }))
}

/// A name that fits: what is too long is cut, since nobody sits before the directory who could shorten it.
fn name(entered: &Entered) -> Option<String> {
    let name = entered.shown_name()?;
    let name: String = name.chars().filter(|sign| !sign.is_control()).take(NAME_CHARS_MAX).collect();
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Makes a member of staff with the role and department of the key.
pub fn create(tx: &mut Tx, now: Instant, key: &Key, entered: &Entered, hash: &str) -> Result<Person> {
    let login = entered.login.clone().unwrap_or_default();
    let new = NewStaff {
        name: name(entered).unwrap_or_else(|| login.clone()),
        login,
        role: key.role,
        department: key.department_id,
        reach: None,
        levels: None,
        locale: None,
    };
    let made = staff::create(tx, now, None, &new, hash, false)?;
    directory::call(tx, made.id, entered.external_id.clone().flatten().as_deref())?;
    note(tx, now, key, made.id, "directory.create")?;
    if entered.active == Some(false) {
        let off = StaffChange { active: Some(false), ..StaffChange::default() };
        staff::change(tx, now, None, made.id, &off, |_| Ok(()))?;
    }
    directory::find(tx, made.id)
}

/// Changes a person; one who is ended loses sessions and keys in the same moment, and is told of for his work's sake.
pub fn apply(tx: &mut Tx, now: Instant, key: &Key, id: StaffId, entered: &Entered) -> Result<Person> {
    let before = directory::find(tx, id)?;
    if let Some(login) = &entered.login {
        entry::rename(tx, now, None, id, login)?;
    }
    let name = name(entered).filter(|name| *name != before.name);
    let active = entered.active.filter(|active| *active != before.active);
    if name.is_some() || active.is_some() {
        let change = StaffChange { name, active, ..StaffChange::default() };
        staff::change(tx, now, None, id, &change, |_| Ok(())).map_err(last)?;
    }
    if let Some(external) = &entered.external_id
        && *external != before.external_id
    {
        directory::call(tx, id, external.as_deref())?;
    }
    let after = directory::find(tx, id)?;
    match (before.active, after.active) {
        (true, false) => {
            note(tx, now, key, id, "directory.end")?;
            outbox::send(tx, now, entry::LEFT_TOPIC, &id.to_string(), &json!({ "staff_id": id }))?;
        }
        (false, true) => note(tx, now, key, id, "directory.resume")?,
        _ if after.version != before.version => note(tx, now, key, id, "directory.change")?,
        _ => {}
    }
    Ok(after)
}

/// Says to the directory what is to be done about it.
fn last(error: Error) -> Error {
    if error.code != "last_administrator" {
        return error;
    }
    Error::conflict(
        "last_administrator",
        "这是最后一位启用的管理员，不能停用；请先指定另一位管理员。",
        "This is the last active administrator, who can't be ended; make somebody else administrator first.",
    )
}
