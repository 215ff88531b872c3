//! Trying rules on everyone, and evaluating everyone for good.

use super::programmes::current;
use super::{check_day, refuse_faults, tiers};
use crate::decision::Cause;
use crate::rules::Rules;
use crate::simulation::{Simulation, Tally, Wanted as Ask};
use crate::validate::validate;
use crate::work;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::settings::{self, Guards};
use zunke_access::{Asking, Permission, Write, may};
use zunke_http::{App, Json, Path, Result, WriteProblems};
use zunke_kernel::id::{LevelId, ProgrammeId};
use zunke_kernel::{Day, Error, Money, Text};
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
    levels: Vec<SimulatedLevel>,
    /// `moves[from][to]`: customers, by rank from 0 (no level) to 10.
    moves: Vec<Vec<u64>>,
    moved: Moved,
    took_ms: u64,
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
    /// Customers of this rank now.
    before: u64,
}

#[derive(Serialize, ToSchema)]
struct Moved {
    up: u64,
    down: u64,
}

/// Try rules on everyone. Nothing is written. A newer question of the same person cancels the older one, which is
/// answered 409 `simulation_superseded`.
#[utoipa::path(post, path = "/tiering/programmes/{id}/simulate", tag = "tiering", operation_id = "simulate_rules",
    params(("id" = ProgrammeId, Path)), request_body = Wanted,
    responses((status = 200, body = Simulated), WriteProblems))]
pub(super) async fn simulate(
    State(app): State<App>,
    can: Asking<may::SimulateTiering>,
    Path(id): Path<ProgrammeId>,
    Json(wanted): Json<Wanted>,
) -> Result<axum::Json<Simulated>> {
    // Sums over everyone are for who may see everyone.
    if !can.scope.is_all() {
        return Err(Error::forbidden().into());
    }
    let as_of = check_day(wanted.as_of)?;
    let began = app.now();
    let tiers = tiers(&app);
    let ticket = tiers.ticket(can.staff);
    let asking = app.clone();
    let simulated = tokio::task::spawn_blocking(move || {
        let app = asking;
        let (rules, today) = app.db.read(|tx| {
            let rules = current(tx, id, wanted.rules)?;
            Ok((rules, settings::today(&settings::load(tx)?, began)))
        })?;
        refuse_faults(validate(&rules))?;
        let as_of = as_of.unwrap_or(today);
        let kept = tiers.image(&app.db, began, id)?;
        let superseded = |_| {
            Error::conflict(
                "simulation_superseded",
                "已有更新的模拟请求，本次已取消。",
                "A newer simulation was asked for; this one was cancelled.",
            )
        };
        if ticket.cancelled() {
            return Err(superseded(()));
        }
        let simulation =
            kept.simulate(&rules, as_of, &Ask::default(), &|| ticket.cancelled()).map_err(|_| superseded(()))?;
        let took_ms = u64::try_from(app.now().0 - began.0).unwrap_or(0);
        Ok(simulated(&rules, as_of, &simulation, took_ms))
    });
    Ok(axum::Json(simulated.await.map_err(Error::internal)??))
}

#[expect(clippy::cast_precision_loss, reason = "shares need no more than 53 bits")]
fn simulated(rules: &Rules, as_of: Day, simulation: &Simulation, took_ms: u64) -> Simulated {
    let (after, before, (up, down)) = (simulation.levels(), simulation.before(), simulation.moved());
    let customers: u64 = after.iter().map(|level| level.customers).sum();
    let revenue: i64 = after.iter().map(|level| level.revenue.0).sum();
    let levels = (0..=10_u8)
        .filter_map(|rank| {
            let Tally { customers: count, revenue: sum } = after[usize::from(rank)];
            let level = rules.level_of_rank(rank);
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
                before: before[usize::from(rank)].customers,
            })
        })
        .collect();
    Simulated {
        as_of,
        customers,
        levels,
        moves: simulation.moves.iter().map(|row| row.iter().map(|cell| cell.customers).collect()).collect(),
        moved: Moved { up: up.customers, down: down.customers },
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
