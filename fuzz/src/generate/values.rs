//! Values: few, so that rows meet, and those at which databases differ.

use activerecord_core::{Value, ValueType};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use fastrand::Rng;
use rust_decimal::Decimal;
use uuid::Uuid;

const INTEGERS: [i64; 12] = [-7, -2, -1, 0, 1, 1, 2, 2, 3, 5, 10, 100];

/// The sum of a few of these, and their products, are exact.
const FLOATS: [f64; 9] = [-2.5, -1.0, 0.0, 0.125, 0.5, 1.0, 1.5, 3.0, 100.0];

const TEXTS: [&str; 23] = [
    "", "a", "A", "b", "B", "ab", "aB", "a b", "aä", "Ä", "%", "_", "\\", "a%b", "a_b", "z", " a", "1", "01", "'",
    "\"", "ß", "日本",
];

/// Units and digits after the point.
const DECIMALS: [(i64, u32); 9] = [(0, 0), (1, 0), (-1, 0), (1, 1), (250, 2), (9999, 2), (-3333, 3), (10, 0), (10, 1)];

const DAYS: [(i32, u32, u32); 6] =
    [(2024, 2, 29), (2024, 3, 3), (2023, 12, 31), (2024, 1, 1), (1969, 12, 31), (2038, 1, 20)];

const MICROS: [i64; 6] = [0, 1, 43_200_000_000, 86_399_000_000, 86_399_999_999, 86_399_999_500];

/// JSON in the spelling of serde.
const DOCUMENTS: [&str; 14] = [
    "null",
    "true",
    "0",
    "1",
    "1.5",
    "\"a\"",
    "\"\"",
    "[]",
    "[1,2]",
    "[1,[1]]",
    "{}",
    "{\"a\":1}",
    "{\"a\":\"b\"}",
    "{\"a\":{\"a\":[1,null,true]}}",
];

/// A value for a column, or for an operand of its type.
pub(crate) fn value(rng: &mut Rng, ty: ValueType) -> Value {
    match ty {
        ValueType::Bool => Value::Bool(rng.bool()),
        ValueType::I16 => Value::I16(i16::try_from(integer(rng, i16::MIN.into(), i16::MAX.into())).unwrap_or_default()),
        ValueType::I32 => Value::I32(i32::try_from(integer(rng, i32::MIN.into(), i32::MAX.into())).unwrap_or_default()),
        ValueType::I64 => Value::I64(integer(rng, i64::MIN, i64::MAX)),
        #[allow(clippy::cast_possible_truncation, reason = "the floats are exact in both types")]
        ValueType::F32 => Value::F32(pick(rng, &FLOATS) as f32),
        ValueType::F64 => Value::F64(pick(rng, &FLOATS)),
        ValueType::Decimal => {
            let (units, scale) = pick(rng, &DECIMALS);
            Value::Decimal(Decimal::new(units, scale))
        }
        ValueType::Uuid => Value::Uuid(Uuid::from_u128(pick(rng, &[0, 1, 0xa0 << 120, u128::MAX]))),
        ValueType::Bytes => Value::Bytes(pick(rng, &[&b""[..], b"a", b"\0", b"\xff\x01", b"ab"]).to_vec()),
        ValueType::Date => Value::Date(day(rng)),
        ValueType::Time => Value::Time(time(rng)),
        ValueType::DateTime => Value::DateTime(day(rng).and_time(time(rng))),
        ValueType::Timestamp => Value::Timestamp(NaiveDateTime::and_utc(&day(rng).and_time(time(rng)))),
        ValueType::Json => Value::Json(pick(rng, &DOCUMENTS).into()),
        _ => Value::Text(pick(rng, &TEXTS).to_owned()),
    }
}

/// A value of a row, sometimes any that every database can store.
pub(crate) fn wild(rng: &mut Rng, ty: ValueType, nullable: bool) -> Value {
    if rng.bool() {
        return stored(rng, ty, nullable);
    }
    match ty {
        ValueType::I16 => Value::I16(rng.i16(..)),
        ValueType::I32 => Value::I32(rng.i32(..)),
        ValueType::I64 => Value::I64(rng.i64(..)),
        ValueType::F32 => Value::F32((rng.f32() - 0.5) * 10_f32.powi(rng.i32(-20..20))),
        ValueType::F64 => Value::F64((rng.f64() - 0.5) * 10_f64.powi(rng.i32(-200..200))),
        ValueType::Decimal => {
            let digits = (i128::from(rng.u32(..)) << 64) | i128::from(rng.u64(..));
            let digits = if rng.bool() { digits } else { -digits };
            Value::Decimal(Decimal::from_i128_with_scale(digits, rng.u32(..=28)))
        }
        ValueType::Uuid => Value::Uuid(Uuid::from_u128(rng.u128(..))),
        ValueType::Bytes => Value::Bytes((0..rng.usize(..20)).map(|_| rng.u8(..)).collect()),
        // Collations of MySQL and MariaDB ignore blanks at the end, and PostgreSQL has no NUL.
        ValueType::Text => {
            let text: String = (0..rng.usize(..12)).map(|_| rng.char('\u{1}'..)).collect();
            Value::Text(text.trim_end_matches(' ').to_owned())
        }
        ValueType::Date => Value::Date(any_day(rng)),
        ValueType::Time => Value::Time(any_time(rng)),
        ValueType::DateTime => Value::DateTime(any_day(rng).and_time(any_time(rng))),
        ValueType::Timestamp => Value::Timestamp(any_day(rng).and_time(any_time(rng)).and_utc()),
        ty => value(rng, ty),
    }
}

/// A value of a row.
pub(crate) fn stored(rng: &mut Rng, ty: ValueType, nullable: bool) -> Value {
    if nullable && rng.u8(..4) == 0 { Value::Null(ty) } else { value(rng, ty) }
}

/// A value of a row, sometimes the least or the greatest integer.
pub(crate) fn extreme(rng: &mut Rng, ty: ValueType, nullable: bool, is_extreme: bool) -> Value {
    match ty {
        ValueType::I16 if is_extreme && rng.bool() => Value::I16(pick(rng, &[i16::MIN, i16::MAX])),
        ValueType::I32 if is_extreme && rng.bool() => Value::I32(pick(rng, &[i32::MIN, i32::MAX])),
        ValueType::I64 if is_extreme && rng.bool() => Value::I64(pick(rng, &[i64::MIN, i64::MAX])),
        _ => stored(rng, ty, nullable),
    }
}

/// One of these.
pub(crate) fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())]
}

fn integer(rng: &mut Rng, least: i64, greatest: i64) -> i64 {
    pick(rng, &INTEGERS).clamp(least, greatest)
}

fn day(rng: &mut Rng) -> NaiveDate {
    let (year, month, day) = pick(rng, &DAYS);
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// The years that every database has.
fn any_day(rng: &mut Rng) -> NaiveDate {
    NaiveDate::from_yo_opt(rng.i32(1..=9999), rng.u32(1..=365)).unwrap_or_default()
}

fn any_time(rng: &mut Rng) -> NaiveTime {
    NaiveTime::MIN + chrono::TimeDelta::microseconds(rng.i64(..86_400_000_000))
}

fn time(rng: &mut Rng) -> NaiveTime {
    NaiveTime::MIN + chrono::TimeDelta::microseconds(pick(rng, &MICROS))
}
