//! One ticket with everything that stands beside it.

use super::rows::TicketWhole;
use crate::event::Event;
use crate::message::Message;
use crate::store::files::Attached;
use crate::store::links::Link;
use crate::store::tasks::Task;
use crate::store::{events, files, links, list, messages, tasks};
use crate::ticket::Ticket;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use zunke_access::{Actor, Scope, directory};
use zunke_customers::CustomerQuery;
use zunke_customers::privacy::standing;
use zunke_kernel::id::{CustomerId, LevelId, StaffId};
use zunke_kernel::{Day, Money, Result};
use zunke_store::Tx;

/// The customer beside his ticket.
#[derive(Serialize, ToSchema)]
#[schema(as = TicketCustomerCard)]
pub(super) struct Card {
    id: CustomerId,
    name: String,
    level_id: Option<LevelId>,
    level_rank: i64,
    /// 0–100.
    score: Option<f64>,
    region: Option<String>,
    city: Option<String>,
    owner_id: Option<StaffId>,
    owner_name: Option<String>,
    net_spend: Money,
    orders: i64,
    last_order_day: Option<Day>,
    /// Open tickets of his, this one among them.
    open_tickets: i64,
    /// Whether the caller may open the customer's own page.
    visible: bool,
    /// His data are to be kept only: answer what he asked for, and nothing else.
    restricted: bool,
}

/// One ticket, whole.
#[derive(Serialize, ToSchema)]
#[schema(as = TicketPageOfOne)]
pub(super) struct TicketPageOfOne {
    ticket: TicketWhole,
    customer: Option<Card>,
    messages: Vec<Message>,
    events: Vec<Event>,
    tasks: Vec<Task>,
    files: Vec<Attached>,
    links: Vec<Link>,
    /// The names of all staff that are named in it, by id.
    staff: BTreeMap<String, String>,
}

impl TicketPageOfOne {
    pub fn version(&self) -> i64 {
        self.ticket.row.version
    }
}

/// Gathers it.
pub(super) fn whole(tx: &mut Tx, actor: &Actor, ticket: &Ticket) -> Result<TicketPageOfOne> {
    let events = events::of(tx, ticket)?;
    let messages = messages::of(tx, ticket)?;
    let mut staff: BTreeSet<StaffId> = events.iter().filter_map(|event| event.staff).collect();
    staff.extend(messages.iter().filter_map(|message| message.staff_id));
    for event in &events {
        staff.extend(event.what.staff());
    }
    let listed = list::one(tx, ticket)?;
    let customer = card(tx, actor, ticket)?;
    let tasks = tasks::of(tx, ticket.customer, ticket.id)?;
    staff.extend(tasks.iter().flat_map(|task| [task.assignee_id, task.done_by, task.created_by]).flatten());
    let files = files::of(tx, ticket)?;
    staff.extend(customer.as_ref().and_then(|card| card.owner_id));
    let names = directory::staff_names(tx, staff)?;
    Ok(TicketPageOfOne {
        ticket: TicketWhole::of(&listed),
        customer,
        messages,
        events,
        tasks,
        files,
        links: links::of(tx, ticket)?,
        staff: names.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
    })
}

fn card(tx: &mut Tx, actor: &Actor, ticket: &Ticket) -> Result<Option<Card>> {
    if !ticket.has_customer() {
        return Ok(None);
    }
    let found = CustomerQuery::new(&Scope::all()).find(tx, ticket.customer)?;
    let visible = CustomerQuery::new(&actor.scope).find(tx, ticket.customer).is_ok();
    let owner_name = match found.owner_id {
        Some(owner) => directory::staff_names(tx, [owner])?.remove(&owner),
        None => None,
    };
    Ok(Some(Card {
        id: found.id,
        name: found.name,
        level_id: found.headline.level_id,
        level_rank: found.headline.level_rank,
        score: found.headline.score,
        region: found.region,
        city: found.city,
        owner_id: found.owner_id,
        owner_name,
        net_spend: found.headline.net_spend,
        orders: found.headline.orders,
        last_order_day: found.headline.last_order_day,
        open_tickets: list::open_of(tx, ticket.customer)?,
        visible,
        restricted: standing::among(tx, &[ticket.customer], &[standing::State::Restricted])?.contains(&ticket.customer),
    }))
}
