//! What runs by itself: looking into the mailboxes, sending what waits, asking how it was.

use super::keys::Keys;
use super::mail::{self, Mail};
use super::mailbox::{Mailbox, MailboxId};
use super::receive::{self, Became};
use super::{csat, imap, send};
use crate::context::{Context, Hooks};
use crate::files::TicketFiles;
use crate::message::Delivery;
use crate::store::mails::Refused;
use crate::store::{mailboxes, mails, tickets};
use crate::work::TOPIC;
use serde::Deserialize;
use serde_json::{Value, json};
use zunke_kernel::id::{MessageId, TicketId};
use zunke_kernel::{Error, Instant, Kind, Result, Zone};
use zunke_store::jobs::{self, Handler, Running};
use zunke_store::outbox::{Message, Subscriber};
use zunke_store::{Db, Tx};

/// What taking a mail needs, for the poll, the listener and the tests alike.
#[derive(Clone, Debug)]
pub struct Intake {
    pub keys: Keys,
    /// Where attachments go; none: they are left out.
    pub files: Option<TicketFiles>,
    pub hooks: Hooks,
}

impl Intake {
    /// Takes a mail in one transaction; `also` goes into the same.
    pub fn take(
        &self,
        db: &Db,
        now: Instant,
        mailbox: Option<&Mailbox>,
        (mail, at): (&Mail, Instant),
        also: impl Fn(&mut Tx, Became) -> Result<()>,
    ) -> Result<Became> {
        // Without a look at the files where it is here already: they would be written for nothing.
        if db.read(|tx| Ok(mails::find(tx, &mail.id)?.is_some()))? {
            return db.write(|tx| also(tx, Became::Same).map(|()| Became::Same));
        }
        let kept = receive::keep(self.files.as_ref(), now, &mail.files);
        let took = db.write(|tx| {
            let cx = Context::load(tx, now, None)?;
            let became = receive::take(tx, &cx, &self.hooks, (&self.keys, mailbox), mail, &kept, at)?;
            also(tx, became)?;
            Ok(became)
        });
        let is_taken = took.as_ref().is_ok_and(|became| became.is_taken());
        if let Some(files) = &self.files
            && !is_taken
        {
            kept.iter().flatten().for_each(|kept| files.remove(kept.id));
        }
        match took {
            // Another listener took the same mail at the same moment.
            Err(error) if error.code == "mail_taken" => db.write(|tx| also(tx, Became::Same).map(|()| Became::Same)),
            other => other,
        }
    }
}

/// Looks into every active mailbox, each minute.
#[derive(Clone, Debug)]
pub struct Poll(pub Intake);

impl Poll {
    pub const KIND: &'static str = "service.poll_mail";
}

/// The schedules of the intake.
pub fn schedule(tx: &mut Tx, now: Instant, zone: &Zone) -> Result<()> {
    jobs::schedule(tx, now, zone, "service.mail", "* * * * *", Poll::KIND, &json!({}))
}

impl Handler for Poll {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run(&self, job: &Running<'_>) -> Result<Value> {
        let boxes = job.db.read(mailboxes::all)?;
        let mut taken = 0;
        let mut failed = 0;
        for mailbox in boxes.iter().filter(|one| one.active && one.settings.imap.is_some()) {
            let looked = look(&self.0, job.db, mailbox, job.clock, &|tx| job.checkpoint(tx, &json!({})));
            match looked {
                Ok(count) => taken += count,
                // The job was taken away or told to stop.
                Err(error) if error.code.starts_with("job_") => return Err(error),
                Err(error) => {
                    failed += 1;
                    tracing::warn!(mailbox = %mailbox.address, %error, "mail could not be fetched");
                }
            }
        }
        let now = job.now();
        job.db.write(|tx| mails::sweep(tx, Instant(now.0 - 90 * 86_400_000)))?;
        Ok(json!({ "taken": taken, "failed": failed }))
    }
}

/// Looks into one mailbox once: takes what is new, notes how it went. Answers how many mails became something.
pub fn look(
    intake: &Intake,
    db: &Db,
    mailbox: &Mailbox,
    clock: &(dyn Fn() -> Instant + Send + Sync),
    alive: &dyn Fn(&mut Tx) -> Result<()>,
) -> Result<i64> {
    let password = match mailbox.password(&intake.keys) {
        Ok(password) => password.unwrap_or_default(),
        Err(error) => return Err(noted(db, mailbox.id, clock(), error)),
    };
    let runtime = imap::runtime()?;
    let mut taken = 0;
    let failed = runtime.block_on(async {
        let mut folder = match imap::open(mailbox, &password).await {
            Ok(folder) => folder,
            Err(failed) => return Ok(Some(failed)),
        };
        let uids = match folder.fresh(mailbox).await {
            Ok(uids) => uids,
            Err(failed) => return Ok(Some(failed)),
        };
        for uid in uids {
            let fetched = match folder.fetch(uid).await {
                Ok(Some(fetched)) => fetched,
                Ok(None) => continue,
                Err(failed) => return Ok(Some(failed)),
            };
            let now = clock();
            let became = one(intake, db, mailbox, now, (&fetched, folder.validity), alive)?;
            taken += i64::from(became.is_taken());
            folder.mark(uid).await;
        }
        folder.close().await;
        Ok::<_, Error>(None)
    })?;
    let now = clock();
    let problem = failed.map(|failed| failed.problem(now));
    db.write(|tx| mailboxes::looked(tx, now, mailbox.id, problem.as_ref()))?;
    match problem {
        Some(problem) => {
            Err(Error::new(Kind::Busy, "mail_failed", problem.text.zh, problem.text.en).caused_by(problem.detail))
        }
        None => Ok(taken),
    }
}

fn noted(db: &Db, id: MailboxId, now: Instant, error: Error) -> Error {
    let problem = super::mailbox::Problem {
        code: error.code.to_owned(),
        text: error.text.clone(),
        detail: String::new(),
        at: now,
    };
    match db.write(|tx| mailboxes::looked(tx, now, id, Some(&problem))) {
        Ok(()) => error,
        Err(other) => other,
    }
}

fn one(
    intake: &Intake,
    db: &Db,
    mailbox: &Mailbox,
    now: Instant,
    (fetched, validity): (&imap::Fetched, i64),
    alive: &dyn Fn(&mut Tx) -> Result<()>,
) -> Result<Became> {
    let reached = |tx: &mut Tx, became: Became| {
        alive(tx)?;
        mailboxes::advance(tx, mailbox.id, validity, fetched.uid, became.is_taken())
    };
    let refuse = |reason: &'static str| {
        let key = format!("{}:{validity}:{}", mailbox.id, fetched.uid);
        db.write(|tx| {
            let refused = Refused {
                mailbox_id: Some(mailbox.id),
                address: String::new(),
                subject: String::new(),
                reason: reason.to_owned(),
                at: now,
            };
            mails::refuse(tx, &key, &refused)?;
            reached(tx, Became::Nothing(reason))?;
            Ok(Became::Nothing(reason))
        })
    };
    let read = if fetched.is_cut { mail::read_beginning(&fetched.raw) } else { mail::read(&fetched.raw) };
    let Ok(mail) = read else { return refuse(if fetched.is_cut { "too_large" } else { "unreadable" }) };
    match intake.take(db, now, Some(mailbox), (&mail, fetched.at.unwrap_or(now)), reached) {
        // A mail that no ticket takes must not stop those behind it.
        Err(error) if matches!(error.kind, Kind::Invalid | Kind::NotFound) => {
            tracing::warn!(mailbox = %mailbox.address, %error, "a mail could not be taken");
            refuse("unreadable")
        }
        other => other,
    }
}

/// Sends one mail.
#[derive(Clone, Debug)]
pub struct SendMail {
    pub keys: Keys,
}

#[derive(Deserialize)]
struct SendPayload {
    message_id: MessageId,
}

/// So often is a mail tried before its message is marked as failed.
const ATTEMPTS: i64 = 6;

impl Handler for SendMail {
    fn kind(&self) -> &'static str {
        send::JOB
    }

    fn run(&self, job: &Running<'_>) -> Result<Value> {
        let SendPayload { message_id } = job.read()?;
        let fail = |detail: &str| {
            job.db.write(|tx| {
                let Some(mail) = mails::of_message(tx, message_id)? else { return Ok(()) };
                let Some(ticket) = tickets::lock(tx, mail.ticket)? else { return Ok(()) };
                mails::settle(tx, &ticket, (message_id, "failed"), Delivery::Failed, Some(detail))
            })
        };
        let prepared = job.db.read(|tx| send::ready(tx, &self.keys, message_id)).and_then(|ready| {
            let Some(ready) = ready else { return Ok(None) };
            let password = ready.mailbox.password(&self.keys)?;
            let transport = send::transport(&ready.mailbox, password)?;
            Ok(Some((ready, transport)))
        });
        let (ready, transport) = match prepared {
            Ok(Some(prepared)) => prepared,
            Ok(None) => return Ok(json!({ "state": "gone" })),
            Err(error) if matches!(error.kind, Kind::Invalid | Kind::Conflict | Kind::NotFound) => {
                let locale = job.db.read(zunke_access::settings::load)?.locale;
                fail(error.text.get(locale))?;
                return Ok(json!({ "state": "failed" }));
            }
            Err(error) => return Err(error),
        };
        match send::hand_over(&transport, &ready.letter) {
            Ok(()) => {
                job.db.write(|tx| {
                    let Some(ticket) = tickets::lock(tx, ready.mail.ticket)? else { return Ok(()) };
                    mails::settle(tx, &ticket, (message_id, "sent"), Delivery::Sent, None)
                })?;
                Ok(json!({ "state": "sent" }))
            }
            Err((permanent, detail)) if permanent || job.attempt >= ATTEMPTS => {
                fail(&detail)?;
                Ok(json!({ "state": "failed", "detail": detail }))
            }
            Err((_, detail)) => Err(Error::new(
                Kind::Busy,
                "mail_not_sent",
                "暂时无法发送，稍后重试。",
                "It can't be sent at the moment and is tried again.",
            )
            .caused_by(detail)),
        }
    }
}

/// Follows tickets: what waits to go out is sent, and who has been helped is asked how it was.
#[derive(Clone, Debug)]
pub struct Out;

impl Subscriber for Out {
    fn name(&self) -> &'static str {
        "service.intake"
    }

    fn topics(&self) -> &'static [&'static str] {
        &[TOPIC]
    }

    fn handle(&self, tx: &mut Tx, message: &Message) -> Result<()> {
        let Ok(ticket) = message.key.parse::<TicketId>() else { return Ok(()) };
        let cx = Context::load(tx, message.sent_at, None)?;
        send::prepare(tx, &cx, ticket)?;
        csat::plan(tx, &cx, ticket)
    }
}

/// Asks one customer how it was.
#[derive(Clone, Debug)]
pub struct Ask(pub Intake);

#[derive(Deserialize)]
struct AskPayload {
    ticket_id: TicketId,
}

impl Handler for Ask {
    fn kind(&self) -> &'static str {
        csat::JOB
    }

    fn run(&self, job: &Running<'_>) -> Result<Value> {
        let AskPayload { ticket_id } = job.read()?;
        let now = job.now();
        let asked = job.db.write(|tx| {
            let cx = Context::load(tx, now, None)?;
            csat::ask(tx, &cx, &self.0.hooks, &self.0.keys, ticket_id)
        })?;
        Ok(json!({ "asked": asked }))
    }
}
