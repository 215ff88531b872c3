//! Whose the rows of a chunk are: matched by the file's own customer id, else by phone, else by e-mail; made where
//! nobody matches. An empty cell never blanks what is filled, and an identity never moves from one customer to another.

use super::draft::Person;
use crate::activity::CustomerRef;
use crate::category;
use crate::custom;
use crate::identity::{Identity, IdentityKind};
use crate::profile::{CustomerKind, Gender, NewCustomer, tokens};
use crate::query;
use crate::record::{RecordContext, unknown_customer};
use crate::store::customers::{self, Stored};
use crate::store::{for_each_in, identities, search};
use std::collections::{HashMap, HashSet};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Tx, Value};

/// How the file's data stands to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// A file of customers: what it says counts.
    Overwrite,
    /// A file of orders: it only fills what is blank.
    Blanks,
}

/// The identities that a person of a file has, the surest first.
pub fn identities_of(source: &str, person: &Person) -> Result<Vec<Identity>> {
    let key = person.key.as_deref().map(|key| Identity::external(source, key)).transpose()?.flatten();
    let phone = person.phone.as_deref().map(Identity::phone).transpose()?.flatten();
    let email = person.email.as_deref().map(Identity::email).transpose()?.flatten();
    Ok([key, phone, email].into_iter().flatten().collect())
}

/// Who is who in one chunk.
pub struct People {
    /// Per person of the chunk.
    pub refs: Vec<Result<CustomerRef>>,
    /// Customers whose own data changed.
    pub changed: u64,
}

/// Finds the customers of a chunk with a fixed number of statements, fills their data, and prepares those to be made.
pub fn settle(
    tx: &mut Tx,
    context: &RecordContext,
    source: &str,
    persons: &[(&Person, Option<Instant>)],
    fill: Fill,
) -> Result<People> {
    let named: Vec<Result<Vec<Identity>>> = persons.iter().map(|(person, _)| identities_of(source, person)).collect();
    let known = identities::resolve(tx, named.iter().flatten().flatten())?;
    let mut matched: Vec<Option<CustomerId>> = Vec::with_capacity(persons.len());
    let by_contact: Vec<CustomerId> = named
        .iter()
        .flatten()
        .filter(|all| {
            all.first().is_some_and(|first| first.kind() == IdentityKind::External && !known.contains_key(first))
        })
        .filter_map(|all| all.iter().find_map(|identity| known.get(identity)).copied())
        .collect();
    let theirs = identities::of(tx, &by_contact)?;
    // A key that this chunk already gave to a customer found by phone.
    let mut given: HashMap<Identity, CustomerId> = HashMap::new();
    let mut holders: HashSet<CustomerId> = HashSet::new();
    for all in &named {
        let all = all.as_ref().map_or(&[][..], Vec::as_slice);
        let Some(first) = all.first() else {
            matched.push(None);
            continue;
        };
        let found = known.get(first).or(given.get(first)).copied().or_else(|| {
            let found = all.iter().find_map(|identity| known.get(identity)).copied()?;
            // Somebody with another id of the same system is somebody else who shares the number.
            let other = theirs.get(&found).is_some_and(|known| {
                known.iter().any(|identity| identity.kind() == IdentityKind::External && identity.source() == source)
            });
            if first.kind() != IdentityKind::External {
                return Some(found);
            }
            if other || !holders.insert(found) {
                return None;
            }
            given.insert(first.clone(), found);
            Some(found)
        });
        matched.push(found);
    }
    let hidden = hidden(tx, context, matched.iter().flatten().copied())?;
    let outside: Vec<bool> = matched.iter().map(|id| id.is_some_and(|id| hidden.contains(&id))).collect();
    for (id, outside) in matched.iter_mut().zip(&outside) {
        *id = id.filter(|_| !outside);
    }
    let stuck = category::stuck(tx, context, matched.iter().zip(persons).map(|(id, one)| (*id, one.0.category)))?;
    for (id, stuck) in matched.iter_mut().zip(&stuck) {
        *id = id.filter(|_| stuck.is_none());
    }
    let changed = update(tx, context, persons, &named, &matched, &known, fill)?;
    let places = places(persons, &named, fill);
    // Whoever was erased by law is not taken in again, whichever of his numbers the row names.
    let erased = crate::privacy::owners(tx, named.iter().flatten().flatten())?;
    let mut promised: HashMap<Identity, usize> = HashMap::new();
    let mut refs: Vec<Result<CustomerRef>> = Vec::with_capacity(persons.len());
    for (at, all) in named.into_iter().enumerate() {
        refs.push(match (matched[at], all) {
            (_, Err(error)) => Err(error),
            (_, Ok(_)) if stuck[at].is_some() => Err(stuck[at].clone().unwrap_or_else(Error::not_found)),
            (None, Ok(all)) if outside[at] => Err(unknown(all)),
            (Some(id), _) => Ok(CustomerRef::Id(id)),
            (None, Ok(all)) if all.iter().any(|identity| erased.contains_key(identity)) => {
                let first = all.iter().find(|identity| erased.contains_key(identity));
                Err(crate::privacy::refused(&first.map(Identity::masked).unwrap_or_default()))
            }
            (None, Ok(all)) => Ok(reference(context, persons[at].0, all, &known, &mut promised, at, &places)?),
        });
    }
    Ok(People { refs, changed })
}

/// Those of them that the starter of the import may not see: for him they are not there, and nobody else may be made
/// under their numbers.
pub(super) fn hidden(
    tx: &mut Tx,
    context: &RecordContext,
    customers: impl IntoIterator<Item = CustomerId>,
) -> Result<HashSet<CustomerId>> {
    if context.scope.is_all() {
        return Ok(HashSet::new());
    }
    let mut ids: HashSet<CustomerId> = customers.into_iter().collect();
    for seen in query::within(tx, &context.scope, &ids.iter().copied().collect::<Vec<_>>())? {
        ids.remove(&seen);
    }
    Ok(ids)
}

/// What a row is refused with whose customer may not be seen: the words for one that isn't there.
pub(super) fn unknown(all: Vec<Identity>) -> Error {
    match all.into_iter().next() {
        Some(identity) => unknown_customer(&CustomerRef::Identity { identity, create: None }),
        None => Error::internal("a person without an identity"),
    }
}

/// A customer to be made under the first identity, with those of the others that nobody has.
fn reference(
    context: &RecordContext,
    person: &Person,
    all: Vec<Identity>,
    known: &HashMap<Identity, CustomerId>,
    promised: &mut HashMap<Identity, usize>,
    at: usize,
    places: &HashMap<Identity, Place>,
) -> Result<CustomerRef> {
    let mut rest = all.into_iter();
    let first = rest.next().ok_or_else(|| Error::internal("a person without an identity"))?;
    let owner = *promised.entry(first.clone()).or_insert(at);
    let free: Vec<Identity> = rest
        .filter(|identity| !known.contains_key(identity) && *promised.entry(identity.clone()).or_insert(owner) == owner)
        .collect();
    let given = Place { from: None, region: person.region.clone(), city: person.city.clone() };
    let Place { from: place_from, region, city } = places.get(&first).cloned().unwrap_or(given);
    let mut create = NewCustomer {
        kind: if person.company == Some(true) { CustomerKind::Company } else { CustomerKind::Person },
        name: person.name.clone().unwrap_or_default(),
        gender: person.gender.and_then(Gender::read),
        birthday: person.birthday,
        region,
        city,
        place_from,
        note: person.note.clone(),
        joined_day: person.joined,
        fields: person.fields.clone(),
        identities: free,
        import_id: context.import_id,
        ..NewCustomer::default()
    };
    create.source = Some(first.source()).filter(|source| !source.is_empty()).map(str::to_owned);
    Ok(CustomerRef::Identity { identity: first, create: Some(Box::new(create)) })
}

/// Writes what the file knows more of customers that are there.
fn update(
    tx: &mut Tx,
    context: &RecordContext,
    persons: &[(&Person, Option<Instant>)],
    named: &[Result<Vec<Identity>>],
    matched: &[Option<CustomerId>],
    known: &HashMap<Identity, CustomerId>,
    fill: Fill,
) -> Result<u64> {
    let mut asked: Vec<CustomerId> = Vec::new();
    for (at, id) in matched.iter().enumerate() {
        let Some(id) = id else { continue };
        let new_identity = named[at].iter().flatten().any(|identity| !known.contains_key(identity));
        if new_identity || says_something(persons[at].0) {
            asked.push(*id);
        }
    }
    if asked.is_empty() {
        return Ok(0);
    }
    customers::lock(tx, &asked)?;
    asked.sort_unstable();
    asked.dedup();
    let mut stored = load(tx, &asked)?;
    let mut theirs = identities::of(tx, &asked)?;
    let mut touched: HashSet<CustomerId> = HashSet::new();
    let mut claims: Vec<(Identity, CustomerId)> = Vec::new();
    let mut values = Vec::new();
    for (at, id) in matched.iter().enumerate() {
        let Some((id, customer)) = id.and_then(|id| Some((id, stored.get_mut(&id)?))) else { continue };
        let own = theirs.entry(id).or_default();
        values.extend(persons[at].0.fields.iter().map(|(field, value)| (id, *field, Some(value.clone()))));
        if apply(customer, persons[at].0, persons[at].1, fill, own.first()) {
            touched.insert(id);
        }
        for identity in named[at].iter().flatten() {
            let claimed = claims.iter().any(|(other, _)| other == identity);
            if !known.contains_key(identity) && !claimed && own.len() < crate::profile::IDENTITIES_MAX {
                own.push(identity.clone());
                claims.push((identity.clone(), id));
            }
        }
    }
    touched.extend(custom::write(tx, context.now, context.actor, context.import_id, &values)?);
    let lost = identities::claim(tx, &claims)?;
    let mut kept: Vec<(CustomerId, &Identity, i64)> = Vec::new();
    for (identity, id) in claims.iter().filter(|(identity, _)| !lost.contains_key(identity)) {
        let place = theirs.get(id).and_then(|own| own.iter().position(|other| other == identity)).unwrap_or(0);
        kept.push((*id, identity, i64::try_from(place).unwrap_or(0)));
        touched.insert(*id);
    }
    identities::insert(tx, &kept)?;
    let mut found = Vec::with_capacity(touched.len());
    for id in &touched {
        let Some(customer) = stored.get(id) else { continue };
        customers::update(tx, context.now, customer)?;
        let own = theirs.get(id).map_or(&[][..], Vec::as_slice);
        found.push((*id, tokens(&customer.name, own)));
    }
    search::put_many(tx, &found, false)?;
    Ok(touched.len() as u64)
}

fn load(tx: &mut Tx, ids: &[CustomerId]) -> Result<HashMap<CustomerId, Stored>> {
    let values: Vec<Value> = ids.iter().map(|id| (*id).into()).collect();
    let sql = format!("SELECT {} FROM customers c WHERE c.customer_id IN ({{list}})", customers::columns());
    let mut stored = HashMap::with_capacity(ids.len());
    for_each_in(tx, &sql, &[], &values, &mut |row| {
        let customer = customers::read(row)?;
        stored.insert(customer.id, customer);
        Ok(())
    })?;
    Ok(stored)
}

/// Where a customer is, and when the order happened that said so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    from: Option<Instant>,
    region: Option<String>,
    city: Option<String>,
}

impl Place {
    fn of(person: &Person, from: Option<Instant>) -> Option<Self> {
        let place = Self { from, region: person.region.clone(), city: person.city.clone() };
        (place.region.is_some() || place.city.is_some()).then_some(place)
    }
}

/// Of orders the earliest one that names a place decides, so that it is the same in whatever order they are loaded.
fn places(
    persons: &[(&Person, Option<Instant>)],
    named: &[Result<Vec<Identity>>],
    fill: Fill,
) -> HashMap<Identity, Place> {
    let mut places: HashMap<Identity, Place> = HashMap::new();
    if fill == Fill::Overwrite {
        return places;
    }
    for (at, (person, time)) in persons.iter().enumerate() {
        let first = named[at].as_ref().ok().and_then(|all| all.first());
        let (Some(first), Some(place)) = (first, Place::of(person, *time)) else { continue };
        let kept = places.entry(first.clone()).or_insert_with(|| place.clone());
        if place < *kept {
            *kept = place;
        }
    }
    places
}

fn put_place(customer: &mut Stored, person: &Person, time: Option<Instant>, fill: Fill) -> bool {
    let Some(said) = Place::of(person, time) else { return false };
    if fill == Fill::Overwrite {
        let mut changed = false;
        for (to, new) in [(&mut customer.region, said.region), (&mut customer.city, said.city)] {
            if new.is_some() && *to != new {
                *to = new;
                changed = true;
            }
        }
        // What a file of customers says stands against any order.
        changed |= customer.place_from.take().is_some();
        return changed;
    }
    let known = Place { from: customer.place_from, region: customer.region.clone(), city: customer.city.clone() };
    let blank = known.region.is_none() && known.city.is_none();
    if !blank && (known.from.is_none() || known <= said) {
        return false;
    }
    (customer.region, customer.city, customer.place_from) = (said.region, said.city, said.from);
    true
}

fn says_something(person: &Person) -> bool {
    person.name.is_some()
        || person.company.is_some()
        || person.gender.is_some()
        || person.birthday.is_some()
        || person.region.is_some()
        || person.city.is_some()
        || person.note.is_some()
        || person.joined.is_some()
        || !person.fields.is_empty()
}

/// Brings a person's data into a customer; answers whether anything changed.
fn apply(customer: &mut Stored, person: &Person, time: Option<Instant>, fill: Fill, first: Option<&Identity>) -> bool {
    fn put<T: PartialEq + Clone>(to: &mut Option<T>, from: Option<&T>, fill: Fill) -> bool {
        match from {
            Some(new) if to.is_none() || (fill == Fill::Overwrite && to.as_ref() != Some(new)) => {
                *to = Some(new.clone());
                true
            }
            _ => false,
        }
    }
    let mut changed = false;
    if let Some(name) = &person.name {
        // A customer without a name is called by an identity, masked: that is as good as blank.
        let nameless = first.is_some_and(|identity| identity.masked() == customer.name);
        if *name != customer.name && (fill == Fill::Overwrite || nameless) {
            customer.name.clone_from(name);
            changed = true;
        }
    }
    if let Some(company) = person.company.filter(|_| fill == Fill::Overwrite) {
        let kind = if company { CustomerKind::Company } else { CustomerKind::Person };
        changed |= std::mem::replace(&mut customer.kind, kind) != kind;
    }
    changed |= put(&mut customer.gender, person.gender.and_then(Gender::read).as_ref(), fill);
    changed |= put(&mut customer.birthday, person.birthday.as_ref(), fill);
    changed |= put_place(customer, person, time, fill);
    changed |= put(&mut customer.note, person.note.as_ref(), fill);
    changed |= put(&mut customer.joined_day, person.joined.as_ref(), fill);
    changed
}
