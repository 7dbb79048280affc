//! Values. They are bound as follows:
//!
//! | value | bound as |
//! |---|---|
//! | bool | 0 or 1 |
//! | integers | integers; a `u64` as unsigned |
//! | floats | floats; NaN and the infinities are refused, because the servers do not support them |
//! | decimal | decimal |
//! | UUID | hyphenated lower-case text |
//! | dates and times | dates and times, to the microsecond; an instant in UTC; years from 0 to 9999 |
//! | JSON, arrays | JSON text |

mod bind;
mod kind;

use activerecord_core::{Result, RowRef, ValueRef};
use sqlx::mysql::MySqlRow;
use sqlx::{Column, Decode, MySql, Row};

pub(crate) use bind::arguments;
pub(crate) use kind::{Kind, kinds};

use crate::error;

/// The format of the cells in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Binary: the answer to a prepared statement.
    Binary,
    /// Text: the answer to a statement that was not prepared.
    Text,
}

/// A row in the driver's buffer.
pub(crate) struct Cells<'r> {
    pub(crate) row: &'r MySqlRow,
    pub(crate) kinds: &'r [Kind],
    pub(crate) format: Format,
}

impl RowRef for Cells<'_> {
    fn len(&self) -> usize {
        self.kinds.len()
    }

    #[inline]
    fn value(&self, ordinal: usize) -> Result<ValueRef<'_>> {
        let no_cell = || error::no_cell(ordinal, self.kinds.len());
        let kind = self.kinds.get(ordinal).ok_or_else(no_cell)?;
        let cell = self.row.try_get_raw(ordinal).map_err(|_| no_cell())?;
        // Decoding bytes fails only for NULL. The driver's `is_null` would also be true for zero dates.
        let Ok(bytes) = <&[u8] as Decode<MySql>>::decode(cell) else { return Ok(ValueRef::Null) };
        match self.format {
            Format::Binary => kind.read(bytes),
            Format::Text => kind.read_text(bytes),
        }
    }

    fn column_name(&self, ordinal: usize) -> &str {
        self.row.columns().get(ordinal).map_or("", Column::name)
    }
}
