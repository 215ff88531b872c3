//! Promises kept and broken, by level and time, from the clocks.

use crate::fairness::Kept;
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

/// Promises that ended within a span, in steps of it from its beginning: step, level, kept and due.
pub fn ended(tx: &mut Tx, from: Instant, until: Instant, step_ms: i64) -> Result<Vec<(i64, i64, Kept)>> {
    let sql = "SELECT CAST((ended_at - $1) / $2 AS BIGINT), level_rank,
                 CAST(SUM(CASE WHEN state = 'met' THEN 1 ELSE 0 END) AS BIGINT), COUNT(*)
               FROM ticket_clocks
               WHERE ended_at IS NOT NULL AND ended_at >= $1 AND ended_at < $3 AND due_at IS NOT NULL
                 AND state IN ('met', 'breached')
               GROUP BY 1, 2 ORDER BY 1, 2";
    tx.query(sql, &[from.into(), step_ms.into(), until.into()], |row| {
        Ok((row.int(0)?, row.int(1)?, Kept { kept: row.int(2)?, due: row.int(3)? }))
    })
}

/// Open tickets whose next promise is over, by level.
pub fn overdue(tx: &mut Tx, now: Instant) -> Result<Vec<(i64, i64)>> {
    let sql = "SELECT level_rank, COUNT(*) FROM ticket_queue WHERE due_at <= $1 AND active GROUP BY level_rank";
    tx.query(sql, &[now.into()], |row| Ok((row.int(0)?, row.int(1)?)))
}

/// The service standards that were changed since, by name, the last one first.
pub fn changes(tx: &mut Tx, since: Instant) -> Result<Vec<(String, Instant)>> {
    let sql = "SELECT name, updated_at FROM service_policies WHERE updated_at >= $1
               ORDER BY updated_at DESC, policy_id LIMIT 50";
    tx.query(sql, &[since.into()], |row| Ok((row.text(0)?, row.instant(1)?)))
}
