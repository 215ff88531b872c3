//! Where the rooms come together: their routes, services, jobs and observers. A new room is plugged in here and
//! nowhere else.

use crate::demo::Fill;
use std::path::Path;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use zunke_access::backups::{self, Backups, MakeBackup};
use zunke_access::settings::{self, Guard, Guards, Organisation, refuse_other_days_and_sums};
use zunke_access::work::CleanUp;
use zunke_access::{RateLimits, Scope, Setup, SetupChecks};
use zunke_customers::export::{ExportFiles, WatchExports, WriteExports};
use zunke_customers::import::files::Files;
use zunke_customers::import::run::ImportJob;
use zunke_customers::import::undo::UndoJob;
use zunke_customers::merge::{Joiners, OwnJoiner};
use zunke_customers::privacy::{Holders, OwnHolder};
use zunke_customers::tag::TagRules;
use zunke_customers::tag::work::{self as tag_work, KeepTags};
use zunke_customers::{Customers, Observer, Observers, query};
use zunke_hooks::{Courier, Fires, Tells};
use zunke_http::{App, Clock};
use zunke_kernel::{Instant, Result};
use zunke_privacy::work::{self as privacy, Discard, Retain};
use zunke_service::clock::recalculate::{OnLevel, Recalculate};
use zunke_service::closing::{self, CloseSolved};
use zunke_service::escalation::{self, Alarms};
use zunke_service::fairness::watch::{self, Watch};
use zunke_service::files::{SweepFiles, TicketFiles};
use zunke_service::handover::leave::OnLeave;
use zunke_service::handover::work::Parts;
use zunke_service::improvement::Tell;
use zunke_service::intake::form::Limiter;
use zunke_service::intake::work::{self as intake_work, Ask, Out, Poll, SendMail};
use zunke_service::intake::{Intake, Keys};
use zunke_service::manager::{Keeper, work::OnRise};
use zunke_service::merge::ServiceJoiner;
use zunke_service::owner::KeepTickets;
use zunke_service::policy::defaults;
use zunke_service::privacy::ServiceHolder;
use zunke_service::return_visit::FollowSolved;
use zunke_service::routing::work::{self as routing, Reorder, Routes};
use zunke_service::stream::Live;
use zunke_service::voice::work::{AskModel, Listen, Retag};
use zunke_sso::SignIn;
use zunke_store::backup::Place;
use zunke_store::jobs::{self, Handler};
use zunke_store::outbox::Subscriber;
use zunke_store::vault::Vault;
use zunke_store::{Db, Tx};
use zunke_tiering::Tiers;
use zunke_tiering::life::work as lives;
use zunke_tiering::ltv::refit::{self, Refit};
use zunke_tiering::merge::LevelJoiner;
use zunke_tiering::primary::Follow;
use zunke_tiering::privacy::LevelHolder;
use zunke_tiering::publish::MakeLive;
use zunke_tiering::store::programmes;
use zunke_tiering::work::{self, Evaluate};

/// What lives as long as the process and is shared by routes and jobs.
#[derive(Clone, Default)]
pub struct House {
    tiers: Tiers,
    live: Live,
    sign_in: SignIn,
    limiter: Limiter,
}

impl House {
    /// Who acts in the transaction of a recorded activity.
    pub fn observers(&self) -> Vec<Arc<dyn Observer>> {
        vec![self.tiers.observer(), Arc::new(TagRules), Arc::new(Keeper), Arc::new(KeepTickets), Arc::new(Fires)]
    }

    /// The state of all routes, with what the rooms give each other.
    pub fn app(&self, db: Db, data: &Path, clock: Clock) -> App {
        App::new(db, clock)
            .with(files(data))
            .with(TicketFiles::new(data.join("tickets")))
            .with(ExportFiles::new(data.join("exports")))
            .with(holders(data))
            .with(joiners())
            .with(SetupChecks(vec![Arc::new(setup)]))
            .with(guards())
            .with(Customers { observers: self.observers() })
            .with(self.tiers.clone())
            .with(self.live.clone())
            .with(self.sign_in.clone())
            .with(Keys::in_folder(data))
            .with(backups(data))
            .with(Vault::in_folder(data))
            .with(self.limiter.clone())
            .with(RateLimits::default())
    }

    /// What takes mails, with whom it tells and where files go.
    pub fn intake(&self, data: &Path) -> Intake {
        let hooks = zunke_service::Hooks { observers: self.observers() };
        Intake { keys: Keys::in_folder(data), files: Some(TicketFiles::new(data.join("tickets"))), hooks }
    }

    /// Who tells other systems what happens here.
    pub fn courier(&self, db: Db, data: &Path, clock: Clock) -> Courier {
        Courier { db, clock, keys: Keys::in_folder(data), patience: zunke_hooks::send::CALL_MAX }
    }

    /// Ends what would not end by itself: streams to pages that stay open.
    pub fn end_streams(&self) {
        self.live.end();
    }

    /// Who does the jobs.
    pub fn handlers(&self, data: &Path) -> Vec<Arc<dyn Handler>> {
        vec![
            Arc::new(ImportJob { files: files(data), observers: self.observers() }),
            Arc::new(UndoJob { files: files(data), observers: self.observers() }),
            Arc::new(Evaluate { tiers: self.tiers.clone() }),
            Arc::new(lives::Runs { tiers: self.tiers.clone() }),
            Arc::new(MakeLive { tiers: self.tiers.clone() }),
            Arc::new(Follow { tiers: self.tiers.clone() }),
            Arc::new(Fill { observers: self.observers() }),
            Arc::new(KeepTags { observers: Observers(self.observers()) }),
            Arc::new(Refit),
            Arc::new(Tell { observers: Observers(self.observers()) }),
            Arc::new(CloseSolved { hooks: zunke_service::Hooks { observers: self.observers() } }),
            Arc::new(AskModel),
            Arc::new(Retag),
            Arc::new(Parts { observers: self.observers() }),
            Arc::new(Routes { observers: Observers(self.observers()) }),
            Arc::new(Reorder),
            Arc::new(Alarms),
            Arc::new(Watch),
            Arc::new(SweepFiles { files: TicketFiles::new(data.join("tickets")) }),
            Arc::new(Recalculate { observers: self.observers() }),
            Arc::new(Poll(self.intake(data))),
            Arc::new(Ask(self.intake(data))),
            Arc::new(SendMail { keys: Keys::in_folder(data) }),
            Arc::new(WriteExports { files: ExportFiles::new(data.join("exports")) }),
            Arc::new(WatchExports { files: ExportFiles::new(data.join("exports")) }),
            Arc::new(Discard { holders: holders(data) }),
            Arc::new(Retain { holders: holders(data), observers: Observers(self.observers()) }),
            Arc::new(MakeBackup { backups: backups(data) }),
            Arc::new(CleanUp),
        ]
    }

    /// Who acts on messages between rooms.
    pub fn subscribers(&self) -> Vec<Arc<dyn Subscriber>> {
        vec![
            Arc::new(OnRise { observers: self.observers() }),
            Arc::new(OnLevel { observers: self.observers() }),
            Arc::new(OnLeave { observers: self.observers() }),
            Arc::new(Listen),
            Arc::new(FollowSolved),
            Arc::new(Out),
            Arc::new(Tells),
        ]
    }
}

/// What comes round by itself.
pub fn schedules(tx: &mut Tx, now: Instant) -> Result<()> {
    let zone = settings::load(tx)?.zone();
    jobs::schedule(tx, now, &zone, "access.nightly", "40 3 * * *", CleanUp::KIND, &serde_json::json!({}))?;
    tag_work::schedule(tx, now, &zone)?;
    refit::schedule(tx, now, &zone)?;
    routing::schedule(tx, now, &zone)?;
    closing::schedule(tx, now, &zone)?;
    escalation::schedule(tx, now, &zone)?;
    watch::schedule(tx, now, &zone)?;
    SweepFiles::schedule(tx, now, &zone)?;
    intake_work::schedule(tx, now, &zone)?;
    defaults::seed(tx, now)?;
    lives::schedule(tx, now, &zone)?;
    backups::schedule(tx, now, &zone)?;
    privacy::schedule(tx, now, &zone)?;
    work::schedule(tx, now, &zone)
}

/// Where uploaded files are kept.
pub fn files(data: &Path) -> Files {
    Files::new(data.join("imports"))
}

/// What belongs to a backup beside the database.
pub fn place(data: &Path) -> Place {
    Place {
        data: data.to_owned(),
        folders: vec!["imports", "tickets", "exports"],
        keys: vec!["keys.json", "secret.key"],
    }
}

/// Where backups are kept: beside the data, so that a mount or a copy job takes them elsewhere.
pub fn backups(data: &Path) -> Backups {
    Backups { place: place(data), vault: Vault::in_folder(data), folder: data.join("backups") }
}

/// Seals anew what older keys hold; answers how many secrets that were.
pub fn reseal(db: &Db, data: &Path) -> Result<u64> {
    let keys = Keys::in_folder(data);
    let webhooks = ["secret", "old_secret"].map(|column| zunke_service::intake::keys::Place {
        table: "webhooks",
        key: "webhook_id",
        column,
        about: |id| zunke_hooks::webhook::Webhook::about(zunke_hooks::webhook::WebhookId(id)),
    });
    let places = zunke_service::intake::keys::PLACES.iter().chain(&webhooks);
    let secrets: u64 = places.map(|place| keys.reseal(db, place)).sum::<Result<u64>>()?;
    let secrets = secrets + zunke_access::second_factor::reseal(db, &Vault::in_folder(data))?;
    let secrets = secrets + zunke_sso::reseal(db, &Vault::in_folder(data))?;
    Ok(secrets + zunke_customers::sensitive::reseal(db, &Vault::in_folder(data))?)
}

/// Who answers for what the rooms hold of a person.
pub fn holders(data: &Path) -> Holders {
    Holders(vec![
        Arc::new(OwnHolder {
            files: Some(files(data)),
            exports: Some(ExportFiles::new(data.join("exports"))),
            vault: Some(Vault::in_folder(data)),
        }),
        Arc::new(LevelHolder),
        Arc::new(ServiceHolder { files: Some(TicketFiles::new(data.join("tickets"))) }),
    ])
}

/// What becomes of each room's rows when two entries of one customer become one.
pub fn joiners() -> Joiners {
    Joiners(vec![Arc::new(OwnJoiner), Arc::new(LevelJoiner), Arc::new(ServiceJoiner)])
}

/// The API of all rooms, relative to `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    zunke_access::routes()
        .merge(zunke_customers::routes())
        .merge(zunke_customers::import::routes())
        .merge(zunke_customers::export::routes())
        .merge(zunke_tiering::routes())
        .merge(zunke_customers::consent::routes())
        .merge(zunke_customers::merge::routes())
        .merge(zunke_customers::sensitive::routes())
        .merge(zunke_service::routes())
        .merge(zunke_privacy::routes())
        .merge(zunke_hooks::routes())
        .merge(zunke_sso::routes())
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

/// Customers that are counted for the set-up: a page that opens must not walk through millions.
const COUNTED: i64 = 100_000;

/// How far the house is set up, for a screen that says what to do next. The numbers are of what the reader may see; that
/// there is anything at all is for everyone.
fn setup(tx: &mut Tx, scope: &Scope, setup: &mut Setup) -> Result<()> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    params.push(COUNTED.into());
    let sql = format!(
        "SELECT COUNT(*), CAST(COALESCE(SUM(orders), 0) AS BIGINT)
         FROM (SELECT c.orders FROM customers c WHERE 1 = 1{seen} LIMIT ${}) counted",
        params.len()
    );
    (setup.customers, setup.orders) =
        tx.query_one(&sql, &params, |row| Ok((row.int(0)?, row.int(1)?)))?.unwrap_or_default();
    if setup.customers == 0 && tx.query_one("SELECT 1 FROM customers LIMIT 1", &[], |row| row.int(0))?.is_some() {
        setup.customers = 1;
    }
    if setup.orders == 0 && has_activities(tx)? {
        setup.orders = 1;
    }
    setup.programme_published = !programmes::active(tx)?.is_empty();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_round_by_itself_has_somebody_who_does_it() {
        for db in zunke_store::testing::databases() {
            db.write(|tx| schedules(tx, Instant(1_790_000_000_000))).expect("scheduled");
            let sql = "SELECT name, kind FROM schedules ORDER BY name";
            let planned = db.read(|tx| tx.query(sql, &[], |row| Ok((row.text(0)?, row.text(1)?)))).expect("schedules");
            let names: Vec<&str> = planned.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(
                names,
                [
                    "access.backup",
                    "access.nightly",
                    "customers.exports",
                    "privacy.retention",
                    "service.alarms",
                    "service.close",
                    "service.fairness",
                    "service.mail",
                    "service.routing",
                    "service.sweep_files",
                    "tags.nightly",
                    "tiering.daily",
                    "tiering.ltv",
                    "tiering.nightly"
                ]
            );
            let handlers = House::default().handlers(Path::new("."));
            for (name, kind) in &planned {
                assert!(handlers.iter().any(|handler| handler.kind() == kind), "nobody does {name}");
            }
        }
    }
}
