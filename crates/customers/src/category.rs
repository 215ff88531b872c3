//! Moving customers between categories, and taking a move back. One set of categories; a customer stands in one or none.

use crate::query::within;
use crate::record::RecordContext;
use crate::store::categories::{self, CategoryMove, Step};
use crate::store::{CategoryId, MoveId, customers};
use crate::tag::{self, At, Part};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use zunke_access::Deed;
use zunke_kernel::id::{CustomerId, ImportId};
use zunke_kernel::{Error, Result};
use zunke_store::Tx;

/// Moves customers whom the caller may move; those who stand there already are passed over. `None` where nobody moves.
pub fn shift(
    tx: &mut Tx,
    context: &RecordContext,
    ids: &[CustomerId],
    to: Option<CategoryId>,
) -> Result<Option<CategoryMove>> {
    if let Some(to) = to {
        categories::lock(tx, to)?.ok_or_else(unknown)?;
    }
    let open = within(tx, &context.scope.for_deed(Deed::Categorise), ids)?;
    let there = customers::lock(tx, &open)?;
    let before = categories::of(tx, &there)?;
    let steps: Vec<Step> = there
        .iter()
        .map(|id| Step { customer: *id, before: before.get(id).copied().flatten(), after: to })
        .filter(|step| step.before != step.after)
        .collect();
    write(tx, context, &steps, to)
}

/// What became of an undoing.
#[derive(Clone, Debug, Default)]
pub struct Undone {
    /// The move back, which can be undone itself.
    pub back: Option<CategoryMove>,
    /// Whom somebody has moved since, or the caller may not move, or whose category is gone: they were left.
    pub left: Vec<CustomerId>,
}

/// Takes a move back: everybody whom nobody has moved since goes where he came from.
pub fn undo(tx: &mut Tx, context: &RecordContext, id: MoveId) -> Result<Undone> {
    let one = categories::lock_move(tx, id)?.ok_or_else(Error::not_found)?;
    if one.undone_at.is_some() {
        return Err(Error::conflict("move_undone", "这次移动已经撤销过了。", "This move has been undone already."));
    }
    let all: Vec<CustomerId> = categories::steps(tx, id)?.into_iter().map(|(step, _)| step.customer).collect();
    let there = customers::lock(tx, &all)?;
    // Read again now that nobody else can move them.
    let steps = categories::steps(tx, id)?;
    let open: HashSet<CustomerId> =
        within(tx, &context.scope.for_deed(Deed::Categorise), &there)?.into_iter().collect();
    let known: HashSet<CategoryId> = categories::all(tx)?.into_iter().map(|one| one.id).collect();
    let now_in: HashMap<_, _> = categories::of(tx, &there)?;
    let mut back = Vec::new();
    let mut left = Vec::new();
    for (step, newest) in steps {
        let Some(stands) = now_in.get(&step.customer) else { continue };
        let reachable = step.before.is_none_or(|id| known.contains(&id));
        if newest && *stands == step.after && reachable && open.contains(&step.customer) {
            back.push(Step { customer: step.customer, before: step.after, after: step.before });
        } else {
            left.push(step.customer);
        }
    }
    categories::undone(tx, context.now, id)?;
    Ok(Undone { back: write(tx, context, &back, None)?, left })
}

/// Why a row of a file of customers cannot move its customer: nobody may by hand either, or the category is gone. `None`
/// where it can, or where there is nothing to move.
pub(crate) fn stuck(
    tx: &mut Tx,
    context: &RecordContext,
    rows: impl Iterator<Item = (Option<CustomerId>, Option<CategoryId>)>,
) -> Result<Vec<Option<Error>>> {
    let rows: Vec<_> = rows.collect();
    if rows.iter().all(|(_, to)| to.is_none()) {
        return Ok(vec![None; rows.len()]);
    }
    let known: HashSet<CategoryId> = categories::all(tx)?.into_iter().map(|one| one.id).collect();
    let there: Vec<CustomerId> = rows.iter().filter(|(_, to)| to.is_some()).filter_map(|(id, _)| *id).collect();
    let now_in = categories::of(tx, &there)?;
    let open: HashSet<CustomerId> =
        within(tx, &context.scope.for_deed(Deed::Categorise), &there)?.into_iter().collect();
    let judge = |(id, to): &(Option<CustomerId>, Option<CategoryId>)| {
        let to = (*to)?;
        if !known.contains(&to) {
            return Some(unknown());
        }
        let id = (*id)?;
        let stays = now_in.get(&id).copied().flatten() == Some(to);
        (!stays && !open.contains(&id)).then(|| Deed::Categorise.refused())
    };
    Ok(rows.iter().map(judge).collect())
}

/// Moves the customers of a chunk of an import, which may be moved, as one move that is taken back with the import.
pub(crate) fn load(tx: &mut Tx, context: &RecordContext, wanted: &BTreeMap<CustomerId, CategoryId>) -> Result<()> {
    let Some(import) = context.import_id.filter(|_| !wanted.is_empty()) else { return Ok(()) };
    for to in wanted.values().copied().collect::<BTreeSet<_>>() {
        categories::lock(tx, to)?.ok_or_else(unknown)?;
    }
    let there = customers::lock(tx, &wanted.keys().copied().collect::<Vec<_>>())?;
    let before = categories::of(tx, &there)?;
    let steps: Vec<Step> = there
        .iter()
        .map(|id| Step { customer: *id, before: before.get(id).copied().flatten(), after: wanted.get(id).copied() })
        .filter(|step| step.before != step.after)
        .collect();
    categories::shift(tx, context.now, context.actor, MoveId(import.0), &steps)?;
    let ids: Vec<CustomerId> = steps.iter().map(|step| step.customer).collect();
    context.observers.edited(tx, context.now, context.today, &ids).map(|_| ())
}

/// Takes back what an import moved, of up to `limit` customers from `after` on: who has not been moved since goes where he
/// came from. Answers the customer to go on with.
pub(crate) fn take_back(
    tx: &mut Tx,
    context: &RecordContext,
    import: ImportId,
    after: CustomerId,
    limit: u32,
) -> Result<Option<CustomerId>> {
    let moved = categories::moved_by(tx, MoveId(import.0), after, limit)?;
    let Some(last) = moved.last().copied() else { return Ok(None) };
    let open = within(tx, &context.scope.for_deed(Deed::Categorise), &moved)?;
    let there = customers::lock(tx, &open)?;
    let known: HashSet<CategoryId> = categories::all(tx)?.into_iter().map(|one| one.id).collect();
    let now_in = categories::of(tx, &there)?;
    let steps: Vec<Step> = categories::net(tx, MoveId(import.0), &there)?
        .into_iter()
        .filter(|(step, newest)| {
            let reachable = step.before.is_none_or(|id| known.contains(&id));
            *newest && reachable && now_in.get(&step.customer).is_some_and(|stands| *stands == step.after)
        })
        .map(|(step, _)| Step { before: step.after, after: step.before, ..step })
        .filter(|step| step.before != step.after)
        .collect();
    write(tx, context, &steps, None)?;
    Ok(Some(last))
}

/// Takes a category away; who stood in it stands in none.
pub fn remove(tx: &mut Tx, context: &RecordContext, id: CategoryId) -> Result<()> {
    let members = categories::members(tx, id)?;
    let there = customers::lock(tx, &members)?;
    let steps: Vec<Step> =
        there.iter().map(|customer| Step { customer: *customer, before: Some(id), after: None }).collect();
    write(tx, context, &steps, None)?;
    categories::delete(tx, id)
}

fn write(tx: &mut Tx, context: &RecordContext, steps: &[Step], to: Option<CategoryId>) -> Result<Option<CategoryMove>> {
    if steps.is_empty() {
        return Ok(None);
    }
    let one = CategoryMove {
        id: MoveId::new(context.now),
        category_id: to,
        customers: i64::try_from(steps.len()).unwrap_or(i64::MAX),
        staff_id: context.actor,
        moved_at: context.now,
        undone_at: None,
    };
    categories::shift(tx, context.now, context.actor, one.id, steps)?;
    categories::keep_move(tx, &one)?;
    let ids: Vec<CustomerId> = steps.iter().map(|step| step.customer).collect();
    tag::refresh(tx, &At::of(context), &ids, &[Part::Category])?;
    Ok(Some(one))
}

fn unknown() -> Error {
    Error::invalid(
        "category_unknown",
        "该客户分类不存在，可能已删除。",
        "There is no such category; it may have been deleted.",
    )
    .at("category_id")
}
