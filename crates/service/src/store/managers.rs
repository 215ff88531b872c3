//! Settings, profiles, places and history of managers.

use super::lists;
use crate::manager::DeputyId;
use crate::manager::assign::{Candidate, Wanted};
use crate::manager::load::{Rates, Settings};
use crate::manager::profile::Profile;
use serde::Serialize;
use std::collections::HashMap;
use zunke_access::{Role, directory};
use zunke_customers::OwnerWhy;
use zunke_customers::privacy::standing::FREE;
use zunke_kernel::id::{CustomerId, LevelId, StaffId};
use zunke_kernel::{Day, Error, Instant, Result, Text};
use zunke_store::{Row, Tx, Value};
use zunke_tiering::store::programmes;

const NAME: &str = "managers";

/// What stands.
pub fn settings(tx: &mut Tx) -> Result<Settings> {
    let sql = "SELECT content, version FROM settings WHERE name = $1";
    let found = tx.query_one(sql, &[NAME.into()], |row| Ok(Settings { version: row.int(1)?, ..row.json(0)? }))?;
    Ok(found.unwrap_or_default())
}

/// Stores settings that have been checked, over the version that the caller has read; answers them as they are then.
pub fn save_settings(tx: &mut Tx, now: Instant, settings: &Settings, version: Option<i64>) -> Result<Settings> {
    let empty = serde_json::to_string(&Settings::default()).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO settings (name, content, version, updated_at) VALUES ($1, $2, 0, $3) ON CONFLICT (name) DO NOTHING",
        &[NAME.into(), empty.into(), now.into()],
    )?;
    let content = serde_json::to_string(settings).map_err(Error::internal)?;
    let changed = tx.execute(
        "UPDATE settings SET content = $1, version = version + 1, updated_at = $2
         WHERE name = $3 AND version = COALESCE($4, version)",
        &[content.into(), now.into(), NAME.into(), version.into()],
    )?;
    if changed == 0 {
        return Err(Error::stale());
    }
    self::settings(tx)
}

/// A level of the primary programme as it is now.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ManagerLevel)]
pub struct Level {
    pub level_id: LevelId,
    pub rank: i64,
    pub name: Text,
    pub colour: String,
}

/// The levels of the primary programme, the lowest first; none without a programme.
pub fn levels(tx: &mut Tx) -> Result<Vec<Level>> {
    let Some(primary) = programmes::primary(tx)? else { return Ok(Vec::new()) };
    let Some(active) = programmes::active(tx)?.into_iter().find(|active| active.programme == primary.id) else {
        return Ok(Vec::new());
    };
    let mut levels: Vec<Level> = (active.rules.levels.iter())
        .map(|level| Level {
            level_id: level.id,
            rank: i64::from(level.rank),
            name: level.name.clone(),
            colour: level.colour.clone(),
        })
        .collect();
    levels.sort_by_key(|level| level.rank);
    Ok(levels)
}

/// The settings with the ladder as it is now.
pub fn rates(tx: &mut Tx) -> Result<Rates> {
    let settings = settings(tx)?;
    let top = if settings.vip_from.is_some() { 0 } else { levels(tx)?.last().map_or(0, |level| level.rank) };
    Ok(Rates::of(&settings, top))
}

/// The profiles that are kept; who has none is as [`Profile::default`].
pub fn profiles(tx: &mut Tx) -> Result<HashMap<StaffId, Profile>> {
    let sql = "SELECT staff_id, regions, industries, languages, cap, takes, version FROM manager_profiles";
    Ok(tx.query(sql, &[], |row| Ok((row.id(0, StaffId)?, profile(row, 1)?)))?.into_iter().collect())
}

fn profile(row: &Row, at: usize) -> Result<Profile> {
    Ok(Profile {
        regions: row.json(at)?,
        industries: row.json(at + 1)?,
        languages: row.json(at + 2)?,
        cap: row.opt_int(at + 3)?.map(crate::manager::load::Places),
        takes: row.bool(at + 4)?,
        version: row.int(at + 5)?,
    })
}

/// Keeps everybody else from giving this manager customers until the end of this unit of work. Several are locked in
/// the order of their ids.
pub fn lock(tx: &mut Tx, now: Instant, staff: StaffId) -> Result<Profile> {
    tx.execute(
        "INSERT INTO manager_profiles (staff_id, regions, industries, languages, takes, turn, version, updated_at)
         VALUES ($1, '[]', '[]', '[]', $2, 0, 0, $3) ON CONFLICT (staff_id) DO NOTHING",
        &[staff.into(), true.into(), now.into()],
    )?;
    tx.execute("UPDATE manager_profiles SET turn = turn + 1 WHERE staff_id = $1", &[staff.into()])?;
    let sql = "SELECT regions, industries, languages, cap, takes, version FROM manager_profiles WHERE staff_id = $1";
    tx.query_one(sql, &[staff.into()], |row| profile(row, 0))?.ok_or_else(Error::not_found)
}

/// Writes the profile of a manager who is locked; the version counts up.
pub fn save_profile(tx: &mut Tx, now: Instant, staff: StaffId, profile: &Profile) -> Result<()> {
    let list = |words: &[String]| Value::json(&serde_json::json!(words));
    tx.execute(
        "UPDATE manager_profiles SET regions = $1, industries = $2, languages = $3, cap = $4, takes = $5,
           version = version + 1, updated_at = $6 WHERE staff_id = $7",
        &[
            list(&profile.regions),
            list(&profile.industries),
            list(&profile.languages),
            profile.cap.map(|cap| cap.0).into(),
            profile.takes.into(),
            now.into(),
            staff.into(),
        ],
    )?;
    Ok(())
}

/// How many active customers of each rank somebody has.
pub type Counts = Vec<(i64, i64)>;

/// How many active customers of each rank everybody has.
pub fn counts(tx: &mut Tx) -> Result<HashMap<StaffId, Counts>> {
    let sql = "SELECT owner_id, level_rank, COUNT(*) FROM customers
         WHERE owner_id IS NOT NULL AND status = 'active' GROUP BY owner_id, level_rank ORDER BY owner_id, level_rank";
    let mut found: HashMap<StaffId, Counts> = HashMap::new();
    tx.for_each(sql, &[], |row| {
        found.entry(row.id(0, StaffId)?).or_default().push((row.int(1)?, row.int(2)?));
        Ok(())
    })?;
    Ok(found)
}

/// How many active customers of each rank one manager has.
pub fn counts_of(tx: &mut Tx, staff: StaffId) -> Result<Counts> {
    let sql = "SELECT level_rank, COUNT(*) FROM customers
         WHERE owner_id = $1 AND owner_id IS NOT NULL AND status = 'active' GROUP BY level_rank ORDER BY level_rank";
    tx.query(sql, &[staff.into()], |row| Ok((row.int(0)?, row.int(1)?)))
}

/// Everybody who may be given customers by the house: active account managers, with what they carry.
pub fn candidates(tx: &mut Tx, rates: &Rates) -> Result<Vec<Candidate>> {
    let (profiles, counts) = (profiles(tx)?, counts(tx)?);
    let people = directory::colleagues(tx)?.into_iter();
    let managers = people.filter(|one| one.active && one.role == Role::AccountManager);
    Ok(managers
        .map(|one| {
            let profile = profiles.get(&one.id).cloned().unwrap_or_default();
            let load = rates.load(counts.get(&one.id).map_or(&[], Vec::as_slice));
            Candidate { staff: one.id, name: one.name, cap: profile.cap.unwrap_or(rates.cap), profile, load }
        })
        .collect())
}

/// What a choice looks at, of customers.
pub fn wanted(tx: &mut Tx, rates: &Rates, settings: &Settings, ids: &[CustomerId]) -> Result<Vec<Wanted>> {
    let mut of_field = |key: &Option<String>| match key {
        Some(key) => zunke_customers::custom::words(tx, key, ids),
        None => Ok(HashMap::new()),
    };
    let (mut industries, mut languages) = (of_field(&settings.industry_field)?, of_field(&settings.language_field)?);
    let mut found = Vec::with_capacity(ids.len());
    lists::for_each_in(
        tx,
        &format!(
            "SELECT c.customer_id, c.level_rank, c.region, c.city FROM customers c
             WHERE c.status = 'active'{FREE} AND c.customer_id IN ({{list}})"
        ),
        &[],
        ids,
        &mut |row| {
            let (customer, rank) = (row.id(0, CustomerId)?, row.int(1)?);
            found.push(Wanted {
                customer,
                rank,
                weight: rates.weight(rank),
                vip: rates.is_vip(rank),
                places: [row.opt_text(2)?, row.opt_text(3)?].into_iter().flatten().collect(),
                industries: industries.remove(&customer).unwrap_or_default(),
                languages: languages.remove(&customer).unwrap_or_default(),
            });
            Ok(())
        },
    )?;
    found.sort_by_key(|one| one.customer);
    Ok(found)
}

/// One stretch of time in which a customer had a manager.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ManagerPeriod)]
pub struct Period {
    /// `null`: from here on nobody.
    pub staff_id: Option<StaffId>,
    /// As it was then.
    pub staff_name: Option<String>,
    pub since: Instant,
    /// `by_hand`, `automatic`, `hand_over`, `import`, or `earlier`: it was so before it was written down.
    pub why: String,
    pub by_staff: Option<StaffId>,
    pub hand_over_id: Option<crate::handover::HandOverId>,
}

/// Who managed a customer, the latest first.
pub fn history(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Period>> {
    tx.query(
        "SELECT staff_id, staff_name, since, why, by_staff, hand_over_id FROM customer_managers
         WHERE customer_id = $1 ORDER BY since DESC, period_id DESC LIMIT 200",
        &[customer.into()],
        |row| {
            Ok(Period {
                staff_id: row.opt_id(0, StaffId)?,
                staff_name: row.opt_text(1)?,
                since: row.instant(2)?,
                why: row.text(3)?,
                by_staff: row.opt_id(4, StaffId)?,
                hand_over_id: row.opt_id(5, crate::handover::HandOverId)?,
            })
        },
    )
}

/// Writes whom customers had until now, where nobody has written it yet: they were loaded with him, or before managers
/// were kept. His time begins with the customer.
pub fn remember(tx: &mut Tx, changes: &[zunke_customers::OwnerChange], names: &HashMap<StaffId, String>) -> Result<()> {
    let had: HashMap<CustomerId, StaffId> =
        changes.iter().filter_map(|change| Some((change.customer, change.from?))).collect();
    let ids: Vec<CustomerId> = had.keys().copied().collect();
    let mut known = std::collections::HashSet::new();
    let sql = "SELECT customer_id FROM customer_managers WHERE customer_id IN ({list})";
    lists::for_each_in(tx, sql, &[], &ids, &mut |row| {
        known.insert(row.id(0, CustomerId)?);
        Ok(())
    })?;
    let ids: Vec<CustomerId> = ids.into_iter().filter(|id| !known.contains(id)).collect();
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let sql = "SELECT customer_id, created_at FROM customers WHERE customer_id IN ({list})";
    lists::for_each_in(tx, sql, &[], &ids, &mut |row| {
        let (customer, since) = (row.id(0, CustomerId)?, row.instant(1)?);
        if let Some(staff) = had.get(&customer) {
            let (period, name) = (zunke_kernel::id::uuid_at(since), names.get(staff).cloned());
            let why = "earlier";
            let staff = *staff;
            rows.push(vec![customer.into(), period.into(), staff.into(), name.into(), since.into(), why.into()]);
        }
        Ok(())
    })?;
    tx.execute_many(
        "INSERT INTO customer_managers (customer_id, period_id, staff_id, staff_name, since, why)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &rows,
    )?;
    Ok(())
}

/// Writes who has whom from now on.
pub fn begin_periods(
    tx: &mut Tx,
    now: Instant,
    by: Option<StaffId>,
    changes: &[zunke_customers::OwnerChange],
    names: &HashMap<StaffId, String>,
) -> Result<()> {
    let rows: Vec<Vec<Value>> = changes
        .iter()
        .map(|change| {
            let (why, hand_over) = match change.why {
                OwnerWhy::ByHand => ("by_hand", None),
                OwnerWhy::Import => ("import", None),
                OwnerWhy::Automatic => ("automatic", None),
                OwnerWhy::HandOver(id) => ("hand_over", Some(id)),
            };
            let period = zunke_kernel::id::uuid_at(now);
            let name = change.to.and_then(|to| names.get(&to)).cloned();
            vec![
                change.customer.into(),
                period.into(),
                change.to.into(),
                name.into(),
                now.into(),
                why.into(),
                by.into(),
                hand_over.into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO customer_managers (customer_id, period_id, staff_id, staff_name, since, why, by_staff, hand_over_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &rows,
    )?;
    Ok(())
}

/// Who stands in for whom, and when.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ManagerDeputy)]
pub struct Deputy {
    pub id: DeputyId,
    pub staff_id: StaffId,
    pub deputy_id: StaffId,
    pub deputy_name: String,
    pub from_day: Day,
    /// The last day.
    pub until_day: Day,
    pub note: Option<String>,
}

const DEPUTY: &str = "SELECT d.deputy_row, d.staff_id, d.deputy_id, s.name, d.from_day, d.until_day, d.note
     FROM manager_deputies d JOIN staff s ON s.staff_id = d.deputy_id";

fn deputy(row: &Row) -> Result<Deputy> {
    Ok(Deputy {
        id: row.id(0, DeputyId)?,
        staff_id: row.id(1, StaffId)?,
        deputy_id: row.id(2, StaffId)?,
        deputy_name: row.text(3)?,
        from_day: row.day(4)?,
        until_day: row.day(5)?,
        note: row.opt_text(6)?,
    })
}

/// Deputies whose time is not over on a day, of everybody or of one manager.
pub fn deputies(tx: &mut Tx, staff: Option<StaffId>, day: Day) -> Result<Vec<Deputy>> {
    let sql = format!(
        "{DEPUTY} WHERE d.until_day >= $1 AND d.staff_id = COALESCE($2, d.staff_id)
         ORDER BY d.from_day, d.deputy_row LIMIT 500"
    );
    tx.query(&sql, &[day.into(), staff.into()], deputy)
}

pub fn add_deputy(tx: &mut Tx, now: Instant, by: StaffId, new: &Deputy) -> Result<()> {
    tx.execute(
        "INSERT INTO manager_deputies (deputy_row, staff_id, deputy_id, from_day, until_day, note, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            new.id.0.into(),
            new.staff_id.into(),
            new.deputy_id.into(),
            new.from_day.into(),
            new.until_day.into(),
            new.note.clone().into(),
            by.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

pub fn find_deputy(tx: &mut Tx, id: DeputyId) -> Result<Option<Deputy>> {
    tx.query_one(&format!("{DEPUTY} WHERE d.deputy_row = $1"), &[id.0.into()], deputy)
}

pub fn remove_deputy(tx: &mut Tx, id: DeputyId) -> Result<bool> {
    Ok(tx.execute("DELETE FROM manager_deputies WHERE deputy_row = $1", &[id.0.into()])? == 1)
}

/// Who looks after a customer on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managed {
    /// The dedicated manager, whether he is there or not.
    pub manager: Option<StaffId>,
    /// Who stands in for him on that day, active staff only, the first to be asked first.
    pub deputies: Vec<StaffId>,
}

/// Who looks after a customer on a day: his manager and the deputies in force. Nobody for a customer who is not there.
pub fn of(tx: &mut Tx, customer: CustomerId, day: Day) -> Result<Managed> {
    let sql = "SELECT owner_id FROM customers WHERE customer_id = $1";
    let manager = tx.query_one(sql, &[customer.into()], |row| row.opt_id(0, StaffId))?.flatten();
    let Some(staff) = manager else { return Ok(Managed::default()) };
    let deputies = tx.query(
        "SELECT d.deputy_id FROM manager_deputies d JOIN staff s ON s.staff_id = d.deputy_id
         WHERE d.staff_id = $1 AND d.from_day <= $2 AND d.until_day >= $2 AND s.active = $3
         ORDER BY d.from_day, d.deputy_row",
        &[staff.into(), day.into(), true.into()],
        |row| row.id(0, StaffId),
    )?;
    Ok(Managed { manager, deputies })
}

/// Takes away what is kept here of customers who are gone for good.
pub fn forget(tx: &mut Tx, customers: &[CustomerId]) -> Result<()> {
    for table in ["customer_managers", "visits", "hand_over_items", "visit_keys", "staff_tasks"] {
        lists::execute_in(tx, &format!("DELETE FROM {table} WHERE customer_id IN ({{list}})"), &[], customers)?;
    }
    Ok(())
}
