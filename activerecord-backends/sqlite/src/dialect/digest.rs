//! The digest of rows, `ar_digest(letters, column, ..)`: the types of the columns, a letter each, and the columns.

use activerecord_core::backend::{RowDigest, type_of};
use activerecord_core::{ValueRef as Cell, ValueType};
use rusqlite::functions::{Aggregate, Context};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

use super::decimal::flags;

/// Adds the function to a connection.
pub(crate) fn add_digest(connection: &Connection) -> Result<()> {
    connection.create_aggregate_function("ar_digest", -1, flags(), Digest)
}

struct Digest;

/// The digest of the rows so far.
#[derive(Default)]
struct Digested {
    types: Vec<ValueType>,
    rows: RowDigest,
    /// Whether a row could not be read. The result is then NULL.
    is_spoilt: bool,
}

impl Aggregate<Digested, Option<String>> for Digest {
    fn init(&self, _: &mut Context<'_>) -> Result<Digested> {
        Ok(Digested::default())
    }

    fn step(&self, context: &mut Context<'_>, digested: &mut Digested) -> Result<()> {
        if digested.types.is_empty() {
            let letters: String = context.get(0)?;
            let types = letters.chars().map(|letter| type_of(letter).ok_or_else(|| no_type(letter)));
            digested.types = types.collect::<Result<_>>()?;
        }
        let Digested { types, rows, is_spoilt } = digested;
        *is_spoilt |= rows.add(types, |ordinal| cell(context.get_raw(ordinal + 1))).is_err();
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, digested: Option<Digested>) -> Result<Option<String>> {
        Ok(digested.filter(|digested| !digested.is_spoilt).map(|digested| digested.rows.sum().to_string()))
    }
}

fn cell(value: ValueRef<'_>) -> activerecord_core::Result<Cell<'_>> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(n) => Cell::I64(n),
        ValueRef::Real(x) => Cell::F64(x),
        ValueRef::Text(text) => Cell::Text(std::str::from_utf8(text).map_err(crate::error::not_utf8)?),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes),
    })
}

#[cold]
fn no_type(letter: char) -> Error {
    Error::UserFunctionError(format!("ar_digest: `{letter}` stands for no type").into())
}
