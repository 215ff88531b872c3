//! What was said on tickets.

use crate::message::{Delivery, Message, Side, Visibility};
use crate::ticket::{Channel, Ticket};
use zunke_kernel::id::{MessageId, StaffId};
use zunke_kernel::{Error, Result};
use zunke_store::{Row, Tx};

/// Writes a message of a ticket.
pub fn insert(tx: &mut Tx, ticket: &Ticket, message: &Message) -> Result<()> {
    tx.execute(
        "INSERT INTO ticket_messages (customer_id, ticket_id, message_id, at, side, visibility, channel, automatic,
           author, staff_id, body, quoted, delivery, delivery_detail, seq)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &[
            ticket.customer.into(),
            ticket.id.into(),
            message.id.into(),
            message.at.into(),
            message.side.word().into(),
            message.visibility.word().into(),
            message.channel.word().into(),
            message.automatic.into(),
            message.author.as_str().into(),
            message.staff_id.into(),
            message.body.as_str().into(),
            message.quoted.clone().into(),
            message.delivery.word().into(),
            message.delivery_detail.clone().into(),
            ticket.events.into(),
        ],
    )?;
    Ok(())
}

const COLUMNS: &str = "message_id, at, side, visibility, channel, automatic, author, staff_id, body, quoted, delivery, \
    delivery_detail";

fn read(row: &Row) -> Result<Message> {
    let unknown = |word: &str| Error::internal(format!("a message has the unknown word {word}"));
    Ok(Message {
        id: row.id(0, MessageId)?,
        at: row.instant(1)?,
        side: Side::read(row.str(2)?).ok_or_else(|| unknown("side"))?,
        visibility: Visibility::read(row.str(3)?).ok_or_else(|| unknown("visibility"))?,
        channel: Channel::read(row.str(4)?).ok_or_else(|| unknown("channel"))?,
        automatic: row.bool(5)?,
        author: row.text(6)?,
        staff_id: row.opt_id(7, StaffId)?,
        body: row.text(8)?,
        quoted: row.opt_text(9)?,
        delivery: Delivery::read(row.str(10)?).ok_or_else(|| unknown("delivery"))?,
        delivery_detail: row.opt_text(11)?,
    })
}

/// All messages of a ticket, in the order in which they came.
pub fn of(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<Message>> {
    tx.query(
        &format!(
            "SELECT {COLUMNS} FROM ticket_messages WHERE customer_id = $1 AND ticket_id = $2 ORDER BY at, seq, message_id"
        ),
        &[ticket.customer.into(), ticket.id.into()],
        read,
    )
}

/// One message of a ticket.
pub fn find(tx: &mut Tx, ticket: &Ticket, id: MessageId) -> Result<Option<Message>> {
    tx.query_one(
        &format!("SELECT {COLUMNS} FROM ticket_messages WHERE customer_id = $1 AND ticket_id = $2 AND message_id = $3"),
        &[ticket.customer.into(), ticket.id.into(), id.into()],
        read,
    )
}
