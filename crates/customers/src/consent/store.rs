//! The SQL of consents.

use super::{Channel, Purpose, Said, Source, State, allows};
use crate::privacy::standing::{self, State as Standing};
use crate::store::for_each_in;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;
use uuid::Uuid;
use zunke_kernel::id::{CustomerId, JobId, StaffId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx, Value};

/// One version of the wording of a purpose.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ConsentText)]
pub struct Text {
    #[schema(value_type = String)]
    pub id: Uuid,
    pub purpose: Purpose,
    /// 1, 2, 3 …; the highest of a purpose is in force.
    pub number: i64,
    pub words: zunke_kernel::Text,
    pub published_by: Option<StaffId>,
    pub published_at: Instant,
}

/// One word of a customer, as it was recorded.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ConsentEvent)]
pub struct Event {
    #[schema(value_type = String)]
    pub id: Uuid,
    pub purpose: Purpose,
    pub channel: Channel,
    pub state: State,
    pub source: Source,
    /// When it was said.
    pub said_at: Instant,
    /// The version of the wording that was agreed to.
    pub text_number: Option<i64>,
    pub note: Option<String>,
    /// Who wrote it down, and when.
    pub staff_id: Option<StaffId>,
    pub recorded_at: Instant,
}

fn read_text(row: &Row) -> Result<Text> {
    Ok(Text {
        id: row.uuid(0)?,
        purpose: Purpose::read(row.str(1)?)?,
        number: row.int(2)?,
        words: zunke_kernel::Text { zh: row.text(3)?, en: row.text(4)? },
        published_by: row.opt_id(5, StaffId)?,
        published_at: row.instant(6)?,
    })
}

/// All wordings, the one in force of each purpose first.
pub fn texts(tx: &mut Tx) -> Result<Vec<Text>> {
    tx.query(
        "SELECT text_id, purpose, number, words_zh, words_en, published_by, published_at FROM consent_texts
         ORDER BY purpose, number DESC",
        &[],
        read_text,
    )
}

/// The wording of a purpose that is in force, or one version of it.
pub fn text(tx: &mut Tx, purpose: Purpose, number: Option<i64>) -> Result<Option<Text>> {
    tx.query_one(
        "SELECT text_id, purpose, number, words_zh, words_en, published_by, published_at FROM consent_texts
         WHERE purpose = $1 AND (number = $2 OR ($2 = CAST(0 AS BIGINT)
           AND number = (SELECT MAX(number) FROM consent_texts WHERE purpose = $1)))",
        &[purpose.word().into(), number.unwrap_or(0).into()],
        read_text,
    )
}

/// Publishes the next version of a purpose's wording.
pub fn publish(tx: &mut Tx, now: Instant, by: StaffId, purpose: Purpose, words: &zunke_kernel::Text) -> Result<Text> {
    let last = text(tx, purpose, None)?.map_or(0, |text| text.number);
    let id = JobId::new(now).0;
    let made = tx.execute(
        "INSERT INTO consent_texts (text_id, purpose, number, words_zh, words_en, published_by, published_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (purpose, number) DO NOTHING",
        &[
            id.into(),
            purpose.word().into(),
            (last + 1).into(),
            words.zh.as_str().into(),
            words.en.as_str().into(),
            by.into(),
            now.into(),
        ],
    )?;
    if made == 0 {
        return Err(Error::stale());
    }
    Ok(Text { id, purpose, number: last + 1, words: words.clone(), published_by: Some(by), published_at: now })
}

/// Writes down what somebody said.
pub fn record(tx: &mut Tx, customer: CustomerId, event: &Event, text: Option<Uuid>) -> Result<()> {
    tx.execute(
        "INSERT INTO consents (customer_id, said_at, consent_id, purpose, channel, state, source, text_id, text_number,
           note, staff_id, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &[
            customer.into(),
            event.said_at.into(),
            event.id.into(),
            event.purpose.word().into(),
            event.channel.word().into(),
            event.state.word().into(),
            event.source.word().into(),
            text.into(),
            event.text_number.into(),
            event.note.clone().into(),
            event.staff_id.into(),
            event.recorded_at.into(),
        ],
    )?;
    Ok(())
}

/// Everything that somebody said, the latest first.
pub fn events(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Event>> {
    tx.query(
        "SELECT consent_id, purpose, channel, state, source, said_at, text_number, note, staff_id, recorded_at
         FROM consents WHERE customer_id = $1 ORDER BY said_at DESC, consent_id DESC",
        &[customer.into()],
        |row| {
            Ok(Event {
                id: row.uuid(0)?,
                purpose: Purpose::read(row.str(1)?)?,
                channel: Channel::read(row.str(2)?)?,
                state: State::read(row.str(3)?)?,
                source: Source::read(row.str(4)?)?,
                said_at: row.instant(5)?,
                text_number: row.opt_int(6)?,
                note: row.opt_text(7)?,
                staff_id: row.opt_id(8, StaffId)?,
                recorded_at: row.instant(9)?,
            })
        },
    )
}

/// Which of these customers may be reached for a purpose over a channel. Whose data are restricted or erased may not.
pub fn consented_many(
    tx: &mut Tx,
    customers: &[CustomerId],
    purpose: Purpose,
    channel: Channel,
) -> Result<HashSet<CustomerId>> {
    let ids: Vec<Value> = customers.iter().map(|id| (*id).into()).collect();
    let mut said: HashMap<CustomerId, Vec<Said>> = HashMap::new();
    for_each_in(
        tx,
        "SELECT customer_id, said_at, channel, state FROM consents
         WHERE purpose = $1 AND channel IN ('any', $2) AND customer_id IN ({list})",
        &[purpose.word().into(), channel.word().into()],
        &ids,
        &mut |row| {
            said.entry(row.id(0, CustomerId)?).or_default().push(Said {
                at: row.instant(1)?,
                channel: Channel::read(row.str(2)?)?,
                state: State::read(row.str(3)?)?,
            });
            Ok(())
        },
    )?;
    let shut = standing::among(tx, customers, &[Standing::Restricted, Standing::Erased])?;
    Ok(customers
        .iter()
        .filter(|id| !shut.contains(id) && allows(purpose, said.get(id).map_or(&[][..], Vec::as_slice), channel))
        .copied()
        .collect())
}

/// Whether one customer may be reached for a purpose over a channel.
pub fn consented(tx: &mut Tx, customer: CustomerId, purpose: Purpose, channel: Channel) -> Result<bool> {
    Ok(consented_many(tx, &[customer], purpose, channel)?.contains(&customer))
}
