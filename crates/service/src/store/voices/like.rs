//! What is like what: by the rare terms that two tickets share, and a little by topic, product and customer. Bounded: a
//! dozen terms are looked up, the latest hundred voices of each, the latest fifty of three topics and twenty of the
//! customer's own, each by its index; the best sixty of all are compared whole.

use crate::ticket::{NOBODY, Ticket};
use crate::visible;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use zunke_access::Actor;
use zunke_kernel::Result;
use zunke_kernel::id::{CustomerId, TicketId, TopicId};
use zunke_store::{Tx, Value};

const TERMS_ASKED: usize = 12;
const VOICES_PER_TERM: i64 = 100;
const COMPARED: usize = 60;
const TOPICS_ASKED: usize = 3;
const VOICES_PER_TOPIC: i64 = 50;
const OWN_VOICES: i64 = 20;
/// What a shared topic, product or customer adds to the likeness by terms. None of them is enough by itself.
const BY_TOPIC: f64 = 0.08;
const BY_PRODUCT: f64 = 0.06;
const BY_CUSTOMER: f64 = 0.05;
/// Tickets less alike than this are not shown.
const LEAST: f64 = 0.12;

/// A ticket that is like another, by how much (0 to 1) and by which terms.
#[derive(Clone, Debug)]
pub struct Alike {
    pub ticket: TicketId,
    pub customer: CustomerId,
    pub likeness: f64,
    pub terms: Vec<String>,
    /// The topics that both have.
    pub topics: Vec<TopicId>,
    pub same_product: bool,
}

/// What the voices of one ticket are about.
#[derive(Default)]
struct Sketch {
    terms: BTreeSet<String>,
    topics: BTreeSet<TopicId>,
    products: BTreeSet<String>,
}

impl Sketch {
    /// What the two share besides terms.
    fn near(&self, other: &Self, same_customer: bool) -> (Vec<TopicId>, bool, f64) {
        let topics: Vec<TopicId> = self.topics.intersection(&other.topics).copied().collect();
        let same_product = self.products.intersection(&other.products).next().is_some();
        let mut near = 0.0;
        for (holds, adds) in [(!topics.is_empty(), BY_TOPIC), (same_product, BY_PRODUCT), (same_customer, BY_CUSTOMER)]
        {
            near += if holds { adds } else { 0.0 };
        }
        (topics, same_product, near)
    }
}

/// The tickets most like this one among those that the actor sees.
pub fn like(tx: &mut Tx, actor: &Actor, ticket: &Ticket, limit: usize) -> Result<Vec<Alike>> {
    let mine = sketches(tx, &[(ticket.customer, ticket.id)])?.remove(&ticket.id).unwrap_or_default();
    let frequencies = frequencies(tx, &mine.terms)?;
    let mut rare: Vec<&String> = mine.terms.iter().collect();
    rare.sort_by_key(|term| (frequencies.get(*term).copied().unwrap_or(0), (*term).clone()));
    rare.truncate(TERMS_ASKED);
    let mut found: BTreeMap<(CustomerId, TicketId), f64> = BTreeMap::new();
    for term in rare {
        let sql =
            "SELECT customer_id, ticket_id FROM voice_postings WHERE term = $1 ORDER BY said_at DESC, message_id DESC
                   LIMIT $2";
        let mut once = BTreeSet::new();
        tx.for_each(sql, &[term.as_str().into(), VOICES_PER_TERM.into()], |row| {
            once.insert((row.id(0, CustomerId)?, row.id(1, TicketId)?));
            Ok(())
        })?;
        for key in once.into_iter().filter(|(_, id)| *id != ticket.id) {
            *found.entry(key).or_default() += weight(&frequencies, term);
        }
    }
    for (key, adds) in kin(tx, ticket, &mine)? {
        *found.entry(key).or_default() += adds;
    }
    let mut best: Vec<((CustomerId, TicketId), f64)> = found.into_iter().collect();
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| b.0.1.cmp(&a.0.1)));
    best.truncate(COMPARED);
    let keys: Vec<(CustomerId, TicketId)> = best.into_iter().map(|(key, _)| key).collect();
    let keys = seen(tx, actor, &keys)?;
    let theirs = sketches(tx, &keys)?;
    let unknown: BTreeSet<String> = theirs
        .values()
        .flat_map(|other| &other.terms)
        .filter(|term| !frequencies.contains_key(*term))
        .cloned()
        .collect();
    let mut all = frequencies;
    all.extend(self::frequencies(tx, &unknown)?);
    let sum = |terms: &mut dyn Iterator<Item = &String>| terms.map(|term| weight(&all, term)).sum::<f64>();
    let mut alike: Vec<Alike> = keys
        .into_iter()
        .filter_map(|(customer, id)| {
            let other = theirs.get(&id)?;
            let terms: Vec<String> = mine.terms.intersection(&other.terms).cloned().collect();
            let common = sum(&mut terms.iter());
            let either = sum(&mut mine.terms.iter()) + sum(&mut other.terms.iter()) - common;
            let same_customer = customer == ticket.customer && customer != NOBODY;
            let (topics, same_product, near) = mine.near(other, same_customer);
            let likeness = (if either > 0.0 { common / either } else { 0.0 } + near).min(1.0);
            (likeness >= LEAST).then_some(Alike { ticket: id, customer, likeness, terms, topics, same_product })
        })
        .collect();
    alike.sort_by(|a, b| b.likeness.total_cmp(&a.likeness).then_with(|| b.ticket.cmp(&a.ticket)));
    alike.truncate(limit);
    Ok(alike)
}

/// The rarer, the heavier; a word of every second message weighs next to nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of voices")]
fn weight(frequencies: &HashMap<String, i64>, term: &String) -> f64 {
    let voices = frequencies.get(term).copied().unwrap_or(0).max(1) as f64;
    1.0 / (1.0 + voices.ln())
}

fn frequencies(tx: &mut Tx, terms: &BTreeSet<String>) -> Result<HashMap<String, i64>> {
    let mut found = HashMap::new();
    let terms: Vec<&String> = terms.iter().collect();
    for part in terms.chunks(256) {
        let places: Vec<String> = (1..=part.len()).map(|at| format!("${at}")).collect();
        let sql = format!(
            "SELECT term, CAST(SUM(voices) AS BIGINT) FROM voice_term_weeks WHERE term IN ({}) GROUP BY term",
            places.join(", ")
        );
        let params: Vec<Value> = part.iter().map(|term| term.as_str().into()).collect();
        tx.for_each(&sql, &params, |row| {
            found.insert(row.text(0)?, row.int(1)?);
            Ok(())
        })?;
    }
    Ok(found)
}

fn pairs(keys: &[(CustomerId, TicketId)], params: &mut Vec<Value>) -> String {
    let mut places = Vec::new();
    for (customer, ticket) in keys {
        params.push((*customer).into());
        params.push((*ticket).into());
        places.push(format!("(${}, ${})", params.len() - 1, params.len()));
    }
    places.join(", ")
}

/// Tickets that may be like it without sharing a rare term: of the same topics lately, and of the same customer.
fn kin(tx: &mut Tx, ticket: &Ticket, mine: &Sketch) -> Result<BTreeMap<(CustomerId, TicketId), f64>> {
    let mut found: BTreeMap<(CustomerId, TicketId), f64> = BTreeMap::new();
    for topic in mine.topics.iter().take(TOPICS_ASKED) {
        let sql = "SELECT customer_id, ticket_id FROM voice_topics WHERE topic_id = $1
                   ORDER BY said_at DESC, message_id DESC LIMIT $2";
        tx.for_each(sql, &[(*topic).into(), VOICES_PER_TOPIC.into()], |row| {
            found.insert((row.id(0, CustomerId)?, row.id(1, TicketId)?), BY_TOPIC);
            Ok(())
        })?;
    }
    if ticket.customer != NOBODY {
        // Along the primary key, whose ids begin with their time.
        let sql = "SELECT customer_id, ticket_id FROM voices WHERE customer_id = $1
                   ORDER BY ticket_id DESC, message_id DESC LIMIT $2";
        let mut own = BTreeSet::new();
        tx.for_each(sql, &[ticket.customer.into(), OWN_VOICES.into()], |row| {
            own.insert((row.id(0, CustomerId)?, row.id(1, TicketId)?));
            Ok(())
        })?;
        for key in own {
            *found.entry(key).or_default() += BY_CUSTOMER;
        }
    }
    found.retain(|(_, id), _| *id != ticket.id);
    Ok(found)
}

fn sketches(tx: &mut Tx, keys: &[(CustomerId, TicketId)]) -> Result<HashMap<TicketId, Sketch>> {
    let mut found: HashMap<TicketId, Sketch> = HashMap::new();
    if keys.is_empty() {
        return Ok(found);
    }
    let mut params = Vec::new();
    let list = pairs(keys, &mut params);
    let sql = format!(
        "SELECT ticket_id, terms, topics, product FROM voices WHERE (customer_id, ticket_id) IN (VALUES {list})"
    );
    tx.for_each(&sql, &params, |row| {
        let one = found.entry(row.id(0, TicketId)?).or_default();
        one.terms.extend(row.json::<Vec<String>>(1)?);
        one.topics.extend(row.json::<Vec<TopicId>>(2)?);
        one.products.extend(Some(row.text(3)?).filter(|product| !product.is_empty()));
        Ok(())
    })?;
    Ok(found)
}

/// Of these tickets those that the actor sees.
pub fn seen(tx: &mut Tx, actor: &Actor, keys: &[(CustomerId, TicketId)]) -> Result<Vec<(CustomerId, TicketId)>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let (seen, mut params) = visible::seen(tx.engine(), actor, "t");
    let list = pairs(keys, &mut params);
    let sql = format!(
        "SELECT t.customer_id, t.ticket_id FROM tickets t WHERE (t.customer_id, t.ticket_id) IN (VALUES {list}){seen}"
    );
    tx.query(&sql, &params, |row| Ok((row.id(0, CustomerId)?, row.id(1, TicketId)?)))
}
