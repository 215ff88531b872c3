//! `/ticket-views`: filters and order of the list of tickets under a name. `/ticket-settings`: the rules of tickets.

use crate::context::Settings;
use crate::store::views::{self, TicketViewId, View};
use crate::text;
use axum::extract::State as Axum;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::{Can, Write, may};
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::Error;

const VIEWS_MAX: i64 = 100;
const CONTENT_BYTES_MAX: usize = 20_000;

#[derive(Serialize, ToSchema)]
#[schema(as = TicketViewList)]
pub(super) struct ViewList {
    items: Vec<View>,
}

/// One's own views of the list of tickets, and the shared ones.
#[utoipa::path(get, path = "/ticket-views", tag = "service", operation_id = "list_ticket_views",
    responses((status = 200, body = ViewList), ReadProblems))]
pub(super) async fn list(Axum(app): Axum<App>, can: Can<may::ReadTickets>) -> Result<axum::Json<ViewList>> {
    let staff = can.staff;
    Ok(axum::Json(ViewList { items: app.db.read_async(move |tx| views::seen_by(tx, staff)).await? }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTicketView)]
pub(super) struct NewBody {
    #[schema(max_length = 60)]
    name: String,
    #[schema(value_type = Object)]
    content: serde_json::Value,
    #[serde(default)]
    shared: bool,
}

fn content(value: &serde_json::Value) -> zunke_kernel::Result<()> {
    if value.is_object() && value.to_string().len() <= CONTENT_BYTES_MAX {
        return Ok(());
    }
    let text = ("视图内容无效或过大。", "The content of the view is not an object, or too large.");
    Err(Error::invalid("view_invalid", text.0, text.1).at("content"))
}

/// Save a view of the list of tickets.
#[utoipa::path(post, path = "/ticket-views", tag = "service", operation_id = "create_ticket_view",
    request_body = NewBody, responses((status = 201, body = View), WriteProblems))]
pub(super) async fn create(
    Axum(app): Axum<App>,
    write: Write<may::ReadTickets>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let (staff, now) = (write.actor.staff, write.now);
    let name = text::required(&body.name, "name", 60)?;
    content(&body.content)?;
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            if views::count(tx, staff)? >= VIEWS_MAX {
                let (zh, en) = (format!("最多保存 {VIEWS_MAX} 个视图。"), format!("At most {VIEWS_MAX} views."));
                return Err(Error::conflict("views_too_many", zh, en));
            }
            let view = View {
                id: TicketViewId::new(now),
                staff_id: staff,
                name: name.clone(),
                shared: body.shared,
                content: body.content.clone(),
                version: 1,
            };
            views::put(tx, now, &view)?;
            Ok(view)
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketViewPatch)]
pub(super) struct PatchBody {
    #[serde(default)]
    #[schema(max_length = 60)]
    name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    content: Option<serde_json::Value>,
    #[serde(default)]
    shared: Option<bool>,
}

/// Change one's own view.
#[utoipa::path(patch, path = "/ticket-views/{id}", tag = "service", operation_id = "update_ticket_view",
    params(("id" = TicketViewId, Path)), request_body = PatchBody,
    responses((status = 200, body = View), WriteProblems))]
pub(super) async fn update(
    Axum(app): Axum<App>,
    write: Write<may::ReadTickets>,
    if_match: IfMatch,
    Path(id): Path<TicketViewId>,
    Json(body): Json<PatchBody>,
) -> Result<Response> {
    let (staff, now) = (write.actor.staff, write.now);
    let name = body.name.as_deref().map(|name| text::required(name, "name", 60)).transpose()?;
    body.content.as_ref().map_or(Ok(()), content)?;
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut view = views::own(tx, staff, id)?;
            if_match.check(view.version)?;
            if let Some(name) = &name {
                view.name.clone_from(name);
            }
            if let Some(content) = &body.content {
                view.content = content.clone();
            }
            view.shared = body.shared.unwrap_or(view.shared);
            view.version += 1;
            views::put(tx, now, &view)?;
            Ok(view)
        })
        .await
}

/// Delete one's own view.
#[utoipa::path(delete, path = "/ticket-views/{id}", tag = "service", operation_id = "delete_ticket_view",
    params(("id" = TicketViewId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn delete(
    Axum(app): Axum<App>,
    write: Write<may::ReadTickets>,
    Path(id): Path<TicketViewId>,
) -> Result<Response> {
    let staff = write.actor.staff;
    write
        .run(
            &app,
            StatusCode::NO_CONTENT,
            move |tx| {
                if views::delete(tx, staff, id)? { Ok(()) } else { Err(Error::not_found()) }
            },
        )
        .await
}

/// The rules of tickets.
#[utoipa::path(get, path = "/ticket-settings", tag = "service", operation_id = "get_ticket_settings",
    responses((status = 200, body = Settings), ReadProblems))]
pub(super) async fn settings(Axum(app): Axum<App>, _can: Can<may::ReadTickets>) -> Result<axum::Json<Settings>> {
    Ok(axum::Json(app.db.read_async(Settings::load).await?))
}

/// Set the rules of tickets.
#[utoipa::path(put, path = "/ticket-settings", tag = "service", operation_id = "set_ticket_settings",
    request_body = Settings, responses((status = 200, body = Settings), WriteProblems))]
pub(super) async fn set_settings(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Json(body): Json<Settings>,
) -> Result<Response> {
    body.check()?;
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            body.save(tx, now)?;
            let detail = serde_json::to_value(body).map_err(Error::internal)?;
            audit.note(tx, "service.settings", Settings::NAME, &detail)?;
            Ok(body)
        })
        .await
}
