//! A ticket: something that a customer said, and what is being done about it.

use crate::event::Event;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::Instant;
use zunke_kernel::id::{CustomerId, GroupId, LevelId, StaffId, TicketId};

/// Gives an enum its words in the database and the API.
macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the database and the API.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The one with this word.
            #[must_use]
            pub fn read(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}
pub(crate) use words;

/// What the customer wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TicketKind)]
pub enum Kind {
    /// 投诉
    Complaint,
    /// 建议
    Suggestion,
    /// 咨询
    Question,
    /// 表扬
    Praise,
}

words!(Kind {
    Complaint = "complaint", Suggestion = "suggestion", Question = "question", Praise = "praise",
});

/// How pressing it is; the most pressing first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TicketPriority)]
pub enum Priority {
    Urgent,
    High,
    Normal,
    Low,
}

words!(Priority { Urgent = "urgent", High = "high", Normal = "normal", Low = "low" });

impl Priority {
    /// What a ticket begins with where nobody says otherwise.
    #[must_use]
    pub const fn of_kind(kind: Kind) -> Self {
        match kind {
            Kind::Complaint => Self::High,
            Kind::Question | Kind::Suggestion => Self::Normal,
            Kind::Praise => Self::Low,
        }
    }
}

/// Where a ticket stands. Which way leads where is in [`crate::state`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TicketState)]
pub enum State {
    /// Nobody has looked at it.
    New,
    /// Somebody here has something to do.
    Open,
    /// For the customer to answer.
    Waiting,
    /// For somebody inside: another department, a delivery.
    Held,
    Solved,
    /// Solved for good: the time in which an answer opens it again is over, or somebody closed it.
    Closed,
    /// Never was one, or went into another.
    Cancelled,
}

words!(State {
    New = "new", Open = "open", Waiting = "waiting", Held = "held", Solved = "solved", Closed = "closed",
    Cancelled = "cancelled",
});

impl State {
    /// Somebody here has something to do.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::New | Self::Open)
    }

    /// Nothing more is to come of it by itself.
    #[must_use]
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Solved | Self::Closed | Self::Cancelled)
    }
}

/// How it came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TicketChannel)]
pub enum Channel {
    /// The public web form.
    Form,
    MemberPage,
    Email,
    Phone,
    /// WeCom, WeChat and the like, by the signed hook.
    Message,
    Survey,
    /// Taken down by a member of staff who met the customer.
    Staff,
    Api,
}

words!(Channel {
    Form = "form", MemberPage = "member_page", Email = "email", Phone = "phone", Message = "message",
    Survey = "survey", Staff = "staff", Api = "api",
});

/// The customer of nobody: under it stand the tickets whose sender is not known yet.
pub const NOBODY: CustomerId = CustomerId(uuid::Uuid::nil());

/// `next_due_at` of a ticket that promises nothing more: later than every other.
pub const NEVER: Instant = Instant(9_000_000_000_000_000);

/// What a sender is known by, where no customer is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TicketSenderKeys)]
pub struct SenderKeys {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Source and value of an id in another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<(String, String)>,
}

/// A ticket as it is stored. Changed only within [`crate::work::touch`], which tells the clocks and the queue.
#[derive(Clone, Debug)]
pub struct Ticket {
    pub id: TicketId,
    /// [`NOBODY`]: not known yet.
    pub customer: CustomerId,
    pub number: i64,
    pub kind: Kind,
    pub priority: Priority,
    pub state: State,
    pub channel: Channel,
    pub subject: String,
    pub product: Option<String>,
    pub language: Option<String>,
    pub region: Option<String>,
    /// The rank that the customer had when it was opened.
    pub opened_rank: i64,
    /// The rank that its promises rest on.
    pub level_rank: i64,
    pub level_id: Option<LevelId>,
    pub group: Option<GroupId>,
    pub assignee: Option<StaffId>,
    /// In the urgent lane.
    pub urgent: bool,
    /// How the sender called himself.
    pub sender: Option<String>,
    pub sender_keys: Option<SenderKeys>,
    pub merged_into: Option<TicketId>,
    /// The ticket that it was split from or follows.
    pub parent: Option<TicketId>,
    /// The policy in force as it stood when it was applied; the clocks write it.
    pub policy: Option<serde_json::Value>,
    /// A date set by hand; the clocks write it.
    pub manual_due: Option<serde_json::Value>,
    pub next_metric: Option<String>,
    /// [`NEVER`]: nothing more is promised.
    pub next_due_at: Instant,
    pub opened_at: Instant,
    pub first_response_at: Option<Instant>,
    pub solved_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub reopened: i64,
    pub csat: Option<i64>,
    /// The beginning of what was said last in public.
    pub last_words: Option<String>,
    /// Who said it: `customer` or `staff`.
    pub last_side: Option<String>,
    /// Events so far; the next one's number.
    pub events: i64,
    pub version: i64,
    pub updated_at: Instant,
    /// What happened to it in this unit of work, in order.
    pub fresh: Vec<Event>,
}

impl Ticket {
    /// Whether it is known whose it is.
    #[must_use]
    pub fn has_customer(&self) -> bool {
        self.customer != NOBODY
    }

    /// How people call it.
    #[must_use]
    pub fn label(&self) -> String {
        format!("#{}", self.number)
    }
}
