//! The merge itself, and the parting.

use super::{Couple, Joiners, MergeId, own, store};
use crate::activity::Change;
use crate::profile::{IDENTITIES_MAX, Status, tokens};
use crate::query::CustomerQuery;
use crate::record::{OwnerChange, OwnerWhy, RecordContext};
use crate::store::customers::{self, Stored};
use crate::store::{identities, search};
use crate::tag::{self, At};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;
use uuid::Uuid;
use zunke_access::Deed;
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Tx, outbox};

/// The topic under which other rooms are told.
const TOPIC: &str = "customer.merged";
pub(super) const REASON_CHARS_MAX: usize = 200;

/// A field of the profile that is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MergeField)]
pub enum Field {
    Name,
    Gender,
    Birthday,
    Region,
    City,
    Note,
    Source,
    JoinedDay,
    OwnerId,
    DepartmentId,
}

impl Field {
    pub const ALL: [Self; 10] = [
        Self::Name,
        Self::Gender,
        Self::Birthday,
        Self::Region,
        Self::City,
        Self::Note,
        Self::Source,
        Self::JoinedDay,
        Self::OwnerId,
        Self::DepartmentId,
    ];

    pub(super) fn word(self) -> String {
        serde_json::to_value(self).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }

    fn get(self, one: &Stored) -> Json {
        match self {
            Self::Name => json!(one.name),
            Self::Gender => json!(one.gender),
            Self::Birthday => json!(one.birthday),
            Self::Region => json!(one.region),
            Self::City => json!(one.city),
            Self::Note => json!(one.note),
            Self::Source => json!(one.source),
            Self::JoinedDay => json!(one.joined_day),
            Self::OwnerId => json!(one.owner_id),
            Self::DepartmentId => json!(one.department_id),
        }
    }

    fn set(self, one: &mut Stored, value: &Json) -> Result<()> {
        fn read<T: serde::de::DeserializeOwned>(value: &Json) -> Result<T> {
            serde_json::from_value(value.clone()).map_err(Error::internal)
        }
        match self {
            Self::Name => one.name = read(value)?,
            Self::Gender => one.gender = read(value)?,
            Self::Birthday => one.birthday = read(value)?,
            Self::Region => (one.region, one.place_from) = (read(value)?, None),
            Self::City => (one.city, one.place_from) = (read(value)?, None),
            Self::Note => one.note = read(value)?,
            Self::Source => one.source = read(value)?,
            Self::JoinedDay => one.joined_day = read(value)?,
            Self::OwnerId => one.owner_id = read(value)?,
            Self::DepartmentId => one.department_id = read(value)?,
        }
        Ok(())
    }
}

/// How two are to be merged.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Fields that are taken from the entry that goes; where the other has none they are taken anyhow.
    pub take: Vec<Field>,
    /// The organisation's own fields and those of the vault that are taken where both have a value.
    pub own: Vec<Uuid>,
    pub sealed: Vec<Uuid>,
    pub reason: String,
}

/// Something that came after a merge and stays where it is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = MergeSince)]
pub struct Since {
    /// `order`, `refund`, `interaction` or `ticket`.
    pub kind: String,
    pub label: String,
    pub at: Instant,
}

/// Both, locked, within the scope, to be changed by whoever asks.
fn both(tx: &mut Tx, context: &RecordContext, (source, target): (CustomerId, CustomerId)) -> Result<(Stored, Stored)> {
    customers::lock(tx, &[source, target])?;
    let query = CustomerQuery::new(&context.scope);
    let (one, other) = (query.find(tx, source)?, query.find(tx, target)?);
    for customer in [&one, &other] {
        context.scope.require(Deed::Edit, customer.headline.level_rank)?;
    }
    Ok((one, other))
}

/// What stands against a merge of these two; nothing is written.
pub(super) fn check(
    tx: &mut Tx,
    (source, target): (&Stored, &Stored),
    now: Instant,
    joiners: &Joiners,
) -> Result<Couple> {
    if source.id == target.id {
        let (zh, en) = ("不能与自己合并。", "A customer cannot be merged with himself.");
        return Err(Error::invalid("merge_itself", zh, en).at("source_id"));
    }
    store::require_own(tx, source.id)?;
    store::require_own(tx, target.id)?;
    if source.kind != target.kind {
        let (zh, en) = ("个人与企业不能合并。", "A person and a company cannot be merged.");
        return Err(Error::conflict("merge_kinds_differ", zh, en));
    }
    if target.status != Status::Active {
        let (zh, en) =
            ("保留的客户已归档，请先恢复。", "The customer who stays is archived; please restore him first.");
        return Err(Error::conflict("merge_archived", zh, en));
    }
    let known: usize = identities::of(tx, &[source.id, target.id])?.values().map(Vec::len).sum();
    if known > IDENTITIES_MAX {
        return Err(Error::conflict(
            "identities_too_many",
            format!("两位客户共有 {known} 个电话、邮箱和编号，最多 {IDENTITIES_MAX} 个，请先清理。"),
            format!("The two have {known} phones, addresses and ids; {IDENTITIES_MAX} is the limit."),
        ));
    }
    let family = store::family(tx, source.id)?;
    let couple = Couple { source: source.id, target: target.id, merged_at: now, family };
    for joiner in &joiners.0 {
        joiner.may_join(tx, &couple)?;
    }
    Ok(couple)
}

/// Merges `source` into `target`: all of it in this transaction, or nothing.
pub fn merge(
    tx: &mut Tx,
    context: &RecordContext,
    (source, target): (CustomerId, CustomerId),
    wish: &Wish,
    joiners: &Joiners,
) -> Result<MergeId> {
    let (mut one, mut other) = both(tx, context, (source, target))?;
    let couple = check(tx, (&one, &other), context.now, joiners)?;
    let activities = crate::store::activities::timeline(tx, source, None, None, u32::MAX)?;
    let owner = other.owner_id;
    let mut fields = Map::new();
    for field in Field::ALL {
        let (mine, theirs) = (field.get(&one), field.get(&other));
        let wanted = wish.take.contains(&field) || (theirs.is_null() && field != Field::OwnerId);
        if wanted && !mine.is_null() && mine != theirs {
            field.set(&mut other, &mine)?;
            fields.insert(field.word(), json!([theirs, mine]));
        }
    }
    let words = own::stricter(tx, context, &couple)?;
    let swapped = own::join(tx, &couple, (&wish.own, &wish.sealed))?;
    let kept = json!({ "fields": fields, "consents": words, "status": one.status, "swapped": swapped });
    let id = MergeId::new(context.now);
    store::insert(tx, (id, source, target), (context.now, context.actor), &wish.reason, &kept)?;
    one.status = Status::Archived;
    customers::update(tx, context.now, &one)?;
    save(tx, context, &other, owner)?;
    search::drop_many(tx, &[source])?;
    let changes: Vec<Change> = activities
        .into_iter()
        .map(|mut activity| {
            activity.customer_id = target;
            Change { customer: target, before: None, after: Some(activity) }
        })
        .collect();
    tell(tx, context, &changes)?;
    for joiner in &joiners.0 {
        joiner.joined(tx, context, &couple)?;
    }
    tag::refresh_all(tx, &At::of(context), &[source, target])?;
    let told = json!({ "customer_id": source, "into": target, "merge_id": id });
    outbox::send(tx, context.now, TOPIC, &target.to_string(), &told)?;
    Ok(id)
}

/// Parts what was merged: gives back exactly what came from the entry; answers what came since and stays.
pub fn unmerge(
    tx: &mut Tx,
    context: &RecordContext,
    target: CustomerId,
    id: MergeId,
    joiners: &Joiners,
) -> Result<Vec<Since>> {
    let source = store::find(tx, target, id)?.source_id;
    let (mut one, mut other) = both(tx, context, (source, target))?;
    let merged = store::find(tx, target, id)?;
    if merged.undone {
        let (zh, en) = ("该合并已撤销。", "This merge was taken back already.");
        return Err(Error::conflict("merge_undone", zh, en));
    }
    store::require_own(tx, target)?;
    let family = store::family(tx, source)?;
    let couple = Couple { source, target, merged_at: merged.merged_at, family };
    for joiner in &joiners.0 {
        joiner.may_join(tx, &Couple { source: target, target, ..couple.clone() })?;
    }
    let mut since = Vec::new();
    for joiner in &joiners.0 {
        since.extend(joiner.since(tx, &couple)?);
    }
    let activities = own::returning(tx, &couple)?;
    for joiner in &joiners.0 {
        joiner.parting(tx, context, &couple)?;
    }
    own::part(tx, &couple, &merged.kept["swapped"])?;
    let words: Vec<(Instant, Uuid)> =
        serde_json::from_value(merged.kept["consents"].clone()).map_err(Error::internal)?;
    for (at, word) in words {
        let sql = "DELETE FROM consents WHERE customer_id = $1 AND said_at = $2 AND consent_id = $3";
        tx.execute(sql, &[target.into(), at.into(), word.into()])?;
    }
    let owner = other.owner_id;
    for field in Field::ALL {
        // What somebody changed since stays as he set it.
        let Some(pair) = merged.kept["fields"].get(field.word()) else { continue };
        if field.get(&other) == pair[1] {
            field.set(&mut other, &pair[0])?;
        }
    }
    store::undo(tx, (id, source, target), (context.now, context.actor))?;
    one.status = serde_json::from_value(merged.kept["status"].clone()).map_err(Error::internal)?;
    customers::update(tx, context.now, &one)?;
    save(tx, context, &other, owner)?;
    let mine = identities::of(tx, &[source])?.remove(&source).unwrap_or_default();
    search::put_many(tx, &[(source, tokens(&one.name, &mine))], false)?;
    let changes: Vec<Change> = activities
        .into_iter()
        .map(|activity| {
            let mut after = activity.clone();
            after.customer_id = source;
            Change { customer: source, before: Some(activity), after: Some(after) }
        })
        .collect();
    tell(tx, context, &changes)?;
    tag::refresh_all(tx, &At::of(context), &[source, target])?;
    Ok(since)
}

/// Writes the customer who stays, with his search words; tells of another owner.
fn save(
    tx: &mut Tx,
    context: &RecordContext,
    customer: &Stored,
    owner: Option<zunke_kernel::id::StaffId>,
) -> Result<()> {
    customers::update(tx, context.now, customer)?;
    let known = identities::of(tx, &[customer.id])?.remove(&customer.id).unwrap_or_default();
    search::put_many(tx, &[(customer.id, tokens(&customer.name, &known))], false)?;
    if customer.owner_id != owner {
        let change = OwnerChange {
            customer: customer.id,
            rank: customer.headline.level_rank,
            from: owner,
            to: customer.owner_id,
            why: OwnerWhy::ByHand,
        };
        context.observers.owned(tx, context, &[change])?;
    }
    Ok(())
}

fn tell(tx: &mut Tx, context: &RecordContext, changes: &[Change]) -> Result<()> {
    for observer in context.observers.0.iter().filter(|_| !changes.is_empty()) {
        observer.moved(tx, context, changes)?;
    }
    Ok(())
}

/// Fields in which the two differ and both have something: the field, of the one who stays, of the one who goes.
pub(super) fn differing(source: &Stored, target: &Stored) -> Vec<(Field, Json, Json)> {
    Field::ALL
        .into_iter()
        .map(|field| (field, field.get(target), field.get(source)))
        .filter(|(_, target, source)| !target.is_null() && !source.is_null() && target != source)
        .collect()
}
