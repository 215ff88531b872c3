//! `/webhooks/{id}/deliveries`: what was told, what failed and why, and to begin one anew.

use crate::backoff::GIVE_UP_MS;
use crate::event::{self, EventId};
use crate::store::deliveries::{self as table, Attempt, Delivery, State as Standing};
use crate::store::webhooks;
use crate::webhook::WebhookId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Can, Write, may};
use zunke_http::{App, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::Error;
use zunke_kernel::page::{self, Page};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Params {
    state: Option<Standing>,
    /// 1–500, default 50.
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// The deliveries of a webhook, the newest first.
#[utoipa::path(get, path = "/webhooks/{id}/deliveries", tag = "webhooks", operation_id = "list_webhook_deliveries",
    params(("id" = WebhookId, Path), Params),
    responses((status = 200, body = inline(Page<Delivery>)), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    _: Can<may::ManageHooks>,
    Path(id): Path<WebhookId>,
    Query(params): Query<Params>,
) -> Result<axum::Json<Page<Delivery>>> {
    let limit = page::limit(params.limit)?;
    let after = match &params.after {
        Some(mark) => Some(read_place(mark)?),
        None => None,
    };
    let page = app
        .db
        .read_async(move |tx| {
            webhooks::find(tx, id)?.ok_or_else(Error::not_found)?;
            let mut items = table::list(tx, id, params.state, after, limit + 1)?;
            let more = items.len() > limit as usize;
            items.truncate(limit as usize);
            let next = items.last().filter(|_| more).map(|last| page::mark(&json!(last.event_id)));
            Ok(Page { items, next })
        })
        .await?;
    Ok(axum::Json(page))
}

fn read_place(mark: &str) -> zunke_kernel::Result<EventId> {
    let read = page::read_mark(mark)?;
    match read.as_str().and_then(|id| id.parse().ok()) {
        Some(id) => Ok(id),
        None => page::read_mark("?").and(Err(Error::not_found())),
    }
}

/// A delivery with its message and all calls.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDeliveryDetail)]
pub(super) struct Detail {
    #[serde(flatten)]
    delivery: Delivery,
    /// The body of the message.
    #[schema(value_type = Object)]
    body: serde_json::Value,
    /// The newest first.
    calls: Vec<Attempt>,
}

/// One delivery: its message, and what each call came to.
#[utoipa::path(get, path = "/webhooks/{id}/deliveries/{event}", tag = "webhooks", operation_id = "get_webhook_delivery",
    params(("id" = WebhookId, Path), ("event" = EventId, Path)),
    responses((status = 200, body = Detail), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    _: Can<may::ManageHooks>,
    Path((id, event)): Path<(WebhookId, EventId)>,
) -> Result<axum::Json<Detail>> {
    let detail = app
        .db
        .read_async(move |tx| {
            let (delivery, data) = table::find(tx, id, event)?.ok_or_else(Error::not_found)?;
            let body =
                serde_json::from_str(&event::body(&delivery.kind, delivery.at, &data)).map_err(Error::internal)?;
            let calls = table::attempts(tx, id, event)?;
            Ok(Detail { delivery, body, calls })
        })
        .await?;
    Ok(axum::Json(detail))
}

/// Begin one delivery anew, whatever became of it: the same message under the same id, for another 24 hours.
#[utoipa::path(post, path = "/webhooks/{id}/deliveries/{event}/replay", tag = "webhooks",
    operation_id = "replay_webhook_delivery",
    params(("id" = WebhookId, Path), ("event" = EventId, Path)),
    responses((status = 202, body = Delivery), WriteProblems))]
pub(super) async fn again(
    State(app): State<App>,
    write: Write<may::ManageHooks>,
    Path((id, event)): Path<(WebhookId, EventId)>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::ACCEPTED, move |tx| {
            if !table::again(tx, now, now.plus_ms(GIVE_UP_MS), id, event)? {
                return Err(Error::not_found());
            }
            audit.note(tx, "webhook.replay", id, &json!({ "event_id": event }))?;
            table::find(tx, id, event)?.map(|(delivery, _)| delivery).ok_or_else(Error::not_found)
        })
        .await
}
