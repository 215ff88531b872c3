//! `/service-hooks`: other systems that send what customers say, and `/hooks/{key}`: where they send it.

use super::mailboxes::keys;
use crate::context::{Context, Hooks};
use crate::intake::form::new_key;
use crate::intake::hook::{self, Hook, HookId, Mapping};
use crate::intake::mailbox::Problem;
use crate::intake::signature::{self, Signed};
use crate::store::channels;
use crate::text;
use axum::body::Bytes;
use axum::extract::State as Axum;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Can, Secret, Write, may};
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::TicketId;
use zunke_kernel::{Error, Kind};

const MESSAGE_BYTES_MAX: usize = 256 * 1024;

#[derive(Serialize, ToSchema)]
#[schema(as = ServiceHookList)]
pub(super) struct List {
    items: Vec<Hook>,
}

/// The systems that send messages.
#[utoipa::path(get, path = "/service-hooks", tag = "service", operation_id = "list_service_hooks",
    responses((status = 200, body = List), ReadProblems))]
pub(super) async fn list(Axum(app): Axum<App>, _: Can<may::ManageService>) -> Result<axum::Json<List>> {
    Ok(axum::Json(List { items: app.db.read_async(channels::hooks).await? }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewServiceHook)]
pub(super) struct NewBody {
    name: String,
    mapping: Mapping,
}

/// A hook with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = ServiceHookMade)]
pub(super) struct Made {
    #[serde(flatten)]
    hook: Hook,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Make a way in for another system. The answer shows the secret, once.
#[utoipa::path(post, path = "/service-hooks", tag = "service", operation_id = "create_service_hook",
    request_body = NewBody, responses((status = 201, body = Made), WriteProblems))]
pub(super) async fn create(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    body.mapping.check()?;
    let id = HookId::new(write.now);
    let secret = Secret::new(signature::new_secret()?);
    let hook = Hook {
        id,
        key: new_key()?,
        name: text::required(&body.name, "name", 60)?,
        active: true,
        mapping: body.mapping,
        sealed: keys(&app)?.seal(&id.to_string(), secret.reveal())?,
        taken: 0,
        last_at: None,
        problem: None,
        version: 1,
    };
    let (now, audit) = (write.now, write.audit());
    write
        .run_showing_once(&app, StatusCode::CREATED, ("secret", Some(&secret)), move |tx| {
            channels::save_hook(tx, now, &hook)?;
            audit.note(tx, "hook.create", id, &json!({ "name": hook.name }))?;
            Ok(hook.clone())
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ServiceHookChange)]
pub(super) struct ChangeBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    active: Option<bool>,
    #[serde(default)]
    mapping: Option<Mapping>,
    /// Makes a new secret, shown once; the old one holds no longer.
    #[serde(default)]
    new_secret: bool,
}

/// Change a hook, or give it a new secret.
#[utoipa::path(patch, path = "/service-hooks/{id}", tag = "service", operation_id = "update_service_hook",
    params(("id" = HookId, Path)), request_body = ChangeBody, responses((status = 200, body = Made), WriteProblems))]
pub(super) async fn update(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Path(id): Path<HookId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    if let Some(mapping) = &body.mapping {
        mapping.check()?;
    }
    let secret = if body.new_secret { Some(Secret::new(signature::new_secret()?)) } else { None };
    let sealed = match &secret {
        Some(secret) => Some(keys(&app)?.seal(&id.to_string(), secret.reveal())?),
        None => None,
    };
    let (now, audit) = (write.now, write.audit());
    write
        .run_showing_once(&app, StatusCode::OK, ("secret", secret.as_ref()), move |tx| {
            let mut kept = channels::hook(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(kept.version)?;
            if let Some(name) = &body.name {
                kept.name = text::required(name, "name", 60)?;
            }
            kept.active = body.active.unwrap_or(kept.active);
            if let Some(mapping) = &body.mapping {
                kept.mapping = mapping.clone();
            }
            if let Some(sealed) = &sealed {
                kept.sealed = sealed.clone();
            }
            channels::save_hook(tx, now, &kept)?;
            let detail = json!({ "name": kept.name, "active": kept.active, "new_secret": sealed.is_some() });
            audit.note(tx, "hook.change", id, &detail)?;
            kept.version += 1;
            Ok(kept)
        })
        .await
}

/// Delete a hook: what is sent to it is refused from now on.
#[utoipa::path(delete, path = "/service-hooks/{id}", tag = "service", operation_id = "delete_service_hook",
    params(("id" = HookId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn delete(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Path(id): Path<HookId>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            if !channels::delete_hook(tx, id)? {
                return Err(Error::not_found());
            }
            audit.note(tx, "hook.delete", id, &json!({}))
        })
        .await
}

/// What became of a message.
#[derive(Serialize, ToSchema)]
#[schema(as = HookTaken)]
pub(super) struct Taken {
    ticket_id: TicketId,
    /// False: it was here already.
    fresh: bool,
}

/// Send a message, signed as Standard Webhooks has it: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
#[utoipa::path(post, path = "/hooks/{key}", tag = "service", operation_id = "send_hook_message", security(()),
    params(("key" = String, Path), ("webhook-id" = String, Header), ("webhook-timestamp" = String, Header),
        ("webhook-signature" = String, Header)),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, body = Taken), WriteProblems))]
pub(super) async fn receive(
    Axum(app): Axum<App>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response> {
    let now = app.now();
    let hook = app.db.read_async(move |tx| channels::open_hook(tx, &key)).await?.ok_or_else(Error::not_found)?;
    if body.len() > MESSAGE_BYTES_MAX {
        let text = ("消息过大，最多 256 KB。", "The message is too large: at most 256 KB.");
        return Err(Error::new(Kind::TooLarge, "hook_too_large", text.0, text.1).into());
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let signed = Signed {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let secret = keys(&app)?.open(&hook.id.to_string(), &hook.sealed)?;
    // Of a stranger nothing is noted: only who has the secret fills a row.
    signature::check(&secret, signed, &body, now)?;
    let mapped = serde_json::from_slice(&body)
        .map_err(|cause| {
            Error::invalid("hook_malformed", "消息不是有效的 JSON。", "The message is not valid JSON.").caused_by(cause)
        })
        .and_then(|message: serde_json::Value| hook::map(&hook.mapping, &message));
    let (id, hooks) = (signed.id.to_owned(), Hooks::of(&app));
    let hook_id = hook.id;
    let taken = match mapped {
        Ok(mapped) => {
            app.db
                .write_async(move |tx| {
                    let cx = Context::load(tx, now, None)?;
                    let (ticket_id, fresh) = hook::take(tx, &cx, &hooks, &hook, &id, &mapped)?;
                    if fresh {
                        channels::heard(tx, now, hook.id, None)?;
                    }
                    Ok(Taken { ticket_id, fresh })
                })
                .await
        }
        Err(error) => Err(error),
    };
    match taken {
        Ok(taken) => Ok(axum::Json(taken).into_response()),
        Err(error) => {
            let problem =
                Problem { code: error.code.to_owned(), text: error.text.clone(), detail: String::new(), at: now };
            if error.kind == Kind::Invalid {
                app.db.write_async(move |tx| channels::heard(tx, now, hook_id, Some(&problem))).await?;
            }
            Err(error.into())
        }
    }
}
