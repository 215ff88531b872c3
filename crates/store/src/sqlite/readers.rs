//! Connections for reading: opened when first needed, kept, at most [`LARGEST`] of them.

use super::{prepare, unopened};
use crate::db::lock;
use rusqlite::{Connection, OpenFlags};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};
use zunke_kernel::Result;

/// As many reads run at one time; more wait. Bounds the memory of page caches, not the concurrency of callers.
const LARGEST: usize = 8;
/// Page cache of one reader.
const CACHE_KIB: i64 = 8_192;

pub(super) struct Readers {
    path: PathBuf,
    shelf: Mutex<Shelf>,
    returned: Condvar,
}

#[derive(Default)]
struct Shelf {
    idle: Vec<Connection>,
    open: usize,
}

/// A borrowed connection; goes back when dropped.
pub(super) struct Reader<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Readers {
    pub fn new(path: PathBuf) -> Self {
        Self { path, shelf: Mutex::default(), returned: Condvar::new() }
    }

    pub fn take(&self) -> Result<Reader<'_>> {
        let mut shelf = lock(&self.shelf);
        loop {
            if let Some(connection) = shelf.idle.pop() {
                return Ok(Reader { readers: self, connection: Some(connection) });
            }
            if shelf.open < LARGEST {
                break;
            }
            shelf = self.returned.wait(shelf).unwrap_or_else(PoisonError::into_inner);
        }
        shelf.open += 1;
        drop(shelf);
        // From here a failure gives the place back: `Reader` does so when it holds no connection.
        let mut reader = Reader { readers: self, connection: None };
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(|error| unopened(&self.path, &error))?;
        prepare(&connection, CACHE_KIB)
            .and_then(|()| connection.execute_batch("PRAGMA query_only = ON"))
            .map_err(|error| unopened(&self.path, &error))?;
        reader.connection = Some(connection);
        Ok(reader)
    }
}

impl std::ops::Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("a reader is handed out with its connection"),
        }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut shelf = lock(&self.readers.shelf);
        match self.connection.take() {
            Some(connection) => shelf.idle.push(connection),
            None => shelf.open -= 1,
        }
        drop(shelf);
        self.readers.returned.notify_one();
    }
}
