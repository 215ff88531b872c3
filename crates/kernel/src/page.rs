//! Keyset pages: a limit and an opaque mark of the last row seen.

use crate::Error;
use serde::{Deserialize, Serialize};

pub const LIMIT_DEFAULT: u32 = 50;
pub const LIMIT_MAX: u32 = 500;

/// One page of a list. `next` is the `after` of the next page, absent on the last one.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Checks a limit: 1 to 500, 50 where none is given.
pub fn limit(wanted: Option<u32>) -> Result<u32, Error> {
    match wanted {
        None => Ok(LIMIT_DEFAULT),
        Some(limit @ 1..=LIMIT_MAX) => Ok(limit),
        Some(limit) => Err(Error::invalid(
            "limit_invalid",
            format!("每页条数应在 1 到 {LIMIT_MAX} 之间，收到 {limit}。"),
            format!("limit must be between 1 and {LIMIT_MAX}, got {limit}."),
        )
        .at("limit")),
    }
}

/// Writes a mark from the sort values of the last row (JSON, hex-coded so that it is safe in a URL).
#[must_use]
pub fn mark(values: &serde_json::Value) -> String {
    values.to_string().bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a mark back.
pub fn read_mark(mark: &str) -> Result<serde_json::Value, Error> {
    let refuse = || {
        Error::invalid(
            "after_invalid",
            "翻页标记无效，请从第一页重新开始。",
            "This page mark is not valid; start again from the first page.",
        )
        .at("after")
    };
    if !mark.is_ascii() || !mark.len().is_multiple_of(2) {
        return Err(refuse());
    }
    let bytes = (0..mark.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(mark.get(at..at + 2).unwrap_or(""), 16))
        .collect::<Result<Vec<u8>, _>>()
        .map_err(|_| refuse())?;
    serde_json::from_slice(&bytes).map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_reads_back_and_a_made_up_one_is_refused() {
        let values = serde_json::json!([12.5, "王小明", null]);
        assert_eq!(read_mark(&mark(&values)).expect("reads"), values);
        for bad in ["zz", "7", "6162", "é"] {
            assert_eq!(read_mark(bad).expect_err(bad).code, "after_invalid");
        }
        assert!(limit(Some(0)).is_err() && limit(Some(501)).is_err());
        assert_eq!(limit(None).expect("default"), 50);
    }
}
