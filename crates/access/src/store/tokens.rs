//! API tokens. Kept as hashes; a token acts with the rights that its owner has at that moment.

use crate::actor::{SignedIn, TokenId, Via};
use crate::secret::{Secret, TokenHash};
use crate::store::people;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Locale, Result};
use zunke_store::{Db, Tx};

/// Use is noted no more often than this.
const NOTE_SECS: i64 = 300;

/// A token as it is kept.
pub struct Token {
    pub id: TokenId,
    pub staff: StaffId,
    pub name: String,
    pub may_write: bool,
    pub created_at: Instant,
    pub expires_at: Option<Instant>,
    pub used_at: Option<Instant>,
}

pub fn insert(tx: &mut Tx, token: &Token, secret: &Secret) -> Result<()> {
    tx.execute(
        "INSERT INTO api_tokens (token_hash, token_id, staff_id, name, may_write, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            secret.hash()[..].into(),
            token.id.0.into(),
            token.staff.into(),
            token.name.as_str().into(),
            token.may_write.into(),
            token.created_at.into(),
            token.expires_at.into(),
        ],
    )?;
    Ok(())
}

/// Whose token it is; notes that it is used.
pub async fn identify(db: &Db, now: Instant, hash: TokenHash, fallback: Locale) -> Result<SignedIn> {
    let found = db
        .read_async(move |tx| {
            let sql = format!(
                "SELECT {}, t.may_write, t.used_at FROM api_tokens t
                 JOIN staff s ON s.staff_id = t.staff_id
                 WHERE t.token_hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) AND s.active = $3",
                people::COLUMNS
            );
            let found = tx.query_one(&sql, &[hash[..].into(), now.into(), true.into()], |row| {
                Ok((people::read(row)?, row.bool(people::COUNT)?, row.opt_instant(people::COUNT + 1)?))
            })?;
            let Some((person, may_write, used_at)) = found else {
                return Ok(None);
            };
            let signed_in = SignedIn {
                actor: people::actor(tx, &person, fallback)?,
                via: Via::Token { may_write },
                must_change_password: person.must_change_password,
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
                tx.execute("UPDATE api_tokens SET used_at = $1 WHERE token_hash = $2", &[now.into(), hash[..].into()])
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
    const COLUMNS: &str = "SELECT token_id, staff_id, name, may_write, created_at, expires_at, used_at FROM api_tokens";
    let read = |row: &zunke_store::Row| {
        Ok(Token {
            id: row.id(0, TokenId)?,
            staff: row.id(1, StaffId)?,
            name: row.text(2)?,
            may_write: row.bool(3)?,
            created_at: row.instant(4)?,
            expires_at: row.opt_instant(5)?,
            used_at: row.opt_instant(6)?,
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
