//! OpenID Connect: what a provider says about itself, the way to it, and what its answer is worth.

pub mod discovery;
pub mod keys;
pub mod token;

use crate::call::{Caller, Reason};
use crate::flight::Flight;
use crate::provider::Provider;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use discovery::{Known, Metadata};
use serde_json::{Map, Value};
use token::{Expected, Refusal};
use zunke_kernel::{Error, Instant, Result};

/// Whom the provider has named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    pub issuer: String,
    pub subject: String,
    /// The claim that holds the login here.
    pub login: Option<String>,
    /// Whether the provider stands for that claim: an address that it has not checked may be anybody's.
    pub login_holds: bool,
    pub name: Option<String>,
}

/// Where the browser goes.
pub fn authorize(metadata: &Metadata, provider: &Provider, flight: &Flight) -> Result<String> {
    let query = serde_html_form::to_string([
        ("response_type", "code"),
        ("client_id", provider.settings.client_id.as_str()),
        ("redirect_uri", flight.redirect.as_str()),
        ("scope", provider.settings.scopes.as_str()),
        ("state", flight.state.as_str()),
        ("nonce", flight.nonce.as_str()),
        ("code_challenge", flight.challenge().as_str()),
        ("code_challenge_method", "S256"),
    ])
    .map_err(Error::internal)?;
    let join = if metadata.authorization_endpoint.contains('?') { '&' } else { '?' };
    Ok(format!("{}{join}{query}", metadata.authorization_endpoint))
}

/// Exchanges the code for an id token and checks it. Blocks.
pub fn identify(
    caller: &Caller,
    known: &Known,
    provider: &Provider,
    (secret, flight, code): (Option<&str>, &Flight, &str),
    now: Instant,
) -> Result<Who, Reason> {
    let metadata = known.metadata(caller, &provider.settings.issuer, now)?;
    let answer = exchange(caller, &metadata, provider, (secret, flight, code))?;
    let id_token = answer["id_token"].as_str().ok_or("id_token_missing")?;
    let expected = Expected {
        issuer: &provider.settings.issuer,
        client_id: &provider.settings.client_id,
        nonce: &flight.nonce,
        now_secs: now.0.div_euclid(1_000),
    };
    let keys = known.keys(caller, &metadata, now)?;
    let claims = match token::check(id_token, &keys, &expected) {
        // The provider has changed its keys since we asked for them.
        Err(Refusal::KeyUnknown) => {
            let keys = known.fresh_keys(caller, &metadata, now)?;
            token::check(id_token, &keys, &expected)
        }
        checked => checked,
    };
    let claims = claims.map_err(|refusal| format!("id_token_{}", refusal.word()))?;
    let claims = whole(caller, &metadata, provider, claims, &answer)?;
    Ok(who(provider, &claims))
}

fn exchange(
    caller: &Caller,
    metadata: &Metadata,
    provider: &Provider,
    (secret, flight, code): (Option<&str>, &Flight, &str),
) -> Result<Value, Reason> {
    let client_id = provider.settings.client_id.as_str();
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", flight.redirect.as_str()),
        ("code_verifier", flight.verifier.as_str()),
    ];
    let basic = secret
        .filter(|_| metadata.takes_basic())
        .map(|secret| STANDARD.encode(format!("{}:{}", form_coded(client_id), form_coded(secret))));
    if basic.is_none() {
        form.push(("client_id", client_id));
        if let Some(secret) = secret {
            form.push(("client_secret", secret));
        }
    }
    let (status, answer) = caller.post(&metadata.token_endpoint, basic.as_deref(), &form)?;
    if status == 200 {
        return Ok(answer);
    }
    // The words of the protocol are a short list; anything else is not repeated.
    let known = ["invalid_client", "invalid_grant", "invalid_request", "unauthorized_client", "invalid_scope"];
    let said = answer["error"].as_str().and_then(|said| known.iter().find(|known| **known == said));
    Err(said.map_or_else(|| format!("status_{status}"), |said| (*said).to_owned()))
}

/// As the protocol wants client id and secret before they are joined.
fn form_coded(text: &str) -> String {
    let coded = serde_html_form::to_string([("", text)]).unwrap_or_default();
    coded.trim_start_matches('=').to_owned()
}

/// The claims with those that the provider tells only where it is asked for them.
fn whole(
    caller: &Caller,
    metadata: &Metadata,
    provider: &Provider,
    mut claims: Map<String, Value>,
    answer: &Value,
) -> Result<Map<String, Value>, Reason> {
    let (Some(endpoint), Some(token)) = (&metadata.userinfo_endpoint, answer["access_token"].as_str()) else {
        return Ok(claims);
    };
    if claims.contains_key(&provider.settings.login_claim) && claims.contains_key("name") {
        return Ok(claims);
    }
    let told = caller.get(endpoint, Some(token)).map_err(|reason| format!("userinfo_{reason}"))?;
    if told["sub"] != claims["sub"] {
        return Err("userinfo_other_person".into());
    }
    for (name, value) in told.as_object().into_iter().flatten() {
        claims.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Ok(claims)
}

fn who(provider: &Provider, claims: &Map<String, Value>) -> Who {
    let text = |name: &str| {
        let text = claims.get(name).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let claim = &provider.settings.login_claim;
    let checked = claims.get("email_verified").is_some_and(|value| *value == true || *value == "true");
    Who {
        issuer: provider.issuer(),
        subject: text("sub").unwrap_or_default(),
        login: text(claim),
        login_holds: claim != "email" || checked,
        name: text("name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_secret_are_joined_as_the_protocol_has_it() {
        assert_eq!(form_coded("a b:c%=d"), "a+b%3Ac%25%3Dd");
        assert_eq!(form_coded("plain-1"), "plain-1");
    }
}
