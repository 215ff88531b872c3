//! Tickets as answers show them.

use crate::store::list::Listed;
use crate::store::tickets;
use crate::ticket::{Channel, Kind, Priority, SenderKeys, State};
use serde::Serialize;
use utoipa::ToSchema;
use zunke_kernel::Instant;
use zunke_kernel::id::{CustomerId, GroupId, LevelId, StaffId, TicketId};

/// A member of staff, by name.
#[derive(Serialize, ToSchema)]
#[schema(as = TicketStaff)]
pub(crate) struct Person {
    pub id: StaffId,
    pub name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TicketGroup)]
pub(crate) struct Group {
    pub id: GroupId,
    pub name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TicketCustomer)]
pub(crate) struct Customer {
    pub id: CustomerId,
    pub name: String,
    pub level_id: Option<LevelId>,
    /// 0: no level yet.
    pub level_rank: i64,
}

/// A ticket in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = TicketRow)]
pub(crate) struct TicketRow {
    pub id: TicketId,
    pub number: i64,
    /// `null`: not known yet.
    pub customer: Option<Customer>,
    /// How the sender called himself, where no customer is known.
    pub sender: Option<String>,
    pub kind: Kind,
    pub priority: Priority,
    pub state: State,
    pub channel: Channel,
    pub subject: String,
    pub product: Option<String>,
    /// In the urgent lane.
    pub urgent: bool,
    pub assignee: Option<Person>,
    pub group: Option<Group>,
    /// The level, as a rank, that its promises rest on.
    pub level_rank: i64,
    /// Which promise falls due next.
    pub next_metric: Option<String>,
    pub next_due_at: Option<Instant>,
    /// What its place in the queue rests on; the earlier, the sooner.
    pub turn_at: Option<Instant>,
    pub opened_at: Instant,
    pub updated_at: Instant,
    pub solved_at: Option<Instant>,
    /// The beginning of what was said last in public.
    pub last_words: Option<String>,
    /// Who said it: `customer` or `staff`.
    pub last_side: Option<String>,
    pub version: i64,
}

impl TicketRow {
    pub fn of(listed: &Listed) -> Self {
        let ticket = &listed.ticket;
        let customer = listed.customer.as_ref().map(|(name, level_id, level_rank)| Customer {
            id: ticket.customer,
            name: name.clone(),
            level_id: *level_id,
            level_rank: *level_rank,
        });
        Self {
            id: ticket.id,
            number: ticket.number,
            customer,
            sender: ticket.sender.clone(),
            kind: ticket.kind,
            priority: ticket.priority,
            state: ticket.state,
            channel: ticket.channel,
            subject: ticket.subject.clone(),
            product: ticket.product.clone(),
            urgent: ticket.urgent,
            assignee: ticket.assignee.map(|id| Person { id, name: listed.assignee.clone().unwrap_or_default() }),
            group: ticket.group.map(|id| Group { id, name: listed.group.clone().unwrap_or_default() }),
            level_rank: ticket.level_rank,
            next_metric: ticket.next_metric.clone(),
            next_due_at: tickets::due(ticket.next_due_at),
            turn_at: listed.turn_at,
            opened_at: ticket.opened_at,
            updated_at: ticket.updated_at,
            solved_at: ticket.solved_at,
            last_words: ticket.last_words.clone(),
            last_side: ticket.last_side.clone(),
            version: ticket.version,
        }
    }
}

/// A ticket with all that it keeps.
#[derive(Serialize, ToSchema)]
#[schema(as = TicketWhole)]
pub(crate) struct TicketWhole {
    #[serde(flatten)]
    pub row: TicketRow,
    pub language: Option<String>,
    pub region: Option<String>,
    /// The rank that the customer had when it was opened.
    pub opened_rank: i64,
    /// What the sender is known by, where no customer is.
    pub sender_keys: Option<SenderKeys>,
    pub merged_into: Option<TicketId>,
    /// The ticket that it was split from or follows.
    pub parent_id: Option<TicketId>,
    /// The promise in force.
    #[schema(value_type = Option<Object>)]
    pub policy: Option<serde_json::Value>,
    /// A date set by hand.
    #[schema(value_type = Option<Object>)]
    pub manual_due: Option<serde_json::Value>,
    pub first_response_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub reopened: i64,
    /// 1 to 5, as the customer answered.
    pub csat: Option<i64>,
}

impl TicketWhole {
    pub fn of(listed: &Listed) -> Self {
        let ticket = &listed.ticket;
        Self {
            row: TicketRow::of(listed),
            language: ticket.language.clone(),
            region: ticket.region.clone(),
            opened_rank: ticket.opened_rank,
            sender_keys: ticket.sender_keys.clone(),
            merged_into: ticket.merged_into,
            parent_id: ticket.parent,
            policy: ticket.policy.clone(),
            manual_due: ticket.manual_due.clone(),
            first_response_at: ticket.first_response_at,
            closed_at: ticket.closed_at,
            reopened: ticket.reopened,
            csat: ticket.csat,
        }
    }
}
