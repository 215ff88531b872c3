//! What a manager carries, and what he can.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use zunke_kernel::{Error, Result};

/// Places, in hundredths: `50` is 5,000. In JSON a number with at most two decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Places(pub i64);

/// More is a slip of the hand.
const PLACES_MAX: f64 = 100_000.0;

impl Places {
    pub const ONE: Self = Self(100);
    /// What a manager has where nothing else is said.
    pub const CAP: Self = Self(5_000);

    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// How much of `cap` this is, in millionths; of no places at all, more than everything.
    #[must_use]
    pub fn share_of(self, cap: Self) -> i64 {
        if cap.0 <= 0 { i64::MAX } else { self.0.saturating_mul(1_000_000) / cap.0 }
    }
}

impl std::fmt::Display for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, part) if part % 10 == 0 => write!(f, "{whole}.{}", part / 10),
            (whole, part) => write!(f, "{whole}.{part:02}"),
        }
    }
}

impl Serialize for Places {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_precision_loss, reason = "at most a hundred thousand places")]
        serializer.serialize_f64(self.0 as f64 / 100.0)
    }
}

impl<'de> Deserialize<'de> for Places {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        let hundredths = (number * 100.0).round();
        if !(0.0..=PLACES_MAX).contains(&number) || (hundredths - number * 100.0).abs() > 1e-6 {
            return Err(serde::de::Error::custom("a number from 0 to 100000 with at most two decimals"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "checked just above")]
        Ok(Self(hundredths as i64))
    }
}

impl utoipa::PartialSchema for Places {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Number)
            .minimum(Some(0.0))
            .maximum(Some(PLACES_MAX))
            .into()
    }
}

impl utoipa::ToSchema for Places {}

/// How managers are given customers, as it is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagerSettings)]
pub struct Settings {
    /// Places of a manager whose profile names none.
    #[serde(default = "cap")]
    pub cap: Places,
    /// The rank of the lowest level whose customers are VIPs; `null`: the two highest levels of the primary programme.
    #[serde(default)]
    pub vip_from: Option<i64>,
    /// What a customer of a level takes, by rank, where it is not one place for a VIP and none for others.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, f64>)]
    pub weights: BTreeMap<i64, Places>,
    /// Whether a customer who rises to a VIP level and has no manager is given one by the house.
    #[serde(default)]
    pub automatic: bool,
    /// Keys of the customers' own fields that say their industry and language.
    #[serde(default)]
    pub industry_field: Option<String>,
    #[serde(default)]
    pub language_field: Option<String>,
    /// Counts up with each change; the `ETag`.
    #[serde(default)]
    pub version: i64,
}

fn cap() -> Places {
    Places::CAP
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cap: Places::CAP,
            vip_from: None,
            weights: BTreeMap::new(),
            automatic: false,
            industry_field: None,
            language_field: None,
            version: 0,
        }
    }
}

/// The highest rank that a level may have.
const RANK_MAX: i64 = 10;

impl Settings {
    /// Checks what a person entered; all faults at once.
    pub fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        if self.cap.0 < 100 {
            let (zh, en) = ("每位客户经理至少 1 个名额。", "A manager has at least one place.");
            faults.push(Error::invalid("cap_invalid", zh, en).at("cap"));
        }
        if self.vip_from.is_some_and(|rank| !(1..=RANK_MAX).contains(&rank)) {
            let (zh, en) = ("VIP 起始等级应为 1 到 10。", "VIPs begin at a level from 1 to 10.");
            faults.push(Error::invalid("vip_from_invalid", zh, en).at("vip_from"));
        }
        for (rank, weight) in &self.weights {
            if !(0..=RANK_MAX).contains(rank) || weight.0 > 10_000 {
                faults.push(
                    Error::invalid(
                        "weight_invalid",
                        "等级序号应为 0 到 10，权重应为 0 到 100。",
                        "Ranks go from 0 to 10, weights from 0 to 100.",
                    )
                    .at(format!("weights.{rank}")),
                );
            }
        }
        Error::gather(faults).map_or(Ok(()), Err)
    }
}

/// The settings with the ladder as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    pub cap: Places,
    pub vip_from: i64,
    weights: BTreeMap<i64, Places>,
}

impl Rates {
    /// `top`: the highest rank of the primary programme, 0 without one.
    #[must_use]
    pub fn of(settings: &Settings, top: i64) -> Self {
        let vip_from = settings.vip_from.unwrap_or_else(|| (top - 1).max(1));
        Self { cap: settings.cap, vip_from, weights: settings.weights.clone() }
    }

    /// What a customer of this rank takes.
    #[must_use]
    pub fn weight(&self, rank: i64) -> Places {
        let usual = if rank >= self.vip_from { Places::ONE } else { Places(0) };
        self.weights.get(&rank).copied().unwrap_or(usual)
    }

    #[must_use]
    pub fn is_vip(&self, rank: i64) -> bool {
        rank >= self.vip_from
    }

    /// What so many customers of each rank are to their manager.
    #[must_use]
    pub fn load(&self, counts: &[(i64, i64)]) -> Load {
        let mut load = Load::default();
        for (rank, count) in counts {
            load.customers += count;
            load.vips += if self.is_vip(*rank) { *count } else { 0 };
            load.places.0 += self.weight(*rank).0.saturating_mul(*count);
        }
        load
    }
}

/// What a manager carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ManagerLoad)]
pub struct Load {
    pub customers: i64,
    pub vips: i64,
    /// What they weigh, against the cap.
    pub places: Places,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vip_takes_one_place_and_others_none_unless_the_level_weighs_otherwise() {
        let mut settings = Settings::default();
        let rates = Rates::of(&settings, 4);
        assert_eq!((rates.vip_from, rates.cap), (3, Places(5_000)));
        let load = rates.load(&[(0, 400), (2, 70), (3, 20), (4, 9)]);
        assert_eq!(load, Load { customers: 499, vips: 29, places: Places(2_900) });
        settings.weights = BTreeMap::from([(4, Places(250)), (2, Places(10))]);
        settings.vip_from = Some(4);
        let rates = Rates::of(&settings, 4);
        assert_eq!(rates.load(&[(2, 70), (3, 20), (4, 9)]), Load { customers: 99, vips: 9, places: Places(2_950) });
        assert_eq!(Rates::of(&Settings::default(), 0).vip_from, 1, "no ladder yet");
    }

    #[test]
    fn places_are_numbers_with_two_decimals() {
        let read = |text: &str| serde_json::from_str::<Places>(text);
        assert_eq!(read("50").expect("whole"), Places(5_000));
        assert_eq!(read("0.35").expect("a part"), Places(35));
        assert!(read("-1").is_err() && read("1.005").is_err() && read("1e9").is_err());
        assert_eq!([Places(5_000), Places(250), Places(35)].map(|places| places.to_string()), ["50", "2.5", "0.35"]);
    }

    #[test]
    fn all_faults_of_the_settings_are_named_at_once() {
        let bad = Settings {
            cap: Places(0),
            vip_from: Some(0),
            weights: BTreeMap::from([(11, Places(1)), (3, Places(10_001))]),
            ..Settings::default()
        };
        let error = bad.check().expect_err("four faults");
        assert_eq!((error.code, error.others.len()), ("cap_invalid", 3));
    }
}
