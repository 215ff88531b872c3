//! Improvements (改进项): what came of what customers keep saying, and telling each of them when it is done (反馈闭环).
//!
//! An improvement is collected, accepted, being done, done, or declined with a reason. Its contributors are the tickets
//! that asked for it. When it is done, each contributor hears of it once: on the latest of his tickets, as an answer that
//! stops no clock and opens nothing again. Who does not want to hear of it, and who is no customer any more, does not.

use crate::context::{Context, Hooks};
use crate::message::{Delivery, NewMessage, Visibility};
use crate::reply::reply;
use crate::store::improvements as store;
use crate::store::tickets;
use crate::ticket::{Channel, NOBODY, words};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use zunke_customers::Observers;
use zunke_kernel::id::{CustomerId, ImprovementId, StaffId, TicketId};
use zunke_kernel::{Error, Result};
use zunke_store::Tx;
use zunke_store::jobs::{Handler, Running};

/// Where an improvement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImprovementState)]
pub enum State {
    Collected,
    Accepted,
    Doing,
    Done,
    Declined,
}

words!(State {
    Collected = "collected", Accepted = "accepted", Doing = "doing", Done = "done", Declined = "declined",
});

impl State {
    /// Whether a person may set the next state by hand. Done is reached by telling the contributors, and stays.
    pub fn to(self, next: Self) -> Result<()> {
        use State::{Accepted, Collected, Declined, Doing, Done};
        let well = match (self, next) {
            (Collected, Accepted | Declined)
            | (Accepted, Collected | Doing | Declined)
            | (Doing, Accepted | Declined)
            | (Declined, Collected) => true,
            (Done, _) | (_, Done) => false,
            (from, to) => from == to,
        };
        if well {
            return Ok(());
        }
        let text = (
            "改进项不能这样改变状态；完成请用“完成并告知”。",
            "An improvement does not go this way; to end it, tell its contributors.",
        );
        Err(Error::conflict("improvement_state", text.0, text.1).at("state"))
    }
}

/// What a contributor's ticket hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImprovementNotice)]
pub enum Notice {
    Waiting,
    Told,
    /// Told on another ticket of the same customer.
    With,
    /// Does not want to hear of it.
    OptedOut,
    /// No customer any more.
    Archived,
    /// The ticket is no longer there.
    Gone,
}

words!(Notice {
    Waiting = "waiting", Told = "told", With = "with", OptedOut = "opted_out", Archived = "archived", Gone = "gone",
});

/// A contributor as the telling sees him.
#[derive(Clone, Debug)]
pub struct Contributor {
    pub customer: CustomerId,
    pub ticket: TicketId,
    pub number: i64,
    pub name: Option<String>,
    pub channel: Option<Channel>,
    pub archived: bool,
    pub opted_out: bool,
    pub opened_at: i64,
    pub notice: Notice,
}

/// What each contributor's ticket would hear: those that wait, decided; the others as they are.
#[must_use]
pub fn decide(contributors: &[Contributor]) -> Vec<Notice> {
    let told =
        |customer: CustomerId| contributors.iter().any(|one| one.customer == customer && one.notice == Notice::Told);
    contributors
        .iter()
        .map(|one| {
            if one.notice != Notice::Waiting {
                return one.notice;
            }
            if one.channel.is_none() {
                return Notice::Gone;
            }
            // Tickets of nobody known are each of somebody else.
            if one.customer == NOBODY {
                return Notice::Told;
            }
            if one.archived {
                return Notice::Archived;
            }
            if one.opted_out {
                return Notice::OptedOut;
            }
            let later = |other: &&Contributor| {
                other.customer == one.customer
                    && other.channel.is_some()
                    && (other.opened_at, other.ticket) > (one.opened_at, one.ticket)
            };
            if told(one.customer) || contributors.iter().any(|other| later(&other)) {
                Notice::With
            } else {
                Notice::Told
            }
        })
        .collect()
}

/// The message as one contributor reads it: `{name}` and `{title}` are filled in.
#[must_use]
pub fn message_for(message: &str, title: &str, name: Option<&str>) -> String {
    let name = name.unwrap_or_default();
    message.replace("{name}", name).replace("{title}", title)
}

/// The kind of the job that tells contributors.
pub const TELL: &str = "service.improvement";
/// Contributors told in one transaction.
const STEP: usize = 20;

/// Tells the contributors of an improvement that is done. Each claim and its message are one transaction: killed at any
/// point and run again, nobody hears of it twice and nobody is left out.
#[derive(Clone, Default)]
pub struct Tell {
    pub observers: Observers,
}

impl Handler for Tell {
    fn kind(&self) -> &'static str {
        TELL
    }

    fn run(&self, job: &Running<'_>) -> Result<Json> {
        let id: ImprovementId =
            serde_json::from_value(job.payload["improvement_id"].clone()).map_err(Error::internal)?;
        let by: Option<StaffId> = serde_json::from_value(job.payload["by"].clone()).unwrap_or(None);
        let hooks = Hooks { observers: self.observers.0.clone() };
        let mut told = 0_usize;
        loop {
            let now = job.now();
            let step = job.db.write(|tx| {
                let cx = Context::load(tx, now, by)?;
                let done = tell_some(tx, &hooks, &cx, id, STEP)?;
                job.checkpoint(tx, &json!({ "told": told + done.1 }))?;
                Ok(done)
            })?;
            told += step.1;
            if step.0 == 0 {
                return Ok(json!({ "told": told }));
            }
        }
    }
}

/// Settles the next contributors; answers how many were settled, and how many of them told.
pub fn tell_some(tx: &mut Tx, hooks: &Hooks, cx: &Context, id: ImprovementId, step: usize) -> Result<(usize, usize)> {
    let Some(improvement) = store::find(tx, id)?.filter(|one| one.state == State::Done) else { return Ok((0, 0)) };
    let contributors = store::contributors(tx, id)?;
    let (mut settled, mut told) = (0, 0);
    for (one, notice) in contributors.iter().zip(decide(&contributors)) {
        if one.notice != Notice::Waiting || settled == step {
            continue;
        }
        settled += 1;
        if !store::claim(tx, cx.now, id, one, notice)? || notice != Notice::Told {
            continue;
        }
        let Some(ticket) = tickets::find(tx, one.ticket)? else { continue };
        let words =
            message_for(improvement.message.as_deref().unwrap_or_default(), &improvement.title, one.name.as_deref());
        let delivery = if ticket.channel == Channel::Email { Delivery::Waiting } else { Delivery::None };
        let new = NewMessage {
            automatic: true,
            delivery,
            source: Some(("improvement".to_owned(), format!("{id}:{}", one.ticket))),
            ..NewMessage::from_staff(Visibility::Public, ticket.channel, words, cx.now)
        };
        let said = reply(tx, cx, one.ticket, &new, hooks)?;
        store::told_by(tx, id, one, said.message)?;
        told += 1;
    }
    Ok((settled, told))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zunke_kernel::Instant;

    fn one(customer: CustomerId, at: i64) -> Contributor {
        Contributor {
            customer,
            ticket: TicketId::new(Instant(at)),
            number: at,
            name: None,
            channel: Some(Channel::Phone),
            archived: false,
            opted_out: false,
            opened_at: at,
            notice: Notice::Waiting,
        }
    }

    #[test]
    fn each_customer_hears_of_it_once_on_the_latest_ticket() {
        let (a, b) = (CustomerId::new(Instant(1)), CustomerId::new(Instant(2)));
        let mut all = vec![one(a, 1), one(a, 3), one(b, 2), one(NOBODY, 4), one(NOBODY, 5)];
        let expected = [Notice::With, Notice::Told, Notice::Told, Notice::Told, Notice::Told];
        assert_eq!(decide(&all), expected);
        all[2].opted_out = true;
        all[1].notice = Notice::Told;
        all[3].channel = None;
        assert_eq!(decide(&all)[..4], [Notice::With, Notice::Told, Notice::OptedOut, Notice::Gone]);
        all[2].archived = true;
        assert_eq!(decide(&all)[2], Notice::Archived);
    }

    #[test]
    fn done_is_reached_by_telling_alone() {
        assert!(State::Doing.to(State::Done).is_err() && State::Done.to(State::Doing).is_err());
        assert!(State::Collected.to(State::Doing).is_err() && State::Collected.to(State::Accepted).is_ok());
    }
}
