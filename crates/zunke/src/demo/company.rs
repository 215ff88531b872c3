//! The house around the demo's customers: departments, staff with logins, and the job that fills in the rest.

use super::fill::{self, Plan};
use super::generate::area_key;
use super::random::Random;
use super::words::{self, Area};
use std::collections::BTreeMap;
use zunke_access::staff::{self, NewStaff};
use zunke_access::{ReachKind, Role, Secret, password, settings, tree};
use zunke_kernel::id::DepartmentId;
use zunke_kernel::{Instant, Result};
use zunke_store::jobs::{self, NewJob};
use zunke_store::{Db, Tx};

pub const NAME: &str = "澄光生活";
/// Account managers in each area.
const MANAGERS: usize = 2;

/// A login of the demo, as it is printed.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Login {
    pub login: String,
    pub name: String,
    pub role: &'static str,
}

/// How the demo company stands at a start.
pub struct Prepared {
    /// The password of all demo logins, where they have just been made.
    pub password: Option<Secret>,
    pub logins: Vec<Login>,
    /// Its customers are still to come.
    pub filling: bool,
}

/// Makes the house and queues the filling, where the database is empty; answers how the demo stands, or `None` where
/// the database belongs to a real company.
pub fn prepare(db: &Db, now: Instant, customers: u32, seed: u64) -> Result<Option<Prepared>> {
    if let Some(job) = db.read(fill::find)? {
        let filling = !job.state.finished();
        return Ok(Some(Prepared { password: None, logins: Vec::new(), filling }));
    }
    if !db.read(super::is_empty)? {
        return Ok(None);
    }
    let secret = match std::env::var("ZUNKE_DEMO_PASSWORD") {
        Ok(given) if !given.is_empty() => Secret::new(given),
        _ => Secret::one_time()?,
    };
    password::check(&secret, "demo", "ZUNKE_DEMO_PASSWORD")?;
    // One hash for all: they have one password anyway, and each costs tens of milliseconds.
    let hash = password::hash_blocking(&secret)?;
    let logins = db.write(|tx| {
        let mut organisation = settings::load(tx)?;
        NAME.clone_into(&mut organisation.name);
        settings::save(tx, now, &organisation, &settings::Guards::default())?;
        let today = settings::today(&organisation, now);
        let (areas, logins) = house(tx, now, &hash, seed)?;
        let plan = Plan { customers, seed, today, areas };
        let payload = serde_json::to_value(&plan).map_err(zunke_kernel::Error::internal)?;
        jobs::enqueue(tx, now, NewJob { dedup_key: Some(fill::KIND.into()), ..NewJob::new(fill::KIND, payload, now) })?;
        Ok(logins)
    })?;
    Ok(Some(Prepared { password: Some(secret), logins, filling: true }))
}

type House = (BTreeMap<String, fill::Corner>, Vec<Login>);

fn house(tx: &mut Tx, now: Instant, hash: &str, seed: u64) -> Result<House> {
    let random = &mut Random::of(seed, u64::MAX);
    let root = tree::create(tx, now, None, NAME, None)?.id;
    let operations = tree::create(tx, now, None, "客户运营部", Some(root))?.id;
    let service = tree::create(tx, now, None, "客户服务部", Some(root))?.id;
    let sales = tree::create(tx, now, None, "销售部", Some(root))?.id;
    let mut logins = Vec::new();
    let mut hire = |tx: &mut Tx, login: &str, name: String, role: Role, department: DepartmentId| {
        // Whoever answers the telephone in customer service answers it for everyone's customers.
        let reach = (role == Role::Agent).then_some(ReachKind::All);
        let new = NewStaff {
            login: login.to_owned(),
            name: name.clone(),
            role,
            department: Some(department),
            reach,
            levels: None,
            locale: None,
        };
        let made = staff::create(tx, now, None, &new, hash, false)?;
        logins.push(Login { login: login.to_owned(), name, role: role.word() });
        Ok::<_, zunke_kernel::Error>(made.id)
    };
    hire(tx, "ops", words::person(random, true), Role::OperationsManager, operations)?;
    hire(tx, "data", words::person(random, false), Role::Analyst, operations)?;
    hire(tx, "care", words::person(random, true), Role::Agent, service)?;
    let mut areas = BTreeMap::new();
    for (area, word) in Area::ALL.into_iter().zip(["east", "south", "north", "west"]) {
        let department = tree::create(tx, now, None, area.name(), Some(sales))?.id;
        let mut managers = Vec::new();
        for at in 1..=MANAGERS {
            let female = random.chance(0.5);
            let name = words::person(random, female);
            managers.push(hire(tx, &format!("{word}{at}"), name, Role::AccountManager, department)?);
        }
        areas.insert(area_key(area).to_owned(), fill::Corner { department, managers });
    }
    Ok((areas, logins))
}
