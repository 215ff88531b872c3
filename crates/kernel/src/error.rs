//! One error type for every room: a stable code, a kind that the edge turns into a status, a sentence in
//! both languages that says what to do, and the field it is about.

use crate::text::{Locale, Text};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as the caller must treat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The input can't be taken as it is: 422 (400 where it could not even be read).
    Invalid,
    /// Not there, or not for this caller to know of: 404.
    NotFound,
    /// It stands against what is stored: 409.
    Conflict,
    /// `If-Match` names another version: 412.
    Stale,
    /// Not logged in: 401.
    Unauthorized,
    /// Logged in, known thing, not allowed: 403.
    Forbidden,
    /// Too large: 413.
    TooLarge,
    /// Too many attempts: 429.
    TooMany,
    /// The database is busy; the same call may be made again: 503.
    Busy,
    /// A fault of ours: 500. Its cause is logged, never shown.
    Internal,
}

#[derive(Clone, Debug)]
pub struct Error {
    pub kind: Kind,
    /// Stable, snake_case: `phone_invalid`. Programs match on it; texts may change.
    pub code: &'static str,
    pub text: Text,
    /// JSON path of the field at fault: `orders[3].amount`.
    pub field: Option<String>,
    /// For the log only.
    pub cause: Option<String>,
    /// Further faults of the same input, so that one answer names them all.
    pub others: Vec<Error>,
}

impl Error {
    pub fn new(kind: Kind, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { kind, code, text: Text::new(zh, en), field: None, cause: None, others: Vec::new() }
    }

    pub fn invalid(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, code, zh, en)
    }

    pub fn conflict(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, code, zh, en)
    }

    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            Kind::NotFound,
            "not_found",
            "找不到该内容，可能已删除，或不在您的权限范围内。",
            "Not found: it may have been deleted, or it is outside what you may see.",
        )
    }

    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(Kind::Unauthorized, "login_required", "请先登录。", "Please log in first.")
    }

    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(
            Kind::Forbidden,
            "forbidden",
            "您的角色不能进行此操作，请联系管理员。",
            "Your role does not allow this; please ask an administrator.",
        )
    }

    #[must_use]
    pub fn stale() -> Self {
        Self::new(
            Kind::Stale,
            "version_changed",
            "内容已被他人修改，请刷新后再保存。",
            "Someone else changed this meanwhile; reload and save again.",
        )
    }

    /// A fault of ours. `cause` goes to the log and never to the caller.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let mut error = Self::new(
            Kind::Internal,
            "internal",
            "系统出现问题，已记录，请稍后再试。",
            "Something went wrong on our side; it has been logged. Please try again later.",
        );
        error.cause = Some(cause.to_string());
        error
    }

    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    #[must_use]
    pub fn caused_by(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Gathers several faults into one error; `None` where there are none.
    #[must_use]
    pub fn gather(mut faults: Vec<Error>) -> Option<Self> {
        if faults.is_empty() {
            return None;
        }
        let mut first = faults.remove(0);
        first.others = faults;
        Some(first)
    }

    #[must_use]
    pub fn message(&self, locale: Locale) -> &str {
        self.text.get(locale)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.text.en)?;
        if let Some(field) = &self.field {
            write!(f, " (at {field})")?;
        }
        if let Some(cause) = &self.cause {
            write!(f, " [{cause}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
