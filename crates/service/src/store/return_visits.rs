//! Return visits: one for each solution of a ticket, its task beside it.

use crate::return_visit::{Outcome, State};
use crate::ticket::Ticket;
use crate::visible;
use serde::Serialize;
use utoipa::ToSchema;
use zunke_access::Actor;
use zunke_kernel::id::{CustomerId, StaffId, TaskId, TicketId};
use zunke_kernel::{Error, Instant, Result, page};
use zunke_store::{Row, Tx, Value};

/// A return visit with what is shown beside it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReturnVisit)]
pub struct ReturnVisit {
    /// Its task's id.
    pub id: TaskId,
    pub ticket_id: TicketId,
    pub number: i64,
    pub subject: String,
    pub kind: String,
    pub level_rank: i64,
    #[serde(skip)]
    pub customer: CustomerId,
    /// `null`: not known whose the ticket is.
    pub customer_id: Option<CustomerId>,
    pub customer_name: Option<String>,
    pub state: State,
    pub staff_id: Option<StaffId>,
    pub staff_name: Option<String>,
    pub solved_at: Instant,
    pub due_at: Instant,
    pub result: Option<Outcome>,
    /// 1 to 5.
    pub satisfaction: Option<i64>,
    pub note: Option<String>,
    pub done_at: Option<Instant>,
    pub version: i64,
}

const SELECT: &str =
    "SELECT r.visit_id, r.ticket_id, t.number, t.subject, t.kind, t.level_rank, r.customer_id, c.name, \
    r.state, r.staff_id, s.name, r.solved_at, r.due_at, r.result, r.satisfaction, r.note, r.done_at, r.version
    FROM return_visits r JOIN tickets t ON t.customer_id = r.customer_id AND t.ticket_id = r.ticket_id
    LEFT JOIN customers c ON c.customer_id = r.customer_id LEFT JOIN staff s ON s.staff_id = r.staff_id";

fn read(row: &Row) -> Result<ReturnVisit> {
    let customer = row.id(6, CustomerId)?;
    Ok(ReturnVisit {
        id: row.id(0, TaskId)?,
        ticket_id: row.id(1, TicketId)?,
        number: row.int(2)?,
        subject: row.text(3)?,
        kind: row.text(4)?,
        level_rank: row.int(5)?,
        customer,
        customer_id: (customer != crate::ticket::NOBODY).then_some(customer),
        customer_name: row.opt_text(7)?,
        state: State::read(row.str(8)?).ok_or_else(|| Error::internal("a return visit has an unknown state"))?,
        staff_id: row.opt_id(9, StaffId)?,
        staff_name: row.opt_text(10)?,
        solved_at: row.instant(11)?,
        due_at: row.instant(12)?,
        result: row.opt_str(13)?.and_then(Outcome::read),
        satisfaction: row.opt_int(14)?,
        note: row.opt_text(15)?,
        done_at: row.opt_instant(16)?,
        version: row.int(17)?,
    })
}

/// Writes the visit of a solution; `false` where there is one already.
pub fn insert(
    tx: &mut Tx,
    ticket: &Ticket,
    id: TaskId,
    solved: Instant,
    due_at: Instant,
    staff: Option<StaffId>,
) -> Result<bool> {
    let written = tx.execute(
        "INSERT INTO return_visits (customer_id, ticket_id, solution, visit_id, state, staff_id, solved_at, due_at, version)
         VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, 1) ON CONFLICT (customer_id, ticket_id, solution) DO NOTHING",
        &[
            ticket.customer.into(),
            ticket.id.into(),
            ticket.reopened.into(),
            id.into(),
            staff.into(),
            solved.into(),
            due_at.into(),
        ],
    )?;
    Ok(written == 1)
}

/// Takes the open visits of a ticket back, with their tasks.
pub fn cancel(tx: &mut Tx, ticket: &Ticket, now: Instant) -> Result<()> {
    let changed = tx.execute(
        "UPDATE return_visits SET state = 'cancelled', done_at = $1, version = version + 1
         WHERE customer_id = $2 AND ticket_id = $3 AND state = 'open'",
        &[now.into(), ticket.customer.into(), ticket.id.into()],
    )?;
    if changed > 0 {
        tx.execute(
            "UPDATE ticket_tasks SET state = 'cancelled', done_at = $1, version = version + 1
             WHERE customer_id = $2 AND ticket_id = $3 AND kind = 'return_visit' AND state = 'open'",
            &[now.into(), ticket.customer.into(), ticket.id.into()],
        )?;
    }
    Ok(())
}

/// The visit, where the actor sees its ticket.
pub fn find(tx: &mut Tx, actor: &Actor, id: TaskId) -> Result<Option<ReturnVisit>> {
    let (seen, mut params) = visible::seen(tx.engine(), actor, "t");
    params.push(id.into());
    let sql = format!("{SELECT} WHERE r.visit_id = ${}{seen}", params.len());
    tx.query_one(&sql, &params, read)
}

/// Writes what came of a visit over the version that was read, and ends its task.
pub fn save(tx: &mut Tx, now: Instant, by: StaffId, visit: &ReturnVisit) -> Result<()> {
    let written = tx.execute(
        "UPDATE return_visits SET state = $1, staff_id = $2, due_at = $3, result = $4, satisfaction = $5, note = $6,
           done_at = $7, done_by = $8, version = version + 1
         WHERE customer_id = $9 AND ticket_id = $10 AND visit_id = $11 AND version = $12",
        &[
            visit.state.word().into(),
            visit.staff_id.into(),
            visit.due_at.into(),
            visit.result.map(Outcome::word).map(str::to_owned).into(),
            visit.satisfaction.into(),
            visit.note.clone().into(),
            visit.done_at.into(),
            visit.done_at.map(|_| by).into(),
            visit.customer.into(),
            visit.ticket_id.into(),
            visit.id.into(),
            visit.version.into(),
        ],
    )?;
    if written == 0 {
        return Err(Error::stale());
    }
    tx.execute(
        "UPDATE ticket_tasks SET state = $1, assignee_id = $2, due_at = $3, done_at = $4, done_by = $5,
           version = version + 1 WHERE customer_id = $6 AND ticket_id = $7 AND task_id = $8",
        &[
            visit.state.word().into(),
            visit.staff_id.into(),
            visit.due_at.into(),
            visit.done_at.into(),
            visit.done_at.map(|_| by).into(),
            visit.customer.into(),
            visit.ticket_id.into(),
            visit.id.into(),
        ],
    )?;
    let _ = now;
    Ok(())
}

/// Which visits a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<State>,
    pub staff: Option<StaffId>,
    pub due_before: Option<Instant>,
}

/// A page of the visits that the actor sees, the soonest due first.
pub fn list(
    tx: &mut Tx,
    actor: &Actor,
    filter: &Filter,
    limit: u32,
    after: Option<&str>,
) -> Result<page::Page<ReturnVisit>> {
    let (seen, mut params) = visible::seen(tx.engine(), actor, "t");
    let mut bind = |value: Value| {
        params.push(value);
        format!("${}", params.len())
    };
    let mut wheres = vec!["1 = 1".to_owned()];
    if let Some(state) = filter.state {
        wheres.push(format!("r.state = {}", bind(state.word().into())));
    }
    if let Some(staff) = filter.staff {
        wheres.push(format!("r.staff_id = {}", bind(staff.into())));
    }
    if let Some(before) = filter.due_before {
        wheres.push(format!("r.due_at < {}", bind(before.into())));
    }
    if let Some(after) = after {
        let (due, id): (Instant, TaskId) = serde_json::from_value(page::read_mark(after)?).map_err(|_| {
            let text =
                ("翻页标记无效，请从第一页重新开始。", "This page mark is not valid; start again from the first page.");
            Error::invalid("after_invalid", text.0, text.1).at("after")
        })?;
        let (due, id) = (bind(due.into()), bind(id.into()));
        wheres.push(format!("(r.due_at, r.visit_id) > ({due}, {id})"));
    }
    let rows = bind(i64::from(limit + 1).into());
    let sql = format!("{SELECT} WHERE {}{seen} ORDER BY r.due_at, r.visit_id LIMIT {rows}", wheres.join(" AND "));
    let mut items = tx.query(&sql, &params, read)?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|one| page::mark(&serde_json::json!([one.due_at, one.id])));
    Ok(page::Page { items, next })
}
