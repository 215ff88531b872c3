//! `/tiering/overview` and the lists of the tiers page and the Today page. All within the reader's scope.

use crate::ask::{self, PotentialVip};
use crate::explain::LevelFace;
use crate::rfm::{Grades, Group, group_of};
use crate::rules::Rules;
use crate::stats::{LevelSum, Pareto, level_sums, pareto};
use crate::store::read::LevelChange;
use crate::store::{programmes, read};
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
    responses((status = 200, body = Overview), ReadProblems))]
pub(super) async fn overview(State(app): State<App>, can: Can<may::ReadTiering>) -> Result<axum::Json<Overview>> {
    let scope = can.scope.clone();
    let now = app.now();
    let overview = app
        .db
        .read_async(move |tx| {
            let primary = programmes::primary(tx)?;
            let rules = published(tx)?;
            let sums = read::levels(tx, &scope)?;
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

fn published(tx: &mut Tx) -> zunke_kernel::Result<Option<Arc<Rules>>> {
    match programmes::primary(tx)?.and_then(|primary| primary.published) {
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
    // The level may be gone from today's rules: its face is that of the version that decided; the one before is
    // looked for there too, and in today's.
    let today = published(tx)?;
    let mut rows = Vec::with_capacity(changes.len());
    for change in changes {
        let then = programmes::rules(tx, change.version_id)?;
        let face = |id: Option<zunke_kernel::id::LevelId>| {
            let known = |rules: &Rules| rules.levels.iter().find(|level| Some(level.id) == id).map(LevelFace::from);
            known(&then).or_else(|| today.as_deref().and_then(known))
        };
        rows.push(ChangeRow { from: face(change.from_level), to: face(change.to_level), change });
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
            let page = read::changes(tx, &scope, limit, paging.after.as_deref())?;
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
            if published(tx)?.is_none() {
                return Ok(Vec::new());
            }
            let organisation = settings::load(tx)?;
            let as_of = settings::today(&organisation, now);
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
            let Some(rules) = published(tx)? else {
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
            for cell in read::rfm(tx, &scope)? {
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
