//! Entering by the word of somebody else: a provider has said who it is, and the session is one like any other.

use crate::actor::SessionId;
use crate::login::From;
use crate::second_factor::{self, Step};
use crate::secret::Secret;
use crate::staff::Staff;
use crate::store::{attempts, sessions, staff as table};
use crate::throttle::{ACCOUNT, ADDRESS};
use serde_json::Value;
use uuid::Uuid;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::vault::Vault;
use zunke_store::{Tx, audit};

pub use crate::api::session_cookie;
pub use crate::client::{agent, is_https, require_same_origin};

/// Sent when the directory says that somebody has left; the key is his id. His work is to go to others.
pub const LEFT_TOPIC: &str = "access.staff_left";

/// Who has said who it is.
#[derive(Clone, Copy, Debug)]
pub struct By {
    pub provider: Uuid,
    /// It has asked the second step, and is trusted with that.
    pub vouched: bool,
}

/// An active member of staff by his login.
pub fn find_login(tx: &mut Tx, login: &str) -> Result<Option<Staff>> {
    table::find_login(tx, &crate::staff::login_form(login))
}

/// A member of staff by his id.
pub fn find(tx: &mut Tx, id: StaffId) -> Result<Option<Staff>> {
    table::find(tx, id)
}

/// Whether the house itself asks this person for a code.
pub fn has_second_step(tx: &mut Tx, staff: StaffId) -> Result<bool> {
    Ok(second_factor::admit(tx, Instant(0), None, staff, None)? != Step::Passed)
}

/// Takes one attempt from an address, and at a person's code where he is known; counted as failed for now. `Some` seconds
/// to wait.
pub fn take_attempt(tx: &mut Tx, now: Instant, address: &str, login: Option<&str>) -> Result<Option<i64>> {
    let mut subjects = vec![(format!("address:{address}"), ADDRESS)];
    subjects.extend(login.map(|login| (format!("account:{login}"), ACCOUNT)));
    attempts::take(tx, now, &subjects)
}

/// It was in order.
pub fn forgive(tx: &mut Tx, address: &str, login: Option<&str>) -> Result<()> {
    let account = login.map(|login| format!("account:{login}")).unwrap_or_default();
    attempts::forgive(tx, &account, &format!("address:{address}"))
}

/// Checks the code of a person; a right one is used up.
pub fn second_step(tx: &mut Tx, now: Instant, vault: Option<&Vault>, staff: StaffId, code: &Secret) -> Result<()> {
    match second_factor::admit(tx, now, vault, staff, Some(code))? {
        Step::Passed => Ok(()),
        Step::Missing => Err(second_factor::missing()),
        Step::Wrong => Err(second_factor::wrong("code")),
    }
}

/// Opens a session of an active person, and says so in the record with `detail`.
pub fn open(
    tx: &mut Tx,
    now: Instant,
    staff: &Staff,
    secret: &Secret,
    (from, by): (&From, By),
    detail: &Value,
) -> Result<SessionId> {
    if !staff.active {
        return Err(Error::unauthorized());
    }
    let id = sessions::open(tx, now, staff.id, secret, &from.address, &from.agent)?;
    tx.execute(
        "UPDATE sessions SET provider_id = $1, vouched = $2 WHERE session_id = $3",
        &[by.provider.into(), by.vouched.into(), id.0.into()],
    )?;
    let mut detail = detail.clone();
    if let Some(object) = detail.as_object_mut() {
        object.insert("address".into(), from.address.clone().into());
        object.insert("session".into(), serde_json::json!(id));
    }
    audit::write(tx, now, Some(staff.id), "session.open", &staff.id.to_string(), &detail)?;
    Ok(id)
}

/// Gives a person another login; 409 where it is taken.
pub fn rename(tx: &mut Tx, now: Instant, by: Option<StaffId>, id: StaffId, login: &str) -> Result<()> {
    let login = crate::staff::login_form(login);
    crate::staff::check_login(&login)?;
    table::lock(tx, now)?;
    let before = table::find(tx, id)?.ok_or_else(Error::not_found)?;
    if before.login == login {
        return Ok(());
    }
    if table::find_login(tx, &login)?.is_some() {
        return Err(crate::staff::login_taken());
    }
    tx.execute(
        "UPDATE staff SET login = $1, version = version + 1, updated_at = $2 WHERE staff_id = $3",
        &[login.as_str().into(), now.into(), id.into()],
    )?;
    let detail = serde_json::json!({ "before": { "login": before.login }, "after": { "login": login } });
    audit::write(tx, now, by, "staff.change", &id.to_string(), &detail)
}
