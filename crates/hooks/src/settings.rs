//! What holds for all webhooks: the ranges of the inside that may be called.

use crate::guard::Net;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

const NETWORKS_MAX: usize = 50;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookSettings)]
pub struct Settings {
    /// Ranges of the inside that may be called: `10.1.2.0/24`, `10.1.2.3`.
    #[serde(default)]
    pub allowed_networks: Vec<String>,
    #[serde(default)]
    pub version: i64,
}

impl Settings {
    /// Checks what a person entered; each fault names its line.
    pub fn nets(&self) -> Result<Vec<Net>> {
        if self.allowed_networks.len() > NETWORKS_MAX {
            let error = Error::invalid(
                "too_many",
                format!("最多放行 {NETWORKS_MAX} 个网段。"),
                format!("At most {NETWORKS_MAX} ranges."),
            );
            return Err(error.at("allowed_networks"));
        }
        let read = self.allowed_networks.iter().enumerate();
        let read: Vec<Result<Net>> = read
            .map(|(at, net)| net.parse::<Net>().map_err(|error| error.at(format!("allowed_networks[{at}]"))))
            .collect();
        let faults = read.iter().filter_map(|net| net.clone().err()).collect();
        Error::gather(faults).map_or_else(|| read.into_iter().collect(), Err)
    }
}

/// As they are stored; nothing is allowed where none have been.
pub fn load(tx: &mut Tx) -> Result<Settings> {
    let found = tx.query_one("SELECT content, version FROM settings WHERE name = 'webhooks'", &[], |row| {
        Ok(Settings { version: row.int(1)?, ..row.json(0)? })
    })?;
    Ok(found.unwrap_or_default())
}

/// Checks and stores; answers what now stands.
pub fn save(tx: &mut Tx, now: Instant, settings: &Settings) -> Result<Settings> {
    let allowed_networks = settings.nets()?.iter().map(ToString::to_string).collect();
    let saved = Settings { allowed_networks, version: load(tx)?.version + 1 };
    let content = serde_json::to_string(&saved).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO settings (name, content, version, updated_at) VALUES ('webhooks', $1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET content = excluded.content, version = excluded.version,
           updated_at = excluded.updated_at",
        &[content.into(), saved.version.into(), now.into()],
    )?;
    Ok(saved)
}
