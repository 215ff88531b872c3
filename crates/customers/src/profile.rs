//! A customer's own data: what may be entered, how it is checked, what is kept.

use crate::custom::{FieldId, FieldValue};
use crate::identity::Identity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::{DepartmentId, ImportId, StaffId};
use zunke_kernel::{Day, Error, Instant, Result, search};

pub const NAME_CHARS_MAX: usize = 120;
pub const PLACE_CHARS_MAX: usize = 60;
pub const NOTE_CHARS_MAX: usize = 4_000;
pub const SOURCE_CHARS_MAX: usize = 60;
pub const IDENTITIES_MAX: usize = 30;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerKind {
    #[default]
    Person,
    Company,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    #[default]
    Active,
    Archived,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    Female,
    Male,
    Other,
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ }) => {
        impl $name {
            /// The word in the database and the API.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word; `None` for any other.
            #[must_use]
            pub fn read(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(CustomerKind { Person = "person", Company = "company" });
words!(Status { Active = "active", Archived = "archived" });
words!(Gender { Female = "female", Male = "male", Other = "other" });

/// A customer as it is made. Texts are trimmed and empty ones dropped by [`NewCustomer::check`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewCustomer {
    pub kind: CustomerKind,
    /// May be empty where there is an identity: the customer is then called by it, masked.
    pub name: String,
    pub gender: Option<Gender>,
    pub birthday: Option<Day>,
    pub region: Option<String>,
    pub city: Option<String>,
    /// When the order happened that region and city are taken from; `None` where somebody gave them.
    pub place_from: Option<Instant>,
    pub note: Option<String>,
    pub owner_id: Option<StaffId>,
    pub department_id: Option<DepartmentId>,
    /// Where the customer came from.
    pub source: Option<String>,
    pub joined_day: Option<Day>,
    pub identities: Vec<Identity>,
    /// Values of fields of our own, checked.
    pub fields: Vec<(FieldId, FieldValue)>,
    pub import_id: Option<ImportId>,
}

impl NewCustomer {
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    #[must_use]
    pub fn with(mut self, identity: Option<Identity>) -> Self {
        self.identities.extend(identity);
        self
    }

    /// Brings the texts into their kept form and names every fault at once.
    pub fn check(&mut self, today: Day) -> Result<()> {
        let mut faults = Vec::new();
        self.identities.sort();
        self.identities.dedup();
        self.name = self.name.trim().to_owned();
        if self.name.is_empty()
            && let Some(identity) = self.identities.first()
        {
            self.name = identity.masked();
        }
        faults.extend(check_name(&self.name));
        for (text, field, max) in [
            (&mut self.region, "region", PLACE_CHARS_MAX),
            (&mut self.city, "city", PLACE_CHARS_MAX),
            (&mut self.note, "note", NOTE_CHARS_MAX),
            (&mut self.source, "source", SOURCE_CHARS_MAX),
        ] {
            *text = text.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            faults.extend(text.as_deref().and_then(|text| check_text(text, field, max)));
        }
        faults.extend(self.birthday.and_then(|day| check_birthday(day, today)));
        faults.extend(self.joined_day.and_then(|day| check_joined(day, today)));
        if self.identities.len() > IDENTITIES_MAX {
            faults.push(
                Error::invalid(
                    "identities_too_many",
                    format!("每位客户最多 {IDENTITIES_MAX} 个电话、邮箱和外部编号。"),
                    format!("At most {IDENTITIES_MAX} phones, addresses and external ids per customer."),
                )
                .at("identities"),
            );
        }
        Error::gather(faults).map_or(Ok(()), Err)
    }
}

pub(crate) fn check_name(name: &str) -> Option<Error> {
    if name.trim().is_empty() {
        return Some(
            Error::invalid("name_required", "请填写客户名称。", "Please enter the customer's name.").at("name"),
        );
    }
    check_text(name, "name", NAME_CHARS_MAX)
}

pub(crate) fn check_text(text: &str, field: &str, max: usize) -> Option<Error> {
    let length = text.chars().count();
    if length > max {
        return Some(
            Error::invalid(
                "text_too_long",
                format!("最多 {max} 个字符，收到 {length} 个。"),
                format!("At most {max} characters, got {length}."),
            )
            .at(field.to_owned()),
        );
    }
    let bad = |letter: char| letter.is_control() && !(field == "note" && matches!(letter, '\n' | '\r' | '\t'));
    text.chars().any(bad).then(|| {
        Error::invalid(
            "text_invalid",
            "含有无法显示的控制字符，请删除。",
            "It holds control characters that cannot be shown; please remove them.",
        )
        .at(field.to_owned())
    })
}

pub(crate) fn check_birthday(day: Day, today: Day) -> Option<Error> {
    let year = day.year();
    (year < 1850 || day > today.plus(1)).then(|| {
        Error::invalid(
            "birthday_invalid",
            format!("生日 {day} 不合理，请检查。"),
            format!("The birthday {day} cannot be right; please check it."),
        )
        .at("birthday")
    })
}

pub(crate) fn check_joined(day: Day, today: Day) -> Option<Error> {
    (day.year() < 1850 || day > today.plus(1)).then(|| {
        Error::invalid(
            "joined_day_invalid",
            format!("加入日期 {day} 不合理，请检查。"),
            format!("The joining day {day} cannot be right; please check it."),
        )
        .at("joined_day")
    })
}

/// Month and day of a birthday as `1231`, by which anniversaries are found.
#[must_use]
pub(crate) fn month_day(birthday: Day) -> i64 {
    let date = birthday.date();
    i64::from(date.month()) * 100 + i64::from(date.day())
}

/// The search tokens of a customer.
#[must_use]
pub(crate) fn tokens<'a>(name: &str, identities: impl IntoIterator<Item = &'a Identity>) -> String {
    use crate::identity::IdentityKind;
    let mut document = search::Document::new();
    document.name(name);
    for identity in identities {
        match identity.kind() {
            IdentityKind::Phone => document.phone(identity.value()),
            IdentityKind::Email => document.email(identity.value()),
            IdentityKind::External => document.external(identity.value()),
        };
    }
    document.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_customer_is_named_at_once() {
        let today = Day::parse("2026-11-22").unwrap();
        let mut bad = NewCustomer {
            name: " ".into(),
            birthday: Day::from_ymd(2030, 1, 1),
            city: Some("x".repeat(61)),
            region: Some("a\u{7}b".into()),
            ..NewCustomer::default()
        };
        let error = bad.check(today).expect_err("four faults");
        let codes: Vec<&str> = std::iter::once(error.code).chain(error.others.iter().map(|other| other.code)).collect();
        assert_eq!(codes, ["name_required", "text_invalid", "text_too_long", "birthday_invalid"]);
    }

    #[test]
    fn a_customer_without_a_name_is_called_by_his_number() {
        let today = Day::parse("2026-11-22").unwrap();
        let mut nameless = NewCustomer::default().with(Identity::phone("13812345678").unwrap());
        nameless.check(today).expect("takes the number");
        assert_eq!(nameless.name, "138****5678");
        assert_eq!(month_day(Day::parse("2024-02-29").unwrap()), 229);
    }
}
