//! The endpoints of the room: parse, check who calls, call, answer.

mod claim;
mod counts;
mod groups;
mod list;
mod managers;
mod presence;
mod routing;
mod rows;
mod stream;
mod tickets;
mod whole;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use zunke_http::App;

/// The routes of this room, relative to `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, tickets::create))
        .routes(routes!(tickets::get, tickets::update))
        .routes(routes!(tickets::say))
        .routes(routes!(tickets::assign))
        .routes(routes!(tickets::urge))
        .routes(routes!(stream::stream))
        .routes(routes!(managers::list))
        .routes(routes!(managers::set))
        .routes(routes!(managers::update))
        .routes(routes!(managers::preview))
        .routes(routes!(managers::assign))
        .routes(routes!(managers::add_deputy))
        .routes(routes!(managers::remove_deputy))
        .routes(routes!(managers::of_customer))
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
        .routes(routes!(counts::counts))
}
