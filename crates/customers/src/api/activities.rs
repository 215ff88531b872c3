//! `/activities`: what happened, one or a batch, with a result per row.

use super::{Customers, context};
use crate::activity::{CustomerRef, Direction, Kind, Line, NewActivity, Outcome};
use crate::api::customers::NewBody as NewCustomerBody;
use crate::identity::Identity;
use crate::record::record;
use crate::view::ExternalId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::{Write, may};
use zunke_http::{App, Json, Problem, Result, WriteProblems};
use zunke_kernel::id::{ActivityId, CustomerId, StaffId};
use zunke_kernel::{Currency, Error, Instant, Locale, Money};

/// Who it is: exactly one of `id`, `external`, `phone`, `email`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ActivityCustomer)]
struct CustomerBody {
    #[serde(default)]
    id: Option<CustomerId>,
    #[serde(default)]
    external: Option<ExternalId>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    email: Option<String>,
    /// Made where there is no customer of this identity.
    #[serde(default)]
    create: Option<NewCustomerBody>,
}

impl CustomerBody {
    fn read(&self) -> zunke_kernel::Result<CustomerRef> {
        let named = [self.id.is_some(), self.external.is_some(), self.phone.is_some(), self.email.is_some()];
        if named.into_iter().filter(|named| *named).count() != 1 {
            return Err(Error::invalid(
                "customer_required",
                "请指明客户：id、external、phone、email 四选一。",
                "Name the customer by exactly one of id, external, phone, email.",
            )
            .at("customer"));
        }
        if let Some(id) = self.id {
            return Ok(CustomerRef::Id(id));
        }
        let (identity, field) = match (&self.external, &self.phone, &self.email) {
            (Some(id), _, _) => (Identity::external(&id.source, &id.value), "customer.external"),
            (_, Some(text), _) => (Identity::phone(text), "customer.phone"),
            (_, _, text) => (Identity::email(text.as_deref().unwrap_or("")), "customer.email"),
        };
        let identity = identity.map_err(|error| error.at(field))?.ok_or_else(|| {
            Error::invalid("customer_required", "客户的编号、电话或邮箱不能为空。", "The customer's identity is empty.")
                .at(field)
        })?;
        let create = self.create.as_ref().map(NewCustomerBody::read).transpose().map_err(|mut error| {
            error.field = Some(format!("customer.create.{}", error.field.unwrap_or_default()));
            error
        })?;
        Ok(CustomerRef::Identity { identity, create: create.map(Box::new) })
    }
}

/// Something that happened.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewActivity)]
pub(super) struct Body {
    customer: CustomerBody,
    kind: Kind,
    /// The system that it comes from.
    #[schema(max_length = 60)]
    source: String,
    /// Its id there: delivered twice, it counts once.
    #[schema(max_length = 120)]
    source_id: String,
    /// The higher revision of the same id wins, in whatever order they arrive.
    #[serde(default)]
    revision: i64,
    occurred_at: Instant,
    /// Of orders and refunds, never negative.
    #[serde(default)]
    amount: Option<Money>,
    /// The organisation's own where it is left out.
    #[serde(default)]
    currency: Option<Currency>,
    #[serde(default)]
    quantity: Option<i64>,
    #[serde(default)]
    channel: Option<String>,
    #[serde(default)]
    direction: Option<Direction>,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    body: Option<String>,
    /// Of an interaction: the caller where it is left out.
    #[serde(default)]
    staff_id: Option<StaffId>,
    /// Of a refund: the order's id in the same source.
    #[serde(default)]
    of_source_id: Option<String>,
    #[serde(default)]
    lines: Vec<Line>,
}

impl Body {
    fn read(&self, caller: StaffId) -> zunke_kernel::Result<NewActivity> {
        let talked = (self.kind == Kind::Interaction).then_some(caller);
        Ok(NewActivity {
            customer: self.customer.read()?,
            kind: self.kind,
            source: self.source.trim().to_owned(),
            source_id: self.source_id.trim().to_owned(),
            revision: self.revision,
            occurred_at: self.occurred_at,
            amount: self.amount,
            currency: self.currency,
            quantity: self.quantity,
            channel: self.channel.clone(),
            direction: self.direction,
            subject: self.subject.clone(),
            body: self.body.clone(),
            staff_id: self.staff_id.or(talked),
            of_source_id: self.of_source_id.clone(),
            lines: self.lines.clone(),
        })
    }
}

/// What became of one row: `recorded`, `duplicate`, `replaced`, `stale` or `refused`.
#[derive(Serialize, ToSchema)]
#[schema(as = ActivityOutcome)]
pub(super) struct RowResult {
    /// Its place in the batch, from 0.
    index: usize,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity_id: Option<ActivityId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

impl RowResult {
    fn new(index: usize, outcome: &Outcome, locale: Locale) -> Self {
        let (word, activity_id, error) = match outcome {
            Outcome::Recorded(id) => ("recorded", Some(*id), None),
            Outcome::Duplicate(id) => ("duplicate", Some(*id), None),
            Outcome::Replaced(id) => ("replaced", Some(*id), None),
            Outcome::Stale(id) => ("stale", Some(*id), None),
            Outcome::Refused(error) => ("refused", None, Some(Problem::new(error, locale))),
        };
        Self { index, outcome: word, activity_id, error }
    }
}

/// Record one activity. What is delivered twice is answered with 200 and counts once.
#[utoipa::path(post, path = "/activities", tag = "customers", operation_id = "create_activity", request_body = Body,
    responses((status = 201, body = RowResult), (status = 200, body = RowResult), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::RecordActivities>,
    Json(body): Json<Body>,
) -> Result<Response> {
    let (actor, now, locale) = (write.actor.clone(), write.now, write.locale);
    let told = super::observers(&app);
    let observers = app.get::<Customers>().unwrap_or_default().observers;
    write
        .run_as(&app, move |tx| {
            let row = body.read(actor.staff)?;
            let context = context(tx, now, &actor, &told)?;
            let outcome = record(tx, &context, &[row], &observers)?.pop();
            match outcome {
                Some(Outcome::Refused(error)) => Err(error),
                Some(outcome) => {
                    let fresh = matches!(outcome, Outcome::Recorded(_));
                    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
                    Ok((status, RowResult::new(0, &outcome, locale)))
                }
                None => Err(Error::internal("no outcome for one row")),
            }
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ActivityBatch)]
pub(super) struct BatchBody {
    #[schema(value_type = Vec<Body>, max_items = 1000)]
    activities: Vec<serde_json::Value>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ActivityBatchResult)]
pub(super) struct BatchResult {
    results: Vec<RowResult>,
}

/// Record up to 1,000 activities in one transaction. Each row has its own result; a row that is refused leaves
/// nothing behind and does not stop the others.
#[utoipa::path(post, path = "/activities/batch", tag = "customers", operation_id = "create_activity_batch",
    request_body = BatchBody, responses((status = 200, body = BatchResult), WriteProblems))]
pub(super) async fn batch(
    State(app): State<App>,
    write: Write<may::RecordActivities>,
    Json(body): Json<BatchBody>,
) -> Result<Response> {
    let (actor, now, locale) = (write.actor.clone(), write.now, write.locale);
    let told = super::observers(&app);
    let observers = app.get::<Customers>().unwrap_or_default().observers;
    if body.activities.len() > crate::record::BATCH_MAX {
        let rows = body.activities.len();
        return Err(crate::record::too_many(rows).into());
    }
    // Read once, outside of the transaction: it may run again.
    let read: Vec<std::result::Result<NewActivity, Error>> =
        body.activities.into_iter().map(|row| zunke_http::read_value::<Body>(row)?.read(actor.staff)).collect();
    write
        .run(&app, StatusCode::OK, move |tx| {
            let good: Vec<NewActivity> = read.iter().filter_map(|row| row.as_ref().ok().cloned()).collect();
            let context = context(tx, now, &actor, &told)?;
            let mut outcomes = record(tx, &context, &good, &observers)?.into_iter();
            let mut results = Vec::with_capacity(read.len());
            for (index, row) in read.iter().enumerate() {
                let outcome = match row {
                    Err(error) => Outcome::Refused(error.clone()),
                    Ok(_) => outcomes.next().ok_or_else(|| Error::internal("a row without an outcome"))?,
                };
                results.push(RowResult::new(index, &outcome, locale));
            }
            Ok(BatchResult { results })
        })
        .await
}
