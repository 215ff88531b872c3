//! What becomes of a mail: an answer on its ticket, a new ticket, or nothing. All of it in one transaction with the note
//! of its Message-ID, so the same mail twice is one, whichever way it came.

use super::keys::Keys;
use super::mail::machine::{Writer, bare_subject};
use super::mail::{Attached, Mail};
use super::mailbox::Mailbox;
use super::token;
use crate::context::{Context, Hooks};
use crate::files::{Kept, TicketFiles};
use crate::message::{Delivery, NewMessage, Side, Visibility};
use crate::open::{NewTicket, Outcome, Sender, open};
use crate::reply::reply;
use crate::store::mails::{Refused, Row};
use crate::store::{files, mailboxes, mails, messages, tickets};
use crate::text;
use crate::ticket::{Channel, SenderKeys};
use zunke_customers::Identity;
use zunke_kernel::id::{MessageId, TicketId};
use zunke_kernel::{Error, Instant, Result, Text};
use zunke_store::Tx;

/// Automatic mails that a ticket takes within a day; the rest is a loop.
const AUTOMATIC_A_DAY: i64 = 3;
/// Tickets that one address opens within an hour; what comes beyond is said on the last of them.
const FROM_ONE_AN_HOUR: i64 = 20;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    Opened(TicketId),
    Said(TicketId),
    /// It was here already.
    Same,
    /// A mail of ours did not arrive: its message says so now.
    Returned(TicketId),
    /// Of a machine, or of ourselves: noted, and nothing more.
    Nothing(&'static str),
}

impl Became {
    /// Whether a person has something to read.
    #[must_use]
    pub fn is_taken(self) -> bool {
        matches!(self, Self::Opened(_) | Self::Said(_))
    }
}

/// A file that came with a mail and could not be kept: its name, and why.
#[derive(Clone, Debug)]
pub struct Lost {
    pub name: String,
    pub why: Text,
}

/// Files that were put on the disk before the transaction, so that it may run again.
#[must_use]
pub fn keep(store: Option<&TicketFiles>, now: Instant, files: &[Attached]) -> Vec<Result<Kept, Lost>> {
    let Some(store) = store else { return Vec::new() };
    let lost = |file: &Attached, error: Error| Lost { name: file.name.clone(), why: error.text };
    files.iter().map(|file| store.keep(now, &file.name, &file.bytes).map_err(|error| lost(file, error))).collect()
}

/// Takes a mail. `at`: when it reached our side.
pub fn take(
    tx: &mut Tx,
    cx: &Context,
    hooks: &Hooks,
    (keys, mailbox): (&Keys, Option<&Mailbox>),
    mail: &Mail,
    kept: &[Result<Kept, Lost>],
    at: Instant,
) -> Result<Became> {
    let at = Instant(at.0.min(cx.now.0));
    if mails::find(tx, &mail.id)?.is_some() {
        return Ok(Became::Same);
    }
    let nothing = |tx: &mut Tx, reason: &'static str| {
        let refused = Refused {
            mailbox_id: mailbox.map(|mailbox| mailbox.id),
            address: text::cut(&mail.from, 200),
            subject: mail.subject.clone(),
            reason: reason.to_owned(),
            at: cx.now,
        };
        mails::refuse(tx, &mail.id, &refused)?;
        Ok(Became::Nothing(reason))
    };
    if let Writer::Bounce { of, reason } = &mail.writer {
        let ours = match of {
            Some(key) => mails::find(tx, key)?.filter(|mail| !mail.incoming),
            None => None,
        };
        let Some(ours) = ours else { return nothing(tx, "bounce") };
        let Some(ticket) = tickets::lock(tx, ours.ticket)? else { return nothing(tx, "bounce") };
        mails::settle(tx, &ticket, (ours.message, "bounced"), Delivery::Failed, Some(reason))?;
        nothing(tx, "bounce")?;
        return Ok(Became::Returned(ours.ticket));
    }
    // A mail of our own address that came back is a loop, whatever it says.
    if mailboxes::all(tx)?.iter().any(|one| one.address == mail.from) {
        return nothing(tx, "own");
    }
    let machine = mail.writer == Writer::Machine;
    let thread = match mails::first_known(tx, &mail.answers)? {
        Some(known) => Some(known.ticket),
        None => token::find(tx, keys, &mail.subject, &mail.to)?,
    };
    let (ticket, message) = match thread {
        Some(ticket) => {
            if machine && mails::automatic_since(tx, ticket, Instant(cx.now.0 - DAY_MS))? >= AUTOMATIC_A_DAY {
                return nothing(tx, "machine");
            }
            answer(tx, cx, hooks, ticket, mail, (machine, at))?
        }
        None if machine => return nothing(tx, "machine"),
        None => {
            let (many, last) = mails::from_since(tx, &mail.from, Instant(cx.now.0 - HOUR_MS))?;
            match last.filter(|_| many >= FROM_ONE_AN_HOUR) {
                Some(last) => answer(tx, cx, hooks, last, mail, (true, at))?,
                None => match opened(tx, cx, hooks, mailbox, mail, at)? {
                    Some(new) => new,
                    None => return Ok(Became::Same),
                },
            }
        }
    };
    let row = Row {
        key: mail.id.clone(),
        ticket,
        message,
        incoming: true,
        mailbox: mailbox.map(|mailbox| mailbox.id),
        address: mail.from.clone(),
        subject: mail.subject.clone(),
        state: "taken".to_owned(),
        automatic: machine,
        at: cx.now,
    };
    if !mails::insert(tx, &row)? {
        // Somebody else took it at this moment: this transaction is for nothing.
        return Err(Error::conflict("mail_taken", "该邮件已收取。", "This mail has been taken already."));
    }
    let lost = attach(tx, cx, (ticket, message), kept)?;
    missing(tx, cx, hooks, (ticket, at), mail, &lost)?;
    Ok(if thread.is_some() { Became::Said(ticket) } else { Became::Opened(ticket) })
}

fn body_of(mail: &Mail) -> (String, Option<String>) {
    let count = mail.body.chars().count();
    if mail.body.is_empty() {
        return ("（无正文 · no text）".to_owned(), mail.quoted.clone());
    }
    if count <= text::BODY_CHARS_MAX {
        return (mail.body.clone(), mail.quoted.clone());
    }
    // What no screen shows at once is kept below, with the quoted text.
    let at = mail.body.char_indices().nth(text::BODY_CHARS_MAX - 1).map_or(mail.body.len(), |(at, _)| at);
    let rest = [&mail.body[at..], mail.quoted.as_deref().unwrap_or("")].join("\n\n");
    (format!("{}…", &mail.body[..at]), Some(rest))
}

fn answer(
    tx: &mut Tx,
    cx: &Context,
    hooks: &Hooks,
    ticket: TicketId,
    mail: &Mail,
    (automatic, at): (bool, Instant),
) -> Result<(TicketId, MessageId)> {
    let (body, quoted) = body_of(mail);
    // Nobody answers what has not been said yet: the clock of the mail server may be behind ours.
    let said = tickets::find(tx, ticket)?.map(|ticket| messages::of(tx, &ticket)).transpose()?;
    let at = said.and_then(|said| said.last().map(|last| last.at)).map_or(at, |last| at.max(last)).min(cx.now);
    let new = NewMessage {
        automatic,
        quoted,
        author: mail.from_name.clone().unwrap_or_else(|| mail.from.clone()),
        source: Some(("mail".to_owned(), mail.id.clone())),
        ..NewMessage::from_customer(Channel::Email, body, at)
    };
    let said = reply(tx, cx, ticket, &new, hooks)?;
    Ok((said.ticket, said.message))
}

fn opened(
    tx: &mut Tx,
    cx: &Context,
    hooks: &Hooks,
    mailbox: Option<&Mailbox>,
    mail: &Mail,
    at: Instant,
) -> Result<Option<(TicketId, MessageId)>> {
    let (body, quoted) = body_of(mail);
    // An address that is none of ours to keep still says who wrote.
    let email = Identity::email(&mail.from).ok().flatten().map(|_| mail.from.clone());
    let name = mail.from_name.clone().unwrap_or_else(|| mail.from.clone());
    let sender = Sender::Unknown {
        name: Some(text::cut(&name, text::SHORT_CHARS_MAX)),
        keys: SenderKeys { email, ..SenderKeys::default() },
    };
    let kind = mailbox.map_or(crate::ticket::Kind::Question, |mailbox| mailbox.settings.kind);
    let new = NewTicket {
        subject: bare_subject(&mail.subject).to_owned(),
        quoted,
        source: Some(("mail".to_owned(), mail.id.clone())),
        ..NewTicket::new(sender, kind, Channel::Email, body, at)
    };
    let Outcome::Opened(id) = open(tx, cx, &new, hooks)? else { return Ok(None) };
    let ticket = tickets::find(tx, id)?.ok_or_else(Error::not_found)?;
    let first = messages::of(tx, &ticket)?.first().map(|message| message.id);
    Ok(Some((id, first.ok_or_else(|| Error::internal("a ticket without a message"))?)))
}

fn attach(
    tx: &mut Tx,
    cx: &Context,
    (id, message): (TicketId, MessageId),
    kept: &[Result<Kept, Lost>],
) -> Result<Vec<Lost>> {
    if kept.is_empty() {
        return Ok(Vec::new());
    }
    let ticket = tickets::find(tx, id)?.ok_or_else(Error::not_found)?;
    let mut room = crate::files::FILES_MAX - files::count(tx, &ticket)?;
    let mut lost = Vec::new();
    for file in kept {
        match file {
            Ok(file) if room > 0 => {
                files::insert(tx, &ticket, Some(message), file, None, cx.now)?;
                room -= 1;
            }
            Ok(file) => {
                let why = Text::new("工单的文件数已达上限。", "The ticket has as many files as it may.");
                lost.push(Lost { name: file.name.clone(), why });
            }
            Err(file) => lost.push(file.clone()),
        }
    }
    Ok(lost)
}

/// Says among colleagues which files of a mail are not here, so that somebody asks for them in another way.
fn missing(
    tx: &mut Tx,
    cx: &Context,
    hooks: &Hooks,
    (ticket, at): (TicketId, Instant),
    mail: &Mail,
    lost: &[Lost],
) -> Result<()> {
    if lost.is_empty() && mail.files_left == 0 {
        return Ok(());
    }
    let locale = cx.organisation.locale;
    let mut lines =
        vec![Text::new("这封邮件有附件未能保存：", "Not all files of this mail could be kept:").get(locale).to_owned()];
    lines.extend(lost.iter().map(|one| format!("· {}　{}", text::cut(&one.name, 120), one.why.get(locale))));
    if mail.files_left > 0 {
        let left = mail.files_left;
        let said = if mail.is_cut {
            Text::new(
                "· 邮件超过 25 MB，只收取了正文。",
                "· The mail is larger than 25 MB: its words alone were taken.",
            )
        } else {
            Text::new(
                format!("· 另有 {left} 个附件超出数量上限。"),
                format!("· {left} more than are taken from one mail."),
            )
        };
        lines.push(said.get(locale).to_owned());
    }
    let new = NewMessage {
        side: Side::System,
        visibility: Visibility::Internal,
        automatic: true,
        source: Some(("mail-files".to_owned(), mail.id.clone())),
        ..NewMessage::from_customer(Channel::Email, lines.join("\n"), at)
    };
    reply(tx, cx, ticket, &new, hooks).map(|_| ())
}
