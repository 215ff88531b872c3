//! The endpoints of the room: parse, check who calls, call, answer.

mod alike;
mod calendars;
mod claim;
mod clocks;
mod counts;
mod coverage;
mod duties;
mod fairness;
mod files;
mod forms;
mod groups;
mod handovers;
mod hooks;
mod improvements;
mod join;
mod list;
mod mailboxes;
mod managers;
mod pages;
mod policies;
mod presence;
mod public;
mod reports;
mod return_visits;
mod routing;
mod rows;
mod stream;
mod tasks;
mod templates;
mod tickets;
mod views;
mod visits;
mod voice_model;
mod voices;
mod whole;

pub use pages::pages;
use utoipa_axum::router::OpenApiRouter;
use zunke_http::App;
use zunke_http::routes;

/// The routes of this room, relative to `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(calendars::list, calendars::create))
        .routes(routes!(calendars::update, calendars::delete))
        .routes(routes!(calendars::year))
        .routes(routes!(calendars::import))
        .routes(routes!(policies::list, policies::create))
        .routes(routes!(policies::update, policies::delete))
        .routes(routes!(policies::order))
        .routes(routes!(policies::trial))
        .routes(routes!(clocks::list))
        .routes(routes!(clocks::set, clocks::clear))
        .routes(routes!(clocks::escalations))
        .routes(routes!(list::list, tickets::create))
        .routes(routes!(tickets::get, tickets::update))
        .routes(routes!(tickets::say))
        .routes(routes!(tickets::assign))
        .routes(routes!(tickets::urge))
        .routes(routes!(join::merge))
        .routes(routes!(join::split))
        .routes(routes!(join::link))
        .routes(routes!(join::suggestions))
        .routes(routes!(join::bulk))
        .routes(routes!(join::beat))
        .routes(routes!(tasks::create))
        .routes(routes!(tasks::update))
        .routes(routes!(files::create))
        .routes(routes!(files::get))
        .routes(routes!(templates::list, templates::create))
        .routes(routes!(templates::update, templates::delete))
        .routes(routes!(templates::list_checklists, templates::create_checklist))
        .routes(routes!(templates::update_checklist, templates::delete_checklist))
        .routes(routes!(views::list, views::create))
        .routes(routes!(views::update, views::delete))
        .routes(routes!(views::settings, views::set_settings))
        .routes(routes!(stream::stream))
        .routes(routes!(managers::list))
        .routes(routes!(managers::set))
        .routes(routes!(managers::update))
        .routes(routes!(managers::preview))
        .routes(routes!(managers::assign))
        .routes(routes!(managers::add_deputy))
        .routes(routes!(managers::remove_deputy))
        .routes(routes!(managers::of_customer))
        .routes(routes!(handovers::preview))
        .routes(routes!(handovers::create))
        .routes(routes!(handovers::list))
        .routes(routes!(handovers::get, handovers::update))
        .routes(routes!(handovers::sign))
        .routes(routes!(visits::list, visits::create))
        .routes(routes!(visits::update))
        .routes(routes!(coverage::coverage))
        .routes(routes!(coverage::plan))
        .routes(routes!(coverage::plans, coverage::set_plans))
        .routes(routes!(duties::list, duties::create))
        .routes(routes!(duties::update))
        .routes(routes!(duties::feeds, duties::add_feed))
        .routes(routes!(duties::remove_feed))
        .routes(routes!(duties::calendar))
        .routes(routes!(claim::next))
        .routes(routes!(claim::claim))
        .routes(routes!(claim::release))
        .routes(routes!(groups::list, groups::create))
        .routes(routes!(groups::update))
        .routes(routes!(presence::mine, presence::say))
        .routes(routes!(presence::team))
        .routes(routes!(presence::absences, presence::add_absence))
        .routes(routes!(presence::remove_absence))
        .routes(routes!(presence::shifts, presence::add_shifts))
        .routes(routes!(presence::remove_shift))
        .routes(routes!(presence::skills))
        .routes(routes!(presence::set_skills))
        .routes(routes!(routing::settings, routing::set_settings))
        .routes(routes!(routing::try_route))
        .routes(routes!(routing::of_ticket))
        .routes(routes!(routing::simulate))
        .routes(routes!(fairness::get))
        .routes(routes!(mailboxes::list, mailboxes::create))
        .routes(routes!(mailboxes::get, mailboxes::update, mailboxes::delete))
        .routes(routes!(mailboxes::test))
        .routes(routes!(forms::list, forms::create))
        .routes(routes!(forms::update, forms::delete))
        .routes(routes!(forms::show, forms::submit))
        .routes(routes!(hooks::list, hooks::create))
        .routes(routes!(hooks::update, hooks::delete))
        .routes(routes!(hooks::receive))
        .routes(routes!(public::get, public::set))
        .routes(routes!(public::show_rules))
        .routes(routes!(public::show_csat, public::answer_csat))
        .routes(routes!(public::link))
        .routes(routes!(counts::counts))
        .routes(routes!(voices::list))
        .routes(routes!(voices::trend))
        .routes(routes!(voices::try_text))
        .routes(routes!(voice_model::get_model, voice_model::set_model))
        .routes(routes!(voices::list_topics, voices::create_topic))
        .routes(routes!(voices::starters))
        .routes(routes!(voices::update_topic))
        .routes(routes!(alike::similar))
        .routes(routes!(improvements::list, improvements::create))
        .routes(routes!(improvements::get, improvements::update))
        .routes(routes!(improvements::add))
        .routes(routes!(improvements::remove))
        .routes(routes!(improvements::preview))
        .routes(routes!(improvements::done))
        .routes(routes!(improvements::wish))
        .routes(routes!(return_visits::list, return_visits::create))
        .routes(routes!(return_visits::update))
        .routes(routes!(return_visits::rules, return_visits::set_rules))
        .routes(routes!(reports::report))
        .routes(routes!(reports::export))
}
