//! The columns that a copy of a table reads and writes.

use std::sync::Arc;

use activerecord_core::{
    Carried, ColumnInfo, ConnectionHandle, Error, ErrorKind, KeptJson, Result, Stored, TableInfo, ValueType,
};

use crate::copy::{Side, SideColumn, Stamps};

/// A table at both ends, with the columns of the source that the target does not compute.
pub(super) fn sides(
    (from, source): (ConnectionHandle, &TableInfo),
    (to, target): (ConnectionHandle, &TableInfo),
    key: &[String],
) -> Result<(Side, Side)> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (column, other) in copied(source, target)? {
        let (read, written) = Carried::pair((source, column), (target, other));
        let is_key = key.contains(&column.name);
        // Only SQLite permits a NULL in a primary key.
        let nullable = column.nullable && (!is_key || (is_loose(from.clone()) && !is_rowid(source, column)));
        ours.push(side_column(source, column, read, is_key, nullable));
        theirs.push(side_column(target, other, written, is_key, other.nullable && !is_key));
    }
    let mut source = side(from, source, ours);
    let mut target = side(to, target, theirs);
    for side in [&mut source, &mut target] {
        side.key = key.iter().map(|name| ordinal(side, name)).collect::<Result<_>>()?;
    }
    Ok((source, target))
}

pub(super) fn ordinal(side: &Side, name: &str) -> Result<usize> {
    let found = side.columns.iter().position(|column| column.name == name);
    found.ok_or_else(|| Error::configuration(format!("{} has no column `{name}`", side.place())))
}

fn is_loose(connection: ConnectionHandle) -> bool {
    !connection.capabilities().typed_columns
}

/// Whether a column is another name of the number that SQLite gives to each row.
fn is_rowid(table: &TableInfo, column: &ColumnInfo) -> bool {
    table.key.len() == 1 && column.declared.eq_ignore_ascii_case("integer")
}

fn side(connection: ConnectionHandle, table: &TableInfo, columns: Vec<SideColumn>) -> Side {
    Side {
        connection,
        table: table.name.clone().into(),
        model: None,
        columns,
        key: Vec::new(),
        stamps: Stamps::default(),
    }
}

fn side_column(table: &TableInfo, column: &ColumnInfo, carried: Carried, is_key: bool, nullable: bool) -> SideColumn {
    SideColumn {
        name: column.name.clone().into(),
        ty: carried.ty,
        nullable,
        stored: Stored::Default,
        // A key finds its row, so that it must have one spelling.
        strict: is_key
            && carried.read.is_none()
            && !carried.is_number
            && !carried.is_raw
            && table.dialect.capabilities().typed_columns,
        is_spelled: column.ty == Some(ValueType::Text) && carried.ty != ValueType::Text,
        carried: Some(Arc::new(carried)),
        json: KeptJson::default(),
        place: None,
        is_numbered: false,
    }
}

/// The columns of the source that the target does not compute, each with that of the target.
fn copied<'t>(source: &'t TableInfo, target: &'t TableInfo) -> Result<Vec<(&'t ColumnInfo, &'t ColumnInfo)>> {
    let mut columns = Vec::with_capacity(source.columns.len());
    for column in &source.columns {
        match target.column(&column.name) {
            Some(other) if other.computed => {}
            None if column.computed => {}
            Some(other) => columns.push((column, other)),
            None => {
                let message = format!(
                    "`{}` on `{}` has no column `{}`, but the source has; add the column, or drop the table",
                    target.name, target.connection, column.name
                );
                return Err(Error::new(ErrorKind::InvalidStatement, message));
            }
        }
    }
    Ok(columns)
}
