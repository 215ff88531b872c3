//! A condition asked of one customer in memory.

use super::{Behaviour, Condition, FieldType, Op, Operand, Scalar, Subject, Test};
use crate::Day;
use std::cmp::Ordering;
use uuid::Uuid;

/// What is known of one customer. The values have the type of their field: money and days whole numbers.
pub trait Facts {
    fn today(&self) -> Day;
    /// `None` where the field holds nothing.
    fn field(&self, field: &str) -> Option<Scalar>;
    /// `None` only for days since something that never happened; sums and counts of nothing are 0.
    fn behaviour(&self, behaviour: &Behaviour) -> Option<Scalar>;
    fn has_tag(&self, tag: Uuid) -> bool;
    /// Whether this choice is among those of a field of type choices.
    fn has_choice(&self, field: &str, choice: &str) -> bool {
        let _ = (field, choice);
        false
    }
}

/// Whether the condition holds. Segments must have been put in place; one that was not holds for nobody.
#[must_use]
pub fn holds(condition: &Condition, facts: &dyn Facts) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().all(|part| holds(part, facts)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, facts)),
        Condition::Not(part) => !holds(part, facts),
        Condition::Test(test) => test_holds(test, facts),
    }
}

fn test_holds(test: &Test, facts: &dyn Facts) -> bool {
    let value = match &test.subject {
        Subject::Field(_, FieldType::Segment) => return false,
        Subject::Field(_, FieldType::Tags) => return tags_hold(test, facts),
        Subject::Field(name, FieldType::Choices) => return choices_hold(name, test, facts),
        Subject::Field(name, _) => facts.field(name),
        Subject::Behaviour(behaviour) => facts.behaviour(behaviour),
    };
    let Some(value) = value else { return matches!(test.op, Op::Ne | Op::NotIn | Op::Empty) };
    let against = |other: &Scalar| compare(&value, other);
    match (test.op, &test.value) {
        (Op::NotEmpty, _) => true,
        (Op::Eq, Operand::One(other)) => against(other) == Some(Ordering::Equal),
        (Op::Ne, Operand::One(other)) => against(other) != Some(Ordering::Equal),
        (Op::Lt, Operand::One(other)) => against(other) == Some(Ordering::Less),
        (Op::Lte, Operand::One(other)) => matches!(against(other), Some(Ordering::Less | Ordering::Equal)),
        (Op::Gt, Operand::One(other)) => against(other) == Some(Ordering::Greater),
        (Op::Gte, Operand::One(other)) => matches!(against(other), Some(Ordering::Greater | Ordering::Equal)),
        (Op::Between, Operand::Range(from, to)) => {
            matches!(against(from), Some(Ordering::Greater | Ordering::Equal))
                && matches!(against(to), Some(Ordering::Less | Ordering::Equal))
        }
        (Op::In, Operand::Many(others)) => others.iter().any(|other| against(other) == Some(Ordering::Equal)),
        (Op::NotIn, Operand::Many(others)) => others.iter().all(|other| against(other) != Some(Ordering::Equal)),
        (Op::Contains, Operand::One(Scalar::Text(part))) => matches!(&value, Scalar::Text(text) if text.contains(part)),
        (Op::StartsWith, Operand::One(Scalar::Text(part))) => {
            matches!(&value, Scalar::Text(text) if text.starts_with(part))
        }
        (Op::WithinDays, Operand::Days(days)) => {
            let today = i64::from(facts.today().0);
            matches!(value, Scalar::Int(day) if day >= today - days && day <= today)
        }
        (Op::OlderThanDays, Operand::Days(days)) => {
            matches!(value, Scalar::Int(day) if day < i64::from(facts.today().0) - days)
        }
        // An operator that doesn't fit its value can't be made by the parser.
        _ => false,
    }
}

fn tags_hold(test: &Test, facts: &dyn Facts) -> bool {
    let Operand::Many(tags) = &test.value else { return false };
    let mut has = tags.iter().map(|tag| matches!(tag, Scalar::Id(tag) if facts.has_tag(*tag)));
    match test.op {
        Op::HasAny => has.any(|has| has),
        Op::HasAll => has.all(|has| has),
        Op::HasNone => !has.any(|has| has),
        _ => false,
    }
}

fn choices_hold(name: &str, test: &Test, facts: &dyn Facts) -> bool {
    let Operand::Many(choices) = &test.value else {
        return (test.op == Op::Empty) == facts.field(name).is_none();
    };
    let mut has = choices.iter().map(|one| matches!(one, Scalar::Text(choice) if facts.has_choice(name, choice)));
    match test.op {
        Op::HasAny => has.any(|has| has),
        Op::HasAll => has.all(|has| has),
        Op::HasNone => !has.any(|has| has),
        _ => false,
    }
}

/// Numbers of both kinds compare with each other; other values with their own kind only.
#[expect(clippy::cast_precision_loss, reason = "databases compare a whole number with a real one as reals too")]
fn compare(one: &Scalar, other: &Scalar) -> Option<Ordering> {
    match (one, other) {
        (Scalar::Int(one), Scalar::Int(other)) => Some(one.cmp(other)),
        (Scalar::Real(one), Scalar::Real(other)) => one.partial_cmp(other),
        (Scalar::Int(one), Scalar::Real(other)) => (*one as f64).partial_cmp(other),
        (Scalar::Real(one), Scalar::Int(other)) => one.partial_cmp(&(*other as f64)),
        (Scalar::Text(one), Scalar::Text(other)) => Some(one.as_bytes().cmp(other.as_bytes())),
        (Scalar::Id(one), Scalar::Id(other)) => Some(one.cmp(other)),
        (Scalar::Bool(one), Scalar::Bool(other)) => Some(one.cmp(other)),
        _ => None,
    }
}
