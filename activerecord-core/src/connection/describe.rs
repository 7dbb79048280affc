//! Which tables a database has, and what they hold: asked of the database itself, not of a model.

use std::sync::Arc;

use super::handle::ConnectionHandle;
use crate::dialect::sizes;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::{CreateIndex, CreateTable, Name, NewColumn};
use crate::value::{Row, ValueType};

/// How much of a table's name is in the name of its index: databases take about 60 characters.
const NAME_LENGTH: usize = 40;

/// A table as its database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableInfo {
    /// The name of the connection that was asked.
    pub connection: Arc<str>,
    /// The table's name.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<ColumnInfo>,
    /// The columns of its primary key, in the key's order; empty when it has none.
    pub key: Vec<String>,
    /// Its other unique keys, by name. Not among them are those that hold for a part of the rows, and those of an expression or
    /// of the head of a text.
    pub unique: Vec<UniqueKey>,
}

/// A column as its database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// Its type, as the database writes it: `character varying(20)`, `int(11)`.
    pub declared: String,
    /// What it holds; None when this library has no such type.
    pub ty: Option<ValueType>,
    /// The numbers in parentheses behind the type: the digits and the scale of a decimal, the length of a text, the digits of a
    /// fraction of a second. Empty when there are none.
    pub sizes: Vec<u32>,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether the database gives the next number to a row that comes without one.
    pub numbered: bool,
    /// Whether the database computes it from other columns, so that it cannot be written.
    pub computed: bool,
    /// Its default, as the database writes it, which for a computed column may be its expression.
    pub default: Option<String>,
}

/// A unique key that is not the primary one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UniqueKey {
    /// Its name.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<String>,
}

impl TableInfo {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&ColumnInfo> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// What each column holds, in their order.
    ///
    /// # Errors
    /// `Unsupported`, naming the connection, the table, the column and its type, when this library has no such type.
    pub fn types(&self) -> Result<Vec<ValueType>> {
        self.columns.iter().map(|column| self.type_of(column)).collect()
    }

    /// What a column of this table holds.
    ///
    /// # Errors
    /// As [`types`](Self::types).
    pub fn type_of(&self, column: &ColumnInfo) -> Result<ValueType> {
        column.ty.ok_or_else(|| self.no_type(column))
    }

    /// A table like this one, for [`create_table`](ConnectionHandle::create_table) on any database: its columns, its keys, and its
    /// other unique keys under names of their own. Types are those that hold the same values; sizes are kept of decimals, and
    /// of texts and bytes in keys.
    ///
    /// NOT copied are foreign keys, checks, triggers, collations, defaults, indexes that are not unique, and the number that
    /// comes next. A computed column becomes one that is written.
    ///
    /// # Errors
    /// As [`types`](Self::types).
    pub fn definition(&self) -> Result<CreateTable> {
        let columns = self.columns.iter().zip(self.types()?).map(|(column, ty)| NewColumn {
            name: column.name.clone().into(),
            ty,
            sizes: column.sizes.clone(),
            nullable: column.nullable && !self.key.contains(&column.name),
        });
        Ok(CreateTable {
            table: self.name.clone().into(),
            columns: columns.collect(),
            key: names(&self.key),
            numbered: self.is_numbered(),
            indexes: self.unique.iter().zip(1..).map(|(key, number)| self.unique_index(key, number)).collect(),
        })
    }

    /// Whether the database numbers the rows by a key of one signed integer.
    fn is_numbered(&self) -> bool {
        let [key] = &self.key[..] else { return false };
        let signed = [ValueType::I16, ValueType::I32, ValueType::I64].map(Some);
        self.column(key).is_some_and(|column| column.numbered && signed.contains(&column.ty))
    }

    /// Named by the table: names of indexes are those of a table on one database, and of all tables on another.
    fn unique_index(&self, key: &UniqueKey, number: usize) -> CreateIndex {
        let table: String = self.name.chars().take(NAME_LENGTH).collect();
        let name = format!("{table}_unique_{number}").into();
        CreateIndex { name, table: self.name.clone().into(), columns: names(&key.columns), unique: true }
    }

    /// The error of a column whose type this library does not have.
    #[cold]
    fn no_type(&self, column: &ColumnInfo) -> Error {
        let message = format!(
            "column `{}` of table `{}` has the type `{}`, for which there is no type here; leave the column out, or give it another type",
            column.name, self.name, column.declared
        );
        Error::new(ErrorKind::Unsupported, message).with_connection(&self.connection)
    }
}

fn names(columns: &[String]) -> Vec<Name> {
    columns.iter().map(|column| column.clone().into()).collect()
}

impl ConnectionHandle {
    /// The names of the tables, in order: of this file, of this database, or on PostgreSQL of the first schema of the search
    /// path. Views are none, nor are the partitions of a table. The library's own tables, which begin with `ar_`, are among them.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn tables(&self) -> Result<Vec<String>> {
        let rows = self.query(self.dialect().catalog.tables, []).await?;
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// What the database says of this table; None when there is none of this name. A login sees only what it may see: a table
    /// that is hidden from it is none, and so is a column.
    ///
    /// ```no_run
    /// # async fn example() -> activerecord_core::Result<()> {
    /// if let Some(users) = activerecord_core::connection("primary")?.describe("users").await? {
    ///     for column in &users.columns {
    ///         println!("{} {}", column.name, column.declared);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Whatever the database reports. A type that this library does not have is none here: [`TableInfo::types`] is.
    pub async fn describe(&self, table: &str) -> Result<Option<TableInfo>> {
        let rows = self.query(self.dialect().catalog.columns, [table]).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let columns = rows.iter().map(|row| self.column(row)).collect::<Result<_>>()?;
        let name = table.to_owned();
        let mut info = TableInfo { connection: self.name().into(), name, columns, key: Vec::new(), unique: Vec::new() };
        for row in self.query(self.dialect().catalog.keys, [table]).await? {
            let column = row.get(1)?;
            match row.get(2)? {
                true => info.key.push(column),
                false => info.add_unique(row.get(0)?, column),
            }
        }
        Ok(Some(info))
    }

    fn column(&self, row: &Row) -> Result<ColumnInfo> {
        let (declared, meant): (String, String) = (row.get(1)?, row.get(2)?);
        Ok(ColumnInfo {
            name: row.get(0)?,
            ty: self.dialect().catalog.holds(&meant),
            sizes: sizes(&meant),
            declared,
            nullable: row.get(3)?,
            numbered: row.get(4)?,
            computed: row.get(5)?,
            default: row.get(6)?,
        })
    }
}

impl TableInfo {
    /// The columns of one key come one behind the other.
    fn add_unique(&mut self, name: String, column: String) {
        match self.unique.last_mut().filter(|last| last.name == name) {
            Some(last) => last.columns.push(column),
            None => self.unique.push(UniqueKey { name, columns: vec![column] }),
        }
    }
}
