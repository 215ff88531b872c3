//! The endpoints of webhooks: parse, check who calls, call, answer.

mod deliveries;
mod settings;
mod webhooks;

use utoipa_axum::router::OpenApiRouter;
use zunke_http::App;
use zunke_http::routes;
use zunke_kernel::{Error, Result};
use zunke_service::intake::Keys;

/// The routes of this room, relative to `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::get, webhooks::update, webhooks::delete))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::replay))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::get))
        .routes(routes!(deliveries::again))
        .routes(routes!(settings::events))
        .routes(routes!(settings::get, settings::put))
}

fn keys(app: &App) -> Result<Keys> {
    app.get::<Keys>().ok_or_else(|| Error::internal("no key to seal and sign with"))
}
