//! The digest of rows: one number for many rows, the same on every database. It compares tables without fetching their
//! rows.
//!
//! A row is written as text: its values, separated by commas. NULL is `N`, a text has its length in front, and bytes
//! are their SHA-256. Two rows with the same text are equal. Equal rows can have different texts, because databases
//! write some values, such as very large floats, in different ways. So rows with different digests must be compared by
//! their values.

use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256};

use super::{Value, ValueRef, ValueType};
use crate::error::{Error, Result};

/// The types that have a digest, each with its letter.
const LETTERS: &[(ValueType, char)] = &[
    (ValueType::Bool, 'b'),
    (ValueType::I16, 's'),
    (ValueType::I32, 'i'),
    (ValueType::I64, 'l'),
    (ValueType::U64, 'u'),
    (ValueType::F32, 'f'),
    (ValueType::F64, 'd'),
    (ValueType::Text, 't'),
    (ValueType::Bytes, 'x'),
    (ValueType::Decimal, 'n'),
    (ValueType::Uuid, 'g'),
    (ValueType::Date, 'D'),
    (ValueType::Time, 'T'),
    (ValueType::DateTime, 'M'),
    (ValueType::Timestamp, 'Z'),
];

/// Adds up the digest of rows, for backends whose database has no SQL functions for it.
#[derive(Clone, Debug, Default)]
pub struct RowDigest {
    sum: u128,
    text: String,
}

impl RowDigest {
    /// Adds a row whose cells have these types.
    ///
    /// # Errors
    /// `Conversion` when a cell does not fit its type, and `Unsupported` for a type without a digest. The sum is then
    /// incomplete and must not be used.
    pub fn add<'c>(&mut self, types: &[ValueType], cell: impl Fn(usize) -> Result<ValueRef<'c>>) -> Result<()> {
        self.text.clear();
        for (ordinal, ty) in types.iter().enumerate() {
            if ordinal > 0 {
                self.text.push(',');
            }
            spell(&mut self.text, cell(ordinal)?, *ty)?;
        }
        let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(&self.text));
        self.sum += u128::from(u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 4);
        Ok(())
    }

    /// Returns the sum of the digests of all rows.
    pub fn sum(&self) -> u128 {
        self.sum
    }
}

/// The letter that tells a backend the type of a column; None when the type has no digest.
pub(crate) fn letter(ty: ValueType) -> Option<char> {
    LETTERS.iter().find(|(known, _)| *known == ty).map(|(_, letter)| *letter)
}

/// Returns the type that a letter stands for.
pub fn type_of(letter: char) -> Option<ValueType> {
    LETTERS.iter().find(|(_, known)| *known == letter).map(|(ty, _)| *ty)
}

/// Writes a cell as text. The common types are written without the detour through a [`Value`].
fn spell(out: &mut String, cell: ValueRef<'_>, ty: ValueType) -> Result<()> {
    let written = match (&cell, ty) {
        (ValueRef::I64(n), _) if is_of(*n, ty) => out.write_str(itoa::Buffer::new().format(*n)),
        (ValueRef::Text(text), ValueType::Text) => write_text(out, text),
        _ => return spell_value(out, Value::from_cell(cell, ty)?),
    };
    written.map_err(no_text)
}

fn is_of(n: i64, ty: ValueType) -> bool {
    match ty {
        ValueType::I16 => i16::try_from(n).is_ok(),
        ValueType::I32 => i32::try_from(n).is_ok(),
        ValueType::I64 => true,
        _ => false,
    }
}

fn write_text(out: &mut String, text: &str) -> fmt::Result {
    out.write_str(itoa::Buffer::new().format(text.chars().count()))?;
    out.write_char(':')?;
    out.write_str(text)
}

fn spell_value(out: &mut String, value: Value) -> Result<()> {
    let written = match value {
        Value::Null(_) => out.write_str("N"),
        Value::Bool(b) => out.write_str(if b { "1" } else { "0" }),
        Value::I16(n) => write!(out, "{n}"),
        Value::I32(n) => write!(out, "{n}"),
        Value::I64(n) => write!(out, "{n}"),
        Value::U64(n) => write!(out, "{n}"),
        Value::F32(x) => write!(out, "{}", f64::from(x)),
        Value::F64(x) => write!(out, "{x}"),
        Value::Text(text) => write_text(out, &text),
        Value::Bytes(bytes) => Sha256::digest(&bytes).iter().try_for_each(|byte| write!(out, "{byte:02x}")),
        Value::Decimal(decimal) => write!(out, "{}", decimal.normalize()),
        Value::Uuid(uuid) => write!(out, "{}", uuid.simple()),
        Value::Date(date) => write!(out, "{date}"),
        Value::Time(time) => write!(out, "{}", shortest(&time)),
        Value::DateTime(time) => write!(out, "{}", shortest(&time)),
        Value::Timestamp(time) => write!(out, "{}", shortest(&time.naive_utc())),
        Value::Json(_) | Value::Array(..) => return Err(Error::unsupported("JSON values and arrays have no digest")),
    };
    written.map_err(no_text)
}

fn no_text(_: fmt::Error) -> Error {
    Error::conversion("a value cannot be written as text")
}

/// A time without trailing zeros in the fraction of its second.
fn shortest(time: &impl ToString) -> String {
    let mut text = time.to_string();
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').len());
    }
    text
}
