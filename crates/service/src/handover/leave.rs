//! Somebody has left, says the directory: his work goes to others without anybody pressing a button.
//!
//! Asked in this order: his deputies in force, whoever manages the service in his department or the next one above it, and
//! then all who take customers. The first who has a place for everybody gets all of it; where nobody has, the one with whom
//! the fewest stay, and those who stay are seen by their manager having left.

use super::step::{self, Begin};
use super::work::Parts;
use crate::{Context, Hooks};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use zunke_access::entry::LEFT_TOPIC;
use zunke_access::{Permission, directory, settings};
use zunke_customers::Observer;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Locale, Result};
use zunke_store::outbox::{Message, Subscriber};
use zunke_store::{Tx, audit};

/// Acts on the message that somebody has left.
pub struct OnLeave {
    pub observers: Vec<Arc<dyn Observer>>,
}

#[derive(Deserialize)]
struct Left {
    staff_id: StaffId,
}

impl Subscriber for OnLeave {
    fn name(&self) -> &'static str {
        "service.leave"
    }

    fn topics(&self) -> &'static [&'static str] {
        &[LEFT_TOPIC]
    }

    fn handle(&self, tx: &mut Tx, message: &Message) -> Result<()> {
        let left: Left = serde_json::from_value(message.payload.clone()).map_err(zunke_kernel::Error::internal)?;
        // Who is back meanwhile keeps his work.
        if is_active(tx, left.staff_id)? {
            return Ok(());
        }
        let cx = Context::load(tx, message.sent_at, None)?;
        let hooks = Hooks { observers: self.observers.clone() };
        let Some(to) = taker(tx, &cx, left.staff_id)? else { return Ok(()) };
        let note = match cx.organisation.locale {
            Locale::Zh => "员工已由企业目录停用，系统自动交接。",
            Locale::En => "Ended by the directory of the company; handed over by the house.",
        };
        let begin = Begin { from: left.staff_id, to, partial: true, note: note.into(), customer_line: None };
        let begun = match step::begin(tx, &cx, &begin) {
            Ok(begun) => begun,
            // Somebody was quicker.
            Err(error) if error.code == "hand_over_running" => return Ok(()),
            Err(error) => return Err(error),
        };
        let one = step::step(tx, &cx, &hooks, begun.id)?;
        if one.state == "running" {
            Parts::enqueue(tx, cx.now, one.id, None)?;
        }
        let detail = json!({ "from": one.from_id, "to": one.plan.to_id, "counts": one.counts, "left": true });
        audit::write(tx, cx.now, None, "manager.hand_over", &one.id.to_string(), &detail)
    }
}

fn is_active(tx: &mut Tx, staff: StaffId) -> Result<bool> {
    let sql = "SELECT active FROM staff WHERE staff_id = $1";
    Ok(tx.query_one(sql, &[staff.into()], |row| row.bool(0))?.unwrap_or(true))
}

/// Who is to take over: one person, or (inner `None`) all who take customers. `None` where there is nothing to take, or
/// nobody.
fn taker(tx: &mut Tx, cx: &Context, from: StaffId) -> Result<Option<Option<StaffId>>> {
    let mut asked: Vec<Option<StaffId>> = deputies(tx, cx, from)?.into_iter().map(Some).collect();
    asked.extend(head(tx, from)?.map(Some));
    asked.push(None);
    let mut best: Option<(i64, Option<StaffId>)> = None;
    for to in asked {
        let seen = step::preview(tx, cx, from, to)?;
        if seen.customers + seen.tickets + seen.ticket_tasks + seen.visits + seen.tasks == 0 {
            return Ok(None);
        }
        if seen.rest_id.is_none() {
            continue;
        }
        if seen.unplaced == 0 {
            return Ok(Some(to));
        }
        if best.is_none_or(|(unplaced, _)| seen.unplaced < unplaced) {
            best = Some((seen.unplaced, to));
        }
    }
    Ok(best.map(|(_, to)| to))
}

/// Who stands in for him today.
fn deputies(tx: &mut Tx, cx: &Context, from: StaffId) -> Result<Vec<StaffId>> {
    let day = settings::today(&cx.organisation, cx.now);
    tx.query(
        "SELECT d.deputy_id FROM manager_deputies d JOIN staff s ON s.staff_id = d.deputy_id
         WHERE d.staff_id = $1 AND d.from_day <= $2 AND d.until_day >= $2 AND s.active = $3
         ORDER BY d.from_day, d.deputy_row",
        &[from.into(), day.into(), true.into()],
        |row| row.id(0, StaffId),
    )
}

/// Who manages the service in his department, or in the next one above it.
fn head(tx: &mut Tx, from: StaffId) -> Result<Option<StaffId>> {
    let sql =
        "SELECT d.path FROM staff s JOIN departments d ON d.department_id = s.department_id WHERE s.staff_id = $1";
    let Some(path) = tx.query_one(sql, &[from.into()], |row| row.text(0))? else { return Ok(None) };
    let near = tx.query(
        "SELECT s.staff_id FROM staff s JOIN departments d ON d.department_id = s.department_id
         WHERE s.active = $1 AND s.staff_id <> $2 AND substr(CAST($3 AS TEXT), 1, length(d.path)) = d.path
         ORDER BY length(d.path) DESC, s.staff_id LIMIT 200",
        &[true.into(), from.into(), path.into()],
        |row| row.id(0, StaffId),
    )?;
    for staff in near {
        if directory::staff_may(tx, staff, Permission::ManageService)? {
            return Ok(Some(staff));
        }
    }
    Ok(None)
}
