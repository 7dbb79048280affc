//! Encodes values in PostgreSQL's binary format.

use std::fmt;

use activerecord_core::{Error, Value, ValueType};
use chrono::{DateTime, Datelike, NaiveTime, Timelike, Utc};
use rust_decimal::Decimal;
use sqlx::Encode;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, Postgres};
use uuid::Uuid;

use super::Typing;
use super::decode::{EPOCH_DAYS, EPOCH_MICROS};
use super::kind::{Kind, Scalar};

/// The type of a placeholder whose type the server infers.
pub(super) const UNKNOWN: Oid = Oid(0);

const NUMERIC: u32 = 1700;

/// Why a value was not encoded.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It has another type than its placeholder.
    Misfit,
    /// PostgreSQL cannot store it.
    Impossible(Error),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misfit => f.write_str("a value does not fit its placeholder"),
            Self::Impossible(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

/// Returns the OID of the type that a value is bound with.
pub(super) fn oid(value: &Value, typing: Typing) -> Oid {
    match value {
        Value::U64(n) if i64::try_from(*n).is_err() => Oid(NUMERIC),
        Value::Array(ValueType::U64, elements) if elements.iter().any(is_large) => Oid(array_oid(ValueType::Decimal)),
        _ => match (value.ty(), typing) {
            (ValueType::Text | ValueType::Json, Typing::Inferred) => UNKNOWN,
            (ValueType::Array(ValueType::Text | ValueType::Json), Typing::Inferred) => UNKNOWN,
            (ValueType::Array(element), _) => Oid(array_oid(*element)),
            (ty, _) => Oid(scalar_oid(ty)),
        },
    }
}

fn is_large(value: &Value) -> bool {
    matches!(value, Value::U64(n) if i64::try_from(*n).is_err())
}

fn scalar_oid(ty: ValueType) -> u32 {
    match ty {
        ValueType::Bool => 16,
        ValueType::I16 => 21,
        ValueType::I32 => 23,
        ValueType::I64 | ValueType::U64 => 20,
        ValueType::F32 => 700,
        ValueType::F64 => 701,
        ValueType::Text => 25,
        ValueType::Bytes => 17,
        ValueType::Decimal => NUMERIC,
        ValueType::Uuid => 2950,
        ValueType::Date => 1082,
        ValueType::Time => 1083,
        ValueType::DateTime => 1114,
        ValueType::Timestamp => 1184,
        ValueType::Json => 3802,
        _ => UNKNOWN.0,
    }
}

fn array_oid(element: ValueType) -> u32 {
    match element {
        ValueType::Bool => 1000,
        ValueType::I16 => 1005,
        ValueType::I32 => 1007,
        ValueType::I64 | ValueType::U64 => 1016,
        ValueType::F32 => 1021,
        ValueType::F64 => 1022,
        ValueType::Text => 1009,
        ValueType::Bytes => 1001,
        ValueType::Decimal => 1231,
        ValueType::Uuid => 2951,
        ValueType::Date => 1182,
        ValueType::Time => 1183,
        ValueType::DateTime => 1115,
        ValueType::Timestamp => 1185,
        ValueType::Json => 3807,
        _ => UNKNOWN.0,
    }
}

/// Writes a value in its placeholder's type. Returns false for NULL, which writes nothing.
///
/// # Errors
/// [`Refusal`].
pub(super) fn encode(value: &Value, ty: &PgTypeInfo, buffer: &mut PgArgumentBuffer) -> Result<bool, Refusal> {
    let kind = Kind::of(ty);
    match value {
        Value::Null(_) => Ok(false),
        Value::Array(_, elements) if kind.array => array(elements, kind.scalar, ty, buffer).map(|()| true),
        Value::Array(..) => Err(Refusal::Misfit),
        _ if kind.array => Err(Refusal::Misfit),
        _ => scalar(value, kind.scalar, buffer).map(|()| true),
    }
}

/// Writes a value with its length in front, as in a row of COPY.
///
/// # Errors
/// [`Refusal`].
pub(super) fn sized(value: &Value, ty: &PgTypeInfo, buffer: &mut PgArgumentBuffer) -> Result<(), Refusal> {
    let start = buffer.len();
    buffer.extend_from_slice(&(-1_i32).to_be_bytes());
    if encode(value, ty, buffer)? {
        let size = length(buffer.len() - start - 4)?.to_be_bytes();
        buffer[start..start + 4].copy_from_slice(&size);
    }
    Ok(())
}

fn scalar(value: &Value, scalar: Scalar, buffer: &mut PgArgumentBuffer) -> Result<(), Refusal> {
    match (value, scalar) {
        (Value::Bool(b), Scalar::Bool) => buffer.push(u8::from(*b)),
        (Value::I16(n), _) => return integer((*n).into(), scalar, buffer),
        (Value::I32(n), _) => return integer((*n).into(), scalar, buffer),
        (Value::I64(n), _) => return integer((*n).into(), scalar, buffer),
        (Value::U64(n), _) => return integer((*n).into(), scalar, buffer),
        (Value::F32(x), Scalar::F32) => buffer.extend_from_slice(&x.to_be_bytes()),
        (Value::F32(x), Scalar::F64) => buffer.extend_from_slice(&f64::from(*x).to_be_bytes()),
        (Value::F64(x), Scalar::F64) => buffer.extend_from_slice(&x.to_be_bytes()),
        (Value::Text(text), _) => return string(text, scalar, buffer),
        (Value::Json(text), Scalar::Text | Scalar::Json | Scalar::Jsonb) => return string(text, scalar, buffer),
        (Value::Bytes(bytes), Scalar::Bytes) => buffer.extend_from_slice(bytes),
        (Value::Decimal(decimal), Scalar::Numeric) => return numeric(decimal, buffer),
        (Value::Uuid(uuid), Scalar::Uuid) => buffer.extend_from_slice(uuid.as_bytes()),
        (Value::Date(date), Scalar::Date) => {
            buffer.extend_from_slice(&(date.num_days_from_ce() - EPOCH_DAYS).to_be_bytes());
        }
        (Value::Time(time), Scalar::Time) => buffer.extend_from_slice(&time_micros(*time).to_be_bytes()),
        (Value::DateTime(time), Scalar::DateTime) => {
            buffer.extend_from_slice(&timestamp_micros(time.and_utc()).to_be_bytes());
        }
        (Value::Timestamp(time), Scalar::Timestamp) => {
            buffer.extend_from_slice(&timestamp_micros(*time).to_be_bytes());
        }
        _ => return Err(Refusal::Misfit),
    }
    Ok(())
}

fn integer(n: i128, scalar: Scalar, buffer: &mut PgArgumentBuffer) -> Result<(), Refusal> {
    match scalar {
        Scalar::I16 => buffer.extend_from_slice(&i16::try_from(n).map_err(|_| Refusal::Misfit)?.to_be_bytes()),
        Scalar::I32 => buffer.extend_from_slice(&i32::try_from(n).map_err(|_| Refusal::Misfit)?.to_be_bytes()),
        Scalar::I64 => buffer.extend_from_slice(&i64::try_from(n).map_err(|_| Refusal::Misfit)?.to_be_bytes()),
        Scalar::Numeric => return numeric(&Decimal::from(n), buffer),
        _ => return Err(Refusal::Misfit),
    }
    Ok(())
}

fn numeric(decimal: &Decimal, buffer: &mut PgArgumentBuffer) -> Result<(), Refusal> {
    let encoded = <Decimal as Encode<'_, Postgres>>::encode_by_ref(decimal, buffer);
    encoded.map(drop).map_err(|error| Refusal::Impossible(Error::conversion(error.to_string())))
}

fn string(text: &str, scalar: Scalar, buffer: &mut PgArgumentBuffer) -> Result<(), Refusal> {
    match scalar {
        Scalar::Text | Scalar::Json => {}
        // The version of the format.
        Scalar::Jsonb => buffer.push(1),
        Scalar::Uuid => return uuid(text, buffer),
        _ => return Err(Refusal::Misfit),
    }
    buffer.extend_from_slice(text.as_bytes());
    Ok(())
}

fn uuid(text: &str, buffer: &mut PgArgumentBuffer) -> Result<(), Refusal> {
    let parsed = Uuid::try_parse(text)
        .map_err(|_| Refusal::Impossible(Error::conversion("expected a UUID, got a text that is not one")))?;
    buffer.extend_from_slice(parsed.as_bytes());
    Ok(())
}

/// Microseconds since midnight.
fn time_micros(time: NaiveTime) -> i64 {
    i64::from(time.num_seconds_from_midnight()) * 1_000_000 + i64::from(time.nanosecond() / 1000)
}

fn timestamp_micros(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros() - EPOCH_MICROS
}

/// Writes an array: number of dimensions, NULL flag, type of the elements, length, index of the first element, elements.
fn array(elements: &[Value], element: Scalar, ty: &PgTypeInfo, buffer: &mut PgArgumentBuffer) -> Result<(), Refusal> {
    let has_nulls = elements.iter().any(Value::is_null);
    let oid = element_oid(ty).ok_or(Refusal::Misfit)?;
    for number in [u32::from(!elements.is_empty()), u32::from(has_nulls), oid.0] {
        buffer.extend_from_slice(&number.to_be_bytes());
    }
    if elements.is_empty() {
        return Ok(());
    }
    buffer.extend_from_slice(&length(elements.len())?.to_be_bytes());
    buffer.extend_from_slice(&1_i32.to_be_bytes());
    for value in elements {
        array_element(value, element, buffer)?;
    }
    Ok(())
}

fn array_element(value: &Value, element: Scalar, buffer: &mut PgArgumentBuffer) -> Result<(), Refusal> {
    if value.is_null() {
        buffer.extend_from_slice(&(-1_i32).to_be_bytes());
        return Ok(());
    }
    let start = buffer.len() + 4;
    buffer.extend_from_slice(&[0; 4]);
    scalar(value, element, buffer)?;
    let size = length(buffer.len() - start)?.to_be_bytes();
    buffer[start - 4..start].copy_from_slice(&size);
    Ok(())
}

fn length(length: usize) -> Result<i32, Refusal> {
    i32::try_from(length).map_err(|_| Refusal::Impossible(Error::conversion("a value in PostgreSQL has at most 2 GiB")))
}

/// Returns the OID of the type of an array's elements.
fn element_oid(ty: &PgTypeInfo) -> Option<Oid> {
    use sqlx::postgres::PgTypeKind;
    match ty.kind() {
        PgTypeKind::Array(element) => element.oid(),
        PgTypeKind::Domain(base) => element_oid(base),
        _ => None,
    }
}
