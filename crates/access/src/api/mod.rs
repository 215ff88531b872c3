//! The endpoints of the room: parse, check who calls, call, answer.

mod backups;
mod departments;
mod jobs;
mod level_rights;
mod organisation;
mod record;
mod roles;
mod second_factor;
mod security;
mod seeing;
mod session;
mod staff;
mod tokens;

pub use session::{Setup, SetupChecks, cookie as session_cookie};

use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use zunke_http::routes;
use zunke_http::{App, Fault, Problem};

/// What all rooms' documents share: the problem body, and the two ways to be known.
#[derive(OpenApi)]
#[openapi(
    components(schemas(Problem, Fault)),
    modifiers(&Ways),
    security(("session" = []), ("token" = [])),
)]
struct Shared;

struct Ways;

impl utoipa::Modify for Ways {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(crate::client::COOKIE)));
        components.add_security_scheme("session", cookie);
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("zk_…").build();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

/// The routes of this room, relative to `/api/v1`. Its document carries the problem body and the security schemes
/// for all rooms.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Shared::openapi())
        .routes(routes!(session::create, session::get, session::change, session::delete))
        .routes(routes!(session::change_password))
        .routes(routes!(session::list))
        .routes(routes!(session::revoke))
        .routes(routes!(second_factor::get, second_factor::begin))
        .routes(routes!(second_factor::confirm))
        .routes(routes!(second_factor::remove))
        .routes(routes!(second_factor::renew))
        .routes(routes!(second_factor::reset))
        .routes(routes!(security::get, security::put))
        .routes(routes!(seeing::begin, seeing::end))
        .routes(routes!(roles::list, roles::create))
        .routes(routes!(roles::get, roles::change, roles::delete))
        .routes(routes!(roles::list_groups, roles::create_group))
        .routes(routes!(roles::put_group, roles::delete_group))
        .routes(routes!(staff::list, staff::create))
        .routes(routes!(staff::get, staff::change))
        .routes(routes!(departments::list, departments::create))
        .routes(routes!(departments::change))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::delete))
        .routes(routes!(tokens::rotate))
        .routes(routes!(organisation::get, organisation::put))
        .routes(routes!(level_rights::get, level_rights::put))
        .routes(routes!(backups::list, backups::create))
        .routes(routes!(backups::settings, backups::change))
        .routes(routes!(backups::download, backups::delete))
        .routes(routes!(record::list))
        .routes(routes!(record::verify))
        .routes(routes!(record::export))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::get))
        .routes(routes!(jobs::cancel))
}
