//! What reports are made of: three walks over the tickets that were opened in the period, within the caller's scope.

use crate::report::{By, Counted, Gathered};
use crate::visible;
use std::collections::BTreeMap;
use zunke_access::Actor;
use zunke_kernel::id::{GroupId, StaffId, TopicId};
use zunke_kernel::{Day, Instant, Result, Zone};
use zunke_store::{Row, Tx, Value};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    pub by: By,
    pub from: Instant,
    /// Up to, without it.
    pub to: Instant,
    pub levels: Vec<i64>,
    pub kind: Option<String>,
    pub channel: Option<String>,
    pub group: Option<GroupId>,
    pub assignee: Option<StaffId>,
    pub zone: Zone,
}

/// Gathers by key; the empty key: none (nobody, no group, no product). Tickets that never were one are left out, and so
/// are cancelled clocks.
pub fn gather(tx: &mut Tx, actor: &Actor, ask: &Ask, now: Instant) -> Result<BTreeMap<String, Gathered>> {
    let mut rows: BTreeMap<String, Gathered> = BTreeMap::new();
    let (sql, params) = walk(tx, actor, ask, "t.state, t.reopened, t.csat", "", "");
    tx.for_each(&sql, &params, |row| {
        let one = rows.entry(key(ask, row)?).or_default();
        one.opened += 1;
        one.open += i64::from(matches!(row.str(2)?, "new" | "open" | "waiting" | "held"));
        one.reopened += i64::from(row.int(3)? > 0);
        if let Some(score) = row.opt_int(4)? {
            one.rated += 1;
            one.rated_sum += score;
            one.rated_well += i64::from(score >= 4);
        }
        Ok(())
    })?;
    let join = " JOIN ticket_clocks k ON k.customer_id = t.customer_id AND k.ticket_id = t.ticket_id";
    let only = " AND k.metric IN ('first_response', 'resolution') AND k.state <> 'cancelled'";
    let (sql, params) = walk(tx, actor, ask, "k.metric, k.state, k.used_ms, k.due_at", join, only);
    tx.for_each(&sql, &params, |row| {
        let one = rows.entry(key(ask, row)?).or_default();
        let times = if row.str(2)? == "first_response" { &mut one.response } else { &mut one.resolution };
        let (state, used, due) = (row.str(3)?, row.opt_int(4)?, row.opt_int(5)?);
        match state {
            "met" => times.met += 1,
            "breached" | "overdue" => times.missed += 1,
            // Running past its due time: missed, though nothing has happened since.
            "running" if due.is_some_and(|due| due < now.0) => times.missed += 1,
            _ => {}
        }
        if let Some(used) = used.filter(|_| matches!(state, "met" | "breached")) {
            #[expect(clippy::cast_precision_loss, reason = "a time on a ticket")]
            times.minutes.push((used as f64 / 60_000.0 * 10.0).round() / 10.0);
        }
        Ok(())
    })?;
    let join = " JOIN return_visits k ON k.customer_id = t.customer_id AND k.ticket_id = t.ticket_id";
    let (sql, params) = walk(tx, actor, ask, "k.satisfaction", join, " AND k.result = 'reached'");
    tx.for_each(&sql, &params, |row| {
        let one = rows.entry(key(ask, row)?).or_default();
        one.visited += 1;
        one.visited_well += i64::from(row.opt_int(2)?.is_some_and(|score| score >= 4));
        Ok(())
    })?;
    Ok(rows)
}

/// The condition on `tickets t` under which [`gather`] counts a ticket in this figure; `bind` gives a value its place in the statement.
#[must_use]
pub fn counted(figure: Counted, now: Instant, mut bind: impl FnMut(Value) -> String) -> String {
    let clock = |metric: &str, state: &str| {
        format!(
            " AND EXISTS (SELECT 1 FROM ticket_clocks k WHERE k.customer_id = t.customer_id
               AND k.ticket_id = t.ticket_id AND k.metric = '{metric}' AND {state})"
        )
    };
    let (timed, met) = ("k.state IN ('met', 'breached') AND k.used_ms IS NOT NULL", "k.state = 'met'");
    let mut missed = || {
        let now = bind(now.into());
        format!("(k.state IN ('breached', 'overdue') OR k.state = 'running' AND k.due_at < {now})")
    };
    let more = match figure {
        Counted::All => String::new(),
        Counted::Reopened => " AND t.reopened > 0".into(),
        Counted::Rated => " AND t.csat IS NOT NULL".into(),
        Counted::Visited => " AND EXISTS (SELECT 1 FROM return_visits k WHERE k.customer_id = t.customer_id
               AND k.ticket_id = t.ticket_id AND k.result = 'reached')"
            .into(),
        Counted::Response => clock("first_response", timed),
        Counted::ResponseMet => clock("first_response", met),
        Counted::ResponseMissed => clock("first_response", &missed()),
        Counted::Resolution => clock("resolution", timed),
        Counted::ResolutionMet => clock("resolution", met),
        Counted::ResolutionMissed => clock("resolution", &missed()),
    };
    format!("t.state <> 'cancelled'{more}")
}

fn walk(tx: &Tx, actor: &Actor, ask: &Ask, columns: &str, join: &str, only: &str) -> (String, Vec<Value>) {
    let (seen, mut params) = visible::seen(tx.engine(), actor, "t");
    let mut bind = |value: Value| {
        params.push(value);
        format!("${}", params.len())
    };
    let mut wheres = format!(
        "t.opened_at >= {} AND t.opened_at < {} AND t.state <> 'cancelled'",
        bind(ask.from.into()),
        bind(ask.to.into())
    );
    if !ask.levels.is_empty() {
        let list: Vec<String> = ask.levels.iter().map(|rank| bind((*rank).into())).collect();
        wheres.push_str(&format!(" AND t.level_rank IN ({})", list.join(", ")));
    }
    let filters = [
        ("t.kind", ask.kind.clone().map(Value::from)),
        ("t.channel", ask.channel.clone().map(Value::from)),
        ("t.group_id", ask.group.map(Value::from)),
        ("t.assignee_id", ask.assignee.map(Value::from)),
    ];
    for (column, value) in filters {
        if let Some(value) = value {
            let place = bind(value);
            wheres.push_str(&format!(" AND {column} = {place}"));
        }
    }
    let topics = if ask.by == By::Topic {
        " JOIN (SELECT DISTINCT customer_id, ticket_id, topic_id FROM voice_topics) x
           ON x.customer_id = t.customer_id AND x.ticket_id = t.ticket_id"
    } else {
        ""
    };
    let key = match ask.by {
        By::Level => "t.level_rank",
        By::Agent => "t.assignee_id",
        By::Group => "t.group_id",
        By::Channel => "t.channel",
        By::Kind => "t.kind",
        By::Product => "t.product",
        By::Topic => "x.topic_id",
        By::Day | By::Week | By::Month => "t.opened_at",
    };
    (format!("SELECT {key}, t.opened_at, {columns} FROM tickets t{topics}{join} WHERE {wheres}{only}{seen}"), params)
}

fn key(ask: &Ask, row: &Row) -> Result<String> {
    Ok(match ask.by {
        By::Level => row.int(0)?.to_string(),
        By::Agent => row.opt_id(0, StaffId)?.map(|id| id.to_string()).unwrap_or_default(),
        By::Group => row.opt_id(0, GroupId)?.map(|id| id.to_string()).unwrap_or_default(),
        By::Topic => row.id(0, TopicId)?.to_string(),
        By::Channel | By::Kind => row.text(0)?,
        By::Product => row.opt_text(0)?.unwrap_or_default(),
        By::Day | By::Week | By::Month => begins(ask.by, ask.zone.day_of(row.instant(1)?)).to_string(),
    })
}

/// The first day of the step that a day is in.
#[must_use]
pub fn begins(by: By, day: Day) -> Day {
    match by {
        // Day 0 was a Thursday; weeks begin on Monday.
        By::Week => Day(day.0 - (day.0 + 3).rem_euclid(7)),
        By::Month => day.plus(1 - i32::from(day.date().day())),
        _ => day,
    }
}

/// The first day after the step that begins on this one.
#[must_use]
pub fn ends(by: By, day: Day) -> Day {
    match by {
        By::Week => day.plus(7),
        By::Month => begins(By::Month, day.plus(31)),
        _ => day.plus(1),
    }
}
