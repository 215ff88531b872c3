//! `/audit`: who did what, when.

use crate::Can;
use crate::Write;
use crate::role::may;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zunke_http::{App, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::StaffId;
use zunke_kernel::page::{self, Page};
use zunke_kernel::{Error, Instant};
use zunke_store::audit::{self, Entry};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Who.
    actor: Option<StaffId>,
    /// To what: an id.
    subject: Option<String>,
    /// What: `staff.create`, or `staff.` for all of a kind.
    action: Option<String>,
    from: Option<Instant>,
    /// Up to, and without.
    until: Option<Instant>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// The record, the newest first.
#[utoipa::path(get, path = "/audit", tag = "access", operation_id = "list_audit", params(ListQuery),
    responses((status = 200, body = Page<Entry>), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    _: Can<may::ReadAudit>,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<Page<Entry>>> {
    let limit = page::limit(query.limit)?;
    let before = match query.after {
        None => None,
        Some(mark) => Some(page::read_mark(&mark)?.as_i64().ok_or_else(after_invalid)?),
    };
    let filter = audit::Filter {
        actor: query.actor,
        subject: query.subject,
        action: query.action,
        from: query.from,
        until: query.until,
        before,
    };
    let mut items = app.db.read_async(move |tx| audit::list(tx, &filter, limit + 1)).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| page::mark(&last.seq.into()));
    Ok(axum::Json(Page { items, next }))
}

/// What a look at the whole chain found.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditCheck {
    entries: i64,
    /// The first entry at which the chain does not hold; absent where it is whole.
    broken_at: Option<i64>,
    /// The hash of the newest entry: written down elsewhere, it shows later whether the end was cut off.
    head: String,
}

/// Walks the whole record: whether an entry was changed, taken out or put in beside the program.
#[utoipa::path(get, path = "/audit/verify", tag = "access", operation_id = "verify_audit",
    responses((status = 200, body = AuditCheck), ReadProblems))]
pub(super) async fn verify(State(app): State<App>, _: Can<may::ReadAudit>) -> Result<axum::Json<AuditCheck>> {
    let (found, head) = app.db.read_async(|tx| Ok((audit::verify(tx)?, audit::head(tx)?.1))).await?;
    Ok(axum::Json(AuditCheck { entries: found.entries, broken_at: found.broken_at, head }))
}

/// The whole record as a file, an entry a line as JSON, with all that its hashes are over: what the script
/// `verify-audit.py` checks without this program. Taking it out is itself an entry.
#[utoipa::path(post, path = "/audit/export", tag = "access", operation_id = "export_audit",
    responses((status = 200, description = "The file", content_type = "application/x-ndjson", body = String),
        WriteProblems))]
pub(super) async fn export(State(app): State<App>, write: Write<may::ReadAudit>) -> Result<Response> {
    let audit_note = write.audit();
    app.db.write_async(move |tx| audit_note.note(tx, "audit.export", "audit", &serde_json::json!({}))).await?;
    let db = app.db.clone();
    let (sender, receiver) = tokio::sync::mpsc::channel::<std::io::Result<Vec<u8>>>(8);
    tokio::task::spawn_blocking(move || {
        let mut part = Vec::with_capacity(PART * 2);
        let done = db.read(|tx| {
            audit::export(tx, |line| {
                part.extend_from_slice(line.as_bytes());
                part.push(b'\n');
                if part.len() >= PART && sender.blocking_send(Ok(std::mem::take(&mut part))).is_err() {
                    // Nobody reads any more.
                    return Err(Error::internal("the reader has gone"));
                }
                Ok(())
            })
        });
        let last = done.map(|()| part).map_err(std::io::Error::other);
        let _ = sender.blocking_send(last);
    });
    let lines = futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|part| (part, receiver))
    })
    // The connection may ask once more after the end.
    .fuse();
    let name = HeaderValue::from_static("attachment; filename=\"audit.ndjson\"");
    let head =
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson")), (header::CONTENT_DISPOSITION, name)];
    Ok((head, Body::from_stream(lines)).into_response())
}

/// Bytes of one part of a file.
const PART: usize = 64 * 1024;

pub(super) fn after_invalid() -> Error {
    Error::invalid(
        "after_invalid",
        "翻页标记无效，请从第一页重新开始。",
        "This page mark is not valid; start again from the first page.",
    )
    .at("after")
}
