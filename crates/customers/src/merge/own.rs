//! This room's part: activities, what a customer is known by, consents, tags, own fields.

use super::shift::{self, Origin, of_family};
use super::{Couple, Fate, Joiner, Since};
use crate::consent::{self, Channel, Event, Purpose, Said, Source, State};
use crate::identity::{Identity, IdentityKind};
use crate::privacy::standing;
use crate::record::RecordContext;
use crate::store::identities;
use serde::Deserialize;
use uuid::Uuid;
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Error, Result};
use zunke_store::{Tx, Value};

/// The room of customers as a joiner.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnJoiner;

const TABLES: &[(&str, Fate, &str)] = &[
    ("customers", Fate::Joined, "the fields that were chosen; the other entry is archived"),
    ("customer_search", Fate::Derived, "from names and numbers"),
    ("customer_phones", Fate::Moved, ""),
    ("customer_emails", Fate::Moved, ""),
    ("external_ids", Fate::Moved, ""),
    ("customer_identities", Fate::Follows, "the three look-ups above"),
    ("customer_tags", Fate::Moved, "those that the target lacks"),
    ("customer_tag_history", Fate::Left, "what was done to that entry"),
    ("customer_fields", Fate::Moved, "those that the target lacks"),
    ("customer_field_history", Fate::Left, "what was done to that entry"),
    ("customer_sensitive", Fate::Moved, "those that the target lacks, or that were chosen"),
    ("customer_category_history", Fate::Left, "what was done to that entry"),
    ("activities", Fate::Moved, ""),
    ("activity_keys", Fate::Follows, "the activities"),
    ("consents", Fate::Moved, "where the two differ the stricter one is said anew"),
    ("privacy_standings", Fate::Left, "a merge is refused while there is any"),
    ("privacy_requests", Fate::Moved, ""),
    ("erased_identities", Fate::Left, "of erased people, who are not merged"),
    ("duplicate_dismissals", Fate::Left, "what was said of that entry"),
    ("merges", Fate::Left, "what went into that entry stays its own story"),
    ("merged_customers", Fate::Left, "where that entry went"),
];

impl Joiner for OwnJoiner {
    fn tables(&self) -> &'static [(&'static str, Fate, &'static str)] {
        TABLES
    }

    fn may_join(&self, tx: &mut Tx, couple: &Couple) -> Result<()> {
        for id in [couple.source, couple.target] {
            standing::require_free(tx, id)?;
            let sql = "SELECT 1 FROM privacy_requests WHERE customer_id = $1 AND kind = 'erasure' AND state = 'open'";
            if tx.query_one(sql, &[id.into()], |row| row.int(0))?.is_some() {
                return Err(Error::conflict(
                    "merge_erasure_open",
                    "其中一位客户有未办结的删除请求，请先办结。",
                    "One of the two asked to be erased; please answer that first.",
                ));
            }
        }
        Ok(())
    }

    fn since(&self, tx: &mut Tx, couple: &Couple) -> Result<Vec<Since>> {
        let sql = "SELECT kind, source_id, recorded_at FROM activities
                   WHERE customer_id = $1 AND origin_customer_id IS NULL AND recorded_at >= $2
                   ORDER BY recorded_at LIMIT 200";
        tx.query(sql, &[couple.target.into(), couple.merged_at.into()], |row| {
            Ok(Since { kind: row.text(0)?, label: row.text(1)?, at: row.instant(2)? })
        })
    }
}

/// Tables in which each customer has one value of a field.
const VALUES: [(&str, &str); 2] = [("customer_fields", "field_id"), ("customer_sensitive", "field_id")];

/// Moves what this room holds; of the fields in `chosen` (own ones, sealed ones) the two change their values. Answers
/// which these are.
pub(super) fn join(tx: &mut Tx, couple: &Couple, chosen: (&[Uuid], &[Uuid])) -> Result<Vec<(String, Uuid)>> {
    let way = (couple.source, couple.target);
    let mut swapped = Vec::new();
    for ((table, key), wanted) in VALUES.into_iter().zip([chosen.0, chosen.1]) {
        let both = format!(
            "SELECT DISTINCT s.{key} FROM {table} s JOIN {table} t ON t.customer_id = $2 AND t.{key} = s.{key}
             WHERE s.customer_id = $1"
        );
        let both: Vec<Uuid> = if wanted.is_empty() {
            Vec::new()
        } else {
            tx.query(&both, &[way.0.into(), way.1.into()], |row| row.uuid(0))?
        };
        for field in both.into_iter().filter(|field| wanted.contains(field)) {
            swap(tx, (table, key), field, way)?;
            swapped.push((table.to_owned(), field));
        }
    }
    for table in ["activities", "consents", "privacy_requests"] {
        shift::over(tx, table, way, Origin::Remember, ("", &[]))?;
    }
    follow_keys(tx, way)?;
    for (table, key) in [("customer_tags", "tag_id"), VALUES[0], VALUES[1]] {
        let sql = format!(
            "SELECT DISTINCT s.{key} FROM {table} s WHERE s.customer_id = $1
               AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.customer_id = $2 AND t.{key} = s.{key})"
        );
        let keys: Vec<Uuid> = tx.query(&sql, &[way.0.into(), way.1.into()], |row| row.uuid(0))?;
        if !keys.is_empty() {
            let (filter, more) = shift::among(key, keys.into_iter().map(Value::from).collect(), 3);
            shift::over(tx, table, way, Origin::Remember, (&filter, &more))?;
        }
    }
    let mine = identities::of(tx, &[couple.source])?.remove(&couple.source).unwrap_or_default();
    let theirs = identities::of(tx, &[couple.target])?.remove(&couple.target).unwrap_or_default();
    for identity in &mine {
        hand(tx, identity, way, Origin::Remember)?;
    }
    write_known(tx, couple.source, &[])?;
    write_known(tx, couple.target, &theirs.into_iter().chain(mine).collect::<Vec<_>>())?;
    Ok(swapped)
}

/// The two change their values of a field: neither is lost.
fn swap(tx: &mut Tx, (table, key): (&str, &str), field: Uuid, (one, other): (CustomerId, CustomerId)) -> Result<()> {
    let aside = CustomerId(Uuid::now_v7());
    let (filter, more) = shift::among(key, vec![field.into()], 3);
    for way in [(other, aside), (one, other), (aside, one)] {
        shift::over(tx, table, way, Origin::None, (&filter, &more))?;
    }
    Ok(())
}

/// Gives back what came from the family.
pub(super) fn part(tx: &mut Tx, couple: &Couple, swapped: &serde_json::Value) -> Result<()> {
    let way = (couple.target, couple.source);
    let swapped: Vec<(String, Uuid)> = Option::deserialize(swapped).map_err(Error::internal)?.unwrap_or_default();
    for (table, key) in VALUES {
        for (_, field) in swapped.iter().filter(|(name, _)| name == table) {
            swap(tx, (table, key), *field, way)?;
        }
    }
    let tables =
        ["activities", "consents", "privacy_requests", "customer_tags", "customer_fields", "customer_sensitive"];
    for table in tables {
        shift::back(tx, table, couple)?;
    }
    follow_keys(tx, way)?;
    let all = identities::of(tx, &[couple.target])?.remove(&couple.target).unwrap_or_default();
    let (mut home, mut stay) = (Vec::new(), Vec::new());
    for identity in all {
        let (table, filter, mut params) = place(&identity);
        let sql = format!("SELECT origin_customer_id FROM {table} WHERE {filter}");
        params.truncate(if identity.kind() == IdentityKind::External { 2 } else { 1 });
        let origin = tx.query_one(&sql, &params, |row| row.opt_id(0, CustomerId))?.flatten();
        if origin.is_some_and(|origin| couple.family.contains(&origin)) {
            hand(tx, &identity, way, Origin::Home)?;
            home.push(identity);
        } else {
            stay.push(identity);
        }
    }
    write_known(tx, couple.source, &home)?;
    write_known(tx, couple.target, &stay)
}

/// Activities that came from the family.
pub(super) fn returning(tx: &mut Tx, couple: &Couple) -> Result<Vec<crate::activity::Activity>> {
    let (filter, more) = of_family(couple, 2);
    let sql = format!(
        "SELECT {} FROM activities a WHERE a.customer_id = $1{}",
        crate::store::activities::COLUMNS,
        filter.replace("origin_customer_id", "a.origin_customer_id")
    );
    let mut params: Vec<Value> = vec![couple.target.into()];
    params.extend(more);
    tx.query(&sql, &params, crate::store::activities::read)
}

/// Where the two said different things the refusal is said anew, so that it is the last word; answers the new words.
pub(super) fn stricter(
    tx: &mut Tx,
    context: &RecordContext,
    couple: &Couple,
) -> Result<Vec<(zunke_kernel::Instant, Uuid)>> {
    let (mine, theirs) = (consent::store::events(tx, couple.source)?, consent::store::events(tx, couple.target)?);
    let mut added = Vec::new();
    for purpose in Purpose::ALL {
        let said = |events: &[Event]| -> Vec<Said> {
            let own = events.iter().filter(|event| event.purpose == *purpose);
            own.map(|event| Said { at: event.said_at, channel: event.channel, state: event.state }).collect()
        };
        let (one, other) = (said(&mine), said(&theirs));
        let both: Vec<Said> = one.iter().chain(&other).copied().collect();
        for channel in Channel::ALL {
            let refused = [&one, &other].iter().any(|said| consent::verdict(said, *channel) == Some(State::Withdrawn));
            if refused && consent::verdict(&both, *channel) != Some(State::Withdrawn) {
                let event = Event {
                    id: Uuid::now_v7(),
                    purpose: *purpose,
                    channel: *channel,
                    state: State::Withdrawn,
                    source: Source::Api,
                    said_at: context.now,
                    text_number: None,
                    note: Some("合并客户：以较严格的意思为准 Merge: the stricter word holds".to_owned()),
                    staff_id: context.actor,
                    recorded_at: context.now,
                };
                consent::store::record(tx, couple.target, &event, None)?;
                added.push((event.said_at, event.id));
            }
        }
    }
    Ok(added)
}

fn follow_keys(tx: &mut Tx, (from, to): (CustomerId, CustomerId)) -> Result<()> {
    tx.execute(
        "UPDATE activity_keys SET customer_id = $1 WHERE customer_id = $2 AND (source, source_id) IN
           (SELECT source, source_id FROM activities WHERE customer_id = $1)",
        &[to.into(), from.into()],
    )?;
    Ok(())
}

/// The look-up of an identity: its table, its key from `$1`, and the key's parameters.
fn place(identity: &Identity) -> (&'static str, &'static str, Vec<Value>) {
    match identity.kind() {
        IdentityKind::Phone => ("customer_phones", "phone = $1", vec![identity.value().into()]),
        IdentityKind::Email => ("customer_emails", "email = $1", vec![identity.value().into()]),
        IdentityKind::External => {
            ("external_ids", "value = $1 AND source = $2", vec![identity.value().into(), identity.source().into()])
        }
    }
}

fn hand(tx: &mut Tx, identity: &Identity, (from, to): (CustomerId, CustomerId), origin: Origin) -> Result<()> {
    let (table, filter, mut params) = place(identity);
    let at = params.len();
    params.extend([to.into(), from.into()]);
    let (to, from) = (at + 1, at + 2);
    let origin = match origin {
        Origin::Remember => format!("COALESCE(origin_customer_id, ${from})"),
        _ => format!("NULLIF(origin_customer_id, ${to})"),
    };
    let sql = format!(
        "UPDATE {table} SET customer_id = ${to}, origin_customer_id = {origin} WHERE {filter} AND customer_id = ${from}"
    );
    tx.execute(&sql, &params)?;
    Ok(())
}

fn write_known(tx: &mut Tx, customer: CustomerId, known: &[Identity]) -> Result<()> {
    identities::clear(tx, customer)?;
    let rows: Vec<_> = known.iter().zip(0..).map(|(identity, place)| (customer, identity, place)).collect();
    identities::insert(tx, &rows)
}
