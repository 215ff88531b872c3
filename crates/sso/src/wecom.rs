//! WeCom 企业微信: the page to scan, and the two calls that turn a code into a user id.

use crate::call::{Caller, Reason};
use crate::flight::Flight;
use crate::oidc::Who;
use crate::provider::{Provider, ProviderId};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use zunke_kernel::{Error, Instant, Result};

/// A token is asked for anew so long before it ends.
const EARLY_SECS: i64 = 120;
/// The answers that say that the token is no more.
const TOKEN_GONE: [i64; 2] = [40_014, 42_001];

/// The tokens of the interface, until they end. Cheap to clone.
#[derive(Clone, Default)]
pub struct Tokens(Arc<Mutex<HashMap<ProviderId, (Instant, String)>>>);

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("tokens of WeCom")
    }
}

impl Tokens {
    fn kept<T>(&self, look: impl FnOnce(&mut HashMap<ProviderId, (Instant, String)>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The provider's settings have changed, or its token is no more.
    pub fn forget(&self, provider: ProviderId) {
        self.kept(|kept| kept.remove(&provider));
    }
}

/// Where the browser goes to be scanned.
pub fn authorize(provider: &Provider, flight: &Flight) -> Result<String> {
    let query = serde_html_form::to_string([
        ("login_type", "CorpApp"),
        ("appid", provider.settings.client_id.as_str()),
        ("agentid", provider.settings.agent_id.as_str()),
        ("redirect_uri", flight.redirect.as_str()),
        ("state", flight.state.as_str()),
    ])
    .map_err(Error::internal)?;
    Ok(format!("{}/wwlogin/sso/login?{query}", provider.settings.login_url))
}

/// The number with which it says how a call went.
fn code_of(answer: &Value) -> i64 {
    answer["errcode"].as_i64().unwrap_or(-1)
}

/// One call of the interface. The reason names the number: the administrator looks it up.
fn ask(caller: &Caller, provider: &Provider, path: &str, query: &[(&str, &str)]) -> Result<Value, Reason> {
    let query = serde_html_form::to_string(query).map_err(|_| "form".to_owned())?;
    caller.get(&format!("{}{path}?{query}", provider.settings.api_url), None)
}

/// The token of the interface, asked for once and kept until it ends. Blocks.
pub fn token(
    caller: &Caller,
    tokens: &Tokens,
    provider: &Provider,
    secret: &str,
    now: Instant,
) -> Result<String, Reason> {
    if let Some((until, token)) = tokens.kept(|kept| kept.get(&provider.id).cloned())
        && until > now
    {
        return Ok(token);
    }
    let query = [("corpid", provider.settings.client_id.as_str()), ("corpsecret", secret)];
    let answer = ask(caller, provider, "/cgi-bin/gettoken", &query)?;
    if code_of(&answer) != 0 {
        return Err(format!("wecom_{}", code_of(&answer)));
    }
    let token = answer["access_token"].as_str().filter(|token| !token.is_empty()).ok_or("token_missing")?.to_owned();
    let secs = answer["expires_in"].as_i64().unwrap_or(0).clamp(0, 86_400);
    let until = now.plus_secs((secs - EARLY_SECS).max(0));
    tokens.kept(|kept| kept.insert(provider.id, (until, token.clone())));
    Ok(token)
}

/// Who has scanned. Blocks.
pub fn identify(
    caller: &Caller,
    tokens: &Tokens,
    provider: &Provider,
    (secret, code): (&str, &str),
    now: Instant,
) -> Result<Who, Reason> {
    let mut token = self::token(caller, tokens, provider, secret, now)?;
    let mut answer = user_info(caller, provider, &token, code)?;
    if TOKEN_GONE.contains(&code_of(&answer)) {
        tokens.forget(provider.id);
        token = self::token(caller, tokens, provider, secret, now)?;
        answer = user_info(caller, provider, &token, code)?;
    }
    if code_of(&answer) != 0 {
        return Err(format!("wecom_{}", code_of(&answer)));
    }
    // Somebody from outside of the company has an `openid` and no user id.
    let user = answer["userid"].as_str().map(str::trim).filter(|user| !user.is_empty()).ok_or("not_a_member")?;
    if user.chars().count() > 64 || user.chars().any(char::is_control) {
        return Err("user_id_odd".into());
    }
    Ok(Who {
        issuer: provider.issuer(),
        subject: user.to_owned(),
        login: Some(user.to_owned()),
        login_holds: true,
        name: None,
    })
}

fn user_info(caller: &Caller, provider: &Provider, token: &str, code: &str) -> Result<Value, Reason> {
    ask(caller, provider, "/cgi-bin/auth/getuserinfo", &[("access_token", token), ("code", code)])
}

/// The name of a member, where the application may see it. Blocks.
pub fn name(
    caller: &Caller,
    tokens: &Tokens,
    provider: &Provider,
    (secret, user): (&str, &str),
    now: Instant,
) -> Option<String> {
    let token = token(caller, tokens, provider, secret, now).ok()?;
    let answer = ask(caller, provider, "/cgi-bin/user/get", &[("access_token", &token), ("userid", user)]).ok()?;
    answer["name"].as_str().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
}
