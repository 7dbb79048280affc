//! Tables as a database describes them: plain data, which the renderer can write as DDL.

mod carried;
mod column;
mod constraint;
mod definition;
mod index;
mod keeps;

pub use carried::{Carried, PlaceSql};
pub use column::{ColumnInfo, EnumInfo, Generated, Identity, SequenceInfo};
pub use constraint::{CheckInfo, Deferrable, ExclusionInfo, ForeignKeyAction, ForeignKeyInfo};
pub use index::{IndexInfo, IndexPart, IndexTerm};
pub(crate) use keeps::Keeps;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::qualified;
use crate::value::ValueType;

/// A table, as the catalog of its database describes it.
///
/// Expressions, defaults and types are SQL of that database. [`definition`](Self::definition) and
/// [`translated`](Self::translated) make a definition for another database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableInfo {
    /// The name of the connection.
    pub connection: Arc<str>,
    /// The dialect of the SQL in this description.
    pub dialect: &'static Dialect,
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

/// A property of a table that another database cannot express. Its `Display` is a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// The property, such as `check`, `index` or `collation`.
    pub what: &'static str,
    /// Its name, or the name of its column.
    pub name: String,
    /// Why it cannot be expressed.
    pub reason: String,
}

/// A table for another database: see [`TableInfo::translated`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Translated {
    /// The table, in the SQL of the other database.
    pub table: TableInfo,
    /// The properties that the other database cannot express.
    pub left_out: Vec<LeftOut>,
}

impl TableInfo {
    /// A table without columns.
    pub(crate) fn new(connection: Arc<str>, name: impl Into<String>, dialect: &'static Dialect) -> Self {
        Self {
            connection,
            dialect,
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

    /// Returns this table with another name. Constraints, indexes and sequences whose names begin with the name of the
    /// table and `_` begin with the new name; the others keep theirs.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// let primary = connection("primary")?;
    /// if let Some(users) = primary.describe("users").await? {
    ///     primary.create_like(&users.renamed("archived_users")).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn renamed(&self, name: impl Into<String>) -> Self {
        let mut table = Self { name: name.into(), ..self.clone() };
        let (old, new) = (self.local_name(), table.local_name().into_owned());
        let rename = |name: &mut String| {
            if let Some(rest) = name.strip_prefix(&*old).filter(|rest| rest.starts_with('_')) {
                *name = format!("{new}{rest}");
            }
        };
        let indexes = table.indexes.iter_mut().chain(&mut table.primary_key).filter_map(|index| index.name.as_mut());
        let checks = table.checks.iter_mut().filter_map(|check| check.name.as_mut());
        let foreign = table.foreign_keys.iter_mut().filter_map(|key| key.name.as_mut());
        let sequences = table.columns.iter_mut().filter_map(|column| Some(&mut column.sequence.as_mut()?.name));
        let exclusions = table.exclusions.iter_mut().map(|exclusion| &mut exclusion.name);
        indexes.chain(checks).chain(foreign).chain(sequences).chain(exclusions).for_each(rename);
        table.unique.iter_mut().for_each(|key| rename(&mut key.name));
        for key in &mut table.foreign_keys {
            if key.table == *old && key.schema == table.schema {
                key.table.clone_from(&new);
            }
        }
        table
    }

    /// Returns the name of the table without its schema.
    pub fn local_name(&self) -> Cow<'_, str> {
        qualified::parts(&self.name).1
    }

    /// Returns the numbers of texts and of other columns in the largest index that contains the column.
    pub(crate) fn index_of(&self, column: &str) -> Option<(usize, usize)> {
        let is_text = |part: &&IndexPart| {
            let column = part.column().and_then(|name| self.column(name));
            column.is_some_and(|column| matches!(column.ty, Some(ValueType::Text | ValueType::Bytes)))
        };
        let indexes = self.primary_key.iter().chain(&self.indexes).map(|index| &index.parts);
        let with_column = indexes.filter(|parts| parts.iter().any(|part| part.column() == Some(column)));
        let texts = |parts: &Vec<IndexPart>| parts.iter().filter(is_text).count();
        with_column.map(|parts| (texts(parts), parts.len() - texts(parts))).max()
    }

    /// Checks that this description can be created as a table.
    pub(crate) fn check_creatable(&self, dialect: &Dialect) -> Result<()> {
        let why = if !self.dialect.has_sql_of(dialect) {
            format!("it is described in the SQL of {}; use `translated`", self.dialect.name())
        } else if !matches!(self.kind, TableKind::Table | TableKind::Partitioned) {
            "it is not a table".to_owned()
        } else if let Some(property) = self.unknown.first() {
            format!("this library cannot create a property: {property}; `translated` leaves it out")
        } else {
            return Ok(());
        };
        Err(Error::unsupported(format!("`{}` cannot be created as it is described: {why}", self.name)))
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

impl UniqueKey {
    /// The key of an index, if a conflict clause can name its columns.
    pub(crate) fn of(index: &IndexInfo) -> Option<Self> {
        let columns = index.columns().filter(|_| index.unique && !index.invalid)?;
        let name = index.name.clone().unwrap_or_else(|| columns.join("_"));
        Some(Self { name, columns: columns.into_iter().map(str::to_owned).collect() })
    }
}

impl Translated {
    /// Returns the table, unless something was left out.
    ///
    /// # Errors
    /// `Unsupported`, with everything that was left out.
    pub fn complete(self) -> Result<TableInfo> {
        if self.left_out.is_empty() {
            return Ok(self.table);
        }
        let lost: Vec<_> = self.left_out.iter().map(ToString::to_string).collect();
        let message =
            format!("the other database cannot express all of table `{}`: {}", self.table.name, lost.join("; "));
        Err(Error::unsupported(message).with_connection(&self.table.connection))
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, name, reason } = self;
        write!(f, "{what} `{name}`: {reason}")
    }
}
