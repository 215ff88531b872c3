//! What a database has to do, told once and held on every engine.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

/// Makes one test per engine of each function.
macro_rules! on_every_engine {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test] fn $name() {
                super::$name(&zunke_store::testing::sqlite());
            })+
        }
        mod on_postgres {
            $(#[test] fn $name() {
                if let Some(db) = zunke_store::testing::database(zunke_store::Engine::Postgres) {
                    super::$name(&db);
                }
            })+
        }
    };
}

mod audit;
mod backup;
mod failures;
mod idempotency;
mod jobs;
mod migrations;
mod outbox;
mod sql;
mod units;

use zunke_kernel::Instant;

/// Some instant to count from.
pub const NOW: Instant = Instant(1_800_000_000_000);
