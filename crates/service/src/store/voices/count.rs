//! The counters: kept in the transaction that writes or takes away a voice.

use super::Voice;
use std::collections::BTreeMap;
use zunke_kernel::Result;
use zunke_kernel::id::TopicId;
use zunke_store::{Tx, Value};

/// The topic under which every voice is counted.
pub(super) const EVERY: TopicId = TopicId(uuid::Uuid::nil());

/// Counts voices that came (`1`) and went (`-1`); what is the same before and after is not written.
pub(super) fn count(tx: &mut Tx, changes: &[(&Voice, i64)]) -> Result<()> {
    let mut days: BTreeMap<(TopicId, &str, i32, i64, &str), i64> = BTreeMap::new();
    let mut weeks: BTreeMap<(&str, i64, i64), i64> = BTreeMap::new();
    for (voice, by) in changes {
        for topic in voice.topics.iter().copied().chain([EVERY]) {
            let mut add = |product| {
                *days.entry((topic, product, voice.day.0, voice.level_rank, voice.sentiment.word())).or_default() += by;
            };
            add("");
            if !voice.product.is_empty() {
                add(&voice.product);
            }
        }
        for term in &voice.terms {
            *weeks.entry((term, i64::from(voice.day.0.div_euclid(7)), voice.level_rank)).or_default() += by;
        }
    }
    let rows: Vec<Vec<Value>> = days
        .into_iter()
        .filter(|(_, by)| *by != 0)
        .map(|((topic, product, day, level, sentiment), by)| {
            vec![topic.into(), product.into(), i64::from(day).into(), level.into(), sentiment.into(), by.into()]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO voice_days (topic_id, product, day, level_rank, sentiment, voices) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (topic_id, product, day, level_rank, sentiment)
         DO UPDATE SET voices = voice_days.voices + excluded.voices",
        &rows,
    )?;
    let rows: Vec<Vec<Value>> = weeks
        .into_iter()
        .filter(|(_, by)| *by != 0)
        .map(|((term, week, level), by)| vec![term.into(), week.into(), level.into(), by.into()])
        .collect();
    tx.execute_many(
        "INSERT INTO voice_term_weeks (term, week, level_rank, voices) VALUES ($1, $2, $3, $4)
         ON CONFLICT (term, week, level_rank) DO UPDATE SET voices = voice_term_weeks.voices + excluded.voices",
        &rows,
    )?;
    Ok(())
}
