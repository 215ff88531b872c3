//! Signatures of the messages that other systems send: as the Standard Webhooks specification has them, HMAC-SHA256 over
//! `id.timestamp.body`.

use ring::hmac;
use zunke_kernel::{Error, Instant, Kind, Result};

/// How far the clock of the sender may be off: an older message is refused as a repeated one.
pub const WINDOW_SECS: i64 = 300;
pub const SECRET_PREFIX: &str = "whsec_";

/// The three headers of a signed message.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    pub id: &'a str,
    pub timestamp: &'a str,
    /// One or several, apart by spaces: `v1,BASE64`.
    pub signature: &'a str,
}

/// Checks a message. 401 with a reason that tells a sender what to mend and a stranger nothing.
pub fn check(secret: &str, signed: Signed<'_>, body: &[u8], now: Instant) -> Result<()> {
    let refused = |code, zh, en| Err(Error::new(Kind::Unauthorized, code, zh, en));
    if signed.id.is_empty() || signed.id.len() > 200 || signed.id.chars().any(char::is_control) {
        return refused(
            "hook_id_missing",
            "缺少请求头 webhook-id，或格式不对。",
            "The header webhook-id is missing or not valid.",
        );
    }
    let Ok(timestamp) = signed.timestamp.trim().parse::<i64>() else {
        return refused(
            "hook_timestamp_invalid",
            "请求头 webhook-timestamp 应为 Unix 秒。",
            "The header webhook-timestamp must be Unix seconds.",
        );
    };
    if (now.0.div_euclid(1000)).abs_diff(timestamp) > WINDOW_SECS.unsigned_abs() {
        return refused(
            "hook_timestamp_old",
            "消息的时间与服务器相差超过 5 分钟，已拒绝。",
            "The message's time differs from the server's by more than 5 minutes.",
        );
    }
    let right = sign(secret, signed.id, timestamp, body)?;
    let holds =
        signed.signature.split_whitespace().take(10).any(|one| super::keys::same(one.as_bytes(), right.as_bytes()));
    if holds {
        return Ok(());
    }
    refused(
        "hook_signature_wrong",
        "签名不对，请检查密钥和请求体。",
        "The signature does not hold: check the secret and the body.",
    )
}

/// The signature of a message: `v1,BASE64`.
pub fn sign(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> Result<String> {
    let key =
        secret.strip_prefix(SECRET_PREFIX).and_then(base64_read).ok_or_else(|| Error::internal("a broken secret"))?;
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
    context.update(format!("{id}.{timestamp}.").as_bytes());
    context.update(body);
    Ok(format!("v1,{}", base64(context.sign().as_ref())))
}

/// A secret as it is shown once.
pub fn new_secret() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(format!("{SECRET_PREFIX}{}", base64(&bytes)))
}

const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let all = three.iter().fold(0u32, |all, byte| all << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let sign = SIGNS[(all >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= three.len() { char::from(sign) } else { '=' });
        }
    }
    text
}

fn base64_read(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut all, mut bits) = (0u32, 0);
    for sign in text.trim_end_matches('=').bytes() {
        let value = SIGNS.iter().position(|one| *one == sign)?;
        all = all << 6 | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((all >> bits & 255) as u8);
        }
    }
    (bytes.len() >= 16).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const AT: i64 = 1_614_265_330;

    fn checked(id: &str, timestamp: &str, signature: &str, body: &[u8], now: i64) -> Result<()> {
        check(SECRET, Signed { id, timestamp, signature }, body, Instant(now * 1000))
    }

    #[test]
    fn the_specifications_own_example_holds() {
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let right = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(sign(SECRET, id, AT, BODY).expect("signed"), right);
        checked(id, "1614265330", right, BODY, AT + 299).expect("holds");
        checked(id, "1614265330", &format!("v1,AAAA {right}"), BODY, AT).expect("one of several");
        for (id, timestamp, signature, body, now, code) in [
            (id, "1614265330", right, &b"{}"[..], AT, "hook_signature_wrong"),
            ("msg_other", "1614265330", right, BODY, AT, "hook_signature_wrong"),
            (id, "1614265331", right, BODY, AT, "hook_signature_wrong"),
            (id, "1614265330", "", BODY, AT, "hook_signature_wrong"),
            (id, "1614265330", right, BODY, AT + 301, "hook_timestamp_old"),
            (id, "1614265330", right, BODY, AT - 301, "hook_timestamp_old"),
            (id, "today", right, BODY, AT, "hook_timestamp_invalid"),
            (id, "-9223372036854775808", right, BODY, AT, "hook_timestamp_old"),
            ("", "1614265330", right, BODY, AT, "hook_id_missing"),
        ] {
            assert_eq!(checked(id, timestamp, signature, body, now).expect_err(code).code, code);
        }
    }

    #[test]
    fn secrets_are_long_and_differ() {
        let (one, two) = (new_secret().expect("made"), new_secret().expect("made"));
        assert_ne!(one, two);
        let signed = sign(&one, "a", 1, b"x").expect("signed");
        assert_ne!(signed, sign(&two, "a", 1, b"x").expect("signed"));
        assert_eq!(base64(b"a"), "YQ==");
        assert_eq!(base64(b"ab"), "YWI=");
    }
}
