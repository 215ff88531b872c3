//! Trying rules on everyone, and evaluating everyone for good.

use super::programmes::current;
use super::{check_day, refuse_faults, tiers};
use crate::cache::{Kept, Ticket};
use crate::decision::Cause;
use crate::inputs;
use crate::rfm::CubeCuts;
use crate::rules::Rules;
use crate::simulation::{RANKS, Simulation, Tally, Wanted as Ask};
use crate::store::{memberships, programmes};
use crate::trial;
use crate::work;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use zunke_access::settings::{self, Guards};
use zunke_access::{Asking, Permission, Scope, Write, may};
use zunke_http::{App, Json, Path, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, LevelId, ProgrammeId};
use zunke_kernel::{Currency, Day, Error, Instant, Money, Text};
use zunke_store::jobs::{self, Job};

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    /// The stored draft (or, without one, the published rules) where none are given.
    rules: Option<Rules>,
    /// Today where none is given.
    as_of: Option<Day>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SimulationResult)]
pub(super) struct Simulated {
    as_of: Day,
    customers: u64,
    /// Only the customers that the reader sees were counted.
    part: bool,
    /// The rules hold levels for a time: who no longer meets them is observed first and doesn't fall at once.
    held: bool,
    levels: Vec<SimulatedLevel>,
    /// The levels that are on record, as the published rules call them.
    before: Vec<SimulatedLevel>,
    /// `moves[from][to]`: customers, by rank from 0 (no level) to 10.
    moves: Vec<Vec<u64>>,
    /// Who goes where, those who stay too; `from` is a rank of `before`, `to` one of `levels`.
    flows: Vec<Flow>,
    moved: Moved,
    cost: Cost,
    took_ms: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SimulatedFlow)]
struct Flow {
    from: u8,
    to: u8,
    customers: u64,
    revenue: Money,
    direction: Direction,
}

/// A level that only has another number now is the same level: its customers stay.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MoveDirection)]
pub(super) enum Direction {
    Up,
    Down,
    Stay,
}

impl From<std::cmp::Ordering> for Direction {
    fn from(ordering: std::cmp::Ordering) -> Self {
        match ordering {
            std::cmp::Ordering::Greater => Self::Up,
            std::cmp::Ordering::Less => Self::Down,
            std::cmp::Ordering::Equal => Self::Stay,
        }
    }
}

/// What benefits cost in a year: each level's cost times its customers.
#[derive(Serialize, ToSchema)]
#[schema(as = SimulatedCost)]
struct Cost {
    before: Money,
    after: Money,
    /// Names of levels without a cost: they count as nothing.
    without: Vec<Text>,
}

#[derive(Serialize, ToSchema)]
struct SimulatedLevel {
    level_id: Option<LevelId>,
    rank: u8,
    name: Text,
    colour: String,
    customers: u64,
    /// 0 to 1.
    share: f64,
    /// Net spend over the whole life.
    revenue: Money,
    revenue_share: f64,
    /// Customers of this level now; 0 for a new one.
    before: u64,
}

#[derive(Serialize, ToSchema)]
struct Moved {
    up: u64,
    down: u64,
    up_revenue: Money,
    down_revenue: Money,
}

/// Everything that trying rules needs, read once.
pub(super) struct Prepared {
    pub rules: Rules,
    /// What is published.
    pub published: Option<Arc<Rules>>,
    pub as_of: Day,
    pub currency: Currency,
    pub kept: Arc<Kept>,
    pub cuts: Arc<CubeCuts>,
    /// The customers that the reader sees, rising; none: everyone.
    pub seen: Option<Vec<CustomerId>>,
}

pub(super) fn superseded() -> Error {
    Error::conflict(
        "simulation_superseded",
        "已有更新的模拟请求，本次已取消。",
        "A newer simulation was asked for; this one was cancelled.",
    )
}

/// Blocks: reads the base where it isn't in memory.
pub(super) fn prepare(
    app: &App,
    scope: &Scope,
    id: ProgrammeId,
    rules: Option<Rules>,
    as_of: Option<Day>,
    began: Instant,
    ticket: Option<&Ticket>,
) -> zunke_kernel::Result<Prepared> {
    let (rules, faults, published, today, currency, seen) = app.db.read(|tx| {
        let rules = current(tx, id, rules)?;
        let published = match programmes::find(tx, id)?.published {
            Some(version) => Some(programmes::rules(tx, version)?),
            None => None,
        };
        let organisation = settings::load(tx)?;
        // Sums over everyone are for who may see everyone; the others get those of their own.
        let seen = if super::everyone(scope).is_ok() { None } else { Some(memberships::seen_ids(tx, scope)?) };
        let faults = inputs::check(tx, &rules)?;
        Ok((rules, faults, published, settings::today(&organisation, began), organisation.currency, seen))
    })?;
    refuse_faults(faults)?;
    let as_of = as_of.unwrap_or(today);
    let kept = tiers(app).image_for(&app.db, began, id, &rules, as_of)?;
    if ticket.is_some_and(Ticket::cancelled) {
        return Err(superseded());
    }
    let cuts = kept.cuts(&rules, as_of);
    Ok(Prepared { rules, published, as_of, currency, kept, cuts, seen })
}

/// Try rules on everyone, or on those that the reader sees. Nothing is written. A newer question of the same person
/// cancels the older one, which is answered 409 `simulation_superseded`.
#[utoipa::path(post, path = "/tiering/programmes/{id}/simulate", tag = "tiering", operation_id = "simulate_rules",
    params(("id" = ProgrammeId, Path)), request_body = Wanted,
    responses((status = 200, body = Simulated), WriteProblems))]
pub(super) async fn simulate(
    State(app): State<App>,
    can: Asking<may::SimulateTiering>,
    Path(id): Path<ProgrammeId>,
    Json(wanted): Json<Wanted>,
) -> Result<axum::Json<Simulated>> {
    let as_of = check_day(wanted.as_of)?;
    let began = app.now();
    let ticket = tiers(&app).ticket(can.staff);
    let (asking, scope) = (app.clone(), can.scope.clone());
    let simulated = tokio::task::spawn_blocking(move || {
        let ready = prepare(&asking, &scope, id, wanted.rules, as_of, began, Some(&ticket))?;
        let simulation = match &ready.seen {
            None => ready
                .kept
                .simulate(&ready.rules, ready.as_of, &Ask::default(), &|| ticket.cancelled())
                .map_err(|_| superseded())?,
            Some(ids) => trial::of_some(&ready.kept.image, &ready.rules, ready.as_of, &ready.cuts, ids, |_| ()),
        };
        let took_ms = u64::try_from(asking.now().0 - began.0).unwrap_or(0);
        Ok::<_, Error>(simulated(&ready, &simulation, took_ms))
    });
    Ok(axum::Json(simulated.await.map_err(Error::internal)??))
}

/// The rows of a ladder; those without a level only where there are some.
#[expect(clippy::cast_precision_loss, reason = "shares need no more than 53 bits")]
fn rows(rules: Option<&Rules>, sums: &[Tally; RANKS], before: impl Fn(u8) -> u64) -> Vec<SimulatedLevel> {
    let customers: u64 = sums.iter().map(|level| level.customers).sum();
    let revenue: i64 = sums.iter().map(|level| level.revenue.0).sum();
    (0..=10_u8)
        .filter_map(|rank| {
            let Tally { customers: count, revenue: sum } = sums[usize::from(rank)];
            let level = rules.and_then(|rules| rules.level_of_rank(rank));
            if level.is_none() && count == 0 {
                return None;
            }
            Some(SimulatedLevel {
                level_id: level.map(|level| level.id),
                rank,
                name: level.map_or_else(|| Text::new("暂无等级", "No level"), |level| level.name.clone()),
                colour: level.map_or_else(|| "#bfbfbf".to_owned(), |level| level.colour.clone()),
                customers: count,
                share: if customers > 0 { count as f64 / customers as f64 } else { 0.0 },
                revenue: sum,
                revenue_share: if revenue > 0 { sum.0 as f64 / revenue as f64 } else { 0.0 },
                before: before(rank),
            })
        })
        .collect()
}

fn simulated(ready: &Prepared, simulation: &Simulation, took_ms: u64) -> Simulated {
    let Prepared { rules, published, as_of, .. } = ready;
    let published = published.as_deref();
    let places = trial::places(published, rules);
    let (after, before) = (simulation.levels(), simulation.before());
    let (up, down) = trial::moved(simulation, &places);
    // A level's customers of now stand at the rank that it has on record.
    let was = |rank: u8| {
        let id = rules.level_of_rank(rank).map(|level| level.id);
        let known = published.and_then(|before| before.levels.iter().find(|level| Some(level.id) == id));
        match (known, published) {
            (Some(level), _) => before[usize::from(level.rank)].customers,
            (None, Some(_)) if rank > 0 => 0,
            _ => before[usize::from(rank)].customers,
        }
    };
    let mut flows = Vec::new();
    for (from, row) in (0_u8..).zip(&simulation.moves) {
        for (to, cell) in (0_u8..).zip(row).filter(|(_, cell)| cell.customers > 0) {
            let direction = trial::direction(&places, from, to).into();
            flows.push(Flow { from, to, customers: cell.customers, revenue: cell.revenue, direction });
        }
    }
    let cost = Cost {
        before: trial::money(published.map_or(0.0, |published| trial::cost(published, &before))),
        after: trial::money(trial::cost(rules, &after)),
        without: rules.levels.iter().filter(|level| level.benefit_cost.is_none()).map(|l| l.name.clone()).collect(),
    };
    Simulated {
        as_of: *as_of,
        customers: after.iter().map(|level| level.customers).sum(),
        part: ready.seen.is_some(),
        held: rules.life.is_some(),
        levels: rows(Some(rules), &after, was),
        before: rows(published, &before, |rank| before[usize::from(rank)].customers),
        moves: simulation.moves.iter().map(|row| row.iter().map(|cell| cell.customers).collect()).collect(),
        flows,
        moved: Moved { up: up.customers, down: down.customers, up_revenue: up.revenue, down_revenue: down.revenue },
        cost,
        took_ms,
    }
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Evaluation {
    /// The organisation's today where none is given.
    as_of: Option<Day>,
    /// Keep `as_of` as the organisation's today (without `as_of`: let today be today again). For administrators.
    pin: bool,
}

/// Evaluate everyone, as a job.
#[utoipa::path(post, path = "/tiering/evaluations", tag = "tiering", operation_id = "create_evaluation",
    request_body = Evaluation, responses((status = 202, body = Job), WriteProblems))]
pub(super) async fn evaluate(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Json(evaluation): Json<Evaluation>,
) -> Result<Response> {
    write.actor.scope.require_everyone()?;
    let as_of = check_day(evaluation.as_of)?;
    if evaluation.pin {
        write.actor.require(Permission::ManageOrganisation)?;
    }
    let guards = app.get::<Guards>().unwrap_or_default();
    let (now, by) = (write.now, write.actor.staff);
    write
        .run(&app, StatusCode::ACCEPTED, move |tx| {
            if evaluation.pin {
                let before = settings::load(tx)?;
                let after = settings::Organisation { as_of, ..before.clone() };
                settings::save(tx, now, &after, &guards)?;
                let detail = serde_json::json!({"before": before.as_of, "after": as_of});
                zunke_store::audit::write(tx, now, Some(by), "organisation.pin", "organisation", &detail)?;
            }
            let id = work::enqueue(tx, now, as_of, Cause::Evaluation, Some(by))?;
            jobs::find(tx, id)?.ok_or_else(Error::not_found)
        })
        .await
}
