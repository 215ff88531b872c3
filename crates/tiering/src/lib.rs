//! The room of levels: who the real VIPs are, and why.
//!
//! Words: a *measure* is what activities add up to per customer and day, packed into a *bucket* per year; an
//! *indicator* is an aggregate of a measure over a window; *dimensions* turn indicators into points and the points
//! into a *score* from 0 to 100; a *programme* is one ladder of *levels*, its rules kept in *versions*; a customer's
//! *standing* is where he is, a *decision* is what brought him there, with everything it rested on.
//!
//! Promises: measures and level move in the transaction of the activity that moves them; activities that come late,
//! twice, in any order or are taken back leave exactly the same bytes; an evaluation that is run twice changes nothing;
//! every level can say why.

pub mod api;
pub mod ask;
pub mod bucket;
pub mod cache;
pub mod candidates;
pub mod columns;
pub mod compare;
pub mod decision;
pub mod evaluate;
pub mod explain;
pub mod face;
pub mod flat;
pub mod image;
pub mod indicator;
pub mod inputs;
pub mod keep;
pub mod ladder;
pub mod life;
pub mod ltv;
pub mod measure;
pub mod merge;
pub mod observer;
pub mod potential;
pub mod primary;
pub mod privacy;
pub mod publish;
pub mod rfm;
pub mod rules;
pub mod run;
pub mod say;
pub mod score;
pub mod sense;
pub mod simulation;
pub mod stats;
pub mod store;
pub mod templates;
pub mod trial;
pub mod validate;
pub mod way;
pub mod work;

pub use api::routes;
pub use cache::Tiers;
pub use observer::Tiering;
pub use run::{Summary, evaluate};
