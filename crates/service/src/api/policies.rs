//! `/service-policies`: what is promised to whom, in order, and trying it on a ticket that is not there.

use crate::clock::promise::{Target, Unit};
use crate::clock::run::always;
use crate::policy::{self, Content, Facts, Policy};
use crate::store::{calendars, managers, policies};
use crate::ticket::{Kind, Priority};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Asking, Can, Write, may};
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::calendar::open_by_day;
use zunke_kernel::id::{CalendarId, PolicyId};
use zunke_kernel::{Error, Instant};

#[derive(Serialize, ToSchema)]
#[schema(as = ServicePolicyList)]
pub(super) struct PolicyList {
    /// In order: the first that matches holds.
    items: Vec<Policy>,
}

/// The policies in their order.
#[utoipa::path(get, path = "/service-policies", tag = "service", operation_id = "list_service_policies",
    responses((status = 200, body = PolicyList), ReadProblems))]
pub(super) async fn list(State(app): State<App>, _can: Can<may::ReadTickets>) -> Result<axum::Json<PolicyList>> {
    let items = app.db.read_async(policies::all).await?;
    Ok(axum::Json(PolicyList { items }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = ServicePolicyBody)]
pub(super) struct PolicyBody {
    #[schema(max_length = 60)]
    name: String,
    #[serde(default = "yes")]
    active: bool,
    calendar_id: CalendarId,
    #[serde(flatten)]
    content: Content,
}

fn yes() -> bool {
    true
}

/// Make a policy; it stands last.
#[utoipa::path(post, path = "/service-policies", tag = "service", operation_id = "create_service_policy",
    request_body = PolicyBody, responses((status = 201, body = Policy), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Json(body): Json<PolicyBody>,
) -> Result<Response> {
    let name = policy::checked(&body.name, &body.content)?;
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            calendars::require(tx, body.calendar_id)?;
            let place = policies::all(tx)?.last().map_or(1, |last| last.place + 1);
            let made = policies::insert(tx, now, place, &name, body.active, body.calendar_id, &body.content)?;
            audit.note(tx, "service_policy.create", made.id, &json!(made))?;
            Ok(made)
        })
        .await
}

/// Change a policy: all of it. Open tickets keep what they were promised until their level, kind or priority changes.
/// `If-Match` names the version that was read.
#[utoipa::path(patch, path = "/service-policies/{id}", tag = "service", operation_id = "update_service_policy",
    params(("id" = PolicyId, Path)), request_body = PolicyBody, responses((status = 200, body = Policy), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Path(id): Path<PolicyId>,
    if_match: IfMatch,
    Json(body): Json<PolicyBody>,
) -> Result<Response> {
    let name = policy::checked(&body.name, &body.content)?;
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let old = policies::find(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(old.version)?;
            calendars::require(tx, body.calendar_id)?;
            let new = Policy {
                name: name.clone(),
                active: body.active,
                calendar_id: body.calendar_id,
                content: body.content.clone(),
                ..old.clone()
            };
            let saved = policies::update(tx, now, &new)?;
            audit.note(tx, "service_policy.change", id, &json!({ "before": old, "after": saved }))?;
            Ok(saved)
        })
        .await
}

/// Take a policy out of use.
#[utoipa::path(delete, path = "/service-policies/{id}", tag = "service", operation_id = "delete_service_policy",
    params(("id" = PolicyId, Path)), responses((status = 200), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Path(id): Path<PolicyId>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::OK, move |tx| {
            let old = policies::find(tx, id)?.ok_or_else(Error::not_found)?;
            policies::archive(tx, id)?;
            audit.note(tx, "service_policy.delete", id, &json!(old))?;
            Ok(json!({}))
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ServicePolicyOrder)]
pub(super) struct OrderBody {
    /// Every policy, once.
    ids: Vec<PolicyId>,
}

/// Put the policies into another order.
#[utoipa::path(put, path = "/service-policies/order", tag = "service", operation_id = "order_service_policies",
    request_body = OrderBody, responses((status = 200), WriteProblems))]
pub(super) async fn order(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Json(body): Json<OrderBody>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut there: Vec<PolicyId> = policies::all(tx)?.iter().map(|policy| policy.id).collect();
            let mut asked = body.ids.clone();
            there.sort_unstable();
            asked.sort_unstable();
            if there != asked {
                return Err(Error::conflict(
                    "policies_changed",
                    "服务标准已有变化，请刷新后重新排序。",
                    "The policies have changed meanwhile; reload and order them again.",
                )
                .at("ids"));
            }
            policies::order(tx, &body.ids)?;
            audit.note(tx, "service_policy.order", "service_policies", &json!(body.ids))?;
            Ok(json!({ "ids": body.ids }))
        })
        .await
}

/// A ticket that is not there.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ServicePolicyTrial)]
pub(super) struct TryBody {
    kind: Kind,
    /// Left out: as tickets of this kind begin.
    #[serde(default)]
    priority: Option<Priority>,
    /// 0: no level.
    #[serde(default)]
    level_rank: i64,
    /// Left out: now.
    #[serde(default)]
    opened_at: Option<Instant>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ServicePolicyTried)]
pub(super) struct Tried {
    /// The one that holds; `null`: nothing is promised to such a ticket.
    policy: Option<Policy>,
    opened_at: Instant,
    dues: Vec<Due>,
    /// Every policy in order, and whether it matches.
    looked_at: Vec<Looked>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ServicePolicyDue)]
struct Due {
    target: Target,
    due_at: Option<Instant>,
    days: Vec<crate::clock::explain::DayMinutes>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ServicePolicyLooked)]
struct Looked {
    id: PolicyId,
    name: String,
    matches: bool,
}

/// Which policy a ticket would come under, and when it would be due.
#[utoipa::path(post, path = "/service-policies/try", tag = "service", operation_id = "try_service_policy",
    request_body = TryBody, responses((status = 200, body = Tried), ReadProblems))]
pub(super) async fn trial(
    State(app): State<App>,
    _asking: Asking<may::ReadTickets>,
    Json(body): Json<TryBody>,
) -> Result<axum::Json<Tried>> {
    let opened_at = body.opened_at.unwrap_or_else(|| app.now());
    let tried = app
        .db
        .read_async(move |tx| {
            let vip = managers::rates(tx)?.is_vip(body.level_rank);
            let priority = body.priority.unwrap_or_else(|| Priority::of_kind(body.kind));
            let facts = Facts { kind: body.kind, priority, level_rank: body.level_rank, vip };
            let all = policies::all(tx)?;
            let looked_at = all
                .iter()
                .map(|one| Looked { id: one.id, name: one.name.clone(), matches: one.matches(facts) })
                .collect();
            let policy = policy::first(&all, facts).cloned();
            let mut dues = Vec::new();
            if let Some(policy) = &policy {
                let stored = calendars::require(tx, policy.calendar_id)?;
                let working = calendars::compiled(tx, stored.id, stored.version)?;
                for target in &policy.content.targets {
                    let calendar = if target.unit == Unit::Minutes { always() } else { working.clone() };
                    let due = match target.unit {
                        Unit::WorkingDays => calendar.add_days(opened_at, target.amount)?,
                        Unit::WorkingMinutes | Unit::Minutes => calendar.add_minutes(opened_at, target.amount)?,
                    };
                    let days = open_by_day(&calendar, opened_at, due, &[])
                        .into_iter()
                        .map(|share| crate::clock::explain::DayMinutes {
                            day: share.day,
                            minutes: share.ms / 60_000,
                            hours: crate::clock::explain::windows(calendar.hours(share.day)),
                        })
                        .collect();
                    dues.push(Due { target: target.clone(), due_at: Some(due), days });
                }
            }
            Ok(Tried { policy, opened_at, dues, looked_at })
        })
        .await?;
    Ok(axum::Json(tried))
}
