//! The way in, for every channel: what a customer says becomes a ticket, once.

use crate::context::{Context, Hooks};
use crate::event::What;
use crate::message::NewMessage;
use crate::store::{people, search, tickets};
use crate::ticket::{Channel, Kind, NEVER, NOBODY, Priority, SenderKeys, State, Ticket};
use crate::work::{self, Contact};
use crate::{checklist, reply, text};
use zunke_kernel::id::{CustomerId, MessageId, StaffId, TicketId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

/// Whose ticket it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Sender {
    Known(CustomerId),
    /// Looked up by phone, e-mail and external id; where none of them is a customer's, the ticket stands under nobody.
    Unknown {
        name: Option<String>,
        keys: SenderKeys,
    },
}

/// A ticket as it comes in.
#[derive(Clone, Debug)]
pub struct NewTicket {
    pub customer: Sender,
    pub kind: Kind,
    /// By its kind where none is given.
    pub priority: Option<Priority>,
    pub channel: Channel,
    /// Empty: taken from the body.
    pub subject: String,
    pub body: String,
    /// What was cut off as quoted text or signature.
    pub quoted: Option<String>,
    pub product: Option<String>,
    pub language: Option<String>,
    /// The source's own id, so that the same message twice is one ticket: source, id there.
    pub source: Option<(String, String)>,
    /// Written by a machine.
    pub automatic: bool,
    /// The member of staff who took it down.
    pub by: Option<StaffId>,
    /// The ticket that it follows or was split from.
    pub parent: Option<TicketId>,
    /// When the customer said it.
    pub at: Instant,
}

impl NewTicket {
    /// A ticket with nothing but what each must have.
    #[must_use]
    pub fn new(customer: Sender, kind: Kind, channel: Channel, body: impl Into<String>, at: Instant) -> Self {
        Self {
            customer,
            kind,
            priority: None,
            channel,
            subject: String::new(),
            body: body.into(),
            quoted: None,
            product: None,
            language: None,
            source: None,
            automatic: false,
            by: None,
            parent: None,
            at,
        }
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Opened(TicketId),
    /// The same message was here already.
    Same(TicketId),
}

impl Outcome {
    #[must_use]
    pub fn ticket(self) -> TicketId {
        match self {
            Self::Opened(id) | Self::Same(id) => id,
        }
    }
}

/// Opens a ticket, or finds the one that the same message opened before.
pub fn open(tx: &mut Tx, cx: &Context, new: &NewTicket, hooks: &Hooks) -> Result<Outcome> {
    let new = &checked(new)?;
    let (id, message) = (TicketId::new(cx.now), MessageId::new(cx.now));
    if let Some((source, source_id)) = &new.source
        && let Some((ticket, _)) = tickets::claim_source(tx, (source, source_id), id, message)?
    {
        return Ok(Outcome::Same(reply::merged_to(tx, ticket)?));
    }
    let (customer, sender, keys) = match &new.customer {
        Sender::Known(customer) => (*customer, None, None),
        Sender::Unknown { name, keys } => match people::by_keys(tx, keys)? {
            Some(customer) => (customer, None, None),
            None => (NOBODY, name.clone(), Some(keys.clone())),
        },
    };
    let mut ticket = begun(cx, new, id, customer);
    ticket.sender = sender;
    ticket.sender_keys = keys;
    ticket.number = tickets::next_number(tx)?;
    // First the time line: it locks the customer, and may raise his level by this very contact.
    work::interaction(tx, cx, hooks, &ticket, Contact::Opened)?;
    let mut name = None;
    if ticket.has_customer() {
        let standing = people::standing(tx, customer)?.ok_or_else(|| {
            Error::invalid("customer_unknown", "没有该客户。", "There is no such customer.").at("customer_id")
        })?;
        ticket.opened_rank = standing.rank;
        ticket.level_rank = standing.rank;
        ticket.level_id = standing.level;
        ticket.region = standing.region;
        name = Some(standing.name);
    }
    tickets::insert(tx, &ticket)?;
    search::put(tx, &ticket, name.as_deref())?;
    let opened = What::Opened {
        kind: ticket.kind,
        priority: ticket.priority,
        level_rank: ticket.level_rank,
        channel: ticket.channel,
    };
    work::note(tx, cx, &mut ticket, new.at, opened)?;
    let first = NewMessage {
        automatic: new.automatic,
        quoted: new.quoted.clone(),
        ..NewMessage::from_customer(new.channel, new.body.clone(), new.at)
    };
    reply::say(tx, cx, &mut ticket, message, &first)?;
    checklist::put(tx, cx, &mut ticket)?;
    work::follow(tx, cx, hooks, &mut ticket, "opened")?;
    Ok(Outcome::Opened(id))
}

fn checked(new: &NewTicket) -> Result<NewTicket> {
    let mut new = new.clone();
    new.body = text::required(&new.body, "body", text::BODY_CHARS_MAX)?;
    let subject = text::optional(Some(&new.subject), "subject", text::SUBJECT_CHARS_MAX)?;
    new.subject = subject.unwrap_or_else(|| text::subject_of(&new.body)).replace(['\n', '\r', '\t'], " ");
    new.product = text::optional(new.product.as_deref(), "product", text::SHORT_CHARS_MAX)?;
    new.language = text::optional(new.language.as_deref(), "language", 20)?;
    if let Some((source, source_id)) = &new.source {
        let source = text::required(source, "source", 60)?;
        new.source = Some((source, text::required(source_id, "source_id", 300)?));
    }
    if let Sender::Unknown { name, keys } = &new.customer {
        let name = text::optional(name.as_deref(), "sender", text::SHORT_CHARS_MAX)?;
        new.customer = Sender::Unknown { name, keys: people::checked(keys)? };
    }
    Ok(new)
}

fn begun(cx: &Context, new: &NewTicket, id: TicketId, customer: CustomerId) -> Ticket {
    Ticket {
        id,
        customer,
        number: 0,
        kind: new.kind,
        priority: new.priority.unwrap_or_else(|| Priority::of_kind(new.kind)),
        state: State::New,
        channel: new.channel,
        subject: new.subject.clone(),
        product: new.product.clone(),
        language: new.language.clone(),
        region: None,
        opened_rank: 0,
        level_rank: 0,
        level_id: None,
        group: None,
        assignee: None,
        urgent: false,
        sender: None,
        sender_keys: None,
        merged_into: None,
        parent: new.parent,
        policy: None,
        manual_due: None,
        next_metric: None,
        next_due_at: NEVER,
        opened_at: new.at,
        first_response_at: None,
        solved_at: None,
        closed_at: None,
        reopened: 0,
        csat: None,
        last_words: None,
        last_side: None,
        events: 0,
        version: 0,
        updated_at: cx.now,
        fresh: Vec::new(),
    }
}
