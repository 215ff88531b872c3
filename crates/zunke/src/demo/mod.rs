//! The demo company 澄光生活: a deterministic generator, and the job that fills an empty database with it.

mod company;
mod fill;
mod generate;
mod goods;
mod process;
mod random;
mod season;
mod talk;
mod tickets;
mod words;

pub use company::{Prepared, prepare};
pub use fill::{Fill, Progress, find};

use zunke_kernel::Result;
use zunke_store::Tx;

/// The seed of `zunke serve --demo`.
pub const SEED: u64 = 1;

/// Whether nobody has put anything in yet.
fn is_empty(tx: &mut Tx) -> Result<bool> {
    Ok(tx.query_one("SELECT 1 FROM customers LIMIT 1", &[], |row| row.int(0))?.is_none())
}
