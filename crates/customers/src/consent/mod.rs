//! What people agreed to: per purpose and channel, with the wording, where it was said and when; and taken back just so.
//! The last word counts, and of two that speak of the same thing the stricter one.

mod api;
pub(crate) mod store;

pub use api::routes;
pub use store::{Event, Text as ConsentText, consented, consented_many, events, publish, record, texts};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Error, Instant, Result};

/// Names an enumeration whose words are those in the database and in the API.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident as $schema:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[schema(as = $schema)]
        pub enum $name { $($(#[$about])* $variant,)+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in the API and in the database.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            pub(crate) fn read(word: &str) -> Result<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
                    .ok_or_else(|| Error::internal(format!("an unknown word of consent: {word}")))
            }
        }
    };
}

words! {
    /// What data are used for.
    Purpose as ConsentPurpose {
        /// What was bought is delivered, repaired, answered for: agreed with the contract, unless it is taken back.
        Service = "service",
        /// Greetings, visits, gifts.
        Care = "care",
        /// Offers.
        Marketing = "marketing",
        /// Figures about the person: scores, levels, forecasts.
        Analysis = "analysis",
        /// Given to others.
        Sharing = "sharing",
    }
}

words! {
    /// How somebody is reached.
    Channel as ConsentChannel {
        /// Every one that has no word of its own.
        Any = "any",
        Phone = "phone",
        Sms = "sms",
        Email = "email",
        Wechat = "wechat",
        Wecom = "wecom",
        Post = "post",
        Visit = "visit",
    }
}

words! {
    /// What was said.
    State as ConsentState {
        Given = "given",
        Withdrawn = "withdrawn",
    }
}

words! {
    /// Where it was said.
    Source as ConsentSource {
        Form = "form",
        Phone = "phone",
        Counter = "counter",
        Wechat = "wechat",
        Email = "email",
        Contract = "contract",
        Import = "import",
        Api = "api",
    }
}

/// One word of somebody about one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    pub at: Instant,
    pub channel: Channel,
    pub state: State,
}

/// What holds for a channel, of everything that was said about one purpose; `None`: nothing was.
///
/// The latest word about the channel and the latest about all of them: the later one holds; but whoever refused one
/// channel does not take that back by agreeing to all. At the same moment the refusal holds.
#[must_use]
pub fn verdict(said: &[Said], channel: Channel) -> Option<State> {
    let latest = |wanted: Channel| {
        said.iter().filter(|one| one.channel == wanted).max_by_key(|one| (one.at, one.state == State::Withdrawn))
    };
    let (own, all) = (latest(channel), latest(Channel::Any));
    match (own, all) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(one.state),
        (Some(own), Some(all)) if own.state == State::Withdrawn || all.state == State::Withdrawn => {
            let given_after = own.state == State::Given && own.at > all.at;
            Some(if given_after { State::Given } else { State::Withdrawn })
        }
        _ => Some(State::Given),
    }
}

/// Whether data may be used for a purpose over a channel: what comes with the contract until it is refused, all else
/// only once it was agreed to.
#[must_use]
pub fn allows(purpose: Purpose, said: &[Said], channel: Channel) -> bool {
    match verdict(said, channel) {
        Some(state) => state == State::Given,
        None => purpose == Purpose::Service,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[(i64, Channel, State)]) -> Vec<Said> {
        words.iter().map(|(at, channel, state)| Said { at: Instant(*at), channel: *channel, state: *state }).collect()
    }

    #[test]
    fn the_last_word_counts_and_the_stricter_of_two() {
        use Channel::{Any, Email, Sms};
        use State::{Given, Withdrawn};
        type Words = [(i64, Channel, State)];
        let cases: [(&Words, Option<State>); 9] = [
            (&[], None),
            (&[(1, Sms, Given)], Some(Given)),
            (&[(1, Any, Given)], Some(Given)),
            (&[(1, Email, Given)], None),
            (&[(1, Sms, Given), (2, Sms, Withdrawn)], Some(Withdrawn)),
            (&[(1, Any, Withdrawn), (2, Sms, Given)], Some(Given)),
            (&[(1, Sms, Withdrawn), (2, Any, Given)], Some(Withdrawn)),
            (&[(1, Sms, Given), (2, Any, Withdrawn)], Some(Withdrawn)),
            (&[(1, Sms, Given), (1, Sms, Withdrawn)], Some(Withdrawn)),
        ];
        for (words, wanted) in cases {
            assert_eq!(verdict(&said(words), Sms), wanted, "{words:?}");
        }
    }

    #[test]
    fn only_service_needs_no_word() {
        for purpose in Purpose::ALL {
            assert_eq!(allows(*purpose, &[], Channel::Sms), *purpose == Purpose::Service);
        }
        let refused = said(&[(1, Channel::Any, State::Withdrawn)]);
        assert!(!allows(Purpose::Service, &refused, Channel::Phone));
    }
}
