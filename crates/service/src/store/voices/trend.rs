//! How often, by day, level, product and topic. Who sees every customer reads the day counters; who sees some of them
//! has his own counted, by the same rules, within the period asked for.

use super::count::EVERY;
use crate::visible;
use serde::Serialize;
use utoipa::ToSchema;
use zunke_access::{Actor, LevelReach, Reach};
use zunke_kernel::id::TopicId;
use zunke_kernel::{Day, Result, Zone};
use zunke_store::{Engine, Row, Tx, Value};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    pub from: Day,
    /// The last day.
    pub to: Day,
    pub topic: Option<TopicId>,
    /// Empty: all.
    pub levels: Vec<i64>,
    pub product: Option<String>,
}

/// Voices of one day and level, by feeling.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = VoiceTrendPoint)]
pub struct Point {
    /// The day; the first one of a week or month where days are gathered.
    pub day: Day,
    pub level_rank: i64,
    pub positive: i64,
    pub neutral: i64,
    pub negative: i64,
}

/// Voices of one topic or product in the period, by feeling.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = VoiceShare)]
pub struct Share {
    /// A topic's id, or a product's name.
    pub key: String,
    pub positive: i64,
    pub neutral: i64,
    pub negative: i64,
}

/// Whether the counters hold what this actor sees: all customers, or all of some levels.
#[must_use]
pub fn by_counters(actor: &Actor) -> bool {
    matches!(actor.scope.reach, Reach::All)
}

struct Question {
    sql: String,
    params: Vec<Value>,
}

/// `group` are columns of `d`: `topic_id`, `product`, `day`, `level_rank`.
fn question(
    engine: Engine,
    actor: &Actor,
    ask: &Ask,
    zone: &Zone,
    group: &str,
    topics: bool,
    products: bool,
) -> Question {
    let counted = by_counters(actor);
    let (seen, mut params) = if counted { (String::new(), Vec::new()) } else { visible::seen(engine, actor, "t") };
    let mut bind = |value: Value| {
        params.push(value);
        format!("${}", params.len())
    };
    let mut wheres = Vec::new();
    if counted && let LevelReach::Only(ranks) = &actor.scope.levels {
        let list: Vec<String> = ranks.iter().map(|rank| bind((*rank).into())).collect();
        let list = if list.is_empty() { "NULL".to_owned() } else { list.join(", ") };
        wheres.push(format!("d.level_rank IN ({list})"));
    }
    let from = bind(ask.from.into());
    let to = bind(ask.to.into());
    wheres.push(format!("d.day BETWEEN {from} AND {to}"));
    if !ask.levels.is_empty() {
        let list: Vec<String> = ask.levels.iter().map(|rank| bind((*rank).into())).collect();
        wheres.push(format!("d.level_rank IN ({})", list.join(", ")));
    }
    let source = if counted {
        match (ask.topic, topics) {
            (Some(topic), _) => {
                let place = bind(topic.into());
                wheres.push(format!("d.topic_id = {place}"));
            }
            (None, true) => {
                let place = bind(EVERY.into());
                wheres.push(format!("d.topic_id <> {place}"));
            }
            (None, false) => {
                let place = bind(EVERY.into());
                wheres.push(format!("d.topic_id = {place}"));
            }
        }
        match (&ask.product, products) {
            (Some(product), _) => {
                let place = bind(product.into());
                wheres.push(format!("d.product = {place}"));
            }
            (None, true) => wheres.push("d.product <> ''".to_owned()),
            (None, false) => wheres.push("d.product = ''".to_owned()),
        }
        "voice_days d".to_owned()
    } else {
        // The index is by instant: the days' instants bound the walk.
        let (first, last) = (zone.start_of(ask.from), zone.start_of(Day(ask.to.0 + 1)));
        let (first, last) = (bind(first.into()), bind(last.into()));
        let (column, join, fits) = if topics || ask.topic.is_some() {
            let fits = ask.topic.map_or(String::new(), |topic| format!(" AND x.topic_id = {}", bind(topic.into())));
            let join = " JOIN voice_topics x ON x.customer_id = v.customer_id AND x.ticket_id = v.ticket_id
                         AND x.message_id = v.message_id";
            ("x.topic_id", join, fits)
        } else {
            ("NULL", "", String::new())
        };
        if let Some(product) = &ask.product {
            let place = bind(product.into());
            wheres.push(format!("d.product = {place}"));
        } else if products {
            wheres.push("d.product <> ''".to_owned());
        }
        format!(
            "(SELECT {column} AS topic_id, v.product, v.day, v.level_rank, v.sentiment, 1 AS voices FROM voices v
              JOIN tickets t ON t.customer_id = v.customer_id AND t.ticket_id = v.ticket_id{join}
              WHERE v.said_at >= {first} AND v.said_at < {last}{fits}{seen}) d"
        )
    };
    let sql = format!(
        "SELECT {group}, d.sentiment, CAST(SUM(d.voices) AS BIGINT) FROM {source} WHERE {} GROUP BY {group}, d.sentiment
         HAVING SUM(d.voices) <> 0 ORDER BY {group}",
        wheres.join(" AND ")
    );
    Question { sql, params }
}

/// By day and level, in order.
pub fn by_day(tx: &mut Tx, actor: &Actor, ask: &Ask, zone: &Zone) -> Result<Vec<Point>> {
    let asked = question(tx.engine(), actor, ask, zone, "d.day, d.level_rank", false, false);
    let mut points: Vec<Point> = Vec::new();
    tx.for_each(&asked.sql, &asked.params, |row| {
        let (day, level_rank) = (row.day(0)?, row.int(1)?);
        if points.last().is_none_or(|last| (last.day, last.level_rank) != (day, level_rank)) {
            points.push(Point { day, level_rank, ..Point::default() });
        }
        if let Some(point) = points.last_mut() {
            add(row, 2, (&mut point.positive, &mut point.neutral, &mut point.negative))?;
        }
        Ok(())
    })?;
    Ok(points)
}

fn add(row: &Row, at: usize, (positive, neutral, negative): (&mut i64, &mut i64, &mut i64)) -> Result<()> {
    let voices = row.int(at + 1)?;
    match row.str(at)? {
        "positive" => *positive += voices,
        "negative" => *negative += voices,
        _ => *neutral += voices,
    }
    Ok(())
}

fn shares(tx: &mut Tx, asked: &Question, key: impl Fn(&Row) -> Result<String>) -> Result<Vec<Share>> {
    let mut shares: Vec<Share> = Vec::new();
    tx.for_each(&asked.sql, &asked.params, |row| {
        let key = key(row)?;
        if shares.last().is_none_or(|last| last.key != key) {
            shares.push(Share { key, positive: 0, neutral: 0, negative: 0 });
        }
        if let Some(share) = shares.last_mut() {
            add(row, 1, (&mut share.positive, &mut share.neutral, &mut share.negative))?;
        }
        Ok(())
    })?;
    shares.sort_by_key(|share| std::cmp::Reverse(share.positive + share.neutral + share.negative));
    Ok(shares)
}

/// By topic, the most frequent first.
pub fn by_topic(tx: &mut Tx, actor: &Actor, ask: &Ask, zone: &Zone) -> Result<Vec<Share>> {
    let asked = question(tx.engine(), actor, ask, zone, "d.topic_id", true, false);
    shares(tx, &asked, |row| Ok(row.id(0, TopicId)?.to_string()))
}

/// The products that are named most.
pub fn by_product(tx: &mut Tx, actor: &Actor, ask: &Ask, zone: &Zone, limit: usize) -> Result<Vec<Share>> {
    let asked = question(tx.engine(), actor, ask, zone, "d.product", false, true);
    let mut found = shares(tx, &asked, |row| row.text(0))?;
    found.truncate(limit);
    Ok(found)
}

/// A term that is new, or much more frequent than before.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = VoiceTerm)]
pub struct NewTerm {
    pub term: String,
    /// In so many voices of the period.
    pub voices: i64,
    /// In so many of the four times as long period before it.
    pub before: i64,
}

/// Terms of the weeks of the period that rose most against the four times as many weeks before it; those in fewer than
/// `least` voices are left out. From counters: how often words are used, not who used them.
pub fn rising(tx: &mut Tx, ask: &Ask, least: i64, limit: usize) -> Result<Vec<NewTerm>> {
    let week = |day: Day| i64::from(day.0.div_euclid(7));
    let (first, last) = (week(ask.from), week(ask.to));
    let earlier = first - 4 * (last - first + 1);
    let mut params: Vec<Value> = vec![first.into(), earlier.into(), last.into()];
    let mut levels = String::new();
    if !ask.levels.is_empty() {
        let list: Vec<String> = ask
            .levels
            .iter()
            .map(|rank| {
                params.push((*rank).into());
                format!("${}", params.len())
            })
            .collect();
        levels = format!(" AND w.level_rank IN ({})", list.join(", "));
    }
    params.push(least.into());
    let sql = format!(
        "SELECT n.term, n.voices, n.earlier FROM (
           SELECT w.term, CAST(SUM(CASE WHEN w.week >= $1 THEN w.voices ELSE 0 END) AS BIGINT) AS voices,
             CAST(SUM(CASE WHEN w.week < $1 THEN w.voices ELSE 0 END) AS BIGINT) AS earlier
           FROM voice_term_weeks w WHERE w.week >= $2 AND w.week <= $3{levels} GROUP BY w.term) n
         WHERE n.voices >= ${}",
        params.len()
    );
    let mut terms =
        tx.query(&sql, &params, |row| Ok(NewTerm { term: row.text(0)?, voices: row.int(1)?, before: row.int(2)? }))?;
    // How far above what was to be expected, in units of its chance: (n - e) / √(e + 1), e from the weeks before.
    #[expect(clippy::cast_precision_loss, reason = "counts of voices")]
    let rise = |term: &NewTerm| {
        let expected = term.before as f64 / 4.0;
        (term.voices as f64 - expected) / (expected + 1.0).sqrt()
    };
    terms.retain(|term| rise(term) > 1.0);
    terms.sort_by(|a, b| rise(b).total_cmp(&rise(a)).then_with(|| a.term.cmp(&b.term)));
    terms.truncate(limit);
    Ok(terms)
}
