//! A provider of identities: how it is asked, whom it may let in, and the checks of what an administrator enters.

use crate::store::providers;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use ureq::http::Uri;
use utoipa::ToSchema;
use zunke_access::Role;
use zunke_hooks::guard::{Net, may_call};
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Db;
use zunke_store::vault::Vault;

zunke_kernel::id_type!(/** Who says who somebody is. */ ProviderId, "sip");

/// The most that one house may have: each is a button at the door.
pub const COUNT_MAX: i64 = 10;
pub const NAME_CHARS_MAX: usize = 30;
const TEXT_CHARS_MAX: usize = 200;
const SECRET_CHARS_MAX: usize = 500;

/// How a provider is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignInKind)]
pub enum Kind {
    /// OpenID Connect: Entra ID, Keycloak, Okta, Authing and others.
    Oidc,
    /// WeCom 企业微信, by scanning.
    Wecom,
}

impl Kind {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Wecom => "wecom",
        }
    }
}

/// What becomes of somebody whom the provider knows and the house does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignInUnknown)]
pub enum Unknown {
    #[default]
    Refuse,
    /// He becomes a member of staff with the role and department of the provider.
    Create,
}

fn scopes() -> String {
    "openid profile email".into()
}

fn login_claim() -> String {
    "preferred_username".into()
}

fn scan_page() -> String {
    "https://login.work.weixin.qq.com".into()
}

fn wecom_api() -> String {
    "https://qyapi.weixin.qq.com".into()
}

/// What is set of a provider, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignInSettings)]
pub struct Settings {
    /// On the button at the door: 1–30 characters.
    #[schema(max_length = 30)]
    pub name: String,
    pub kind: Kind,
    /// `oidc`: `https://login.example.com/realms/shop`, as the provider states it.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub issuer: String,
    /// `oidc`: the client id; `wecom`: the id of the company (CorpID).
    #[schema(max_length = 200)]
    pub client_id: String,
    /// `wecom`: the id of the application (AgentID).
    #[serde(default)]
    #[schema(max_length = 200)]
    pub agent_id: String,
    /// `oidc`: what is asked for, with `openid` in it.
    #[serde(default = "scopes")]
    #[schema(max_length = 200)]
    pub scopes: String,
    /// `oidc`: the claim that holds the login here.
    #[serde(default = "login_claim")]
    #[schema(max_length = 200)]
    pub login_claim: String,
    /// `wecom`: where the page to scan stands.
    #[serde(default = "scan_page")]
    #[schema(max_length = 200)]
    pub login_url: String,
    /// `wecom`: where its interface stands.
    #[serde(default = "wecom_api")]
    #[schema(max_length = 200)]
    pub api_url: String,
    #[serde(default)]
    pub unknown: Unknown,
    /// For `create`: not administrator.
    #[serde(default)]
    pub role: Option<Role>,
    #[serde(default)]
    pub department_id: Option<DepartmentId>,
    /// Whether somebody whose login equals the claim is taken to be the same person at his first sign-in.
    #[serde(default)]
    pub link_by_login: bool,
    /// Whether the second step is the provider's: then none is asked here.
    #[serde(default)]
    pub trusts_second_step: bool,
}

/// A provider as it is stored.
#[derive(Clone, Debug)]
pub struct Provider {
    pub id: ProviderId,
    pub enabled: bool,
    pub settings: Settings,
    /// Sealed in the vault.
    pub secret: Option<Vec<u8>>,
    pub version: i64,
    pub created_by: Option<StaffId>,
    pub created_at: Instant,
}

impl Provider {
    /// What its secret is sealed under.
    #[must_use]
    pub fn about(id: ProviderId) -> String {
        format!("sign-in provider {id}")
    }

    /// Its secret as it was entered.
    pub fn secret(&self, vault: &Vault) -> Result<Option<String>> {
        let Some(sealed) = &self.secret else { return Ok(None) };
        let plain = vault.open(&Self::about(self.id), sealed)?;
        String::from_utf8(plain).map(Some).map_err(Error::internal)
    }

    /// Under which name its people are known here.
    #[must_use]
    pub fn issuer(&self) -> String {
        match self.settings.kind {
            Kind::Oidc => self.settings.issuer.clone(),
            Kind::Wecom => format!("wecom:{}", self.settings.client_id),
        }
    }
}

/// Checks a secret that was entered.
pub fn check_secret(secret: &str) -> Result<()> {
    let length = secret.chars().count();
    if (1..=SECRET_CHARS_MAX).contains(&length) && !secret.chars().any(char::is_control) {
        return Ok(());
    }
    let zh = format!("密钥应为 1 到 {SECRET_CHARS_MAX} 个字符，不含换行。");
    let en = format!("The secret has 1 to {SECRET_CHARS_MAX} characters, without line breaks.");
    Err(Error::invalid("secret_invalid", zh, en).at("secret"))
}

impl Settings {
    /// Checks all of it at once, and brings it into its kept form.
    pub fn check(mut self, allowed: &[Net]) -> Result<Self> {
        let texts = [
            &mut self.name,
            &mut self.issuer,
            &mut self.client_id,
            &mut self.agent_id,
            &mut self.scopes,
            &mut self.login_claim,
            &mut self.login_url,
            &mut self.api_url,
        ];
        for text in texts {
            *text = text.trim().to_owned();
        }
        let mut faults =
            vec![words(&self.name, "name", NAME_CHARS_MAX), words(&self.client_id, "client_id", TEXT_CHARS_MAX)];
        match self.kind {
            Kind::Oidc => {
                faults.push(address(&self.issuer, "issuer", allowed));
                faults.push(words(&self.login_claim, "login_claim", TEXT_CHARS_MAX));
                faults.push(check_scopes(&self.scopes));
            }
            Kind::Wecom => {
                faults.push(words(&self.agent_id, "agent_id", TEXT_CHARS_MAX));
                for (field, url) in [("login_url", &mut self.login_url), ("api_url", &mut self.api_url)] {
                    *url = url.trim_end_matches('/').to_owned();
                    faults.push(address(url, field, allowed));
                }
            }
        }
        if self.unknown == Unknown::Create {
            faults.push(check_role(self.role));
        }
        Error::gather(faults.into_iter().filter_map(Result::err).collect()).map_or(Ok(self), Err)
    }
}

/// A role that people get without anybody looking: never the one that may do everything.
pub fn check_role(role: Option<Role>) -> Result<()> {
    let (code, zh, en) = match role {
        None => ("role_required", "请选择自动创建的员工的角色。", "Choose the role of those who are made."),
        Some(Role::Administrator) => (
            "role_too_high",
            "不能自动创建管理员，请选择其他角色。",
            "Administrators are not made by themselves; choose another role.",
        ),
        Some(_) => return Ok(()),
    };
    Err(Error::invalid(code, zh, en).at("role"))
}

fn words(text: &str, field: &'static str, most: usize) -> Result<()> {
    if (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(());
    }
    let (zh, en) = (format!("应为 1 到 {most} 个字符。"), format!("It must have 1 to {most} characters."));
    Err(Error::invalid("text_invalid", zh, en).at(field))
}

fn check_scopes(scopes: &str) -> Result<()> {
    let fits = scopes.len() <= TEXT_CHARS_MAX && scopes.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if fits && scopes.split(' ').any(|one| one == "openid") {
        return Ok(());
    }
    let (zh, en) = ("以空格分隔，且必须包含 openid。", "Apart by spaces, with openid among them.");
    Err(Error::invalid("scopes_invalid", zh, en).at("scopes"))
}

/// Checks what can be seen of an address without asking anybody: its name is asked at each call.
fn address(url: &str, field: &'static str, allowed: &[Net]) -> Result<()> {
    let refuse = |code, zh: &str, en: &str| Err(Error::invalid(code, zh, en).at(field));
    let read = url.parse::<Uri>().ok().filter(|_| url.len() <= TEXT_CHARS_MAX && !url.contains(['#', '?', ' ']));
    let authority = read.as_ref().and_then(Uri::authority).map_or("", |authority| authority.as_str());
    let scheme = read.as_ref().and_then(Uri::scheme_str).unwrap_or("");
    if authority.is_empty() || authority.contains('@') || !matches!(scheme, "https" | "http") {
        let zh = "请填写完整的地址，例如 https://login.example.com。";
        return refuse("url_invalid", zh, "Write a whole address, as https://login.example.com.");
    }
    let host = read.as_ref().and_then(Uri::host).unwrap_or("");
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    let inside = host.eq_ignore_ascii_case("localhost") && allowed.is_empty();
    if inside || literal.is_some_and(|address| !may_call(address, allowed)) {
        let zh = "该地址位于内部网络，请先在“设置 → Webhook”的内部网段中放行。";
        return refuse(
            "url_internal",
            zh,
            "This address lies inside the network: allow its range first, in Settings → Webhooks.",
        );
    }
    let plain = allowed.is_empty() || literal.is_some_and(|address| !allowed.iter().any(|net| net.holds(address)));
    if scheme == "http" && plain {
        let zh = "请使用 https 地址；http 只能用于已放行的内部网段。";
        return refuse("url_plain", zh, "Use https; http is for allowed ranges of the inside only.");
    }
    Ok(())
}

/// Seals what was sealed with an older key anew; answers how many.
pub fn reseal(db: &Db, vault: &Vault) -> Result<u64> {
    let mut done = 0;
    for (id, sealed) in db.read(providers::secrets)? {
        if vault.is_current(&sealed)? {
            continue;
        }
        let about = Provider::about(id);
        let anew = vault.seal(&about, &vault.open(&about, &sealed)?)?;
        done += db.write(move |tx| providers::swap(tx, id, &sealed, &anew))?;
    }
    Ok(done)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn oidc(issuer: &str) -> Settings {
        serde_json::from_value(serde_json::json!({
            "name": "Entra ID", "kind": "oidc", "issuer": issuer, "client_id": "zunke",
        }))
        .expect("settings")
    }

    #[test]
    fn what_is_left_out_is_what_most_have() {
        let made = oidc("https://login.example.com/a").check(&[]).expect("good");
        assert_eq!(
            (made.login_claim.as_str(), made.unknown, made.link_by_login),
            ("preferred_username", Unknown::Refuse, false)
        );
        assert!(!made.trusts_second_step);
    }

    #[test]
    fn an_address_is_whole_encrypted_and_outside_unless_allowed() {
        for (url, code) in [
            ("", "url_invalid"),
            ("login.example.com", "url_invalid"),
            ("javascript:alert(1)", "url_invalid"),
            ("https://u:p@login.example.com", "url_invalid"),
            ("https://login.example.com?x=1", "url_invalid"),
            ("http://login.example.com", "url_plain"),
            ("https://169.254.169.254", "url_internal"),
            ("http://localhost:3000", "url_internal"),
            ("https://[::1]", "url_internal"),
        ] {
            let error = oidc(url).check(&[]).expect_err(url);
            assert_eq!((error.code, error.field.as_deref()), (code, Some("issuer")), "{url}");
        }
        let allowed = ["127.0.0.1".parse().expect("a net")];
        oidc("http://127.0.0.1:3000/oidc").check(&allowed).expect("allowed");
    }

    #[test]
    fn all_faults_are_named_at_once_and_nobody_is_made_administrator() {
        let bad = Settings {
            name: " ".into(),
            client_id: "a\nb".into(),
            scopes: "profile".into(),
            unknown: Unknown::Create,
            role: Some(Role::Administrator),
            ..oidc("x")
        };
        let error = bad.check(&[]).expect_err("five faults");
        assert_eq!(error.others.len(), 4);
        assert!(error.others.iter().any(|fault| fault.code == "role_too_high"));
        let scan = Settings { kind: Kind::Wecom, ..oidc("") };
        assert_eq!(scan.clone().check(&[]).expect_err("no agent").field.as_deref(), Some("agent_id"));
        let made = Settings { agent_id: "1000002".into(), api_url: "https://a.example/".into(), ..scan };
        assert_eq!(made.check(&[]).expect("good").api_url, "https://a.example");
    }
}
