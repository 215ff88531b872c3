//! The handle that every room holds.

use crate::bell::Bell;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::{Tx, migrate};
use std::cell::Cell;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use zunke_kernel::{Error, Result};

/// A database. Cheap to clone; all clones share its connections.
#[derive(Clone)]
pub struct Db {
    shared: Arc<Shared>,
}

struct Shared {
    inner: Inner,
    bell: Bell,
}

/// A unit of work, whatever it answers. The engines know only this one type: what they do around it is in the program
/// once, and not once per query of the product.
pub(crate) type Unit<'a> = dyn FnMut(&mut Tx) -> Result<()> + 'a;

pub(crate) enum Inner {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

thread_local! {
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

/// Marks this thread as inside a write; a second write inside would wait for itself for ever.
struct Writing;

impl Writing {
    fn begin() -> Result<Self> {
        if WRITING.replace(true) {
            return Err(Error::internal("a write was begun inside a write: pass the Tx on instead"));
        }
        Ok(Self)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        WRITING.set(false);
    }
}

impl Db {
    /// Opens `sqlite:PATH` (made where it is not there) or `postgres://…`. Does not migrate.
    pub fn open(url: &str) -> Result<Self> {
        let inner = match url.strip_prefix("sqlite:") {
            Some(path) if path != ":memory:" && !path.is_empty() => {
                Inner::Sqlite(Sqlite::open(Path::new(path.strip_prefix("//").unwrap_or(path)))?)
            }
            None if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Inner::Postgres(Postgres::open(url)?)
            }
            _ => return Err(unknown(url)),
        };
        Ok(Self { shared: Arc::new(Shared { inner, bell: Bell::default() }) })
    }

    #[must_use]
    pub fn engine(&self) -> Engine {
        match &self.shared.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.shared.inner
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.shared.bell
    }

    /// Brings the schema up to this build; answers the names of what was applied. Forward only: a changed
    /// migration, or a database of a newer build, is refused.
    pub fn migrate(&self) -> Result<Vec<String>> {
        migrate::run(self, migrate::ALL)
    }

    /// One unit of reading on one snapshot. Blocks the calling thread.
    pub fn read<T>(&self, work: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        let mut work = Some(work);
        let mut value = None;
        self.read_unit(&mut |tx| {
            let work = work.take().ok_or_else(|| Error::internal("a read was run twice"))?;
            value = Some(work(tx)?);
            Ok(())
        })?;
        value.ok_or_else(never_run)
    }

    /// One unit of writing, on disk once this answers `Ok`. `work` may run again. Blocks the calling thread.
    pub fn write<T>(&self, work: impl Fn(&mut Tx) -> Result<T>) -> Result<T> {
        let mut value = None;
        self.write_unit(&mut |tx| {
            value = Some(work(tx)?);
            Ok(())
        })?;
        value.ok_or_else(never_run)
    }

    fn read_unit(&self, work: &mut Unit<'_>) -> Result<()> {
        match &self.shared.inner {
            Inner::Sqlite(sqlite) => sqlite.read(work),
            Inner::Postgres(postgres) => postgres.read(work),
        }
    }

    fn write_unit(&self, work: &mut Unit<'_>) -> Result<()> {
        let _writing = Writing::begin()?;
        let (done, state) = match &self.shared.inner {
            Inner::Sqlite(sqlite) => sqlite.write(work),
            Inner::Postgres(postgres) => postgres.write(work),
        };
        if done.is_ok() && state.ring {
            self.shared.bell.ring();
        }
        done
    }

    /// [`Db::read`] on a thread for blocking work.
    pub async fn read_async<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let db = self.clone();
        let (give, take) = oneshot::channel();
        aside(Box::new(move || drop(give.send(db.read(work))))).await?;
        take.await.map_err(Error::internal)?
    }

    /// [`Db::write`] on a thread for blocking work.
    pub async fn write_async<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (db, origin) = (self.clone(), crate::audit::asked());
        let (give, take) = oneshot::channel();
        aside(Box::new(move || drop(give.send(crate::audit::from(origin, || db.write(work)))))).await?;
        take.await.map_err(Error::internal)?
    }

    /// Whether the database answers.
    pub fn ping(&self) -> Result<()> {
        self.read(|tx| tx.query_one("SELECT 1", &[], |row| row.int(0))).map(|_| ())
    }

    /// Copies a SQLite database into a new file while it is in use.
    pub fn backup(&self, path: &Path) -> Result<()> {
        match &self.shared.inner {
            Inner::Sqlite(sqlite) => sqlite.backup(path),
            Inner::Postgres(_) => Err(Error::invalid(
                "backup_by_server",
                "PostgreSQL 数据库请使用 pg_dump 备份。",
                "A PostgreSQL database is backed up with pg_dump.",
            )),
        }
    }
}

fn never_run() -> Error {
    Error::internal("a unit of work was not run")
}

/// Runs this on a thread for blocking work; a panic of it goes on here.
async fn aside(work: Box<dyn FnOnce() + Send>) -> Result<()> {
    tokio::task::spawn_blocking(work).await.or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(error) => Err(Error::internal(error)),
    })
}

fn unknown(url: &str) -> Error {
    let scheme: String = url.chars().take_while(|c| *c != ':').take(20).collect();
    Error::invalid(
        "database_url_invalid",
        format!("数据库地址“{scheme}:…”无法识别，请写成 sqlite:路径 或 postgres://…。"),
        format!("The database URL “{scheme}:…” is not known; write sqlite:PATH or postgres://…."),
    )
}

/// The guard, also after a panic elsewhere: what our mutexes hold is whole at every moment.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
