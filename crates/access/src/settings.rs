//! The organisation: its name, its zone and currency, its language, and the day that counts as today.

use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use zunke_kernel::{Currency, Day, Error, Instant, Locale, Result, Zone};
use zunke_store::Tx;

pub const NAME_CHARS_MAX: usize = 80;

/// The settings that all rooms read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Organisation {
    pub name: String,
    /// A name of the time zone database: `Asia/Shanghai`.
    pub time_zone: String,
    pub currency: Currency,
    /// The day that counts as today, where it is pinned: for a loaded history or a demonstration.
    #[serde(default)]
    pub as_of: Option<Day>,
    /// The language of what the system writes by itself.
    pub locale: Locale,
    /// Counts up with each change; the `ETag`.
    #[serde(default)]
    pub version: i64,
}

impl Default for Organisation {
    fn default() -> Self {
        Self {
            name: "我的公司".into(),
            time_zone: "Asia/Shanghai".into(),
            currency: Currency::CNY,
            as_of: None,
            locale: Locale::Zh,
            version: 0,
        }
    }
}

impl Organisation {
    /// The zone of the organisation. A stored name has been checked, so the default stands in for none.
    #[must_use]
    pub fn zone(&self) -> Zone {
        Zone::parse(&self.time_zone).unwrap_or_default()
    }

    /// Checks what a person entered.
    pub fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        let length = self.name.trim().chars().count();
        if length == 0 || length > NAME_CHARS_MAX || self.name.chars().any(char::is_control) {
            faults.push(
                Error::invalid(
                    "name_invalid",
                    format!("名称应为 1 到 {NAME_CHARS_MAX} 个字符。"),
                    format!("The name must have 1 to {NAME_CHARS_MAX} characters."),
                )
                .at("name"),
            );
        }
        if let Err(error) = Zone::parse(&self.time_zone) {
            faults.push(error.at("time_zone"));
        }
        if self.as_of.is_some_and(|day| !(1970..=2200).contains(&day.year())) {
            faults.push(
                Error::invalid(
                    "day_out_of_range",
                    "日期应在 1970 年到 2200 年之间。",
                    "The day must be between 1970 and 2200.",
                )
                .at("as_of"),
            );
        }
        Error::gather(faults).map_or(Ok(()), Err)
    }
}

/// The organisation's today: the pinned day, or the day of `now` in its zone.
#[must_use]
pub fn today(organisation: &Organisation, now: Instant) -> Day {
    organisation.as_of.unwrap_or_else(|| organisation.zone().day_of(now))
}

/// A room above that has a say before the organisation changes: the one that keeps activities refuses another
/// zone or currency once there are any, since days and sums were kept under the old one.
pub trait Guard: Send + Sync {
    /// `Err` refuses the change, with the reason for the reader.
    fn may_change(&self, tx: &mut Tx, before: &Organisation, after: &Organisation) -> Result<()>;
}

/// The guards of all rooms, put into `App` by the binary: `app.with(Guards(vec![…]))`.
#[derive(Clone, Default)]
pub struct Guards(pub Vec<Arc<dyn Guard>>);

/// The ready answer of a guard: `Err` where zone or currency differ.
pub fn refuse_other_days_and_sums(before: &Organisation, after: &Organisation) -> Result<()> {
    let refuse = |field: &str, zh: &str, en: &str| {
        Err(Error::conflict(
            "organisation_in_use",
            format!("已有订单或互动记录，不能再更改{zh}：每日汇总是按原{zh}计算的。"),
            format!(
                "The {en} cannot change any more: there are activities, and their daily sums were kept under the old one."
            ),
        )
        .at(field))
    };
    if before.time_zone != after.time_zone {
        return refuse("time_zone", "时区", "time zone");
    }
    if before.currency != after.currency {
        return refuse("currency", "币种", "currency");
    }
    Ok(())
}

/// The stored organisation, or the default where none has been saved.
pub fn load(tx: &mut Tx) -> Result<Organisation> {
    let found = tx.query_one("SELECT content, version FROM settings WHERE name = 'organisation'", &[], |row| {
        let mut organisation: Organisation = row.json(0)?;
        organisation.version = row.int(1)?;
        Ok(organisation)
    })?;
    Ok(found.unwrap_or_default())
}

/// Keeps others from changing the organisation until the end of this unit of work; answers what stands.
pub(crate) fn lock(tx: &mut Tx, now: Instant) -> Result<Organisation> {
    let content = serde_json::to_string(&Organisation::default()).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO settings (name, content, version, updated_at) VALUES ('organisation', $1, 0, $2)
         ON CONFLICT (name) DO NOTHING",
        &[content.into(), now.into()],
    )?;
    tx.execute("UPDATE settings SET updated_at = $1 WHERE name = 'organisation'", &[now.into()])?;
    load(tx)
}

/// Checks, asks the guards and stores; answers what now stands, with its new version.
pub fn save(tx: &mut Tx, now: Instant, after: &Organisation, guards: &Guards) -> Result<Organisation> {
    after.check()?;
    let before = lock(tx, now)?;
    for guard in &guards.0 {
        guard.may_change(tx, &before, after)?;
    }
    let mut saved = after.clone();
    saved.name = after.name.trim().to_owned();
    saved.time_zone = after.zone().name().to_owned();
    saved.version = before.version + 1;
    let content = serde_json::to_string(&saved).map_err(Error::internal)?;
    tx.execute(
        "UPDATE settings SET content = $1, version = $2, updated_at = $3 WHERE name = 'organisation'",
        &[content.into(), saved.version.into(), now.into()],
    )?;
    Ok(saved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_is_the_day_of_the_zone_unless_it_is_pinned() {
        let mut organisation = Organisation::default();
        let late_in_london = Instant(1_323_473_400_000);
        assert_eq!(today(&organisation, late_in_london).to_string(), "2011-12-10");
        organisation.time_zone = "Europe/London".into();
        assert_eq!(today(&organisation, late_in_london).to_string(), "2011-12-09");
        organisation.as_of = Day::from_ymd(2011, 12, 1);
        assert_eq!(today(&organisation, late_in_london).to_string(), "2011-12-01");
    }

    #[test]
    fn all_faults_of_one_form_are_named_at_once() {
        let bad = Organisation {
            name: " ".into(),
            time_zone: "Mars/Base".into(),
            as_of: Day::from_ymd(1900, 1, 1),
            ..Organisation::default()
        };
        let error = bad.check().expect_err("three faults");
        assert_eq!(error.field.as_deref(), Some("name"));
        assert_eq!(error.others.len(), 2);
    }
}
