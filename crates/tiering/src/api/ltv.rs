//! `/tiering/ltv`: the fit that counts with its pictures, the list by value, a refit; and one customer's value.

use super::overview::Paging;
use crate::ltv::fit::{Method, Report};
use crate::ltv::refit::{self, Wish};
use crate::store::ltv::{self, Listed, Seen, Stored};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::{Can, Write, may};
use zunke_customers::CustomerQuery;
use zunke_http::{App, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::CustomerId;
use zunke_kernel::page::{self, Page};
use zunke_kernel::{Day, Error, Instant, Text};
use zunke_store::jobs::{self, Job};

/// A fit as it is shown.
#[derive(Serialize, ToSchema)]
pub(super) struct LtvFit {
    id: String,
    made_at: Instant,
    /// Everyone's counts, sums and pictures are there. They are left out (0, empty) for who may not see everyone.
    whole: bool,
    report: Report,
}

#[derive(Serialize, ToSchema)]
pub(super) struct LtvOverview {
    /// None before the first fit.
    fit: Option<LtvFit>,
    /// Of the customers that the reader may see.
    seen: Seen,
}

/// The fit that counts, how good it is, and what the customers in sight are worth.
#[utoipa::path(get, path = "/tiering/ltv", tag = "tiering", operation_id = "get_ltv",
    responses((status = 200, body = LtvOverview), ReadProblems))]
pub(super) async fn get(State(app): State<App>, can: Can<may::ReadTiering>) -> Result<axum::Json<LtvOverview>> {
    let scope = can.scope.clone();
    let overview = app
        .db
        .read_async(move |tx| {
            let whole = scope.is_all();
            let fit = ltv::latest(tx)?.map(|fit| LtvFit {
                id: fit.id.simple().to_string(),
                made_at: fit.made_at,
                whole,
                report: if whole { fit.report } else { narrowed(fit.report) },
            });
            Ok(LtvOverview { fit, seen: ltv::seen(tx, &scope)? })
        })
        .await?;
    Ok(axum::Json(overview))
}

/// A report without what it tells of everyone.
fn narrowed(mut report: Report) -> Report {
    report.customers = 0;
    report.repeat_customers = 0;
    report.without_purchase = 0;
    report.purchases = 0;
    report.totals = crate::ltv::fit::Totals::default();
    report.histogram.clear();
    report.tracking.clear();
    report.holdout = None;
    report.warnings.clear();
    if let Some(fit) = &mut report.bg_nbd {
        fit.log_likelihood = 0.0;
    }
    if let Some(fit) = &mut report.gamma_gamma {
        fit.log_likelihood = 0.0;
        fit.customers = 0;
        fit.correlation = None;
    }
    report
}

/// Customers by lifetime value, the most valuable first.
#[utoipa::path(get, path = "/tiering/ltv/customers", tag = "tiering", operation_id = "list_ltv_customers",
    params(Paging), responses((status = 200, body = Page<Listed>), ReadProblems))]
pub(super) async fn customers(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<Listed>>> {
    let limit = page::limit(paging.limit)?;
    let scope = can.scope.clone();
    let page = app.db.read_async(move |tx| ltv::best(tx, &scope, limit, paging.after.as_deref())).await?;
    Ok(axum::Json(page))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LtvWish {
    /// 4 to 520; as in the fit before (at first 52) where it is absent.
    horizon_weeks: Option<f64>,
    /// Per year, 0 to 1; as in the fit before (at first 0.1) where it is absent.
    discount: Option<f64>,
}

/// Fit everyone anew, as a job.
#[utoipa::path(post, path = "/tiering/ltv/fits", tag = "tiering", operation_id = "create_ltv_fit",
    request_body = LtvWish, responses((status = 202, body = Job), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Json(wish): Json<LtvWish>,
) -> Result<Response> {
    let mut faults = Vec::new();
    if wish.horizon_weeks.is_some_and(|weeks| !(4.0..=520.0).contains(&weeks)) {
        faults.push(
            Error::invalid(
                "horizon_invalid",
                "预测时长应在 4 到 520 周之间。",
                "The horizon must be between 4 and 520 weeks.",
            )
            .at("horizon_weeks"),
        );
    }
    if wish.discount.is_some_and(|rate| !(0.0..=1.0).contains(&rate)) {
        faults.push(
            Error::invalid(
                "discount_invalid",
                "年折现率应在 0 到 1 之间，例如 0.1 表示每年 10%。",
                "The yearly discount rate must be between 0 and 1; 0.1 is 10 % a year.",
            )
            .at("discount"),
        );
    }
    if let Some(error) = Error::gather(faults) {
        return Err(error.into());
    }
    let (now, by) = (write.now, write.actor.staff);
    let wish = Wish { horizon: wish.horizon_weeks, discount: wish.discount, by: Some(by) };
    write
        .run(&app, StatusCode::ACCEPTED, move |tx| {
            let id = refit::enqueue(tx, now, wish)?;
            jobs::find(tx, id)?.ok_or_else(Error::not_found)
        })
        .await
}

#[derive(Serialize, ToSchema)]
pub(super) struct CustomerLtv {
    /// None before the first fit, and for who hasn't bought anything by its day.
    figures: Option<Stored>,
    /// What the figures were made with.
    as_of: Option<Day>,
    method: Option<Method>,
    horizon_days: Option<f64>,
    /// Per year.
    discount: Option<f64>,
    sentence: Text,
}

/// What a customer is expected to bring, as of the last fit.
#[utoipa::path(get, path = "/customers/{id}/ltv", tag = "tiering", operation_id = "get_customer_ltv",
    params(("id" = CustomerId, Path)), responses((status = 200, body = CustomerLtv), ReadProblems))]
pub(super) async fn of_customer(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<CustomerLtv>> {
    let scope = can.scope.clone();
    let found = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&scope).find(tx, id)?;
            let Some((figures, fit)) = ltv::of_customer(tx, id)? else {
                let fitted = ltv::latest(tx)?.is_some();
                return Ok(CustomerLtv {
                    figures: None,
                    as_of: None,
                    method: None,
                    horizon_days: None,
                    discount: None,
                    sentence: absent(fitted),
                });
            };
            Ok(CustomerLtv {
                sentence: sentence(&figures, &fit.report),
                figures: Some(figures),
                as_of: Some(fit.report.as_of),
                method: Some(fit.report.method),
                horizon_days: Some(fit.report.horizon_days),
                discount: Some(fit.report.discount),
            })
        })
        .await?;
    Ok(axum::Json(found))
}

fn absent(fitted: bool) -> Text {
    if fitted {
        Text::new("上次估算时还没有购买记录。", "Had not bought anything when values were last estimated.")
    } else {
        Text::new("还没有做过价值估算。", "Values have not been estimated yet.")
    }
}

fn sentence(figures: &Stored, report: &Report) -> Text {
    let figure = &figures.figure;
    let (alive, weeks) = (figure.p_alive * 100.0, report.horizon_days / 7.0);
    let made = figure.expected_purchases;
    Text::new(
        format!("目前仍活跃的概率为 {alive:.0}%，未来 {weeks:.0} 周预计购买 {made:.1} 次。"),
        format!(
            "Still active with a chance of {alive:.0}%; expected to buy {made:.1} times in the next {weeks:.0} weeks."
        ),
    )
}
