//! The tickets' own rows, and the look-ups by which they are found.

use crate::ticket::{Channel, Kind, NEVER, Priority, State, Ticket};
use zunke_kernel::id::{CustomerId, GroupId, LevelId, MessageId, StaffId, TicketId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Engine, Row, Tx, Value};

/// The columns that [`read`] takes, in its order; all but the key are written by [`save`].
const COLUMNS: &str = "customer_id, ticket_id, number, kind, priority, state, channel, subject, product, language, region, \
    opened_rank, level_rank, level_id, group_id, assignee_id, urgent, sender, sender_keys, merged_into, parent_id, policy, \
    manual_due, next_metric, next_due_at, opened_at, first_response_at, solved_at, closed_at, reopened, csat, last_words, \
    last_side, events, version, updated_at";

/// The columns of the tickets `alias`.
#[must_use]
pub fn columns(alias: &str) -> String {
    COLUMNS.split(", ").map(|column| format!("{alias}.{column}")).collect::<Vec<_>>().join(", ")
}

/// How many columns [`columns`] names.
pub const WIDTH: usize = 36;

/// Reads a ticket from a row that begins with [`columns`].
pub fn read(row: &Row) -> Result<Ticket> {
    let unknown = |what: &str| Error::internal(format!("a ticket has an unknown {what}"));
    Ok(Ticket {
        customer: row.id(0, CustomerId)?,
        id: row.id(1, TicketId)?,
        number: row.int(2)?,
        kind: Kind::read(row.str(3)?).ok_or_else(|| unknown("kind"))?,
        priority: Priority::read(row.str(4)?).ok_or_else(|| unknown("priority"))?,
        state: State::read(row.str(5)?).ok_or_else(|| unknown("state"))?,
        channel: Channel::read(row.str(6)?).ok_or_else(|| unknown("channel"))?,
        subject: row.text(7)?,
        product: row.opt_text(8)?,
        language: row.opt_text(9)?,
        region: row.opt_text(10)?,
        opened_rank: row.int(11)?,
        level_rank: row.int(12)?,
        level_id: row.opt_id(13, LevelId)?,
        group: row.opt_id(14, GroupId)?,
        assignee: row.opt_id(15, StaffId)?,
        urgent: row.bool(16)?,
        sender: row.opt_text(17)?,
        sender_keys: row.opt_json(18)?,
        merged_into: row.opt_id(19, TicketId)?,
        parent: row.opt_id(20, TicketId)?,
        policy: row.opt_json(21)?,
        manual_due: row.opt_json(22)?,
        next_metric: row.opt_text(23)?,
        next_due_at: row.instant(24)?,
        opened_at: row.instant(25)?,
        first_response_at: row.opt_instant(26)?,
        solved_at: row.opt_instant(27)?,
        closed_at: row.opt_instant(28)?,
        reopened: row.int(29)?,
        csat: row.opt_int(30)?,
        last_words: row.opt_text(31)?,
        last_side: row.opt_text(32)?,
        events: row.int(33)?,
        version: row.int(34)?,
        updated_at: row.instant(35)?,
        fresh: Vec::new(),
    })
}

fn values(ticket: &Ticket) -> Result<Vec<Value>> {
    let keys = ticket.sender_keys.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)?;
    Ok(vec![
        ticket.customer.into(),
        ticket.id.into(),
        ticket.number.into(),
        ticket.kind.word().into(),
        ticket.priority.word().into(),
        ticket.state.word().into(),
        ticket.channel.word().into(),
        ticket.subject.as_str().into(),
        ticket.product.clone().into(),
        ticket.language.clone().into(),
        ticket.region.clone().into(),
        ticket.opened_rank.into(),
        ticket.level_rank.into(),
        ticket.level_id.into(),
        ticket.group.into(),
        ticket.assignee.into(),
        ticket.urgent.into(),
        ticket.sender.clone().into(),
        keys.into(),
        ticket.merged_into.into(),
        ticket.parent.into(),
        ticket.policy.clone().into(),
        ticket.manual_due.clone().into(),
        ticket.next_metric.clone().into(),
        ticket.next_due_at.into(),
        ticket.opened_at.into(),
        ticket.first_response_at.into(),
        ticket.solved_at.into(),
        ticket.closed_at.into(),
        ticket.reopened.into(),
        ticket.csat.into(),
        ticket.last_words.clone().into(),
        ticket.last_side.clone().into(),
        ticket.events.into(),
        ticket.version.into(),
        ticket.updated_at.into(),
    ])
}

/// Writes a new ticket and the look-ups by which it is found.
pub fn insert(tx: &mut Tx, ticket: &Ticket) -> Result<()> {
    let places: Vec<String> = (1..=WIDTH).map(|at| format!("${at}")).collect();
    let sql = format!("INSERT INTO tickets ({COLUMNS}) VALUES ({})", places.join(", "));
    tx.execute(&sql, &values(ticket)?)?;
    tx.execute(
        "INSERT INTO ticket_keys (ticket_id, customer_id) VALUES ($1, $2)",
        &[ticket.id.into(), ticket.customer.into()],
    )?;
    tx.execute(
        "INSERT INTO ticket_numbers (number, ticket_id) VALUES ($1, $2)",
        &[ticket.number.into(), ticket.id.into()],
    )?;
    Ok(())
}

/// Writes a locked ticket back as its next version.
pub fn save(tx: &mut Tx, now: Instant, ticket: &mut Ticket) -> Result<()> {
    ticket.version += 1;
    ticket.updated_at = now;
    let sets: Vec<String> =
        COLUMNS.split(", ").enumerate().skip(2).map(|(at, column)| format!("{column} = ${}", at + 1)).collect();
    let sql = format!("UPDATE tickets SET {} WHERE customer_id = $1 AND ticket_id = $2", sets.join(", "));
    tx.execute(&sql, &values(ticket)?)?;
    Ok(())
}

/// Whose ticket it is: where its rows are.
pub fn customer_of(tx: &mut Tx, id: TicketId) -> Result<Option<CustomerId>> {
    let sql = "SELECT customer_id FROM ticket_keys WHERE ticket_id = $1";
    tx.query_one(sql, &[id.into()], |row| row.id(0, CustomerId))
}

/// The ticket as it stands.
pub fn find(tx: &mut Tx, id: TicketId) -> Result<Option<Ticket>> {
    fetch(tx, id, "")
}

/// The ticket, alone with it until the end of the transaction. The first statement of every unit that changes one.
pub fn lock(tx: &mut Tx, id: TicketId) -> Result<Option<Ticket>> {
    // Beside a writer who moves it to another customer, the row is no longer where the key said: look again.
    let suffix = if tx.engine() == Engine::Postgres { " FOR UPDATE" } else { "" };
    for _ in 0..3 {
        if let Some(ticket) = fetch(tx, id, suffix)? {
            return Ok(Some(ticket));
        }
    }
    Ok(None)
}

fn fetch(tx: &mut Tx, id: TicketId, suffix: &str) -> Result<Option<Ticket>> {
    let Some(customer) = customer_of(tx, id)? else { return Ok(None) };
    let sql = format!("SELECT {COLUMNS} FROM tickets WHERE customer_id = $1 AND ticket_id = $2{suffix}");
    tx.query_one(&sql, &[customer.into(), id.into()], read)
}

/// The ticket with this number.
pub fn by_number(tx: &mut Tx, number: i64) -> Result<Option<TicketId>> {
    let sql = "SELECT ticket_id FROM ticket_numbers WHERE number = $1";
    tx.query_one(sql, &[number.into()], |row| row.id(0, TicketId))
}

/// The next number. Held until the transaction ends, so take it late.
pub fn next_number(tx: &mut Tx) -> Result<i64> {
    let sql = "INSERT INTO ticket_counter (name, last) VALUES ('ticket', 1)
               ON CONFLICT (name) DO UPDATE SET last = ticket_counter.last + 1 RETURNING last";
    tx.query_one(sql, &[], |row| row.int(0))?.ok_or_else(|| Error::internal("the counter of tickets gave no number"))
}

/// Claims a source's own id for a message of a ticket; answers to which it belongs already. Two deliveries at one moment:
/// one waits for the other here.
pub fn claim_source(
    tx: &mut Tx,
    key: (&str, &str),
    ticket: TicketId,
    message: MessageId,
) -> Result<Option<(TicketId, MessageId)>> {
    let claimed = tx.execute(
        "INSERT INTO ticket_sources (source, source_id, ticket_id, message_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (source, source_id) DO NOTHING",
        &[key.0.into(), key.1.into(), ticket.into(), message.into()],
    )?;
    if claimed == 1 { Ok(None) } else { source(tx, key) }
}

/// To which ticket a source's own id belongs.
pub fn source(tx: &mut Tx, key: (&str, &str)) -> Result<Option<(TicketId, MessageId)>> {
    let sql = "SELECT ticket_id, message_id FROM ticket_sources WHERE source = $1 AND source_id = $2";
    tx.query_one(sql, &[key.0.into(), key.1.into()], |row| Ok((row.id(0, TicketId)?, row.id(1, MessageId)?)))
}

/// The next due time as a list shows it.
#[must_use]
pub fn due(at: Instant) -> Option<Instant> {
    (at < NEVER).then_some(at)
}
