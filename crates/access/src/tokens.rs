//! API tokens: shown once, kept as a hash, never more than their owner's rights.

use crate::actor::TokenId;
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

/// Makes a token for `owner` within a unit of work.
pub fn issue(
    tx: &mut Tx,
    now: Instant,
    by: Option<StaffId>,
    owner: StaffId,
    new: &NewToken,
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
    };
    table::insert(tx, &token, secret)?;
    let detail =
        json!({"name": token.name, "may_write": token.may_write, "expires_at": token.expires_at, "owner": owner});
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
        issue(tx, now, None, owner.id, new, &secret)
    })?;
    Ok((token, secret))
}
