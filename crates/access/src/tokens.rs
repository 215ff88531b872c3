//! API tokens: shown once, kept as a hash, never more than their owner's rights.

use crate::actor::{Actor, TokenId};
use crate::role::Permission;
use crate::secret::Secret;
use crate::staff::{check_name, login_form};
use crate::store::{staff, tokens as table};
use serde_json::json;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Db, Tx, audit};

pub use crate::store::tokens::Token;

pub const PREFIX: &str = "zk_";

/// The most tokens that one person may have.
pub const COUNT_MAX: i64 = 50;

const NAME_CHARS_MAX: usize = 60;

/// A token to be.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What it is for, in its owner's words.
    pub name: String,
    /// `false`: reads only.
    pub may_write: bool,
    pub expires_at: Option<Instant>,
}

/// What a key may do beside what its owner may: less, and not too often.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// `None`: all that its owner may.
    pub permissions: Option<Vec<Permission>>,
    /// Calls in a minute.
    pub per_minute: Option<i64>,
}

/// Calls in a minute that one key may be given.
pub const PER_MINUTE_MAX: i64 = 60_000;
/// Hours for which the secret before holds too, at the most.
pub const OVERLAP_HOURS_MAX: i64 = 168;

impl Limits {
    /// Checks what a person entered, against what he may himself.
    pub fn check(&self, owner: &Actor) -> Result<()> {
        if let Some(permissions) = &self.permissions {
            if permissions.is_empty() {
                let (zh, en) = ("请至少选择一项权限。", "Choose at least one permission.");
                return Err(Error::invalid("permissions_required", zh, en).at("permissions"));
            }
            if let Some(beyond) = permissions.iter().find(|permission| !owner.may(**permission)) {
                return Err(Error::invalid(
                    "permission_beyond",
                    format!("您自己没有“{}”权限，不能授予密钥。", beyond.word()),
                    format!("You do not have the permission {} yourself, so a key can't have it.", beyond.word()),
                )
                .at("permissions"));
            }
        }
        if self.per_minute.is_some_and(|limit| !(1..=PER_MINUTE_MAX).contains(&limit)) {
            return Err(Error::invalid(
                "limit_invalid",
                format!("每分钟请求数应在 1 到 {PER_MINUTE_MAX} 之间。"),
                format!("Calls per minute must be between 1 and {PER_MINUTE_MAX}."),
            )
            .at("per_minute"));
        }
        Ok(())
    }
}

/// Makes a token for `owner` within a unit of work.
pub fn issue(
    tx: &mut Tx,
    now: Instant,
    by: Option<StaffId>,
    owner: StaffId,
    new: &NewToken,
    limits: &Limits,
    secret: &Secret,
) -> Result<Token> {
    let name = check_name(&new.name, NAME_CHARS_MAX)?;
    if new.expires_at.is_some_and(|at| at <= now) {
        return Err(Error::invalid("expiry_passed", "过期时间应晚于现在。", "The expiry must lie in the future.")
            .at("expires_at"));
    }
    if table::count(tx, owner)? >= COUNT_MAX {
        return Err(Error::conflict(
            "token_limit",
            format!("每人最多 {COUNT_MAX} 个令牌，请先撤销不用的。"),
            format!("One person has at most {COUNT_MAX} tokens; please revoke unused ones first."),
        ));
    }
    let token = Token {
        id: TokenId::new(now),
        staff: owner,
        name,
        may_write: new.may_write,
        created_at: now,
        expires_at: new.expires_at,
        used_at: None,
        permissions: limits.permissions.clone(),
        old_until: None,
        per_minute: limits.per_minute,
    };
    table::insert(tx, &token, secret)?;
    let detail = json!({"name": token.name, "may_write": token.may_write, "expires_at": token.expires_at, "owner": owner,
            "permissions": token.permissions, "per_minute": token.per_minute});
    audit::write(tx, now, by, "token.create", &token.id.to_string(), &detail)?;
    Ok(token)
}

/// For the command line: makes a token for a login and returns it, to be shown once. Blocks.
pub fn create(db: &Db, now: Instant, login: &str, new: &NewToken) -> Result<(Token, Secret)> {
    let secret = Secret::random(PREFIX)?;
    let login = login_form(login);
    let token = db.write(|tx| {
        let owner = staff::find_login(tx, &login)?.filter(|staff| staff.active).ok_or_else(|| {
            Error::invalid("login_unknown", "没有该登录名，或已停用。", "There is no such login, or it is not active.")
                .at("login")
        })?;
        issue(tx, now, None, owner.id, new, &Limits::default(), &secret)
    })?;
    Ok((token, secret))
}
