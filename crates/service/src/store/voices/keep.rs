//! Keeps the voices of a ticket as its messages are: what is new is read, what went elsewhere is taken away, what
//! changed is counted anew. Done twice it changes nothing.

use super::{COLUMNS, Voice, count, read, values};
use crate::ticket::Ticket;
use crate::voice::read::{Reading, read as read_text};
use crate::voice::topic::Matcher;
use crate::voice::{Sentiment, segment};
use std::collections::{HashMap, HashSet};
use zunke_kernel::id::{CustomerId, MessageId, TicketId, TopicId};
use zunke_kernel::{Instant, Result, Zone};
use zunke_store::{Tx, Value};

/// What voices are read by.
pub struct Reader {
    pub topics: Vec<(TopicId, Matcher)>,
    pub zone: Zone,
    /// Whether a model service is to be asked about new ones.
    pub model: bool,
}

/// Brings the voices of a ticket up to date; answers how many were written.
pub fn keep(tx: &mut Tx, ticket: &Ticket, reader: &Reader) -> Result<usize> {
    let here = stored(tx, ticket)?;
    // What a machine wrote is nobody's voice; what staff took down on the telephone is the customer's.
    let said = tx.query(
        "SELECT message_id, at FROM ticket_messages WHERE customer_id = $1 AND ticket_id = $2 AND side = 'customer'
           AND visibility = 'public' AND NOT automatic ORDER BY at, message_id",
        &[ticket.customer.into(), ticket.id.into()],
        |row| Ok((row.id(0, MessageId)?, row.instant(1)?)),
    )?;
    let messages: HashSet<MessageId> = said.iter().map(|(message, _)| *message).collect();
    let gone: Vec<Voice> = here.values().filter(|voice| !messages.contains(&voice.message)).cloned().collect();
    remove(tx, &gone)?;
    let product = ticket.product.clone().unwrap_or_default();
    let mut written = gone.len();
    for (message, at) in said {
        match here.get(&message) {
            Some(voice) if voice.product == product => {}
            Some(voice) => {
                let after = Voice { product: product.clone(), ..voice.clone() };
                replace(tx, voice, &after)?;
                written += 1;
            }
            None => {
                let body = body(tx, ticket.customer, ticket.id, message)?.unwrap_or_default();
                let reading = read_text(&body, &reader.topics);
                insert(tx, &voice(ticket, message, at, &product, reading, reader))?;
                written += 1;
            }
        }
    }
    Ok(written)
}

fn voice(ticket: &Ticket, message: MessageId, at: Instant, product: &str, reading: Reading, reader: &Reader) -> Voice {
    Voice {
        customer: ticket.customer,
        ticket: ticket.id,
        message,
        said_at: at,
        day: reader.zone.day_of(at),
        level_rank: ticket.level_rank,
        product: product.to_owned(),
        language: reading.language.to_owned(),
        sentiment: Sentiment::of(reading.score),
        score: reading.score,
        words: reading.words,
        terms: reading.terms,
        topics: reading.topics,
        source: "lexicon".to_owned(),
        model: if reader.model { "waiting" } else { "none" }.to_owned(),
        model_error: None,
    }
}

fn stored(tx: &mut Tx, ticket: &Ticket) -> Result<HashMap<MessageId, Voice>> {
    let sql = format!("SELECT {COLUMNS} FROM voices v WHERE v.customer_id = $1 AND v.ticket_id = $2");
    let found = tx.query(&sql, &[ticket.customer.into(), ticket.id.into()], read)?;
    Ok(found.into_iter().map(|voice| (voice.message, voice)).collect())
}

fn body(tx: &mut Tx, customer: CustomerId, ticket: TicketId, message: MessageId) -> Result<Option<String>> {
    tx.query_one(
        "SELECT body FROM ticket_messages WHERE customer_id = $1 AND ticket_id = $2 AND message_id = $3",
        &[customer.into(), ticket.into(), message.into()],
        |row| row.text(0),
    )
}

fn insert(tx: &mut Tx, voice: &Voice) -> Result<()> {
    let columns = COLUMNS.replace("v.", "");
    let sql = format!(
        "INSERT INTO voices ({columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (customer_id, ticket_id, message_id) DO NOTHING"
    );
    // Two deliveries at one moment: one of them writes and counts.
    if tx.execute(&sql, &values(voice)?)? == 1 {
        mark(tx, voice)?;
        let rows: Vec<Vec<Value>> = voice
            .terms
            .iter()
            .map(|term| {
                let ids = [voice.message.into(), voice.ticket.into(), voice.customer.into()];
                [vec![term.as_str().into(), voice.said_at.into()], ids.to_vec()].concat()
            })
            .collect();
        tx.execute_many(
            "INSERT INTO voice_postings (term, said_at, message_id, ticket_id, customer_id) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (term, said_at, message_id) DO UPDATE SET ticket_id = excluded.ticket_id,
               customer_id = excluded.customer_id",
            &rows,
        )?;
        count::count(tx, &[(voice, 1)])?;
    }
    Ok(())
}

/// Writes a voice over the one before it and counts the difference.
pub fn replace(tx: &mut Tx, before: &Voice, after: &Voice) -> Result<()> {
    let columns: Vec<String> = COLUMNS
        .replace("v.", "")
        .split(", ")
        .enumerate()
        .skip(3)
        .map(|(at, name)| format!("{} = ${}", name.trim(), at + 1))
        .collect();
    let sql = format!(
        "UPDATE voices SET {} WHERE customer_id = $1 AND ticket_id = $2 AND message_id = $3",
        columns.join(", ")
    );
    tx.execute(&sql, &values(after)?)?;
    if before.topics != after.topics {
        unmark(tx, before)?;
        mark(tx, after)?;
    }
    count::count(tx, &[(before, -1), (after, 1)])
}

fn mark(tx: &mut Tx, voice: &Voice) -> Result<()> {
    let rows: Vec<Vec<Value>> = voice
        .topics
        .iter()
        .map(|topic| {
            vec![
                voice.customer.into(),
                voice.ticket.into(),
                voice.message.into(),
                (*topic).into(),
                voice.said_at.into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO voice_topics (customer_id, ticket_id, message_id, topic_id, said_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (customer_id, ticket_id, message_id, topic_id) DO NOTHING",
        &rows,
    )?;
    Ok(())
}

fn key(voice: &Voice) -> [Value; 3] {
    [voice.customer.into(), voice.ticket.into(), voice.message.into()]
}

fn unmark(tx: &mut Tx, voice: &Voice) -> Result<()> {
    let sql = "DELETE FROM voice_topics WHERE customer_id = $1 AND ticket_id = $2 AND message_id = $3";
    tx.execute(sql, &key(voice))?;
    Ok(())
}

fn remove(tx: &mut Tx, voices: &[Voice]) -> Result<()> {
    for voice in voices {
        let sql = "DELETE FROM voices WHERE customer_id = $1 AND ticket_id = $2 AND message_id = $3";
        if tx.execute(sql, &key(voice))? == 1 {
            unmark(tx, voice)?;
            for term in &voice.terms {
                tx.execute(
                    "DELETE FROM voice_postings WHERE term = $1 AND said_at = $2 AND message_id = $3 AND ticket_id = $4",
                    &[term.as_str().into(), voice.said_at.into(), voice.message.into(), voice.ticket.into()],
                )?;
            }
            count::count(tx, &[(voice, -1)])?;
        }
    }
    Ok(())
}

/// Voices read by other topics than those of now: a page of them after a mark, with their text.
pub fn page(tx: &mut Tx, after: Option<(Instant, MessageId)>, limit: i64) -> Result<Vec<(Voice, String)>> {
    let (at, id) = after.unwrap_or((Instant(i64::MIN), MessageId(uuid::Uuid::nil())));
    let sql = format!(
        "SELECT {COLUMNS}, m.body FROM voices v JOIN ticket_messages m
           ON m.customer_id = v.customer_id AND m.ticket_id = v.ticket_id AND m.message_id = v.message_id
         WHERE (v.said_at, v.message_id) > ($1, $2) ORDER BY v.said_at, v.message_id LIMIT $3"
    );
    tx.query(&sql, &[at.into(), id.into(), limit.into()], |row| Ok((read(row)?, row.text(super::WIDTH)?)))
}

/// Gives voices the topics of now; answers how many changed.
pub fn retag(tx: &mut Tx, voices: &[(Voice, String)], topics: &[(TopicId, Matcher)]) -> Result<usize> {
    let mut changed = 0;
    for (voice, body) in voices {
        let now = crate::voice::read::topics_of(&segment::plain(body), topics);
        if now != voice.topics {
            replace(tx, voice, &Voice { topics: now, ..voice.clone() })?;
            changed += 1;
        }
    }
    Ok(changed)
}

/// The oldest voices that wait for the model service, with their text.
pub fn waiting(tx: &mut Tx, limit: i64) -> Result<Vec<(Voice, String)>> {
    let sql = format!(
        "SELECT {COLUMNS}, m.body FROM voices v JOIN ticket_messages m
           ON m.customer_id = v.customer_id AND m.ticket_id = v.ticket_id AND m.message_id = v.message_id
         WHERE v.model = 'waiting' ORDER BY v.said_at LIMIT $1"
    );
    tx.query(&sql, &[limit.into()], |row| Ok((read(row)?, row.text(super::WIDTH)?)))
}

/// The voice as it stands now.
pub fn find(tx: &mut Tx, voice: &Voice) -> Result<Option<Voice>> {
    let sql =
        format!("SELECT {COLUMNS} FROM voices v WHERE v.customer_id = $1 AND v.ticket_id = $2 AND v.message_id = $3");
    tx.query_one(&sql, &key(voice), read)
}
