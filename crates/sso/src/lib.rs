//! The room of signing in by the word of others: providers of identities, and the directory of the company.
//!
//! Words: a *provider* (OpenID Connect, or WeCom 企业微信) says who somebody is; its *subject* is its own word for a person,
//! which it gives to nobody else; an *identity* ties a subject to a member of staff; a *flight* is one sign-in on its way,
//! kept sealed in the browser that began it; the *directory* is the program that makes, changes and ends people (SCIM).
//!
//! Promises: an answer of a provider is taken once, by the browser that asked, and not after ten minutes; nobody comes in by
//! a token whose signature, issuer, audience, time or nonce does not hold; who has a login is not taken over by a name or an
//! address that merely equals his, unless the administrator has said so; no call goes inside the house where it was not
//! allowed; whom the directory ends is out at once, and his work goes to others.

pub mod api;
mod call;
pub mod door;
pub mod flight;
pub mod oidc;
pub mod person;
pub mod provider;
pub mod scim;
pub mod store;
pub mod wecom;

pub use api::routes;
pub use provider::reseal;

use axum::Router;
use zunke_http::App;

/// What is known of providers as long as the process lives; put into `App` by the binary. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    pub known: oidc::discovery::Known,
    pub tokens: wecom::Tokens,
}

impl SignIn {
    /// The settings of a provider have changed.
    pub fn forget(&self, provider: provider::ProviderId) {
        self.known.forget();
        self.tokens.forget(provider);
    }
}

/// What is not part of the API: the way to the provider and back, and the directory's own protocol.
pub fn pages() -> Router<App> {
    door::pages().merge(scim::routes())
}
