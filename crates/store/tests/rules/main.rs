//! The rules that keep one schema and one SQL good for SQLite, PostgreSQL and a spread PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod schema;
mod statements;
