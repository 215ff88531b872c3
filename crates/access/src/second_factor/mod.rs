//! The second step of a login: a code of an authenticator, or one of ten recovery codes that hold once each.
//!
//! The secret is sealed in the vault; recovery codes are kept by their hash. The login sends password and code
//! together, so that nothing stands between the two steps that could be stolen.

pub mod totp;

use crate::secret::Secret;
use crate::store::second_factors as table;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Kind, Result};
use zunke_store::vault::Vault;
use zunke_store::{Db, Tx, audit};

/// As many codes as are given at once.
pub const RECOVERY_CODES: usize = 10;

/// How the second step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is none, or its code is right.
    Passed,
    /// A code is needed, and none was given.
    Missing,
    Wrong,
}

fn about(staff: StaffId) -> String {
    format!("second factor {staff}")
}

/// A fresh shared secret.
pub fn random() -> Result<[u8; totp::SECRET_BYTES]> {
    let mut bytes = [0; totp::SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

/// Keeps a secret that is not yet in force; 409 where one is.
pub fn begin(tx: &mut Tx, now: Instant, vault: &Vault, staff: StaffId, secret: &[u8]) -> Result<()> {
    if table::find(tx, staff)?.is_some_and(|factor| factor.confirmed_at.is_some()) {
        return Err(Error::conflict("second_factor_active", "两步验证已开启。", "The second step is on already."));
    }
    table::replace(tx, now, staff, &vault.seal(&about(staff), secret)?)
}

/// Puts the secret in force once a code proves that the authenticator has it; answers the recovery codes.
pub fn confirm(tx: &mut Tx, now: Instant, vault: &Vault, staff: StaffId, given: &str) -> Result<Vec<Secret>> {
    let factor = table::find(tx, staff)?.filter(|factor| factor.confirmed_at.is_none()).ok_or_else(|| {
        Error::conflict("second_factor_not_begun", "请先扫描二维码。", "Please begin by scanning the picture.")
    })?;
    let secret = vault.open(&about(staff), &factor.secret)?;
    let step = totp::read(given).and_then(|code| totp::matching(&secret, code, now, 0)).ok_or_else(|| wrong("code"))?;
    table::confirm(tx, now, staff, step)?;
    audit::write(tx, now, Some(staff), "second_factor.on", &staff.to_string(), &serde_json::json!({}))?;
    renew_codes(tx, now, staff)
}

/// Ten fresh recovery codes; those before hold no more.
pub fn renew_codes(tx: &mut Tx, now: Instant, staff: StaffId) -> Result<Vec<Secret>> {
    let codes = (0..RECOVERY_CODES).map(|_| Secret::one_time()).collect::<Result<Vec<_>>>()?;
    table::put_codes(tx, now, staff, &codes)?;
    audit::write(tx, now, Some(staff), "recovery_codes.make", &staff.to_string(), &serde_json::json!({}))?;
    Ok(codes)
}

/// The second step. A right code is used up with it.
pub fn admit(tx: &mut Tx, now: Instant, vault: Option<&Vault>, staff: StaffId, given: Option<&Secret>) -> Result<Step> {
    let Some(factor) = table::find(tx, staff)?.filter(|factor| factor.confirmed_at.is_some()) else {
        return Ok(Step::Passed);
    };
    let Some(given) = given.map(|given| given.reveal().trim()).filter(|given| !given.is_empty()) else {
        return Ok(Step::Missing);
    };
    let right = if let Some(code) = totp::read(given) {
        let vault = vault.ok_or_else(|| Error::internal("no vault to open in"))?;
        let secret = vault.open(&about(staff), &factor.secret)?;
        match totp::matching(&secret, code, now, factor.last_step) {
            None => false,
            Some(step) => table::take_step(tx, staff, step)?,
        }
    } else {
        let code = Secret::new(given.to_lowercase());
        let taken = table::take_code(tx, now, staff, &code)?;
        if taken {
            audit::write(tx, now, Some(staff), "recovery_codes.use", &staff.to_string(), &serde_json::json!({}))?;
        }
        taken
    };
    Ok(if right { Step::Passed } else { Step::Wrong })
}

/// Takes the second step away; `false` where there was none.
pub fn remove(tx: &mut Tx, now: Instant, by: StaffId, staff: StaffId) -> Result<bool> {
    let removed = table::remove(tx, staff)?;
    if removed {
        audit::write(tx, now, Some(by), "second_factor.off", &staff.to_string(), &serde_json::json!({}))?;
    }
    Ok(removed)
}

/// 422 at the field of the code.
#[must_use]
pub fn wrong(field: &str) -> Error {
    Error::invalid(
        "second_factor_wrong",
        "验证码不正确或已使用，请输入最新的验证码。",
        "This code is wrong or was used; please enter the latest one.",
    )
    .at(field)
}

/// 401: the password is right, and the login needs a code too.
#[must_use]
pub fn missing() -> Error {
    Error::new(Kind::Unauthorized, "second_factor_required", "请输入验证码。", "Please enter the code.").at("code")
}

/// Seals what was sealed with an older key anew; answers how many.
pub fn reseal(db: &Db, vault: &Vault) -> Result<u64> {
    let mut done = 0;
    for (staff, sealed) in db.read(table::all)? {
        if vault.is_current(&sealed)? {
            continue;
        }
        let anew = vault.seal(&about(staff), &vault.open(&about(staff), &sealed)?)?;
        done += db.write(move |tx| table::swap(tx, staff, &sealed, &anew))?;
    }
    Ok(done)
}
