//! A write over HTTP: who, when, and once. With an `Idempotency-Key` the answer is kept in the transaction that it
//! answers for, so that a call repeated after a lost answer gets the same one and does nothing twice.

use crate::actor::{Actor, SignedIn, Via, admit};
use crate::client;
use crate::role::{Grant, may};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value as Json;
use std::fmt::Display;
use std::marker::PhantomData;
use zunke_http::{App, AppError, BodyHash, etag};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Locale, Result};
use zunke_store::Tx;
use zunke_store::audit::Origin;
use zunke_store::idempotency::{self, Claim};

const KEY_CHARS_MAX: usize = 200;

/// Extractor of every handler that writes; `P` is the permission it needs. Put it before the body's extractor.
pub struct Write<P: Grant = may::Enter> {
    pub actor: Actor,
    /// The moment of the write, read once.
    pub now: Instant,
    pub locale: Locale,
    key: Option<String>,
    origin: Origin,
    method: Method,
    /// Path with query: the same key for another call is another request.
    target: String,
    body: BodyHash,
    permission: PhantomData<fn() -> P>,
}

impl<P: Grant> FromRequestParts<App> for Write<P> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let actor = admit(parts, app, P::PERMISSION).await?;
        let origin = origin(parts);
        let key = read_key(&parts.headers)?;
        let body = BodyHash::default();
        parts.extensions.insert(body.clone());
        Ok(Self {
            locale: actor.locale,
            actor,
            now: app.now(),
            key,
            origin,
            method: parts.method.clone(),
            target: parts.uri.to_string(),
            body,
            permission: PhantomData,
        })
    }
}

impl<P: Grant> Write<P> {
    /// Runs `work` in one transaction and answers with `status` and what it gave, as JSON. An object with a
    /// `version` is answered with its `ETag`. With a key that was seen before, answers what was answered then
    /// (`Idempotency-Replayed: true`), or 409 `idempotency_key_reused` for another request.
    pub async fn run<T: Serialize + Send + 'static>(
        &self,
        app: &App,
        status: StatusCode,
        work: impl Fn(&mut Tx) -> Result<T> + Send + 'static,
    ) -> Result<Response, AppError> {
        self.run_as(app, move |tx| Ok((status, work(tx)?))).await
    }

    /// Like `run`, where the work decides the status.
    pub async fn run_as<T: Serialize + Send + 'static>(
        &self,
        app: &App,
        work: impl Fn(&mut Tx) -> Result<(StatusCode, T)> + Send + 'static,
    ) -> Result<Response, AppError> {
        let answer = self.answer(app, work).await?;
        Ok(answer.into_response())
    }

    /// Like `run`, with a secret that is shown once: it is added to this answer under `field` and not kept, so a
    /// repeated call gets the same answer without it.
    pub async fn run_showing_once<T: Serialize + Send + 'static>(
        &self,
        app: &App,
        status: StatusCode,
        (field, secret): (&str, Option<&crate::Secret>),
        work: impl Fn(&mut Tx) -> Result<T> + Send + 'static,
    ) -> Result<Response, AppError> {
        let mut answer = self.answer(app, move |tx| Ok((status, work(tx)?))).await?;
        if let (false, Some(secret), Some(object)) = (answer.replayed, secret, answer.body.as_object_mut()) {
            object.insert(field.to_owned(), Json::from(secret.reveal()));
        }
        Ok(answer.into_response())
    }

    async fn answer<T: Serialize + Send + 'static>(
        &self,
        app: &App,
        work: impl Fn(&mut Tx) -> Result<(StatusCode, T)> + Send + 'static,
    ) -> Result<Answer> {
        let work = move |tx: &mut Tx| {
            let (status, value) = work(tx)?;
            Ok((status, serde_json::to_value(value).map_err(Error::internal)?))
        };
        self.settle(app, Box::new(work)).await
    }

    /// Behind a box, so that what all writes share is in the program once and not once per handler.
    async fn settle(&self, app: &App, work: Work) -> Result<Answer> {
        let claim = self.key.clone().map(|key| {
            let body = self.body.0.get().map_or(&[][..], |hash| &hash[..]);
            let hash = idempotency::request_hash(self.method.as_str(), &self.target, body);
            (self.actor.staff.to_string(), key, hash)
        });
        let (audit, method, path) = (self.audit(), self.method.to_string(), path_of(&self.target).to_owned());
        settle(app, audit, method, path, claim, work).await
    }

    /// Tells which body a handler acted on that it read by itself, so that the same key for another body is refused.
    pub fn read_body(&self, body: &[u8]) {
        self.body.put(body);
    }

    /// Records this write in the audit chain. Call it at the end of the work.
    pub fn audit(&self) -> Auditor {
        Auditor { actor: self.actor.staff, now: self.now, origin: self.origin }
    }
}

/// Records what one actor does at one moment; goes into the closure of a write.
#[derive(Clone, Copy, Debug)]
pub struct Auditor {
    pub actor: StaffId,
    pub now: Instant,
    /// Whence: the address, and the key where one was used.
    pub origin: Origin,
}

impl Auditor {
    /// `action` is `<subject>.<verb>`: `staff.create`; `subject` the id it was done to.
    pub fn note(self, tx: &mut Tx, action: &str, subject: impl Display, detail: &Json) -> Result<()> {
        zunke_store::audit::write_from(
            tx,
            self.now,
            Some(self.actor),
            self.origin,
            action,
            &subject.to_string(),
            detail,
        )
    }
}

/// What a write does within its transaction: the status and the body of its answer.
type Work = Box<dyn Fn(&mut Tx) -> Result<(StatusCode, Json)> + Send>;

/// Who calls, the key, and the hash of the request.
type Claimed = (String, String, [u8; 32]);

async fn settle(
    app: &App,
    audit: Auditor,
    method: String,
    path: String,
    claim: Option<Claimed>,
    work: Work,
) -> Result<Answer> {
    let now = audit.now;
    let work = move |tx: &mut Tx| {
        let before = tx.changed();
        let (status, body) = work(tx)?;
        // No change is without an entry, whoever wrote the handler; what the handler says itself says more.
        if tx.changed() > before && !tx.is_audited() && !speaks_for_itself(&path) {
            let detail = serde_json::json!({ "method": method, "path": path });
            audit.note(tx, "api.write", subject_of(&path), &detail)?;
        }
        Ok(Answer { status, body, replayed: false })
    };
    app.db
        .write_async(move |tx| {
            let Some((caller, key, hash)) = &claim else {
                return work(tx);
            };
            if let Claim::Replay { status, body } = idempotency::claim(tx, now, caller, key, hash)? {
                let status = StatusCode::from_u16(status).map_err(Error::internal)?;
                let body = serde_json::from_str(&body).map_err(Error::internal)?;
                return Ok(Answer { status, body, replayed: true });
            }
            let answer = work(tx)?;
            idempotency::keep(tx, caller, key, answer.status.as_u16(), &answer.body.to_string())?;
            Ok(answer)
        })
        .await
}

struct Answer {
    status: StatusCode,
    body: Json,
    replayed: bool,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let version = self.body.get("version").and_then(Json::as_i64);
        let mut response = if self.status == StatusCode::NO_CONTENT {
            self.status.into_response()
        } else {
            (self.status, axum::Json(self.body)).into_response()
        };
        if let Some(version) = version {
            response.headers_mut().insert(header::ETAG, etag(version));
        }
        if self.replayed {
            response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

/// What a call is about: the first id in its path (the customer, not his consent), else the path.
fn subject_of(path: &str) -> &str {
    let is_id = |part: &&str| {
        part.split_once('_').is_some_and(|(kind, rest)| {
            kind.len() == 3 && rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    path.split('/').find(is_id).unwrap_or(path)
}

/// Without the query, which may name people.
fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

/// Whether what is written there is a record itself, with who and when in each row: what customers do comes by the million,
/// and who has a ticket open every few seconds.
fn speaks_for_itself(path: &str) -> bool {
    path.ends_with("/activities") || path.ends_with("/activities/batch") || path.ends_with("/presence")
}

/// Whence a request comes that has been admitted.
pub(crate) fn origin(parts: &Parts) -> Origin {
    let key = parts.extensions.get::<SignedIn>().and_then(|signed_in| match signed_in.via {
        Via::Token { id, .. } => Some(id.0),
        Via::Session(_) => None,
    });
    let address = client::address(parts);
    Origin::new(if address == "unknown" { "" } else { &address }, key)
}

fn read_key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if !key.trim().is_empty() && key.len() <= KEY_CHARS_MAX => Ok(Some(key.to_owned())),
        _ => Err(Error::invalid(
            "idempotency_key_invalid",
            format!("Idempotency-Key 应为 1 到 {KEY_CHARS_MAX} 个可见的 ASCII 字符。"),
            format!("Idempotency-Key must be 1 to {KEY_CHARS_MAX} visible ASCII characters."),
        )
        .at("Idempotency-Key")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_about_the_first_id_of_its_path() {
        let id = format!("cus_{}", "0a".repeat(16));
        assert_eq!(subject_of(&format!("/api/v1/customers/{id}/consents/con_{}", "0b".repeat(16))), id);
        assert_eq!(subject_of("/api/v1/tags"), "/api/v1/tags");
        assert_eq!(subject_of("/api/v1/roles/operations_manager"), "/api/v1/roles/operations_manager");
    }
}
