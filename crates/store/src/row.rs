//! What comes out of a statement, read by position (from 0).

use crate::error;
use rusqlite::types::ValueRef;
use uuid::Uuid;
use zunke_kernel::{Day, Error, Instant, Money, Result};

/// One row of an answer. Reading a NULL with a plain reader, or another type, is a fault of ours.
pub struct Row<'a>(pub(crate) Inner<'a>);

pub(crate) enum Inner<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

/// A cell as both engines can say it.
pub(crate) enum Cell<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Uuid(Uuid),
}

impl Cell<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Int(_) => "a whole number",
            Self::Real(_) => "a real number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Uuid(_) => "an id",
        }
    }

    fn refuse(&self, at: usize, wanted: &str) -> Error {
        Error::internal(format!("column {at} holds {} where {wanted} is wanted", self.name()))
    }
}

fn filled<T>(at: usize, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| Error::internal(format!("column {at} is NULL where a value is wanted")))
}

impl Row<'_> {
    pub(crate) fn cell(&self, at: usize) -> Result<Cell<'_>> {
        match &self.0 {
            Inner::Sqlite(row) => {
                let cell = row.get_ref(at).map_err(|error| Error::internal(format!("column {at}: {error}")))?;
                Ok(match cell {
                    ValueRef::Null => Cell::Null,
                    ValueRef::Integer(value) => Cell::Int(value),
                    ValueRef::Real(value) => Cell::Real(value),
                    ValueRef::Text(text) => Cell::Text(
                        std::str::from_utf8(text).map_err(|_| Error::internal(format!("column {at} is not UTF-8")))?,
                    ),
                    ValueRef::Blob(bytes) => Cell::Bytes(bytes),
                })
            }
            Inner::Postgres(row) => {
                row.try_get(at).map_err(|error| Error::internal(format!("column {at}: {}", error::full(&error))))
            }
        }
    }

    pub fn opt_int(&self, at: usize) -> Result<Option<i64>> {
        match self.cell(at)? {
            Cell::Null => Ok(None),
            Cell::Int(value) => Ok(Some(value)),
            cell => Err(cell.refuse(at, "a whole number")),
        }
    }

    pub fn int(&self, at: usize) -> Result<i64> {
        filled(at, self.opt_int(at)?)
    }

    /// Whole numbers are read as well.
    #[expect(clippy::cast_precision_loss, reason = "a whole number read as real is a score or a share")]
    pub fn opt_real(&self, at: usize) -> Result<Option<f64>> {
        match self.cell(at)? {
            Cell::Null => Ok(None),
            Cell::Real(value) => Ok(Some(value)),
            Cell::Int(value) => Ok(Some(value as f64)),
            cell => Err(cell.refuse(at, "a real number")),
        }
    }

    pub fn real(&self, at: usize) -> Result<f64> {
        filled(at, self.opt_real(at)?)
    }

    /// Text without a copy.
    pub fn opt_str(&self, at: usize) -> Result<Option<&str>> {
        match self.cell(at)? {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            cell => Err(cell.refuse(at, "text")),
        }
    }

    /// Text without a copy.
    pub fn str(&self, at: usize) -> Result<&str> {
        filled(at, self.opt_str(at)?)
    }

    pub fn opt_text(&self, at: usize) -> Result<Option<String>> {
        Ok(self.opt_str(at)?.map(str::to_owned))
    }

    pub fn text(&self, at: usize) -> Result<String> {
        Ok(self.str(at)?.to_owned())
    }

    /// Bytes without a copy.
    pub fn opt_slice(&self, at: usize) -> Result<Option<&[u8]>> {
        match self.cell(at)? {
            Cell::Null => Ok(None),
            Cell::Bytes(bytes) => Ok(Some(bytes)),
            cell => Err(cell.refuse(at, "bytes")),
        }
    }

    /// Bytes without a copy.
    pub fn slice(&self, at: usize) -> Result<&[u8]> {
        filled(at, self.opt_slice(at)?)
    }

    pub fn opt_bytes(&self, at: usize) -> Result<Option<Vec<u8>>> {
        Ok(self.opt_slice(at)?.map(<[u8]>::to_vec))
    }

    pub fn bytes(&self, at: usize) -> Result<Vec<u8>> {
        Ok(self.slice(at)?.to_vec())
    }

    pub fn opt_uuid(&self, at: usize) -> Result<Option<Uuid>> {
        match self.cell(at)? {
            Cell::Null => Ok(None),
            Cell::Uuid(id) => Ok(Some(id)),
            Cell::Bytes(bytes) => Uuid::from_slice(bytes)
                .map(Some)
                .map_err(|_| Error::internal(format!("column {at} is no id: {} bytes", bytes.len()))),
            cell => Err(cell.refuse(at, "an id")),
        }
    }

    pub fn uuid(&self, at: usize) -> Result<Uuid> {
        filled(at, self.opt_uuid(at)?)
    }

    /// An id of any kind: `row.id(0, CustomerId)`.
    pub fn id<I>(&self, at: usize, kind: impl Fn(Uuid) -> I) -> Result<I> {
        Ok(kind(self.uuid(at)?))
    }

    /// An id of any kind that may be missing.
    pub fn opt_id<I>(&self, at: usize, kind: impl Fn(Uuid) -> I) -> Result<Option<I>> {
        Ok(self.opt_uuid(at)?.map(kind))
    }

    pub fn opt_bool(&self, at: usize) -> Result<Option<bool>> {
        Ok(self.opt_int(at)?.map(|value| value != 0))
    }

    pub fn bool(&self, at: usize) -> Result<bool> {
        filled(at, self.opt_bool(at)?)
    }

    pub fn opt_day(&self, at: usize) -> Result<Option<Day>> {
        self.opt_int(at)?
            .map(|value| i32::try_from(value).map(Day).map_err(|_| Error::internal(format!("column {at} is no day"))))
            .transpose()
    }

    pub fn day(&self, at: usize) -> Result<Day> {
        filled(at, self.opt_day(at)?)
    }

    pub fn opt_instant(&self, at: usize) -> Result<Option<Instant>> {
        Ok(self.opt_int(at)?.map(Instant))
    }

    pub fn instant(&self, at: usize) -> Result<Instant> {
        Ok(Instant(self.int(at)?))
    }

    pub fn opt_money(&self, at: usize) -> Result<Option<Money>> {
        Ok(self.opt_int(at)?.map(Money))
    }

    pub fn money(&self, at: usize) -> Result<Money> {
        Ok(Money(self.int(at)?))
    }

    pub fn opt_json<T: serde::de::DeserializeOwned>(&self, at: usize) -> Result<Option<T>> {
        self.opt_str(at)?
            .map(|text| serde_json::from_str(text).map_err(|error| Error::internal(format!("column {at}: {error}"))))
            .transpose()
    }

    pub fn json<T: serde::de::DeserializeOwned>(&self, at: usize) -> Result<T> {
        filled(at, self.opt_json(at)?)
    }
}
