//! Where a ticket stands after something was done. One function for the screen, the mail, the hook and the API, so that no
//! way in has rules of its own.

use crate::message::{Side, Visibility};
use crate::ticket::State;
use zunke_kernel::{Error, Instant, Result};

const DAY_MS: i64 = 86_400_000;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Something is said on the ticket.
    Said { side: Side, visibility: Visibility, automatic: bool, thanks: bool },
    /// A member of staff takes it in hand.
    Taken,
    /// Somebody sets the state by hand.
    Set(State),
    /// Solved long enough without a word.
    TimeUp,
}

/// What the function looks at.
#[derive(Clone, Copy, Debug)]
pub struct Stand {
    pub state: State,
    /// When it was solved, closed or cancelled.
    pub done_at: Option<Instant>,
    /// It went into another ticket.
    pub merged: bool,
}

/// The rules that an organisation sets.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub reopen_days: i64,
    pub thanks_reopens: bool,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Stay,
    To(State),
    /// Too late for this ticket: what was said opens a new one, linked to it.
    Follow,
}

/// The one table.
///
/// | said or done | new | open | waiting | held | solved, closed, cancelled |
/// |---|---|---|---|---|---|
/// | the customer, himself | stays | stays | open | open | open within the days, else a new ticket |
/// | a machine, or a note among colleagues | stays | stays | stays | stays | stays |
/// | staff, in public | open | stays | stays | stays | stays |
/// | taken in hand | open | stays | stays | stays | stays |
/// | set by hand | any | any but new | any but new | any but new | open within the days; solved → closed |
#[expect(clippy::match_same_arms, reason = "each arm is a cell of the table above")]
pub fn next(stand: Stand, act: Act, at: Instant, rules: Rules) -> Result<Next> {
    use State::{Cancelled, Closed, Held, New, Open, Solved, Waiting};
    let in_time = stand.done_at.is_none_or(|done| at.0.saturating_sub(done.0) <= rules.reopen_days * DAY_MS);
    let next = match (act, stand.state) {
        (Act::Said { automatic: true, .. } | Act::Said { visibility: Visibility::Internal, .. }, _)
        | (Act::Said { side: Side::System, .. }, _) => Next::Stay,
        (Act::Said { side: Side::Staff, .. } | Act::Taken, New) => Next::To(Open),
        (Act::Said { side: Side::Staff, .. } | Act::Taken, _) => Next::Stay,
        (Act::Said { side: Side::Customer, .. }, New | Open) => Next::Stay,
        (Act::Said { side: Side::Customer, .. }, Waiting | Held) => Next::To(Open),
        (Act::Said { side: Side::Customer, thanks, .. }, Solved | Closed | Cancelled) => match (in_time, thanks) {
            (_, true) if !rules.thanks_reopens => Next::Stay,
            (true, _) => Next::To(Open),
            (false, _) => Next::Follow,
        },
        (Act::TimeUp, Solved) => Next::To(Closed),
        (Act::TimeUp, _) => Next::Stay,
        (Act::Set(to), from) if to == from => Next::Stay,
        (Act::Set(_), _) if stand.merged => {
            return Err(Error::conflict(
                "ticket_merged",
                "该工单已并入另一工单，请在那里处理。",
                "This ticket went into another one; please work on that one.",
            )
            .at("state"));
        }
        (Act::Set(New), _) => {
            return Err(Error::invalid(
                "state_not_back",
                "处理过的工单不能再回到“新建”。",
                "A ticket that was worked on cannot be new again.",
            )
            .at("state"));
        }
        (Act::Set(to @ (Open | Waiting | Held | Solved | Closed | Cancelled)), New | Open | Waiting | Held)
        | (Act::Set(to @ Closed), Solved) => Next::To(to),
        (Act::Set(to @ (Open | Waiting | Held)), Solved | Closed | Cancelled) if in_time => Next::To(to),
        (Act::Set(Open | Waiting | Held), Solved | Closed | Cancelled) => {
            return Err(Error::conflict(
                "reopen_too_late",
                format!("结束已超过 {} 天，请新建工单并关联。", rules.reopen_days),
                format!("It ended more than {} days ago; please open a new ticket and link it.", rules.reopen_days),
            )
            .at("state"));
        }
        (Act::Set(_), Solved | Closed | Cancelled) => {
            return Err(Error::conflict(
                "state_unreachable",
                "请先重新打开该工单，再改为此状态。",
                "Open the ticket again first, then set this state.",
            )
            .at("state"));
        }
    };
    Ok(next)
}

/// Whether a message says thank you and nothing else.
#[must_use]
pub fn is_bare_thanks(body: &str) -> bool {
    let words: String = body.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if words.is_empty() || words.chars().count() > 24 {
        return false;
    }
    let mut rest = words.as_str();
    const WORDS: [&str; 26] = [
        "非常感谢",
        "十分感谢",
        "多谢",
        "感谢您",
        "感谢你",
        "感谢",
        "谢谢您",
        "谢谢你们",
        "谢谢你",
        "谢谢",
        "謝謝",
        "谢了",
        "收到",
        "好的",
        "辛苦了",
        "辛苦",
        "您",
        "了",
        "thankyouverymuch",
        "thankyousomuch",
        "thankyou",
        "manythanks",
        "thanks",
        "thx",
        "ok",
        "alot",
    ];
    let mut thanked = false;
    while !rest.is_empty() {
        let Some(word) = WORDS.iter().find(|word| rest.starts_with(**word)) else { return false };
        thanked |= word.contains('谢') || word.contains('謝') || word.contains("than") || *word == "thx";
        rest = &rest[word.len()..];
    }
    thanked
}
