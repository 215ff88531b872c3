//! What would move, and moving it: one part at a time, each in one transaction.

use super::protocol::{Becomes, Preview, usual_line};
use super::{HandOver, HandOverId, Item, Plan};
use crate::manager::assign::{Candidate, distribute};
use crate::manager::load::{Load, Rates};
use crate::store::{handovers, managers};
use crate::{Change, Context, Hooks, change};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use zunke_access::directory;
use zunke_customers::{OwnerWhy, make};
use zunke_http::Change as Field;
use zunke_kernel::id::{CustomerId, StaffId, TicketId};
use zunke_kernel::{Error, Result};
use zunke_store::Tx;
use zunke_tiering::store::standings;

/// Customers of one part.
const PART: i64 = 300;
/// Pieces of other work of one part, of each kind.
const WORK: i64 = 100;
/// Customers that a preview counts one by one.
const PREVIEW_MAX: i64 = 100_000;

/// Who may get customers: the one that was named, or everybody but the one who gives.
fn receivers(tx: &mut Tx, rates: &Rates, from: StaffId, to: Option<StaffId>) -> Result<Vec<Candidate>> {
    if to == Some(from) {
        let (zh, en) = ("不能交接给本人。", "Nobody hands over to himself.");
        return Err(Error::invalid("hand_over_self", zh, en).at("to_id"));
    }
    let all = managers::candidates(tx, rates)?;
    match to {
        Some(to) => Ok(vec![crate::manager::place::chosen(tx, rates, all, to)?]),
        None => Ok(all.into_iter().filter(|one| one.staff != from && one.profile.takes).collect()),
    }
}

/// What would move, and what would become of those who get it.
pub fn preview(tx: &mut Tx, cx: &Context, from: StaffId, to: Option<StaffId>) -> Result<Preview> {
    directory::staff_names(tx, [from])?.remove(&from).ok_or_else(unknown)?;
    let (settings, rates) = (managers::settings(tx)?, managers::rates(tx)?);
    let mut receivers = receivers(tx, &rates, from, to)?;
    let before: HashMap<StaffId, Load> = receivers.iter().map(|one| (one.staff, one.load)).collect();
    let moving = handovers::next_customers(tx, from, None, PREVIEW_MAX)?;
    let ids: Vec<CustomerId> = moving.iter().map(|one| one.id).collect();
    let wanted = managers::wanted(tx, &rates, &settings, &ids)?;
    let choices = distribute(&wanted, &mut receivers);
    let mut given: HashMap<StaffId, i64> = HashMap::new();
    let mut unplaced = Vec::new();
    for (one, choice) in wanted.iter().zip(&choices) {
        match choice.staff_id {
            Some(staff) => *given.entry(staff).or_default() += 1,
            None => unplaced.push(one.customer),
        }
    }
    let rest_id = to.or_else(|| rest(&receivers, &given));
    let counts: HashMap<String, i64> = handovers::open_counts(tx, from)?.into_iter().collect();
    let count = |kind: &str| counts.get(kind).copied().unwrap_or(0);
    let names: HashMap<CustomerId, &str> = moving.iter().map(|one| (one.id, one.name.as_str())).collect();
    Ok(Preview {
        customers: i64::try_from(moving.len()).unwrap_or(i64::MAX),
        vips: moving.iter().filter(|one| rates.is_vip(one.rank)).count().try_into().unwrap_or(i64::MAX),
        tickets: count("ticket"),
        ticket_tasks: count("ticket_task"),
        visits: count("visit"),
        tasks: count("task"),
        to: (receivers.iter())
            .filter(|one| given.contains_key(&one.staff) || Some(one.staff) == rest_id)
            .map(|one| Becomes {
                staff_id: one.staff,
                name: one.name.clone(),
                cap: one.cap,
                before: before.get(&one.staff).copied().unwrap_or_default(),
                after: one.load,
                customers: given.get(&one.staff).copied().unwrap_or(0),
            })
            .collect(),
        unplaced: i64::try_from(unplaced.len()).unwrap_or(i64::MAX),
        unplaced_names: unplaced
            .iter()
            .take(10)
            .filter_map(|id| names.get(id))
            .map(|name| (*name).to_owned())
            .collect(),
        rest_id,
        customer_line: usual_line(cx.organisation.locale).to_owned(),
    })
}

/// Who gets what hangs on no customer: who gets the most customers, or else has the most room.
fn rest(receivers: &[Candidate], given: &HashMap<StaffId, i64>) -> Option<StaffId> {
    let most = |one: &&Candidate| {
        let room = one.cap.0 - one.load.places.0;
        (given.get(&one.staff).copied().unwrap_or(0), room, std::cmp::Reverse(one.staff))
    };
    receivers.iter().max_by_key(most).map(|one| one.staff)
}

fn unknown() -> Error {
    let (zh, en) = ("该员工不存在，请重新选择。", "There is no such member of staff; please choose again.");
    Error::invalid("staff_unknown", zh, en).at("from_id")
}

/// What a hand-over is begun with.
#[derive(Clone, Debug)]
pub struct Begin {
    pub from: StaffId,
    pub to: Option<StaffId>,
    pub partial: bool,
    pub note: String,
    pub customer_line: Option<String>,
}

/// Begins one: checks that everybody has a place, and who is to sign. Nothing has moved yet.
pub fn begin(tx: &mut Tx, cx: &Context, begin: &Begin) -> Result<HandOver> {
    // Of two that begin for one manager the second finds the first.
    managers::lock(tx, cx.now, begin.from)?;
    if handovers::running(tx, begin.from)? {
        let (zh, en) = ("该员工已有进行中的交接。", "A hand-over of this manager is under way.");
        return Err(Error::conflict("hand_over_running", zh, en).at("from_id"));
    }
    let seen = preview(tx, cx, begin.from, begin.to)?;
    if seen.customers + seen.tickets + seen.ticket_tasks + seen.visits + seen.tasks == 0 {
        let (zh, en) = ("该员工名下没有需要交接的内容。", "This manager has nothing to hand over.");
        return Err(Error::conflict("hand_over_empty", zh, en).at("from_id"));
    }
    if seen.unplaced > 0 && !begin.partial {
        let n = seen.unplaced;
        let zh = format!("有 {n} 位客户没有名额可接收，请调整上限、另选接收人，或选择保留这些客户。");
        let en = format!("Nobody has a place for {n} customers: raise a cap, choose others, or let them stay.");
        return Err(Error::conflict("manager_full", zh, en).at("to_id"));
    }
    let Some(rest_id) = seen.rest_id else {
        let (zh, en) = ("没有可接收的客户经理。", "There is no manager who could take over.");
        return Err(Error::conflict("nobody_to_take", zh, en).at("to_id"));
    };
    let from_name = directory::staff_names(tx, [begin.from])?.remove(&begin.from).ok_or_else(unknown)?;
    let one = HandOver {
        id: HandOverId::new(cx.now),
        from_id: begin.from,
        from_name,
        state: "running".into(),
        plan: Plan { to_id: begin.to, rest_id, partial: begin.partial, after: None, customers_done: false },
        counts: Vec::new(),
        note: begin.note.clone(),
        customer_line: begin.customer_line.clone().unwrap_or(seen.customer_line),
        created_by: cx.actor,
        created_at: cx.now,
        done_at: None,
        version: 1,
    };
    handovers::insert(tx, &one)?;
    handovers::add_signatory(tx, one.id, one.from_id, &one.from_name, "from")?;
    Ok(one)
}

/// Moves the next part; answers the hand-over as it stands then.
pub fn step(tx: &mut Tx, cx: &Context, hooks: &Hooks, id: HandOverId) -> Result<HandOver> {
    let mut one = handovers::lock(tx, id)?.ok_or_else(Error::not_found)?;
    if one.state != "running" {
        return Ok(one);
    }
    let mut items = Vec::new();
    if !one.plan.customers_done {
        items.extend(customers(tx, cx, hooks, &mut one)?);
    }
    // With the customers of this part their work has become work on others' customers.
    let work = handovers::open_work(tx, one.from_id, WORK)?;
    let all = work.len() < usize::try_from(WORK).unwrap_or(0);
    for piece in &work {
        let to = piece.owner.filter(|owner| *owner != one.from_id).unwrap_or(one.plan.rest_id);
        let to = if active(tx, to)? { to } else { one.plan.rest_id };
        if piece.kind == "ticket" {
            let reason = Some(format!("{} → {}", one.from_name, name(tx, to)?));
            let changed = Change { assignee: Field::Set(to), reason, ..Change::default() };
            change(tx, cx, TicketId(piece.id), &changed, hooks)?;
        } else {
            handovers::give(tx, piece, one.from_id, to)?;
        }
        items.push(Item {
            customer_id: piece.customer,
            item_id: piece.id,
            kind: piece.kind.to_owned(),
            title: piece.title.clone(),
            detail: piece.detail.clone(),
            to_id: to,
        });
    }
    handovers::add_items(tx, id, &items)?;
    let receivers: std::collections::BTreeSet<StaffId> = items.iter().map(|item| item.to_id).collect();
    for to in receivers {
        let called = name(tx, to)?;
        handovers::add_signatory(tx, id, to, &called, "to")?;
    }
    one.counts = handovers::counts(tx, id)?;
    if one.plan.customers_done && all {
        one.state = "done".into();
        one.done_at = Some(cx.now);
    }
    handovers::save(tx, &one)?;
    one.version += 1;
    Ok(one)
}

/// The next part of the customers: each goes to who was named, or to who fits and has a place.
fn customers(tx: &mut Tx, cx: &Context, hooks: &Hooks, one: &mut HandOver) -> Result<Vec<Item>> {
    let found = handovers::next_customers(tx, one.from_id, one.plan.after, PART)?;
    let locked: Vec<CustomerId> = found.iter().map(|one| one.id).collect();
    standings::lock(tx, &locked)?;
    // Whom somebody else has taken meanwhile is not his any more.
    let mut part = handovers::next_customers(tx, one.from_id, one.plan.after, PART)?;
    part.retain(|customer| locked.contains(&customer.id));
    one.plan.customers_done = found.len() < usize::try_from(PART).unwrap_or(0);
    let Some(last) = locked.last() else { return Ok(Vec::new()) };
    one.plan.after = Some(*last);
    let ids: Vec<CustomerId> = part.iter().map(|one| one.id).collect();
    let (settings, rates) = (managers::settings(tx)?, managers::rates(tx)?);
    let mut receivers = receivers(tx, &rates, one.from_id, one.plan.to_id)?;
    let mut order: Vec<StaffId> = receivers.iter().map(|one| one.staff).collect();
    order.sort_unstable();
    for staff in order {
        managers::lock(tx, cx.now, staff)?;
    }
    // Once more, now that nobody else takes places.
    receivers = self::receivers(tx, &rates, one.from_id, one.plan.to_id)?;
    let wanted = managers::wanted(tx, &rates, &settings, &ids)?;
    let choices = distribute(&wanted, &mut receivers);
    let mut to: BTreeMap<CustomerId, StaffId> =
        wanted.iter().zip(&choices).filter_map(|(one, choice)| Some((one.customer, choice.staff_id?))).collect();
    // Archived customers take no place: they go with the rest.
    let live: std::collections::BTreeSet<CustomerId> = wanted.iter().map(|one| one.customer).collect();
    to.extend(ids.iter().filter(|id| !live.contains(*id)).map(|id| (*id, one.plan.rest_id)));
    let mut groups: BTreeMap<StaffId, Vec<CustomerId>> = BTreeMap::new();
    for (customer, staff) in &to {
        groups.entry(*staff).or_default().push(*customer);
    }
    let context = cx.record(hooks);
    for (staff, customers) in groups {
        make::give_many(tx, &context, &customers, Some(staff), OwnerWhy::HandOver(one.id.0))?;
    }
    let moved = part.into_iter().filter_map(|customer| {
        let to_id = *to.get(&customer.id)?;
        Some(Item {
            customer_id: customer.id,
            item_id: customer.id.0,
            kind: "customer".into(),
            title: customer.name,
            detail: json!({"level_rank": customer.rank, "birthday": customer.birthday}),
            to_id,
        })
    });
    Ok(moved.collect())
}

fn name(tx: &mut Tx, staff: StaffId) -> Result<String> {
    Ok(directory::staff_names(tx, [staff])?.remove(&staff).unwrap_or_default())
}

fn active(tx: &mut Tx, staff: StaffId) -> Result<bool> {
    let sql = "SELECT active FROM staff WHERE staff_id = $1";
    Ok(tx.query_one(sql, &[staff.into()], |row| row.bool(0))?.unwrap_or(false))
}
