//! `/webhook-events` and `/webhook-settings`.

use crate::event::EventType;
use crate::settings::{self, Settings};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use zunke_access::{Can, Write, may};
use zunke_http::{App, IfMatch, Json, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::Text;

/// A type of events, with what it carries by an example.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookEventKind)]
pub(super) struct Kind {
    #[serde(rename = "type")]
    kind: EventType,
    text: Text,
    /// Whether a webhook may ask for it; a test is sent by hand.
    can_be_wanted: bool,
    /// The `data` of a message.
    #[schema(value_type = Object)]
    example: Value,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookEventKinds)]
pub(super) struct Kinds {
    items: Vec<Kind>,
}

/// What is told, and what each message carries.
#[utoipa::path(get, path = "/webhook-events", tag = "webhooks", operation_id = "list_webhook_events",
    responses((status = 200, body = Kinds), ReadProblems))]
pub(super) async fn events(_: Can<may::ManageHooks>) -> axum::Json<Kinds> {
    let items = EventType::ALL.iter().map(|kind| Kind {
        kind: *kind,
        text: kind.text(),
        can_be_wanted: kind.can_be_wanted(),
        example: kind.example(),
    });
    axum::Json(Kinds { items: items.collect() })
}

/// The ranges of the inside that webhooks may call.
#[utoipa::path(get, path = "/webhook-settings", tag = "webhooks", operation_id = "get_webhook_settings",
    responses((status = 200, body = Settings), ReadProblems))]
pub(super) async fn get(State(app): State<App>, _: Can<may::ManageHooks>) -> Result<Versioned<Settings>> {
    let found = app.db.read_async(settings::load).await?;
    Ok(Versioned(found.version, found))
}

/// Allow ranges of the inside. Metadata addresses of clouds can't be allowed.
#[utoipa::path(put, path = "/webhook-settings", tag = "webhooks", operation_id = "put_webhook_settings",
    request_body = Settings, responses((status = 200, body = Settings), WriteProblems))]
pub(super) async fn put(
    State(app): State<App>,
    write: Write<may::ManageHooks>,
    if_match: IfMatch,
    Json(body): Json<Settings>,
) -> Result<Response> {
    body.nets()?;
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let before = settings::load(tx)?;
            if_match.check(before.version)?;
            let after = settings::save(tx, now, &body)?;
            let detail = json!({ "before": before.allowed_networks, "after": after.allowed_networks });
            audit.note(tx, "webhook.settings", "webhooks", &detail)?;
            Ok(after)
        })
        .await
}
