//! What tables a database has.

use super::handle::ConnectionHandle;
use crate::error::{Error, Result};
use crate::row::Row;
use crate::statement::{CreateTable, Name, NewColumn};
use crate::value::ValueType;

/// A table, as the database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableInfo {
    /// Its name.
    pub name: String,
    /// Its columns, in their order, without those that the database computes.
    pub columns: Vec<ColumnInfo>,
    /// The names of the primary key's columns, in its order; none, if there is no key.
    pub key: Vec<String>,
}

/// A column, as the database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// Its type, in the database's words.
    pub declared: String,
    /// What it holds.
    pub ty: ValueType,
    /// Whether it may be NULL.
    pub nullable: bool,
}

impl ConnectionHandle {
    /// The names of the tables, in their order. On PostgreSQL those of the first schema of the search path.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn tables(&self) -> Result<Vec<String>> {
        let rows = self.query(self.dialect().catalog.tables, []).await?;
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// What the database says of a table; None, if there is no such table.
    ///
    /// # Errors
    /// `Unsupported` when a column is of a type that this library has no value for; whatever the database reports.
    pub async fn describe(&self, table: &str) -> Result<Option<TableInfo>> {
        let rows = self.query(self.dialect().catalog.columns, [table]).await?;
        let (mut columns, mut key) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in &rows {
            let column = self.column(table, row)?;
            let place: i64 = row.get(3)?;
            if place > 0 {
                key.push((place, column.name.clone()));
            }
            columns.push(column);
        }
        key.sort();
        let key = key.into_iter().map(|(_, name)| name).collect();
        Ok((!columns.is_empty()).then(|| TableInfo { name: table.to_owned(), columns, key }))
    }

    fn column(&self, table: &str, row: &Row) -> Result<ColumnInfo> {
        let (name, declared): (String, String) = (row.get(0)?, row.get(1)?);
        let Some(ty) = self.dialect().catalog.value_type(&declared) else {
            return Err(Error::unsupported(format!(
                "the column `{name}` of `{table}` on `{}` has the type `{declared}`, for which there is no value here",
                self.name()
            )));
        };
        Ok(ColumnInfo { name, declared, ty, nullable: row.get(2)? })
    }
}

/// A table like it, in any database: its columns and its primary key. Other keys, defaults, checks and triggers are left out.
impl From<&TableInfo> for CreateTable {
    fn from(table: &TableInfo) -> Self {
        let column = |column: &ColumnInfo| NewColumn {
            name: Name::from(column.name.clone()),
            ty: column.ty,
            nullable: column.nullable,
        };
        Self {
            table: table.name.clone().into(),
            columns: table.columns.iter().map(column).collect(),
            key: table.key.iter().map(|name| Name::from(name.clone())).collect(),
            numbered: false,
            indexes: Vec::new(),
        }
    }
}
