//! Who makes the calls: a thread that looks what is due, and one thread for each call on its way. A slow receiver has its
//! own few threads and holds up nobody else. What was taken when the process died is made again when its lease is over.

use crate::event;
use crate::send::{Allowed, Answer, Message, Sender};
use crate::settings;
use crate::store::queue::{self, Taken};
use crate::store::webhooks;
use crate::webhook::{Webhook, WebhookId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use zunke_http::Clock;
use zunke_kernel::{Error, Instant, Result};
use zunke_service::intake::Keys;
use zunke_store::Db;

/// How often it is looked what is due.
const LOOK: Duration = Duration::from_millis(250);
/// Calls on their way to one receiver, and to all.
const EACH_MAX: usize = 8;
const ALL_MAX: usize = 64;
/// How long events and what became of them are kept.
const KEEP_MS: i64 = 30 * 86_400_000;
const SWEEP_EVERY_MS: i64 = 3_600_000;

/// What is needed to make calls.
#[derive(Clone)]
pub struct Courier {
    pub db: Db,
    pub clock: Clock,
    pub keys: Keys,
    /// How long a receiver may take.
    pub patience: Duration,
}

/// A courier at work. Dropping it waits for the calls on their way.
pub struct CourierHandle {
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl CourierHandle {
    /// Begins no call any more, and waits for those on their way.
    pub fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the webhooks had panicked");
        }
    }
}

impl Drop for CourierHandle {
    fn drop(&mut self) {
        self.halt();
    }
}

type Away = Arc<Mutex<HashMap<WebhookId, usize>>>;

impl Courier {
    pub fn spawn(self) -> Result<CourierHandle> {
        let stopping = Arc::new(AtomicBool::new(false));
        let told = stopping.clone();
        let thread = std::thread::Builder::new().name("webhooks".to_owned()).spawn(move || self.work(&told));
        Ok(CourierHandle { stopping, thread: Some(thread.map_err(Error::internal)?) })
    }

    fn work(&self, stopping: &AtomicBool) {
        let allowed = Allowed::default();
        let sender = Sender::patient(allowed.clone(), self.patience);
        let away = Away::default();
        let mut calls: Vec<JoinHandle<()>> = Vec::new();
        let mut swept = None;
        while !stopping.load(Ordering::Relaxed) {
            calls.retain(|call| !call.is_finished());
            let now = (self.clock)();
            match self.round(now, &allowed, &sender, &away, &mut calls) {
                // Whoever has just been served may have more.
                Ok(busy) => std::thread::sleep(if busy { LOOK / 10 } else { LOOK }),
                Err(error) => {
                    tracing::warn!(%error, "webhooks could not be looked after; it goes on");
                    std::thread::sleep(LOOK * 4);
                }
            }
            if swept.is_none_or(|swept: Instant| now.0 - swept.0 >= SWEEP_EVERY_MS) {
                swept = Some(now);
                if let Err(error) = self.db.write(|tx| queue::purge(tx, now.plus_ms(-KEEP_MS))) {
                    tracing::warn!(%error, "old webhook deliveries could not be swept");
                }
            }
        }
        for call in calls {
            let _ = call.join();
        }
    }

    /// Begins the calls that are due and have room; answers whether any were.
    fn round(
        &self,
        now: Instant,
        allowed: &Allowed,
        sender: &Sender,
        away: &Away,
        calls: &mut Vec<JoinHandle<()>>,
    ) -> Result<bool> {
        let room = |webhook: &Webhook| {
            let out = away.lock().unwrap_or_else(PoisonError::into_inner).get(&webhook.id).copied().unwrap_or(0);
            let most = if webhook.failures >= crate::backoff::QUIET_AFTER { 1 } else { EACH_MAX };
            most.saturating_sub(out)
        };
        let (due, nets) = self.db.read(|tx| {
            let mut due = Vec::new();
            for webhook in webhooks::list(tx)? {
                let open = webhook.active && webhook.open_at.is_none_or(|at| at <= now);
                if open && room(&webhook) > 0 && queue::waiting(tx, now, webhook.id)? {
                    due.push(webhook);
                }
            }
            let nets = if due.is_empty() { None } else { Some(settings::load(tx)?.nets().unwrap_or_default()) };
            Ok((due, nets))
        })?;
        if let Some(nets) = nets {
            allowed.set(nets);
        }
        let mut busy = false;
        for webhook in due {
            let limit = room(&webhook).min(ALL_MAX.saturating_sub(calls.len()));
            if limit == 0 {
                continue;
            }
            let limit = i64::try_from(limit).unwrap_or(1);
            let taken = self.db.write(|tx| queue::take(tx, now, webhook.id, limit))?;
            busy |= !taken.is_empty();
            let webhook = Arc::new(webhook);
            for one in taken {
                *away.lock().unwrap_or_else(PoisonError::into_inner).entry(webhook.id).or_default() += 1;
                let (courier, sender, webhook, back) = (self.clone(), sender.clone(), webhook.clone(), away.clone());
                let call = std::thread::Builder::new().name("webhook-call".to_owned()).spawn(move || {
                    let _back = Back(back, webhook.id);
                    courier.make(&sender, &webhook, &one);
                });
                match call {
                    Ok(call) => calls.push(call),
                    Err(error) => return Err(Error::internal(error)),
                }
            }
        }
        Ok(busy)
    }

    fn make(&self, sender: &Sender, webhook: &Webhook, one: &Taken) {
        let began = (self.clock)();
        let answer = match self.secrets(webhook, began) {
            Ok(secrets) => {
                let body = event::body(&one.kind, one.at, &one.payload);
                let message = Message { url: webhook.url.clone(), id: one.event.to_string(), body, secrets };
                sender.call(began, &message)
            }
            Err(error) => {
                tracing::error!(webhook = %webhook.id, %error, "the secret of a webhook can't be opened");
                Answer::failed("secret_broken")
            }
        };
        let now = (self.clock)();
        if let Err(error) = self.db.write(|tx| queue::settle(tx, now, one, began, &answer)) {
            // It is told again when the lease is over, under the same id.
            tracing::error!(webhook = %webhook.id, event = %one.event, %error, "what a call came to could not be kept");
        }
    }

    fn secrets(&self, webhook: &Webhook, now: Instant) -> Result<Vec<String>> {
        let about = Webhook::about(webhook.id);
        let mut secrets = vec![self.keys.open(&about, &webhook.secret)?];
        if let (Some(old), true) = (&webhook.old_secret, webhook.old_until.is_some_and(|until| until > now)) {
            secrets.push(self.keys.open(&about, old)?);
        }
        Ok(secrets)
    }
}

/// Counts a call as back, however it ended.
struct Back(Away, WebhookId);

impl Drop for Back {
    fn drop(&mut self) {
        let mut away = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(out) = away.get_mut(&self.1) {
            *out = out.saturating_sub(1);
        }
    }
}
