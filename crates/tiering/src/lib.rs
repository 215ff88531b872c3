//! The tiering room.
pub mod bucket;
pub mod indicator;
pub mod measure;
pub mod rfm;
pub mod score;
