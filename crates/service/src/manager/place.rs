//! Giving customers a manager: what would be, and doing it.

use super::assign::{Candidate, Choice, Wanted, distribute};
use super::keeper::full;
use super::load::{Load, Places};
use crate::store::{lists, managers};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use zunke_access::Scope;
use zunke_customers::privacy::standing::FREE;
use zunke_customers::{OwnerWhy, RecordContext, make, query};
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;
use zunke_tiering::store::standings;

/// Customers of one assignment.
pub const AT_ONCE_MAX: usize = 1_000;

/// One customer and who is to look after him.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ManagerProposalRow)]
pub struct Row {
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub level_rank: i64,
    /// Who has him now.
    pub from_id: Option<StaffId>,
    pub from_name: Option<String>,
    pub to_name: Option<String>,
    #[serde(flatten)]
    pub choice: Choice,
}

/// What becomes of one manager by it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ManagerProposalLoad)]
pub struct Becomes {
    pub staff_id: StaffId,
    pub name: String,
    pub cap: Places,
    pub before: Load,
    pub after: Load,
}

/// What an assignment does, or would do.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ManagerProposal)]
pub struct Proposal {
    pub items: Vec<Row>,
    pub managers: Vec<Becomes>,
    /// Customers for whom nobody has a place.
    pub unplaced: usize,
    /// False for a preview.
    pub applied: bool,
}

/// Active VIPs in sight who have no manager, the highest levels first.
pub fn without(tx: &mut Tx, scope: &Scope, vip_from: i64, limit: usize) -> Result<Vec<CustomerId>> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    params.extend([vip_from.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()]);
    let sql = format!(
        "SELECT c.customer_id FROM customers c
         WHERE c.owner_id IS NULL AND c.status = 'active'{seen}{FREE} AND c.level_rank >= ${}
         ORDER BY c.level_rank DESC, c.customer_id LIMIT ${}",
        params.len() - 1,
        params.len()
    );
    tx.query(&sql, &params, |row| row.id(0, CustomerId))
}

/// How many there are of them.
pub fn count_without(tx: &mut Tx, scope: &Scope, vip_from: i64) -> Result<i64> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    params.push(vip_from.into());
    let sql = format!(
        "SELECT COUNT(*) FROM customers c WHERE c.owner_id IS NULL AND c.status = 'active'{seen}{FREE} AND c.level_rank >= ${}",
        params.len()
    );
    Ok(tx.query_one(&sql, &params, |row| row.int(0))?.unwrap_or(0))
}

/// Who would look after these customers. `to`: somebody whom a person has chosen; the house chooses otherwise.
pub fn propose(tx: &mut Tx, scope: &Scope, ids: &[CustomerId], to: Option<StaffId>) -> Result<Proposal> {
    let (settings, rates) = (managers::settings(tx)?, managers::rates(tx)?);
    let seen = query::within(tx, scope, ids)?;
    let wanted = managers::wanted(tx, &rates, &settings, &seen)?;
    let mut candidates = managers::candidates(tx, &rates)?;
    if let Some(to) = to {
        candidates = vec![chosen(tx, &rates, candidates, to)?];
    }
    let before: HashMap<StaffId, Load> = candidates.iter().map(|one| (one.staff, one.load)).collect();
    // Who is with his manager already stays and takes no second place.
    let owners = owners(tx, &seen)?;
    let moving: Vec<Wanted> = (wanted.iter())
        .filter(|one| to.is_none() || owners.get(&one.customer).is_none_or(|(owner, ..)| *owner != to))
        .cloned()
        .collect();
    let choices = distribute(&moving, &mut candidates);
    let names: HashMap<StaffId, &str> = candidates.iter().map(|one| (one.staff, one.name.as_str())).collect();
    let from_names = zunke_access::directory::staff_names(tx, owners.values().filter_map(|(owner, ..)| *owner))?;
    let items: Vec<Row> = (moving.iter().zip(choices))
        .map(|(one, choice)| {
            let (from_id, customer_name) = owners.get(&one.customer).cloned().unwrap_or_default();
            Row {
                customer_id: one.customer,
                customer_name,
                level_rank: one.rank,
                from_name: from_id.and_then(|id| from_names.get(&id)).cloned(),
                from_id,
                to_name: choice.staff_id.and_then(|id| names.get(&id)).map(|name| (*name).to_owned()),
                choice,
            }
        })
        .collect();
    let managers = (candidates.iter())
        .map(|one| Becomes {
            staff_id: one.staff,
            name: one.name.clone(),
            cap: one.cap,
            before: before.get(&one.staff).copied().unwrap_or_default(),
            after: one.load,
        })
        .filter(|one| one.before != one.after)
        .collect();
    let unplaced = items.iter().filter(|item| item.choice.staff_id.is_none()).count();
    Ok(Proposal { items, managers, unplaced, applied: false })
}

/// The one whom a person has chosen: whatever his profile says, and whatever his role.
pub(crate) fn chosen(
    tx: &mut Tx,
    rates: &super::load::Rates,
    candidates: Vec<Candidate>,
    to: StaffId,
) -> Result<Candidate> {
    zunke_access::directory::require_staff(tx, to, "staff_id")?;
    let mut one = match candidates.into_iter().find(|one| one.staff == to) {
        Some(one) => one,
        None => {
            let name = zunke_access::directory::staff_names(tx, [to])?.remove(&to).unwrap_or_default();
            let profile = managers::profiles(tx)?.remove(&to).unwrap_or_default();
            let load = rates.load(&managers::counts_of(tx, to)?);
            Candidate { staff: to, name, cap: profile.cap.unwrap_or(rates.cap), profile, load }
        }
    };
    one.profile.takes = true;
    Ok(one)
}

fn owners(tx: &mut Tx, ids: &[CustomerId]) -> Result<HashMap<CustomerId, (Option<StaffId>, String)>> {
    let mut found = HashMap::new();
    let sql = "SELECT c.customer_id, c.owner_id, c.name FROM customers c WHERE c.customer_id IN ({list})";
    lists::for_each_in(tx, sql, &[], ids, &mut |row| {
        found.insert(row.id(0, CustomerId)?, (row.opt_id(1, StaffId)?, row.text(2)?));
        Ok(())
    })?;
    Ok(found)
}

/// Does it. Customers come first and managers after them, as wherever an owner changes; then nobody else can take the
/// places that are counted here. With `to`, all of them have a place or none is given.
pub fn apply(tx: &mut Tx, context: &RecordContext, ids: &[CustomerId], to: Option<StaffId>) -> Result<Proposal> {
    let seen = query::within(tx, &context.scope, ids)?;
    standings::lock(tx, &seen)?;
    let ids = match to {
        Some(_) => seen,
        // The house takes nobody away from his manager.
        None => owners(tx, &seen)?.into_iter().filter(|(_, (owner, _))| owner.is_none()).map(|(id, _)| id).collect(),
    };
    if ids.is_empty() {
        return Ok(Proposal { items: Vec::new(), managers: Vec::new(), unplaced: 0, applied: true });
    }
    lock_all(tx, context.now, to)?;
    let mut proposal = propose(tx, &context.scope, &ids, to)?;
    if let Some(to) = to.filter(|_| proposal.unplaced > 0) {
        let rates = managers::rates(tx)?;
        let all = managers::candidates(tx, &rates)?;
        let one = chosen(tx, &rates, all, to)?;
        let more = proposal.items.iter().fold(Places::default(), |sum, item| sum.plus(rates.weight(item.level_rank)));
        return Err(full(&one.name, one.load.places, more, one.cap).at("staff_id"));
    }
    let mut groups: BTreeMap<StaffId, Vec<CustomerId>> = BTreeMap::new();
    for item in &proposal.items {
        if let Some(staff) = item.choice.staff_id {
            groups.entry(staff).or_default().push(item.customer_id);
        }
    }
    let why = if to.is_some() { OwnerWhy::ByHand } else { OwnerWhy::Automatic };
    for (staff, customers) in groups {
        make::give_many(tx, context, &customers, Some(staff), why)?;
    }
    proposal.applied = true;
    Ok(proposal)
}

fn lock_all(tx: &mut Tx, now: Instant, to: Option<StaffId>) -> Result<()> {
    let mut staff: Vec<StaffId> = match to {
        Some(to) => vec![to],
        None => {
            let rates = managers::rates(tx)?;
            managers::candidates(tx, &rates)?.into_iter().map(|one| one.staff).collect()
        }
    };
    staff.sort_unstable();
    for one in staff {
        managers::lock(tx, now, one)?;
    }
    Ok(())
}
