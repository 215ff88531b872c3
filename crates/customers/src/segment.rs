//! Saved segments: a condition with a name. Counted and used live; never in a circle.

use crate::custom::catalogue;
use crate::store::{SegmentId, segments};
use zunke_kernel::condition::{Condition, expand, parse, segments as segments_in};
use zunke_kernel::{Error, Result};
use zunke_store::Tx;

/// The condition of a segment, with the segments inside it put in place.
pub fn condition(tx: &mut Tx, id: SegmentId) -> Result<Condition> {
    let found = stored(tx, id)?.ok_or_else(|| {
        Error::invalid(
            "segment_unknown",
            "该客群不存在，可能已删除。",
            "There is no such segment; it may have been deleted.",
        )
    })?;
    expanded_of(tx, &found, Some(id))
}

/// Puts the segments inside a condition in place.
pub fn expanded(tx: &mut Tx, condition: &Condition) -> Result<Condition> {
    expanded_of(tx, condition, None)
}

/// As [`expanded`], for the condition of the segment `own`: naming itself is a circle too.
pub(crate) fn expanded_of(tx: &mut Tx, condition: &Condition, own: Option<SegmentId>) -> Result<Condition> {
    expand(condition, &mut |id| {
        if own.is_some_and(|own| own.0 == id) {
            return Err(Error::invalid(
                "segment_cycle",
                "客群互相引用形成循环，请修改其中一个。",
                "These segments refer to each other in a circle; change one of them.",
            ));
        }
        stored(tx, SegmentId(id))
    })
}

/// Whether a condition names a segment, itself or by way of other segments. One that is broken names what it can.
pub(crate) fn names(tx: &mut Tx, condition: &Condition, wanted: SegmentId) -> Result<bool> {
    let mut todo = segments_in(condition);
    let mut seen = std::collections::HashSet::new();
    while let Some(id) = todo.pop() {
        if id == wanted.0 {
            return Ok(true);
        }
        if seen.insert(id)
            && let Ok(Some(inner)) = stored(tx, SegmentId(id))
        {
            todo.extend(segments_in(&inner));
        }
    }
    Ok(false)
}

fn stored(tx: &mut Tx, id: SegmentId) -> Result<Option<Condition>> {
    let Some(segment) = segments::find(tx, id)? else { return Ok(None) };
    let catalogue = catalogue(tx)?;
    parse(&segment.condition, &catalogue).map(Some)
}
