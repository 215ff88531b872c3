//! Passwords: Argon2id, two at once at most, and the same work for a login that doesn't exist.

use crate::secret::Secret;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;
use zunke_kernel::{Error, Kind, Result};

pub const CHARS_MIN: usize = 10;
pub const CHARS_MAX: usize = 200;

/// Each takes 19 MB and tens of milliseconds of a core: two at once keep the house usable under a flood.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// More than this in the queue and a further one is told to come back.
const WAITING_MAX: usize = 64;
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// What nobody's password may begin with.
const BEGINNINGS: &[&str] = &["1234567890", "0123456789", "password12", "qwertyuiop", "1q2w3e4r5t", "zunke"];

/// What the lists from abroad don't have: the words and numbers that people here take.
const HERE: &[&str] = &[
    "woaini",
    "woaini1314",
    "5201314",
    "1314520",
    "520520",
    "a123456",
    "aa123456",
    "aini1314",
    "caonima",
    "iloveyou",
    "nihao",
    "wang1234",
    "woaiwojia",
    "xiaoming",
    "qq123456",
    "zxc123",
    "abc123456",
    "zunke",
    "crm",
    "admin",
    "administrator",
    "kehu",
    "mima",
    "guanliyuan",
    "huiyuan",
    "beijing",
    "shanghai",
    "zhongguo",
    "888888",
    "666666",
];

/// Guesses that an attacker who knows the usual lists needs at least: ten to this.
const GUESSES_LOG10: f64 = 8.0;

/// Whether it is of the known ones (the 30,000 most used passwords, names, words, dates, rows of keys) or put together
/// of few of them.
fn is_known(text: &str, login: &str) -> bool {
    let own: Vec<&str> = HERE.iter().copied().chain([login]).collect();
    zxcvbn::zxcvbn(text, &own).guesses_log10() < GUESSES_LOG10
}

/// What a new password must be: long enough, and not what anybody would try first.
pub fn check(password: &Secret, login: &str, field: &str) -> Result<()> {
    check_of(0, password, login, field)
}

/// `check`, for a house that asks for more characters.
pub fn check_of(chars_min: i64, password: &Secret, login: &str, field: &str) -> Result<()> {
    let least = usize::try_from(chars_min).unwrap_or(0).max(CHARS_MIN);
    let text = password.reveal();
    let length = text.chars().count();
    if !(least..=CHARS_MAX).contains(&length) {
        return Err(Error::invalid(
            "password_length",
            format!("密码应为 {least} 到 {CHARS_MAX} 个字符。"),
            format!("The password must have {least} to {CHARS_MAX} characters."),
        )
        .at(field));
    }
    let plain = text.to_lowercase();
    let mut signs: Vec<char> = plain.chars().collect();
    signs.sort_unstable();
    signs.dedup();
    let begins_common = BEGINNINGS.iter().any(|word| plain.starts_with(word));
    if signs.len() < 4 || plain.contains(&login.to_lowercase()) || begins_common || is_known(text, login) {
        return Err(Error::invalid(
            "password_guessable",
            "密码太容易被猜到，请换一个，不要包含登录名或常见组合。",
            "This password is easy to guess; choose another, without the login name or a common sequence.",
        )
        .at(field));
    }
    Ok(())
}

/// The PHC string of a password. Blocks for tens of milliseconds.
pub fn hash_blocking(password: &Secret) -> Result<String> {
    Argon2::default()
        .hash_password(password.reveal().as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Error::internal(format!("argon2: {error}")))
}

/// `hash_blocking` on a thread for blocking work.
pub async fn hash(password: Secret) -> Result<String> {
    in_turn(move || hash_blocking(&password)).await
}

/// Whether the password is the one stored. `None` stands for a login that doesn't exist: as much work, and never true.
pub async fn verify(password: Secret, stored: Option<String>) -> Result<bool> {
    in_turn(move || {
        let exists = stored.is_some();
        let stored = stored.map_or_else(nobody, Ok)?;
        Ok(matches(&password, &stored)? && exists)
    })
    .await
}

fn matches(password: &Secret, stored: &str) -> Result<bool> {
    let parsed = PasswordHash::new(stored).map_err(|error| Error::internal(format!("stored password: {error}")))?;
    Ok(Argon2::default().verify_password(password.reveal().as_bytes(), &parsed).is_ok())
}

/// A hash of the same cost that belongs to nobody.
fn nobody() -> Result<String> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    if let Some(known) = NOBODY.get() {
        return Ok(known.clone());
    }
    let made = hash_blocking(&Secret::random("")?)?;
    Ok(NOBODY.get_or_init(|| made).clone())
}

/// Makes the hash of `nobody` ahead of time, so that the first unknown login takes no longer than others.
pub async fn warm_up() -> Result<()> {
    in_turn(|| nobody().map(|_| ())).await
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let _waiting = Waiting::begin()?;
    let _permit = AT_ONCE.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// One in the queue, for as long as this lives.
struct Waiting;

impl Waiting {
    fn begin() -> Result<Self> {
        let waiting = Self;
        if WAITING.fetch_add(1, Ordering::Relaxed) >= WAITING_MAX {
            return Err(Error::new(
                Kind::Busy,
                "login_busy",
                "当前登录人数过多，请稍后再试。",
                "Too many people are logging in at this moment; please try again shortly.",
            ));
        }
        Ok(waiting)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_or_obvious_password_is_refused() {
        let code = |text: &str| check(&Secret::new(text), "wang.fang", "new").map_err(|error| error.code);
        assert_eq!(code("short"), Err("password_length"));
        assert_eq!(code(&"长".repeat(201)), Err("password_length"));
        for guessable in [
            "1234567890ab",
            "aaaaaaaaaaaa",
            "Wang.Fang2026",
            "Password12!",
            "woaini1314520",
            "P@ssw0rd2026",
            "qwerty123456",
            "Shanghai2026",
        ] {
            assert_eq!(code(guessable), Err("password_guessable"), "{guessable}");
        }
        assert_eq!(code("杭州西湖边的三棵柳树"), Ok(()));
        assert_eq!(code("correct horse battery"), Ok(()));
    }

    #[tokio::test]
    async fn only_the_right_password_of_somebody_is_right() {
        let stored = hash(Secret::new("correct horse")).await.expect("hash");
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify(Secret::new("correct horse"), Some(stored.clone())).await.expect("verify"));
        assert!(!verify(Secret::new("correct mouse"), Some(stored)).await.expect("verify"));
        assert!(!verify(Secret::new("anything"), None).await.expect("nobody"));
    }
}
