//! First come, first served: who holds the writer, and who waits for it in which order. `std`'s mutex
//! lets a busy thread overtake a waiting one again and again; here the holder hands on to the first in line.

use crate::db::lock;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

#[derive(Default)]
pub(super) struct Queue {
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    held: bool,
    waiting: VecDeque<Arc<Place>>,
}

#[derive(Default)]
struct Place {
    called: Mutex<bool>,
    bell: Condvar,
}

/// The right to the writer. Handed to the first in line when dropped.
pub(super) struct Turn<'a>(&'a Queue);

impl Queue {
    /// Waits for the turn.
    pub fn enter(&self) -> Turn<'_> {
        let mut line = lock(&self.line);
        if !line.held {
            line.held = true;
            return Turn(self);
        }
        let place = Arc::new(Place::default());
        line.waiting.push_back(Arc::clone(&place));
        drop(line);
        let mut called = lock(&place.called);
        while !*called {
            called = place.bell.wait(called).unwrap_or_else(PoisonError::into_inner);
        }
        Turn(self)
    }
}

impl Turn<'_> {
    /// Whether somebody waits behind the holder.
    pub fn followed(&self) -> bool {
        !lock(&self.0.line).waiting.is_empty()
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut line = lock(&self.0.line);
        let Some(next) = line.waiting.pop_front() else {
            line.held = false;
            return;
        };
        drop(line);
        *lock(&next.called) = true;
        next.bell.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn who_came_first_is_served_first() {
        let queue = Queue::default();
        let served = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            let turn = queue.enter();
            assert!(!turn.followed());
            for guest in 0..10 {
                let (queue, served) = (&queue, &served);
                scope.spawn(move || {
                    let turn = queue.enter();
                    lock(served).push(guest);
                    drop(turn);
                });
                while lock(&queue.line).waiting.len() <= guest {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
            assert!(turn.followed());
            drop(turn);
        });
        assert_eq!(*lock(&served), (0..10).collect::<Vec<_>>());
        assert!(!lock(&queue.line).held, "the last one leaves it free");
    }
}
