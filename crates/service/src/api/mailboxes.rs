//! `/mailboxes`: where mail comes in and goes out, and whether it works.

use crate::intake::Keys;
use crate::intake::mailbox::{self, Mailbox, MailboxId, Problem, Settings};
use crate::intake::{imap, send};
use crate::store::mails::Refused;
use crate::store::{mailboxes, mails};
use crate::text;
use axum::extract::State as Axum;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Can, Secret, Write, may};
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::{Error, Instant};
use zunke_store::Tx;

/// The key of the house, as the binary put it in.
pub(super) fn keys(app: &App) -> zunke_kernel::Result<Keys> {
    app.get::<Keys>().ok_or_else(|| Error::internal("no key to seal and sign with"))
}

#[derive(Serialize, ToSchema)]
#[schema(as = MailboxList)]
pub(super) struct Mailboxes {
    items: Vec<Mailbox>,
    /// The latest mails that became nothing, and why.
    refused: Vec<Refused>,
}

/// The mailboxes, and the mails of late that became nothing.
#[utoipa::path(get, path = "/mailboxes", tag = "service", operation_id = "list_mailboxes",
    responses((status = 200, body = Mailboxes), ReadProblems))]
pub(super) async fn list(Axum(app): Axum<App>, _: Can<may::ManageService>) -> Result<axum::Json<Mailboxes>> {
    let found =
        app.db.read_async(|tx| Ok(Mailboxes { items: mailboxes::all(tx)?, refused: mails::refused(tx, 50)? })).await?;
    Ok(axum::Json(found))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMailbox)]
pub(super) struct NewBody {
    name: String,
    address: String,
    #[serde(default = "yes")]
    active: bool,
    settings: Settings,
    /// Sealed and never shown again; left out where `settings.password_env` names a variable.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
}

fn yes() -> bool {
    true
}

fn sealed(keys: &Keys, id: MailboxId, password: &Secret) -> zunke_kernel::Result<Option<Vec<u8>>> {
    let plain = password.reveal();
    if plain.is_empty() {
        return Ok(None);
    }
    if plain.len() > 500 || plain.chars().any(char::is_control) {
        let text = ("密码最多 500 个字符。", "The password has at most 500 characters.");
        return Err(Error::invalid("password_invalid", text.0, text.1).at("password"));
    }
    keys.seal(&id.to_string(), plain).map(Some)
}

/// Add a mailbox.
#[utoipa::path(post, path = "/mailboxes", tag = "service", operation_id = "create_mailbox",
    request_body = NewBody, responses((status = 201, body = Mailbox), WriteProblems))]
pub(super) async fn create(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    body.settings.check()?;
    let id = MailboxId::new(write.now);
    let sealed = match &body.password {
        Some(password) => sealed(&keys(&app)?, id, password)?,
        None => None,
    };
    let new = Mailbox {
        id,
        name: text::required(&body.name, "name", 60)?,
        address: mailbox::own_address(&body.address)?,
        active: body.active,
        settings: body.settings,
        has_password: sealed.is_some(),
        sealed,
        uid_validity: None,
        last_uid: None,
        checked_at: None,
        problem: None,
        taken: 0,
        version: 1,
    };
    let audit = write.audit();
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            mailboxes::insert(tx, &new)?;
            audit.note(tx, "mailbox.create", id, &json!({ "name": new.name, "address": new.address }))?;
            Ok(new.clone())
        })
        .await
}

/// One mailbox.
#[utoipa::path(get, path = "/mailboxes/{id}", tag = "service", operation_id = "get_mailbox",
    params(("id" = MailboxId, Path)), responses((status = 200, body = Mailbox), ReadProblems))]
pub(super) async fn get(
    Axum(app): Axum<App>,
    _: Can<may::ManageService>,
    Path(id): Path<MailboxId>,
) -> Result<Versioned<Mailbox>> {
    let found = app.db.read_async(move |tx| there(tx, id)).await?;
    Ok(Versioned(found.version, found))
}

fn there(tx: &mut Tx, id: MailboxId) -> zunke_kernel::Result<Mailbox> {
    mailboxes::find(tx, id)?.ok_or_else(Error::not_found)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MailboxChange)]
pub(super) struct ChangeBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    active: Option<bool>,
    #[serde(default)]
    settings: Option<Settings>,
    /// Left out: stays. Empty: taken away.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
}

/// Change a mailbox.
#[utoipa::path(patch, path = "/mailboxes/{id}", tag = "service", operation_id = "update_mailbox",
    params(("id" = MailboxId, Path)), request_body = ChangeBody, responses((status = 200, body = Mailbox), WriteProblems))]
pub(super) async fn update(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Path(id): Path<MailboxId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    if let Some(settings) = &body.settings {
        settings.check()?;
    }
    let (audit, keys) = (write.audit(), keys(&app)?);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut kept = mailboxes::lock(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(kept.version)?;
            if let Some(name) = &body.name {
                kept.name = text::required(name, "name", 60)?;
            }
            if let Some(address) = &body.address {
                kept.address = mailbox::own_address(address)?;
            }
            kept.active = body.active.unwrap_or(kept.active);
            if let Some(settings) = &body.settings {
                // Another folder on another server is read from its own beginning; a kept password goes nowhere else.
                let moved = |one: &Option<mailbox::Server>, two: &Option<mailbox::Server>| {
                    one.as_ref().map(|server| &server.host) != two.as_ref().map(|server| &server.host)
                };
                let elsewhere = moved(&kept.settings.imap, &settings.imap);
                let new_host = (elsewhere && settings.imap.is_some())
                    || (settings.smtp.is_some() && moved(&kept.settings.smtp, &settings.smtp));
                if new_host && kept.sealed.is_some() && body.password.is_none() {
                    let text =
                        ("服务器地址已更改，请重新填写密码。", "The server has changed: enter the password again.");
                    return Err(Error::invalid("password_required", text.0, text.1).at("password"));
                }
                if elsewhere || kept.settings.folder != settings.folder {
                    (kept.uid_validity, kept.last_uid) = (None, None);
                }
                kept.settings = settings.clone();
            }
            if let Some(password) = &body.password {
                kept.sealed = sealed(&keys, id, password)?;
            }
            mailboxes::save(tx, &kept)?;
            audit.note(tx, "mailbox.change", id, &json!({ "name": kept.name, "address": kept.address }))?;
            there(tx, id)
        })
        .await
}

/// Delete a mailbox. Its mails stay with their tickets.
#[utoipa::path(delete, path = "/mailboxes/{id}", tag = "service", operation_id = "delete_mailbox",
    params(("id" = MailboxId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn delete(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Path(id): Path<MailboxId>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            if !mailboxes::delete(tx, id)? {
                return Err(Error::not_found());
            }
            audit.note(tx, "mailbox.delete", id, &json!({}))
        })
        .await
}

/// How one direction went; neither: it is not set.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = MailboxTrial)]
pub(super) struct Trial {
    /// Fetching: true where it went well, false where `problem` says what failed.
    incoming: Option<bool>,
    incoming_problem: Option<Problem>,
    /// Mails that nobody has taken yet.
    waiting: Option<i64>,
    outgoing: Option<bool>,
    outgoing_problem: Option<Problem>,
}

/// Try a mailbox: connect, encrypt, log in, open the folder; connect and log in to send. Nothing is fetched or sent.
#[utoipa::path(post, path = "/mailboxes/{id}/test", tag = "service", operation_id = "test_mailbox",
    params(("id" = MailboxId, Path)), responses((status = 200, body = Trial), WriteProblems))]
pub(super) async fn test(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Path(id): Path<MailboxId>,
) -> Result<axum::Json<Trial>> {
    let now = write.now;
    let mailbox = app.db.read_async(move |tx| there(tx, id)).await?;
    let password = mailbox.password(&keys(&app)?)?;
    let mut trial =
        Trial { incoming: None, incoming_problem: None, waiting: None, outgoing: None, outgoing_problem: None };
    if mailbox.settings.imap.is_some() {
        match incoming(&mailbox, password.as_deref().unwrap_or(""), now).await {
            Ok(waiting) => (trial.incoming, trial.waiting) = (Some(true), Some(waiting)),
            Err(problem) => (trial.incoming, trial.incoming_problem) = (Some(false), Some(problem)),
        }
    }
    if mailbox.settings.smtp.is_some() {
        let tried = tokio::task::spawn_blocking(move || send::probe(&mailbox, password, now));
        match tried.await.map_err(Error::internal)? {
            Ok(()) => trial.outgoing = Some(true),
            Err(problem) => (trial.outgoing, trial.outgoing_problem) = (Some(false), Some(problem)),
        }
    }
    Ok(axum::Json(trial))
}

async fn incoming(mailbox: &Mailbox, password: &str, now: Instant) -> std::result::Result<i64, Problem> {
    let mut folder = imap::open(mailbox, password).await.map_err(|failed| failed.problem(now))?;
    let fresh = folder.fresh(mailbox).await.map_err(|failed| failed.problem(now))?;
    folder.close().await;
    Ok(i64::try_from(fresh.len()).unwrap_or(i64::MAX))
}
