//! The endpoints of the room: parse, check who calls, call, answer.

mod customers;
mod life;
mod ltv;
mod manage;
mod overview;
mod programmes;
mod queue;
mod rights;
mod runs;
mod simulate;
mod trial;
mod versions;

use crate::cache::Tiers;
use crate::validate::{Fault, Severity};
use utoipa_axum::router::OpenApiRouter;
use zunke_access::{LevelReach, Reach, Scope};
use zunke_http::App;
use zunke_http::routes;
use zunke_kernel::{Day, Error, Result};

/// The routes of this room, relative to `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(overview::overview))
        .routes(routes!(overview::changes))
        .routes(routes!(overview::potentials))
        .routes(routes!(overview::rfm))
        .routes(routes!(overview::staircase))
        .routes(routes!(programmes::templates))
        .routes(routes!(programmes::list, programmes::create))
        .routes(routes!(programmes::get, manage::change))
        .routes(routes!(manage::archive))
        .routes(routes!(manage::unarchive))
        .routes(routes!(manage::preview_primary, manage::choose_primary))
        .routes(routes!(manage::of_customer))
        .routes(routes!(programmes::save_draft))
        .routes(routes!(programmes::validate_rules))
        .routes(routes!(versions::publish))
        .routes(routes!(versions::versions))
        .routes(routes!(versions::version))
        .routes(routes!(versions::changes))
        .routes(routes!(versions::compare_draft))
        .routes(routes!(versions::restore))
        .routes(routes!(versions::cancel))
        .routes(routes!(simulate::simulate))
        .routes(routes!(trial::movers))
        .routes(routes!(trial::load))
        .routes(routes!(trial::backtest))
        .routes(routes!(simulate::evaluate))
        .routes(routes!(ltv::get))
        .routes(routes!(ltv::customers))
        .routes(routes!(ltv::create))
        .routes(routes!(ltv::of_customer))
        .routes(routes!(life::observations))
        .routes(routes!(life::keeps))
        .routes(routes!(life::set_manual, life::take_manual))
        .routes(routes!(life::grant, life::take_grant))
        .routes(routes!(life::on_day))
        .routes(routes!(rights::list))
        .routes(routes!(rights::ask))
        .routes(routes!(life::what_if))
        .routes(routes!(queue::list))
        .routes(routes!(queue::decide))
        .routes(routes!(runs::list, runs::create))
        .routes(routes!(runs::get))
        .routes(routes!(runs::approve))
        .routes(routes!(runs::pause))
        .routes(routes!(runs::resume))
        .routes(routes!(runs::cancel))
        .routes(routes!(customers::level))
        .routes(routes!(customers::levels))
        .routes(routes!(customers::measures))
        .routes(routes!(customers::indicators))
}

/// The room's services; without them (a test) every question reads afresh.
fn tiers(app: &App) -> Tiers {
    app.get::<Tiers>().unwrap_or_default()
}

/// Rules decide about everyone: they are for who may see everyone.
fn everyone(scope: &Scope) -> Result<()> {
    if scope.reach == Reach::All && scope.levels == LevelReach::All {
        return Ok(());
    }
    Err(Error::forbidden())
}

/// A day that somebody names must be one that the product can reckon with.
fn check_day(day: Option<Day>) -> Result<Option<Day>> {
    match day {
        Some(day) if !(1970..=2200).contains(&day.year()) => Err(Error::invalid(
            "day_out_of_range",
            "日期应在 1970 年到 2200 年之间。",
            "The day must be between 1970 and 2200.",
        )
        .at("as_of")),
        day => Ok(day),
    }
}

/// 422 with every error of a rule set, each at its place; warnings let it pass.
fn refuse_faults(faults: Vec<Fault>) -> Result<()> {
    let errors = faults
        .into_iter()
        .filter(|fault| fault.severity == Severity::Error)
        .map(|fault| Error::invalid("rules_invalid", fault.text.zh, fault.text.en).at(format!("rules.{}", fault.path)))
        .collect();
    Error::gather(errors).map_or(Ok(()), Err)
}
