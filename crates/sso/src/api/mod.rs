//! The endpoints of signing in by others: parse, check who calls, call, answer.

mod identities;
mod keys;
mod methods;
mod providers;

use utoipa_axum::router::OpenApiRouter;
use zunke_http::App;
use zunke_http::routes;

/// The routes of this room, relative to `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(methods::list))
        .routes(routes!(methods::code))
        .routes(routes!(providers::list, providers::create))
        .routes(routes!(providers::get, providers::put, providers::delete))
        .routes(routes!(providers::test))
        .routes(routes!(identities::list, identities::create, identities::delete))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::delete))
}
