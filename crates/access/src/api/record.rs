//! `/audit`: who did what, when.

use crate::Can;
use crate::role::may;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use zunke_http::{App, Query, ReadProblems, Result};
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

pub(super) fn after_invalid() -> Error {
    Error::invalid(
        "after_invalid",
        "翻页标记无效，请从第一页重新开始。",
        "This page mark is not valid; start again from the first page.",
    )
    .at("after")
}
