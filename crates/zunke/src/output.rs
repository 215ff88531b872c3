//! What a command says: results on stdout, as text for people or as JSON with `--json`; progress and errors on
//! stderr; and the exit code.

use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use zunke_kernel::{Error, Kind, Locale, Result, Text};

/// How a command speaks.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub json: bool,
    pub locale: Locale,
}

impl Output {
    /// `ZUNKE_LANG`, then the usual variables; what begins with `zh` is Chinese.
    pub fn new(json: bool) -> Self {
        let wanted = ["ZUNKE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        let chinese = wanted.is_some_and(|value| value.to_ascii_lowercase().starts_with("zh"));
        Self { json, locale: if chinese { Locale::Zh } else { Locale::En } }
    }

    pub fn say<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.locale {
            Locale::Zh => zh,
            Locale::En => en,
        }
    }

    /// The result of a command: `value` with `--json`, else what `human` writes.
    pub fn done(&self, value: &impl Serialize, human: impl FnOnce() -> String) -> Result<()> {
        if self.json { print(&serde_json::to_string_pretty(value).map_err(Error::internal)?) } else { print(&human()) }
    }

    /// A line on stderr for who watches; a terminal overwrites the one before.
    pub fn progress(&self, line: &str) {
        let mut to = std::io::stderr().lock();
        // Nobody may be watching any more; the work goes on.
        let _ = if to.is_terminal() { write!(to, "\r\x1b[K{line}") } else { writeln!(to, "{line}") };
        let _ = to.flush();
    }

    /// Ends the line that [`Output::progress`] left open.
    pub fn progress_end(&self) {
        if std::io::stderr().is_terminal() {
            let _ = writeln!(std::io::stderr());
        }
    }

    /// Tells an error on stderr and answers its exit code.
    pub fn failed(&self, error: &Error) -> ExitCode {
        let mut to = std::io::stderr().lock();
        let _ = if self.json {
            writeln!(to, "{}", serde_json::json!({ "error": Fault::of(error) }))
        } else {
            writeln!(to, "{}", self.tell(error))
        };
        ExitCode::from(exit_code(error.kind))
    }

    fn tell(&self, error: &Error) -> String {
        let mut told = Vec::new();
        for fault in std::iter::once(error).chain(&error.others) {
            let at = fault.field.as_deref().map(|field| format!(" ({field})")).unwrap_or_default();
            told.push(format!("{} [{}]{at}", fault.message(self.locale), fault.code));
        }
        if let Some(cause) = &error.cause {
            told.push(format!("{}{cause}", self.say("原因：", "cause: ")));
        }
        told.join("\n")
    }
}

/// An error as `--json` prints it.
#[derive(Serialize)]
struct Fault<'a> {
    code: &'a str,
    text: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Fault<'a>>,
}

impl<'a> Fault<'a> {
    fn of(error: &'a Error) -> Self {
        Self {
            code: error.code,
            text: &error.text,
            field: error.field.as_deref(),
            cause: error.cause.as_deref(),
            others: error.others.iter().map(Fault::of).collect(),
        }
    }
}

/// 0 done; 2 the command line can't be read (clap); the others by kind, as `docs/command-line.md` lists them.
fn exit_code(kind: Kind) -> u8 {
    match kind {
        Kind::Internal => 1,
        Kind::Invalid | Kind::TooLarge => 3,
        Kind::NotFound => 4,
        Kind::Conflict | Kind::Stale => 5,
        Kind::Busy | Kind::TooMany => 6,
        Kind::Unauthorized | Kind::Forbidden => 7,
    }
}

/// Writes to stdout; a reader who has gone away is no fault.
pub fn print(text: &str) -> Result<()> {
    match writeln!(std::io::stdout().lock(), "{}", text.trim_end_matches('\n')) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::internal(error)),
        _ => Ok(()),
    }
}

/// `1234567` as `1,234,567`.
pub fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if count < 0 { format!("-{text}") } else { text }
}

/// Rows of cells as columns; Han characters are two wide. The first column is left-aligned, the others right.
pub fn table(rows: &[Vec<String>]) -> String {
    let wide = |text: &str| text.chars().map(|letter| if letter >= '\u{2e80}' { 2 } else { 1 }).sum::<usize>();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|at| rows.iter().filter_map(|row| row.get(at)).map(|cell| wide(cell)).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        for (at, cell) in row.iter().enumerate() {
            let gap = " ".repeat(widths[at] - wide(cell));
            if at == 0 {
                text.push_str(cell);
                text.push_str(&gap);
            } else {
                text.push_str("  ");
                text.push_str(&gap);
                text.push_str(cell);
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_also_in_chinese() {
        let text = table(&[vec!["金卡".into(), "1".into()], vec!["a".into(), "1,000".into()]]);
        assert_eq!(text, "金卡      1\na     1,000\n");
        assert_eq!(grouped(-1_234_567), "-1,234,567");
        assert_eq!(grouped(999), "999");
    }
}
