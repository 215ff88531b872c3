//! A mailbox: where mail is fetched from, and through which server answers go out.

use crate::ticket::Kind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Error, Instant, Result, Text};

zunke_kernel::id_type!(/** A mailbox of the service. */ MailboxId, "mbx");

/// How a connection is kept from being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MailSecurity)]
pub enum Security {
    /// From the first byte.
    #[default]
    Tls,
    /// Begun in the clear and then turned; never goes on in the clear.
    Starttls,
    /// Not at all: only to a server on this machine.
    None,
}

/// A server, and whom to log in as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MailServer)]
pub struct Server {
    pub host: String,
    pub port: u16,
    #[serde(default)]
    pub security: Security,
    /// None: without a log-in.
    #[serde(default)]
    pub user: Option<String>,
}

/// What is set of a mailbox besides its password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MailboxSettings)]
pub struct Settings {
    /// The name before the address in what goes out.
    #[serde(default)]
    pub from_name: Option<String>,
    /// What a mail opens; a question where nothing is said.
    #[serde(default = "question")]
    pub kind: Kind,
    /// None: mail comes by forwarding to the listener.
    #[serde(default)]
    pub imap: Option<Server>,
    /// The folder that is read.
    #[serde(default = "inbox")]
    pub folder: String,
    /// None: nothing is sent from here.
    #[serde(default)]
    pub smtp: Option<Server>,
    /// The environment variable that holds the password; its name begins with `ZUNKE_`.
    #[serde(default)]
    pub password_env: Option<String>,
}

fn question() -> Kind {
    Kind::Question
}

fn inbox() -> String {
    "INBOX".to_owned()
}

/// What the last look failed of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = MailProblem)]
pub struct Problem {
    pub code: String,
    pub text: Text,
    /// What the server said.
    pub detail: String,
    pub at: Instant,
}

/// A mailbox as it is stored; no password is in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Mailbox)]
pub struct Mailbox {
    pub id: MailboxId,
    pub name: String,
    pub address: String,
    pub active: bool,
    pub settings: Settings,
    /// Whether a password is kept here, sealed.
    pub has_password: bool,
    #[serde(skip)]
    pub sealed: Option<Vec<u8>>,
    #[serde(skip)]
    pub uid_validity: Option<i64>,
    #[serde(skip)]
    pub last_uid: Option<i64>,
    pub checked_at: Option<Instant>,
    pub problem: Option<Problem>,
    /// Mails that became tickets or answers.
    pub taken: i64,
    pub version: i64,
}

const VARIABLES: &str = "ZUNKE_";

impl Settings {
    /// Checks what a person entered.
    pub fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        for (server, place) in [(&self.imap, "imap"), (&self.smtp, "smtp")] {
            if let Some(server) = server {
                check_server(server, place, &mut faults);
            }
        }
        if self.imap.as_ref().is_some_and(|imap| imap.user.as_deref().unwrap_or("").trim().is_empty()) {
            let text = ("收信需要登录名。", "Fetching mail needs a log-in name.");
            faults.push(Error::invalid("field_required", text.0, text.1).at("settings.imap.user"));
        }
        if self.folder.is_empty() || self.folder.chars().count() > 120 || self.folder.chars().any(char::is_control) {
            let text = ("文件夹名应为 1 到 120 个字符。", "The folder must have 1 to 120 characters.");
            faults.push(Error::invalid("folder_invalid", text.0, text.1).at("settings.folder"));
        }
        let odd = |c: char| c.is_control() || matches!(c, '<' | '>' | '"');
        if self.from_name.as_deref().is_some_and(|name| name.chars().count() > 80 || name.contains(odd)) {
            let text = ("发件人名称最多 80 个字符，不含 < > \"。", "At most 80 characters, without < > \".");
            faults.push(Error::invalid("from_name_invalid", text.0, text.1).at("settings.from_name"));
        }
        if let Some(name) = &self.password_env {
            // Of the variables of this process only those that were put there for us: no other secret leaves it.
            let fine = name.starts_with(VARIABLES)
                && name != super::keys::VARIABLE
                && name.len() <= 80
                && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
            if !fine {
                let text = (
                    "环境变量名应以 ZUNKE_ 开头，由大写字母、数字和下划线组成。",
                    "The variable's name begins with ZUNKE_ and has capital letters, digits and underscores.",
                );
                faults.push(Error::invalid("password_env_invalid", text.0, text.1).at("settings.password_env"));
            }
        }
        Error::gather(faults).map_or(Ok(()), Err)
    }
}

fn check_server(server: &Server, place: &str, faults: &mut Vec<Error>) {
    let host = server.host.trim();
    let fine = !host.is_empty()
        && host.len() <= 253
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'));
    if !fine {
        let text = ("服务器地址不对，例如 imap.example.com。", "The host is not valid; an example: imap.example.com.");
        faults.push(Error::invalid("host_invalid", text.0, text.1).at(format!("settings.{place}.host")));
    }
    if server.port == 0 {
        let text = ("端口应在 1 到 65535 之间。", "The port must be between 1 and 65535.");
        faults.push(Error::invalid("port_invalid", text.0, text.1).at(format!("settings.{place}.port")));
    }
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if server.security == Security::None && !here {
        let text = (
            "不加密只允许连接本机，请选择 TLS 或 STARTTLS。",
            "Without encryption only this machine may be connected to: choose TLS or STARTTLS.",
        );
        faults.push(Error::invalid("security_required", text.0, text.1).at(format!("settings.{place}.security")));
    }
    if server.user.as_deref().is_some_and(|user| user.len() > 200 || user.chars().any(char::is_control)) {
        let text = ("登录名最多 200 个字符。", "The log-in name has at most 200 characters.");
        faults.push(Error::invalid("user_invalid", text.0, text.1).at(format!("settings.{place}.user")));
    }
}

/// An address in small letters, as ours must be.
pub fn own_address(text: &str) -> Result<String> {
    let address = text.trim().to_lowercase();
    let parsed = address.parse::<lettre::Address>();
    if parsed.is_err() || !address.is_ascii() || address.len() > 200 || address.contains('+') {
        let text =
            ("邮箱地址不对，例如 service@example.com。", "The address is not valid; an example: service@example.com.");
        return Err(Error::invalid("address_invalid", text.0, text.1).at("address"));
    }
    Ok(address)
}

impl Mailbox {
    /// Its password, if any: sealed here, or in the environment.
    pub fn password(&self, keys: &super::keys::Keys) -> Result<Option<String>> {
        if let Some(name) = &self.settings.password_env {
            return std::env::var(name).map(Some).map_err(|_| {
                Error::conflict(
                    "password_env_missing",
                    format!("服务器上没有环境变量 {name}。"),
                    format!("There is no environment variable {name} on the server."),
                )
            });
        }
        self.sealed.as_deref().map(|sealed| keys.open(&self.id.to_string(), sealed)).transpose()
    }

    /// Its address with a word behind a plus.
    #[must_use]
    pub fn plus(&self, word: &str) -> String {
        match self.address.split_once('@') {
            Some((local, domain)) => format!("{local}+{word}@{domain}"),
            None => self.address.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(imap: &serde_json::Value) -> Result<()> {
        let settings: Settings = serde_json::from_value(serde_json::json!({ "imap": imap })).expect("read");
        settings.check()
    }

    #[test]
    fn passwords_leave_this_machine_only_encrypted() {
        use serde_json::json;
        with(&json!({ "host": "imap.example.com", "port": 993, "user": "a" })).expect("TLS");
        with(&json!({ "host": "127.0.0.1", "port": 143, "security": "none", "user": "a" })).expect("this machine");
        for (imap, code) in [
            (json!({ "host": "imap.example.com", "port": 143, "security": "none", "user": "a" }), "security_required"),
            (json!({ "host": "a b", "port": 143, "user": "a" }), "host_invalid"),
            (json!({ "host": "a/b", "port": 143, "user": "a" }), "host_invalid"),
            (json!({ "host": "a", "port": 0, "user": "a" }), "port_invalid"),
            (json!({ "host": "a", "port": 1 }), "field_required"),
            (json!({ "host": "a", "port": 1, "user": "a\r\nb" }), "user_invalid"),
        ] {
            assert_eq!(with(&imap).expect_err(code).code, code);
        }
        for name in ["PATH", "AWS_SECRET", "ZUNKE_SECRET_KEY", "ZUNKE_a b"] {
            let settings = serde_json::from_value::<Settings>(json!({ "password_env": name })).expect("read");
            assert_eq!(settings.check().expect_err(name).code, "password_env_invalid");
        }
    }

    #[test]
    fn an_address_of_ours_is_plain() {
        assert_eq!(own_address(" Service@Example.com ").expect("fine"), "service@example.com");
        for bad in ["", "a", "a@", "a+b@c.com", "a@b.com, c@d.com", "a@b.com\r\nX: y"] {
            assert_eq!(own_address(bad).expect_err(bad).code, "address_invalid");
        }
    }
}
