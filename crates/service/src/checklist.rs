//! Which checklist a ticket is worked through by: the first, by place, that fits its kind and its customer's level.

use crate::context::Context;
use crate::store::tasks::TaskKind;
use crate::store::templates::{self, Checklist};
use crate::tasks::{self, NewTask};
use crate::ticket::{Kind, Ticket};
use zunke_kernel::Result;
use zunke_store::Tx;

/// Whether something for a kind and levels is for this ticket.
#[must_use]
pub fn fits(kind: Option<&str>, levels: Option<&[i64]>, of: Kind, rank: i64) -> bool {
    kind.is_none_or(|kind| kind == of.word()) && levels.is_none_or(|levels| levels.contains(&rank))
}

/// Puts the steps of the checklist that fits on a ticket that is just opened.
pub(crate) fn put(tx: &mut Tx, cx: &Context, ticket: &mut Ticket) -> Result<()> {
    let all = templates::checklists(tx)?;
    let fitting =
        |list: &&Checklist| fits(list.kind.as_deref(), list.levels.as_deref(), ticket.kind, ticket.level_rank);
    let Some(list) = all.iter().find(fitting) else { return Ok(()) };
    for (place, step) in list.steps.iter().enumerate() {
        let new = NewTask {
            department: step.department_id,
            place: i64::try_from(place).unwrap_or(0),
            required: step.required,
            ..NewTask::new(TaskKind::Step, step.title.clone())
        };
        tasks::put(tx, cx, ticket, &new)?;
    }
    Ok(())
}
