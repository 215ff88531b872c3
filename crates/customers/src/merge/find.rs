//! Who may be the same. Names are walked in the order in which they sound, and numbers in the order of their ends: whoever
//! is alike stands close together there, so that a page costs the same in a house of a million, and nobody is compared
//! with everybody.

use super::alike::{SURE, by_phone, judge};
use crate::query::CustomerQuery;
use crate::store::customers::Stored;
use crate::store::for_each_in;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;
use zunke_access::Scope;
use zunke_kernel::id::CustomerId;
use zunke_kernel::page::{mark, read_mark};
use zunke_kernel::{Day, Error, Result, Text};
use zunke_store::{Row, Tx, Value};

/// Rows that one page walks at most.
const WALK: i64 = 20_000;
/// Of one name so many are looked at: beyond that a name says nothing.
const BLOCK: usize = 200;
/// Names that sound different are compared with so many before them.
const NEAR: usize = 30;
/// The end of a number, as its index has it.
const TAIL: &str = "substr(p.phone, length(p.phone) - 7)";

/// Two customers who may be one.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DuplicatePair)]
pub struct Pair {
    pub one: CustomerId,
    pub one_name: String,
    pub other: CustomerId,
    pub other_name: String,
    /// 0–100.
    pub score: u32,
    /// `sure` where it is hardly a chance, else `likely`.
    pub likeness: Likeness,
    /// Why: what they share.
    pub why: Vec<Text>,
}

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DuplicateLikeness)]
pub enum Likeness {
    Sure,
    Likely,
}

/// By what is searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DuplicateBy)]
pub enum By {
    #[default]
    Name,
    Phone,
}

/// Which pairs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    pub by: By,
    pub likeness: Option<Likeness>,
    /// Those that were looked at and are two.
    pub dismissed: bool,
}

#[derive(Clone)]
pub(super) struct Entry {
    pub id: CustomerId,
    pub name: String,
    pub sound: String,
    pub kind: String,
    pub birthday: Option<Day>,
    pub region: Option<String>,
    pub city: Option<String>,
}

fn pair(one: &Entry, other: &Entry, (score, why): (u32, Vec<Text>)) -> Pair {
    let score = score.min(100);
    Pair {
        one: one.id,
        one_name: one.name.clone(),
        other: other.id,
        other_name: other.name.clone(),
        score,
        likeness: if score >= SURE { Likeness::Sure } else { Likeness::Likely },
        why,
    }
}

fn read(row: &Row) -> Result<Entry> {
    Ok(Entry {
        id: row.id(0, CustomerId)?,
        name: row.text(1)?,
        sound: row.text(2)?,
        kind: row.text(3)?,
        birthday: row.opt_day(4)?,
        region: row.opt_text(5)?,
        city: row.opt_text(6)?,
    })
}

const COLUMNS: &str = "c.customer_id, c.name, c.name_sort, c.kind, c.birthday, c.region, c.city";

/// Pairs of one sound: within it only those are compared who share a birthday, a city or the name of a company.
fn within(block: &[Entry], pairs: &mut Vec<Pair>) {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    let mut seen = HashSet::new();
    for (at, entry) in block.iter().take(BLOCK).enumerate() {
        let birthday = entry.birthday.map(|day| format!("b{day}"));
        let city = entry.city.as_ref().map(|city| format!("c{city}"));
        let company = (entry.kind == "company").then(|| format!("n{}", super::alike::stem(&entry.name)));
        for key in birthday.into_iter().chain(city).chain(company) {
            let before = places.entry(key).or_default();
            for other in before.iter() {
                if seen.insert((*other, at)) {
                    pairs.extend(judge(&block[*other], entry).map(|found| pair(&block[*other], entry, found)));
                }
            }
            before.push(at);
        }
    }
}

/// Pairs of neighbours that sound different: one character, or the kind of company, makes them so.
fn beside(before: &[Entry], block: &[Entry], pairs: &mut Vec<Pair>) {
    for entry in block.iter().take(BLOCK) {
        let near = before.iter().filter(|other| other.sound != entry.sound);
        pairs.extend(near.filter_map(|other| Some(pair(other, entry, judge(other, entry)?))));
    }
}

/// The next pairs within the scope, and where to go on. A page may be short or empty and not the last one.
pub fn pairs(
    tx: &mut Tx,
    scope: &Scope,
    wanted: Wanted,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<Pair>, Option<String>)> {
    if wanted.dismissed {
        return super::dismiss::dismissed(tx, scope, after, limit);
    }
    let after: String = match after {
        Some(text) => match read_mark(text)? {
            // No text of the engines holds a NUL.
            Json::String(sound) if !sound.contains('\0') => sound,
            _ => return Err(unreadable()),
        },
        None => String::new(),
    };
    let (mut found, next) = match wanted.by {
        By::Name => by_names(tx, scope, &after, limit)?,
        By::Phone => by_phones(tx, scope, &after, limit)?,
    };
    if let Some(likeness) = wanted.likeness {
        found.retain(|pair| pair.likeness == likeness);
    }
    super::dismiss::leave_out(tx, &mut found)?;
    found.sort_by_key(|pair| std::cmp::Reverse(pair.score));
    Ok((found, next))
}

fn by_names(tx: &mut Tx, scope: &Scope, after: &str, limit: usize) -> Result<(Vec<Pair>, Option<String>)> {
    let (seen, mut params) = crate::query::seen(tx.engine(), scope);
    let at = params.len();
    params.extend([after.into(), WALK.into()]);
    let walk = |order: &str, over: &str| {
        format!(
            "SELECT {COLUMNS} FROM customers c WHERE c.name_sort {over} ${} AND c.status = 'active'{seen}
             ORDER BY c.name_sort {order}, c.customer_id {order} LIMIT ${}",
            at + 1,
            at + 2
        )
    };
    let rows = tx.query(&walk("ASC", ">"), &params, read)?;
    let mut before = Vec::new();
    if !after.is_empty() {
        params[at + 1] = i64::try_from(NEAR).unwrap_or(0).into();
        before = tx.query(&walk("DESC", "<="), &params, read)?;
        before.reverse();
    }
    let whole = i64::try_from(rows.len()).unwrap_or(i64::MAX) < WALK;
    let blocks: Vec<&[Entry]> = rows.chunk_by(|one, other| one.sound == other.sound).collect();
    let mut found = Vec::new();
    for (place, block) in blocks.iter().enumerate() {
        // The last block of a page may be cut: it comes again with the next one, unless it is the only one.
        if !whole && place + 1 == blocks.len() && place > 0 {
            let last = blocks[place - 1][0].sound.clone();
            return Ok((found, Some(mark(&json!(last)))));
        }
        within(block, &mut found);
        beside(&before, block, &mut found);
        before.extend(block.iter().rev().take(NEAR).rev().cloned());
        before.drain(..before.len().saturating_sub(NEAR));
        if found.len() >= limit && place + 1 < blocks.len() {
            return Ok((found, Some(mark(&json!(block[0].sound)))));
        }
    }
    let next = if whole { None } else { rows.last().map(|row| mark(&json!(row.sound))) };
    Ok((found, next))
}

fn by_phones(tx: &mut Tx, scope: &Scope, after: &str, limit: usize) -> Result<(Vec<Pair>, Option<String>)> {
    let (seen, mut params) = crate::query::seen(tx.engine(), scope);
    let at = params.len();
    params.extend([after.into(), WALK.into()]);
    let sql = format!(
        "SELECT {COLUMNS}, p.phone, {TAIL} FROM customer_phones p JOIN customers c ON c.customer_id = p.customer_id
         WHERE {TAIL} > ${} AND c.status = 'active'{seen} ORDER BY {TAIL}, p.phone LIMIT ${}",
        at + 1,
        at + 2
    );
    let rows: Vec<((Entry, String), String)> =
        tx.query(&sql, &params, |row| Ok(((read(row)?, row.text(7)?), row.text(8)?)))?;
    let whole = i64::try_from(rows.len()).unwrap_or(i64::MAX) < WALK;
    let blocks: Vec<_> = rows.chunk_by(|one, other| one.1 == other.1).collect();
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for (place, block) in blocks.iter().enumerate() {
        if !whole && place + 1 == blocks.len() && place > 0 {
            return Ok((found, Some(mark(&json!(blocks[place - 1][0].1)))));
        }
        let few = &block[..block.len().min(BLOCK)];
        for (at, (one, _)) in few.iter().enumerate() {
            for (other, _) in &few[at + 1..] {
                if let Some(like) = by_phone(one, other).filter(|_| seen.insert((one.0.id, other.0.id))) {
                    found.push(pair(&one.0, &other.0, like));
                }
            }
        }
        if found.len() >= limit && place + 1 < blocks.len() {
            return Ok((found, Some(mark(&json!(block[0].1)))));
        }
    }
    let next = if whole { None } else { rows.last().map(|row| mark(&json!(row.1))) };
    Ok((found, next))
}

/// Who may be the same as this customer, the likeliest first: of his name, beside it, and of his numbers.
pub fn alike(tx: &mut Tx, scope: &Scope, customer: &Stored) -> Result<Vec<Pair>> {
    let me = Entry {
        id: customer.id,
        name: customer.name.clone(),
        sound: customer.name_sort.clone(),
        kind: customer.kind.word().to_owned(),
        birthday: customer.birthday,
        region: customer.region.clone(),
        city: customer.city.clone(),
    };
    let (seen, base) = crate::query::seen(tx.engine(), scope);
    let at = base.len();
    let mut others: HashMap<CustomerId, Pair> = HashMap::new();
    for (over, order, limit) in [("=", "ASC", BLOCK), (">", "ASC", NEAR), ("<", "DESC", NEAR)] {
        let mut params = base.clone();
        params.extend([Value::from(customer.name_sort.as_str()), customer.id.into()]);
        let sql = format!(
            "SELECT {COLUMNS} FROM customers c WHERE c.name_sort {over} ${} AND c.customer_id <> ${}
               AND c.status = 'active'{seen} ORDER BY c.name_sort {order}, c.customer_id {order} LIMIT {limit}",
            at + 1,
            at + 2
        );
        for other in tx.query(&sql, &params, read)? {
            if let Some(found) = judge(&me, &other) {
                others.insert(other.id, pair(&me, &other, found));
            }
        }
    }
    let own = "SELECT phone FROM customer_phones WHERE customer_id = $1";
    let own: Vec<String> = tx.query(own, &[customer.id.into()], |row| row.text(0))?;
    let mut tails: Vec<Value> = own.iter().map(|phone| tail(phone).into()).collect();
    tails.dedup();
    let mut near: Vec<(Entry, String)> = Vec::new();
    let sql = format!(
        "SELECT {COLUMNS}, p.phone FROM customer_phones p JOIN customers c ON c.customer_id = p.customer_id
         WHERE {TAIL} IN ({{list}}) AND c.status = 'active'{seen}"
    );
    for_each_in(tx, &sql, &base, &tails, &mut |row| {
        near.push((read(row)?, row.text(7)?));
        Ok(())
    })?;
    for other in near.iter().take(BLOCK) {
        for phone in own.iter().filter(|phone| tail(phone) == tail(&other.1)) {
            let Some(found) = by_phone(&(me.clone(), phone.clone()), other) else { continue };
            let found = pair(&me, &other.0, found);
            if others.get(&other.0.id).is_none_or(|had| had.score < found.score) {
                others.insert(other.0.id, found);
            }
        }
    }
    let mut found: Vec<Pair> = others.into_values().collect();
    super::dismiss::leave_out(tx, &mut found)?;
    found.sort_by_key(|pair| (std::cmp::Reverse(pair.score), pair.other));
    found.truncate(20);
    Ok(found)
}

/// The last eight of a number, as its index has them.
fn tail(phone: &str) -> &str {
    let from = phone.char_indices().rev().nth(7).map_or(0, |(at, _)| at);
    &phone[from..]
}

/// A customer within the scope.
pub(super) fn one(tx: &mut Tx, scope: &Scope, id: CustomerId) -> Result<Stored> {
    CustomerQuery::new(scope).find(tx, id)
}

pub(super) fn unreadable() -> Error {
    let (zh, en) = ("翻页标记无效，请从第一页重新开始。", "The page mark is unreadable; please start again.");
    Error::invalid("after_invalid", zh, en).at("after")
}
