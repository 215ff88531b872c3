//! `/webhooks`: making and changing them, a test, and telling again what was missed.

use super::keys;
use crate::backoff::GIVE_UP_MS;
use crate::emit;
use crate::event::{EventId, EventType, NewEvent};
use crate::settings;
use crate::store::deliveries::{self, State as Standing};
use crate::store::webhooks;
use crate::webhook::{Entered, OVERLAP_MS, Webhook, WebhookId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use zunke_access::{Can, Secret, Write, may};
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::{Error, Instant};
use zunke_service::intake::signature;
use zunke_store::Tx;

/// A webhook, and how it stands with its deliveries.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookView)]
pub(super) struct View {
    #[serde(flatten)]
    webhook: Webhook,
    /// Deliveries on their way, or to be tried again.
    pending: i64,
    /// Deliveries given up.
    dead: i64,
    /// `whsec_…`: only in the answer that made it, and there once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl View {
    /// One that has nothing on its way.
    fn fresh(webhook: Webhook) -> Self {
        Self { webhook, pending: 0, dead: 0, secret: None }
    }
}

fn views(tx: &mut Tx, found: Vec<Webhook>) -> zunke_kernel::Result<Vec<View>> {
    let counts = deliveries::counts(tx)?;
    let of = |id, state| counts.iter().filter(|one| (one.0, one.1) == (id, state)).map(|one| one.2).sum();
    let view = |webhook: Webhook| View {
        pending: of(webhook.id, Standing::Pending),
        dead: of(webhook.id, Standing::Dead),
        webhook,
        secret: None,
    };
    Ok(found.into_iter().map(view).collect())
}

fn view(tx: &mut Tx, id: WebhookId) -> zunke_kernel::Result<View> {
    let webhook = find(tx, id)?;
    views(tx, vec![webhook])?.pop().ok_or_else(Error::not_found)
}

fn find(tx: &mut Tx, id: WebhookId) -> zunke_kernel::Result<Webhook> {
    webhooks::find(tx, id)?.ok_or_else(Error::not_found)
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookList)]
pub(super) struct List {
    items: Vec<View>,
}

/// All webhooks.
#[utoipa::path(get, path = "/webhooks", tag = "webhooks", operation_id = "list_webhooks",
    responses((status = 200, body = List), ReadProblems))]
pub(super) async fn list(State(app): State<App>, _: Can<may::ManageHooks>) -> Result<axum::Json<List>> {
    let items = app
        .db
        .read_async(|tx| {
            let found = webhooks::list(tx)?;
            views(tx, found)
        })
        .await?;
    Ok(axum::Json(List { items }))
}

/// Make a webhook. The answer shows the secret that signs its messages, once.
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", operation_id = "create_webhook", request_body = Entered,
    responses((status = 201, body = View), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageHooks>,
    Json(body): Json<Entered>,
) -> Result<Response> {
    let id = WebhookId::new(write.now);
    let secret = Secret::new(signature::new_secret()?);
    let sealed = keys(&app)?.seal(&Webhook::about(id), secret.reveal())?;
    let (now, by, audit) = (write.now, write.actor.staff, write.audit());
    write
        .run_showing_once(&app, StatusCode::CREATED, ("secret", Some(&secret)), move |tx| {
            let entered = body.clone().check(&settings::load(tx)?.nets()?)?;
            let webhook = Webhook {
                id,
                name: entered.name,
                url: entered.url,
                events: entered.events,
                active: true,
                stopped: None,
                old_until: None,
                failures: 0,
                failing_since: None,
                open_at: None,
                succeeded_at: None,
                created_by: Some(by),
                created_at: now,
                version: 1,
                secret: sealed.clone(),
                old_secret: None,
            };
            webhooks::insert(tx, &webhook)?;
            let detail = json!({ "name": webhook.name, "url": webhook.url, "events": webhook.events });
            audit.note(tx, "webhook.create", id, &detail)?;
            Ok(View::fresh(webhook))
        })
        .await
}

/// One webhook.
#[utoipa::path(get, path = "/webhooks/{id}", tag = "webhooks", operation_id = "get_webhook",
    params(("id" = WebhookId, Path)), responses((status = 200, body = View), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    _: Can<may::ManageHooks>,
    Path(id): Path<WebhookId>,
) -> Result<Versioned<View>> {
    let found = app.db.read_async(move |tx| view(tx, id)).await?;
    Ok(Versioned(found.webhook.version, found))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookChange)]
pub(super) struct ChangeBody {
    #[serde(default)]
    #[schema(max_length = 60)]
    name: Option<String>,
    #[serde(default)]
    #[schema(max_length = 500)]
    url: Option<String>,
    #[serde(default)]
    #[schema(min_items = 1)]
    events: Option<BTreeSet<EventType>>,
    /// False: nothing more is kept for it and nothing sent; what waits is sent when it is switched on again.
    #[serde(default)]
    active: Option<bool>,
}

/// Change a webhook.
#[utoipa::path(patch, path = "/webhooks/{id}", tag = "webhooks", operation_id = "update_webhook",
    params(("id" = WebhookId, Path)), request_body = ChangeBody, responses((status = 200, body = View), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::ManageHooks>,
    Path(id): Path<WebhookId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let before = find(tx, id)?;
            if_match.check(before.version)?;
            let entered = Entered {
                name: body.name.clone().unwrap_or_else(|| before.name.clone()),
                url: body.url.clone().unwrap_or_else(|| before.url.clone()),
                events: body.events.clone().unwrap_or_else(|| before.events.clone()),
            };
            let entered = entered.check(&settings::load(tx)?.nets()?)?;
            let after = Webhook {
                name: entered.name,
                url: entered.url,
                events: entered.events,
                active: body.active.unwrap_or(before.active),
                ..before.clone()
            };
            webhooks::update(tx, now, &after)?;
            let shown =
                |one: &Webhook| json!({ "name": one.name, "url": one.url, "events": one.events, "active": one.active });
            audit.note(tx, "webhook.change", id, &json!({ "before": shown(&before), "after": shown(&after) }))?;
            view(tx, id)
        })
        .await
}

/// Delete a webhook, with what was still to be told it.
#[utoipa::path(delete, path = "/webhooks/{id}", tag = "webhooks", operation_id = "delete_webhook",
    params(("id" = WebhookId, Path)), responses((status = 204, description = "Deleted"), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::ManageHooks>,
    Path(id): Path<WebhookId>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            let before = find(tx, id)?;
            webhooks::delete(tx, id)?;
            audit.note(tx, "webhook.delete", id, &json!({ "name": before.name, "url": before.url }))
        })
        .await
}

/// Give a webhook a new secret, shown once. For 24 hours messages carry the signatures of both, so that a receiver can
/// change over without losing any.
#[utoipa::path(post, path = "/webhooks/{id}/secret", tag = "webhooks", operation_id = "rotate_webhook_secret",
    params(("id" = WebhookId, Path)),
    responses((status = 200, body = View), WriteProblems))]
pub(super) async fn rotate(
    State(app): State<App>,
    write: Write<may::ManageHooks>,
    Path(id): Path<WebhookId>,
) -> Result<Response> {
    let secret = Secret::new(signature::new_secret()?);
    let sealed = keys(&app)?.seal(&Webhook::about(id), secret.reveal())?;
    let (now, audit) = (write.now, write.audit());
    write
        .run_showing_once(&app, StatusCode::OK, ("secret", Some(&secret)), move |tx| {
            let before = find(tx, id)?;
            let after = Webhook {
                old_secret: Some(before.secret.clone()),
                old_until: Some(now.plus_ms(OVERLAP_MS)),
                secret: sealed.clone(),
                ..before
            };
            webhooks::update(tx, now, &after)?;
            audit.note(tx, "webhook.secret", id, &json!({ "old_until": after.old_until }))?;
            view(tx, id)
        })
        .await
}

/// A test that is on its way.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookTest)]
pub(super) struct Test {
    event_id: EventId,
}

/// Send a test: a `webhook.test` on the same way as every other message. What became of it stands in the deliveries.
#[utoipa::path(post, path = "/webhooks/{id}/test", tag = "webhooks", operation_id = "test_webhook",
    params(("id" = WebhookId, Path)), responses((status = 202, body = Test), WriteProblems))]
pub(super) async fn test(
    State(app): State<App>,
    write: Write<may::ManageHooks>,
    Path(id): Path<WebhookId>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::ACCEPTED, move |tx| {
            if !find(tx, id)?.active {
                return Err(Error::conflict(
                    "webhook_off",
                    "该 Webhook 已停用，请先启用。",
                    "This webhook is switched off; switch it on first.",
                ));
            }
            let event = NewEvent { kind: EventType::Test, key: id.to_string(), data: EventType::Test.example() };
            let event_id = emit::emit_to(tx, now, id, &event)?.pop().ok_or_else(|| Error::internal("no test"))?;
            audit.note(tx, "webhook.test", id, &json!({ "event_id": event_id }))?;
            Ok(Test { event_id })
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookReplay)]
pub(super) struct ReplayBody {
    /// What happened from here on.
    from: Instant,
    /// And before; now where it is left out.
    #[serde(default)]
    until: Option<Instant>,
    /// True: also what was delivered already. Else only what was given up.
    #[serde(default)]
    delivered_too: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookReplayed)]
pub(super) struct Replayed {
    deliveries: u64,
}

/// Tell again what happened within a time, under the same ids and in the same order: what was given up, or all of it.
#[utoipa::path(post, path = "/webhooks/{id}/replay", tag = "webhooks", operation_id = "replay_webhook",
    params(("id" = WebhookId, Path)), request_body = ReplayBody,
    responses((status = 202, body = Replayed), WriteProblems))]
pub(super) async fn replay(
    State(app): State<App>,
    write: Write<may::ManageHooks>,
    Path(id): Path<WebhookId>,
    Json(body): Json<ReplayBody>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    let until = body.until.unwrap_or(now.plus_ms(1));
    if until <= body.from {
        let error =
            Error::invalid("period_invalid", "结束时间应晚于开始时间。", "The end must lie after the beginning.");
        return Err(error.at("until").into());
    }
    write
        .run(&app, StatusCode::ACCEPTED, move |tx| {
            find(tx, id)?;
            let time = (body.from, until);
            let give_up = now.plus_ms(GIVE_UP_MS);
            let deliveries = deliveries::again_many(tx, now, give_up, id, time, !body.delivered_too)?;
            let detail = json!({ "from": body.from, "until": until, "delivered_too": body.delivered_too,
                "deliveries": deliveries });
            audit.note(tx, "webhook.replay", id, &detail)?;
            Ok(Replayed { deliveries })
        })
        .await
}
