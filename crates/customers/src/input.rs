//! What the rules of rooms above may take as numbers beside activities: fields of our own, tags and segments.

use crate::custom::{self, CustomField, FieldKind};
use crate::fields::{CustomerColumns, Few};
use crate::query::value;
use crate::segment;
use crate::store::{SegmentId, TagId, custom as fields, for_each_in, segments, tags};
use crate::tag::Part;
use crate::tag::rule::{self, Needs, Rule};
use std::collections::{BTreeSet, HashMap};
use zunke_kernel::condition::{Binds, Condition, compile};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Error, Kind, Result, Text, Zone};
use zunke_store::{Tx, Value};

/// One input, as rules name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// `field.budget`: the value of a field of our own, by its key.
    Field(String),
    /// `tag.tag_…`: 1 for who has the tag, else 0.
    Tag(TagId),
    /// `segment.seg_…`: 1 for whom the condition holds, else 0.
    Segment(SegmentId),
}

/// What is behind an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It can be read; under this name.
    Fine(Text),
    /// There is no such field, tag or segment, or it can't be read.
    Gone,
    /// The field holds no numbers.
    NoNumber(Text),
    /// It rests on levels, scores or facts, which rest on it.
    Circle(Text),
}

/// The values of an input, and what all the others have: nothing (not a number) where there is no such input.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    pub of: HashMap<CustomerId, f64>,
    pub others: f64,
}

impl Input {
    /// Reads a name; `None`: nobody keeps anything under it.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        let (kind, rest) = name.split_once('.')?;
        match kind {
            "field" if !rest.is_empty() => Some(Self::Field(rest.to_owned())),
            "tag" => rest.parse().ok().map(Self::Tag),
            "segment" => rest.parse().ok().map(Self::Segment),
            _ => None,
        }
    }
}

/// What stands behind an input now.
pub fn look(tx: &mut Tx, input: &Input) -> Result<Found> {
    let same = |name: &str| Text::new(name, name);
    Ok(match input {
        Input::Field(key) => match field(tx, key)? {
            Some(field) if matches!(field.kind, FieldKind::Text | FieldKind::Person) => Found::NoNumber(field.label),
            Some(field) => Found::Fine(field.label),
            None => Found::Gone,
        },
        Input::Tag(id) => match tags::find(tx, *id)? {
            Some(tag) => {
                let circle = rests_on_levels(&rule::all(tx)?.0, &BTreeSet::from([Part::Tag(id.0)]));
                if circle { Found::Circle(same(&tag.name)) } else { Found::Fine(same(&tag.name)) }
            }
            None => Found::Gone,
        },
        Input::Segment(id) => match (segments::find(tx, *id)?, readable(segment::condition(tx, *id))?) {
            (Some(segment), Some(condition)) => {
                let circle = rests_on_levels(&rule::all(tx)?.0, &Needs::of(&condition).parts);
                if circle { Found::Circle(same(&segment.name)) } else { Found::Fine(same(&segment.name)) }
            }
            _ => Found::Gone,
        },
    })
}

/// The values of everyone, or of some, as of a day.
pub fn values(tx: &mut Tx, input: &Input, some: Option<&[CustomerId]>, today: Day, zone: &Zone) -> Result<Values> {
    let mut of = HashMap::new();
    let none = Values { of: HashMap::new(), others: f64::NAN };
    match input {
        Input::Field(key) => {
            if field(tx, key)?.is_none() {
                return Ok(none);
            }
            match some {
                Some(ids) => of.extend(
                    custom::numbers(tx, &[key], ids, today)?
                        .into_iter()
                        .filter_map(|(id, mut found)| found.remove(key).map(|value| (id, value))),
                ),
                None => {
                    custom::for_each_number(tx, key, today, &mut |id, value| {
                        of.insert(id, value);
                        Ok(())
                    })?;
                }
            }
            Ok(Values { of, others: f64::NAN })
        }
        Input::Tag(id) => {
            if tags::find(tx, *id)?.is_none() {
                return Ok(none);
            }
            holding(tx, "FROM customer_tags c WHERE c.tag_id = $1", &[id.0.into()], some, &mut of)?;
            Ok(Values { of, others: 0.0 })
        }
        Input::Segment(id) => {
            let Some(condition) = readable(segment::condition(tx, *id))? else { return Ok(none) };
            let columns = CustomerColumns { today, zone, few: Few::All };
            let mut binds = Binds::default();
            let from = format!("FROM customers c WHERE ({})", compile(&condition, &columns, &mut binds));
            let params: Vec<Value> = binds.into_values().into_iter().map(value).collect();
            holding(tx, &from, &params, some, &mut of)?;
            Ok(Values { of, others: 0.0 })
        }
    }
}

fn holding(
    tx: &mut Tx,
    from: &str,
    params: &[Value],
    some: Option<&[CustomerId]>,
    of: &mut HashMap<CustomerId, f64>,
) -> Result<()> {
    let mut each = |row: &zunke_store::Row| {
        of.insert(row.id(0, CustomerId)?, 1.0);
        Ok(())
    };
    match some {
        Some(ids) => {
            let ids: Vec<Value> = ids.iter().map(|id| (*id).into()).collect();
            let sql = format!("SELECT c.customer_id {from} AND c.customer_id IN ({{list}})");
            for_each_in(tx, &sql, params, &ids, &mut each)
        }
        None => tx.for_each(&format!("SELECT c.customer_id {from}"), params, each),
    }
}

fn field(tx: &mut Tx, key: &str) -> Result<Option<CustomField>> {
    Ok(fields::all(tx)?.into_iter().find(|field| field.key == key && !field.archived))
}

/// A condition that can't be read any more, because something that it names is gone, is none.
fn readable(condition: Result<Condition>) -> Result<Option<Condition>> {
    match condition {
        Ok(condition) => Ok(Some(condition)),
        Err(Error { kind: Kind::Invalid | Kind::NotFound, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the parts are levels, scores or facts, or tags whose rules rest on them.
fn rests_on_levels(rules: &[Rule], parts: &BTreeSet<Part>) -> bool {
    let mut todo: Vec<Part> = parts.iter().copied().collect();
    let mut seen = BTreeSet::new();
    while let Some(part) = todo.pop() {
        if part == Part::Headline {
            return true;
        }
        if seen.insert(part) {
            let of = rules.iter().filter(|rule| part == Part::Tag(rule.tag.id.0));
            todo.extend(of.flat_map(|rule| rule.needs.parts.iter().copied()));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_fields_tags_and_segments_are_inputs() {
        assert_eq!(Input::read("field.budget"), Some(Input::Field("budget".into())));
        let tag = TagId::new(zunke_kernel::Instant(1));
        assert_eq!(Input::read(&format!("tag.{tag}")), Some(Input::Tag(tag)));
        for other in ["influence", "", "field.", "tag.vip", "segment.tag_1", "shoe.size"] {
            assert_eq!(Input::read(other), None, "{other}");
        }
    }
}
