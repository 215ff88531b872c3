//! Rules asked in SQL, and what follows: for some customers at once in the transaction of their change, and for everyone
//! as a list of those for whom something is different.

use super::rule::Rule;
use super::{At, Part};
use crate::fields::{CustomerColumns, Few};
use crate::privacy::standing;
use crate::query::value;
use crate::store::for_each_in;
use crate::store::tags::{self, Holding};
use std::collections::HashMap;
use zunke_access::Scope;
use zunke_kernel::Result;
use zunke_kernel::condition::{Binds, Condition, compile};
use zunke_kernel::id::CustomerId;
use zunke_store::{Tx, Value};

/// Rules asked in one statement.
const TOGETHER: usize = 16;

/// What became of one tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    pub gained: usize,
    pub lost: usize,
}

impl Moved {
    pub fn any(self) -> bool {
        self.gained + self.lost > 0
    }
}

/// A rule holds for active customers only: who is archived leaves the audiences.
fn asked(condition: &Condition, at: &At, binds: &mut Binds) -> String {
    let columns = CustomerColumns { today: at.today, zone: &at.zone, few: Few::All };
    format!("(c.status = 'active' AND {})", compile(condition, &columns, binds))
}

/// Asks rules, which come in order, of customers who are locked, and gives and takes what follows.
pub(crate) fn apply(tx: &mut Tx, at: &At, rules: &[&Rule], ids: &[CustomerId]) -> Result<Moved> {
    let mut moved = Moved::default();
    // Whose data are to be kept only keeps his tags: he is not looked at.
    let kept_only = standing::among(tx, ids, &[standing::State::Restricted])?;
    let free: Vec<CustomerId>;
    let ids = if kept_only.is_empty() {
        ids
    } else {
        free = ids.iter().copied().filter(|id| !kept_only.contains(id)).collect();
        &free
    };
    if rules.is_empty() || ids.is_empty() {
        return Ok(moved);
    }
    let mut held = tags::holdings(tx, ids, &rules.iter().map(|rule| rule.tag.id).collect::<Vec<_>>())?;
    for group in together(rules) {
        let answers = ask(tx, at, group, ids)?;
        for (place, rule) in group.iter().enumerate() {
            let none = Vec::new();
            let mut give = Vec::new();
            let mut take = Vec::new();
            for id in ids {
                let holds = answers.get(id).unwrap_or(&none).get(place).copied().unwrap_or(false);
                let had = held.remove(&(*id, rule.tag.id)).unwrap_or(Holding { by_hand: false, by_rule: false });
                match (had.by_rule, holds) {
                    (false, true) => give.push((*id, had)),
                    (true, false) => take.push((*id, had)),
                    _ => {}
                }
            }
            tags::give_by_rule(tx, at.now, &rule.tag, &give)?;
            tags::take_by_rule(tx, at.now, &rule.tag, &take)?;
            moved.gained += give.len();
            moved.lost += take.len();
        }
    }
    Ok(moved)
}

/// Rules in a row that don't speak of each other's tags.
fn together<'r, 'a>(rules: &'r [&'a Rule]) -> Vec<&'r [&'a Rule]> {
    let mut groups = Vec::new();
    let mut from = 0;
    for at in 1..=rules.len() {
        let own =
            |rule: &Rule| rules[from..at].iter().any(|other| rule.needs.parts.contains(&Part::Tag(other.tag.id.0)));
        if at == rules.len() || at - from == TOGETHER || own(rules[at]) {
            groups.push(&rules[from..at]);
            from = at;
        }
    }
    groups
}

fn ask(tx: &mut Tx, at: &At, rules: &[&Rule], ids: &[CustomerId]) -> Result<HashMap<CustomerId, Vec<bool>>> {
    let mut binds = Binds::default();
    let parts: Vec<String> = rules
        .iter()
        .map(|rule| format!("CAST(CASE WHEN {} THEN 1 ELSE 0 END AS BIGINT)", asked(&rule.condition, at, &mut binds)))
        .collect();
    let sql = format!("SELECT c.customer_id, {} FROM customers c WHERE c.customer_id IN ({{list}})", parts.join(", "));
    let before: Vec<Value> = binds.into_values().into_iter().map(value).collect();
    let values: Vec<Value> = ids.iter().map(|id| (*id).into()).collect();
    let mut answers = HashMap::with_capacity(ids.len());
    for_each_in(tx, &sql, &before, &values, &mut |row| {
        let holds = (1..=rules.len()).map(|place| Ok(row.int(place)? == 1)).collect::<Result<Vec<bool>>>()?;
        answers.insert(row.id(0, CustomerId)?, holds);
        Ok(())
    })?;
    Ok(answers)
}

/// Everyone for whom the rule and the tag that is there by it differ.
pub(super) fn different(tx: &mut Tx, at: &At, rule: &Rule) -> Result<Vec<CustomerId>> {
    let mut found = Vec::new();
    for (have, sign) in [("NOT EXISTS", ""), ("EXISTS", "NOT ")] {
        let mut binds = Binds::after(1);
        let holds = asked(&rule.condition, at, &mut binds);
        let sql = format!("SELECT c.customer_id FROM customers c WHERE {have} ({BY_RULE}) AND {sign}{holds}");
        let mut params: Vec<Value> = vec![rule.tag.id.0.into()];
        params.extend(binds.into_values().into_iter().map(value));
        found.extend(tx.query(&sql, &params, |row| row.id(0, CustomerId))?);
    }
    Ok(found)
}

const BY_RULE: &str =
    "SELECT 1 FROM customer_tags t WHERE t.customer_id = c.customer_id AND t.tag_id = $1 AND t.by_rule";

/// What saving a rule would do, among those whom the scope sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Preview {
    /// Active customers for whom the condition holds.
    pub count: i64,
    /// All active customers.
    pub total: i64,
    /// Who does not have the tag yet.
    pub gain: i64,
    /// Who has it by the rule as it was, and will not have it.
    pub lose: i64,
    /// Who has it by hand, and keeps it though the rule does not hold.
    pub by_hand: i64,
}

/// Counts, in one walk over the customers.
pub(crate) fn preview(
    tx: &mut Tx,
    at: &At,
    scope: &Scope,
    tag: Option<uuid::Uuid>,
    condition: &Condition,
) -> Result<Preview> {
    let (seen, mut params) = crate::query::seen(tx.engine(), scope);
    params.push(tag.unwrap_or_default().into());
    let own = format!("${}", params.len());
    let mut binds = Binds::after(params.len());
    let holds = asked(condition, at, &mut binds);
    params.extend(binds.into_values().into_iter().map(value));
    let sum = |what: &str| format!("CAST(COALESCE(SUM(CASE WHEN {what} THEN 1 ELSE 0 END), 0) AS BIGINT)");
    let sql = format!(
        "SELECT {}, {}, {}, {}, {} FROM (
           SELECT c.status AS status, CASE WHEN {holds} THEN 1 ELSE 0 END AS holds, t.by_hand AS by_hand, t.by_rule AS by_rule
           FROM customers c LEFT JOIN customer_tags t ON t.customer_id = c.customer_id AND t.tag_id = {own}
           WHERE 1 = 1{seen}) asked",
        sum("holds = 1"),
        sum("status = 'active'"),
        sum("holds = 1 AND by_hand IS NULL"),
        sum("holds = 0 AND by_rule AND NOT by_hand"),
        sum("holds = 0 AND by_hand"),
    );
    let found = tx.query_one(&sql, &params, |row| {
        Ok(Preview {
            count: row.int(0)?,
            total: row.int(1)?,
            gain: row.int(2)?,
            lose: row.int(3)?,
            by_hand: row.int(4)?,
        })
    })?;
    Ok(found.unwrap_or_default())
}
