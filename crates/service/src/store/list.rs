//! The list of tickets: filtered, sorted, a page at a time. The rows of a page are found first, within one index; names
//! are looked up for them alone.

use super::tickets::{self, WIDTH};
use super::{reports, search};
use crate::report::Counted;
use crate::ticket::{Channel, Kind, NOBODY, Priority, State, Ticket};
use crate::visible;
use zunke_access::Actor;
use zunke_kernel::id::{CustomerId, GroupId, LevelId, StaffId, TicketId, TopicId};
use zunke_kernel::page;
use zunke_kernel::search::Need;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Engine, Row, Tx, Value};

/// What a list is sorted by. `Due` and `Turn` order open tickets only: what is done is due no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Due,
    Turn,
    /// The latest first.
    Opened,
    Updated,
}

impl Sort {
    /// The word of the API.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "due" => Some(Self::Due),
            "turn" => Some(Self::Turn),
            "-opened" => Some(Self::Opened),
            "-updated" => Some(Self::Updated),
            _ => None,
        }
    }

    /// Its column; `q` is the queue.
    const fn column(self) -> &'static str {
        match self {
            Self::Due => "q.due_at",
            Self::Turn => "q.turn_at",
            Self::Opened => "t.opened_at",
            Self::Updated => "t.updated_at",
        }
    }

    const fn is_of_queue(self) -> bool {
        matches!(self, Self::Due | Self::Turn)
    }
}

/// Who has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Having {
    #[default]
    Anybody,
    Nobody,
    Staff(StaffId),
}

/// Which tickets a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Empty: all; with an order of the queue, the open ones.
    pub states: Vec<State>,
    pub kinds: Vec<Kind>,
    pub priorities: Vec<Priority>,
    pub levels: Vec<i64>,
    pub channels: Vec<Channel>,
    pub having: Having,
    pub groups: Vec<GroupId>,
    /// In a group of this member of staff.
    pub groups_of: Option<StaffId>,
    pub customer: Option<CustomerId>,
    pub number: Option<i64>,
    pub search: Option<Vec<Need>>,
    pub due_before: Option<Instant>,
    pub opened_after: Option<Instant>,
    pub opened_before: Option<Instant>,
    pub urgent: Option<bool>,
    /// In no group.
    pub groupless: bool,
    pub topic: Option<TopicId>,
    /// `Some(None)`: of no product.
    pub product: Option<Option<String>>,
    /// Counted in a figure of a report at this moment.
    pub counted: Option<(Counted, Instant)>,
}

/// A ticket in a list, with the names that it is shown with.
#[derive(Clone, Debug)]
pub struct Listed {
    pub ticket: Ticket,
    /// Name, level and rank of the customer as they are now.
    pub customer: Option<(String, Option<LevelId>, i64)>,
    pub assignee: Option<String>,
    pub group: Option<String>,
    pub turn_at: Option<Instant>,
}

/// One page of the tickets that the actor sees.
pub fn page(
    tx: &mut Tx,
    actor: &Actor,
    filter: &Filter,
    sort: Sort,
    limit: u32,
    after: Option<&str>,
) -> Result<page::Page<Listed>> {
    let Some((sql, params)) = statement(tx.engine(), actor, filter, sort, limit, after)? else {
        return Ok(page::Page { items: Vec::new(), next: None });
    };
    let mut items = tx.query(&sql, &params, |row| Ok((listed(row)?, row.int(WIDTH + 5)?)))?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let mark = |(listed, key): &(Listed, i64)| page::mark(&serde_json::json!([key, listed.ticket.id]));
    let next = items.last().filter(|_| more).map(mark);
    Ok(page::Page { items: items.into_iter().map(|(listed, _)| listed).collect(), next })
}

fn listed(row: &Row) -> Result<Listed> {
    let customer = match row.opt_text(WIDTH)? {
        Some(name) => Some((name, row.opt_id(WIDTH + 1, LevelId)?, row.int(WIDTH + 2)?)),
        None => None,
    };
    Ok(Listed {
        ticket: tickets::read(row)?,
        customer,
        assignee: row.opt_text(WIDTH + 3)?,
        group: row.opt_text(WIDTH + 4)?,
        turn_at: row.opt_instant(WIDTH + 6)?,
    })
}

/// One ticket with its names.
pub fn one(tx: &mut Tx, ticket: &Ticket) -> Result<Listed> {
    let sql = format!(
        "SELECT {}, c.name, c.level_id, c.level_rank, s.name, g.name, 0, q.turn_at FROM tickets t
         LEFT JOIN customers c ON c.customer_id = t.customer_id
         LEFT JOIN staff s ON s.staff_id = t.assignee_id
         LEFT JOIN service_groups g ON g.group_id = t.group_id
         LEFT JOIN ticket_queue q ON q.ticket_id = t.ticket_id
         WHERE t.customer_id = $1 AND t.ticket_id = $2",
        tickets::columns("t")
    );
    tx.query_one(&sql, &[ticket.customer.into(), ticket.id.into()], listed)?.ok_or_else(Error::not_found)
}

/// The statement of a page, and its parameters; `None`: nothing can be found. For tests of its plan too.
#[doc(hidden)]
pub fn statement(
    engine: Engine,
    actor: &Actor,
    filter: &Filter,
    sort: Sort,
    limit: u32,
    after: Option<&str>,
) -> Result<Option<(String, Vec<Value>)>> {
    let (seen, mut params) = visible::seen(engine, actor, "t");
    let mut bind = |value: Value| {
        params.push(value);
        format!("${}", params.len())
    };
    let mut wheres: Vec<String> = Vec::new();
    let queued = sort.is_of_queue();
    if queued && filter.states.iter().any(|state| state.is_done()) {
        let text = (
            "已结束的工单没有时限，请按开单或更新时间排序。",
            "What is done is due no more; sort it by -opened or -updated.",
        );
        return Err(Error::invalid("sort_needs_open", text.0, text.1).at("sort"));
    }
    let words = |bind: &mut dyn FnMut(Value) -> String, column: &str, words: Vec<Value>| {
        let list: Vec<String> = words.into_iter().map(bind).collect();
        if list.len() == 1 { format!("{column} = {}", list[0]) } else { format!("{column} IN ({})", list.join(", ")) }
    };
    // The queue is small and ordered: what it knows is asked of it.
    let side = if queued { "q" } else { "t" };
    if !filter.states.is_empty() {
        wheres.push(words(&mut bind, "t.state", filter.states.iter().map(|one| one.word().into()).collect()));
    }
    if !filter.kinds.is_empty() {
        let kinds = filter.kinds.iter().map(|one| one.word().into()).collect();
        wheres.push(words(&mut bind, &format!("{side}.kind"), kinds));
    }
    if !filter.priorities.is_empty() {
        let priorities = filter.priorities.iter().map(|one| one.word().into()).collect();
        wheres.push(words(&mut bind, &format!("{side}.priority"), priorities));
    }
    if !filter.levels.is_empty() {
        let levels = filter.levels.iter().map(|rank| (*rank).into()).collect();
        wheres.push(words(&mut bind, &format!("{side}.level_rank"), levels));
    }
    if !filter.channels.is_empty() {
        wheres.push(words(&mut bind, "t.channel", filter.channels.iter().map(|one| one.word().into()).collect()));
    }
    match filter.having {
        Having::Anybody => {}
        Having::Nobody => wheres.push(format!("{side}.assignee_id IS NULL")),
        Having::Staff(staff) => wheres.push(format!("{side}.assignee_id = {}", bind(staff.into()))),
    }
    if !filter.groups.is_empty() {
        let groups = filter.groups.iter().map(|group| (*group).into()).collect();
        wheres.push(words(&mut bind, &format!("{side}.group_id"), groups));
    }
    if let Some(staff) = filter.groups_of {
        let me = bind(staff.into());
        wheres.push(format!(
            "{side}.group_id IN (SELECT m.group_id FROM service_group_members m WHERE m.staff_id = {me})"
        ));
    }
    if let Some(customer) = filter.customer {
        let place = bind(customer.into());
        wheres.push(format!("t.customer_id = {place}"));
    }
    if let Some(number) = filter.number {
        let place = bind(number.into());
        wheres.push(format!("t.ticket_id = (SELECT n.ticket_id FROM ticket_numbers n WHERE n.number = {place})"));
        wheres.push(format!(
            "t.customer_id = (SELECT k.customer_id FROM ticket_keys k JOIN ticket_numbers n ON n.ticket_id = k.ticket_id
             WHERE n.number = {place})"
        ));
    }
    if let Some(needs) = &filter.search {
        if needs.is_empty() {
            return Ok(None);
        }
        let place = bind(search::question(engine, needs).into());
        wheres.push(search::matches(engine, &place));
    }
    if let Some(before) = filter.due_before {
        let column = if queued { "q.due_at" } else { "t.next_due_at" };
        wheres.push(format!("{column} < {}", bind(before.into())));
    }
    if let Some(from) = filter.opened_after {
        wheres.push(format!("t.opened_at >= {}", bind(from.into())));
    }
    if let Some(to) = filter.opened_before {
        wheres.push(format!("t.opened_at < {}", bind(to.into())));
    }
    if filter.groupless {
        wheres.push(format!("{side}.group_id IS NULL"));
    }
    if let Some(topic) = filter.topic {
        let place = bind(topic.into());
        wheres.push(format!(
            "EXISTS (SELECT 1 FROM voice_topics x WHERE x.customer_id = t.customer_id AND x.ticket_id = t.ticket_id
               AND x.topic_id = {place})"
        ));
    }
    match &filter.product {
        None => {}
        Some(None) => wheres.push("COALESCE(t.product, '') = ''".into()),
        Some(Some(product)) => wheres.push(format!("t.product = {}", bind(product.as_str().into()))),
    }
    if let Some((figure, now)) = filter.counted {
        wheres.push(reports::counted(figure, now, &mut bind));
    }
    if let Some(urgent) = filter.urgent {
        wheres.push(format!("{side}.urgent = {}", bind(urgent.into())));
    }
    // A few rows that an index of their own finds are sorted; the index of the order is not walked for them.
    let few = filter.search.is_some() || filter.customer.is_some() || filter.number.is_some();
    let off = if engine == Engine::Sqlite && few { "+" } else { "" };
    let column = sort.column();
    let (sign, order) = if queued { (">", "") } else { ("<", " DESC") };
    let id = if queued { "q.ticket_id" } else { "t.ticket_id" };
    if let Some(mark) = after {
        let (key, last) = read_mark(mark)?;
        let (key, last) = (bind(key.into()), bind(last.into()));
        wheres.push(format!("({off}{column}, {id}) {sign} ({key}, {last})"));
    }
    let from = if queued {
        "ticket_queue q JOIN tickets t ON t.customer_id = q.customer_id AND t.ticket_id = q.ticket_id"
    } else {
        "tickets t"
    };
    // SQLite takes the tables of a CROSS JOIN in the order written: the queue leads, in its order.
    let from =
        if engine == Engine::Sqlite && queued && !few { from.replace(" JOIN ", " CROSS JOIN ") } else { from.into() };
    let condition = if wheres.is_empty() { "1 = 1".to_owned() } else { wheres.join(" AND ") };
    let limit = bind(i64::from(limit + 1).into());
    let sql = format!(
        "SELECT {}, c.name, c.level_id, c.level_rank, s.name, g.name, t.sort_key, w.turn_at
         FROM (SELECT {}, {column} AS sort_key FROM {from} WHERE {condition}{seen}
               ORDER BY {off}{column}{order}, {id}{order} LIMIT {limit}) t
         LEFT JOIN customers c ON c.customer_id = t.customer_id
         LEFT JOIN staff s ON s.staff_id = t.assignee_id
         LEFT JOIN service_groups g ON g.group_id = t.group_id
         LEFT JOIN ticket_queue w ON w.ticket_id = t.ticket_id
         ORDER BY t.sort_key{order}, t.ticket_id{order}",
        tickets::columns("t"),
        tickets::columns("t"),
    );
    Ok(Some((sql, params)))
}

fn read_mark(mark: &str) -> Result<(i64, TicketId)> {
    serde_json::from_value(page::read_mark(mark)?).map_err(|_| {
        Error::invalid(
            "after_invalid",
            "翻页标记无效，请从第一页重新开始。",
            "This page mark is not valid; start again from the first page.",
        )
        .at("after")
    })
}

/// How many open tickets this customer has.
pub fn open_of(tx: &mut Tx, customer: CustomerId) -> Result<i64> {
    if customer == NOBODY {
        return Ok(0);
    }
    let sql = "SELECT COUNT(*) FROM tickets WHERE customer_id = $1 AND state IN ('new', 'open', 'waiting', 'held')";
    Ok(tx.query_one(sql, &[customer.into()], |row| row.int(0))?.unwrap_or(0))
}
