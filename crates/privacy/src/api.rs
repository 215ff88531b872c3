//! The endpoints of the room: parse, check who calls and what he may see, call, answer.

mod copies;
mod requests;
mod rules;
mod standings;

use utoipa_axum::router::OpenApiRouter;
use zunke_access::Actor;
use zunke_customers::privacy::Holders;
use zunke_customers::{Customers, Observers, RecordContext};
use zunke_http::App;
use zunke_http::routes;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

/// The routes of this room, relative to `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(requests::list))
        .routes(routes!(requests::of_customer, requests::create))
        .routes(routes!(requests::get))
        .routes(routes!(requests::preview))
        .routes(routes!(requests::carry_out))
        .routes(routes!(requests::refuse))
        .routes(routes!(requests::withdraw))
        .routes(routes!(requests::extend))
        .routes(routes!(copies::get))
        .routes(routes!(standings::lift))
        .routes(routes!(standings::readmit))
        .routes(routes!(rules::get, rules::put))
        .routes(routes!(rules::preview))
        .routes(routes!(rules::run))
}

/// The rooms that hold data of persons; the binary puts them in.
fn holders(app: &App) -> Result<Holders> {
    app.get::<Holders>().ok_or_else(|| Error::internal("nobody answers for what the rooms hold"))
}

fn observers(app: &App) -> Observers {
    Observers(app.get::<Customers>().unwrap_or_default().observers)
}

fn context(tx: &mut Tx, now: Instant, actor: &Actor, told: &Observers) -> Result<RecordContext> {
    let loaded = RecordContext::load(tx, now)?;
    Ok(RecordContext { actor: Some(actor.staff), scope: actor.scope.clone(), observers: told.clone(), ..loaded })
}

const WORDS_CHARS_MAX: usize = 2_000;

/// A text that must be there, brought into its kept form.
fn needed(text: &str, field: &str, zh: &str, en: &str) -> Result<String> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 {
        return Err(Error::invalid("text_missing", format!("请填写{zh}。"), format!("Please fill in {en}.")).at(field));
    }
    fits(text, field)?;
    Ok(text.to_owned())
}

fn fits(text: &str, field: &str) -> Result<()> {
    if text.chars().count() <= WORDS_CHARS_MAX {
        return Ok(());
    }
    Err(Error::invalid(
        "text_too_long",
        format!("最多 {WORDS_CHARS_MAX} 个字。"),
        format!("At most {WORDS_CHARS_MAX} characters."),
    )
    .at(field))
}
