//! Binds values.

use activerecord_core::{Error, Result, Value, ValueType};
use activerecord_sqlx::at_placeholder;
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use rust_decimal::Decimal;
use sqlx::error::BoxDynError;
use sqlx::mysql::MySqlArguments;
use sqlx::{Arguments, Encode, MySql, Type};

/// Converts values to the arguments of a statement.
///
/// # Errors
/// `Conversion` for a value that the servers cannot store, and for values larger than a packet: the server would close the connection.
pub(crate) fn arguments(values: &[Value], max_packet: usize) -> Result<MySqlArguments> {
    let size = values.iter().map(size).sum::<usize>();
    if size > max_packet {
        return Err(too_large(size, max_packet));
    }
    let mut arguments = MySqlArguments::default();
    arguments.reserve(values.len(), 8 * values.len());
    for (number, value) in (1..).zip(values) {
        bind(&mut arguments, value).map_err(|error| at_placeholder(error, number))?;
    }
    Ok(arguments)
}

fn bind(arguments: &mut MySqlArguments, value: &Value) -> Result<()> {
    let added = match value {
        Value::Null(ty) => null(arguments, *ty),
        Value::Bool(b) => arguments.add(*b),
        Value::I16(n) => arguments.add(*n),
        Value::I32(n) => arguments.add(*n),
        Value::I64(n) => arguments.add(*n),
        Value::U64(n) => arguments.add(*n),
        Value::F32(x) if x.is_finite() => arguments.add(*x),
        Value::F64(x) if x.is_finite() => arguments.add(*x),
        Value::F32(_) | Value::F64(_) => return Err(not_finite("have no NaN and no infinity")),
        Value::Text(text) | Value::Json(text) => arguments.add(text.as_str()),
        Value::Bytes(bytes) => arguments.add(bytes.as_slice()),
        Value::Decimal(decimal) => arguments.add(*decimal),
        Value::Uuid(uuid) => arguments.add(uuid.hyphenated()),
        Value::Date(date) => arguments.add(in_range(*date)?),
        Value::Time(time) => arguments.add(without_leap_second(*time)?),
        Value::DateTime(time) => arguments.add(datetime(*time)?),
        Value::Timestamp(time) => arguments.add(datetime(time.naive_utc())?),
        Value::Array(_, elements) => {
            elements.iter().try_for_each(finite)?;
            arguments.add(value.to_json().to_string())
        }
        other => return Err(unknown(other)),
    };
    added.map_err(|error| Error::conversion(error.to_string()))
}

/// Returns the size of a value that can be large, and 0 for others.
fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Json(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}

/// Adds a NULL with its type, because the servers plan a statement by the types of its values.
fn null(arguments: &mut MySqlArguments, ty: ValueType) -> Result<(), BoxDynError> {
    fn add<'t, T: Encode<'t, MySql> + Type<MySql> + 't>(arguments: &mut MySqlArguments) -> Result<(), BoxDynError> {
        arguments.add(None::<T>)
    }
    match ty {
        ValueType::Bool => add::<bool>(arguments),
        ValueType::I16 => add::<i16>(arguments),
        ValueType::I32 => add::<i32>(arguments),
        ValueType::I64 => add::<i64>(arguments),
        ValueType::U64 => add::<u64>(arguments),
        ValueType::F32 => add::<f32>(arguments),
        ValueType::F64 => add::<f64>(arguments),
        ValueType::Bytes => add::<&[u8]>(arguments),
        ValueType::Decimal => add::<Decimal>(arguments),
        ValueType::Date => add::<NaiveDate>(arguments),
        ValueType::Time => add::<NaiveTime>(arguments),
        ValueType::DateTime | ValueType::Timestamp => add::<NaiveDateTime>(arguments),
        _ => add::<&str>(arguments),
    }
}

fn datetime(time: NaiveDateTime) -> Result<NaiveDateTime> {
    Ok(in_range(time.date())?.and_time(without_leap_second(time.time())?))
}

fn in_range(date: NaiveDate) -> Result<NaiveDate> {
    if (0..=9999).contains(&date.year()) {
        return Ok(date);
    }
    Err(Error::conversion("MySQL and MariaDB have no dates outside the years 0 to 9999"))
}

/// Refuses leap seconds, which chrono represents as a second of more than a thousand milliseconds.
fn without_leap_second(time: NaiveTime) -> Result<NaiveTime> {
    if time.nanosecond() < 1_000_000_000 {
        return Ok(time);
    }
    Err(Error::conversion("MySQL and MariaDB have no leap seconds"))
}

/// Refuses a number that is not finite, because JSON would turn it into null.
fn finite(element: &Value) -> Result<()> {
    match element {
        Value::F32(x) if !x.is_finite() => Err(not_finite("store an array as JSON, which has no NaN and no infinity")),
        Value::F64(x) if !x.is_finite() => Err(not_finite("store an array as JSON, which has no NaN and no infinity")),
        _ => Ok(()),
    }
}

#[cold]
fn too_large(size: usize, most: usize) -> Error {
    Error::conversion(format!(
        "the values have {size} bytes, more than the server accepts ({most}): raise its max_allowed_packet"
    ))
}

#[cold]
fn not_finite(why: &str) -> Error {
    Error::conversion(format!("MySQL and MariaDB {why}"))
}

#[cold]
fn unknown(value: &Value) -> Error {
    Error::conversion(format!("MySQL and MariaDB cannot store a {}", value.ty().name()))
}
