//! Logging in: throttled, the same answer and the same work for a wrong password and an unknown login.

use crate::password;
use crate::second_factor::{self, Step};
use crate::secret::Secret;
use crate::staff::{LOGIN_CHARS_MAX, Staff, login_form};
use crate::store::{attempts, sessions, staff as table};
use crate::throttle::{ACCOUNT, ADDRESS};
use serde_json::json;
use zunke_kernel::{Error, Instant, Kind, Result};
use zunke_store::vault::Vault;
use zunke_store::{Db, audit};

/// From where somebody logs in.
#[derive(Clone, Debug)]
pub struct From {
    pub address: String,
    pub agent: String,
}

/// What somebody gives to come in.
#[derive(Clone, Debug)]
pub struct Given {
    pub login: String,
    pub password: Secret,
    /// Of his authenticator, or a recovery code, where he has a second step.
    pub code: Option<Secret>,
}

/// How a login went.
pub enum Outcome {
    Open {
        staff: Box<Staff>,
        session: Secret,
    },
    /// Too many attempts: seconds until the next one is taken.
    Wait(i64),
}

/// Opens a session, or 401 `login_failed`; where there is a second step, `second_factor_required` without a code and
/// `second_factor_wrong` with another one.
pub async fn log_in(db: &Db, vault: Option<Vault>, now: Instant, given: Given, from: From) -> Result<Outcome> {
    let Given { login, password: given, code } = given;
    let login = login_form(&login);
    let account = format!("account:{}", login.chars().take(LOGIN_CHARS_MAX).collect::<String>());
    let address = format!("address:{}", from.address);
    let subjects = [(account.clone(), ACCOUNT), (address.clone(), ADDRESS)];
    if let Some(wait_secs) = db.write_async(move |tx| attempts::take(tx, now, &subjects)).await? {
        return Ok(Outcome::Wait(wait_secs));
    }
    let wanted = login.clone();
    let known = db
        .read_async(move |tx| {
            let Some(staff) = table::find_login(tx, &wanted)? else { return Ok(None) };
            Ok(table::password_of(tx, staff.id)?.map(|hash| (staff, hash)))
        })
        .await?;
    let hash = known.as_ref().map(|(_, hash)| hash.clone());
    // A text that is longer than any password can be isn't worth the work, and no less wrong.
    let fits = given.reveal().chars().count() <= password::CHARS_MAX;
    let given = if fits { given } else { Secret::new("") };
    let right = password::verify(given, hash).await? && fits;
    let Some((staff, hash)) = known.filter(|_| right) else {
        let detail = json!({"login": login.chars().take(LOGIN_CHARS_MAX).collect::<String>(), "address": from.address});
        db.write_async(move |tx| audit::write(tx, now, None, "session.refused", "session", &detail)).await?;
        return Err(failed());
    };
    let session = Secret::random("")?;
    let opened = session.clone();
    let id = staff.id;
    let still = db
        .write_async(move |tx| {
            // Meanwhile the password may have been changed, or the person deactivated.
            if table::password_of(tx, id)?.as_deref() != Some(hash.as_str()) {
                return Ok(Entry::Changed);
            }
            match second_factor::admit(tx, now, vault.as_ref(), id, code.as_ref())? {
                Step::Passed => {}
                Step::Missing => return Ok(Entry::CodeMissing),
                Step::Wrong => {
                    let detail = json!({"address": from.address, "second_factor": false});
                    audit::write(tx, now, Some(id), "session.refused", &id.to_string(), &detail)?;
                    return Ok(Entry::CodeWrong);
                }
            }
            attempts::forgive(tx, &account, &address)?;
            let session = sessions::open(tx, now, id, &opened, &from.address, &from.agent)?;
            let detail = json!({"address": from.address, "session": session});
            audit::write(tx, now, Some(id), "session.open", &id.to_string(), &detail)?;
            Ok(Entry::Open)
        })
        .await?;
    match still {
        Entry::Open => Ok(Outcome::Open { staff: Box::new(staff), session }),
        Entry::Changed => Err(failed()),
        Entry::CodeMissing => Err(second_factor::missing()),
        Entry::CodeWrong => Err(second_factor::wrong("code")),
    }
}

/// How it went after the password.
enum Entry {
    Open,
    Changed,
    CodeMissing,
    CodeWrong,
}

fn failed() -> Error {
    Error::new(Kind::Unauthorized, "login_failed", "登录名或密码不正确。", "The login or the password is not right.")
}

/// 429, and when to come back.
pub fn throttled(wait_secs: i64) -> Error {
    let (zh, en) = if wait_secs < 120 {
        (format!("{wait_secs} 秒"), format!("{wait_secs} seconds"))
    } else {
        let minutes = (wait_secs + 59) / 60;
        (format!("{minutes} 分钟"), format!("{minutes} minutes"))
    };
    Error::new(
        Kind::TooMany,
        "login_throttled",
        format!("尝试次数过多，请在 {zh}后再试。"),
        format!("Too many attempts; please try again in {en}."),
    )
}
