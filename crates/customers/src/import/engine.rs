//! Records a file in chunks. A chunk, its counts and its checkpoint are one transaction, so a crash loses nothing and
//! repeats nothing; what is recorded twice all the same counts once by its source and id.

use super::draft::{Contact, Draft, Person, Sale};
use super::files::{Files, Reasons};
use super::group::{self, Aside};
use super::mapping::{Kind as FileKind, Mapping};
use super::people::{self, Fill};
use super::plan::Plan;
use super::problem::Reason;
use super::progress::{Pace, Phase, Progress};
use super::reader;
use super::spill::{Spill, hash};
use super::starter;
use super::store::{self, Import, State};
use crate::activity::{Change, CustomerRef, Direction, Kind, Line, NewActivity, Outcome};
use crate::category;
use crate::identity::Identity;
use crate::record::{Observer, Observers, RecordContext, record};
use crate::store::{CategoryId, identities};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use zunke_kernel::id::{CustomerId, ImportId, StaffId};
use zunke_kernel::{Error, Instant, Result, Text};
use zunke_store::{Db, Tx};

/// Activities of one transaction. Others wait no longer than for this many.
const CHUNK: usize = 1_000;

/// Stores a job's checkpoint in the transaction of the chunk, which keeps its lease. Without a job it does nothing.
pub type Checkpoint<'a> = &'a (dyn Fn(&mut Tx, &Progress) -> Result<()> + 'a);

/// What an import runs with.
pub struct Engine<'a> {
    pub db: &'a Db,
    pub files: &'a Files,
    pub observers: &'a [Arc<dyn Observer>],
    pub clock: &'a dyn Fn() -> Instant,
    /// Who started it, whose scope counts; `None` for the command line.
    pub by: Option<StaffId>,
    pub checkpoint: Checkpoint<'a>,
    /// Told after every chunk.
    pub told: &'a dyn Fn(&Progress),
}

/// Something to record, with the rows of the file that it comes from.
struct Item {
    rows: Vec<u64>,
    person: Person,
    what: What,
}

pub(super) enum What {
    Customer,
    Sale(Sale),
    Contact(Contact),
}

impl What {
    /// When it happened; a row of a file of customers is no happening.
    fn time(&self) -> Option<Instant> {
        match self {
            Self::Customer => None,
            Self::Sale(sale) => Some(sale.at),
            Self::Contact(contact) => Some(contact.at),
        }
    }
}

struct Run<'a> {
    engine: &'a Engine<'a>,
    import: ImportId,
    plan: Plan,
    path: PathBuf,
    context: RecordContext,
    observers: Vec<Arc<dyn Observer>>,
    reasons: Reasons,
    progress: Progress,
    turn: i64,
    pace: Pace,
}

impl Engine<'_> {
    /// Runs an import that is in the state `running`, from where it stopped, to its end.
    pub fn run(&self, import: ImportId) -> Result<Import> {
        let (import, context, reader) = self.db.read(|tx| {
            let import = store::find(tx, import)?;
            let mut context = starter::context(tx, (self.clock)(), self.by)?;
            context.import_id = Some(import.id);
            context.observers = Observers(self.observers.to_vec());
            let reader = starter::reader(tx, self.by, (self.clock)())?;
            Ok((import, context, reader))
        })?;
        let mapping =
            import.mapping.clone().ok_or_else(|| Error::internal("an import without a mapping was started"))?;
        // The moment of its start, so that a resumed import judges every row as before.
        let started = import.started_at.unwrap_or(import.created_at);
        let shape = &import.inspection.shape;
        let plan = Plan::new(&mapping, shape, &context.zone, started)?.with_fields(shape, reader)?;
        let mut observers = self.observers.to_vec();
        observers.push(Arc::new(KeepReplaced));
        let mut run = Run {
            engine: self,
            import: import.id,
            plan,
            path: self.files.source(import.id),
            context,
            observers,
            reasons: self.files.reasons(import.id)?,
            pace: Pace::new((self.clock)(), &import.progress),
            progress: import.progress.clone(),
            turn: import.turn,
        };
        run.progress.rows_total = import.inspection.rows;
        let spill = self.files.spill(import.id, import.inspection.rows);
        if run.progress.phase != Phase::Finished {
            match mapping.kind {
                FileKind::OrderLines => run.by_order(shape, &spill)?,
                _ => run.by_row(shape)?,
            }
        }
        run.finish(&spill)?;
        self.db.read(|tx| store::find(tx, import.id))
    }
}

impl Run<'_> {
    /// Every row stands for itself: recorded as it is read.
    fn by_row(&mut self, shape: &reader::Shape) -> Result<()> {
        let done = self.progress.rows_read;
        self.progress.phase = Phase::Recording;
        let (mut read, mut customers) = (0u64, HashSet::new());
        let mut items: Vec<Item> = Vec::with_capacity(CHUNK);
        let mut pending: Vec<(u64, Reason)> = Vec::new();
        let path = self.path.clone();
        reader::read(&path, shape, &mut |row| {
            read += 1;
            let draft = self.plan.draft(row);
            if let Ok(draft) = &draft {
                customers.insert(hash(person_of(draft).identity().unwrap_or("")));
            }
            if read <= done {
                return Ok(true);
            }
            match draft {
                Ok(draft) => items.push(item(row.number, draft)?),
                Err(problem) => pending.push((row.number, problem.reason)),
            }
            if items.len() >= CHUNK || pending.len() >= 50 * CHUNK {
                self.chunk(&items, &pending, read, customers.len() as u64)?;
                items.clear();
                pending.clear();
            }
            Ok(true)
        })?;
        self.chunk(&items, &pending, read, customers.len() as u64)
    }

    fn chunk(&mut self, items: &[Item], skipped: &[(u64, Reason)], read: u64, customers: u64) -> Result<()> {
        let mut progress = self.progress.clone();
        progress.rows_read = read;
        progress.customers = customers;
        for (row, reason) in skipped {
            self.reasons.put(*row, *reason);
            progress.skip(*reason, 1);
        }
        self.record(items, &progress)
    }

    /// Rows are put aside by order first; then one partition after the other is recorded.
    fn by_order(&mut self, shape: &reader::Shape, spill: &Spill) -> Result<()> {
        if self.progress.phase == Phase::Reading {
            self.progress = Progress { rows_total: self.progress.rows_total, ..Progress::default() };
            self.put_aside(shape, spill, true)?;
            let mut progress = self.progress.clone();
            progress.phase = Phase::Recording;
            self.record(&[], &progress)?;
        } else if !spill.is_whole() {
            self.put_aside(shape, spill, false)?;
        }
        // From here on the pace is that of recording.
        self.pace = Pace::new((self.engine.clock)(), &self.progress);
        for partition in self.progress.partition..spill.partitions() {
            let orders = group::orders(spill.read(partition)?, &self.plan);
            let done = self.progress.place;
            let mut place = done;
            for chunk in orders.get(done..).unwrap_or_default().chunks(CHUNK) {
                place += chunk.len();
                let mut progress = self.progress.clone();
                let mut items = Vec::with_capacity(chunk.len());
                for order in chunk {
                    match &order.made {
                        Ok((person, sale)) => {
                            items.push(Item {
                                rows: order.rows.clone(),
                                person: person.clone(),
                                what: What::Sale(sale.clone()),
                            });
                        }
                        Err(reason) => {
                            for row in &order.rows {
                                self.reasons.put(*row, *reason);
                            }
                            progress.skip(*reason, order.rows.len() as u64);
                        }
                    }
                }
                let last = place >= orders.len();
                (progress.partition, progress.place) = if last { (partition + 1, 0) } else { (partition, place) };
                self.record(&items, &progress)?;
            }
            self.progress.partition = partition + 1;
            self.progress.place = 0;
        }
        Ok(())
    }

    /// `count` is false where only the rows put aside were lost: what they said is counted already.
    fn put_aside(&mut self, shape: &reader::Shape, spill: &Spill, count: bool) -> Result<()> {
        let mut writer = spill.write()?;
        let mut progress = self.progress.clone();
        if count {
            self.reasons.clear();
        }
        let mut customers = HashSet::new();
        let began = (self.engine.clock)();
        let mut told = began;
        let path = self.path.clone();
        reader::read(&path, shape, &mut |row| {
            match self.plan.draft(row) {
                Ok(Draft::Line(person, line)) => {
                    customers.insert(hash(person.identity().unwrap_or("")));
                    writer.put(&Aside::Line { row: row.number, person: Box::new(person), line })?;
                }
                Ok(_) => return Err(Error::internal("a row of another kind among lines of orders")),
                Err(problem) => {
                    if count {
                        self.reasons.put(row.number, problem.reason);
                        progress.skip(problem.reason, 1);
                    }
                    // Rows that the mapping passes over are no part of their order.
                    if let Some(id) = self.plan.id_of(row).filter(|_| problem.reason != Reason::Filtered) {
                        writer.put(&Aside::Faulty { id })?;
                    }
                }
            }
            if count {
                progress.rows_read += 1;
                if progress.rows_read.is_multiple_of(5_000) {
                    let now = (self.engine.clock)();
                    if now.0 - told.0 >= 1_000 {
                        told = now;
                        Pace::reading(began, now, &mut progress);
                        (self.engine.told)(&progress);
                        self.engine.db.write(|tx| self.stored(tx, &progress))?;
                        self.turn += 1;
                    }
                }
            }
            Ok(true)
        })?;
        writer.finish()?;
        if count {
            progress.customers = customers.len() as u64;
            self.progress = progress;
        }
        Ok(())
    }

    fn stored(&self, tx: &mut Tx, progress: &Progress) -> Result<()> {
        store::checkpoint(tx, self.import, State::Running, self.turn, progress)?;
        (self.engine.checkpoint)(tx, progress)
    }

    /// Records items and stores `progress`, which has counted everything else, in one transaction.
    fn record(&mut self, items: &[Item], progress: &Progress) -> Result<()> {
        let now = (self.engine.clock)();
        self.context.now = now;
        self.reasons.save()?;
        let (progress, refused) = self.engine.db.write(|tx| {
            let mut progress = progress.clone();
            let mut refused = Vec::new();
            // His scope as it is now: who leaves, or is given another department, must not go on with the old one.
            let context =
                RecordContext { scope: starter::context(tx, now, self.engine.by)?.scope, ..self.context.clone() };
            self.write(tx, &context, items, &mut progress, &mut refused)?;
            self.pace.mark(now, &mut progress);
            self.stored(tx, &progress)?;
            Ok((progress, refused))
        })?;
        self.turn += 1;
        for row in refused {
            self.reasons.put(row, Reason::Refused);
        }
        self.progress = progress;
        (self.engine.told)(&self.progress);
        Ok(())
    }

    fn write(
        &self,
        tx: &mut Tx,
        context: &RecordContext,
        items: &[Item],
        progress: &mut Progress,
        refused: &mut Vec<u64>,
    ) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        let mapping = &self.plan.mapping;
        let fill = if mapping.kind == FileKind::Customers { Fill::Overwrite } else { Fill::Blanks };
        let persons: Vec<(&Person, Option<Instant>)> =
            items.iter().map(|item| (&item.person, item.what.time())).collect();
        let people = people::settle(tx, context, mapping.source.trim(), &persons, fill)?;
        progress.customers_changed += people.changed;
        let new = |customer: &Result<CustomerRef>| match customer {
            Ok(CustomerRef::Identity { identity, .. }) => Some(identity.clone()),
            _ => None,
        };
        let new: Vec<Option<Identity>> = people.refs.iter().map(new).collect();
        let mut made: HashSet<&Identity> = HashSet::new();
        let mut refuse = |item: &Item, error: &Error, progress: &mut Progress| {
            progress.skip(Reason::Refused, item.rows.len() as u64);
            progress.refuse(item.rows.first().copied().unwrap_or(0), full_text(error));
            refused.extend(&item.rows);
        };
        let accept = |item: &Item, progress: &mut Progress| {
            progress.accepted += item.rows.len() as u64;
            progress.rows_settled += item.rows.len() as u64;
        };
        if mapping.kind == FileKind::Customers {
            let answers = make(tx, context, &people.refs)?;
            sort(tx, context, items, &people.refs, &answers)?;
            for ((item, new), answer) in items.iter().zip(&new).zip(answers) {
                match answer {
                    Ok(()) => {
                        made.extend(new.as_ref());
                        accept(item, progress);
                    }
                    Err(error) => refuse(item, &error, progress),
                }
            }
        } else {
            let mut rows = Vec::with_capacity(items.len());
            let mut sent = Vec::with_capacity(items.len());
            for ((item, new), customer) in items.iter().zip(&new).zip(people.refs) {
                match customer {
                    Ok(customer) => {
                        rows.push(self.activity(item, customer));
                        sent.push((item, new));
                    }
                    Err(error) => refuse(item, &error, progress),
                }
            }
            let outcomes = record(tx, context, &rows, &self.observers)?;
            for (((item, new), row), outcome) in sent.into_iter().zip(&rows).zip(outcomes) {
                match outcome {
                    Outcome::Refused(error) => {
                        refuse(item, &error, progress);
                        continue;
                    }
                    Outcome::Recorded(_) => progress.recorded += 1,
                    Outcome::Duplicate(_) => progress.duplicates += 1,
                    Outcome::Replaced(_) => progress.replaced += 1,
                    Outcome::Stale(_) => progress.stale += 1,
                }
                made.extend(new.as_ref());
                accept(item, progress);
                self.count(row, progress);
            }
        }
        progress.customers_created += made.len() as u64;
        Ok(())
    }

    fn count(&self, row: &NewActivity, progress: &mut Progress) {
        let amount = row.amount.unwrap_or_default();
        match row.kind {
            Kind::Order => {
                progress.orders += 1;
                progress.order_sum = progress.order_sum.checked_add(amount).unwrap_or(progress.order_sum);
            }
            Kind::Refund => {
                progress.refunds += 1;
                progress.refund_sum = progress.refund_sum.checked_add(amount).unwrap_or(progress.refund_sum);
            }
            Kind::Interaction => progress.interactions += 1,
        }
        progress.saw(self.context.zone.day_of(row.occurred_at));
    }

    fn activity(&self, item: &Item, customer: CustomerRef) -> NewActivity {
        let source = self.plan.mapping.source.trim();
        activity(source, &item.what, customer)
    }

    fn finish(mut self, spill: &Spill) -> Result<()> {
        self.reasons.save()?;
        let now = (self.engine.clock)();
        let mut progress = self.progress.clone();
        progress.phase = Phase::Finished;
        progress.seconds_left = Some(0);
        self.engine.db.write(|tx| {
            self.stored(tx, &progress)?;
            store::turn_to(tx, self.import, &[State::Running], State::Done, now)?;
            crate::tag::work::much_changed(tx, now)?;
            let detail = serde_json::json!({
                "accepted": progress.accepted, "skipped": progress.skipped, "orders": progress.orders,
                "refunds": progress.refunds, "customers_created": progress.customers_created,
            });
            zunke_store::audit::write(tx, now, self.context.actor, "import.done", &self.import.to_string(), &detail)
        })?;
        (self.engine.told)(&progress);
        spill.remove()
    }
}

/// Makes the customers that are not there yet.
fn make(tx: &mut Tx, context: &RecordContext, refs: &[Result<CustomerRef>]) -> Result<Vec<Result<()>>> {
    let mut wanted = Vec::new();
    let mut first = std::collections::HashMap::new();
    for (at, customer) in refs.iter().enumerate() {
        if let Ok(CustomerRef::Identity { identity, create: Some(create) }) = customer
            && !first.contains_key(identity)
        {
            first.insert(identity, wanted.len());
            let mut create = (**create).clone();
            create.identities.insert(0, identity.clone());
            wanted.push((at, create));
        }
    }
    let mut new: Vec<_> = wanted.into_iter().map(|(_, create)| create).collect();
    let made = if new.is_empty() { Vec::new() } else { crate::make::create_many(tx, context, &mut new)? };
    Ok(refs
        .iter()
        .map(|customer| match customer {
            Err(error) => Err(error.clone()),
            Ok(CustomerRef::Identity { identity, .. }) => match first.get(identity).and_then(|at| made.get(*at)) {
                Some(Err(error)) => Err(error.clone()),
                _ => Ok(()),
            },
            Ok(CustomerRef::Id(_)) => Ok(()),
        })
        .collect())
}

/// Moves those of a file of customers whose category it names; the last row of a customer counts.
fn sort(
    tx: &mut Tx,
    context: &RecordContext,
    items: &[Item],
    refs: &[Result<CustomerRef>],
    answers: &[Result<()>],
) -> Result<()> {
    let named = || {
        let rows = items.iter().zip(refs).zip(answers);
        rows.filter_map(|((item, customer), answer)| match (customer, answer) {
            (Ok(customer), Ok(())) => Some((customer, item.person.category?)),
            _ => None,
        })
    };
    let new = named().filter_map(|(customer, _)| match customer {
        CustomerRef::Identity { identity, .. } => Some(identity),
        CustomerRef::Id(_) => None,
    });
    let made = identities::resolve(tx, new)?;
    let wanted = named().filter_map(|(customer, category)| match customer {
        CustomerRef::Id(id) => Some((*id, category)),
        CustomerRef::Identity { identity, .. } => Some((*made.get(identity)?, category)),
    });
    let wanted: BTreeMap<CustomerId, CategoryId> = wanted.collect();
    category::load(tx, context, &wanted)
}

fn item(row: u64, draft: Draft) -> Result<Item> {
    let (person, what) = match draft {
        Draft::Customer(person) => (person, What::Customer),
        Draft::Sale(person, sale) => (person, What::Sale(sale)),
        Draft::Contact(person, contact) => (person, What::Contact(contact)),
        Draft::Line(..) => return Err(Error::internal("a line of an order among rows")),
    };
    Ok(Item { rows: vec![row], person, what })
}

fn person_of(draft: &Draft) -> &Person {
    match draft {
        Draft::Customer(person) | Draft::Sale(person, _) | Draft::Line(person, _) | Draft::Contact(person, _) => person,
    }
}

pub(super) fn activity(source: &str, what: &What, customer: CustomerRef) -> NewActivity {
    match what {
        What::Sale(sale) => {
            let kind = if sale.refund { Kind::Refund } else { Kind::Order };
            let mut new = NewActivity::new(customer, kind, source, sale.id.as_str(), sale.at);
            new.amount = Some(sale.amount);
            new.currency = sale.currency;
            new.quantity = sale.quantity;
            new.channel.clone_from(&sale.channel);
            new.of_source_id.clone_from(&sale.of_order);
            new.lines = sale
                .lines
                .iter()
                .map(|line| Line {
                    sku: line.sku.clone(),
                    name: None,
                    category: line.category.clone(),
                    quantity: line.quantity.unwrap_or(0),
                    amount: line.amount,
                })
                .collect();
            new
        }
        What::Contact(contact) => {
            let mut new = NewActivity::new(customer, Kind::Interaction, source, contact.id.as_str(), contact.at);
            new.channel.clone_from(&contact.channel);
            new.direction = match contact.direction {
                Some("inbound") => Some(Direction::Inbound),
                Some(_) => Some(Direction::Outbound),
                None => None,
            };
            new.subject.clone_from(&contact.subject);
            new.body.clone_from(&contact.body);
            new
        }
        What::Customer => NewActivity::new(customer, Kind::Interaction, source, "", Instant(0)),
    }
}

/// An error's text with the field that it is about.
pub(super) fn full_text(error: &Error) -> Text {
    match &error.field {
        Some(field) => Text::new(format!("{}（{field}）", error.text.zh), format!("{} ({field})", error.text.en)),
        None => error.text.clone(),
    }
}

/// Keeps what an import replaces, so that its undo can bring it back.
struct KeepReplaced;

impl Observer for KeepReplaced {
    fn recorded(&self, tx: &mut Tx, context: &RecordContext, changes: &[Change]) -> Result<()> {
        let Some(import) = context.import_id else { return Ok(()) };
        let mut rows = Vec::new();
        for before in changes.iter().filter_map(|change| change.before.as_ref()) {
            let json = serde_json::to_string(before).map_err(Error::internal)?;
            rows.push(vec![
                import.into(),
                before.source.as_str().into(),
                before.source_id.as_str().into(),
                json.into(),
            ]);
        }
        if rows.is_empty() {
            return Ok(());
        }
        // The first one stands: a file may hold the same order twice.
        tx.execute_many(
            "INSERT INTO import_replaced (import_id, source, source_id, before) VALUES ($1, $2, $3, $4)
             ON CONFLICT (import_id, source, source_id) DO NOTHING",
            &rows,
        )?;
        Ok(())
    }
}

/// Whether a mapping reads orders out of several rows.
#[must_use]
pub fn groups_rows(mapping: &Mapping) -> bool {
    mapping.kind == FileKind::OrderLines
}
