//! Values in PostgreSQL's binary format. They are bound as follows:
//!
//! | value | bound as |
//! |---|---|
//! | bool, integers, floats, bytes, decimal, UUID, dates and times | the same type of PostgreSQL |
//! | a `u64` above `i64::MAX` | `numeric` |
//! | text without NUL | the type that the context needs: `text`, `varchar`, an enum, `uuid`, `json`, `jsonb` |
//! | JSON | `jsonb`, or `json` or text if the context needs one of these |
//! | arrays | an array of the element's type |
//!
//! A statement keeps the types of its first preparation. If a value does not fit them, the statement is prepared a second time under another
//! text; see [`bind`].

mod decode;
mod encode;
mod kind;
mod numeric;

use std::sync::Arc;

use activerecord_core::{Error, Result, RowRef, Value, ValueRef};
use activerecord_sqlx::at_placeholder;
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgRow, PgTypeInfo, Postgres};
use sqlx::{Arguments as _, Column as _, Row as _, Type, TypeInfo as _, ValueRef as _};

use self::encode::Refusal;
pub(crate) use self::kind::Kind;
use crate::error;

/// How the types of placeholders are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typing {
    /// The server infers the types of text and JSON from the context.
    Inferred,
    /// Every value declares its type.
    Declared,
}

/// Refuses values that PostgreSQL cannot store, before anything is sent.
///
/// # Errors
/// `Conversion`.
pub(crate) fn check(values: &[Value]) -> Result<()> {
    let bad = values.iter().position(has_nul);
    bad.map_or(Ok(()), |index| {
        Err(at_placeholder(Error::conversion("PostgreSQL cannot store a text with a NUL character"), index + 1))
    })
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::Text(text) | Value::Json(text) => text.contains('\0'),
        Value::Array(_, elements) => elements.iter().any(has_nul),
        _ => false,
    }
}

/// Returns the types to prepare a statement with, one for each value.
pub(crate) fn types(values: &[Value], typing: Typing) -> Vec<PgTypeInfo> {
    values.iter().map(|value| PgTypeInfo::with_oid(encode::oid(value, typing))).collect()
}

/// The text for the second preparation. The driver identifies a statement by its text, so this one differs.
pub(crate) fn declared_text(text: &str, types: &[PgTypeInfo]) -> Arc<str> {
    let oids: Vec<String> = types.iter().filter_map(PgTypeInfo::oid).map(|oid| oid.0.to_string()).collect();
    format!("{text}\n/* bound as {} */", oids.join(", ")).into()
}

/// Encodes the values for the statement's placeholders. `None`: a value does not fit its placeholder.
///
/// # Errors
/// `InvalidStatement` for a wrong number of values; `Conversion` for a value that PostgreSQL cannot store.
pub(crate) fn bind(values: &[Value], placeholders: &[PgTypeInfo]) -> Result<Option<PgArguments>> {
    if values.len() != placeholders.len() {
        return Err(error::bind_count(placeholders.len(), values.len()));
    }
    let mut arguments = PgArguments::default();
    arguments.reserve(values.len(), 12 * values.len());
    for (index, (value, ty)) in values.iter().zip(placeholders).enumerate() {
        let Err(refused) = arguments.add(Bound { value, ty }) else { continue };
        return match refused.downcast::<Refusal>().map(|refusal| *refusal) {
            Ok(Refusal::Misfit) => Ok(None),
            Ok(Refusal::Impossible(error)) => Err(at_placeholder(error, index + 1)),
            Err(other) => Err(at_placeholder(Error::conversion(other.to_string()), index + 1)),
        };
    }
    Ok(Some(arguments))
}

/// Encodes rows in the binary format of COPY: each row begins with its number of columns, each value with its length, or -1 for NULL.
/// `None`: a value does not have its column's type.
///
/// # Errors
/// `Conversion` for a value that PostgreSQL cannot store.
pub(crate) fn copied(rows: &[Vec<Value>], types: &[PgTypeInfo]) -> Result<Option<Vec<u8>>> {
    let Ok(width) = i16::try_from(types.len()) else { return Ok(None) };
    let mut buffer = PgArgumentBuffer::default();
    buffer.extend_from_slice(COPY_HEAD);
    for row in rows {
        if row.len() != types.len() {
            return Err(error::bind_count(types.len(), row.len()));
        }
        buffer.extend_from_slice(&width.to_be_bytes());
        for (index, (value, ty)) in row.iter().zip(types).enumerate() {
            match encode::sized(value, ty, &mut buffer) {
                Ok(()) => {}
                Err(Refusal::Misfit) => return Ok(None),
                Err(Refusal::Impossible(error)) => return Err(at_placeholder(error, index + 1)),
            }
        }
    }
    buffer.extend_from_slice(&(-1_i16).to_be_bytes());
    Ok(Some(std::mem::take(&mut *buffer)))
}

/// The header of the format: signature, no flags, no extension.
const COPY_HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// The error of a value that fits its placeholder neither with the inferred type nor with its own.
#[cold]
pub(crate) fn misfit() -> Error {
    Error::conversion("PostgreSQL does not accept the type of a value in this place")
}

/// A value with the type of its placeholder.
struct Bound<'v> {
    value: &'v Value,
    ty: &'v PgTypeInfo,
}

impl Type<Postgres> for Bound<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(encode::UNKNOWN)
    }
}

impl Encode<'_, Postgres> for Bound<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let written = encode::encode(self.value, self.ty, buffer)?;
        Ok(if written { IsNull::No } else { IsNull::Yes })
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.ty.clone())
    }
}

/// Returns the kinds of a result's columns. Computed once per result.
pub(crate) fn kinds(row: &PgRow) -> Vec<Kind> {
    row.columns().iter().map(|column| Kind::of(column.type_info())).collect()
}

/// A row in the driver's buffer.
pub(crate) struct Row<'r> {
    pub(crate) row: &'r PgRow,
    pub(crate) kinds: &'r [Kind],
}

impl RowRef for Row<'_> {
    #[inline]
    fn len(&self) -> usize {
        self.kinds.len()
    }

    #[inline]
    fn value(&self, ordinal: usize) -> Result<ValueRef<'_>> {
        let Some(kind) = self.kinds.get(ordinal) else { return Err(error::no_cell(ordinal, self.kinds.len())) };
        let Ok(cell) = self.row.try_get_raw(ordinal) else { return Err(error::no_cell(ordinal, self.kinds.len())) };
        if cell.is_null() {
            return Ok(ValueRef::Null);
        }
        let decoded = match cell.as_bytes() {
            Ok(bytes) => decode::decode(*kind, bytes),
            Err(error) => Err(Error::conversion(error.to_string())),
        };
        decoded.map_err(|error| self.in_column(ordinal, error))
    }

    fn column_name(&self, ordinal: usize) -> &str {
        self.row.columns().get(ordinal).map_or("", |column| column.name())
    }
}

impl Row<'_> {
    #[cold]
    fn in_column(&self, ordinal: usize, error: Error) -> Error {
        let ty = self.row.columns().get(ordinal).map_or("", |column| column.type_info().name());
        error.context(format_args!("column `{}` of type {}", self.column_name(ordinal), ty.to_lowercase()))
    }
}
