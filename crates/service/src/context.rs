//! What every act on a ticket happens under.

use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use zunke_access::settings::{self, Organisation};
use zunke_access::{Actor, Scope};
use zunke_customers::{Customers, Observer, Observers, RecordContext};
use zunke_http::App;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Result, Zone};
use zunke_store::Tx;

/// The moment, who acts, and the settings that hold.
#[derive(Clone, Debug)]
pub struct Context {
    pub now: Instant,
    pub organisation: Organisation,
    pub zone: Zone,
    /// Who acts; `None`: the customer, or the system.
    pub actor: Option<StaffId>,
    pub settings: Settings,
}

impl Context {
    /// With the settings as they are stored.
    pub fn load(tx: &mut Tx, now: Instant, actor: Option<StaffId>) -> Result<Self> {
        let organisation = settings::load(tx)?;
        Ok(Self { now, zone: organisation.zone(), organisation, actor, settings: Settings::load(tx)? })
    }

    /// For a request of a person.
    pub fn of(tx: &mut Tx, now: Instant, actor: &Actor) -> Result<Self> {
        Self::load(tx, now, Some(actor.staff))
    }

    /// What interactions are recorded under.
    pub(crate) fn record(&self, hooks: &Hooks) -> RecordContext {
        RecordContext {
            now: self.now,
            zone: self.zone.clone(),
            today: settings::today(&self.organisation, self.now),
            currency: self.organisation.currency,
            actor: self.actor,
            scope: Scope::all(),
            import_id: None,
            observers: Observers(hooks.observers.clone()),
        }
    }
}

/// The rooms that are told of what is recorded here. Routing, clocks and the queue are of this room and are called by
/// name.
#[derive(Clone, Default)]
pub struct Hooks {
    pub observers: Vec<Arc<dyn Observer>>,
}

impl Hooks {
    /// Those that the binary put in.
    #[must_use]
    pub fn of(app: &App) -> Self {
        Self { observers: app.get::<Customers>().unwrap_or_default().observers }
    }
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} observers", self.observers.len())
    }
}

/// The rules of tickets that an organisation sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = TicketSettings)]
pub struct Settings {
    /// A customer's answer within so many days of the solution opens the ticket again; later it is a new, linked one.
    pub reopen_days: i64,
    /// Solved tickets are closed after so many days without a word.
    pub close_days: i64,
    /// Whether a bare thank-you opens a solved ticket again, as any other answer does.
    pub thanks_reopens: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { reopen_days: 7, close_days: 7, thanks_reopens: true }
    }
}

impl Settings {
    /// The name of its row among the settings.
    pub const NAME: &'static str = "service.tickets";

    pub fn load(tx: &mut Tx) -> Result<Self> {
        let stored =
            tx.query_one("SELECT content FROM settings WHERE name = $1", &[Self::NAME.into()], |row| row.json(0))?;
        Ok(stored.unwrap_or_default())
    }

    /// Writes them.
    pub fn save(&self, tx: &mut Tx, now: Instant) -> Result<()> {
        let content = serde_json::to_string(self).map_err(Error::internal)?;
        tx.execute(
            "INSERT INTO settings (name, content, version, updated_at) VALUES ($1, $2, 1, $3)
             ON CONFLICT (name) DO UPDATE SET content = excluded.content, version = settings.version + 1,
               updated_at = excluded.updated_at",
            &[Self::NAME.into(), content.into(), now.into()],
        )?;
        Ok(())
    }

    /// Checks what a person entered.
    pub fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        for (days, field) in [(self.reopen_days, "reopen_days"), (self.close_days, "close_days")] {
            if !(0..=365).contains(&days) {
                let text = ("天数应在 0 到 365 之间。", "Days must be between 0 and 365.");
                faults.push(Error::invalid("days_invalid", text.0, text.1).at(field));
            }
        }
        Error::gather(faults).map_or(Ok(()), Err)
    }
}
