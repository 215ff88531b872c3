//! What providers say about themselves, kept for a while: where they stand, and the keys that they sign with.

use super::keys::Keys;
use crate::call::{Caller, Reason};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use zunke_kernel::Instant;

/// Asked again after an hour.
const KEPT_MS: i64 = 3_600_000;
/// Keys are asked for out of turn no more often than this.
const AGAIN_MS: i64 = 10_000;

/// The part of a provider's document that is used.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    #[serde(default)]
    pub userinfo_endpoint: Option<String>,
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Metadata {
    /// Whether client id and secret go in the header; where nothing is said, they do.
    #[must_use]
    pub fn takes_basic(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_ref();
        methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"))
    }
}

/// What is known of providers, by their address. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Known(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    metadata: HashMap<String, (Instant, Metadata)>,
    keys: HashMap<String, (Instant, Arc<Keys>)>,
}

impl Known {
    fn kept<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets everything: the settings have changed.
    pub fn forget(&self) {
        self.kept(|kept| *kept = Kept::default());
    }

    /// What the provider says about itself. One that says that it is another is refused.
    pub fn metadata(&self, caller: &Caller, issuer: &str, now: Instant) -> Result<Metadata, Reason> {
        let known = self.kept(|kept| kept.metadata.get(issuer).filter(|(at, _)| now.0 - at.0 < KEPT_MS).cloned());
        if let Some((_, metadata)) = known {
            return Ok(metadata);
        }
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let value = caller.get(&url, None).map_err(|reason| format!("discovery_{reason}"))?;
        let metadata: Metadata = serde_json::from_value(value).map_err(|_| "discovery_incomplete".to_owned())?;
        if metadata.issuer != issuer {
            return Err("issuer_differs".into());
        }
        self.kept(|kept| kept.metadata.insert(issuer.to_owned(), (now, metadata.clone())));
        Ok(metadata)
    }

    /// The keys that the provider signs with.
    pub fn keys(&self, caller: &Caller, metadata: &Metadata, now: Instant) -> Result<Arc<Keys>, Reason> {
        self.keys_younger(caller, metadata, now, KEPT_MS)
    }

    /// The same, asked for again: a token names one that is not among those we have.
    pub fn fresh_keys(&self, caller: &Caller, metadata: &Metadata, now: Instant) -> Result<Arc<Keys>, Reason> {
        self.keys_younger(caller, metadata, now, AGAIN_MS)
    }

    fn keys_younger(
        &self,
        caller: &Caller,
        metadata: &Metadata,
        now: Instant,
        age_ms: i64,
    ) -> Result<Arc<Keys>, Reason> {
        let url = &metadata.jwks_uri;
        let known = self.kept(|kept| kept.keys.get(url).filter(|(at, _)| now.0 - at.0 < age_ms).cloned());
        if let Some((_, keys)) = known {
            return Ok(keys);
        }
        let value = caller.get(url, None).map_err(|reason| format!("keys_{reason}"))?;
        let keys = Arc::new(Keys::read(&value));
        self.kept(|kept| kept.keys.insert(url.clone(), (now, keys.clone())));
        Ok(keys)
    }
}
