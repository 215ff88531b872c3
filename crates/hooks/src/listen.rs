//! Where events come from: as an observer from everything that happens to customers, whoever does it, and as a subscriber
//! from what the rooms above tell of levels and tickets.

use crate::emit::{Wishes, emit};
use crate::event::{EventType, NewEvent};
use crate::store::events;
use serde_json::{Value, json};
use zunke_customers::{Change, Observer, RecordContext};
use zunke_kernel::id::{CustomerId, TicketId};
use zunke_kernel::{Day, Instant, Result};
use zunke_service::store::tickets;
use zunke_store::Tx;
use zunke_store::outbox::{Message, Subscriber};

/// Tells of customers and of what happened to them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fires;

fn of_customer(kind: EventType, customer: CustomerId) -> NewEvent {
    NewEvent { kind, key: customer.to_string(), data: json!({ "customer_id": customer }) }
}

fn of_activity(change: &Change) -> Option<NewEvent> {
    let kind = match (&change.before, &change.after) {
        (None, Some(_)) => EventType::ActivityRecorded,
        (Some(_), Some(_)) => EventType::ActivityCorrected,
        (Some(_), None) => EventType::ActivityWithdrawn,
        (None, None) => return None,
    };
    let one = change.after.as_ref().or(change.before.as_ref())?;
    let data = json!({
        "customer_id": one.customer_id, "activity_id": one.id, "kind": one.kind, "source": one.source,
        "source_id": one.source_id, "revision": one.revision, "occurred_at": one.occurred_at, "day": one.day,
        "amount": one.amount,
    });
    Some(NewEvent { kind, key: one.customer_id.to_string(), data })
}

impl Observer for Fires {
    fn recorded(&self, tx: &mut Tx, context: &RecordContext, changes: &[Change]) -> Result<()> {
        use EventType::{ActivityCorrected, ActivityRecorded, ActivityWithdrawn};
        let wishes = Wishes::load(tx)?;
        if wishes.any(&[ActivityRecorded, ActivityCorrected, ActivityWithdrawn]) {
            let all: Vec<NewEvent> = changes.iter().filter_map(of_activity).collect();
            emit(tx, context.now, &wishes, &all)?;
        }
        Ok(())
    }

    /// A merge is told of once, as what it is.
    fn moved(&self, _: &mut Tx, _: &RecordContext, _: &[Change]) -> Result<()> {
        Ok(())
    }

    fn created(&self, tx: &mut Tx, context: &RecordContext, customers: &[CustomerId]) -> Result<()> {
        let wishes = Wishes::load(tx)?;
        if wishes.any(&[EventType::CustomerCreated]) {
            let all: Vec<NewEvent> = customers.iter().map(|id| of_customer(EventType::CustomerCreated, *id)).collect();
            emit(tx, context.now, &wishes, &all)?;
        }
        Ok(())
    }

    fn edited(&self, tx: &mut Tx, now: Instant, _: Day, customers: &[CustomerId]) -> Result<bool> {
        let wishes = Wishes::load(tx)?;
        if wishes.any(&[EventType::CustomerChanged]) {
            // Who is new, or was changed in several ways by one deed, is told of once.
            let keys: Vec<String> = customers.iter().map(ToString::to_string).collect();
            let kinds = [EventType::CustomerCreated, EventType::CustomerChanged];
            let told = events::told_at(tx, now, &keys, kinds)?;
            let all: Vec<NewEvent> = customers
                .iter()
                .filter(|id| !told.contains(&id.to_string()))
                .map(|id| of_customer(EventType::CustomerChanged, *id))
                .collect();
            emit(tx, now, &wishes, &all)?;
        }
        Ok(false)
    }

    fn removed(&self, tx: &mut Tx, now: Instant, customers: &[CustomerId]) -> Result<()> {
        let wishes = Wishes::load(tx)?;
        if wishes.any(&[EventType::CustomerRemoved]) {
            let all: Vec<NewEvent> = customers.iter().map(|id| of_customer(EventType::CustomerRemoved, *id)).collect();
            emit(tx, now, &wishes, &all)?;
        }
        Ok(())
    }
}

/// Tells of levels, tickets, erasures and merges.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tells;

/// The messages that a customer went into another (`{customer_id, into}`), and that one was erased (`{customer_id}`).
const MERGED: &str = "customer.merged";
const ERASED: &str = "customer.erased";

impl Subscriber for Tells {
    fn name(&self) -> &'static str {
        "webhooks"
    }

    fn topics(&self) -> &'static [&'static str] {
        &[zunke_tiering::store::standings::LEVEL_CHANGED, zunke_service::work::TOPIC, ERASED, MERGED]
    }

    fn handle(&self, tx: &mut Tx, message: &Message) -> Result<()> {
        let wishes = Wishes::load(tx)?;
        let event = match message.topic.as_str() {
            zunke_service::work::TOPIC => {
                if !wishes.any(&[EventType::TicketOpened, EventType::TicketChanged]) {
                    return Ok(());
                }
                of_ticket(tx, &message.payload)?
            }
            ERASED => of_message(EventType::CustomerErased, message, &["customer_id"]),
            MERGED => of_message(EventType::CustomerMerged, message, &["customer_id", "into"]),
            _ => {
                let told = [
                    "customer_id",
                    "programme_id",
                    "change",
                    "cause",
                    "from_rank",
                    "to_rank",
                    "from_level",
                    "to_level",
                    "as_of",
                ];
                of_message(EventType::LevelChanged, message, &told)
            }
        };
        match event {
            Some(event) => emit(tx, message.sent_at, &wishes, &[event]).map(|_| ()),
            None => Ok(()),
        }
    }
}

/// Of a message only what is promised, so that a room may add to its own.
fn of_message(kind: EventType, message: &Message, fields: &[&str]) -> Option<NewEvent> {
    let key = message.payload.get("customer_id")?.as_str()?.to_owned();
    let data: serde_json::Map<String, Value> = fields
        .iter()
        .map(|field| ((*field).to_owned(), message.payload.get(*field).cloned().unwrap_or(Value::Null)))
        .collect();
    Some(NewEvent { kind, key, data: data.into() })
}

/// The ticket as it stands when its message is spread.
fn of_ticket(tx: &mut Tx, payload: &Value) -> Result<Option<NewEvent>> {
    let id: Option<TicketId> = payload.get("ticket_id").and_then(|id| id.as_str()?.parse().ok());
    let Some(ticket) = (match id {
        Some(id) => tickets::find(tx, id)?,
        None => None,
    }) else {
        return Ok(None);
    };
    let what = payload.get("what").and_then(Value::as_str).unwrap_or("changed");
    let kind = if what == "opened" { EventType::TicketOpened } else { EventType::TicketChanged };
    let customer = ticket.has_customer().then_some(ticket.customer);
    let data = json!({
        "ticket_id": ticket.id, "number": ticket.number, "customer_id": customer, "what": what, "kind": ticket.kind,
        "priority": ticket.priority, "state": ticket.state, "assignee": ticket.assignee,
    });
    let key = customer.map_or_else(|| ticket.id.to_string(), |customer| customer.to_string());
    Ok(Some(NewEvent { kind, key, data }))
}
