//! A webhook: where it goes, what it wants, how it stands; and the checks of what a person enters.

use crate::event::EventType;
use crate::guard::{Net, may_call};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;
use ureq::http::Uri;
use utoipa::ToSchema;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Result};

zunke_kernel::id_type!(/** Where events are told. */ WebhookId, "whk");

/// The most that one house may have: each event is written once for each that wants it.
pub const COUNT_MAX: i64 = 50;
const NAME_CHARS_MAX: usize = 60;
const URL_CHARS_MAX: usize = 500;
/// How long the secret before signs too.
pub const OVERLAP_MS: i64 = 24 * 3_600_000;

/// A webhook as it is stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Webhook {
    pub id: WebhookId,
    pub name: String,
    pub url: String,
    pub events: BTreeSet<EventType>,
    pub active: bool,
    /// Why the house switched it off: `gone`, the receiver answered 410.
    pub stopped: Option<String>,
    /// Until then messages are signed with the secret before too.
    pub old_until: Option<Instant>,
    /// Failed calls in a row.
    pub failures: i64,
    pub failing_since: Option<Instant>,
    /// It rests until then.
    pub open_at: Option<Instant>,
    pub succeeded_at: Option<Instant>,
    pub created_by: Option<StaffId>,
    pub created_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub secret: Vec<u8>,
    #[serde(skip)]
    pub old_secret: Option<Vec<u8>>,
}

impl Webhook {
    /// What its secrets are sealed under.
    #[must_use]
    pub fn about(id: WebhookId) -> String {
        format!("webhook {id}")
    }
}

/// What a person enters.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhook)]
pub struct Entered {
    #[schema(max_length = 60)]
    pub name: String,
    /// `https://…`; `http://` only for addresses that the settings allow.
    #[schema(max_length = 500)]
    pub url: String,
    #[schema(min_items = 1)]
    pub events: BTreeSet<EventType>,
}

impl Entered {
    /// Checks all of it, and brings it into its kept form.
    pub fn check(mut self, allowed: &[Net]) -> Result<Self> {
        self.name = self.name.trim().to_owned();
        self.url = self.url.trim().to_owned();
        let faults = [check_name(&self.name), check_url(&self.url, allowed), check_events(&self.events)];
        Error::gather(faults.into_iter().filter_map(Result::err).collect()).map_or(Ok(self), Err)
    }
}

fn check_name(name: &str) -> Result<()> {
    let length = name.chars().count();
    if length == 0 || length > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(Error::invalid(
            "name_invalid",
            format!("请填写名称，最多 {NAME_CHARS_MAX} 个字。"),
            format!("Please give a name of at most {NAME_CHARS_MAX} characters."),
        )
        .at("name"));
    }
    Ok(())
}

fn check_events(events: &BTreeSet<EventType>) -> Result<()> {
    if events.is_empty() || !events.iter().all(|event| event.can_be_wanted()) {
        return Err(Error::invalid("events_required", "请至少选择一种事件。", "Choose at least one type of event.")
            .at("events"));
    }
    Ok(())
}

/// Checks what can be seen without asking anybody: the name itself is asked at each call.
fn check_url(url: &str, allowed: &[Net]) -> Result<()> {
    let refuse = |code, zh: &str, en: &str| Err(Error::invalid(code, zh, en).at("url"));
    let read = url.parse::<Uri>().ok().filter(|_| url.len() <= URL_CHARS_MAX && !url.contains(['#', ' ']));
    let (scheme, host) = match &read {
        Some(uri) => (uri.scheme_str().unwrap_or(""), uri.host().unwrap_or("")),
        None => ("", ""),
    };
    if host.is_empty() || !matches!(scheme, "https" | "http") {
        let (zh, en) = (
            "请填写完整的地址，例如 https://example.com/hooks。",
            "Write a whole address, as https://example.com/hooks.",
        );
        return refuse("url_invalid", zh, en);
    }
    if read.as_ref().and_then(Uri::authority).is_some_and(|authority| authority.as_str().contains('@')) {
        let (zh, en) = (
            "地址中不能带用户名和密码，请用签名来核对来源。",
            "The address may hold no user and password: the signature says who sends.",
        );
        return refuse("url_invalid", zh, en);
    }
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    if literal.is_some_and(|address| !may_call(address, allowed))
        || host.eq_ignore_ascii_case("localhost") && allowed.is_empty()
    {
        let zh = "该地址位于内部网络，出于安全考虑不能投递；确需投递请先在设置中放行其网段。";
        let en = "This address lies inside the network; to call it, allow its range in the settings first.";
        return refuse("url_internal", zh, en);
    }
    if scheme == "http"
        && (allowed.is_empty() || literal.is_some_and(|address| !allowed.iter().any(|net| net.holds(address))))
    {
        let zh = "请使用 https 地址；http 只能用于已放行的内部网段。";
        let en = "Use https; http is for allowed ranges of the inside only.";
        return refuse("url_plain", zh, en);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(url: &str) -> Entered {
        Entered { name: " ERP ".into(), url: url.into(), events: [EventType::LevelChanged].into() }
    }

    #[test]
    fn an_address_is_whole_outside_and_encrypted() {
        let good = entered(" https://hooks.example.com:8443/a?b=c ").check(&[]).expect("good");
        assert_eq!((good.name.as_str(), good.url.as_str()), ("ERP", "https://hooks.example.com:8443/a?b=c"));
        entered("https://[2606:4700::1111]/x").check(&[]).expect("an address");
        for (url, code) in [
            ("", "url_invalid"),
            ("example.com/x", "url_invalid"),
            ("/x", "url_invalid"),
            ("ftp://example.com", "url_invalid"),
            ("file:///etc/passwd", "url_invalid"),
            ("https://", "url_invalid"),
            ("https://user:pass@example.com", "url_invalid"),
            ("https://example.com/#x", "url_invalid"),
            ("http://example.com", "url_plain"),
            ("https://127.0.0.1/x", "url_internal"),
            ("https://[::1]:99/", "url_internal"),
            ("https://169.254.169.254/latest/meta-data", "url_internal"),
            ("https://LOCALHOST/x", "url_internal"),
        ] {
            let error = entered(url).check(&[]).expect_err(url);
            assert_eq!((error.code, error.field.as_deref()), (code, Some("url")), "{url}");
        }
        let long = format!("https://example.com/{}", "x".repeat(600));
        assert_eq!(entered(&long).check(&[]).expect_err("long").code, "url_invalid");
        let allowed = ["127.0.0.1".parse().expect("net")];
        entered("http://127.0.0.1:9/x").check(&allowed).expect("allowed");
        assert_eq!(entered("http://8.8.8.8/").check(&allowed).expect_err("outside").code, "url_plain");
        assert_eq!(entered("http://10.0.0.1/").check(&allowed).expect_err("other").code, "url_internal");
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let bad = Entered { name: " ".into(), url: "x".into(), events: BTreeSet::new() };
        let error = bad.check(&[]).expect_err("three");
        assert_eq!((error.field.as_deref(), error.others.len()), (Some("name"), 2));
        let test = Entered { events: [EventType::Test].into(), ..entered("https://example.com") };
        assert_eq!(test.check(&[]).expect_err("not to be chosen").code, "events_required");
    }
}
