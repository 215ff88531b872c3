//! What is kept of a decision, so that it can be told later why a ticket is whose it is.

use super::decide::{Asked, Routed, Stage, Tried};
use super::reason::Reason;
use serde::{Deserialize, Serialize};
use zunke_kernel::id::{GroupId, StaffId};

/// Those who were looked at beyond this many are counted only.
const TRIED_MAX: usize = 60;

/// A decision as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub stage: Stage,
    pub group: Option<GroupId>,
    pub staff: Option<StaffId>,
    pub reason: Reason,
    pub skills: Vec<String>,
    pub given_up: Vec<String>,
    pub tried: Vec<Tried>,
    /// Looked at beside those.
    pub more: usize,
}

impl Record {
    #[must_use]
    pub fn of(asked: &Asked, routed: &Routed) -> Self {
        // Who was taken stands at the end: the list is cut before.
        let (kept, last) = routed.tried.split_at(routed.tried.len().saturating_sub(1));
        let tried = kept.iter().take(TRIED_MAX).chain(last).cloned().collect();
        Self {
            stage: routed.stage,
            group: routed.group,
            staff: routed.staff,
            reason: routed.reason.clone(),
            skills: asked.skills.clone(),
            given_up: asked.given_up().to_vec(),
            tried,
            more: kept.len().saturating_sub(TRIED_MAX),
        }
    }
}
