//! Guessing gets slower. Each attempt counts as failed before its password is looked at, so that many at one time
//! don't slip through together; a success takes it back. Pure: the counts are given.

use zunke_kernel::Instant;

/// How soon and how much attempts slow down.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Failures without any delay.
    pub free: i64,
    /// The delay after the first failure beyond those; doubles with each.
    pub first_secs: i64,
    pub most_secs: i64,
    /// After so long without an attempt all is forgotten.
    pub forget_secs: i64,
}

/// Per account: a person who has forgotten his password waits seconds, a guesser gets about 100 attempts a day.
pub const ACCOUNT: Policy = Policy { free: 4, first_secs: 2, most_secs: 900, forget_secs: 24 * 3600 };

/// Per client address: an office behind one address has more room.
pub const ADDRESS: Policy = Policy { free: 30, first_secs: 2, most_secs: 900, forget_secs: 3600 };

/// What is kept of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub failures: i64,
    pub last_at: Instant,
    /// No attempt is taken before.
    pub open_at: Instant,
}

impl Policy {
    /// The count after one more attempt, or the seconds to wait.
    pub fn attempt(&self, count: Option<Count>, now: Instant) -> Result<Count, i64> {
        let known = count.filter(|count| now.0 - count.last_at.0 < self.forget_secs * 1_000);
        if let Some(wait_ms) = known.map(|count| count.open_at.0 - now.0).filter(|&wait_ms| wait_ms > 0) {
            return Err((wait_ms + 999) / 1_000);
        }
        let failures = known.map_or(0, |count| count.failures) + 1;
        Ok(Count { failures, last_at: now, open_at: now.plus_secs(self.delay_secs(failures)) })
    }

    fn delay_secs(&self, failures: i64) -> i64 {
        let beyond = failures - self.free;
        if beyond <= 0 {
            return 0;
        }
        let doublings = u32::try_from(beyond - 1).unwrap_or(u32::MAX).min(20);
        (self.first_secs << doublings).min(self.most_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_a_limit_and_say_how_long() {
        let mut now = Instant(1_000_000);
        let mut count = None;
        let mut waits = Vec::new();
        for _ in 0..16 {
            let taken = ACCOUNT.attempt(count, now).expect("open");
            count = Some(taken);
            let wait = ACCOUNT.attempt(count, now).err().unwrap_or(0);
            waits.push(wait);
            now = now.plus_secs(wait);
        }
        assert_eq!(waits, [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    }

    #[test]
    fn waiting_long_enough_forgets_everything() {
        let now = Instant(0);
        let locked = Count { failures: 50, last_at: now, open_at: now.plus_secs(900) };
        assert_eq!(ACCOUNT.attempt(Some(locked), now.plus_secs(899)), Err(1));
        assert_eq!(ACCOUNT.attempt(Some(locked), now.plus_secs(900)).expect("open").failures, 51);
        assert_eq!(ACCOUNT.attempt(Some(locked), now.plus_secs(24 * 3600)).expect("open").failures, 1);
    }
}
