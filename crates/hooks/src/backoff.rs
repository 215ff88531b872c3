//! When a failed call is made again. Pure: the times are given.

use zunke_kernel::Instant;

/// How long an event is tried for, from when it happened or was begun anew.
pub const GIVE_UP_MS: i64 = 24 * 3_600_000;

/// Failures in a row after which a webhook is only asked now and then, by one call at a time.
pub const QUIET_AFTER: i64 = 5;

const PAUSES_SECS: [i64; 8] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400];

/// The pause after this many failed tries (1 for the first), a tenth of it more or less by `salt`, so that what failed
/// together does not come back together.
#[must_use]
pub fn pause_ms(tries: i64, salt: u8) -> i64 {
    let at = usize::try_from(tries.max(1) - 1).unwrap_or(usize::MAX).min(PAUSES_SECS.len() - 1);
    let pause = PAUSES_SECS[at] * 1_000;
    pause - pause / 10 + pause / 5 * i64::from(salt) / 255
}

/// What follows a failed try: when it is made again, or `None` where its time is over. The last try is made when the time
/// ends, not before.
#[must_use]
pub fn next(now: Instant, tries: i64, salt: u8, wanted_ms: Option<i64>, give_up_at: Instant) -> Option<Instant> {
    if now >= give_up_at {
        return None;
    }
    let pause = pause_ms(tries, salt).max(wanted_ms.unwrap_or(0).min(GIVE_UP_MS));
    Some(now.plus_ms(pause).min(give_up_at))
}

/// How long a webhook rests that has failed so often in a row.
#[must_use]
pub fn rest_ms(failures: i64) -> i64 {
    if failures < QUIET_AFTER { 0 } else { pause_ms(failures - QUIET_AFTER + 1, 128).min(1_800_000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_made_again_for_a_day_and_the_last_one_at_its_end() {
        let start = Instant(1_800_000_000_000);
        let end = start.plus_ms(GIVE_UP_MS);
        for salt in [0, 77, 255] {
            let (mut now, mut tries) = (start, 0);
            while let Some(next) = next(now, tries + 1, salt, None, end) {
                assert!(next > now);
                (now, tries) = (next, tries + 1);
            }
            assert_eq!(now, end);
            assert!((10..=16).contains(&tries), "{tries} tries");
        }
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_but_not_beyond_the_day() {
        let start = Instant(0);
        let end = start.plus_ms(GIVE_UP_MS);
        assert_eq!(next(start, 1, 0, Some(60_000), end), Some(Instant(60_000)));
        assert_eq!(next(start, 1, 0, Some(i64::MAX), end), Some(end));
        assert_eq!(next(end, 1, 0, None, end), None);
        assert!(pause_ms(i64::MAX, 255) <= 16_000_000 && pause_ms(i64::MIN, 0) > 0);
    }

    #[test]
    fn a_webhook_that_fails_and_fails_is_asked_less_often() {
        assert_eq!((rest_ms(0), rest_ms(4)), (0, 0));
        assert!(rest_ms(5) > 0 && rest_ms(5) < rest_ms(7));
        assert_eq!(rest_ms(1_000), 1_800_000);
    }
}
