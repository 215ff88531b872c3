//! How long a request may take, what is forgotten when, and which exports need a second person.

use super::Class;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::CalendarId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

const NAME: &str = "privacy";
/// Nothing takes longer than this, in days.
const DAYS_MAX: i64 = 36_500;

/// What somebody may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PrivacyRequestKind)]
pub enum Asked {
    /// A copy of what is held.
    Access,
    /// The same for another house, readable by machines.
    Portability,
    Correction,
    Erasure,
    Restriction,
}

impl Asked {
    pub const ALL: [Self; 5] = [Self::Access, Self::Portability, Self::Correction, Self::Erasure, Self::Restriction];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Portability => "portability",
            Self::Correction => "correction",
            Self::Erasure => "erasure",
            Self::Restriction => "restriction",
        }
    }

    pub fn read(word: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| Error::internal(format!("a request of the unknown kind {word}")))
    }
}

/// How long a request of one kind may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PrivacyClock)]
pub struct Clock {
    pub kind: Asked,
    /// 1 to 365.
    pub days: i64,
    /// Working days of the calendar, instead of days.
    pub working: bool,
}

/// After how many days a class is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PrivacyRetention)]
pub struct Retention {
    pub class: Class,
    /// None: never.
    pub days: Option<i64>,
}

/// The settings of privacy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PrivacySettings)]
pub struct Settings {
    pub clocks: Vec<Clock>,
    /// The working calendar that working days are counted by; the first one where none is chosen.
    #[serde(default)]
    pub calendar_id: Option<CalendarId>,
    pub retention: Vec<Retention>,
    /// An export of more customers than this needs the word of a second person.
    pub export_approval_above: i64,
    /// Exported files are there for so many days, 1 to 90.
    pub export_days: i64,
    /// Whoever has numbers and addresses shown in full says why; where it is off, a call without a reason is answered too.
    #[serde(default)]
    pub reveal_needs_reason: bool,
    /// Counts up with each change; the `ETag`.
    #[serde(default)]
    pub version: i64,
}

impl Default for Settings {
    fn default() -> Self {
        let clock = |kind| Clock { kind, days: 15, working: true };
        Self {
            clocks: Asked::ALL.map(clock).to_vec(),
            calendar_id: None,
            retention: Class::ALL.map(|class| Retention { class, days: None }).to_vec(),
            export_approval_above: 10_000,
            export_days: 7,
            reveal_needs_reason: false,
            version: 0,
        }
    }
}

impl Settings {
    #[must_use]
    pub fn clock(&self, kind: Asked) -> Clock {
        let found = self.clocks.iter().find(|clock| clock.kind == kind).copied();
        found.unwrap_or(Clock { kind, days: 15, working: true })
    }

    #[must_use]
    pub fn days(&self, class: Class) -> Option<i64> {
        self.retention.iter().find(|rule| rule.class == class).and_then(|rule| rule.days)
    }

    /// Checks what a person entered; every fault is named.
    pub fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        for (at, clock) in self.clocks.iter().enumerate() {
            if !(1..=365).contains(&clock.days) {
                faults.push(
                    Error::invalid("days_invalid", "期限应为 1 到 365 天。", "The time is 1 to 365 days.")
                        .at(format!("clocks[{at}].days")),
                );
            }
        }
        let mut kinds: Vec<Asked> = self.clocks.iter().map(|clock| clock.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.len() != self.clocks.len() {
            let text = ("每种请求只能有一个期限。", "Each kind of request has one time.");
            faults.push(Error::invalid("clocks_twice", text.0, text.1).at("clocks"));
        }
        for (at, rule) in self.retention.iter().enumerate() {
            let least = rule.class.least_days();
            if rule.days.is_some_and(|days| !(least..=DAYS_MAX).contains(&days)) {
                faults.push(
                    Error::invalid(
                        "retention_invalid",
                        format!("该类数据的保留期应为 {least} 到 {DAYS_MAX} 天。"),
                        format!("Data of this class are kept for {least} to {DAYS_MAX} days."),
                    )
                    .at(format!("retention[{at}].days")),
                );
            }
        }
        let mut classes: Vec<Class> = self.retention.iter().map(|rule| rule.class).collect();
        classes.sort_unstable();
        classes.dedup();
        if classes.len() != self.retention.len() {
            let text = ("每类数据只能有一条保留规则。", "Each class has one rule.");
            faults.push(Error::invalid("retention_twice", text.0, text.1).at("retention"));
        }
        if !(0..=100_000_000).contains(&self.export_approval_above) {
            faults.push(
                Error::invalid("export_rows_invalid", "条数应为 0 到 1 亿。", "The number is 0 to 100 million.")
                    .at("export_approval_above"),
            );
        }
        if !(1..=90).contains(&self.export_days) {
            faults.push(
                Error::invalid("export_days_invalid", "有效期应为 1 到 90 天。", "Files are there for 1 to 90 days.")
                    .at("export_days"),
            );
        }
        Error::gather(faults).map_or(Ok(()), Err)
    }
}

/// What stands; the defaults where nothing was saved.
pub fn load(tx: &mut Tx) -> Result<Settings> {
    let found = tx.query_one("SELECT content, version FROM settings WHERE name = $1", &[NAME.into()], |row| {
        let mut settings: Settings = row.json(0)?;
        settings.version = row.int(1)?;
        Ok(settings)
    })?;
    Ok(found.unwrap_or_default())
}

/// Keeps others from changing them until the end of this unit of work; answers what stands.
pub fn lock(tx: &mut Tx, now: Instant) -> Result<Settings> {
    let content = serde_json::to_string(&Settings::default()).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO settings (name, content, version, updated_at) VALUES ($1, $2, 0, $3) ON CONFLICT (name) DO NOTHING",
        &[NAME.into(), content.into(), now.into()],
    )?;
    tx.execute("UPDATE settings SET updated_at = $1 WHERE name = $2", &[now.into(), NAME.into()])?;
    load(tx)
}

/// Stores settings; answers them with their new version.
pub fn save(tx: &mut Tx, now: Instant, settings: &Settings) -> Result<Settings> {
    settings.check()?;
    let content = serde_json::to_string(settings).map_err(Error::internal)?;
    tx.execute(
        "UPDATE settings SET content = $1, version = version + 1, updated_at = $2 WHERE name = $3",
        &[content.into(), now.into(), NAME.into()],
    )?;
    load(tx)
}
