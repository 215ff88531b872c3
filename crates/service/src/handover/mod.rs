//! Hand-over 交接: everything that one manager has goes to others in one step, and stands in a protocol.
//!
//! Customers, open tickets, tasks of tickets, planned visits and own tasks move. A part of the customers moves in one
//! transaction with all that hangs on them; what is more goes on as a job, part by part, and after a crash from where it
//! was: a part that is moved is not the manager's any more, so nothing moves twice. The history keeps his name.

pub mod leave;
pub mod protocol;
pub mod step;
pub mod work;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Error, Instant, Result};

zunke_kernel::id_type!(/** One hand-over from a manager to others. */ HandOverId, "hov");

pub const NOTE_CHARS_MAX: usize = 4_000;
pub const LINE_CHARS_MAX: usize = 500;

/// Who gets whom, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = HandOverPlan)]
pub struct Plan {
    /// To one person; `null`: spread over all who have places.
    pub to_id: Option<StaffId>,
    /// Who gets what hangs on no customer of the manager's.
    pub rest_id: StaffId,
    /// Whether customers for whom nobody has a place may stay where they are.
    pub partial: bool,
    /// The last customer that has been looked at.
    pub after: Option<CustomerId>,
    /// All customers have been looked at; what is left is their manager's other work.
    pub customers_done: bool,
}

/// A hand-over as it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HandOver)]
pub struct HandOver {
    pub id: HandOverId,
    pub from_id: StaffId,
    /// As it was then.
    pub from_name: String,
    /// `running` or `done`.
    pub state: String,
    pub plan: Plan,
    pub counts: Vec<Count>,
    /// What the two sides have agreed.
    pub note: String,
    /// What customers are told; `{from}`, `{to}` and `{customer}` stand for the names.
    pub customer_line: String,
    pub created_by: Option<StaffId>,
    pub created_at: Instant,
    pub done_at: Option<Instant>,
    pub version: i64,
}

/// How much went to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = HandOverCount)]
pub struct Count {
    pub to_id: StaffId,
    /// `customer`, `ticket`, `ticket_task`, `visit` or `task`.
    pub kind: String,
    pub items: i64,
}

/// One thing that was handed over, as it was called then.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HandOverItem)]
pub struct Item {
    pub customer_id: CustomerId,
    #[schema(value_type = String)]
    pub item_id: Uuid,
    pub kind: String,
    pub title: String,
    /// Level, number, state, due time: what the protocol prints beside the title.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
    pub to_id: StaffId,
}

/// Who signs.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HandOverSignature)]
pub struct Signature {
    pub staff_id: StaffId,
    pub staff_name: String,
    /// `from` or `to`.
    pub side: String,
    pub signed_at: Option<Instant>,
    /// Somebody else where he has left.
    pub signed_by: Option<StaffId>,
    pub signed_by_name: Option<String>,
    /// Whether he works here still.
    pub active: bool,
}

/// Text that both sides read: trimmed and within bounds.
pub fn words(text: &str, field: &'static str, max: usize) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > max {
        let (zh, en) = (format!("最多 {max} 字。"), format!("At most {max} characters."));
        return Err(Error::invalid("text_too_long", zh, en).at(field));
    }
    Ok(text.to_owned())
}
