//! A form that anybody may fill in: what it asks, and how it is kept from being filled in by machines without asking a
//! service outside. A hidden field that people leave empty; a signed token that says when the page was opened, too young
//! or too old for a person, and good for one ticket; so many from one address in an hour.

use super::keys::{Keys, hex};
use crate::ticket::Kind;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use utoipa::ToSchema;
use zunke_kernel::{Error, Instant, Result, Text};

zunke_kernel::id_type!(/** A public form. */ FormId, "frm");

const PURPOSE: &str = "form";
const LENGTH: usize = 16;
const HOUR_MS: i64 = 3_600_000;
/// A page may stay open so long before it is sent.
const OLDEST_MS: i64 = 12 * HOUR_MS;
pub const BODY_CHARS_MAX: usize = 5_000;

/// Whether a form asks for something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FormAsks)]
pub enum Asks {
    No,
    #[default]
    Optional,
    Required,
}

/// What is set of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FormSettings)]
pub struct Settings {
    pub title: Text,
    #[serde(default)]
    pub intro: Option<Text>,
    #[serde(default)]
    pub thanks: Option<Text>,
    /// What may be chosen; one: it is not asked.
    pub kinds: Vec<Kind>,
    #[serde(default)]
    pub name: Asks,
    #[serde(default)]
    pub phone: Asks,
    #[serde(default)]
    pub email: Asks,
    #[serde(default)]
    pub product: Asks,
    /// Filled in faster than this it was no person.
    #[serde(default = "three")]
    pub min_seconds: i64,
    /// Tickets from one address in an hour.
    #[serde(default = "ten")]
    pub per_hour: i64,
}

fn three() -> i64 {
    3
}

fn ten() -> i64 {
    10
}

/// A form as it is stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ServiceForm)]
pub struct Form {
    pub id: FormId,
    /// What stands in its address: `/form/{key}`.
    pub key: String,
    pub name: String,
    pub active: bool,
    pub settings: Settings,
    pub version: i64,
}

impl Settings {
    /// Checks what a person entered.
    pub fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        let texts = [
            (Some(&self.title), "title", 80),
            (self.intro.as_ref(), "intro", 1000),
            (self.thanks.as_ref(), "thanks", 1000),
        ];
        for (text, field, max) in texts {
            let Some(text) = text else { continue };
            if text.zh.chars().count() > max || text.en.chars().count() > max {
                let zh = format!("最多 {max} 个字符。");
                faults.push(
                    Error::invalid("text_too_long", zh, format!("At most {max} characters."))
                        .at(format!("settings.{field}")),
                );
            }
        }
        if self.title.zh.trim().is_empty() || self.title.en.trim().is_empty() {
            let text = ("请填写中文和英文标题。", "Enter the title in Chinese and English.");
            faults.push(Error::invalid("field_required", text.0, text.1).at("settings.title"));
        }
        let mut kinds = self.kinds.clone();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.is_empty() || kinds.len() != self.kinds.len() {
            let text = ("请至少选择一种类型，且不重复。", "Choose at least one kind, each once.");
            faults.push(Error::invalid("kinds_invalid", text.0, text.1).at("settings.kinds"));
        }
        for (value, range, field) in [(self.min_seconds, 0..=60, "min_seconds"), (self.per_hour, 1..=1000, "per_hour")]
        {
            if !range.contains(&value) {
                let (from, to) = (range.start(), range.end());
                let zh = format!("应在 {from} 到 {to} 之间。");
                let fault = Error::invalid("number_invalid", zh, format!("Must be between {from} and {to}."));
                faults.push(fault.at(format!("settings.{field}")));
            }
        }
        Error::gather(faults).map_or(Ok(()), Err)
    }
}

/// What somebody filled in.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = FormEntry)]
pub struct Entry {
    pub token: String,
    /// Left empty by people: it is not to be seen.
    pub website: String,
    pub kind: Option<Kind>,
    pub subject: String,
    pub body: String,
    pub name: String,
    pub phone: String,
    pub email: String,
    pub product: String,
}

/// A fresh token of a form: when it was opened, a number of its own, the signature of both.
pub fn token(keys: &Keys, form: &Form, now: Instant) -> Result<String> {
    let mut own = [0; 8];
    getrandom::fill(&mut own).map_err(Error::internal)?;
    let word = format!("{}.{}", now.0, hex(&own));
    let signature = keys.sign(PURPOSE, &format!("{}.{word}", form.key), LENGTH)?;
    Ok(format!("{word}.{signature}"))
}

/// Checks what somebody filled in; answers the token's own number, by which the same entry twice is one ticket.
pub fn check(keys: &Keys, form: &Form, entry: &Entry, now: Instant) -> Result<String> {
    if !entry.website.is_empty() {
        return Err(Error::invalid(
            "form_refused",
            "提交被拦截：隐藏字段应为空。请关闭自动填充后重试。",
            "Refused: a hidden field was filled in. Please switch off automatic filling and try again.",
        ));
    }
    let again = || {
        Error::invalid(
            "form_expired",
            "页面已过期，请刷新后重新提交。",
            "This page is out of date: reload it and send again.",
        )
        .at("token")
    };
    let (word, signature) = entry.token.rsplit_once('.').ok_or_else(again)?;
    if !keys.holds(PURPOSE, &format!("{}.{word}", form.key), signature, LENGTH)? {
        return Err(again());
    }
    let (opened, own) = word.split_once('.').ok_or_else(again)?;
    let age = now.0 - opened.parse::<i64>().map_err(|_| again())?;
    if !(0..=OLDEST_MS).contains(&age) {
        return Err(again());
    }
    if age < form.settings.min_seconds * 1000 {
        return Err(Error::invalid(
            "form_too_fast",
            "提交太快，请稍候几秒再试。",
            "That was too fast: wait a few seconds and send again.",
        ));
    }
    let mut faults = Vec::new();
    let asked = [
        (form.settings.name, &entry.name, "name"),
        (form.settings.phone, &entry.phone, "phone"),
        (form.settings.email, &entry.email, "email"),
        (form.settings.product, &entry.product, "product"),
    ];
    for (asks, value, field) in asked {
        if asks == Asks::Required && value.trim().is_empty() {
            faults.push(Error::invalid("field_required", "此项必填。", "This field is required.").at(field));
        }
        if asks == Asks::No && !value.trim().is_empty() {
            faults.push(Error::invalid("field_unknown", "表单没有此项。", "The form does not ask for this.").at(field));
        }
    }
    if entry.body.trim().is_empty() {
        faults.push(
            Error::invalid("field_required", "请写下您想说的内容。", "Please write what it is about.").at("body"),
        );
    }
    if entry.body.chars().count() > BODY_CHARS_MAX {
        let zh = format!("最多 {BODY_CHARS_MAX} 个字符。");
        faults.push(Error::invalid("text_too_long", zh, format!("At most {BODY_CHARS_MAX} characters.")).at("body"));
    }
    match entry.kind {
        Some(kind) if !form.settings.kinds.contains(&kind) => {
            faults.push(Error::invalid("kind_invalid", "请选择类型。", "Choose a kind.").at("kind"));
        }
        None if form.settings.kinds.len() > 1 => {
            faults.push(Error::invalid("kind_invalid", "请选择类型。", "Choose a kind.").at("kind"));
        }
        _ => {}
    }
    Error::gather(faults).map_or(Ok(own.to_owned()), Err)
}

/// A text that stands in a public address: nobody guesses it.
pub fn new_key() -> Result<String> {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(hex(&bytes))
}

/// How often an address came within the hour, on this node.
#[derive(Clone, Debug, Default)]
pub struct Limiter(Arc<Mutex<HashMap<String, Vec<i64>>>>);

/// Addresses that are remembered at once.
const ADDRESSES_MAX: usize = 20_000;

impl Limiter {
    /// Counts one more; false where it is one too many.
    pub fn admit(&self, who: String, now: Instant, per_hour: i64) -> bool {
        let Ok(mut seen) = self.0.lock() else { return false };
        let since = now.0 - HOUR_MS;
        if seen.len() >= ADDRESSES_MAX {
            seen.retain(|_, times| times.last().is_some_and(|last| *last > since));
        }
        if seen.len() >= ADDRESSES_MAX && !seen.contains_key(&who) {
            return false;
        }
        let times = seen.entry(who).or_default();
        times.retain(|time| *time > since);
        if i64::try_from(times.len()).unwrap_or(i64::MAX) >= per_hour {
            return false;
        }
        times.push(now.0);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        let settings = serde_json::json!({ "title": { "zh": "反馈", "en": "Feedback" },
            "kinds": ["complaint", "question"], "phone": "required", "product": "no" });
        Form {
            id: FormId(uuid::Uuid::nil()),
            key: "abc".into(),
            name: "x".into(),
            active: true,
            settings: serde_json::from_value(settings).expect("settings"),
            version: 1,
        }
    }

    #[test]
    fn what_a_person_fills_in_is_taken_and_what_a_machine_does_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = Keys::in_folder(folder.path());
        let (form, opened) = (form(), Instant(1_000_000_000));
        form.settings.check().expect("fine");
        let token = token(&keys, &form, opened).expect("a token");
        let entry =
            Entry { token, kind: Some(Kind::Complaint), body: "坏了".into(), phone: "1".into(), ..Entry::default() };
        let after = |seconds: i64| Instant(opened.0 + seconds * 1000);
        let first = check(&keys, &form, &entry, after(10)).expect("taken");
        assert_eq!(first, check(&keys, &form, &entry, after(20)).expect("the same number"));
        for (changed, at, code) in [
            (Entry { website: "x".into(), ..entry.clone() }, 10, "form_refused"),
            (entry.clone(), 1, "form_too_fast"),
            (entry.clone(), 50_000, "form_expired"),
            (entry.clone(), -5, "form_expired"),
            (Entry { token: String::new(), ..entry.clone() }, 10, "form_expired"),
            (Entry { token: entry.token.replace('.', "0."), ..entry.clone() }, 10, "form_expired"),
            (Entry { phone: " ".into(), ..entry.clone() }, 10, "field_required"),
            (Entry { product: "x".into(), ..entry.clone() }, 10, "field_unknown"),
            (Entry { body: " ".into(), ..entry.clone() }, 10, "field_required"),
            (Entry { body: "长".repeat(5001), ..entry.clone() }, 10, "text_too_long"),
            (Entry { kind: None, ..entry.clone() }, 10, "kind_invalid"),
            (Entry { kind: Some(Kind::Praise), ..entry.clone() }, 10, "kind_invalid"),
        ] {
            assert_eq!(check(&keys, &form, &changed, after(at)).expect_err(code).code, code);
        }
        let other = Form { key: "other".into(), ..form };
        assert_eq!(check(&keys, &other, &entry, after(10)).expect_err("another form's").code, "form_expired");
    }

    #[test]
    fn an_address_comes_so_often_in_an_hour() {
        let limiter = Limiter::default();
        let at = |ms: i64| limiter.admit("1.2.3.4".into(), Instant(HOUR_MS * 10 + ms), 2);
        assert!(at(0) && at(1) && !at(2));
        assert!(limiter.admit("5.6.7.8".into(), Instant(HOUR_MS * 10), 2));
        assert!(at(HOUR_MS + 1));
    }
}
