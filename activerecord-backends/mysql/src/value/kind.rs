//! The types of columns. They are determined once per result, and cells are decoded by them.

use activerecord_core::{Error, Result, ValueRef};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::Decimal;
use sqlx::mysql::{MySqlColumn, MySqlTypeInfo};
use sqlx::{Column, MySql, Type, TypeInfo};

use crate::error;

/// The type of a column's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A signed integer of any width.
    Integer,
    /// An unsigned integer that fits in an `i64`.
    Unsigned,
    /// An unsigned integer of 64 bits.
    Unsigned64,
    Bits,
    Float,
    Double,
    Decimal,
    Text,
    Json,
    Bytes,
    Date,
    Time,
    DateTime,
    Timestamp,
    Geometry,
}

/// Returns the kinds of a result's columns.
pub(crate) fn kinds(columns: &[MySqlColumn]) -> impl Iterator<Item = Kind> {
    columns.iter().map(|column| kind(column.type_info()))
}

fn kind(ty: &MySqlTypeInfo) -> Kind {
    match ty.name() {
        // The driver gives this name to tinyint(1) with and without a sign.
        "BOOLEAN" if <u8 as Type<MySql>>::compatible(ty) => Kind::Unsigned,
        "BOOLEAN" | "TINYINT" | "SMALLINT" | "INT" | "MEDIUMINT" | "BIGINT" => Kind::Integer,
        "TINYINT UNSIGNED" | "SMALLINT UNSIGNED" | "INT UNSIGNED" | "MEDIUMINT UNSIGNED" | "YEAR" => Kind::Unsigned,
        "BIGINT UNSIGNED" => Kind::Unsigned64,
        "BIT" => Kind::Bits,
        "FLOAT" => Kind::Float,
        "DOUBLE" => Kind::Double,
        "DECIMAL" => Kind::Decimal,
        "DATE" => Kind::Date,
        "TIME" => Kind::Time,
        "DATETIME" => Kind::DateTime,
        "TIMESTAMP" => Kind::Timestamp,
        "JSON" => Kind::Json,
        "GEOMETRY" => Kind::Geometry,
        // The driver names a text with a binary collation like bytes; only `compatible` checks the character set.
        _ if <str as Type<MySql>>::compatible(ty) => Kind::Text,
        _ => Kind::Bytes,
    }
}

impl Kind {
    /// Decodes a cell in the binary format.
    ///
    /// # Errors
    /// `Conversion` if no [`ValueRef`] can represent it.
    #[inline]
    pub(super) fn read(self, bytes: &[u8]) -> Result<ValueRef<'_>> {
        Ok(match self {
            Self::Integer => ValueRef::I64(signed(bytes)),
            Self::Unsigned => ValueRef::I64(unsigned(bytes).cast_signed()),
            Self::Unsigned64 => ValueRef::U64(unsigned(bytes)),
            Self::Float => ValueRef::F64(f64::from(f32::from_le_bytes(exactly(bytes)?))),
            Self::Double => ValueRef::F64(f64::from_le_bytes(exactly(bytes)?)),
            Self::Date => ValueRef::Date(date(bytes.get(1..).unwrap_or_default())?),
            Self::Time => ValueRef::Time(time(bytes.get(1..).unwrap_or_default())?),
            Self::DateTime => ValueRef::DateTime(datetime(bytes.get(1..).unwrap_or_default())?),
            Self::Timestamp => ValueRef::Timestamp(datetime(bytes.get(1..).unwrap_or_default())?.and_utc()),
            _ => return self.read_in_both(bytes),
        })
    }

    /// Decodes a cell in the text format.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(super) fn read_text(self, bytes: &[u8]) -> Result<ValueRef<'_>> {
        if let Self::Bits | Self::Decimal | Self::Text | Self::Json | Self::Bytes | Self::Geometry = self {
            return self.read_in_both(bytes);
        }
        let text = utf8(bytes)?;
        let datetime = || NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok();
        let value = match self {
            Self::Integer | Self::Unsigned => text.parse().ok().map(ValueRef::I64),
            Self::Unsigned64 => text.parse().ok().map(ValueRef::U64),
            Self::Float | Self::Double => text.parse().ok().map(ValueRef::F64),
            Self::Date => text.parse().ok().map(ValueRef::Date),
            Self::Time => text.parse().ok().map(ValueRef::Time),
            Self::DateTime => datetime().map(ValueRef::DateTime),
            _ => datetime().map(|time| ValueRef::Timestamp(time.and_utc())),
        };
        value.ok_or_else(|| unreadable(self))
    }

    /// Decodes a cell that is the same in both formats.
    #[inline]
    fn read_in_both(self, bytes: &[u8]) -> Result<ValueRef<'_>> {
        match self {
            Self::Text => utf8(bytes).map(ValueRef::Text),
            Self::Json => utf8(bytes).map(ValueRef::Json),
            Self::Decimal => decimal(utf8(bytes)?).map(ValueRef::Decimal),
            Self::Bits => bits(bytes),
            Self::Geometry => {
                Err(Error::conversion("a geometry cannot be read: select ST_AsText or ST_AsBinary of it"))
            }
            _ => Ok(ValueRef::Bytes(bytes)),
        }
    }
}

#[inline]
fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(error::not_utf8)
}

/// Decodes a signed integer of up to eight bytes.
#[inline]
fn signed(bytes: &[u8]) -> i64 {
    let unused = 64 - 8 * u32::try_from(bytes.len().clamp(1, 8)).unwrap_or(8);
    (unsigned(bytes).cast_signed() << unused) >> unused
}

/// Decodes an unsigned integer of up to eight bytes.
#[inline]
fn unsigned(bytes: &[u8]) -> u64 {
    let mut all = [0; 8];
    let length = bytes.len().min(8);
    all[..length].copy_from_slice(&bytes[..length]);
    u64::from_le_bytes(all)
}

/// Decodes BIT: the highest byte comes first.
fn bits(bytes: &[u8]) -> Result<ValueRef<'_>> {
    let value = bytes.iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
    Ok(i64::try_from(value).map_or(ValueRef::U64(value), ValueRef::I64))
}

#[inline]
fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| unreadable(Kind::Double))
}

/// Parses a decimal. Trailing zeros do not count towards the 28 digits.
fn decimal(text: &str) -> Result<Decimal> {
    let exact = Decimal::from_str_exact(text).or_else(|error| match text.split_once('.') {
        Some(_) => Decimal::from_str_exact(text.trim_end_matches('0').trim_end_matches('.')),
        None => Err(error),
    });
    exact.map_err(|_| Error::conversion("the decimal has more than 28 digits"))
}

/// Decodes a date and time in the binary format, which omits trailing zeros.
fn datetime(bytes: &[u8]) -> Result<NaiveDateTime> {
    Ok(date(bytes)?.and_time(clock(bytes.get(4..).unwrap_or_default())?))
}

/// Decodes year, month, day.
fn date(bytes: &[u8]) -> Result<NaiveDate> {
    let [low, high, month, day, ..] = *bytes else { return Err(zero_date()) };
    let year = i32::from(u16::from_le_bytes([low, high]));
    NaiveDate::from_ymd_opt(year, month.into(), day.into()).ok_or_else(zero_date)
}

/// Decodes hour, minute, second, and microseconds in four bytes.
fn clock(bytes: &[u8]) -> Result<NaiveTime> {
    let [hour, minute, second, ref micros @ ..] = *bytes else { return Ok(NaiveTime::MIN) };
    let micros = u32::try_from(unsigned(micros)).unwrap_or(u32::MAX);
    let time = NaiveTime::from_hms_micro_opt(hour.into(), minute.into(), second.into(), micros);
    time.ok_or_else(|| unreadable(Kind::Time))
}

/// Decodes a TIME: sign, days in four bytes, time.
fn time(bytes: &[u8]) -> Result<NaiveTime> {
    match bytes {
        [] | [0, 0, 0, 0, 0, ..] => clock(bytes.get(5..).unwrap_or_default()),
        _ => Err(unreadable(Kind::Time)),
    }
}

#[cold]
fn zero_date() -> Error {
    Error::conversion("the cell contains a date with a day, month or year of zero, such as 0000-00-00")
}

#[cold]
fn unreadable(kind: Kind) -> Error {
    Error::conversion(match kind {
        Kind::Time => "the cell contains a TIME that is negative or longer than a day, which is not a time of day",
        Kind::Date | Kind::DateTime | Kind::Timestamp => return zero_date(),
        _ => "the cell does not have the format of its column's type",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        assert_eq!(signed(&[0xff]), -1);
        assert_eq!(signed(&[0x00, 0x80]), -32_768);
        assert_eq!(signed(&i64::MIN.to_le_bytes()), i64::MIN);
        assert_eq!(unsigned(&[0xff, 0xff]), 65_535);
        assert_eq!(unsigned(&[0xff; 8]), u64::MAX);
        assert_eq!(bits(&[1, 0]).unwrap(), ValueRef::I64(256));
        assert_eq!(bits(&[0xff; 8]).unwrap(), ValueRef::U64(u64::MAX));
    }

    #[test]
    fn decimals() {
        assert_eq!(decimal("1.500").unwrap(), Decimal::new(1500, 3));
        assert_eq!(decimal("0.100000000000000000000000000000").unwrap(), Decimal::new(1, 1));
        assert!(decimal("99999999999999999999999999999999").unwrap_err().is_conversion());
        assert!(decimal("100000000000000000000000000000000").unwrap_err().is_conversion());
    }

    #[test]
    fn times() {
        assert_eq!(time(&[]).unwrap(), NaiveTime::MIN);
        assert_eq!(time(&[0, 0, 0, 0, 0, 23, 59, 59]).unwrap(), NaiveTime::from_hms_opt(23, 59, 59).unwrap());
        assert!(time(&[1, 0, 0, 0, 0, 1, 0, 0]).unwrap_err().is_conversion());
        assert!(time(&[0, 1, 0, 0, 0, 1, 0, 0]).unwrap_err().is_conversion());
        assert!(date(&[]).unwrap_err().is_conversion());
        assert!(date(&[0xe8, 0x07, 0, 1]).unwrap_err().is_conversion());
    }
}
