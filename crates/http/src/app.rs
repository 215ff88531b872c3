//! What every handler shares: the database, the clock, and the services that the binary put in.

use axum::http::Extensions;
use std::sync::Arc;
use zunke_kernel::Instant;
use zunke_store::Db;

/// The time of day as a parameter: the binary passes the real clock, a test its own.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// The state of all routes. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub clock: Clock,
    extensions: Arc<Extensions>,
}

impl App {
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, extensions: Arc::default() }
    }

    /// Adds a service that a room finds by its type (observers, caches, job wake-ups). One of each type.
    #[must_use]
    pub fn with<T: Clone + Send + Sync + 'static>(mut self, service: T) -> Self {
        Arc::make_mut(&mut self.extensions).insert(service);
        self
    }

    /// The service of this type, if the binary put one in.
    #[must_use]
    pub fn get<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.extensions.get::<T>().cloned()
    }

    #[must_use]
    pub fn now(&self) -> Instant {
        (self.clock)()
    }
}
