//! The endpoints of the room: parse, check who calls and what he may see, call, answer.

mod activities;
mod categories;
mod customers;
mod fields;
mod preferences;
mod reveal;
mod segments;
mod tagging;
mod tags;
mod views;
mod why;

use crate::record::{Observer, Observers, RecordContext};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use zunke_access::{Actor, settings};
use zunke_http::App;
use zunke_http::routes;
use zunke_kernel::{Day, Instant, Result, Zone};
use zunke_store::Tx;

pub(crate) use customers::Narrowed;

/// The observers of the rooms above; the binary puts them in: `app.with(Customers { observers })`.
#[derive(Clone, Default)]
pub struct Customers {
    pub observers: Vec<Arc<dyn Observer>>,
}

/// The routes of this room, relative to `/api/v1`; those of imports and exports stand beside them.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(customers::list, customers::create))
        .routes(routes!(customers::count))
        .routes(routes!(customers::get, customers::update))
        .routes(routes!(customers::archive))
        .routes(routes!(customers::restore))
        .routes(routes!(reveal::reveal))
        .routes(routes!(why::why))
        .routes(routes!(customers::timeline))
        .routes(routes!(preferences::get))
        .routes(routes!(tagging::put))
        .routes(routes!(tagging::history))
        .routes(routes!(tagging::bulk))
        .routes(routes!(tagging::assign))
        .routes(routes!(tags::list, tags::create))
        .routes(routes!(tags::update, tags::delete))
        .routes(routes!(tags::preview))
        .routes(routes!(categories::list, categories::create))
        .routes(routes!(categories::update, categories::delete))
        .routes(routes!(categories::order))
        .routes(routes!(categories::shift))
        .routes(routes!(categories::moves))
        .routes(routes!(categories::undo))
        .routes(routes!(categories::history))
        .routes(routes!(segments::list, segments::create))
        .routes(routes!(segments::get, segments::update, segments::delete))
        .routes(routes!(segments::count))
        .routes(routes!(segments::fields))
        .routes(routes!(fields::list, fields::create))
        .routes(routes!(fields::update))
        .routes(routes!(fields::order))
        .routes(routes!(fields::archive))
        .routes(routes!(fields::restore))
        .routes(routes!(fields::history))
        .routes(routes!(views::list, views::create))
        .routes(routes!(views::delete))
        .routes(routes!(activities::create))
        .routes(routes!(activities::batch))
}

/// The rooms above that are told of what is edited.
pub(crate) fn observers(app: &App) -> Observers {
    Observers(app.get::<Customers>().unwrap_or_default().observers)
}

/// What a person records and changes under: his scope, the organisation's day and currency.
pub(crate) fn context(tx: &mut Tx, now: Instant, actor: &Actor, told: &Observers) -> Result<RecordContext> {
    let loaded = RecordContext::load(tx, now)?;
    Ok(RecordContext { actor: Some(actor.staff), scope: actor.scope.clone(), observers: told.clone(), ..loaded })
}

/// The organisation's today and zone.
pub(crate) fn day(tx: &mut Tx, now: Instant) -> Result<(Day, Zone)> {
    let organisation = settings::load(tx)?;
    Ok((settings::today(&organisation, now), organisation.zone()))
}
