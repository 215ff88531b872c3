//! Improvements and their contributors.

use super::voices::like;
use crate::improvement::{Contributor, Notice, State};
use crate::ticket::{Channel, NOBODY};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::Actor;
use zunke_kernel::id::{CustomerId, ImprovementId, MessageId, StaffId, TicketId, TopicId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx};

/// One step of an improvement's way.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ImprovementStep)]
pub struct Step {
    pub at: Instant,
    pub staff_id: Option<StaffId>,
    pub state: State,
    #[serde(default)]
    pub reason: Option<String>,
}

/// An improvement as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Improvement)]
pub struct Improvement {
    pub id: ImprovementId,
    pub title: String,
    pub detail: Option<String>,
    pub topic_id: Option<TopicId>,
    pub state: State,
    pub owner_id: Option<StaffId>,
    /// Why it was declined.
    pub reason: Option<String>,
    /// What contributors are told.
    pub message: Option<String>,
    pub history: Vec<Step>,
    pub created_at: Instant,
    pub done_at: Option<Instant>,
    pub updated_at: Instant,
    pub version: i64,
    /// Tickets that asked for it; customers told so far.
    pub tickets: i64,
    pub told: i64,
}

const COLUMNS: &str = "i.improvement_id, i.title, i.detail, i.topic_id, i.state, i.owner_id, i.reason, i.message, \
    i.history, i.created_at, i.done_at, i.updated_at, i.version";

fn read(row: &Row) -> Result<Improvement> {
    Ok(Improvement {
        id: row.id(0, ImprovementId)?,
        title: row.text(1)?,
        detail: row.opt_text(2)?,
        topic_id: row.opt_id(3, TopicId)?,
        state: State::read(row.str(4)?).ok_or_else(|| Error::internal("an improvement has an unknown state"))?,
        owner_id: row.opt_id(5, StaffId)?,
        reason: row.opt_text(6)?,
        message: row.opt_text(7)?,
        history: row.json(8)?,
        created_at: row.instant(9)?,
        done_at: row.opt_instant(10)?,
        updated_at: row.instant(11)?,
        version: row.int(12)?,
        tickets: 0,
        told: 0,
    })
}

/// The latest five hundred, with the counts of their contributors.
pub fn all(tx: &mut Tx) -> Result<Vec<Improvement>> {
    let mut found =
        tx.query(&format!("SELECT {COLUMNS} FROM improvements i ORDER BY i.updated_at DESC LIMIT 500"), &[], read)?;
    let sql = "SELECT improvement_id, COUNT(*), CAST(SUM(CASE WHEN notice = 'told' THEN 1 ELSE 0 END) AS BIGINT)
               FROM improvement_contributors GROUP BY improvement_id";
    let counts = tx.query(sql, &[], |row| Ok((row.id(0, ImprovementId)?, row.int(1)?, row.int(2)?)))?;
    for (id, tickets, told) in counts {
        if let Some(one) = found.iter_mut().find(|one| one.id == id) {
            (one.tickets, one.told) = (tickets, told);
        }
    }
    Ok(found)
}

pub fn find(tx: &mut Tx, id: ImprovementId) -> Result<Option<Improvement>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM improvements i WHERE i.improvement_id = $1"), &[id.into()], read)
}

pub fn insert(tx: &mut Tx, by: StaffId, one: &Improvement) -> Result<()> {
    let history = serde_json::to_string(&one.history).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO improvements (improvement_id, title, detail, topic_id, state, owner_id, history, created_by,
           created_at, updated_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 1)",
        &[
            one.id.into(),
            one.title.as_str().into(),
            one.detail.clone().into(),
            one.topic_id.into(),
            one.state.word().into(),
            one.owner_id.into(),
            history.into(),
            by.into(),
            one.created_at.into(),
        ],
    )?;
    Ok(())
}

/// Writes an improvement over the version that was read, as its next one.
pub fn save(tx: &mut Tx, now: Instant, one: &mut Improvement) -> Result<()> {
    let history = serde_json::to_string(&one.history).map_err(Error::internal)?;
    let written = tx.execute(
        "UPDATE improvements SET title = $1, detail = $2, topic_id = $3, state = $4, owner_id = $5, reason = $6,
           message = $7, history = $8, done_at = $9, updated_at = $10, version = version + 1
         WHERE improvement_id = $11 AND version = $12",
        &[
            one.title.as_str().into(),
            one.detail.clone().into(),
            one.topic_id.into(),
            one.state.word().into(),
            one.owner_id.into(),
            one.reason.clone().into(),
            one.message.clone().into(),
            history.into(),
            one.done_at.into(),
            now.into(),
            one.id.into(),
            one.version.into(),
        ],
    )?;
    if written == 0 {
        return Err(Error::stale());
    }
    one.version += 1;
    one.updated_at = now;
    Ok(())
}

/// Who asked for it, the earliest ticket first.
pub fn contributors(tx: &mut Tx, id: ImprovementId) -> Result<Vec<Contributor>> {
    tx.query(
        "SELECT k.customer_id, k.ticket_id, t.number, c.name, t.sender, t.channel, c.status, o.since, t.opened_at, k.notice
         FROM improvement_contributors k
         LEFT JOIN tickets t ON t.customer_id = k.customer_id AND t.ticket_id = k.ticket_id
         LEFT JOIN customers c ON c.customer_id = k.customer_id
         LEFT JOIN feedback_opt_outs o ON o.customer_id = k.customer_id
         WHERE k.improvement_id = $1 ORDER BY k.added_at, t.number, k.ticket_id",
        &[id.into()],
        |row| {
            let customer = row.id(0, CustomerId)?;
            Ok(Contributor {
                customer,
                ticket: row.id(1, TicketId)?,
                number: row.opt_int(2)?.unwrap_or(0),
                name: row.opt_text(3)?.or(row.opt_text(4)?),
                channel: row.opt_str(5)?.and_then(Channel::read),
                archived: customer != NOBODY && row.opt_str(6)? != Some("active"),
                opted_out: row.opt_int(7)?.is_some(),
                opened_at: row.opt_int(8)?.unwrap_or(0),
                notice: Notice::read(row.str(9)?).ok_or_else(|| Error::internal("an unknown notice"))?,
            })
        },
    )
}

/// Of these tickets those that the actor sees are put among the contributors; answers how many are new.
pub fn add(
    tx: &mut Tx,
    now: Instant,
    actor: &Actor,
    id: ImprovementId,
    tickets: &[(CustomerId, TicketId)],
) -> Result<u64> {
    let rows: Vec<_> = like::seen(tx, actor, tickets)?
        .into_iter()
        .map(|(customer, ticket)| {
            vec![customer.into(), id.into(), ticket.into(), now.into(), actor.staff.into(), "waiting".into()]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO improvement_contributors (customer_id, improvement_id, ticket_id, added_at, added_by, notice)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (customer_id, improvement_id, ticket_id) DO NOTHING",
        &rows,
    )
}

/// Takes a ticket out that nobody was told on.
pub fn remove(tx: &mut Tx, id: ImprovementId, customer: CustomerId, ticket: TicketId) -> Result<u64> {
    tx.execute(
        "DELETE FROM improvement_contributors
         WHERE customer_id = $1 AND improvement_id = $2 AND ticket_id = $3 AND notice = 'waiting'",
        &[customer.into(), id.into(), ticket.into()],
    )
}

/// Settles a contributor who waits; `false` where somebody else has.
pub fn claim(tx: &mut Tx, now: Instant, id: ImprovementId, one: &Contributor, notice: Notice) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE improvement_contributors SET notice = $1, told_at = $2
         WHERE customer_id = $3 AND improvement_id = $4 AND ticket_id = $5 AND notice = 'waiting'",
        &[notice.word().into(), now.into(), one.customer.into(), id.into(), one.ticket.into()],
    )?;
    Ok(changed == 1)
}

/// By which message he was told.
pub fn told_by(tx: &mut Tx, id: ImprovementId, one: &Contributor, message: MessageId) -> Result<()> {
    tx.execute(
        "UPDATE improvement_contributors SET message_id = $1
         WHERE customer_id = $2 AND improvement_id = $3 AND ticket_id = $4",
        &[message.into(), one.customer.into(), id.into(), one.ticket.into()],
    )?;
    Ok(())
}

/// The tickets of a topic in a period, the latest first, up to a bound.
pub fn of_topic(
    tx: &mut Tx,
    topic: TopicId,
    from: Instant,
    to: Instant,
    limit: i64,
) -> Result<Vec<(CustomerId, TicketId)>> {
    let sql = "SELECT DISTINCT customer_id, ticket_id FROM (SELECT customer_id, ticket_id FROM voice_topics
               WHERE topic_id = $1 AND said_at >= $2 AND said_at < $3 ORDER BY said_at DESC LIMIT $4) x";
    tx.query(sql, &[topic.into(), from.into(), to.into(), limit.into()], |row| {
        Ok((row.id(0, CustomerId)?, row.id(1, TicketId)?))
    })
}

/// Whether a customer wants to hear what came of his words.
pub fn set_opt_out(tx: &mut Tx, now: Instant, customer: CustomerId, by: StaffId, out: bool) -> Result<()> {
    if out {
        tx.execute(
            "INSERT INTO feedback_opt_outs (customer_id, since, staff_id) VALUES ($1, $2, $3)
             ON CONFLICT (customer_id) DO NOTHING",
            &[customer.into(), now.into(), by.into()],
        )?;
    } else {
        tx.execute("DELETE FROM feedback_opt_outs WHERE customer_id = $1", &[customer.into()])?;
    }
    Ok(())
}

/// What a topic's voices and the contributors' answers were in a stretch of time.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = ImprovementEffectSide)]
pub struct Side {
    pub days: i64,
    /// Voices of the topic, and the unhappy ones among them.
    pub voices: i64,
    pub negative: i64,
    /// Tickets of contributors with a score of satisfaction, and the sum of their scores (1 to 5).
    pub rated: i64,
    pub score_sum: i64,
}

/// How it was between two days and instants.
pub fn side(tx: &mut Tx, one: &Improvement, days: (i64, i64), span: (Instant, Instant)) -> Result<Side> {
    let mut side = Side { days: days.1 - days.0, ..Side::default() };
    if let Some(topic) = one.topic_id {
        let sql = "SELECT sentiment, CAST(SUM(voices) AS BIGINT) FROM voice_days
                   WHERE topic_id = $1 AND product = '' AND day >= $2 AND day < $3 GROUP BY sentiment";
        tx.for_each(sql, &[topic.into(), days.0.into(), days.1.into()], |row| {
            side.voices += row.int(1)?;
            side.negative += if row.str(0)? == "negative" { row.int(1)? } else { 0 };
            Ok(())
        })?;
    }
    let sql = "SELECT COUNT(t.csat), CAST(COALESCE(SUM(t.csat), 0) AS BIGINT) FROM tickets t
               WHERE t.csat IS NOT NULL AND t.opened_at >= $1 AND t.opened_at < $2 AND t.customer_id <> $3
                 AND EXISTS (SELECT 1 FROM improvement_contributors k
                             WHERE k.customer_id = t.customer_id AND k.improvement_id = $4)";
    let rated = tx.query_one(sql, &[span.0.into(), span.1.into(), NOBODY.into(), one.id.into()], |row| {
        Ok((row.int(0)?, row.int(1)?))
    })?;
    (side.rated, side.score_sum) = rated.unwrap_or_default();
    Ok(side)
}
