//! `/tickets`: opening, one ticket, changing it, speaking on it.

use super::rows::{TicketRow, TicketWhole};
use super::whole::TicketPageOfOne;
use crate::change::{self, Change};
use crate::context::{Context, Hooks};
use crate::message::{Delivery, NewMessage, Visibility};
use crate::open::{NewTicket, Outcome, Sender, open};
use crate::owner;
use crate::reply;
use crate::store::templates::{self, TemplateId};
use crate::store::{list, tickets};
use crate::ticket::{Channel, Kind, Priority, SenderKeys, State};
use crate::visible;
use axum::extract::State as Axum;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::{Can, Write, may};
use zunke_customers::CustomerQuery;
use zunke_http::{App, Change as Field, IfMatch, Json, Path, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::Error;
use zunke_kernel::id::{CustomerId, FileId, GroupId, MessageId, StaffId, TicketId};

/// An id in another system.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketExternalId)]
pub(super) struct External {
    source: String,
    value: String,
}

/// A ticket to be opened. Whose it is: a customer, or what the sender is known by.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTicket)]
pub(super) struct NewBody {
    #[serde(default)]
    customer_id: Option<CustomerId>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    external: Option<External>,
    /// How the sender calls himself.
    #[serde(default)]
    sender: Option<String>,
    kind: Kind,
    /// By its kind where none is given: complaints high, praise low, else normal.
    #[serde(default)]
    priority: Option<Priority>,
    /// `api` where none is given.
    #[serde(default)]
    channel: Option<Channel>,
    /// Taken from the body where none is given.
    #[serde(default)]
    #[schema(max_length = 200)]
    subject: String,
    #[schema(max_length = 50000)]
    body: String,
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    language: Option<String>,
    /// The system that it comes from and its id there: the same message twice is one ticket.
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    source_id: Option<String>,
    /// When the customer said it; now where none is given.
    #[serde(default)]
    said_at: Option<zunke_kernel::Instant>,
}

/// What became of a ticket that came in.
#[derive(Serialize, ToSchema)]
#[schema(as = TicketOpened)]
pub(super) struct Opened {
    id: TicketId,
    number: i64,
    /// `opened`, or `same`: the same message had opened it before.
    outcome: String,
    /// Whether the caller sees it: the sender may turn out to be somebody else's customer.
    visible: bool,
}

/// Open a ticket.
#[utoipa::path(post, path = "/tickets", tag = "service", operation_id = "create_ticket", request_body = NewBody,
    responses((status = 201, body = Opened), (status = 200, body = Opened), WriteProblems))]
pub(super) async fn create(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(&app));
    let new = body.read(now, actor.staff)?;
    write
        .run_as(&app, move |tx| {
            if let Sender::Known(customer) = new.customer {
                CustomerQuery::new(&actor.scope).find(tx, customer).map_err(|_| unknown_customer())?;
            }
            let cx = Context::of(tx, now, &actor)?;
            let outcome = open(tx, &cx, &new, &hooks)?;
            let ticket = tickets::find(tx, outcome.ticket())?.ok_or_else(Error::not_found)?;
            let (status, word) = match outcome {
                Outcome::Opened(_) => (StatusCode::CREATED, "opened"),
                Outcome::Same(_) => (StatusCode::OK, "same"),
            };
            let visible = visible::require(tx, &actor, ticket.id).is_ok();
            Ok((status, Opened { id: ticket.id, number: ticket.number, outcome: word.into(), visible }))
        })
        .await
}

fn unknown_customer() -> Error {
    Error::invalid(
        "customer_unknown",
        "没有该客户，或不在您的权限范围内。",
        "There is no such customer, or he is outside what you may see.",
    )
    .at("customer_id")
}

impl NewBody {
    fn read(&self, now: zunke_kernel::Instant, by: StaffId) -> zunke_kernel::Result<NewTicket> {
        let keys = SenderKeys {
            phone: self.phone.clone(),
            email: self.email.clone(),
            external: self.external.as_ref().map(|one| (one.source.clone(), one.value.clone())),
        };
        let customer = match self.customer_id {
            Some(_) if keys != SenderKeys::default() => {
                let text = (
                    "请只提供客户编号，或只提供联系方式。",
                    "Give the customer's id, or what he is known by, not both.",
                );
                return Err(Error::invalid("sender_ambiguous", text.0, text.1).at("customer_id"));
            }
            Some(id) => Sender::Known(id),
            None => Sender::Unknown { name: self.sender.clone(), keys },
        };
        let source = match (&self.source, &self.source_id) {
            (Some(source), Some(id)) => Some((source.clone(), id.clone())),
            (None, None) => None,
            _ => {
                let text = ("来源系统和来源编号需要一起提供。", "source and source_id belong together.");
                return Err(Error::invalid("source_incomplete", text.0, text.1).at("source_id"));
            }
        };
        let at = self.said_at.unwrap_or(now);
        if at > now {
            let text = ("发生时间不能在未来。", "It cannot have been said in the future.");
            return Err(Error::invalid("said_in_future", text.0, text.1).at("said_at"));
        }
        let channel = self.channel.unwrap_or(Channel::Api);
        Ok(NewTicket {
            priority: self.priority,
            subject: self.subject.clone(),
            product: self.product.clone(),
            language: self.language.clone(),
            source,
            by: Some(by),
            ..NewTicket::new(customer, self.kind, channel, self.body.clone(), at)
        })
    }
}

/// One ticket, whole: what was said, what happened, what is to be done, and whose it is.
#[utoipa::path(get, path = "/tickets/{id}", tag = "service", operation_id = "get_ticket",
    params(("id" = TicketId, Path)), responses((status = 200, body = TicketPageOfOne), ReadProblems))]
pub(super) async fn get(
    Axum(app): Axum<App>,
    can: Can<may::ReadTickets>,
    Path(id): Path<TicketId>,
) -> Result<Versioned<TicketPageOfOne>> {
    let actor = can.0.clone();
    let whole = app
        .db
        .read_async(move |tx| {
            let ticket = visible::require(tx, &actor, id)?;
            super::whole::whole(tx, &actor, &ticket)
        })
        .await?;
    Ok(Versioned(whole.version(), whole))
}

/// What to change; what is left out stays.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketPatch)]
pub(super) struct PatchBody {
    #[serde(default)]
    pub kind: Option<Kind>,
    #[serde(default)]
    pub priority: Option<Priority>,
    #[serde(default)]
    pub state: Option<State>,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub subject: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub product: Field<String>,
    /// Whose ticket it is; `null`: not known.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub customer_id: Field<CustomerId>,
    /// Needed to cancel a complaint.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Change a ticket.
#[utoipa::path(patch, path = "/tickets/{id}", tag = "service", operation_id = "update_ticket",
    params(("id" = TicketId, Path)), request_body = PatchBody,
    responses((status = 200, body = TicketWhole), WriteProblems))]
pub(super) async fn update(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    if_match: IfMatch,
    Path(id): Path<TicketId>,
    Json(body): Json<PatchBody>,
) -> Result<Response> {
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(&app));
    write
        .run(&app, StatusCode::OK, move |tx| {
            visible::require(tx, &actor, id)?;
            let cx = Context::of(tx, now, &actor)?;
            crate::work::touch(tx, &cx, &hooks, id, "changed", |tx, ticket| {
                if_match.check(ticket.version)?;
                match body.customer_id {
                    Field::Keep => {}
                    Field::Clear => owner::give(tx, &cx, &hooks, ticket, None)?,
                    Field::Set(customer) => {
                        CustomerQuery::new(&actor.scope).find(tx, customer).map_err(|_| unknown_customer())?;
                        owner::give(tx, &cx, &hooks, ticket, Some(customer))?;
                    }
                }
                change::apply(
                    tx,
                    &cx,
                    ticket,
                    &Change {
                        state: body.state,
                        kind: body.kind,
                        priority: body.priority,
                        subject: body.subject.clone(),
                        product: body.product.clone(),
                        reason: body.reason.clone(),
                        ..Change::default()
                    },
                )
            })?;
            answer(tx, id)
        })
        .await
}

/// The ticket as it stands after a change.
pub(super) fn answer(tx: &mut zunke_store::Tx, id: TicketId) -> zunke_kernel::Result<TicketWhole> {
    let ticket = tickets::find(tx, id)?.ok_or_else(Error::not_found)?;
    let listed = list::one(tx, &ticket)?;
    Ok(TicketWhole::of(&listed))
}

/// Something said on a ticket.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketWords)]
pub(super) struct WordsBody {
    /// Needed, but for words of a template.
    #[serde(default)]
    #[schema(max_length = 50000)]
    body: String,
    /// `public` or `internal`.
    visibility: Visibility,
    /// Where the ticket shall stand afterwards.
    #[serde(default)]
    state_after: Option<State>,
    /// A talk template whose words are said, filled in, where no body is given.
    #[serde(default)]
    template_id: Option<TemplateId>,
    /// Files that were sent before and belong to these words.
    #[serde(default)]
    files: Vec<FileId>,
    /// Colleagues whose attention is called; they see the ticket from then on.
    #[serde(default)]
    mentions: Vec<StaffId>,
    /// How it was said; the ticket's own channel where none is given.
    #[serde(default)]
    channel: Option<Channel>,
    /// What the customer said, taken down by staff, instead of what staff said.
    #[serde(default)]
    from_customer: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TicketSaid)]
pub(super) struct SaidBody {
    message_id: MessageId,
    /// The ticket that it went to: another one where this one was merged or ended too long ago.
    ticket_id: TicketId,
    state: State,
}

/// Answer the customer, write a note for colleagues, or take down what the customer said.
#[utoipa::path(post, path = "/tickets/{id}/messages", tag = "service", operation_id = "create_ticket_message",
    params(("id" = TicketId, Path)), request_body = WordsBody,
    responses((status = 201, body = SaidBody), WriteProblems))]
pub(super) async fn say(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<TicketId>,
    Json(body): Json<WordsBody>,
) -> Result<Response> {
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(&app));
    if body.mentions.len() > 20 {
        let text = ("一次最多提醒 20 位同事。", "At most 20 colleagues at once.");
        return Err(Error::invalid("mentions_too_many", text.0, text.1).at("mentions").into());
    }
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let ticket = visible::require(tx, &actor, id)?;
            let cx = Context::of(tx, now, &actor)?;
            let channel = body.channel.unwrap_or(ticket.channel);
            let words = match body.template_id {
                Some(template) if body.body.trim().is_empty() => {
                    let template = templates::template(tx, template).map_err(|error| error.at("template_id"))?;
                    let facts = super::templates::facts(tx, &actor, &ticket)?;
                    crate::template::fill(&template.body, &facts, cx.organisation.locale)?.0
                }
                _ => body.body.clone(),
            };
            let new = if body.from_customer {
                NewMessage::from_customer(channel, words, now)
            } else {
                NewMessage::from_staff(body.visibility, channel, words, now)
            };
            let mails = !body.from_customer && body.visibility == Visibility::Public && channel == Channel::Email;
            let new = NewMessage {
                state_after: body.state_after,
                mentions: body.mentions.clone(),
                files: body.files.clone(),
                delivery: if mails { Delivery::Waiting } else { Delivery::None },
                ..new
            };
            let said = reply::reply(tx, &cx, id, &new, &hooks)?;
            let state = tickets::find(tx, said.ticket)?.ok_or_else(Error::not_found)?.state;
            Ok(SaidBody { message_id: said.message, ticket_id: said.ticket, state })
        })
        .await
}

/// Who shall have a ticket; left out stays, `null` takes away.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketAssignment)]
pub(super) struct AssignBody {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    staff_id: Field<StaffId>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    group_id: Field<GroupId>,
    #[serde(default)]
    reason: Option<String>,
}

/// Give a ticket to somebody, or take it away.
#[utoipa::path(post, path = "/tickets/{id}/assign", tag = "service", operation_id = "assign_ticket",
    params(("id" = TicketId, Path)), request_body = AssignBody,
    responses((status = 200, body = TicketRow), WriteProblems))]
pub(super) async fn assign(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<TicketId>,
    Json(body): Json<AssignBody>,
) -> Result<Response> {
    let change = Change { assignee: body.staff_id, group: body.group_id, reason: body.reason, ..Change::default() };
    changed(&app, &write, id, change).await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketUrgency)]
pub(super) struct UrgentBody {
    on: bool,
    reason: String,
}

/// Put a ticket into the urgent lane, or take it out, with a reason.
#[utoipa::path(post, path = "/tickets/{id}/urgent", tag = "service", operation_id = "urge_ticket",
    params(("id" = TicketId, Path)), request_body = UrgentBody,
    responses((status = 200, body = TicketRow), WriteProblems))]
pub(super) async fn urge(
    Axum(app): Axum<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<TicketId>,
    Json(body): Json<UrgentBody>,
) -> Result<Response> {
    changed(&app, &write, id, Change { urgent: Some(body.on), reason: Some(body.reason), ..Change::default() }).await
}

async fn changed(app: &App, write: &Write<may::WorkTickets>, id: TicketId, change: Change) -> Result<Response> {
    let (actor, now, hooks) = (write.actor.clone(), write.now, Hooks::of(app));
    write
        .run(app, StatusCode::OK, move |tx| {
            visible::require(tx, &actor, id)?;
            let cx = Context::of(tx, now, &actor)?;
            change::change(tx, &cx, id, &change, &hooks)?;
            let ticket = tickets::find(tx, id)?.ok_or_else(Error::not_found)?;
            Ok(TicketRow::of(&list::one(tx, &ticket)?))
        })
        .await
}
