//! The endpoints of the room: parse, check who calls, call, answer.

mod counts;
mod list;
mod managers;
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
        .routes(routes!(counts::counts))
}
