//! Tickets that belong together: one goes into another, part of one becomes its own, two are linked.

use crate::change;
use crate::context::{Context, Hooks};
use crate::event::What;
use crate::message::{Side, Visibility};
use crate::store::{links, messages, people, search, tickets};
use crate::ticket::{Kind, NEVER, State, Ticket};
use crate::{owner, text, work};
use zunke_kernel::id::{MessageId, TicketId};
use zunke_kernel::{Error, Result};
use zunke_store::Tx;

/// The kinds of a link that people make.
pub const LINKS: [&str; 3] = ["related", "follow_up", "duplicate"];

/// Locks two tickets in one order for everybody.
fn both(tx: &mut Tx, one: TicketId, other: TicketId) -> Result<(Ticket, Ticket)> {
    let (first, second) = if one < other { (one, other) } else { (other, one) };
    let first = tickets::lock(tx, first)?.ok_or_else(Error::not_found)?;
    let second = tickets::lock(tx, second)?.ok_or_else(Error::not_found)?;
    Ok(if first.id == one { (first, second) } else { (second, first) })
}

/// Puts a ticket into another of the same customer: what was said goes there, this one is cancelled and says where it
/// went. The other is from then on as old as the older of the two.
pub fn merge(tx: &mut Tx, cx: &Context, hooks: &Hooks, id: TicketId, into: TicketId) -> Result<()> {
    if id == into {
        let text = ("工单不能并入自己。", "A ticket cannot go into itself.");
        return Err(Error::invalid("merge_itself", text.0, text.1).at("into"));
    }
    let (mut gone, mut kept) = both(tx, id, into)?;
    if gone.merged_into.is_some() {
        let text = ("该工单已并入另一工单。", "This ticket went into another one already.");
        return Err(Error::conflict("ticket_merged", text.0, text.1));
    }
    if kept.merged_into.is_some() {
        let text = (
            "目标工单已并入别的工单，请选择最终的那一个。",
            "The other ticket went into another one; choose that one.",
        );
        return Err(Error::conflict("target_merged", text.0, text.1).at("into"));
    }
    match (gone.has_customer(), kept.has_customer()) {
        (true, true) if gone.customer != kept.customer => {
            let text = (
                "两个工单属于不同客户，不能合并，可以关联。",
                "These tickets are of different customers; link them instead.",
            );
            return Err(Error::conflict("merge_customers_differ", text.0, text.1).at("into"));
        }
        (true, false) => owner::give(tx, cx, hooks, &mut kept, Some(gone.customer))?,
        (false, true) => owner::give(tx, cx, hooks, &mut gone, Some(kept.customer))?,
        _ => {}
    }
    for table in ["ticket_messages", "ticket_files", "ticket_tasks"] {
        let sql = format!("UPDATE {table} SET ticket_id = $1 WHERE customer_id = $2 AND ticket_id = $3");
        tx.execute(&sql, &[kept.id.into(), gone.customer.into(), gone.id.into()])?;
    }
    kept.opened_at = kept.opened_at.min(gone.opened_at);
    kept.first_response_at = match (kept.first_response_at, gone.first_response_at) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    kept.urgent |= gone.urgent;
    work::note(tx, cx, &mut kept, cx.now, What::MergedFrom { from: gone.id, opened_at: gone.opened_at })?;
    // An answer that is still due to the customer of the other is due here.
    if kept.state.is_done() && !gone.state.is_done() {
        change::settle(tx, cx, &mut kept, State::Open, cx.now, None)?;
    }
    gone.merged_into = Some(kept.id);
    work::note(tx, cx, &mut gone, cx.now, What::MergedInto { into: kept.id })?;
    if gone.state != State::Cancelled {
        change::settle(tx, cx, &mut gone, State::Cancelled, cx.now, None)?;
    }
    work::follow(tx, cx, hooks, &mut gone, "merged")?;
    work::follow(tx, cx, hooks, &mut kept, "merged")?;
    links::link(tx, cx, (gone.id, kept.id), "duplicate")
}

/// Makes a ticket of its own of some messages of this one.
pub fn split(
    tx: &mut Tx,
    cx: &Context,
    hooks: &Hooks,
    id: TicketId,
    (chosen, subject, kind): (&[MessageId], &str, Option<Kind>),
) -> Result<TicketId> {
    let subject = text::required(subject, "subject", text::SUBJECT_CHARS_MAX)?;
    let mut old = tickets::lock(tx, id)?.ok_or_else(Error::not_found)?;
    let all = messages::of(tx, &old)?;
    let taken: Vec<_> = all.iter().filter(|message| chosen.contains(&message.id)).collect();
    if taken.is_empty() || taken.len() != chosen.len() {
        let text = ("请选择该工单中的消息。", "Choose messages of this ticket.");
        return Err(Error::invalid("messages_unknown", text.0, text.1).at("message_ids"));
    }
    if taken.len() == all.len() {
        let text = ("至少要留下一条消息。", "At least one message must stay.");
        return Err(Error::invalid("messages_all", text.0, text.1).at("message_ids"));
    }
    let opened_at = taken[0].at;
    let mut new = Ticket {
        id: TicketId::new(cx.now),
        number: tickets::next_number(tx)?,
        kind: kind.unwrap_or(old.kind),
        state: State::New,
        subject,
        assignee: old.assignee,
        group: old.group,
        parent: Some(old.id),
        merged_into: None,
        policy: None,
        manual_due: None,
        next_metric: None,
        next_due_at: NEVER,
        urgent: false,
        opened_rank: old.level_rank,
        opened_at,
        first_response_at: None,
        solved_at: None,
        closed_at: None,
        reopened: 0,
        csat: None,
        events: 0,
        version: 0,
        fresh: Vec::new(),
        ..old.clone()
    };
    tickets::insert(tx, &new)?;
    let name = people::standing(tx, new.customer)?.map(|standing| standing.name);
    search::put(tx, &new, name.as_deref())?;
    let opened =
        What::Opened { kind: new.kind, priority: new.priority, level_rank: new.level_rank, channel: new.channel };
    work::note(tx, cx, &mut new, opened_at, opened)?;
    for message in &taken {
        for table in ["ticket_messages", "ticket_files"] {
            let sql = format!(
                "UPDATE {table} SET ticket_id = $1 WHERE customer_id = $2 AND ticket_id = $3 AND message_id = $4"
            );
            tx.execute(&sql, &[new.id.into(), old.customer.into(), old.id.into(), message.id.into()])?;
        }
        let said = What::Said {
            message: message.id,
            side: message.side,
            visibility: message.visibility,
            automatic: message.automatic,
        };
        work::note(tx, cx, &mut new, message.at, said)?;
        let public = message.visibility == Visibility::Public && !message.automatic;
        if public && message.side != Side::System {
            new.last_words = Some(text::cut(&message.body, 120));
            new.last_side = Some(message.side.word().to_owned());
        }
        if public && message.side == Side::Staff {
            new.first_response_at.get_or_insert(message.at);
            change::taken(tx, cx, &mut new)?;
        }
    }
    let moved: Vec<MessageId> = taken.iter().map(|message| message.id).collect();
    let split = |other, taken| What::Split { other, messages: moved.clone(), taken };
    work::note(tx, cx, &mut new, cx.now, split(old.id, false))?;
    work::note(tx, cx, &mut old, cx.now, split(new.id, true))?;
    work::follow(tx, cx, hooks, &mut new, "opened")?;
    work::follow(tx, cx, hooks, &mut old, "split")?;
    links::link(tx, cx, (old.id, new.id), "split")?;
    Ok(new.id)
}

/// Links two tickets, seen from both.
pub fn link(tx: &mut Tx, cx: &Context, hooks: &Hooks, (id, other): (TicketId, TicketId), kind: &str) -> Result<()> {
    if id == other {
        let text = ("工单不能关联自己。", "A ticket cannot be linked with itself.");
        return Err(Error::invalid("link_itself", text.0, text.1).at("other_id"));
    }
    if !LINKS.contains(&kind) {
        let text = ("关联方式可选：related、follow_up、duplicate。", "kind: related, follow_up or duplicate.");
        return Err(Error::invalid("link_kind_invalid", text.0, text.1).at("kind"));
    }
    links::link(tx, cx, (id, other), kind)?;
    work::touch(tx, cx, hooks, id, "linked", |tx, ticket| {
        work::note(tx, cx, ticket, cx.now, What::Linked { other, link: kind.to_owned() })
    })
}
