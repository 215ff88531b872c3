//! Checks of what people write on tickets.

use zunke_kernel::{Error, Result};

pub const SUBJECT_CHARS_MAX: usize = 200;
pub const BODY_CHARS_MAX: usize = 50_000;
pub const SHORT_CHARS_MAX: usize = 120;
pub const REASON_CHARS_MAX: usize = 500;

/// A text of 1 to `max` characters without control characters but line ends and tabs; trimmed.
pub fn required(text: &str, field: &str, max: usize) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid("field_required", "此项必填。", "This field is required.").at(field));
    }
    bounded(text, field, max)
}

/// Like [`required`], where nothing written is `None`.
pub fn optional(text: Option<&str>, field: &str, max: usize) -> Result<Option<String>> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(|text| bounded(text, field, max)).transpose()
}

fn bounded(text: &str, field: &str, max: usize) -> Result<String> {
    let length = text.chars().count();
    if length > max {
        return Err(Error::invalid(
            "text_too_long",
            format!("最多 {max} 个字符，收到 {length} 个。"),
            format!("At most {max} characters, got {length}."),
        )
        .at(field));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Error::invalid(
            "text_invalid",
            "文字中含有控制字符，请删除后再提交。",
            "The text holds control characters; please remove them.",
        )
        .at(field));
    }
    Ok(text.to_owned())
}

/// A subject for a message that has none: its first line, cut.
#[must_use]
pub fn subject_of(body: &str) -> String {
    let line = body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("").replace('\t', " ");
    cut(&line, 60)
}

/// The beginning of a text on one line.
#[must_use]
pub fn cut(text: &str, max: usize) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > max {
        line = line.chars().take(max.saturating_sub(1)).collect();
        line.push('…');
    }
    line
}
