//! Live updates: server-sent events of the tickets that the listener may see.

use crate::store::news;
use crate::stream::{BATCH, Live, News, OVERLAP_MS, REPLAY_MS, Told};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use futures_util::stream::{self, Stream, StreamExt as _};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio::time::{Interval, MissedTickBehavior};
use zunke_access::{Actor, Can, may};
use zunke_http::{App, ReadProblems, Result};
use zunke_kernel::Instant;

/// How often a quiet stream says that it is still there.
const BEAT: Duration = Duration::from_secs(20);
/// How long a stream lives: the browser comes back by itself, and who he is and what he may see is asked anew.
const LIFE: Duration = Duration::from_secs(5 * 60);
/// How long a browser waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);

/// News of tickets as they happen, as server-sent events, for the tickets that the listener may see.
///
/// Events: `ready` when the stream stands; `ticket` (`TicketNews`) for each ticket that was written; `all` when there is too
/// much to tell and everything should be read again; `beat` every twenty seconds. News may come twice. The id of an event
/// is an instant: a client that comes back with it in `Last-Event-ID` within five minutes is told what it missed. A stream
/// ends after five minutes and is to be opened again.
#[utoipa::path(get, path = "/service/stream", tag = "service", operation_id = "stream_service",
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was received")),
    responses((status = 200, description = "text/event-stream", body = News, content_type = "text/event-stream"),
        ReadProblems))]
pub(super) async fn stream(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    let live = app.get::<Live>().unwrap_or_default();
    let told = live.listen(&app)?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.reset();
    let mut listener = Listener {
        ending: live.ending(),
        app,
        actor: can.0,
        told,
        waiting: VecDeque::new(),
        beat,
        ends: tokio::time::Instant::now() + LIFE,
        _live: live,
    };
    listener.greet(last.map(Instant)).await;
    let head = [("cache-control", "no-cache, no-transform"), ("x-accel-buffering", "no")];
    Ok((head, Sse::new(listener.into_stream())))
}

struct Listener {
    app: App,
    actor: Actor,
    told: broadcast::Receiver<Told>,
    ending: watch::Receiver<bool>,
    waiting: VecDeque<Event>,
    beat: Interval,
    ends: tokio::time::Instant,
    /// Where the binary put none in, the poller lives as long as its listener.
    _live: Live,
}

impl Listener {
    /// That the stream stands, and what was missed since `last`.
    async fn greet(&mut self, last: Option<Instant>) {
        let now = self.app.now();
        let ready = Event::default().event("ready").id(now.0.to_string()).retry(RETRY).data("{}");
        self.waiting.push_back(ready);
        let Some(last) = last else { return };
        if now.0 - last.0 > REPLAY_MS || last > now {
            self.waiting.push_back(everything());
            return;
        }
        let actor = self.actor.clone();
        let missed = self
            .app
            .db
            .read_async(move |tx| {
                let rows = news::since(tx, Instant(last.0 - OVERLAP_MS), BATCH)?;
                let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= BATCH;
                Ok((full, news::for_actor(tx, &actor, &rows)?))
            })
            .await;
        match missed {
            Ok((false, rows)) => self.waiting.extend(rows.iter().filter_map(event)),
            Ok((true, _)) | Err(_) => self.waiting.push_back(everything()),
        }
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            tokio::select! {
                told = self.told.recv() => match told {
                    Ok(Told::News(rows)) => self.take(rows.as_ref().clone()).await,
                    Ok(Told::All) | Err(broadcast::error::RecvError::Lagged(_)) => self.waiting.push_back(everything()),
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
                _ = self.beat.tick() => {
                    let now = self.app.now();
                    self.waiting.push_back(Event::default().event("beat").id(now.0.to_string()).data("{}"));
                }
                () = tokio::time::sleep_until(self.ends) => return None,
                () = ended(&mut self.ending) => return None,
            }
        }
    }

    async fn take(&mut self, rows: Vec<News>) {
        let actor = self.actor.clone();
        match self.app.db.read_async(move |tx| news::for_actor(tx, &actor, &rows)).await {
            Ok(rows) => self.waiting.extend(rows.iter().filter_map(event)),
            Err(error) => {
                tracing::warn!(%error, "what a listener may see could not be read");
                self.waiting.push_back(everything());
            }
        }
    }

    fn into_stream(self) -> impl Stream<Item = std::result::Result<Event, Infallible>> {
        stream::unfold(self, |mut listener| async move { listener.next().await.map(|event| (Ok(event), listener)) })
            .fuse()
    }
}

/// Comes back when the process ends.
async fn ended(ending: &mut watch::Receiver<bool>) {
    let _ = ending.wait_for(|ended| *ended).await;
}

fn event(news: &News) -> Option<Event> {
    Event::default().event("ticket").id(news.updated_at.0.to_string()).json_data(news).ok()
}

fn everything() -> Event {
    Event::default().event("all").data("{}")
}
