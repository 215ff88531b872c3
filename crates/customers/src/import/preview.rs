//! What the first rows will do, before anything is done: reads, writes nothing, sends nothing.

use super::draft::{Draft, Person, Sale};
use super::engine::{What, activity, full_text};
use super::group::{self, Aside};
use super::mapping::{Field, Mapping};
use super::people::{hidden, identities_of, unknown};
use super::plan::Plan;
use super::problem::{Problem, Reason};
use super::reader::{self, Shape};
use super::starter;
use crate::activity::CustomerRef;
use crate::identity::Identity;
use crate::record::RecordContext;
use crate::store::{activities, identities};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Currency, Instant, Money, Result, Text};
use zunke_store::Tx;

/// Rows shown.
pub const ROWS: usize = 50;

/// What a row will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Will {
    CreateCustomer,
    UpdateCustomer,
    Order,
    Refund,
    Interaction,
    /// Here already under this id: counted once, or replaced where its content differs.
    Duplicate,
    Skip,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RowProblem {
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    pub text: Text,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PreviewRow {
    /// As a spreadsheet numbers it.
    pub row: u64,
    pub will: Will,
    /// The customer is made with it.
    pub creates_customer: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// The order's, refund's or contact's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Instant>,
    /// Of the whole order as far as it stands in the rows shown; for a line its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The row before which this one is the same thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as_row: Option<u64>,
    pub problems: Vec<RowProblem>,
    pub cells: Vec<String>,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Preview {
    pub columns: Vec<String>,
    pub rows: Vec<PreviewRow>,
    /// Of the rows shown, by what they will do.
    pub counts: BTreeMap<Will, u64>,
    pub rows_total: u64,
}

/// A row as it was read: number, cells, what it says, its order's id.
type Read = (u64, Vec<String>, Result<Draft, Problem>, Option<String>);

/// Looks at the first rows under a mapping, as the one of this context would record them.
pub fn preview(
    tx: &mut Tx,
    path: &Path,
    shape: &Shape,
    mapping: &Mapping,
    rows_total: u64,
    context: &RecordContext,
) -> Result<Preview> {
    let reader = starter::reader(tx, context.actor, context.now)?;
    let plan = Plan::new(mapping, shape, &context.zone, context.now)?.with_fields(shape, reader)?;
    let mut read: Vec<Read> = Vec::new();
    reader::read(path, shape, &mut |row| {
        let cells = row.cells().map(|cell| cell.chars().take(200).collect()).collect();
        read.push((row.number, cells, plan.draft(row), plan.id_of(row)));
        Ok(read.len() < ROWS)
    })?;
    let grouped = by_order(&read, &plan);
    let known = Known::find(tx, context, mapping, &read)?;
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut made: HashSet<Identity> = HashSet::new();
    let mut rows = Vec::with_capacity(read.len());
    for (number, cells, draft, _) in read {
        let mut row = PreviewRow {
            row: number,
            will: Will::Skip,
            creates_customer: false,
            customer_id: None,
            id: None,
            occurred_at: None,
            amount: None,
            same_as_row: None,
            problems: Vec::new(),
            cells,
        };
        match draft {
            Err(problem) => row.problems.push(told(&problem)),
            Ok(draft) => {
                if let Some(reason) = grouped.get(&number) {
                    row.problems.push(told(&Problem::of(*reason)));
                } else {
                    known.judge(&mut row, &draft, &plan, &mut made);
                    if let (Some(id), false) = (&row.id, matches!(draft, Draft::Line(..))) {
                        row.same_as_row = seen.insert(id.clone(), number);
                        if row.same_as_row.is_some() {
                            row.will = Will::Duplicate;
                        }
                    }
                }
            }
        }
        rows.push(row);
    }
    let mut counts = BTreeMap::new();
    for row in &rows {
        *counts.entry(row.will).or_default() += 1;
    }
    Ok(Preview { columns: shape.columns.clone(), rows, counts, rows_total })
}

/// Rows whose order is refused as a whole.
fn by_order(read: &[Read], plan: &Plan) -> HashMap<u64, Reason> {
    let asides = read.iter().filter_map(|(row, _, draft, id)| match draft {
        Ok(Draft::Line(person, line)) => {
            Some(Aside::Line { row: *row, person: Box::new(person.clone()), line: line.clone() })
        }
        Err(problem) if problem.reason != Reason::Filtered => id.clone().map(|id| Aside::Faulty { id }),
        _ => None,
    });
    let orders = group::orders(asides.collect(), plan);
    orders
        .into_iter()
        .filter_map(|order| Some((order.rows, order.made.err()?)))
        .flat_map(|(rows, reason)| rows.into_iter().map(move |row| (row, reason)))
        .collect()
}

/// What is here already of the rows shown.
struct Known {
    source: String,
    now: Instant,
    currency: Currency,
    customers: HashMap<Identity, CustomerId>,
    /// Those of them that the reader may not see.
    hidden: HashSet<CustomerId>,
    activities: HashSet<String>,
}

impl Known {
    fn find(tx: &mut Tx, context: &RecordContext, mapping: &Mapping, read: &[Read]) -> Result<Self> {
        let source = mapping.source.trim().to_owned();
        let drafts = || read.iter().filter_map(|(_, _, draft, _)| draft.as_ref().ok());
        let named: Vec<Identity> =
            drafts().filter_map(|draft| identities_of(&source, parts(draft).0).ok()).flatten().collect();
        let customers = identities::resolve(tx, &named)?;
        let ids: Vec<String> = drafts().filter_map(|draft| parts(draft).1).collect();
        let keys: Vec<(&str, &str)> = ids.iter().map(|id| (source.as_str(), id.as_str())).collect();
        let found = activities::keys(tx, &keys)?;
        let mut all: Vec<CustomerId> = customers.values().copied().collect();
        all.extend(found.values().map(|key| key.customer));
        let hidden = hidden(tx, context, all)?;
        let ours = |(_, key): &(&(&str, &str), &activities::Key)| !hidden.contains(&key.customer);
        let activities = found.iter().filter(ours).map(|((_, id), _)| (*id).to_owned()).collect();
        Ok(Self { source, now: context.now, currency: context.currency, customers, hidden, activities })
    }

    fn judge(&self, row: &mut PreviewRow, draft: &Draft, plan: &Plan, made: &mut HashSet<Identity>) {
        let (person, id) = parts(draft);
        let identities = match identities_of(&self.source, person) {
            Ok(identities) => identities,
            Err(error) => {
                let problem = Problem { text: Some(error.text), ..Problem::of(Reason::Refused) };
                row.problems.push(told(&problem));
                return;
            }
        };
        row.customer_id = identities.iter().find_map(|identity| self.customers.get(identity)).copied();
        if row.customer_id.is_some_and(|id| self.hidden.contains(&id)) {
            row.customer_id = None;
            let text = unknown(identities).text;
            row.problems.push(told(&Problem { text: Some(text), ..Problem::of(Reason::Refused) }));
            return;
        }
        // What recording would refuse is refused here, in the same words.
        let what = match draft {
            Draft::Sale(_, sale) => Some(What::Sale(sale.clone())),
            Draft::Contact(_, contact) => Some(What::Contact(contact.clone())),
            Draft::Customer(_) | Draft::Line(..) => None,
        };
        let nobody = CustomerRef::Id(CustomerId(uuid::Uuid::nil()));
        let new = what.map(|what| activity(&self.source, &what, nobody));
        if let Some(error) = new.and_then(|new| new.check(self.now, self.currency).err()) {
            row.problems.push(told(&Problem { text: Some(full_text(&error)), ..Problem::of(Reason::Refused) }));
            return;
        }
        if row.customer_id.is_none() {
            row.creates_customer = !identities.iter().any(|identity| made.contains(identity));
            made.extend(identities);
        }
        let sale = |row: &mut PreviewRow, sale: &Sale| {
            row.occurred_at = Some(sale.at);
            row.amount = Some(sale.amount);
            if sale.refund { Will::Refund } else { Will::Order }
        };
        row.will = match draft {
            Draft::Customer(_) if row.creates_customer => Will::CreateCustomer,
            Draft::Customer(_) => Will::UpdateCustomer,
            Draft::Sale(_, it) => sale(row, it),
            Draft::Contact(_, contact) => {
                row.occurred_at = Some(contact.at);
                Will::Interaction
            }
            Draft::Line(_, line) => {
                row.occurred_at = Some(line.at);
                let signed = line.amount.at_scale(4).and_then(|value| i64::try_from(value).ok()).map(Money);
                row.amount = signed;
                match plan.sign(&line.id, line.amount) {
                    Ok((true, _)) => Will::Refund,
                    _ => Will::Order,
                }
            }
        };
        if id.as_ref().is_some_and(|id| self.activities.contains(id)) {
            row.will = Will::Duplicate;
        }
        row.id = id;
    }
}

fn parts(draft: &Draft) -> (&Person, Option<String>) {
    match draft {
        Draft::Customer(person) => (person, None),
        Draft::Sale(person, sale) => (person, Some(sale.id.clone())),
        Draft::Line(person, line) => (person, Some(line.id.clone())),
        Draft::Contact(person, contact) => (person, Some(contact.id.clone())),
    }
}

fn told(problem: &Problem) -> RowProblem {
    RowProblem {
        code: problem.reason.code().to_owned(),
        field: problem.field,
        column: problem.column.clone(),
        text: problem.text(),
    }
}
