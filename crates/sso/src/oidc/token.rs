//! The id token: taken only where signature, issuer, audience, time and nonce hold. Pure.

use super::keys::{Keys, Way};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// How far the clock of the provider may be off.
const LEEWAY_SECS: i64 = 60;
const TOKEN_BYTES_MAX: usize = 64 * 1024;
const SUBJECT_CHARS_MAX: usize = 255;

/// What a good token says.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub now_secs: i64,
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Malformed,
    /// Signed in a way that is not taken, or not at all.
    Algorithm,
    KeyUnknown,
    Signature,
    Issuer,
    Audience,
    Expired,
    /// From the future, or without a time.
    Time,
    Nonce,
    Subject,
}

impl Refusal {
    /// For the record.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::KeyUnknown => "key_unknown",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::Time => "time",
            Self::Nonce => "nonce",
            Self::Subject => "subject",
        }
    }
}

fn part(text: &str) -> Result<Map<String, Value>, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed)
}

/// Checks a token; its claims.
pub fn check(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Map<String, Value>, Refusal> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Refusal::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
    let (head, body) = signed.split_once('.').ok_or(Refusal::Malformed)?;
    let (head, claims) = (part(head)?, part(body)?);
    // A head that must be understood and is not.
    if head.contains_key("crit") {
        return Err(Refusal::Algorithm);
    }
    let way = head.get("alg").and_then(Value::as_str).and_then(Way::read).ok_or(Refusal::Algorithm)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Malformed)?;
    let key = head.get("kid").and_then(Value::as_str);
    match keys.signed(way, key, signed.as_bytes(), &signature) {
        None => return Err(Refusal::KeyUnknown),
        Some(false) => return Err(Refusal::Signature),
        Some(true) => {}
    }
    check_claims(&claims, expected)?;
    Ok(claims)
}

fn check_claims(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(Refusal::Issuer);
    }
    let (ours, alone) = match claims.get("aud") {
        Some(Value::String(one)) => (one == expected.client_id, true),
        Some(Value::Array(all)) => (all.iter().any(|one| one == expected.client_id), all.len() == 1),
        _ => (false, false),
    };
    let party = text("azp");
    if !ours || party.is_some_and(|party| party != expected.client_id) || (!alone && party.is_none()) {
        return Err(Refusal::Audience);
    }
    let seconds = |name: &str| claims.get(name).and_then(Value::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
    let (now, leeway) = (expected.now_secs as f64, LEEWAY_SECS as f64);
    let (Some(until), Some(made)) = (seconds("exp"), seconds("iat")) else { return Err(Refusal::Time) };
    if until + leeway <= now {
        return Err(Refusal::Expired);
    }
    if made - leeway > now || seconds("nbf").is_some_and(|from| from - leeway > now) {
        return Err(Refusal::Time);
    }
    if text("nonce") != Some(expected.nonce) {
        return Err(Refusal::Nonce);
    }
    let subject = text("sub").unwrap_or("");
    let fits = (1..=SUBJECT_CHARS_MAX).contains(&subject.chars().count()) && !subject.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(Refusal::Subject) }
}
