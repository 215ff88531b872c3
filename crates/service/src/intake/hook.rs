//! Messages that other systems send (WeCom, WeChat, a shop's chat): signed, each taken once, mapped by configuration. What
//! one person writes in one conversation stands on one ticket until that is done.

use crate::context::{Context, Hooks};
use crate::message::NewMessage;
use crate::open::{NewTicket, Sender, open};
use crate::reply::reply;
use crate::store::{channels, tickets};
use crate::text;
use crate::ticket::{Channel, Kind, SenderKeys};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use zunke_kernel::id::TicketId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

zunke_kernel::id_type!(/** A signed way in for another system. */ HookId, "hok");

/// Where in a message each field stands: JSON pointers, as `/text/content`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HookMapping)]
pub struct Mapping {
    pub body: String,
    #[serde(default)]
    pub subject: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub phone: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    /// The sender's id in the other system.
    #[serde(default)]
    pub external_id: Option<String>,
    /// What that system is called among the external ids of customers: `wecom`.
    #[serde(default)]
    pub external_source: Option<String>,
    /// The conversation; else the sender.
    #[serde(default)]
    pub thread: Option<String>,
    /// Where the kind stands, and which word there means which kind.
    #[serde(default)]
    pub kind: Option<String>,
    #[serde(default)]
    pub kinds: BTreeMap<String, Kind>,
    /// What a message is where its kind is not told.
    #[serde(default = "question")]
    pub kind_else: Kind,
    #[serde(default)]
    pub product: Option<String>,
}

fn question() -> Kind {
    Kind::Question
}

/// A hook as it is stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ServiceHook)]
pub struct Hook {
    pub id: HookId,
    /// What stands in its address: `/api/v1/hooks/{key}`.
    pub key: String,
    pub name: String,
    pub active: bool,
    pub mapping: Mapping,
    #[serde(skip)]
    pub sealed: Vec<u8>,
    /// Messages that were taken.
    pub taken: i64,
    pub last_at: Option<Instant>,
    /// What the last refused message was refused for.
    pub problem: Option<super::mailbox::Problem>,
    pub version: i64,
}

impl Mapping {
    fn pointers(&self) -> [(&'static str, Option<&String>); 9] {
        [
            ("body", Some(&self.body)),
            ("subject", self.subject.as_ref()),
            ("name", self.name.as_ref()),
            ("phone", self.phone.as_ref()),
            ("email", self.email.as_ref()),
            ("external_id", self.external_id.as_ref()),
            ("thread", self.thread.as_ref()),
            ("kind", self.kind.as_ref()),
            ("product", self.product.as_ref()),
        ]
    }

    /// Checks what a person entered.
    pub fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        for (field, pointer) in self.pointers() {
            if pointer.is_some_and(|pointer| !pointer.starts_with('/') || pointer.len() > 200) {
                let text = ("应为 JSON 指针，例如 /text/content。", "Must be a JSON pointer, as /text/content.");
                faults.push(Error::invalid("pointer_invalid", text.0, text.1).at(format!("mapping.{field}")));
            }
        }
        let source = self.external_source.as_deref().unwrap_or("");
        if self.external_id.is_some() && (source.is_empty() || source.len() > 60) {
            let text = ("请填写外部系统的名称，例如 wecom。", "Name the other system, as wecom.");
            faults.push(Error::invalid("field_required", text.0, text.1).at("mapping.external_source"));
        }
        if self.kinds.len() > 50 {
            let text = ("类型对照最多 50 条。", "At most 50 words for kinds.");
            faults.push(Error::invalid("too_many", text.0, text.1).at("mapping.kinds"));
        }
        Error::gather(faults).map_or(Ok(()), Err)
    }
}

/// A message, mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    pub body: String,
    pub subject: String,
    pub name: Option<String>,
    pub keys: SenderKeys,
    pub thread: Option<String>,
    pub kind: Kind,
    pub product: Option<String>,
}

/// Reads a message by a mapping. A fault names the pointer that leads nowhere.
pub fn map(mapping: &Mapping, message: &Value) -> Result<Mapped> {
    let said = |pointer: &Option<String>| -> Option<String> {
        match message.pointer(pointer.as_deref()?)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    };
    let body = said(&Some(mapping.body.clone())).ok_or_else(|| {
        let at = &mapping.body;
        Error::invalid(
            "hook_body_missing",
            format!("消息中 {at} 处没有文字。"),
            format!("The message has no text at {at}."),
        )
        .at("body")
    })?;
    let external =
        said(&mapping.external_id).zip(mapping.external_source.clone()).map(|(value, source)| (source, value));
    let keys = SenderKeys { phone: said(&mapping.phone), email: said(&mapping.email), external };
    let sender = keys.external.as_ref().map(|(_, value)| value).or(keys.phone.as_ref()).or(keys.email.as_ref());
    let word = said(&mapping.kind);
    Ok(Mapped {
        subject: said(&mapping.subject).map(|subject| text::cut(&subject, text::SUBJECT_CHARS_MAX)).unwrap_or_default(),
        name: said(&mapping.name).map(|name| text::cut(&name, text::SHORT_CHARS_MAX)),
        thread: said(&mapping.thread).or_else(|| sender.cloned()).map(|thread| text::cut(&thread, 200)),
        kind: word
            .and_then(|word| mapping.kinds.get(&word).copied().or_else(|| Kind::read(&word)))
            .unwrap_or(mapping.kind_else),
        product: said(&mapping.product).map(|product| text::cut(&product, text::SHORT_CHARS_MAX)),
        keys,
        body,
    })
}

/// Takes a mapped message: onto the ticket of its conversation, or a new one. The sender's id of the message makes it once.
pub fn take(
    tx: &mut Tx,
    cx: &Context,
    hooks: &Hooks,
    hook: &Hook,
    id: &str,
    message: &Mapped,
) -> Result<(TicketId, bool)> {
    let source = Some((format!("hook:{}", hook.key), id.to_owned()));
    if let Some((source, id)) = &source
        && let Some((ticket, _)) = tickets::source(tx, (source, id))?
    {
        return Ok((ticket, false));
    }
    let going_on = match &message.thread {
        Some(thread) => channels::thread(tx, hook.id, thread)?,
        None => None,
    };
    if let Some(ticket) = going_on
        && tickets::find(tx, ticket)?.is_some_and(|ticket| !ticket.state.is_done())
    {
        let author = message.name.clone().unwrap_or_default();
        let new =
            NewMessage { author, source, ..NewMessage::from_customer(Channel::Message, message.body.clone(), cx.now) };
        let said = reply(tx, cx, ticket, &new, hooks)?;
        return Ok((said.ticket, !said.again));
    }
    let sender = Sender::Unknown { name: message.name.clone(), keys: message.keys.clone() };
    let new = NewTicket {
        subject: message.subject.clone(),
        product: message.product.clone(),
        source,
        ..NewTicket::new(sender, message.kind, Channel::Message, message.body.clone(), cx.now)
    };
    let outcome = open(tx, cx, &new, hooks)?;
    if let Some(thread) = &message.thread {
        channels::set_thread(tx, hook.id, thread, outcome.ticket())?;
    }
    Ok((outcome.ticket(), matches!(outcome, crate::open::Outcome::Opened(_))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mapping() -> Mapping {
        serde_json::from_value(
            json!({ "body": "/text/content", "external_id": "/from_user", "external_source": "wecom",
            "name": "/profile/name", "kind": "/label", "kinds": { "投诉": "complaint" } }),
        )
        .expect("a mapping")
    }

    #[test]
    fn a_message_is_mapped_by_configuration() {
        let message = json!({ "from_user": "wm_12", "profile": { "name": " 王小明 " }, "label": "投诉",
            "text": { "content": "坏了" } });
        let mapped = map(&mapping(), &message).expect("mapped");
        assert_eq!((mapped.body.as_str(), mapped.kind), ("坏了", Kind::Complaint));
        assert_eq!(mapped.keys.external, Some(("wecom".into(), "wm_12".into())));
        assert_eq!((mapped.name.as_deref(), mapped.thread.as_deref()), (Some("王小明"), Some("wm_12")));
        let bare = map(&mapping(), &json!({ "text": { "content": 5 }, "label": "praise" })).expect("mapped");
        assert_eq!((bare.body.as_str(), bare.kind, bare.thread), ("5", Kind::Praise, None));
    }

    #[test]
    fn a_message_without_text_and_a_mapping_that_is_none_are_refused() {
        for message in
            [json!({}), json!([]), json!({ "text": "x" }), json!({ "text": { "content": "  " } }), json!(null)]
        {
            assert_eq!(map(&mapping(), &message).expect_err("no text").code, "hook_body_missing");
        }
        let wrong = Mapping { body: "text".into(), ..mapping() };
        assert_eq!(wrong.check().expect_err("no pointer").code, "pointer_invalid");
        let wrong = Mapping { external_source: None, ..mapping() };
        assert_eq!(wrong.check().expect_err("no source").field.as_deref(), Some("mapping.external_source"));
        mapping().check().expect("fine");
    }
}
