//! CREATE TABLE and CREATE INDEX.

use std::borrow::Cow;

use super::writer::Writer;
use crate::dialect::{Definitions, Size};
use crate::error::{Error, Result};
use crate::statement::{CreateIndex, CreateTable, NewColumn};
use crate::value::ValueType;

pub(super) fn table(w: &mut Writer<'_>, table: &CreateTable) -> Result<()> {
    let definitions = w.dialect.definitions;
    w.push("CREATE TABLE IF NOT EXISTS ").table(&table.table).push(" (");
    w.list(&table.columns, |w, column| {
        w.name(&column.name).push(" ");
        if table.numbered && table.key.contains(&column.name) {
            w.push(definitions.numbered_key);
            return Ok(());
        }
        column_type(w, column, table.is_indexed(&column.name))
    })?;
    if !table.numbered && !table.key.is_empty() {
        w.push(", PRIMARY KEY (");
        w.names(&table.key);
        w.push(")");
    }
    for index in table.indexes.iter().filter(|_| definitions.inline_indexes) {
        w.push(if index.unique { ", UNIQUE KEY " } else { ", KEY " }).name(&index.name).push(" (");
        w.names(&index.columns);
        w.push(")");
    }
    w.push(")").push(definitions.options);
    Ok(())
}

pub(super) fn index(w: &mut Writer<'_>, index: &CreateIndex) {
    w.push(if index.unique { "CREATE UNIQUE INDEX IF NOT EXISTS " } else { "CREATE INDEX IF NOT EXISTS " });
    w.name(&index.name).push(" ON ").table(&index.table).push(" (");
    w.names(&index.columns);
    w.push(")");
}

fn column_type(w: &mut Writer<'_>, column: &NewColumn, indexed: bool) -> Result<()> {
    let definitions = &w.dialect.definitions;
    let spelling = match (column.ty, definitions.array) {
        (ValueType::Text, _) if indexed => definitions.indexed_text.spelled(&column.sizes),
        (ValueType::Bytes, _) if indexed => definitions.indexed_bytes.spelled(&column.sizes),
        (ValueType::Decimal, _) => definitions.decimal.spelled(&column.sizes),
        (ValueType::Array(_), Some(array)) => array.into(),
        (ValueType::Array(element), None) => format!("{}[]", spelled(definitions, *element)?).into(),
        (ty, _) => spelled(definitions, ty)?.into(),
    };
    w.push(&spelling).push(if column.nullable { "" } else { " NOT NULL" });
    Ok(())
}

impl Size {
    /// Returns the SQL type with these sizes, within the limits of the database.
    fn spelled(self, sizes: &[u32]) -> Cow<'static, str> {
        match (self, sizes) {
            (Self::None(spelling), _) => spelling.into(),
            (Self::Length { word, usual, most }, _) => {
                format!("{word}({})", sizes.first().map_or(usual, |length| most.min(*length))).into()
            }
            (Self::Digits { word, most, scale, .. }, &[digits, places]) if digits <= most && places <= scale => {
                format!("{word}({digits}, {places})").into()
            }
            (Self::Digits { usual, .. }, _) => usual.into(),
        }
    }
}

fn spelled(definitions: &Definitions, ty: ValueType) -> Result<&'static str> {
    let known = definitions.types.iter().find(|(known, _)| *known == ty);
    let unsupported = || Error::unsupported(format!("this database has no column type for {ty:?}"));
    known.map(|(_, spelling)| *spelling).ok_or_else(unsupported)
}
