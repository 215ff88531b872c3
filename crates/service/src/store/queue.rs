//! The queue's rows: written with the ticket, taken by a conditional update.

use crate::queue::order::{Order, Place};
use crate::ticket::{NEVER, Ticket};
use zunke_kernel::id::{CustomerId, GroupId, StaffId, TicketId};
use zunke_kernel::{Day, Instant, Result};
use zunke_store::{Row, Tx, Value};

/// Writes the ticket's row.
pub fn put(tx: &mut Tx, ticket: &Ticket, place: &Place, skills: &[String]) -> Result<()> {
    let row: [Value; 16] = [
        ticket.id.into(),
        ticket.customer.into(),
        ticket.kind.word().into(),
        ticket.level_rank.into(),
        ticket.priority.word().into(),
        ticket.urgent.into(),
        ticket.group.into(),
        ticket.assignee.into(),
        ticket.state.is_active().into(),
        ticket.language.clone().into(),
        (!skills.is_empty()).then(|| skills.join(",")).into(),
        ticket.opened_at.into(),
        ticket.next_due_at.into(),
        place.turn_at.into(),
        place.guard_at.into(),
        ticket.updated_at.into(),
    ];
    tx.execute(
        "INSERT INTO ticket_queue (ticket_id, customer_id, kind, level_rank, priority, urgent, group_id, assignee_id,
           active, language, skills, opened_at, due_at, turn_at, guard_at, grouped_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (ticket_id) DO UPDATE SET customer_id = excluded.customer_id, kind = excluded.kind,
           level_rank = excluded.level_rank, priority = excluded.priority, urgent = excluded.urgent,
           group_id = excluded.group_id, assignee_id = excluded.assignee_id, active = excluded.active,
           language = excluded.language, skills = excluded.skills, opened_at = excluded.opened_at,
           due_at = excluded.due_at, turn_at = excluded.turn_at, guard_at = excluded.guard_at,
           grouped_at = CASE WHEN ticket_queue.group_id = excluded.group_id THEN ticket_queue.grouped_at
                             ELSE excluded.grouped_at END",
        &row,
    )?;
    Ok(())
}

/// Takes the ticket's row away.
pub fn remove(tx: &mut Tx, ticket: TicketId) -> Result<()> {
    tx.execute("DELETE FROM ticket_queue WHERE ticket_id = $1", &[ticket.into()])?;
    Ok(())
}

/// Which of the two orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Promises in their last part, those first whose last part began first.
    Guard,
    Turn,
}

impl Lane {
    const fn column(self) -> &'static str {
        match self {
            Self::Guard => "guard_at",
            Self::Turn => "turn_at",
        }
    }
}

/// A ticket that somebody may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub ticket: TicketId,
    pub customer: CustomerId,
    pub level_rank: i64,
    /// The skills it asks for, the most important first.
    pub skills: Vec<String>,
    pub opened_at: Instant,
    /// Its place in the lane.
    pub at: Instant,
}

/// The first tickets of a lane that nobody has, of any of the groups (`None`: those of no group), after a place.
pub fn heads(
    tx: &mut Tx,
    (lane, now): (Lane, Instant),
    groups: &[Option<GroupId>],
    after: Option<(Instant, TicketId)>,
    limit: u32,
) -> Result<Vec<Head>> {
    let column = lane.column();
    let mut params: Vec<Value> = Vec::new();
    let mut parts = Vec::with_capacity(groups.len());
    let mut bind = |value: Value| {
        params.push(value);
        format!("${}", params.len())
    };
    // The bounds stand in each part, so that each is a walk along its index from its first row on.
    let mut bounds = String::new();
    if lane == Lane::Guard {
        let now = bind(now.into());
        bounds = format!(" AND guard_at <= {now} AND due_at > {now}");
    }
    if let Some((at, ticket)) = after {
        let (at, ticket) = (bind(at.into()), bind(ticket.into()));
        bounds = format!("{bounds} AND ({column}, ticket_id) > ({at}, {ticket})");
    }
    for group in groups {
        let of = match group {
            Some(group) => format!("group_id = {}", bind((*group).into())),
            None => "group_id IS NULL".to_owned(),
        };
        parts.push(format!(
            "SELECT * FROM (SELECT ticket_id, customer_id, level_rank, skills, opened_at, {column} FROM ticket_queue
             WHERE assignee_id IS NULL AND active{bounds} AND {of} ORDER BY {column}, ticket_id LIMIT {limit}) p{}",
            parts.len()
        ));
    }
    let sql = format!("{} ORDER BY {column}, ticket_id LIMIT {limit}", parts.join(" UNION ALL "));
    tx.query(&sql, &params, head)
}

fn head(row: &Row) -> Result<Head> {
    Ok(Head {
        ticket: row.id(0, TicketId)?,
        customer: row.id(1, CustomerId)?,
        level_rank: row.int(2)?,
        skills: row.opt_str(3)?.map(|words| words.split(',').map(str::to_owned).collect()).unwrap_or_default(),
        opened_at: row.instant(4)?,
        at: row.instant(5)?,
    })
}

/// Takes a ticket for somebody: true for one caller only, whoever else tries at the same moment.
pub fn win(tx: &mut Tx, ticket: TicketId, staff: StaffId) -> Result<bool> {
    let won = tx.query_one(
        "UPDATE ticket_queue SET assignee_id = $1, claims = claims + 1
         WHERE ticket_id = $2 AND assignee_id IS NULL AND active RETURNING claims",
        &[staff.into(), ticket.into()],
        |row| row.int(0),
    )?;
    Ok(won.is_some())
}

/// Promises that are broken are guarded no more; a crowd of them must not stand in the way of those that can be kept.
pub fn unguard_broken(tx: &mut Tx, now: Instant) -> Result<u64> {
    tx.execute(
        "UPDATE ticket_queue SET guard_at = $1 WHERE due_at <= $2 AND guard_at < $1",
        &[NEVER.into(), now.into()],
    )
}

/// A row as the order sees it, for writing its place anew.
pub struct Placed {
    pub ticket: TicketId,
    pub level_rank: i64,
    pub priority: String,
    pub urgent: bool,
    pub opened_at: Instant,
    pub since: Instant,
    pub due_at: Instant,
}

/// The next rows after a ticket, in the order of their ids.
pub fn after(tx: &mut Tx, after: Option<TicketId>, limit: u32) -> Result<Vec<Placed>> {
    let after = after.map_or(uuid::Uuid::nil(), |ticket| ticket.0);
    let sql = format!(
        "SELECT q.ticket_id, q.level_rank, q.priority, q.urgent, q.opened_at, q.due_at, t.first_response_at
         FROM ticket_queue q JOIN tickets t ON t.customer_id = q.customer_id AND t.ticket_id = q.ticket_id
         WHERE q.ticket_id > $1 ORDER BY q.ticket_id LIMIT {limit}"
    );
    tx.query(&sql, &[after.into()], |row| {
        Ok(Placed {
            ticket: row.id(0, TicketId)?,
            level_rank: row.int(1)?,
            priority: row.text(2)?,
            urgent: row.bool(3)?,
            opened_at: row.instant(4)?,
            due_at: row.instant(5)?,
            since: row.opt_instant(6)?.unwrap_or(row.instant(4)?),
        })
    })
}

/// Writes places anew.
pub fn move_to(tx: &mut Tx, places: &[(TicketId, Place)]) -> Result<()> {
    let rows: Vec<Vec<Value>> = places
        .iter()
        .map(|(ticket, place)| vec![place.turn_at.into(), place.guard_at.into(), (*ticket).into()])
        .collect();
    tx.execute_many("UPDATE ticket_queue SET turn_at = $1, guard_at = $2 WHERE ticket_id = $3", &rows)?;
    Ok(())
}

/// Tickets that waited in their group for as long as it allows: the ticket, its group, where it goes, after how many minutes.
pub fn overflowing(tx: &mut Tx, now: Instant, limit: u32) -> Result<Vec<(TicketId, GroupId, GroupId, i64)>> {
    let sql = format!(
        "SELECT q.ticket_id, g.group_id, g.overflow_id, g.overflow_after_min FROM service_groups g
         JOIN ticket_queue q ON q.group_id = g.group_id AND q.assignee_id IS NULL AND q.active
         WHERE g.overflow_id IS NOT NULL AND g.overflow_after_min IS NOT NULL
           AND q.grouped_at <= $1 - g.overflow_after_min * 60000
         ORDER BY q.turn_at, q.ticket_id LIMIT {limit}"
    );
    tx.query(&sql, &[now.into()], |row| {
        Ok((row.id(0, TicketId)?, row.id(1, GroupId)?, row.id(2, GroupId)?, row.int(3)?))
    })
}

/// Tickets in hand of somebody who is absent on that day or works here no more.
pub fn held_by_absent(tx: &mut Tx, day: Day, limit: u32) -> Result<Vec<(TicketId, StaffId)>> {
    let sql = format!(
        "SELECT q.ticket_id, q.assignee_id FROM ticket_queue q
         WHERE q.active AND q.assignee_id IN (
           SELECT a.staff_id FROM staff_absences a WHERE a.from_day <= $1 AND a.until_day >= $1
           UNION SELECT s.staff_id FROM staff s WHERE s.active = $2)
         ORDER BY q.turn_at, q.ticket_id LIMIT {limit}"
    );
    tx.query(&sql, &[day.into(), false.into()], |row| Ok((row.id(0, TicketId)?, row.id(1, StaffId)?)))
}

/// Uses the urgent lane once more today; false where the quota is used up.
pub fn use_urgent(tx: &mut Tx, order: &Order, staff: StaffId, day: Day) -> Result<bool> {
    if order.urgent_per_day == 0 {
        return Ok(false);
    }
    let done = tx.execute(
        "INSERT INTO urgent_uses (staff_id, day, uses) VALUES ($1, $2, 1)
         ON CONFLICT (staff_id, day) DO UPDATE SET uses = urgent_uses.uses + 1 WHERE urgent_uses.uses < $3",
        &[staff.into(), day.into(), order.urgent_per_day.into()],
    )?;
    Ok(done == 1)
}
