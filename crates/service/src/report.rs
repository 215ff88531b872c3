//! Reports: how well what was promised is kept, for whom, by whom, on what. Every number says of how many it is; a median
//! of three tickets is shown with its three.

use serde::Serialize;
use utoipa::ToSchema;

/// What a report is by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Level,
    Agent,
    Group,
    Channel,
    Kind,
    Topic,
    Product,
    Day,
    Week,
    Month,
}

impl By {
    pub const WORDS: [(&'static str, Self); 10] = [
        ("level", Self::Level),
        ("agent", Self::Agent),
        ("group", Self::Group),
        ("channel", Self::Channel),
        ("kind", Self::Kind),
        ("topic", Self::Topic),
        ("product", Self::Product),
        ("day", Self::Day),
        ("week", Self::Week),
        ("month", Self::Month),
    ];

    /// The one with this word.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(name, _)| *name == word).map(|(_, by)| *by)
    }
}

/// Fewer than this many, and a share or a quantile says little.
pub const FEW: i64 = 10;

/// Working times of one promise.
#[derive(Clone, Debug, Default)]
pub struct Times {
    pub minutes: Vec<f64>,
    pub met: i64,
    pub missed: i64,
}

/// A promise in figures.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = ReportPromise)]
pub struct Promise {
    /// Ended clocks that the median and the ninetieth percentile are of.
    pub n: i64,
    /// Working minutes.
    pub median: Option<f64>,
    pub p90: Option<f64>,
    /// Clocks that are judged: kept, missed, or overdue.
    pub judged: i64,
    pub met: i64,
    /// 0 to 1.
    pub compliance: Option<f64>,
}

/// What is gathered for a row.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    pub opened: i64,
    pub open: i64,
    pub reopened: i64,
    pub rated: i64,
    pub rated_sum: i64,
    pub rated_well: i64,
    pub visited: i64,
    pub visited_well: i64,
    pub response: Times,
    pub resolution: Times,
}

/// A figure of a report as a filter: the tickets that it counts. All leave out those that never were one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    All,
    Reopened,
    Rated,
    /// A return visit reached the customer.
    Visited,
    /// Answered, within the promise or not.
    Response,
    ResponseMet,
    ResponseMissed,
    Resolution,
    ResolutionMet,
    ResolutionMissed,
}

impl Counted {
    pub const ALL: [(&'static str, Self); 10] = [
        ("all", Self::All),
        ("reopened", Self::Reopened),
        ("rated", Self::Rated),
        ("visited", Self::Visited),
        ("response", Self::Response),
        ("response_met", Self::ResponseMet),
        ("response_missed", Self::ResponseMissed),
        ("resolution", Self::Resolution),
        ("resolution_met", Self::ResolutionMet),
        ("resolution_missed", Self::ResolutionMissed),
    ];

    /// By its word in the API.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, counted)| *counted)
    }
}

/// A row of figures.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReportFigures)]
pub struct Figures {
    /// Tickets opened in the period.
    pub opened: i64,
    /// Of these the ones that are still open.
    pub backlog: i64,
    /// Of these the ones that were opened again after a solution.
    pub reopened: i64,
    pub reopened_share: Option<f64>,
    pub first_response: Promise,
    pub resolution: Promise,
    /// Tickets that the customer rated; the mean (1 to 5), and the share of 4 and 5.
    pub csat_n: i64,
    pub csat_mean: Option<f64>,
    pub csat_share: Option<f64>,
    /// Return visits that reached the customer, and the share that was content (4 or 5).
    pub visits_n: i64,
    pub visits_share: Option<f64>,
}

impl Gathered {
    /// The figures of what was gathered.
    #[must_use]
    pub fn figures(mut self) -> Figures {
        Figures {
            opened: self.opened,
            backlog: self.open,
            reopened: self.reopened,
            reopened_share: share(self.reopened, self.opened),
            first_response: promise(&mut self.response),
            resolution: promise(&mut self.resolution),
            csat_n: self.rated,
            csat_mean: share(self.rated_sum, self.rated),
            csat_share: share(self.rated_well, self.rated),
            visits_n: self.visited,
            visits_share: share(self.visited_well, self.visited),
        }
    }
}

fn promise(times: &mut Times) -> Promise {
    times.minutes.sort_by(f64::total_cmp);
    let judged = times.met + times.missed;
    Promise {
        n: i64::try_from(times.minutes.len()).unwrap_or(i64::MAX),
        median: quantile(&times.minutes, 0.5),
        p90: quantile(&times.minutes, 0.9),
        judged,
        met: times.met,
        compliance: share(times.met, judged),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of tickets")]
fn share(some: i64, all: i64) -> Option<f64> {
    (all > 0).then(|| some as f64 / all as f64)
}

/// The smallest value that at least this share of the sorted ones does not exceed: exact, one that was really there.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a list"
)]
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(place.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_exact() {
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!((quantile(&ten, 0.5), quantile(&ten, 0.9)), (Some(5.0), Some(9.0)));
        assert_eq!((quantile(&[7.0], 0.5), quantile(&[7.0], 0.9), quantile(&[], 0.5)), (Some(7.0), Some(7.0), None));
        assert_eq!(quantile(&[1.0, 2.0, 100.0], 0.9), Some(100.0));
    }

    #[test]
    fn shares_of_nothing_are_not_said() {
        let figures = Gathered::default().figures();
        assert!(figures.csat_mean.is_none() && figures.first_response.compliance.is_none());
        let times = Times { minutes: vec![30.0, 10.0], met: 1, missed: 1 };
        let figures = Gathered { response: times, ..Gathered::default() }.figures();
        assert_eq!((figures.first_response.median, figures.first_response.compliance), (Some(10.0), Some(0.5)));
    }
}
