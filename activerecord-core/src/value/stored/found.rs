//! Reads canonical text, and says which other spelling a value has.

use std::borrow::Cow;
use std::fmt;

use super::time::{TimeForm, read_date};
use super::uuid::UuidForm;
use super::{Form, NAMES, Spelling, Stored};
use crate::error::{Error, Result};
use crate::value::{Value, ValueRef, ValueType};

/// Reads a cell of type `ty` that must be canonical if it is text, as a cell of the value's own type. Every field of a
/// model takes this path, and `ty` is a constant there.
///
/// # Errors
/// `Conversion` when the cell holds the value in another spelling.
#[inline]
pub(crate) fn canonical(cell: ValueRef<'_>, ty: ValueType) -> Result<ValueRef<'_>> {
    match (ty, &cell) {
        (
            ValueType::Uuid
            | ValueType::Date
            | ValueType::Time
            | ValueType::DateTime
            | ValueType::Timestamp
            | ValueType::Decimal,
            ValueRef::Text(text),
        ) => match canonical_text(text, ty) {
            Some(read) => Ok(read),
            None => other_spelling(cell, ty),
        },
        (ValueType::Uuid, ValueRef::Bytes(_)) => other_spelling(cell, ty),
        _ => Ok(cell),
    }
}

#[inline]
fn canonical_text(text: &str, ty: ValueType) -> Option<ValueRef<'static>> {
    match ty {
        ValueType::Uuid => UuidForm::CANONICAL.read(text).map(ValueRef::Uuid),
        ValueType::Date => read_date(text.as_bytes()).map(ValueRef::Date),
        ValueType::Decimal if is_plain(text) => rust_decimal::Decimal::from_str_exact(text).ok().map(ValueRef::Decimal),
        _ => TimeForm::CANONICAL.cell(text, ty),
    }
}

/// Whether a number is written as digits with at most one point, and a sign. The databases compare only these by value.
fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Refuses a cell that holds a value in another spelling. A cell that holds no value of the type stays as it is:
/// `FromValue` refuses it.
#[cold]
fn other_spelling(cell: ValueRef<'_>, ty: ValueType) -> Result<ValueRef<'_>> {
    if Value::from_cell(cell.clone(), ty).is_err() {
        return Ok(cell);
    }
    Err(Misspelt::error(&cell, Spelling { ty, stored: Stored::Canonical }))
}

/// A stored value in another spelling than that of its column: the source of the error, so that the session, which knows
/// the dialect, can add the UPDATE that converts the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misspelt {
    pub(crate) wanted: Spelling,
    /// The spelling of the value; None: it is none of the known ones.
    pub(crate) found: Option<Stored>,
    /// The number of characters or bytes of the value.
    pub(crate) length: usize,
    /// The table and the column, if they are known.
    pub(crate) place: Option<(Cow<'static, str>, Cow<'static, str>)>,
}

impl Misspelt {
    #[cold]
    pub(super) fn error(cell: &ValueRef<'_>, wanted: Spelling) -> Error {
        let found = Stored::of(cell, wanted.ty);
        let length = match cell {
            ValueRef::Text(text) => text.chars().count(),
            ValueRef::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        let misspelt = Self { wanted, found, length, place: None };
        Error::conversion(format!("{misspelt}, so no query would find the value")).with_source(misspelt)
    }

    /// Adds the place of the value to its error, unless the error has one.
    #[cold]
    pub(crate) fn at(error: Error, table: Cow<'static, str>, column: Cow<'static, str>) -> Error {
        match error.downcast_ref::<Self>().filter(|misspelt| misspelt.place.is_none()).cloned() {
            Some(misspelt) => {
                let place = Some((table, column));
                error.with_source(Self { place, ..misspelt })
            }
            None => error,
        }
    }
}

impl fmt::Display for Misspelt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ty, wanted) = (self.wanted.ty.name(), self.wanted.stored.name());
        match self.found {
            Some(found) => {
                write!(f, "a {ty} is stored as `{}`, but the column is declared as `{wanted}`", found.name())
            }
            None => write!(f, "a {ty} is stored in an unknown form, but the column is declared as `{wanted}`"),
        }
    }
}

impl std::error::Error for Misspelt {}

impl Stored {
    /// Returns the spelling of a cell that holds a value of type `ty`; None when it has none of the known spellings. A
    /// number can have several units, so a number has no spelling.
    pub(crate) fn of(cell: &ValueRef<'_>, ty: ValueType) -> Option<Self> {
        let is = |stored: Self| match (stored.form(), cell) {
            (Form::Canonical, ValueRef::Text(text)) => canonical_text(text, ty).is_some(),
            (Form::Bytes, ValueRef::Bytes(bytes)) => bytes.len() == 16,
            (Form::Uuid(form), ValueRef::Text(text)) => form.read(text).is_some(),
            (Form::Time(form), ValueRef::Text(text)) => form.cell(text, ty).is_some(),
            _ => false,
        };
        NAMES.iter().map(|(_, stored)| *stored).find(|stored| stored.fits(ty) && is(*stored))
    }
}
