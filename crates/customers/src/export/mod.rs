//! Export: what a person may see, as a file. The same filters and the same scope as the list.

mod api;
pub mod csv;
mod files;
mod requests;
pub(crate) mod stream;
mod table;
mod work;

pub use files::{Export, ExportFiles, ExportId, expire, withdraw_all};
use utoipa_axum::router::OpenApiRouter;
pub use work::{WatchExports, WriteExports};
use zunke_http::App;

/// The routes of exports, relative to `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    api::routes().merge(requests::routes())
}
