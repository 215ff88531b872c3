//! The pages that anybody opens, outside the API: `/form/{key}`, `/csat/{token}`, `/rules`.

use super::forms::{read, shown, take};
use super::public::{answer, asked};
use crate::intake::form::Entry;
use crate::intake::page::{self, Words};
use crate::intake::rules;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Form, Request, State as Axum};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use zunke_http::{App, AppError, Page, Path, Query, Result, status_of};
use zunke_kernel::{Error, Locale};

/// What a filled-in page may hold.
const BYTES_MAX: usize = 64 * 1024;

/// The routes of the pages, at the root.
pub fn pages() -> Router<App> {
    Router::new()
        .route("/form/{key}", get(form).post(submit))
        .route("/csat/{token}", get(csat).post(rate))
        .route("/rules", get(show_rules))
        .layer(DefaultBodyLimit::max(BYTES_MAX))
}

#[derive(Deserialize)]
struct Asked {
    lang: Option<String>,
}

impl Asked {
    fn words(&self) -> Words {
        Words(match self.lang.as_deref() {
            Some("zh") => Locale::Zh,
            Some("en") => Locale::En,
            _ => zunke_http::locale(),
        })
    }
}

fn answered(words: Words, done: Result<String>) -> Response {
    match done {
        Ok(html) => show(&html),
        Err(error) => faulty(words, &error),
    }
}

/// A form, which another site may show in a frame.
fn in_frames(html: &str) -> zunke_kernel::Result<Response> {
    Page::PublicFramed.show(html)
}

/// A page of one piece.
fn show(html: &str) -> Response {
    Page::Public.show(html).map_err(AppError::from).into_response()
}

fn faulty(words: Words, error: &AppError) -> Response {
    let error = &error.error;
    if error.kind == zunke_kernel::Kind::Internal {
        tracing::error!(code = error.code, cause = error.cause.as_deref(), "a page failed");
    }
    (status_of(error), show(&page::fault(words, &error.text))).into_response()
}

async fn form(Axum(app): Axum<App>, Path(key): Path<String>, Query(asked): Query<Asked>) -> Response {
    let words = asked.words();
    // The same address with an ending is the script that other sites put on their pages.
    if let Some(key) = key.strip_suffix(".js") {
        return match shown(&app, key.to_owned()).await {
            Ok(_) => {
                let kind = [
                    (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
                    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
                ];
                (kind, page::embed(key)).into_response()
            }
            Err(error) => error.into_response(),
        };
    }
    let done = shown(&app, key).await;
    let html = done.map(|shown| page::form(words, &shown.settings, &shown.token, None, &Entry::default()));
    html.and_then(|html| Ok(in_frames(&html)?)).unwrap_or_else(|error| faulty(words, &error))
}

async fn submit(
    Axum(app): Axum<App>,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
    request: Request,
) -> Response {
    let words = asked.words();
    let (entry, from) = match read(request).await {
        Ok(read) => read,
        Err(error) => return faulty(words, &error),
    };
    let form = match shown(&app, key.clone()).await {
        Ok(form) => form,
        Err(error) => return faulty(words, &error),
    };
    match take(&app, key, entry.clone(), from).await {
        Ok(taken) => {
            in_frames(&page::taken(words, &form.settings, taken.number)).map_err(AppError::from).into_response()
        }
        Err(error) => {
            // With what was filled in, and a token that holds: the old one where it is only too young.
            let error = &error.error;
            let token = if error.code == "form_expired" { &form.token } else { &entry.token };
            let html = page::form(words, &form.settings, token, Some(error.text.get(words.0)), &entry);
            (status_of(error), in_frames(&html).map_err(AppError::from)).into_response()
        }
    }
}

async fn csat(Axum(app): Axum<App>, Path(token): Path<String>, Query(query): Query<Asked>) -> Response {
    let words = query.words();
    answered(words, asked(&app, &token).await.map(|asked| page::csat(words, &asked, None)))
}

#[derive(Deserialize)]
struct Rated {
    score: Option<i64>,
    comment: Option<String>,
}

async fn rate(
    Axum(app): Axum<App>,
    Path(token): Path<String>,
    Query(query): Query<Asked>,
    form: std::result::Result<Form<Rated>, axum::extract::rejection::FormRejection>,
) -> Response {
    let words = query.words();
    let rated = form.map(|Form(rated)| rated).unwrap_or(Rated { score: None, comment: None });
    match answer(&app, &token, rated.score.unwrap_or(0), rated.comment).await {
        Ok(given) => show(&page::thanks(words, given.score <= given.low_to)),
        Err(error) => match asked(&app, &token).await {
            Ok(asked) => {
                let error = &error.error;
                let bad = asked.closed.is_none().then(|| error.text.get(words.0));
                (status_of(error), show(&page::csat(words, &asked, bad))).into_response()
            }
            Err(error) => faulty(words, &error),
        },
    }
}

async fn show_rules(Axum(app): Axum<App>, Query(asked): Query<Asked>) -> Response {
    let words = asked.words();
    let found = app.db.read_async(rules::open).await.map_err(AppError::from);
    let done = found.and_then(|open| open.ok_or_else(|| Error::not_found().into()));
    let mut response = answered(words, done.map(|open| page::rules(words, &open)));
    if response.status() == StatusCode::OK {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    }
    response
}
