//! A bell inside the process: a commit that made work rings it, idle workers hear it at once.

use crate::db::lock;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

#[derive(Default)]
pub(crate) struct Bell {
    rung: Mutex<u64>,
    sound: Condvar,
}

impl Bell {
    pub fn ring(&self) {
        *lock(&self.rung) += 1;
        self.sound.notify_all();
    }

    /// How often it has rung; to be read before looking for work.
    pub fn count(&self) -> u64 {
        *lock(&self.rung)
    }

    /// Waits for a ring after the `seen`-th, or until the time is over.
    pub fn wait(&self, seen: u64, at_most: Duration) {
        let rung = lock(&self.rung);
        let _ =
            self.sound.wait_timeout_while(rung, at_most, |rung| *rung == seen).unwrap_or_else(PoisonError::into_inner);
    }
}
