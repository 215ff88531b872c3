//! How much there is to do: mine, nobody's, and the team's.

use crate::visible;
use serde::Serialize;
use utoipa::ToSchema;
use zunke_access::Actor;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Instant, Result};
use zunke_store::{Tx, Value};

/// What falls due within so long is due soon.
const SOON_MS: i64 = 60 * 60_000;

/// Tickets of one lot that are not done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ServiceLot)]
pub struct Lot {
    /// Somebody here has something to do.
    pub active: i64,
    /// For the customer to answer, or for somebody inside.
    pub waiting: i64,
    /// A promise is broken already.
    pub overdue: i64,
    /// A promise falls due within the hour.
    pub soon: i64,
}

/// What one member of staff has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ServiceLoad)]
pub struct Load {
    pub staff_id: StaffId,
    pub name: String,
    #[serde(flatten)]
    pub lot: Lot,
}

/// Tickets in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ServiceStateCount)]
pub struct InState {
    pub state: String,
    pub tickets: i64,
}

/// `$1` is now, `$2` is when "soon" ends.
const SUMS: &str = "CAST(COALESCE(SUM(CASE WHEN t.state IN ('new', 'open') THEN 1 ELSE 0 END), 0) AS BIGINT) AS active, \
    CAST(COALESCE(SUM(CASE WHEN t.state IN ('waiting', 'held') THEN 1 ELSE 0 END), 0) AS BIGINT) AS waiting, \
    CAST(COALESCE(SUM(CASE WHEN t.next_due_at < $1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS overdue, \
    CAST(COALESCE(SUM(CASE WHEN t.next_due_at >= $1 AND t.next_due_at < $2 THEN 1 ELSE 0 END), 0) AS BIGINT) AS soon";

const UNDONE: &str = "t.state IN ('new', 'open', 'waiting', 'held')";

fn lot(row: &zunke_store::Row, at: usize) -> Result<Lot> {
    Ok(Lot { active: row.int(at)?, waiting: row.int(at + 1)?, overdue: row.int(at + 2)?, soon: row.int(at + 3)? })
}

fn moments(now: Instant) -> Vec<Value> {
    vec![now.into(), Instant(now.0 + SOON_MS).into()]
}

/// What the actor has.
pub fn mine(tx: &mut Tx, actor: &Actor, now: Instant) -> Result<Lot> {
    let mut params = moments(now);
    params.push(actor.staff.into());
    let sql = format!("SELECT {SUMS} FROM tickets t WHERE t.assignee_id = $3 AND {UNDONE}");
    Ok(tx.query_one(&sql, &params, |row| lot(row, 0))?.unwrap_or_default())
}

/// What nobody has, of what the actor sees.
pub fn unassigned(tx: &mut Tx, actor: &Actor, now: Instant) -> Result<Lot> {
    let (seen, params) = within(tx, actor, now);
    let sql = format!("SELECT {SUMS} FROM tickets t WHERE t.assignee_id IS NULL AND {UNDONE}{seen}");
    Ok(tx.query_one(&sql, &params, |row| lot(row, 0))?.unwrap_or_default())
}

/// Open tasks of the actor or of his department.
pub fn tasks(tx: &mut Tx, actor: &Actor) -> Result<i64> {
    let mut params: Vec<Value> = vec![actor.staff.into()];
    let mut whose = "k.assignee_id = $1".to_owned();
    if let Some(department) = actor.department {
        params.push(department.into());
        whose.push_str(" OR (k.assignee_id IS NULL AND k.department_id = $2)");
    }
    let sql = format!("SELECT COUNT(*) FROM ticket_tasks k WHERE k.state = 'open' AND ({whose})");
    Ok(tx.query_one(&sql, &params, |row| row.int(0))?.unwrap_or_default())
}

/// What each member of staff has, of what the actor sees; those with most to do first.
pub fn people(tx: &mut Tx, actor: &Actor, now: Instant) -> Result<Vec<Load>> {
    let (seen, params) = within(tx, actor, now);
    let sql = format!(
        "SELECT s.staff_id, s.name, l.active, l.waiting, l.overdue, l.soon FROM (
           SELECT t.assignee_id, {SUMS} FROM tickets t
           WHERE t.assignee_id IS NOT NULL AND {UNDONE}{seen} GROUP BY t.assignee_id) l
         JOIN staff s ON s.staff_id = l.assignee_id
         ORDER BY l.active DESC, s.name, s.staff_id"
    );
    tx.query(&sql, &params, |row| Ok(Load { staff_id: row.id(0, StaffId)?, name: row.text(1)?, lot: lot(row, 2)? }))
}

/// How many tickets are in each state that is not done, of what the actor sees.
pub fn states(tx: &mut Tx, actor: &Actor) -> Result<Vec<InState>> {
    let (seen, params) = visible::seen(tx.engine(), actor, "t");
    let sql = format!("SELECT t.state, COUNT(*) FROM tickets t WHERE {UNDONE}{seen} GROUP BY t.state ORDER BY t.state");
    tx.query(&sql, &params, |row| Ok(InState { state: row.text(0)?, tickets: row.int(1)? }))
}

/// The scope's condition with `$1` and `$2` taken by the moments.
fn within(tx: &Tx, actor: &Actor, now: Instant) -> (String, Vec<Value>) {
    let (seen, params) = visible::seen(tx.engine(), actor, "t");
    let shifted = shift(&seen, 2);
    let mut all = moments(now);
    all.extend(params);
    (shifted, all)
}

/// The same SQL with its parameters counted from `by` on.
fn shift(sql: &str, by: usize) -> String {
    let mut out = String::with_capacity(sql.len() + 16);
    let mut rest = sql;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number =
            rest[..digits].parse::<usize>().map_or_else(|_| rest[..digits].to_owned(), |n| (n + by).to_string());
        out.push_str(&number);
        rest = &rest[digits..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn parameters_are_counted_from_where_they_are_put() {
        assert_eq!(super::shift(" AND a = $1 OR b IN ($12, $3)", 2), " AND a = $3 OR b IN ($14, $5)");
        assert_eq!(super::shift("", 2), "");
    }
}
