//! Requests and their clock.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use zunke_customers::privacy::Line;
use zunke_customers::privacy::settings::{Asked, Clock};
use zunke_kernel::calendar::Calendar;
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Error, Instant, Money, Result, Zone};

zunke_kernel::id_type!(/** A request of a person about his own data. */ RequestId, "prq");

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PrivacyRequestState)]
pub enum State {
    Open,
    Done,
    /// With a reason.
    Refused,
    /// Taken back by the one who asked.
    Withdrawn,
}

impl State {
    const ALL: [Self; 4] = [Self::Open, Self::Done, Self::Refused, Self::Withdrawn];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub(crate) fn read(word: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| Error::internal(format!("a request in the unknown state {word}")))
    }
}

/// How a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PrivacyRequestChannel)]
pub enum Channel {
    Phone,
    Email,
    Counter,
    Wechat,
    Letter,
    Form,
}

impl Channel {
    const ALL: [Self; 6] = [Self::Phone, Self::Email, Self::Counter, Self::Wechat, Self::Letter, Self::Form];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Counter => "counter",
            Self::Wechat => "wechat",
            Self::Letter => "letter",
            Self::Form => "form",
        }
    }

    pub(crate) fn read(word: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.word() == word)
            .ok_or_else(|| Error::internal(format!("a request came in by {word}")))
    }
}

/// A request as it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PrivacyRequest)]
pub struct Request {
    pub id: RequestId,
    /// 1, 2, 3 …
    pub number: i64,
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub kind: Asked,
    pub state: State,
    pub received_at: Instant,
    pub due_at: Instant,
    /// The due time as it was first.
    pub first_due_at: Instant,
    /// Why it was put off.
    pub extension: Option<String>,
    pub channel: Channel,
    /// In the person's own words.
    pub words: Option<String>,
    /// How it was made sure who asks.
    pub identity_check: Option<String>,
    /// What was done, or why it was refused.
    pub answer: Option<String>,
    /// Of an erasure that was done.
    pub certificate: Option<Certificate>,
    pub asked_by: Option<StaffId>,
    pub decided_by: Option<StaffId>,
    pub decided_at: Option<Instant>,
    pub version: i64,
}

/// What an erasure did: nothing in it tells who the person was.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PrivacyCertificate)]
pub struct Certificate {
    /// Of the request; 0: by retention, nobody asked.
    pub number: i64,
    pub customer_id: CustomerId,
    pub erased_at: Instant,
    pub erased_by: Option<StaffId>,
    /// What went, what stayed and why.
    pub lines: Vec<Line>,
    /// The sums that stay.
    pub orders: i64,
    pub net_spend: Money,
    /// SHA-256 over everything above, in hex: a copy that was changed does not have it.
    pub fingerprint: String,
}

/// When an answer is due: at the end of the day of the organisation on which the time is up, or after so many working
/// days, at the hour at which it came in.
pub fn due(clock: Clock, received: Instant, zone: &Zone, calendar: &Calendar) -> Result<Instant> {
    if clock.working {
        return calendar.add_days(received, clock.days);
    }
    let days = i32::try_from(clock.days).map_err(Error::internal)?;
    Ok(zone.start_of(zone.day_of(received).plus(days + 1)).plus_ms(-1))
}

/// The certificate's number without the prefix is a request's own id.
#[must_use]
pub fn raw(id: RequestId) -> Uuid {
    id.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use zunke_kernel::calendar::named;

    /// 2026-11-20 18:30 in Shanghai, a Friday.
    const FRIDAY: Instant = Instant(1_795_170_600_000);

    fn calendar() -> Calendar {
        Calendar::build(&named("cn").expect("shipped")).expect("open")
    }

    #[test]
    fn days_end_with_the_day_and_working_days_pass_over_the_weekend() {
        let zone = Zone::default();
        let clock = |days, working| Clock { kind: Asked::Access, days, working };
        let plain = due(clock(15, false), FRIDAY, &zone, &calendar()).expect("due");
        assert_eq!(zone.day_of(plain), zone.day_of(FRIDAY).plus(15));
        assert_eq!(zone.day_of(plain.plus_ms(1)), zone.day_of(FRIDAY).plus(16));
        let working = due(clock(1, true), FRIDAY, &zone, &calendar()).expect("due");
        assert!(zone.day_of(working) >= zone.day_of(FRIDAY).plus(3), "Saturday and Sunday do not count");
    }
}
