//! Settings of routing and queue, the dry run, why a ticket is whose it is, and the simulator.

use crate::context::Context;
use crate::manager;
use crate::queue::order::Order;
use crate::routing::decide::{Asked, Stage, Tried};
use crate::routing::needs::{self, Facts};
use crate::routing::record::Record;
use crate::routing::settings::{Settings, out_of_range};
use crate::routing::{self, work};
use crate::simulator::{self, Plan, Played, Rule};
use crate::store::{groups, people, routes};
use crate::ticket::{Channel, Kind};
use crate::visible;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::{Asking, Can, Write, may};
use zunke_customers::CustomerQuery;
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::id::{CustomerId, GroupId, StaffId, TicketId};
use zunke_kernel::{Error, Instant, Text};
use zunke_store::Tx;

/// The settings of routing and queue, with their version.
#[derive(Serialize, ToSchema)]
#[schema(as = RouteSettingsVersion)]
pub(super) struct Stored {
    #[serde(flatten)]
    settings: Settings,
    /// 0: as delivered.
    version: i64,
}

/// How tickets are routed and queued.
#[utoipa::path(get, path = "/service/routing", tag = "service", operation_id = "get_routing_settings",
    responses((status = 200, body = Stored), ReadProblems))]
pub(super) async fn settings(State(app): State<App>, _can: Can<may::ReadTickets>) -> Result<Versioned<Stored>> {
    let (settings, version) = app.db.read_async(Settings::load).await?;
    Ok(Versioned(version, Stored { settings, version }))
}

/// Set how tickets are routed and queued; places in the queue follow within moments. `If-Match` names the version that was
/// read.
#[utoipa::path(put, path = "/service/routing", tag = "service", operation_id = "update_routing_settings",
    request_body = Settings, responses((status = 200, body = Stored), WriteProblems))]
pub(super) async fn set_settings(
    State(app): State<App>,
    write: Write<may::ManageService>,
    if_match: IfMatch,
    Json(body): Json<Settings>,
) -> Result<Response> {
    let new = body.checked()?;
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let (before, version) = Settings::load(tx)?;
            if_match.check(version)?;
            let version = new.save(tx, now, version)?;
            if before.order != new.order {
                work::reorder_soon(tx, now)?;
            }
            audit.note(tx, "service.routing", "routing", &serde_json::json!(new))?;
            Ok(Stored { settings: new.clone(), version })
        })
        .await
}

/// A ticket that is thought up, or one that is there.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RouteTrial)]
pub(super) struct Trial {
    /// As if this customer wrote: his level, his manager.
    #[serde(default)]
    customer_id: Option<CustomerId>,
    /// Where no customer is given; 0 is no level.
    #[serde(default)]
    level_rank: Option<i64>,
    #[serde(default = "question")]
    kind: Kind,
    #[serde(default = "form")]
    channel: Channel,
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    language: Option<String>,
    /// As if it had waited so long: skills are given up by and by.
    #[serde(default)]
    waited_min: i64,
}

const fn question() -> Kind {
    Kind::Question
}

const fn form() -> Channel {
    Channel::Form
}

/// Why somebody, or a group, was taken or not.
#[derive(Serialize, ToSchema)]
#[schema(as = RouteTried)]
struct TriedRow {
    stage: Stage,
    group_id: Option<GroupId>,
    staff_id: Option<StaffId>,
    name: String,
    taken: bool,
    reason: Option<Text>,
}

/// Whose a ticket is, or would be, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = RouteDecision)]
pub(super) struct Decision {
    stage: Stage,
    group: Option<RouteGroup>,
    staff: Option<RouteStaff>,
    why: Text,
    decided_at: Instant,
    /// What it asks for, the most important first …
    skills: Vec<String>,
    /// … and what of it was given up.
    given_up: Vec<String>,
    /// Everybody who was looked at, in that order.
    tried: Vec<TriedRow>,
    /// Looked at beside those.
    more: i64,
}

#[derive(Serialize, ToSchema)]
struct RouteGroup {
    id: GroupId,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct RouteStaff {
    id: StaffId,
    name: String,
}

fn decision(tx: &mut Tx, record: Record, decided_at: Instant) -> zunke_kernel::Result<Decision> {
    let named = groups::all(tx, true)?;
    let group = record.group.and_then(|id| named.into_iter().find(|group| group.id == id));
    let staff = match record.staff {
        Some(id) => people::staff_name(tx, id)?.map(|name| RouteStaff { id, name }),
        None => None,
    };
    let row = |tried: Tried| TriedRow {
        stage: tried.stage,
        group_id: tried.group,
        staff_id: tried.staff,
        name: tried.name,
        taken: tried.refusal.is_none(),
        reason: tried.refusal.map(|refusal| refusal.text()),
    };
    Ok(Decision {
        stage: record.stage,
        group: group.map(|group| RouteGroup { id: group.id, name: group.name }),
        staff,
        why: record.reason.text(),
        decided_at,
        skills: record.skills,
        given_up: record.given_up,
        tried: record.tried.into_iter().map(row).collect(),
        more: i64::try_from(record.more).unwrap_or(i64::MAX),
    })
}

/// Try who would get a ticket now, with the reason for each who was looked at. Writes nothing.
#[utoipa::path(post, path = "/service/route", tag = "service", operation_id = "try_route",
    request_body = Trial, responses((status = 200, body = Decision), WriteProblems))]
pub(super) async fn try_route(
    State(app): State<App>,
    asking: Asking<may::ReadTickets>,
    Json(body): Json<Trial>,
) -> Result<axum::Json<Decision>> {
    let (now, actor) = (app.now(), asking.0);
    if !(0..=10_080).contains(&body.waited_min) {
        return Err(out_of_range(0, 10_080).at("waited_min").into());
    }
    if body.level_rank.is_some_and(|rank| !(0..=100).contains(&rank)) {
        return Err(out_of_range(0, 100).at("level_rank").into());
    }
    let found = app
        .db
        .read_async(move |tx| {
            let cx = Context::of(tx, now, &actor)?;
            let (mut rank, mut managed) = (body.level_rank.unwrap_or(0), manager::Managed::default());
            if let Some(customer) = body.customer_id {
                let unknown = || {
                    let text = (
                        "没有该客户，或不在您的权限范围内。",
                        "There is no such customer, or he is outside what you may see.",
                    );
                    Error::invalid("customer_unknown", text.0, text.1).at("customer_id")
                };
                rank = CustomerQuery::new(&actor.scope).find(tx, customer).map_err(|_| unknown())?.headline.level_rank;
                managed = manager::of(tx, customer, cx.zone.day_of(now))?;
            }
            let (settings, _) = Settings::load(tx)?;
            let facts = Facts {
                kind: body.kind,
                channel: body.channel,
                product: body.product.as_deref(),
                language: body.language.as_deref(),
                level_rank: rank,
            };
            let skills = needs::skills(&settings.needs, &facts);
            let asked = Asked {
                level_rank: rank,
                relaxed: needs::relaxed(body.waited_min * 60_000, settings.relax_minutes, skills.len()),
                skills,
                manager: managed.manager,
                deputies: managed.deputies,
                handed_back: Vec::new(),
            };
            let (record, at) = routing::dry_run(tx, &cx, &asked)?;
            decision(tx, record, at)
        })
        .await?;
    Ok(axum::Json(found))
}

/// Why a ticket is whose it is: the last decision of routing.
#[utoipa::path(get, path = "/tickets/{id}/route", tag = "service", operation_id = "get_ticket_route",
    params(("id" = TicketId, Path)), responses((status = 200, body = Decision), ReadProblems))]
pub(super) async fn of_ticket(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Path(id): Path<TicketId>,
) -> Result<axum::Json<Decision>> {
    let actor = can.0;
    let found = app
        .db
        .read_async(move |tx| {
            visible::require(tx, &actor, id)?;
            let (at, record) = routes::find(tx, id)?.ok_or_else(Error::not_found)?;
            decision(tx, record, at)
        })
        .await?;
    Ok(axum::Json(found))
}

/// What came of a simulation, by order of the queue.
#[derive(Serialize, ToSchema)]
#[schema(as = SimulationAnswer)]
pub(super) struct Simulated {
    /// This house's order first, then strictly VIPs first, then in the order of arrival.
    results: Vec<Played>,
    took_ms: i64,
}

/// With these staff and this flow, which promises hold? Played with the same order and routing as the real queue.
#[utoipa::path(post, path = "/service/simulate", tag = "service", operation_id = "simulate_service",
    request_body = Plan, responses((status = 200, body = Simulated), WriteProblems))]
pub(super) async fn simulate(
    State(app): State<App>,
    _asking: Asking<may::ReadTickets>,
    Json(plan): Json<Plan>,
) -> Result<axum::Json<Simulated>> {
    plan.check()?;
    let begun = app.now();
    let (settings, _) = app.db.read_async(Settings::load).await?;
    let played = tokio::task::spawn_blocking(move || {
        let order: Order = settings.order;
        [Rule::House, Rule::VipsFirst, Rule::Arrival]
            .map(|rule| simulator::play(&plan, &order, settings.relax_minutes, rule))
    });
    let results = played.await.map_err(Error::internal)?.to_vec();
    Ok(axum::Json(Simulated { results, took_ms: app.now().0 - begun.0 }))
}
