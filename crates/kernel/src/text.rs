//! A sentence in the two languages of the product. Errors and explanations carry both; the edge picks one.

use serde::{Deserialize, Serialize};

/// The language of a reader. Chinese is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    #[default]
    Zh,
    En,
}

impl Locale {
    /// Reads an `Accept-Language` value: English only where English stands before Chinese.
    #[must_use]
    pub fn from_accept_language(value: &str) -> Self {
        let value = value.to_ascii_lowercase();
        match (value.find("en"), value.find("zh")) {
            (Some(en), Some(zh)) if en < zh => Self::En,
            (Some(_), None) => Self::En,
            _ => Self::Zh,
        }
    }
}

/// One sentence in Chinese and English.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Text {
    pub zh: String,
    pub en: String,
}

impl Text {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    #[must_use]
    pub fn get(&self, locale: Locale) -> &str {
        match locale {
            Locale::Zh => &self.zh,
            Locale::En => &self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_named_language_wins_and_chinese_is_the_default() {
        assert_eq!(Locale::from_accept_language("en-GB,en;q=0.9,zh;q=0.8"), Locale::En);
        assert_eq!(Locale::from_accept_language("zh-CN,zh;q=0.9,en;q=0.8"), Locale::Zh);
        assert_eq!(Locale::from_accept_language("fr"), Locale::Zh);
        assert_eq!(Locale::from_accept_language(""), Locale::Zh);
    }
}
