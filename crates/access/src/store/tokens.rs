//! API tokens. Kept as hashes; a token acts with the rights that its owner has at that moment.

use crate::actor::{Actor, SignedIn, TokenId, Via};
use crate::role::Permission;
use crate::secret::{Secret, TokenHash};
use crate::store::people;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Locale, Result};
use zunke_store::{Db, Tx};

/// Use is noted no more often than this.
const NOTE_SECS: i64 = 300;

/// What a token is beside its owner.
struct Key {
    id: TokenId,
    permissions: Option<Vec<String>>,
    per_minute: Option<i64>,
}

/// A permission by its word; one that is no more is none.
fn read(word: &str) -> Option<Permission> {
    Permission::ALL.iter().copied().find(|permission| permission.word() == word)
}

/// A token as it is kept.
pub struct Token {
    pub id: TokenId,
    pub staff: StaffId,
    pub name: String,
    pub may_write: bool,
    pub created_at: Instant,
    pub expires_at: Option<Instant>,
    pub used_at: Option<Instant>,
    /// What it may do of what its owner may; `None`: all of it.
    pub permissions: Option<Vec<Permission>>,
    /// Until then the secret before holds too.
    pub old_until: Option<Instant>,
    /// Calls in a minute, where it has a limit of its own.
    pub per_minute: Option<i64>,
}

pub fn insert(tx: &mut Tx, token: &Token, secret: &Secret) -> Result<()> {
    tx.execute(
        "INSERT INTO api_tokens (token_hash, token_id, staff_id, name, may_write, created_at, expires_at,
           permissions, per_minute)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            secret.hash()[..].into(),
            token.id.0.into(),
            token.staff.into(),
            token.name.as_str().into(),
            token.may_write.into(),
            token.created_at.into(),
            token.expires_at.into(),
            token.permissions.as_ref().map(|permissions| serde_json::json!(permissions).to_string()).into(),
            token.per_minute.into(),
        ],
    )?;
    Ok(())
}

/// Whose token it is; notes that it is used.
pub async fn identify(db: &Db, now: Instant, hash: TokenHash, fallback: Locale) -> Result<SignedIn> {
    let found = db
        .read_async(move |tx| {
            let sql = format!(
                "SELECT {}, t.may_write, t.used_at, t.permissions, t.token_id, t.per_minute FROM api_tokens t
                 JOIN staff s ON s.staff_id = t.staff_id
                 WHERE (t.token_hash = $1 OR t.old_hash = $1 AND t.old_until > $2)
                   AND (t.expires_at IS NULL OR t.expires_at > $2) AND s.active = $3",
                people::COLUMNS
            );
            let found = tx.query_one(&sql, &[hash[..].into(), now.into(), true.into()], |row| {
                let key = Key {
                    id: row.id(people::COUNT + 3, TokenId)?,
                    permissions: row.opt_json(people::COUNT + 2)?,
                    per_minute: row.opt_int(people::COUNT + 4)?,
                };
                Ok((people::read(row)?, row.bool(people::COUNT)?, row.opt_instant(people::COUNT + 1)?, key))
            })?;
            let Some((person, may_write, used_at, key)) = found else {
                return Ok(None);
            };
            let signed_in = SignedIn {
                actor: Actor {
                    key: key.permissions.as_deref().map(|words| words.iter().filter_map(|word| read(word)).collect()),
                    ..people::actor(tx, &person, fallback, now)?
                },
                via: Via::Token { id: key.id, may_write, per_minute: key.per_minute },
                must_change_password: person.must_change_password,
                second_step_missing: false,
                own_locale: person.locale,
            };
            Ok(Some((signed_in, used_at)))
        })
        .await?;
    let Some((signed_in, used_at)) = found else {
        return Err(refused());
    };
    if used_at.is_none_or(|used_at| now.0 - used_at.0 >= NOTE_SECS * 1_000) {
        let noted = db
            .write_async(move |tx| {
                tx.execute(
                    "UPDATE api_tokens SET used_at = $1 WHERE token_hash = $2 OR old_hash = $2",
                    &[now.into(), hash[..].into()],
                )
            })
            .await;
        if let Err(error) = noted {
            tracing::warn!(%error, "could not note the use of a token");
        }
    }
    Ok(signed_in)
}

fn refused() -> Error {
    let mut error = Error::unauthorized();
    error.code = "token_invalid";
    error.text = zunke_kernel::Text::new(
        "API 令牌无效、已过期或已撤销。",
        "The API token is not valid, has expired or was revoked.",
    );
    error
}

/// The tokens of one person, or of all; the newest first.
pub fn list(tx: &mut Tx, staff: Option<StaffId>) -> Result<Vec<Token>> {
    const COLUMNS: &str = "SELECT token_id, staff_id, name, may_write, created_at, expires_at, used_at,
        permissions, old_until, per_minute FROM api_tokens";
    let read = |row: &zunke_store::Row| {
        Ok(Token {
            id: row.id(0, TokenId)?,
            staff: row.id(1, StaffId)?,
            name: row.text(2)?,
            may_write: row.bool(3)?,
            created_at: row.instant(4)?,
            expires_at: row.opt_instant(5)?,
            used_at: row.opt_instant(6)?,
            permissions: row
                .opt_json::<Vec<String>>(7)?
                .map(|words| words.iter().filter_map(|word| self::read(word)).collect()),
            old_until: row.opt_instant(8)?,
            per_minute: row.opt_int(9)?,
        })
    };
    match staff {
        Some(staff) => {
            let sql = format!("{COLUMNS} WHERE staff_id = $1 ORDER BY token_id DESC");
            tx.query(&sql, &[staff.into()], read)
        }
        None => tx.query(&format!("{COLUMNS} ORDER BY token_id DESC"), &[], read),
    }
}

/// Gives a token another secret; the one before holds until `old_until`. `false` where there is none of this person.
pub fn rotate(tx: &mut Tx, id: TokenId, staff: StaffId, secret: &Secret, old_until: Instant) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE api_tokens SET old_hash = token_hash, old_until = $4, token_hash = $3
         WHERE token_id = $1 AND staff_id = $2",
        &[id.0.into(), staff.into(), secret.hash()[..].into(), old_until.into()],
    )?;
    Ok(changed > 0)
}

/// Revokes a token: of this person, or of anybody.
pub fn delete(tx: &mut Tx, id: TokenId, staff: Option<StaffId>) -> Result<bool> {
    let deleted = match staff {
        Some(staff) => {
            tx.execute("DELETE FROM api_tokens WHERE token_id = $1 AND staff_id = $2", &[id.0.into(), staff.into()])?
        }
        None => tx.execute("DELETE FROM api_tokens WHERE token_id = $1", &[id.0.into()])?,
    };
    Ok(deleted > 0)
}

/// Revokes all tokens of this person.
pub fn delete_all(tx: &mut Tx, staff: StaffId) -> Result<u64> {
    tx.execute("DELETE FROM api_tokens WHERE staff_id = $1", &[staff.into()])
}

pub fn count(tx: &mut Tx, staff: StaffId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM api_tokens WHERE staff_id = $1";
    Ok(tx.query_one(sql, &[staff.into()], |row| row.int(0))?.unwrap_or(0))
}
