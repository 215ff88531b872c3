//! A mapping applied to a file: turns one row into a [`Draft`] or says why not. Pure, and the same for the preview,
//! the import and the error file, so that all three agree.

use super::draft::{Contact, Draft, Line, Person, Sale, SaleLine};
use super::mapping::{Field, IDENTITY, Kind, Mapping};
use super::problem::{Problem, Reason};
use super::reader::{CellKind, Row, Shape};
use super::values::{self, Clock, Decimal, Fault, fold};
use crate::custom::{CustomField, FieldId, FieldValue, Reader, Unread};
use crate::store::CategoryId;
use sha2::{Digest, Sha256};
use zunke_kernel::money::ABSURD;
use zunke_kernel::{Currency, Error, Instant, Money, Result, Zone, phone};

/// A day ahead is let pass: clocks and zones differ.
const AHEAD_MS: i64 = 86_400_000;

pub struct Plan {
    pub mapping: Mapping,
    pub columns: Vec<String>,
    places: [Option<usize>; Field::ALL.len()],
    skip: Option<(usize, Vec<String>)>,
    /// Own fields and where their columns are.
    own: Vec<(usize, CustomField)>,
    reader: Reader,
    clock: Clock,
    /// What lies after it is in the future.
    latest: Instant,
}

impl Plan {
    /// `zone` is the organisation's, for files that don't say theirs; `now` is when the import was started.
    pub fn new(mapping: &Mapping, shape: &Shape, zone: &Zone, now: Instant) -> Result<Self> {
        mapping.check(shape)?;
        let mut places = [None; Field::ALL.len()];
        for (field, column) in &mapping.columns {
            places[*field as usize] = shape.column(column);
        }
        let zone = mapping.time_zone.as_deref().map_or_else(|| Ok(zone.clone()), Zone::parse)?;
        let skip = mapping.skip.as_ref().and_then(|skip| {
            Some((shape.column(&skip.column)?, skip.values.iter().map(|value| fold(value)).collect()))
        });
        Ok(Self {
            mapping: mapping.clone(),
            columns: shape.columns.clone(),
            places,
            skip,
            own: Vec::new(),
            reader: Reader::default(),
            clock: Clock { zone, order: mapping.date_order, from_1904: shape.from_1904 },
            latest: now.plus_ms(AHEAD_MS),
        })
    }

    /// With the own fields that the one who imports may fill; one that isn't there is a fault.
    pub fn with_fields(mut self, shape: &Shape, reader: Reader) -> Result<Self> {
        let mut faults = Vec::new();
        for (key, column) in &self.mapping.fields {
            match (reader.field(key), shape.column(column)) {
                (Some(field), Some(at)) => self.own.push((at, field.clone())),
                _ => faults.push(
                    Error::invalid(
                        "field_unknown",
                        format!("没有“{key}”这个自定义字段，可能已归档。"),
                        format!("There is no custom field “{key}”; it may have been archived."),
                    )
                    .at(format!("mapping.fields.{key}")),
                ),
            }
        }
        for field in self.mapping.columns.keys() {
            if let Some(name) = field.of_customer()
                && let Err(error) = reader.rights().require_write(name)
            {
                faults.push(error.at(format!("mapping.columns.{}", field.code())));
            }
        }
        self.reader = reader;
        Error::gather(faults).map_or(Ok(self), Err)
    }

    /// The values of own fields. An empty cell changes nothing.
    fn own(&self, row: &Row) -> Result<Vec<(FieldId, FieldValue)>, Problem> {
        let mut values = Vec::new();
        for (at, field) in &self.own {
            let text = row.cell(*at).trim();
            if text.is_empty() {
                continue;
            }
            let value = self.reader.read(field, text, &self.clock).map_err(|unread| {
                let (fault, said) = match unread {
                    Unread::Fault(fault) => (Some(fault), None),
                    Unread::Said(text) => (None, Some(text)),
                };
                Problem {
                    reason: Reason::ValueInvalid,
                    field: None,
                    column: Some(self.columns[*at].clone()),
                    value: Some(text.to_owned()),
                    fault,
                    text: said,
                }
            })?;
            values.push((field.id, value));
        }
        Ok(values)
    }

    /// What the row says.
    pub fn draft(&self, row: &Row) -> Result<Draft, Problem> {
        if let Some(fault) = row.fault {
            return Err(Problem::of(fault.into()));
        }
        if let Some((at, values)) = &self.skip
            && values.contains(&fold(row.cell(*at)))
        {
            return Err(Problem::of(Reason::Filtered));
        }
        let person = self.person(row)?;
        Ok(match self.mapping.kind {
            Kind::Customers => Draft::Customer(person),
            Kind::Orders => Draft::Sale(person, self.sale(row)?),
            Kind::OrderLines => Draft::Line(person, self.line(row)?),
            Kind::Interactions => {
                let contact = self.contact(row, &person)?;
                Draft::Contact(person, contact)
            }
        })
    }

    /// The order's id, also of a row that is otherwise faulty.
    #[must_use]
    pub fn id_of(&self, row: &Row) -> Option<String> {
        self.id(row, Field::Id).ok().flatten()
    }

    fn text<'a>(&'a self, row: &'a Row, field: Field) -> &'a str {
        let cell = self.places[field as usize].map_or("", |at| row.cell(at).trim());
        if cell.is_empty() { self.mapping.constants.get(&field).map_or("", |text| text.trim()) } else { cell }
    }

    fn problem(&self, row: &Row, field: Field, reason: Reason, fault: Option<Fault>) -> Problem {
        let column =
            self.places[field as usize].map_or_else(|| field.label().0.to_owned(), |at| self.columns[at].clone());
        let value = (!self.text(row, field).is_empty()).then(|| self.text(row, field).to_owned());
        Problem { reason, field: Some(field), column: Some(column), value, fault, text: None }
    }

    fn said(&self, row: &Row, field: Field, error: Error) -> Problem {
        Problem { text: Some(error.text), ..self.problem(row, field, Reason::ValueInvalid, None) }
    }

    /// Reads a cell; an empty one is `None`.
    fn value<T>(
        &self,
        row: &Row,
        field: Field,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Result<Option<T>, Problem> {
        let text = self.text(row, field);
        if text.is_empty() {
            return Ok(None);
        }
        read(text).map(Some).map_err(|fault| self.problem(row, field, Reason::ValueInvalid, Some(fault)))
    }

    fn needed<T>(&self, row: &Row, field: Field, value: Option<T>) -> Result<T, Problem> {
        value.ok_or_else(|| self.problem(row, field, Reason::ValueMissing, None))
    }

    fn id(&self, row: &Row, field: Field) -> Result<Option<String>, Problem> {
        let number = self.places[field as usize].is_some_and(|at| row.kind(at) == CellKind::Number);
        let id = self.value(row, field, |text| values::id(text, self.mapping.drop_zero, number))?;
        Ok(id.flatten())
    }

    fn words(&self, row: &Row, field: Field, limit: usize) -> Option<String> {
        let text = values::plain(self.text(row, field), limit);
        (!text.is_empty()).then_some(text)
    }

    /// A text on one line.
    fn line_of(&self, row: &Row, field: Field, limit: usize) -> Option<String> {
        self.words(row, field, limit)
            .map(|text| if text.contains(['\n', '\t']) { text.replace(['\n', '\t'], " ") } else { text })
    }

    fn person(&self, row: &Row) -> Result<Person, Problem> {
        let key = self.id(row, Field::CustomerId)?;
        let email = self.text(row, Field::Email);
        let email = phone::normalize_email(email).map_err(|error| self.said(row, Field::Email, error))?;
        let number = self.text(row, Field::Phone);
        // Shops mask numbers in their exports: not a number, but no fault of a row that has another identity.
        let masked = number.contains('*') && (key.is_some() || email.is_some());
        let phone = if number.is_empty() || masked {
            None
        } else {
            let number = number.trim_start_matches(['\'', '`']);
            let number = number.strip_suffix(".0").unwrap_or(number);
            phone::normalize(number).map_err(|error| self.said(row, Field::Phone, error))?
        };
        if key.is_none() && phone.is_none() && email.is_none() {
            let field = IDENTITY.into_iter().find(|field| self.mapping.has(*field));
            return Err(Problem { field, ..Problem::of(Reason::NoCustomer) });
        }
        let day = |field| self.value(row, field, |text| values::day(text, &self.clock));
        Ok(Person {
            key,
            phone,
            email,
            name: self.line_of(row, Field::CustomerName, 120),
            company: self.value(row, Field::CustomerKind, company)?,
            gender: self.value(row, Field::Gender, values::gender)?.flatten(),
            birthday: day(Field::Birthday)?,
            region: self.line_of(row, Field::Region, 60),
            city: self.line_of(row, Field::City, 60),
            note: self.words(row, Field::Note, 4_000),
            joined: day(Field::JoinedDay)?,
            category: self.category(row)?,
            fields: self.own(row)?,
        })
    }

    /// The category of that name. An empty cell changes nothing, and none is made by a file.
    fn category(&self, row: &Row) -> Result<Option<CategoryId>, Problem> {
        let text = self.text(row, Field::CustomerCategory);
        if text.is_empty() {
            return Ok(None);
        }
        self.reader.category(text).map(Some).map_err(|error| self.said(row, Field::CustomerCategory, error))
    }

    fn at(&self, row: &Row) -> Result<Instant, Problem> {
        let text = self.text(row, Field::OccurredAt);
        let time = self.text(row, Field::OccurredTime);
        let at = if time.is_empty() || text.is_empty() {
            self.value(row, Field::OccurredAt, |text| values::instant(text, &self.clock))?
        } else {
            // A day in one column and the time of day in another.
            let day = values::day(text, &self.clock);
            let day = day.map_err(|fault| self.problem(row, Field::OccurredAt, Reason::ValueInvalid, Some(fault)))?;
            let both = values::instant(&format!("{day} {time}"), &self.clock);
            Some(both.map_err(|fault| self.problem(row, Field::OccurredTime, Reason::ValueInvalid, Some(fault)))?)
        };
        let at = self.needed(row, Field::OccurredAt, at)?;
        if at > self.latest {
            let problem = self.problem(row, Field::OccurredAt, Reason::InFuture, None);
            return Err(Problem { text: Some(Reason::InFuture.text()), ..problem });
        }
        Ok(at)
    }

    fn currency(&self, row: &Row) -> Result<Option<Currency>, Problem> {
        let text = self.text(row, Field::Currency);
        if text.is_empty() {
            return Ok(None);
        }
        let code = match fold(text).as_str() {
            "人民币" | "元" | "rmb" => "CNY".to_owned(),
            "美元" => "USD".to_owned(),
            "港币" | "港元" => "HKD".to_owned(),
            _ => values::narrow(text),
        };
        Currency::parse(&code).map(Some).map_err(|error| self.said(row, Field::Currency, error))
    }

    /// The signed amount, exact: its own column, or quantity × unit price.
    fn signed_amount(&self, row: &Row, quantity: Option<Decimal>) -> Result<Decimal, Problem> {
        let amount = match self.value(row, Field::Amount, values::number)? {
            Some(amount) => amount,
            None if self.mapping.has(Field::UnitPrice) => {
                let price = self.value(row, Field::UnitPrice, values::number)?;
                let price = self.needed(row, Field::UnitPrice, price)?;
                let quantity = self.needed(row, Field::Quantity, quantity)?;
                let fault = || self.problem(row, Field::UnitPrice, Reason::ValueInvalid, Some(Fault::Absurd));
                quantity.times(price).ok_or_else(fault)?
            }
            None => return Err(self.problem(row, Field::Amount, Reason::ValueMissing, None)),
        };
        let field = if self.mapping.has(Field::Amount) { Field::Amount } else { Field::UnitPrice };
        let small = amount.at_scale(4).is_some_and(|value| value.unsigned_abs() <= u128::from(ABSURD.unsigned_abs()));
        if small { Ok(amount) } else { Err(self.problem(row, field, Reason::ValueInvalid, Some(Fault::Absurd))) }
    }

    fn quantity(&self, row: &Row) -> Result<Option<Decimal>, Problem> {
        let quantity = self.value(row, Field::Quantity, values::number)?;
        match quantity {
            Some(quantity) if whole(Some(quantity)).is_none() => {
                Err(self.problem(row, Field::Quantity, Reason::ValueInvalid, Some(Fault::Absurd)))
            }
            quantity => Ok(quantity),
        }
    }

    fn sale(&self, row: &Row) -> Result<Sale, Problem> {
        let id = self.id(row, Field::Id)?;
        let id = self.needed(row, Field::Id, id)?;
        let quantity = self.quantity(row)?;
        let amount = self.signed_amount(row, quantity)?;
        let (refund, amount) = self.sign(&id, amount).map_err(|reason| {
            let problem = self.problem(row, Field::Amount, reason, None);
            Problem { text: Some(reason.text()), ..problem }
        })?;
        let sku = self.line_of(row, Field::Sku, 120);
        let category = self.line_of(row, Field::Category, 60);
        let count = whole(quantity).map(i64::abs);
        let lines = if sku.is_some() || category.is_some() {
            vec![SaleLine { sku, category, quantity: count, amount }]
        } else {
            Vec::new()
        };
        Ok(Sale {
            at: self.at(row)?,
            refund,
            amount,
            currency: self.currency(row)?,
            channel: self.line_of(row, Field::Channel, 60),
            of_order: self.id(row, Field::OfOrder)?,
            quantity: count,
            lines,
            id,
        })
    }

    fn line(&self, row: &Row) -> Result<Line, Problem> {
        let id = self.id(row, Field::Id)?;
        let quantity = self.quantity(row)?;
        Ok(Line {
            id: self.needed(row, Field::Id, id)?,
            at: self.at(row)?,
            amount: self.signed_amount(row, quantity)?,
            quantity: whole(quantity),
            sku: self.line_of(row, Field::Sku, 120),
            category: self.line_of(row, Field::Category, 60),
            currency: self.currency(row)?,
            channel: self.line_of(row, Field::Channel, 60),
            of_order: self.id(row, Field::OfOrder)?,
        })
    }

    fn contact(&self, row: &Row, person: &Person) -> Result<Contact, Problem> {
        let at = self.at(row)?;
        let direction = self.value(row, Field::Direction, direction)?;
        let mut contact = Contact {
            id: String::new(),
            at,
            channel: self.line_of(row, Field::Channel, 60),
            direction,
            subject: self.line_of(row, Field::Subject, 300),
            body: self.words(row, Field::Body, 20_000),
        };
        contact.id = match self.id(row, Field::Id)? {
            Some(id) => id,
            None => content_id(person, &contact),
        };
        Ok(contact)
    }

    /// Whether an order with this id and sum is a refund, and its amount without sign.
    pub fn sign(&self, id: &str, sum: Decimal) -> Result<(bool, Money), Reason> {
        let rule = &self.mapping.cancellation;
        let prefixed = rule.id_prefix.as_deref().is_some_and(|prefix| !prefix.is_empty() && id.starts_with(prefix));
        let amount = sum.at_scale(4).and_then(|value| i64::try_from(value).ok()).filter(|value| value.abs() <= ABSURD);
        let amount = amount.ok_or(Reason::ValueInvalid)?;
        if amount < 0 && !prefixed && !rule.negative {
            return Err(Reason::NegativeOrder);
        }
        Ok((prefixed || amount < 0, Money(amount.abs())))
    }
}

/// A quantity in whole pieces, half away from zero; `None` when it is absurd.
fn whole(quantity: Option<Decimal>) -> Option<i64> {
    quantity?
        .at_scale(0)
        .and_then(|value| i64::try_from(value).ok())
        .filter(|value| value.unsigned_abs() < 1_000_000_000_000)
}

fn company(text: &str) -> Result<bool, Fault> {
    match fold(text).as_str() {
        "企业" | "公司" | "单位" | "企业客户" | "对公" | "company" | "business" | "b" | "b2b" | "organisation"
        | "organization" => Ok(true),
        "个人" | "个人客户" | "个体" | "散客" | "person" | "individual" | "c" | "b2c" | "personal" => {
            Ok(false)
        }
        // Other words sort customers in a way that the product does not know; they change nothing.
        _ => Ok(false),
    }
}

fn direction(text: &str) -> Result<&'static str, Fault> {
    Ok(match fold(text).as_str() {
        "呼入" | "来电" | "接入" | "来访" | "客户发起" | "in" | "inbound" | "incoming" | "received" => {
            "inbound"
        }
        _ => "outbound",
    })
}

/// An id of a contact that has none: the same row again is the same contact.
fn content_id(person: &Person, contact: &Contact) -> String {
    let mut hash = Sha256::new();
    for part in [
        person.identity(),
        Some(contact.at.0.to_string().as_str()),
        contact.channel.as_deref(),
        contact.direction,
        contact.subject.as_deref(),
        contact.body.as_deref(),
    ] {
        hash.update(part.unwrap_or("\u{1}"));
        hash.update([0]);
    }
    let digest = hash.finalize();
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("row-{hex}")
}
