//! Values in PostgreSQL's binary format. Bound by the table in `activerecord-core`'s values:
//!
//! | value | bound as |
//! |---|---|
//! | bool, integers, floats, bytes, decimal, UUID, dates and times | the type of PostgreSQL that is the same |
//! | a `u64` above `i64::MAX` | `numeric` |
//! | text | whatever takes text where it stands: `text`, `varchar`, an enum, `uuid`, `json`, `jsonb`; without NUL |
//! | JSON | `jsonb`, or `json` or text where one of these stands |
//! | arrays | an array of the element's type |
//!
//! A statement keeps the types that it was first prepared with. A value that does not fit them has it prepared once more,
//! under a text of its own; see [`bind`].

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
    /// Text and JSON take the type of where they stand.
    Inferred,
    /// Every value says its own type.
    Declared,
}

/// Refuses what PostgreSQL cannot hold, before anything is sent.
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

/// The types to prepare a statement with, one for each value.
pub(crate) fn types(values: &[Value], typing: Typing) -> Vec<PgTypeInfo> {
    values.iter().map(|value| PgTypeInfo::with_oid(encode::oid(value, typing))).collect()
}

/// The text to prepare when the types of its first use do not fit: the driver knows a statement by its text alone.
pub(crate) fn declared_text(text: &str, types: &[PgTypeInfo]) -> Arc<str> {
    let oids: Vec<String> = types.iter().filter_map(PgTypeInfo::oid).map(|oid| oid.0.to_string()).collect();
    format!("{text}\n/* bound as {} */", oids.join(", ")).into()
}

/// The values, encoded as the statement's placeholders want them. None when one does not fit its placeholder.
///
/// # Errors
/// `InvalidStatement` when there are not as many values as placeholders; `Conversion` when PostgreSQL cannot hold a value.
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

/// Rows as COPY takes them in its binary format: how many columns each has, and before each value its length, which is -1 for NULL.
/// None when a value is not of its column's type.
///
/// # Errors
/// `Conversion` when PostgreSQL cannot hold a value.
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

/// What the format begins with: its name, no flags, and no extension.
const COPY_HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// The error of a value that PostgreSQL takes neither as what it is nor as what the statement wants.
#[cold]
pub(crate) fn misfit() -> Error {
    Error::conversion("a value has a type that PostgreSQL cannot take in this place")
}

/// A value, and the type of its placeholder.
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

/// The kinds of a result's columns, looked at once.
pub(crate) fn kinds(row: &PgRow) -> Vec<Kind> {
    row.columns().iter().map(|column| Kind::of(column.type_info())).collect()
}

/// A row where the driver holds it.
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
