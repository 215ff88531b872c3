//! `/tiering/overview` and the lists of the tiers page and the Today page. All within the reader's scope.

use crate::ask::{self, PotentialVip};
use crate::candidates;
use crate::explain::LevelFace;
use crate::rfm::{Grades, Group, group_of};
use crate::rules::Rules;
use crate::stats::{LevelSum, Pareto, level_sums, pareto};
use crate::store::programmes::Programme;
use crate::store::read::LevelChange;
use crate::store::{names, programmes, read, staircase};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Can, may, settings};
use zunke_customers::CustomerQuery;
use zunke_http::{App, Query, ReadProblems, Result};
use zunke_kernel::id::ProgrammeId;
use zunke_kernel::page::{self, Page};
use zunke_kernel::{Day, Error, Instant, Money, Text};
use zunke_store::Tx;

const MONTH_MS: i64 = 30 * 86_400_000;

#[derive(Serialize, ToSchema)]
#[schema(as = TieringOverview)]
pub(super) struct Overview {
    programme_id: Option<ProgrammeId>,
    /// The day of the last evaluation of everyone.
    as_of: Option<Day>,
    evaluated_at: Option<Instant>,
    total: i64,
    levels: Vec<LevelSum>,
    pareto: Pareto,
    changes_30d: Changes30d,
}

#[derive(Serialize, ToSchema)]
struct Changes30d {
    up: i64,
    down: i64,
}

/// The base by level, how concentrated revenue is, and what has moved.
#[utoipa::path(get, path = "/tiering/overview", tag = "tiering", operation_id = "get_tiering_overview",
    params(Which), responses((status = 200, body = Overview), ReadProblems))]
pub(super) async fn overview(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Query(which): Query<Which>,
) -> Result<axum::Json<Overview>> {
    let scope = can.scope.clone();
    let now = app.now();
    let overview = app
        .db
        .read_async(move |tx| {
            let primary = chosen(tx, which.programme)?;
            let rules = rules_of(tx, primary.as_ref())?;
            let sums = match &primary {
                Some(other) if !other.is_primary => read::levels_of(tx, &scope, other.id)?,
                _ => read::levels(tx, &scope)?,
            };
            let net = read::buyers(tx, &scope)?;
            let (up, down) = match &primary {
                Some(primary) => read::moves(tx, &scope, primary.id, now.plus_ms(-MONTH_MS))?,
                None => (0, 0),
            };
            Ok(Overview {
                programme_id: primary.as_ref().map(|primary| primary.id),
                as_of: primary.as_ref().and_then(|primary| primary.evaluated_as_of),
                evaluated_at: primary.as_ref().and_then(|primary| primary.evaluated_at),
                total: sums.iter().map(|sum| sum.customers).sum(),
                levels: level_sums(rules.as_deref(), &sums),
                pareto: pareto(&net),
                changes_30d: Changes30d { up, down },
            })
        })
        .await?;
    Ok(axum::Json(overview))
}

/// Which programme is asked about.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The primary one where none is given.
    programme: Option<ProgrammeId>,
}

/// The programme that is named, or the primary one; none where there is none yet.
pub(super) fn chosen(tx: &mut Tx, id: Option<ProgrammeId>) -> zunke_kernel::Result<Option<Programme>> {
    match id {
        Some(id) => programmes::find(tx, id).map(Some),
        None => programmes::primary(tx),
    }
}

/// The published rules of a programme.
pub(super) fn rules_of(tx: &mut Tx, programme: Option<&Programme>) -> zunke_kernel::Result<Option<Arc<Rules>>> {
    match programme.and_then(|programme| programme.published) {
        Some(version) => programmes::rules(tx, version).map(Some),
        None => Ok(None),
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// 1 to 500; 50 where none is given.
    pub(super) limit: Option<u32>,
    pub(super) after: Option<String>,
    /// Only of this programme; of all where none is given.
    pub(super) programme: Option<ProgrammeId>,
}

/// A change of level with the levels' names.
#[derive(Serialize, ToSchema)]
pub(super) struct ChangeRow {
    #[serde(flatten)]
    change: LevelChange,
    from: Option<LevelFace>,
    to: Option<LevelFace>,
}

fn faced(tx: &mut Tx, changes: Vec<LevelChange>) -> zunke_kernel::Result<Vec<ChangeRow>> {
    // A level is called as it was when it was decided, also where it has been renamed, merged or retired since.
    let mut known = names::Names::default();
    let mut rows = Vec::with_capacity(changes.len());
    for change in changes {
        let (from, to) = (
            known.face(tx, change.programme_id, change.version_id, change.from_level)?,
            known.face(tx, change.programme_id, change.version_id, change.to_level)?,
        );
        rows.push(ChangeRow { from, to, change });
    }
    Ok(rows)
}

/// The latest changes of levels.
#[utoipa::path(get, path = "/tiering/changes", tag = "tiering", operation_id = "list_level_changes", params(Paging),
    responses((status = 200, body = Page<ChangeRow>), ReadProblems))]
pub(super) async fn changes(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<ChangeRow>>> {
    let limit = page::limit(paging.limit)?;
    let scope = can.scope.clone();
    let page = app
        .db
        .read_async(move |tx| {
            let page = read::changes(tx, &scope, paging.programme, limit, paging.after.as_deref())?;
            Ok(Page { items: faced(tx, page.items)?, next: page.next })
        })
        .await?;
    Ok(axum::Json(page))
}

/// All changes of one customer, newest first, each with everything it rested on.
pub(super) fn history(tx: &mut Tx, customer: zunke_kernel::id::CustomerId) -> zunke_kernel::Result<Vec<ChangeRow>> {
    let all = read::history(tx, customer)?;
    faced(tx, all)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PotentialParams {
    /// 1 to 100; 20 where none is given.
    limit: Option<u32>,
    /// The primary one where none is given.
    programme: Option<ProgrammeId>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Potentials {
    items: Vec<PotentialVip>,
    next: Option<String>,
}

/// Customers who are near the next level, those on the rise first.
#[utoipa::path(get, path = "/tiering/potentials", tag = "tiering", operation_id = "list_potentials",
    params(PotentialParams), responses((status = 200, body = Potentials), ReadProblems))]
pub(super) async fn potentials(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Query(params): Query<PotentialParams>,
) -> Result<axum::Json<Potentials>> {
    let limit = match params.limit {
        None => 20,
        Some(limit @ 1..=100) => limit,
        Some(limit) => {
            return Err(Error::invalid(
                "limit_invalid",
                format!("条数应在 1 到 100 之间，收到 {limit}。"),
                format!("limit must be between 1 and 100, got {limit}."),
            )
            .at("limit")
            .into());
        }
    };
    let scope = can.scope.clone();
    let now = app.now();
    let items = app
        .db
        .read_async(move |tx| {
            let Some(programme) = chosen(tx, params.programme)?.filter(|programme| programme.published.is_some())
            else {
                return Ok(Vec::new());
            };
            let organisation = settings::load(tx)?;
            let as_of = settings::today(&organisation, now);
            if !programme.is_primary {
                return candidates::of(tx, &organisation, as_of, &scope, programme.id, limit as usize);
            }
            ask::potentials(tx, &organisation, as_of, CustomerQuery::new(&scope), limit as usize)
        })
        .await?;
    Ok(axum::Json(Potentials { items, next: None }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RfmParams {
    /// Only the cells of this group.
    group: Option<String>,
    /// The primary one where none is given.
    programme: Option<ProgrammeId>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RfmMap)]
pub(super) struct Map {
    window: Option<Text>,
    cells: Vec<CellRow>,
    groups: Vec<GroupRow>,
    /// Customers without an order in the window.
    unrated: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RfmCell)]
struct CellRow {
    r: u8,
    f: u8,
    m: u8,
    customers: i64,
    revenue: Money,
    group: Option<String>,
    /// The list of exactly these customers.
    link: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RfmGroupSum)]
struct GroupRow {
    id: String,
    name: Text,
    customers: i64,
    /// 0 to 1 of the rated ones.
    customer_share: f64,
    revenue: Money,
    revenue_share: f64,
    link: String,
}

/// The 5×5×5 map with the customers and the net spend in each cell, and the named groups.
#[utoipa::path(get, path = "/tiering/rfm", tag = "tiering", operation_id = "get_rfm_map", params(RfmParams),
    responses((status = 200, body = Map), ReadProblems))]
pub(super) async fn rfm(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Query(params): Query<RfmParams>,
) -> Result<axum::Json<Map>> {
    let scope = can.scope.clone();
    let map = app
        .db
        .read_async(move |tx| {
            let programme = chosen(tx, params.programme)?;
            let Some(rules) = rules_of(tx, programme.as_ref())? else {
                return Ok(Map { window: None, cells: Vec::new(), groups: Vec::new(), unrated: 0 });
            };
            let groups = &rules.rfm.groups;
            if let Some(wanted) = &params.group
                && !groups.iter().any(|group| group.id == *wanted)
            {
                return Err(
                    Error::invalid("group_unknown", "没有该 RFM 分组。", "There is no such RFM group.").at("group")
                );
            }
            let mut unrated = 0;
            let mut cells = Vec::new();
            let grades = match &programme {
                Some(other) if !other.is_primary => read::rfm_of(tx, &scope, other.id)?,
                _ => read::rfm(tx, &scope)?,
            };
            for cell in grades {
                let grades = Grades::from_code(u16::try_from(cell.code).unwrap_or(0));
                if grades == Grades::NONE {
                    unrated += cell.customers;
                    continue;
                }
                cells.push(CellRow {
                    r: grades.r,
                    f: grades.f,
                    m: grades.m,
                    customers: cell.customers,
                    revenue: cell.revenue,
                    group: group_of(groups, grades).map(|group| group.id.clone()),
                    link: format!("/customers?rfm_group={}", cell.code),
                });
            }
            let rows = group_rows(groups, &cells);
            if let Some(wanted) = params.group {
                cells.retain(|cell| cell.group.as_deref() == Some(&wanted));
            }
            Ok(Map { window: Some(rules.rfm.window.text()), cells, groups: rows, unrated })
        })
        .await?;
    Ok(axum::Json(map))
}

#[expect(clippy::cast_precision_loss, reason = "shares need no more than 53 bits")]
fn group_rows(groups: &[Group], cells: &[CellRow]) -> Vec<GroupRow> {
    let customers: i64 = cells.iter().map(|cell| cell.customers).sum();
    let revenue: i64 = cells.iter().map(|cell| cell.revenue.0).sum();
    let share = |part: i64, whole: i64| if whole > 0 { part as f64 / whole as f64 } else { 0.0 };
    groups
        .iter()
        .map(|group| {
            let own = || cells.iter().filter(|cell| cell.group.as_deref() == Some(&group.id));
            let (count, sum) = (own().map(|cell| cell.customers).sum(), own().map(|cell| cell.revenue.0).sum());
            GroupRow {
                id: group.id.clone(),
                name: group.name.clone(),
                customers: count,
                customer_share: share(count, customers),
                revenue: Money(sum),
                revenue_share: share(sum, revenue),
                link: format!("/customers?value_class={}", group.id),
            }
        })
        .collect()
}

/// The ladder as a staircase.
#[derive(Serialize, ToSchema)]
pub(super) struct Staircase {
    programme_id: Option<ProgrammeId>,
    as_of: Option<Day>,
    /// The day from which keep rates are counted: a year before today.
    since: Day,
    steps: Vec<Step>,
    /// The last twelve months, the running one last.
    months: Vec<staircase::Month>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = StaircaseStep)]
struct Step {
    #[serde(flatten)]
    sum: LevelSum,
    average_score: Option<f64>,
    /// Customers who stood at this level a year ago.
    stood: i64,
    /// 0 to 1: those of them who are at it or above it now; absent where nobody stood there.
    keep_rate: Option<f64>,
    /// Customers who came to this level in the last twelve months, and who left it.
    entries: i64,
    exits: i64,
}

/// The ladder as a staircase: how many stand on each level, how well they keep it, and who comes and goes.
#[utoipa::path(get, path = "/tiering/staircase", tag = "tiering", operation_id = "get_tiering_staircase",
    params(Which), responses((status = 200, body = Staircase), ReadProblems))]
pub(super) async fn staircase(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Query(which): Query<Which>,
) -> Result<axum::Json<Staircase>> {
    let scope = can.scope.clone();
    let now = app.now();
    let answer = app
        .db
        .read_async(move |tx| {
            let today = settings::today(&settings::load(tx)?, now);
            let since = today.plus(-365);
            let Some(programme) = chosen(tx, which.programme)? else {
                return Ok(Staircase { programme_id: None, as_of: None, since, steps: vec![], months: vec![] });
            };
            let rules = rules_of(tx, Some(&programme))?;
            let sums = read::levels_of(tx, &scope, programme.id)?;
            let flow = staircase::read(tx, &scope, programme.id, since)?;
            let steps = level_sums(rules.as_deref(), &sums)
                .into_iter()
                .map(|sum| {
                    let rank = usize::from(sum.rank.min(10));
                    let of = flow.ranks[rank];
                    let months = flow.months.iter();
                    #[expect(clippy::cast_precision_loss, reason = "shares need no more than 53 bits")]
                    let keep_rate = (of.stood > 0).then(|| of.kept as f64 / of.stood as f64);
                    Step {
                        average_score: of.score,
                        stood: of.stood,
                        keep_rate,
                        entries: months.clone().filter_map(|month| month.entries.get(rank)).sum(),
                        exits: months.filter_map(|month| month.exits.get(rank)).sum(),
                        sum,
                    }
                })
                .collect();
            Ok(Staircase {
                programme_id: Some(programme.id),
                as_of: programme.evaluated_as_of,
                since,
                steps,
                months: flow.months,
            })
        })
        .await?;
    Ok(axum::Json(answer))
}
