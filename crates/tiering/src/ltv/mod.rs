//! Lifetime value: how often a customer will buy, whether he is still there, and what it is worth.
//!
//! Pure but for [`refit`], the job: [`base`] makes three numbers of a history, [`bgnbd`] and [`gamma_gamma`] find the models under which all
//! histories are likeliest, [`predict`] says what they expect of one customer, [`average`] is the plain method for
//! bases too thin for a model, [`judge`] holds a fit against what happened, and [`fit`] puts them together.

pub mod average;
pub mod base;
pub mod bgnbd;
pub mod fit;
pub mod gamma_gamma;
pub mod holdout;
pub mod judge;
mod newton;
pub mod predict;
pub mod refit;
pub mod sample;
pub mod special;
