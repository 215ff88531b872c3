//! What a database says, in the words of the kernel.

use zunke_kernel::{Error, Kind};

/// An error of an engine, with what the caller of the transaction must know.
#[derive(Debug)]
pub(crate) struct Fault {
    pub error: Error,
    /// Running the whole unit of work again may well succeed.
    pub retry: bool,
    /// The connection is of no more use.
    pub broken: bool,
}

impl Fault {
    pub fn plain(error: Error) -> Self {
        Self { error, retry: false, broken: false }
    }
}

pub(crate) fn busy(cause: impl std::fmt::Display) -> Error {
    Error::new(
        Kind::Busy,
        "database_busy",
        "系统繁忙，请稍后再试。",
        "The system is busy; please try again in a moment.",
    )
    .caused_by(cause)
}

pub(crate) fn already_exists(cause: impl std::fmt::Display) -> Error {
    Error::conflict("already_exists", "相同的内容已存在。", "The same entry already exists.").caused_by(cause)
}

pub(crate) fn still_referenced(cause: impl std::fmt::Display) -> Error {
    Error::conflict(
        "still_referenced",
        "该内容与其他数据相关联，无法进行此操作。",
        "This cannot be done: other entries refer to it, or it refers to one that is not there.",
    )
    .caused_by(cause)
}

/// After a failed statement the unit of work can only fail.
pub(crate) fn spent() -> Error {
    Error::internal("a statement of this unit of work failed before; nothing more can be done in it")
}

pub(crate) fn sqlite(error: &rusqlite::Error, sql: &str) -> Fault {
    use rusqlite::ffi;
    let cause = format!("{error}; in: {}", head(sql));
    let Some(code) = error.sqlite_error() else { return Fault::plain(Error::internal(cause)) };
    match code.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            Fault::plain(already_exists(cause))
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Fault::plain(still_referenced(cause)),
        _ => match code.code {
            rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked => {
                Fault { error: busy(cause), retry: true, broken: false }
            }
            rusqlite::ErrorCode::DiskFull => Fault::plain(disk_full(cause)),
            _ if error.to_string().contains("integer overflow") => Fault::plain(too_large(cause)),
            _ => Fault::plain(Error::internal(cause)),
        },
    }
}

pub(crate) fn postgres(error: &tokio_postgres::Error, sql: &str) -> Fault {
    let cause = format!("{}; in: {}", full(error), head(sql));
    let Some(said) = error.as_db_error() else {
        // Either the line is cut, or a value did not fit its parameter.
        let cut = error.is_closed()
            || std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
        return if cut {
            Fault { error: busy(cause), retry: true, broken: true }
        } else {
            Fault::plain(Error::internal(cause))
        };
    };
    let again = |error| Fault { error, retry: true, broken: false };
    match said.code().code() {
        "23505" => Fault::plain(already_exists(cause)),
        "23503" => Fault::plain(still_referenced(cause)),
        "40001" | "40P01" | "55P03" | "53300" => again(busy(cause)),
        "XX000" if said.message().starts_with("could not commit transaction") => again(busy(cause)),
        "53100" => Fault::plain(disk_full(cause)),
        "22003" => Fault::plain(too_large(cause)),
        code if code.starts_with("08") || matches!(code, "57P01" | "57P02" | "57P03") => {
            Fault { error: busy(cause), retry: true, broken: true }
        }
        _ => Fault::plain(Error::internal(cause)),
    }
}

/// What PostgreSQL said, with its code; its own `Display` says only "db error".
pub(crate) fn full(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        // Not the detail: it repeats the values of the row.
        (Some(said), _) => format!("{} {}", said.code().code(), said.message()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// A sum that no 64-bit number holds: told as what it is, and never as a wrong number.
fn too_large(cause: impl std::fmt::Display) -> Error {
    Error::invalid(
        "sum_too_large",
        "金额合计超出可计算的范围，请检查是否有异常金额。",
        "The sum is too large to be reckoned; please look for absurd amounts.",
    )
    .caused_by(cause)
}

fn disk_full(cause: impl std::fmt::Display) -> Error {
    Error::new(
        Kind::Busy,
        "disk_full",
        "服务器磁盘空间不足，请联系管理员。",
        "The server's disk is full; please tell the administrator.",
    )
    .caused_by(cause)
}

/// The start of a statement, for the log.
pub(crate) fn head(sql: &str) -> String {
    let mut words = String::new();
    for word in sql.split_whitespace() {
        if words.len() > 160 {
            words.push('…');
            break;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words
}
