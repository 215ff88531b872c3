//! Making and changing customers: the rules that the API, imports and the demo company pass through.

use crate::custom;
use crate::identity::Identity;
use crate::privacy::standing;
use crate::profile::{self, CustomerKind, Gender, NewCustomer, Status};
use crate::query::CustomerQuery;
use crate::record::{Observer, OwnerChange, OwnerWhy, RecordContext};
use crate::store::customers::{self, Stored};
use crate::store::tags::{self, Tag};
use crate::store::{TagId, identities, search};
use crate::tag::{self, At, Part};
use std::collections::HashMap;
use std::sync::Arc;
use zunke_access::{Deed, Reach, Scope};
use zunke_http::{Change, IfMatch};
use zunke_kernel::id::{CustomerId, DepartmentId, StaffId};
use zunke_kernel::{Day, Error, Instant, Result};
use zunke_store::Tx;

/// Makes customers; per customer its id, or why not. Checked and brought into their kept form on the way. Who sees
/// only a part of the customers makes them in his part.
pub fn create_many(
    tx: &mut Tx,
    context: &RecordContext,
    customers: &mut [NewCustomer],
) -> Result<Vec<Result<CustomerId>>> {
    let mut answers: Vec<Option<Result<CustomerId>>> = Vec::with_capacity(customers.len());
    for customer in customers.iter_mut() {
        place(&context.scope, customer);
        let checked = customer.check(context.today).and_then(|()| {
            let seen = context.scope.sees(customer.owner_id, customer.department_id, 0);
            if seen { context.scope.require(Deed::Edit, 0) } else { Err(outside_scope()) }
        });
        answers.push(checked.err().map(Err));
    }
    let good: Vec<usize> = (0..customers.len()).filter(|at| answers[*at].is_none()).collect();
    let refs: Vec<&NewCustomer> = good.iter().map(|at| &customers[*at]).collect();
    let made = customers::insert_many(tx, context.now, &refs)?;
    let why = if context.import_id.is_some() { OwnerWhy::Import } else { OwnerWhy::ByHand };
    let owned: Vec<OwnerChange> = (refs.iter().zip(&made))
        .filter_map(|(new, made)| Some((made.as_ref().ok()?, new.owner_id?)))
        .map(|(id, owner)| OwnerChange { customer: *id, rank: 0, from: None, to: Some(owner), why })
        .collect();
    for (at, made) in good.into_iter().zip(made) {
        answers[at] = Some(match made {
            Ok(id) => Ok(id),
            Err((identity, owner)) => Err(taken(tx, &context.scope, &identity, owner)?),
        });
    }
    let new: Vec<CustomerId> = answers.iter().flatten().flatten().copied().collect();
    context.observers.created(tx, context, &new)?;
    if context.import_id.is_none() {
        tag::refresh_all(tx, &At::of(context), &new)?;
    } else {
        context.observers.edited(tx, context.now, context.today, &new)?;
    }
    context.observers.owned(tx, context, &owned)?;
    answers
        .into_iter()
        .map(|answer| answer.ok_or_else(|| Error::internal("a customer of the batch was left without an answer")))
        .collect()
}

/// Makes one customer.
pub fn create(tx: &mut Tx, context: &RecordContext, customer: NewCustomer) -> Result<CustomerId> {
    let mut batch = [customer];
    create_many(tx, context, &mut batch)?.pop().unwrap_or_else(|| Err(Error::internal("no answer for a customer")))
}

/// A new customer without owner or department gets those of the one who makes it.
fn place(scope: &Scope, customer: &mut NewCustomer) {
    match &scope.reach {
        Reach::Own(staff) => customer.owner_id = customer.owner_id.or(Some(*staff)),
        Reach::Department(departments) => {
            customer.department_id = customer.department_id.or(departments.first().copied());
        }
        Reach::All => {}
    }
}

/// What changes of a customer.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    pub kind: Option<CustomerKind>,
    pub name: Option<String>,
    pub gender: Change<Gender>,
    pub birthday: Change<Day>,
    pub region: Change<String>,
    pub city: Change<String>,
    pub note: Change<String>,
    pub source: Change<String>,
    pub joined_day: Change<Day>,
    pub owner_id: Change<StaffId>,
    pub department_id: Change<DepartmentId>,
    /// All identities from now on; `None` leaves them.
    pub identities: Option<Vec<Identity>>,
    /// Values of fields of our own that change, checked.
    pub fields: custom::Changes,
    /// Identities to be added to those that are there: for imports.
    pub add_identities: Vec<Identity>,
}

/// Changes one customer within the scope; answers it as it then is. All faults are named at once.
pub fn update(
    tx: &mut Tx,
    context: &RecordContext,
    id: CustomerId,
    if_match: IfMatch,
    patch: &Patch,
) -> Result<Stored> {
    let mut customer = own(tx, context, id, Deed::Edit)?;
    if_match.check(customer.version)?;
    let mut faults = Vec::new();
    if let Some(name) = &patch.name {
        name.trim().clone_into(&mut customer.name);
        faults.extend(profile::check_name(&customer.name));
    }
    customer.kind = patch.kind.unwrap_or(customer.kind);
    customer.gender = patch.gender.over(customer.gender);
    if patch.birthday != Change::Keep {
        customer.birthday = patch.birthday.over(customer.birthday);
        faults.extend(customer.birthday.and_then(|day| profile::check_birthday(day, context.today)));
    }
    if patch.joined_day != Change::Keep {
        customer.joined_day = patch.joined_day.over(customer.joined_day);
        faults.extend(customer.joined_day.and_then(|day| profile::check_joined(day, context.today)));
    }
    if patch.region != Change::Keep || patch.city != Change::Keep {
        // From now on a person has said it, and no order says otherwise.
        customer.place_from = None;
    }
    for (text, change, field, max) in [
        (&mut customer.region, &patch.region, "region", profile::PLACE_CHARS_MAX),
        (&mut customer.city, &patch.city, "city", profile::PLACE_CHARS_MAX),
        (&mut customer.note, &patch.note, "note", profile::NOTE_CHARS_MAX),
        (&mut customer.source, &patch.source, "source", profile::SOURCE_CHARS_MAX),
    ] {
        *text = change.clone().over(text.take()).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        faults.extend(text.as_deref().and_then(|text| profile::check_text(text, field, max)));
    }
    let owned = owner_change(&customer, patch.owner_id.over(customer.owner_id), OwnerWhy::ByHand);
    customer.owner_id = patch.owner_id.over(customer.owner_id);
    customer.department_id = patch.department_id.over(customer.department_id);
    let before = identities::of(tx, &[id])?.remove(&id).unwrap_or_default();
    let mut after = patch.identities.clone().unwrap_or_else(|| before.clone());
    after.extend(patch.add_identities.iter().cloned());
    let mut seen = std::collections::HashSet::new();
    after.retain(|identity| seen.insert(identity.clone()));
    if after.len() > profile::IDENTITIES_MAX {
        faults.push(too_many_identities());
    }
    if let Some(error) = Error::gather(faults) {
        return Err(error);
    }
    let known_changed = after != before;
    if known_changed {
        exchange(tx, context, id, &before, &after)?;
    }
    let values: Vec<_> = patch.fields.iter().map(|(field, value)| (id, *field, value.clone())).collect();
    custom::write(tx, context.now, context.actor, context.import_id, &values)?;
    customers::update(tx, context.now, &customer)?;
    context.observers.owned(tx, context, owned.as_slice())?;
    follow(tx, context, &[id], &[Part::Profile])?;
    if known_changed || patch.name.is_some() {
        search::put_many(tx, &[(id, profile::tokens(&customer.name, &after))], false)?;
    }
    CustomerQuery::system().find(tx, id)
}

fn exchange(
    tx: &mut Tx,
    context: &RecordContext,
    id: CustomerId,
    before: &[Identity],
    after: &[Identity],
) -> Result<()> {
    let gone: Vec<Identity> = before.iter().filter(|identity| !after.contains(identity)).cloned().collect();
    let claims: Vec<(Identity, CustomerId)> =
        after.iter().filter(|identity| !before.contains(identity)).map(|identity| (identity.clone(), id)).collect();
    identities::release(tx, &gone, id)?;
    let lost = identities::claim(tx, &claims)?;
    if let Some((identity, owner)) = lost.iter().next() {
        return Err(taken(tx, &context.scope, identity, *owner)?);
    }
    identities::clear(tx, id)?;
    let rows: Vec<_> = after.iter().zip(0..).map(|(identity, place)| (id, identity, place)).collect();
    identities::insert(tx, &rows)
}

/// Archives a customer or brings it back; its history stays. Doing it twice is no fault.
pub fn set_status(tx: &mut Tx, context: &RecordContext, id: CustomerId, status: Status) -> Result<Stored> {
    let mut customer = own(tx, context, id, Deed::Archive)?;
    if customer.status != status {
        customer.status = status;
        customers::update(tx, context.now, &customer)?;
        // A rule holds for active customers only, so that all of them are asked.
        tag::refresh_all(tx, &At::of(context), &[id])?;
        customer.version += 1;
        customer.updated_at = context.now;
    }
    Ok(customer)
}

/// Gives customers to an owner or a department; those outside the scope, or not to be changed, are passed over. Answers how many changed.
pub fn assign_many(
    tx: &mut Tx,
    context: &RecordContext,
    ids: &[CustomerId],
    owner: Change<StaffId>,
    department: Change<DepartmentId>,
) -> Result<usize> {
    let seen = crate::query::within(tx, &context.scope.for_deed(Deed::Edit), ids)?;
    let there = customers::lock(tx, &seen)?;
    let (mut changed, mut owned) = (Vec::new(), Vec::new());
    for id in there {
        let mut customer = CustomerQuery::system().find(tx, id)?;
        let (owner, department) = (owner.over(customer.owner_id), department.over(customer.department_id));
        if (owner, department) != (customer.owner_id, customer.department_id) {
            owned.extend(owner_change(&customer, owner, OwnerWhy::ByHand));
            (customer.owner_id, customer.department_id) = (owner, department);
            customers::update(tx, context.now, &customer)?;
            changed.push(id);
        }
    }
    context.observers.owned(tx, context, &owned)?;
    follow(tx, context, &changed, &[Part::Profile])?;
    Ok(changed.len())
}

fn owner_change(customer: &Stored, to: Option<StaffId>, why: OwnerWhy) -> Option<OwnerChange> {
    let (rank, from) = (customer.headline.level_rank, customer.owner_id);
    (from != to).then_some(OwnerChange { customer: customer.id, rank, from, to, why })
}

/// Gives customers to an owner, for rooms above that have chosen him: a few statements for any number of customers.
/// The observers are told why. Answers whom it changed.
pub fn give_many(
    tx: &mut Tx,
    context: &RecordContext,
    ids: &[CustomerId],
    owner: Option<StaffId>,
    why: OwnerWhy,
) -> Result<Vec<OwnerChange>> {
    let seen = crate::query::within(tx, &context.scope.for_deed(Deed::Edit), ids)?;
    let there = customers::lock(tx, &seen)?;
    let owned = customers::give(tx, context.now, &there, owner, why)?;
    let changed: Vec<CustomerId> = owned.iter().map(|change| change.customer).collect();
    context.observers.owned(tx, context, &owned)?;
    follow(tx, context, &changed, &[Part::Profile])?;
    Ok(owned)
}

/// Whom identities belong to, within the scope: for imports. Set queries only.
pub fn resolve_many(tx: &mut Tx, scope: &Scope, wanted: &[Identity]) -> Result<HashMap<Identity, CustomerId>> {
    let mut found = identities::resolve(tx, wanted)?;
    if !scope.is_all() {
        let ids: Vec<CustomerId> = found.values().copied().collect();
        let seen: std::collections::HashSet<CustomerId> = crate::query::within(tx, scope, &ids)?.into_iter().collect();
        found.retain(|_, id| seen.contains(id));
    }
    Ok(found)
}

/// Takes customers away for good, with what this room keeps of them: for the undo of an import. Those that have
/// activities stay; answers how many went. Observers are told first, so that rooms above take away what is theirs.
pub fn remove_many(tx: &mut Tx, now: Instant, ids: &[CustomerId], observers: &[Arc<dyn Observer>]) -> Result<u64> {
    let there = customers::lock(tx, ids)?;
    let values: Vec<zunke_store::Value> = there.iter().map(|id| (*id).into()).collect();
    let mut busy = std::collections::HashSet::new();
    crate::store::for_each_in(
        tx,
        "SELECT DISTINCT customer_id FROM activities WHERE customer_id IN ({list})",
        &[],
        &values,
        &mut |row| {
            busy.insert(row.id(0, CustomerId)?);
            Ok(())
        },
    )?;
    let idle: Vec<CustomerId> = there.into_iter().filter(|id| !busy.contains(id)).collect();
    if idle.is_empty() {
        return Ok(0);
    }
    for observer in observers {
        observer.removed(tx, now, &idle)?;
    }
    customers::remove_many(tx, &idle)
}

/// Tags by rule follow the change, and the rooms above. An import asks rules once for everyone, at its end.
fn follow(tx: &mut Tx, context: &RecordContext, ids: &[CustomerId], touched: &[Part]) -> Result<()> {
    if context.import_id.is_some() {
        return context.observers.edited(tx, context.now, context.today, ids).map(|_| ());
    }
    tag::refresh(tx, &At::of(context), ids, touched)
}

/// One customer within the scope to whom this may be done, alone with it.
fn own(tx: &mut Tx, context: &RecordContext, id: CustomerId, deed: Deed) -> Result<Stored> {
    customers::lock(tx, &[id])?;
    let customer = CustomerQuery::new(&context.scope).find(tx, id)?;
    context.scope.require(deed, customer.headline.level_rank)?;
    standing::require_free(tx, id)?;
    crate::merge::require_own(tx, id)?;
    Ok(customer)
}

/// Whose an identity is, said only to those who may see him.
fn taken(tx: &mut Tx, scope: &Scope, identity: &Identity, owner: CustomerId) -> Result<Error> {
    let shown = identity.masked();
    if standing::among(tx, &[owner], &[standing::State::Erased])?.contains(&owner) {
        return Ok(crate::privacy::refused(&shown).at(field_of(identity)));
    }
    let (zh, en) = match CustomerQuery::new(scope).find(tx, owner) {
        Ok(other) => (
            format!("“{shown}”已属于客户“{}”（{owner}），每个电话、邮箱或外部编号只能属于一位客户。", other.name),
            format!("“{shown}” belongs to the customer “{}” ({owner}) already.", other.name),
        ),
        Err(error) if error.kind == zunke_kernel::Kind::NotFound => (
            format!("“{shown}”已被其他客户使用，每个电话、邮箱或外部编号只能属于一位客户。"),
            format!("“{shown}” belongs to another customer already."),
        ),
        Err(error) => return Err(error),
    };
    Ok(Error::conflict("identity_taken", zh, en).at(field_of(identity)))
}

fn field_of(identity: &Identity) -> &'static str {
    match identity.kind() {
        crate::IdentityKind::Phone => "phones",
        crate::IdentityKind::Email => "emails",
        crate::IdentityKind::External => "external_ids",
    }
}

fn outside_scope() -> Error {
    Error::new(
        zunke_kernel::Kind::Forbidden,
        "outside_scope",
        "该客户的负责人、部门或等级不在您的权限范围内，请调整后再保存。",
        "A customer of this owner, department or level is outside of what you may see; please choose others.",
    )
}

fn too_many_identities() -> Error {
    let max = profile::IDENTITIES_MAX;
    Error::invalid(
        "identities_too_many",
        format!("每位客户最多 {max} 个电话、邮箱和外部编号。"),
        format!("At most {max} phones, addresses and external ids per customer."),
    )
}

/// Gives customers a tag by its name, which is made where it is not there yet; answers how many did not have it.
pub fn tag_many(tx: &mut Tx, now: Instant, name: &str, colour: &str, customers: &[CustomerId]) -> Result<usize> {
    let id = match tags::named(tx, name)? {
        Some(id) => id,
        None => TagId::new(now),
    };
    let tag = Tag::by_hand(id, name, colour);
    tags::insert(tx, now, &tag)?;
    tags::give(tx, now, None, &tag, customers)
}
