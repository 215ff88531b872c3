//! `/roles` and `/staff-groups`: what people may do, as sets of rights.

use crate::groups::{self, GROUPS_MAX, Group, GroupSet, Member, StaffGroupId};
use crate::rights::{FIELDS, FieldRight, FieldRights, RoleSet};
use crate::role::{Permission, PermissionSet, Role, may};
use crate::roles::{self, StoredRole};
use crate::scope::ReachKind;
use crate::store::roles as table;
use crate::{Can, Write};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::Error;

/// A role.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessRole)]
pub(super) struct RoleView {
    /// The word of a shipped role, or `rol_…`.
    key: String,
    /// The shipped role that it is, or is made from.
    base: Role,
    /// `null` for a shipped role.
    name: Option<String>,
    /// Made by the organisation.
    own: bool,
    /// Whether a shipped role differs from what was shipped.
    changed: bool,
    permissions: Vec<Permission>,
    reach: ReachKind,
    /// The right to every field that is not named, those that are made later among them.
    other_fields: FieldRight,
    /// By field: `birthday`, or `fields.` with the key of an own field.
    fields: BTreeMap<String, FieldRight>,
    /// Active people who have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<i64>,
    version: i64,
}

impl RoleView {
    fn new(role: StoredRole, people: Option<i64>) -> Self {
        Self {
            own: role.name.is_some(),
            changed: role.name.is_none() && role.set != RoleSet::shipped(role.base),
            key: role.key,
            base: role.base,
            name: role.name,
            permissions: role.set.permissions.iter().collect(),
            reach: role.set.reach,
            other_fields: role.set.fields.others,
            fields: role.set.fields.named,
            people,
            version: role.version,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = AccessRoleList)]
pub(super) struct RoleList {
    items: Vec<RoleView>,
    /// The fields of every customer that a role may have less than all of.
    field_names: Vec<&'static str>,
}

/// A role to be made.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccessRole)]
pub(super) struct NewRole {
    base: Role,
    #[schema(max_length = 60)]
    name: String,
    /// Absent: as the shipped role has them. What a permission needs comes with it.
    #[serde(default)]
    permissions: Option<Vec<Permission>>,
    #[serde(default)]
    reach: Option<ReachKind>,
    #[serde(default)]
    other_fields: Option<FieldRight>,
    #[serde(default)]
    fields: Option<BTreeMap<String, FieldRight>>,
}

/// What changes of a role: what is left out stays.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccessRoleChange)]
pub(super) struct RoleChange {
    /// Of an own role only.
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    permissions: Option<Vec<Permission>>,
    #[serde(default)]
    reach: Option<ReachKind>,
    #[serde(default)]
    other_fields: Option<FieldRight>,
    /// All that are named from now on.
    #[serde(default)]
    fields: Option<BTreeMap<String, FieldRight>>,
}

fn over(
    set: RoleSet,
    permissions: Option<&Vec<Permission>>,
    reach: Option<ReachKind>,
    others: Option<FieldRight>,
    fields: Option<&BTreeMap<String, FieldRight>>,
) -> RoleSet {
    RoleSet {
        permissions: permissions.map_or(set.permissions, |given| given.iter().copied().collect()),
        reach: reach.unwrap_or(set.reach),
        fields: FieldRights {
            others: others.unwrap_or(set.fields.others),
            named: fields.cloned().unwrap_or(set.fields.named),
        },
    }
}

/// All roles: the shipped ones as they stand, then the own ones.
#[utoipa::path(get, path = "/roles", tag = "access", operation_id = "list_roles",
    responses((status = 200, body = RoleList), ReadProblems))]
pub(super) async fn list(State(app): State<App>, _: Can<may::ManageStaff>) -> Result<axum::Json<RoleList>> {
    let found = app.db.read_async(roles::list).await?;
    let items = found.into_iter().map(|one| RoleView::new(one.role, Some(one.people))).collect();
    Ok(axum::Json(RoleList { items, field_names: FIELDS.to_vec() }))
}

/// One role.
#[utoipa::path(get, path = "/roles/{key}", tag = "access", operation_id = "get_role",
    params(("key" = String, Path, description = "The word of a shipped role, or `rol_…`")),
    responses((status = 200, body = RoleView), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    _: Can<may::ManageStaff>,
    Path(key): Path<String>,
) -> Result<Versioned<RoleView>> {
    let role = app.db.read_async(move |tx| roles::find(tx, &key)).await?;
    Ok(Versioned(role.version, RoleView::new(role, None)))
}

/// Make a role of one's own from a shipped one.
#[utoipa::path(post, path = "/roles", tag = "access", operation_id = "create_role", request_body = NewRole,
    responses((status = 201, body = RoleView), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageStaff>,
    Json(body): Json<NewRole>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let shipped = roles::find(tx, body.base.word())?.set;
            let set = over(shipped, body.permissions.as_ref(), body.reach, body.other_fields, body.fields.as_ref());
            let made = roles::make(tx, now, body.base, &body.name, set)?;
            let after = RoleView::new(made, None);
            audit.note(tx, "role.create", &after.key, &json!({ "after": after }))?;
            Ok(after)
        })
        .await
}

/// Change a role: what is left out stays. It holds from the next request on.
#[utoipa::path(patch, path = "/roles/{key}", tag = "access", operation_id = "update_role",
    params(("key" = String, Path, description = "The word of a shipped role, or `rol_…`")),
    request_body = RoleChange, responses((status = 200, body = RoleView), WriteProblems))]
pub(super) async fn change(
    State(app): State<App>,
    write: Write<may::ManageStaff>,
    Path(key): Path<String>,
    if_match: IfMatch,
    Json(body): Json<RoleChange>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            crate::store::staff::lock(tx, now)?;
            let before = roles::find(tx, &key)?;
            if_match.check(before.version)?;
            if body.name.is_some() && before.name.is_none() {
                return Err(Error::invalid("name_fixed", "内置角色的名称不能修改。", "A shipped role keeps its name.")
                    .at("name"));
            }
            let mut after = before.clone();
            after.name = body.name.clone().or(after.name);
            after.set = over(after.set, body.permissions.as_ref(), body.reach, body.other_fields, body.fields.as_ref());
            let (before, after) = (RoleView::new(before, None), RoleView::new(roles::change(tx, now, after)?, None));
            audit.note(tx, "role.change", &key, &json!({ "before": before, "after": after }))?;
            Ok(after)
        })
        .await
}

/// Remove an own role that nobody has; a shipped one goes back to what was shipped.
#[utoipa::path(delete, path = "/roles/{key}", tag = "access", operation_id = "delete_role",
    params(("key" = String, Path, description = "The word of a shipped role, or `rol_…`")),
    responses((status = 204, description = "Removed, or as shipped"), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::ManageStaff>,
    Path(key): Path<String>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            crate::store::staff::lock(tx, now)?;
            let before = RoleView::new(roles::find(tx, &key)?, None);
            roles::remove(tx, &key)?;
            audit.note(tx, "role.delete", &key, &json!({ "before": before }))
        })
        .await
}

/// A group of staff.
#[derive(Serialize, ToSchema)]
#[schema(as = StaffGroup)]
pub(super) struct GroupView {
    id: StaffGroupId,
    name: String,
    /// What it adds to what its members may do.
    allow: Vec<Permission>,
    /// What it takes away, whatever else allows it.
    deny: Vec<Permission>,
    members: Vec<Member>,
    version: i64,
}

impl GroupView {
    fn new(group: Group) -> Self {
        Self {
            id: group.id,
            name: group.name,
            allow: group.set.allow.iter().collect(),
            deny: group.set.deny.iter().collect(),
            members: group.members,
            version: group.version,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = StaffGroupList)]
pub(super) struct GroupList {
    items: Vec<GroupView>,
}

/// A group as it is entered.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StaffGroupBody)]
pub(super) struct GroupBody {
    #[schema(max_length = 60)]
    name: String,
    #[serde(default)]
    allow: Vec<Permission>,
    #[serde(default)]
    deny: Vec<Permission>,
    /// All of them from now on.
    #[serde(default)]
    members: Vec<Member>,
}

impl GroupBody {
    fn group(&self, id: StaffGroupId, version: i64) -> Group {
        let set = |list: &[Permission]| list.iter().copied().collect::<PermissionSet>();
        Group {
            id,
            name: self.name.clone(),
            set: GroupSet { allow: set(&self.allow), deny: set(&self.deny) },
            members: self.members.clone(),
            version,
        }
    }
}

/// The groups of staff, with their members.
#[utoipa::path(get, path = "/staff-groups", tag = "access", operation_id = "list_staff_groups",
    responses((status = 200, body = GroupList), ReadProblems))]
pub(super) async fn list_groups(State(app): State<App>, _: Can<may::ManageStaff>) -> Result<axum::Json<GroupList>> {
    let found = app.db.read_async(table::groups).await?;
    Ok(axum::Json(GroupList { items: found.into_iter().map(GroupView::new).collect() }))
}

/// Make a group of staff.
#[utoipa::path(post, path = "/staff-groups", tag = "access", operation_id = "create_staff_group",
    request_body = GroupBody, responses((status = 201, body = GroupView), WriteProblems))]
pub(super) async fn create_group(
    State(app): State<App>,
    write: Write<may::ManageStaff>,
    Json(body): Json<GroupBody>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            crate::store::staff::lock(tx, now)?;
            if table::groups(tx)?.len() >= GROUPS_MAX {
                return Err(Error::conflict(
                    "groups_too_many",
                    format!("员工小组最多 {GROUPS_MAX} 个。"),
                    format!("There are at most {GROUPS_MAX} groups of staff."),
                ));
            }
            let made = GroupView::new(groups::save(tx, now, body.group(StaffGroupId::new(now), 1))?);
            audit.note(tx, "staff_group.create", made.id, &json!({ "after": made }))?;
            Ok(made)
        })
        .await
}

/// Replace a group of staff.
#[utoipa::path(put, path = "/staff-groups/{id}", tag = "access", operation_id = "put_staff_group",
    params(("id" = StaffGroupId, Path)), request_body = GroupBody,
    responses((status = 200, body = GroupView), WriteProblems))]
pub(super) async fn put_group(
    State(app): State<App>,
    write: Write<may::ManageStaff>,
    Path(id): Path<StaffGroupId>,
    if_match: IfMatch,
    Json(body): Json<GroupBody>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            crate::store::staff::lock(tx, now)?;
            let before = table::groups(tx)?.into_iter().find(|group| group.id == id).ok_or_else(Error::not_found)?;
            if_match.check(before.version)?;
            let after = GroupView::new(groups::save(tx, now, body.group(id, before.version + 1))?);
            let before = GroupView::new(before);
            audit.note(tx, "staff_group.change", id, &json!({ "before": before, "after": after }))?;
            Ok(after)
        })
        .await
}

/// Remove a group; what it added or took away ends at once.
#[utoipa::path(delete, path = "/staff-groups/{id}", tag = "access", operation_id = "delete_staff_group",
    params(("id" = StaffGroupId, Path)), responses((status = 204, description = "Removed"), WriteProblems))]
pub(super) async fn delete_group(
    State(app): State<App>,
    write: Write<may::ManageStaff>,
    Path(id): Path<StaffGroupId>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            if !table::delete_group(tx, id)? {
                return Err(Error::not_found());
            }
            audit.note(tx, "staff_group.delete", id, &json!({}))
        })
        .await
}
