//! Managers: their load, their profiles, their deputies, and giving them customers.

use crate::handover::{HandOverId, protocol};
use crate::manager::load::{Load, Places, Settings};
use crate::manager::place::{self, AT_ONCE_MAX, Proposal};
use crate::manager::profile::{self, Profile};
use crate::manager::{DeputyId, deputy};
use crate::store::handovers;
use crate::store::managers::{self, Deputy, Level, Period};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::settings as organisation;
use zunke_access::{Actor, Asking, Can, Permission, Reach, Role, Write, directory, may};
use zunke_customers::{CustomerQuery, Customers, Observers, RecordContext};
use zunke_http::{App, Change, IfMatch, Json, Path, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::id::{CustomerId, DepartmentId, StaffId};
use zunke_kernel::{Day, Error, Instant};
use zunke_store::Tx;

/// One manager: who he is, what he is chosen by, what he carries.
#[derive(Serialize, ToSchema)]
#[schema(as = Manager)]
pub(super) struct ManagerRow {
    staff_id: StaffId,
    name: String,
    department_id: Option<DepartmentId>,
    active: bool,
    profile: Profile,
    cap: Places,
    load: Load,
    /// How many customers of each level, by rank.
    levels: Vec<Held>,
    /// Now and later.
    deputies: Vec<Deputy>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ManagerHeld)]
struct Held {
    rank: i64,
    customers: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ManagerList)]
pub(super) struct Managers {
    items: Vec<ManagerRow>,
    settings: Settings,
    /// The rank from which customers are VIPs.
    vip_from: i64,
    levels: Vec<Level>,
    /// VIPs in sight without a manager.
    without: i64,
}

/// The managers with their load: everybody's for who sees all customers or manages the service, else one's own.
#[utoipa::path(get, path = "/managers", tag = "service", operation_id = "list_managers",
    responses((status = 200, body = Managers), ReadProblems))]
pub(super) async fn list(State(app): State<App>, can: Can<may::ReadTickets>) -> Result<axum::Json<Managers>> {
    let now = app.now();
    let actor = can.0;
    let found = app
        .db
        .read_async(move |tx| {
            let (settings, rates) = (managers::settings(tx)?, managers::rates(tx)?);
            let (profiles, counts) = (managers::profiles(tx)?, managers::counts(tx)?);
            let day = today(tx, now)?;
            let deputies = managers::deputies(tx, None, day)?;
            let all = actor.scope.reach == Reach::All || actor.may(Permission::ManageService);
            let items = directory::colleagues(tx)?
                .into_iter()
                .filter(|one| all || one.id == actor.staff)
                .filter_map(|one| {
                    let held = counts.get(&one.id).cloned().unwrap_or_default();
                    // Account managers who work here, and whoever else has customers, those who have left above all.
                    if !(one.active && one.role == Role::AccountManager) && held.is_empty() {
                        return None;
                    }
                    let profile = profiles.get(&one.id).cloned().unwrap_or_default();
                    Some(ManagerRow {
                        staff_id: one.id,
                        name: one.name,
                        department_id: one.department,
                        active: one.active,
                        cap: profile.cap.unwrap_or(rates.cap),
                        profile,
                        load: rates.load(&held),
                        levels: held.into_iter().map(|(rank, customers)| Held { rank, customers }).collect(),
                        deputies: deputies.iter().filter(|deputy| deputy.staff_id == one.id).cloned().collect(),
                    })
                })
                .collect();
            let without = place::count_without(tx, &actor.scope, rates.vip_from)?;
            Ok(Managers { items, settings, vip_from: rates.vip_from, levels: managers::levels(tx)?, without })
        })
        .await?;
    Ok(axum::Json(found))
}

fn today(tx: &mut Tx, now: Instant) -> zunke_kernel::Result<Day> {
    Ok(organisation::today(&organisation::load(tx)?, now))
}

/// Set how managers are given customers. `If-Match` names the version that was read.
#[utoipa::path(put, path = "/managers/settings", tag = "service", operation_id = "update_manager_settings",
    request_body = Settings, responses((status = 200, body = Settings), WriteProblems))]
pub(super) async fn set(
    State(app): State<App>,
    write: Write<may::ManageService>,
    if_match: IfMatch,
    Json(body): Json<Settings>,
) -> Result<Response> {
    body.check()?;
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let saved = managers::save_settings(tx, now, &body, if_match.0)?;
            audit.note(tx, "managers.settings", "managers", &json!(saved))?;
            Ok(saved)
        })
        .await
}

/// What changes of a profile: what is left out stays.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagerChange)]
pub(super) struct ChangeBody {
    #[serde(default)]
    regions: Option<Vec<String>>,
    #[serde(default)]
    industries: Option<Vec<String>>,
    #[serde(default)]
    languages: Option<Vec<String>>,
    /// `null`: as the settings have it.
    #[serde(default)]
    #[schema(value_type = Option<Places>)]
    cap: Change<Places>,
    #[serde(default)]
    takes: Option<bool>,
}

/// Change what a manager is chosen by, and how many places he has.
#[utoipa::path(patch, path = "/managers/{staff}", tag = "service", operation_id = "update_manager",
    params(("staff" = StaffId, Path)), request_body = ChangeBody, responses((status = 200, body = Profile), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Path(staff): Path<StaffId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            directory::require_staff(tx, staff, "staff")?;
            let mut kept = managers::lock(tx, now, staff)?;
            if_match.check(kept.version)?;
            for (list, said, field) in [
                (&mut kept.regions, &body.regions, "regions"),
                (&mut kept.industries, &body.industries, "industries"),
                (&mut kept.languages, &body.languages, "languages"),
            ] {
                if let Some(said) = said {
                    *list = profile::words(said, field)?;
                }
            }
            kept.cap = body.cap.over(kept.cap);
            kept.takes = body.takes.unwrap_or(kept.takes);
            managers::save_profile(tx, now, staff, &kept)?;
            kept.version += 1;
            audit.note(tx, "manager.change", staff, &json!(kept))?;
            Ok(kept)
        })
        .await
}

/// Whom to give a manager.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagerAssignment)]
pub(super) struct AssignBody {
    /// At most 1,000; left out: the VIPs in sight who have no manager, the highest levels first.
    #[serde(default)]
    customer_ids: Option<Vec<CustomerId>>,
    /// To whom; left out: the house chooses, for those who have no manager.
    #[serde(default)]
    staff_id: Option<StaffId>,
}

fn whom(tx: &mut Tx, actor: &Actor, body: &AssignBody) -> zunke_kernel::Result<Vec<CustomerId>> {
    match &body.customer_ids {
        Some(ids) if ids.is_empty() || ids.len() > AT_ONCE_MAX => {
            let zh = format!("一次请选择 1 到 {AT_ONCE_MAX} 位客户。");
            let en = format!("Choose 1 to {AT_ONCE_MAX} customers at once.");
            Err(Error::invalid("customers_invalid", zh, en).at("customer_ids"))
        }
        Some(ids) => Ok(ids.clone()),
        None => {
            let rates = managers::rates(tx)?;
            place::without(tx, &actor.scope, rates.vip_from, AT_ONCE_MAX)
        }
    }
}

/// What an assignment would do: who gets whom and why, and what becomes of each manager's load.
#[utoipa::path(post, path = "/managers/assign/preview", tag = "service", operation_id = "preview_manager_assignment",
    request_body = AssignBody, responses((status = 200, body = Proposal), ReadProblems))]
pub(super) async fn preview(
    State(app): State<App>,
    asking: Asking<may::ManageService>,
    Json(body): Json<AssignBody>,
) -> Result<axum::Json<Proposal>> {
    let actor = asking.0;
    let proposal = app
        .db
        .read_async(move |tx| {
            let ids = whom(tx, &actor, &body)?;
            place::propose(tx, &actor.scope, &ids, body.staff_id)
        })
        .await?;
    Ok(axum::Json(proposal))
}

/// Give customers a manager. Nobody is ever given more than his places; by the house, only those who have nobody.
#[utoipa::path(post, path = "/managers/assign", tag = "service", operation_id = "assign_managers",
    request_body = AssignBody, responses((status = 200, body = Proposal), WriteProblems))]
pub(super) async fn assign(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Json(body): Json<AssignBody>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    let told = observers(&app);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let ids = whom(tx, &actor, &body)?;
            let context = context(tx, now, &actor, &told)?;
            let proposal = place::apply(tx, &context, &ids, body.staff_id)?;
            let detail = json!({"customers": proposal.items.len(), "unplaced": proposal.unplaced, "to": body.staff_id});
            audit.note(tx, "managers.assign", "bulk", &detail)?;
            Ok(proposal)
        })
        .await
}

/// The rooms that are told of what changes here.
pub(super) fn observers(app: &App) -> Observers {
    Observers(app.get::<Customers>().unwrap_or_default().observers)
}

/// What a person changes customers under.
pub(super) fn context(
    tx: &mut Tx,
    now: Instant,
    actor: &Actor,
    told: &Observers,
) -> zunke_kernel::Result<RecordContext> {
    let loaded = RecordContext::load(tx, now)?;
    Ok(RecordContext { actor: Some(actor.staff), scope: actor.scope.clone(), observers: told.clone(), ..loaded })
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagerDeputyNew)]
pub(super) struct DeputyBody {
    /// For whom; oneself where none is given.
    #[serde(default)]
    staff_id: Option<StaffId>,
    deputy_id: StaffId,
    from_day: Day,
    /// The last day.
    until_day: Day,
    #[serde(default)]
    note: Option<String>,
}

/// Name somebody who stands in for a manager, from day to day: for oneself, or as somebody who manages the service.
#[utoipa::path(post, path = "/managers/deputies", tag = "service", operation_id = "create_manager_deputy",
    request_body = DeputyBody, responses((status = 201, body = Deputy), WriteProblems))]
pub(super) async fn add_deputy(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Json(body): Json<DeputyBody>,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let staff = body.staff_id.unwrap_or(actor.staff);
            may_speak_for(&actor, staff)?;
            let days = (body.from_day, body.until_day);
            let note = body.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
            deputy::check(staff, body.deputy_id, days, note, today(tx, now)?)?;
            directory::require_staff(tx, staff, "staff_id")?;
            directory::require_staff(tx, body.deputy_id, "deputy_id")?;
            let mut new = Deputy {
                id: DeputyId::new(now),
                staff_id: staff,
                deputy_id: body.deputy_id,
                deputy_name: String::new(),
                from_day: body.from_day,
                until_day: body.until_day,
                note: note.map(str::to_owned),
            };
            managers::add_deputy(tx, now, actor.staff, &new)?;
            new.deputy_name = directory::staff_names(tx, [new.deputy_id])?.remove(&new.deputy_id).unwrap_or_default();
            audit.note(tx, "manager.deputy", staff, &json!(new))?;
            Ok(new)
        })
        .await
}

fn may_speak_for(actor: &Actor, staff: StaffId) -> zunke_kernel::Result<()> {
    if staff == actor.staff { Ok(()) } else { actor.require(Permission::ManageService) }
}

/// End a deputy's time now.
#[utoipa::path(delete, path = "/managers/deputies/{id}", tag = "service", operation_id = "delete_manager_deputy",
    params(("id" = DeputyId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn remove_deputy(
    State(app): State<App>,
    write: Write<may::WorkTickets>,
    Path(id): Path<DeputyId>,
) -> Result<Response> {
    let (actor, audit) = (write.actor.clone(), write.audit());
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            let found = managers::find_deputy(tx, id)?.ok_or_else(Error::not_found)?;
            if found.staff_id != actor.staff && !actor.may(Permission::ManageService) {
                return Err(Error::not_found());
            }
            managers::remove_deputy(tx, id)?;
            audit.note(tx, "manager.deputy_end", found.staff_id, &json!(found))
        })
        .await
}

/// Who looks after a customer.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerManager)]
pub(super) struct OfCustomer {
    staff_id: Option<StaffId>,
    name: Option<String>,
    /// In force now or later.
    deputies: Vec<Deputy>,
    /// Who did before, the latest first; the first is the present one.
    history: Vec<Period>,
    /// How the present manager took over, where it was by a hand-over.
    taken_over: Option<TakenOver>,
    /// Whether the reader may change it.
    may_assign: bool,
    version: i64,
}

/// What a new manager knows of the hand-over that gave him this customer.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerTakenOver)]
pub(super) struct TakenOver {
    hand_over_id: HandOverId,
    from_name: String,
    at: Instant,
    /// What the two sides have agreed.
    note: String,
    /// What this customer is to be told, with the names filled in.
    line: String,
}

/// Who looks after a customer, who stands in, and who did before.
#[utoipa::path(get, path = "/customers/{id}/manager", tag = "service", operation_id = "get_customer_manager",
    params(("id" = CustomerId, Path)), responses((status = 200, body = OfCustomer), ReadProblems))]
pub(super) async fn of_customer(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Path(id): Path<CustomerId>,
) -> Result<Versioned<OfCustomer>> {
    let now = app.now();
    let actor = can.0;
    let found = app
        .db
        .read_async(move |tx| {
            let customer = CustomerQuery::new(&actor.scope).find(tx, id)?;
            let day = today(tx, now)?;
            let name = match customer.owner_id {
                Some(owner) => directory::staff_names(tx, [owner])?.remove(&owner),
                None => None,
            };
            let deputies = match customer.owner_id {
                Some(owner) => managers::deputies(tx, Some(owner), day)?,
                None => Vec::new(),
            };
            let history = managers::history(tx, id)?;
            let present = history.first().filter(|period| period.staff_id == customer.owner_id);
            let taken_over = match present.and_then(|period| period.hand_over_id) {
                Some(hand_over) => handovers::find(tx, hand_over)?.map(|one| TakenOver {
                    hand_over_id: one.id,
                    from_name: one.from_name.clone(),
                    at: present.map_or(one.created_at, |period| period.since),
                    line: protocol::line(&one, name.as_deref().unwrap_or_default(), &customer.name),
                    note: one.note,
                }),
                None => None,
            };
            Ok(OfCustomer {
                staff_id: customer.owner_id,
                name,
                deputies,
                history,
                taken_over,
                may_assign: actor.may(Permission::ManageService),
                version: customer.version,
            })
        })
        .await?;
    Ok(Versioned(found.version, found))
}
