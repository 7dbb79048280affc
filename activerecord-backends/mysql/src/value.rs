//! Values there and back. They are bound by this table:
//!
//! | value | bound as |
//! |---|---|
//! | bool | 0 or 1 |
//! | integers | themselves; a `u64` unsigned |
//! | floats | themselves; NaN and the infinities, which the servers do not have, are refused |
//! | decimal | decimal |
//! | UUID | hyphenated lower-case text |
//! | dates and times | themselves, to the microsecond; an instant as its UTC; years from 0 to 9999 |
//! | JSON, arrays | JSON text |

mod bind;
mod kind;

use activerecord_core::{Result, RowRef, ValueRef};
use sqlx::mysql::MySqlRow;
use sqlx::{Column, Decode, MySql, Row};

pub(crate) use bind::arguments;
pub(crate) use kind::{Kind, kinds};

use crate::error;

/// How the server writes cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// As bytes of the cell's type: the answer to a prepared statement.
    Binary,
    /// As text: the answer to one that was not prepared.
    Text,
}

/// A row where the driver holds it.
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
        // The driver has only this error for bytes: that there are none. Asking it for NULL first would take zero dates for it.
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
