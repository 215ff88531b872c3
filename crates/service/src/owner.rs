//! Whose ticket it is: found out later, put right, or lost with the customer.

use crate::context::{Context, Hooks};
use crate::event::What;
use crate::store::{moving, people, search, tickets};
use crate::ticket::{NOBODY, SenderKeys, Ticket};
use crate::work::{self, Contact};
use zunke_access::Scope;
use zunke_customers::query::Filter;
use zunke_customers::{Change, CustomerQuery, Observer, RecordContext, withdraw};
use zunke_kernel::id::{CustomerId, TicketId};
use zunke_kernel::search::needs;
use zunke_kernel::{Error, Instant, Result, Text};
use zunke_store::Tx;

/// Says whose ticket it is: all its rows move, the time lines follow, and its promises rest on the new customer's level.
/// `None`: it is not known after all.
pub fn set_customer(tx: &mut Tx, cx: &Context, hooks: &Hooks, id: TicketId, to: Option<CustomerId>) -> Result<()> {
    work::touch(tx, cx, hooks, id, "customer_set", |tx, ticket| give(tx, cx, hooks, ticket, to))
}

/// The same on a locked ticket.
pub fn give(tx: &mut Tx, cx: &Context, hooks: &Hooks, ticket: &mut Ticket, to: Option<CustomerId>) -> Result<()> {
    let from = ticket.customer;
    let target = to.unwrap_or(NOBODY);
    if target == from {
        return Ok(());
    }
    let standing = match to {
        Some(customer) => Some(people::standing(tx, customer)?.ok_or_else(|| {
            Error::invalid("customer_unknown", "没有该客户。", "There is no such customer.").at("customer_id")
        })?),
        None => None,
    };
    if from != NOBODY {
        let opened = ticket.number.to_string();
        let solved: Vec<String> =
            (0..=ticket.reopened).map(|turn| format!("{}:solved:{turn}", ticket.number)).collect();
        let keys: Vec<(&str, &str)> =
            std::iter::once(&opened).chain(&solved).map(|key| ("ticket", key.as_str())).collect();
        withdraw(tx, &cx.record(hooks), &keys, &hooks.observers)?;
    }
    moving::all(tx, ticket.id, from, target)?;
    ticket.customer = target;
    let known = |customer: CustomerId| (customer != NOBODY).then_some(customer);
    work::note(tx, cx, ticket, cx.now, What::CustomerSet { from: known(from), to })?;
    work::interaction(tx, cx, hooks, ticket, Contact::Opened)?;
    if ticket.solved_at.is_some() {
        work::interaction(tx, cx, hooks, ticket, Contact::Solved)?;
    }
    // The level is read after the contact, which may have raised it.
    let standing = match to {
        Some(customer) => people::standing(tx, customer)?.or(standing),
        None => None,
    };
    level(tx, cx, ticket, standing.as_ref().map_or(0, |one| one.rank), standing.as_ref().and_then(|one| one.level))?;
    ticket.region = standing.as_ref().and_then(|one| one.region.clone());
    search::put(tx, ticket, standing.as_ref().map(|one| one.name.as_str()))
}

/// The level that a locked ticket's promises rest on.
pub fn level(
    tx: &mut Tx,
    cx: &Context,
    ticket: &mut Ticket,
    rank: i64,
    level: Option<zunke_kernel::id::LevelId>,
) -> Result<()> {
    ticket.level_id = level;
    if rank != ticket.level_rank {
        let from = std::mem::replace(&mut ticket.level_rank, rank);
        work::note(tx, cx, ticket, cx.now, What::LevelChanged { from, to: rank })?;
    }
    Ok(())
}

/// Somebody whose ticket it may be.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub customer: CustomerId,
    pub name: String,
    pub level_rank: i64,
    pub why: Text,
    /// One of the sender's own keys is his.
    pub sure: bool,
}

/// Whose ticket it may be, the surest first: within the scope, by what the sender is known by and how he calls himself.
pub fn candidates(tx: &mut Tx, scope: &Scope, ticket: &Ticket) -> Result<Vec<Candidate>> {
    if ticket.has_customer() {
        return Ok(Vec::new());
    }
    let keys = ticket.sender_keys.clone().unwrap_or_default();
    let mut found: Vec<Candidate> = Vec::new();
    let mut put = |customer: &zunke_customers::Stored, why: Text, sure: bool| {
        if found.len() < 8 && found.iter().all(|one| one.customer != customer.id) {
            let (id, name, level_rank) = (customer.id, customer.name.clone(), customer.headline.level_rank);
            found.push(Candidate { customer: id, name, level_rank, why, sure });
        }
    };
    for (own, why) in [
        (
            SenderKeys { external: keys.external.clone(), ..SenderKeys::default() },
            Text::new("外部编号相同", "Same external id"),
        ),
        (
            SenderKeys { phone: keys.phone.clone(), ..SenderKeys::default() },
            Text::new("手机号相同", "Same phone number"),
        ),
        (
            SenderKeys { email: keys.email.clone(), ..SenderKeys::default() },
            Text::new("邮箱相同", "Same e-mail address"),
        ),
    ] {
        if let Some(id) = people::by_keys(tx, &own)?
            && let Ok(customer) = CustomerQuery::new(scope).find(tx, id)
        {
            put(&customer, why, true);
        }
    }
    let tail = keys.phone.as_deref().map(|phone| phone.chars().rev().take(8).collect::<Vec<_>>());
    let tail = tail.map(|tail| tail.into_iter().rev().collect::<String>());
    let asked = [
        (ticket.sender.clone(), Text::new("姓名相近", "Similar name")),
        (tail, Text::new("手机号后八位相同", "Same last eight digits")),
        (keys.email.clone(), Text::new("邮箱名相近", "Similar e-mail name")),
    ];
    for (text, why) in asked {
        let Some(asked) = text.map(|text| needs(&text)).filter(|needs| !needs.is_empty()) else { continue };
        let filter = Filter { search: Some(asked), ..Filter::default() };
        for customer in CustomerQuery::new(scope).filter(filter).page(Some(5), None)?.list(tx)?.items {
            put(&customer, why.clone(), false);
        }
    }
    Ok(found)
}

/// Keeps the tickets of customers that are gone for good: what was said stays, under nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeepTickets;

impl Observer for KeepTickets {
    fn recorded(&self, _: &mut Tx, _: &RecordContext, _: &[Change]) -> Result<()> {
        Ok(())
    }

    fn removed(&self, tx: &mut Tx, _: Instant, customers: &[CustomerId]) -> Result<()> {
        for customer in customers {
            for id in moving::tickets_of(tx, *customer)? {
                let Some(ticket) = tickets::lock(tx, id)? else { continue };
                moving::all(tx, id, *customer, NOBODY)?;
                tx.execute(
                    "UPDATE tickets SET sender = COALESCE(sender, $3), version = version + 1
                     WHERE customer_id = $1 AND ticket_id = $2",
                    &[NOBODY.into(), id.into(), crate::text::cut(&ticket.label(), 20).into()],
                )?;
            }
        }
        Ok(())
    }
}
