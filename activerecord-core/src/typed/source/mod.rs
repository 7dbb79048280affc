//! Sources of queries: models, aliases, common table expressions, and their joins.

mod covers;
mod joined;

pub use covers::{Anywhere, At, Both, Covers, Here, Leading, MaybeAt, Meet, Only};
pub use joined::{JoinWith, Left, Member};

use crate::backend::BoxFuture;
use crate::error::Result;
use crate::schema::{ColumnDef, TableDef};
use crate::statement::{Expr, SelectItem, TableRef};
use crate::value::RowRef;

/// Runs the `after_find` hook of a record.
pub type Found<R> = fn(R) -> BoxFuture<'static, Result<R>>;

/// Named rows that a query can read and join: a model, an alias (`#[derive(Alias)]`) or a common table expression
/// (`#[derive(Cte)]`).
#[diagnostic::on_unimplemented(
    message = "a query cannot read `{Self}`",
    note = "a query reads models (#[derive(ActiveRecord)]), aliases of models (#[derive(Alias)]) and common table \
            expressions (#[derive(Cte)])"
)]
pub trait Relation: Sized + 'static {
    /// The type of a row.
    type Record: Send + 'static;

    /// The name in the query.
    const NAME: &'static str;

    /// The model of the table, which decides the connection. `None` for a common table expression.
    const MODEL: Option<&'static TableDef>;

    /// The columns.
    const COLUMNS: &'static [ColumnDef];

    /// The ordinals of the key's columns, which are never NULL. Empty if there is no key.
    const KEY: &'static [usize];

    /// The `after_find` hook.
    const FOUND: Option<Found<Self::Record>> = None;

    /// Reads a record from the columns that start at ordinal `at`.
    ///
    /// # Errors
    /// `Conversion` if a value does not fit its field.
    fn read(row: &dyn RowRef, at: usize) -> Result<Self::Record>;
}

/// The source of a query: one relation, or a tuple of joined relations. The first is never optional; the others are
/// optional if they are a [`Left`].
#[diagnostic::on_unimplemented(message = "a query cannot read from `{Self}`")]
pub trait Source: 'static {
    /// The first relation.
    type Root: Relation;

    /// The type of a row: a record, or a tuple of records and options.
    type Row: Send + 'static;

    /// The `after_find` hooks.
    const FOUND: Option<Found<Self::Row>>;

    /// Returns the columns of all relations.
    fn items() -> Vec<SelectItem>;

    /// Reads a row of exactly these columns.
    ///
    /// # Errors
    /// `Conversion` if a value does not fit its field.
    fn read(row: &dyn RowRef) -> Result<Self::Row>;
}

impl<R: Relation> Source for R {
    type Root = R;
    type Row = R::Record;

    const FOUND: Option<Found<R::Record>> = R::FOUND;

    fn items() -> Vec<SelectItem> {
        columns::<R>().map(SelectItem::from).collect()
    }

    fn read(row: &dyn RowRef) -> Result<R::Record> {
        R::read(row, 0)
    }
}

/// Returns the reference to the relation in a FROM clause.
pub(crate) fn table_ref<R: Relation>() -> TableRef {
    let name = R::MODEL.map_or(R::NAME, |table| table.name);
    TableRef { name: name.into(), alias: (name != R::NAME).then_some(R::NAME.into()), model: R::MODEL }
}

/// Returns the columns of a relation.
pub(crate) fn columns<R: Relation>() -> impl Iterator<Item = Expr> {
    R::COLUMNS.iter().map(|def| Expr::column(def, R::NAME.into()))
}

/// Returns the columns of a relation's key.
pub(crate) fn key_columns<R: Relation>() -> impl Iterator<Item = Expr> {
    R::KEY.iter().map(|&ordinal| Expr::column(&R::COLUMNS[ordinal], R::NAME.into()))
}
