//! A model service in place of the lexicon: an HTTP endpoint of the business, asked about a few messages at a time. Where
//! it does not answer in time or not as agreed, the lexicon's reading stays, and the voice says why.
//!
//! `POST` to the endpoint, `Content-Type: application/json`, `Authorization: Bearer …` where a token is set:
//! `{"items": [{"id": "…", "text": "…", "language": "zh"}]}` is answered by
//! `{"items": [{"id": "…", "score": -80}]}`: from −100 (complaint) to 100 (praise), one for each id, in any order.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;
use utoipa::ToSchema;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

/// Messages of one call.
pub const BATCH: i64 = 20;
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// Where the model service is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = VoiceModelSettings)]
pub struct Settings {
    pub enabled: bool,
    /// `http://…` or `https://…`.
    pub endpoint: String,
    /// Sent as a bearer token; never shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// 100 to 60,000.
    pub timeout_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { enabled: false, endpoint: String::new(), token: None, timeout_ms: 3_000 }
    }
}

impl Settings {
    const NAME: &'static str = "service.voice_model";

    pub fn load(tx: &mut Tx) -> Result<Self> {
        let sql = "SELECT content FROM settings WHERE name = $1";
        Ok(tx.query_one(sql, &[Self::NAME.into()], |row| row.json(0))?.unwrap_or_default())
    }

    pub fn save(&self, tx: &mut Tx, now: Instant) -> Result<()> {
        let content = serde_json::to_string(self).map_err(Error::internal)?;
        tx.execute(
            "INSERT INTO settings (name, content, version, updated_at) VALUES ($1, $2, 1, $3)
             ON CONFLICT (name) DO UPDATE SET content = excluded.content, updated_at = excluded.updated_at",
            &[Self::NAME.into(), content.into(), now.into()],
        )?;
        Ok(())
    }

    /// Checks what a person entered.
    pub fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        let url = self.endpoint.trim();
        let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        let well =
            host.is_some_and(|host| !host.is_empty() && !host.starts_with('/') && !host.contains(char::is_whitespace));
        if (self.enabled || !url.is_empty()) && !well {
            let text =
                ("请填写以 http:// 或 https:// 开头的地址。", "Give an address that begins with http:// or https://.");
            faults.push(Error::invalid("endpoint_invalid", text.0, text.1).at("endpoint"));
        }
        if !(100..=60_000).contains(&self.timeout_ms) {
            let text = ("超时应在 100 到 60000 毫秒之间。", "The timeout is between 100 and 60,000 ms.");
            faults.push(Error::invalid("timeout_invalid", text.0, text.1).at("timeout_ms"));
        }
        Error::gather(faults).map_or(Ok(()), Err)
    }
}

#[derive(Serialize)]
struct Item<'a> {
    id: String,
    text: &'a str,
    language: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    items: Vec<Scored>,
}

#[derive(Deserialize)]
struct Scored {
    id: String,
    score: f64,
}

/// Asks about messages (id, text, language); answers the scores by id, or in a few words why there are none.
pub fn ask(
    settings: &Settings,
    messages: &[(String, String, String)],
) -> std::result::Result<HashMap<String, i64>, String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_millis(settings.timeout_ms)))
        .max_redirects(0)
        .build()
        .into();
    let items: Vec<Item> =
        messages.iter().map(|(id, text, language)| Item { id: id.clone(), text, language }).collect();
    let mut call = agent.post(settings.endpoint.trim());
    if let Some(token) = settings.token.as_deref().filter(|token| !token.is_empty()) {
        call = call.header("Authorization", format!("Bearer {token}"));
    }
    let mut answer = call.send_json(serde_json::json!({ "items": items })).map_err(|error| short(&error))?;
    if !answer.status().is_success() {
        return Err(format!("HTTP {}", answer.status().as_u16()));
    }
    let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec().map_err(|error| short(&error))?;
    let answer: Answer = serde_json::from_slice(&body).map_err(|error| short(&error))?;
    let mut scores = HashMap::new();
    for one in answer.items {
        if !(-100.0..=100.0).contains(&one.score) {
            return Err(format!("score {} is outside -100 to 100", one.score));
        }
        #[expect(clippy::cast_possible_truncation, reason = "between -100 and 100")]
        scores.insert(one.id, one.score.round() as i64);
    }
    Ok(scores)
}

fn short(error: &dyn std::fmt::Display) -> String {
    error.to_string().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_and_the_timeout_are_checked() {
        let with =
            |endpoint: &str, timeout_ms| Settings { enabled: true, endpoint: endpoint.into(), token: None, timeout_ms };
        assert!(with("http://127.0.0.1:9/x", 3_000).check().is_ok() && Settings::default().check().is_ok());
        for bad in ["", "ftp://x", "http://", "https:// x", "file:///etc/passwd"] {
            assert!(with(bad, 3_000).check().is_err(), "{bad}");
        }
        assert!(with("http://x", 99).check().is_err() && with("http://x", 60_001).check().is_err());
    }
}
