//! Visits, and how many a level is promised.

use super::lists;
use crate::visit::coverage::{Facts, Per, Standing, Window, standing, window};
use crate::visit::{Kind, Mood, State};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use zunke_access::Scope;
use zunke_customers::privacy::standing::FREE;
use zunke_customers::query;
use zunke_kernel::id::{CustomerId, LevelId, StaffId, TaskId, VisitId};
use zunke_kernel::{Day, Instant, Result};
use zunke_store::{Row, Tx, Value};

/// A visit as it is stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Visit)]
pub struct Visit {
    pub id: VisitId,
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub level_rank: i64,
    pub staff_id: StaffId,
    pub staff_name: String,
    pub kind: Kind,
    pub state: State,
    /// Planned for, or made on.
    pub day: Day,
    pub purpose: Option<String>,
    pub notes: Option<String>,
    pub mood: Option<Mood>,
    /// Why it was cancelled.
    pub reason: Option<String>,
    /// The next step that came of it.
    pub next_task_id: Option<TaskId>,
    pub done_at: Option<Instant>,
    pub created_at: Instant,
    pub version: i64,
}

const SELECT: &str = "SELECT v.visit_id, v.customer_id, c.name, c.level_rank, v.staff_id, s.name, v.kind, v.state, v.day, \
     v.purpose, v.notes, v.mood, v.reason, v.next_task_id, v.done_at, v.created_at, v.version \
     FROM visits v JOIN customers c ON c.customer_id = v.customer_id JOIN staff s ON s.staff_id = v.staff_id";

fn read(row: &Row) -> Result<Visit> {
    Ok(Visit {
        id: row.id(0, VisitId)?,
        customer_id: row.id(1, CustomerId)?,
        customer_name: row.text(2)?,
        level_rank: row.int(3)?,
        staff_id: row.id(4, StaffId)?,
        staff_name: row.text(5)?,
        kind: Kind::read(row.str(6)?)?,
        state: State::read(row.str(7)?)?,
        day: row.day(8)?,
        purpose: row.opt_text(9)?,
        notes: row.opt_text(10)?,
        mood: row.opt_str(11)?.map(Mood::read).transpose()?,
        reason: row.opt_text(12)?,
        next_task_id: row.opt_id(13, TaskId)?,
        done_at: row.opt_instant(14)?,
        created_at: row.instant(15)?,
        version: row.int(16)?,
    })
}

pub fn insert(tx: &mut Tx, by: StaffId, visits: &[Visit]) -> Result<()> {
    let keys: Vec<Vec<Value>> = visits.iter().map(|visit| vec![visit.id.into(), visit.customer_id.into()]).collect();
    tx.execute_many("INSERT INTO visit_keys (visit_id, customer_id) VALUES ($1, $2)", &keys)?;
    let rows: Vec<Vec<Value>> = visits
        .iter()
        .map(|visit| {
            vec![
                visit.customer_id.into(),
                visit.id.into(),
                visit.staff_id.into(),
                visit.kind.word().into(),
                visit.state.word().into(),
                visit.day.into(),
                visit.purpose.clone().into(),
                visit.notes.clone().into(),
                visit.mood.map(Mood::word).into(),
                visit.next_task_id.into(),
                visit.done_at.into(),
                by.into(),
                visit.created_at.into(),
                visit.version.into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO visits (customer_id, visit_id, staff_id, kind, state, day, purpose, notes, mood, next_task_id, done_at,
           created_by, created_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        &rows,
    )?;
    Ok(())
}

/// Writes what may change of a visit, over the version that was read; false where somebody was quicker.
pub fn update(tx: &mut Tx, visit: &Visit) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE visits SET staff_id = $1, kind = $2, state = $3, day = $4, purpose = $5, notes = $6, mood = $7, reason = $8,
           next_task_id = $9, done_at = $10, version = version + 1
         WHERE customer_id = $11 AND visit_id = $12 AND version = $13",
        &[
            visit.staff_id.into(),
            visit.kind.word().into(),
            visit.state.word().into(),
            visit.day.into(),
            visit.purpose.clone().into(),
            visit.notes.clone().into(),
            visit.mood.map(Mood::word).into(),
            visit.reason.clone().into(),
            visit.next_task_id.into(),
            visit.done_at.into(),
            visit.customer_id.into(),
            visit.id.into(),
            visit.version.into(),
        ],
    )?;
    Ok(changed == 1)
}

/// A visit to a customer in sight.
pub fn find(tx: &mut Tx, scope: &Scope, id: VisitId) -> Result<Option<Visit>> {
    let sql = "SELECT customer_id FROM visit_keys WHERE visit_id = $1";
    let Some(customer) = tx.query_one(sql, &[id.into()], |row| row.id(0, CustomerId))? else { return Ok(None) };
    let (seen, mut params) = query::seen(tx.engine(), scope);
    params.extend([customer.into(), id.into()]);
    let (customer, visit) = (params.len() - 1, params.len());
    let sql = format!("{SELECT} WHERE 1 = 1{seen} AND v.customer_id = ${customer} AND v.visit_id = ${visit}");
    tx.query_one(&sql, &params, read)
}

/// What a list of visits is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub customer: Option<CustomerId>,
    pub staff: Option<StaffId>,
    pub state: Option<State>,
    pub from: Option<Day>,
    pub to: Option<Day>,
    /// Day and id of the last one of the page before.
    pub after: Option<(Day, VisitId)>,
}

/// Visits to customers in sight, the latest day first.
pub fn list(tx: &mut Tx, scope: &Scope, filter: &Filter, limit: i64) -> Result<Vec<Visit>> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    let mut sql = format!("{SELECT} WHERE 1 = 1{seen}");
    let mut also = |condition: &str, values: &[Value]| {
        let mut condition = condition.to_owned();
        for value in values {
            params.push(value.clone());
            condition = condition.replacen('?', &format!("${}", params.len()), 1);
        }
        sql.push_str(&condition);
    };
    if let Some(customer) = filter.customer {
        also(" AND v.customer_id = ?", &[customer.into()]);
    }
    if let Some(staff) = filter.staff {
        also(" AND v.staff_id = ?", &[staff.into()]);
    }
    if let Some(state) = filter.state {
        also(" AND v.state = ?", &[state.word().into()]);
    }
    if let Some(from) = filter.from {
        also(" AND v.day >= ?", &[from.into()]);
    }
    if let Some(to) = filter.to {
        also(" AND v.day <= ?", &[to.into()]);
    }
    if let Some((day, id)) = filter.after {
        also(" AND (v.day < ? OR (v.day = ? AND v.visit_id < ?))", &[day.into(), day.into(), id.into()]);
    }
    also(" ORDER BY v.day DESC, v.visit_id DESC LIMIT ?", &[limit.into()]);
    tx.query(&sql, &params, read)
}

/// How many visits somebody has planned on each day from one on.
pub fn planned_by_day(tx: &mut Tx, staff: StaffId, from: Day) -> Result<HashMap<Day, usize>> {
    let sql = "SELECT day, COUNT(*) FROM visits WHERE staff_id = $1 AND state = 'planned' AND day >= $2 GROUP BY day";
    let found = tx
        .query(sql, &[staff.into(), from.into()], |row| Ok((row.day(0)?, usize::try_from(row.int(1)?).unwrap_or(0))))?;
    Ok(found.into_iter().collect())
}

/// How many visits customers of a level are promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VisitPlan)]
pub struct Plan {
    pub level_id: LevelId,
    /// 1 to 31.
    pub visits: i64,
    pub per: Per,
}

pub fn plans(tx: &mut Tx) -> Result<Vec<Plan>> {
    let sql = "SELECT level_id, visits, per FROM visit_plans ORDER BY level_id";
    tx.query(sql, &[], |row| {
        let per = Per::read(row.str(2)?).unwrap_or(Per::Month);
        Ok(Plan { level_id: row.id(0, LevelId)?, visits: row.int(1)?, per })
    })
}

/// These plans from now on, and no others.
pub fn save_plans(tx: &mut Tx, plans: &[Plan]) -> Result<()> {
    tx.execute("DELETE FROM visit_plans", &[])?;
    let rows: Vec<Vec<Value>> =
        plans.iter().map(|plan| vec![plan.level_id.into(), plan.visits.into(), plan.per.word().into()]).collect();
    tx.execute_many("INSERT INTO visit_plans (level_id, visits, per) VALUES ($1, $2, $3)", &rows)?;
    Ok(())
}

/// Where one customer stands with what he is promised.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = VisitCoverageRow)]
pub struct Covered {
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub level_id: LevelId,
    pub level_rank: i64,
    pub owner_id: Option<StaffId>,
    pub promised: i64,
    pub done: i64,
    pub planned: i64,
    pub last_day: Option<Day>,
    /// The last day of the month or quarter.
    pub until: Day,
    pub standing: Standing,
}

/// Everybody in sight whose level is promised visits, as of a day: one statement for each level of the plan.
pub fn coverage(tx: &mut Tx, scope: &Scope, owner: Option<StaffId>, today: Day) -> Result<Vec<Covered>> {
    let mut found = Vec::new();
    for plan in plans(tx)? {
        let Window { first, last, before } = window(plan.per, today);
        let (seen, mut params) = query::seen(tx.engine(), scope);
        let mut bind = |value: Value| {
            params.push(value);
            format!("${}", params.len())
        };
        let level = bind(plan.level_id.into());
        let owned = owner.map_or(String::new(), |owner| format!(" AND c.owner_id = {}", bind(owner.into())));
        let (begin, earlier, end, now) =
            (bind(first.into()), bind(before.into()), bind(last.into()), bind(today.into()));
        // What is planned for days gone by has not been kept; it counts for nothing.
        let sql = format!(
            "SELECT c.customer_id, c.name, c.level_rank, c.owner_id, c.level_since,
                    CAST(COALESCE(v.done, 0) AS BIGINT), CAST(COALESCE(v.earlier, 0) AS BIGINT),
                    CAST(COALESCE(v.planned, 0) AS BIGINT), v.latest
             FROM (SELECT c.customer_id, c.name, c.level_rank, c.owner_id, c.level_since FROM customers c
                   WHERE c.status = 'active'{seen}{FREE} AND c.level_id = {level}{owned}) c
             LEFT JOIN (SELECT customer_id,
                    SUM(CASE WHEN state = 'done' AND day >= {begin} THEN 1 ELSE 0 END) AS done,
                    SUM(CASE WHEN state = 'done' AND day >= {earlier} AND day < {begin} THEN 1 ELSE 0 END) AS earlier,
                    SUM(CASE WHEN state = 'planned' AND day <= {end} AND day >= {now} THEN 1 ELSE 0 END) AS planned,
                    MAX(CASE WHEN state = 'done' THEN day END) AS latest
                  FROM visits GROUP BY customer_id) v ON v.customer_id = c.customer_id"
        );
        tx.for_each(&sql, &params, |row| {
            let facts = Facts {
                promised: plan.visits,
                done: row.int(5)?,
                done_before: row.int(6)?,
                planned: row.int(7)?,
                level_since: row.opt_day(4)?,
            };
            found.push(Covered {
                customer_id: row.id(0, CustomerId)?,
                customer_name: row.text(1)?,
                level_id: plan.level_id,
                level_rank: row.int(2)?,
                owner_id: row.opt_id(3, StaffId)?,
                promised: plan.visits,
                done: facts.done,
                planned: facts.planned,
                last_day: row.opt_day(8)?,
                until: last,
                standing: standing(Window { first, last, before }, facts),
            });
            Ok(())
        })?;
    }
    Ok(found)
}

/// The names of customers in sight, by id.
pub fn names(tx: &mut Tx, scope: &Scope, ids: &[CustomerId]) -> Result<HashMap<CustomerId, String>> {
    let (seen, params) = query::seen(tx.engine(), scope);
    let sql =
        format!("SELECT c.customer_id, c.name FROM customers c WHERE 1 = 1{seen} AND c.customer_id IN ({{list}})");
    let mut names = HashMap::new();
    lists::for_each_in(tx, &sql, &params, ids, &mut |row| {
        names.insert(row.id(0, CustomerId)?, row.text(1)?);
        Ok(())
    })?;
    Ok(names)
}
