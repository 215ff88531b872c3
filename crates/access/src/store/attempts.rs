//! The counts of failed logins.

use crate::throttle::{Count, Policy};
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

const KEEP_SECS: i64 = 48 * 3600;

/// Takes one attempt for each subject, counted as failed for now. `Some` seconds to wait where one of them is
/// closed; then nothing is counted.
pub fn take(tx: &mut Tx, now: Instant, subjects: &[(String, Policy)]) -> Result<Option<i64>> {
    tx.execute("DELETE FROM login_attempts WHERE last_at < $1", &[now.plus_secs(-KEEP_SECS).into()])?;
    let mut counts = Vec::with_capacity(subjects.len());
    let mut wait = None;
    for (subject, policy) in subjects {
        // Written first, so that attempts at one time queue up behind each other.
        tx.execute(
            "INSERT INTO login_attempts (subject, failures, last_at, open_at) VALUES ($1, 0, $2, 0)
             ON CONFLICT (subject) DO UPDATE SET failures = login_attempts.failures",
            &[subject.as_str().into(), now.into()],
        )?;
        let known = tx.query_one(
            "SELECT failures, last_at, open_at FROM login_attempts WHERE subject = $1",
            &[subject.as_str().into()],
            |row| Ok(Count { failures: row.int(0)?, last_at: row.instant(1)?, open_at: row.instant(2)? }),
        )?;
        match policy.attempt(known, now) {
            Ok(count) => counts.push((subject, count)),
            Err(secs) => wait = Some(secs.max(wait.unwrap_or(0))),
        }
    }
    if wait.is_none() {
        for (subject, count) in counts {
            tx.execute(
                "UPDATE login_attempts SET failures = $1, last_at = $2, open_at = $3 WHERE subject = $4",
                &[count.failures.into(), count.last_at.into(), count.open_at.into(), subject.as_str().into()],
            )?;
        }
    }
    Ok(wait)
}

/// The password was right: the account starts afresh, the address gets this one attempt back.
pub fn forgive(tx: &mut Tx, account: &str, address: &str) -> Result<()> {
    tx.execute("DELETE FROM login_attempts WHERE subject = $1", &[account.into()])?;
    tx.execute(
        "UPDATE login_attempts SET failures = failures - 1, open_at = 0 WHERE subject = $1 AND failures > 0",
        &[address.into()],
    )?;
    Ok(())
}
