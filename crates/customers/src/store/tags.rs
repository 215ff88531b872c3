//! Tags, who has them, and who gave or took them when.

use super::{TagId, for_each_in, name_key};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use zunke_access::Scope;
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Error, Instant, Result, Text};
use zunke_store::{Row, Tx, Value};

/// What a tag is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TagKind {
    /// Given by hand, by rule, or both.
    #[default]
    Tag,
    /// A value class: by rule only, listed apart.
    ValueClass,
}

impl TagKind {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::ValueClass => "value_class",
        }
    }
}

/// How a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// Saved, and not yet asked of everyone.
    Waiting,
    Fresh,
    /// It failed twice; what it gave before stands, and is old.
    Stale,
}

/// A tag's rule as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TagRule {
    #[schema(value_type = Object)]
    pub condition: serde_json::Value,
    pub state: RuleState,
    /// When it was last asked of everyone.
    pub asked_at: Option<Instant>,
    /// Why it failed.
    pub error: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
    /// `#rrggbb`.
    pub colour: String,
    pub kind: TagKind,
    pub version: i64,
    /// Absent: given by hand only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<TagRule>,
}

impl Tag {
    #[must_use]
    pub fn by_hand(id: TagId, name: &str, colour: &str) -> Self {
        Self { id, name: name.to_owned(), colour: colour.to_owned(), kind: TagKind::Tag, version: 1, rule: None }
    }
}

/// A tag that a customer has, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GivenTag {
    pub id: TagId,
    pub name: String,
    pub colour: String,
    pub kind: TagKind,
    pub by_hand: bool,
    pub by_rule: bool,
}

/// Why somebody has a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holding {
    pub by_hand: bool,
    pub by_rule: bool,
}

/// One change of a customer's tags.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TagChange {
    pub tag_id: TagId,
    /// The tag's name on that day.
    pub name: String,
    pub added: bool,
    pub at: Instant,
    /// Absent where the system did it.
    pub staff_id: Option<StaffId>,
    /// The tag's rule did it.
    pub by_rule: bool,
}

const COLUMNS: &str = "tag_id, name, colour, version, kind, condition, rule_state, rule_at, rule_error";

fn kind_of(word: &str) -> TagKind {
    if word == TagKind::ValueClass.word() { TagKind::ValueClass } else { TagKind::Tag }
}

fn read(row: &Row) -> Result<Tag> {
    let state = match row.str(6)? {
        "fresh" => RuleState::Fresh,
        "stale" => RuleState::Stale,
        _ => RuleState::Waiting,
    };
    let rule = row.opt_json(5)?.map(|condition| -> Result<TagRule> {
        Ok(TagRule { condition, state, asked_at: row.opt_instant(7)?, error: row.opt_json(8)? })
    });
    Ok(Tag {
        id: row.id(0, TagId)?,
        name: row.text(1)?,
        colour: row.text(2)?,
        kind: kind_of(row.str(4)?),
        version: row.int(3)?,
        rule: rule.transpose()?,
    })
}

pub(crate) fn all(tx: &mut Tx) -> Result<Vec<Tag>> {
    tx.query(&format!("SELECT {COLUMNS} FROM tags ORDER BY name_key"), &[], read)
}

pub(crate) fn find(tx: &mut Tx, id: TagId) -> Result<Option<Tag>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM tags WHERE tag_id = $1"), &[id.0.into()], read)
}

/// Locks all tags against changes of their rules until the end of this unit of work, so that no two changes make a
/// circle together; answers the one.
pub(crate) fn lock(tx: &mut Tx, id: TagId) -> Result<Option<Tag>> {
    tx.execute("UPDATE tags SET version = version WHERE kind IN ('tag', 'value_class')", &[])?;
    find(tx, id)
}

/// All tags with a rule, and its condition.
pub(crate) fn rules(tx: &mut Tx) -> Result<Vec<(Tag, serde_json::Value)>> {
    let found =
        tx.query(&format!("SELECT {COLUMNS} FROM tags WHERE condition IS NOT NULL ORDER BY tag_id"), &[], read)?;
    Ok(found.into_iter().filter_map(|tag| tag.rule.clone().map(|rule| (tag, rule.condition))).collect())
}

/// Whether the tag's rule is still the one that was read.
pub(crate) fn is_rule(tx: &mut Tx, tag: &Tag) -> Result<bool> {
    let condition = |tag: &Tag| tag.rule.as_ref().map(|rule| rule.condition.clone());
    Ok(find(tx, tag.id)?.is_some_and(|now| condition(&now) == condition(tag)))
}

/// The rule has been asked of everyone.
pub(crate) fn rule_kept(tx: &mut Tx, now: Instant, tag: &Tag) -> Result<()> {
    if is_rule(tx, tag)? {
        tx.execute(
            "UPDATE tags SET rule_state = 'fresh', rule_at = $1, rule_failures = 0, rule_error = NULL WHERE tag_id = $2",
            &[now.into(), tag.id.0.into()],
        )?;
    }
    Ok(())
}

/// The rule could not be asked; answers how often in a row. The second time it is stale.
pub(crate) fn rule_failed(tx: &mut Tx, tag: &Tag, error: &Error) -> Result<i64> {
    if !is_rule(tx, tag)? {
        return Ok(0);
    }
    let text = serde_json::to_string(&error.text).map_err(Error::internal)?;
    tx.execute(
        "UPDATE tags SET rule_failures = rule_failures + 1, rule_error = $1,
           rule_state = CASE WHEN rule_failures >= 1 THEN 'stale' ELSE rule_state END WHERE tag_id = $2",
        &[text.into(), tag.id.0.into()],
    )?;
    let failures =
        tx.query_one("SELECT rule_failures FROM tags WHERE tag_id = $1", &[tag.id.0.into()], |row| row.int(0))?;
    Ok(failures.unwrap_or(0))
}

/// `false` where the name is taken.
pub(crate) fn insert(tx: &mut Tx, now: Instant, tag: &Tag) -> Result<bool> {
    let made = tx.execute(
        "INSERT INTO tags (tag_id, name, name_key, colour, version, created_at, kind, condition, rule_state)
         VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8) ON CONFLICT (name_key) DO NOTHING",
        &[
            tag.id.0.into(),
            tag.name.as_str().into(),
            name_key(&tag.name).into(),
            tag.colour.as_str().into(),
            now.into(),
            tag.kind.word().into(),
            condition(tag),
            if tag.rule.is_some() { "waiting" } else { "none" }.into(),
        ],
    )?;
    Ok(made == 1)
}

fn condition(tag: &Tag) -> Value {
    tag.rule.as_ref().map(|rule| Value::json(&rule.condition)).unwrap_or_default()
}

/// Whose the name is.
pub(crate) fn named(tx: &mut Tx, name: &str) -> Result<Option<TagId>> {
    tx.query_one("SELECT tag_id FROM tags WHERE name_key = $1", &[name_key(name).into()], |row| row.id(0, TagId))
}

/// Writes name and colour; with `ruled`, the rule too, which is then to be asked of everyone.
pub(crate) fn update(tx: &mut Tx, tag: &Tag, ruled: bool) -> Result<()> {
    tx.execute(
        "UPDATE tags SET name = $1, name_key = $2, colour = $3, version = version + 1 WHERE tag_id = $4",
        &[tag.name.as_str().into(), name_key(&tag.name).into(), tag.colour.as_str().into(), tag.id.0.into()],
    )?;
    if ruled {
        tx.execute(
            "UPDATE tags SET condition = $1, rule_state = $2, rule_failures = 0, rule_error = NULL, rule_at = NULL
             WHERE tag_id = $3",
            &[condition(tag), if tag.rule.is_some() { "waiting" } else { "none" }.into(), tag.id.0.into()],
        )?;
    }
    Ok(())
}

/// The rule is gone: who had the tag by it alone has it no more.
pub(crate) fn forget_rule(tx: &mut Tx, now: Instant, tag: &Tag) -> Result<()> {
    tx.execute(
        "INSERT INTO customer_tag_history (customer_id, changed_at, tag_id, added, name, staff_id, by_rule)
         SELECT customer_id, $1, tag_id, $2, $3, NULL, $4 FROM customer_tags WHERE tag_id = $5 AND NOT by_hand
         ON CONFLICT (customer_id, changed_at, tag_id, added) DO NOTHING",
        &[now.into(), false.into(), tag.name.as_str().into(), true.into(), tag.id.0.into()],
    )?;
    tx.execute("DELETE FROM customer_tags WHERE tag_id = $1 AND NOT by_hand", &[tag.id.0.into()])?;
    tx.execute("UPDATE customer_tags SET by_rule = FALSE WHERE tag_id = $1", &[tag.id.0.into()])?;
    Ok(())
}

/// Takes the tag from everybody and away; the history keeps its name.
pub(crate) fn delete(tx: &mut Tx, now: Instant, by: StaffId, tag: &Tag) -> Result<()> {
    tx.execute(
        "INSERT INTO customer_tag_history (customer_id, changed_at, tag_id, added, name, staff_id)
         SELECT customer_id, $1, tag_id, $2, $3, $4 FROM customer_tags WHERE tag_id = $5
         ON CONFLICT (customer_id, changed_at, tag_id, added) DO NOTHING",
        &[now.into(), false.into(), tag.name.as_str().into(), by.into(), tag.id.0.into()],
    )?;
    tx.execute("DELETE FROM customer_tags WHERE tag_id = $1", &[tag.id.0.into()])?;
    tx.execute("DELETE FROM tags WHERE tag_id = $1", &[tag.id.0.into()])?;
    Ok(())
}

/// How many customers that the scope sees have each tag; active ones, as lists show them.
pub(crate) fn counts(tx: &mut Tx, scope: &Scope) -> Result<HashMap<TagId, i64>> {
    let (seen, params) = crate::query::seen(tx.engine(), scope);
    let sql = format!(
        "SELECT t.tag_id, COUNT(*) FROM customer_tags t JOIN customers c ON c.customer_id = t.customer_id
         WHERE c.status = 'active'{seen} GROUP BY t.tag_id"
    );
    Ok(tx.query(&sql, &params, |row| Ok((row.id(0, TagId)?, row.int(1)?)))?.into_iter().collect())
}

/// The tags and value classes of customers, by name.
pub(crate) fn of(tx: &mut Tx, customers: &[CustomerId]) -> Result<HashMap<CustomerId, Vec<GivenTag>>> {
    let ids: Vec<Value> = customers.iter().map(|id| (*id).into()).collect();
    let mut found: HashMap<CustomerId, Vec<GivenTag>> = HashMap::new();
    for_each_in(
        tx,
        "SELECT t.tag_id, t.name, t.colour, t.kind, c.by_hand, c.by_rule, c.customer_id FROM customer_tags c
         JOIN tags t ON t.tag_id = c.tag_id WHERE c.customer_id IN ({list}) ORDER BY t.name_key",
        &[],
        &ids,
        &mut |row| {
            found.entry(row.id(6, CustomerId)?).or_default().push(GivenTag {
                id: row.id(0, TagId)?,
                name: row.text(1)?,
                colour: row.text(2)?,
                kind: kind_of(row.str(3)?),
                by_hand: row.bool(4)?,
                by_rule: row.bool(5)?,
            });
            Ok(())
        },
    )?;
    Ok(found)
}

/// Who of these customers has which of these tags, and why.
pub(crate) fn holdings(
    tx: &mut Tx,
    customers: &[CustomerId],
    tags: &[TagId],
) -> Result<HashMap<(CustomerId, TagId), Holding>> {
    let ids: Vec<Value> = customers.iter().map(|id| (*id).into()).collect();
    let mut found = HashMap::new();
    for_each_in(
        tx,
        "SELECT customer_id, tag_id, by_hand, by_rule FROM customer_tags WHERE customer_id IN ({list})",
        &[],
        &ids,
        &mut |row| {
            let tag = row.id(1, TagId)?;
            if tags.contains(&tag) {
                let holding = Holding { by_hand: row.bool(2)?, by_rule: row.bool(3)? };
                found.insert((row.id(0, CustomerId)?, tag), holding);
            }
            Ok(())
        },
    )?;
    Ok(found)
}

/// Gives one tag by hand; answers how many did not have it by hand yet. The history tells of those who did not have it
/// at all.
pub(crate) fn give(
    tx: &mut Tx,
    now: Instant,
    by: Option<StaffId>,
    tag: &Tag,
    customers: &[CustomerId],
) -> Result<usize> {
    let have = holdings(tx, customers, &[tag.id])?;
    let had = |id: &CustomerId| have.get(&(*id, tag.id)).copied();
    let fresh: Vec<CustomerId> =
        customers.iter().copied().filter(|id| !had(id).is_some_and(|holding| holding.by_hand)).collect();
    let rows: Vec<Vec<Value>> =
        fresh.iter().map(|id| vec![(*id).into(), tag.id.0.into(), now.into(), by.into()]).collect();
    tx.execute_many(
        "INSERT INTO customer_tags (customer_id, tag_id, tagged_at, tagged_by, by_hand, by_rule)
         VALUES ($1, $2, $3, $4, TRUE, FALSE)
         ON CONFLICT (customer_id, tag_id) DO UPDATE SET by_hand = TRUE, tagged_by = excluded.tagged_by",
        &rows,
    )?;
    let new: Vec<CustomerId> = fresh.iter().copied().filter(|id| had(id).is_none()).collect();
    note(tx, now, by, tag, &new, true, false)?;
    Ok(fresh.len())
}

/// Takes one tag away that was given by hand; answers how many had it so. Whose rule holds keeps it by the rule.
pub(crate) fn take(
    tx: &mut Tx,
    now: Instant,
    by: Option<StaffId>,
    tag: &Tag,
    customers: &[CustomerId],
) -> Result<usize> {
    let have = holdings(tx, customers, &[tag.id])?;
    let by_hand: Vec<(CustomerId, Holding)> =
        have.into_iter().filter(|(_, holding)| holding.by_hand).map(|((id, _), holding)| (id, holding)).collect();
    let rows: Vec<Vec<Value>> = by_hand.iter().map(|(id, _)| vec![(*id).into(), tag.id.0.into()]).collect();
    tx.execute_many("DELETE FROM customer_tags WHERE customer_id = $1 AND tag_id = $2 AND NOT by_rule", &rows)?;
    tx.execute_many("UPDATE customer_tags SET by_hand = FALSE WHERE customer_id = $1 AND tag_id = $2", &rows)?;
    let gone: Vec<CustomerId> = by_hand.iter().filter(|(_, holding)| !holding.by_rule).map(|(id, _)| *id).collect();
    note(tx, now, by, tag, &gone, false, false)?;
    Ok(by_hand.len())
}

/// The rule holds for these, who did not have the tag by it.
pub(crate) fn give_by_rule(tx: &mut Tx, now: Instant, tag: &Tag, customers: &[(CustomerId, Holding)]) -> Result<()> {
    let rows: Vec<Vec<Value>> =
        customers.iter().map(|(id, _)| vec![(*id).into(), tag.id.0.into(), now.into()]).collect();
    tx.execute_many(
        "INSERT INTO customer_tags (customer_id, tag_id, tagged_at, tagged_by, by_hand, by_rule)
         VALUES ($1, $2, $3, NULL, FALSE, TRUE) ON CONFLICT (customer_id, tag_id) DO UPDATE SET by_rule = TRUE",
        &rows,
    )?;
    let new: Vec<CustomerId> = customers.iter().filter(|(_, had)| !had.by_hand).map(|(id, _)| *id).collect();
    note(tx, now, None, tag, &new, true, true)
}

/// The rule holds no more for these, who had the tag by it; what was given by hand stays.
pub(crate) fn take_by_rule(tx: &mut Tx, now: Instant, tag: &Tag, customers: &[(CustomerId, Holding)]) -> Result<()> {
    let rows: Vec<Vec<Value>> = customers.iter().map(|(id, _)| vec![(*id).into(), tag.id.0.into()]).collect();
    tx.execute_many("DELETE FROM customer_tags WHERE customer_id = $1 AND tag_id = $2 AND NOT by_hand", &rows)?;
    tx.execute_many("UPDATE customer_tags SET by_rule = FALSE WHERE customer_id = $1 AND tag_id = $2", &rows)?;
    let gone: Vec<CustomerId> = customers.iter().filter(|(_, had)| !had.by_hand).map(|(id, _)| *id).collect();
    note(tx, now, None, tag, &gone, false, true)
}

/// The history keeps one line per customer, moment, tag and direction: a second one at the same millisecond says the same.
fn note(
    tx: &mut Tx,
    now: Instant,
    by: Option<StaffId>,
    tag: &Tag,
    customers: &[CustomerId],
    added: bool,
    by_rule: bool,
) -> Result<()> {
    let row = |id: &CustomerId| {
        let name = tag.name.as_str();
        vec![(*id).into(), now.into(), tag.id.0.into(), added.into(), name.into(), by.into(), by_rule.into()]
    };
    let rows: Vec<Vec<Value>> = customers.iter().map(row).collect();
    tx.execute_many(
        "INSERT INTO customer_tag_history (customer_id, changed_at, tag_id, added, name, staff_id, by_rule)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (customer_id, changed_at, tag_id, added) DO NOTHING",
        &rows,
    )?;
    Ok(())
}

/// The newest changes of a customer's tags first.
pub(crate) fn history(tx: &mut Tx, customer: CustomerId, limit: u32) -> Result<Vec<TagChange>> {
    tx.query(
        "SELECT tag_id, name, added, changed_at, staff_id, by_rule FROM customer_tag_history WHERE customer_id = $1
         ORDER BY changed_at DESC, tag_id DESC, added LIMIT $2",
        &[customer.into(), limit.into()],
        |row| {
            Ok(TagChange {
                tag_id: row.id(0, TagId)?,
                name: row.text(1)?,
                added: row.bool(2)?,
                at: row.instant(3)?,
                staff_id: row.opt_id(4, StaffId)?,
                by_rule: row.bool(5)?,
            })
        },
    )
}
