//! The tables of a query.

use super::{Expr, Name};
use crate::schema::Table;

/// A table, as a query reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRef {
    /// The table's name; a schema may stand before it.
    pub name: Name,
    /// The name that the query gives it, if not its own.
    pub alias: Option<Name>,
    /// The model whose table it is, which tells its connection; None: a query's own (a common table expression).
    pub model: Option<&'static Table>,
}

/// A table that is joined to those before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// What becomes of rows that nothing is found for.
    pub kind: JoinKind,
    /// The table.
    pub table: TableRef,
    /// Which of its rows belong to a row.
    pub on: Expr,
}

/// What becomes of rows that a join finds nothing for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// They are left out.
    Inner,
    /// They stay, with NULL in the columns of the joined table.
    Left,
}

impl TableRef {
    /// The name that columns are qualified with.
    pub fn label(&self) -> &Name {
        self.alias.as_ref().unwrap_or(&self.name)
    }

    /// The column that says when a row was deleted, if the model has one.
    pub(crate) fn deleted_at(&self) -> Option<Expr> {
        let table = self.model?;
        Some(Expr::column(&table.columns[table.soft_delete?], self.label().clone()))
    }
}

impl From<&'static Table> for TableRef {
    fn from(table: &'static Table) -> Self {
        Self { name: table.name.into(), alias: None, model: Some(table) }
    }
}
