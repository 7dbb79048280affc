//! Decodes cells from PostgreSQL's binary format. Text and bytes are borrowed from the driver's buffer.

use activerecord_core::{Error, Result, Value, ValueRef};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use uuid::Uuid;

use super::kind::{Kind, Scalar};
use super::numeric;

/// PostgreSQL's epoch, 2000-01-01, in chrono's days and in microseconds since 1970.
pub(super) const EPOCH_DAYS: i32 = 730_120;
pub(super) const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Decodes a cell that is not NULL.
///
/// # Errors
/// `Conversion` if no [`ValueRef`] can represent it.
#[inline]
pub(super) fn decode(kind: Kind, bytes: &[u8]) -> Result<ValueRef<'_>> {
    if kind.array { array(kind.scalar, bytes).map(ValueRef::Array) } else { scalar(kind.scalar, bytes) }
}

#[inline]
fn scalar(scalar: Scalar, bytes: &[u8]) -> Result<ValueRef<'_>> {
    Ok(match scalar {
        Scalar::Bool => ValueRef::Bool(fixed::<1>(bytes)? != [0]),
        Scalar::I16 => ValueRef::I64(i16::from_be_bytes(fixed(bytes)?).into()),
        Scalar::I32 => ValueRef::I64(i32::from_be_bytes(fixed(bytes)?).into()),
        Scalar::I64 => ValueRef::I64(i64::from_be_bytes(fixed(bytes)?)),
        Scalar::Oid => ValueRef::I64(u32::from_be_bytes(fixed(bytes)?).into()),
        Scalar::F32 => ValueRef::F64(f32::from_be_bytes(fixed(bytes)?).into()),
        Scalar::F64 => ValueRef::F64(f64::from_be_bytes(fixed(bytes)?)),
        Scalar::Numeric => ValueRef::Decimal(numeric::decode(bytes)?),
        Scalar::Text => ValueRef::Text(text(bytes)?),
        Scalar::Bytes => ValueRef::Bytes(bytes),
        Scalar::Uuid => ValueRef::Uuid(Uuid::from_bytes(fixed(bytes)?)),
        Scalar::Date => ValueRef::Date(date(bytes)?),
        Scalar::Time => ValueRef::Time(time(bytes)?),
        Scalar::DateTime => ValueRef::DateTime(timestamp(bytes)?.naive_utc()),
        Scalar::Timestamp => ValueRef::Timestamp(timestamp(bytes)?),
        Scalar::Json => ValueRef::Json(text(bytes)?),
        Scalar::Jsonb => ValueRef::Json(text(jsonb(bytes)?)?),
        Scalar::Void => ValueRef::Null,
        Scalar::Other => return Err(unsupported_type()),
    })
}

#[inline]
pub(super) fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| damaged())
}

#[inline]
fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes)
        .map_err(|error| Error::conversion(format!("the text is not UTF-8: {error}")).with_source(error))
}

/// Returns the text of a `jsonb` without the version of the format at its beginning.
fn jsonb(bytes: &[u8]) -> Result<&[u8]> {
    match bytes {
        [1, text @ ..] => Ok(text),
        _ => Err(Error::conversion("the jsonb has an unknown format version; read it with a cast, `::text`")),
    }
}

fn date(bytes: &[u8]) -> Result<NaiveDate> {
    let days = i32::from_be_bytes(fixed(bytes)?);
    let date = days.checked_add(EPOCH_DAYS).and_then(NaiveDate::from_num_days_from_ce_opt);
    date.ok_or_else(|| out_of_range("date", days == i32::MAX || days == i32::MIN))
}

/// PostgreSQL's 24:00:00 is an error.
fn time(bytes: &[u8]) -> Result<NaiveTime> {
    let micros = u64::from_be_bytes(fixed(bytes)?);
    let seconds = u32::try_from(micros / 1_000_000).map_err(|_| damaged())?;
    let nanos = u32::try_from(micros % 1_000_000 * 1000).map_err(|_| damaged())?;
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos).ok_or_else(|| out_of_range("time", false))
}

#[inline]
fn timestamp(bytes: &[u8]) -> Result<DateTime<Utc>> {
    let micros = i64::from_be_bytes(fixed(bytes)?);
    let time = micros.checked_add(EPOCH_MICROS).and_then(DateTime::from_timestamp_micros);
    time.ok_or_else(|| out_of_range("time", micros == i64::MAX || micros == i64::MIN))
}

fn array(element: Scalar, bytes: &[u8]) -> Result<Vec<Value>> {
    let mut rest = Rest(bytes);
    match rest.number()? {
        0 => return Ok(Vec::new()),
        1 => {}
        dimensions => {
            return Err(Error::conversion(format!("an array of {dimensions} dimensions cannot be read as a `Vec`")));
        }
    }
    // Skips the NULL flag and the type of the elements.
    rest.take(8)?;
    let length = usize::try_from(rest.number()?).map_err(|_| damaged())?;
    // Skips the index of the first element.
    rest.take(4)?;
    (0..length).map(|_| rest.element(element)).collect()
}

/// The rest of an array's bytes.
struct Rest<'r>(&'r [u8]);

impl<'r> Rest<'r> {
    fn take(&mut self, length: usize) -> Result<&'r [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<i32> {
        Ok(i32::from_be_bytes(fixed(self.take(4)?)?))
    }

    fn element(&mut self, element: Scalar) -> Result<Value> {
        match usize::try_from(self.number()?) {
            Ok(length) => Ok(scalar(element, self.take(length)?)?.to_owned()),
            Err(_) => Ok(Value::Null(element.value_type())),
        }
    }
}

#[cold]
fn unsupported_type() -> Error {
    Error::conversion("the type is not supported; read it as text with a cast in the query, `::text`")
}

#[cold]
fn out_of_range(what: &str, infinite: bool) -> Error {
    let why = if infinite { "is infinite" } else { "is out of the range of chrono's types" };
    Error::conversion(format!("the {what} {why}; read it as text with a cast in the query, `::text`"))
}

#[cold]
pub(super) fn damaged() -> Error {
    Error::conversion("the cell has another length than its type")
}
