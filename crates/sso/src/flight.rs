//! One sign-in on its way: what the browser must bring back, sealed in its cookie, so that nothing is kept here for somebody
//! who never comes back, and nobody else's browser can use the answer.

use crate::provider::ProviderId;
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::vault::Vault;

pub const COOKIE: &str = "zunke_sign_in";
/// From the door to the provider and back.
pub const LIFE_SECS: i64 = 600;
const ABOUT: &str = "sign-in flight";

/// What is asked of the provider, and checked in its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    pub provider: ProviderId,
    pub state: String,
    pub nonce: String,
    /// Of PKCE.
    pub verifier: String,
    pub redirect: String,
    /// Where he wanted to go.
    pub next: String,
    pub until: Instant,
    /// The provider has said who it is, and the house asks for a code.
    pub waits_for: Option<StaffId>,
}

/// 256 random bits, fit for an address.
pub fn random() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

impl Flight {
    pub fn new(now: Instant, provider: ProviderId, redirect: String, next: &str) -> Result<Self> {
        Ok(Self {
            provider,
            state: random()?,
            nonce: random()?,
            verifier: random()?,
            redirect,
            next: safe(next).to_owned(),
            until: now.plus_secs(LIFE_SECS),
            waits_for: None,
        })
    }

    /// What PKCE shows beforehand.
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }

    /// The mark by which its answer is known to have been taken.
    #[must_use]
    pub fn mark(&self) -> [u8; 32] {
        Sha256::digest(self.state.as_bytes()).into()
    }

    pub fn seal(&self, vault: &Vault) -> Result<String> {
        let plain = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(URL_SAFE_NO_PAD.encode(vault.seal(ABOUT, &plain)?))
    }

    /// What the browser brought, unless it is too late or not ours.
    #[must_use]
    pub fn open(vault: &Vault, headers: &HeaderMap, now: Instant) -> Option<Self> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let value = pairs.find(|(name, _)| *name == COOKIE)?.1;
        let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
        let flight: Self = serde_json::from_slice(&vault.open(ABOUT, &sealed).ok()?).ok()?;
        (flight.until > now).then_some(flight)
    }
}

/// The header that sets the cookie, or takes it away. `Lax`: it must come along when the provider sends the browser back.
pub fn cookie(value: Option<&str>, https: bool) -> Result<HeaderValue> {
    let (value, age) = value.map_or(("", 0), |value| (value, LIFE_SECS));
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={age}{secure}");
    let mut header = HeaderValue::from_str(&text).map_err(Error::internal)?;
    header.set_sensitive(true);
    Ok(header)
}

/// Only an address of this house: a sign-in must not lead out of it.
fn safe(next: &str) -> &str {
    let plain = next.len() <= 500 && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let inside = next.starts_with('/') && !next.starts_with("//") && !next.starts_with("/login");
    if plain && inside { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_nowhere_else() {
        assert_eq!(safe("/customers?level=4"), "/customers?level=4");
        for bad in
            ["", "customers", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/login?next=/x"]
        {
            assert_eq!(safe(bad), "/", "{bad:?}");
        }
    }

    #[test]
    fn only_the_browser_that_began_brings_it_back_and_not_too_late() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = Vault::in_folder(folder.path());
        let now = Instant(1_800_000_000_000);
        let flight = Flight::new(now, ProviderId::new(now), "https://a.example/cb".into(), "/x").expect("made");
        let sealed = flight.seal(&vault).expect("sealed");
        assert!(!sealed.contains(&flight.state));
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            let line = format!("a=b; {COOKIE}={value}");
            headers.insert(header::COOKIE, line.parse().expect("a header"));
            headers
        };
        assert_eq!(Flight::open(&vault, &with(&sealed), now), Some(flight.clone()));
        assert_eq!(Flight::open(&vault, &with(&sealed), flight.until), None, "too late");
        assert_eq!(Flight::open(&vault, &with("x"), now), None);
        assert_eq!(Flight::open(&vault, &HeaderMap::new(), now), None);
        let other = tempfile::tempdir().expect("a folder");
        assert_eq!(Flight::open(&Vault::in_folder(other.path()), &with(&sealed), now), None);
    }
}
