//! One customer's level and its history; the catalogues of measures and indicators.

use super::overview::{ChangeRow, history};
use crate::ask;
use crate::explain::Explanation;
use crate::indicator::{Aggregate, Indicator};
use crate::measure::{Measure, Unit};
use crate::rules::Fixed;
use crate::store::programmes;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use zunke_access::{Can, may, settings};
use zunke_customers::CustomerQuery;
use zunke_http::{App, Path, ReadProblems, Result};
use zunke_kernel::Text;
use zunke_kernel::id::CustomerId;

/// Why a customer has his level, and the cheapest way to the next. 409 `no_published_rules` before there are rules.
#[utoipa::path(get, path = "/customers/{id}/level", tag = "tiering", operation_id = "get_customer_level",
    params(("id" = CustomerId, Path)),
    responses((status = 200, body = Explanation), (status = 409, description = "No rules are published yet"), ReadProblems))]
pub(super) async fn level(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<Explanation>> {
    let scope = can.scope.clone();
    let now = app.now();
    let explanation = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&scope).find(tx, id)?;
            let organisation = settings::load(tx)?;
            let today = settings::today(&organisation, now);
            ask::explain(tx, &organisation, today, id)
        })
        .await?;
    Ok(axum::Json(explanation))
}

#[derive(Serialize, ToSchema)]
pub(super) struct Levels {
    items: Vec<ChangeRow>,
    next: Option<String>,
}

/// What levels a customer has had, and why, newest first: as stored on the day, never reckoned again.
#[utoipa::path(get, path = "/customers/{id}/levels", tag = "tiering", operation_id = "list_customer_levels",
    params(("id" = CustomerId, Path)), responses((status = 200, body = Levels), ReadProblems))]
pub(super) async fn levels(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<Levels>> {
    let scope = can.scope.clone();
    let items = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&scope).find(tx, id)?;
            history(tx, id)
        })
        .await?;
    Ok(axum::Json(Levels { items, next: None }))
}

#[derive(Serialize, ToSchema)]
pub(super) struct MeasureFace {
    id: Measure,
    name: Text,
    unit: Unit,
    /// What may be drawn from it.
    aggregates: Vec<AggregateFace>,
}

#[derive(Serialize, ToSchema)]
struct AggregateFace {
    id: Aggregate,
    name: Text,
    unit: Unit,
}

/// The measures, and what may be drawn from each.
#[utoipa::path(get, path = "/measures", tag = "tiering", operation_id = "list_measures",
    responses((status = 200, body = Vec<MeasureFace>), ReadProblems))]
pub(super) async fn measures(_: Can<may::ReadTiering>) -> axum::Json<Vec<MeasureFace>> {
    let all = Measure::ALL
        .into_iter()
        .map(|measure| MeasureFace {
            id: measure,
            name: measure.name(),
            unit: measure.unit(),
            aggregates: Aggregate::ALL
                .into_iter()
                .filter(|aggregate| aggregate.fits(measure))
                .map(|aggregate| AggregateFace { id: aggregate, name: aggregate.name(), unit: aggregate.unit(measure) })
                .collect(),
        })
        .collect();
    axum::Json(all)
}

#[derive(Serialize, ToSchema)]
pub(super) struct IndicatorFace {
    id: String,
    name: Text,
    unit: Unit,
    /// Of the rules, so it can be edited; false: always there (`score`, `loyalty`, `rfm_r` …).
    own: bool,
    /// As it stands in the rules.
    indicator: Option<Indicator>,
}

/// The facts that rules may test: the published rules' indicators and those that are always there.
#[utoipa::path(get, path = "/indicators", tag = "tiering", operation_id = "list_indicators",
    responses((status = 200, body = Vec<IndicatorFace>), ReadProblems))]
pub(super) async fn indicators(
    State(app): State<App>,
    _: Can<may::ReadTiering>,
) -> Result<axum::Json<Vec<IndicatorFace>>> {
    let own = app
        .db
        .read_async(|tx| {
            let Some(primary) = programmes::primary(tx)? else { return Ok(Vec::new()) };
            Ok(match (primary.published, programmes::draft(tx, primary.id)?) {
                (_, Some(draft)) => draft.indicators,
                (Some(version), None) => programmes::rules(tx, version)?.indicators.clone(),
                (None, None) => Vec::new(),
            })
        })
        .await?;
    let own = own.into_iter().map(|indicator| IndicatorFace {
        id: indicator.id.clone(),
        name: indicator.name.clone(),
        unit: indicator.unit(),
        own: true,
        indicator: Some(indicator),
    });
    let fixed = Fixed::ALL.into_iter().map(|fixed| IndicatorFace {
        id: fixed.id().into(),
        name: fixed.name(),
        unit: fixed.unit(),
        own: false,
        indicator: None,
    });
    Ok(axum::Json(own.chain(fixed).collect()))
}
