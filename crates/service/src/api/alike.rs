//! `/tickets/{id}/similar`: what others, and the same customer earlier, said of the same thing.

use super::rows::Customer;
use crate::store::voices::like;
use crate::ticket::NOBODY;
use crate::visible;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use zunke_access::{Can, may};
use zunke_http::{App, Path, ReadProblems, Result};
use zunke_kernel::Instant;
use zunke_kernel::id::{TicketId, TopicId};

/// A ticket like another one.
#[derive(Serialize, ToSchema)]
#[schema(as = VoiceAlike)]
pub(super) struct Alike {
    ticket_id: TicketId,
    number: i64,
    subject: String,
    state: String,
    customer: Option<Customer>,
    /// 0 to 1.
    likeness: f64,
    /// The terms that both have.
    terms: Vec<String>,
    /// The topics that both have.
    topics: Vec<TopicId>,
    same_product: bool,
    same_customer: bool,
    opened_at: Instant,
}

#[derive(Serialize, ToSchema)]
#[schema(as = VoiceAlikeList)]
pub(super) struct AlikeList {
    items: Vec<Alike>,
}

/// The tickets that say something like this one, most like first; at most ten.
#[utoipa::path(get, path = "/tickets/{id}/similar", tag = "service", operation_id = "list_similar_tickets",
    params(("id" = TicketId, Path)), responses((status = 200, body = AlikeList), ReadProblems))]
pub(super) async fn similar(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Path(id): Path<TicketId>,
) -> Result<axum::Json<AlikeList>> {
    let actor = can.0;
    let items = app
        .db
        .read_async(move |tx| {
            let ticket = visible::require(tx, &actor, id)?;
            let asked = ticket.customer;
            let mut items = Vec::new();
            for one in like::like(tx, &actor, &ticket, 10)? {
                let Some(listed) = crate::store::tickets::find(tx, one.ticket)? else { continue };
                let listed = crate::store::list::one(tx, &listed)?;
                let ticket = &listed.ticket;
                let customer = listed.customer.as_ref().map(|(name, level_id, level_rank)| Customer {
                    id: ticket.customer,
                    name: name.clone(),
                    level_id: *level_id,
                    level_rank: *level_rank,
                });
                items.push(Alike {
                    ticket_id: ticket.id,
                    number: ticket.number,
                    subject: ticket.subject.clone(),
                    state: ticket.state.word().to_owned(),
                    customer,
                    likeness: (one.likeness * 100.0).round() / 100.0,
                    same_customer: ticket.customer == asked && asked != NOBODY,
                    terms: one.terms,
                    topics: one.topics,
                    same_product: one.same_product,
                    opened_at: ticket.opened_at,
                });
            }
            Ok(items)
        })
        .await?;
    Ok(axum::Json(AlikeList { items }))
}
