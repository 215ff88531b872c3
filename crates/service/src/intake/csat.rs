//! How satisfied a customer is with what came of his ticket: a signed link, a question, one to five, and once a second
//! thought. Opening the link counts nothing: programs that look at links before people do open all of them.

use super::keys::Keys;
use super::public::{self, Csat};
use crate::context::{Context, Hooks};
use crate::event::What;
use crate::message::{Delivery, NewMessage, Side, Visibility};
use crate::reply;
use crate::store::csat::{self as rows, Answer};
use crate::store::mails;
use crate::store::tasks::TaskKind;
use crate::store::tickets;
use crate::tasks::{self, NewTask};
use crate::ticket::{Channel, State, Ticket};
use crate::{text, work};
use zunke_access::directory;
use zunke_customers::consent::{Channel as Reach, Purpose, consented};
use zunke_kernel::id::TicketId;
use zunke_kernel::{Error, Instant, Kind, Locale, Result, Text};
use zunke_store::{Tx, jobs};

/// The job that asks.
pub const JOB: &str = "service.csat";
const PURPOSE: &str = "csat";
const LENGTH: usize = 12;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
pub const COMMENT_CHARS_MAX: usize = 1_000;

/// The token of a ticket's question.
pub fn token(keys: &Keys, ticket: TicketId) -> Result<String> {
    let id = ticket.0.simple().to_string();
    Ok(format!("{id}{}", keys.sign(PURPOSE, &id, LENGTH)?))
}

/// The ticket that a token asks about. 404 for every other text.
pub fn ticket_of(keys: &Keys, token: &str) -> Result<TicketId> {
    let (id, signature) = token.split_at_checked(32).ok_or_else(Error::not_found)?;
    if !keys.holds(PURPOSE, id, signature, LENGTH)? {
        return Err(Error::not_found());
    }
    uuid::Uuid::try_parse(id).map(TicketId).map_err(|_| Error::not_found())
}

/// Where a question stands.
#[derive(Clone, Debug)]
pub struct Asked {
    pub ticket: Ticket,
    pub answer: Option<Answer>,
    /// Why no answer is taken; none: it is.
    pub closed: Option<Text>,
}

/// The question about a ticket, as it stands; changes nothing.
pub fn look(tx: &mut Tx, now: Instant, id: TicketId) -> Result<Asked> {
    let id = reply::merged_to(tx, id)?;
    let ticket = tickets::find(tx, id)?.ok_or_else(Error::not_found)?;
    let settings = public::load(tx)?.csat;
    let answer = rows::find(tx, ticket.customer, ticket.id)?;
    let closed = closed(&ticket, answer.as_ref(), &settings, now);
    Ok(Asked { ticket, answer, closed })
}

fn closed(ticket: &Ticket, answer: Option<&Answer>, settings: &Csat, now: Instant) -> Option<Text> {
    if let Some(answer) = answer {
        if answer.changes > 0 {
            return Some(Text::new(
                "您已评价并修改过，感谢您的反馈。",
                "You have answered and changed it once: thank you.",
            ));
        }
        if now.0 > answer.answered_at.0 + settings.change_days * DAY_MS {
            return Some(Text::new("您已评价，感谢您的反馈。", "You have answered: thank you."));
        }
        return None;
    }
    if !matches!(ticket.state, State::Solved | State::Closed) {
        return Some(Text::new(
            "该问题还在处理中，解决后即可评价。",
            "We are still working on it; you can rate it once it is solved.",
        ));
    }
    let solved = ticket.solved_at.unwrap_or(ticket.updated_at);
    (now.0 > solved.0 + settings.answer_days * DAY_MS)
        .then(|| Text::new("评价已截止，感谢您的关注。", "The time to answer is over: thank you."))
}

/// Takes an answer: the first, or the one change of it.
pub fn answer(
    tx: &mut Tx,
    cx: &Context,
    hooks: &Hooks,
    id: TicketId,
    (score, comment): (i64, Option<&str>),
) -> Result<Answer> {
    if !(1..=5).contains(&score) {
        return Err(Error::invalid("score_invalid", "请选择 1 到 5 分。", "Choose 1 to 5.").at("score"));
    }
    let comment = text::optional(comment, "comment", COMMENT_CHARS_MAX)?;
    let settings = public::load(tx)?.csat;
    let id = reply::merged_to(tx, id)?;
    work::touch(tx, cx, hooks, id, "csat", |tx, ticket| {
        let before = rows::find(tx, ticket.customer, ticket.id)?;
        // The same answer again, by a second press or a repeated request, is the same answer.
        if let Some(before) = before.as_ref().filter(|before| before.score == score && before.comment == comment) {
            return Ok(before.clone());
        }
        if let Some(closed) = closed(ticket, before.as_ref(), &settings, cx.now) {
            return Err(Error::new(Kind::Conflict, "csat_closed", closed.zh, closed.en));
        }
        let answer = Answer {
            score,
            comment: comment.clone(),
            first_score: before.as_ref().map_or(score, |before| before.first_score),
            changes: i64::from(before.is_some()),
            low_to: before.as_ref().map_or(settings.low_to, |before| before.low_to),
            answered_at: before.as_ref().map_or(cx.now, |before| before.answered_at),
            changed_at: cx.now,
        };
        rows::save(tx, ticket, &answer)?;
        ticket.csat = Some(score);
        work::note(tx, cx, ticket, cx.now, What::Csat { score })?;
        let told = before.as_ref().and_then(|before| before.comment.as_ref());
        if let Some(comment) = comment.as_ref().filter(|comment| told != Some(*comment)) {
            let said = NewMessage {
                automatic: true,
                channel: Channel::Survey,
                ..NewMessage::from_customer(Channel::Survey, comment.clone(), cx.now)
            };
            reply::say(tx, cx, ticket, zunke_kernel::id::MessageId::new(cx.now), &said)?;
        }
        let was_low = before.is_some_and(|before| before.score <= before.low_to);
        if score <= answer.low_to && !was_low {
            follow_up(tx, cx, ticket, score, &settings)?;
        }
        Ok(answer)
    })
}

/// Somebody else than the one who was rated hears why: a task for the department, not for him.
fn follow_up(tx: &mut Tx, cx: &Context, ticket: &mut Ticket, score: i64, settings: &Csat) -> Result<()> {
    let department = match ticket.assignee {
        Some(staff) => {
            directory::colleagues(tx)?.into_iter().find(|one| one.id == staff).and_then(|one| one.department)
        }
        None => None,
    };
    let title = match cx.organisation.locale {
        Locale::Zh => format!("低分回访：客户评价 {score} 分"),
        Locale::En => format!("Low rating: the customer gave {score}"),
    };
    let task = NewTask {
        department,
        due_at: Some(Instant(cx.now.0 + settings.follow_up_hours * HOUR_MS)),
        ..NewTask::new(TaskKind::FollowUp, title)
    };
    tasks::put(tx, cx, ticket, &task)?;
    Ok(())
}

/// Queues the question for a ticket that was solved by mail, where that is switched on.
pub fn plan(tx: &mut Tx, cx: &Context, id: TicketId) -> Result<()> {
    let settings = public::load(tx)?;
    if !settings.csat.mail || settings.base_url.is_none() {
        return Ok(());
    }
    let Some(ticket) = tickets::find(tx, id)? else { return Ok(()) };
    let (State::Solved, Some(solved)) = (ticket.state, ticket.solved_at) else { return Ok(()) };
    if ticket.csat.is_some() || rows::invited(tx, id)? {
        return Ok(());
    }
    let at = Instant((solved.0 + settings.csat.delay_hours * HOUR_MS).max(cx.now.0));
    let mut job = jobs::NewJob::new(JOB, serde_json::json!({ "ticket_id": id }), at);
    job.dedup_key = Some(format!("{JOB}:{id}:{}", solved.0));
    jobs::enqueue(tx, cx.now, job)?;
    Ok(())
}

/// Asks, once, where the ticket is still solved and its customer can be written to. False: there was nothing to ask.
pub fn ask(tx: &mut Tx, cx: &Context, hooks: &Hooks, keys: &Keys, id: TicketId) -> Result<bool> {
    let settings = public::load(tx)?;
    let Some(ticket) = tickets::lock(tx, id)? else { return Ok(false) };
    let is_solved = matches!(ticket.state, State::Solved | State::Closed) && ticket.merged_into.is_none();
    let mailed = mails::of_ticket(tx, id, 20)?.iter().any(|mail| mail.incoming && !mail.automatic);
    let (Some(base), true, true, None) = (&settings.base_url, is_solved, settings.csat.mail, ticket.csat) else {
        return Ok(false);
    };
    // Its mail is waited with where the question was put off: a later solution plans it anew.
    let settled = ticket.solved_at.is_some_and(|solved| solved.0 + settings.csat.delay_hours * HOUR_MS <= cx.now.0);
    // It is more than an answer to what he asked for.
    if !consented(tx, ticket.customer, Purpose::Service, Reach::Email)? {
        return Ok(false);
    }
    if !mailed || !settled || !rows::invite(tx, id, cx.now)? {
        return Ok(false);
    }
    let link = format!("{base}/csat/{}", token(keys, id)?);
    let body = match cx.organisation.locale {
        Locale::Zh => format!(
            "您好：\n\n您反映的“{}”已处理完毕。请花几秒钟告诉我们您是否满意：\n{link}\n\n谢谢！",
            ticket.subject
        ),
        Locale::En => format!(
            "Hello,\n\nwe have dealt with “{}”. Please tell us how it was; it takes a few seconds:\n{link}\n\nThank you!",
            ticket.subject
        ),
    };
    let new = NewMessage {
        side: Side::System,
        visibility: Visibility::Public,
        automatic: true,
        delivery: Delivery::Waiting,
        author: cx.organisation.name.clone(),
        ..NewMessage::from_customer(Channel::Email, body, cx.now)
    };
    reply::reply(tx, cx, id, &new, hooks)?;
    Ok(true)
}
