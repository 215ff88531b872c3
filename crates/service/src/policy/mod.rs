//! Service policies: what is promised to which level, kind and priority. In order; the first that matches holds.

pub mod defaults;

use crate::clock::promise::{Mode, Promise, Step, Target, check};
use crate::ticket::{Kind, Priority};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::{CalendarId, PolicyId};
use zunke_kernel::{Error, Instant, Result};

/// What a policy says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PolicyContent)]
pub struct Content {
    /// Only for VIPs: the levels from which customers have a manager.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vip: bool,
    /// The lowest rank that it is for; left out: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank_from: Option<i64>,
    /// The highest rank that it is for; left out: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank_to: Option<i64>,
    /// Empty: every kind.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// Empty: every priority.
    #[serde(default)]
    pub priorities: Vec<Priority>,
    pub targets: Vec<Target>,
    /// How clocks that run follow when a ticket comes under this policy.
    #[serde(default)]
    pub mode: Mode,
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// A policy as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ServicePolicy)]
pub struct Policy {
    pub id: PolicyId,
    pub place: i64,
    pub name: String,
    pub active: bool,
    pub calendar_id: CalendarId,
    #[serde(flatten)]
    pub content: Content,
    pub version: i64,
    pub updated_at: Instant,
}

/// What a policy is chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    pub kind: Kind,
    pub priority: Priority,
    pub level_rank: i64,
    /// The level is a VIP's.
    pub vip: bool,
}

impl Policy {
    #[must_use]
    pub fn matches(&self, facts: Facts) -> bool {
        let content = &self.content;
        self.active
            && (facts.vip || !content.vip)
            && content.rank_from.is_none_or(|rank| facts.level_rank >= rank)
            && content.rank_to.is_none_or(|rank| facts.level_rank <= rank)
            && (content.kinds.is_empty() || content.kinds.contains(&facts.kind))
            && (content.priorities.is_empty() || content.priorities.contains(&facts.priority))
    }

    /// As it is written into the log.
    #[must_use]
    pub fn promise(&self, calendar_version: i64) -> Promise {
        Promise {
            name: self.name.clone(),
            calendar: self.calendar_id,
            calendar_version,
            targets: self.content.targets.clone(),
            steps: self.content.steps.clone(),
        }
    }
}

/// The first that matches.
#[must_use]
pub fn first(policies: &[Policy], facts: Facts) -> Option<&Policy> {
    policies.iter().find(|policy| policy.matches(facts))
}

/// Checks what a person entered.
pub fn checked(name: &str, content: &Content) -> Result<String> {
    let name = name.trim().to_owned();
    let mut faults = Vec::new();
    if name.is_empty() || name.chars().count() > 60 {
        let text = ("请填写名称（最多 60 字）。", "Give it a name (up to 60 characters).");
        faults.push(Error::invalid("name_invalid", text.0, text.1).at("name"));
    }
    let rank = |rank: Option<i64>| rank.is_none_or(|rank| (0..=100).contains(&rank));
    let ordered = content.rank_from.zip(content.rank_to).is_none_or(|(from, to)| from <= to);
    if !rank(content.rank_from) || !rank(content.rank_to) || !ordered {
        let text = (
            "等级范围不对：最低等级不能高于最高等级。",
            "The levels are not in order: the lowest is above the highest.",
        );
        faults.push(Error::invalid("levels_invalid", text.0, text.1).at("rank_from"));
    }
    if let Err(mut fault) = check(&content.targets, &content.steps) {
        let others = std::mem::take(&mut fault.others);
        faults.push(fault);
        faults.extend(others);
    }
    Error::gather(faults).map_or(Ok(name), Err)
}
