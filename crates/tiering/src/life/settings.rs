//! How the levels of a programme are held. Rules without these settings hold a level exactly as long as its entry rule
//! holds.

use serde::{Deserialize, Serialize};
use zunke_kernel::id::LevelId;

/// How levels are held, kept and lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Life {
    /// How long a level is held once it is reached.
    pub validity: Validity,
    /// To which end the last day is moved.
    #[serde(default)]
    pub rounding: Rounding,
    /// Months that the first cycle lasts at least, whatever the validity says (0 to 60).
    #[serde(default)]
    pub first_cycle_months: u8,
    /// Days between missing the keep rule and losing the level (0: none, 366 at most).
    pub observation_days: u16,
    /// Whether the benefits of the level go on during observation.
    #[serde(default = "yes")]
    pub observation_benefits: bool,
    pub downgrade: Downgrade,
    /// The level below which nobody falls who has reached it.
    #[serde(default)]
    pub floor: Option<LevelId>,
    /// For so many days after a downgrade, meeting the lost level's keep rule brings it back (0: never).
    #[serde(default)]
    pub return_days: u16,
    /// Days before the end of a cycle or of an observation on which a notice goes out, each once.
    #[serde(default = "notices")]
    pub notices: Vec<u16>,
    #[serde(default)]
    pub review: Review,
}

/// How long a level is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// So many months (1 to 120) from the day on which it was reached; the 31st becomes the last day of a shorter month.
    Months(u8),
    /// Up to the next such day of the year. 29 February is the 28th in a common year.
    CalendarDate { month: u8, day: u8 },
    /// Up to the next anniversary of joining.
    JoiningAnniversary,
    /// To the end of the period after the running one.
    EndOfNext(Cycle),
}

/// A period that repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cycle {
    Month,
    Quarter,
    HalfYear,
    Year,
}

/// To the end of which period a last day is moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    #[default]
    None,
    Month,
    Quarter,
    HalfYear,
}

/// To where a level falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Downgrade {
    OneStep,
    /// To the highest level whose entry rule holds.
    ToScore,
    /// To the lowest level.
    ToBase,
}

/// How everyone is looked at again and again, and what needs a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// None: levels change day by day and only the borderline queue is kept.
    #[serde(default)]
    pub cycle: Option<Cycle>,
    /// Share of the levelled customers (above 0, at most 1) that may fall in one run; more stops it for approval.
    #[serde(default = "brake")]
    pub brake: f64,
    #[serde(default)]
    pub borderline: Option<Borderline>,
}

/// Whose level a person should look at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Borderline {
    /// How near a threshold, as a share of it (0 to 0.5).
    pub delta: f64,
    /// Whether also those for whom RFM and the composite score disagree.
    #[serde(default)]
    pub disagreement: bool,
}

impl Default for Review {
    fn default() -> Self {
        Self { cycle: None, brake: brake(), borderline: None }
    }
}

fn yes() -> bool {
    true
}

fn brake() -> f64 {
    0.1
}

fn notices() -> Vec<u16> {
    vec![90, 30, 7, 0]
}

impl Life {
    /// What suits most: a year to the end of the month, a month of observation, one step down, three months to come
    /// back, and a look at everyone each month.
    #[must_use]
    pub fn recommended() -> Self {
        Self {
            validity: Validity::Months(12),
            rounding: Rounding::Month,
            first_cycle_months: 0,
            observation_days: 30,
            observation_benefits: true,
            downgrade: Downgrade::OneStep,
            floor: None,
            return_days: 90,
            notices: notices(),
            review: Review {
                cycle: Some(Cycle::Month),
                brake: brake(),
                borderline: Some(Borderline { delta: 0.05, disagreement: false }),
            },
        }
    }
}
