//! CREATE TABLE and CREATE INDEX.

use super::writer::Writer;
use crate::dialect::Definitions;
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
    if !table.numbered {
        w.push(", PRIMARY KEY (");
        w.names(&table.key);
        w.push(")");
    }
    for index in table.indexes.iter().filter(|_| definitions.inline_indexes) {
        w.push(", KEY ").name(&index.name).push(" (");
        w.names(&index.columns);
        w.push(")");
    }
    w.push(")").push(definitions.options);
    Ok(())
}

pub(super) fn index(w: &mut Writer<'_>, index: &CreateIndex) {
    w.push("CREATE INDEX IF NOT EXISTS ").name(&index.name).push(" ON ").table(&index.table).push(" (");
    w.names(&index.columns);
    w.push(")");
}

fn column_type(w: &mut Writer<'_>, column: &NewColumn, indexed: bool) -> Result<()> {
    let definitions = &w.dialect.definitions;
    let (spelling, brackets) = match (column.ty, definitions.array) {
        (ValueType::Text, _) if indexed => (definitions.indexed_text, ""),
        (ValueType::Array(_), Some(array)) => (array, ""),
        (ValueType::Array(element), None) => (spelled(definitions, *element)?, "[]"),
        (ty, _) => (spelled(definitions, ty)?, ""),
    };
    w.push(spelling).push(brackets).push(if column.nullable { "" } else { " NOT NULL" });
    Ok(())
}

fn spelled(definitions: &Definitions, ty: ValueType) -> Result<&'static str> {
    let known = definitions.types.iter().find(|(known, _)| *known == ty);
    known.map(|(_, spelling)| *spelling).ok_or_else(|| Error::unsupported(format!("no column has the type {ty:?}")))
}
