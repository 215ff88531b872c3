//! The list of voices: what customers said, the latest first.

use super::{COLUMNS, Voice, WIDTH, read};
use crate::visible;
use crate::voice::Sentiment;
use zunke_access::Actor;
use zunke_kernel::id::{MessageId, TopicId};
use zunke_kernel::{Error, Instant, Result, page};
use zunke_store::{Tx, Value};

/// Which voices.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub topic: Option<TopicId>,
    pub sentiment: Option<Sentiment>,
    pub levels: Vec<i64>,
    pub product: Option<String>,
    pub from: Option<Instant>,
    /// Up to, without it.
    pub to: Option<Instant>,
}

/// A voice with what is shown beside it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub voice: Voice,
    pub number: i64,
    pub kind: String,
    pub channel: String,
    pub body: String,
    pub customer: Option<String>,
}

/// A page of the voices that the actor sees.
pub fn list(
    tx: &mut Tx,
    actor: &Actor,
    filter: &Filter,
    limit: u32,
    after: Option<&str>,
) -> Result<page::Page<Listed>> {
    let (seen, mut params) = visible::seen(tx.engine(), actor, "t");
    let mut bind = |value: Value| {
        params.push(value);
        format!("${}", params.len())
    };
    let mut wheres = Vec::new();
    // The narrowest index leads.
    let (from, said, message) = if let Some(topic) = filter.topic {
        wheres.push(format!("x.topic_id = {}", bind(topic.into())));
        let from = "voice_topics x JOIN voices v ON v.customer_id = x.customer_id AND v.ticket_id = x.ticket_id
                    AND v.message_id = x.message_id";
        (from, "x.said_at", "x.message_id")
    } else {
        ("voices v", "v.said_at", "v.message_id")
    };
    if let Some(sentiment) = filter.sentiment {
        wheres.push(format!("v.sentiment = {}", bind(sentiment.word().into())));
    }
    if !filter.levels.is_empty() {
        let list: Vec<String> = filter.levels.iter().map(|rank| bind((*rank).into())).collect();
        wheres.push(format!("v.level_rank IN ({})", list.join(", ")));
    }
    if let Some(product) = &filter.product {
        wheres.push(format!("v.product = {}", bind(product.into())));
    }
    if let Some(first) = filter.from {
        wheres.push(format!("{said} >= {}", bind(first.into())));
    }
    if let Some(last) = filter.to {
        wheres.push(format!("{said} < {}", bind(last.into())));
    }
    if let Some(after) = after {
        let (at, id): (Instant, MessageId) = serde_json::from_value(page::read_mark(after)?).map_err(|_| {
            let text =
                ("翻页标记无效，请从第一页重新开始。", "This page mark is not valid; start again from the first page.");
            Error::invalid("after_invalid", text.0, text.1).at("after")
        })?;
        let (at, id) = (bind(at.into()), bind(id.into()));
        wheres.push(format!("({said}, {message}) < ({at}, {id})"));
    }
    let condition = if wheres.is_empty() { "1 = 1".to_owned() } else { wheres.join(" AND ") };
    let rows = bind(i64::from(limit + 1).into());
    let sql = format!(
        "SELECT {COLUMNS}, t.number, t.kind, t.channel, m.body, c.name FROM {from}
         JOIN tickets t ON t.customer_id = v.customer_id AND t.ticket_id = v.ticket_id
         JOIN ticket_messages m ON m.customer_id = v.customer_id AND m.ticket_id = v.ticket_id
           AND m.message_id = v.message_id
         LEFT JOIN customers c ON c.customer_id = v.customer_id
         WHERE {condition}{seen} ORDER BY {said} DESC, {message} DESC LIMIT {rows}"
    );
    let mut items = tx.query(&sql, &params, |row| {
        Ok(Listed {
            voice: read(row)?,
            number: row.int(WIDTH)?,
            kind: row.text(WIDTH + 1)?,
            channel: row.text(WIDTH + 2)?,
            body: row.text(WIDTH + 3)?,
            customer: row.opt_text(WIDTH + 4)?,
        })
    })?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let mark = |item: &Listed| page::mark(&serde_json::json!([item.voice.said_at, item.voice.message]));
    let next = items.last().filter(|_| more).map(mark);
    Ok(page::Page { items, next })
}
