//! How a customer is known: a phone number, an e-mail address, an id in another system. Each belongs to one
//! customer at most; what is empty belongs to nobody and never matches.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Error, Result, phone};

pub const SOURCE_CHARS_MAX: usize = 60;
pub const VALUE_CHARS_MAX: usize = 120;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    Phone,
    Email,
    External,
}

impl IdentityKind {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::External => "external",
        }
    }

    pub(crate) fn read(word: &str) -> Result<Self> {
        [Self::Phone, Self::Email, Self::External]
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| Error::internal(format!("an identity of the unknown kind {word}")))
    }
}

/// One identity in its normal form; made by the constructors only, so two spellings of one number are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    kind: IdentityKind,
    source: String,
    value: String,
}

impl Identity {
    /// `None` where nothing is written.
    pub fn phone(text: &str) -> Result<Option<Self>> {
        Ok(phone::normalize(text)?.map(|value| Self { kind: IdentityKind::Phone, source: String::new(), value }))
    }

    /// `None` where nothing is written.
    pub fn email(text: &str) -> Result<Option<Self>> {
        Ok(phone::normalize_email(text)?.map(|value| Self { kind: IdentityKind::Email, source: String::new(), value }))
    }

    /// An id in another system, kept letter for letter but for spaces around it. `None` where nothing is written.
    pub fn external(source: &str, value: &str) -> Result<Option<Self>> {
        let (source, value) = (source.trim(), value.trim());
        if value.is_empty() {
            return Ok(None);
        }
        if source.is_empty() {
            return Err(Error::invalid(
                "source_required",
                "外部编号需要注明来源系统。",
                "An external id needs the name of its system.",
            )
            .at("source"));
        }
        let too_long = source.chars().count() > SOURCE_CHARS_MAX || value.chars().count() > VALUE_CHARS_MAX;
        if too_long || source.chars().chain(value.chars()).any(char::is_control) {
            return Err(Error::invalid(
                "external_id_invalid",
                format!(
                    "外部编号无效：来源最多 {SOURCE_CHARS_MAX} 个字符，编号最多 {VALUE_CHARS_MAX} 个字符，不含控制字符。"
                ),
                format!(
                    "The external id is not valid: its source has at most {SOURCE_CHARS_MAX} characters, its value \
                     {VALUE_CHARS_MAX}, and no control characters."
                ),
            ));
        }
        Ok(Some(Self { kind: IdentityKind::External, source: source.to_owned(), value: value.to_owned() }))
    }

    /// From a row that was normalised when it was written.
    pub(crate) fn stored(kind: IdentityKind, source: String, value: String) -> Self {
        Self { kind, source, value }
    }

    #[must_use]
    pub fn kind(&self) -> IdentityKind {
        self.kind
    }

    /// The system of an external id; empty for phones and addresses.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// As it may be shown to everybody: numbers and addresses masked.
    #[must_use]
    pub fn masked(&self) -> String {
        match self.kind {
            IdentityKind::Phone => phone::mask(&self.value),
            IdentityKind::Email => phone::mask_email(&self.value),
            IdentityKind::External => self.value.clone(),
        }
    }

    pub(crate) fn shown(&self) -> String {
        match self.kind {
            IdentityKind::External => format!("{}:{}", self.source, self.value),
            _ => self.masked(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_are_one_identity_and_an_empty_one_is_none() {
        assert_eq!(Identity::phone("138 1234 5678").unwrap(), Identity::phone("＋８６13812345678").unwrap());
        assert_eq!(Identity::email("A@B.cn").unwrap(), Identity::email(" a@b.CN ").unwrap());
        assert_eq!(Identity::phone(" ").unwrap(), None);
        assert_eq!(Identity::email("").unwrap(), None);
        assert_eq!(Identity::external("erp", " ").unwrap(), None);
        assert_ne!(Identity::external("erp", "a1").unwrap(), Identity::external("erp", "A1").unwrap());
        assert_eq!(Identity::external("", "1").expect_err("no source").code, "source_required");
        assert_eq!(Identity::external("erp", "1\n2").expect_err("control").code, "external_id_invalid");
    }
}
