//! Resolves the names of columns: the tables of a query and of the enclosing queries.

use super::writer::Writer;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::{ColumnExpr, FromItem, Join, Name};

/// The names or aliases of the tables of one query.
#[derive(Debug, Default)]
pub(super) struct Scope {
    first: Option<Name>,
    joined: Vec<Name>,
    /// The names that stand for the rows of queries.
    derived: Vec<Name>,
    qualified: bool,
}

impl Scope {
    /// The scope of one table. Its columns are not qualified.
    pub(super) fn of(table: Name) -> Self {
        Self { first: Some(table), joined: Vec::new(), derived: Vec::new(), qualified: false }
    }

    /// The scope of a query.
    ///
    /// # Errors
    /// `InvalidStatement` when two tables have the same name.
    pub(super) fn of_query(from: &FromItem, joins: &[Join]) -> Result<Self> {
        let first = match from {
            FromItem::Table(table) => table.label(),
            FromItem::Named(name) | FromItem::Query(_, name) | FromItem::Compound(_, name) => name,
        };
        let mut scope = Self::of(first.clone());
        let is_table =
            matches!(from, FromItem::Named(_)) || matches!(from, FromItem::Table(table) if table.model.is_some());
        scope.derived.extend((!is_table).then(|| first.clone()));
        for join in joins {
            let label = join.table.label();
            if scope.has(label) {
                return Err(twice(label));
            }
            scope.joined.push(label.clone());
            scope.derived.extend(join.table.model.is_none().then(|| label.clone()));
        }
        scope.qualified = !scope.joined.is_empty();
        Ok(scope)
    }

    /// The same scope, with qualified columns.
    pub(super) fn qualified(mut self) -> Self {
        self.qualify_if(true);
        self
    }

    /// Qualifies the columns from here on.
    pub(super) fn qualify_if(&mut self, qualifies: bool) {
        self.qualified |= qualifies;
    }

    pub(super) fn has(&self, table: &Name) -> bool {
        self.first.as_ref() == Some(table) || self.joined.contains(table)
    }
}

impl Writer<'_> {
    /// Returns true when this name stands for the rows of a query, whose columns can have other types in the database.
    pub(super) fn is_derived(&self, table: &Name) -> bool {
        std::iter::once(&self.scope).chain(&self.around).any(|scope| scope.derived.contains(table))
    }
}

/// Writes the name of a column, qualified if needed.
pub(super) fn column(w: &mut Writer<'_>, column: &ColumnExpr) -> Result<()> {
    let is_here = w.scope.has(&column.table);
    if column.outer && is_here {
        return Err(hidden(column));
    }
    if !is_here && !w.around.iter().any(|scope| scope.has(&column.table)) {
        return Err(unknown(column));
    }
    if w.scope.qualified || !is_here {
        w.table(&column.table).push(".");
    }
    w.name(&column.name);
    Ok(())
}

/// Writes a nested query. Names refer to its own tables first.
pub(super) fn nested(w: &mut Writer<'_>, write: impl FnOnce(&mut Writer<'_>) -> Result<()>) -> Result<()> {
    let outer = std::mem::take(&mut w.scope);
    w.around.push(outer);
    write(w)?;
    w.scope = w.around.pop().unwrap_or_default();
    Ok(())
}

#[cold]
fn unknown(column: &ColumnExpr) -> Error {
    Error::new(
        ErrorKind::InvalidStatement,
        format!(
            "the query does not read the table `{}` of the column `{}`: join the table, or wrap the column in outer(..) if \
             it belongs to the enclosing query",
            column.table, column.name
        ),
    )
}

#[cold]
fn hidden(column: &ColumnExpr) -> Error {
    Error::new(
        ErrorKind::InvalidStatement,
        format!(
            "outer({0}.{1}) is ambiguous, because the inner query reads `{0}` too: give one of them an alias with \
             #[derive(Alias)]",
            column.table, column.name
        ),
    )
}

#[cold]
fn twice(table: &Name) -> Error {
    Error::new(
        ErrorKind::InvalidStatement,
        format!("the query reads `{table}` twice: give one of them an alias with #[derive(Alias)]"),
    )
}
