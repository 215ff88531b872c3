//! `/departments`: the tree.

use crate::role::may;
use crate::store::departments as table;
use crate::tree::{self, Department};
use crate::{Actor, Write};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use zunke_http::{App, Change, IfMatch, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::DepartmentId;

/// A department.
#[derive(Serialize, ToSchema)]
#[schema(as = Department)]
pub(super) struct DepartmentView {
    id: DepartmentId,
    parent_id: Option<DepartmentId>,
    name: String,
    /// Levels from the root, 1 for a root.
    depth: usize,
    /// Active staff of the department itself.
    staff: i64,
    version: i64,
}

impl DepartmentView {
    fn new(department: Department, staff: i64) -> Self {
        Self {
            id: department.id,
            parent_id: department.parent,
            depth: crate::department::depth(&department.path),
            name: department.name,
            staff,
            version: department.version,
        }
    }
}

/// All departments.
#[derive(Serialize, ToSchema)]
pub(super) struct DepartmentList {
    items: Vec<DepartmentView>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDepartment)]
pub(super) struct NewBody {
    #[schema(max_length = 60)]
    name: String,
    parent_id: Option<DepartmentId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DepartmentChange)]
pub(super) struct ChangeBody {
    name: Option<String>,
    /// `null` makes it a root.
    #[serde(default)]
    #[schema(value_type = Option<DepartmentId>)]
    parent_id: Change<DepartmentId>,
}

/// The whole tree, each department before what is below it.
#[utoipa::path(get, path = "/departments", tag = "access", operation_id = "list_departments",
    responses((status = 200, body = DepartmentList), ReadProblems))]
pub(super) async fn list(State(app): State<App>, _: Actor) -> Result<axum::Json<DepartmentList>> {
    let (found, counts) = app.db.read_async(|tx| Ok((table::list(tx)?, table::staff_counts(tx)?))).await?;
    let counts: HashMap<_, _> = counts.into_iter().collect();
    let view = |department: Department| {
        let staff = counts.get(&department.id).copied().unwrap_or(0);
        DepartmentView::new(department, staff)
    };
    Ok(axum::Json(DepartmentList { items: found.into_iter().map(view).collect() }))
}

/// Make a department.
#[utoipa::path(post, path = "/departments", tag = "access", operation_id = "create_department", request_body = NewBody,
    responses((status = 201, body = DepartmentView), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageStaff>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let (by, now) = (write.actor.staff, write.now);
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let made = tree::create(tx, now, Some(by), &body.name, body.parent_id)?;
            Ok(DepartmentView::new(made, 0))
        })
        .await
}

/// Rename a department, or move it with all below it.
#[utoipa::path(patch, path = "/departments/{id}", tag = "access", operation_id = "update_department",
    params(("id" = DepartmentId, Path)), request_body = ChangeBody,
    responses((status = 200, body = DepartmentView), WriteProblems))]
pub(super) async fn change(
    State(app): State<App>,
    write: Write<may::ManageStaff>,
    Path(id): Path<DepartmentId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    let (by, now) = (write.actor.staff, write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let change = (body.name.as_deref(), body.parent_id);
            let changed = tree::change(tx, now, by, id, change, |stored| if_match.check(stored))?;
            let counts = table::staff_counts(tx)?;
            let staff = counts.into_iter().find(|(counted, _)| *counted == id).map_or(0, |(_, staff)| staff);
            Ok(DepartmentView::new(changed, staff))
        })
        .await
}
