//! `/staff`: the people who work here.

use crate::role::{Permission, Role, may};
use crate::scope::ReachKind;
use crate::staff::{self, NewStaff, Staff, StaffChange};
use crate::store::{roles, staff as table};
use crate::{Actor, Can, Secret, Write, password};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use zunke_http::{App, Change, IfMatch, Json, Path, Query, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::page::{self, Page};
use zunke_kernel::{Error, Instant, Locale};
use zunke_store::Tx;

/// A member of staff. From `login` on it is what only an administrator sees; it is absent for others.
#[derive(Serialize, ToSchema)]
#[schema(as = Staff)]
pub(super) struct StaffView {
    id: StaffId,
    name: String,
    /// The shipped role that counts where a role of the organisation's own is made from it.
    role: Role,
    department_id: Option<DepartmentId>,
    active: bool,
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<String>,
    /// `role`, or the key of an own role.
    #[serde(skip_serializing_if = "Option::is_none")]
    role_key: Option<String>,
    /// Set for this person; absent: as the role has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<ReachKind>,
    /// What counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_reach: Option<ReachKind>,
    /// Ranks; absent: all levels.
    #[serde(skip_serializing_if = "Option::is_none")]
    levels: Option<Vec<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<Locale>,
    #[serde(skip_serializing_if = "Option::is_none")]
    must_change_password: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Instant>,
    /// Shown this once, where a password was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    one_time_password: Option<String>,
}

/// How far each role sees that is not as it was shipped.
struct Reaches(HashMap<String, ReachKind>);

impl Reaches {
    fn load(tx: &mut Tx) -> zunke_kernel::Result<Self> {
        Ok(Self(roles::all(tx)?.into_iter().map(|role| (role.key, role.set.reach)).collect()))
    }

    fn of(&self, staff: &Staff) -> ReachKind {
        let key = staff.role_key.as_deref().unwrap_or(staff.role.word());
        self.0.get(key).copied().unwrap_or(ReachKind::of_role(staff.role))
    }
}

impl StaffView {
    fn for_others(staff: Staff) -> Self {
        Self {
            id: staff.id,
            name: staff.name,
            role: staff.role,
            department_id: staff.department,
            active: staff.active,
            version: staff.version,
            login: None,
            role_key: None,
            reach: None,
            effective_reach: None,
            levels: None,
            locale: None,
            must_change_password: None,
            created_at: None,
            one_time_password: None,
        }
    }

    fn for_administrator(staff: Staff, roles: &Reaches) -> Self {
        Self {
            login: Some(staff.login.clone()),
            role_key: Some(staff.role_key.clone().unwrap_or_else(|| staff.role.word().to_owned())),
            reach: staff.reach,
            effective_reach: Some(staff.reach.unwrap_or_else(|| roles.of(&staff))),
            levels: staff.levels.clone(),
            locale: staff.locale,
            must_change_password: Some(staff.must_change_password),
            created_at: Some(staff.created_at),
            ..Self::for_others(staff)
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Part of the name or the login.
    search: Option<String>,
    role: Option<Role>,
    department: Option<DepartmentId>,
    active: Option<bool>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStaff)]
pub(super) struct NewBody {
    #[schema(max_length = 64)]
    login: String,
    #[schema(max_length = 60)]
    name: String,
    role: Role,
    /// The key of an own role, made from `role`.
    #[serde(default)]
    role_key: Option<String>,
    department_id: Option<DepartmentId>,
    /// Absent: as the role has it.
    reach: Option<ReachKind>,
    /// Ranks from 0 to 10; absent: all levels.
    levels: Option<Vec<i64>>,
    locale: Option<Locale>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StaffChange)]
pub(super) struct ChangeBody {
    name: Option<String>,
    role: Option<Role>,
    /// The word of a shipped role, or the key of an own one; goes before `role`.
    #[serde(default)]
    role_key: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<DepartmentId>)]
    department_id: Change<DepartmentId>,
    #[serde(default)]
    #[schema(value_type = Option<ReachKind>)]
    reach: Change<ReachKind>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<i64>>)]
    levels: Change<Vec<i64>>,
    #[serde(default)]
    #[schema(value_type = Option<Locale>)]
    locale: Change<Locale>,
    active: Option<bool>,
    /// Makes a new one-time password; all sessions of the person end.
    #[serde(default)]
    reset_password: bool,
}

/// The staff, in the order in which they came.
#[utoipa::path(get, path = "/staff", tag = "access", operation_id = "list_staff", params(ListQuery),
    responses((status = 200, body = Page<StaffView>), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    actor: Actor,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<Page<StaffView>>> {
    let limit = page::limit(query.limit)?;
    let after = match query.after {
        None => None,
        Some(mark) => {
            let id = page::read_mark(&mark)?.as_str().and_then(|text| text.parse().ok());
            Some(id.ok_or_else(|| {
                Error::invalid("after_invalid", "翻页标记无效。", "This page mark is not valid.").at("after")
            })?)
        }
    };
    let full = actor.may(Permission::ManageStaff);
    let filter = table::Filter {
        search: query.search,
        role: query.role,
        department: query.department,
        active: query.active,
        after,
    };
    let (mut found, roles) = app
        .db
        .read_async(move |tx| Ok((table::list(tx, &filter, full, i64::from(limit) + 1)?, Reaches::load(tx)?)))
        .await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(|last| page::mark(&serde_json::json!(last.id)));
    let view = |staff| if full { StaffView::for_administrator(staff, &roles) } else { StaffView::for_others(staff) };
    Ok(axum::Json(Page { items: found.into_iter().map(view).collect(), next }))
}

/// One member of staff.
#[utoipa::path(get, path = "/staff/{id}", tag = "access", operation_id = "get_staff", params(("id" = StaffId, Path)),
    responses((status = 200, body = StaffView), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    _: Can<may::ManageStaff>,
    Path(id): Path<StaffId>,
) -> Result<Versioned<StaffView>> {
    let read = move |tx: &mut Tx| Ok((table::find(tx, id)?.ok_or_else(Error::not_found)?, Reaches::load(tx)?));
    let (staff, roles) = app.db.read_async(read).await?;
    Ok(Versioned(staff.version, StaffView::for_administrator(staff, &roles)))
}

/// Make a member of staff. The answer shows a one-time password, once.
#[utoipa::path(post, path = "/staff", tag = "access", operation_id = "create_staff", request_body = NewBody,
    responses((status = 201, body = StaffView), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageStaff>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let new = NewStaff {
        login: body.login,
        name: body.name,
        role: body.role,
        department: body.department_id,
        reach: body.reach,
        levels: body.levels,
        locale: body.locale,
    };
    let secret = Secret::one_time()?;
    let hash = password::hash(secret.clone()).await?;
    let (by, now, role_key) = (write.actor.staff, write.now, body.role_key);
    write
        .run_showing_once(&app, StatusCode::CREATED, ("one_time_password", Some(&secret)), move |tx| {
            let mut staff = staff::create(tx, now, Some(by), &new, &hash, true)?;
            if let Some(key) = &role_key {
                let own = StaffChange { role_key: Some(key.clone()), ..StaffChange::default() };
                staff = staff::change(tx, now, by, staff.id, &own, |_| Ok(()))?;
            }
            Ok(StaffView::for_administrator(staff, &Reaches::load(tx)?))
        })
        .await
}

/// Change a member of staff: what is left out stays, `null` goes back to the default.
#[utoipa::path(patch, path = "/staff/{id}", tag = "access", operation_id = "update_staff",
    params(("id" = StaffId, Path)), request_body = ChangeBody,
    responses((status = 200, body = StaffView), WriteProblems))]
pub(super) async fn change(
    State(app): State<App>,
    write: Write<may::ManageStaff>,
    Path(id): Path<StaffId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    let change = StaffChange {
        name: body.name,
        role: body.role,
        role_key: body.role_key,
        department: body.department_id,
        reach: body.reach,
        levels: body.levels,
        locale: body.locale,
        active: body.active,
    };
    let secret = if body.reset_password { Some(Secret::one_time()?) } else { None };
    let hash = match &secret {
        Some(secret) => Some(password::hash(secret.clone()).await?),
        None => None,
    };
    let (by, now) = (write.actor.staff, write.now);
    write
        .run_showing_once(&app, StatusCode::OK, ("one_time_password", secret.as_ref()), move |tx| {
            let mut changed = staff::change(tx, now, by, id, &change, |stored| if_match.check(stored))?;
            if let Some(hash) = &hash {
                staff::set_password(tx, now, by, id, hash, true)?;
                changed.must_change_password = true;
                changed.version += 1;
            }
            Ok(StaffView::for_administrator(changed, &Reaches::load(tx)?))
        })
        .await
}
