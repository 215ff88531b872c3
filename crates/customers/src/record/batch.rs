//! A batch of activities, by set statements: customers, then keys, then rows, then observers. The number of
//! statements does not grow with the number of rows.

use super::fold::{Seal, Step, outcome, step};
use super::{Observer, Observers, RecordContext};
use crate::activity::{Activity, Change, CustomerRef, NewActivity, Outcome, named};
use crate::identity::Identity;
use crate::privacy::standing;
use crate::profile::NewCustomer;
use crate::store::activities::{self, Key};
use crate::store::{customers, identities};
use crate::{make, merge, query};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use zunke_access::{Deed, LevelReach};
use zunke_kernel::id::{ActivityId, CustomerId};
use zunke_kernel::{Error, Result};
use zunke_store::Tx;

/// Rows of one call.
pub const BATCH_MAX: usize = 1_000;

/// Records activities in one transaction. One outcome per row, in their order; a refused row leaves nothing behind.
/// Customers named by an identity are made where the row allows it. Errors are faults of the whole batch: too many
/// rows, a database that failed, an observer that refused.
pub fn record(
    tx: &mut Tx,
    context: &RecordContext,
    rows: &[NewActivity],
    observers: &[Arc<dyn Observer>],
) -> Result<Vec<Outcome>> {
    if rows.len() > BATCH_MAX {
        return Err(too_many(rows.len()));
    }
    let context = &told(context, observers);
    let mut outcomes: Vec<Option<Outcome>> =
        rows.iter().map(|row| row.check(context.now, context.currency).err().map(Outcome::Refused)).collect();
    let mut locked = HashSet::new();
    let owners = owners(tx, context, rows, &mut outcomes, &mut locked)?;
    let lines: Vec<Option<String>> = rows
        .iter()
        .map(|row| if row.lines.is_empty() { Ok(None) } else { serde_json::to_string(&row.lines).map(Some) })
        .collect::<Result<_, _>>()
        .map_err(Error::internal)?;
    let seal = |at: usize, owner: CustomerId| Seal {
        revision: rows[at].revision,
        hash: rows[at].content_hash(owner, lines[at].as_deref()),
    };

    // The rows of each key, in the order of arrival.
    let mut places: HashMap<(&str, &str), usize> = HashMap::with_capacity(rows.len());
    let mut groups: Vec<Group> = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let Some(owner) = owners[at].filter(|_| outcomes[at].is_none()) else { continue };
        let key = (row.source.as_str(), row.source_id.as_str());
        let place = *places.entry(key).or_insert_with(|| {
            groups.push(Group { key, id: ActivityId::new(context.now), arrivals: Vec::with_capacity(1), stored: None });
            groups.len() - 1
        });
        groups[place].arrivals.push((at, owner, seal(at, owner)));
    }

    let mut claims: Vec<((&str, &str), Key)> = groups
        .iter()
        .map(|group| (group.key, group.winner(None, rows).unwrap_or_else(|| group.first(rows)).0))
        .collect();
    let free = activities::claim(tx, &mut claims)?;
    if free < groups.len() as u64 {
        find_stored(tx, context, &mut groups, &mut outcomes, &mut locked)?;
        said_before_merge(tx, &mut groups, rows, &lines)?;
    }

    let mut batch = Settled::default();
    for group in &groups {
        let mut stands = group.stored.map(|key| Seal { revision: key.revision, hash: key.hash });
        let id = group.stored.map_or(group.id, |key| key.id);
        for (at, _, seal) in &group.arrivals {
            if outcomes[*at].is_some() {
                continue;
            }
            let step = step(stands, *seal);
            if matches!(step, Step::First | Step::Newer) {
                stands = Some(*seal);
            }
            outcomes[*at] = Some(outcome(step, id));
        }
        if let Some((mut key, at)) = group.winner(group.stored, rows) {
            key.id = id;
            batch.put(group, key, at);
        }
    }
    let changes = batch.write(tx, context, rows, &lines)?;
    if !changes.is_empty() {
        for observer in observers {
            observer.recorded(tx, context, &changes)?;
        }
    }
    outcomes
        .into_iter()
        .map(|outcome| outcome.ok_or_else(|| Error::internal("a row of the batch was left without an outcome")))
        .collect()
}

/// Who watches the recording is told of what follows from it too.
fn told(context: &RecordContext, observers: &[Arc<dyn Observer>]) -> RecordContext {
    RecordContext { observers: Observers(observers.to_vec()), ..context.clone() }
}

/// Takes activities back by their keys, as if they had never come: for the undo of an import. Unknown keys are
/// passed over; answers how many were taken back.
pub fn withdraw(
    tx: &mut Tx,
    context: &RecordContext,
    keys: &[(&str, &str)],
    observers: &[Arc<dyn Observer>],
) -> Result<usize> {
    let context = &told(context, observers);
    let owners: Vec<CustomerId> = activities::keys(tx, keys)?.values().map(|key| key.customer).collect();
    customers::lock(tx, &owners)?;
    let found = activities::keys(tx, keys)?;
    let stored: Vec<Key> = found.values().copied().collect();
    let mut before = activities::under(tx, &stored)?;
    activities::delete(tx, &stored)?;
    activities::unkey(tx, &found.keys().copied().collect::<Vec<_>>())?;
    let mut changes: Vec<Change> = stored
        .iter()
        .filter_map(|key| before.remove(&key.id))
        .map(|activity| Change { customer: activity.customer_id, before: Some(activity), after: None })
        .collect();
    changes.sort_by_key(|change| change.customer);
    if !changes.is_empty() {
        for observer in observers {
            observer.recorded(tx, context, &changes)?;
        }
    }
    Ok(changes.len())
}

/// All rows of one key.
struct Group<'a> {
    key: (&'a str, &'a str),
    /// The id it gets where it is new.
    id: ActivityId,
    /// Row, owner, seal.
    arrivals: Vec<(usize, CustomerId, Seal)>,
    stored: Option<Key>,
}

impl Group<'_> {
    fn key_of(&self, (at, owner, seal): (usize, CustomerId, Seal), rows: &[NewActivity]) -> (Key, usize) {
        let occurred_at = rows[at].occurred_at;
        (Key { customer: owner, occurred_at, id: self.id, revision: seal.revision, hash: seal.hash }, at)
    }

    fn first(&self, rows: &[NewActivity]) -> (Key, usize) {
        self.key_of(self.arrivals[0], rows)
    }

    /// The arrival that stands in the end, unless it is what stood before.
    fn winner(&self, stored: Option<Key>, rows: &[NewActivity]) -> Option<(Key, usize)> {
        let before = stored.map(|key| Seal { revision: key.revision, hash: key.hash });
        let mut stands = before;
        let mut winner = None;
        for arrival in &self.arrivals {
            if matches!(step(stands, arrival.2), Step::First | Step::Newer) {
                stands = Some(arrival.2);
                winner = Some(*arrival);
            }
        }
        winner.filter(|_| stands != before).map(|arrival| self.key_of(arrival, rows))
    }
}

/// Finds what stood under the keys before this batch, with its customers locked. A key of a customer outside the
/// scope is refused: whose it is, is not said.
fn find_stored(
    tx: &mut Tx,
    context: &RecordContext,
    groups: &mut [Group],
    outcomes: &mut [Option<Outcome>],
    locked: &mut HashSet<CustomerId>,
) -> Result<()> {
    let wanted: Vec<(&str, &str)> = groups.iter().map(|group| group.key).collect();
    let mut found = activities::keys(tx, &wanted)?;
    let is_ours = |group: &Group, key: &Key| key.id == group.id;
    let mut others: Vec<CustomerId> = groups
        .iter()
        .filter_map(|group| found.get(&group.key).filter(|key| !is_ours(group, key)).map(|key| key.customer))
        .filter(|customer| !locked.contains(customer))
        .collect();
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        locked.extend(customers::lock(tx, &others)?);
        // Somebody may have replaced a version while this batch waited for the lock.
        found = activities::keys(tx, &wanted)?;
    }
    let seen: HashSet<CustomerId> = if context.scope.is_all() {
        HashSet::new()
    } else {
        let all: Vec<CustomerId> = found.values().map(|key| key.customer).collect();
        query::within(tx, &context.scope.for_deed(Deed::Edit), &all)?.into_iter().collect()
    };
    for group in groups {
        let Some(key) = found.get(&group.key).filter(|key| !is_ours(group, key)) else { continue };
        if context.scope.is_all() || seen.contains(&key.customer) {
            group.stored = Some(*key);
            continue;
        }
        for (at, _, _) in group.arrivals.drain(..) {
            outcomes[at] = Some(Outcome::Refused(
                Error::conflict(
                    "activity_key_taken",
                    "该来源的这个编号已被使用。",
                    "This id of this source is in use already.",
                )
                .at("source_id"),
            ));
        }
    }
    Ok(())
}

/// What was recorded of an entry that went into another since, and comes again, is the same still.
fn said_before_merge(tx: &mut Tx, groups: &mut [Group], rows: &[NewActivity], lines: &[Option<String>]) -> Result<()> {
    let differs = |stored: &Key, (_, owner, seal): &(usize, CustomerId, Seal)| {
        stored.customer == *owner && stored.revision == seal.revision && stored.hash != seal.hash
    };
    let asked: Vec<CustomerId> = groups
        .iter()
        .filter_map(|group| group.stored.filter(|stored| group.arrivals.iter().any(|one| differs(stored, one))))
        .map(|stored| stored.customer)
        .collect();
    let families = merge::families(tx, &asked)?;
    for group in groups.iter_mut().filter(|_| !families.is_empty()) {
        let Some(stored) = group.stored else { continue };
        let Some(family) = families.get(&stored.customer) else { continue };
        for arrival in group.arrivals.iter_mut().filter(|one| differs(&stored, one)) {
            let hash = |id: &CustomerId| rows[arrival.0].content_hash(*id, lines[arrival.0].as_deref());
            if family.iter().any(|id| hash(id) == stored.hash) {
                arrival.2.hash = stored.hash;
            }
        }
    }
    Ok(())
}

/// Rows that will stand.
#[derive(Default)]
struct Settled<'a> {
    fresh: Vec<(Key, usize)>,
    replaced: Vec<((&'a str, &'a str), Key, Key, usize)>,
}

impl<'a> Settled<'a> {
    fn put(&mut self, group: &Group<'a>, key: Key, at: usize) {
        match group.stored {
            None => self.fresh.push((key, at)),
            Some(old) => self.replaced.push((group.key, old, key, at)),
        }
    }

    fn write(
        self,
        tx: &mut Tx,
        context: &RecordContext,
        rows: &[NewActivity],
        lines: &[Option<String>],
    ) -> Result<Vec<Change>> {
        let old: Vec<Key> = self.replaced.iter().map(|(_, old, _, _)| *old).collect();
        let mut before = activities::under(tx, &old)?;
        activities::delete(tx, &old)?;
        let keys: Vec<_> = self.replaced.iter().map(|(name, _, new, _)| (*name, *new)).collect();
        activities::rekey(tx, &keys)?;

        let replaced = self.replaced.iter().map(|(_, _, new, at)| (*new, *at));
        let settled: Vec<(Activity, usize)> =
            self.fresh.into_iter().chain(replaced).map(|(key, at)| (stored(context, &key, &rows[at]), at)).collect();
        let inserts: Vec<_> = settled.iter().map(|(activity, at)| (activity, lines[*at].as_deref())).collect();
        activities::insert(tx, &inserts, context.import_id)?;

        let mut changes = Vec::with_capacity(settled.len());
        for (after, _) in settled {
            match before.remove(&after.id) {
                Some(old) if old.customer_id != after.customer_id => {
                    changes.push(Change { customer: old.customer_id, before: Some(old), after: None });
                    changes.push(Change { customer: after.customer_id, before: None, after: Some(after) });
                }
                old => changes.push(Change { customer: after.customer_id, before: old, after: Some(after) }),
            }
        }
        changes.sort_by_key(|change| change.customer);
        Ok(changes)
    }
}

fn stored(context: &RecordContext, key: &Key, row: &NewActivity) -> Activity {
    Activity {
        id: key.id,
        customer_id: key.customer,
        kind: row.kind,
        occurred_at: row.occurred_at,
        day: context.zone.day_of(row.occurred_at),
        source: row.source.clone(),
        source_id: row.source_id.clone(),
        revision: row.revision,
        amount: row.amount,
        quantity: row.quantity,
        channel: row.channel.clone(),
        direction: row.direction,
        subject: row.subject.clone(),
        body: row.body.clone(),
        staff_id: row.staff_id,
        of_source_id: row.of_source_id.clone(),
        lines: row.lines.clone(),
        recorded_at: context.now,
    }
}

/// Whose each row is. Rows of customers that aren't there, or not for this caller, are refused; customers that may
/// be made are made. All of them are locked.
fn owners(
    tx: &mut Tx,
    context: &RecordContext,
    rows: &[NewActivity],
    outcomes: &mut [Option<Outcome>],
    locked: &mut HashSet<CustomerId>,
) -> Result<Vec<Option<CustomerId>>> {
    let asked = || rows.iter().enumerate();
    let mut wanted: Vec<&Identity> = Vec::new();
    let mut ids: Vec<CustomerId> = Vec::new();
    for (at, row) in asked() {
        if outcomes[at].is_some() {
            continue;
        }
        match &row.customer {
            CustomerRef::Id(id) => ids.push(*id),
            CustomerRef::Identity { identity, .. } => wanted.push(identity),
        }
    }
    let mut known = identities::resolve(tx, wanted)?;
    ids.extend(known.values());
    ids.sort_unstable();
    ids.dedup();
    // Who went into another one is him from then on, also for those who know him by his old id.
    let leads = merge::leads(tx, &ids)?;
    ids = ids.iter().map(|id| *leads.get(id).unwrap_or(id)).collect();
    ids.sort_unstable();
    ids.dedup();
    let seen: HashSet<CustomerId> = if context.scope.is_all() {
        customers::lock(tx, &ids)?.into_iter().collect()
    } else {
        let within = query::within(tx, &context.scope.for_deed(Deed::Edit), &ids)?;
        customers::lock(tx, &within)?.into_iter().collect()
    };
    let held_back = held_back(tx, context, &ids, &seen)?;
    // Merged while this batch waited for the locks: the whole of it is tried again by whoever sent it.
    if !merge::leads(tx, &ids)?.is_empty() {
        return Err(Error::conflict(
            "customer_merged",
            "客户正在被合并，请重试。",
            "A customer was merged at this moment; please try again.",
        ));
    }
    locked.extend(seen.iter().copied());
    make_missing(tx, context, rows, outcomes, &mut known, locked)?;
    let erased = standing::among(tx, &ids, &[standing::State::Erased])?;
    let mut owners = vec![None; rows.len()];
    for (at, row) in asked() {
        if outcomes[at].is_some() {
            continue;
        }
        let owner = match &row.customer {
            CustomerRef::Id(id) => Some(*id),
            CustomerRef::Identity { identity, .. } => known.get(identity).copied(),
        };
        let owner = owner.map(|owner| *leads.get(&owner).unwrap_or(&owner));
        owners[at] = owner.filter(|owner| locked.contains(owner) && !erased.contains(owner));
        if owners[at].is_none() {
            let why = match owner {
                Some(owner) if erased.contains(&owner) && locked.contains(&owner) => standing::gone(),
                Some(owner) if held_back.contains(&owner) => Deed::Edit.refused(),
                _ => unknown_customer(&row.customer),
            };
            outcomes[at] = Some(Outcome::Refused(why));
        }
    }
    Ok(owners)
}

/// Those that the caller may see, but not change.
fn held_back(
    tx: &mut Tx,
    context: &RecordContext,
    ids: &[CustomerId],
    open: &HashSet<CustomerId>,
) -> Result<HashSet<CustomerId>> {
    if *context.scope.rights.of(Deed::Edit) == LevelReach::All || open.len() == ids.len() {
        return Ok(HashSet::new());
    }
    let shut: Vec<CustomerId> = ids.iter().copied().filter(|id| !open.contains(id)).collect();
    Ok(query::within(tx, &context.scope, &shut)?.into_iter().collect())
}

fn make_missing(
    tx: &mut Tx,
    context: &RecordContext,
    rows: &[NewActivity],
    outcomes: &mut [Option<Outcome>],
    known: &mut HashMap<Identity, CustomerId>,
    locked: &mut HashSet<CustomerId>,
) -> Result<()> {
    let mut asked: HashMap<&Identity, Vec<usize>> = HashMap::new();
    let mut order: Vec<(&Identity, NewCustomer)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let CustomerRef::Identity { identity, create: Some(create) } = &row.customer else { continue };
        if outcomes[at].is_some() || known.contains_key(identity) {
            continue;
        }
        let places = asked.entry(identity).or_default();
        if places.is_empty() {
            let mut new = (**create).clone();
            new.identities.push(identity.clone());
            new.import_id = new.import_id.or(context.import_id);
            order.push((identity, new));
        }
        places.push(at);
    }
    if order.is_empty() {
        return Ok(());
    }
    let (names, mut new): (Vec<&Identity>, Vec<NewCustomer>) = order.into_iter().unzip();
    for (identity, made) in names.into_iter().zip(make::create_many(tx, context, &mut new)?) {
        match made {
            Ok(id) => {
                known.insert(identity.clone(), id);
                locked.insert(id);
            }
            Err(error) => {
                for at in asked.remove(identity).unwrap_or_default() {
                    outcomes[at] = Some(Outcome::Refused(error.clone()));
                }
            }
        }
    }
    Ok(())
}

/// The same answer for a customer that isn't there and for one outside the scope.
pub(crate) fn unknown_customer(customer: &CustomerRef) -> Error {
    let (zh, en) = match customer {
        CustomerRef::Id(id) => (id.to_string(), id.to_string()),
        CustomerRef::Identity { identity, .. } => (named(identity), named(identity)),
    };
    Error::invalid(
        "customer_unknown",
        format!("找不到客户“{zh}”，请先建立客户资料，或检查编号。"),
        format!("There is no customer “{en}”; create the customer first, or check the id."),
    )
    .at("customer")
}

pub(crate) fn too_many(rows: usize) -> Error {
    Error::invalid(
        "batch_too_large",
        format!("每批最多 {BATCH_MAX} 条，收到 {rows} 条，请分批提交。"),
        format!("At most {BATCH_MAX} activities in one batch, got {rows}; send them in parts."),
    )
    .at("activities")
}
