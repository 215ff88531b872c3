//! The ways in besides the API, and the way out: mail, public forms, signed hooks; the question how it was; the page of
//! rules. All of them open tickets through [`crate::open`] and speak on them through [`crate::reply`].

pub mod csat;
pub mod form;
pub mod hook;
pub mod imap;
pub mod keys;
pub mod listen;
pub mod mail;
pub mod mailbox;
pub mod page;
pub mod public;
pub mod receive;
pub mod rules;
pub mod send;
pub mod signature;
pub mod tls;
pub mod token;
pub mod work;

pub use keys::Keys;
pub use work::Intake;
