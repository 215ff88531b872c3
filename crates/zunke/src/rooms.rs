//! Where the rooms come together: their routes, services, jobs and observers. A new room is plugged in here and
//! nowhere else.

use crate::demo::Fill;
use std::path::Path;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use zunke_access::settings::{self, Guard, Guards, Organisation, refuse_other_days_and_sums};
use zunke_access::{Setup, SetupChecks};
use zunke_customers::import::files::Files;
use zunke_customers::import::run::ImportJob;
use zunke_customers::import::undo::UndoJob;
use zunke_customers::{CustomerQuery, Customers, Observer};
use zunke_http::{App, Clock};
use zunke_kernel::{Instant, Result};
use zunke_store::jobs::Handler;
use zunke_store::outbox::Subscriber;
use zunke_store::{Db, Tx};
use zunke_tiering::Tiers;
use zunke_tiering::store::programmes;
use zunke_tiering::work::{self, Evaluate};

/// What lives as long as the process and is shared by routes and jobs.
#[derive(Clone, Default)]
pub struct House {
    tiers: Tiers,
}

impl House {
    /// Who acts in the transaction of a recorded activity.
    pub fn observers(&self) -> Vec<Arc<dyn Observer>> {
        vec![self.tiers.observer()]
    }

    /// The state of all routes, with what the rooms give each other.
    pub fn app(&self, db: Db, data: &Path, clock: Clock) -> App {
        App::new(db, clock)
            .with(files(data))
            .with(SetupChecks(vec![Arc::new(setup)]))
            .with(guards())
            .with(Customers { observers: self.observers() })
            .with(self.tiers.clone())
    }

    /// Who does the jobs.
    pub fn handlers(&self, data: &Path) -> Vec<Arc<dyn Handler>> {
        vec![
            Arc::new(ImportJob { files: files(data), observers: self.observers() }),
            Arc::new(UndoJob { files: files(data), observers: self.observers() }),
            Arc::new(Evaluate { tiers: self.tiers.clone() }),
            Arc::new(Fill { observers: self.observers() }),
        ]
    }

    /// Who acts on messages between rooms.
    pub fn subscribers(&self) -> Vec<Arc<dyn Subscriber>> {
        Vec::new()
    }
}

/// What comes round by itself.
pub fn schedules(tx: &mut Tx, now: Instant) -> Result<()> {
    let zone = settings::load(tx)?.zone();
    work::schedule(tx, now, &zone)
}

/// Where uploaded files are kept.
pub fn files(data: &Path) -> Files {
    Files::new(data.join("imports"))
}

/// The API of all rooms, relative to `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    zunke_access::routes()
        .merge(zunke_customers::routes())
        .merge(zunke_customers::import::routes())
        .merge(zunke_customers::export::routes())
        .merge(zunke_tiering::routes())
}

/// Who has a say before the organisation changes.
pub fn guards() -> Guards {
    Guards(vec![Arc::new(KeepDays)])
}

/// Days and sums were kept under the zone and currency of the moment: with activities there, both stay.
struct KeepDays;

impl Guard for KeepDays {
    fn may_change(&self, tx: &mut Tx, before: &Organisation, after: &Organisation) -> Result<()> {
        if has_activities(tx)? { refuse_other_days_and_sums(before, after) } else { Ok(()) }
    }
}

fn has_activities(tx: &mut Tx) -> Result<bool> {
    Ok(tx.query_one("SELECT 1 FROM activity_keys LIMIT 1", &[], |row| row.int(0))?.is_some())
}

/// How far the house is set up, for a screen that says what to do next.
fn setup(tx: &mut Tx, setup: &mut Setup) -> Result<()> {
    setup.customers = CustomerQuery::system().count(tx)?;
    setup.orders = tx
        .query_one("SELECT CAST(SUM(orders) AS BIGINT) FROM customers", &[], |row| row.opt_int(0))?
        .flatten()
        .unwrap_or(0);
    setup.programme_published = !programmes::active(tx)?.is_empty();
    Ok(())
}
