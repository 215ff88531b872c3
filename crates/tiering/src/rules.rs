//! One version of a programme's rules, whole, as it is stored: indicators, RFM, score, loyalty, levels. A published
//! version never changes.

use crate::indicator::{Indicator, Window};
use crate::ladder::Level;
use crate::life::Life;
use crate::measure::Unit;
use crate::rfm;
use crate::score::Score;
use serde::{Deserialize, Serialize};
use zunke_kernel::id::LevelId;
use zunke_kernel::{Error, Result, Text};

/// The rules of one version. Unknown fields are refused: a misspelt one must not pass as "not set".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TierRules)]
pub struct Rules {
    /// The form of this document; 1.
    #[serde(default = "one")]
    pub form: u8,
    pub indicators: Vec<Indicator>,
    #[serde(default)]
    pub rfm: rfm::Settings,
    /// The composite score, 0 to 100.
    pub score: Score,
    /// The loyalty score (忠诚度) beside it; without dimensions there is none.
    #[serde(default)]
    pub loyalty: Score,
    /// 1 to 10 levels, rising.
    pub levels: Vec<Level>,
    /// How levels are held and lost; none: exactly as long as the entry rule holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
    #[serde(default)]
    pub potential: Potential,
    /// Where customers go whose level is no more: levels that were merged into another one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
}

/// A level that is no more, and the one that takes its customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LevelMove)]
pub struct Move {
    pub from: LevelId,
    pub to: LevelId,
}

fn one() -> u8 {
    1
}

/// Who counts as a potential VIP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Potential {
    /// How far the way to the next level must be gone, 0 to 1.
    pub near: f64,
    /// The window whose net spend is compared with the one before, to see who is rising.
    pub window: Window,
}

impl Default for Potential {
    fn default() -> Self {
        Self { near: 0.6, window: Window::Days(90) }
    }
}

/// A fact that is there in every rule set, beside the indicators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixed {
    Score,
    Loyalty,
    RfmR,
    RfmF,
    RfmM,
}

impl Fixed {
    pub const ALL: [Self; 5] = [Self::Score, Self::Loyalty, Self::RfmR, Self::RfmF, Self::RfmM];

    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Loyalty => "loyalty",
            Self::RfmR => "rfm_r",
            Self::RfmF => "rfm_f",
            Self::RfmM => "rfm_m",
        }
    }

    #[must_use]
    pub fn name(self) -> Text {
        match self {
            Self::Score => Text::new("综合评分", "Composite score"),
            Self::Loyalty => Text::new("忠诚度", "Loyalty score"),
            Self::RfmR => Text::new("RFM 最近消费（R）", "RFM recency (R)"),
            Self::RfmF => Text::new("RFM 消费频次（F）", "RFM frequency (F)"),
            Self::RfmM => Text::new("RFM 消费金额（M）", "RFM monetary (M)"),
        }
    }

    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::Score | Self::Loyalty => Unit::Points,
            _ => Unit::Grade,
        }
    }
}

impl Rules {
    /// Reads rules from JSON.
    ///
    /// # Errors
    /// `rules_malformed`, with what is wrong and where.
    pub fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| malformed(&error))
    }

    pub fn from_value(value: serde_json::Value) -> Result<Self> {
        serde_json::from_value(value).map_err(|error| malformed(&error))
    }

    /// The place of a fact: indicators in their order, then the fixed ones.
    #[must_use]
    pub fn fact(&self, id: &str) -> Option<usize> {
        self.indicators
            .iter()
            .position(|indicator| indicator.id == id)
            .or_else(|| Fixed::ALL.iter().position(|fixed| fixed.id() == id).map(|at| self.indicators.len() + at))
    }

    /// Name and unit of a fact.
    #[must_use]
    pub fn fact_face(&self, id: &str) -> Option<(Text, Unit)> {
        self.indicators
            .iter()
            .find(|indicator| indicator.id == id)
            .map(|indicator| (indicator.name.clone(), indicator.unit()))
            .or_else(|| Fixed::ALL.iter().find(|fixed| fixed.id() == id).map(|fixed| (fixed.name(), fixed.unit())))
    }

    /// The level that a customer of this one has now: itself, or the one it was merged into, however often.
    #[must_use]
    pub fn successor(&self, level: LevelId) -> Option<&Level> {
        let mut wanted = level;
        // One step more than there are moves would be a circle.
        for _ in 0..=self.moves.len() {
            if let Some(found) = self.levels.iter().find(|level| level.id == wanted) {
                return Some(found);
            }
            wanted = self.moves.iter().find(|each| each.from == wanted)?.to;
        }
        None
    }

    #[must_use]
    pub fn level_of_rank(&self, rank: u8) -> Option<&Level> {
        self.levels.iter().find(|level| level.rank == rank)
    }
}

fn malformed(error: &serde_json::Error) -> Error {
    Error::invalid(
        "rules_malformed",
        format!("规则无法读取：{error}。"),
        format!("These rules can't be read: {error}."),
    )
    .at("rules")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_field_is_refused_with_its_name() {
        let error = Rules::read(r#"{"indicators":[],"score":{"dimensions":[]},"levels":[],"levles":[]}"#)
            .expect_err("unknown field");
        assert_eq!(error.code, "rules_malformed");
        assert!(error.text.en.contains("levles"), "{}", error.text.en);
        assert!(Rules::read("{").is_err());
    }
}
