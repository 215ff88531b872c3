//! Which answers of providers have been taken.

use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

/// Takes an answer; `false` where it has been taken already. Clears away those that are too old to come again.
pub fn take(tx: &mut Tx, now: Instant, mark: &[u8; 32], until: Instant) -> Result<bool> {
    tx.execute("DELETE FROM sign_in_spent WHERE until <= $1", &[now.into()])?;
    let taken = tx.execute(
        "INSERT INTO sign_in_spent (state_hash, until) VALUES ($1, $2) ON CONFLICT (state_hash) DO NOTHING",
        &[mark[..].into(), until.into()],
    )?;
    Ok(taken == 1)
}
