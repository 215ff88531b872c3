//! SQLite inside the process: one writer that shares commits, a pool of readers beside it.

mod keeper;
mod queue;
mod readers;
pub(crate) mod statement;
mod writer;

use crate::db::Unit;
use crate::error;
use crate::tx::{self, State, Tx};
use keeper::Keeper;
use readers::Readers;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use writer::Writer;
use zunke_kernel::{Error, Result};

/// How often a write that met another process's lock is run again.
const RETRIES: u32 = 5;
/// Page cache of the writer.
const WRITER_CACHE_KIB: i64 = 65_536;
/// Page cache of the thread that empties the log, which reads and keeps nothing.
const KEEPER_CACHE_KIB: i64 = 64;
/// Prepared statements kept per connection.
const STATEMENTS: usize = 128;

pub(crate) struct Sqlite {
    path: PathBuf,
    writer: Writer,
    readers: Readers,
    _keeper: Keeper,
}

impl Sqlite {
    pub fn open(path: &Path) -> Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| unopened(path, &error))?;
        }
        let open = |cache_kib| -> rusqlite::Result<Connection> {
            let flags =
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags)?;
            prepare(&connection, cache_kib)?;
            Ok(connection)
        };
        let both = || -> rusqlite::Result<_> {
            let mut connection = open(WRITER_CACHE_KIB)?;
            let keeper = Keeper::start(open(KEEPER_CACHE_KIB)?, &mut connection)?;
            Ok((connection, keeper))
        };
        let (connection, keeper) = both().map_err(|error| unopened(path, &error))?;
        let readers = Readers::new(path.to_owned());
        Ok(Self { path: path.to_owned(), writer: Writer::new(connection), readers, _keeper: keeper })
    }

    pub fn read(&self, work: &mut Unit<'_>) -> Result<()> {
        let reader = self.readers.take()?;
        let begun = statement::execute(&reader, "BEGIN", &[]);
        begun.map_err(|fault| fault.error)?;
        // Ends the snapshot also when the closure panics.
        let _end = End(&reader);
        let mut tx = Tx::new(tx::Inner::Sqlite(&reader));
        let done = work(&mut tx);
        if tx.state().failed && done.is_ok() { Err(error::spent()) } else { done }
    }

    pub fn write(&self, work: &mut Unit<'_>) -> (Result<()>, State) {
        let mut tries = 0;
        loop {
            let (done, state) = self.writer.run(work);
            if !state.retry || tries == RETRIES {
                return (done, state);
            }
            tries += 1;
            std::thread::sleep(std::time::Duration::from_millis(5 << tries));
        }
    }

    /// One closure alone on the writer's connection, outside any transaction: for migrations.
    pub fn alone<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.writer.alone(work)
    }

    /// Copies the database into a new file while it is in use. The copy is of one snapshot: whoever writes meanwhile
    /// neither waits nor makes it begin anew.
    pub fn backup(&self, to: &Path) -> Result<()> {
        let reader = self.readers.take()?;
        let failed = |error: rusqlite::Error| {
            Error::internal(format!("backup of {} to {}: {error}", self.path.display(), to.display()))
        };
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(to).map_err(Error::internal)?;
        let mut copy = Connection::open(to).map_err(failed)?;
        statement::execute(&reader, "BEGIN", &[]).map_err(|fault| fault.error)?;
        let _end = End(&reader);
        // A transaction sees its snapshot from the first read on.
        reader.query_row("SELECT COUNT(*) FROM sqlite_master", [], |_| Ok(())).map_err(failed)?;
        let backup = rusqlite::backup::Backup::new(&reader, &mut copy).map_err(failed)?;
        backup.run_to_completion(4_096, std::time::Duration::ZERO, None).map_err(failed)
    }
}

struct End<'a>(&'a Connection);

impl Drop for End<'_> {
    fn drop(&mut self) {
        if let Err(fault) = statement::execute(self.0, "COMMIT", &[]) {
            tracing::warn!(error = %fault.error, "a read snapshot did not end cleanly");
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}

/// Settings of every connection. `cache_kib` is the page cache that it may fill.
fn prepare(connection: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    write_ahead(connection)?;
    connection.execute_batch(&format!(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA case_sensitive_like = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA cache_size = -{cache_kib};"
    ))
}

/// Turns the write-ahead log on. Where several open a new file at one moment, SQLite answers BUSY here without
/// waiting; the mode stays with the file, so afterwards this is only a look.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let mut tries = 0;
    loop {
        let mode = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match mode {
            Err(error) if tries < 400 && error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
                tries += 1;
                std::thread::sleep(std::time::Duration::from_millis(25));
            }
            other => return other.map(|_| ()),
        }
    }
}

fn unopened(path: &Path, cause: &dyn std::fmt::Display) -> Error {
    let mut error = Error::internal(cause);
    error.code = "database_unopened";
    error.text = zunke_kernel::Text::new(
        format!("无法打开数据库文件 {}，请检查路径和权限。", path.display()),
        format!("The database file {} cannot be opened; check the path and its permissions.", path.display()),
    );
    error
}
