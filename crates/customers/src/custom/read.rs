//! Values as people write them in tables: `是`, `2026/1/2`, `¥1,234.50`, `油性、敏感`.

use super::value::{in_order, unknown_choice, within};
use super::{CustomField, FieldKind, FieldValue, Sight};
use crate::import::mapping::{Field, Kind, Mapping};
use crate::import::reader::Shape;
use crate::import::values::{self, Clock, Fault};
use crate::store::{CategoryId, categories, name_key};
use std::collections::HashMap;
use std::sync::Arc;
use zunke_access::{FieldRight, FieldRights, directory};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Result, Text};
use zunke_store::Tx;

/// So many names of categories are told to who wrote another one.
const SHOWN: usize = 12;

/// What a cell can't be taken for: a fault of its form, or words of its own.
#[derive(Clone, Debug)]
pub enum Unread {
    Fault(Fault),
    Said(Text),
}

/// Reads cells for the fields that somebody may fill, and names of categories.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    fields: Vec<CustomField>,
    /// By name and by login, folded; `None` where two have it.
    people: HashMap<String, Option<StaffId>>,
    /// In their order.
    categories: Vec<(CategoryId, String)>,
    rights: Arc<FieldRights>,
}

impl Reader {
    /// With the fields in use that this reader sees.
    pub fn load(tx: &mut Tx, sight: &Sight) -> Result<Self> {
        let fields = super::fields(tx, sight, FieldRight::Write)?;
        let mut people: HashMap<String, Option<StaffId>> = HashMap::new();
        if fields.iter().any(|field| field.kind == FieldKind::Person) {
            for (id, name, login) in directory::staff_called(tx)? {
                people.insert(values::fold(&login), Some(id));
                people.insert(id.to_string(), Some(id));
                let name = values::fold(&name);
                people.entry(name).and_modify(|other| *other = other.filter(|other| *other == id)).or_insert(Some(id));
            }
        }
        let categories = categories::all(tx)?.into_iter().map(|one| (one.id, one.name)).collect();
        Ok(Self { fields, people, categories, rights: Arc::clone(&sight.rights) })
    }

    /// Those to the fields of every customer.
    #[must_use]
    pub fn rights(&self) -> &FieldRights {
        &self.rights
    }

    #[must_use]
    pub fn fields(&self) -> &[CustomField] {
        &self.fields
    }

    #[must_use]
    pub fn field(&self, key: &str) -> Option<&CustomField> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// Gives columns of a file of customers that nothing else claims to the fields of their name.
    pub fn suggest(&self, mapping: &mut Mapping, shape: &Shape) {
        if mapping.kind != Kind::Customers {
            return;
        }
        if self.categories.is_empty() {
            // Where nothing is sorted by categories the column is something else.
            mapping.columns.remove(&Field::CustomerCategory);
        }
        for field in &self.fields {
            let names = [&field.details.name.zh, &field.details.name.en, &field.key].map(|name| values::fold(name));
            let fits = |column: &&String| {
                // `身高(cm)`: a unit in brackets behind the name.
                let bare = column.split(['(', '（', '[', '【']).next().unwrap_or(column);
                let claimed = mapping.columns.values().chain(mapping.fields.values()).any(|other| other == *column);
                let said = [values::fold(column), values::fold(bare)];
                !claimed && names.iter().any(|name| !name.is_empty() && said.contains(name))
            };
            if let Some(column) = shape.columns.iter().find(fits).cloned() {
                mapping.fields.insert(field.key.clone(), column);
            }
        }
    }

    /// The category of a name.
    pub fn category(&self, text: &str) -> Result<CategoryId> {
        let key = name_key(text);
        let found = self.categories.iter().find(|(_, name)| name_key(name) == key);
        found.map(|(id, _)| *id).ok_or_else(|| {
            if self.categories.is_empty() {
                return Error::invalid(
                    "category_unknown",
                    "还没有客户分类，请先在“客户分类”中创建。",
                    "There are no customer categories yet; create them first.",
                );
            }
            let mut names: Vec<&str> = self.categories.iter().take(SHOWN).map(|(_, name)| name.as_str()).collect();
            names.extend((self.categories.len() > SHOWN).then_some("…"));
            Error::invalid(
                "category_unknown",
                format!("没有该客户分类，现有：{}。", names.join("、")),
                format!("There is no such customer category; there are: {}.", names.join(", ")),
            )
        })
    }

    /// The value of a cell that is not empty.
    pub fn read(&self, field: &CustomField, text: &str, clock: &Clock) -> Result<FieldValue, Unread> {
        let said = |error: Error| Unread::Said(error.text);
        let value = match field.kind {
            FieldKind::Text => FieldValue::Text(text.trim().to_owned()),
            FieldKind::Number => FieldValue::Number(number(field, text)?),
            FieldKind::Money => FieldValue::Money(values::amount(text).map_err(Unread::Fault)?),
            FieldKind::Date => FieldValue::Date(values::day(text, clock).map_err(Unread::Fault)?),
            FieldKind::Choice => FieldValue::Choice(self.choice(field, text)?),
            FieldKind::Choices => {
                // The whole cell may be the name of one choice that holds such a sign itself.
                let numbers = match self.choice(field, text) {
                    Ok(one) => vec![one],
                    Err(_) => text
                        .split(['、', ';', '；', ',', '，', '|', '\n'])
                        .map(str::trim)
                        .filter(|part| !part.is_empty())
                        .map(|part| self.choice(field, part))
                        .collect::<Result<Vec<_>, _>>()?,
                };
                FieldValue::Choices(in_order(field, &numbers))
            }
            FieldKind::YesNo => FieldValue::YesNo(values::boolean(text).map_err(Unread::Fault)?),
            FieldKind::Person => FieldValue::Person(self.person(field, text)?),
        };
        within(field, &value).map_err(said)?;
        Ok(value)
    }

    fn choice(&self, field: &CustomField, text: &str) -> Result<i64, Unread> {
        let wanted = crate::store::name_key(text);
        let found = field.details.choices.iter().find(|choice| {
            !choice.retired
                && [&choice.label.zh, &choice.label.en, &choice.id]
                    .iter()
                    .any(|name| !name.is_empty() && crate::store::name_key(name) == wanted)
        });
        found.and_then(super::FieldChoice::number).ok_or_else(|| Unread::Said(unknown_choice(field, text).text))
    }

    fn person(&self, field: &CustomField, text: &str) -> Result<StaffId, Unread> {
        let found = self.people.get(text.trim()).or_else(|| self.people.get(&values::fold(text)));
        let label = &field.label;
        match found {
            Some(Some(id)) => Ok(*id),
            Some(None) => Err(Unread::Said(Text::new(
                format!("“{}”有多位同名员工，请改填登录名。", label.zh),
                format!("“{}”: several members of staff have this name; write the login.", label.en),
            ))),
            None => Err(Unread::Said(Text::new(
                format!("“{}”没有姓名或登录名为此的在职员工。", label.zh),
                format!("“{}”: no member of staff has this name or login.", label.en),
            ))),
        }
    }
}

/// A number, its unit behind it allowed.
fn number(field: &CustomField, text: &str) -> Result<f64, Unread> {
    let text = text.trim();
    let bare = match &field.details.unit {
        Some(unit) => text.strip_suffix(unit.as_str()).unwrap_or(text),
        None => text,
    };
    let decimal = values::number(bare).map_err(Unread::Fault)?;
    // By way of its figures: 0.1 is then the same number as everywhere else.
    let figures = format!("{}e-{}", decimal.mantissa, decimal.scale);
    figures.parse().map_err(|_| Unread::Fault(Fault::NotANumber))
}
