//! What a query reads from: a model's table, the same under another name, a common table expression, and joins of them.

mod covers;
mod joined;

pub use covers::{Anywhere, At, Both, Covers, Here, Leading, MaybeAt, Meet, Only};
pub use joined::{JoinWith, Left, Member};

use crate::backend::BoxFuture;
use crate::error::Result;
use crate::schema::{ColumnDef, Table};
use crate::statement::{Expr, SelectItem, TableRef};
use crate::value::RowRef;

/// Tells a record that it was read: its `after_find` hook.
pub type Found<R> = fn(R) -> BoxFuture<'static, Result<R>>;

/// Rows under a name, which a query can read and join: a model, a `#[derive(Alias)]` of one, or a `#[derive(Cte)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a query can read",
    note = "a query reads models (#[derive(ActiveRecord)]), other names of them (#[derive(Alias)]) and common table \
            expressions (#[derive(Cte)])"
)]
pub trait Relation: Sized + 'static {
    /// What a row is read as.
    type Record: Send + 'static;

    /// The name that the query knows it by.
    const NAME: &'static str;

    /// The model whose table it is, which tells its connection; None: a common table expression.
    const MODEL: Option<&'static Table>;

    /// Its columns.
    const COLUMNS: &'static [ColumnDef];

    /// The ordinals of the key's columns, of which none is NULL; empty: it has no key.
    const KEY: &'static [usize];

    /// The hook of a record that was read.
    const FOUND: Option<Found<Self::Record>> = None;

    /// Reads a record from the columns that begin at ordinal `at` of a row.
    ///
    /// # Errors
    /// `Conversion` when a cell does not fit.
    fn read(row: &dyn RowRef, at: usize) -> Result<Self::Record>;
}

/// What a query reads from: one relation, or a tuple of those that are joined. The first is never optional; the others
/// are, when they are a [`Left`].
#[diagnostic::on_unimplemented(message = "`{Self}` is nothing that a query can read from")]
pub trait Source: 'static {
    /// The first relation.
    type Root: Relation;

    /// What a row is read as: a record, or a tuple of records and options.
    type Row: Send + 'static;

    /// The hooks of what was read.
    const FOUND: Option<Found<Self::Row>>;

    /// The columns of all relations.
    fn items() -> Vec<SelectItem>;

    /// Reads a row of exactly these columns.
    ///
    /// # Errors
    /// `Conversion` when a cell does not fit.
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

/// The relation as a query reads it.
pub(crate) fn table_ref<R: Relation>() -> TableRef {
    let name = R::MODEL.map_or(R::NAME, |table| table.name);
    TableRef { name: name.into(), alias: (name != R::NAME).then_some(R::NAME.into()), model: R::MODEL }
}

/// The columns of a relation.
pub(crate) fn columns<R: Relation>() -> impl Iterator<Item = Expr> {
    R::COLUMNS.iter().map(|def| Expr::column(def, R::NAME.into()))
}

/// The columns of a relation's key.
pub(crate) fn key_columns<R: Relation>() -> impl Iterator<Item = Expr> {
    R::KEY.iter().map(|&ordinal| Expr::column(&R::COLUMNS[ordinal], R::NAME.into()))
}
