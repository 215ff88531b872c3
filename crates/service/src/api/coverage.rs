//! Visits that levels are promised: the plan, who has had his, and spreading what is owed over the days that are left.

use super::visits::{person, whose};
use crate::store::calendars;
use crate::store::managers::{self, Level};
use crate::store::visits::{self, Covered, Plan, Visit};
use crate::visit::coverage::{Standing, Window, window};
use crate::visit::spread::{Due, spread};
use crate::visit::{Kind, State as VisitState};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Can, Write, directory, may};
use zunke_customers::RecordContext;
use zunke_http::{App, Json, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, LevelId, StaffId, VisitId};
use zunke_kernel::{Day, Error, Instant, page};

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VisitPlansBody)]
pub(super) struct PlansBody {
    /// One for each level that is promised visits.
    items: Vec<Plan>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = VisitPlanList)]
pub(super) struct Plans {
    items: Vec<Plan>,
    /// The levels of the primary programme, the lowest first.
    levels: Vec<Level>,
}

/// How many visits each level is promised.
#[utoipa::path(get, path = "/visit-plans", tag = "service", operation_id = "list_visit_plans",
    responses((status = 200, body = Plans), ReadProblems))]
pub(super) async fn plans(State(app): State<App>, _can: Can<may::ReadTickets>) -> Result<axum::Json<Plans>> {
    let found = app.db.read_async(|tx| Ok(Plans { items: visits::plans(tx)?, levels: managers::levels(tx)? })).await?;
    Ok(axum::Json(found))
}

/// Set how many visits each level is promised: these and no others.
#[utoipa::path(put, path = "/visit-plans", tag = "service", operation_id = "update_visit_plans",
    request_body = PlansBody, responses((status = 200, body = Plans), WriteProblems))]
pub(super) async fn set_plans(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Json(body): Json<PlansBody>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::OK, move |tx| {
            let levels = managers::levels(tx)?;
            let mut faults = Vec::new();
            let mut named: HashSet<LevelId> = HashSet::new();
            for (at, plan) in body.items.iter().enumerate() {
                if !(1..=31).contains(&plan.visits) {
                    let (zh, en) = ("次数应为 1 到 31。", "1 to 31 visits.");
                    faults.push(Error::invalid("visits_invalid", zh, en).at(format!("items[{at}].visits")));
                }
                let known = levels.iter().any(|level| level.level_id == plan.level_id);
                if !known || !named.insert(plan.level_id) {
                    let (zh, en) = ("等级不存在或重复。", "There is no such level, or it is named twice.");
                    faults.push(Error::invalid("level_invalid", zh, en).at(format!("items[{at}].level_id")));
                }
            }
            Error::gather(faults).map_or(Ok(()), Err)?;
            visits::save_plans(tx, &body.items)?;
            audit.note(tx, "visits.plan", "visit-plans", &json!(body.items))?;
            Ok(Plans { items: visits::plans(tx)?, levels })
        })
        .await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CoverageAsked {
    /// Customers of this manager; `me`, or an id.
    staff_id: Option<String>,
    standing: Option<Standing>,
    level_id: Option<LevelId>,
    /// 1 to 500; 50 where none is given.
    limit: Option<u32>,
}

#[derive(Default, Serialize, ToSchema)]
#[schema(as = VisitCoverageSum)]
struct Sum {
    customers: i64,
    covered: i64,
    planned: i64,
    due: i64,
    overdue: i64,
}

impl Sum {
    fn add(&mut self, standing: Standing) {
        self.customers += 1;
        match standing {
            Standing::Covered => self.covered += 1,
            Standing::Planned => self.planned += 1,
            Standing::Due => self.due += 1,
            Standing::Overdue => self.overdue += 1,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = VisitCoverageLevel)]
struct LevelSum {
    #[serde(flatten)]
    plan: Plan,
    first: Day,
    last: Day,
    #[serde(flatten)]
    sum: Sum,
}

#[derive(Serialize, ToSchema)]
#[schema(as = VisitCoverageManager)]
struct ManagerSum {
    /// `null`: customers without a manager.
    staff_id: Option<StaffId>,
    name: Option<String>,
    #[serde(flatten)]
    sum: Sum,
}

#[derive(Serialize, ToSchema)]
#[schema(as = VisitCoverage)]
pub(super) struct Coverage {
    as_of: Day,
    levels: Vec<LevelSum>,
    managers: Vec<ManagerSum>,
    /// The most urgent first.
    items: Vec<Covered>,
    /// How many there are of them in all.
    total: i64,
    /// All that is counted here.
    all: Sum,
}

/// Who has had the visits that his level is promised, who has not, and for whom it is overdue.
#[utoipa::path(get, path = "/visits/coverage", tag = "service", operation_id = "get_visit_coverage",
    params(CoverageAsked), responses((status = 200, body = Coverage), ReadProblems))]
pub(super) async fn coverage(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Query(asked): Query<CoverageAsked>,
) -> Result<axum::Json<Coverage>> {
    let limit = page::limit(asked.limit)? as usize;
    let (now, actor) = (app.now(), can.0);
    let owner = person(asked.staff_id.as_deref(), &actor)?;
    let found = app
        .db
        .read_async(move |tx| {
            let as_of = RecordContext::load(tx, now)?.today;
            let mut items = visits::coverage(tx, &actor.scope, owner, as_of)?;
            let mut all = Sum::default();
            let mut by_level: BTreeMap<LevelId, Sum> = BTreeMap::new();
            let mut by_manager: BTreeMap<Option<StaffId>, Sum> = BTreeMap::new();
            for one in &items {
                all.add(one.standing);
                by_level.entry(one.level_id).or_default().add(one.standing);
                by_manager.entry(one.owner_id).or_default().add(one.standing);
            }
            let levels = visits::plans(tx)?
                .into_iter()
                .map(|plan| {
                    let Window { first, last, .. } = window(plan.per, as_of);
                    LevelSum { plan, first, last, sum: by_level.remove(&plan.level_id).unwrap_or_default() }
                })
                .collect();
            let names = directory::staff_names(tx, by_manager.keys().flatten().copied())?;
            let managers = by_manager
                .into_iter()
                .map(|(staff_id, sum)| ManagerSum {
                    staff_id,
                    name: staff_id.and_then(|id| names.get(&id)).cloned(),
                    sum,
                })
                .collect();
            items.retain(|one| {
                asked.standing.is_none_or(|standing| standing == one.standing)
                    && asked.level_id.is_none_or(|level| level == one.level_id)
            });
            let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
            items.sort_by_key(|one| (urgency(one.standing), -one.level_rank, one.last_day, one.customer_id));
            items.truncate(limit);
            Ok(Coverage { as_of, levels, managers, items, total, all })
        })
        .await?;
    Ok(axum::Json(found))
}

fn urgency(standing: Standing) -> u8 {
    match standing {
        Standing::Overdue => 0,
        Standing::Due => 1,
        Standing::Planned => 2,
        Standing::Covered => 3,
    }
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VisitSpreadAsked)]
pub(super) struct SpreadBody {
    /// Oneself where none is given.
    #[serde(default)]
    staff_id: Option<StaffId>,
    /// Visits of one day, 1 to 20; 4 where none is given.
    #[serde(default)]
    per_day: Option<usize>,
    /// Only says what would be planned.
    #[serde(default)]
    preview: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = VisitSpreadRow)]
struct SpreadRow {
    customer_id: CustomerId,
    customer_name: String,
    level_rank: i64,
    day: Day,
}

#[derive(Serialize, ToSchema)]
#[schema(as = VisitSpread)]
pub(super) struct SpreadAnswer {
    items: Vec<SpreadRow>,
    /// Visits for which no day was left.
    left: Vec<String>,
    applied: bool,
}

/// Plan the visits that a manager's customers still wait for: on the working days that are left of the month or quarter,
/// the overdue first. Chinese public holidays and make-up days count as such.
#[utoipa::path(post, path = "/visits/plan", tag = "service", operation_id = "plan_visits", request_body = SpreadBody,
    responses((status = 200, body = SpreadAnswer), WriteProblems))]
pub(super) async fn plan(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Json(body): Json<SpreadBody>,
) -> Result<Response> {
    let per_day = body.per_day.unwrap_or(4);
    if !(1..=20).contains(&per_day) {
        let (zh, en) = ("每天 1 到 20 次。", "1 to 20 visits a day.");
        return Err(Error::invalid("per_day_invalid", zh, en).at("per_day").into());
    }
    let (actor, now) = (write.actor.clone(), write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let staff = whose(tx, &actor, body.staff_id)?;
            let today = RecordContext::load(tx, now)?.today;
            let open = visits::coverage(tx, &actor.scope, Some(staff), today)?;
            let due: Vec<Due> = (open.iter())
                .filter(|one| matches!(one.standing, Standing::Due | Standing::Overdue))
                .map(|one| Due {
                    customer: one.customer_id,
                    overdue: one.standing == Standing::Overdue,
                    rank: one.level_rank,
                    last: one.last_day,
                    missing: one.promised - one.done - one.planned,
                    until: one.until,
                })
                .collect();
            let planned = visits::planned_by_day(tx, staff, today)?;
            let calendar = calendars::working(tx)?;
            let taken = |day: Day| planned.get(&day).copied().unwrap_or(0);
            let done = spread(&due, today, per_day, &taken, &|day| !calendar.hours(day).is_empty());
            let named = |id: CustomerId| open.iter().find(|one| one.customer_id == id);
            let items: Vec<SpreadRow> = (done.visits.iter())
                .filter_map(|(id, day)| {
                    let one = named(*id)?;
                    let (customer_name, level_rank) = (one.customer_name.clone(), one.level_rank);
                    Some(SpreadRow { customer_id: *id, customer_name, level_rank, day: *day })
                })
                .collect();
            if !body.preview {
                let new: Vec<Visit> = items.iter().map(|item| planned_visit(now, staff, item)).collect();
                visits::insert(tx, actor.staff, &new)?;
            }
            let left = done.left.iter().filter_map(|id| Some(named(*id)?.customer_name.clone())).collect();
            Ok(SpreadAnswer { items, left, applied: !body.preview })
        })
        .await
}

fn planned_visit(now: Instant, staff: StaffId, row: &SpreadRow) -> Visit {
    Visit {
        id: VisitId::new(now),
        customer_id: row.customer_id,
        customer_name: String::new(),
        level_rank: row.level_rank,
        staff_id: staff,
        staff_name: String::new(),
        kind: Kind::Visit,
        state: VisitState::Planned,
        day: row.day,
        purpose: None,
        notes: None,
        mood: None,
        reason: None,
        next_task_id: None,
        done_at: None,
        created_at: now,
        version: 1,
    }
}
