//! Rules as they are asked: read, with segments put in place, in an order in which each comes after the tags it speaks of.

use super::Part;
use crate::custom::catalogue;
use crate::segment;
use crate::store::tags::{self, Tag};
use crate::store::{SegmentId, TagId};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;
use zunke_kernel::condition::{Condition, FieldType, Operand, Scalar, Subject, Test, parse};
use zunke_kernel::{Error, Result};
use zunke_store::Tx;

/// A rule that can be asked.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub tag: Tag,
    pub condition: Condition,
    pub needs: Needs,
}

/// What a condition speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    pub parts: BTreeSet<Part>,
}

const HEADLINE: [&str; 10] = [
    "level",
    "score",
    "net_spend",
    "orders",
    "last_order_day",
    "first_order_day",
    "recency",
    "frequency",
    "monetary",
    "potential",
];

impl Needs {
    pub fn of(condition: &Condition) -> Self {
        let mut needs = Self::default();
        needs.gather(condition);
        needs
    }

    fn gather(&mut self, condition: &Condition) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| self.gather(part)),
            Condition::Not(part) => self.gather(part),
            Condition::Test(test) => self.test(test),
        }
    }

    fn test(&mut self, test: &Test) {
        match &test.subject {
            Subject::Behaviour(_) => {
                self.parts.insert(Part::Activities);
            }
            Subject::Field(_, FieldType::Tags) => {
                let Operand::Many(ids) = &test.value else { return };
                self.parts.extend(ids.iter().filter_map(|id| match id {
                    Scalar::Id(id) => Some(Part::Tag(*id)),
                    _ => None,
                }));
            }
            Subject::Field(name, _) => {
                self.parts.insert(match name.as_str() {
                    name if HEADLINE.contains(&name) => Part::Headline,
                    "category" => Part::Category,
                    _ => Part::Profile,
                });
            }
        }
    }

    /// The tags that it speaks of.
    pub fn tags(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.parts.iter().filter_map(|part| if let Part::Tag(id) = part { Some(*id) } else { None })
    }
}

/// Reads one stored rule.
pub(crate) fn read(tx: &mut Tx, tag: &Tag, condition: &Json) -> Result<Rule> {
    let catalogue = catalogue(tx)?;
    let condition = segment::expanded(tx, &parse(condition, &catalogue)?)?;
    Ok(Rule { tag: tag.clone(), needs: Needs::of(&condition), condition })
}

/// Tags whose rule can't be asked, and why.
pub(crate) type Broken = Vec<(Tag, Error)>;

/// All rules, each read or with the reason why it can't be; those that can, in order.
pub(crate) fn all(tx: &mut Tx) -> Result<(Vec<Rule>, Broken)> {
    let stored = tags::rules(tx)?;
    if stored.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut read_ones = Vec::with_capacity(stored.len());
    let mut broken = Vec::new();
    for (tag, condition) in stored {
        match read(tx, &tag, &condition) {
            Ok(rule) => read_ones.push(rule),
            Err(error) => broken.push((tag, error)),
        }
    }
    let (order, circle) =
        in_order(&read_ones.iter().map(|rule| (rule.tag.id.0, rule.needs.tags().collect())).collect());
    let mut by_id: HashMap<Uuid, Rule> = read_ones.into_iter().map(|rule| (rule.tag.id.0, rule)).collect();
    let sound = order.iter().filter_map(|id| by_id.remove(id)).collect();
    broken.extend(by_id.into_values().map(|rule| {
        let error = circle_error(&circle, &|id| (id == rule.tag.id.0).then(|| rule.tag.name.clone()));
        (rule.tag, error)
    }));
    Ok((sound, broken))
}

/// The rules that are asked as customers change: those that failed again and again wait for the job.
pub(crate) fn sound(tx: &mut Tx) -> Result<Vec<Rule>> {
    let (mut rules, _) = all(tx)?;
    rules.retain(|rule| rule.tag.rule.as_ref().is_none_or(|rule| rule.state != tags::RuleState::Stale));
    Ok(rules)
}

/// Each after those it speaks of, and one circle where there is any; what stands in or behind a circle has no order.
pub(crate) fn in_order(of: &BTreeMap<Uuid, Vec<Uuid>>) -> (Vec<Uuid>, Vec<Uuid>) {
    let mut order = Vec::with_capacity(of.len());
    let mut done: BTreeSet<Uuid> = BTreeSet::new();
    loop {
        let before = order.len();
        for (id, needs) in of {
            let ready = needs.iter().all(|need| done.contains(need) || !of.contains_key(need));
            if !done.contains(id) && ready {
                done.insert(*id);
                order.push(*id);
            }
        }
        if order.len() == before {
            break;
        }
    }
    let Some(start) = of.keys().find(|id| !done.contains(id)) else { return (order, Vec::new()) };
    // Each of the rest waits for another one of the rest: going on and on, one comes back.
    let mut way = vec![*start];
    loop {
        let last = way[way.len() - 1];
        let next = of[&last].iter().copied().find(|need| of.contains_key(need) && !done.contains(need)).unwrap_or(last);
        if let Some(at) = way.iter().position(|id| *id == next) {
            let mut circle = way.split_off(at);
            circle.push(next);
            return (order, circle);
        }
        way.push(next);
    }
}

/// Refuses a rule (or a changed segment) after which tags would wait for each other. `changed`: the tag and its new
/// condition, as it would stand.
pub(crate) fn refuse_circle(tx: &mut Tx, changed: Option<(&Tag, &Condition)>) -> Result<()> {
    let mut of = BTreeMap::new();
    let mut names = HashMap::new();
    for (tag, condition) in tags::rules(tx)? {
        // A rule that is broken anyhow refers to nothing.
        let needs = read(tx, &tag, &condition).map(|rule| rule.needs.tags().collect()).unwrap_or_default();
        of.insert(tag.id.0, needs);
        names.insert(tag.id.0, tag.name);
    }
    if let Some((tag, condition)) = changed {
        of.insert(tag.id.0, Needs::of(condition).tags().collect());
        names.insert(tag.id.0, tag.name.clone());
    }
    let (_, circle) = in_order(&of);
    if circle.is_empty() { Ok(()) } else { Err(circle_error(&circle, &|id| names.get(&id).cloned())) }
}

/// The tags whose rules speak of this one.
pub(crate) fn speaking_of(tx: &mut Tx, id: TagId) -> Result<Vec<TagId>> {
    let mut found = Vec::new();
    for (tag, condition) in tags::rules(tx)? {
        let speaks = read(tx, &tag, &condition).is_ok_and(|rule| rule.needs.parts.contains(&Part::Tag(id.0)));
        if speaks {
            found.push(tag.id);
        }
    }
    Ok(found)
}

/// The tags whose rules are built on this segment, by way of others too.
pub(crate) fn built_on(tx: &mut Tx, segment: SegmentId) -> Result<Vec<Tag>> {
    let mut found = Vec::new();
    for (tag, condition) in tags::rules(tx)? {
        let catalogue = catalogue(tx)?;
        let Ok(condition) = parse(&condition, &catalogue) else { continue };
        if segment::names(tx, &condition, segment)? {
            found.push(tag);
        }
    }
    Ok(found)
}

fn circle_error(circle: &[Uuid], name: &dyn Fn(Uuid) -> Option<String>) -> Error {
    let way = circle.iter().map(|id| name(*id).unwrap_or_else(|| "…".to_owned())).collect::<Vec<_>>().join(" → ");
    Error::invalid(
        "tag_rule_cycle",
        format!("标签规则互相引用形成循环：{way}，请修改其中一个。"),
        format!("These tag rules refer to each other in a circle: {way}. Change one of them."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(n: u128) -> Vec<Uuid> {
        (1..=n).map(Uuid::from_u128).collect()
    }

    #[test]
    fn a_rule_comes_after_the_tags_it_speaks_of() {
        let id = ids(4);
        let of = BTreeMap::from([(id[0], vec![id[2], id[3]]), (id[1], vec![]), (id[2], vec![id[1]])]);
        let (order, circle) = in_order(&of);
        assert_eq!(order, [id[1], id[2], id[0]], "the fourth has no rule and is waited for by nobody");
        assert!(circle.is_empty());
    }

    #[test]
    fn a_circle_is_found_and_what_stands_outside_of_it_goes_on() {
        let id = ids(5);
        let of = BTreeMap::from([
            (id[0], vec![id[1]]),
            (id[1], vec![id[2]]),
            (id[2], vec![id[1]]),
            (id[3], vec![]),
            (id[4], vec![id[4]]),
        ]);
        let (order, circle) = in_order(&of);
        assert_eq!(order, [id[3]]);
        assert_eq!(circle, [id[1], id[2], id[1]]);
        let alone = BTreeMap::from([(id[4], vec![id[4]])]);
        assert_eq!(in_order(&alone).1, [id[4], id[4]], "a rule that watches its own tag");
    }
}
