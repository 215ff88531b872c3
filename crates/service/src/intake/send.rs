//! Answers that go out by mail. A mail is written down with its Message-ID before it is sent, and sent by one job at a
//! time: what is tried again is the same mail.

use super::keys::Keys;
use super::mail::machine::bare_subject;
use super::mailbox::{Mailbox, MailboxId, Problem, Security, Server};
use super::token;
use crate::context::Context;
use crate::message::{Delivery, Message};
use crate::store::mails::Row;
use crate::store::{mailboxes, mails, messages, tickets};
use crate::ticket::Ticket;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox as Named, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, SmtpTransport, Transport};
use std::time::Duration;
use zunke_kernel::id::{MessageId, TicketId};
use zunke_kernel::{Error, Result, Text};
use zunke_store::{Tx, jobs};

/// The job that sends one mail.
pub const JOB: &str = "service.send_mail";
const TIMEOUT: Duration = Duration::from_secs(60);

/// Writes down the mails of a ticket's waiting messages and queues a job for each. Run twice it does nothing more.
pub fn prepare(tx: &mut Tx, cx: &Context, id: TicketId) -> Result<usize> {
    let Some(ticket) = tickets::find(tx, id)? else { return Ok(0) };
    let waiting = mails::waiting(tx, &ticket)?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let before = mails::of_ticket(tx, id, 50)?;
    let address = match before.iter().find(|mail| mail.incoming && !mail.automatic) {
        Some(mail) => Some(mail.address.clone()),
        None if ticket.has_customer() => mails::address_of(tx, ticket.customer)?,
        None => ticket.sender_keys.as_ref().and_then(|keys| keys.email.clone()),
    };
    let boxes = mailboxes::all(tx)?;
    let sends = |one: &&Mailbox| one.active && one.settings.smtp.is_some();
    let used = before
        .iter()
        .filter_map(|mail| mail.mailbox)
        .find_map(|id| boxes.iter().filter(sends).find(|one| one.id == id));
    let mailbox = used.or_else(|| boxes.iter().find(sends));
    for message in waiting {
        let missing = match (&address, mailbox) {
            (Some(address), Some(mailbox)) => {
                let row = Row {
                    key: format!("{}.{}@{}", message.0.simple(), ticket.number, domain(&mailbox.address)),
                    ticket: id,
                    message,
                    incoming: false,
                    mailbox: Some(mailbox.id),
                    address: address.clone(),
                    subject: ticket.subject.clone(),
                    state: "waiting".to_owned(),
                    automatic: false,
                    at: cx.now,
                };
                if mails::insert(tx, &row)? {
                    let payload = serde_json::json!({ "message_id": message });
                    let mut job = jobs::NewJob::new(JOB, payload, cx.now);
                    job.dedup_key = Some(format!("{JOB}:{message}"));
                    jobs::enqueue(tx, cx.now, job)?;
                }
                continue;
            }
            (None, _) => Text::new("不知道对方的邮箱地址，未发送。", "Not sent: no e-mail address is known."),
            (_, None) => Text::new("没有可发信的邮箱，未发送。", "Not sent: no mailbox can send."),
        };
        let missing = missing.get(cx.organisation.locale);
        mails::settle(tx, &ticket, (message, "failed"), Delivery::Failed, Some(missing))?;
    }
    Ok(1)
}

fn domain(address: &str) -> &str {
    address.split_once('@').map_or("zunke.invalid", |(_, domain)| domain)
}

/// A mail that is to be sent, with all that it takes.
pub struct Ready {
    pub mailbox: Mailbox,
    pub ticket: Ticket,
    pub mail: Row,
    pub letter: lettre::Message,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "mail {}", self.mail.key)
    }
}

/// Reads a mail that waits; none where it has gone, or its mailbox has.
pub fn ready(tx: &mut Tx, keys: &Keys, message: MessageId) -> Result<Option<Ready>> {
    let Some(mail) = mails::of_message(tx, message)?.filter(|mail| mail.state == "waiting") else { return Ok(None) };
    let Some(ticket) = tickets::find(tx, mail.ticket)? else { return Ok(None) };
    let said = messages::find(tx, &ticket, message)?.ok_or_else(Error::not_found)?;
    let mailbox: Option<MailboxId> = mail.mailbox;
    let Some(mailbox) = mailbox.map(|id| mailboxes::find(tx, id)).transpose()?.flatten() else {
        return Err(Error::invalid("mailbox_gone", "发信邮箱已删除。", "The mailbox has been deleted."));
    };
    let answers: Vec<String> = {
        let mut before: Vec<Row> = mails::of_ticket(tx, ticket.id, 20)?
            .into_iter()
            .filter(|one| one.at <= mail.at && one.key != mail.key)
            .collect();
        before.reverse();
        before.into_iter().map(|one| one.key).collect()
    };
    let token = token::of(keys, ticket.number, ticket.id)?;
    let letter = letter(&mailbox, &ticket, &said, &mail, &token, &answers)?;
    Ok(Some(Ready { mailbox, ticket, mail, letter }))
}

/// A header that lettre has no type for.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> std::result::Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn letter(
    mailbox: &Mailbox,
    ticket: &Ticket,
    said: &Message,
    mail: &Row,
    token: &str,
    answers: &[String],
) -> Result<lettre::Message> {
    let to: Address = mail.address.parse().map_err(|_| {
        Error::invalid(
            "address_invalid",
            "对方的邮箱地址不对，无法发送。",
            "The address is not valid: it can't be sent.",
        )
    })?;
    let from: Address = mailbox.address.parse().map_err(Error::internal)?;
    let reply_to: Address = mailbox.plus(token).parse().map_err(Error::internal)?;
    let mut builder = lettre::Message::builder()
        .from(Named::new(mailbox.settings.from_name.clone(), from.clone()))
        .reply_to(Named::new(mailbox.settings.from_name.clone(), reply_to))
        .to(Named::new(None, to))
        .subject(format!("Re: {} [#{token}]", bare_subject(&ticket.subject)))
        .message_id(Some(format!("<{}>", mail.key)))
        .date(std::time::SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(said.at.0).unwrap_or(0)));
    if let Some(last) = answers.last() {
        builder = builder.in_reply_to(format!("<{last}>"));
        builder = builder.references(answers.iter().map(|one| format!("<{one}>")).collect::<Vec<_>>().join(" "));
    }
    if said.automatic {
        builder = builder.header(AutoSubmitted);
    }
    builder.singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(said.body.clone())).map_err(|error| {
        Error::invalid("mail_unwritable", "这封邮件无法写成。", "The mail can't be written.").caused_by(error)
    })
}

/// The way out of a mailbox.
pub fn transport(mailbox: &Mailbox, password: Option<String>) -> Result<SmtpTransport> {
    let server: &Server = mailbox.settings.smtp.as_ref().ok_or_else(|| {
        Error::invalid("smtp_missing", "该邮箱没有设置发信服务器。", "This mailbox has no server to send by.")
    })?;
    let host = server.host.trim();
    let tls = || TlsParameters::new(host.to_owned()).map_err(Error::internal);
    let mut builder = SmtpTransport::builder_dangerous(host)
        .port(server.port)
        .timeout(Some(TIMEOUT))
        .hello_name(ClientId::Domain(domain(&mailbox.address).to_owned()))
        .tls(match server.security {
            Security::Tls => Tls::Wrapper(tls()?),
            Security::Starttls => Tls::Required(tls()?),
            Security::None => Tls::None,
        });
    if let (Some(user), Some(password)) = (server.user.clone().filter(|user| !user.is_empty()), password) {
        builder = builder.credentials(Credentials::new(user, password));
    }
    Ok(builder.build())
}

/// Hands a mail to the server. `Err(true)`: never to be taken; `Err(false)`: try again.
pub fn hand_over(transport: &SmtpTransport, letter: &lettre::Message) -> std::result::Result<(), (bool, String)> {
    match transport.send(letter) {
        Ok(_) => Ok(()),
        Err(error) => Err((error.is_permanent(), crate::text::cut(&error.to_string(), 200))),
    }
}

/// Tries the way out without sending anything.
pub fn probe(
    mailbox: &Mailbox,
    password: Option<String>,
    at: zunke_kernel::Instant,
) -> std::result::Result<(), Problem> {
    let problem = |code: &str, text: Text, detail: String| Problem { code: code.to_owned(), text, detail, at };
    let transport = transport(mailbox, password)
        .map_err(|error| problem(error.code, error.text.clone(), error.cause.clone().unwrap_or_default()))?;
    let tested = transport.test_connection();
    let detail = match tested {
        Ok(true) => return Ok(()),
        Ok(false) => "NOOP".to_owned(),
        Err(ref error) => crate::text::cut(&source_of(error), 300),
    };
    let error = tested.err();
    use super::imap::Step;
    let step = match &error {
        Some(error) if error.is_tls() => Step::Encrypt,
        Some(error) if error.is_permanent() || error.is_client() => Step::LogIn,
        _ => Step::Connect,
    };
    Err(problem(step.code(), step.text(), detail))
}

/// An error with what caused it.
fn source_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
