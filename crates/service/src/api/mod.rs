//! The endpoints of the room: parse, check who calls, call, answer.

use utoipa_axum::router::OpenApiRouter;
use zunke_http::App;

/// The routes of this room, relative to `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
