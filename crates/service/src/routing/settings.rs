//! How tickets are routed and queued, as the organisation sets it.

use super::needs::{self, Need};
use crate::queue::order::Order;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

const NAME: &str = "service.routing";
const NEEDS_MAX: usize = 100;

/// The settings of routing and queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = RouteSettings)]
pub struct Settings {
    pub order: Order,
    /// Which tickets ask for which skills, the most important first.
    pub needs: Vec<Need>,
    /// One skill, the last first, is given up each so many minutes that a ticket waits: 0 (never) to 1440.
    pub relax_minutes: i64,
    /// Open tickets that somebody may have who has no number of his own: 1 to 1000.
    pub capacity: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { order: Order::default(), needs: Vec::new(), relax_minutes: 15, capacity: 20 }
    }
}

impl Settings {
    /// Those in force, and the version of their row (0: never set).
    pub fn load(tx: &mut Tx) -> Result<(Self, i64)> {
        let sql = "SELECT content, version FROM settings WHERE name = $1";
        let stored = tx.query_one(sql, &[NAME.into()], |row| Ok((row.json(0)?, row.int(1)?)))?;
        Ok(stored.unwrap_or_default())
    }

    /// In their normal form; a fault names its field.
    pub fn checked(&self) -> Result<Self> {
        let mut clean = self.clone();
        let mut faults = Vec::new();
        if let Err(error) = clean.order.check() {
            faults.push(error);
        }
        for (number, least, most, field) in
            [(clean.relax_minutes, 0, 1_440, "relax_minutes"), (clean.capacity, 1, 1_000, "capacity")]
        {
            if !(least..=most).contains(&number) {
                faults.push(out_of_range(least, most).at(field));
            }
        }
        if clean.needs.len() > NEEDS_MAX {
            let text = ("最多 100 条技能要求。", "At most 100 needs.");
            faults.push(Error::invalid("needs_too_many", text.0, text.1).at("needs"));
        }
        for (at, need) in clean.needs.iter_mut().enumerate() {
            match needs::skill(&need.skill, &format!("needs[{at}].skill")) {
                Ok(skill) => need.skill = skill,
                Err(error) => faults.push(error),
            }
        }
        Error::gather(faults).map_or(Ok(clean), Err)
    }

    /// Keeps them as the next version after `version`; 412 where another one was kept meanwhile.
    pub fn save(&self, tx: &mut Tx, now: Instant, version: i64) -> Result<i64> {
        let content = serde_json::to_string(self).map_err(Error::internal)?;
        let done = if version == 0 {
            tx.execute(
                "INSERT INTO settings (name, content, version, updated_at) VALUES ($1, $2, 1, $3)
                 ON CONFLICT (name) DO NOTHING",
                &[NAME.into(), content.into(), now.into()],
            )?
        } else {
            tx.execute(
                "UPDATE settings SET content = $1, version = version + 1, updated_at = $2
                 WHERE name = $3 AND version = $4",
                &[content.into(), now.into(), NAME.into(), version.into()],
            )?
        };
        if done == 1 { Ok(version + 1) } else { Err(Error::stale()) }
    }
}

/// A number that is not between the bounds.
pub(crate) fn out_of_range(least: i64, most: i64) -> Error {
    Error::invalid(
        "number_out_of_range",
        format!("请填 {least} 到 {most} 的整数。"),
        format!("Enter a whole number from {least} to {most}."),
    )
}
