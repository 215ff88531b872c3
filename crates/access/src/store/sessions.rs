//! Sessions: opaque tokens, of which only the hash is kept. They slide, and end for certain.

use crate::actor::{Actor, SessionId, SignedIn, Via};
use crate::role::Permission;
use crate::secret::{Secret, TokenHash};
use crate::security::{self, SecurityPolicy};
use crate::store::people;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Locale, Result};
use zunke_store::{Db, Tx};

/// No cookie is kept for longer, whatever the policy of the house says.
pub const LIFE_SECS: i64 = 30 * 24 * 3600;

/// Use is noted no more often than this, so that reading stays reading.
const NOTE_SECS: i64 = 300;

/// One login of a browser.
pub struct Session {
    pub id: SessionId,
    pub created_at: Instant,
    pub seen_at: Instant,
    pub expires_at: Instant,
    pub address: String,
    pub agent: String,
}

/// Opens a session and clears away those that have ended.
pub fn open(
    tx: &mut Tx,
    now: Instant,
    staff: StaffId,
    secret: &Secret,
    address: &str,
    agent: &str,
) -> Result<SessionId> {
    let id = SessionId::new(now);
    purge(tx, now)?;
    let until = security::load(tx)?.until(now, now);
    tx.execute(
        "INSERT INTO sessions (token_hash, session_id, staff_id, created_at, seen_at, expires_at, address, agent)
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7)",
        &[secret.hash()[..].into(), id.0.into(), staff.into(), now.into(), until.into(), address.into(), agent.into()],
    )?;
    Ok(id)
}

/// Whose session it is; notes that it is used.
pub async fn identify(db: &Db, now: Instant, hash: TokenHash, fallback: Locale) -> Result<SignedIn> {
    let found = db
        .read_async(move |tx| {
            let sql = format!(
                "SELECT {}, t.session_id, t.created_at, t.seen_at,
                   (SELECT f.confirmed_at FROM second_factors f WHERE f.staff_id = t.staff_id),
                   (SELECT p.content FROM settings p WHERE p.name = 'security'), t.provider_id, t.vouched,
                   CASE WHEN t.seen_until > $2 THEN t.seen_as END FROM sessions t
                 JOIN staff s ON s.staff_id = t.staff_id
                 WHERE t.token_hash = $1 AND t.expires_at > $2 AND s.active = $3",
                people::COLUMNS
            );
            let found = tx.query_one(&sql, &[hash[..].into(), now.into(), true.into()], |row| {
                let id = row.id(people::COUNT, SessionId)?;
                let times = (row.instant(people::COUNT + 1)?, row.instant(people::COUNT + 2)?);
                let confirmed = row.opt_instant(people::COUNT + 3)?.is_some();
                let policy = match row.opt_text(people::COUNT + 4)? {
                    None => SecurityPolicy::default(),
                    Some(text) => serde_json::from_str(&text).map_err(Error::internal)?,
                };
                // Who came by a provider that has asked the second step is not asked for one here, and who came without
                // his password has none to change.
                let by_provider = row.opt_uuid(people::COUNT + 5)?.is_some();
                let proved = confirmed || row.opt_bool(people::COUNT + 6)?.unwrap_or(false);
                let seen_as = row.opt_id(people::COUNT + 7, StaffId)?;
                Ok((people::read(row)?, id, times, (proved, by_provider), policy, seen_as))
            })?;
            let Some((person, id, times, (proved, by_provider), policy, seen_as)) = found else {
                return Ok(None);
            };
            let own = people::actor(tx, &person, fallback, now)?;
            let actor = with_eyes_of(tx, &own, seen_as, now)?;
            let signed_in = SignedIn {
                second_step_missing: !proved && policy.asks_second_step(own.role),
                actor: actor.unwrap_or(own),
                via: Via::Session(id),
                must_change_password: person.must_change_password && !by_provider,
                own_locale: person.locale,
            };
            Ok(Some((signed_in, times, policy)))
        })
        .await?;
    let Some((signed_in, (created_at, seen_at), policy)) = found else {
        return Err(Error::unauthorized());
    };
    // Half the idle time of a strict house is less than the usual pause.
    let note_ms = (NOTE_SECS * 1_000).min(policy.idle_minutes * 30_000);
    if now.0 - seen_at.0 >= note_ms {
        let until = policy.until(created_at, now);
        let noted = db
            .write_async(move |tx| {
                tx.execute(
                    "UPDATE sessions SET seen_at = $1, expires_at = $2 WHERE token_hash = $3",
                    &[now.into(), until.into(), hash[..].into()],
                )
            })
            .await;
        if let Err(error) = noted {
            // The request itself is in order: a busy database must not log anybody out.
            tracing::warn!(%error, "could not note the use of a session");
        }
    }
    Ok(signed_in)
}

/// Another person's rights and scope, where an administrator chose to look with that person's eyes; in his own language.
fn with_eyes_of(tx: &mut Tx, own: &Actor, seen_as: Option<StaffId>, now: Instant) -> Result<Option<Actor>> {
    let Some(other) = seen_as.filter(|_| own.may(Permission::ManageStaff)) else { return Ok(None) };
    // Who has left meanwhile is not looked with any more.
    let Some(person) = people::find_active(tx, other)? else { return Ok(None) };
    let seen = people::actor(tx, &person, own.locale, now)?;
    Ok(Some(Actor { seen_by: Some(own.staff), locale: own.locale, ..seen }))
}

/// Looks with this person's eyes until then, in this session; `None`: with one's own.
pub fn see_as(tx: &mut Tx, session: SessionId, other: Option<(StaffId, Instant)>) -> Result<()> {
    tx.execute(
        "UPDATE sessions SET seen_as = $1, seen_until = $2 WHERE session_id = $3",
        &[other.map(|(staff, _)| staff).into(), other.map(|(_, until)| until).into(), session.0.into()],
    )?;
    Ok(())
}

/// The live sessions of one person, the latest used first.
pub fn of_staff(tx: &mut Tx, now: Instant, staff: StaffId) -> Result<Vec<Session>> {
    tx.query(
        "SELECT session_id, created_at, seen_at, expires_at, address, agent FROM sessions
         WHERE staff_id = $1 AND expires_at > $2 ORDER BY seen_at DESC, session_id",
        &[staff.into(), now.into()],
        |row| {
            Ok(Session {
                id: row.id(0, SessionId)?,
                created_at: row.instant(1)?,
                seen_at: row.instant(2)?,
                expires_at: row.instant(3)?,
                address: row.text(4)?,
                agent: row.text(5)?,
            })
        },
    )
}

/// Ends one session of this person; `false` where he has no such session.
pub fn close(tx: &mut Tx, staff: StaffId, id: SessionId) -> Result<bool> {
    let closed =
        tx.execute("DELETE FROM sessions WHERE session_id = $1 AND staff_id = $2", &[id.0.into(), staff.into()])?;
    Ok(closed > 0)
}

/// Ends all sessions of this person but one.
pub fn close_others(tx: &mut Tx, staff: StaffId, keep: SessionId) -> Result<u64> {
    tx.execute("DELETE FROM sessions WHERE staff_id = $1 AND session_id <> $2", &[staff.into(), keep.0.into()])
}

/// Ends all sessions of this person.
pub fn close_all(tx: &mut Tx, staff: StaffId) -> Result<u64> {
    tx.execute("DELETE FROM sessions WHERE staff_id = $1", &[staff.into()])
}

/// Clears away the sessions that have ended; answers how many.
pub fn purge(tx: &mut Tx, now: Instant) -> Result<u64> {
    tx.execute("DELETE FROM sessions WHERE expires_at <= $1", &[now.into()])
}
