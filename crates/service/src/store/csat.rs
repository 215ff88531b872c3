//! What customers answered about their tickets.

use crate::ticket::Ticket;
use serde::Serialize;
use utoipa::ToSchema;
use zunke_kernel::id::{CustomerId, TicketId};
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = CsatAnswer)]
pub struct Answer {
    /// 1 to 5.
    pub score: i64,
    pub comment: Option<String>,
    pub first_score: i64,
    pub changes: i64,
    /// Up to which score it counts as low.
    pub low_to: i64,
    pub answered_at: Instant,
    pub changed_at: Instant,
}

pub fn find(tx: &mut Tx, customer: CustomerId, ticket: TicketId) -> Result<Option<Answer>> {
    tx.query_one(
        "SELECT score, comment, first_score, changes, low_to, answered_at, changed_at FROM csat_answers
         WHERE customer_id = $1 AND ticket_id = $2",
        &[customer.into(), ticket.into()],
        |row| {
            Ok(Answer {
                score: row.int(0)?,
                comment: row.opt_text(1)?,
                first_score: row.int(2)?,
                changes: row.int(3)?,
                low_to: row.int(4)?,
                answered_at: row.instant(5)?,
                changed_at: row.instant(6)?,
            })
        },
    )
}

/// Writes an answer on a locked ticket, or its change.
pub fn save(tx: &mut Tx, ticket: &Ticket, answer: &Answer) -> Result<()> {
    tx.execute(
        "INSERT INTO csat_answers (customer_id, ticket_id, score, first_score, comment, changes, low_to, staff_id, group_id,
           answered_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (customer_id, ticket_id) DO UPDATE SET score = excluded.score, comment = excluded.comment,
           changes = excluded.changes, changed_at = excluded.changed_at",
        &[
            ticket.customer.into(),
            ticket.id.into(),
            answer.score.into(),
            answer.first_score.into(),
            answer.comment.clone().into(),
            answer.changes.into(),
            answer.low_to.into(),
            ticket.assignee.into(),
            ticket.group.into(),
            answer.answered_at.into(),
            answer.changed_at.into(),
        ],
    )?;
    Ok(())
}

/// Whether a ticket has been asked about.
pub fn invited(tx: &mut Tx, ticket: TicketId) -> Result<bool> {
    let sql = "SELECT 1 FROM csat_invitations WHERE ticket_id = $1";
    Ok(tx.query_one(sql, &[ticket.into()], |row| row.int(0))?.is_some())
}

/// Notes that it is asked about; false where it was.
pub fn invite(tx: &mut Tx, ticket: TicketId, now: Instant) -> Result<bool> {
    let sql = "INSERT INTO csat_invitations (ticket_id, sent_at) VALUES ($1, $2) ON CONFLICT (ticket_id) DO NOTHING";
    Ok(tx.execute(sql, &[ticket.into(), now.into()])? == 1)
}
