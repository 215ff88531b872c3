//! A mail as it comes in: read from its bytes into what a ticket needs of it.

mod bounds;
pub mod machine;
pub mod quote;

use machine::Writer;
use mail_parser::{Address, HeaderValue, Message, MessageParser, MimeHeaders, PartType};
use sha2::{Digest, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};
use zunke_kernel::{Error, Instant, Result};

/// A mail of more bytes is not taken.
pub const MAIL_BYTES_MAX: usize = 25 * 1024 * 1024;
/// Bytes that are read of one that is larger: the words come before the files.
pub const BEGINNING_BYTES: usize = 1024 * 1024;
/// Files of one mail that are kept.
pub const FILES_MAX: usize = 20;
const REFERENCES_MAX: usize = 30;

/// One header as it stands in the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// A file that came with a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Attached {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Attached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}, {} bytes)", self.name, self.media_type, self.bytes.len())
    }
}

/// A mail, read.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Its Message-ID without brackets; made from its content where it has none.
    pub id: String,
    /// What it answers: the nearest first.
    pub answers: Vec<String>,
    /// The sender's address in small letters.
    pub from: String,
    pub from_name: Option<String>,
    /// All whom it was sent to, in small letters.
    pub to: Vec<String>,
    pub subject: String,
    pub date: Option<Instant>,
    pub body: String,
    pub quoted: Option<String>,
    pub writer: Writer,
    pub files: Vec<Attached>,
    /// Files beyond what is kept.
    pub files_left: usize,
    /// Only the beginning of it was read, as the whole is too large.
    pub is_cut: bool,
}

/// Reads a mail. Only what has no sender at all is refused: what is broken otherwise is read as far as it goes.
pub fn read(raw: &[u8]) -> Result<Mail> {
    let raw = bounds::readable(raw);
    // A mail on which the parser gives up must not take the mailbox with it: the next one would never be read.
    catch_unwind(AssertUnwindSafe(|| parsed(raw))).unwrap_or_else(|_| Err(unreadable()))
}

fn unreadable() -> Error {
    Error::invalid("mail_unreadable", "这封邮件无法识别。", "This mail can't be read.")
}

fn parsed(raw: &[u8]) -> Result<Mail> {
    let message = MessageParser::default().parse(raw).ok_or_else(unreadable)?;
    let sender = message.from().or_else(|| message.sender()).and_then(Address::first);
    let from = sender.and_then(|one| one.address.as_deref()).map(address).unwrap_or_default();
    if from.is_empty() {
        return Err(unreadable());
    }
    let from_name =
        sender.and_then(|one| one.name.as_deref()).map(|name| clean(name, 120)).filter(|name| !name.is_empty());
    let subject = clean(message.subject().unwrap_or(""), 200);
    let text = text_of(&message);
    let cut = quote::cut(&text);
    let headers = headers(&message);
    let kind = headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-type"))
        .map(|header| header.value.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "))
        .unwrap_or_default();
    let mut writer = machine::writer(&headers, &subject, &from, &kind);
    if let Writer::Bounce { of, reason } = &mut writer {
        (*of, *reason) = bounced(&message, raw, &subject);
    }
    let (files, files_left) = files(&message);
    Ok(Mail {
        id: message.message_id().map(id).filter(|id| !id.is_empty()).unwrap_or_else(|| made_id(raw)),
        answers: answers(&message),
        from,
        from_name,
        to: message.to().into_iter().chain(message.cc()).flat_map(addresses).collect(),
        subject,
        date: message.date().map(|date| Instant(date.to_timestamp().saturating_mul(1000))),
        body: cut.body,
        quoted: cut.quoted,
        writer,
        files,
        files_left,
        is_cut: false,
    })
}

/// Reads the beginning of a mail that is too large as a whole: its words, and none of its files.
pub fn read_beginning(raw: &[u8]) -> Result<Mail> {
    let whole = read(raw)?;
    let files_left = (whole.files.len() + whole.files_left).max(1);
    Ok(Mail { files: Vec::new(), files_left, is_cut: true, ..whole })
}

fn address(text: &str) -> String {
    text.trim().to_lowercase()
}

fn addresses(list: &Address<'_>) -> Vec<String> {
    list.iter().filter_map(|one| one.address.as_deref()).take(100).map(address).collect()
}

/// A Message-ID as it is compared: without brackets and space.
fn id(text: &str) -> String {
    text.trim().trim_start_matches('<').trim_end_matches('>').chars().filter(|c| !c.is_control()).take(250).collect()
}

fn made_id(raw: &[u8]) -> String {
    let hash = Sha256::digest(raw);
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}@no-message-id")
}

fn answers(message: &Message<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut take = |value: &HeaderValue<'_>, nearest_last: bool| {
        let mut ids: Vec<String> = match value {
            HeaderValue::Text(one) => vec![id(one)],
            HeaderValue::TextList(list) => list.iter().map(|one| id(one)).collect(),
            _ => Vec::new(),
        };
        if nearest_last {
            ids.reverse();
        }
        for one in ids.into_iter().filter(|one| !one.is_empty()).take(REFERENCES_MAX) {
            if !found.contains(&one) {
                found.push(one);
            }
        }
    };
    take(message.in_reply_to(), false);
    take(message.references(), true);
    found
}

fn headers(message: &Message<'_>) -> Vec<Header> {
    message
        .headers_raw()
        .map(|(name, value)| Header { name: name.to_owned(), value: value.trim().to_owned() })
        .collect()
}

/// The text that a person reads: the plain part, or the HTML one as text.
fn text_of(message: &Message<'_>) -> String {
    let mut text = String::new();
    for part in 0..message.text_body.len().min(10) {
        if let Some(body) = message.body_text(part) {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&body);
        }
    }
    if text.trim().is_empty()
        && let Some(html) = message.body_html(0)
    {
        text = mail_parser::decoders::html::html_to_text(&html);
    }
    plain(&text)
}

/// Without the control characters that no ticket takes.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect::<String>().trim().to_owned()
}

fn clean(text: &str, max: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    crate::text::cut(&line, max)
}

fn files(message: &Message<'_>) -> (Vec<Attached>, usize) {
    let mut files = Vec::new();
    let mut left = 0;
    for (at, part) in message.attachments().enumerate() {
        let media_type = part.content_type().map_or_else(
            || "application/octet-stream".to_owned(),
            |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("octet-stream")).to_lowercase(),
        );
        let bytes = match &part.body {
            PartType::Message(inner) => inner.raw_message.to_vec(),
            _ => part.contents().to_vec(),
        };
        if bytes.is_empty() {
            continue;
        }
        if files.len() >= FILES_MAX {
            left += 1;
            continue;
        }
        let name = part.attachment_name().map(|name| clean(name, 120)).filter(|name| !name.is_empty());
        files.push(Attached { name: name.unwrap_or_else(|| format!("file-{}", at + 1)), media_type, bytes });
    }
    (files, left)
}

/// Which mail a report is about, and what it says.
fn bounced(message: &Message<'_>, raw: &[u8], subject: &str) -> (Option<String>, String) {
    let mut of = None;
    for part in &message.parts {
        if let PartType::Message(inner) = &part.body {
            of = of.or_else(|| inner.message_id().map(id));
        }
    }
    let text = String::from_utf8_lossy(raw);
    let own = message.message_id().map(id);
    // A report may carry no more than the headers of the mail, as a part of text.
    of = of.or_else(|| {
        text.lines()
            .filter(|line| line.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("message-id:")))
            .map(|line| id(&line[11..]))
            .find(|found| !found.is_empty() && Some(found) != own.as_ref())
    });
    of = of.or_else(|| answers(message).into_iter().next());
    let said = text
        .lines()
        .find_map(|line| line.strip_prefix("Diagnostic-Code:").or_else(|| line.strip_prefix("Diagnostic-code:")))
        .map(|line| clean(line, 200));
    (of, said.unwrap_or_else(|| clean(subject, 200)))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
