//! Tables as a database describes them: plain data, which the renderer can write as DDL.

mod column;
mod constraint;
mod definition;
mod index;

pub use column::{ColumnInfo, EnumInfo, Generated, Identity, SequenceInfo};
pub use constraint::{CheckInfo, Deferrable, ExclusionInfo, ForeignKeyAction, ForeignKeyInfo};
pub use index::{IndexInfo, IndexPart, IndexTerm};

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::value::ValueType;

/// A table, as the catalog of its database describes it.
///
/// Expressions, defaults and types are SQL of that database. [`definition`](Self::definition) makes a definition for another
/// database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableInfo {
    /// The name of the connection.
    pub connection: Arc<str>,
    /// The name of the table, as it was asked for: a dot joins a schema and a table.
    pub name: String,
    /// The schema of the table. On MySQL and MariaDB it is the database, on SQLite the attached file (`main`). None: the
    /// table does not exist yet.
    pub schema: Option<String>,
    /// What the table is.
    pub kind: TableKind,
    /// Whether only the session that created the table sees it.
    pub temporary: bool,
    /// The columns, in the order of the table.
    pub columns: Vec<ColumnInfo>,
    /// The columns of the primary key, in the order of the key. Empty: no primary key.
    pub key: Vec<String>,
    /// The other unique keys, ordered by name. Partial keys, and keys on expressions or on prefixes of texts, are left
    /// out: `indexes` contains them.
    pub unique: Vec<UniqueKey>,
    /// The index of the primary key, with all its properties.
    pub primary_key: Option<IndexInfo>,
    /// All other indexes, ordered by name, including those of unique constraints.
    pub indexes: Vec<IndexInfo>,
    /// The foreign keys, ordered by name.
    pub foreign_keys: Vec<ForeignKeyInfo>,
    /// The checks, ordered by name.
    pub checks: Vec<CheckInfo>,
    /// The exclusion constraints of PostgreSQL, ordered by name.
    pub exclusions: Vec<ExclusionInfo>,
    /// The comment on the table.
    pub comment: Option<String>,
    /// The clauses after the columns, such as `ENGINE = InnoDB` or `STRICT`.
    pub options: Option<String>,
    /// Properties of the table that this library cannot describe or create, such as `row level security`.
    pub unknown: Vec<String>,
}

/// What a described table is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TableKind {
    /// A table with rows of its own.
    #[default]
    Table,
    /// A partitioned table.
    Partitioned,
    /// A view.
    View,
    /// A view whose rows are stored.
    MaterializedView,
    /// A table whose rows are elsewhere: a foreign table of PostgreSQL, a virtual table of SQLite.
    Foreign,
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
    /// A table without columns.
    pub(crate) fn new(connection: Arc<str>, name: impl Into<String>) -> Self {
        Self {
            connection,
            name: name.into(),
            schema: None,
            kind: TableKind::default(),
            temporary: false,
            columns: Vec::new(),
            key: Vec::new(),
            unique: Vec::new(),
            primary_key: None,
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            exclusions: Vec::new(),
            comment: None,
            options: None,
            unknown: Vec::new(),
        }
    }

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

    /// Returns the column of the primary key that the database numbers: the key is one integer, and the database generates
    /// it for a row without a value.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// if let Some(users) = connection("primary")?.describe("users").await? {
    ///     println!("numbered by the database: {}", users.numbered_key().is_some());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn numbered_key(&self) -> Option<&ColumnInfo> {
        let [key] = &self.key[..] else { return None };
        self.column(key).filter(|column| column.numbered)
    }

    /// The name of the table without its schema.
    pub(crate) fn local_name(&self) -> &str {
        self.name.rsplit_once('.').map_or(&*self.name, |(_, table)| table)
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
