//! Connections: opened when first needed, kept, at most [`LARGEST`] per process.

use super::session::Session;
use super::wait::wait;
use crate::db::lock;
use crate::error;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::{Config, NoTls};
use zunke_kernel::{Error, Kind, Result, Text};

const LARGEST: usize = 16;
/// Who waited so long for a connection is told that the system is busy.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) struct Pool {
    config: Config,
    /// Drives the sockets. An option only so that it can be let go without waiting for it.
    runtime: Option<Runtime>,
    shelf: Mutex<Shelf>,
    returned: Condvar,
}

#[derive(Default)]
struct Shelf {
    idle: Vec<Session>,
    open: usize,
}

/// A borrowed connection. Closed when dropped, unless it is found in order and [kept](Taken::keep).
pub(super) struct Taken<'a> {
    pool: &'a Pool,
    session: Option<Session>,
    fresh: bool,
}

impl Pool {
    pub fn new(url: &str) -> Result<Self> {
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            Error::invalid(
                "database_url_invalid",
                "数据库地址无效，请写成 postgres://用户:密码@主机:端口/数据库。",
                "The database URL is not valid; write postgres://user:password@host:port/database.",
            )
            .caused_by(error)
        })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        if config.get_application_name().is_none() {
            config.application_name("zunke");
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("postgres")
            .enable_all()
            .build()
            .map_err(Error::internal)?;
        Ok(Self { config, runtime: Some(runtime), shelf: Mutex::default(), returned: Condvar::new() })
    }

    pub fn take(&self) -> Result<Taken<'_>> {
        let mut shelf = lock(&self.shelf);
        loop {
            if let Some(session) = shelf.idle.pop() {
                if session.closed() {
                    shelf.open -= 1;
                    continue;
                }
                return Ok(Taken { pool: self, session: Some(session), fresh: false });
            }
            if shelf.open < LARGEST {
                break;
            }
            let (again, late) = self.returned.wait_timeout(shelf, PATIENCE).unwrap_or_else(PoisonError::into_inner);
            shelf = again;
            if late.timed_out() && shelf.idle.is_empty() && shelf.open >= LARGEST {
                return Err(error::busy("no connection became free in time"));
            }
        }
        shelf.open += 1;
        drop(shelf);
        // From here a failure gives the place back: `Taken` does so when it is not kept.
        let mut taken = Taken { pool: self, session: None, fresh: true };
        taken.session = Some(Session::new(self.connect()?));
        Ok(taken)
    }

    fn connect(&self) -> Result<tokio_postgres::Client> {
        let Some(runtime) = &self.runtime else { return Err(Error::internal("the pool is closed")) };
        let config = self.config.clone();
        let connecting = runtime.spawn(async move {
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::warn!(%error, "a connection to PostgreSQL ended");
                }
            });
            Ok(client)
        });
        wait(connecting).map_err(Error::internal)?.map_err(|error: tokio_postgres::Error| {
            let mut told = Error::new(Kind::Busy, "database_unreachable", "", "").caused_by(error::full(&error));
            told.text = Text::new(
                "无法连接 PostgreSQL，请检查地址、账号和服务是否运行。",
                "PostgreSQL cannot be reached; check the address, the account and that it is running.",
            );
            told
        })
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting here would panic on a thread of another runtime.
            runtime.shutdown_background();
        }
    }
}

impl Taken<'_> {
    /// Whether it was opened just now.
    pub fn fresh(&self) -> bool {
        self.fresh
    }

    /// Gives it back for the next one.
    pub fn keep(mut self) {
        if let Some(session) = self.session.take() {
            lock(&self.pool.shelf).idle.push(session);
            self.pool.returned.notify_one();
        }
        std::mem::forget(self);
    }
}

impl std::ops::Deref for Taken<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        match &self.session {
            Some(session) => session,
            None => unreachable!("a connection is handed out open"),
        }
    }
}

impl std::ops::DerefMut for Taken<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        match &mut self.session {
            Some(session) => session,
            None => unreachable!("a connection is handed out open"),
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        lock(&self.pool.shelf).open -= 1;
        self.pool.returned.notify_one();
    }
}
