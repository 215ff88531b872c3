//! The mails of tickets, in and out, and those that became nothing.

use crate::intake::mailbox::MailboxId;
use crate::message::Delivery;
use crate::ticket::Ticket;
use serde::Serialize;
use utoipa::ToSchema;
use zunke_kernel::id::{MessageId, TicketId};
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

/// A mail of a ticket.
#[derive(Clone, Debug)]
pub struct Row {
    pub key: String,
    pub ticket: TicketId,
    pub message: MessageId,
    pub incoming: bool,
    pub mailbox: Option<MailboxId>,
    pub address: String,
    pub subject: String,
    /// in: taken; out: waiting, sent, failed, bounced.
    pub state: String,
    pub automatic: bool,
    pub at: Instant,
}

const COLUMNS: &str = "mail_key, ticket_id, message_id, direction, mailbox_id, address, subject, state, automatic, at";

fn read(row: &zunke_store::Row) -> Result<Row> {
    Ok(Row {
        key: row.text(0)?,
        ticket: row.id(1, TicketId)?,
        message: row.id(2, MessageId)?,
        incoming: row.str(3)? == "in",
        mailbox: row.opt_id(4, MailboxId)?,
        address: row.text(5)?,
        subject: row.text(6)?,
        state: row.text(7)?,
        automatic: row.bool(8)?,
        at: row.instant(9)?,
    })
}

/// Writes a mail; false where it was there already.
pub fn insert(tx: &mut Tx, mail: &Row) -> Result<bool> {
    let made = tx.execute(
        &format!(
            "INSERT INTO ticket_mails ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (mail_key) DO NOTHING"
        ),
        &[
            mail.key.as_str().into(),
            mail.ticket.into(),
            mail.message.into(),
            if mail.incoming { "in" } else { "out" }.into(),
            mail.mailbox.map(|id| id.0).into(),
            mail.address.as_str().into(),
            mail.subject.as_str().into(),
            mail.state.as_str().into(),
            mail.automatic.into(),
            mail.at.into(),
        ],
    )?;
    Ok(made == 1)
}

pub fn find(tx: &mut Tx, key: &str) -> Result<Option<Row>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM ticket_mails WHERE mail_key = $1"), &[key.into()], read)
}

/// The mail that carries a message of ours.
pub fn of_message(tx: &mut Tx, message: MessageId) -> Result<Option<Row>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM ticket_mails WHERE message_id = $1"), &[message.into()], read)
}

/// The first of these mails that is known.
pub fn first_known(tx: &mut Tx, keys: &[String]) -> Result<Option<Row>> {
    if keys.is_empty() {
        return Ok(None);
    }
    let places: Vec<String> = (1..=keys.len()).map(|at| format!("${at}")).collect();
    let params: Vec<_> = keys.iter().map(|key| key.as_str().into()).collect();
    let sql = format!("SELECT {COLUMNS} FROM ticket_mails WHERE mail_key IN ({})", places.join(", "));
    let mut found = tx.query(&sql, &params, read)?;
    found.sort_by_key(|mail| keys.iter().position(|key| *key == mail.key));
    Ok(found.into_iter().next())
}

/// The mails of a ticket, the latest first.
pub fn of_ticket(tx: &mut Tx, ticket: TicketId, limit: i64) -> Result<Vec<Row>> {
    let sql = format!("SELECT {COLUMNS} FROM ticket_mails WHERE ticket_id = $1 ORDER BY at DESC, mail_key LIMIT $2");
    tx.query(&sql, &[ticket.into(), limit.into()], read)
}

/// How many automatic mails came to a ticket since then.
pub fn automatic_since(tx: &mut Tx, ticket: TicketId, since: Instant) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM ticket_mails WHERE ticket_id = $1 AND at >= $2 AND direction = 'in' AND automatic";
    Ok(tx.query_one(sql, &[ticket.into(), since.into()], |row| row.int(0))?.unwrap_or(0))
}

/// How many mails came of an address since then, and the ticket of the latest.
pub fn from_since(tx: &mut Tx, address: &str, since: Instant) -> Result<(i64, Option<TicketId>)> {
    let sql = "SELECT ticket_id FROM ticket_mails WHERE address = $1 AND at >= $2 AND direction = 'in'
               ORDER BY at DESC, mail_key LIMIT 1000";
    let found = tx.query(sql, &[address.into(), since.into()], |row| row.id(0, TicketId))?;
    Ok((i64::try_from(found.len()).unwrap_or(i64::MAX), found.first().copied()))
}

/// Notes what became of a mail that goes out, on the mail and on its message.
pub fn settle(
    tx: &mut Tx,
    ticket: &Ticket,
    (message, state): (MessageId, &str),
    delivery: Delivery,
    detail: Option<&str>,
) -> Result<()> {
    tx.execute("UPDATE ticket_mails SET state = $2 WHERE message_id = $1", &[message.into(), state.into()])?;
    tx.execute(
        "UPDATE ticket_messages SET delivery = $4, delivery_detail = $5
         WHERE customer_id = $1 AND ticket_id = $2 AND message_id = $3",
        &[ticket.customer.into(), ticket.id.into(), message.into(), delivery.word().into(), detail.into()],
    )?;
    Ok(())
}

/// The messages of a ticket that are to go out and have no mail yet.
pub fn waiting(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<MessageId>> {
    tx.query(
        "SELECT m.message_id FROM ticket_messages m WHERE m.customer_id = $1 AND m.ticket_id = $2
           AND m.delivery = 'waiting' AND NOT EXISTS (SELECT 1 FROM ticket_mails o WHERE o.message_id = m.message_id)
         ORDER BY m.at, m.message_id",
        &[ticket.customer.into(), ticket.id.into()],
        |row| row.id(0, MessageId),
    )
}

/// A mail that became nothing.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MailRefused)]
pub struct Refused {
    pub mailbox_id: Option<MailboxId>,
    pub address: String,
    pub subject: String,
    /// machine, bounce, own, unreadable, too_large.
    pub reason: String,
    pub at: Instant,
}

pub fn refuse(tx: &mut Tx, key: &str, refused: &Refused) -> Result<()> {
    tx.execute(
        "INSERT INTO mails_refused (mail_key, mailbox_id, address, subject, reason, at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (mail_key) DO NOTHING",
        &[
            key.into(),
            refused.mailbox_id.map(|id| id.0).into(),
            refused.address.as_str().into(),
            refused.subject.as_str().into(),
            refused.reason.as_str().into(),
            refused.at.into(),
        ],
    )?;
    Ok(())
}

/// The latest ones.
pub fn refused(tx: &mut Tx, limit: i64) -> Result<Vec<Refused>> {
    let sql = "SELECT mailbox_id, address, subject, reason, at FROM mails_refused ORDER BY at DESC, mail_key LIMIT $1";
    tx.query(sql, &[limit.into()], |row| {
        Ok(Refused {
            mailbox_id: row.opt_id(0, MailboxId)?,
            address: row.text(1)?,
            subject: row.text(2)?,
            reason: row.text(3)?,
            at: row.instant(4)?,
        })
    })
}

pub fn sweep(tx: &mut Tx, before: Instant) -> Result<u64> {
    tx.execute("DELETE FROM mails_refused WHERE at < $1", &[before.into()])
}

/// The e-mail address of a customer that stands first.
pub fn address_of(tx: &mut Tx, customer: zunke_kernel::id::CustomerId) -> Result<Option<String>> {
    let sql = "SELECT value FROM customer_identities WHERE customer_id = $1 AND kind = 'email' ORDER BY place LIMIT 1";
    tx.query_one(sql, &[customer.into()], |row| row.text(0))
}
