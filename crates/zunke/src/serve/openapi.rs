//! The OpenAPI document of the whole API, made from the handlers themselves.

use crate::rooms;
use axum::Router;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, ServerBuilder};
use utoipa_axum::router::OpenApiRouter;
use zunke_http::App;

/// Where the API stands.
pub const PREFIX: &str = "/api/v1";

/// The routes under [`PREFIX`] and the document that describes them.
pub fn api() -> (Router<App>, OpenApi) {
    let info = InfoBuilder::new()
        .title("Zunke")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The API of Zunke 尊客. Log in for a session cookie, or send a token as a bearer. Every write takes an \
             `Idempotency-Key`; lists are paged by `limit` and `after`; faults are problem details with a stable `code`.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let base = OpenApiBuilder::new().info(info).build();
    let (router, mut document) = OpenApiRouter::with_openapi(base).nest(PREFIX, rooms::routes()).split_for_parts();
    zunke_http::complete_document(&mut document);
    document.servers = Some(vec![ServerBuilder::new().url("/").build()]);
    (router, document)
}

/// The document as it is printed, served and committed; made from the handlers.
#[cfg(debug_assertions)]
pub fn text() -> zunke_kernel::Result<String> {
    api().1.to_pretty_json().map(|text| text + "\n").map_err(zunke_kernel::Error::internal)
}

/// The document as it was committed; a test of every change compares it with the handlers (`zunke_http::routes`).
#[cfg(not(debug_assertions))]
pub fn text() -> zunke_kernel::Result<String> {
    const COMMITTED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));
    std::io::read_to_string(flate2::read::GzDecoder::new(COMMITTED)).map_err(zunke_kernel::Error::internal)
}
