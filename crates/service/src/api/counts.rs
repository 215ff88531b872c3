//! How much there is to do.

use crate::store::counts::{self, InState, Load, Lot};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Can, may};
use zunke_http::{App, Query, ReadProblems, Result};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// `true`: also the states and what each member of staff has.
    #[serde(default)]
    team: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ServiceCounts)]
pub(super) struct Counts {
    /// What I have.
    mine: Lot,
    /// What nobody has yet.
    unassigned: Lot,
    /// Open tasks of mine, or of my department and nobody's in it.
    tasks: i64,
    /// Tickets by state; only for the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    states: Option<Vec<InState>>,
    /// What each has who has any; only for the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<Vec<Load>>,
}

/// How many tickets there are to do: mine, nobody's and the team's, of those that the caller sees.
#[utoipa::path(get, path = "/service/counts", tag = "service", operation_id = "get_service_counts", params(Asked),
    responses((status = 200, body = Counts), ReadProblems))]
pub(super) async fn counts(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Counts>> {
    let now = app.now();
    let actor = can.0;
    let found = app
        .db
        .read_async(move |tx| {
            Ok(Counts {
                mine: counts::mine(tx, &actor, now)?,
                unassigned: counts::unassigned(tx, &actor, now)?,
                tasks: counts::tasks(tx, &actor)?,
                states: asked.team.then(|| counts::states(tx, &actor)).transpose()?,
                people: asked.team.then(|| counts::people(tx, &actor, now)).transpose()?,
            })
        })
        .await?;
    Ok(axum::Json(found))
}
