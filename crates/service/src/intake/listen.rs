//! A small SMTP server for mail that is forwarded here: takes only what is addressed to one of our mailboxes, says yes only
//! once it is in the database, and keeps strictly to what it knows.

use super::mail;
use super::mailbox::Mailbox;
use super::work::Intake;
use crate::store::mailboxes;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use zunke_kernel::{Instant, Kind, Result};
use zunke_store::Db;

/// What a session may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub bytes: usize,
    pub recipients: usize,
    pub mails: usize,
    pub faults: usize,
    pub sessions: usize,
    /// For one line; a whole session has twenty times as long.
    pub wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: mail::MAIL_BYTES_MAX,
            recipients: 50,
            mails: 50,
            faults: 10,
            sessions: 50,
            wait: Duration::from_secs(60),
        }
    }
}

/// The longest line that is read, with its end.
const LINE_MAX: u64 = 2_000;

pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// Serves until it is dropped.
pub async fn serve(listener: TcpListener, db: Db, intake: Intake, clock: Clock, limits: Limits) {
    let places = Arc::new(Semaphore::new(limits.sessions));
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a mail connection could not be taken");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            tokio::spawn(refuse(stream));
            continue;
        };
        let (db, intake, clock) = (db.clone(), intake.clone(), clock.clone());
        tokio::spawn(async move {
            let (read, write) = stream.into_split();
            let session = Session { read: BufReader::new(read), write, db, intake, clock, limits, faults: 0 };
            match tokio::time::timeout(limits.wait * 20, session.run()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%peer, %error, "a mail session broke off"),
                Err(_) => tracing::debug!(%peer, "a mail session took too long"),
            }
            drop(place);
        });
    }
}

async fn refuse(mut stream: TcpStream) {
    let _ = stream.write_all(b"421 too many connections, try again later\r\n").await;
}

struct Session {
    read: BufReader<tokio::net::tcp::OwnedReadHalf>,
    write: tokio::net::tcp::OwnedWriteHalf,
    db: Db,
    intake: Intake,
    clock: Clock,
    limits: Limits,
    faults: usize,
}

/// What has been said of a mail so far.
#[derive(Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<Mailbox>,
}

/// One line.
enum Line {
    Text(Vec<u8>),
    /// Longer than allowed, or not ended as it must be.
    Bad,
    End,
}

impl Session {
    async fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.write.write_all(format!("{text}\r\n").as_bytes()).await
    }

    /// Reads a line. Only CR LF ends one: a bare line feed within would be another line to other servers.
    async fn line(&mut self) -> std::io::Result<Line> {
        let mut line = Vec::new();
        let mut limited = (&mut self.read).take(LINE_MAX);
        let read = tokio::time::timeout(self.limits.wait, limited.read_until(b'\n', &mut line)).await;
        if read.map_err(|_| std::io::Error::other("timeout"))?? == 0 {
            return Ok(Line::End);
        }
        if line.ends_with(b"\r\n") {
            line.truncate(line.len() - 2);
            let clean = !line.contains(&b'\r');
            return Ok(if clean { Line::Text(line) } else { Line::Bad });
        }
        // The rest of an overlong line belongs to it.
        while !line.ends_with(b"\n") {
            line.clear();
            let mut limited = (&mut self.read).take(LINE_MAX);
            let read = tokio::time::timeout(self.limits.wait, limited.read_until(b'\n', &mut line)).await;
            if read.map_err(|_| std::io::Error::other("timeout"))?? == 0 {
                return Ok(Line::End);
            }
        }
        Ok(Line::Bad)
    }

    async fn fault(&mut self, text: &str) -> std::io::Result<bool> {
        self.faults += 1;
        if self.faults >= self.limits.faults {
            self.say("421 too many errors").await?;
            return Ok(false);
        }
        self.say(text).await?;
        Ok(true)
    }

    async fn run(mut self) -> std::io::Result<()> {
        self.say("220 zunke ESMTP").await?;
        let (mut greeted, mut mails) = (false, 0);
        let mut envelope = Envelope::default();
        loop {
            let line = match self.line().await? {
                Line::End => return Ok(()),
                Line::Bad => {
                    if self.fault("500 line too long or not ended by CRLF").await? {
                        continue;
                    }
                    return Ok(());
                }
                Line::Text(line) => String::from_utf8_lossy(&line).into_owned(),
            };
            let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let go_on = match word.to_ascii_uppercase().as_str() {
                "HELO" => {
                    (greeted, envelope) = (true, Envelope::default());
                    self.say("250 zunke").await.map(|()| true)?
                }
                "EHLO" => {
                    (greeted, envelope) = (true, Envelope::default());
                    let size = self.limits.bytes;
                    self.say(&format!("250-zunke\r\n250-SIZE {size}\r\n250 8BITMIME")).await.map(|()| true)?
                }
                "MAIL" if greeted && envelope.from.is_none() => self.mail(rest, &mut envelope, mails).await?,
                "RCPT" if envelope.from.is_some() => self.rcpt(rest, &mut envelope).await?,
                "DATA" if !envelope.to.is_empty() && rest.is_empty() => {
                    mails += 1;
                    let taken = self.data(&envelope).await?;
                    envelope = Envelope::default();
                    taken
                }
                "MAIL" | "RCPT" | "DATA" => self.fault("503 not now").await?,
                "RSET" => {
                    envelope = Envelope::default();
                    self.say("250 ok").await.map(|()| true)?
                }
                "NOOP" => self.say("250 ok").await.map(|()| true)?,
                "QUIT" => return self.say("221 bye").await,
                _ => self.fault("502 unknown").await?,
            };
            if !go_on {
                return Ok(());
            }
        }
    }

    async fn mail(&mut self, rest: &str, envelope: &mut Envelope, mails: usize) -> std::io::Result<bool> {
        if mails >= self.limits.mails {
            self.say("421 enough for one connection").await?;
            return Ok(false);
        }
        let Some((from, options)) = path(rest, "FROM:") else { return self.fault("501 MAIL FROM:<address>").await };
        let size = options
            .split_whitespace()
            .find_map(|one| one.to_ascii_uppercase().strip_prefix("SIZE=")?.parse::<usize>().ok());
        if size.is_some_and(|size| size > self.limits.bytes) {
            return self.fault("552 too large").await;
        }
        envelope.from = Some(from);
        self.say("250 ok").await.map(|()| true)
    }

    async fn rcpt(&mut self, rest: &str, envelope: &mut Envelope) -> std::io::Result<bool> {
        let Some((to, _)) = path(rest, "TO:") else { return self.fault("501 RCPT TO:<address>").await };
        if envelope.to.len() >= self.limits.recipients {
            return self.fault("452 too many recipients").await;
        }
        let wanted = plain(&to);
        match self.db.read_async(mailboxes::all).await {
            Ok(boxes) => match boxes.into_iter().find(|one| one.active && one.address == wanted) {
                Some(mailbox) => {
                    envelope.to.push(mailbox);
                    self.say("250 ok").await.map(|()| true)
                }
                None => self.fault("550 no such mailbox here").await,
            },
            Err(_) => self.say("451 try again later").await.map(|()| true),
        }
    }

    async fn data(&mut self, envelope: &Envelope) -> std::io::Result<bool> {
        self.say("354 end with a dot").await?;
        let mut raw: Vec<u8> = Vec::new();
        let (mut too_large, mut broken) = (false, false);
        loop {
            match self.line().await? {
                // Gone before the end: nothing was promised.
                Line::End => return Ok(false),
                Line::Bad => broken = true,
                Line::Text(line) if line == b"." => break,
                Line::Text(line) => {
                    let line = line.strip_prefix(b".").unwrap_or(&line);
                    too_large |= raw.len() + line.len() + 2 > self.limits.bytes;
                    if !too_large && !broken {
                        raw.extend_from_slice(line);
                        raw.extend_from_slice(b"\r\n");
                    }
                }
            }
        }
        if too_large {
            return self.fault("552 too large").await;
        }
        if broken {
            return self.fault("554 lines must end with CRLF and be shorter").await;
        }
        let (db, intake, clock) = (self.db.clone(), self.intake.clone(), self.clock.clone());
        let mailbox = envelope.to.first().cloned();
        let from = envelope.from.clone().unwrap_or_default();
        let took =
            tokio::task::spawn_blocking(move || take(&db, &intake, clock(), mailbox.as_ref(), &from, &raw)).await;
        match took {
            Ok(Ok(())) => self.say("250 taken").await.map(|()| true),
            Ok(Err(error)) if matches!(error.kind, Kind::Invalid | Kind::NotFound) => {
                self.fault("554 not a mail").await
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "a mail could not be taken");
                self.say("451 try again later").await.map(|()| true)
            }
            Err(error) => {
                tracing::error!(%error, "taking a mail broke off");
                self.say("451 try again later").await.map(|()| true)
            }
        }
    }
}

fn take(db: &Db, intake: &Intake, now: Instant, mailbox: Option<&Mailbox>, from: &str, raw: &[u8]) -> Result<()> {
    // Who sent it by the envelope tells an answer of a machine: it has none.
    let raw = if from.is_empty() { [b"Return-Path: <>\r\n", raw].concat() } else { raw.to_vec() };
    let mail = mail::read(&raw)?;
    intake.take(db, now, mailbox, (&mail, now), |tx, became| match mailbox {
        Some(mailbox) if became.is_taken() => mailboxes::count(tx, mailbox.id),
        _ => Ok(()),
    })?;
    Ok(())
}

/// The address and the options of `FROM:<a@b> SIZE=1`.
fn path(rest: &str, word: &str) -> Option<(String, String)> {
    let start = rest.get(..word.len())?;
    if !start.eq_ignore_ascii_case(word) {
        return None;
    }
    let (address, options) = rest[word.len()..].trim_start().strip_prefix('<')?.split_once('>')?;
    (address.len() <= 254 && !address.contains(|c: char| c.is_whitespace() || c.is_control()))
        .then(|| (address.to_lowercase(), options.trim().to_owned()))
}

/// An address without what stands behind a plus.
fn plain(address: &str) -> String {
    match address.split_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or(local)),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_strictly() {
        assert_eq!(path("FROM:<A@b.C> SIZE=1", "FROM:"), Some(("a@b.c".into(), "SIZE=1".into())));
        assert_eq!(path("from: <>", "FROM:"), Some((String::new(), String::new())));
        for bad in ["", "FROM:a@b.c", "TO:<a@b.c>", "FROM:<a b@c>", "FROM:<a", "客"] {
            assert_eq!(path(bad, "FROM:"), None, "{bad}");
        }
        assert_eq!((plain("a+x@b.c"), plain("a")), ("a@b.c".into(), "a".into()));
    }
}
