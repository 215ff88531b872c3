//! Export: what a person may see, as a file. The same filters and the same scope as the list.

mod api;
pub mod csv;
pub(crate) mod stream;
mod table;

pub use api::routes;
