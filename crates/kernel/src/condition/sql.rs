//! A condition as SQL that every engine of the store runs alike: no LIKE (its signs and its case differ), no third
//! truth value, parameters for all that a person wrote.

use super::{Behaviour, Condition, FieldType, Op, Operand, Scalar, Subject, Test};
use crate::Day;
use uuid::Uuid;

/// The parameters of a statement, in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub struct Binds {
    values: Vec<Scalar>,
    before: usize,
}

impl Binds {
    /// Numbers parameters after the `before` that the statement has already.
    #[must_use]
    pub fn after(before: usize) -> Self {
        Self { values: Vec::new(), before }
    }

    /// Adds a value; answers its place, `$7`.
    pub fn put(&mut self, value: Scalar) -> String {
        self.values.push(value);
        format!("${}", self.before + self.values.len())
    }

    #[must_use]
    pub fn into_values(self) -> Vec<Scalar> {
        self.values
    }
}

/// Where the values of a catalogue stand in a statement.
pub trait Columns {
    fn today(&self) -> Day;
    /// An expression that is NULL where the field holds nothing. It may be written down more than once.
    fn field(&self, field: &str) -> String;
    /// An expression with [`super::Facts::behaviour`]'s meaning.
    fn behaviour(&self, behaviour: &Behaviour, binds: &mut Binds) -> String;
    /// A whole test of a field that stands in rows of its own, as a truth that is never NULL; `None` for a field that is
    /// an expression.
    fn test(&self, test: &Test, binds: &mut Binds) -> Option<String> {
        let _ = (test, binds);
        None
    }
    /// A truth, never NULL.
    fn has_tag(&self, tag: Uuid, binds: &mut Binds) -> String;
}

/// Compiles to an expression that is true or false, never NULL. Segments must have been put in place; one that was
/// not holds for nobody.
pub fn compile(condition: &Condition, columns: &dyn Columns, binds: &mut Binds) -> String {
    match condition {
        Condition::All(parts) => joined(parts, " AND ", "1 = 1", columns, binds),
        Condition::Any(parts) => joined(parts, " OR ", "1 = 0", columns, binds),
        Condition::Not(part) => format!("NOT {}", compile(part, columns, binds)),
        Condition::Test(test) => format!("({})", compile_test(test, columns, binds)),
    }
}

fn joined(parts: &[Condition], with: &str, none: &str, columns: &dyn Columns, binds: &mut Binds) -> String {
    let parts: Vec<String> = parts.iter().map(|part| compile(part, columns, binds)).collect();
    if parts.is_empty() { format!("({none})") } else { format!("({})", parts.join(with)) }
}

fn compile_test(test: &Test, columns: &dyn Columns, binds: &mut Binds) -> String {
    if let Some(whole) = columns.test(test, binds) {
        return whole;
    }
    let value = match &test.subject {
        Subject::Field(_, FieldType::Segment) => return "1 = 0".to_owned(),
        Subject::Field(_, FieldType::Tags) => return compile_tags(test, columns, binds),
        Subject::Field(name, _) => columns.field(name),
        Subject::Behaviour(behaviour) => return compile_behaviour(test, behaviour, columns, binds),
    };
    compare(&value, test, columns, binds, true)
}

/// Compares a value that is known to be there with what a test asks: for [`Columns::test`].
pub fn compare_filled(value: &str, test: &Test, columns: &dyn Columns, binds: &mut Binds) -> String {
    compare(value, test, columns, binds, false)
}

/// `value` is written twice only where `known_twice`: a sub-query is not.
fn compare(value: &str, test: &Test, columns: &dyn Columns, binds: &mut Binds, known_twice: bool) -> String {
    let filled = if known_twice { format!("{value} IS NOT NULL AND ") } else { String::new() };
    let sign = match test.op {
        Op::Eq => "=",
        Op::Ne => "<>",
        Op::Lt => "<",
        Op::Lte => "<=",
        Op::Gt => ">",
        Op::Gte => ">=",
        _ => "",
    };
    match (test.op, &test.value) {
        (Op::Empty, _) => format!("{value} IS NULL"),
        (Op::NotEmpty, _) => format!("{value} IS NOT NULL"),
        (Op::Ne, Operand::One(other)) if known_twice => {
            let other = binds.put(other.clone());
            format!("{value} IS NULL OR {value} <> {other}")
        }
        (Op::Contains, Operand::One(part)) => {
            let part = binds.put(part.clone());
            format!("{filled}replace({value}, CAST({part} AS TEXT), '') <> {value}")
        }
        (Op::StartsWith, Operand::One(part)) => {
            let part = binds.put(part.clone());
            format!("{filled}substr({value}, 1, length(CAST({part} AS TEXT))) = {part}")
        }
        (_, Operand::One(other)) if !sign.is_empty() => {
            let other = binds.put(other.clone());
            format!("{filled}{value} {sign} {other}")
        }
        (Op::Between, Operand::Range(from, to)) => {
            let (from, to) = (binds.put(from.clone()), binds.put(to.clone()));
            format!("{filled}{value} BETWEEN {from} AND {to}")
        }
        (Op::In, Operand::Many(others)) => format!("{filled}{value} IN ({})", listed(others, binds)),
        (Op::NotIn, Operand::Many(others)) => format!("{value} IS NULL OR {value} NOT IN ({})", listed(others, binds)),
        (Op::WithinDays, Operand::Days(days)) => {
            let today = i64::from(columns.today().0);
            let (from, to) = (binds.put(Scalar::Int(today - days)), binds.put(Scalar::Int(today)));
            format!("{filled}{value} BETWEEN {from} AND {to}")
        }
        (Op::OlderThanDays, Operand::Days(days)) => {
            let before = binds.put(Scalar::Int(i64::from(columns.today().0) - days));
            format!("{filled}{value} < {before}")
        }
        // An operator that doesn't fit its value can't be made by the parser.
        _ => "1 = 0".to_owned(),
    }
}

/// A sub-query is asked once: NULL (never happened) is taken for the truth value that the test gives it.
fn compile_behaviour(test: &Test, behaviour: &Behaviour, columns: &dyn Columns, binds: &mut Binds) -> String {
    let value = columns.behaviour(behaviour, binds);
    match test.op {
        Op::Empty | Op::NotEmpty => compare(&value, test, columns, binds, false),
        Op::Ne => format!("COALESCE({}, 1 = 1)", compare(&value, test, columns, binds, false)),
        _ => format!("COALESCE({}, 1 = 0)", compare(&value, test, columns, binds, false)),
    }
}

fn compile_tags(test: &Test, columns: &dyn Columns, binds: &mut Binds) -> String {
    let Operand::Many(tags) = &test.value else { return "1 = 0".to_owned() };
    let has: Vec<String> = tags
        .iter()
        .filter_map(|tag| if let Scalar::Id(tag) = tag { Some(columns.has_tag(*tag, binds)) } else { None })
        .collect();
    match test.op {
        Op::HasAny => has.join(" OR "),
        Op::HasAll => has.join(" AND "),
        Op::HasNone => format!("NOT ({})", has.join(" OR ")),
        _ => "1 = 0".to_owned(),
    }
}

fn listed(values: &[Scalar], binds: &mut Binds) -> String {
    values.iter().map(|value| binds.put(value.clone())).collect::<Vec<_>>().join(", ")
}
