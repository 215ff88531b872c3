//! The tiering room.
pub mod bucket;
pub mod decision;
pub mod evaluate;
pub mod explain;
pub mod face;
pub mod indicator;
pub mod ladder;
pub mod measure;
pub mod potential;
pub mod rfm;
pub mod rules;
pub mod score;
pub mod templates;
pub mod validate;
pub mod way;
