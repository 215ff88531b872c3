//! Tags by rule: who a tag's condition holds for has the tag. A rule is asked again for a customer in the transaction of
//! his change, and for everyone by a job where the rule itself, a level or the day has changed. Only rules that speak of
//! what was touched are asked, and what is given by hand is kept apart from what is given by rule.

mod apply;
pub(crate) mod rule;
pub mod work;

use crate::activity::Change;
use crate::record::{Observer, Observers, RecordContext};
use rule::Rule;
use std::collections::BTreeSet;
use uuid::Uuid;
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Instant, Result, Zone};
use zunke_store::Tx;

pub(crate) use apply::{Moved, apply, preview};

/// A part of what is known of a customer, as far as rules tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// What people edit, own fields and contacts among it.
    Profile,
    /// Level, score, RFM and facts.
    Headline,
    Activities,
    Category,
    /// One tag.
    Tag(Uuid),
}

/// The moment under which rules are asked.
#[derive(Clone, Debug)]
pub(crate) struct At {
    pub now: Instant,
    pub today: Day,
    pub zone: Zone,
    pub observers: Observers,
}

impl At {
    pub fn of(context: &RecordContext) -> Self {
        Self {
            now: context.now,
            today: context.today,
            zone: context.zone.clone(),
            observers: context.observers.clone(),
        }
    }
}

/// Asks the rules that speak of the touched parts, for these customers, who are locked. Rules that cannot be asked are
/// passed over: the job that keeps them says why.
pub(crate) fn refresh(tx: &mut Tx, at: &At, ids: &[CustomerId], touched: &[Part]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let rules = rule::sound(tx)?;
    let moved = apply(tx, at, &concerned(&rules, touched), ids)?;
    let edited = touched.iter().any(|part| !matches!(part, Part::Activities | Part::Headline));
    if edited || moved.any() { tell(tx, at, &rules, ids) } else { Ok(()) }
}

/// Asks all rules for these customers, who are locked: they are new, or active again.
pub(crate) fn refresh_all(tx: &mut Tx, at: &At, ids: &[CustomerId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let rules = rule::sound(tx)?;
    apply(tx, at, &rules.iter().collect::<Vec<_>>(), ids)?;
    tell(tx, at, &rules, ids)
}

/// Tells the rooms above. Where levels have moved by it, the rules that speak of them are asked once more, and that is
/// the end of it: levels aren't decided a third time.
fn tell(tx: &mut Tx, at: &At, rules: &[Rule], ids: &[CustomerId]) -> Result<()> {
    if at.observers.edited(tx, at.now, at.today, ids)? {
        apply(tx, at, &concerned(rules, &[Part::Headline]), ids)?;
    }
    Ok(())
}

/// For rooms above: the levels or scores of these customers have changed in this unit of work.
pub fn levels_changed(tx: &mut Tx, now: Instant, ids: &[CustomerId]) -> Result<()> {
    let at = At::of(&RecordContext::load(tx, now)?);
    refresh(tx, &at, ids, &[Part::Headline])
}

/// The rules that speak of the parts, and those that speak of tags which these give, in order.
pub(crate) fn concerned<'a>(rules: &'a [Rule], touched: &[Part]) -> Vec<&'a Rule> {
    let mut moved: BTreeSet<Part> = touched.iter().copied().collect();
    let mut asked = Vec::new();
    for rule in rules {
        if rule.needs.parts.iter().any(|part| moved.contains(part)) {
            moved.insert(Part::Tag(rule.tag.id.0));
            asked.push(rule);
        }
    }
    asked
}

/// Keeps tags in step with activities. It comes after the room that keeps the levels.
#[derive(Clone, Copy, Debug, Default)]
pub struct TagRules;

impl Observer for TagRules {
    fn recorded(&self, tx: &mut Tx, context: &RecordContext, changes: &[Change]) -> Result<()> {
        if context.import_id.is_some() {
            // An import asks once for everyone, at its end.
            return Ok(());
        }
        let mut ids: Vec<CustomerId> = changes.iter().map(|change| change.customer).collect();
        ids.sort_unstable();
        ids.dedup();
        refresh(tx, &At::of(context), &ids, &[Part::Activities, Part::Headline])
    }
}
