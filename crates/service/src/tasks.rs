//! What is to be done on a ticket beside answering: the steps of its checklist, and what other departments or colleagues
//! do for it. Whoever has a task on a ticket sees the ticket.

use crate::context::{Context, Hooks};
use crate::event::What;
use crate::store::tasks::{self, Task, TaskKind, TaskState};
use crate::ticket::Ticket;
use crate::{text, work};
use zunke_access::directory;
use zunke_http::Change as Field;
use zunke_kernel::id::{DepartmentId, StaffId, TaskId, TicketId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

/// Tasks of one ticket.
pub const TASKS_MAX: i64 = 200;

/// A task to be added.
#[derive(Clone, Debug)]
pub struct NewTask {
    pub kind: TaskKind,
    pub title: String,
    pub department: Option<DepartmentId>,
    pub assignee: Option<StaffId>,
    pub due_at: Option<Instant>,
    pub place: i64,
    pub required: bool,
}

impl NewTask {
    #[must_use]
    pub fn new(kind: TaskKind, title: impl Into<String>) -> Self {
        Self { kind, title: title.into(), department: None, assignee: None, due_at: None, place: 0, required: false }
    }
}

/// Adds a task to a ticket.
pub fn add(tx: &mut Tx, cx: &Context, hooks: &Hooks, ticket: TicketId, new: &NewTask) -> Result<TaskId> {
    work::touch(tx, cx, hooks, ticket, "task", |tx, ticket| put(tx, cx, ticket, new))
}

/// Adds a task to a locked ticket.
pub fn put(tx: &mut Tx, cx: &Context, ticket: &mut Ticket, new: &NewTask) -> Result<TaskId> {
    let title = text::required(&new.title, "title", text::SUBJECT_CHARS_MAX)?;
    if let Some(department) = new.department {
        directory::require_department(tx, department, "department_id")?;
    }
    if let Some(staff) = new.assignee {
        directory::require_staff(tx, staff, "assignee_id")?;
    }
    if tasks::count(tx, ticket.customer, ticket.id)? >= TASKS_MAX {
        return Err(Error::conflict(
            "tasks_too_many",
            format!("一个工单最多 {TASKS_MAX} 个任务。"),
            format!("A ticket has at most {TASKS_MAX} tasks."),
        ));
    }
    let task = Task {
        id: TaskId::new(cx.now),
        ticket_id: ticket.id,
        customer: ticket.customer,
        kind: new.kind,
        title,
        department_id: new.department,
        assignee_id: new.assignee,
        due_at: new.due_at,
        state: TaskState::Open,
        place: new.place,
        required: new.required,
        result: None,
        created_by: cx.actor,
        created_at: cx.now,
        done_at: None,
        done_by: None,
        version: 1,
    };
    tasks::insert(tx, &task)?;
    noted(tx, cx, ticket, &task, "added")?;
    Ok(task.id)
}

fn noted(tx: &mut Tx, cx: &Context, ticket: &mut Ticket, task: &Task, change: &str) -> Result<()> {
    let what = What::Task { task: task.id, change: change.to_owned(), title: task.title.clone() };
    work::note(tx, cx, ticket, cx.now, what)
}

/// What to change of a task; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct TaskChange {
    pub state: Option<TaskState>,
    pub title: Option<String>,
    pub department: Field<DepartmentId>,
    pub assignee: Field<StaffId>,
    pub due_at: Field<Instant>,
    /// What came of it.
    pub result: Option<serde_json::Value>,
    /// The version that the caller saw.
    pub version: Option<i64>,
}

/// Changes a task.
pub fn change(tx: &mut Tx, cx: &Context, hooks: &Hooks, id: TaskId, change: &TaskChange) -> Result<()> {
    let ticket = tasks::find(tx, id)?.ok_or_else(Error::not_found)?.ticket_id;
    work::touch(tx, cx, hooks, ticket, "task", |tx, ticket| {
        // Read again: alone with the ticket from here on.
        let mut task = tasks::find(tx, id)?.ok_or_else(Error::not_found)?;
        if change.version.is_some_and(|seen| seen != task.version) {
            return Err(Error::stale());
        }
        if let Some(title) = &change.title {
            task.title = text::required(title, "title", text::SUBJECT_CHARS_MAX)?;
        }
        if let Field::Set(department) = change.department {
            directory::require_department(tx, department, "department_id")?;
        }
        if let Field::Set(staff) = change.assignee {
            directory::require_staff(tx, staff, "assignee_id")?;
        }
        task.department_id = change.department.over(task.department_id);
        task.assignee_id = change.assignee.over(task.assignee_id);
        task.due_at = change.due_at.over(task.due_at);
        if let Some(result) = &change.result {
            task.result = Some(result.clone());
        }
        let was = task.state;
        if task.kind == TaskKind::ReturnVisit && change.state.is_some_and(|to| to != was) {
            let text = ("回访要填写结果后才算完成。", "A return visit ends with its result.");
            return Err(Error::conflict("return_visit_needs_result", text.0, text.1).at("state"));
        }
        let word = match change.state {
            Some(to) if to != was => {
                task.state = to;
                (task.done_at, task.done_by) =
                    if to == TaskState::Done { (Some(cx.now), cx.actor) } else { (None, None) };
                match to {
                    TaskState::Done => "done",
                    TaskState::Cancelled => "cancelled",
                    TaskState::Open => "reopened",
                }
            }
            _ => "changed",
        };
        if task.state == TaskState::Cancelled && task.required && was != TaskState::Cancelled {
            let text = ("必做步骤不能取消。", "A required step cannot be cancelled.");
            return Err(Error::conflict("step_required", text.0, text.1).at("state"));
        }
        tasks::save(tx, &mut task)?;
        noted(tx, cx, ticket, &task, word)
    })
}

/// 409 `steps_open` while required steps are open: then the ticket is not solved yet.
pub(crate) fn require_steps(tx: &mut Tx, ticket: &Ticket) -> Result<()> {
    let open = tasks::required_open(tx, ticket.customer, ticket.id)?;
    if open.is_empty() {
        return Ok(());
    }
    let (zh, en) = (open.join("、"), open.join(", "));
    Err(Error::conflict(
        "steps_open",
        format!("还有必做步骤未完成：{zh}。"),
        format!("Required steps are still open: {en}."),
    )
    .at("state"))
}
