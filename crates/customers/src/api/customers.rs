//! `/customers`: lists, counts, one customer, what is hidden, the time line.

use super::{context, day};
use crate::activity::{Activity, Kind};
use crate::custom::{self, Sight};
use crate::identity::{Identity, IdentityKind};
use crate::make::{self, Patch};
use crate::profile::{CustomerKind, Gender, NewCustomer, Status};
use crate::query::{CustomerQuery, Filter, ListParams, Sort};
use crate::store::{activities, identities};
use crate::view::{Customer, ExternalId, complete_for, complete_one_for};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value as JsonValue, json};
use std::collections::{BTreeMap, HashMap};
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Actor, Can, FieldRights, Permission, Scope, Write, directory, may};
use zunke_http::{App, Change, IfMatch, Json, Path, Query, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::id::{ActivityId, CustomerId, DepartmentId, StaffId};
use zunke_kernel::page::{self, Page};
use zunke_kernel::{Day, Error, Instant};
use zunke_store::Tx;

/// The filters and the order of a list, for a reader: what exports and bulk changes share with it.
pub(crate) struct Narrowed;

impl Narrowed {
    /// The query that these parameters ask for, within the scope; without the page.
    pub fn read(tx: &mut Tx, now: Instant, scope: &Scope, params: &ListParams) -> zunke_kernel::Result<CustomerQuery> {
        Self::within(tx, now, scope, &Sight::open(), params)
    }

    /// As [`Self::read`], for somebody who may ask for restricted fields too.
    pub fn within(
        tx: &mut Tx,
        now: Instant,
        scope: &Scope,
        sight: &Sight,
        params: &ListParams,
    ) -> zunke_kernel::Result<CustomerQuery> {
        let (today, zone) = day(tx, now)?;
        let sort = match params.sort.as_deref() {
            Some(text) => Sort::find(tx, text, sight)?,
            None => Sort::default(),
        };
        let filter = Filter::read_for(tx, params, today, zone, sight)?;
        Ok(CustomerQuery::new(scope).filter(filter).sort(sort))
    }
}

/// One page of customers.
#[derive(Serialize, ToSchema)]
pub(super) struct CustomerPage {
    items: Vec<Customer>,
    /// The `after` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The customers that the caller may see, filtered and sorted.
#[utoipa::path(get, path = "/customers", tag = "customers", operation_id = "list_customers", params(ListParams),
    responses((status = 200, body = CustomerPage), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Query(params): Query<ListParams>,
) -> Result<axum::Json<CustomerPage>> {
    let now = app.now();
    let page = app
        .db
        .read_async(move |tx| {
            let query = Narrowed::within(tx, now, &can.scope, &Sight::of(&can), &params)?
                .page(params.limit, params.after.as_deref())?;
            let page = query.list(tx)?;
            Ok(CustomerPage { items: complete_for(tx, page.items, &Sight::of(&can))?, next: page.next })
        })
        .await?;
    Ok(axum::Json(page))
}

#[derive(Serialize, ToSchema)]
pub(super) struct Count {
    count: i64,
}

/// How many customers a list with these filters has.
#[utoipa::path(get, path = "/customers/count", tag = "customers", operation_id = "count_customers", params(ListParams),
    responses((status = 200, body = Count), ReadProblems))]
pub(super) async fn count(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Query(params): Query<ListParams>,
) -> Result<axum::Json<Count>> {
    let now = app.now();
    let count = app
        .db
        .read_async(move |tx| Narrowed::within(tx, now, &can.scope, &Sight::of(&can), &params)?.count(tx))
        .await?;
    Ok(axum::Json(Count { count }))
}

/// A customer to be made. A name or an identity is needed.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCustomer)]
pub(super) struct NewBody {
    #[serde(default)]
    pub kind: CustomerKind,
    #[serde(default)]
    #[schema(max_length = 120)]
    pub name: String,
    #[serde(default)]
    pub gender: Option<Gender>,
    #[serde(default)]
    pub birthday: Option<Day>,
    #[serde(default)]
    pub region: Option<String>,
    #[serde(default)]
    pub city: Option<String>,
    #[serde(default)]
    pub note: Option<String>,
    #[serde(default)]
    pub owner_id: Option<StaffId>,
    #[serde(default)]
    pub department_id: Option<DepartmentId>,
    #[serde(default)]
    pub source: Option<String>,
    #[serde(default)]
    pub joined_day: Option<Day>,
    /// However people write them; kept as E.164.
    #[serde(default)]
    pub phones: Vec<String>,
    #[serde(default)]
    pub emails: Vec<String>,
    #[serde(default)]
    pub external_ids: Vec<ExternalId>,
    /// Values of the organisation's own fields, by key.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Object>)]
    pub fields: BTreeMap<String, JsonValue>,
}

impl NewBody {
    /// The customer that is meant; faults of the identities name their place.
    pub fn read(&self) -> zunke_kernel::Result<NewCustomer> {
        let identities = read_identities(&self.phones, &self.emails, &self.external_ids)?;
        Ok(NewCustomer {
            kind: self.kind,
            name: self.name.clone(),
            gender: self.gender,
            birthday: self.birthday,
            region: self.region.clone(),
            city: self.city.clone(),
            note: self.note.clone(),
            owner_id: self.owner_id,
            department_id: self.department_id,
            source: self.source.clone(),
            joined_day: self.joined_day,
            identities,
            place_from: None,
            fields: Vec::new(),
            import_id: None,
        })
    }
}

fn read_identities(phones: &[String], emails: &[String], ids: &[ExternalId]) -> zunke_kernel::Result<Vec<Identity>> {
    let mut found = Vec::new();
    let mut faults = Vec::new();
    let mut put = |read: zunke_kernel::Result<Option<Identity>>, at: String| match read {
        Ok(identity) => found.extend(identity),
        Err(error) => faults.push(error.at(at)),
    };
    for (at, text) in phones.iter().enumerate() {
        put(Identity::phone(text), format!("phones[{at}]"));
    }
    for (at, text) in emails.iter().enumerate() {
        put(Identity::email(text), format!("emails[{at}]"));
    }
    for (at, id) in ids.iter().enumerate() {
        put(Identity::external(&id.source, &id.value), format!("external_ids[{at}]"));
    }
    Error::gather(faults).map_or(Ok(found), Err)
}

/// 403 for each field that is named and that the role may not write.
fn writable(rights: &FieldRights, named: &[(&str, bool)]) -> zunke_kernel::Result<()> {
    let faults = named.iter().filter(|(_, named)| *named).filter_map(|(field, _)| rights.require_write(field).err());
    Error::gather(faults.collect()).map_or(Ok(()), Err)
}

impl NewBody {
    fn writable(&self, rights: &FieldRights) -> zunke_kernel::Result<()> {
        let named = [
            ("gender", self.gender.is_some()),
            ("birthday", self.birthday.is_some()),
            ("region", self.region.is_some()),
            ("city", self.city.is_some()),
            ("note", self.note.is_some()),
            ("source", self.source.is_some()),
            ("joined_day", self.joined_day.is_some()),
            ("phones", !self.phones.is_empty()),
            ("emails", !self.emails.is_empty()),
            ("external_ids", !self.external_ids.is_empty()),
        ];
        writable(rights, &named)
    }
}

impl ChangeBody {
    fn writable(&self, rights: &FieldRights) -> zunke_kernel::Result<()> {
        let named = [
            ("gender", self.gender != Change::Keep),
            ("birthday", self.birthday != Change::Keep),
            ("region", self.region != Change::Keep),
            ("city", self.city != Change::Keep),
            ("note", self.note != Change::Keep),
            ("source", self.source != Change::Keep),
            ("joined_day", self.joined_day != Change::Keep),
            ("phones", self.phones.is_some()),
            ("emails", self.emails.is_some()),
            ("external_ids", self.external_ids.is_some()),
        ];
        writable(rights, &named)
    }
}

/// Giving customers away, or to others, is a permission of its own; to oneself it is not.
fn may_assign(
    tx: &mut Tx,
    actor: &Actor,
    owner: Option<StaffId>,
    department: Option<DepartmentId>,
) -> zunke_kernel::Result<()> {
    let foreign_owner = owner.is_some_and(|owner| owner != actor.staff);
    if foreign_owner || (department.is_some() && department != actor.department) {
        actor.require(Permission::AssignCustomers)?;
    }
    owner.map_or(Ok(()), |owner| directory::require_staff(tx, owner, "owner_id"))?;
    department.map_or(Ok(()), |department| directory::require_department(tx, department, "department_id"))
}

/// Make a customer.
#[utoipa::path(post, path = "/customers", tag = "customers", operation_id = "create_customer", request_body = NewBody,
    responses((status = 201, body = Customer), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::EditCustomers>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let (actor, now) = (write.actor.clone(), write.now);
    let told = super::observers(&app);
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            may_assign(tx, &actor, body.owner_id, body.department_id)?;
            let context = context(tx, now, &actor, &told)?;
            let sight = Sight::of(&actor);
            body.writable(&actor.fields)?;
            let mut new = body.read()?;
            let changes = custom::read_changes(tx, &sight, &body.fields, &HashMap::new())?;
            custom::required(tx, &sight, &changes)?;
            new.fields = changes.into_iter().filter_map(|(field, value)| Some((field, value?))).collect();
            let id = make::create(tx, &context, new)?;
            let row = CustomerQuery::new(&actor.scope).find(tx, id)?;
            complete_one_for(tx, row, &sight)
        })
        .await
}

/// One customer.
#[utoipa::path(get, path = "/customers/{id}", tag = "customers", operation_id = "get_customer",
    params(("id" = CustomerId, Path)), responses((status = 200, body = Customer), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Path(id): Path<CustomerId>,
) -> Result<Versioned<Customer>> {
    let customer = app
        .db
        .read_async(move |tx| {
            // The id of an entry that went into another one leads there.
            let id = crate::merge::goes_to(tx, id)?;
            let row = CustomerQuery::new(&can.scope).find(tx, id)?;
            complete_one_for(tx, row, &Sight::of(&can))
        })
        .await?;
    Ok(Versioned(customer.version, customer))
}

/// What changes of a customer: a field left out stays, `null` empties it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomerChange)]
pub(super) struct ChangeBody {
    #[serde(default)]
    kind: Option<CustomerKind>,
    #[serde(default)]
    #[schema(max_length = 120)]
    name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Gender>)]
    gender: Change<Gender>,
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    birthday: Change<Day>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    region: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    city: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    note: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    source: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    joined_day: Change<Day>,
    #[serde(default)]
    #[schema(value_type = Option<StaffId>)]
    owner_id: Change<StaffId>,
    #[serde(default)]
    #[schema(value_type = Option<DepartmentId>)]
    department_id: Change<DepartmentId>,
    /// All of them from now on.
    #[serde(default)]
    phones: Option<Vec<String>>,
    /// All of them from now on.
    #[serde(default)]
    emails: Option<Vec<String>>,
    /// All of them from now on.
    #[serde(default)]
    external_ids: Option<Vec<ExternalId>>,
    /// Values of the organisation's own fields, by key: those left out stay, `null` empties.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Object>)]
    fields: BTreeMap<String, JsonValue>,
}

/// Change a customer. `If-Match` guards against overwriting somebody else's change.
#[utoipa::path(patch, path = "/customers/{id}", tag = "customers", operation_id = "update_customer",
    params(("id" = CustomerId, Path)), request_body = ChangeBody,
    responses((status = 200, body = Customer), WriteProblems))]
pub(super) async fn update(
    State(app): State<App>,
    write: Write<may::EditCustomers>,
    Path(id): Path<CustomerId>,
    if_match: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Response> {
    let (actor, now) = (write.actor.clone(), write.now);
    let told = super::observers(&app);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let query = CustomerQuery::new(&actor.scope);
            let before = query.find(tx, id)?;
            body.writable(&actor.fields)?;
            let changed = |set: Option<StaffId>| set.filter(|set| Some(*set) != before.owner_id);
            let owner = changed(body.owner_id.over(before.owner_id));
            let department =
                body.department_id.over(before.department_id).filter(|set| Some(*set) != before.department_id);
            if (body.owner_id == Change::Clear && before.owner_id.is_some())
                || (body.department_id == Change::Clear && before.department_id.is_some())
            {
                actor.require(Permission::AssignCustomers)?;
            }
            may_assign(tx, &actor, owner, department)?;
            let identities = merged(tx, id, &body)?;
            let sight = Sight::of(&actor);
            let had = custom::had(tx, id)?;
            let fields = custom::read_changes(tx, &sight, &body.fields, &had)?;
            let body = body.clone();
            let patch = Patch {
                kind: body.kind,
                name: body.name,
                gender: body.gender,
                birthday: body.birthday,
                region: body.region,
                city: body.city,
                note: body.note,
                source: body.source,
                joined_day: body.joined_day,
                owner_id: body.owner_id,
                department_id: body.department_id,
                identities,
                fields,
                add_identities: Vec::new(),
            };
            let context = context(tx, now, &actor, &told)?;
            let row = make::update(tx, &context, id, if_match, &patch)?;
            complete_one_for(tx, row, &sight)
        })
        .await
}

/// The identities after a change that may name only some kinds of them.
fn merged(tx: &mut Tx, id: CustomerId, body: &ChangeBody) -> zunke_kernel::Result<Option<Vec<Identity>>> {
    if body.phones.is_none() && body.emails.is_none() && body.external_ids.is_none() {
        return Ok(None);
    }
    let read = read_identities(
        body.phones.as_deref().unwrap_or_default(),
        body.emails.as_deref().unwrap_or_default(),
        body.external_ids.as_deref().unwrap_or_default(),
    )?;
    let kept = identities::of(tx, &[id])?.remove(&id).unwrap_or_default();
    let named = |kind: IdentityKind| match kind {
        IdentityKind::Phone => body.phones.is_some(),
        IdentityKind::Email => body.emails.is_some(),
        IdentityKind::External => body.external_ids.is_some(),
    };
    Ok(Some(kept.into_iter().filter(|identity| !named(identity.kind())).chain(read).collect()))
}

/// Archive a customer: he leaves the lists, his history stays.
#[utoipa::path(post, path = "/customers/{id}/archive", tag = "customers", operation_id = "archive_customer",
    params(("id" = CustomerId, Path)), responses((status = 200, body = Customer), WriteProblems))]
pub(super) async fn archive(
    State(app): State<App>,
    write: Write<may::ArchiveCustomers>,
    Path(id): Path<CustomerId>,
) -> Result<Response> {
    set_status(&app, &write, id, Status::Archived).await
}

/// Bring an archived customer back.
#[utoipa::path(post, path = "/customers/{id}/restore", tag = "customers", operation_id = "restore_customer",
    params(("id" = CustomerId, Path)), responses((status = 200, body = Customer), WriteProblems))]
pub(super) async fn restore(
    State(app): State<App>,
    write: Write<may::ArchiveCustomers>,
    Path(id): Path<CustomerId>,
) -> Result<Response> {
    set_status(&app, &write, id, Status::Active).await
}

async fn set_status(
    app: &App,
    write: &Write<may::ArchiveCustomers>,
    id: CustomerId,
    status: Status,
) -> Result<Response> {
    let (actor, now, audit) = (write.actor.clone(), write.now, write.audit());
    let told = super::observers(app);
    write
        .run(app, StatusCode::OK, move |tx| {
            let context = context(tx, now, &actor, &told)?;
            let row = make::set_status(tx, &context, id, status)?;
            let customer = complete_one_for(tx, row, &Sight::of(&actor))?;
            let action = if status == Status::Archived { "customer.archive" } else { "customer.restore" };
            audit.note(tx, action, id, &json!({}))?;
            Ok(customer)
        })
        .await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TimelineParams {
    /// `order`, `refund` or `interaction`.
    kind: Option<Kind>,
    /// 1–500, default 50.
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// One entry of a time line.
#[derive(Serialize, ToSchema)]
pub(super) struct Entry {
    #[serde(flatten)]
    activity: Activity,
    #[serde(skip_serializing_if = "Option::is_none")]
    staff_name: Option<String>,
}

/// What happened to one customer, the newest first.
#[utoipa::path(get, path = "/customers/{id}/timeline", tag = "customers", operation_id = "list_timeline",
    params(("id" = CustomerId, Path), TimelineParams),
    responses((status = 200, body = inline(Page<Entry>)), ReadProblems))]
pub(super) async fn timeline(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Path(id): Path<CustomerId>,
    Query(params): Query<TimelineParams>,
) -> Result<axum::Json<Page<Entry>>> {
    let page = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&can.scope).find(tx, id)?;
            let limit = page::limit(params.limit)?;
            let before = params.after.as_deref().map(read_place).transpose()?;
            let mut found = activities::timeline(tx, id, params.kind, before, limit + 1)?;
            let more = found.len() > limit as usize;
            found.truncate(limit as usize);
            let next = found.last().filter(|_| more).map(|last| page::mark(&json!([last.occurred_at.0, last.id])));
            let names = directory::staff_names(tx, found.iter().filter_map(|entry| entry.staff_id))?;
            let items = found
                .into_iter()
                .map(|activity| Entry {
                    staff_name: activity.staff_id.and_then(|staff| names.get(&staff).cloned()),
                    activity,
                })
                .collect();
            Ok(Page { items, next })
        })
        .await?;
    Ok(axum::Json(page))
}

fn read_place(mark: &str) -> zunke_kernel::Result<(Instant, ActivityId)> {
    let read = page::read_mark(mark)?;
    let at = read.get(0).and_then(serde_json::Value::as_i64);
    let id = read.get(1).and_then(|id| id.as_str()?.parse().ok());
    match (at, id) {
        (Some(at), Some(id)) => Ok((Instant(at), id)),
        _ => page::read_mark("?").and(Err(Error::not_found())),
    }
}
