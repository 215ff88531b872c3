//! Something more is said on a ticket: by the customer, by staff, by a machine. Every channel comes through here, so the
//! state function holds for a mail as for the screen.

use crate::change::{self, settle};
use crate::context::{Context, Hooks};
use crate::event::What;
use crate::message::{Message, NewMessage, Side, Visibility};
use crate::open::{NewTicket, Sender, open};
use crate::state::{self, Act, Next};
use crate::store::tasks::{self as store_tasks, TaskKind};
use crate::store::{files, links, messages, people, tickets};
use crate::tasks::{self, NewTask};
use crate::ticket::Ticket;
use crate::{text, work};
use zunke_access::directory;
use zunke_customers::privacy::standing;
use zunke_kernel::id::{MessageId, TicketId};
use zunke_kernel::{Error, Result};
use zunke_store::Tx;

/// Where a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Another ticket than the one asked for where that one went into another, or ended too long ago.
    pub ticket: TicketId,
    pub message: MessageId,
    /// The same message was here already; nothing was done.
    pub again: bool,
}

/// Says something on a ticket. What the customer says on a ticket that went into another is said there; on one that ended
/// too long ago it opens a new one, linked to it.
pub fn reply(tx: &mut Tx, cx: &Context, id: TicketId, new: &NewMessage, hooks: &Hooks) -> Result<Said> {
    let body = text::required(&new.body, "body", text::BODY_CHARS_MAX)?;
    let new = &NewMessage { body, ..new.clone() };
    for staff in &new.mentions {
        directory::require_staff(tx, *staff, "mentions")?;
    }
    let id = merged_to(tx, id)?;
    let mut ticket = tickets::lock(tx, id)?.ok_or_else(Error::not_found)?;
    if new.side == Side::Staff {
        standing::require_there(tx, ticket.customer)?;
    }
    let act = Act::Said {
        side: new.side,
        visibility: new.visibility,
        automatic: new.automatic,
        thanks: state::is_bare_thanks(&new.body),
    };
    let next = state::next(change::stand(&ticket), act, new.at, change::rules(cx))?;
    if next == Next::Follow {
        return followed(tx, cx, hooks, &ticket, new);
    }
    let message = MessageId::new(cx.now);
    if let Some((source, source_id)) = &new.source
        && let Some((ticket, message)) = tickets::claim_source(tx, (source, source_id), id, message)?
    {
        return Ok(Said { ticket, message, again: true });
    }
    say(tx, cx, &mut ticket, message, new)?;
    if let Next::To(to) = next {
        settle(tx, cx, &mut ticket, to, new.at, None)?;
    }
    if let Some(to) = new.state_after
        && let Next::To(to) = state::next(change::stand(&ticket), Act::Set(to), new.at, change::rules(cx))?
    {
        change::require_ready(tx, cx, &ticket, to)?;
        settle(tx, cx, &mut ticket, to, new.at, None)?;
    }
    work::follow(tx, cx, hooks, &mut ticket, "said")?;
    Ok(Said { ticket: id, message, again: false })
}

/// The ticket that this one went into in the end.
pub fn merged_to(tx: &mut Tx, id: TicketId) -> Result<TicketId> {
    let mut id = id;
    for _ in 0..20 {
        match tickets::find(tx, id)?.ok_or_else(Error::not_found)?.merged_into {
            Some(into) => id = into,
            None => break,
        }
    }
    Ok(id)
}

fn followed(tx: &mut Tx, cx: &Context, hooks: &Hooks, old: &Ticket, new: &NewMessage) -> Result<Said> {
    let customer = if old.has_customer() {
        Sender::Known(old.customer)
    } else {
        Sender::Unknown { name: old.sender.clone(), keys: old.sender_keys.clone().unwrap_or_default() }
    };
    let ticket = NewTicket {
        subject: old.subject.clone(),
        quoted: new.quoted.clone(),
        product: old.product.clone(),
        language: old.language.clone(),
        source: new.source.clone(),
        parent: Some(old.id),
        ..NewTicket::new(customer, old.kind, new.channel, new.body.clone(), new.at)
    };
    let outcome = open(tx, cx, &ticket, hooks)?;
    if matches!(outcome, crate::open::Outcome::Opened(_)) {
        links::link(tx, cx, (old.id, outcome.ticket()), "follow_up")?;
    }
    let opened = tickets::find(tx, outcome.ticket())?.ok_or_else(Error::not_found)?;
    let said = messages::of(tx, &opened)?;
    let message =
        said.first().map(|message| message.id).ok_or_else(|| Error::internal("a ticket without a message"))?;
    Ok(Said { ticket: opened.id, message, again: matches!(outcome, crate::open::Outcome::Same(_)) })
}

/// Writes a message into a locked ticket, with its event and what the ticket keeps of it; changes no state.
pub(crate) fn say(tx: &mut Tx, cx: &Context, ticket: &mut Ticket, id: MessageId, new: &NewMessage) -> Result<()> {
    let staff = cx.actor.filter(|_| new.side == Side::Staff);
    let author = if new.author.trim().is_empty() {
        match (new.side, staff) {
            (Side::Staff, Some(staff)) => people::staff_name(tx, staff)?,
            (Side::Customer, _) if ticket.has_customer() => people::standing(tx, ticket.customer)?.map(|one| one.name),
            (Side::Customer, _) => ticket.sender.clone(),
            _ => None,
        }
        .unwrap_or_default()
    } else {
        text::cut(&new.author, text::SHORT_CHARS_MAX)
    };
    let message = Message {
        id,
        at: new.at,
        side: new.side,
        visibility: new.visibility,
        channel: new.channel,
        automatic: new.automatic,
        author,
        staff_id: staff,
        body: new.body.clone(),
        quoted: new.quoted.clone().filter(|quoted| !quoted.trim().is_empty()),
        delivery: new.delivery,
        delivery_detail: None,
    };
    messages::insert(tx, ticket, &message)?;
    let said = What::Said { message: id, side: new.side, visibility: new.visibility, automatic: new.automatic };
    work::note(tx, cx, ticket, new.at, said)?;
    if !new.mentions.is_empty() {
        work::note(tx, cx, ticket, new.at, What::Mentioned { message: id, staff: new.mentions.clone() })?;
    }
    for staff in &new.mentions {
        let task = NewTask { assignee: Some(*staff), ..NewTask::new(TaskKind::Mention, text::cut(&new.body, 80)) };
        tasks::put(tx, cx, ticket, &task)?;
    }
    if let Some(staff) = staff {
        store_tasks::answer_mentions(tx, ticket, staff, cx.now)?;
    }
    for file in &new.files {
        if !files::bind(tx, ticket, *file, id)? {
            let text = (
                "该工单没有这个文件，或它已属于别的消息。",
                "The ticket has no such file, or it belongs to another message.",
            );
            return Err(Error::invalid("file_unknown", text.0, text.1).at("files"));
        }
    }
    if new.visibility == Visibility::Public && !new.automatic && new.side != Side::System {
        ticket.last_words = Some(text::cut(&new.body, 120));
        ticket.last_side = Some(new.side.word().to_owned());
        if new.side == Side::Staff {
            ticket.first_response_at.get_or_insert(new.at);
        }
    }
    Ok(())
}
