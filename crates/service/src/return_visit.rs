//! Return visits (回访): within some working days after a ticket was solved, somebody asks the customer whether it really
//! was, and how content he is. By level and kind a rule says whether, how soon and who; each solution has one, as a task
//! of a person.

use crate::store::{calendars, people, return_visits as store, tasks, tickets};
use crate::ticket::{Kind, State as TicketState, Ticket, words};
use crate::work::TOPIC;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::settings;
use zunke_customers::privacy::standing;
use zunke_kernel::id::{StaffId, TaskId, TicketId};
use zunke_kernel::{Error, Instant, Result, Text};
use zunke_store::Tx;
use zunke_store::outbox::{Message, Subscriber};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReturnVisitState)]
pub enum State {
    Open,
    Done,
    /// The ticket was opened again before anybody asked.
    Cancelled,
}

words!(State { Open = "open", Done = "done", Cancelled = "cancelled" });

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReturnVisitResult)]
pub enum Outcome {
    /// The customer answered, with a satisfaction from 1 to 5.
    Reached,
    Unreached,
    /// He did not want to say.
    Refused,
}

words!(Outcome { Reached = "reached", Unreached = "unreached", Refused = "refused" });

/// Who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReturnVisitWho)]
pub enum Who {
    /// Who solved it, as far as the ticket is his.
    #[default]
    Assignee,
    /// The customer's manager; where there is none, the assignee.
    Manager,
}

/// Which solved tickets are visited, how soon, by whom. The first rule that fits is it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReturnVisitRule)]
pub struct Rule {
    /// Ranks; empty: every level.
    #[serde(default)]
    pub levels: Vec<i64>,
    /// Empty: every kind.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// Working days after the solution; 0: none is made.
    pub days: i64,
    #[serde(default)]
    pub who: Who,
}

/// The rules that an organisation sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReturnVisitRules)]
pub struct Rules {
    pub rules: Vec<Rule>,
}

impl Default for Rules {
    /// Everything but praise, within three working days.
    fn default() -> Self {
        let kinds = vec![Kind::Complaint, Kind::Suggestion, Kind::Question];
        Self { rules: vec![Rule { levels: Vec::new(), kinds, days: 3, who: Who::Assignee }] }
    }
}

impl Rules {
    const NAME: &'static str = "service.return_visits";

    pub fn load(tx: &mut Tx) -> Result<Self> {
        let sql = "SELECT content FROM settings WHERE name = $1";
        Ok(tx.query_one(sql, &[Self::NAME.into()], |row| row.json(0))?.unwrap_or_default())
    }

    pub fn save(&self, tx: &mut Tx, now: Instant) -> Result<()> {
        let content = serde_json::to_string(self).map_err(Error::internal)?;
        tx.execute(
            "INSERT INTO settings (name, content, version, updated_at) VALUES ($1, $2, 1, $3)
             ON CONFLICT (name) DO UPDATE SET content = excluded.content, updated_at = excluded.updated_at",
            &[Self::NAME.into(), content.into(), now.into()],
        )?;
        Ok(())
    }

    pub fn check(&self) -> Result<()> {
        if self.rules.len() > 30 {
            return Err(Error::invalid("rules_too_many", "规则最多 30 条。", "There are at most 30 rules.").at("rules"));
        }
        for rule in &self.rules {
            if !(0..=30).contains(&rule.days) || rule.levels.iter().any(|rank| !(0..=20).contains(rank)) {
                let text =
                    ("工作日应在 0 到 30 之间，等级应为 0 到 20。", "Days are 0 to 30, levels ranks from 0 to 20.");
                return Err(Error::invalid("rule_invalid", text.0, text.1).at("rules"));
            }
        }
        Ok(())
    }

    /// The rule for a ticket of this level and kind.
    #[must_use]
    pub fn of(&self, level: i64, kind: Kind) -> Option<&Rule> {
        self.rules
            .iter()
            .find(|rule| {
                (rule.levels.is_empty() || rule.levels.contains(&level))
                    && (rule.kinds.is_empty() || rule.kinds.contains(&kind))
            })
            .filter(|rule| rule.days > 0)
    }
}

/// The same time of day so many working days later, by the calendar of the ticket's promises.
pub fn due(tx: &mut Tx, ticket: &Ticket, from: Instant, days: i64) -> Result<Instant> {
    calendars::of_ticket(tx, ticket)?.add_days(from, days)
}

/// Makes a return visit when a ticket is solved, takes it back when it is opened again, and follows its task.
#[derive(Clone, Copy, Debug, Default)]
pub struct FollowSolved;

impl Subscriber for FollowSolved {
    fn name(&self) -> &'static str {
        "service.return_visits"
    }

    fn topics(&self) -> &'static [&'static str] {
        &[TOPIC]
    }

    fn handle(&self, tx: &mut Tx, message: &Message) -> Result<()> {
        let id: TicketId = serde_json::from_value(message.payload["ticket_id"].clone()).map_err(Error::internal)?;
        let Some(ticket) = tickets::find(tx, id)? else { return Ok(()) };
        follow(tx, &ticket, message.sent_at)
    }
}

/// Brings the return visits of a ticket up to date; done twice it changes nothing.
pub fn follow(tx: &mut Tx, ticket: &Ticket, now: Instant) -> Result<()> {
    let solved = ticket.solved_at.filter(|_| matches!(ticket.state, TicketState::Solved | TicketState::Closed));
    let (Some(solved), None) = (solved, ticket.merged_into) else {
        return store::cancel(tx, ticket, now);
    };
    // Nobody is called whose data are to be kept only.
    if !standing::is_free(tx, ticket.customer)? {
        return store::cancel(tx, ticket, now);
    }
    let Some(rule) = Rules::load(tx)?.of(ticket.level_rank, ticket.kind).cloned() else { return Ok(()) };
    let manager = match rule.who {
        Who::Manager => people::standing(tx, ticket.customer)?.and_then(|standing| standing.owner),
        Who::Assignee => None,
    };
    let due_at = due(tx, ticket, solved, rule.days)?;
    make(tx, ticket, solved, due_at, manager.or(ticket.assignee), now)?;
    Ok(())
}

/// Makes the return visit of a solution, with its task; `false` where there is one.
pub fn make(
    tx: &mut Tx,
    ticket: &Ticket,
    solved: Instant,
    due_at: Instant,
    staff: Option<StaffId>,
    now: Instant,
) -> Result<bool> {
    let task = TaskId::new(now);
    if !store::insert(tx, ticket, task, solved, due_at, staff)? {
        return Ok(false);
    }
    let locale = settings::load(tx)?.locale;
    let title = Text::new("回访", "Return visit").get(locale).to_owned();
    tasks::insert(
        tx,
        &tasks::Task {
            id: task,
            ticket_id: ticket.id,
            customer: ticket.customer,
            kind: tasks::TaskKind::ReturnVisit,
            title: format!("{title} {} {}", ticket.label(), ticket.subject).chars().take(200).collect(),
            department_id: None,
            assignee_id: staff,
            due_at: Some(due_at),
            state: tasks::TaskState::Open,
            place: 0,
            required: false,
            result: None,
            created_by: None,
            created_at: now,
            done_at: None,
            done_by: None,
            version: 1,
        },
    )?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_fits_is_it() {
        let rule = |levels: &[i64], days| Rule { levels: levels.to_vec(), kinds: Vec::new(), days, who: Who::Manager };
        let rules = Rules { rules: vec![rule(&[5], 1), rule(&[1], 0), rule(&[], 3)] };
        assert_eq!(rules.of(5, Kind::Praise).map(|rule| rule.days), Some(1));
        assert_eq!(rules.of(1, Kind::Praise), None);
        assert_eq!(rules.of(2, Kind::Praise).map(|rule| rule.days), Some(3));
        assert_eq!(Rules::default().of(2, Kind::Praise), None);
        assert!(Rules { rules: vec![rule(&[], 31)] }.check().is_err() && Rules::default().check().is_ok());
    }
}
