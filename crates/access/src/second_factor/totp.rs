//! Codes by time (RFC 6238): six digits of HMAC-SHA-1 over the half minute, as every authenticator makes them. Pure.

use ring::hmac;
use zunke_kernel::Instant;

/// Bytes of a shared secret; what RFC 4226 recommends.
pub const SECRET_BYTES: usize = 20;
const STEP_SECS: i64 = 30;
const DIGITS: u32 = 1_000_000;
/// Steps before and after now whose code is taken too: clocks differ, and typing takes time.
const TOLERANCE: i64 = 1;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step of time that a moment is in.
#[must_use]
pub fn step(now: Instant) -> i64 {
    now.0.div_euclid(STEP_SECS * 1_000)
}

/// The code of one step.
#[must_use]
pub fn code(secret: &[u8], step: i64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag.last().copied().unwrap_or(0) & 15);
    let four = tag.get(at..at + 4).and_then(|four| <[u8; 4]>::try_from(four).ok()).unwrap_or_default();
    (u32::from_be_bytes(four) & 0x7fff_ffff) % DIGITS
}

/// The step whose code this is, where it is near now and after the last one taken.
#[must_use]
pub fn matching(secret: &[u8], given: u32, now: Instant, last_step: i64) -> Option<i64> {
    let here = step(now);
    (here - TOLERANCE..=here + TOLERANCE).filter(|step| *step > last_step).find(|step| code(secret, *step) == given)
}

/// The six digits in what a person typed, spaces left out; `None` where it is no such code.
#[must_use]
pub fn read(text: &str) -> Option<u32> {
    let digits: String = text.chars().filter(|sign| !sign.is_whitespace()).collect();
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

/// The secret as people copy it by hand.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0u32, 0u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(BASE32[(held >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(BASE32[(held << (5 - bits) & 31) as usize]));
    }
    text
}

/// The address that an authenticator reads from a picture.
#[must_use]
pub fn uri(issuer: &str, login: &str, secret: &[u8]) -> String {
    let (issuer, login) = (escaped(issuer), escaped(login));
    format!("otpauth://totp/{issuer}:{login}?secret={}&issuer={issuer}", base32(secret))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six of its eight digits.
        let secret = b"12345678901234567890";
        for (secs, wanted) in
            [(59, 287_082), (1_111_111_109, 81_804), (1_234_567_890, 5_924), (20_000_000_000, 353_130)]
        {
            assert_eq!(code(secret, step(Instant(secs * 1_000))), wanted, "{secs}");
        }
        assert_eq!(base32(secret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(base32(b"f"), "MY");
    }

    #[test]
    fn a_code_holds_around_its_half_minute_and_once() {
        let (secret, now) = ([7; SECRET_BYTES], Instant(1_795_312_800_000));
        let here = step(now);
        for near in -1..=1 {
            assert_eq!(matching(&secret, code(&secret, here + near), now, 0), Some(here + near));
        }
        assert_eq!(matching(&secret, code(&secret, here - 3), now, 0), None);
        assert_eq!(matching(&secret, code(&secret, here), now, here), None, "taken already");
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(read(" 012 345 "), Some(12_345));
        for odd in ["", "12345", "1234567", "12a456", "１２３４５６", "-12345"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_name_with_signs_does_not_break_the_address() {
        let uri = uri("尊客 A&B", "wang:fang?", &[0; 5]);
        assert_eq!(
            uri,
            "otpauth://totp/%E5%B0%8A%E5%AE%A2%20A%26B:wang%3Afang%3F?secret=AAAAAAAA&issuer=%E5%B0%8A%E5%AE%A2%20A%26B"
        );
    }
}
