//! The public keys of a provider (JWKS), and the check of a signature. Two kinds of signature are taken: RS256, which every
//! provider has, and ES256. No other word in a token's head is believed, `none` least of all.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;

/// More keys than any provider has.
const KEYS_MAX: usize = 100;

/// The signatures that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Rs256,
    Es256,
}

impl Way {
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The point, uncompressed.
    P256(Vec<u8>),
}

#[derive(Clone, Debug)]
struct Key {
    id: Option<String>,
    material: Material,
}

/// The keys that may sign.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<Key>);

fn bytes(value: &Value) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(value.as_str()?.trim_end_matches('=')).ok()
}

fn material(value: &Value) -> Option<Material> {
    match value["kty"].as_str()? {
        "RSA" => Some(Material::Rsa { n: bytes(&value["n"])?, e: bytes(&value["e"])? }),
        "EC" if value["crv"] == "P-256" => {
            let (x, y) = (bytes(&value["x"])?, bytes(&value["y"])?);
            (x.len() == 32 && y.len() == 32).then(|| Material::P256([&[4][..], &x, &y].concat()))
        }
        _ => None,
    }
}

impl Keys {
    /// Those of the document that can sign; others are passed over.
    #[must_use]
    pub fn read(document: &Value) -> Self {
        let all = document["keys"].as_array().into_iter().flatten().take(KEYS_MAX);
        let signs = all.filter(|key| key["use"].as_str().is_none_or(|used| used == "sig"));
        let read =
            signs.filter_map(|key| Some(Key { id: key["kid"].as_str().map(str::to_owned), material: material(key)? }));
        Self(read.collect())
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether one of the keys has signed it; `None` where there is no key of that name and kind.
    #[must_use]
    pub fn signed(&self, way: Way, id: Option<&str>, text: &[u8], signature: &[u8]) -> Option<bool> {
        let of_kind = |key: &&Key| {
            matches!((way, &key.material), (Way::Rs256, Material::Rsa { .. }) | (Way::Es256, Material::P256(_)))
        };
        let mut fitting =
            self.0.iter().filter(of_kind).filter(|key| id.is_none() || key.id.as_deref() == id).peekable();
        fitting.peek()?;
        Some(fitting.any(|key| match &key.material {
            Material::Rsa { n, e } => {
                let n = n.iter().position(|byte| *byte != 0).map_or(&[][..], |start| &n[start..]);
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, text, signature).is_ok()
            }
            Material::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(text, signature).is_ok()
            }
        }))
    }
}
