//! `GET /tickets`: the lists of the desk.

use super::rows::TicketRow;
use crate::report::Counted;
use crate::store::list::{self, Filter, Having, Sort};
use crate::ticket::{Channel, Kind, Priority, State};
use axum::extract::State as Axum;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Actor, Can, may};
use zunke_http::{App, Query, ReadProblems, Result};
use zunke_kernel::id::{CustomerId, GroupId, StaffId, TopicId};
use zunke_kernel::{Error, Instant, page, search};

const SEARCH_CHARS_MAX: usize = 80;

/// What a list of tickets is asked by.
#[derive(Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TicketListParams {
    /// `mine`, `unassigned`, `team` (the groups that I am in), `due` (with a promise still to keep) or `all`. All but
    /// `all` show open tickets, where no state is asked for.
    view: Option<String>,
    /// States, parted by commas.
    state: Option<String>,
    /// Kinds, parted by commas.
    kind: Option<String>,
    /// Priorities, parted by commas.
    priority: Option<String>,
    /// Ranks of levels, parted by commas; 0: no level.
    level: Option<String>,
    /// Channels, parted by commas.
    channel: Option<String>,
    /// Groups, parted by commas; or `none`.
    group: Option<String>,
    /// A member of staff, `me` or `none`.
    assignee: Option<String>,
    customer: Option<CustomerId>,
    /// Words of subject, product, sender or customer; or `#17`.
    search: Option<String>,
    number: Option<i64>,
    due_before: Option<Instant>,
    opened_after: Option<Instant>,
    opened_before: Option<Instant>,
    urgent: Option<bool>,
    /// With words of this topic.
    topic: Option<TopicId>,
    /// Of exactly this product; empty: of none.
    product: Option<String>,
    /// A figure of a report, as its tickets: `all`, `reopened`, `rated`, `visited`, `response`, `response_met`,
    /// `response_missed`, `resolution`, `resolution_met` or `resolution_missed`.
    counted: Option<String>,
    /// `due` (open tickets only, the default of lists of open ones), `turn` (the queue's order, open tickets only),
    /// `-opened` or `-updated`.
    sort: Option<String>,
    /// 1 to 500; 50 where none is given.
    limit: Option<u32>,
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TicketPage)]
pub(super) struct TicketPage {
    items: Vec<TicketRow>,
    /// The `after` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The tickets that the caller sees, filtered and sorted.
#[utoipa::path(get, path = "/tickets", tag = "service", operation_id = "list_tickets", params(TicketListParams),
    responses((status = 200, body = TicketPage), ReadProblems))]
pub(super) async fn list(
    Axum(app): Axum<App>,
    can: Can<may::ReadTickets>,
    Query(asked): Query<TicketListParams>,
) -> Result<axum::Json<TicketPage>> {
    let (filter, sort) = asked.read(&can, app.now())?;
    let limit = page::limit(asked.limit)?;
    let actor = can.0.clone();
    let page =
        app.db.read_async(move |tx| list::page(tx, &actor, &filter, sort, limit, asked.after.as_deref())).await?;
    let items = page.items.iter().map(TicketRow::of).collect();
    Ok(axum::Json(TicketPage { items, next: page.next }))
}

impl TicketListParams {
    /// The filter and the order that are asked for.
    pub fn read(&self, actor: &Actor, now: Instant) -> zunke_kernel::Result<(Filter, Sort)> {
        let mut filter = Filter {
            states: words(self.state.as_deref(), "state", State::read)?,
            kinds: words(self.kind.as_deref(), "kind", Kind::read)?,
            priorities: words(self.priority.as_deref(), "priority", Priority::read)?,
            levels: words(self.level.as_deref(), "level", rank)?,
            channels: words(self.channel.as_deref(), "channel", Channel::read)?,
            groups: match self.group.as_deref() {
                Some("none") => Vec::new(),
                group => words(group, "group", |word| GroupId::from_str(word).ok())?,
            },
            groupless: self.group.as_deref() == Some("none"),
            topic: self.topic,
            product: self.product.as_deref().map(|name| Some(name.to_owned()).filter(|name| !name.is_empty())),
            customer: self.customer,
            number: self.number,
            due_before: self.due_before,
            opened_after: self.opened_after,
            opened_before: self.opened_before,
            urgent: self.urgent,
            ..Filter::default()
        };
        if let Some(word) = self.counted.as_deref() {
            let all = Counted::ALL.map(|(word, _)| word).join(", ");
            let figure = Counted::read(word).ok_or_else(|| choice("counted", &all, &all))?;
            filter.counted = Some((figure, now));
        }
        filter.having = match self.assignee.as_deref() {
            None => Having::Anybody,
            Some("none") => Having::Nobody,
            Some("me") => Having::Staff(actor.staff),
            Some(word) => Having::Staff(StaffId::from_str(word).map_err(|error| error.at("assignee"))?),
        };
        let view = self.view.as_deref().unwrap_or("all");
        match view {
            "mine" => filter.having = Having::Staff(actor.staff),
            "unassigned" => filter.having = Having::Nobody,
            "team" => filter.groups_of = Some(actor.staff),
            "due" => {
                let last = Instant(crate::ticket::NEVER.0 - 1);
                filter.due_before = Some(self.due_before.unwrap_or(last));
            }
            "all" => {}
            _ => return Err(choice("view", "mine、unassigned、team、due、all", "mine, unassigned, team, due, all")),
        }
        let sort = match self.sort.as_deref() {
            None if view == "all" => Sort::Opened,
            None if filter.states.iter().any(|state| state.is_done()) => Sort::Opened,
            None => Sort::Due,
            Some(word) => Sort::read(word)
                .ok_or_else(|| choice("sort", "due、turn、-opened、-updated", "due, turn, -opened, -updated"))?,
        };
        if filter.states.is_empty() && view != "all" && matches!(sort, Sort::Opened | Sort::Updated) {
            filter.states = State::ALL.iter().copied().filter(|state| !state.is_done()).collect();
        }
        self.search_into(&mut filter)?;
        Ok((filter, sort))
    }

    fn search_into(&self, filter: &mut Filter) -> zunke_kernel::Result<()> {
        let Some(text) = self.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) else { return Ok(()) };
        if text.chars().count() > SEARCH_CHARS_MAX {
            return Err(Error::invalid(
                "search_too_long",
                format!("搜索内容最多 {SEARCH_CHARS_MAX} 个字符。"),
                format!("A search has at most {SEARCH_CHARS_MAX} characters."),
            )
            .at("search"));
        }
        let digits = text.trim_start_matches(['#', '＃']);
        match digits.parse::<i64>() {
            Ok(number) if digits.len() <= 9 => filter.number = Some(number),
            _ => filter.search = Some(search::needs(text)),
        }
        Ok(())
    }
}

fn rank(word: &str) -> Option<i64> {
    word.parse().ok().filter(|rank| (0..=10).contains(rank))
}

/// Words parted by commas, each of them known.
fn words<T>(text: Option<&str>, field: &str, read: impl Fn(&str) -> Option<T>) -> zunke_kernel::Result<Vec<T>> {
    let mut found = Vec::new();
    for word in text.unwrap_or("").split(',').map(str::trim).filter(|word| !word.is_empty()) {
        found.push(read(word).ok_or_else(|| {
            Error::invalid(
                "filter_invalid",
                format!("筛选条件 {field} 不认识“{}”。", crate::text::cut(word, 40)),
                format!("{field} knows no “{}”.", crate::text::cut(word, 40)),
            )
            .at(field)
        })?);
    }
    if found.len() > 20 {
        let text = ("一个筛选条件最多 20 项。", "At most 20 values in one filter.");
        return Err(Error::invalid("filter_too_long", text.0, text.1).at(field));
    }
    Ok(found)
}

fn choice(field: &str, zh: &str, en: &str) -> Error {
    Error::invalid("filter_invalid", format!("{field} 可选：{zh}。"), format!("{field}: one of {en}.")).at(field)
}
