//! One call of a webhook: signed as the Standard Webhooks specification has it, to an address that may be called, within
//! a time. Redirects are not followed: an address that moved is told to its owner.

use crate::guard::{self, Net};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use zunke_kernel::{Instant, Result};
use zunke_service::intake::signature;

/// How long a receiver may take for all of it.
pub const CALL_MAX: Duration = Duration::from_secs(15);
/// How much of an answer is kept, for a person to read.
const ANSWER_CHARS: usize = 500;
const ANSWER_BYTES: u64 = 4_096;

/// A message for one receiver.
#[derive(Clone, Debug)]
pub struct Message {
    pub url: String,
    /// The same at each attempt.
    pub id: String,
    pub body: String,
    /// Signs with each of them: while a secret is being exchanged there are two.
    pub secrets: Vec<String>,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// `None`: there was no answer.
    pub status: Option<u16>,
    /// Why it does not count as delivered, in a word for programs and a text.
    pub problem: Option<String>,
    /// The beginning of what was said.
    pub text: Option<String>,
    /// How long the receiver asks to be left alone.
    pub wait_ms: Option<i64>,
}

impl Answer {
    #[must_use]
    pub fn delivered(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// The receiver wants no more of them, ever.
    #[must_use]
    pub fn gone(&self) -> bool {
        self.status == Some(410)
    }

    /// No call was made.
    #[must_use]
    pub fn failed(problem: impl Into<String>) -> Self {
        Self { status: None, problem: Some(problem.into()), text: None, wait_ms: None }
    }
}

/// The addresses inside the house that may be called nevertheless; changed while calls go out.
#[derive(Clone, Default)]
pub struct Allowed(Arc<RwLock<Vec<Net>>>);

impl Allowed {
    pub fn set(&self, nets: Vec<Net>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = nets;
    }
}

impl fmt::Debug for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("allowed networks")
    }
}

/// Asks the names and passes on only the addresses that may be called.
#[derive(Debug)]
struct Fence {
    names: DefaultResolver,
    allowed: Allowed,
}

/// Why a call was not made.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("address_refused")
    }
}

impl std::error::Error for Refused {}

impl Resolver for Fence {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let plain = uri.scheme_str() != Some("https");
        let allowed = self.allowed.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut passed = self.empty();
        for address in guard::passed(found.iter().copied(), plain, &allowed) {
            passed.push(address);
        }
        if passed.is_empty() { Err(ureq::Error::Other(Box::new(Refused))) } else { Ok(passed) }
    }
}

/// Who calls only where calls may go, within a time, and follows no redirect.
#[must_use]
pub fn agent(allowed: Allowed, at_most: Duration, name: &str) -> ureq::Agent {
    // No proxy of the surroundings: behind one the fence would see the proxy's address and not the receiver's. No
    // connection is kept: each call asks its name anew.
    let config = Config::builder()
        .timeout_global(Some(at_most))
        .timeout_connect(Some(at_most.min(Duration::from_secs(5))))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_idle_connections(0)
        .proxy(None)
        .user_agent(name)
        .build();
    let fence = Fence { names: DefaultResolver::default(), allowed };
    ureq::Agent::with_parts(config, DefaultConnector::default(), fence)
}

/// Makes calls. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sender {
    agent: ureq::Agent,
}

impl Sender {
    #[must_use]
    pub fn new(allowed: Allowed) -> Self {
        Self::patient(allowed, CALL_MAX)
    }

    /// With another patience.
    #[must_use]
    pub fn patient(allowed: Allowed, at_most: Duration) -> Self {
        Self { agent: agent(allowed, at_most, concat!("Zunke/", env!("CARGO_PKG_VERSION"), " (webhooks)")) }
    }

    /// Makes one call, blocking.
    #[must_use]
    pub fn call(&self, now: Instant, message: &Message) -> Answer {
        let seconds = now.0.div_euclid(1_000);
        let mut signatures = Vec::with_capacity(message.secrets.len());
        for secret in &message.secrets {
            match signature::sign(secret, &message.id, seconds, message.body.as_bytes()) {
                Ok(signed) => signatures.push(signed),
                Err(_) => return Answer::failed("secret_broken"),
            }
        }
        let sent = self
            .agent
            .post(&message.url)
            .header("content-type", "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signatures.join(" "))
            .send(message.body.as_bytes());
        match sent {
            Ok(mut answer) => {
                let status = answer.status().as_u16();
                let wait =
                    answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
                // What was said matters less than that it was heard: an answer that breaks off is heard all the same.
                let mut text = Vec::new();
                let mut reader = std::io::Read::take(answer.body_mut().as_reader(), ANSWER_BYTES);
                let _ = std::io::Read::read_to_end(&mut reader, &mut text);
                let text: String = String::from_utf8_lossy(&text)
                    .chars()
                    .map(|sign| if sign.is_control() { ' ' } else { sign })
                    .take(ANSWER_CHARS)
                    .collect();
                let problem = match status {
                    200..300 => None,
                    300..400 => Some("redirected".to_owned()),
                    _ => Some("status".to_owned()),
                };
                Answer {
                    status: Some(status),
                    problem,
                    text: Some(text).filter(|text| !text.trim().is_empty()),
                    wait_ms: wait.map(|secs: i64| secs.clamp(0, 86_400) * 1_000),
                }
            }
            Err(error) => Answer::failed(word(&error)),
        }
    }
}

/// What went wrong, as a word that the page can say in the reader's language. The error's own text may hold addresses of
/// the inside, and is not shown.
#[must_use]
pub fn word(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Other(other) if other.is::<Refused>() => "address_refused",
        ureq::Error::Timeout(_) => "timeout",
        ureq::Error::HostNotFound => "name_unknown",
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => "url_invalid",
        ureq::Error::Rustls(_) => "tls",
        ureq::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => "timeout",
            std::io::ErrorKind::ConnectionRefused => "connection_refused",
            std::io::ErrorKind::InvalidData => "tls",
            // The kind of a failed look-up has no stable name.
            _ if error.to_string().contains("lookup address") => "name_unknown",
            _ => "connection_broken",
        },
        _ => "connection_broken",
    }
}
