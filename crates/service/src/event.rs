//! What happened to a ticket, in order and for ever. Clocks and reports are computed from it.

use crate::message::{Side, Visibility};
use crate::ticket::{Channel, Kind, Priority, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::{CustomerId, GroupId, MessageId, PolicyId, StaffId, TaskId, TicketId};
use zunke_kernel::{Error, Instant, Result};

/// One event of a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = TicketEvent)]
pub struct Event {
    /// 0 is the opening.
    pub seq: i64,
    pub at: Instant,
    /// Who did it; `None`: the customer, or the system.
    pub staff: Option<StaffId>,
    #[serde(flatten)]
    pub what: What,
}

/// What happened. Stored as `kind` and `detail`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case")]
#[schema(as = TicketEventDetail)]
pub enum What {
    Opened {
        kind: Kind,
        priority: Priority,
        level_rank: i64,
        channel: Channel,
    },
    StateChanged {
        from: State,
        to: State,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    PriorityChanged {
        from: Priority,
        to: Priority,
    },
    KindChanged {
        from: Kind,
        to: Kind,
    },
    /// Of the customer, as a rank.
    LevelChanged {
        from: i64,
        to: i64,
    },
    SubjectChanged {
        from: String,
        to: String,
    },
    Said {
        message: MessageId,
        side: Side,
        visibility: Visibility,
        /// By a machine: stops no clock and changes no state.
        automatic: bool,
    },
    /// To whom and why: a rule's words, or those of who gave it.
    Assigned {
        group: Option<GroupId>,
        staff: Option<StaffId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// Taken from the queue by the staff of the event.
    Claimed {},
    Released {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    Urgent {
        on: bool,
        reason: String,
    },
    /// The promise in force from here on; `policy` `None`: none is promised.
    PolicyApplied {
        policy: Option<PolicyId>,
        #[serde(default)]
        version: i64,
        /// How targets follow: `new`, `keep`, `tighten`, `retarget`, `restart`.
        mode: String,
        #[serde(default)]
        #[schema(value_type = Object)]
        detail: serde_json::Value,
    },
    CalendarChanged {
        #[serde(default)]
        #[schema(value_type = Object)]
        detail: serde_json::Value,
    },
    /// A due time set by hand; `due_at` `None`: taken back.
    ManualDue {
        metric: String,
        due_at: Option<Instant>,
        reason: String,
    },
    CustomerSet {
        from: Option<CustomerId>,
        to: Option<CustomerId>,
    },
    Linked {
        other: TicketId,
        link: String,
    },
    /// This ticket went into another.
    MergedInto {
        into: TicketId,
    },
    /// Another ticket went into this one, which is as old as the older of the two.
    MergedFrom {
        from: TicketId,
        opened_at: Instant,
    },
    /// Messages went from here to a new ticket, or came from there.
    Split {
        other: TicketId,
        messages: Vec<MessageId>,
        taken: bool,
    },
    /// `change`: added, done, reopened, cancelled, changed.
    Task {
        task: TaskId,
        change: String,
        title: String,
    },
    /// A reminder or a breach: which step, told to whom.
    Escalated {
        metric: String,
        step: String,
        due_at: Option<Instant>,
        to: Vec<StaffId>,
    },
    Mentioned {
        message: MessageId,
        staff: Vec<StaffId>,
    },
    Csat {
        score: i64,
    },
    Note {
        text: String,
    },
}

impl What {
    /// The staff that are named in it.
    #[must_use]
    pub fn staff(&self) -> Vec<StaffId> {
        match self {
            Self::Assigned { staff, .. } => staff.iter().copied().collect(),
            Self::Mentioned { staff, .. } | Self::Escalated { to: staff, .. } => staff.clone(),
            _ => Vec::new(),
        }
    }

    /// The word and the JSON that are stored.
    pub fn write(&self) -> Result<(String, String)> {
        let mut whole = serde_json::to_value(self).map_err(Error::internal)?;
        let kind = whole.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let detail = whole.get_mut("detail").map_or(serde_json::Value::Null, serde_json::Value::take);
        Ok((kind, detail.to_string()))
    }

    /// Reads back what [`Self::write`] wrote.
    pub fn read(kind: &str, detail: &str) -> Result<Self> {
        let detail: serde_json::Value = serde_json::from_str(detail).map_err(Error::internal)?;
        serde_json::from_value(serde_json::json!({ "kind": kind, "detail": detail })).map_err(Error::internal)
    }
}
