//! `/views`: filters, order and columns of a list under a name.

use crate::profile::check_text;
use crate::store::ViewId;
use crate::store::views::{self, View};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Actor, Write, may};
use zunke_http::{App, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::Error;

const NAME_CHARS_MAX: usize = 60;
const PAGE_CHARS_MAX: usize = 40;
const CONTENT_BYTES_MAX: usize = 20_000;
const VIEWS_MAX: i64 = 100;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Params {
    /// Only those of this list.
    page: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ViewList {
    items: Vec<View>,
}

/// One's own views and the shared ones.
#[utoipa::path(get, path = "/views", tag = "customers", operation_id = "list_views", params(Params),
    responses((status = 200, body = ViewList), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    actor: Actor,
    Query(params): Query<Params>,
) -> Result<axum::Json<ViewList>> {
    let items = app.db.read_async(move |tx| views::seen_by(tx, actor.staff, params.page.as_deref())).await?;
    Ok(axum::Json(ViewList { items }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewView)]
pub(super) struct NewBody {
    #[schema(max_length = 40)]
    page: String,
    #[schema(max_length = 60)]
    name: String,
    #[schema(value_type = Object)]
    content: serde_json::Value,
    #[serde(default)]
    shared: bool,
}

/// Save a view.
#[utoipa::path(post, path = "/views", tag = "customers", operation_id = "create_view", request_body = NewBody,
    responses((status = 201, body = View), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::Enter>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let (now, staff_id) = (write.now, write.actor.staff);
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let mut faults = Vec::new();
            for (text, field, max) in [(&body.name, "name", NAME_CHARS_MAX), (&body.page, "page", PAGE_CHARS_MAX)] {
                if text.trim().is_empty() {
                    let error = Error::invalid("field_required", "此项必填。", "This field is required.");
                    faults.push(error.at(field));
                }
                faults.extend(check_text(text, field, max));
            }
            if body.content.to_string().len() > CONTENT_BYTES_MAX {
                let error = Error::invalid("view_too_large", "视图内容过大。", "The view is too large.");
                faults.push(error.at("content"));
            }
            if let Some(error) = Error::gather(faults) {
                return Err(error);
            }
            if views::count(tx, staff_id)? >= VIEWS_MAX {
                return Err(Error::invalid(
                    "views_too_many",
                    format!("视图最多 {VIEWS_MAX} 个，请先删除不用的视图。"),
                    format!("At most {VIEWS_MAX} views; please delete some first."),
                ));
            }
            let view = View {
                id: ViewId::new(now),
                page: body.page.trim().to_owned(),
                name: body.name.trim().to_owned(),
                content: body.content.clone(),
                shared: body.shared,
                staff_id,
                created_at: now,
            };
            views::insert(tx, &view)?;
            Ok(view)
        })
        .await
}

/// Delete one of one's own views.
#[utoipa::path(delete, path = "/views/{id}", tag = "customers", operation_id = "delete_view",
    params(("id" = ViewId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::Enter>,
    Path(id): Path<ViewId>,
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
