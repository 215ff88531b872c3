//! Keeping an event in the transaction of its cause. Where no webhook wants it, this is one look at a short table.

use crate::backoff::GIVE_UP_MS;
use crate::event::{EventId, EventType, NewEvent};
use crate::store::events::{self, Kept};
use crate::store::webhooks;
use crate::webhook::WebhookId;
use std::collections::{BTreeSet, HashMap, HashSet};
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

/// Who wants what, looked up once for a unit of work.
pub struct Wishes(Vec<(WebhookId, BTreeSet<EventType>)>);

impl Wishes {
    pub fn load(tx: &mut Tx) -> Result<Self> {
        Ok(Self(webhooks::wishes(tx)?))
    }

    #[must_use]
    pub fn any(&self, kinds: &[EventType]) -> bool {
        self.0.iter().any(|(_, wanted)| kinds.iter().any(|kind| wanted.contains(kind)))
    }

    fn of(&self, kind: EventType) -> Vec<uuid::Uuid> {
        self.0.iter().filter(|(_, wanted)| wanted.contains(&kind)).map(|(id, _)| id.0).collect()
    }
}

/// Keeps what somebody wants, in the order given; answers how many were kept.
pub fn emit(tx: &mut Tx, now: Instant, wishes: &Wishes, new: &[NewEvent]) -> Result<usize> {
    let wanted = new.iter().map(|event| (event, wishes.of(event.kind))).filter(|(_, to)| !to.is_empty()).collect();
    keep(tx, now, wanted).map(|ids| ids.len())
}

/// Keeps an event for one webhook alone, whatever it wants.
pub fn emit_to(tx: &mut Tx, now: Instant, webhook: WebhookId, new: &NewEvent) -> Result<Vec<EventId>> {
    keep(tx, now, vec![(new, vec![webhook.0])])
}

fn keep(tx: &mut Tx, now: Instant, wanted: Vec<(&NewEvent, Vec<uuid::Uuid>)>) -> Result<Vec<EventId>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let keys: HashSet<&str> = wanted.iter().map(|(event, _)| event.key.as_str()).collect();
    let keys: Vec<&str> = keys.into_iter().collect();
    let mut positions: HashMap<String, i64> = events::positions(tx, &keys)?;
    let kept: Vec<Kept<'_>> = wanted
        .into_iter()
        .map(|(event, to)| {
            let position = positions.entry(event.key.clone()).or_insert(0);
            *position += 1;
            Kept {
                id: EventId::new(now),
                kind: event.kind,
                key: &event.key,
                position: *position,
                data: event.data.to_string(),
                to,
            }
        })
        .collect();
    events::insert(tx, now, now.plus_ms(GIVE_UP_MS), &kept)?;
    Ok(kept.iter().map(|event| event.id).collect())
}
