//! Reads the tables, columns and keys of a database from its catalog.

use std::sync::Arc;

use super::handle::ConnectionHandle;
use crate::dialect::sizes;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::{CreateIndex, CreateTable, Name, NewColumn};
use crate::value::{Row, ValueType};

/// The number of characters of a table's name in the name of its index. Names of indexes can have about 60 characters.
const NAME_LENGTH: usize = 40;

/// A table, as the catalog of its database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableInfo {
    /// The name of the connection.
    pub connection: Arc<str>,
    /// The name of the table.
    pub name: String,
    /// The columns, in the order of the table.
    pub columns: Vec<ColumnInfo>,
    /// The columns of the primary key, in the order of the key. Empty: no primary key.
    pub key: Vec<String>,
    /// The other unique keys, ordered by name. Partial keys, and keys on expressions or on prefixes of texts, are left
    /// out.
    pub unique: Vec<UniqueKey>,
}

/// A column, as the catalog of its database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColumnInfo {
    /// The name of the column.
    pub name: String,
    /// The type as the database writes it, such as `character varying(20)` or `int(11)`.
    pub declared: String,
    /// The type of the values; None when this library does not support the column's type.
    pub ty: Option<ValueType>,
    /// The numbers in parentheses after the type: precision and scale of a decimal, length of a text, or digits of the
    /// fraction of a second. Empty: no such numbers.
    pub sizes: Vec<u32>,
    /// Whether the column can be NULL.
    pub nullable: bool,
    /// Whether the database generates the next number for a row without a value.
    pub numbered: bool,
    /// Whether the database computes the column from other columns. Such a column cannot be written.
    pub computed: bool,
    /// The default as the database writes it. For a computed column it can be the expression.
    pub default: Option<String>,
}

/// A unique key that is not the primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UniqueKey {
    /// The name of the key.
    pub name: String,
    /// The columns, in the order of the key.
    pub columns: Vec<String>,
}

impl TableInfo {
    /// Returns the column with this name.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// if let Some(users) = connection("primary")?.describe("users").await? {
    ///     let email = users.column("email").is_some_and(|column| !column.nullable);
    ///     println!("{} columns, email required: {email}", users.types()?.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn column(&self, name: &str) -> Option<&ColumnInfo> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Returns the types of all columns, in the order of the table.
    ///
    /// # Errors
    /// `Unsupported` when this library does not support the type of a column. The error names the connection, the
    /// table, the column and its type.
    pub fn types(&self) -> Result<Vec<ValueType>> {
        self.columns.iter().map(|column| self.type_of(column)).collect()
    }

    /// Returns the type of a column of this table.
    ///
    /// # Errors
    /// As [`types`](Self::types).
    pub fn type_of(&self, column: &ColumnInfo) -> Result<ValueType> {
        column.ty.ok_or_else(|| self.no_type(column))
    }

    /// Returns a definition of this table for [`create_table`](ConnectionHandle::create_table) on any database. It has
    /// the same columns, primary key and unique keys. The unique keys get new names. Each type can hold the values of
    /// the original one. Sizes are kept for decimals, and for texts and bytes in keys.
    ///
    /// NOT copied are foreign keys, checks, triggers, collations, defaults, indexes that are not unique, and the next
    /// generated number. A computed column becomes an ordinary one.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// if let Some(users) = connection("primary")?.describe("users").await? {
    ///     connection("analytics")?.create_table(&users.definition()?).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
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

    /// Returns true when the primary key is one signed integer that the database generates.
    fn is_numbered(&self) -> bool {
        let [key] = &self.key[..] else { return false };
        let signed = [ValueType::I16, ValueType::I32, ValueType::I64].map(Some);
        self.column(key).is_some_and(|column| column.numbered && signed.contains(&column.ty))
    }

    /// The name contains the table, because on some databases the name of an index must be unique among all tables.
    fn unique_index(&self, key: &UniqueKey, number: usize) -> CreateIndex {
        let table: String = self.name.chars().take(NAME_LENGTH).collect();
        let name = format!("{table}_unique_{number}").into();
        CreateIndex { name, table: self.name.clone().into(), columns: names(&key.columns), unique: true }
    }

    #[cold]
    fn no_type(&self, column: &ColumnInfo) -> Error {
        let message = format!(
            "column `{}` of table `{}` has the type `{}`, which this library does not support; leave the column out, or change its type",
            column.name, self.name, column.declared
        );
        Error::new(ErrorKind::Unsupported, message).with_connection(&self.connection)
    }
}

fn names(columns: &[String]) -> Vec<Name> {
    columns.iter().map(|column| column.clone().into()).collect()
}

impl ConnectionHandle {
    /// Returns the names of all tables in alphabetical order. On PostgreSQL they are those of the first schema in the
    /// search path. Views and the partitions of a table are left out. This library's own tables, which begin with
    /// `ar_`, are included.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// for table in connection("primary")?.tables().await? {
    ///     println!("{table}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of the connection and the database.
    pub async fn tables(&self) -> Result<Vec<String>> {
        let rows = self.query(self.dialect().catalog.tables, []).await?;
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Describes a table; None when no table has this name. Tables and columns that the login has no permission to see
    /// are left out.
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
    /// Those of the connection and the database. A type that this library does not support is not an error here;
    /// [`TableInfo::types`] reports it.
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
    /// Adds a column to the key with this name. The columns of one key arrive one after the other.
    fn add_unique(&mut self, name: String, column: String) {
        match self.unique.last_mut().filter(|last| last.name == name) {
            Some(last) => last.columns.push(column),
            None => self.unique.push(UniqueKey { name, columns: vec![column] }),
        }
    }
}
