//! From a provider's word to a member of staff.

use crate::oidc::Who;
use crate::provider::{Provider, Unknown};
use crate::store::identities;
use serde_json::json;
use zunke_access::entry;
use zunke_access::staff::{self, NewStaff, Staff};
use zunke_kernel::{Error, Instant, Kind, Result};
use zunke_store::{Tx, audit};

fn refuse(code: &'static str, zh: &str, en: &str) -> Error {
    Error::new(Kind::Forbidden, code, zh, en)
}

/// The provider is right, and nobody here is tied to the person.
fn not_linked() -> Error {
    refuse(
        "sign_in_not_linked",
        "该登录名已有账号，但尚未与您的外部账号关联，请联系管理员。",
        "There is an account of this login that is not tied to you yet; please ask an administrator.",
    )
}

fn unknown() -> Error {
    refuse(
        "sign_in_unknown",
        "您在这里还没有账号，请联系管理员。",
        "You have no account here yet; please ask an administrator.",
    )
}

fn inactive() -> Error {
    refuse(
        "sign_in_inactive",
        "您的账号已停用，请联系管理员。",
        "Your account is switched off; please ask an administrator.",
    )
}

/// Whether his first sign-in would make him a member of staff: then a password that nobody knows is needed.
pub fn would_make(tx: &mut Tx, provider: &Provider, who: &Who) -> Result<bool> {
    Ok(provider.settings.unknown == Unknown::Create && identities::find(tx, &who.issuer, &who.subject)?.is_none())
}

/// Who it is here: tied to the subject already, or tied now where the settings allow it, or made.
pub fn admit(tx: &mut Tx, now: Instant, provider: &Provider, who: &Who, hash: Option<&str>) -> Result<Staff> {
    let pair = (who.issuer.as_str(), who.subject.as_str());
    if let Some(id) = identities::find(tx, pair.0, pair.1)? {
        let staff = entry::find(tx, id)?.filter(|staff| staff.active).ok_or_else(inactive)?;
        identities::seen(tx, now, pair.0, pair.1)?;
        return Ok(staff);
    }
    let login = who.login.as_deref().filter(|_| who.login_holds).ok_or_else(unknown)?;
    let staff = match entry::find_login(tx, login)? {
        // Equal names are no proof: the administrator says whether this provider's are.
        Some(_) if !provider.settings.link_by_login => return Err(not_linked()),
        Some(staff) if !staff.active => return Err(inactive()),
        Some(staff) => staff,
        None => make(tx, now, provider, who, login, hash.ok_or_else(unknown)?)?,
    };
    if !identities::link(tx, now, pair, staff.id, None)? {
        return Err(Error::stale());
    }
    identities::seen(tx, now, pair.0, pair.1)?;
    let detail = json!({ "provider": provider.settings.name, "subject": who.subject });
    audit::write(tx, now, Some(staff.id), "sign_in.link", &staff.id.to_string(), &detail)?;
    Ok(staff)
}

fn make(tx: &mut Tx, now: Instant, provider: &Provider, who: &Who, login: &str, hash: &str) -> Result<Staff> {
    let (Unknown::Create, Some(role)) = (provider.settings.unknown, provider.settings.role) else {
        return Err(unknown());
    };
    let name: String = who.name.as_deref().unwrap_or(login).chars().filter(|sign| !sign.is_control()).collect();
    let new = NewStaff {
        login: login.to_owned(),
        name: name.chars().take(staff::NAME_CHARS_MAX).collect(),
        role,
        department: provider.settings.department_id,
        reach: None,
        levels: None,
        locale: None,
    };
    staff::create(tx, now, None, &new, hash, false)
}
