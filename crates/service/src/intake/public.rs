//! What is open to everybody, and how it is set: the address of this house, the page of rules, the question after a ticket.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Error, Instant, Result, Text};
use zunke_store::Tx;

/// The name of its row among the settings.
pub const NAME: &str = "service.public";

/// The settings of what is open to everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = PublicSettings)]
pub struct Public {
    /// Where customers reach this house, for links in mails: `https://service.example.com`.
    pub base_url: Option<String>,
    pub rules: Rules,
    pub csat: Csat,
    /// Counts up with each change; the `ETag`.
    pub version: i64,
}

/// The page that states levels, benefits and promises.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = PublicRulesSettings)]
pub struct Rules {
    /// Whether there is such a page.
    pub on: bool,
    /// What stands above the levels.
    pub intro: Option<Text>,
    /// Whether the terms of the levels are stated, or their names and benefits only.
    pub conditions: bool,
    /// What a level gives besides, by rank.
    pub benefits: Vec<Benefit>,
}

/// The benefits of a level in the customer's words, one a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PublicBenefit)]
pub struct Benefit {
    pub rank: i64,
    pub text: Text,
}

/// The question after a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = PublicCsatSettings)]
pub struct Csat {
    /// Whether customers who wrote by mail are asked by mail.
    pub mail: bool,
    /// After the solution.
    pub delay_hours: i64,
    pub answer_days: i64,
    /// How long the one change is open.
    pub change_days: i64,
    /// Up to which score it is low.
    pub low_to: i64,
    /// When the follow-up of a low one is due.
    pub follow_up_hours: i64,
}

impl Default for Csat {
    fn default() -> Self {
        Self { mail: false, delay_hours: 24, answer_days: 28, change_days: 7, low_to: 2, follow_up_hours: 24 }
    }
}

impl Public {
    /// Checks what a person entered; answers it in its normal form.
    pub fn checked(mut self) -> Result<Self> {
        let mut faults = Vec::new();
        if let Some(url) = self.base_url.take().map(|url| url.trim().trim_end_matches('/').to_owned()) {
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or("");
            let fine = !host.is_empty()
                && url.len() <= 200
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'/' | b'_'));
            if fine {
                self.base_url = Some(url);
            } else if !url.is_empty() {
                let text = (
                    "网址应以 https:// 开头，例如 https://service.example.com。",
                    "The address begins with https://, as https://service.example.com.",
                );
                faults.push(Error::invalid("base_url_invalid", text.0, text.1).at("base_url"));
            }
        }
        let csat = self.csat;
        for (value, range, field) in [
            (csat.delay_hours, 0..=720, "csat.delay_hours"),
            (csat.answer_days, 1..=365, "csat.answer_days"),
            (csat.change_days, 0..=365, "csat.change_days"),
            (csat.low_to, 0..=4, "csat.low_to"),
            (csat.follow_up_hours, 1..=720, "csat.follow_up_hours"),
        ] {
            if !range.contains(&value) {
                let (from, to) = (range.start(), range.end());
                let zh = format!("应在 {from} 到 {to} 之间。");
                faults
                    .push(Error::invalid("number_invalid", zh, format!("Must be between {from} and {to}.")).at(field));
            }
        }
        if csat.mail && self.base_url.is_none() && faults.is_empty() {
            let text = ("自动发送评价链接需要填写公开网址。", "Sending links needs the public address.");
            faults.push(Error::invalid("base_url_required", text.0, text.1).at("base_url"));
        }
        let texts = self.rules.intro.iter().chain(self.rules.benefits.iter().map(|one| &one.text));
        if texts.into_iter().any(|text| text.zh.chars().count() > 2000 || text.en.chars().count() > 2000) {
            let text = ("每段文字最多 2000 个字符。", "Each text has at most 2000 characters.");
            faults.push(Error::invalid("text_too_long", text.0, text.1).at("rules"));
        }
        if self.rules.benefits.len() > 20 {
            let text = ("权益最多 20 段。", "At most 20 texts of benefits.");
            faults.push(Error::invalid("too_many", text.0, text.1).at("rules.benefits"));
        }
        Error::gather(faults).map_or(Ok(self), Err)
    }
}

pub fn load(tx: &mut Tx) -> Result<Public> {
    let sql = "SELECT content, version FROM settings WHERE name = $1";
    let stored = tx.query_one(sql, &[NAME.into()], |row| Ok((row.json::<Public>(0)?, row.int(1)?)))?;
    Ok(stored.map(|(public, version)| Public { version, ..public }).unwrap_or_default())
}

/// Stores settings that have been checked, over the version that the caller has read.
pub fn save(tx: &mut Tx, now: Instant, public: &Public, version: Option<i64>) -> Result<Public> {
    let empty = serde_json::to_string(&Public::default()).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO settings (name, content, version, updated_at) VALUES ($1, $2, 0, $3) ON CONFLICT (name) DO NOTHING",
        &[NAME.into(), empty.into(), now.into()],
    )?;
    let content = serde_json::to_string(public).map_err(Error::internal)?;
    let changed = tx.execute(
        "UPDATE settings SET content = $1, version = version + 1, updated_at = $2
         WHERE name = $3 AND version = COALESCE($4, version)",
        &[content.into(), now.into(), NAME.into(), version.into()],
    )?;
    if changed == 0 {
        return Err(Error::stale());
    }
    load(tx)
}
