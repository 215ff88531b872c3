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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Made once with 2048 and with 1024 bits: RSA keys can't be made here.
    const GOOD: (&str, &str) = (
        "tiluV1ogNYFcil5XShExUqeKsnWog_SEaLmU9HFYl6kcVBYuUJxhsFJrUT0zcLre8skDj23QVzdeLLpiqiYVm3BvS7K-\
         JfqHJMcPRDMea2vHNkgXgYi55RadidR6QIPxM489ap2Eh0roFc6ht4CPIlOmBDTduP--SNdr1QTtZGF-\
         v5y0gTRu8jF8aCmkgJLtiYRlbxIfAzFVq3e_aQgquyfIJNl8ATTIEonJVIUltFMTjvUiuRgwkO0nl8WY4s7-\
         roon3dQ389iBeVcdQaC-Q6iQlZhpADzM97fog9p-4ecH7wP3BfGKuYtbjbYVd9Yi9q2B5puDFOH6iibtOoBUQQ",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6InIifQ.eyJpc3MiOiJodHRwczovL2EuZXhhbXBsZSIsImF1ZCI6Inp1bmtlIiwic3ViIjoid\
         SIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAwMzAwLCJub25jZSI6Im4ifQ.enrKXDDsnpmzhhQ1jEkfaGzJKS2diw2LoB\
         xm-b5brdxvrrrLLugjyDlCMNX8JdIHKO02vx9qgodK850OJQOfLsRzRq2CfhFJto-OsuQB1F8yCqs4D_MmF_62kn6936BHnubiXW\
         lhdh80SxawQT6uunxF4GgXUUp1rYbAoLSmlKR3kpx2fu_ThNvSJcIsgaXaaYtR9_pwiyl8YRfcuuRnwf8322IzKelcLEzYkYOBwC\
         6ysUkHs_s9IjWxoGRA7e3HFawNUe8JKJZdE4i0jfS8ydxIjiLMSKLS-\
         tlLDi6bBCWvBMzAeHvJqiCrrYHNNT_BXMC8tzfs09PEPUY61WFS9g",
    );
    const SHORT: (&str, &str) = (
        "t96MXjvIv7D-\
         lPPFcv5dH2iOMNnLyGC8qA276mRxfvU1dCClWGq1wPKXNoVc7mOBct_GIp0XOa_ODbRF4XfLr0uFWK1uciig0DuYI5--\
         1Iq4FPVgEGsF5fFXdVeGvwgDgdiUdnbPr7zN7LoD-ozJU97Q0LpH5yqJjB_12fXi2K0",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6InIifQ.eyJpc3MiOiJodHRwczovL2EuZXhhbXBsZSIsImF1ZCI6Inp1bmtlIiwic3ViIjoid\
         SIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAwMzAwLCJub25jZSI6Im4ifQ.qz05BcezOW13LQSnmM3gBor0N4_sN84Ffg\
         zXDSr9c1hfewy_3gXpa0BYwBoOIuBfVmtzKGyM1Nhk06tSo_12x86CwGdrA3yoDFe6bUF-\
         XWd0y4OoNhgby07HtASYLzdPigjFGZNAn0D2RsOj-9yCTyT0x-kf-q48uY7Ze9-ElWo",
    );

    fn keys(n: &str) -> Keys {
        Keys::read(&json!({ "keys": [{ "kty": "RSA", "use": "sig", "kid": "r", "n": n, "e": "AQAB" }] }))
    }

    fn expected() -> Expected<'static> {
        Expected { issuer: "https://a.example", client_id: "zunke", nonce: "n", now_secs: 1_800_000_100 }
    }

    #[test]
    fn a_token_signed_by_rsa_is_taken_as_long_as_it_holds_in_every_part() {
        let (n, token) = GOOD;
        assert_eq!(check(token, &keys(n), &expected()).expect("good")["sub"], "u");
        let late = Expected { now_secs: 1_800_000_400, ..expected() };
        assert_eq!(check(token, &keys(n), &late), Err(Refusal::Expired));
        let other = Expected { client_id: "other", ..expected() };
        assert_eq!(check(token, &keys(n), &other), Err(Refusal::Audience));
        // Another body under the same signature.
        let (head, rest) = token.split_once('.').expect("parts");
        let (_, signature) = rest.split_once('.').expect("parts");
        let body = URL_SAFE_NO_PAD.encode(json!({ "iss": "https://a.example", "sub": "boss" }).to_string());
        assert_eq!(check(&format!("{head}.{body}.{signature}"), &keys(n), &expected()), Err(Refusal::Signature));
        // A key that is too short to be trusted, and none.
        assert_eq!(check(SHORT.1, &keys(SHORT.0), &expected()), Err(Refusal::Signature));
        assert_eq!(check(token, &Keys::default(), &expected()), Err(Refusal::KeyUnknown));
    }

    #[test]
    fn what_is_no_token_is_refused_without_harm() {
        let keys = keys(GOOD.0);
        let long = "a".repeat(TOKEN_BYTES_MAX + 1);
        for bad in
            ["", ".", "..", "a.b.c", "e30.e30.", "e30.e30.AA", "\u{0}.\u{0}.\u{0}", "bnVsbA.bnVsbA.AA", long.as_str()]
        {
            let refusal = check(bad, &keys, &expected()).expect_err("no token");
            assert!(matches!(refusal, Refusal::Malformed | Refusal::Algorithm), "{refusal:?}");
        }
    }
}
