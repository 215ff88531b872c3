//! The schema, step by step: numbered files, applied once each and in order, remembered with a checksum.

use crate::Tx;
use crate::db::{Db, Engine, Inner};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use zunke_kernel::{Error, Kind, Result};

/// Name and text of every migration of this build, in order.
pub(crate) const ALL: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    name {text} NOT NULL,
    checksum {text} NOT NULL,
    CONSTRAINT schema_migrations_pk PRIMARY KEY (name)
) {clustered};";

pub(crate) fn run(db: &Db, all: &[(&str, &str)]) -> Result<Vec<String>> {
    let engine = db.engine();
    let mut steps = Vec::with_capacity(all.len());
    for (name, text) in all {
        steps.push(Step { name, sql: render(text, engine)?, checksum: checksum(text) });
    }
    let table = render(TABLE, engine)?;
    match db.inner() {
        Inner::Sqlite(sqlite) => sqlite.alone(|connection| {
            let failed = |error: rusqlite::Error| Error::internal(format!("migration: {error}"));
            // Two processes starting at one time: the second waits here and then finds all done.
            connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
            connection.execute_batch(&table).map_err(failed)?;
            let known = connection
                .prepare("SELECT name, checksum FROM schema_migrations ORDER BY name")
                .and_then(|mut statement| {
                    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<Vec<_>>>()
                })
                .map_err(failed)?;
            let mut applied = Vec::new();
            for step in missing(&steps, &known)? {
                connection
                    .execute_batch(&step.sql)
                    .and_then(|()| {
                        connection.execute(
                            "INSERT INTO schema_migrations (name, checksum) VALUES (?1, ?2)",
                            [step.name, &step.checksum],
                        )
                    })
                    .map_err(|error| Error::internal(format!("migration {}: {error}", step.name)))?;
                applied.push(step.name.to_owned());
            }
            connection.execute_batch("COMMIT").map_err(failed)?;
            Ok(applied)
        }),
        Inner::Postgres(postgres) => postgres.alone(|session| {
            session.batch(&table).map_err(|fault| fault.error)?;
            let mut known = Vec::new();
            let mut unread = None;
            session
                .walk("SELECT name, checksum FROM schema_migrations ORDER BY name", &[], &mut |row| {
                    match row.text(0).and_then(|name| Ok((name, row.text(1)?))) {
                        Ok(step) => known.push(step),
                        Err(error) => unread = Some(error),
                    }
                    unread.is_none()
                })
                .map_err(|fault| fault.error)?;
            unread.map_or(Ok(()), Err)?;
            let mut applied = Vec::new();
            for step in missing(&steps, &known)? {
                session
                    .batch(&step.sql)
                    .and_then(|()| {
                        session.execute(
                            "INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)",
                            &[step.name.into(), step.checksum.as_str().into()],
                        )
                    })
                    .map_err(|fault| Error::internal(format!("migration {}: {}", step.name, fault.error)))?;
                applied.push(step.name.to_owned());
            }
            Ok(applied)
        }),
    }
}

/// What the database knows to be applied: name and checksum, in order.
pub(crate) fn applied(tx: &mut Tx) -> Result<Vec<(String, String)>> {
    tx.query("SELECT name, checksum FROM schema_migrations ORDER BY name", &[], |row| Ok((row.text(0)?, row.text(1)?)))
}

/// Brings an empty database to where another one stood, which this build must know.
pub(crate) fn up_to(db: &Db, known: &[(String, String)]) -> Result<()> {
    let mut steps = Vec::with_capacity(ALL.len());
    for (name, text) in ALL {
        steps.push(Step { name, sql: String::new(), checksum: checksum(text) });
    }
    missing(&steps, known)?;
    run(db, ALL.get(..known.len()).unwrap_or(ALL)).map(drop).map_err(|error| {
        if error.code != "database_newer" {
            return error;
        }
        Error::conflict(
            "database_exists",
            "目标数据库的结构比备份更新，请恢复到新建的数据库。",
            "The database has a newer schema than the backup: restore into a newly made one.",
        )
    })
}

struct Step<'a> {
    name: &'a str,
    sql: String,
    checksum: String,
}

/// What is still to be applied, after what the database knows has been held against this build.
fn missing<'a>(steps: &'a [Step<'a>], known: &[(String, String)]) -> Result<&'a [Step<'a>]> {
    for (at, (name, checksum)) in known.iter().enumerate() {
        let Some(step) = steps.get(at) else {
            return Err(Error::new(
                Kind::Conflict,
                "database_newer",
                format!("数据库由更新版本的程序创建（{name}），请升级程序后再使用。"),
                format!("The database was written by a newer version ({name}); please upgrade the program."),
            ));
        };
        if step.name != name || &step.checksum != checksum {
            return Err(Error::new(
                Kind::Conflict,
                "migration_changed",
                format!("数据库结构与程序不一致（{name}），请使用创建该数据库的程序版本。"),
                format!("The database does not match this program ({name}); use the version that made it."),
            ));
        }
    }
    Ok(steps.get(known.len()..).unwrap_or_default())
}

/// A short name for the state of all migrations of this build.
pub(crate) fn fingerprint() -> String {
    let all: String = ALL.iter().flat_map(|(name, text)| [*name, *text]).collect();
    checksum(&all).chars().take(16).collect()
}

fn checksum(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The text for one engine: its sections, its types.
fn render(text: &str, engine: Engine) -> Result<String> {
    let mut sql = String::with_capacity(text.len());
    let mut mine = true;
    for line in text.lines() {
        match line.trim() {
            "-- @all" => mine = true,
            "-- @sqlite" => mine = engine == Engine::Sqlite,
            "-- @postgres" => mine = engine == Engine::Postgres,
            other if other.starts_with("-- @") => {
                return Err(Error::internal(format!("a migration has the unknown section {other}")));
            }
            _ if mine => {
                sql.push_str(line);
                sql.push('\n');
            }
            _ => {}
        }
    }
    // Text sorts by its bytes on both, so that an order, a keyset page and a prefix search agree.
    let types: [(&str, &str, &str); 8] = [
        ("{uuid}", "BLOB", "UUID"),
        ("{int}", "INTEGER", "BIGINT"),
        ("{text}", "TEXT", "TEXT COLLATE \"C\""),
        ("{real}", "REAL", "DOUBLE PRECISION"),
        ("{bool}", "INTEGER", "BOOLEAN"),
        ("{bytes}", "BLOB", "BYTEA"),
        ("{json}", "TEXT", "TEXT"),
        ("{clustered}", "WITHOUT ROWID", ""),
    ];
    for (token, sqlite, postgres) in types {
        sql = sql.replace(token, if engine == Engine::Sqlite { sqlite } else { postgres });
    }
    Ok(sql)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_is_written_once_for_both_engines() {
        let text = "CREATE TABLE a (b {uuid}, c {text}) {clustered};\n-- @postgres\nX;\n-- @sqlite\nY;\n-- @all\nZ;";
        assert_eq!(render(text, Engine::Sqlite).unwrap(), "CREATE TABLE a (b BLOB, c TEXT) WITHOUT ROWID;\nY;\nZ;\n");
        assert_eq!(
            render(text, Engine::Postgres).unwrap(),
            "CREATE TABLE a (b UUID, c TEXT COLLATE \"C\") ;\nX;\nZ;\n"
        );
        assert!(render("-- @mysql\n", Engine::Sqlite).is_err());
    }
}
