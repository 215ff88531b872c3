//! What happens by itself: voices follow their tickets, the model service is asked, a changed topic is looked for in what
//! was said before.

use super::Sentiment;
use super::model::{self, Settings};
use crate::store::tickets;
use crate::store::voices::keep::{self, Reader};
use crate::store::voices::{Voice, topics};
use crate::work::TOPIC;
use serde_json::{Value as Json, json};
use zunke_access::settings;
use zunke_kernel::id::{MessageId, StaffId, TicketId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::jobs::{self, Handler, NewJob, Running};
use zunke_store::outbox::{Message, Subscriber};
use zunke_store::{Tx, jobs::Job};

/// Reads what customers say: a ticket's voices are brought up to date in the transaction that takes the message off the
/// list, so each is read and counted once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listen;

impl Subscriber for Listen {
    fn name(&self) -> &'static str {
        "service.voices"
    }

    fn topics(&self) -> &'static [&'static str] {
        &[TOPIC]
    }

    fn handle(&self, tx: &mut Tx, message: &Message) -> Result<()> {
        let id: TicketId = serde_json::from_value(message.payload["ticket_id"].clone()).map_err(Error::internal)?;
        let Some(ticket) = tickets::find(tx, id)? else { return Ok(()) };
        let reader = reader(tx)?;
        keep::keep(tx, &ticket, &reader)?;
        if reader.model { ask_later(tx, message.sent_at) } else { Ok(()) }
    }
}

/// What voices are read by now.
pub fn reader(tx: &mut Tx) -> Result<Reader> {
    let zone = settings::load(tx)?.zone();
    Ok(Reader { topics: topics::matchers(tx)?, zone, model: Settings::load(tx)?.enabled })
}

/// The kind of the job that asks the model service.
pub const ASK: &str = "service.voice_model";
/// The kind of the job that looks for topics in what was said before.
pub const RETAG: &str = "service.voice_topics";

fn ask_later(tx: &mut Tx, now: Instant) -> Result<()> {
    let mut job = NewJob::new(ASK, json!({}), now);
    job.dedup_key = Some(ASK.to_owned());
    jobs::enqueue(tx, now, job)?;
    Ok(())
}

/// Queues the look through everything said before.
pub fn retag_later(tx: &mut Tx, now: Instant, by: Option<StaffId>) -> Result<()> {
    // No key: a run that is under way has read the topics of before.
    let mut job = NewJob::new(RETAG, json!({}), now);
    job.created_by = by;
    jobs::enqueue(tx, now, job)?;
    Ok(())
}

/// Asks the model service, outside of every transaction, and writes what it said.
#[derive(Clone, Copy, Debug, Default)]
pub struct AskModel;

impl Handler for AskModel {
    fn kind(&self) -> &'static str {
        ASK
    }

    fn run(&self, job: &Running<'_>) -> Result<Json> {
        let (mut done, mut failed) = (0, 0);
        loop {
            let (settings, waiting) = job.db.read(|tx| Ok((Settings::load(tx)?, keep::waiting(tx, model::BATCH)?)))?;
            if waiting.is_empty() {
                return Ok(json!({ "done": done, "failed": failed }));
            }
            let messages: Vec<(String, String, String)> = waiting
                .iter()
                .map(|(voice, body)| {
                    (voice.message.to_string(), body.chars().take(4_000).collect(), voice.language.clone())
                })
                .collect();
            let answer = if settings.enabled { model::ask(&settings, &messages) } else { Err("off".to_owned()) };
            if let Err(error) = &answer {
                tracing::warn!(%error, "the model service did not answer; the lexicon's reading stays");
            }
            let (well, ill) = job.db.write(|tx| {
                let (mut well, mut ill) = (0, 0);
                for (voice, _) in &waiting {
                    // Read anew: it may have changed, or gone, while the service thought.
                    let Some(now) = keep::find(tx, voice)?.filter(|now| now.model == "waiting") else { continue };
                    let score = match &answer {
                        Ok(scores) => {
                            scores.get(&voice.message.to_string()).copied().ok_or("no answer for this message")
                        }
                        Err(error) => Err(error.as_str()),
                    };
                    let after = match score {
                        Ok(score) => {
                            well += 1;
                            let (source, sentiment) = ("model".to_owned(), Sentiment::of(score));
                            Voice { score, sentiment, source, model: "done".into(), model_error: None, ..now.clone() }
                        }
                        Err(error) => {
                            ill += 1;
                            Voice { model: "failed".into(), model_error: Some(error.to_owned()), ..now.clone() }
                        }
                    };
                    keep::replace(tx, &now, &after)?;
                }
                job.checkpoint(tx, &json!({ "done": done + well, "failed": failed + ill }))?;
                Ok((well, ill))
            })?;
            done += well;
            failed += ill;
        }
    }
}

/// Looks for the topics of now in everything said before, a page at a time; killed half-way it goes on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retag;

impl Handler for Retag {
    fn kind(&self) -> &'static str {
        RETAG
    }

    fn run(&self, job: &Running<'_>) -> Result<Json> {
        let begun = job.progress.clone().unwrap_or(Json::Null);
        let mut after: Option<(Instant, MessageId)> = serde_json::from_value(begun["after"].clone()).unwrap_or(None);
        let (mut seen, mut changed) = (begun["seen"].as_u64().unwrap_or(0), begun["changed"].as_u64().unwrap_or(0));
        loop {
            let step = job.db.write(|tx| {
                let topics = topics::matchers(tx)?;
                let page = keep::page(tx, after, 200)?;
                let now = keep::retag(tx, &page, &topics)? as u64;
                let last = page.last().map(|(voice, _)| (voice.said_at, voice.message));
                let progress = json!({ "after": last, "seen": seen + page.len() as u64, "changed": changed + now });
                job.checkpoint(tx, &progress)?;
                Ok((page.len() as u64, now, last))
            })?;
            if step.0 == 0 {
                return Ok(json!({ "seen": seen, "changed": changed }));
            }
            seen += step.0;
            changed += step.1;
            after = step.2;
        }
    }
}

/// The last look that was taken at the topics, for the page that shows it.
pub fn last_retag(tx: &mut Tx) -> Result<Option<Job>> {
    let filter = jobs::Filter { kind: Some(RETAG.to_owned()), ..jobs::Filter::default() };
    Ok(jobs::list(tx, &filter, 1)?.into_iter().next())
}
