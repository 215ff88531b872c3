//! What was said on a ticket: by the customer, by staff, by the system; in public or among colleagues.

use crate::ticket::{Channel, words};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::Instant;
use zunke_kernel::id::{FileId, MessageId, StaffId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TicketSide)]
pub enum Side {
    Customer,
    Staff,
    System,
}

words!(Side { Customer = "customer", Staff = "staff", System = "system" });

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TicketVisibility)]
pub enum Visibility {
    /// The customer reads it.
    Public,
    /// A note among colleagues.
    Internal,
}

words!(Visibility { Public = "public", Internal = "internal" });

/// What became of a message that goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TicketDelivery)]
pub enum Delivery {
    /// Goes nowhere.
    None,
    Waiting,
    Sent,
    Failed,
}

words!(Delivery { None = "none", Waiting = "waiting", Sent = "sent", Failed = "failed" });

/// A message on its way into a ticket.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub side: Side,
    pub visibility: Visibility,
    /// By a machine (auto-reply, bot): stops no clock and changes no state.
    pub automatic: bool,
    pub channel: Channel,
    /// How the author is shown; empty: the customer's, the sender's or the colleague's name.
    pub author: String,
    pub body: String,
    /// What was cut off as quoted text or signature.
    pub quoted: Option<String>,
    /// The source's own id, so that what is delivered twice counts once: source, id there.
    pub source: Option<(String, String)>,
    /// Where the ticket shall stand afterwards; else the state function says.
    pub state_after: Option<crate::ticket::State>,
    pub mentions: Vec<StaffId>,
    /// Files of the ticket that were sent before and belong to it.
    pub files: Vec<FileId>,
    /// `Waiting`: somebody sends it (the mail out).
    pub delivery: Delivery,
    pub at: Instant,
}

impl NewMessage {
    /// What a customer said, in public.
    #[must_use]
    pub fn from_customer(channel: Channel, body: impl Into<String>, at: Instant) -> Self {
        Self {
            side: Side::Customer,
            visibility: Visibility::Public,
            automatic: false,
            channel,
            author: String::new(),
            body: body.into(),
            quoted: None,
            source: None,
            state_after: None,
            mentions: Vec::new(),
            files: Vec::new(),
            delivery: Delivery::None,
            at,
        }
    }

    /// What a member of staff said.
    #[must_use]
    pub fn from_staff(visibility: Visibility, channel: Channel, body: impl Into<String>, at: Instant) -> Self {
        Self { side: Side::Staff, visibility, ..Self::from_customer(channel, body, at) }
    }
}

/// A message as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = TicketMessage)]
pub struct Message {
    pub id: MessageId,
    pub at: Instant,
    pub side: Side,
    pub visibility: Visibility,
    pub channel: Channel,
    pub automatic: bool,
    pub author: String,
    pub staff_id: Option<StaffId>,
    pub body: String,
    pub quoted: Option<String>,
    pub delivery: Delivery,
    pub delivery_detail: Option<String>,
}
