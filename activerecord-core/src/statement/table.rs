//! The tables of a query.

use super::{Expr, Name};
use crate::schema::TableDef;

/// A table in FROM or JOIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRef {
    /// The name of the table, optionally with a schema.
    pub name: Name,
    /// The alias.
    pub alias: Option<Name>,
    /// The model, which determines the connection. None: a common table expression of the query.
    pub model: Option<&'static TableDef>,
}

/// A joined table.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// The kind of the join.
    pub kind: JoinKind,
    /// The table.
    pub table: TableRef,
    /// The condition of the join.
    pub on: Expr,
}

/// The kind of a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinKind {
    /// Drops rows without a match.
    Inner,
    /// Keeps rows without a match, with NULL in the columns of the joined table.
    Left,
}

impl TableRef {
    /// Returns the name that qualifies columns: the alias, or the name of the table.
    pub fn label(&self) -> &Name {
        self.alias.as_ref().unwrap_or(&self.name)
    }

    /// Returns the model's `#[soft_delete]` column.
    pub(crate) fn deleted_at(&self) -> Option<Expr> {
        let table = self.model?;
        Some(Expr::column(&table.columns[table.soft_delete?], self.label().clone()))
    }
}

impl From<&'static TableDef> for TableRef {
    fn from(table: &'static TableDef) -> Self {
        Self { name: table.name.into(), alias: None, model: Some(table) }
    }
}
