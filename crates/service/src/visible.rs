//! Which tickets somebody sees: those of the customers in his scope, and those that are his to work on.

use crate::store::tickets;
use crate::ticket::{NOBODY, Ticket};
use zunke_access::{Actor, LevelReach, Reach};
use zunke_kernel::id::TicketId;
use zunke_kernel::{Error, Result};
use zunke_store::{Engine, Tx, Value};

/// The condition on the tickets `alias`, which begins with AND (or is empty), and its parameters, `$1` onwards.
///
/// A ticket is seen where the customer's level is within the scope, and the customer is within its reach or the ticket is
/// the actor's: assigned to him, in a group of his, or with a task for him or his department. A ticket whose sender is
/// not known yet is seen by everybody who sees more than his own customers, and customers without a level; by others where
/// it is theirs to work on.
#[must_use]
pub fn seen(_engine: Engine, actor: &Actor, alias: &str) -> (String, Vec<Value>) {
    let scope = &actor.scope;
    if scope.sees_all() {
        return (String::new(), Vec::new());
    }
    let mut params: Vec<Value> = Vec::new();
    let mut bind = |value: Value| {
        params.push(value);
        format!("${}", params.len())
    };
    let me = bind(actor.staff.into());
    let nobody = bind(NOBODY.into());
    let department = actor.department.map(|department| bind(department.into()));
    let their = department.map_or(String::new(), |place| format!(" OR k.department_id = {place}"));
    let mine = format!(
        "{alias}.assignee_id = {me} \
         OR {alias}.group_id IN (SELECT g.group_id FROM service_group_members g WHERE g.staff_id = {me}) \
         OR EXISTS (SELECT 1 FROM ticket_tasks k WHERE k.customer_id = {alias}.customer_id \
            AND k.ticket_id = {alias}.ticket_id AND k.state <> 'cancelled' AND (k.assignee_id = {me}{their}))"
    );
    let reached = match &scope.reach {
        Reach::All => "1 = 1".to_owned(),
        Reach::Own(staff) => format!("c.owner_id = {}", bind((*staff).into())),
        Reach::Department(departments) => {
            let list: Vec<String> = departments.iter().map(|id| bind((*id).into())).collect();
            if list.is_empty() { "1 = 0".to_owned() } else { format!("c.department_id IN ({})", list.join(", ")) }
        }
    };
    let reached = if scope.stands_in.is_empty() {
        reached
    } else {
        let list: Vec<String> = scope.stands_in.iter().map(|id| bind((*id).into())).collect();
        format!("({reached} OR c.owner_id IN ({}))", list.join(", "))
    };
    let level = match &scope.levels {
        LevelReach::All => String::new(),
        LevelReach::Only(ranks) => {
            let list: Vec<String> = ranks.iter().map(|rank| bind((*rank).into())).collect();
            let list = if list.is_empty() { "NULL".to_owned() } else { list.join(", ") };
            format!(" AND c.level_rank IN ({list})")
        }
    };
    // Nobody knows his level: he stands at none, as a customer without one does.
    let open = !matches!(scope.reach, Reach::Own(_)) && scope.levels.holds(0);
    let unknown = if open {
        format!("{alias}.customer_id = {nobody}")
    } else {
        format!("({alias}.customer_id = {nobody} AND ({mine}))")
    };
    let sql = format!(
        " AND ({unknown} OR EXISTS (SELECT 1 FROM customers c WHERE c.customer_id = {alias}.customer_id{level} \
         AND ({reached} OR {mine})))"
    );
    (sql, params)
}

/// The ticket, where the actor sees it; 404 otherwise, whether it is there or not.
pub fn require(tx: &mut Tx, actor: &Actor, id: TicketId) -> Result<Ticket> {
    let ticket = tickets::find(tx, id)?.ok_or_else(Error::not_found)?;
    let (seen, mut params) = seen(tx.engine(), actor, "t");
    if seen.is_empty() {
        return Ok(ticket);
    }
    let (customer, at) = (params.len() + 1, params.len() + 2);
    params.extend([ticket.customer.into(), id.into()]);
    let sql = format!("SELECT 1 FROM tickets t WHERE t.customer_id = ${customer} AND t.ticket_id = ${at}{seen}");
    tx.query_one(&sql, &params, |row| row.int(0))?.ok_or_else(Error::not_found)?;
    Ok(ticket)
}
