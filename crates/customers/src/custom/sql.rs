//! Tests of our own fields in SQL. A value stands in a row of `customer_fields`, so a test is an EXISTS; where few have
//! the value, or all answers are needed anyhow, an IN that walks the field's own index.

use super::{FieldId, number_of};
use zunke_kernel::condition::{
    Binds, Columns, Condition, FieldType, Op, Operand, Scalar, Subject, Test, compare_filled,
};
use zunke_kernel::search::sort_key;

/// Characters of a text that its sort key is made of.
pub(crate) const SORT_CHARS: usize = 40;

/// What lists sort a text by; an index finds equal texts by it.
pub(crate) fn words_sort(text: &str) -> String {
    sort_key(&text.chars().take(SORT_CHARS).collect::<String>())
}

/// The field that a test is about, where it is one of our own.
fn field_of(test: &Test) -> Option<(FieldId, FieldType)> {
    let Subject::Field(id, kind) = &test.subject else { return None };
    Some((id.parse().ok()?, *kind))
}

const fn column(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Text => "words",
        FieldType::Number => "fraction",
        FieldType::Id => "staff_id",
        _ => "whole",
    }
}

/// The whole test as a truth; `None` where it is about another field. `few`: whoever passes is looked up first.
pub(crate) fn test(test: &Test, columns: &dyn Columns, few: bool, binds: &mut Binds) -> Option<String> {
    let (id, kind) = field_of(test)?;
    let test = &as_stored(test, kind);
    let holds = |rows: String| {
        if few {
            format!("c.customer_id IN (SELECT f.customer_id FROM customer_fields f WHERE {rows})")
        } else {
            format!("EXISTS (SELECT 1 FROM customer_fields f WHERE f.customer_id = c.customer_id AND {rows})")
        }
    };
    let never = |rows: String| {
        format!("NOT EXISTS (SELECT 1 FROM customer_fields f WHERE f.customer_id = c.customer_id AND {rows})")
    };
    Some(match (test.op, &test.value) {
        (Op::Ne, _) => never(rows(id, kind, &Test { op: Op::Eq, ..test.clone() }, columns, binds)),
        (Op::NotIn, _) => never(rows(id, kind, &Test { op: Op::In, ..test.clone() }, columns, binds)),
        (Op::Empty, _) => never(rows(id, kind, &Test { op: Op::NotEmpty, ..test.clone() }, columns, binds)),
        (Op::HasNone, _) => never(rows(id, kind, &Test { op: Op::HasAny, ..test.clone() }, columns, binds)),
        (Op::HasAll, Operand::Many(choices)) => {
            let each = choices.iter().map(|choice| {
                let one = Test { op: Op::HasAny, value: Operand::Many(vec![choice.clone()]), ..test.clone() };
                holds(rows(id, kind, &one, columns, binds))
            });
            format!("({})", each.collect::<Vec<_>>().join(" AND "))
        }
        _ => holds(rows(id, kind, test, columns, binds)),
    })
}

/// The rows of a field that pass a test.
fn rows(id: FieldId, kind: FieldType, test: &Test, columns: &dyn Columns, binds: &mut Binds) -> String {
    let field = binds.put(Scalar::Id(id.0));
    let column = format!("f.{}", column(kind));
    let mut rows = format!("f.field_id = {field}");
    if kind == FieldType::Text {
        // The index holds the beginnings of the texts.
        let keys: Vec<&Scalar> = match (test.op, &test.value) {
            (Op::Eq, Operand::One(text)) => vec![text],
            (Op::In, Operand::Many(texts)) => texts.iter().collect(),
            _ => Vec::new(),
        };
        let keys: Vec<String> = keys
            .into_iter()
            .filter_map(|text| if let Scalar::Text(text) = text { Some(words_sort(text)) } else { None })
            .map(|key| binds.put(Scalar::Text(key)))
            .collect();
        if !keys.is_empty() {
            rows = format!("{rows} AND f.words_sort IN ({})", keys.join(", "));
        }
    }
    let asked = match test.op {
        Op::HasAny => Test { op: Op::In, ..test.clone() },
        _ => test.clone(),
    };
    format!("{rows} AND {}", compare_filled(&column, &asked, columns, binds))
}

/// The values of a test as they are stored: choices by number, yes as 1.
fn as_stored(test: &Test, kind: FieldType) -> Test {
    let stored = |scalar: &Scalar| match (kind, scalar) {
        (FieldType::Choice | FieldType::Choices, Scalar::Text(id)) => Scalar::Int(number_of(id).unwrap_or(0)),
        (FieldType::Bool, Scalar::Bool(yes)) => Scalar::Int(i64::from(*yes)),
        _ => scalar.clone(),
    };
    let value = match &test.value {
        Operand::One(one) => Operand::One(stored(one)),
        Operand::Many(many) => Operand::Many(many.iter().map(stored).collect()),
        Operand::Range(from, to) => Operand::Range(stored(from), stored(to)),
        other => other.clone(),
    };
    Test { value, ..test.clone() }
}

/// The tests that everybody in the answer passes and an index of ours finds, each with the rows that pass it.
pub(crate) fn probe(condition: &Condition, columns: &dyn Columns) -> Vec<(Test, String, Vec<Scalar>)> {
    let mut found = Vec::new();
    collect(condition, columns, &mut found);
    found
}

fn collect(condition: &Condition, columns: &dyn Columns, found: &mut Vec<(Test, String, Vec<Scalar>)>) {
    match condition {
        Condition::All(parts) => parts.iter().for_each(|part| collect(part, columns, found)),
        Condition::Any(parts) if parts.len() == 1 => collect(&parts[0], columns, found),
        Condition::Test(test) => {
            let Some((id, kind)) = field_of(test) else { return };
            let indexed = match test.op {
                Op::Ne | Op::NotIn | Op::Empty | Op::HasNone | Op::HasAll | Op::Contains | Op::StartsWith => false,
                Op::NotEmpty => kind != FieldType::Text,
                _ => kind != FieldType::Text || matches!(test.op, Op::Eq | Op::In),
            };
            if indexed {
                let mut binds = Binds::default();
                let rows = rows(id, kind, &as_stored(test, kind), columns, &mut binds);
                found.push((test.clone(), rows, binds.into_values()));
            }
        }
        Condition::Any(_) | Condition::Not(_) => {}
    }
}
