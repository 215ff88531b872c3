//! All SQL of customers' voices.

mod count;
pub mod keep;
pub mod like;
pub mod list;
pub mod topics;
pub mod trend;

use crate::voice::Sentiment;
use crate::voice::sentiment::Word;
use zunke_kernel::id::{CustomerId, MessageId, TicketId, TopicId};
use zunke_kernel::{Day, Error, Instant, Result};
use zunke_store::{Row, Value};

/// A voice as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Voice {
    pub customer: CustomerId,
    pub ticket: TicketId,
    pub message: MessageId,
    pub said_at: Instant,
    pub day: Day,
    pub level_rank: i64,
    /// Empty: none named.
    pub product: String,
    pub language: String,
    pub sentiment: Sentiment,
    pub score: i64,
    pub words: Vec<Word>,
    pub terms: Vec<String>,
    pub topics: Vec<TopicId>,
    /// `lexicon` or `model`.
    pub source: String,
    /// `none`, `waiting`, `done` or `failed`.
    pub model: String,
    pub model_error: Option<String>,
}

pub(crate) const WIDTH: usize = 16;

pub(crate) const COLUMNS: &str = "v.customer_id, v.ticket_id, v.message_id, v.said_at, v.day, v.level_rank, v.product, \
    v.language, v.sentiment, v.score, v.words, v.terms, v.topics, v.source, v.model, v.model_error";

pub(crate) fn read(row: &Row) -> Result<Voice> {
    Ok(Voice {
        customer: row.id(0, CustomerId)?,
        ticket: row.id(1, TicketId)?,
        message: row.id(2, MessageId)?,
        said_at: row.instant(3)?,
        day: row.day(4)?,
        level_rank: row.int(5)?,
        product: row.text(6)?,
        language: row.text(7)?,
        sentiment: Sentiment::read(row.str(8)?).ok_or_else(|| Error::internal("a voice has an unknown feeling"))?,
        score: row.int(9)?,
        words: row.json(10)?,
        terms: row.json(11)?,
        topics: row.json(12)?,
        source: row.text(13)?,
        model: row.text(14)?,
        model_error: row.opt_text(15)?,
    })
}

fn values(voice: &Voice) -> Result<Vec<Value>> {
    let json = |value: serde_json::Result<String>| value.map_err(Error::internal);
    Ok(vec![
        voice.customer.into(),
        voice.ticket.into(),
        voice.message.into(),
        voice.said_at.into(),
        voice.day.into(),
        voice.level_rank.into(),
        voice.product.as_str().into(),
        voice.language.as_str().into(),
        voice.sentiment.word().into(),
        voice.score.into(),
        json(serde_json::to_string(&voice.words))?.into(),
        json(serde_json::to_string(&voice.terms))?.into(),
        json(serde_json::to_string(&voice.topics))?.into(),
        voice.source.as_str().into(),
        voice.model.as_str().into(),
        voice.model_error.clone().into(),
    ])
}
