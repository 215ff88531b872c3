//! Who may be the same: people whose names sound alike and who share a birthday or a place. Names are the block in which
//! is searched, walked in the order of their index, so that a page costs the same in a house of a million.

use crate::query::CustomerQuery;
use crate::store::customers::Stored;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
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
/// From here on two are shown: the name alone is not enough.
const SCORE_MIN: u32 = 60;

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
    /// Why: what they share.
    pub why: Vec<Text>,
}

struct Entry {
    id: CustomerId,
    name: String,
    sound: String,
    kind: String,
    birthday: Option<Day>,
    region: Option<String>,
    city: Option<String>,
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

fn judge(one: &Entry, other: &Entry) -> Option<Pair> {
    if one.kind != other.kind || one.sound.is_empty() || one.sound != other.sound {
        return None;
    }
    // Two birthdays that differ are two people.
    if one.birthday.is_some() && other.birthday.is_some() && one.birthday != other.birthday {
        return None;
    }
    let (mut score, mut why) = if one.name == other.name {
        (45, vec![Text::new("姓名相同", "Same name")])
    } else {
        (30, vec![Text::new("姓名读音相同", "Names sound the same")])
    };
    if one.birthday.is_some() && one.birthday == other.birthday {
        score += 40;
        why.push(Text::new("生日相同", "Same birthday"));
    }
    if one.city.is_some() && one.city == other.city {
        score += 15;
        why.push(Text::new("城市相同", "Same city"));
    } else if one.region.is_some() && one.region == other.region {
        score += 8;
        why.push(Text::new("地区相同", "Same region"));
    }
    (score >= SCORE_MIN).then(|| Pair {
        one: one.id,
        one_name: one.name.clone(),
        other: other.id,
        other_name: other.name.clone(),
        score,
        why,
    })
}

/// Pairs of one name: within it only those are compared who share a birthday or a city.
fn within(block: &[Entry], pairs: &mut Vec<Pair>) {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    let mut seen = std::collections::HashSet::new();
    for (at, entry) in block.iter().take(BLOCK).enumerate() {
        let birthday = entry.birthday.map(|day| format!("b{day}"));
        let city = entry.city.as_ref().map(|city| format!("c{city}"));
        for key in birthday.into_iter().chain(city) {
            let before = places.entry(key).or_default();
            for other in before.iter() {
                if seen.insert((*other, at)) {
                    pairs.extend(judge(&block[*other], entry));
                }
            }
            before.push(at);
        }
    }
}

/// The next pairs within the scope, by name, and where to go on. A page may be short or empty and not the last one.
pub fn pairs(tx: &mut Tx, scope: &Scope, after: Option<&str>, limit: usize) -> Result<(Vec<Pair>, Option<String>)> {
    let after: String = match after {
        Some(text) => match read_mark(text)? {
            Json::String(sound) => sound,
            _ => return Err(unreadable()),
        },
        None => String::new(),
    };
    let (seen, mut params) = crate::query::seen(tx.engine(), scope);
    let at = params.len();
    params.extend([after.into(), WALK.into()]);
    let sql = format!(
        "SELECT {COLUMNS} FROM customers c WHERE c.name_sort > ${} AND c.status = 'active'{seen}
         ORDER BY c.name_sort, c.customer_id LIMIT ${}",
        at + 1,
        at + 2
    );
    let rows = tx.query(&sql, &params, read)?;
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
        if found.len() >= limit && place + 1 < blocks.len() {
            return Ok((found, Some(mark(&json!(block[0].sound)))));
        }
    }
    let next = if whole { None } else { rows.last().map(|row| mark(&json!(row.sound))) };
    Ok((found, next))
}

/// Who may be the same as this customer, the likeliest first.
pub fn alike(tx: &mut Tx, scope: &Scope, customer: &Stored) -> Result<Vec<Pair>> {
    let (seen, mut params) = crate::query::seen(tx.engine(), scope);
    let at = params.len();
    params.extend([Value::from(customer.name_sort.as_str()), customer.id.into()]);
    let sql = format!(
        "SELECT {COLUMNS} FROM customers c WHERE c.name_sort = ${} AND c.customer_id <> ${} AND c.status = 'active'{seen}
         ORDER BY c.customer_id LIMIT {BLOCK}",
        at + 1,
        at + 2
    );
    let me = Entry {
        id: customer.id,
        name: customer.name.clone(),
        sound: customer.name_sort.clone(),
        kind: customer.kind.word().to_owned(),
        birthday: customer.birthday,
        region: customer.region.clone(),
        city: customer.city.clone(),
    };
    let mut found: Vec<Pair> = tx.query(&sql, &params, read)?.iter().filter_map(|other| judge(&me, other)).collect();
    found.sort_by_key(|pair| std::cmp::Reverse(pair.score));
    found.truncate(20);
    Ok(found)
}

/// A customer within the scope.
pub(super) fn one(tx: &mut Tx, scope: &Scope, id: CustomerId) -> Result<Stored> {
    CustomerQuery::new(scope).find(tx, id)
}

fn unreadable() -> Error {
    let (zh, en) = ("翻页标记无效，请从第一页重新开始。", "The page mark is unreadable; please start again.");
    Error::invalid("after_invalid", zh, en).at("after")
}
