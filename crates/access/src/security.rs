//! What the house asks of a login: how long a password is, how long a session lasts, who needs a second step.

use crate::role::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

/// Who must have a second step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecondStepFor {
    /// Whoever wants one.
    #[default]
    Optional,
    Administrators,
    Everyone,
}

/// The settings of security.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecurityPolicy {
    /// The fewest characters of a new password, 10–64.
    #[schema(minimum = 10, maximum = 64)]
    pub password_chars_min: i64,
    /// Unused for so many minutes, a session ends; 5–10080.
    #[schema(minimum = 5, maximum = 10_080)]
    pub idle_minutes: i64,
    /// However much it is used, a session ends after so many hours; 1–720.
    #[schema(minimum = 1, maximum = 720)]
    pub life_hours: i64,
    pub second_factor: SecondStepFor,
    /// Counts up with each change; the `ETag`.
    #[serde(default)]
    pub version: i64,
}

impl Default for SecurityPolicy {
    fn default() -> Self {
        Self {
            password_chars_min: 10,
            idle_minutes: 12 * 60,
            life_hours: 30 * 24,
            second_factor: SecondStepFor::Optional,
            version: 0,
        }
    }
}

impl SecurityPolicy {
    /// Checks what a person entered; all faults at once.
    pub fn check(&self) -> Result<()> {
        let fault = |field: &str, zh: &str, en: &str, low: i64, high: i64| {
            Error::invalid(
                "out_of_range",
                format!("{zh}应为 {low} 到 {high}。"),
                format!("{en} must be {low} to {high}."),
            )
            .at(field)
        };
        let rules = [
            ("password_chars_min", self.password_chars_min, "密码最少字符数", "The fewest characters", 10, 64),
            ("idle_minutes", self.idle_minutes, "闲置分钟数", "Idle minutes", 5, 10_080),
            ("life_hours", self.life_hours, "最长小时数", "Hours at most", 1, 720),
        ];
        let faults = rules
            .into_iter()
            .filter(|(_, value, _, _, low, high)| !(low..=high).contains(&value))
            .map(|(field, _, zh, en, low, high)| fault(field, zh, en, low, high))
            .collect();
        Error::gather(faults).map_or(Ok(()), Err)
    }

    /// Until when a session lasts that began then and is used now.
    #[must_use]
    pub fn until(&self, began: Instant, now: Instant) -> Instant {
        now.plus_secs(self.idle_minutes * 60).min(began.plus_secs(self.life_hours * 3_600))
    }

    /// Whether somebody of this role must have a second step.
    #[must_use]
    pub fn asks_second_step(&self, role: Role) -> bool {
        match self.second_factor {
            SecondStepFor::Optional => false,
            SecondStepFor::Administrators => role == Role::Administrator,
            SecondStepFor::Everyone => true,
        }
    }
}

/// The stored policy, or the default where none has been saved.
pub fn load(tx: &mut Tx) -> Result<SecurityPolicy> {
    let found = tx.query_one("SELECT content, version FROM settings WHERE name = 'security'", &[], |row| {
        let mut policy: SecurityPolicy = row.json(0)?;
        policy.version = row.int(1)?;
        Ok(policy)
    })?;
    Ok(found.unwrap_or_default())
}

/// Stores it where `version` is still the one read, and shortens the sessions that last longer than it says.
pub fn save(tx: &mut Tx, now: Instant, after: &SecurityPolicy, version: i64) -> Result<SecurityPolicy> {
    after.check()?;
    let content = serde_json::to_string(&SecurityPolicy::default()).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO settings (name, content, version, updated_at) VALUES ('security', $1, 0, $2)
         ON CONFLICT (name) DO NOTHING",
        &[content.into(), now.into()],
    )?;
    let saved = SecurityPolicy { version: version + 1, ..after.clone() };
    let content = serde_json::to_string(&saved).map_err(Error::internal)?;
    let changed = tx.execute(
        "UPDATE settings SET content = $1, version = $2, updated_at = $3 WHERE name = 'security' AND version = $4",
        &[content.into(), saved.version.into(), now.into(), version.into()],
    )?;
    if changed == 0 {
        return Err(Error::stale());
    }
    let (idle_ms, life_ms) = (saved.idle_minutes * 60_000, saved.life_hours * 3_600_000);
    for (column, span) in [("seen_at", idle_ms), ("created_at", life_ms)] {
        let sql = format!("UPDATE sessions SET expires_at = {column} + $1 WHERE expires_at > {column} + $1");
        tx.execute(&sql, &[span.into()])?;
    }
    Ok(saved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_idle_or_old_whichever_is_first() {
        let policy = SecurityPolicy { idle_minutes: 60, life_hours: 2, ..SecurityPolicy::default() };
        assert_eq!(policy.until(Instant(0), Instant(0)), Instant(3_600_000));
        assert_eq!(policy.until(Instant(0), Instant(5_400_000)), Instant(7_200_000));
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let odd =
            SecurityPolicy { password_chars_min: 3, idle_minutes: 0, life_hours: 900, ..SecurityPolicy::default() };
        assert_eq!(odd.check().expect_err("three faults").others.len(), 2);
        assert!(SecurityPolicy::default().check().is_ok());
    }
}
