//! `/tickets/{id}/files`: files in and out.

use crate::context::{Context, Hooks};
use crate::files::{self, FILE_BYTES_MAX, Kept, TicketFiles};
use crate::store::files::{self as rows, Attached};
use crate::store::tickets;
use crate::visible;
use axum::body::Body;
use axum::extract::State as Axum;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Deserialize;
use utoipa::IntoParams;
use zunke_access::{Can, Write, may};
use zunke_http::{App, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{FileId, MessageId, TicketId};
use zunke_kernel::{Error, Instant};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FileParams {
    /// The name of the file, with its ending.
    name: String,
    /// The message that it belongs to.
    message: Option<MessageId>,
}

fn place(app: &App) -> zunke_kernel::Result<TicketFiles> {
    app.get::<TicketFiles>().ok_or_else(|| Error::internal("no place for the files of tickets"))
}

/// Add a file to a ticket: the raw bytes, at most 20 MB.
#[utoipa::path(post, path = "/tickets/{id}/files", tag = "service", operation_id = "create_ticket_file",
    params(("id" = TicketId, Path), FileParams),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Attached), WriteProblems))]
pub(super) async fn create(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    headers: HeaderMap,
    Path(id): Path<TicketId>,
    Query(params): Query<FileParams>,
    body: Body,
) -> Result<Response> {
    // What says itself that it is too large is refused before a byte of it is read.
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > FILE_BYTES_MAX) {
        return Err(files::too_large().into());
    }
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(&app));
    // And what nobody may send is refused too.
    let (asker, wanted) = (actor.clone(), params.message);
    app.db
        .read_async(move |tx| {
            let ticket = visible::require(tx, &asker, id)?;
            match wanted {
                Some(message) if crate::store::messages::find(tx, &ticket, message)?.is_none() => {
                    let text = ("该工单没有这条消息。", "The ticket has no such message.");
                    Err(Error::invalid("message_unknown", text.0, text.1).at("message"))
                }
                _ => Ok(()),
            }
        })
        .await?;
    let place = place(&app)?;
    let kept = receive(&place, now, &params.name, body).await?;
    write.read_body(kept.sha256.as_bytes());
    let file = kept.id;
    let answer = write
        .run(&app, StatusCode::CREATED, move |tx| {
            visible::require(tx, &actor, id)?;
            let cx = Context::of(tx, now, &actor)?;
            files::attach(tx, &cx, &hooks, (id, params.message), &kept)?;
            let ticket = tickets::find(tx, id)?.ok_or_else(Error::not_found)?;
            rows::find(tx, &ticket, kept.id)?.ok_or_else(Error::not_found)
        })
        .await;
    // A repeated call was answered with the first file; this copy belongs to nothing.
    let entered = answer.as_ref().is_ok_and(|answer| !answer.headers().contains_key("idempotency-replayed"));
    if !entered {
        place.remove(file);
    }
    answer
}

async fn receive(place: &TicketFiles, now: Instant, name: &str, body: Body) -> zunke_kernel::Result<Kept> {
    // A name that won't do is known before the bytes.
    crate::sniff::clean_name(name)?;
    let mut part = place.begin(now)?;
    let mut stream = body.into_data_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|error| {
            Error::invalid("upload_broken", "上传中断，请重试。", "The upload broke off; please try again.")
                .caused_by(error)
        })?;
        part.push(&piece)?;
    }
    let name = name.to_owned();
    tokio::task::spawn_blocking(move || part.finish(&name)).await.map_err(Error::internal)?
}

/// One file of a ticket: always to be saved, never shown by the browser.
#[utoipa::path(get, path = "/tickets/{id}/files/{file}", tag = "service", operation_id = "get_ticket_file",
    params(("id" = TicketId, Path), ("file" = FileId, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), ReadProblems))]
pub(super) async fn get(
    Axum(app): Axum<App>,
    can: Can<may::ReadTickets>,
    Path((id, file)): Path<(TicketId, FileId)>,
) -> Result<Response> {
    let place = place(&app)?;
    let actor = can.0.clone();
    let found = app
        .db
        .read_async(move |tx| {
            let ticket = visible::require(tx, &actor, id)?;
            rows::find(tx, &ticket, file)?.ok_or_else(Error::not_found)
        })
        .await?;
    let bytes = tokio::task::spawn_blocking(move || place.read(file)).await.map_err(Error::internal)??;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let media =
        HeaderValue::from_str(&found.media_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, media);
    let disposition = format!("attachment; filename*=UTF-8''{}", escaped(&found.name));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(Error::internal)?);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// RFC 8187: everything but letters and digits as %XX.
fn escaped(name: &str) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(name.len() * 3);
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
