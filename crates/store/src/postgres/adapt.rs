//! Values to the types that PostgreSQL wants for its parameters, and its cells back to ours.

use crate::row::Cell;
use crate::value::Value;
use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};
use uuid::Uuid;

type Failure = Box<dyn std::error::Error + Sync + Send>;

/// The type that a value has where the statement does not tell.
pub(super) fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::UNKNOWN,
        Value::Int(_) => Type::INT8,
        Value::Real(_) => Type::FLOAT8,
        Value::Text(_) => Type::TEXT,
        Value::Bytes(_) => Type::BYTEA,
        Value::Uuid(_) => Type::UUID,
        Value::Bool(_) => Type::BOOL,
    }
}

impl ToSql for Value {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Int(value) => int(*value, wanted, out)?,
            Self::Bool(value) => int(i64::from(*value), wanted, out)?,
            Self::Real(value) => real(*value, wanted, out)?,
            Self::Text(text) if textual(wanted) => out.put_slice(text.as_bytes()),
            Self::Bytes(bytes) if *wanted == Type::BYTEA => out.put_slice(bytes),
            Self::Uuid(id) if matches!(*wanted, Type::UUID | Type::BYTEA) => out.put_slice(id.as_bytes()),
            _ => return Err(misfit(self, wanted)),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        self.to_sql(wanted, out)
    }
}

fn misfit(value: &Value, wanted: &Type) -> Failure {
    // Never the value itself: it may be a phone number.
    format!("a {} where the statement wants {wanted}", type_of(value)).into()
}

fn textual(wanted: &Type) -> bool {
    matches!(*wanted, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON)
}

fn int(value: i64, wanted: &Type, out: &mut BytesMut) -> Result<(), Failure> {
    match *wanted {
        Type::INT8 => out.put_i64(value),
        Type::INT4 => out.put_i32(i32::try_from(value)?),
        Type::INT2 => out.put_i16(i16::try_from(value)?),
        Type::BOOL => out.put_u8(u8::from(value != 0)),
        #[expect(clippy::cast_precision_loss, reason = "the column is real")]
        Type::FLOAT8 => out.put_f64(value as f64),
        Type::NUMERIC => numeric(value, out)?,
        _ if textual(wanted) => out.put_slice(value.to_string().as_bytes()),
        _ => return Err(misfit(&Value::Int(value), wanted)),
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "checked: whole and within the 53 bits of a real")]
fn real(value: f64, wanted: &Type, out: &mut BytesMut) -> Result<(), Failure> {
    match *wanted {
        Type::FLOAT8 => out.put_f64(value),
        Type::FLOAT4 => out.put_f32(value as f32),
        _ if value.fract() == 0.0 && value.abs() <= 9e15 => int(value as i64, wanted, out)?,
        _ => return Err(misfit(&Value::Real(value), wanted)),
    }
    Ok(())
}

/// A whole number as `numeric`: digits to the base of 10,000, the most significant first.
fn numeric(value: i64, out: &mut BytesMut) -> Result<(), Failure> {
    let mut digits = Vec::with_capacity(5);
    let mut rest = value.unsigned_abs();
    while rest > 0 {
        digits.push(i16::try_from(rest % 10_000)?);
        rest /= 10_000;
    }
    let count = i16::try_from(digits.len())?;
    out.put_i16(count);
    out.put_i16((count - 1).max(0));
    out.put_u16(if value < 0 { 0x4000 } else { 0 });
    out.put_i16(0);
    for digit in digits.iter().rev() {
        out.put_i16(*digit);
    }
    Ok(())
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(from: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        Ok(match *from {
            Type::INT8 => Self::Int(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Self::Int(i64::from(i32::from_be_bytes(raw.try_into()?))),
            Type::INT2 => Self::Int(i64::from(i16::from_be_bytes(raw.try_into()?))),
            Type::OID => Self::Int(i64::from(u32::from_be_bytes(raw.try_into()?))),
            Type::BOOL => Self::Int(i64::from(raw.first().is_some_and(|byte| *byte != 0))),
            Type::FLOAT8 => Self::Real(f64::from_be_bytes(raw.try_into()?)),
            Type::FLOAT4 => Self::Real(f64::from(f32::from_be_bytes(raw.try_into()?))),
            Type::UUID => Self::Uuid(Uuid::from_slice(raw)?),
            Type::BYTEA => Self::Bytes(raw),
            Type::NUMERIC => from_numeric(raw)?,
            Type::VOID => Self::Null,
            _ if textual(from) || *from == Type::CHAR => Self::Text(std::str::from_utf8(raw)?),
            _ => return Err(format!("cells of type {from} are not read").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A sum or an average: whole where it is written without decimals, as SQLite answers it.
fn from_numeric(raw: &[u8]) -> Result<Cell<'static>, Failure> {
    let part = |at: usize| -> Result<i16, Failure> {
        let pair = raw.get(at * 2..at * 2 + 2).ok_or("a numeric that is cut off")?;
        Ok(i16::from_be_bytes(pair.try_into()?))
    };
    let (count, weight, sign, scale) = (part(0)?, part(1)?, part(2)?, part(3)?);
    if !matches!(sign, 0 | 0x4000) {
        return Ok(Cell::Real(f64::NAN));
    }
    let mut whole: i128 = 0;
    let mut real = 0.0;
    for at in 0..count {
        let digit = part(4 + usize::try_from(at)?)?;
        let power = weight - at;
        real += f64::from(digit) * 10_000_f64.powi(i32::from(power));
        if let Ok(power) = u32::try_from(power) {
            let place = 10_000_i128.checked_pow(power).ok_or("a numeric out of range")?;
            whole += i128::from(digit) * place;
        }
    }
    if sign != 0 {
        whole = -whole;
        real = -real;
    }
    if scale == 0 { Ok(Cell::Int(i64::try_from(whole)?)) } else { Ok(Cell::Real(real)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(value: i64) -> i64 {
        let mut out = BytesMut::new();
        numeric(value, &mut out).unwrap();
        match from_numeric(&out).unwrap() {
            Cell::Int(value) => value,
            _ => panic!("{value} came back as something else"),
        }
    }

    #[test]
    fn whole_numbers_survive_numeric() {
        for value in [0, 1, -1, 9_999, 10_000, -10_001, 1_234_567_890_123, i64::MAX, i64::MIN] {
            assert_eq!(there_and_back(value), value);
        }
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused_and_not_bent() {
        let mut out = BytesMut::new();
        assert!(Value::Int(1 << 40).to_sql(&Type::INT4, &mut out).is_err());
        assert!(Value::Real(1.5).to_sql(&Type::INT8, &mut out).is_err());
        assert!(Value::Text("1".to_owned()).to_sql(&Type::INT8, &mut out).is_err());
        let error = Value::Text("13800138000".to_owned()).to_sql(&Type::UUID, &mut out).err().unwrap();
        assert!(!error.to_string().contains("138"), "{error}");
    }
}
