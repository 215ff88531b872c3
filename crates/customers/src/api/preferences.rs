//! `/customers/{id}/preferences`: what a customer prefers, computed as it is asked for.

use super::day;
use crate::preference::{Deed, Gathering, Preferences};
use crate::query::CustomerQuery;
use crate::store::activities;
use axum::extract::State;
use zunke_access::{Can, may};
use zunke_http::{App, Path, ReadProblems, Result};
use zunke_kernel::id::CustomerId;

/// Purchase preferences of one customer, computed from the last two years.
#[utoipa::path(get, path = "/customers/{id}/preferences", tag = "customers", operation_id = "get_preferences",
    params(("id" = CustomerId, Path)),
    responses((status = 200, body = Preferences), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<Preferences>> {
    let now = app.now();
    let found = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&can.scope).find(tx, id)?;
            let (today, zone) = day(tx, now)?;
            let mut gathering = Gathering::new(today);
            let from = zone.start_of(gathering.since());
            activities::deeds(tx, id, from, &zone, &mut |deed: &Deed| gathering.add(deed))?;
            Ok(gathering.finish())
        })
        .await?;
    Ok(axum::Json(found))
}
