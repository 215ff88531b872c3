//! What is told: the types of events and what each carries. Payloads hold ids and figures; who wants a name asks for it
//! with a key of his own, within its rights.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use zunke_kernel::{Instant, Text};

zunke_kernel::id_type!(/** Something that happened, as it is told. */ EventId, "evt");

/// Names each type once: its variant, its word, what it says to a reader.
macro_rules! types {
    ($($name:ident = $word:literal, $zh:literal, $en:literal;)+) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[schema(as = WebhookEventType)]
        pub enum EventType {
            $(#[serde(rename = $word)] $name,)+
        }

        impl EventType {
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The word in messages, in the API and in the database.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// What it says to a reader.
            #[must_use]
            pub fn text(self) -> Text {
                match self { $(Self::$name => Text::new($zh, $en),)+ }
            }
        }
    };
}

types! {
    CustomerCreated = "customer.created", "新增客户", "New customer";
    CustomerChanged = "customer.changed", "客户资料、标签、负责人或状态有变动", "Customer changed: data, tags, owner or status";
    CustomerMerged = "customer.merged", "客户被合并到另一位客户", "Customer merged into another";
    CustomerErased = "customer.erased", "客户已匿名化", "Customer erased";
    CustomerRemoved = "customer.removed", "客户随导入撤销被删除", "Customer removed by undoing an import";
    ActivityRecorded = "activity.recorded", "新的订单、退款或互动", "New order, refund or contact";
    ActivityCorrected = "activity.corrected", "订单、退款或互动被更正", "Order, refund or contact corrected";
    ActivityWithdrawn = "activity.withdrawn", "订单、退款或互动被撤回", "Order, refund or contact withdrawn";
    LevelChanged = "level.changed", "客户等级变动", "Customer level changed";
    TicketOpened = "ticket.opened", "新工单", "New ticket";
    TicketChanged = "ticket.changed", "工单有变动", "Ticket changed";
    Test = "webhook.test", "测试消息", "Test message";
}

impl EventType {
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.word() == word)
    }

    /// Whether a webhook may ask for it; a test goes to everyone.
    #[must_use]
    pub fn can_be_wanted(self) -> bool {
        self != Self::Test
    }

    /// What a message of this type carries, by an example.
    #[must_use]
    pub fn example(self) -> Value {
        let customer = "cus_0194f0c2a1b27c3d8e4f5a6b7c8d9e0f";
        let activity = json!({
            "customer_id": customer, "activity_id": "act_0194f0c2a1b27c3d8e4f5a6b7c8d9e10", "kind": "order",
            "source": "shop", "source_id": "A-1001", "revision": 0, "occurred_at": "2026-11-22T08:30:00.000Z",
            "day": "2026-11-22", "amount": "128.50",
        });
        let ticket = json!({
            "ticket_id": "tic_0194f0c2a1b27c3d8e4f5a6b7c8d9e11", "number": 1024, "customer_id": customer,
            "what": "opened", "kind": "complaint", "priority": "high", "state": "new", "assignee": null,
        });
        match self {
            Self::CustomerCreated | Self::CustomerChanged | Self::CustomerErased | Self::CustomerRemoved => {
                json!({ "customer_id": customer })
            }
            Self::CustomerMerged => json!({ "customer_id": customer, "into": "cus_0194f0c2a1b27c3d8e4f5a6b7c8d9e12" }),
            Self::ActivityRecorded | Self::ActivityCorrected | Self::ActivityWithdrawn => activity,
            Self::LevelChanged => json!({
                "customer_id": customer, "programme_id": "prg_0194f0c2a1b27c3d8e4f5a6b7c8d9e13", "change": "raised",
                "cause": "activity", "from_rank": 2, "to_rank": 3, "as_of": "2026-11-22",
            }),
            Self::TicketOpened => ticket,
            Self::TicketChanged => {
                let mut changed = ticket;
                changed["what"] = json!("claimed");
                changed
            }
            Self::Test => json!({ "text": "It works." }),
        }
    }
}

/// Something that happened, to be kept.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub kind: EventType,
    /// Events of one key are told in their order.
    pub key: String,
    pub data: Value,
}

/// The body of a message, the same at each attempt.
#[must_use]
pub fn body(kind: &str, at: Instant, data: &Value) -> String {
    json!({ "type": kind, "timestamp": at, "data": data }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_reads_back_and_has_an_example() {
        for one in EventType::ALL {
            assert_eq!(EventType::read(one.word()), Some(*one));
            assert_eq!(serde_json::to_value(one).expect("a word"), json!(one.word()));
            assert!(one.example().is_object());
        }
        assert_eq!(EventType::read("customer.*"), None);
    }
}
