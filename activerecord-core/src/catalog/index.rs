//! The indexes of a described table.

use super::constraint::Deferrable;

/// An index, as the catalog of its database describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexInfo {
    /// The name. None: the statement that created the key gave it no name.
    pub name: Option<String>,
    /// The columns and expressions, in the order of the index.
    pub parts: Vec<IndexPart>,
    /// Columns that the index stores, but does not order or compare.
    pub include: Vec<String>,
    /// Whether the index is unique.
    pub unique: bool,
    /// Whether a PRIMARY KEY or UNIQUE constraint created the index.
    pub constraint: bool,
    /// Whether a unique index takes two NULLs as equal.
    pub nulls_not_distinct: bool,
    /// Whether the constraint can be checked at the COMMIT.
    pub deferrable: Deferrable,
    /// The condition of a partial index, in the SQL of the database.
    pub predicate: Option<String>,
    /// The method, such as `gin` or `FULLTEXT`. None: a B-tree.
    pub method: Option<String>,
    /// The storage options, in the SQL of the database.
    pub options: Option<String>,
    /// Whether queries do not use the index, on MySQL and MariaDB.
    pub invisible: bool,
    /// Whether the index is incomplete: a concurrent creation failed on PostgreSQL.
    pub invalid: bool,
    /// The comment on the index.
    pub comment: Option<String>,
}

/// A part of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexPart {
    /// The column or the expression.
    pub term: IndexTerm,
    /// Whether the order is descending.
    pub descending: bool,
    /// Whether NULLs come first. None: the default of the database.
    pub nulls_first: Option<bool>,
    /// The number of characters or bytes of the column in the index. None: all.
    pub prefix: Option<u32>,
    /// The collation. None: that of the column.
    pub collation: Option<String>,
    /// The operator class of PostgreSQL. None: the default of the type.
    pub operator_class: Option<String>,
}

/// A column or an expression in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexTerm {
    /// A column.
    Column(String),
    /// An expression, in the SQL of the database.
    Expression(String),
}

impl IndexInfo {
    /// An index on columns.
    pub(crate) fn on<N: Into<String>>(columns: impl IntoIterator<Item = N>) -> Self {
        let part = |column: N| IndexPart::new(IndexTerm::Column(column.into()));
        Self { parts: columns.into_iter().map(part).collect(), ..Self::default() }
    }

    /// Returns the columns, if the index is on whole columns of all rows: not on expressions or prefixes, and not partial.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// if let Some(users) = connection("primary")?.describe("users").await? {
    ///     let by_email = users.indexes.iter().any(|index| index.columns().is_some_and(|columns| columns == ["email"]));
    ///     println!("email is indexed: {by_email}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn columns(&self) -> Option<Vec<&str>> {
        let whole = |part: &IndexPart| part.prefix.is_none();
        if self.predicate.is_some() || !self.parts.iter().all(whole) {
            return None;
        }
        self.parts.iter().map(IndexPart::column).collect()
    }
}

impl IndexPart {
    /// A part in ascending order.
    pub(crate) fn new(term: IndexTerm) -> Self {
        Self { term, descending: false, nulls_first: None, prefix: None, collation: None, operator_class: None }
    }

    /// Returns the name of the column; None for an expression.
    pub fn column(&self) -> Option<&str> {
        match &self.term {
            IndexTerm::Column(column) => Some(column),
            IndexTerm::Expression(_) => None,
        }
    }
}
