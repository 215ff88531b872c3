//! The groups that tickets are routed to.

use crate::store::groups::{self, Stored};
use crate::text;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::{Can, Write, directory, may};
use zunke_http::{App, Change, IfMatch, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::Error;
use zunke_kernel::id::{GroupId, StaffId};
use zunke_store::Tx;

const MEMBERS_MAX: usize = 1_000;
/// A week.
const MINUTES_MAX: i64 = 10_080;

#[derive(Serialize, ToSchema)]
#[schema(as = ServiceGroupList)]
pub(super) struct Groups {
    items: Vec<Stored>,
    /// Tickets in no group that nobody has.
    waiting: i64,
}

/// All groups, with how many tickets wait in each.
#[utoipa::path(get, path = "/service-groups", tag = "service", operation_id = "list_service_groups",
    responses((status = 200, body = Groups), ReadProblems))]
pub(super) async fn list(State(app): State<App>, _can: Can<may::ReadTickets>) -> Result<axum::Json<Groups>> {
    let groups = app
        .db
        .read_async(|tx| {
            let mut items = groups::all(tx, true)?;
            let waiting = groups::count_waiting(tx, &mut items)?;
            Ok(Groups { items, waiting })
        })
        .await?;
    Ok(axum::Json(groups))
}

/// A group to be made.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewServiceGroup)]
pub(super) struct NewGroup {
    name: String,
    /// Ranks it is for; none: any.
    #[serde(default)]
    levels: Option<Vec<i64>>,
    #[serde(default)]
    members: Vec<StaffId>,
    /// Gives tickets to the member with the most room; otherwise members take the next by themselves.
    #[serde(default)]
    pushes: bool,
    /// Where a ticket goes that waited here for `overflow_after_min` minutes; both or neither.
    #[serde(default)]
    overflow_id: Option<GroupId>,
    #[serde(default)]
    overflow_after_min: Option<i64>,
}

/// Make a group.
#[utoipa::path(post, path = "/service-groups", tag = "service", operation_id = "create_service_group",
    request_body = NewGroup, responses((status = 201, body = Stored), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Json(body): Json<NewGroup>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let body = body.clone();
            let mut group = Stored {
                id: GroupId::new(now),
                name: body.name,
                levels: body.levels,
                members: body.members,
                pushes: body.pushes,
                overflow_id: body.overflow_id,
                overflow_after_min: body.overflow_after_min,
                archived: false,
                version: 1,
                waiting: 0,
            };
            check(tx, &mut group)?;
            groups::insert(tx, &group)?;
            audit.note(tx, "service_group.create", group.id, &serde_json::json!(group))?;
            Ok(group)
        })
        .await
}

/// What changes of a group; what is left out stays.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ServiceGroupChange)]
pub(super) struct GroupChange {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<i64>>)]
    levels: Change<Vec<i64>>,
    #[serde(default)]
    members: Option<Vec<StaffId>>,
    #[serde(default)]
    pushes: Option<bool>,
    #[serde(default)]
    #[schema(value_type = Option<GroupId>)]
    overflow_id: Change<GroupId>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    overflow_after_min: Change<i64>,
    /// Gets no more tickets. Those that wait in it go where they would go if they came now.
    #[serde(default)]
    archived: Option<bool>,
}

/// Change a group. `If-Match` names the version that was read.
#[utoipa::path(patch, path = "/service-groups/{id}", tag = "service", operation_id = "update_service_group",
    params(("id" = GroupId, Path)), request_body = GroupChange,
    responses((status = 200, body = Stored), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::ManageService>,
    if_match: IfMatch,
    Path(id): Path<GroupId>,
    Json(body): Json<GroupChange>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut group = groups::find(tx, id)?;
            if_match.check(group.version)?;
            let body = body.clone();
            group.name = body.name.unwrap_or(group.name);
            group.levels = body.levels.over(group.levels);
            group.members = body.members.unwrap_or(group.members);
            group.pushes = body.pushes.unwrap_or(group.pushes);
            group.overflow_id = body.overflow_id.over(group.overflow_id);
            group.overflow_after_min = body.overflow_after_min.over(group.overflow_after_min);
            group.archived = body.archived.unwrap_or(group.archived);
            check(tx, &mut group)?;
            groups::update(tx, &group)?;
            if group.archived {
                groups::look_again(tx, id, now)?;
            }
            audit.note(tx, "service_group.update", id, &serde_json::json!(group))?;
            groups::find(tx, id)
        })
        .await
}

/// A group in its normal form; every fault is named.
fn check(tx: &mut Tx, group: &mut Stored) -> zunke_kernel::Result<()> {
    let mut faults = Vec::new();
    match text::required(&group.name, "name", text::SHORT_CHARS_MAX) {
        Ok(name) => group.name = name,
        Err(error) => faults.push(error),
    }
    if let Some(levels) = &mut group.levels {
        levels.sort_unstable();
        levels.dedup();
        if levels.is_empty() || levels.iter().any(|rank| !(0..=100).contains(rank)) {
            let text =
                ("请至少选一个等级；不限等级请留空。", "Choose at least one level, or none at all for any level.");
            faults.push(Error::invalid("levels_invalid", text.0, text.1).at("levels"));
        }
    }
    group.members.sort_unstable();
    group.members.dedup();
    if group.members.len() > MEMBERS_MAX {
        let text = ("一个组最多 1000 人。", "At most 1000 members.");
        faults.push(Error::invalid("members_too_many", text.0, text.1).at("members"));
    }
    for staff in &group.members {
        if let Err(error) = directory::require_staff(tx, *staff, "members") {
            faults.push(error);
        }
    }
    match (group.overflow_id, group.overflow_after_min) {
        (None, None) => {}
        (Some(to), Some(minutes)) => {
            if !(1..=MINUTES_MAX).contains(&minutes) {
                faults.push(crate::routing::settings::out_of_range(1, MINUTES_MAX).at("overflow_after_min"));
            }
            if let Err(error) = no_circle(tx, group.id, to) {
                faults.push(error);
            }
        }
        _ => {
            let text = ("溢出组与等候分钟数要一起填写。", "Say both where a ticket goes and after how many minutes.");
            faults.push(Error::invalid("overflow_incomplete", text.0, text.1).at("overflow_after_min"));
        }
    }
    Error::gather(faults).map_or(Ok(()), Err)
}

/// A ticket that goes from group to group must come to an end.
fn no_circle(tx: &mut Tx, from: GroupId, to: GroupId) -> zunke_kernel::Result<()> {
    let all = groups::all(tx, true)?;
    let mut at = Some(to);
    for _ in 0..=all.len() {
        let Some(id) = at else { return Ok(()) };
        if id == from {
            break;
        }
        let Some(group) = all.iter().find(|group| group.id == id) else {
            let text = ("没有该服务组。", "There is no such group.");
            return Err(Error::invalid("group_unknown", text.0, text.1).at("overflow_id"));
        };
        at = group.overflow_id;
    }
    let text = ("溢出不能绕回本组。", "Tickets would come back to this group.");
    Err(Error::invalid("overflow_circle", text.0, text.1).at("overflow_id"))
}
