//! Secrets: made from the system's randomness, compared and stored by their SHA-256, never printed.

use sha2::{Digest, Sha256};
use zunke_kernel::{Error, Result};

/// A text that must not reach a log: `Debug` hides it, there is no `Display`, and `reveal` is easy to search for.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// What is stored of a session or token. A full-length random value needs no slow hash.
pub type TokenHash = [u8; 32];

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// 256 random bits as 64 hexadecimal digits behind `prefix`.
    pub fn random(prefix: &str) -> Result<Self> {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self(format!("{prefix}{hex}")))
    }

    /// A password that a person can type from a screen: 16 signs (80 bits), none of which looks like another.
    pub fn one_time() -> Result<Self> {
        const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut bytes = [0u8; 16];
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        let mut text = String::with_capacity(19);
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 && at % 4 == 0 {
                text.push('-');
            }
            text.push(char::from(SIGNS[usize::from(byte % 32)]));
        }
        Ok(Self(text))
    }

    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn hash(&self) -> TokenHash {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_differs_each_time_and_never_prints() {
        let (one, two) = (Secret::random("zk_").expect("random"), Secret::random("zk_").expect("random"));
        assert_ne!(one, two);
        assert_eq!(one.reveal().len(), 3 + 64);
        assert_eq!(format!("{one:?}"), "[secret]");
        let password = Secret::one_time().expect("random");
        assert_eq!(password.reveal().len(), 19);
        assert!(password.reveal().chars().all(|sign| sign == '-' || sign.is_ascii_alphanumeric()));
    }
}
