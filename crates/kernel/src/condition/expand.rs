//! Segments inside conditions: put in place before a condition is asked, and never in a circle.

use super::{Condition, DEPTH_MAX, FieldType, Op, Operand, Scalar, Subject};
use crate::{Error, Result};
use uuid::Uuid;

/// The segments that a condition names directly.
#[must_use]
pub fn segments(condition: &Condition) -> Vec<Uuid> {
    let mut found = Vec::new();
    collect(condition, &mut found);
    found
}

fn collect(condition: &Condition, found: &mut Vec<Uuid>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| collect(part, found)),
        Condition::Not(part) => collect(part, found),
        Condition::Test(test) => {
            if let (Subject::Field(_, FieldType::Segment), Operand::Many(ids)) = (&test.subject, &test.value) {
                found.extend(ids.iter().filter_map(|id| if let Scalar::Id(id) = id { Some(*id) } else { None }));
            }
        }
    }
}

/// Puts the condition of each segment in the place where it is named. `lookup` answers `None` where there is no
/// such segment; a segment that comes back to itself, or nests too deep, is refused.
pub fn expand(condition: &Condition, lookup: &mut dyn FnMut(Uuid) -> Result<Option<Condition>>) -> Result<Condition> {
    within(condition, lookup, &mut Vec::new())
}

fn within(
    condition: &Condition,
    lookup: &mut dyn FnMut(Uuid) -> Result<Option<Condition>>,
    inside: &mut Vec<Uuid>,
) -> Result<Condition> {
    let mut all = |parts: &[Condition], inside: &mut Vec<Uuid>| {
        parts.iter().map(|part| within(part, lookup, inside)).collect::<Result<Vec<_>>>()
    };
    match condition {
        Condition::All(parts) => all(parts, inside).map(Condition::All),
        Condition::Any(parts) => all(parts, inside).map(Condition::Any),
        Condition::Not(part) => Ok(Condition::Not(Box::new(within(part, lookup, inside)?))),
        Condition::Test(test) => {
            let (Subject::Field(_, FieldType::Segment), Operand::Many(ids)) = (&test.subject, &test.value) else {
                return Ok(condition.clone());
            };
            let mut parts = Vec::with_capacity(ids.len());
            for id in ids {
                let Scalar::Id(id) = id else { continue };
                if inside.contains(id) {
                    return Err(Error::invalid(
                        "segment_cycle",
                        "客群互相引用形成循环，请修改其中一个。",
                        "These segments refer to each other in a circle; change one of them.",
                    ));
                }
                if inside.len() >= DEPTH_MAX {
                    return Err(Error::invalid(
                        "condition_too_deep",
                        format!("客群相互引用最多 {DEPTH_MAX} 层。"),
                        format!("Segments inside segments go at most {DEPTH_MAX} levels deep."),
                    ));
                }
                let found = lookup(*id)?.ok_or_else(|| {
                    Error::invalid(
                        "segment_unknown",
                        "条件中引用的客群不存在，可能已删除。",
                        "The condition names a segment that does not exist; it may have been deleted.",
                    )
                })?;
                inside.push(*id);
                parts.push(within(&found, lookup, inside)?);
                inside.pop();
            }
            let any = Condition::Any(parts);
            Ok(if test.op == Op::NotIn { Condition::Not(Box::new(any)) } else { any })
        }
    }
}
