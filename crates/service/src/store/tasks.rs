//! What is to be done on tickets.

use crate::ticket::{Ticket, words};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::{CustomerId, DepartmentId, StaffId, TaskId, TicketId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TicketTaskKind)]
pub enum TaskKind {
    /// A step of a checklist.
    Step,
    /// For another department, or a colleague.
    Department,
    ReturnVisit,
    Visit,
    FollowUp,
    /// A colleague was called in a message.
    Mention,
}

words!(TaskKind {
    Step = "step", Department = "department", ReturnVisit = "return_visit", Visit = "visit", FollowUp = "follow_up",
    Mention = "mention",
});

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TicketTaskState)]
pub enum TaskState {
    Open,
    Done,
    Cancelled,
}

words!(TaskState { Open = "open", Done = "done", Cancelled = "cancelled" });

/// A task as it is stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TicketTask)]
pub struct Task {
    pub id: TaskId,
    pub ticket_id: TicketId,
    #[serde(skip)]
    pub customer: CustomerId,
    pub kind: TaskKind,
    pub title: String,
    pub department_id: Option<DepartmentId>,
    pub assignee_id: Option<StaffId>,
    pub due_at: Option<Instant>,
    pub state: TaskState,
    /// Its place among the steps.
    pub place: i64,
    /// Must be done before the ticket is solved.
    pub required: bool,
    /// What came of it.
    #[schema(value_type = Option<Object>)]
    pub result: Option<serde_json::Value>,
    pub created_by: Option<StaffId>,
    pub created_at: Instant,
    pub done_at: Option<Instant>,
    pub done_by: Option<StaffId>,
    pub version: i64,
}

const COLUMNS: &str = "task_id, ticket_id, customer_id, kind, title, department_id, assignee_id, due_at, state, place, \
    required, result, created_by, created_at, done_at, done_by, version";

fn read(row: &Row) -> Result<Task> {
    let unknown = |what: &str| Error::internal(format!("a task has an unknown {what}"));
    Ok(Task {
        id: row.id(0, TaskId)?,
        ticket_id: row.id(1, TicketId)?,
        customer: row.id(2, CustomerId)?,
        kind: TaskKind::read(row.str(3)?).ok_or_else(|| unknown("kind"))?,
        title: row.text(4)?,
        department_id: row.opt_id(5, DepartmentId)?,
        assignee_id: row.opt_id(6, StaffId)?,
        due_at: row.opt_instant(7)?,
        state: TaskState::read(row.str(8)?).ok_or_else(|| unknown("state"))?,
        place: row.int(9)?,
        required: row.bool(10)?,
        result: row.opt_json(11)?,
        created_by: row.opt_id(12, StaffId)?,
        created_at: row.instant(13)?,
        done_at: row.opt_instant(14)?,
        done_by: row.opt_id(15, StaffId)?,
        version: row.int(16)?,
    })
}

/// Writes a new task.
pub fn insert(tx: &mut Tx, task: &Task) -> Result<()> {
    let places: Vec<String> = (1..=17).map(|at| format!("${at}")).collect();
    tx.execute(
        &format!("INSERT INTO ticket_tasks ({COLUMNS}) VALUES ({})", places.join(", ")),
        &[
            task.id.into(),
            task.ticket_id.into(),
            task.customer.into(),
            task.kind.word().into(),
            task.title.as_str().into(),
            task.department_id.into(),
            task.assignee_id.into(),
            task.due_at.into(),
            task.state.word().into(),
            task.place.into(),
            task.required.into(),
            task.result.clone().into(),
            task.created_by.into(),
            task.created_at.into(),
            task.done_at.into(),
            task.done_by.into(),
            task.version.into(),
        ],
    )?;
    Ok(())
}

/// Writes a task back as its next version.
pub fn save(tx: &mut Tx, task: &mut Task) -> Result<()> {
    task.version += 1;
    tx.execute(
        "UPDATE ticket_tasks SET title = $4, department_id = $5, assignee_id = $6, due_at = $7, state = $8, result = $9,
           done_at = $10, done_by = $11, version = $12
         WHERE customer_id = $1 AND ticket_id = $2 AND task_id = $3",
        &[
            task.customer.into(),
            task.ticket_id.into(),
            task.id.into(),
            task.title.as_str().into(),
            task.department_id.into(),
            task.assignee_id.into(),
            task.due_at.into(),
            task.state.word().into(),
            task.result.clone().into(),
            task.done_at.into(),
            task.done_by.into(),
            task.version.into(),
        ],
    )?;
    Ok(())
}

/// The tasks of a ticket: steps in their order, then what was added, by time.
pub fn of(tx: &mut Tx, customer: CustomerId, ticket: TicketId) -> Result<Vec<Task>> {
    tx.query(
        &format!(
            "SELECT {COLUMNS} FROM ticket_tasks WHERE customer_id = $1 AND ticket_id = $2
             ORDER BY CASE WHEN kind = 'step' THEN 0 ELSE 1 END, place, created_at, task_id"
        ),
        &[customer.into(), ticket.into()],
        read,
    )
}

/// One task, wherever it is.
pub fn find(tx: &mut Tx, id: TaskId) -> Result<Option<Task>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM ticket_tasks WHERE task_id = $1"), &[id.into()], read)
}

/// Required steps that are still open, by title.
pub fn required_open(tx: &mut Tx, customer: CustomerId, ticket: TicketId) -> Result<Vec<String>> {
    tx.query(
        "SELECT title FROM ticket_tasks WHERE customer_id = $1 AND ticket_id = $2 AND state = 'open' AND required = $3
         ORDER BY place, task_id",
        &[customer.into(), ticket.into(), true.into()],
        |row| row.text(0),
    )
}

/// Tasks of a ticket so far.
pub fn count(tx: &mut Tx, customer: CustomerId, ticket: TicketId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM ticket_tasks WHERE customer_id = $1 AND ticket_id = $2";
    Ok(tx.query_one(sql, &[customer.into(), ticket.into()], |row| row.int(0))?.unwrap_or(0))
}

/// Whoever was called and has said something has answered the call.
pub fn answer_mentions(tx: &mut Tx, ticket: &Ticket, staff: StaffId, now: Instant) -> Result<()> {
    tx.execute(
        "UPDATE ticket_tasks SET state = 'done', done_at = $4, done_by = $3, version = version + 1
         WHERE customer_id = $1 AND ticket_id = $2 AND assignee_id = $3 AND kind = 'mention' AND state = 'open'",
        &[ticket.customer.into(), ticket.id.into(), staff.into(), now.into()],
    )?;
    Ok(())
}
